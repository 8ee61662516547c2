"""Regular expressions for what is rare in manifests, apart since most commits need none of them: `re` is slow to load."""

from __future__ import annotations

import re

# A kind whose value does not start right behind the colon (an anchor, a comment, an alias) captures nothing.
KIND = re.compile(rb"kind[\"']?\s*:\s*[\"']?([A-Za-z0-9]*)")
# A key that may stand apart from its colon, or elsewhere: KIND would not see it. YAML 1.1 also breaks lines at NEL, LS, PS.
EXPLICIT_KEY = re.compile(rb"\?(?:\s|\xc2\x85|\xe2\x80[\xa8\xa9])|\*[\w-]+\s*:")
STREAM = re.compile(rb"\}[^\S\n]*+\n\s*+\{")
NEXT_OBJECT = re.compile(rb"[ \t\r]*\n(?=\s*\{)")
# Nothing but JSON's own tokens, none of which YAML reads otherwise: a quote within a plain scalar or single quotes, or
# a brace in a comment, would be taken for what it is not.
JSON_SHAPE = re.compile(rb'(?:[\s{}\[\]:,]++|"(?:[^"\\]|\\.)*+"|[-+.0-9A-Za-z]++(?=\s*+[,\]}]))*+', re.DOTALL)
JSON_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|[{}]', re.DOTALL)
COLUMN_0 = re.compile(rb"\n([^ \r\n#][^:\r\n]*)")
ANCHOR = re.compile(rb"&[0-9A-Za-z_-]")
ALIAS = re.compile(rb"\*[0-9A-Za-z_-]")
# What go-yaml reads as a number where a string is wanted.
NUMBER = re.compile(
    r"[-+]?(\.?[0-9][0-9_]*(\.[0-9_]*)?(e[-+]?[0-9]+)?|0[xob][0-9a-f_]+|\.(inf|nan))", re.IGNORECASE
)
# What kuttl compares the cluster with (its file names are fixed): partial objects that nobody applies.
EXPECTATION = re.compile(r"(^|[/\\])[0-9]+-(assert|errors)\.ya?ml$")

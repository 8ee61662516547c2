"""The regular expressions of splitting.py, apart since most files of a commit need none of them: `re` is slow to load."""

from __future__ import annotations

import re

# A kind whose value does not start right behind the colon (an anchor, a comment, an alias) captures nothing.
KIND = re.compile(rb"kind[\"']?\s*:\s*[\"']?([A-Za-z0-9]*)")
EXPLICIT_KEY = re.compile(rb"\?\s")
SEPARATOR = re.compile(rb"---(?:(#[^\n]*\n?)|(?=[ \t\r\n])|\Z)")
STREAM = re.compile(rb"\}\s*\n\s*\{")
NEXT_OBJECT = re.compile(rb"[ \t\r]*\n(?=\s*\{)")
JSON_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|[{}]', re.DOTALL)
COLUMN_0 = re.compile(rb"\n([^ \r\n#][^:\r\n]*)")

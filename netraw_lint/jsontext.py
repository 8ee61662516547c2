"""JSON that libyaml refuses, made readable to it: concatenated objects, surrogate pairs, DEL."""

from __future__ import annotations

import re
from json import JSONDecoder

from netraw_lint import yamltree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from netraw_lint.nodes import Node

# Objects one behind the other are read with as many blanks in front: the sum of these, in code points.
_MOST_BLANKS = 20_000_000
_SURROGATES = re.compile(
    rb"(\\u[dD][89abAB][0-9a-fA-F]{2}(?:\\u[dD][c-fC-F][0-9a-fA-F]{2})?|\\u[dD][c-fC-F][0-9a-fA-F]{2}|\x7f)|\\."
)


def compose(data: bytes) -> Iterator[Node]:
    """The root nodes of a text of JSON objects. Raises YamlError.

    Surrogate escapes become as many replacement characters, so that every position stays true.
    """
    text = _SURROGATES.sub(_replacement, data).decode()
    decoder, at, blanks = JSONDecoder(strict=False), 0, 0
    while at < len(text):
        start = len(text) - len(text[at:].lstrip())
        if start == len(text):
            return
        blanks += start
        if blanks > _MOST_BLANKS:
            raise yamltree.YamlError(
                "too many JSON objects on one line: put each on a line of its own", start
            )
        try:
            _, end = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            raise yamltree.YamlError("neither YAML nor JSON", start) from None
        # Blanks in front keep the marks of a later object true.
        yield from yamltree.compose((re.sub(r"[^\n]", " ", text[:start]) + text[start:end]).encode())
        at = end


def _replacement(match: re.Match[bytes]) -> bytes:
    """What stands for a surrogate or DEL; any other escape stays, an escaped backslash included."""
    return b"\\ufffd" * (len(match[1]) // 6) or b" " if match[1] else match[0]

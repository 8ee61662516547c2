"""Edits of a text: sorted, without overlap, applied in one go."""

from __future__ import annotations

import re
from bisect import bisect_right
from itertools import pairwise

from netraw_lint.model import Edit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

_LINE_BREAK = re.compile(r"\r\n|\r|\n")


class OverlapError(ValueError):
    """Two edits want the same text."""


def ordered(edits: Iterable[Edit]) -> list[Edit]:
    """The edits by place, equal ones once.

    An insertion at the start of a cut comes before it; of two insertions at one place the deeper indented one,
    since the inner of two mappings ends first, else the first given. Raises OverlapError.
    """
    unique = list(dict.fromkeys(edits))
    unique.sort(key=lambda edit: (edit.span.start, edit.span.end, -_depth(edit)))
    for before, after in pairwise(unique):
        if after.span.start < before.span.end:
            raise OverlapError(f"edits overlap at {after.span.start}")
    return unique


def _depth(edit: Edit) -> int:
    line = edit.text.lstrip("\r\n")
    return len(line) - len(line.lstrip(" ")) if line != edit.text else 0


def apply(text: str, edits: Iterable[Edit]) -> str:
    """The text with the edits made. Raises OverlapError."""
    parts = []
    at = 0
    for edit in ordered(edits):
        parts += [text[at : edit.span.start], edit.text]
        at = edit.span.end
    return "".join([*parts, text[at:]])


def with_local_breaks(text: str, edits: Iterable[Edit]) -> list[Edit]:
    """The edits with line breaks as the line has them that they are made on: a file may mix them."""
    found = []
    for edit in edits:
        here = _LINE_BREAK.search(text, edit.span.start)
        found.append(edit.replace(text=_LINE_BREAK.sub(here[0], edit.text)) if here else edit)
    return found


def lines(text: str) -> list[str]:
    """The lines of a text without their breaks, whichever of the three kinds they end with."""
    return _LINE_BREAK.split(text) if "\r" in text else text.split("\n")


def touched(text: str, edits: Iterable[Edit]) -> set[int]:
    """The numbers (from 0) of the lines that lose or change characters.

    New lines behind one touch it as little as the cut of the lines that follow it.
    """
    breaks = [found.span() for found in _LINE_BREAK.finditer(text)]
    ends = [end for _, end in breaks]
    found: set[int] = set()
    for edit in edits:
        start, end = edit.span.start, edit.span.end
        first = bisect_right(ends, start)
        at_end = start == (breaks[first][0] if first < len(breaks) else len(text))
        if at_end and (start == end or not edit.text) and edit.text[:1] in ("", "\r", "\n"):
            first += 1
        last = bisect_right(ends, max(start, end - 1))
        found.update(range(first, last + 1))
    return found

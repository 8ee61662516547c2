"""A change of a text as the one replacement that review tools and editors take."""

from __future__ import annotations

from netraw_lint.model import Edit, Span
from netraw_lint.noun import Noun
from netraw_lint.text import Lines

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from netraw_lint.model import Finding

    Suggestions = Mapping[Finding, "Replacement"]


class Place(Noun):
    """A place in a file: its line from 1, and the text of the line in front of it."""

    line: int
    before: str


class Replacement(Noun):
    """Text to put in the place of what stands between two places; ``encoding`` is that of the file."""

    start: Place
    end: Place
    text: str
    encoding: str = "utf-8"


def difference(old: str, new: str) -> Edit | None:
    """The one edit that makes ``new`` of ``old``, None if they are equal.

    Whole new lines are put behind the last character of the line above them: the line below may not exist, and
    whoever comments on a line means the one that is there.
    """
    if old == new:
        return None
    before, after = old.split("\n"), new.split("\n")
    most = min(len(before), len(after))
    head = next((n for n in range(most) if before[n] != after[n]), most)
    tail = next((n for n in range(most - head) if before[-1 - n] != after[-1 - n]), most - head)
    start = sum(len(line) + 1 for line in before[:head])
    if head and head in (len(before) - tail, len(after) - tail):
        start -= 2 if before[head - 1].endswith("\r") else 1
    else:
        start += _common(before[head], after[head])
    behind = _common(old[start:][::-1], new[start:][::-1])
    return Edit(Span(start, len(old) - behind), new[start : len(new) - behind])


def replacement(text: str, edit: Edit, first_line: int = 1, encoding: str = "utf-8") -> Replacement:
    """An edit of a text that begins with the line ``first_line`` of its file."""
    lines = Lines(text)
    start, end = (_place(lines, offset, first_line) for offset in (edit.span.start, edit.span.end))
    return Replacement(start, end, edit.text, encoding)


def _common(one: str, other: str) -> int:
    """How many characters two texts begin with alike."""
    shortest = min(len(one), len(other))
    return next((n for n in range(shortest) if one[n] != other[n]), shortest)


def _place(lines: Lines, offset: int, first_line: int) -> Place:
    line, column = lines.position(offset)
    return Place(first_line - 1 + line, lines.text[offset - column + 1 : offset])

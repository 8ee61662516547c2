"""Edits that would resolve a finding, as the one replacement that review tools and editors take."""

from __future__ import annotations

from netraw_lint.noun import Noun
from netraw_lint.text import Lines

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from netraw_lint.model import Edit, Finding

    Suggestions = Mapping[str, tuple[Edit, ...]]
    Read = Callable[[str], bytes | None]


class Place(Noun):
    """A place in a file: its line from 1, and the text of the line in front of it."""

    line: int
    before: str


class Replacement(Noun):
    """Text to put in the place of what stands between two places."""

    start: Place
    end: Place
    text: str


def replacement(finding: Finding, suggestions: Suggestions | None, read: Read | None) -> Replacement | None:
    """What would resolve a finding, if it is known and the file can be read; edits are joined to one."""
    edits = sorted(
        (suggestions or {}).get(finding.identity, ()), key=lambda edit: (edit.span.start, edit.span.end)
    )
    raw = read(finding.path) if edits and read else None
    if raw is None:
        return None
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:  # it would have to be UTF-16, where columns in bytes mean nothing
        return None
    start, end = edits[0].span.start, max(edit.span.end for edit in edits)
    parts, at = [], start
    for edit in edits:
        parts += [text[at : edit.span.start], edit.text]
        at = edit.span.end
    lines = Lines(text)
    return Replacement(_place(lines, start), _place(lines, end), "".join(parts))


def _place(lines: Lines, offset: int) -> Place:
    line, column = lines.position(offset)
    return Place(line, lines.text[offset - column + 1 : offset])

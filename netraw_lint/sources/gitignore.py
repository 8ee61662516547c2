"""Ignore patterns as git reads them: ``.gitignore`` files and the user's excludes.

They are matched entry by entry on the way down, as git does. A library for whole paths does not serve a walk:
asked whether ``foo/`` may be pruned for ``foo/**`` and ``!foo/keep.yaml``, pathspec says yes.
"""

from __future__ import annotations

import os

from netraw_lint.noun import Noun

TYPE_CHECKING = False
if TYPE_CHECKING:
    import re
    from collections.abc import Sequence


def exclude_rules(patterns: Sequence[str], root: str) -> Rules | None:
    rules = Rules(parts_of(os.path.realpath(root)), [part(pattern) for pattern in patterns])
    return rules if rules.patterns else None


def part(name: str) -> str:
    """A name with one character for each byte, because git's ``?`` and ``[...]`` match bytes."""
    return name if name.isascii() else os.fsencode(name).decode("latin-1")


def parts_of(path: str) -> tuple[str, ...]:
    return tuple(part(path).rstrip(os.sep).split(os.sep))


# No path is longer, and reading a bracket takes longer than its length.
_LONGEST = 4096


class _Pattern(Noun):
    """One line of a ``.gitignore``; a segment ``None`` is ``**``, any number of directories."""

    ignores: bool
    only_folders: bool
    segments: tuple[re.Pattern[str] | None, ...]

    def matches(self, parts: tuple[str, ...]) -> bool:
        """Whether the pattern matches this whole path: backtracks to the last ``**`` only."""
        segments = self.segments
        at = taken = 0
        resume: tuple[int, int] | None = None
        while taken < len(parts):
            at_end = at == len(segments)
            segment = None if at_end else segments[at]
            if segment is None and not at_end:
                at += 1
                if at == len(segments):
                    return True
                resume = (at, taken)
            elif segment and segment.fullmatch(parts[taken]):
                at, taken = at + 1, taken + 1
            elif resume:
                resume = (resume[0], resume[1] + 1)
                at, taken = resume
            else:
                return False
        return at == len(segments)


class Rules:
    """The patterns of one ``.gitignore``, or the user's excludes, for the paths below one directory."""

    __slots__ = ("base", "patterns")

    def __init__(self, base: tuple[str, ...], lines: Sequence[str]) -> None:
        self.base = base
        # The last pattern that matches decides.
        self.patterns = tuple(pattern for line in reversed(lines) if (pattern := _compile(line)))

    def decide(self, parts: tuple[str, ...], is_folder: bool) -> bool | None:
        """Whether this entry itself is ignored; None if no pattern speaks of it."""
        depth = len(self.base)
        if len(parts) <= depth or parts[:depth] != self.base:
            return None
        below = parts[depth:]
        for pattern in self.patterns:
            if (is_folder or not pattern.only_folders) and pattern.matches(below):
                return pattern.ignores
        return None

    def cover(self, path: str, is_folder: bool) -> bool:
        """Whether this path, or a directory above it, is ignored."""
        parts = parts_of(path)
        ends = range(len(self.base) + 1, len(parts) + 1)
        return any(self.decide(parts[:end], is_folder or end < len(parts)) for end in ends)


def _compile(line: str) -> _Pattern | None:
    """The pattern in a line; None for a blank line, a comment, and a pattern that git never matches."""
    if line.startswith("#") or len(line) > _LONGEST:
        return None
    line = _without_trailing_spaces(line)
    ignores = not line.startswith("!")
    line = line[not ignores :]
    only_folders = line.endswith("/")
    line = line[: len(line) - only_folders]
    if not line:
        return None
    anchored = "/" in line
    names = line.removeprefix("/").split("/")
    segments: list[re.Pattern[str] | None] = [] if anchored else [None]
    for name in names:
        if anchored and len(name) > 1 and not name.strip("*"):
            segments.append(None)
        elif (expression := _segment(name)) is not None:
            import re

            segments.append(re.compile(expression, re.DOTALL))
        else:
            return None
    return _Pattern(ignores, only_folders, tuple(segments))


def _without_trailing_spaces(line: str) -> str:
    stripped = line.rstrip(" ")
    escaped = (len(stripped) - len(stripped.rstrip("\\"))) % 2
    return line[: len(stripped) + 1] if escaped else stripped


_PATTERN_ITEM = r"(\*)|(\?)|\[([!^]?+)(\]?+(?:\[:[^]]*:\]|\\.|[^]\\])*+)\]|\\(.)|([^\\[])"
_BRACKET_ITEM = r"\[:([^]]*):\]|\\?(.)(?:-\\?([^]\\]|(?<=\\).))?"
_CLASSES = {"alpha": "A-Za-z", "digit": "0-9", "upper": "A-Z", "lower": "a-z", "alnum": "0-9A-Za-z"}
_CLASSES |= {"blank": " \\t", "graph": "!-~", "print": " -~", "xdigit": "0-9A-Fa-f"}
_CLASSES |= {"space": " \\t\\n\\r", "cntrl": "\\x00-\\x1f\\x7f", "punct": "!-/:-@\\[-`{-~"}


def _segment(name: str) -> str | None:
    """The regular expression for one name of a path; None if nothing can match."""
    import re

    chunks = [""]
    end = 0
    item = re.compile(_PATTERN_ITEM, re.DOTALL)
    while token := item.match(name, end):
        star, any_one, negated, characters, quoted, plain = token.groups()
        end = token.end()
        if star:
            chunks.append("")
        elif characters is not None:
            chunks[-1] += _bracket(characters, "^" if negated else "")
        else:
            chunks[-1] += "." if any_one else re.escape(quoted or plain)
    if end != len(name):
        return None
    if len(chunks) == 1:
        return chunks[0]
    # Each chunk but the last is matched where it first occurs, for good: a hostile pattern with many stars
    # cannot make the match take longer than the name is long.
    middle = "".join(f"(?>.*?{chunk})" for chunk in chunks[1:-1] if chunk)
    return f"{chunks[0]}{middle}.*{chunks[-1]}"


def _bracket(characters: str, negated: str) -> str:
    """The regular expression for what is between brackets."""
    import re

    ranges = ""
    for item in re.finditer(_BRACKET_ITEM, characters, re.DOTALL):
        name, low, high = item.groups()
        if name is not None and name not in _CLASSES:
            return "(?!)"
        if name is not None:
            ranges += _CLASSES[name]
        else:
            # git takes the low end of a range for a member even if the range is backwards.
            ranges += f"{re.escape(low)}-{re.escape(max(low, high or low))}"
    return f"[{negated}{ranges}]"

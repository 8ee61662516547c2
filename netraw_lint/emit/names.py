"""Shell patterns for names of Kubernetes objects, as regular expressions for RE2: CEL's and Rego's both."""

from __future__ import annotations

from fnmatch import fnmatchcase

_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789-.:"
_NONE = r"[^\s\S]"


def literal(pattern: str) -> str | None:
    """The only name that a pattern matches, or None if it may match several."""
    return None if any(char in pattern for char in "*?[") else pattern


def expression(pattern: str) -> str:
    """A regular expression, without anchors, that matches the names that the pattern matches."""
    parts, place = [], 0
    while place < len(pattern):
        char, end = pattern[place], _class_end(pattern, place)
        if end:
            matched = [letter for letter in _LETTERS if fnmatchcase(letter, pattern[place:end])]
            parts.append(f"(?:{'|'.join(map(_escaped, matched))})" if matched else _NONE)
        else:
            parts.append({"*": ".*", "?": "."}.get(char) or _escaped(char))
        place = end or place + 1
    return "".join(parts)


def _class_end(pattern: str, start: int) -> int:
    """Where the ``[...]`` that starts there ends, 0 if none does."""
    if pattern[start] != "[":
        return 0
    place = start + 1
    for char in "!]":
        place += pattern[place : place + 1] == char
    return pattern.find("]", place) + 1


def _escaped(char: str) -> str:
    return (
        char if char.isalnum() or char == "-" else f"\\{char}" if char.isascii() else f"\\x{{{ord(char):x}}}"
    )

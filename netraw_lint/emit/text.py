"""Laying out YAML by hand: comments, blocks, quoted names. What is quoted may be chosen by anybody."""

from __future__ import annotations

import textwrap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

_WIDTH = 110


def comment(*paragraphs: str, indent: int = 0) -> str:
    """Paragraphs as comment lines; whatever they hold."""
    head = " " * indent + "# "
    lines: list[str] = []
    for paragraph in paragraphs:
        plain = printable(paragraph)
        # A line that is indented is a command, which nobody can copy in pieces.
        folded = (
            [plain]
            if plain.startswith("  ")
            else textwrap.wrap(plain, _WIDTH - len(head), break_long_words=False)
        )
        lines += folded or [""]
    return "".join(f"{(head + line).rstrip()}\n" for line in lines)


def printable(text: str) -> str:
    """A text without the characters that would end a comment."""
    return "".join(char if char.isprintable() else " " for char in text)


def block(text: str, indent: int) -> str:
    """A text under a key that ends in ``|-``."""
    return textwrap.indent(text.rstrip("\n") + "\n", " " * indent)


def quoted(text: str) -> str:
    """A string in double quotes: the same in JSON, YAML and Rego."""
    import json

    return json.dumps(text)


def listing(names: Iterable[str]) -> str:
    """A flow sequence of quoted strings."""
    return f"[{', '.join(map(quoted, names))}]"

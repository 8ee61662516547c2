"""Laying out YAML by hand: comments, blocks, quoted names. What is quoted may be chosen by anybody."""

from __future__ import annotations

from netraw_lint.reporters.escape import folded, printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

_WIDTH = 110


def comment(*paragraphs: str, indent: int = 0) -> str:
    """Paragraphs as comment lines, whatever they hold."""
    head = " " * indent + "# "
    lines: list[str] = []
    for paragraph in paragraphs:
        # A line that is indented is a command, which nobody can copy in pieces.
        is_command = paragraph.startswith("  ")
        lines += [printable(paragraph)] if is_command else folded(paragraph, _WIDTH - len(head))
    return "".join(f"{(head + line).rstrip()}\n" for line in lines)


def block(text: str, indent: int) -> str:
    """A text under a key that ends in ``|-``."""
    lines = text.rstrip("\n").split("\n")
    return "".join(f"{' ' * indent}{line}\n" if line else "\n" for line in lines)


def quoted(text: str) -> str:
    """A string in double quotes: the same in JSON, YAML and Rego."""
    import json

    # YAML does not put two halves of a character together, as JSON does.
    return json.dumps(printable(text), ensure_ascii=False)


def listing(names: Iterable[str]) -> str:
    """A flow sequence of quoted strings."""
    return f"[{', '.join(map(quoted, names))}]"

"""The second reader of a fix is ruamel.yaml's own: what it was given to be faster changes no event and no error."""

from __future__ import annotations

import random
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from netraw_lint.fix import second

FIXTURES = Path(__file__).parent / "fixtures"
SIGNS = "{}[]:,-?&*!|>'\"%@`#\t\n\r \x85\u2028\ufeff\x00\x7fé\U0001f600"


def flat(events: Iterable[Any]) -> list[object]:
    """Everything that a reader says of a text, its last word included."""
    found: list[object] = []
    try:
        for event in events:
            marks = [(mark.index, mark.line, mark.column) for mark in (event.start_mark, event.end_mark)]
            names = ("value", "anchor", "style", "tag", "explicit", "implicit", "flow_style")
            parts = [str(getattr(event, name, None)) for name in names]
            found.append((type(event).__name__, parts, marks))
    except Exception as error:  # noqa: BLE001 - whatever it is, it has to be the same
        found.append((type(error).__name__, str(error)))
    return found


@pytest.mark.parametrize("folder", ["fix", "charts", "rules"])
def test_the_second_reader_says_what_ruamel_says(folder: str) -> None:
    texts = [
        path.read_bytes().decode(errors="replace")
        for path in sorted((FIXTURES / folder).rglob("*.yaml"))
        if path.stat().st_size < 20_000
    ]
    chance = random.Random(8)
    assert texts, folder
    for text in texts:
        at = chance.randrange(len(text) + 1)
        broken = text[:at] + chance.choice(SIGNS) + text[at + chance.randrange(3) :]
        for each in (text, broken):
            assert flat(second.events(each)) == flat(YAML(typ="safe", pure=True).parse(each)), each


# What is taken in one step, and what looks like it and is not.
PIECES = (
    *("a: b\n", "  a: b\n", "key:\n", "  key:\n", "a: ", "a:", "a:\n", "a: b: c\n", "a:b: c\n", "a: - b\n", ":\n", ": b\n"),
    *("a: b c\n", "a: b\n   c\n", "a: b # c\n", "a: b#c\n", "a #b: c\n", "a#b: c\n", "a: b   # c\n  d\n", "a b: c d\n"),
    *("- ", "- a: b\n", "- - a\n  - b\n", "-\n", "-a: b\n", "- ? a\n", "? ", "? a\n", "?a: b\n", "a?: b\n", "--- a: b\n"),
    *("{a: b, c}", "{a,b: c}\n", "[a, b: c]", "[a:b]\n", "{a:1}\n", "[a?, ?b]\n", "{a: [1, 2], 'b':c, \"d\":e}\n", "[", "{"),
    *("]", "}", ", ", "a[b: c]d\n", "[a: b]\n", "{? a : b}\n", "[a#b, c #d\n]\n", "{a: b\n  c}\n", "[/a, $(b), 1.5]\n"),
    *("'a b'", "'it''s'", "''", "'a\n b'", "'a': b\n", '"a b"', '"a\\n"', '""', '"a\n b"', '"a": b\n', '"é"', "'a'b"),
    *("&a ", "*a ", "&a b: c\n", "!t ", "!!str a\n", "a: &a b\n", "a: *a\n", "<<: *a\n", "a: |\n  b\n", "a: >-\n  b\n"),
    *("---\n", "...\n", "%YAML 1.1\n---\n", "%TAG ! tag:x,2000:\n---\n", "# c\n", "\n", "\n\n", "  ", "    ", " ", "\t", "\r\n"),
    *("\r", "\x85", "\u2028", "\ufeff", "\0", "é: ü\n", "a: \U0001f600\n", "(a): b\n", "_a: /b\n", "~: 0x1f\n", "a\\b: c\n"),
    *(f"{'x' * 998}: y\n", f"{'x' * 1001}: y\n", f"{'x' * 1030}: y\n", "@", "`", "%", "|", ">", "\\", "\x7f", "k: v\n\n  # c\n\nz: y\n"),
)  # fmt: skip


def test_the_second_reader_says_the_same_of_whatever_is_put_together() -> None:
    chance = random.Random(80)
    for _ in range(4000):
        text = "".join(chance.choice(PIECES) for _ in range(chance.randrange(1, 9)))
        assert flat(second.events(text)) == flat(YAML(typ="safe", pure=True).parse(text)), repr(text)

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
            parts = [
                str(getattr(event, name, None)) for name in ("value", "anchor", "style", "tag", "explicit")
            ]
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

"""Lines of templates that survive rendering.

In a copy of the chart a sibling key ``x-netraw-5f0c-image: "@@3:12@@"`` is put in front of a line ``image: …``. It comes
out as a key of the very container that the line makes, whatever indents, merges or converts it on the way. A
comment would not: block scalars keep it, conversions lose it, and it can eat the indentation of what follows.
The keys have a number of the process in them, so that no chart can write them itself.
"""

from __future__ import annotations

import os
import re

from netraw_lint.charts.actions import actions
from netraw_lint.noun import Noun

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

KEYS = ("image", "securityContext", "capabilities", "drop", "add", "privileged")
_OURS = os.urandom(8).hex()
PREFIX = f"x-netraw-{_OURS}-"
VALUES_KEY = f"{PREFIX}values"
# The last in its directory, so that a render without it gives the same documents in the same order.
VALUES_TEMPLATE = f"templates/zz-netraw-lint-values-{_OURS}.yaml"
VALUES_TEXT = f"{VALUES_KEY}: {{{{ toJson .Values | b64enc | quote }}}}\n".encode()
_LINE = re.compile(rf"^([ \t]*)((?:- +)*)({'|'.join(KEYS)}):(?=[ \t\r\n]|\{{\{{|\Z)", re.MULTILINE)
_MARK = re.compile(r"@@([0-9]+):([0-9]+)@@")


class Mark(Noun):
    """A line (1-based) of a file, by its number, and the key that stands there."""

    file: int
    line: int
    key: str


def parse(key: str, value: str) -> Mark | None:
    """The mark in a key and its value, if they are one."""
    found = _MARK.fullmatch(value)
    if not key.startswith(PREFIX) or not found:
        return None
    return Mark(int(found[1]), int(found[2]), key.removeprefix(PREFIX))


def marked(text: str, number: int, keys: Iterable[str] = KEYS) -> tuple[str, list[Mark]]:
    """A template with its lines marked, as file ``number``, and the marks."""
    wanted = set(keys)
    spans = [(action.start, action.end, action.trims) for action in actions(text)]
    parts: list[str] = []
    marks: list[Mark] = []
    at = index = counted = 0
    line = 1
    for match in _LINE.finditer(text):
        while index < len(spans) and spans[index][1] <= match.start():
            index += 1
        inside = index < len(spans) and spans[index][0] < match.start()
        before = spans[index - 1] if index else None
        indentation, dashes, key = match[1], match[2], match[3]
        eaten = before is not None and before[2] and not text[before[1] : match.start()].strip()
        if inside or key not in wanted or (eaten and indentation) or _in_flow(text, match.start()):
            continue
        line += text.count("\n", counted, match.start())
        counted = match.start()
        newline = "\r\n" if text[match.end() : text.find("\n", match.end()) + 1].endswith("\r\n") else "\n"
        mark = Mark(number, line, key)
        parts += [
            text[at : match.start()],
            f'{indentation}{dashes}{PREFIX}{key}: "@@{number}:{line}@@"{newline}',
            indentation + " " * len(dashes),
        ]
        at = match.start() + len(indentation) + len(dashes)
        marks.append(mark)
    return "".join([*parts, text[at:]]), marks


def _in_flow(text: str, start: int) -> bool:
    """Whether the line before ends inside a flow mapping or list, where a line of its own breaks the syntax."""
    before = text[:start].rstrip()
    return before.endswith((",", "[")) or (before.endswith("{") and not before.endswith("{{"))

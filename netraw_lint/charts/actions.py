"""Where the actions of a Go template are: ``{{ … }}`` with their strings and comments."""

from __future__ import annotations

import re

from netraw_lint.noun import Noun

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

# What is not closed reaches on: no engine renders it, and looking for its end again and again would take for ever.
_TOKEN = re.compile(
    r"\}\}|\"(?:[^\"\\\n]|\\.)*+\"?|`[^`]*+`?|'(?:[^'\\\n]|\\.)*+'?|/\*.*?(?:\*/|\Z)", re.DOTALL
)
_OPENERS = frozenset(("if", "with", "range", "define", "block"))


class Action(Noun):
    """One action: its span in the text, what stands between the braces, and whether it trims behind itself."""

    start: int
    end: int
    body: str
    trims: bool

    @property
    def keyword(self) -> str:
        """The first word: ``if``, ``else``, ``end``, ``include``, ``.Values.x``; empty for a comment."""
        words = self.body.split(None, 1)
        return words[0] if words and not words[0].startswith("/*") else ""

    @property
    def opens(self) -> bool:
        """Whether an ``end`` belongs to it."""
        return self.keyword in _OPENERS


def actions(text: str) -> Iterator[Action]:
    """The actions of a template in order; an unfinished one reaches to the end."""
    at = text.find("{{")
    while at >= 0:
        end, close = len(text), 0
        for token in _TOKEN.finditer(text, at + 2):
            if token[0] == "}}":
                end, close = token.end(), 2
                break
        inside = text[at + 2 : end - close]
        trims = inside.endswith("-")
        body = inside.removesuffix("-") if trims else inside
        yield Action(at, end, body.removeprefix("-").strip(), trims)
        at = text.find("{{", end)


class Block(Noun):
    """An action that opens a block, its ``else`` actions, and its ``end``."""

    opening: Action
    middle: tuple[Action, ...]
    end: Action


def blocks(text: str) -> list[Block]:
    """The blocks of a template, an inner one before the one around it; unbalanced ones are left out."""
    stack: list[tuple[Action, list[Action]]] = []
    found = []
    for action in actions(text):
        if action.opens:
            stack.append((action, []))
        elif action.keyword == "else" and stack:
            stack[-1][1].append(action)
        elif action.keyword == "end" and stack:
            opening, middle = stack.pop()
            found.append(Block(opening, tuple(middle), action))
    return found

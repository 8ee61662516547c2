"""The documents of this repository, their code blocks, and the calls of netraw-lint in them."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from conftest import CHECKOUT, checkout_files

DOCUMENTS = [
    CHECKOUT / name for name in sorted(checkout_files()) if name.suffix == ".md" and "tests" not in name.parts
]
OPERATORS = {"|", "||", "&&", ";", ">", ">>", "<", "&"}


class Block(NamedTuple):
    """A fenced block; ``line`` is where its text begins."""

    document: str
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.document}:{self.line}"


def blocks(document: Path) -> Iterator[Block]:
    """The fenced blocks of a document."""
    name = document.relative_to(CHECKOUT).as_posix()
    opened: tuple[int, str, str] | None = None  # line, fence, language
    lines = document.read_text("utf-8").splitlines()
    for number, line in enumerate(lines, 1):
        fence = re.match(r"( *)(```+)(.*)$", line)
        if not fence:
            continue
        if opened is None:
            opened = (number, fence[2], fence[3].strip())
        elif fence[2] == opened[1] and not fence[3]:
            indent = len(fence[1])
            text = "".join(f"{each[indent:]}\n" for each in lines[opened[0] : number - 1])
            yield Block(name, opened[0] + 1, opened[2], text)
            opened = None
    assert opened is None, f"{name}:{opened}: a block is not closed"


BLOCKS = [block for document in DOCUMENTS for block in blocks(document)]


def calls(text: str) -> Iterator[list[str]]:
    """The arguments of every call of netraw-lint in shell text."""
    text = re.sub(r'"?\$\((netraw-lint [^)]*)\)"?', r"\n\1\n", text.replace("\\\n", " "))
    for line in text.splitlines():
        if "netraw-lint" in line:
            yield from _of_line(line.removeprefix("$ "))


def _of_line(line: str) -> Iterator[list[str]]:
    words = shlex.shlex(line, posix=True, punctuation_chars="|&;<>")
    words.whitespace_split = True
    command: list[str] = []
    for word in [*words, ";"]:
        if word not in OPERATORS:
            command.append(word)
            continue
        places = [at for at, each in enumerate(command) if each.rpartition("/")[2] == "netraw-lint"]
        installs = (
            {"pip", "pipx", "uvx", "build"} & {each.rpartition("/")[2] for each in command[: places[0]]}
            if places
            else set()
        )
        if places and not installs:
            yield command[places[0] + 1 :]
        command = []


def inline_calls(document: Path) -> Iterator[list[str]]:
    """The same for code spans: `netraw-lint --fix k8s/`."""
    text = re.sub(r"^ *```.*?^ *```$", "", document.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    for span in re.findall(r"(?<!`)`(netraw-lint [^`]+)`(?!`)", text):
        yield from calls(" ".join(span.split()))


def scripts(data: Any) -> Iterator[str]:
    """Every script in a parsed pipeline: what stands under `run`, `script` or `bash`."""
    if isinstance(data, dict):
        for key, value in data.items():
            if key in {"run", "script", "bash"}:
                yield from [value] if isinstance(value, str) else value
            else:
                yield from scripts(value)
    elif isinstance(data, list):
        for value in data:
            yield from scripts(value)

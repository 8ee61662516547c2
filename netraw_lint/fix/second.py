"""The second reader: ruamel.yaml's pure YAML 1.2 parser, as it is, with less to do between its parts.

Its scanner, reader and parser find each other through properties on every step, and look on every question whether
more has to be scanned. Here they know each other, and look once for each token: half the time, the same events.
What is a token, a key or a scalar is decided by their code alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML
from ruamel.yaml.parser import Parser
from ruamel.yaml.reader import Reader
from ruamel.yaml.scanner import Scanner

if TYPE_CHECKING:
    from collections.abc import Iterator


class _Reader(Reader):
    def forward(self, length: int = 1) -> None:
        """Step over characters; at once where none of them breaks a line or has no width."""
        end = self.pointer + length
        if end < len(self.buffer) and self.buffer[self.pointer : end].isprintable():
            self.pointer = end
            self.index += length
            self.column += length
        else:
            super().forward(length)


class _Scanner(Scanner):
    reader: Any = None  # instead of a property

    def __init__(self, loader: Any) -> None:
        self.reader = loader.reader
        self._ready = False
        super().__init__(loader)

    def reset_scanner(self) -> None:
        """Start again, knowing nothing."""
        self._ready = False
        super().reset_scanner()

    def check_token(self, *choices: Any) -> bool:
        """Whether the next token is one of the given types; any will do where none is given."""
        token = self.peek_token()
        return token is not None and (not choices or isinstance(token, choices))

    def peek_token(self) -> Any:
        """The next token. Until it is taken, no more has to be scanned."""
        if not self._ready:
            while self.need_more_tokens():
                self.fetch_more_tokens()
            self._ready = True
        return self.tokens[0] if self.tokens else None

    def get_token(self) -> Any:
        """Take the next token."""
        token = super().get_token()
        self._ready = False
        return token


class _Parser(Parser):
    scanner: Any = None  # instead of a property

    def __init__(self, loader: Any) -> None:
        self.scanner = loader.scanner
        super().__init__(loader)


class _Yaml(YAML):
    def official_plug_ins(self) -> Any:
        """None: the others would be looked for on disk."""
        return []


def events(text: str) -> Iterator[Any]:
    """The events of a text. Raises YAMLError, and what else ruamel.yaml raises for text that it cannot read."""
    yaml = _Yaml(typ="safe", pure=True)
    yaml.Reader, yaml.Scanner, yaml.Parser = _Reader, _Scanner, _Parser
    yield from yaml.parse(text)

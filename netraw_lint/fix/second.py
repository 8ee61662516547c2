"""The second reader: ruamel.yaml's pure YAML 1.2 parser, as it is, with less to do between its parts.

Its scanner, reader and parser find each other through properties on every step, look on every question whether
more has to be scanned, and go character by character. Here they know each other, look once for each token, and step at
once over what is the most of a manifest: blanks, and plain words of ASCII with nothing on their line that could
make them anything else. Whatever else there is, is left to their code; a test compares every event and its place.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML
from ruamel.yaml.error import StringMark
from ruamel.yaml.parser import Parser
from ruamel.yaml.reader import Reader
from ruamel.yaml.scanner import Scanner
from ruamel.yaml.tokens import ScalarToken

if TYPE_CHECKING:
    from collections.abc import Iterator

# A word that is a key, or ends its line; what follows is on the next line that is not blank, and is no marker.
_WORD = re.compile(r"([A-Za-z0-9_/$(][!-9;->@-~]*+)(?:(?=:[ \n])|\n( +(?=[!-~])|(?=[!-,/-~])))")
_BLANKS = re.compile(" *")
_MORE_TO_SKIP = "\0 \t\r\n\x85\u2028\u2029\ufeff#"


class _Reader(Reader):
    _mark: Any = None

    def forward(self, length: int = 1) -> None:
        """Step over characters; at once where none of them breaks a line or has no width."""
        start = self.pointer
        end = start + length
        if end < len(self.buffer) and self.buffer[start:end].isprintable():
            self.pointer = end
            self.index += length
            self.column += length
        else:
            super().forward(length)

    def get_mark(self) -> Any:
        """Where the reader is. One token ends where the next begins."""
        if self._mark is None or self._mark.index != self.index:
            self._mark = StringMark(self.name, self.index, self.line, self.column, self.buffer, self.pointer)
        return self._mark


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
        if not self._ready:
            self._look()
        return bool(self.tokens) and (not choices or isinstance(self.tokens[0], choices))

    def peek_token(self) -> Any:
        """The next token."""
        if not self._ready:
            self._look()
        return self.tokens[0] if self.tokens else None

    def get_token(self) -> Any:
        """Take the next token."""
        if not self._ready:
            self._look()
        self._ready = False
        if not self.tokens:
            return None
        self.tokens_taken += 1
        return self.tokens.pop(0)

    def _look(self) -> None:
        """Scan until the next token is known. Until it is taken, no more has to be scanned."""
        while self.need_more_tokens():
            self.fetch_more_tokens()
        self._ready = True

    def need_more_tokens(self) -> bool:
        """Whether the next token is not known yet."""
        if self.tokens and not self.possible_simple_keys:
            return False
        return bool(super().need_more_tokens())

    def stale_possible_simple_keys(self) -> None:
        """Forget what cannot be a key any more."""
        if self.possible_simple_keys:
            super().stale_possible_simple_keys()

    def fetch_more_tokens(self) -> Any:
        """Scan a token; a letter begins nothing but a plain scalar."""
        self.scan_to_next_token()
        first = self.reader.buffer[self.reader.pointer]
        if not (first.isascii() and first.isalpha()):
            return super().fetch_more_tokens()
        self.stale_possible_simple_keys()
        self.unwind_indent(self.reader.column)
        return self.fetch_plain()

    def scan_to_next_token(self) -> None:
        """Step over blanks, breaks and comments."""
        reader = self.reader
        if reader.buffer[reader.pointer] == " ":
            blanks = _BLANKS.match(reader.buffer, reader.pointer)
            reader.forward(blanks.end() - reader.pointer if blanks else 0)
        if reader.buffer[reader.pointer] in _MORE_TO_SKIP:
            super().scan_to_next_token()

    def scan_plain(self) -> Any:
        """A plain scalar: at once if it is one word, and none of another follows."""
        reader = self.reader
        word = None if self.flow_context else _WORD.match(reader.buffer, reader.pointer)
        if word is None:
            return super().scan_plain()
        blanks = word[2]
        if blanks is not None and len(blanks) > self.indent:
            return super().scan_plain()
        start = reader.get_mark()
        reader.forward(len(word[1]))
        end = reader.get_mark()
        self.allow_simple_key = blanks is not None
        if blanks is not None:
            reader.pointer += 1 + len(blanks)
            reader.index += 1 + len(blanks)
            reader.line += 1
            reader.column = len(blanks)
        return ScalarToken(word[1], True, start, end)


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

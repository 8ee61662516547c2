"""The second reader: ruamel.yaml's pure YAML 1.2 parser, as it is, with less to do between its parts.

Its scanner, reader and parser find each other through properties on every step, look on every question whether
more has to be scanned, and go character by character. Here they know each other, look once for each token, and step at
once over what is the most of a manifest: blanks, short keys, and words of ASCII, plain or quoted, with nothing on their
line that could make them anything else. Whatever else there is, is left to their code; a test compares every event
and its place.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML
from ruamel.yaml.error import StringMark
from ruamel.yaml.events import MappingEndEvent, MappingStartEvent, ScalarEvent
from ruamel.yaml.parser import Parser
from ruamel.yaml.reader import Reader
from ruamel.yaml.scanner import Scanner
from ruamel.yaml.tokens import BlockEndToken, BlockMappingStartToken, KeyToken, ScalarToken, ValueToken

if TYPE_CHECKING:
    from collections.abc import Iterator

# A word that is a key, or ends its line; what follows is on the next line that is not blank, and is no marker.
_WORD = re.compile(r"([A-Za-z0-9_/$(][!-9;->@-~]*+)(?:(?=:[ \n])|(\n(?: +(?=[!-~])|(?=[!-,/-~]))))")
# The same between brackets.
_WORD_IN_FLOW = re.compile(r"([A-Za-z0-9_/$(][!-+\--9;->@-Z\\^-z|~]*+)(?=[,\]}]|: )")
# A key that stands on a line, with less than what a key may have at the most.
_KEY = re.compile(r"([A-Za-z0-9_/$(][!-9;->@-~]{0,999}+):(?=[ \n])")
_DOUBLE_QUOTED = re.compile(r'"([ !#-\[\]-~]*+)"')
_SINGLE_QUOTED = re.compile(r"'([ -&(-~]*+)'(?!')")
_BLANKS = re.compile(" *")
_LINES = re.compile("(?:\n *)+")
_MORE_TO_SKIP = "\0 \t\r\n\x85\u2028\u2029\ufeff#"
# What begins nothing but a plain scalar.
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_/$("
# What begins tokens of one kind only, wherever it stands.
_FETCH = {
    **dict.fromkeys(_LETTERS, Scanner.fetch_plain),
    **dict.fromkeys(("- ", "-\n"), Scanner.fetch_block_entry),
    **dict.fromkeys((": ", ":\n"), Scanner.fetch_value),
    "[": Scanner.fetch_flow_sequence_start,
    "{": Scanner.fetch_flow_mapping_start,
    "]": Scanner.fetch_flow_sequence_end,
    "}": Scanner.fetch_flow_mapping_end,
    ",": Scanner.fetch_flow_entry,
    '"': Scanner.fetch_double,
    "'": Scanner.fetch_single,
}

# What follows a value that is not written.
_NO_VALUE = (KeyToken, ValueToken, BlockEndToken)
_make: Any = object.__new__


class _Mark(StringMark):
    """The same, made in one step."""

    __slots__ = ()

    def __init__(self, reader: Any) -> None:
        self.name = reader.name
        self.index = reader.index
        self.line = reader.line
        self.column = reader.column
        self.buffer = reader.buffer
        self.pointer = reader.pointer


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

    def skip(self, length: int) -> None:
        """Step over characters that are known to be in the buffer, and to be printable ASCII."""
        self.pointer += length
        self.index += length
        self.column += length

    def pass_lines(self, lines: str) -> None:
        """Step over line breaks with blanks behind them."""
        self.pointer += len(lines)
        self.index += len(lines)
        self.line += lines.count("\n")
        self.column = len(lines) - lines.rindex("\n") - 1

    def get_mark(self) -> Any:
        """Where the reader is. One token ends where the next begins."""
        if self._mark is None or self._mark.index != self.index:
            self._mark = _Mark(self)
        return self._mark


class _Scanner(Scanner):
    reader: Any = None  # instead of a property
    flow_level: Any = 0  # likewise

    def __init__(self, loader: Any) -> None:
        self.reader = loader.reader
        self._ready = False
        super().__init__(loader)

    def reset_scanner(self) -> None:
        """Start again, knowing nothing."""
        self._ready = False
        self.flow_level = 0
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

    def taken_behind(self, kind: type) -> Any:
        """Take a token of a kind and the scalar behind it, if it is known that they are the next; else None."""
        if not self._ready:
            self._look()
        tokens = self.tokens
        if self.possible_simple_keys or len(tokens) < 2 or type(tokens[0]) is not kind:
            return None
        scalar = tokens[1]
        if type(scalar) is not ScalarToken:
            return None
        del tokens[:2]
        self.tokens_taken += 2
        self._ready = False
        return scalar

    def put_back(self, token: Any) -> None:
        """Have a token taken once more."""
        self.tokens.insert(0, token)
        self.tokens_taken -= 1

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
        """Scan a token, or a key with its colon; most characters begin tokens of one kind only."""
        self.scan_to_next_token()
        reader = self.reader
        at = reader.pointer
        fetch = _FETCH.get(reader.buffer[at]) or _FETCH.get(reader.buffer[at : at + 2])
        if fetch is None:
            return super().fetch_more_tokens()
        self.stale_possible_simple_keys()
        self.unwind_indent(reader.column)
        if self.allow_simple_key and not self.flow_level and not self.possible_simple_keys:
            key = _KEY.match(reader.buffer, reader.pointer)
            if key is not None:
                return self._fetch_key(key[1])
        return fetch(self)

    def _fetch_key(self, word: str) -> None:
        """What fetch_plain and fetch_value do about a key that is followed by a colon."""
        reader = self.reader
        start = reader.get_mark()
        if self.add_indent(reader.column):
            self.tokens.append(BlockMappingStartToken(start, start))
        reader.skip(len(word))
        end = reader.get_mark()
        reader.skip(1)
        self.tokens += (
            KeyToken(start, start),
            ScalarToken(word, True, start, end),
            ValueToken(end, reader.get_mark()),
        )
        self.allow_simple_key = False
        if reader.buffer[reader.pointer] == " ":
            reader.skip(1)
            value = self._scan_word()
            if value is not None:
                self.tokens.append(value)

    def fetch_flow_collection_start(self, *args: Any, **named: Any) -> None:
        """Begin a flow collection."""
        super().fetch_flow_collection_start(*args, **named)
        self.flow_level = len(self.flow_context)

    def fetch_flow_collection_end(self, *args: Any, **named: Any) -> None:
        """End a flow collection."""
        super().fetch_flow_collection_end(*args, **named)
        self.flow_level = len(self.flow_context)

    def scan_to_next_token(self) -> None:
        """Step over blanks, breaks and comments."""
        reader = self.reader
        if reader.buffer[reader.pointer] == " ":
            blanks = _BLANKS.match(reader.buffer, reader.pointer)
            reader.skip(blanks.end() - reader.pointer if blanks else 0)
        if reader.buffer[reader.pointer] == "\n":
            lines = _LINES.match(reader.buffer, reader.pointer)
            reader.pass_lines(lines[0] if lines else "")
            if not self.flow_level:
                self.allow_simple_key = True
        if reader.buffer[reader.pointer] in _MORE_TO_SKIP:
            super().scan_to_next_token()

    def scan_plain(self) -> Any:
        """A plain scalar: at once if it is one word, and none of another follows."""
        token = self._scan_at_once(_WORD_IN_FLOW, None) if self.flow_level else self._scan_word()
        return super().scan_plain() if token is None else token

    def _scan_word(self) -> Any:
        reader = self.reader
        word = _WORD.match(reader.buffer, reader.pointer)
        if word is None:
            return None
        lines = word[2]
        if lines is not None and len(lines) - 1 > self.indent:
            return None
        start = reader.get_mark()
        reader.skip(len(word[1]))
        end = reader.get_mark()
        self.allow_simple_key = lines is not None
        if lines is not None:
            reader.pass_lines(lines)
        return ScalarToken(word[1], True, start, end)

    def scan_flow_scalar(self, style: Any) -> Any:
        """A quoted scalar: at once if nothing in it is escaped, and it ends on its line."""
        quoted = _DOUBLE_QUOTED if style == '"' else _SINGLE_QUOTED
        return self._scan_at_once(quoted, style) or super().scan_flow_scalar(style)

    def _scan_at_once(self, pattern: re.Pattern[str], style: Any) -> Any:
        reader = self.reader
        found = pattern.match(reader.buffer, reader.pointer)
        if found is None:
            return None
        start = reader.get_mark()
        reader.skip(len(found[0]))
        return ScalarToken(found[1], style is None, start, reader.get_mark(), style)


class _Parser(Parser):
    scanner: Any = None  # instead of a property

    def __init__(self, loader: Any) -> None:
        self.scanner = loader.scanner
        super().__init__(loader)

    def check_event(self, *choices: Any) -> bool:
        """Whether the next event is one of the given types; any will do where none is given."""
        event = self.peek_event()
        return event is not None and (not choices or isinstance(event, choices))

    def parse_node(self, block: bool = False, indentless_sequence: bool = False) -> Any:
        """A node; most are scalars or mappings without an anchor or a tag."""
        token = self.scanner.peek_token()
        kind = type(token)
        if kind is ScalarToken:
            self.scanner.get_token()
            self.state = self.states.pop()
            return _scalar(token)
        if kind is BlockMappingStartToken and block:
            self.state = self.parse_block_mapping_first_key
            return MappingStartEvent(None, None, True, token.start_mark, token.start_mark, False)
        return super().parse_node(block, indentless_sequence)

    def parse_block_mapping_key(self) -> Any:
        """A key; most are words."""
        scanner = self.scanner
        token = scanner.taken_behind(KeyToken)
        if token is not None:
            self.state = self.parse_block_mapping_value
            return _scalar(token)
        if type(scanner.peek_token()) is not BlockEndToken:
            return super().parse_block_mapping_key()
        token = scanner.get_token()
        self.state = self.states.pop()
        self.marks.pop()
        return MappingEndEvent(token.start_mark, token.end_mark, None)

    def parse_block_mapping_value(self) -> Any:
        """A value; most are words."""
        scanner = self.scanner
        token = scanner.taken_behind(ValueToken)
        if token is not None:
            self.state = self.parse_block_mapping_key
            return _scalar(token)
        if type(scanner.peek_token()) is ValueToken:
            token = scanner.get_token()
            if type(scanner.peek_token()) not in _NO_VALUE:
                self.states.append(self.parse_block_mapping_key)
                return self.parse_node(True, True)
            scanner.put_back(token)
        return super().parse_block_mapping_value()


def _scalar(token: Any) -> Any:
    """The event of a scalar without an anchor or a tag."""
    event = _make(ScalarEvent)
    event.anchor = event.ctag = event.comment = None
    event.implicit = (True, False) if token.plain else (False, True)
    event.value = token.value
    event.style = token.style
    event.start_mark = token.start_mark
    event.end_mark = token.end_mark
    return event


class _Yaml(YAML):
    def official_plug_ins(self) -> Any:
        """None: the others would be looked for on disk."""
        return []


def events(text: str) -> Iterator[Any]:
    """The events of a text. Raises YAMLError, and what else ruamel.yaml raises for text that it cannot read."""
    yaml = _Yaml(typ="safe", pure=True)
    yaml.Reader, yaml.Scanner, yaml.Parser = _Reader, _Scanner, _Parser
    yield from yaml.parse(text)

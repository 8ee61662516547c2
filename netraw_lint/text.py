"""Between the bytes of a file and the text that is linted, and between offsets and lines.

``decode`` and ``encode`` are exact inverses, so that what an edit does not touch is written back byte for
byte: newline style, missing last newline and byte order mark included. Lines are counted by ``\\n`` alone,
as editors and GitHub do, although YAML 1.1 also knows ``\\r``, NEL, LS and PS.
"""

from __future__ import annotations

UTF8_BOM = b"\xef\xbb\xbf"
_UTF16 = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
_PIECE = 4096
_UTF32 = (b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff")


class UndecodableText(ValueError):  # noqa: N818 - reads as what was found
    """The bytes are not the text of a manifest; ``offset`` (bytes) and 1-based ``line`` say where."""

    def __init__(self, message: str, offset: int, line: int) -> None:
        super().__init__(message)
        self.offset = offset
        self.line = line


def decode(raw: bytes) -> tuple[bytes, str, bytes]:
    """The UTF-8 text of a file without its byte order mark, the encoding it had, and the mark.

    UTF-8 is read with or without a mark, UTF-16 with one. Raises ``UndecodableText`` for anything else,
    and for a text with NUL bytes, which no YAML reader accepts.
    """
    if raw.startswith(_UTF32):
        raise UndecodableText("UTF-32 text at byte 0 (line 1) is not supported: save the file as UTF-8", 0, 1)
    encoding = _UTF16.get(raw[:2])
    if encoding:
        data, bom = _utf16(raw, encoding), raw[:2]
    else:
        encoding = "utf-8"
        bom = UTF8_BOM if raw.startswith(UTF8_BOM) else b""
        data = raw[len(bom) :]
        if not _is_utf8(data):
            _decoded(raw, encoding, bom)  # says where it is not
    nul = data.find(0)
    if nul >= 0:
        raise _nul(data[:nul], encoding, bom)
    return data, encoding, bom


def encode(text: str, encoding: str, bom: bytes) -> bytes:
    """The bytes of a file that holds ``text``; the inverse of ``decode``.

    Raises ``UnicodeEncodeError`` for a lone surrogate, which no decoded text holds.
    """
    return bom + text.encode(encoding)


def _utf16(raw: bytes, encoding: str) -> bytes:
    # kubectl splits bytes, and would decode what follows on its own: text that only looks like letters of Asia here.
    mixed = raw.find(b"\n---")
    if mixed >= 0:
        line = 1 + raw.count(b"\n", 0, mixed)
        message = f"UTF-16 and then `---` in another encoding, at byte {mixed} (line {line}): save the file as UTF-8"
        raise UndecodableText(message, mixed, line)
    return _decoded(raw, encoding, raw[:2]).encode()


def _is_utf8(data: bytes) -> bool:
    """Whether bytes are UTF-8; most of a text is ASCII, which is told many times as fast."""
    if data.isascii():
        return True
    at = 0
    while at < len(data):
        end = data.find(b"\n", at + _PIECE) + 1 or len(data)
        piece = data[at:end]
        if not piece.isascii():
            try:
                piece.decode()
            except UnicodeDecodeError:
                return False
        at = end
    return True


def _decoded(raw: bytes, encoding: str, bom: bytes) -> str:
    body = raw[len(bom) :]
    try:
        return body.decode(encoding)
    except UnicodeDecodeError as error:
        offset = len(bom) + error.start
        line = 1 + body[: error.start].decode(encoding).count("\n")
        value = f"byte 0x{raw[offset]:02x} at offset {offset} (line {line})"
        name = encoding[:6].rstrip("-").upper()
        message = f"not {name}: {value} is no part of a character; save the file as UTF-8"
        raise UndecodableText(message, offset, line) from None


def _nul(before: bytes, encoding: str, bom: bytes) -> UndecodableText:
    offset = len(encode(before.decode(), encoding, bom))
    line = 1 + before.count(b"\n")
    message = (
        f"NUL byte at offset {offset} (line {line}): a binary file, or UTF-16 without a byte order mark; "
        "exclude the file or save it as UTF-8"
    )
    return UndecodableText(message, offset, line)


class Lines:
    """The lines of a text: offsets in code points to 1-based lines and columns, and back.

    Asked from the front to the back, as findings are, it looks for line breaks as it goes; it lists all lines of the
    text once it is asked to go back.
    """

    __slots__ = ("_end", "_index", "_start", "_starts", "_text_of_line", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self._starts: list[int] | None = None
        # The line that was asked for last.
        self._index = self._start = 0
        self._end = -1
        self._text_of_line: str | None = None

    def position(self, offset: int) -> tuple[int, int]:
        """The (line, column) of a code point; the end of the text has one too.

        Raises ``ValueError`` for an offset outside the text.
        """
        self._find(offset)
        return self._index + 1, offset - self._start + 1

    def offset(self, line: int, column: int) -> int:
        """The offset of a (line, column); the column just after a line is its line break, or the end.

        Raises ``ValueError`` for a place that the text does not have.
        """
        starts = self._listed()
        if not 1 <= line <= len(starts):
            raise ValueError(f"line {line} is outside a text of {len(starts)} lines")
        start = starts[line - 1]
        end = starts[line] - 1 if line < len(starts) else len(self.text)
        if not 1 <= column <= end - start + 1:
            raise ValueError(f"column {column} is outside line {line}, which has {end - start} columns")
        return start + column - 1

    def line_text(self, offset: int) -> str:
        """The line around an offset, without its line break (``\\n`` or ``\\r\\n``).

        Raises ``ValueError`` for an offset outside the text.
        """
        self._find(offset)
        if self._text_of_line is None:
            # A cluster's dump may be one line of many megabytes: its findings share one copy.
            self._text_of_line = self.text[self._start : self._end].removesuffix("\r")
        return self._text_of_line

    def _find(self, offset: int) -> None:
        """Make the line around an offset the one that was asked for last."""
        if not 0 <= offset <= len(self.text):
            raise ValueError(f"offset {offset} is outside a text of {len(self.text)} characters")
        if self._start <= offset <= self._end:
            return
        if offset > self._end and self._starts is None:
            self._index += self.text.count("\n", self._start, offset)
        else:
            from bisect import bisect_right

            self._index = bisect_right(self._listed(), offset) - 1
        self._start = self.text.rfind("\n", 0, offset) + 1
        end = self.text.find("\n", offset)
        self._end = len(self.text) if end < 0 else end
        self._text_of_line = None

    def _listed(self) -> list[int]:
        if self._starts is None:
            from itertools import accumulate

            lengths = [len(line) + 1 for line in self.text.split("\n")]
            self._starts = list(accumulate(lengths[:-1], initial=0))
        return self._starts

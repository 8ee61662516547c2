"""The fingerprint of a line by which GitHub follows an alert through the changes of a file.

GitHub reads it as ``primaryLocationLineHash``; where a report has none, github/codeql-action computes one before an
upload, and it warns where a report has another. The hash of a line covers 100 UTF-16 units from its start on,
following lines included, without spaces and tabs, every newline as ``\\n``, the end of the file as 65535 and
zeros behind it: a polynomial in 37, modulo 2^64. Lines with the same hash are numbered.
"""

from __future__ import annotations

from operator import mul

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

_WINDOW = 100
_MASK = (1 << 64) - 1
_FACTORS = [pow(37, power, 1 << 64) for power in reversed(range(_WINDOW))]
_END = "\uffff"


def line_hashes(data: bytes, wanted: Iterable[int]) -> dict[int, str]:
    """The hashes of some lines of a file, by their numbers from 1; lines that it does not have are left out."""
    lines = _normalised(data).split("\n")
    needed = {number for number in wanted if 1 <= number <= len(lines)}
    found: dict[int, str] = {}
    hashes: dict[str, int] = {}
    times: dict[int, int] = {}
    text = "\n".join(lines) + _END + "\0" * _WINDOW
    start = 0
    for number in range(1, max(needed, default=0) + 1):
        window = text[start : start + _WINDOW]
        value = hashes.get(window)
        if value is None:
            value = hashes[window] = sum(map(mul, map(ord, window), _FACTORS)) & _MASK
        times[value] = times.get(value, 0) + 1
        if number in needed:
            found[number] = f"{value:x}:{times[value]}"
        start += len(lines[number - 1]) + 1
    return found


def _normalised(data: bytes) -> str:
    """The text as its UTF-16 units, without spaces and tabs, with ``\\n`` for every newline."""
    text = data.decode("utf-8", "replace")
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace(" ", "").replace("\t", "")
    return text if text.isascii() else "".join(map(_units, text))


def _units(char: str) -> str:
    code = ord(char) - 0x10000
    return char if code < 0 else chr(0xD800 + (code >> 10)) + chr(0xDC00 + (code & 0x3FF))

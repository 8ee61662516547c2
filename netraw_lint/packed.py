"""Very many values in little memory: the files of a large run, and what is found in them."""

from __future__ import annotations

import io
import pickle
import zlib
from collections.abc import Sequence

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any, Self

_SIZE = 128  # of a block
_LONG = 1000  # characters of a text that is kept apart


class _Writer(pickle.Pickler):
    """Leaves long texts out, as their numbers."""

    def __init__(self, file: io.BytesIO, texts: dict[str, int]) -> None:
        super().__init__(file, pickle.HIGHEST_PROTOCOL)
        self._texts = texts

    def persistent_id(self, value: Any) -> int | None:
        if type(value) is str and len(value) > _LONG:
            return self._texts.setdefault(value, len(self._texts))
        return None


class _Reader(pickle.Unpickler):
    """Puts long texts back in."""

    def __init__(self, file: io.BytesIO, texts: dict[str, int]) -> None:
        super().__init__(file)
        self._texts = list(texts)

    def persistent_load(self, number: int) -> str:
        return self._texts[number]


class Packed(Sequence["Any"]):
    """A sequence that grows at its end. Neighbours have much in common, so blocks of them are kept compressed.

    What comes out is equal to what went in, and not the same objects, but for long texts: the findings in a dump of
    one line all hold that line. Values have to be picklable.
    """

    def __init__(self, values: Iterable[Any] = ()) -> None:
        self._blocks: list[bytes] = []
        self._last: list[Any] = []
        self._latest: tuple[int, list[Any]] = (-1, [])
        self._texts: dict[str, int] = {}
        self += values

    def __iadd__(self, values: Iterable[Any]) -> Self:
        for value in values:
            self._last.append(value)
            if len(self._last) == _SIZE:
                file = io.BytesIO()
                _Writer(file, self._texts).dump(self._last)
                self._blocks.append(zlib.compress(file.getvalue(), 1))
                self._last = []
        return self

    def __len__(self) -> int:
        return len(self._blocks) * _SIZE + len(self._last)

    def __iter__(self) -> Iterator[Any]:
        for number in range(len(self._blocks) + 1):
            yield from self._block(number)

    def __getitem__(self, at: Any) -> Any:
        """One value, or those of a slice without a step."""
        if isinstance(at, int):
            at = range(len(self))[at]
            return self._block(at // _SIZE)[at % _SIZE]
        start, end, _ = at.indices(len(self))
        found: list[Any] = []
        while start < end:
            number, offset = divmod(start, _SIZE)
            found += self._block(number)[offset : offset + end - start]
            start = (number + 1) * _SIZE
        return found

    def _block(self, number: int) -> list[Any]:
        if number == len(self._blocks):
            return self._last
        # Neighbours are asked for one after the other.
        if self._latest[0] != number:
            file = io.BytesIO(zlib.decompress(self._blocks[number]))
            self._latest = number, _Reader(file, self._texts).load()
        return self._latest[1]

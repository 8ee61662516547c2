"""A line on the terminal that says the program is still at work."""

from __future__ import annotations

import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import TextIO, TypeVar

    T = TypeVar("T")

_PATIENCE = 2.0
_EVERY = 0.2


class Progress:
    """Counts the files that pass; after two seconds on a terminal, shows the count."""

    def __init__(self, stream: TextIO, enabled: bool) -> None:
        self._stream = stream
        self._enabled = enabled and stream.isatty()
        self._shown = False
        self._files = 0
        self._due = time.monotonic() + _PATIENCE

    def over(self, items: Iterable[T]) -> Iterator[T]:
        """The items, unchanged."""
        for item in items:
            self._files += 1
            self.tick()
            yield item

    def tick(self) -> None:
        """Show the count, if it is time to."""
        if not self._enabled:
            return
        now = time.monotonic()
        if now >= self._due:
            self._due = now + _EVERY
            self._shown = True
            self._stream.write(f"\rlinting: {self._files:,} file{'' if self._files == 1 else 's'} ...")
            self._stream.flush()

    def clear(self) -> None:
        """Take the line away again."""
        if self._shown:
            self._stream.write("\r\033[K")
            self._shown = False

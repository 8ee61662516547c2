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
# Of a task, so that the line fits into 80 columns.
_WIDTH = 64


class Progress:
    """Counts the files that pass; after two seconds on a terminal, shows the count."""

    def __init__(self, stream: TextIO, enabled: bool) -> None:
        self._stream = stream
        self._enabled = enabled and stream.isatty()
        self._shown = False
        self._files = 0
        self._task = ""
        self._since = 0.0
        self._due = time.monotonic() + _PATIENCE

    def over(self, items: Iterable[T]) -> Iterator[T]:
        """The items, unchanged."""
        for item in items:
            self._files += 1
            self.tick()
            yield item

    def begin(self, task: str) -> None:
        """Show a task with its seconds from now on, instead of the count."""
        self.clear()
        self._task, self._since = task, time.monotonic()

    def tick(self) -> None:
        """Show the count, or the task, if it is time to."""
        if not self._enabled:
            return
        now = time.monotonic()
        if now >= self._due:
            self._due = now + _EVERY
            self._shown = True
            text = f"linting: {self._files:,} file{'' if self._files == 1 else 's'}"
            if self._task:
                text = f"{self._task[:_WIDTH]}: {now - self._since:.0f} s"
            self._stream.write(f"\r{text} ...")
            self._stream.flush()

    def at(self, files: int) -> None:
        """Take over a count that others keep."""
        self._files = files
        self.tick()

    def stop(self) -> None:
        """Show nothing from here on."""
        self._enabled = self._shown = False

    def clear(self) -> None:
        """Take the line away again."""
        if self._shown:
            self._stream.write("\r\033[K")
            self._shown = False

"""The standard streams of a run, and how it writes to them."""

from __future__ import annotations

import os
import sys

from netraw_lint.noun import Noun

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import BinaryIO, TextIO

_AT_ONCE = 100_000  # characters


class UsageError(Exception):
    """A call that cannot be carried out."""


class Streams(Noun):
    """Where a run reads and writes."""

    stdin: BinaryIO
    stdout: TextIO
    stderr: TextIO

    def write(self, text: str | bytes, to_stderr: bool = False) -> None:
        """Write text, or bytes as they are. A reader that has seen enough changes nothing, the exit code included.

        Raises UsageError if the standard output cannot be written.
        """
        stream = self.stderr if to_stderr else self.stdout
        try:
            if isinstance(text, bytes):
                stream.flush()
                stream.buffer.write(text)
            else:
                stream.write(text)
            stream.flush()
        except OSError as error:
            # What is left in the buffer has to go somewhere, or Python complains at its exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
            if not to_stderr and not isinstance(error, BrokenPipeError):
                raise UsageError(f"cannot write to the standard output: {error.strerror}") from None

    def write_parts(self, parts: Iterable[str], to_stderr: bool = False) -> None:
        """Write a text that comes in parts, a long one without ever having all of it. Raises UsageError."""
        ready: list[str] = []
        size = 0
        for part in parts:
            ready.append(part)
            size += len(part)
            if size > _AT_ONCE:
                self.write("".join(ready), to_stderr)
                ready, size = [], 0
        self.write("".join(ready), to_stderr)

    def tell(self, message: str) -> None:
        """One line on stderr; its words may come from a file that nobody has looked at yet."""
        from netraw_lint.reporters.escape import printable

        self.write(f"netraw-lint: {printable(message)}\n", to_stderr=True)


def read_by_agent() -> bool:
    """Whether a build agent reads what is printed, and obeys some of it: each kind names itself."""
    return any(os.environ.get(name) for name in ("GITHUB_ACTIONS", "TF_BUILD", "TEAMCITY_VERSION"))


def standard() -> Streams:
    """The streams of the process."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            # A file name may hold bytes that are no text, and a locale may know less than UTF-8.
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    # A stream that was closed before the start is None.
    return Streams(
        sys.stdin.buffer if sys.stdin else open(os.devnull, "rb"),
        sys.stdout or open(os.devnull, "w", encoding="utf-8"),
        sys.stderr or open(os.devnull, "w", encoding="utf-8"),
    )

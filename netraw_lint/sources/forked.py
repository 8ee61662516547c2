"""Work spread over forked copies of this process: each knows all that this one knows, and nothing is sent to it.

Copies take the next piece of work from a pipe, so that none waits for another, and keep their results in files, so
that what one has finished survives whatever happens to it later.
"""

from __future__ import annotations

import os
import pickle
import signal
from contextlib import suppress
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    Work = Callable[[int], Any]

_NUMBER = 4  # bytes: a read of so few from a pipe gets all of them or none
MOST_PIECES = 4000  # what fits into the smallest pipe that systems have
_MOST_COPIES = 16


def processors() -> int:
    """How many processors this process may use; 1 where processes cannot be copied."""
    if not hasattr(os, "fork"):
        return 1
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def results(pieces: int, work: Work, copies: int, join: bool = True) -> tuple[dict[int, Any], list[str]]:
    """What ``work`` made of the numbers below ``pieces``, and in words how each copy ended that ended badly.

    A number that a copy died with is missing. With ``join`` this process works too. Results have to be picklable,
    ``pieces`` at most ``MOST_PIECES``. On any exception, KeyboardInterrupt included, no copy is left behind.
    """
    reading, writing = os.pipe()
    os.write(writing, b"".join(number.to_bytes(_NUMBER) for number in range(pieces)))
    os.close(writing)
    files: list[IO[bytes]] = []
    running: dict[int, int] = {}
    found: dict[int, Any] = {}
    try:
        for number in range(min(copies, _MOST_COPIES, pieces)):
            try:
                files.append(TemporaryFile())  # noqa: SIM115 - all are closed at the end
                copy = os.fork()
            except OSError:  # no room, or no more processes for this user: whoever there is does it
                join = True
                break
            if copy == 0:
                _copy(reading, work, files[number])
            running[copy] = number
        while join and (taken := os.read(reading, _NUMBER)):
            found[int.from_bytes(taken)] = work(int.from_bytes(taken))
        ends = []
        for copy in tuple(running):
            _, status = os.waitpid(copy, 0)
            del running[copy]
            ends += _ended(status)
        for file in files:
            found.update(_read(file))
        return found, ends
    finally:
        os.close(reading)
        for copy in running:
            with suppress(ProcessLookupError):
                os.kill(copy, signal.SIGKILL)
            os.waitpid(copy, 0)
        for file in files:
            file.close()


def _copy(reading: int, work: Work, file: IO[bytes]) -> None:
    """The life of a copy; it never returns, and nothing that the first process meant to do at its end is done."""
    code = 1
    try:
        parent = os.getppid()
        while (taken := os.read(reading, _NUMBER)) and os.getppid() == parent:
            number = int.from_bytes(taken)
            pickle.dump((number, work(number)), file, pickle.HIGHEST_PROTOCOL)
            file.flush()
        code = 0
    finally:
        os._exit(code)


def _read(file: IO[bytes]) -> dict[int, Any]:
    """The results in a file; the last may be cut off."""
    found: dict[int, Any] = {}
    file.seek(0)
    try:
        while True:
            number, result = pickle.load(file)  # noqa: S301 - our own copy wrote it
            found[number] = result
    except (EOFError, pickle.UnpicklingError):
        return found


def _ended(status: int) -> list[str]:
    """How a process ended, if not well."""
    code = os.waitstatus_to_exitcode(status)
    if code >= 0:
        return [] if code == 0 else ["early"]
    with suppress(ValueError):
        return [f"by {signal.Signals(-code).name}"]
    return [f"by signal {-code}"]

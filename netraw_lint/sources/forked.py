"""Work spread over forked copies of this process: each knows all that this one knows, and nothing is sent to it.

Copies take the next piece of work from a pipe, so that none waits for another, and keep their results in files, so
that what one has finished survives whatever happens to it later. Results are read back one by one, in order, so that
they are never in memory all at once.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import IO, Any

    Work = Callable[[int], Any]

_NUMBER = 4  # bytes: a read of so few from a pipe gets all of them or none
MOST_PIECES = 4000  # what fits into the smallest pipe that systems have
_MOST_COPIES = 16
_NO_MORE = -1, None


def processors() -> int:
    """How many processors this process may use; 1 where processes cannot be copied."""
    if not hasattr(os, "fork"):
        return 1
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def results(pieces: int, work: Work, copies: int, join: bool = True) -> tuple[Iterator[Any], list[str]]:
    """What ``work`` made of each number below ``pieces``, and in words how each copy ended that ended badly.

    There is None for a number that a copy died with. With ``join`` this process works too. Results have to be picklable,
    ``pieces`` at most ``MOST_PIECES``. On any exception, KeyboardInterrupt included, no copy is left behind.
    """
    reading, writing = os.pipe()
    os.write(writing, b"".join(number.to_bytes(_NUMBER) for number in range(pieces)))
    os.close(writing)
    import io
    import pickle

    files: list[IO[bytes]] = []
    running: dict[int, int] = {}
    here = io.BytesIO()
    try:
        for number in range(min(copies, _MOST_COPIES, pieces)):
            try:
                files.append(_file())
                copy = os.fork()
            except OSError:  # no room, or no more processes for this user: whoever there is does it
                join = True
                break
            if copy == 0:
                _copy(reading, work, files[number])
            running[copy] = number
        while join and (taken := os.read(reading, _NUMBER)):
            found = int.from_bytes(taken), work(int.from_bytes(taken))
            pickle.dump(found, here, pickle.HIGHEST_PROTOCOL)
        ends = []
        for copy in tuple(running):
            _, status = os.waitpid(copy, 0)
            del running[copy]
            ends += _ended(status)
        return _in_order(pieces, [here, *files]), ends
    except BaseException:
        for file in files:
            file.close()
        raise
    finally:
        os.close(reading)
        for copy in running:
            _kill(copy)


def _file() -> IO[bytes]:
    """A file without a name."""
    if hasattr(os, "O_TMPFILE"):
        try:
            # As tempfile does it, without what that imports.
            flags = os.O_TMPFILE | os.O_RDWR | os.O_CLOEXEC
            return open(os.open(os.environ.get("TMPDIR") or "/tmp", flags, 0o600), "w+b")  # noqa: S108
        except OSError:  # no such directory, or one that cannot
            pass
    from tempfile import TemporaryFile

    return TemporaryFile()


def _copy(reading: int, work: Work, file: IO[bytes]) -> None:
    """The life of a copy; it never returns, and nothing that the first process meant to do at its end is done."""
    code = 1
    try:
        import pickle

        parent = os.getppid()
        while (taken := os.read(reading, _NUMBER)) and os.getppid() == parent:
            number = int.from_bytes(taken)
            pickle.dump((number, work(number)), file, pickle.HIGHEST_PROTOCOL)
            file.flush()
        code = 0
    finally:
        os._exit(code)


def _in_order(pieces: int, files: list[IO[bytes]]) -> Iterator[Any]:
    """The results in some files, each of which has its own in order."""
    each = [_read(file) for file in files]
    heads = [next(results, _NO_MORE) for results in each]
    for number in range(pieces):
        found = None
        for at, (next_number, result) in enumerate(heads):
            if next_number == number:
                found, heads[at] = result, next(each[at], _NO_MORE)
        yield found


def _read(file: IO[bytes]) -> Iterator[tuple[int, Any]]:
    """The numbers and results in a file; the last may be cut off."""
    import pickle

    file.seek(0)
    with file:
        try:
            while True:
                yield pickle.load(file)  # noqa: S301 - our own copy wrote it
        except (EOFError, pickle.UnpicklingError):
            return


def _kill(copy: int) -> None:
    import signal
    from contextlib import suppress

    with suppress(ProcessLookupError):
        os.kill(copy, signal.SIGKILL)
    os.waitpid(copy, 0)


def _ended(status: int) -> list[str]:
    """How a process ended, if not well."""
    code = os.waitstatus_to_exitcode(status)
    if code >= 0:
        return [] if code == 0 else ["early"]
    import signal

    try:
        return [f"by {signal.Signals(-code).name}"]
    except ValueError:
        return [f"by signal {-code}"]

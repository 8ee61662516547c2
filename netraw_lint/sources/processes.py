"""Programs of the user that are run for what they print: without a shell, and never for long."""

from __future__ import annotations

import os
import selectors
import subprocess
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


# Of what a program says about an error, nobody reads more.
_MOST_SAID = 1 << 16
# Seconds between two looks at whether a program that prints nothing still runs.
_GLANCE = 0.5


class ProcessError(Exception):
    """A program that could not be started, or not be waited for; the message begins with a verb."""


class TooMuchError(ProcessError):
    """A program that printed more than it may."""


class FailedError(ProcessError):
    """A program that ended with an error; ``said`` is what it printed about it."""

    def __init__(self, said: str) -> None:
        super().__init__("failed")
        self.said = said


def run(
    command: Sequence[str], environment: Mapping[str, str], folder: str, timeout: float, most: int
) -> bytes:
    """What a command prints: at most ``most`` bytes in ``timeout`` seconds, else it is killed.

    Raises ProcessError: TooMuchError for the first, FailedError where it ends with another exit code than 0.
    """
    try:
        process = subprocess.Popen(  # noqa: S603 - an argument vector, no shell
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=dict(environment),
            cwd=folder,
        )
    except OSError as error:
        raise ProcessError(f"needs {command[0]}, which cannot be started: {error.strerror}") from None
    with process:
        try:
            output, said = _read(process, timeout, most)
        finally:
            if process.poll() is None:
                process.kill()
    if process.returncode != 0:
        raise FailedError(said.decode(errors="replace"))
    return output


def _read(process: subprocess.Popen[bytes], timeout: float, most: int) -> tuple[bytes, bytes]:
    """What a process prints, and the beginning of what it says about it.

    Raises ProcessError when it takes too long or prints too much.
    """
    deadline = time.monotonic() + timeout
    chunks: list[bytes] = []
    total, said = 0, b""
    with selectors.DefaultSelector() as selector:
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                selector.register(stream, selectors.EVENT_READ)
        while selector.get_map():
            ended = process.poll() is not None
            ready = selector.select(min(max(deadline - time.monotonic(), 0), _GLANCE))
            if ended and not ready:
                break  # A program that it has started may hold the pipes for longer.
            if time.monotonic() > deadline:
                raise ProcessError(f"took longer than {timeout:.0f} seconds")
            for key, _ in ready:
                chunk = os.read(key.fd, 1 << 16)
                if not chunk:
                    selector.unregister(key.fileobj)
                elif key.fileobj is process.stderr:
                    said += chunk[: _MOST_SAID - len(said)]
                else:
                    total += len(chunk)
                    if total > most:
                        raise TooMuchError(f"gives more than {most >> 20} MB")
                    chunks.append(chunk)
    try:
        process.wait(max(deadline - time.monotonic(), 1))
    except subprocess.TimeoutExpired:
        raise ProcessError(f"took longer than {timeout:.0f} seconds") from None
    return b"".join(chunks), said

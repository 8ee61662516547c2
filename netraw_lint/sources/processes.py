"""Programs of the user that are run for what they print: without a shell, and never for long."""

from __future__ import annotations

import os
import selectors
import subprocess
import tempfile
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


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
    with tempfile.TemporaryFile() as errors:
        try:
            process = subprocess.Popen(  # noqa: S603 - an argument vector, no shell
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                env=dict(environment),
                cwd=folder,
            )
        except OSError as error:
            raise ProcessError(f"needs {command[0]}, which cannot be started: {error.strerror}") from None
        try:
            output = _read(process, timeout, most)
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()
            if process.stdout is not None:
                process.stdout.close()
        if process.returncode != 0:
            errors.seek(0)
            raise FailedError(errors.read(1 << 16).decode(errors="replace"))
    return output


def _read(process: subprocess.Popen[bytes], timeout: float, most: int) -> bytes:
    """The output of a process. Raises ProcessError when it takes too long or prints too much."""
    deadline = time.monotonic() + timeout
    late = ProcessError(f"took longer than {timeout:.0f} seconds")
    chunks: list[bytes] = []
    total = 0
    with selectors.DefaultSelector() as selector:
        if process.stdout is None:
            return b""
        selector.register(process.stdout, selectors.EVENT_READ)
        while True:
            left = deadline - time.monotonic()
            if left <= 0 or not selector.select(left):
                raise late
            chunk = os.read(process.stdout.fileno(), 1 << 16)
            if not chunk:
                break
            total += len(chunk)
            if total > most:
                raise TooMuchError(f"gives more than {most >> 20} MB")
            chunks.append(chunk)
    try:
        process.wait(max(deadline - time.monotonic(), 1))
    except subprocess.TimeoutExpired:
        raise late from None
    return b"".join(chunks)

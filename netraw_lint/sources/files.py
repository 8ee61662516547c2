"""Reading files: every path gives a Source, or a Problem that says why it was not checked."""

from __future__ import annotations

import os
import stat

from netraw_lint import text
from netraw_lint.model import Problem, Source

MAX_FILE_SIZE = 512 * 1024 * 1024

_KINDS = (
    (stat.S_ISDIR, "a directory"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)
# Opening a pipe without a writer would wait for one for ever.
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0) | getattr(os, "O_BINARY", 0)


def display(path: str) -> str:
    """A path as reports show it: with ``/``, and without a leading ``./``. It still opens the same file."""
    if os.sep != "/":
        path = path.replace(os.sep, "/")
    while path.startswith("./") and path.strip("./"):
        path = path[2:].lstrip("/")
    return path


def read(path: str) -> Source | Problem:
    """Read one regular file; never waits for a pipe or a device.

    Anything that keeps the file from being checked becomes a ``Problem`` of the stage ``read``; nothing is
    raised.
    """
    try:
        raw = content(path)
        return raw if isinstance(raw, Problem) else source(raw, display(path))
    except MemoryError:
        return Problem(
            display(path), "read", "too little memory to read it: split it, or allow netraw-lint more"
        )


def content(path: str) -> bytes | Problem:
    """The bytes of one regular file, under the same conditions as ``read``."""
    try:
        return _read_bytes(path)
    except (OSError, ValueError) as error:
        return Problem(display(path), "read", _reason(path, error))


def unfit(path: str) -> str:
    """Why what is there cannot be read, before it is opened; empty for a regular file that is not too large."""
    status = os.stat(path)
    if not stat.S_ISREG(status.st_mode):
        return f"is {kind(status.st_mode)}"
    return too_large() if status.st_size > MAX_FILE_SIZE else ""


def source(raw: bytes, path: str) -> Source | Problem:
    """The source with these bytes, or a ``Problem`` if they are not text."""
    try:
        data, encoding, bom = text.decode(raw)
    except text.UndecodableText as error:
        return Problem(path, "read", str(error), error.line)
    return Source(path, data, encoding, bom)


def too_large() -> str:
    """The message for a text above ``MAX_FILE_SIZE``."""
    return f"larger than {MAX_FILE_SIZE >> 20} MiB: split it, or exclude it"


def kind(mode: int) -> str:
    """What a path with this ``st_mode`` is, in words: ``a pipe, not a regular file``."""
    name = next((name for is_kind, name in _KINDS if is_kind(mode)), "a special file")
    return f"{name}, not a regular file"


class _UnfitError(ValueError):
    """The path was opened, and is nothing to read a manifest from."""


def _read_bytes(path: str) -> bytes:
    descriptor = os.open(path, _FLAGS)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise _UnfitError(_not_regular(status.st_mode))
        if status.st_size > MAX_FILE_SIZE:
            raise _UnfitError(too_large())
        return _read_all(descriptor, status.st_size)
    finally:
        os.close(descriptor)


def _read_all(descriptor: int, size: int) -> bytes:
    """All bytes of an open file whose size is a hint: it may grow, and files of /proc say 0."""
    chunks: list[bytes] = []
    total = 0
    while chunk := os.read(descriptor, max(size - total + 1, 65536)):
        chunks.append(chunk)
        total += len(chunk)
        if total > MAX_FILE_SIZE:
            raise _UnfitError(too_large())
    if total < size:
        raise _UnfitError("became shorter while it was read: run netraw-lint again")
    return b"".join(chunks)


def _not_regular(mode: int) -> str:
    advice = "; to lint what a command prints, pipe it to: netraw-lint -" if stat.S_ISFIFO(mode) else ""
    return f"is {kind(mode)}{advice}"


def _reason(path: str, error: OSError | ValueError) -> str:
    if isinstance(error, _UnfitError):
        return str(error)
    if isinstance(error, ValueError):
        return f"not a path: {error}"
    return f"cannot be read: {reason(error)}{_advice(path, error)}"


def reason(error: OSError) -> str:
    """The operating system's own words for an error, as part of a sentence."""
    words = error.strerror or str(error) or type(error).__name__
    return words[:1].lower() + words[1:]


def _advice(path: str, error: OSError) -> str:
    import errno

    if isinstance(error, FileNotFoundError):
        return "; it was removed in the meantime, or is a link to a missing file"
    if isinstance(error, PermissionError):
        return "; let the user that runs netraw-lint read it, or exclude it"
    if error.errno == errno.ELOOP:
        return "; repair the link or exclude it"
    if error.errno in (errno.ENXIO, errno.EOPNOTSUPP):
        return f"; it is {_kind_of(path)}"
    return ""


def _kind_of(path: str) -> str:
    try:
        return kind(os.stat(path).st_mode)
    except OSError:
        return "not a regular file"

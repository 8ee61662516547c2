"""Writing a report to a file: the whole of it or nothing, and never over a manifest."""

from __future__ import annotations

import contextlib
import os
import stat

from netraw_lint.streams import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable


def check(path: str, given: str, linted: Iterable[str]) -> None:
    """Refuse a file that no report can or should be written to, before the work. Raises UsageError.

    ``given`` is the option as it was written, ``linted`` the paths that the run was given.
    """
    folder = os.path.dirname(path) or os.curdir
    if not os.path.isdir(folder):
        raise UsageError(f"{given}: there is no directory {folder}")
    if not os.path.isfile(path):
        return
    # No format is YAML: what has that name is a manifest, and the argument a slip.
    if path.lower().endswith((".yaml", ".yml")) or identity(path) in map(identity, linted):
        raise UsageError(f"{given}: a manifest, which a report would overwrite: choose another file")


def identity(path: str) -> object:
    """What two paths of one file have in common: where they lead, or the file itself if there is one."""
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return os.path.realpath(path)
    return status.st_dev, status.st_ino


def save(path: str, content: str, append: bool = False) -> None:
    """Write a report to a file, or add it to what is there. Raises UsageError."""
    data = content.encode("utf-8", "backslashreplace")
    try:
        if append or not _replaceable(path):
            _write(path, data, append)
        else:
            _replace(os.path.realpath(path), data)
    except OSError as error:
        reason = "nobody reads from that pipe" if _is_pipe(path) else error.strerror
        raise UsageError(f"cannot write {path}: {reason}") from None


def _replaceable(path: str) -> bool:
    """Whether a new file can take the place of what is there: no device, no pipe, no link of somebody else's."""
    try:
        status = os.stat(path)
    except FileNotFoundError:
        return os.access(os.path.dirname(os.path.realpath(path)), os.W_OK)
    is_ours = not hasattr(os, "getuid") or status.st_uid == os.getuid()
    # Without the right to write to a file, being able to replace it is no excuse.
    may = os.access(path, os.W_OK) and os.access(os.path.dirname(os.path.realpath(path)), os.W_OK)
    return stat.S_ISREG(status.st_mode) and status.st_nlink == 1 and is_ours and may


def _replace(path: str, data: bytes) -> None:
    """A reader of the old report keeps it to its end, and a full disk leaves it as it was."""
    temporary = f"{path}.{os.urandom(4).hex()}.tmp"
    try:
        with open(temporary, "xb") as file:
            file.write(data)
        if os.path.exists(path):
            os.chmod(temporary, stat.S_IMODE(os.stat(path).st_mode))
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise


def _write(path: str, data: bytes, append: bool) -> None:
    if _is_pipe(path):
        # Without a reader, opening it would wait for ever.
        descriptor = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
        os.set_blocking(descriptor, True)
        with open(descriptor, "wb") as pipe:
            pipe.write(data)
        return
    with open(path, "ab" if append else "wb") as file:
        if append and file.tell():
            file.write(b"\n")
        file.write(data)


def _is_pipe(path: str) -> bool:
    try:
        return stat.S_ISFIFO(os.stat(path).st_mode)
    except OSError:
        return False

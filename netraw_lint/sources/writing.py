"""Writing a fixed file: the old bytes or the new ones, never a part of them.

The new bytes go to a temporary file in the same folder, which then takes the name of the old one. The writer
holds a lock on its temporary file: one that nobody has locked was left behind by a run that was killed, and the
next write to that folder removes it.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import stat

from netraw_lint import text
from netraw_lint.model import Problem, Source
from netraw_lint.sources import files

_TEMPORARY = re.compile(r"\.netraw-lint\.[0-9a-f]{16}\.tmp")
# Windows renames no open file, and removes none.
_CLOSED_FIRST = os.name == "nt"
_BINARY = getattr(os, "O_BINARY", 0)
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | _BINARY
_OPEN = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | _BINARY

# Hashes and signatures of the old bytes.
_OF_THE_BYTES = ("security.ima", "security.evm")
_ACCESS_LIST = "system.posix_acl_access"

_CHANGED = "it has changed since it was read: run netraw-lint again"
_ADVICE = {
    errno.ENOENT: "it is gone: it was removed or renamed since it was read",
    errno.ENOTDIR: "it is gone: its directory was replaced since it was read",
    errno.EISDIR: "it is a directory now",
    errno.EBUSY: "it is mounted as a file of its own, which cannot be replaced: mount its directory",
}


class _RefusedError(Exception):
    """The file is not to be replaced; the message says why."""


class Writer:
    """Replaces files, and remembers which folders it has cleared of what killed runs left behind."""

    def __init__(self) -> None:
        self._swept: set[str] = set()

    def write(self, old: Source, data: bytes) -> Problem | None:
        """Replace the file that ``old`` was read from by ``data``, in the encoding it had.

        The target of a link is replaced, not the link; mode, owner and extended attributes stay. Nothing is
        raised: a file that cannot be replaced, or has changed since it was read, stays as it is and is a
        ``Problem``.
        """
        try:
            path = os.path.realpath(old.path)
            directory = os.path.dirname(path)
            before = _fit(path)
            if directory not in self._swept:
                self._swept.add(directory)
                _sweep(directory)
            _replace(path, before, encoded(old, old.data), encoded(old, data))
        except _RefusedError as refused:
            return Problem(old.path, "write", f"not written: {refused}")
        except OSError as error:
            reason = _ADVICE.get(error.errno or 0) or files.reason(error)
            return Problem(old.path, "write", f"not written: {reason}")
        return None


def encoded(source: Source, data: bytes) -> bytes:
    """UTF-8 ``data`` as the bytes of a file like the source: in its encoding, with its byte order mark."""
    return text.encode(data.decode(), source.encoding, source.bom)


def _fit(path: str) -> os.stat_result:
    """The state of a file that may be replaced. Raises _RefusedError for any other."""
    status = os.lstat(path)
    if not stat.S_ISREG(status.st_mode):
        raise _RefusedError(f"it is {files.kind(status.st_mode)}")
    if status.st_nlink > 1:
        raise _RefusedError("it has several hard links, and a replaced file would leave the others behind")
    if not status.st_mode & stat.S_IWUSR:
        raise _RefusedError("it is read-only: make it writable first")
    if not os.access(path, os.W_OK):
        raise _RefusedError("this user may not write to it")
    return status


def _replace(path: str, before: os.stat_result, expected: bytes, new: bytes) -> None:
    directory = os.path.dirname(path)
    temporary = os.path.join(directory, f".netraw-lint.{os.urandom(8).hex()}.tmp")
    try:
        descriptor = _create(temporary)
        try:
            _lock(descriptor)
            _fill(descriptor, new)
            _dress(descriptor, path, before)
            _sync(descriptor)
            _still_the_same(path, before, expected)
            if not _CLOSED_FIRST:
                # Before the lock goes, or another run might take the file for a forgotten one.
                os.replace(temporary, path)
        finally:
            _close(descriptor)
        if _CLOSED_FIRST:
            os.replace(temporary, path)
    except BaseException:
        _remove(temporary)
        raise
    _sync_directory(directory)


def _create(path: str) -> int:
    try:
        return os.open(path, _CREATE, 0o600)
    except PermissionError:
        raise _RefusedError(
            "its directory is read-only, and a file is replaced by a new one beside it: make it writable first"
        ) from None


def _lock(descriptor: int) -> None:
    try:
        # Only a sweeper may have been faster, and it is quick.
        _flock(descriptor, wait=True)
    except OSError:
        return  # Without locks nothing is swept either.
    if not os.fstat(descriptor).st_nlink:
        raise _RefusedError("another run has removed its temporary file: run netraw-lint again")


def _flock(descriptor: int, wait: bool) -> None:
    """Lock a file. Raises OSError where another process holds it, and where there are no locks."""
    try:
        import fcntl
    except ImportError:
        raise OSError(errno.ENOTSUP, "no locks") from None
    fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))


def _fill(descriptor: int, new: bytes) -> None:
    rest = memoryview(new)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _dress(descriptor: int, path: str, before: os.stat_result) -> None:
    """Give the new file the owner, the extended attributes and the mode of the old one."""
    if hasattr(os, "fchown"):
        # A new file may also have the group of its directory.
        now = os.fstat(descriptor)
        try:
            if now.st_uid != before.st_uid:
                os.fchown(descriptor, before.st_uid, -1)
            if now.st_gid != before.st_gid:
                os.fchown(descriptor, -1, before.st_gid)
        except OSError:
            raise _RefusedError(
                "it belongs to another user or group, and a new file could not be given to them"
            ) from None
    if hasattr(os, "listxattr"):
        _copy_attributes(path, descriptor)
    if hasattr(os, "fchmod"):
        # Last, since a change of owner takes set-user-ID bits away.
        os.fchmod(descriptor, stat.S_IMODE(before.st_mode))


def _copy_attributes(path: str, descriptor: int) -> None:
    try:
        names = os.listxattr(path)
        if _ACCESS_LIST in os.listxattr(descriptor) and _ACCESS_LIST not in names:
            os.removexattr(descriptor, _ACCESS_LIST)  # It came from the directory.
    except OSError:
        return  # A file system without extended attributes.
    for name in names:
        if name in _OF_THE_BYTES:
            continue
        try:
            os.setxattr(descriptor, name, os.getxattr(path, name))
        except OSError:
            # Security labels are the kernel's to give; it labels the new file as it labels any.
            if name == _ACCESS_LIST or not name.startswith(("security.", "system.")):
                raise _RefusedError(f"its extended attribute {name} could not be kept") from None


def _sync(descriptor: int) -> None:
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP):  # not every file system can
            raise


def _still_the_same(path: str, before: os.stat_result, expected: bytes) -> None:
    if _identity(os.lstat(path)) != _identity(before):
        raise _RefusedError(_CHANGED)
    descriptor = os.open(path, _OPEN)
    try:
        rest = memoryview(expected)
        opened = os.fstat(descriptor)
        same = _identity(opened) == _identity(before)
        while same and (chunk := os.read(descriptor, 1 << 20)):
            same = rest[: len(chunk)] == chunk
            rest = rest[len(chunk) :]
        # Of a large file, the beginning may have changed while its end was compared.
        if not same or rest or _moment(os.lstat(path)) != _moment(opened):
            raise _RefusedError(_CHANGED)
    finally:
        _close(descriptor)


def _identity(status: os.stat_result) -> tuple[int, ...]:
    return (status.st_dev, status.st_ino, status.st_mode, status.st_nlink, status.st_uid, status.st_gid)


def _moment(status: os.stat_result) -> tuple[int, ...]:
    return (*_identity(status), status.st_size, status.st_mtime_ns)


def _sync_directory(path: str) -> None:
    """Make the new name durable; not every file system can."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(descriptor)
    except OSError:
        pass
    finally:
        _close(descriptor)


def _sweep(directory: str) -> None:
    """Remove the temporary files that nobody holds; what cannot be removed stays."""
    try:
        with os.scandir(directory) as entries:
            stale = [entry.path for entry in entries if _TEMPORARY.fullmatch(entry.name)]
    except OSError:
        return
    for path in stale:
        try:
            descriptor = os.open(path, _OPEN)
        except OSError:
            continue
        try:
            if stat.S_ISREG(os.fstat(descriptor).st_mode):
                _flock(descriptor, wait=False)
                _remove(path)
        except OSError:
            pass  # Somebody is writing it, or the file system has no locks.
        finally:
            _close(descriptor)


def _remove(path: str) -> None:
    with contextlib.suppress(OSError):
        os.unlink(path)


def _close(descriptor: int) -> None:
    """Close a file that was synced or only read, so that an error has nothing to say."""
    with contextlib.suppress(OSError):
        os.close(descriptor)

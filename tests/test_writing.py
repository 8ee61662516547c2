"""Replacing files: the old bytes or the new ones, whatever happens, and nothing beside them."""

from __future__ import annotations

import contextlib
import errno
import itertools
import os
import signal
import stat
import struct
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from conftest import CHECKOUT
from netraw_lint.model import Problem, Source
from netraw_lint.sources import files, writing

pytestmark = pytest.mark.skipif(os.name != "posix", reason="modes, owners and links are POSIX")

OLD = b"kind: Pod\n" * 500
NEW = OLD + b"fixed: true\n"
STALE = ".netraw-lint.0123456789abcdef.tmp"

needs_root = pytest.mark.skipif(os.name == "posix" and os.geteuid() != 0, reason="only root can change users")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "web.yaml"
    path.write_bytes(OLD)
    return path


def read(path: Path) -> Source:
    source = files.read(str(path))
    assert isinstance(source, Source)
    return source


def write(path: Path, new: bytes = NEW) -> Problem | None:
    return writing.Writer().write(read(path), new)


def refused(problem: Problem | None) -> str:
    assert problem is not None
    assert problem.stage == "write"
    assert problem.message.startswith("not written: ")
    return problem.message.removeprefix("not written: ")


def beside(path: Path) -> list[str]:
    return sorted(entry.name for entry in path.parent.iterdir() if entry.name != path.name)


# --- what stays ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", [0o644, 0o600, 0o755, 0o640, 0o666, 0o200])
def test_the_mode_stays(file: Path, mode: int) -> None:
    file.chmod(mode)
    if not os.access(file, os.R_OK):
        pytest.skip("this user cannot read a file without read permission")

    assert write(file) is None
    assert (file.read_bytes(), stat.S_IMODE(file.stat().st_mode)) == (NEW, mode)
    assert beside(file) == []


@needs_root
def test_owner_and_group_stay_and_so_do_the_bits_that_a_change_of_owner_takes(file: Path) -> None:
    os.chown(file, 12345, 54321)
    file.chmod(0o6750)

    assert write(file) is None
    status = file.stat()
    assert (status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)) == (12345, 54321, 0o6750)


@needs_root
def test_the_group_stays_in_a_directory_that_gives_its_own(file: Path) -> None:
    os.chown(file.parent, -1, 54321)
    file.parent.chmod(0o2755)

    assert write(file) is None
    assert file.stat().st_gid == os.getegid()


def set_attribute(path: Path, name: str, value: bytes) -> None:
    try:
        os.setxattr(path, name, value)
    except OSError as error:
        pytest.skip(f"this file system takes no {name}: {error.strerror}")


needs_attributes = pytest.mark.skipif(
    not hasattr(os, "setxattr"), reason="no extended attributes in Python here"
)


@needs_attributes
def test_extended_attributes_stay(file: Path) -> None:
    set_attribute(file, "user.note", b"mine\x00")
    set_attribute(file, "user.empty", b"")

    assert write(file) is None
    assert os.getxattr(file, "user.note") == b"mine\x00"
    assert os.getxattr(file, "user.empty") == b""


def access_list(user: int) -> bytes:
    """An access control list that lets one more user read."""
    entries = [(1, 6, 2**32 - 1), (2, 4, user), (4, 4, 2**32 - 1), (16, 4, 2**32 - 1), (32, 4, 2**32 - 1)]
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)


@needs_attributes
def test_an_access_control_list_stays(file: Path) -> None:
    set_attribute(file, "system.posix_acl_access", access_list(12345))
    before = os.getxattr(file, "system.posix_acl_access"), file.stat().st_mode

    assert write(file) is None
    assert (os.getxattr(file, "system.posix_acl_access"), file.stat().st_mode) == before


@needs_attributes
def test_no_access_control_list_comes_from_the_directory(file: Path) -> None:
    set_attribute(file.parent, "system.posix_acl_default", access_list(12345))

    assert write(file) is None
    assert "system.posix_acl_access" not in os.listxattr(file)


@needs_attributes
def test_an_attribute_that_cannot_be_kept_keeps_the_file(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    set_attribute(file, "user.note", b"mine")

    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "setxattr", fail)

    assert refused(write(file)) == "its extended attribute user.note could not be kept"
    assert (file.read_bytes(), beside(file)) == (OLD, [])


@pytest.mark.parametrize("start", [b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"])
def test_encoding_and_byte_order_mark_stay(file: Path, start: bytes) -> None:
    encoding = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}.get(start, "utf-8")
    file.write_bytes(start + "é: 🙂\r\n".encode(encoding))

    assert write(file, "é: 🙂\r\nü".encode()) is None
    assert file.read_bytes() == start + "é: 🙂\r\nü".encode(encoding)


def test_the_target_of_a_link_is_written(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "links").mkdir()
    target = tmp_path / "real" / "web.yaml"
    target.write_bytes(OLD)
    (tmp_path / "links" / "a.yaml").symlink_to("../real/web.yaml")
    (tmp_path / "links" / "b.yaml").symlink_to("a.yaml")

    assert write(tmp_path / "links" / "b.yaml") is None
    assert target.read_bytes() == NEW
    assert [os.readlink(tmp_path / "links" / name) for name in ("a.yaml", "b.yaml")] == [
        "../real/web.yaml",
        "a.yaml",
    ]
    assert beside(target) == []


def test_a_relative_path(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(file.parent)

    assert write(Path(file.name)) is None
    assert (file.read_bytes(), beside(file)) == (NEW, [])


def test_the_longest_name_and_the_longest_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    name = "ü" * 125 + ".yaml"
    Path(name).write_bytes(OLD)
    assert write(Path(name)) is None
    assert os.listdir() == [name]

    folder = str(tmp_path)
    while len(folder) < 3900:
        folder = f"{folder}/{'d' * min(200, 4000 - len(folder))}"
        os.mkdir(folder)
    path = Path(f"{folder}/{'f' * (4095 - len(folder) - 1)}")
    path.write_bytes(OLD)
    assert write(path) is None
    assert os.listdir(folder) == [path.name]

    short = Path(f"{folder}/{'d' * (4080 - len(folder) - 1)}")
    short.mkdir()
    (short / "f.yaml").write_bytes(OLD)
    assert refused(write(short / "f.yaml")) == "file name too long"
    assert (short / "f.yaml").read_bytes() == OLD


# --- what is refused -----------------------------------------------------------------------------------------


def test_a_file_with_several_hard_links(file: Path) -> None:
    os.link(file, file.parent / "other.yaml")

    assert (
        refused(write(file)) == "it has several hard links, and a replaced file would leave the others behind"
    )
    assert (file.read_bytes(), beside(file)) == (OLD, ["other.yaml"])


@pytest.mark.parametrize("mode", [0o444, 0o400, 0o466])
def test_a_read_only_file_even_for_root(file: Path, mode: int) -> None:
    file.chmod(mode)

    assert refused(write(file)) == "it is read-only: make it writable first"
    assert (file.read_bytes(), beside(file)) == (OLD, [])


def grown(path: Path) -> None:
    path.write_bytes(OLD + b"x")


def shrunk(path: Path) -> None:
    path.write_bytes(OLD[:-1])


def other(path: Path) -> None:
    path.write_bytes(OLD.replace(b"Pod", b"Job"))


def removed(path: Path) -> None:
    path.unlink()


def replaced(path: Path) -> None:
    path.with_name("new").write_bytes(OLD)
    path.with_name("new").rename(path)


def a_directory(path: Path) -> None:
    path.unlink()
    path.mkdir()


def a_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def a_link(path: Path) -> None:
    path.with_name("target").write_bytes(OLD)
    path.unlink()
    path.symlink_to("target")


def another_mode(path: Path) -> None:
    path.chmod(0o600)


def linked(path: Path) -> None:
    os.link(path, path.with_name("link"))


def a_file_for_a_folder(path: Path) -> None:
    path.unlink()
    path.parent.rmdir()
    path.parent.write_bytes(b"")


CHANGED = "it has changed since it was read: run netraw-lint again"
GONE = "it is gone: it was removed or renamed since it was read"


@pytest.mark.parametrize(
    ("happens", "reason"),
    [
        (grown, CHANGED),
        (shrunk, CHANGED),
        (other, CHANGED),
        (removed, GONE),
        (a_directory, "it is a directory, not a regular file"),
        (a_pipe, "it is a pipe, not a regular file"),
        (a_file_for_a_folder, "it is gone: its directory was replaced since it was read"),
    ],
)
def test_a_file_that_changes_after_it_was_read(
    tmp_path: Path, happens: Callable[[Path], None], reason: str
) -> None:
    file = tmp_path / "folder" / "web.yaml"
    file.parent.mkdir()
    file.write_bytes(OLD)
    source = read(file)
    happens(file)
    before = sorted(tmp_path.rglob("*"))

    assert refused(writing.Writer().write(source, NEW)) == reason
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    ("happens", "reason"),
    [
        (grown, CHANGED),
        (shrunk, CHANGED),
        (other, CHANGED),
        (replaced, CHANGED),
        (removed, GONE),
        (a_directory, CHANGED),
        (a_pipe, CHANGED),
        (a_link, CHANGED),
        (another_mode, CHANGED),
        (linked, CHANGED),
    ],
)
def test_a_file_that_changes_at_the_last_moment(
    file: Path, happens: Callable[[Path], None], reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[int, bytes | None]] = []

    def state() -> tuple[int, bytes | None]:
        status = file.lstat() if os.path.lexists(file) else None
        regular = status is not None and stat.S_ISREG(status.st_mode)
        return status.st_mode if status else 0, file.read_bytes() if regular else None

    def sync(descriptor: int) -> None:
        os.fsync(descriptor)
        happens(file)
        seen.append(state())

    monkeypatch.setattr(writing, "_sync", sync)

    assert refused(write(file)) == reason
    assert state() == seen[0]
    assert not [name for name in beside(file) if name.startswith(".netraw-lint.")]


UNPRIVILEGED = """
import fcntl, os  # what this user may not be able to load any more
from netraw_lint.sources import files, writing
os.setgroups([])
os.setgid(65534)
os.setuid(65534)
problem = writing.Writer().write(files.read("folder/web.yaml"), b"new")
print(problem.message if problem else "written")
"""


@pytest.fixture
def public() -> Iterator[Path]:
    """A folder that any user can reach, as pytest's own are not."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


def as_nobody(folder: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-c", UNPRIVILEGED],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    return done.stdout.strip().removeprefix("not written: ")


@needs_root
@pytest.mark.parametrize(
    ("owner", "mode", "folder_owner", "folder_mode", "reason"),
    [
        ((65534, 65534), 0o644, 65534, 0o755, "written"),
        ((0, 0), 0o644, 65534, 0o755, "this user may not write to it"),
        (
            (0, 0),
            0o666,
            65534,
            0o755,
            "it belongs to another user or group, and a new file could not be given to them",
        ),
        (
            (65534, 54321),
            0o644,
            65534,
            0o755,
            "it belongs to another user or group, and a new file could not be given to them",
        ),
        (
            (65534, 65534),
            0o644,
            0,
            0o755,
            "its directory is read-only, and a file is replaced by a new one beside it: make it writable first",
        ),
    ],
    ids=["own", "not writable", "another user's", "another group's", "read-only directory"],
)
def test_a_user_without_rights(
    public: Path, owner: tuple[int, int], mode: int, folder_owner: int, folder_mode: int, reason: str
) -> None:
    file = public / "folder" / "web.yaml"
    file.parent.mkdir()
    file.write_bytes(OLD)
    os.chown(file, *owner)
    file.chmod(mode)
    os.chown(file.parent, folder_owner, -1)
    file.parent.chmod(folder_mode)

    assert as_nobody(public) == reason
    assert file.read_bytes() == (b"new" if reason == "written" else OLD)
    assert beside(file) == []


@needs_root
def test_a_file_that_is_mounted_on_its_own(file: Path) -> None:
    done = subprocess.run(["mount", "--bind", file, file], capture_output=True, check=False)
    if done.returncode:
        pytest.skip(f"cannot mount: {done.stderr.decode().strip()}")
    try:
        problem = write(file)
    finally:
        subprocess.run(["umount", file], check=True)

    assert refused(problem) == (
        "it is mounted as a file of its own, which cannot be replaced: mount its directory"
    )
    assert (file.read_bytes(), beside(file)) == (OLD, [])


# --- what goes wrong -----------------------------------------------------------------------------------------

LIMITED = """
import resource, sys
from netraw_lint.sources import files, writing
source = files.read("web.yaml")
resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))
print(writing.Writer().write(source, source.data + b"fixed: true").message)
"""


def test_a_file_that_may_not_grow_that_large(file: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LIMITED],
        cwd=file.parent,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
        capture_output=True,
        encoding="utf-8",
        check=True,
    )

    assert done.stdout == "not written: file too large\n"
    assert (file.read_bytes(), beside(file)) == (OLD, [])


@needs_root
def test_a_full_disk(tmp_path: Path) -> None:
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder]
    done = subprocess.run(mount, capture_output=True, check=False)
    if done.returncode:
        pytest.skip(f"cannot mount: {done.stderr.decode().strip()}")
    try:
        file = folder / "web.yaml"
        file.write_bytes(b"x" * 40_000)
        assert refused(write(file, b"x" * 40_001)) == "no space left on device"
        assert (file.read_bytes(), beside(file)) == (b"x" * 40_000, [])
    finally:
        subprocess.run(["umount", folder], check=True)


class Faulty:
    """The module ``os`` with a fault at the n-th call of one of its functions."""

    WATCHED = (
        *("open", "close", "write", "fsync", "replace", "unlink", "lstat", "fstat", "read", "scandir"),
        *("fchmod", "fchown", "access", "listxattr", "getxattr", "setxattr", "urandom"),
    )

    def __init__(self, at: int, fault: Callable[[], object], after: bool = False) -> None:
        self.calls: list[str] = []
        self._at = at
        self._fault = fault
        self._after = after

    def __getattr__(self, name: str) -> Any:
        real = getattr(os, name)
        if name not in self.WATCHED:
            return real

        def call(*args: Any, **options: Any) -> Any:
            self.calls.append(name)
            now = len(self.calls) == self._at
            if now and not self._after:
                if name == "write":
                    os.write(args[0], args[1][: len(args[1]) // 2])
                self._fault()
            result = real(*args, **options)
            if now and self._after:
                if name == "scandir":
                    result.close()
                self._fault()
            return result

        return call


def faulty_runs(
    file: Path, monkeypatch: pytest.MonkeyPatch, fault: Callable[[], object], after: bool
) -> Iterator[tuple[str, Problem | BaseException | None]]:
    """What comes of a write with a fault at its first call, its second, and so on, with the name of the call."""
    for at in itertools.count(1):
        file.write_bytes(OLD)
        (file.parent / STALE).write_bytes(b"")
        source = read(file)
        proxy = Faulty(at, fault, after)
        with monkeypatch.context() as patch:
            patch.setattr(writing, "os", proxy)
            result: Problem | BaseException | None
            try:
                result = writing.Writer().write(source, NEW)
            except KeyboardInterrupt as interrupt:
                result = interrupt
        (file.parent / STALE).unlink(missing_ok=True)
        if len(proxy.calls) < at:
            return
        yield proxy.calls[at - 1], result


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("number", [errno.EIO, errno.ENOSPC, errno.EPERM])
def test_an_error_of_any_call_is_a_problem_and_leaves_nothing(
    file: Path, monkeypatch: pytest.MonkeyPatch, number: int, after: bool
) -> None:
    def fail() -> None:
        raise OSError(number, os.strerror(number))

    failed = 0
    for name, result in faulty_runs(file, monkeypatch, fail, after):
        assert not isinstance(result, BaseException), name
        written = file.read_bytes() == NEW
        assert written or file.read_bytes() == OLD
        assert written == (result is None) or (name == "replace" and after), name
        assert beside(file) == [], name
        if result is not None:
            refused(result)
            failed += 1

    assert failed >= 5


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_an_interrupt_at_any_call_leaves_nothing(
    file: Path, monkeypatch: pytest.MonkeyPatch, after: bool
) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    runs = 0
    for name, result in faulty_runs(file, monkeypatch, interrupt, after):
        runs += 1
        assert isinstance(result, KeyboardInterrupt), name
        assert file.read_bytes() in (OLD, NEW)
        assert beside(file) == [], name

    assert runs > 15


def killed(file: Path, at: int, after: bool) -> bool:
    """Write in a process of its own that is killed at a call; False if there is no such call."""
    process = os.fork()
    if not process:
        code = 1
        try:
            writing.os = Faulty(at, lambda: os.kill(os.getpid(), signal.SIGKILL), after)  # type: ignore[assignment]
            code = 0 if writing.Writer().write(read(file), NEW) is None else 1
        finally:
            os._exit(code)
    status = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    assert status in (0, -signal.SIGKILL)
    return status != 0


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_kill_at_any_call_leaves_the_old_file_or_the_new_one_and_the_next_run_tidies_up(
    file: Path, after: bool
) -> None:
    seen = []
    for at in itertools.count(1):
        file.write_bytes(OLD)
        if not killed(file, at, after):
            break
        is_new = file.read_bytes() == NEW
        assert is_new or file.read_bytes() == OLD
        litter = beside(file)
        assert len(litter) <= (not is_new)
        seen.append((is_new, bool(litter)))
        if not is_new:  # so the next run has something to fix there
            assert write(file) is None
            assert (file.read_bytes(), beside(file)) == (NEW, [])

    assert len(seen) > 15
    assert set(seen) == {(False, False), (False, True), (True, False)}


# --- what others left behind ---------------------------------------------------------------------------------


def test_only_what_nobody_holds_is_swept(file: Path) -> None:
    stays = [
        ".netraw-lint.yaml",
        ".netraw-lint.tmp",
        ".netraw-lint.0123456789abcdeg.tmp",
        "x.netraw-lint.0123456789abcdef.tmp",
        ".netraw-lint.0123456789abcdef.tmp.yaml",
        ".netraw-lint.00000000000000d1.tmp",
        ".netraw-lint.000000000000001f.tmp",
        ".netraw-lint.00000000000000f1.tmp",
    ]
    for name in (STALE, *stays[:5]):
        (file.parent / name).write_bytes(b"")
    (file.parent / stays[5]).mkdir()
    (file.parent / stays[6]).symlink_to(file)
    os.mkfifo(file.parent / stays[7])

    assert write(file) is None
    assert beside(file) == sorted(stays)


def test_what_a_running_process_writes_is_not_swept(file: Path) -> None:
    script = textwrap.dedent(
        """
        import sys
        from netraw_lint.sources import files, writing
        sync = writing._sync
        def wait(descriptor):
            print("there", flush=True)
            sys.stdin.read()
            sync(descriptor)
        writing._sync = wait
        problem = writing.Writer().write(files.read("other.yaml"), b"new")
        print(problem)
        """
    )
    (file.parent / "other.yaml").write_bytes(OLD)
    (file.parent / STALE).write_bytes(b"")
    with subprocess.Popen(
        [sys.executable, "-c", script],
        cwd=file.parent,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"there\n"
        assert len(beside(file)) == 2

        assert write(file) is None
        assert len(beside(file)) == 2

        assert process.communicate(b"")[0] == b"None\n"
    assert beside(file) == ["other.yaml"]
    assert (file.parent / "other.yaml").read_bytes() == b"new"


def test_a_folder_is_searched_once(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    searched: list[str] = []
    real = os.scandir

    def scandir(path: str) -> contextlib.AbstractContextManager[Iterator[os.DirEntry[str]]]:
        searched.append(path)
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    writer = writing.Writer()
    for new in (NEW, OLD, NEW):
        assert writer.write(read(file), new) is None

    assert searched == [str(file.parent.resolve())]


def test_a_folder_that_cannot_be_searched_is_no_reason_to_fail(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(path: str) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", path)

    monkeypatch.setattr(os, "scandir", fail)

    assert write(file) is None


@pytest.mark.parametrize("number", [errno.EINVAL, errno.ENOTSUP])
def test_a_file_system_that_cannot_sync(file: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    def fail(descriptor: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", fail)

    assert write(file) is None
    assert file.read_bytes() == NEW


def test_a_file_system_without_locks_sweeps_nothing(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import fcntl

    def fail(descriptor: int, operation: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", fail)
    (file.parent / STALE).write_bytes(b"")

    assert write(file) is None
    assert (file.read_bytes(), beside(file)) == (NEW, [STALE])

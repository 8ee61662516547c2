"""Reading files and the standard input, and knowing Kustomize patches."""

from __future__ import annotations

import errno
import io
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import CHECKOUT
from netraw_lint.model import Problem, Source
from netraw_lint.sources import files, kustomize, stdin


def problem_of(path: str | Path) -> Problem:
    result = files.read(str(path))
    assert isinstance(result, Problem)
    assert (result.path, result.stage) == (files.display(str(path)), "read")
    return result


def unprivileged(code: str, folder: Path) -> str:
    """Run code in a folder as a user whom permissions bind, and give back what it prints."""
    folder.chmod(0o755)
    # Once the user is another, the standard library may be out of reach.
    imports = "import os, re; from netraw_lint.sources import discovery, files\n"
    drop = "os.getuid() or os.setuid(65534)\n"
    result = subprocess.run(
        [sys.executable, "-c", imports + drop + code],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
        capture_output=True,
        text=True,
        check=True,
    )
    return result.stdout


def test_a_file_is_read_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(b"a: \xc3\xa9\r\nb: 1")
    assert files.read(str(path)) == Source(str(path), b"a: \xc3\xa9\r\nb: 1")


def test_an_empty_file_is_a_source(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").touch()
    assert files.read(str(tmp_path / "a.yaml")) == Source(str(tmp_path / "a.yaml"), b"")


def test_utf16_and_byte_order_marks_are_remembered(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(b"\xff\xfe" + "a: é".encode("utf-16-le"))
    assert files.read(str(path)) == Source(str(path), "a: é".encode(), "utf-16-le", b"\xff\xfe")
    path.write_bytes(b"\xef\xbb\xbfa: 1")
    assert files.read(str(path)) == Source(str(path), b"a: 1", "utf-8", b"\xef\xbb\xbf")


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("./k8s/a.yaml", "k8s/a.yaml"),
        (".//./k8s/a.yaml", "k8s/a.yaml"),
        ("../a.yaml", "../a.yaml"),
        ("a/./b.yaml", "a/./b.yaml"),
        ("/a.yaml", "/a.yaml"),
        (".", "."),
        ("./", "./"),
        ("./..", "./.."),
        ("./-", "-"),
        (".hidden/a.yaml", ".hidden/a.yaml"),
        ("./.hidden.yaml", ".hidden.yaml"),
    ],
)
def test_paths_are_shown_as_given_without_a_leading_dot(given: str, shown: str) -> None:
    assert files.display(given) == shown


def test_windows_paths_are_shown_with_slashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sep", "\\")
    assert files.display(".\\k8s\\a.yaml") == "k8s/a.yaml"


def test_a_name_that_is_not_utf8_can_be_read(tmp_path: Path) -> None:
    raw = os.fsencode(tmp_path) + b"/\xff.yaml"
    with open(raw, "wb") as file:
        file.write(b"a: 1")
    assert files.read(os.fsdecode(raw)) == Source(os.fsdecode(raw), b"a: 1")


def test_text_problems_have_a_line(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(b"a: 1\nb: \xe9\n")
    problem = problem_of(path)
    assert problem.line == 2
    assert "offset 8 (line 2)" in problem.message


def test_a_missing_file_and_a_broken_link_are_problems(tmp_path: Path) -> None:
    (tmp_path / "link.yaml").symlink_to("nowhere")
    for name in ("gone.yaml", "link.yaml"):
        assert "cannot be read: no such file or directory" in problem_of(tmp_path / name).message


def test_what_is_no_regular_file_is_a_problem_and_never_blocks(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    assert "a pipe, not a regular file" in problem_of(tmp_path / "pipe.yaml").message
    assert "netraw-lint -" in problem_of(tmp_path / "pipe.yaml").message
    assert "a directory, not a regular file" in problem_of(tmp_path).message
    assert "a device, not a regular file" in problem_of("/dev/zero").message


def test_a_socket_is_a_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # the path of a socket must be short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("s.yaml")
        assert "a socket, not a regular file" in problem_of("s.yaml").message


def test_a_link_loop_and_impossible_names_are_problems(tmp_path: Path) -> None:
    (tmp_path / "loop.yaml").symlink_to("loop.yaml")
    assert "symbolic links; repair the link" in problem_of(tmp_path / "loop.yaml").message
    assert "null" in problem_of("a\0.yaml").message
    assert "name too long" in problem_of("a" * 5000).message


def test_a_file_that_is_too_large_is_a_problem(tmp_path: Path) -> None:
    path = tmp_path / "huge.yaml"
    path.touch()
    os.truncate(path, files.MAX_FILE_SIZE + 1)  # sparse: takes no space
    assert problem_of(path).message == "larger than 512 MiB: split it, or exclude it"


def test_a_file_that_grows_while_it_is_read_is_read_to_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(b"#" * 100_000)
    with open(path, "rb") as file:
        assert files._read_all(file.fileno(), 10) == b"#" * 100_000
        monkeypatch.setattr(files, "MAX_FILE_SIZE", 99_999)
        file.seek(0)
        with pytest.raises(ValueError, match="larger than"):
            files._read_all(file.fileno(), 10)


def test_files_without_a_size_are_read() -> None:
    if not os.path.exists("/proc/self/cmdline"):
        pytest.skip("no /proc on this system")
    assert "NUL byte" in problem_of("/proc/self/cmdline").message


def test_a_file_that_may_not_be_read_is_a_problem(tmp_path: Path) -> None:
    path = tmp_path / "secret.yaml"
    path.write_text("a: 1")
    path.chmod(0)
    printed = unprivileged("print(files.read('secret.yaml').message)", tmp_path)
    assert printed.startswith("cannot be read: permission denied; let the user")


def test_the_standard_input_is_read_to_its_end() -> None:
    assert stdin.read(io.BytesIO(b"a: 1")) == Source("<stdin>", b"a: 1")
    assert stdin.read(io.BytesIO(b"\xef\xbb\xbf"), "k8s/a.yaml") == Source(
        "k8s/a.yaml", b"", "utf-8", b"\xef\xbb\xbf"
    )


def test_a_pipe_that_delivers_in_pieces_is_read_to_its_end() -> None:
    script = "import time; print('a:', flush=True); time.sleep(0.05); print('  1')"
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert stdin.read(process.stdout) == Source("<stdin>", b"a:\n  1\n")


def test_problems_of_the_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    assert stdin.read(io.BytesIO(b"\n\xff")) == Problem(
        "<stdin>",
        "read",
        "not UTF-8: byte 0xff at offset 1 (line 2) is no part of a character; save the file as UTF-8",
        2,
    )
    monkeypatch.setattr(files, "MAX_FILE_SIZE", 3)
    assert isinstance(stdin.read(io.BytesIO(b"abcd")), Problem)
    assert isinstance(stdin.read(io.BytesIO(b"abc")), Source)


class _BrokenStream(io.RawIOBase):
    """A standard input that fails, as `netraw-lint - < directory` has it."""

    def read(self, _size: int = -1) -> bytes:
        raise OSError(errno.EISDIR, os.strerror(errno.EISDIR))


def test_a_standard_input_that_cannot_be_read_is_a_problem() -> None:
    expected = Problem("<stdin>", "read", "cannot be read: is a directory")
    assert stdin.read(_BrokenStream()) == expected  # type: ignore[arg-type]


KUSTOMIZATION = """\
kind: Kustomization
resources: [deployment.yaml]
patches:
- path: patches/add-limits.yaml
  target: {kind: Deployment}
- patch: |-
    - op: add
      path: inline.yaml
patchesStrategicMerge:
- ../strategic.yaml
- |-
  kind: Deployment
  metadata: {name: inline}
- kind: Deployment
patchesJson6902:
- {path: ./json.yaml, target: {}}
- null
"""


@pytest.fixture(autouse=True)
def _fresh() -> None:
    kustomize.forget()


def test_the_patches_of_a_kustomization(tmp_path: Path) -> None:
    folder = tmp_path / "overlay"
    folder.mkdir()
    (folder / "kustomization.yaml").write_text(KUSTOMIZATION)
    expected = ["overlay/patches/add-limits.yaml", "strategic.yaml", "overlay/json.yaml"]
    assert set(kustomize.patch_files(str(folder))) == {str(tmp_path / name) for name in expected}


@pytest.mark.parametrize(
    ("name", "content", "count"),
    [
        ("kustomization.yml", "patches: [{path: a.yaml}]", 1),
        ("Kustomization", "patchesStrategicMerge: [a.yaml]", 1),
        ("kustomization.yaml", "kind: Component\npatches: [{path: a.yaml}]", 1),
        ("kustomization.yaml", "kind: ConfigMap\npatches: [{path: a.yaml}]", 0),
        ("kustomization.yaml", "patches: {path: a.yaml}", 0),
        ("kustomization.yaml", "patches: [{path: [a.yaml]}, {path: ''}, 1.5]", 1),
        ("kustomization.yaml", "- patches", 0),
        ("kustomization.yaml", "patches: [", 0),
        ("kustomization.yaml", "", 0),
        ("KUSTOMIZATION.yaml", "patches: [{path: a.yaml}]", 0),
    ],
)
def test_what_counts_as_a_kustomization(tmp_path: Path, name: str, content: str, count: int) -> None:
    (tmp_path / name).write_text(content)
    assert len(kustomize.patch_files(str(tmp_path))) == count


def test_a_kustomization_without_patches_is_not_parsed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "kustomization.yaml").write_text("resources: [")
    monkeypatch.setattr(kustomize, "_read_yaml", lambda _data: pytest.fail("parsed"))
    assert kustomize.patch_files(str(tmp_path)) == {}


def test_patches_are_known_from_directories_above(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    below = tmp_path / "patches" / "deep"
    below.mkdir(parents=True)
    (tmp_path / "kustomization.yaml").write_text("patches: [{path: patches/deep/a.yaml}]")
    monkeypatch.chdir(below)
    assert kustomize.is_patch("a.yaml")
    assert kustomize.is_patch(str(tmp_path / "patches" / "deep" / "a.yaml"))
    assert not kustomize.is_patch("b.yaml")


def test_the_search_ends_at_the_repository(tmp_path: Path) -> None:
    (tmp_path / "kustomization.yaml").write_text("patches: [{path: repo/a.yaml}]")
    (tmp_path / "repo" / ".git").mkdir(parents=True)
    assert not kustomize.is_patch(str(tmp_path / "repo" / "a.yaml"))


def test_the_search_goes_up_eight_directories_without_a_repository(tmp_path: Path) -> None:
    for depth in (7, 8):
        path = "/".join([*("d" * depth), "a.yaml"])
        (tmp_path / "kustomization.yaml").write_text(f"patches: [{{path: {path}}}]")
        kustomize.forget()
        assert kustomize.is_patch(str(tmp_path / path)) == (depth == 7)


def test_each_directory_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".git").mkdir()
    for name in kustomize.KUSTOMIZATION_FILES:
        (tmp_path / name).write_text("resources: [0.yaml]\n")
    reads: list[str] = []
    monkeypatch.setattr(files, "read", reads.append)
    for number in range(100):
        kustomize.is_patch(str(tmp_path / f"{number}.yaml"))
    assert len(reads) == len(kustomize.KUSTOMIZATION_FILES)

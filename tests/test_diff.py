"""Patches, as the real `git apply` takes them."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from netraw_lint.fix.diff import changed_lines, unified

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")

LINES = (
    "a: 1",
    "b:",
    "  - c",
    "",
    " ",
    "\tx",
    "é: ü",
    "🙂",
    "x\rx",
    "--- a/f",
    "+++ b/f",
    "@@ -1 +1 @@",
    "\\ No",
)
BREAKS = ("\n", "\r\n", "\r", "\u2028", "\x85")
NAMES = (
    "plain.yaml",
    "with a blank.yaml",
    " begins and ends ",
    "in a/folder/x.yaml",
    'quo"te\\d.yaml',
    "'single'.yaml",
    "tab\there.yaml",
    "line\nbreak.yaml",
    "bell\x07.yaml",
    "ünï🙂.yaml",
    "$(sh) `sh` *.yaml",
    "-f.yaml",
    "a/b.yaml",
    "b/a/b.yaml",
    "dev/null",
)


def lines(breaks: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.builds("".join, st.tuples(st.sampled_from(LINES), breaks))


@st.composite
def texts(draw: st.DrawFn) -> tuple[str, str]:
    """Two texts with much in common."""
    breaks = st.sampled_from(BREAKS) if draw(st.booleans()) else st.just(draw(st.sampled_from(BREAKS)))
    old = draw(st.lists(lines(breaks), max_size=60))
    new = list(old)
    for _ in range(draw(st.integers(0, 5))):
        at = draw(st.integers(0, len(new)))
        new[at : at + draw(st.integers(0, 4))] = draw(st.lists(lines(breaks), max_size=4))
    ends = draw(st.tuples(*[st.sampled_from(("", "last", " ", "\r"))] * 2))
    return "".join(old) + ends[0], "".join(new) + ends[1]


def apply(folder: Path, patch: str, *options: str) -> subprocess.CompletedProcess[bytes]:
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    environment["GIT_CEILING_DIRECTORIES"] = str(folder.parent)
    command = ["git", "apply", *options]
    return subprocess.run(
        command, cwd=folder, input=patch.encode(), env=environment, capture_output=True, check=False
    )


def applied(path: str, old: str, new: str) -> bytes:
    with tempfile.TemporaryDirectory() as name:
        file = Path(name) / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(old.encode())
        done = apply(Path(name), unified(path, old, new))
        assert done.returncode == 0, (done.stderr, unified(path, old, new))
        return file.read_bytes()


@settings(max_examples=250)
@given(texts())
@example(("", "a\n"))
@example(("a", "a\n"))
@example(("a\n", "a"))
@example(("a\n", ""))
@example(("\r", "\n"))
@example(("a\r\nb\r\n", "a\r\nb\n"))
def test_git_makes_the_new_text_of_the_old_one(pair: tuple[str, str]) -> None:
    old, new = pair
    if old == new:
        assert unified("k8s/web.yaml", old, new) == ""
    else:
        assert applied("k8s/web.yaml", old, new) == new.encode()


@pytest.mark.parametrize("path", NAMES, ids=repr)
def test_a_path_that_git_has_to_read(path: str) -> None:
    assert applied(path, "a\nb\n", "a\nc\nb\n") == b"a\nc\nb\n"


def test_a_path_that_is_no_text(tmp_path: Path) -> None:
    name = os.fsdecode(b"\xff.yaml")
    (tmp_path / name).write_bytes(b"a\n")

    assert apply(tmp_path, unified(name, "a\n", "b\n")).returncode == 0
    assert (tmp_path / name).read_bytes() == b"b\n"


def test_several_files_are_one_patch(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / name).write_bytes(b"1\n2")
    patch = "".join(unified(name, "1\n2", "2") for name in "ab")

    assert apply(tmp_path, patch).returncode == 0
    assert [(tmp_path / name).read_bytes() for name in "ab"] == [b"2", b"2"]
    assert apply(tmp_path, patch, "--reverse").returncode == 0
    assert [(tmp_path / name).read_bytes() for name in "ab"] == [b"1\n2", b"1\n2"]


def test_what_a_patch_looks_like() -> None:
    old = "".join(f"{number}\n" for number in range(30))
    new = old.replace("\n5\n", "\n5\nfive\n").replace("\n12\n", "\n").replace("\n29\n", "\n29")

    assert unified("my file", old, new) == (
        "--- a/my file\t\n+++ b/my file\t\n"
        "@@ -4,13 +4,13 @@\n 3\n 4\n 5\n+five\n 6\n 7\n 8\n 9\n 10\n 11\n-12\n 13\n 14\n 15\n"
        "@@ -27,4 +27,4 @@\n 26\n 27\n 28\n-29\n+29\n\\ No newline at end of file\n"
    )
    assert changed_lines(old, new) == (["12\n", "29\n"], ["five\n", "29"])


CONTAINER = "      - name: app\n        image: app:1\n"
DROP = "        securityContext:\n          capabilities:\n            drop:\n              - NET_RAW\n"


@pytest.mark.parametrize("period", [1, 40, 100_000])
@pytest.mark.parametrize("between", [0, 20], ids=["tiny", "long"])
def test_a_large_file_takes_no_time_and_no_line_too_much(between: int, period: int) -> None:
    # Alike to the byte, so that nothing but its neighbours tells one line from another.
    container = CONTAINER + "        tty: true\n" * between
    count = 1_000_000 // len(container)
    changed = {number for number in range(count) if not (number + 1) % min(period, count)}
    old = container * count
    new = "".join(CONTAINER + DROP * (n in changed) + container[len(CONTAINER) :] for n in range(count))

    started = time.process_time()
    removed, added = changed_lines(old, new)
    taken = time.process_time() - started

    assert (len(removed), len(added)) == (0, 4 * len(changed))
    assert taken < 0.5 + len(changed) / 500


def test_one_change_in_ten_megabytes_takes_less_than_a_second(tmp_path: Path) -> None:
    old = "".join(f"key{number}: value\n" for number in range(600_000))
    new = old.replace("key300000: value\n", "key300000: other\n")
    (tmp_path / "big.yaml").write_bytes(old.encode())
    assert len(old) > 10_000_000

    started = time.process_time()
    patch = unified("big.yaml", old, new)
    assert time.process_time() - started < 1

    assert apply(tmp_path, patch).returncode == 0
    assert (tmp_path / "big.yaml").read_bytes() == new.encode()


def test_texts_with_nothing_in_common_take_no_time() -> None:
    old = "".join(f"old{number}\n" for number in range(50_000))
    new = "".join(f"new{number}\n" for number in range(50_000))

    started = time.process_time()
    removed, added = changed_lines(old, new)

    assert ("".join(removed), "".join(added)) == (old, new)
    assert time.process_time() - started < 1

"""Bounded: what is too much is refused with a reason, what is odd is linted, and nothing takes for ever."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import CHECKOUT, Tool
from netraw_lint import api
from netraw_lint.model import Problem, Source
from netraw_lint.sources import files, helm_sdk

pytestmark = pytest.mark.skipif(os.name != "posix", reason="devices and limits are POSIX")

POD = "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - name: a\n    image: b\n"


def bounded(*command: object, seconds: int, megabytes: int) -> subprocess.CompletedProcess[str]:
    """Run Python with at most so much processor time and address space: generous, and far from what a stall needs."""
    import resource

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
        resource.setrlimit(resource.RLIMIT_AS, (megabytes << 20, megabytes << 20))

    return subprocess.run(
        [sys.executable, *map(str, command)],
        cwd=CHECKOUT,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
        preexec_fn=limit,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def test_every_regular_expression_is_linear() -> None:
    done = bounded(CHECKOUT / "tests" / "linear_patterns.py", 200_000, seconds=90, megabytes=2048)

    assert done.returncode == 0, f"one that backtracks needs hours: {done.stderr}"


def test_what_is_meant_to_stall_does_not() -> None:
    cases = ("deep flow", "deep block", "aliases", "sparse file", "block scalar", "comments")
    done = bounded(CHECKOUT / "fuzz" / "scale.py", *cases, seconds=90, megabytes=1024)

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(
            '{"apiVersion":"v1","kind":"Pod","spec":{"containers":[]}}' * 20_000, id="objects on one line"
        ),
        pytest.param("# Source: a" + " " * 1_000_000 + "b\n" + POD, id="blanks after Source"),
        pytest.param('{"kind":"containers"}' + "\n" * 1_000_000 + "apiVersion", id="lines after an object"),
        pytest.param("apiVersion: v1\nimage: " + "kind \n" * 200_000, id="kinds"),
        pytest.param(POD + "    # netraw-lint: ignore[NRL001] x\n" * 1000, id="exemptions"),
    ],
)
def test_a_text_of_a_megabyte(text: str, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(text)

    done = bounded("-m", "netraw_lint", "--diff", "--isolated", tmp_path, seconds=90, megabytes=1024)

    assert done.returncode in (0, 1), done.stderr


def test_what_memory_is_too_little_for_is_said_and_the_rest_is_linted(tmp_path: Path) -> None:
    (tmp_path / "large.yaml").write_text("a: b\n---\n" + POD + "  - {name: a, image: b}\n" * 150_000)
    (tmp_path / "more.yaml").write_bytes(b"a: b\n---\n" * 30_000_000)
    (tmp_path / "small.yaml").write_text(POD)

    done = bounded(
        "-m", "netraw_lint", "--isolated", "--output-format=concise", tmp_path, seconds=90, megabytes=200
    )

    lines = done.stdout.splitlines()
    assert done.returncode == 2, done.stderr
    assert lines[0].startswith(f"{tmp_path}/small.yaml:5:11: NRL003 ")
    assert (
        f"{tmp_path}/large.yaml:2: not checked (read): too little memory for document 1 of 3.6 MB: a "
        in lines[1]
    )
    assert lines[2] == (
        f"{tmp_path}/more.yaml: not checked (read): too little memory to read it: split it, or allow netraw-lint more"
    )
    assert len(lines) == 3


# --- files that do not hold still ------------------------------------------------------------------------------------


def grown(path: Path) -> None:
    with path.open("a") as file:
        file.write("# more\n" * 20_000)


def shrunk(path: Path) -> None:
    path.write_text("a")


@pytest.mark.parametrize("happens", [grown, shrunk, Path.unlink])
def test_a_file_that_changes_while_it_is_read(
    happens: Callable[[Path], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(POD + "# rest\n" * 40_000)
    real, done = os.read, []

    def read(descriptor: int, size: int) -> bytes:
        data = real(descriptor, min(size, 65536))
        if not done:
            done.append(happens(file))
        return data

    monkeypatch.setattr(files.os, "read", read)
    source = files.read(str(file))

    if happens is shrunk:  # half a file is not judged as if it were all of it
        assert isinstance(source, Problem)
        assert source.message == "became shorter while it was read: run netraw-lint again"
        return
    assert isinstance(source, Source)
    assert [finding.rule for finding in api.lint_text(source.data, rules=["NRL003"]).findings] == ["NRL003"]


def test_a_file_that_never_ends_growing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.yaml").write_text(POD)
    monkeypatch.setattr(files, "MAX_FILE_SIZE", 10 << 20)
    monkeypatch.setattr(files.os, "read", lambda _descriptor, size: b"#" * size)

    problem = files.read(str(tmp_path / "a.yaml"))

    assert isinstance(problem, Problem)
    assert problem.message == "larger than 10 MiB: split it, or exclude it"


@pytest.mark.parametrize("device", ["/dev/zero", "/dev/full", "/dev/random"])
def test_a_device(device: str, tmp_path: Path, tool: Tool) -> None:
    (tmp_path / "witness.yaml").write_text(POD)
    (tmp_path / "device.yaml").symlink_to(device)

    ran = tool("--output-format=concise", ".", device, cwd=tmp_path)

    assert ran.code == 2
    assert ran.stdout.count("a device, not a regular file") == 2
    assert "witness.yaml:5:11: NRL003" in ran.stdout


# --- linear, and still the same -----------------------------------------------------------------------------------------


@given(st.text(st.sampled_from("- \n#a"), max_size=30))
def test_templates_are_split_as_helm_splits_them(text: str) -> None:
    assert helm_sdk.split(text) == re.split(r"(?:^|\s*\n)---\s*", text)


@pytest.mark.parametrize(
    "line", ["[" * 500_000, "[[:" * 200_000, "*a" * 200_000, "\\" * 500_001, "**/" * 200_000]
)
def test_a_hostile_ignore_file(line: str, tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".gitignore").write_text(f"{line}\n")
    (tmp_path / "a.yaml").write_text(POD)

    done = bounded("-m", "netraw_lint", "--output-format=concise", tmp_path, seconds=90, megabytes=1024)

    assert "NRL003" in done.stdout, done.stderr

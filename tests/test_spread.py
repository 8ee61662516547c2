"""A run over many files uses every processor, and nobody can tell from what it says."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from conftest import CHECKOUT
from netraw_lint import inputs, spread
from netraw_lint.catalogue import Catalogue
from netraw_lint.engine import Linter
from netraw_lint.model import Problem, Report, Settings, Source
from netraw_lint.progress import Progress
from netraw_lint.schemas_dir import read_catalogue
from netraw_lint.sources import forked
from netraw_lint.sources.discovery import File

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot copy processes")

POD = "apiVersion: v1\nkind: Pod\nmetadata: {{name: web-{0}}}\nspec:\n  containers:\n  - {{name: app, image: example/app:1}}\n"

# Prints how often a run asked for a copy of its process.
COUNT_FORKS = """
import sys
forks = []
sys.addaudithook(lambda event, args: forks.append(event) if event == "os.fork" else None)
from netraw_lint.cli import run
code = run()
sys.stdout.flush()
sys.stderr.write(f"\\nforks: {len(forks)}")
sys.exit(code)
"""


def repository(folder: Path, files: int) -> list[str]:
    """Files of which most have a finding, some two documents, some none, and a few cannot be read."""
    (folder / ".git").mkdir()
    names = []
    for number in range(files):
        text = POD.format(number)
        if number % 7 == 1:
            text += f"---\n{POD.format(f'{number}-b')}"
        if number % 11 == 2:
            text = "apiVersion: v1\nkind: ConfigMap\ndata: {a: b}\n"
        names.append(f"{number:03}.yaml")
        data = b"\xff\xfe\x00" if number % 50 == 3 else text.encode()
        (folder / names[-1]).write_bytes(data if number % 60 else b"kind: Pod\napiVersion: v1\na: [")
    return names


def ran(folder: Path, *args: str, processors: set[int], code: str = "") -> tuple[int, bytes, bytes]:
    here = os.sched_getaffinity(0)
    program = code or "from netraw_lint.cli import program; program()"
    os.sched_setaffinity(0, processors)
    try:
        process = subprocess.Popen(
            [sys.executable, "-c", program, *args],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
    finally:
        os.sched_setaffinity(0, here)
    out, told = process.communicate(timeout=120)
    return process.returncode, out, told


needs_two = pytest.mark.skipif(forked.processors() < 2, reason="there is one processor")


@needs_two
@pytest.mark.parametrize("output_format", ["full", "json", "sarif"])
def test_the_output_does_not_depend_on_the_number_of_processors(output_format: str, tmp_path: Path) -> None:
    repository(tmp_path, 260)
    everywhere = os.sched_getaffinity(0)
    args = (
        ("--output-format", output_format, "--show-containers")
        if output_format == "json"
        else ("--output-format", output_format)
    )

    alone = ran(tmp_path, *args, ".", processors={min(everywhere)})
    together = ran(tmp_path, *args, ".", processors=everywhere)

    assert alone[0] == 2
    assert alone == together


@needs_two
@pytest.mark.parametrize(("files", "forks"), [(199, 0), (200, 1)])
def test_a_process_is_copied_from_two_hundred_files_on(files: int, forks: int, tmp_path: Path) -> None:
    repository(tmp_path, files)
    two = set(sorted(os.sched_getaffinity(0))[:2])

    _, _, told = ran(tmp_path, "-q", ".", processors=two, code=COUNT_FORKS)

    assert told.endswith(f"forks: {forks}".encode())


@needs_two
@pytest.mark.parametrize("option", ["--diff", "-v"])
def test_a_run_that_fixes_or_tells_what_it_reads_is_not_spread(option: str, tmp_path: Path) -> None:
    repository(tmp_path, 200)

    _, _, told = ran(tmp_path, option, "-q", ".", processors=os.sched_getaffinity(0), code=COUNT_FORKS)

    assert told.endswith(b"forks: 0")


# -- what may happen to a copy ----------------------------------------------------------------------------------


def lint(folder: Path, names: list[str]) -> Report:
    linter = Linter(Settings(), Catalogue(read_catalogue), lambda: None)
    items: list[File | Problem] = [File(str(folder / name), explicit=False) for name in names]
    spread.lint(linter, items, Progress(sys.stderr, enabled=False), [])
    return linter.report()


def has_no_children() -> bool:
    try:
        os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        return True
    return False


def test_a_copy_that_dies_is_a_problem_of_the_file_it_died_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = repository(tmp_path, 100)
    expected = lint(tmp_path, names)
    read, results = inputs.read, forked.results

    def deadly(item: File | Problem, delivering: list[Source]) -> Source | Problem:
        if item.path.endswith("055.yaml"):
            os.kill(os.getpid(), signal.SIGKILL)
        return read(item, delivering)

    def by_copies(pieces: int, work: forked.Work, copies: int, join: bool = False) -> object:
        return results(pieces, work, copies, join=False)

    monkeypatch.setattr(inputs, "read", deadly)
    monkeypatch.setattr(forked, "results", by_copies)
    monkeypatch.setattr(forked, "processors", lambda: 3)
    report = lint(tmp_path, names)

    (problem,) = (problem for problem in report.problems if problem not in expected.problems)
    assert (problem.path, problem.stage) == (str(tmp_path / "055.yaml"), "internal")
    assert "ended by SIGKILL" in problem.message
    lost = {finding for finding in expected.findings if finding.path.endswith("055.yaml")}
    assert set(expected.findings) - set(report.findings) == lost != set()
    assert has_no_children()


def test_what_delivers_charts_crosses_from_copies_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = repository(tmp_path, 60)
    application = b"apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: web}\n"
    for name in (names[5], names[40], names[41]):
        (tmp_path / name).write_bytes(application)
    monkeypatch.setattr(forked, "processors", lambda: 3)
    linter = Linter(Settings(), Catalogue(read_catalogue), lambda: None)
    delivering: list[Source] = []

    items = [File(str(tmp_path / name), explicit=False) for name in names]
    spread.lint(linter, items, Progress(sys.stderr, enabled=False), delivering)

    assert [Path(source.path).name for source in delivering] == [names[5], names[40], names[41]]
    assert {source.data for source in delivering} == {application}


def test_what_copies_die_of_is_missing_and_said() -> None:
    def work(number: int) -> int:
        if number == 3:
            os.kill(os.getpid(), signal.SIGKILL)
        return number * 10

    found, ends = forked.results(8, work, 2, join=False)

    assert ends == ["by SIGKILL"]
    assert list(found) == [0, 10, 20, None, 40, 50, 60, 70]
    assert has_no_children()


def test_a_copy_that_raises_ends_early() -> None:
    def work(number: int) -> int:
        raise MemoryError

    found, ends = forked.results(1, work, 1, join=False)

    assert (list(found), ends) == ([None], ["early"])


def test_an_interruption_leaves_no_copy_behind() -> None:
    here = os.getpid()

    def work(_number: int) -> int:
        if os.getpid() == here:
            raise KeyboardInterrupt
        time.sleep(600)
        return 0

    with pytest.raises(KeyboardInterrupt):
        forked.results(50, work, 3)
    assert has_no_children()


def test_copies_share_the_work_without_doing_any_of_it_twice() -> None:
    found, ends = forked.results(forked.MOST_PIECES, lambda number: (number, os.getpid()), 3, join=False)

    numbers, processes = zip(*found, strict=True)
    assert ends == []
    assert numbers == tuple(range(forked.MOST_PIECES))
    assert os.getpid() not in processes


def test_without_processes_to_copy_the_work_is_done_here(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused() -> int:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(os, "fork", refused)

    found, ends = forked.results(3, lambda number: number, 2, join=False)

    assert (list(found), ends) == ([0, 1, 2], [])


@pytest.mark.parametrize("folder", ["", "/nowhere/at/all"])
def test_copies_need_no_particular_folder_for_what_they_found(
    folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", folder)

    found, ends = forked.results(3, lambda number: number, 2, join=False)

    assert (list(found), ends) == ([0, 1, 2], [])

"""How much a start may do, in instructions of the processor: a count that no other program on the machine can disturb.

The budgets are multiples of what the same Python executes to do nothing. valgrind counts; without it nothing is measured.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import CHECKOUT
from test_startup import CLEAN, POD

VALGRIND = shutil.which("valgrind")
CONFIG_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\ndata: {key: value}\n"
START = f"import sys; sys.path.insert(0, {str(CHECKOUT)!r}); from netraw_lint.cli import program; program()"
# CPython 3.11 executes 1.27, 1.89 and 1.97 times as many, within 0.003 whatever the hash seed; loading `re` alone
# would add 0.7.
BUDGETS = [(CONFIG_MAP, 0, 1.5), (CLEAN, 0, 2.3), (POD, 1, 2.4)]
# 106 files of a made-up repository, beside the least that a linter on libyaml has to do: 1.19 times.
REPOSITORY = 1.3
# Nothing of the user's: PYTHONDONTWRITEBYTECODE would have every run compile.
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}

pytestmark = pytest.mark.skipif(
    VALGRIND is None, reason="valgrind, which counts instructions, is not installed"
)


def instructions(code: str, *args: str, cwd: Path, expected: int = 0, seed: str = "0") -> int:
    """How many instructions a run of Python executes."""
    done = subprocess.run(
        [
            VALGRIND or "",
            "--tool=callgrind",
            "--callgrind-out-file=/dev/null",
            sys.executable,
            "-s",
            "-P",
            "-c",
            code,
            *args,
        ],
        cwd=cwd,
        env={**ENVIRONMENT, "PYTHONHASHSEED": seed},
        capture_output=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )
    assert done.returncode == expected, done.stderr
    found = re.search(r"Collected : (\d+)", done.stderr)
    assert found, done.stderr
    return int(found[1])


@pytest.fixture(scope="module")
def nothing(tmp_path_factory: pytest.TempPathFactory) -> int:
    """What Python executes to do nothing."""
    return instructions("pass", cwd=tmp_path_factory.mktemp("nothing"))


@pytest.mark.parametrize(("text", "code", "budget"), BUDGETS, ids=["no workload", "clean", "finding"])
def test_a_start_keeps_within_its_budget(
    text: str, code: int, budget: float, nothing: int, tmp_path: Path
) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "file.yaml").write_text(text, "utf-8")
    # The first run writes what Python caches.
    subprocess.run(
        [sys.executable, "-c", START, "file.yaml"],
        cwd=tmp_path,
        env=ENVIRONMENT,
        capture_output=True,
        check=False,
    )

    used = instructions(START, "file.yaml", cwd=tmp_path, expected=code) / nothing

    assert used < budget, f"{used:.2f} times what Python needs for nothing; the budget is {budget}"


def test_a_repository_keeps_within_its_budget(tmp_path: Path) -> None:
    benchmarks = CHECKOUT / "benchmarks"
    subprocess.run([sys.executable, benchmarks / "generate.py", tmp_path, "40"], check=True)
    subprocess.run(
        [sys.executable, "-c", START, "-q", "."],
        cwd=tmp_path,
        env=ENVIRONMENT,
        capture_output=True,
        check=False,
    )

    floor = (benchmarks / "floor.py").read_text("utf-8")
    used = instructions(START, "--isolated", "-q", ".", cwd=tmp_path, expected=1)
    used /= instructions(floor, ".", cwd=tmp_path)

    assert used < REPOSITORY, f"{used:.2f} times what the floor needs; the budget is {REPOSITORY}"

"""What every test may use: a scrubbed environment, the checkout, and the tool as a user starts it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import settings

from charts_engines import bring, engine  # noqa: F401 - fixtures
from kustomize_engines import builder, written  # noqa: F401 - fixtures

CHECKOUT = Path(__file__).resolve().parent.parent

# What a shell or a CI service sets and the tool reads: a test that wants one sets it itself.
SCRUBBED = ("CI", "CLICOLOR_FORCE", "FORCE_COLOR", "NO_COLOR", "PYTHONWARNINGS", "TF_BUILD")
SCRUBBED_PREFIXES = ("GITHUB_", "GITLAB_", "NETRAW_LINT_")

settings.register_profile("repository", database=None, deadline=None, print_blob=True)
settings.load_profile("repository")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-readme", action="store_true", help="write the generated parts of the README anew"
    )


@pytest.fixture(autouse=True)
def _scrubbed_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in tuple(os.environ):
        if name in SCRUBBED or name.startswith(SCRUBBED_PREFIXES):
            monkeypatch.delenv(name)
    monkeypatch.setenv("COLUMNS", "120")


@pytest.fixture(scope="session")
def checkout() -> Path:
    """The top of the checkout the tests run in."""
    return CHECKOUT


class Ran(NamedTuple):
    """What a finished process left behind."""

    code: int
    stdout: str
    stderr: str


class Tool:
    """Starts `python -m netraw_lint` in a real process."""

    def __call__(self, *args: str | Path, cwd: Path = CHECKOUT, stdin: str = "") -> Ran:
        done = subprocess.run(
            [sys.executable, "-m", "netraw_lint", *map(str, args)],
            cwd=cwd,
            input=stdin,
            capture_output=True,
            encoding="utf-8",
            env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
            timeout=60,
            check=False,
        )
        return Ran(done.returncode, done.stdout, done.stderr)


@pytest.fixture(scope="session")
def tool() -> Tool:
    """Call it with the arguments of the command line; gives exit code, stdout and stderr."""
    return Tool()


def install(folder: Path) -> Path:
    """A program netraw-lint in a folder, for what takes it from the PATH: this checkout, run by this interpreter."""
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / "netraw-lint"
    start = (
        f"import sys; sys.path.insert(0, {str(CHECKOUT)!r}); from netraw_lint.cli import run; sys.exit(run())"
    )
    program.write_text(f"#!{sys.executable} -I\n{start}\n", "utf-8")
    program.chmod(0o755)
    return program


def checkout_files() -> list[Path]:
    """The files of the checkout, relative: what git tracks or would add; in an unpacked sdist, what is there."""
    if (CHECKOUT / ".git").exists() and shutil.which("git"):
        listed = subprocess.run(
            ["git", "ls-files", "-z", "-co", "--exclude-standard"],
            cwd=CHECKOUT,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        if listed.returncode == 0:
            names = (Path(name) for name in listed.stdout.split("\0") if name)
            return [name for name in names if (CHECKOUT / name).is_file()]
    left_out = {".git", ".venv", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".hypothesis", "__pycache__"}
    files = []
    for folder, folders, names in os.walk(CHECKOUT):
        folders[:] = [name for name in folders if name not in left_out and not name.endswith(".egg-info")]
        files += [(Path(folder) / name).relative_to(CHECKOUT) for name in names]
    return files

"""Real engines for the tests of kustomizations: every program that is named, else those on the PATH."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

# NETRAW_LINT_TEST_KUSTOMIZE names programs, separated like the directories of PATH: kustomize and kubectl, say.
NAMED = [path for path in os.environ.get("NETRAW_LINT_TEST_KUSTOMIZE", "").split(os.pathsep) if path]
ON_PATH = [path for path in map(shutil.which, ("kustomize", "kubectl")) if path]
NO_BUILDER = pytest.param(
    "",
    marks=pytest.mark.skip(
        reason="nothing builds kustomizations: put kustomize or kubectl on the PATH, or set NETRAW_LINT_TEST_KUSTOMIZE"
    ),
    id="no builder",
)


def only(program: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a program the only one of its kind that the tool finds; none with an empty name."""
    folder.mkdir()
    for path in (program, *(shutil.which(name) or "" for name in ("git", "sh"))):
        if path:
            name = "kubectl" if "kubectl" in Path(path).name else Path(path).name
            (folder / name).symlink_to(Path(path).absolute())
    monkeypatch.setenv("PATH", str(folder))


@pytest.fixture(params=NAMED or ON_PATH or [NO_BUILDER], ids=lambda path: Path(str(path)).name)
def builder(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> str:
    """Each engine in turn, as the only one that the tool finds."""
    only(str(request.param), tmp_path_factory.mktemp("builder") / "bin", monkeypatch)
    return str(request.param)


@pytest.fixture
def written(tmp_path: Path) -> Callable[..., Path]:
    """Writes files into an empty repository, and gives its directory."""
    folder = tmp_path / "work"
    (folder / ".git").mkdir(parents=True)

    def write(**files: str) -> Path:
        for name, text in files.items():
            path = folder / name.replace("__", "/")
            path = path.with_name(path.name if "." in path.name else f"{path.name}.yaml")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return folder

    return write

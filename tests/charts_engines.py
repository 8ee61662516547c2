"""Real engines for the tests of charts: every helm that is named or on the PATH, and the embedded one."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest

CHARTS = Path(__file__).resolve().parent / "fixtures" / "charts"
EMBEDDED = "helm-python-sdk"
# NETRAW_LINT_TEST_HELM names helm programs, separated like the directories of PATH: one per major version, say.
NAMED = [path for path in os.environ.get("NETRAW_LINT_TEST_HELM", "").split(os.pathsep) if path]


def engines() -> list[str]:
    """Paths of helm programs, and the name of the embedded engine where it is installed."""
    on_path = shutil.which("helm")
    helms = NAMED or ([on_path] if on_path else [])
    return [*helms, *([EMBEDDED] if find_spec("helm_python") else [])]


NO_ENGINE = pytest.param(
    "",
    marks=pytest.mark.skip(
        reason="no chart engine: put helm on the PATH, set NETRAW_LINT_TEST_HELM, or install netraw-lint[helm]"
    ),
    id="no engine",
)


@pytest.fixture(params=engines() or [NO_ENGINE])
def engine(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Each engine in turn, as the only one that the tool finds."""
    tools = tmp_path / "tools"
    tools.mkdir()
    if request.param != EMBEDDED:
        (tools / "helm").symlink_to(Path(request.param).resolve())
    for name in ("git", "sh"):
        found = shutil.which(name)
        if found:
            (tools / name).symlink_to(found)
    monkeypatch.setenv("PATH", str(tools))
    return str(request.param)


@pytest.fixture
def bring(tmp_path: Path) -> Callable[..., Path]:
    """Copies fixture charts into an empty repository, and gives its directory."""
    folder = tmp_path / "work"
    (folder / ".git").mkdir(parents=True)

    def bring_charts(*names: str) -> Path:
        for name in names:
            shutil.copytree(CHARTS / name, folder / name)
        return folder

    return bring_charts

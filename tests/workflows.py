"""The two linters of GitHub workflows, run on what this project ships and recommends."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

# A file of the environment that the tests run in, or a program on the PATH, or where .ci/run built it.
ZIZMOR = shutil.which("zizmor", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
ACTIONLINT = os.environ.get("NETRAW_LINT_TEST_ACTIONLINT") or shutil.which("actionlint")

needs_zizmor = pytest.mark.skipif(not ZIZMOR, reason="zizmor is not installed (extra `lint`)")
needs_actionlint = pytest.mark.skipif(
    not ACTIONLINT,
    reason="actionlint is not on the PATH: go install github.com/rhysd/actionlint/cmd/actionlint@latest",
)


def zizmor(path: Path, persona: str = "pedantic") -> list[str]:
    """What zizmor says about a workflow or an action, offline, as `rule: description (line)`."""
    assert ZIZMOR is not None
    command = [
        ZIZMOR,
        "--offline",
        "--no-config",
        f"--persona={persona}",
        "--format=json-v1",
        "--no-progress",
        path,
    ]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=60, check=False)
    assert done.returncode in {0, *range(11, 15)}, done.stderr
    return [
        f"{each['ident']}: {each['desc']} (line {each['locations'][0]['concrete']['location']['start_point']['row'] + 1})"
        for each in json.loads(done.stdout)
    ]


def actionlint(workflow: str, repository: Path) -> list[str]:
    """What actionlint says about a workflow of a repository; shellcheck is used where it is there."""
    assert ACTIONLINT is not None
    folder = repository / ".github" / "workflows"
    folder.mkdir(parents=True, exist_ok=True)
    (repository / ".git").mkdir(exist_ok=True)
    (folder / "lint.yml").write_text(workflow, "utf-8")
    done = subprocess.run(
        [ACTIONLINT, "-oneline", "-no-color", folder / "lint.yml"],
        cwd=repository,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    assert done.returncode in {0, 1}, done.stderr
    return done.stdout.splitlines()

"""The recipes for CI systems, run: every command with netraw-lint in it, in a repository, as the system's shell would."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from conftest import CHECKOUT, install
from documents import BLOCKS, calls, scripts
from test_docs import YAML, kind, parsed
from test_precommit import commit_all, git

OF_SYSTEMS = {"workflow", "gitlab", "azure"}


def recipes() -> Iterator[Any]:
    """Each command of a recipe; those that install something are the package index's business."""
    for block in BLOCKS:
        if block.language == "groovy":
            texts = re.findall(r"\bsh '([^']*)'", block.text)
        elif block in YAML and kind(parsed(block)) in OF_SYSTEMS:
            texts = [text for text in scripts(parsed(block)) if next(calls(text), None) is not None]
        else:
            continue
        for text in texts:
            if not re.search(r"pip install", text):
                yield pytest.param(text, id=f"{block}: {text.splitlines()[0]}")


RECIPES = list(recipes())


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A clone with a branch that adds a bad manifest and a bad overlay; main is fine."""
    origin = tmp_path / "origin"
    (origin / "k8s").mkdir(parents=True)
    shutil.copy(CHECKOUT / "examples" / "good" / "deployment-drop-all.yaml", origin / "k8s" / "good.yaml")
    commit_all(origin)
    git("clone", "-q", str(origin), "repository", cwd=tmp_path)
    folder = tmp_path / "repository"
    overlay = folder / "apps" / "shop" / "overlays" / "prod"
    overlay.mkdir(parents=True)
    shutil.copy(CHECKOUT / "examples" / "bad" / "deployment-nothing-set.yaml", overlay / "web.yaml")
    (overlay / "kustomization.yaml").write_text("resources: [web.yaml]\n", "utf-8")
    shutil.copy(CHECKOUT / "examples" / "bad" / "pod-added.yaml", folder / "k8s" / "ping.yaml")
    git("add", "--all", cwd=folder)
    git("commit", "-q", "-m", "bad", cwd=folder)
    return folder


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
@pytest.mark.parametrize("command", RECIPES)
def test_a_recipe_finds_what_a_branch_adds(command: str, repository: Path, tmp_path: Path) -> None:
    if "--kustomize" in command and not (shutil.which("kustomize") or shutil.which("kubectl")):
        pytest.skip("nothing builds kustomizations: neither kustomize nor kubectl is on the PATH")
    programs = install(tmp_path / "programs").parent
    (tmp_path / "staging").mkdir()
    summary = tmp_path / "summary.md"
    summary.touch()
    script = command.replace(
        "$(Build.ArtifactStagingDirectory)", str(tmp_path / "staging")
    )  # Azure's own variable
    script = script.replace(".venv/bin/", "")

    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", script],
        cwd=repository,
        env={
            **os.environ,
            "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
            "GITHUB_STEP_SUMMARY": str(summary),
            "GITHUB_BASE_REF": "main",
        },
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )

    assert done.returncode == 1, done.stderr
    assert re.search(r"^netraw-lint: .*\b[12] findings?", done.stderr, re.MULTILINE), done.stderr
    for report in re.findall(r"--report \w+=(\S+)", script):
        written = summary if "SUMMARY" in report else repository / report
        assert "NRL001" in written.read_text("utf-8")


def test_every_system_has_a_recipe() -> None:
    text = "\n".join(str(each.values[0]) for each in RECIPES)
    formats = set(re.findall(r"--(?:report|output-format)[ =](\w+)", text))

    assert formats >= {"github", "gitlab", "azure", "junit", "checkstyle", "rdjson", "sarif", "markdown"}

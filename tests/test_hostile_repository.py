"""A repository from a stranger, its `.git` included: nothing in it is run, and nothing is written outside of it."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from conftest import Tool

pytestmark = [
    pytest.mark.skipif(os.name != "posix", reason="commands, links and modes are POSIX"),
    pytest.mark.skipif(shutil.which("git") is None, reason="there is no git"),
]

POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: NAME}\nspec:\n  containers:\n  - name: a\n    image: b\n"


def git(folder: Path, *args: str) -> None:
    name = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgSign=false")
    subprocess.run(["git", *name, *args], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with one committed pod, and one that was added since."""
    folder = tmp_path / "repository"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    (folder / "old.yaml").write_text(POD.replace("NAME", "old"))
    (folder / ".gitattributes").write_text(
        "*.yaml diff=evil filter=evil merge=evil working-tree-encoding=UTF-8\n"
    )
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "first")
    return folder


def changed(repository: Path) -> None:
    (repository / "new.yaml").write_text(POD.replace("NAME", "new"))
    (repository / "old.yaml").write_text("# touched\n" + POD.replace("NAME", "old"))


def evil(repository: Path) -> Path:
    """A command that leaves a trace: the trace, and the command in the repository."""
    trace = repository.parent / "trace"
    command = repository.parent / "evil.sh"
    command.write_text(f"#!/bin/sh\necho ran >>{trace}\nexit 1\n")
    command.chmod(0o755)
    return trace


CONFIGURED = {
    "core.fsmonitor": "COMMAND",
    "core.pager": "COMMAND",
    "core.editor": "COMMAND",
    "core.sshCommand": "COMMAND",
    "core.askPass": "COMMAND",
    "core.gitProxy": "COMMAND",
    "core.alternateRefsCommand": "COMMAND",
    "diff.external": "COMMAND",
    "diff.evil.command": "COMMAND",
    "diff.evil.textconv": "COMMAND",
    "diff.evil.cachetextconv": "true",
    "filter.evil.clean": "COMMAND",
    "filter.evil.smudge": "COMMAND",
    "filter.evil.process": "COMMAND",
    "filter.evil.required": "true",
    "merge.evil.driver": "COMMAND",
    "interactive.diffFilter": "COMMAND",
    "gpg.program": "COMMAND",
    "credential.helper": "!COMMAND",
    "uploadpack.packObjectsHook": "COMMAND",
    "alias.diff": "!COMMAND",
    "alias.rev-parse": "!COMMAND",
    "alias.merge-base": "!COMMAND",
    "alias.ls-files": "!COMMAND",
    "alias.cat-file": "!COMMAND",
    "pager.diff": "COMMAND",
    "pager.config": "COMMAND",
}


def test_no_setting_of_a_repository_runs_anything(repository: Path, tool: Tool) -> None:
    trace = evil(repository)
    command = str(repository.parent / "evil.sh")
    hooks = repository / ".git" / "hooks"
    hooks.mkdir(exist_ok=True)
    for name in (
        "post-index-change",
        "fsmonitor-watchman",
        "pre-auto-gc",
        "post-checkout",
        "reference-transaction",
    ):
        shutil.copy(command, hooks / name)
    changed(repository)
    for key, value in CONFIGURED.items():
        git(repository, "config", key, value.replace("COMMAND", command))
    trace.unlink(missing_ok=True)
    subprocess.run(["git", "diff", "main"], cwd=repository, capture_output=True, check=False)
    assert trace.exists(), "a plain git would have run it"
    trace.unlink()

    ran = tool("--output-format=concise", "--since=main", ".", cwd=repository)

    assert not trace.exists(), trace.read_text()
    assert (ran.code, [line.split(":")[0] for line in ran.stdout.splitlines()]) == (1, ["new.yaml"]), ran


@pytest.mark.parametrize("scheme", ["ext", "file", "ssh"])
def test_a_missing_object_is_not_fetched(scheme: str, repository: Path, tool: Tool) -> None:
    trace = evil(repository)
    command = str(repository.parent / "evil.sh")
    changed(repository)
    blob = subprocess.run(
        ["git", "rev-parse", "main:old.yaml"],
        cwd=repository,
        capture_output=True,
        encoding="utf-8",
        check=True,
    ).stdout.strip()
    (repository / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    url = {"ext": f"ext::{command} %S", "file": f"file://{repository}", "ssh": "ssh://host.example/x"}[scheme]
    for key, value in {
        "core.repositoryFormatVersion": "1",
        "extensions.partialClone": "origin",
        "remote.origin.promisor": "true",
        "remote.origin.url": url,
        "remote.origin.uploadpack": command,
        "remote.origin.fetch": "+refs/heads/*:refs/remotes/origin/*",
        "core.sshCommand": command,
        "protocol.allow": "always",
        f"protocol.{scheme}.allow": "always",
    }.items():
        git(repository, "config", key, value)
    subprocess.run(["git", "cat-file", "blob", blob], cwd=repository, capture_output=True, check=False)
    assert trace.exists(), "a plain git would have run it"
    trace.unlink()

    ran = tool("--since=main", ".", cwd=repository)

    assert not trace.exists()
    assert ran.code == 2, "what the revision held is not known, and that is said"
    assert "internal error" not in ran.stderr


def test_a_revision_is_no_option(repository: Path, tool: Tool) -> None:
    ran = tool("--since=--output=stolen", ".", cwd=repository)

    assert ran.code == 2
    assert not (repository / "stolen").exists()


def test_a_chart_or_file_that_looks_like_an_option(repository: Path, tool: Tool) -> None:
    for name in ("--fix.yaml", "-x.yaml", "--output-file=stolen.yaml"):
        (repository / name).write_text(POD.replace("NAME", "odd"))

    ran = tool("--output-format=concise", ".", cwd=repository)

    assert ran.code == 1
    assert len(ran.stdout.splitlines()) == 4
    assert not (repository / "stolen.yaml").exists()


# --- the repository's own settings -------------------------------------------------------------------------------------


def test_a_baseline_outside_of_the_repository_is_not_written(repository: Path, tool: Tool) -> None:
    victim = repository.parent / "victim"
    victim.write_text("{}")
    for name in ("../victim", "link.json", str(victim)):
        (repository / ".netraw-lint.yaml").write_text(f"baseline: {name}\n")
        (repository / "link.json").unlink(missing_ok=True)
        (repository / "link.json").symlink_to(victim)

        ran = tool("--update-baseline", ".", cwd=repository)

        assert ran.code == 2
        assert "outside of" in ran.stderr
        assert victim.read_text() == "{}"


def test_a_baseline_in_the_repository_is_written(repository: Path, tool: Tool) -> None:
    (repository / "k8s").mkdir()
    (repository / "k8s" / ".netraw-lint.yaml").write_text("baseline: ../baseline.json\n")

    ran = tool("--update-baseline", "k8s", cwd=repository)

    assert ran.code == 0, ran
    assert (repository / "baseline.json").exists()


def test_values_outside_of_the_repository_are_not_read(repository: Path, tool: Tool) -> None:
    (repository.parent / "secret.yaml").write_text("a: 1\n")
    chart = repository / "chart"
    (chart / "templates").mkdir(parents=True)
    (chart / "Chart.yaml").write_text("apiVersion: v2\nname: c\nversion: 1.0.0\n")
    (repository / ".netraw-lint.yaml").write_text(
        "chart-values:\n- path: chart\n  values: [../secret.yaml]\n"
    )

    ran = tool("chart", cwd=repository)

    assert ran.code == 2
    assert ".netraw-lint.yaml:3: chart-values[0].values[0] is outside of" in ran.stderr


# --- links -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def outside(repository: Path) -> Path:
    """A file that a link in the repository leads to."""
    target = repository.parent / "outside.yaml"
    target.write_text(POD.replace("NAME", "outside"))
    (repository / "link.yaml").symlink_to(target)
    return target


@pytest.mark.parametrize("args", [("--fix", "."), ("--fix",), ("--add-exemptions", "--reason=x", ".")])
def test_a_link_out_of_the_given_paths_is_linted_and_not_followed_by_a_fix(
    args: tuple[str, ...], repository: Path, outside: Path, tool: Tool
) -> None:
    before = outside.read_bytes()

    ran = tool(*args, cwd=repository)

    assert ran.code == 2
    assert "link.yaml" in ran.stdout + ran.stderr
    assert "outside of the given paths" in " ".join((ran.stdout + ran.stderr).split())
    assert outside.read_bytes() == before
    assert (
        "drop" in (repository / "old.yaml").read_text() or "ignore" in (repository / "old.yaml").read_text()
    )


@pytest.mark.parametrize("args", [("link.yaml",), (".", "../outside.yaml"), ("..",)])
def test_a_link_that_was_asked_for_is_followed(
    args: tuple[str, ...], repository: Path, outside: Path, tool: Tool
) -> None:
    assert tool("--fix", *args, cwd=repository).code == 0
    assert "NET_RAW" in outside.read_text()
    assert (repository / "link.yaml").is_symlink()


def test_a_link_within_the_given_paths_is_followed(repository: Path, tool: Tool) -> None:
    (repository / "sub").mkdir()
    (repository / "sub" / "link.yaml").symlink_to("../old.yaml")

    assert tool("--fix", ".", cwd=repository).code == 0
    assert "NET_RAW" in (repository / "old.yaml").read_text()

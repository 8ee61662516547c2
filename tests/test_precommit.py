"""The hooks, run by the real pre-commit in a scratch repository, with this checkout as the hook repository."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from charts_engines import CHARTS, EMBEDDED, engines
from conftest import CHECKOUT, checkout_files

HOOKS = CHECKOUT / ".pre-commit-hooks.yaml"
HOOK_IDS = re.findall(r"^- id: (\S+)$", HOOKS.read_text("utf-8"), re.MULTILINE)

# What pip says when there is nowhere to install from. Anything else that goes wrong is a failure.
NO_REGISTRY = re.compile(
    r"Temporary failure in name resolution|NewConnectionError|ConnectTimeoutError|Network is unreachable"
    r"|Failed to establish a new connection|ProxyError|from versions: none"
)

IDENTITY = {
    "GIT_AUTHOR_NAME": "test",
    "GIT_AUTHOR_EMAIL": "test@localhost",
    "GIT_COMMITTER_NAME": "test",
    "GIT_COMMITTER_EMAIL": "test@localhost",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
}


def environment(**more: str) -> dict[str, str]:
    """This process's environment without what an outer git or pre-commit left in it."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "PRE_COMMIT"))}
    return {**kept, **IDENTITY, "PIP_DISABLE_PIP_VERSION_CHECK": "1", **more}


def git(*args: str, cwd: Path) -> None:
    subprocess.run(["git", *args], cwd=cwd, env=environment(), capture_output=True, check=True)


def commit_all(folder: Path) -> None:
    git("init", "-q", "-b", "main", cwd=folder)
    git("add", "--all", cwd=folder)
    git("commit", "-q", "-m", "test", cwd=folder)


def pre_commit(*args: str | Path, cwd: Path, home: Path | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pre_commit", *map(str, args)]
    env = environment(PRE_COMMIT_HOME=str(home)) if home else environment()
    return subprocess.run(
        command, cwd=cwd, env=env, capture_output=True, encoding="utf-8", timeout=300, check=False
    )


needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


def test_the_manifest_is_valid(tmp_path: Path) -> None:
    done = pre_commit("validate-manifest", HOOKS, cwd=tmp_path, home=tmp_path)

    assert (done.returncode, done.stdout) == (0, "")


def test_there_are_three_hooks() -> None:
    assert HOOK_IDS == ["netraw-lint", "netraw-lint-fix", "netraw-lint-repository"]


@pytest.fixture(scope="module")
def hook_repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """This checkout as it is now, new files included, committed to a repository of its own."""
    folder = tmp_path_factory.mktemp("hooks") / "netraw-lint"
    for name in checkout_files():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(CHECKOUT / name, folder / name)
    commit_all(folder)
    return folder


@pytest.fixture(scope="module")
def pre_commit_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One cache for the whole module, so that the environment is built once."""
    return tmp_path_factory.mktemp("pre-commit-home")


@pytest.fixture
def manifests(tmp_path: Path) -> Path:
    """A scratch git repository with a passing and a failing manifest, and YAML that is no manifest."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    examples = CHECKOUT / "examples"
    shutil.copy(examples / "good" / "deployment-drop-all.yaml", folder / "passing.yaml")
    shutil.copy(examples / "bad" / "deployment-nothing-set.yaml", folder / "failing.yaml")
    (folder / "values.yaml").write_text("replicas: 2\nimage: nginx\n", "utf-8")
    (folder / "notes.md").write_text("no YAML\n", "utf-8")
    commit_all(folder)
    return folder


def try_repo(
    hooks: Path, hook: str, files: list[str], cwd: Path, home: Path
) -> subprocess.CompletedProcess[str]:
    done = pre_commit("try-repo", hooks, hook, "--verbose", "--files", *files, cwd=cwd, home=home)
    if done.returncode not in {0, 1} and (found := NO_REGISTRY.search(done.stdout + done.stderr)):
        pytest.skip(f"the hook's environment cannot be built without a package registry: {found[0]}")
    return done


@needs_git
@pytest.mark.registry
def test_the_lint_hook_in_a_real_run(hook_repository: Path, manifests: Path, pre_commit_home: Path) -> None:
    def run(*files: str) -> subprocess.CompletedProcess[str]:
        return try_repo(hook_repository, "netraw-lint", list(files), manifests, pre_commit_home)

    passing = run("passing.yaml", "values.yaml")
    assert passing.returncode == 0, passing.stdout + passing.stderr
    assert re.search(r"^netraw-lint\.+Passed$", passing.stdout, re.MULTILINE)

    failing = run("passing.yaml", "failing.yaml", "values.yaml", "notes.md")
    assert failing.returncode == 1, failing.stdout + failing.stderr
    assert re.search(r"^netraw-lint\.+Failed$", failing.stdout, re.MULTILINE)
    assert "- exit code: 1" in failing.stdout
    assert re.search(r"^failing\.yaml:\d+:\d+: .*NRL003", failing.stdout, re.MULTILINE)
    assert "passing.yaml:" not in failing.stdout

    (manifests / "--config=mine").mkdir()
    (manifests / "--config=mine" / "settings.yaml").write_text("ignore: [ALL]\n", "utf-8")
    disguised = run("failing.yaml", "--config=mine/settings.yaml")
    assert disguised.returncode == 1, disguised.stdout + disguised.stderr
    assert re.search(r"^failing\.yaml:\d+:\d+: .*NRL003", disguised.stdout, re.MULTILINE)

    no_yaml = run("notes.md")
    assert no_yaml.returncode == 0, no_yaml.stdout + no_yaml.stderr
    assert re.search(r"no files to check\)Skipped$", no_yaml.stdout, re.MULTILINE)


@needs_git
@pytest.mark.registry
def test_the_fix_hook_in_a_real_run(hook_repository: Path, manifests: Path, pre_commit_home: Path) -> None:
    def run(*files: str) -> subprocess.CompletedProcess[str]:
        return try_repo(hook_repository, "netraw-lint-fix", list(files), manifests, pre_commit_home)

    names = ("passing.yaml", "failing.yaml", "values.yaml", "notes.md")
    before = {name: (manifests / name).read_bytes() for name in names}

    first = run(*names)
    assert first.returncode == 1, first.stdout + first.stderr
    assert re.search(r"^netraw-lint --fix\.+Failed$", first.stdout, re.MULTILINE)
    assert "- files were modified by this hook" in first.stdout
    assert "- exit code" not in first.stdout
    assert re.search(r"^failing\.yaml: fixed 1 \(NRL003\)$", first.stdout, re.MULTILINE)
    after = {name: (manifests / name).read_bytes() for name in names}
    assert {name for name in names if after[name] != before[name]} == {"failing.yaml"}
    assert b"\n                - NET_RAW\n" in after["failing.yaml"]

    git("add", "--all", cwd=manifests)
    second = run(*names)
    assert second.returncode == 0, second.stdout + second.stderr
    assert re.search(r"^netraw-lint --fix\.+Passed$", second.stdout, re.MULTILINE)
    assert "0 fixed, no findings left" in second.stdout
    assert {name: (manifests / name).read_bytes() for name in names} == after


@needs_git
@pytest.mark.registry
def test_the_fix_hook_fails_for_what_it_cannot_fix(
    hook_repository: Path, manifests: Path, pre_commit_home: Path
) -> None:
    shutil.copy(CHECKOUT / "examples" / "bad" / "daemonset-privileged.yaml", manifests / "privileged.yaml")
    git("add", "--all", cwd=manifests)
    before = (manifests / "privileged.yaml").read_bytes()

    ran = try_repo(hook_repository, "netraw-lint-fix", ["privileged.yaml"], manifests, pre_commit_home)

    assert ran.returncode == 1, ran.stdout + ran.stderr
    assert "- exit code: 1" in ran.stdout
    assert "files were modified" not in ran.stdout
    assert "= not fixed: privileged" in ran.stdout
    assert (manifests / "privileged.yaml").read_bytes() == before


@needs_git
@pytest.mark.registry
def test_the_hook_for_the_whole_repository_in_a_real_run(
    hook_repository: Path, manifests: Path, pre_commit_home: Path
) -> None:
    """Whatever the commit holds, everything is linted: here the chart, for a change of a file that is no YAML."""

    def run(*files: str) -> subprocess.CompletedProcess[str]:
        return try_repo(hook_repository, "netraw-lint-repository", list(files), manifests, pre_commit_home)

    failing = run("notes.md")
    assert failing.returncode == 1, failing.stdout + failing.stderr
    assert re.search(r"^netraw-lint, whole repository\.+Failed$", failing.stdout, re.MULTILINE)
    assert re.search(r"^failing\.yaml:\d+:\d+: NRL003", failing.stdout, re.MULTILINE)
    assert "3 files" in failing.stdout

    git("rm", "-q", "failing.yaml", cwd=manifests)
    passing = run()  # nothing but a deletion is staged
    assert passing.returncode == 0, passing.stdout + passing.stderr
    assert re.search(r"^netraw-lint, whole repository\.+Passed$", passing.stdout, re.MULTILINE)


@needs_git
@pytest.mark.registry
def test_a_chart_is_checked_or_the_commit_is_stopped(
    hook_repository: Path,
    manifests: Path,
    pre_commit_home: Path,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """A deleted helper of a chart changes what its other files deploy; without helm nothing is called clean."""
    shutil.copytree(CHARTS / "converted", manifests / "shop")
    (manifests / "failing.yaml").unlink()
    git("add", "--all", cwd=manifests)

    def run() -> subprocess.CompletedProcess[str]:
        hook = "netraw-lint-repository"
        return try_repo(hook_repository, hook, ["shop/templates/_pod.tpl"], manifests, pre_commit_home)

    if helms := [path for path in engines() if path != EMBEDDED]:
        (tmp_path / "bin").mkdir()
        (tmp_path / "bin" / "helm").symlink_to(Path(helms[0]).resolve())
        monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=os.pathsep)
        found = run()
        assert found.returncode == 1, found.stdout + found.stderr
        assert re.search(r"^shop/templates/\S+:\d+:\d+: NRL003", found.stdout, re.MULTILINE)
        (tmp_path / "bin" / "helm").unlink()
    if shutil.which("helm") is None:
        unchecked = run()
        assert "- exit code: 2" in unchecked.stdout, unchecked.stdout + unchecked.stderr
        assert re.search(r"^(netraw-lint: )?shop\S*: not checked", unchecked.stdout, re.MULTILINE)

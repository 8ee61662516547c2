"""The GitHub Action: its steps run as the runner runs them, and the two linters of workflows have nothing to say."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from conftest import CHECKOUT, install
from workflows import actionlint, needs_actionlint, needs_zizmor, zizmor

ACTION: dict[str, Any] = yaml.safe_load((CHECKOUT / "action.yml").read_text("utf-8"))
STEPS: list[dict[str, Any]] = ACTION["runs"]["steps"]
EXPRESSION = re.compile(r"\$\{\{ *([^}]*?) *\}\}")

if shutil.which("bash") is None:
    pytest.skip("a runner has bash, which is not here", allow_module_level=True)

BAD = (CHECKOUT / "examples" / "bad" / "pod-added.yaml").read_text("utf-8")
GOOD = (CHECKOUT / "examples" / "good" / "deployment-drop-all.yaml").read_text("utf-8")


class Step(NamedTuple):
    """What a step left behind."""

    code: int
    log: str
    outputs: dict[str, str]
    summary: str


class Runner:
    """What GitHub's runner is for a composite action: expressions into the environment, files for what comes back."""

    def __init__(self, folder: Path) -> None:
        self.workspace = folder / "workspace"
        self.temp = folder / "temp"
        self.workspace.mkdir()
        self.temp.mkdir()
        for name in ("output", "summary"):
            (folder / name).touch()
        self._folder = folder

    def install(self) -> None:
        """In place of the step that installs: an environment whose program is this checkout."""
        folder = install(self.temp / "netraw-lint" / "bin").parent
        (folder / "python").write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n', "utf-8")
        (folder / "python").chmod(0o755)

    def run(self, step: dict[str, Any], context: dict[str, str], **inputs: str) -> Step:
        given = {name: spec.get("default", "") for name, spec in ACTION["inputs"].items()} | inputs
        known = {f"inputs.{name.replace('_', '-')}": value for name, value in given.items()} | context
        variables = {
            name: EXPRESSION.sub(lambda found: known[found[1]], value) for name, value in step["env"].items()
        }
        script = self._folder / "script.sh"
        script.write_text(step["run"], "utf-8")
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", script],  # `shell: bash` of a runner
            cwd=self.workspace,
            env={
                "PATH": os.environ["PATH"],
                "RUNNER_TEMP": str(self.temp),
                "GITHUB_ACTIONS": "true",
                "GITHUB_WORKSPACE": str(self.workspace),
                "GITHUB_OUTPUT": str(self._folder / "output"),
                "GITHUB_STEP_SUMMARY": str(self._folder / "summary"),
                **{name: os.environ[name] for name in os.environ if name.startswith(("PIP_", "SSL_"))},
                **variables,
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            timeout=300,
            check=False,
        )
        outputs = dict(
            line.split("=", 1) for line in (self._folder / "output").read_text("utf-8").splitlines()
        )
        return Step(done.returncode, done.stdout, outputs, (self._folder / "summary").read_text("utf-8"))

    def lint(self, **inputs: str) -> Step:
        return self.run(STEPS[2], {}, **inputs)


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    """A runner with the tool installed, and a workspace with a good and a bad manifest."""
    made = Runner(tmp_path)
    made.install()
    (made.workspace / ".git").mkdir()
    (made.workspace / "k8s").mkdir()
    (made.workspace / "k8s" / "ping.yaml").write_text(BAD, "utf-8")
    (made.workspace / "with space.yaml").write_text(GOOD, "utf-8")
    return made


def test_findings_are_annotations_and_a_summary_and_fail_the_step(runner: Runner) -> None:
    ran = runner.lint(paths="k8s", sarif="reports/netraw.sarif")

    assert ran.code == 1
    assert ran.outputs == {"sarif": "reports/netraw.sarif", "exit-code": "1"}
    assert "::error title=NRL001 net-raw-added,file=k8s/ping.yaml,line=14,endLine=14,col=17," in ran.log
    assert "NRL001" in ran.summary
    log = json.loads((runner.workspace / "reports" / "netraw.sarif").read_text("utf-8"))
    (result,) = log["runs"][0]["results"]
    place = result["locations"][0]["physicalLocation"]
    assert (result["ruleId"], place["artifactLocation"]["uri"]) == ("NRL001", "k8s/ping.yaml")


def test_a_clean_run(runner: Runner) -> None:
    ran = runner.lint(paths="'with space.yaml'")

    assert (ran.code, ran.outputs) == (0, {"exit-code": "0"})
    assert "::error" not in ran.log
    assert "1 container" in ran.summary
    assert sorted(path.name for path in runner.workspace.iterdir()) == [".git", "k8s", "with space.yaml"]


def test_options_and_format(runner: Runner) -> None:
    ran = runner.lint(
        paths="k8s\n'with space.yaml'", args='--ignore NRL001 --select "NRL0"', format="json", summary="false"
    )

    assert (ran.code, ran.summary) == (0, "")
    assert json.loads(ran.log.partition("\nnetraw-lint:")[0])["summary"]["files"] == 2


def test_what_is_not_checked_is_exit_code_2(runner: Runner) -> None:
    ran = runner.lint(paths="absent.yaml")

    assert (ran.code, ran.outputs) == (2, {"exit-code": "2"})


HOSTILE = (
    "$(touch executed)",
    "`touch executed`",
    "; touch executed",
    "k8s; touch executed #",
    "k8s && touch executed",
    "x\ntouch executed\n",
    '"; touch executed; "',
    "'; touch executed; '",
    "' ; touch executed",
    "${IFS}$(touch${IFS}executed)",
    "--exit-zero",
    "--fix",
    "-o executed",
    "a*",
    "\\",
    "--report=json=executed",
    "%0A::error::forged",
    "}}; touch executed",
    "x\nexit-code=0",
)


@pytest.mark.parametrize(
    ("name", "hostile"),
    [
        pytest.param(name, hostile, id=f"{name} {hostile!r}")
        for name in ("paths", "args", "format", "sarif", "summary")
        for hostile in HOSTILE
        if name != "args" or not hostile.startswith("-")  # options are what `args` is for
    ],
)
def test_inputs_are_data(name: str, hostile: str, runner: Runner) -> None:
    """Nothing in an input is run; what looks like an option is a strange name."""
    before = (runner.workspace / "k8s" / "ping.yaml").read_bytes()

    ran = runner.lint(**{"paths": "k8s", name: hostile})

    assert ran.code in {1, 2}, ran.log
    assert not (runner.workspace / "executed").exists()
    assert (runner.workspace / "k8s" / "ping.yaml").read_bytes() == before
    assert ran.outputs.get("exit-code", "2") == str(ran.code)
    assert not re.search(r"^::error::forged", ran.log, re.MULTILINE)


def test_modules_in_the_workspace_are_not_imported(runner: Runner) -> None:
    """A pull request may add a file that is called like a module of the standard library."""
    for name in ("shlex", "yaml", "argparse", "re", "json", "sitecustomize", "usercustomize"):
        (runner.workspace / f"{name}.py").write_text(f"open('executed-{name}', 'w')\n", "utf-8")

    assert runner.lint(paths="k8s", args="--no-respect-gitignore").code == 1
    assert list(runner.workspace.glob("executed*")) == []


@pytest.mark.registry
def test_the_step_that_installs(tmp_path: Path) -> None:
    """From the checkout of the action, whatever lies in the workspace."""
    runner = Runner(tmp_path)
    for name in ("pip", "venv", "ensurepip"):
        (runner.workspace / f"{name}.py").write_text(f"open('executed-{name}', 'w')\n", "utf-8")
    (runner.workspace / "ping.yaml").write_text(BAD, "utf-8")
    checkout = tmp_path / "action"
    shutil.copytree(CHECKOUT / "netraw_lint", checkout / "netraw_lint")
    shutil.copytree(CHECKOUT / "schemas", checkout / "schemas")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(CHECKOUT / name, checkout / name)
    context = {"steps.python.outputs.python-path": sys.executable, "github.action_path": str(checkout)}

    installed = runner.run(STEPS[1], context)
    if installed.code and "Could not find a version" in installed.log:
        pytest.skip("no package registry to install from")
    assert (installed.code, list(runner.workspace.glob("executed*"))) == (0, []), installed.log
    ran = runner.lint(paths="ping.yaml")

    assert ran.code == 1
    assert "::error title=NRL001 net-raw-added,file=ping.yaml" in ran.log


def test_no_expression_stands_in_a_script() -> None:
    assert [step["run"] for step in STEPS if EXPRESSION.search(step.get("run", ""))] == []


def test_other_actions_are_pinned_by_a_commit() -> None:
    used = re.findall(r"uses: (\S+)(.*)", (CHECKOUT / "action.yml").read_text("utf-8"))

    assert used
    assert [name for name, note in used if not re.search(r"@[0-9a-f]{40}$", name) or "# v" not in note] == []


def test_outputs_and_inputs_belong_to_steps() -> None:
    """Every input is used, and every output is written."""
    text = (CHECKOUT / "action.yml").read_text("utf-8")

    assert [name for name in ACTION["inputs"] if f"${{{{ inputs.{name} }}}}" not in text] == []
    assert {f"{name}=" for name in ACTION["outputs"]} <= set(re.findall(r'echo "([\w-]+=)', STEPS[2]["run"]))


@needs_zizmor
def test_zizmor_finds_nothing() -> None:
    assert zizmor(CHECKOUT / "action.yml") == []


@needs_actionlint
@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        pytest.param({"paths": "k8s", "sarif": "netraw.sarif"}, [], id="known inputs"),
        pytest.param({"path": "k8s"}, ['input "path" is not defined in action "netraw-lint"'], id="a typo"),
    ],
)
def test_actionlint_reads_the_action(inputs: dict[str, str], said: list[str], tmp_path: Path) -> None:
    """actionlint checks the metadata of an action where a workflow uses it."""
    shutil.copy(CHECKOUT / "action.yml", tmp_path / "action.yml")
    steps = [{"uses": "./", "with": inputs, "id": "lint"}, {"run": "echo '${{ steps.lint.outputs.sarif }}'"}]
    job = {"runs-on": "ubuntu-latest", "steps": steps}

    found = actionlint(yaml.safe_dump({"on": "push", "jobs": {"lint": job}}), tmp_path)

    assert len(found) == len(said)
    assert all(part in line for part, line in zip(said, found, strict=True))

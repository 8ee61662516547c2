"""Our reports read by the programs they are for: Microsoft's validator of SARIF, and reviewdog. .ci/tools.sh gets both."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conftest import Tool
from netraw_lint.reporters.suggested import Place, Replacement
from reporting import SAMPLES, finding, made, rendered
from test_hostile_reports import HOSTILE, everywhere

# What the validator says and we mean to leave so.
KNOWN = {
    "SARIF2005": "the project has no page of its own that informationUri could name",
    "GHAzDO1019": "the number of the build, which the task that publishes the log adds",
    "GHAzDO1020": "the same of the id",
}


# The environment of a test is scrubbed.
PROGRAMS = {name: os.environ.get(f"NETRAW_LINT_TEST_{name}") for name in ("MULTITOOL", "REVIEWDOG")}


def program(name: str) -> str:
    path = PROGRAMS[name]
    if not path:
        pytest.skip(f"NETRAW_LINT_TEST_{name} names no program; .ci/tools.sh gets it")
    return path


# --- SARIF -------------------------------------------------------------------------------------------------------


def complaints(folder: Path) -> list[str]:
    """What the validator says about the logs in a folder, by the rules of the standard, of GitHub, of Azure DevOps."""
    done = subprocess.run(
        [
            *(program("MULTITOOL"), "validate", str(folder / "*.sarif")),
            *("--rule-kind", "Sarif;Ghas;Ado", "--output", str(folder / "said"), "--log", "ForceOverwrite"),
        ],
        env={**os.environ, "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1", "HOME": str(folder)},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(list(folder.glob('*.sarif')))} files scanned" in done.stdout
    found = [re.search(r": (?:error|warning|note) (\w+):", line) for line in done.stdout.splitlines()]
    return [each.string for each in found if each and each[1] not in KNOWN]


def test_logs_are_accepted(tmp_path: Path, tool: Tool) -> None:
    fix = {finding(): Replacement(Place(3, "# é𝒳: "), Place(3, "# é𝒳: app"), "web")}
    for number, report in enumerate(SAMPLES.values()):
        (tmp_path / f"plain-{number}.sarif").write_text(rendered("sarif", report, suggestions=fix))
        (tmp_path / f"all-{number}.sarif").write_text(rendered("sarif", report, show_suppressed=True))
    # A path of a report never has `..` in it: it is seen from the root, or absolute.
    reports = [everywhere(name) for name in HOSTILE if len(name) < 1000 and ".." not in name]
    hostile = made(
        *(each for report in reports for each in report.findings),
        problems=tuple(each for report in reports for each in report.problems),
        exempt=tuple(each for report in reports for each in report.exempt),
    )
    text = rendered("sarif", hostile, show_suppressed=True, paths={})
    (tmp_path / "hostile.sarif").write_text(text)
    for number, paths in enumerate((["examples"], ["examples/good"], ["examples", "missing"])):
        (tmp_path / f"real-{number}.sarif").write_text(tool("--output-format=sarif", *paths).stdout)

    assert complaints(tmp_path) == []


def test_the_validator_would_complain(tmp_path: Path) -> None:
    log = json.loads(rendered("sarif", SAMPLES["full"]))
    log["runs"][0]["results"][0]["ruleIndex"] = 999
    (tmp_path / "wrong.sarif").write_text(json.dumps(log))

    assert complaints(tmp_path) != []


# --- reviewdog ---------------------------------------------------------------------------------------------------

NAME = "a b/pöd, [1].yaml"
MANIFEST = """\
# é𝒳
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
  - name: "é𝒳 ::error::x"
    image: x
  - name: b
    image: y
    securityContext:
      capabilities:
        add: [NET_RAW]
"""


@pytest.fixture
def review(tmp_path: Path, tool: Tool) -> Callable[..., str]:
    """Runs reviewdog on a report of a repository with one new file."""
    reviewdog = program("REVIEWDOG")
    git = ["git", "-c", "user.name=x", "-c", "user.email=x@example.com"]
    subprocess.run([*git, "init", "-q"], cwd=tmp_path, check=True)
    subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "empty"], cwd=tmp_path, check=True)

    def run(form: str, reporter: str, manifest: str) -> str:
        (tmp_path / NAME).parent.mkdir(exist_ok=True)
        (tmp_path / NAME).write_bytes(manifest.encode())
        subprocess.run([*git, "add", "-A"], cwd=tmp_path, check=True)
        report = tool("-q", "--isolated", "--output-format", form, ".", cwd=tmp_path).stdout
        done = subprocess.run(
            [
                *(reviewdog, f"-f={form}", f"-reporter={reporter}", "-filter-mode=file", "-name=netraw-lint"),
                "-diff=git -c core.quotePath=false diff --cached HEAD",
            ],
            cwd=tmp_path,
            input=report,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_reviewdog_takes_our_suggestions(review: Callable[..., str], newline: str, tmp_path: Path) -> None:
    passed_on = json.loads(review("rdjson", "rdjson", MANIFEST.replace("\n", newline)))

    first, second = passed_on["diagnostics"]
    assert first["location"] == {
        "path": NAME,
        "range": {"start": {"line": 7, "column": 11}, "end": {"line": 7, "column": 30}},
    }
    line = (tmp_path / NAME).read_bytes().split(b"\n")[6]
    assert line[10:29] == '"é𝒳 ::error::x"'.encode()
    assert first["severity"] == "ERROR"
    assert first["suggestions"] == [
        {
            "range": {"start": {"line": 8, "column": 13}, "end": {"line": 8, "column": 13}},
            "text": newline.join(
                ["", "    securityContext:", "      capabilities:", "        drop: [NET_RAW]"]
            ),
        }
    ]
    assert second["suggestions"] == [
        {
            "range": {"start": {"line": 13, "column": 9}, "end": {"line": 13, "column": 12}},
            "text": "drop",
        }
    ]


@pytest.mark.parametrize("form", ["rdjson", "sarif", "checkstyle"])
def test_reviewdog_reads_three_of_our_formats(review: Callable[..., str], form: str) -> None:
    told = review(form, "rdjson", MANIFEST)

    found: list[dict[str, Any]] = json.loads(told)["diagnostics"]
    places = [(each["location"]["path"], each["location"]["range"]["start"]["line"]) for each in found]
    assert places == [(NAME, 7), (NAME, 13)]
    assert review(form, "local", MANIFEST) != ""


@pytest.mark.parametrize("form", ["rdjson", "sarif", "checkstyle"])
def test_reviewdog_reads_a_clean_run(review: Callable[..., str], form: str) -> None:
    assert review(form, "local", "kind: ConfigMap\n") == ""

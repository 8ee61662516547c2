"""Exceptions on the record, old findings, and the way back: as a team meets them, with the real program and git."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import CHECKOUT
from netraw_lint import api

HEAD = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: {name}\nspec:\n  containers:\n"
ENTRY = "    - name: {name}\n      image: registry.example/{name}:1\n"


def pod(name: str, *containers: str) -> str:
    return HEAD.format(name=name) + "".join(ENTRY.format(name=container) for container in containers)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    git("init", "-q", ".")
    git("config", "user.email", "dev@example.invalid")
    git("config", "user.name", "dev")
    return tmp_path


def git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], check=True, capture_output=True, text=True).stdout


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT), "NO_COLOR": "1"}
    command = [sys.executable, "-m", "netraw_lint", *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)


def found(*arguments: str) -> list[str]:
    """The findings, as ``path:line rule``."""
    done = run(*arguments, "--output-format", "json")
    return [f"{item['path']}:{item['line']} {item['rule']}" for item in json.loads(done.stdout)["findings"]]


def exempt(*arguments: str) -> list[tuple[str, str, str | None, str]]:
    data = json.loads(run(*arguments, "--output-format", "json").stdout)
    return [(item["rule"], item["reason"], item["until"], item["exempted_by"]) for item in data["exempt"]]


def test_the_whole_story(folder: Path) -> None:
    """20 findings, a baseline, a new container caught, one exempted, its day passes, the finding returns."""
    for number in range(20):
        (folder / f"{number:02}.yaml").write_text(pod(f"old-{number}", "app"))
    assert len(found(".")) == 20
    assert run(".", "--baseline", "baseline.json", "--update-baseline").returncode == 0
    assert run(".", "--baseline", "baseline.json").returncode == 0

    (folder / "03.yaml").write_text("# a comment moves every line\n" + pod("old-3", "app", "new"))
    assert found(".", "--baseline", "baseline.json") == ["03.yaml:10 NRL003"]

    exempted = pod("old-3", "app") + "    # netraw-lint: ignore[NRL003] pings its peers until={day}\n"
    exempted += ENTRY.format(name="new")
    (folder / "03.yaml").write_text(exempted.format(day="2999-12-31"))
    assert run(".", "--baseline", "baseline.json").returncode == 0
    assert ("NRL003", "pings its peers", "2999-12-31", "comment") in exempt(
        ".", "--baseline", "baseline.json"
    )
    assert run(".", "--baseline", "baseline.json", "--max-exemptions", "21").returncode == 0
    assert run(".", "--baseline", "baseline.json", "--max-exemptions", "20").returncode == 1

    (folder / "03.yaml").write_text(exempted.format(day="2020-01-01"))
    assert found(".", "--baseline", "baseline.json") == ["03.yaml:9 NRL202", "03.yaml:10 NRL003"]


def test_the_last_day_still_counts() -> None:
    text = (
        HEAD.format(name="a")
        + "    # netraw-lint: ignore[NRL003] why until=2027-01-31\n"
        + ENTRY.format(name="a")
    )
    assert api.lint_text(text, today="2027-01-31").findings == ()
    assert {item.rule for item in api.lint_text(text, today="2027-02-01").findings} == {"NRL202", "NRL003"}


def test_a_baseline_says_what_is_stale_and_drops_it(folder: Path) -> None:
    (folder / "a.yaml").write_text(pod("a", "one", "two"))
    (folder / "b.yaml").write_text(pod("b", "one"))
    run(".", "--baseline", "baseline.json", "--update-baseline")
    (folder / "a.yaml").write_text(pod("a", "one"))
    assert "1 entry no longer found" in run(".", "--baseline", "baseline.json").stderr
    # A run that looks at part of the files says nothing about the rest.
    assert "entry" not in run("b.yaml", "--baseline", "baseline.json").stderr
    assert "1 entry removed" in run("a.yaml", "--baseline", "baseline.json", "--update-baseline").stderr
    entries = json.loads((folder / "baseline.json").read_text())["findings"]
    assert [entry["identity"] for entry in entries] == [
        "NRL003 Pod/a containers/one",
        "NRL003 Pod/b containers/one",
    ]


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"schema_version": 9, "findings": []}', '{"schema_version": 1}']
)
def test_what_is_no_baseline(folder: Path, text: str) -> None:
    (folder / "baseline.json").write_text(text)
    done = run(".", "--baseline", "baseline.json")
    assert done.returncode == 2
    assert "baseline.json is no baseline" in done.stderr


def test_a_missing_baseline_is_an_error(folder: Path) -> None:
    assert run(".", "--baseline", "nope.json").returncode == 2
    assert run(".", "--update-baseline").returncode == 2


def test_since_compares_findings_and_not_lines(folder: Path) -> None:
    (folder / "old.yaml").write_text(pod("old", "app"))
    (folder / "fixed.yaml").write_text(pod("fixed", "app"))
    git("add", ".")
    git("commit", "-qm", "first")
    git("branch", "base")
    (folder / "old.yaml").write_text("# moved\n\n" + pod("old", "app", "added"))
    git("commit", "-qam", "second")
    (folder / "untracked.yaml").write_text(pod("untracked", "app"))
    git("mv", "fixed.yaml", "renamed.yaml")
    assert found(".", "--since", "base") == ["old.yaml:11 NRL003", "untracked.yaml:7 NRL003"]
    assert git("status", "--porcelain").splitlines() == ["R  fixed.yaml -> renamed.yaml", "?? untracked.yaml"]
    done = run(".", "--since", "nope")
    assert (done.returncode, "git knows no revision nope" in done.stderr) == (2, True)


def test_since_in_a_shallow_clone_says_what_to_do(folder: Path) -> None:
    for number in range(3):
        (folder / "a.yaml").write_text(pod("a", f"c{number}"))
        git("add", ".")
        git("commit", "-qm", f"{number}")
    first = git("rev-list", "--max-parents=0", "HEAD").strip()
    subprocess.run(["git", "clone", "-q", "--depth=1", f"file://{folder}", "shallow"], check=True)
    os.chdir(folder / "shallow")
    done = run(".", "--since", first)
    assert done.returncode == 2
    assert "git fetch --unshallow" in done.stderr


def test_settings_entries_exempt_what_cannot_be_edited(folder: Path) -> None:
    (folder / "vendor").mkdir()
    (folder / "vendor" / "a.yaml").write_text(pod("speaker", "app") + "---\n" + pod("other", "app"))
    (folder / ".netraw-lint.yaml").write_text(
        "exemptions:\n"
        "  - {path: vendor/, kind: Pod, name: 'speak*', container: app, rule: NRL003, reason: announces addresses}\n"
        "  - {name: other, reason: was only for 2020, until: 2020-12-31}\n"
    )
    assert exempt(".") == [("NRL003", "announces addresses", None, "settings")]
    assert found(".") == ["vendor/a.yaml:16 NRL003"]
    assert found(".", "--no-ignores") == ["vendor/a.yaml:7 NRL003", "vendor/a.yaml:16 NRL003"]


def test_suppressions_of_other_linters_count_where_asked(folder: Path) -> None:
    text = pod("a", "app").replace(
        "metadata:\n",
        "metadata:\n  annotations:\n    checkov.io/skip1: CKV_K8S_28=needs ping = really\n"
        "    ignore-check.kube-linter.io/drop-net-raw-capability: pings\n",
    )
    (folder / "a.yaml").write_text(text)
    assert found(".") == ["a.yaml:10 NRL003"]
    (folder / ".netraw-lint.yaml").write_text("respect-suppressions: [checkov]\n")
    assert exempt(".") == [("NRL003", "needs ping = really", None, "checkov")]
    (folder / ".netraw-lint.yaml").write_text("respect-suppressions: [kube-linter]\n")
    assert exempt(".") == [("NRL003", "pings", None, "kube-linter")]


def test_an_exempt_finding_is_not_fixed(folder: Path) -> None:
    text = HEAD.format(name="a") + "    # netraw-lint: ignore[NRL003] pings\n" + ENTRY.format(name="a")
    (folder / "a.yaml").write_text(text)
    assert run("--fix", "a.yaml").returncode == 0
    assert (folder / "a.yaml").read_text() == text


LISTS = {
    "drop": "securityContext:\n        capabilities:\n          drop:\n            - NET_RAW\n",
    "all": 'securityContext:\n        capabilities:\n          drop: ["ALL"]\n',
    "others": "securityContext:\n        capabilities:\n          drop:\n          - KILL\n          - NET_RAW\n",
    "flow": "securityContext: {capabilities: {drop: [NET_RAW]}}\n",
    "context": "securityContext:\n        runAsUser: 1\n        capabilities:\n          drop: [NET_RAW]\n",
}


@pytest.mark.parametrize("name", LISTS)
def test_a_grant_and_the_way_back(folder: Path, name: str) -> None:
    fixed = pod("a", "app") + f"      {LISTS[name]}" + ENTRY.format(name="other") + f"      {LISTS['drop']}"
    (folder / "a.yaml").write_text(fixed)
    patch = run("--grant", "app", "--reason", "pings", "--diff", "a.yaml")
    assert (folder / "a.yaml").read_text() == fixed
    subprocess.run(["git", "apply", "--check", "-"], input=patch.stdout, text=True, check=True)
    done = run("--grant", "app", "--reason", "pings its peers", "--until", "2999-01-31", "a.yaml")
    assert (done.returncode, done.stdout) == (0, "a.yaml: granted NET_RAW to app\n")
    granted = (folder / "a.yaml").read_text()
    assert exempt("a.yaml") == [("NRL001", "pings its peers", "2999-01-31", "comment")]
    comment = "    # netraw-lint: ignore[NRL001] pings its peers until=2999-01-31\n"
    assert granted.count(comment) == 1
    (folder / "a.yaml").write_text(granted.replace(comment, ""))
    assert run("--fix", "a.yaml").returncode == 0
    assert (folder / "a.yaml").read_text() == fixed


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (pod("a", "other"), "no containers are called app"),
        (pod("a", "app") + "---\n" + pod("b", "app"), "2 containers are called app"),
        (pod("a", "app") + "      securityContext: {privileged: true}\n", "it is privileged"),
        (
            json.dumps(
                {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{"name": "app", "image": "a"}]}}
            ),
            "JSON has no comments",
        ),
    ],
)
def test_a_grant_that_is_refused(folder: Path, text: str, words: str) -> None:
    (folder / "a.yaml").write_text(text)
    done = run("--grant", "app", "--reason", "pings", "a.yaml")
    assert (done.returncode, words in done.stderr) == (2, True), done.stderr
    assert (folder / "a.yaml").read_text() == text


def test_one_of_two_is_granted_by_its_full_name(folder: Path) -> None:
    (folder / "a.yaml").write_text(pod("a", "app") + "---\n" + pod("b", "app"))
    assert run("--grant", "Pod/b/app", "--reason", "pings", "a.yaml").returncode == 0
    assert exempt("a.yaml") == [("NRL001", "pings", None, "comment")]
    assert found("a.yaml") == ["a.yaml:7 NRL003"]


def test_a_grant_needs_a_reason_and_a_real_date(folder: Path) -> None:
    (folder / "a.yaml").write_text(pod("a", "app"))
    assert "add --reason TEXT" in run("--grant", "app", "a.yaml").stderr
    assert "no date" in run("--grant", "app", "--reason", "x", "--until", "2027-02-30", "a.yaml").stderr


def test_every_finding_is_exempted_in_place(folder: Path) -> None:
    text = (
        pod("a", "one", "two") + "      securityContext:\n        privileged: true\n---\n" + pod("b", "app")
    )
    (folder / "a.yaml").write_text(text)
    done = run("--add-exemptions", "--reason", "old", "--until", "2999-12-31", "a.yaml")
    assert (done.returncode, done.stdout) == (0, "a.yaml: recorded 3 exemptions\n")
    lines = (folder / "a.yaml").read_text().splitlines()
    comments = [line for line in lines if "netraw-lint" in line]
    assert comments == [
        "    # netraw-lint: ignore[NRL003] old until=2999-12-31",
        "    # netraw-lint: ignore[NRL004] old until=2999-12-31",
        "    # netraw-lint: ignore[NRL003] old until=2999-12-31",
    ]
    assert [line for line in lines if "netraw-lint" not in line] == text.splitlines()
    assert run("a.yaml").returncode == 0
    assert run("--add-exemptions", "--reason", "old", "a.yaml").stdout == ""


def test_findings_about_policies_are_recorded_above_their_lines(folder: Path) -> None:
    text = (
        "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: shop\n  labels:\n"
        "    pod-security.kubernetes.io/enforce: baseline\n---\n"
        "apiVersion: policy/v1beta1\nkind: PodSecurityPolicy\nmetadata:\n  name: closed\n"
        "spec:\n  requiredDropCapabilities: [ALL]\n"
    )
    (folder / "a.yaml").write_text(text)

    done = run("--extend-select", "NRL103", "--add-exemptions", "--reason", "old", "a.yaml")

    assert (done.returncode, done.stdout) == (0, "a.yaml: recorded 2 exemptions\n")
    recorded = text.replace("    pod-s", "    # netraw-lint: ignore[NRL103] old\n    pod-s").replace(
        "kind: PodS", "# netraw-lint: ignore[NRL102] old\nkind: PodS"
    )
    assert (folder / "a.yaml").read_text() == recorded

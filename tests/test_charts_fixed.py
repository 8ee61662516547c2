"""Charts are fixed where they are written, and only where rendering proves it."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from charts_engines import CHARTS
from conftest import Tool

Bring = Callable[..., Path]

# Chart and file: the new lines, each with the line (of the new text) that the first of them is.
CHANGES = {
    ("converted", "templates/_pod.tpl"): (
        4,
        ["    securityContext:", "      capabilities:", "        drop:", "          - NET_RAW"],
    ),
    ("guarded", "templates/web.yaml"): (
        18,
        [
            "          {{- else }}",
            "          securityContext:",
            "            capabilities:",
            "              drop:",
            "                - NET_RAW",
        ],
    ),
    ("guarded-capabilities", "templates/web.yaml"): (
        15,
        ["        {{- else }}", "        capabilities:", "          drop:", "            - NET_RAW"],
    ),
    ("helpers", "templates/_containers.tpl"): (
        3,
        ["  securityContext:", "    capabilities:", "      drop:", "        - NET_RAW"],
    ),
    ("hoisted", "templates/web.yaml"): (
        14,
        [
            "          securityContext:",
            "            capabilities:",
            "              drop:",
            "                - NET_RAW",
        ],
    ),
    ("range", "templates/web.yaml"): (
        15,
        [
            "          securityContext:",
            "            capabilities:",
            "              drop:",
            "                - NET_RAW",
        ],
    ),
}
SUBCHART = "  containerSecurityContext:\n    capabilities:\n      drop:\n      - NET_RAW\n"
VALUES = {
    "plain": "\nsecurityContext:\n  capabilities:\n    drop:\n    - NET_RAW\n  # runAsNonRoot: true\n",
    "random": "securityContext:\n  capabilities:\n    drop:\n    - NET_RAW\n",
    "misnamed": "settings:\n  securityContext:\n    capabilities:\n      drop:\n      - NET_RAW\n",
    "values-list": "    securityContext:\n      capabilities:\n        drop: [NET_RAW]\n",
    "crlf": "  capabilities:\r\n    drop:\r\n    - NET_RAW\r\n",
}
REFUSED = {
    "coupled": "right by default, but with checkpoints=true `spec.template.spec.securityContext: {runAsUser: 0}` "
    "would be lost in Deployment/release-name-web",
    "generated": 'it is made by {{- include "generated.context" . | nindent 12 }} on line 16, not spelled out',
    "schema": "line 15 makes its securityContext, and no value of this chart was found to reach it",
    "shared": "`data.context` would change from {} to",
    "exempt-kinds": "privileged grants every capability",
}


def run(tool: Tool, folder: Path, *args: str) -> tuple[Any, str]:
    ran = tool("--isolated", "--output-format=json", *args, cwd=folder)
    return json.loads(ran.stdout), ran.stderr


def tree(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".git" not in path.parts
    }


@pytest.fixture
def fixed(engine: str, tool: Tool, bring: Bring) -> tuple[Path, Any, str]:
    """Every fixture chart that renders, after --fix."""
    names = (
        {name for name, _ in CHANGES}
        | {"subchart"}
        | set(VALUES)
        | set(REFUSED)
        | {"literal", "separators", "switch"}
    )
    folder = bring(*sorted(names))
    return (folder, *fix_all(tool, folder, sorted(names)))


def fix_all(tool: Tool, folder: Path, names: list[str]) -> tuple[Any, str]:
    """Fix charts, a few in each run."""
    data: dict[str, Any] = {"findings": []}
    told = ""
    for start in range(0, len(names), 5):
        part, said = run(tool, folder, "--fix", *names[start : start + 5])
        data["findings"] += part["findings"]
        told += said
    return data, told


def test_charts_are_fixed_where_they_are_written(fixed: tuple[Path, Any, str], tool: Tool) -> None:
    folder, data, told = fixed

    for (name, file), (line, wanted) in CHANGES.items():
        old = (CHARTS / name / file).read_text().split("\n")
        new = (folder / name / file).read_text().split("\n")
        assert new[line - 1 : line - 1 + len(wanted)] == wanted, (name, file)
        assert new[: line - 1] + new[line - 1 + len(wanted) :] == old, (name, file)
    values = (folder / "subchart" / "values.yaml").read_text()
    assert values.replace(SUBCHART, "") == (CHARTS / "subchart" / "values.yaml").read_text()
    for name, text in VALUES.items():
        assert text in (folder / name / "values.yaml").read_bytes().decode(), name
    refusals = {each["path"].split("/")[0]: each["refusal"] for each in data["findings"]}
    for name, reason in REFUSED.items():
        assert reason in refusals[name], name
        assert tree(folder / name) == tree(CHARTS / name), name
    assert "netraw-lint: plain: setting securityContext.capabilities.drop\n" in told
    proof = "proven by rendering 1 value set, an upgrade, 2 values set by a user, and 0 of 0 switches flipped"
    assert f"netraw-lint: plain: {proof}\n" in told

    literal = (folder / "literal" / "templates" / "web.yaml").read_text()
    assert "drop:\n                - SYS_TIME\n                - NET_RAW\n        - name: flow" in literal
    assert 'drop: ["SYS_TIME", "NET_RAW"]\n' in literal
    assert (
        "capabilities:\n              drop:\n                - NET_RAW\n            runAsNonRoot: true"
        in literal
    )
    left = [(each["rule"], each["line"]) for each in data["findings"] if each["path"].startswith("literal/")]
    assert [rule for rule, _ in left] == ["NRL001"]

    before = tree(folder)
    again, told = fix_all(tool, folder, sorted(path.name for path in folder.iterdir() if path.name != ".git"))
    assert tree(folder) == before
    assert again["findings"] == data["findings"]
    assert "setting" not in told


def test_subcharts_are_never_edited(engine: str, tool: Tool, bring: Bring) -> None:
    folder = bring("subchart")

    data, _ = run(tool, folder, "--fix", "subchart")

    (finding,) = data["findings"]
    assert (finding["path"], finding["line"]) == ("subchart/charts/db/templates/db.yaml", 14)
    assert finding["refusal"].startswith("it is in a vendored subchart")
    assert tree(folder / "subchart" / "charts") == tree(CHARTS / "subchart" / "charts")


def test_a_patch_instead_of_a_fix(engine: str, tool: Tool, bring: Bring) -> None:
    folder = bring("plain", "hoisted")
    ran = tool("--isolated", "--diff", ".", cwd=folder)
    for name in ("plain", "hoisted"):
        assert tree(folder / name) == tree(CHARTS / name)
    assert ran.code == 1
    shutil.rmtree(folder / ".git")
    git = ("git", "-C", str(folder))
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "apply", "-"], input=ran.stdout.encode(), check=True)
    patched = tree(folder)

    for name in ("plain", "hoisted"):
        shutil.rmtree(folder / name)
        shutil.copytree(CHARTS / name, folder / name)
    run(tool, folder, "--fix", ".")

    assert tree(folder) == patched


def test_a_job_that_exists_cannot_be_changed_and_it_is_said(engine: str, tool: Tool, bring: Bring) -> None:
    folder = bring("job")

    data, told = run(tool, folder, "--fix", "job")

    assert data["findings"] == []
    text = (folder / "job" / "templates" / "job.yaml").read_text()
    assert "          {{- else }}\n          securityContext:\n" in text
    assert (
        "`helm upgrade` cannot change the pods of a Job that exists: delete Job/release-name-migrate" in told
    )


@pytest.mark.parametrize(
    "setting",
    [
        "exemptions: [{container: web, reason: it pings}]\n",
        "per-file-ignores: {plain/templates/web.yaml: [NRL003]}\n",
    ],
)
def test_what_is_accepted_stays(setting: str, engine: str, tool: Tool, bring: Bring) -> None:
    folder = bring("plain")
    (folder / ".netraw-lint.yaml").write_text(setting)

    ran = tool("--fix", "plain", cwd=folder)

    assert ran.code == 0, ran.stdout
    assert (folder / "plain" / "values.yaml").read_bytes() == (CHARTS / "plain" / "values.yaml").read_bytes()
    assert "NET_RAW" in (folder / "plain" / "templates" / "tests" / "check.yaml").read_text()


def test_what_exploring_finds_is_fixed_too(engine: str, tool: Tool, bring: Bring) -> None:
    folder = bring("switch")

    data, _ = run(tool, folder, "--fix", "--explore", "switch")

    assert data["findings"] == []
    text = (folder / "switch" / "templates" / "web.yaml").read_text()
    assert "- name: metrics\n          securityContext:\n" in text


def test_a_byte_order_mark_stays(engine: str, tool: Tool, bring: Bring) -> None:
    folder = bring("random")
    values = folder / "random" / "values.yaml"
    values.write_bytes(b"\xef\xbb\xbf" + values.read_bytes())

    data, _ = run(tool, folder, "--fix", "random")

    assert data["findings"] == []
    assert data["problems"] == []
    assert values.read_bytes().startswith(b"\xef\xbb\xbfsecurityContext:\n  capabilities:")


def test_ci_values_prove_and_are_proven(engine: str, tool: Tool, bring: Bring) -> None:
    folder = bring("required-ci")

    data, told = run(tool, folder, "--fix", "required-ci")

    assert data["findings"] == []
    assert "proven by rendering 2 value sets, an upgrade" in told
    assert tree(folder / "required-ci" / "ci") == tree(CHARTS / "required-ci" / "ci")

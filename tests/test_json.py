"""The JSON report keeps the promise of schemas/report.schema.json."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from conftest import CHECKOUT, Tool
from netraw_lint.model import Exemption, Report
from netraw_lint.reporters import json_

SCHEMA = json.loads((CHECKOUT / "schemas" / "report.schema.json").read_text("utf-8"))
VALIDATOR = Draft202012Validator(SCHEMA, format_checker=Draft202012Validator.FORMAT_CHECKER)

# The promise, word for word; `help` and what summary holds came on top of it.
TOP = ["schema_version", "tool", "summary", "findings", "exempt", "problems"]
FINDING = """rule name severity message help path line column end_line end_column document origin object container
    fix refusal identity""".split()
OBJECT = ["api_version", "kind", "namespace", "name"]
CONTAINER = ["list", "index", "name", "pod_path"]
PROBLEM = ["path", "stage", "message", "line"]
JUDGED = ["path", "line", "document", "origin", "object", "container", "holds_net_raw", "why"]

PODS = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  template:
    spec:
      initContainers:
      - name: setup
        image: registry.example/setup:1
      containers:
      - name: app
        image: registry.example/app:1
        securityContext: {capabilities: {drop: [ALL]}}
---
# Source: shop/templates/pod.yaml
apiVersion: v1
kind: Pod
metadata: {name: typo}
spec:
  containers:
  - name: never-starts
    image: registry.example/app:1
    securityContext: {capabilities: {drop: [NET_RAWW], add: [NO_SUCH_CAPABILITY]}}
---
apiVersion: policy/v1beta1
kind: PodSecurityPolicy
metadata: {name: open}
spec: {allowedCapabilities: ['*']}
"""
BROKEN = "kind: Pod\nspec: {containers: [\n"


def report(ran_stdout: str) -> dict[str, Any]:
    """A report that its schema allows."""
    data: dict[str, Any] = json.loads(ran_stdout)
    VALIDATOR.validate(data)
    assert ran_stdout.isascii()
    assert ran_stdout.endswith("}\n")
    return data


@pytest.fixture
def run(tool: Tool, tmp_path: Path) -> Any:
    """Lints some files with some arguments; gives the validated report."""
    (tmp_path / ".git").mkdir()

    def linted(*args: str, **texts: str) -> dict[str, Any]:
        for name, text in texts.items():
            (tmp_path / f"{name}.yaml").write_text(text, "utf-8")
        return report(tool("--output-format=json", *args, cwd=tmp_path).stdout)

    return linted


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$id"] == "urn:netraw-lint:schema:report"


def objects(schema: Any) -> list[Any]:
    if isinstance(schema, list):
        return [found for item in schema for found in objects(item)]
    if not isinstance(schema, dict):
        return []
    return [*([schema] if "properties" in schema else []), *objects(list(schema.values()))]


def test_every_object_of_the_schema_is_closed_and_every_key_described() -> None:
    for schema in objects(SCHEMA):
        assert schema["additionalProperties"] is False
        for name, value in schema["properties"].items():
            target = SCHEMA["$defs"][value["$ref"].rpartition("/")[2]] if "$ref" in value else value
            assert target.get("description"), name


def test_the_promised_keys_are_all_there_and_no_others(run: Any) -> None:
    data = run(pods=PODS, broken=BROKEN)

    assert list(data) == TOP
    assert list(data["tool"]) == ["name", "version"]
    assert {tuple(finding) for finding in data["findings"]} == {tuple(FINDING)}
    assert {tuple(f["object"]) for f in data["findings"] if f["object"]} == {tuple(OBJECT)}
    assert {tuple(f["container"]) for f in data["findings"] if f["container"]} == {tuple(CONTAINER)}
    assert data["exempt"] == []
    assert data["schema_version"] == 1


def test_a_finding(run: Any) -> None:
    (finding,) = [each for each in run(pods=PODS)["findings"] if each["rule"] == "NRL003"]

    assert finding | {"message": "", "help": ""} == {
        "rule": "NRL003",
        "name": "net-raw-not-dropped",
        "severity": "error",
        "message": "",
        "help": "",
        "path": "pods.yaml",
        "line": 8,
        "column": 15,
        "end_line": 8,
        "end_column": 20,
        "document": 0,
        "origin": None,
        "object": {"api_version": "apps/v1", "kind": "Deployment", "namespace": "shop", "name": "web"},
        "container": {
            "list": "initContainers",
            "index": 0,
            "name": "setup",
            "pod_path": "spec.template.spec",
        },
        "fix": finding["fix"],
        "refusal": finding["refusal"],
        "identity": "NRL003 apps/Deployment/shop/web initContainers/setup",
    }
    assert 'Deployment/shop/web, init container "setup"' in finding["message"]
    assert "containerd and docker" in finding["message"]


def test_the_origin_of_a_rendered_chart(run: Any) -> None:
    origins = {(f["document"], f["origin"]) for f in run(pods=PODS)["findings"]}

    assert origins == {(0, None), (1, "shop/templates/pod.yaml"), (2, None)}


def test_nothing_found(run: Any) -> None:
    data = run(empty="", settings="a: 1\n")

    assert (data["findings"], data["problems"], data["exempt"]) == ([], [], [])
    assert data["summary"] == {
        "files": 2,
        "documents": 1,
        "workloads": 0,
        "containers": 0,
        "unrendered": 0,
        "findings": 0,
        "exempt": 0,
        "problems": 0,
        "rules": {},
    }


def test_the_summary_adds_up(run: Any) -> None:
    data = run(".", "missing", pods=PODS, broken=BROKEN)

    summary = data["summary"]
    assert summary["findings"] == len(data["findings"]) == sum(summary["rules"].values())
    assert (summary["files"], summary["documents"], summary["containers"]) == (2, 4, 3)
    assert summary["problems"] == len(data["problems"]) == 1


def test_problems(run: Any, tmp_path: Path) -> None:
    (tmp_path / "binary.yaml").write_bytes(b"a: 1\nb: \xff\n")

    problems = run(".", "missing")["problems"]

    assert {tuple(problem) for problem in problems} == {tuple(PROBLEM)}
    assert [(problem["path"], problem["stage"], problem["line"]) for problem in problems] == [
        ("binary.yaml", "read", 2),
        ("missing", "discover", None),
    ]


def test_an_unreadable_document_has_no_object(run: Any) -> None:
    (finding,) = run(broken=BROKEN)["findings"]

    assert (finding["rule"], finding["object"], finding["container"]) == ("NRL900", None, None)


def test_the_evidence(run: Any) -> None:
    data = run("--show-containers", pods=PODS)

    assert list(data) == [*TOP, "containers"]
    assert {tuple(judged) for judged in data["containers"]} == {tuple(JUDGED)}
    assert [
        (each["line"], each["container"]["name"], each["holds_net_raw"]) for each in data["containers"]
    ] == [
        (8, "setup", {"containerd": True, "cri-o": False, "docker": True}),
        (11, "app", {"containerd": False, "cri-o": False, "docker": False}),
        (21, "never-starts", {"containerd": True, "cri-o": "error", "docker": "error"}),
    ]
    assert all(each["why"] for each in data["containers"])
    assert data["containers"][2]["origin"] == "shop/templates/pod.yaml"


def test_the_evidence_for_some_runtimes(run: Any) -> None:
    data = run("--show-containers", "--runtimes", "cri-o", pods=PODS)

    assert [list(each["holds_net_raw"]) for each in data["containers"]] == [["cri-o"]] * 3


def test_no_evidence_is_an_empty_list(run: Any) -> None:
    assert run("--show-containers", empty="")["containers"] == []


def test_an_exempt_finding_fits_the_schema() -> None:
    import netraw_lint

    linted = netraw_lint.lint_text(PODS)
    first, *rest = linted.findings
    exempt = Report(
        tuple(rest),
        (Exemption(first, "sends ICMP", "2027-12-31", ".netraw-lint.yaml"),),
        linted.problems,
        linted.containers,
        linted.counts,
    )

    data = report(json_.render(exempt, version="1"))

    assert list(data["exempt"][0]) == [*FINDING, "reason", "until", "exempted_by"]


def test_the_examples_fit_the_schema(tool: Tool) -> None:
    data = report(tool("--output-format=json", "--show-containers", "examples").stdout)

    assert data["summary"]["findings"] > 0

"""The workload catalogue is well formed, and no row of it gets lost."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import jsonschema
import pytest

SCHEMAS = Path(__file__).parents[1] / "schemas"
CATALOGUE = SCHEMAS / "workloads.json"
KEY = re.compile(r"[A-Za-z0-9_-]+")
TOKEN = re.compile(r"\.(?:\*\*|\*|[A-Za-z0-9_-]+)|\[\*\]")

Row = dict[str, Any]


@pytest.fixture(scope="module")
def text() -> str:
    return CATALOGUE.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def catalogue(text: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(text)
    return loaded


@pytest.fixture(scope="module")
def rows(catalogue: dict[str, Any]) -> list[Row]:
    found: list[Row] = catalogue["workloads"]
    return found


@pytest.fixture(scope="module")
def not_rows(catalogue: dict[str, Any]) -> list[Row]:
    found: list[Row] = catalogue["not_workloads"]
    return found


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((SCHEMAS / "workloads.schema.json").read_text(encoding="utf-8"))
    return loaded


def segments(path: str) -> list[str]:
    """``a.b[*].*`` as ``["a", ".b", "[*]", ".*"]``; ValueError where the path does not parse."""
    head = KEY.match(path)
    if head is None:
        raise ValueError(path)
    found, at = [head.group()], head.end()
    while at < len(path):
        token = TOKEN.match(path, at)
        if token is None:
            raise ValueError(path)
        found.append(token.group())
        at = token.end()
    return found


def key(row: Row) -> tuple[str, str, str]:
    return row["group"], row["kind"], row["path"]


def find(rows: list[Row], group: str, kind: str, path: str) -> Row:
    (row,) = (row for row in rows if key(row) == (group, kind, path))
    return row


def test_the_schema_is_a_schema(schema: dict[str, Any]) -> None:
    jsonschema.Draft202012Validator.check_schema(schema)


def test_the_catalogue_fits_its_schema(catalogue: dict[str, Any], schema: dict[str, Any]) -> None:
    errors = jsonschema.Draft202012Validator(schema).iter_errors(catalogue)
    assert [f"{error.json_path}: {error.message}" for error in errors] == []


def test_the_schema_is_closed_and_describes_everything(schema: dict[str, Any]) -> None:
    closed = [schema, schema["$defs"]["row"], schema["$defs"]["not_row"]]
    for node in closed:
        assert node["additionalProperties"] is False
        for name, value in node["properties"].items():
            assert value["description"], name


@pytest.mark.parametrize(
    "wrong",
    [
        {"path": "spec..template"},
        {"path": "spec.items[0]"},
        {"path": "spec.**"},
        {"path": ""},
        {"shape": "PodTemplateSpec"},
        {"regime": "unheard-of"},
        {"managed": ["app"]},
        {"defaults": "spec."},
        {"patches": []},
        {"parital": True},
    ],
    ids=str,
)
def test_the_schema_refuses_a_wrong_row(schema: dict[str, Any], wrong: Row) -> None:
    right: Row = {"group": "example.com", "kind": "App", "path": "spec.template.spec", "shape": "PodSpec"}
    check = jsonschema.Draft202012Validator(schema)
    assert check.is_valid({"workloads": [right], "not_workloads": []})
    assert not check.is_valid({"workloads": [right | wrong], "not_workloads": []})


def test_one_row_per_line(text: str, rows: list[Row], not_rows: list[Row]) -> None:
    lines = [line.removesuffix(",") for line in text.splitlines() if line.startswith('{"group"')]
    assert [json.loads(line) for line in lines] == rows + not_rows
    assert lines == [json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in rows + not_rows]


def test_small_enough_to_load_at_every_start() -> None:
    assert CATALOGUE.stat().st_size < 260 * 1024


@pytest.mark.parametrize("table", ["workloads", "not_workloads"])
def test_sorted_without_duplicates(catalogue: dict[str, Any], table: str) -> None:
    keys = [key(row) for row in catalogue[table]]
    assert keys == sorted(set(keys))


def test_kinds_are_unique_without_regard_to_case(rows: list[Row]) -> None:
    """A row with ``kind_any_case`` must not repeat a row that spells the kind rightly."""
    folded = Counter((row["group"], row["kind"].lower(), row["path"]) for row in rows)
    assert [name for name, count in folded.items() if count > 1] == []
    assert all(row["kind"] == row["kind"].lower() for row in rows if row.get("kind_any_case"))


def test_every_path_parses(rows: list[Row]) -> None:
    for row in rows:
        for path in [row["path"], *row.get("patches", []), *([row["defaults"]] if "defaults" in row else [])]:
            assert ".**" not in segments(path), path


def test_every_path_that_is_no_workload_parses(not_rows: list[Row]) -> None:
    for row in not_rows:
        assert row["path"] in {"", "**"} or segments(row["path"])


def test_the_wildcards_of_defaults_and_patches_are_bound_by_the_path(rows: list[Row]) -> None:
    """``defaults`` and ``patches`` lead to one place: they have no wildcard past the prefix shared with ``path``."""
    for row in rows:
        for other in [*row.get("patches", []), *([row["defaults"]] if "defaults" in row else [])]:
            mine, theirs = segments(row["path"]), segments(other)
            shared = 0
            while shared < min(len(mine), len(theirs)) and mine[shared] == theirs[shared]:
                shared += 1
            assert not {"[*]", ".*"} & set(theirs[shared:]), (row["path"], other)


def test_optional_keys_are_left_out_where_they_say_nothing(rows: list[Row]) -> None:
    for row in rows:
        assert row.get("partial", True) is True
        assert row.get("fixable", False) is False
        assert row.get("kind_any_case", True) is True


def test_figures(rows: list[Row], not_rows: list[Row]) -> None:
    """The exact size of the catalogue: change these with it, so that a lost row shows."""
    assert len(rows) == 955
    assert len({(row["group"], row["kind"]) for row in rows}) == 438
    assert len({row["group"] for row in rows}) == 181
    assert len(not_rows) == 90
    assert Counter(row["shape"] for row in rows) == {
        "PartialPodTemplate": 267,
        "ContainerList": 200,
        "SecurityContext": 156,
        "PodSpec": 141,
        "Container": 135,
        "EmbeddedObject": 47,
        "StringYAML": 9,
    }
    assert Counter(row["regime"] for row in rows if "regime" in row) == {
        "operator": 171,
        "defaults": 26,
        "patch": 23,
        "smp-drop-all": 8,
        "nil-drop-all": 6,
        "field-drop-all": 1,
        "overwritten": 1,
        "snapshot": 1,
    }
    counted = ("partial", "fixable", "managed", "defaults", "patches", "kind_any_case")
    assert [sum(name in row for row in rows) for name in counted] == [671, 35, 9, 64, 32, 53]


@pytest.mark.parametrize(
    ("group", "kind", "path", "expected"),
    [
        ("", "Pod", "spec", {"shape": "PodSpec"}),
        ("apps", "Deployment", "spec.template.spec", {"shape": "PodSpec"}),
        ("apps", "ControllerRevision", "data.spec.template.spec", {"regime": "snapshot", "fixable": False}),
        ("tekton.dev", "Task", "spec.steps", {"shape": "ContainerList", "defaults": "spec.stepTemplate"}),
        ("tekton.dev", "Task", "spec.sidecars", {"shape": "ContainerList"}),
        (
            "tekton.dev",
            "Task",
            "spec.stepTemplate",
            {"shape": "Container", "partial": True, "regime": "defaults"},
        ),
        (
            "tekton.dev",
            "PipelineRun",
            "spec.pipelineSpec.finally[*].taskSpec.steps",
            {"defaults": "spec.pipelineSpec.finally[*].taskSpec.stepTemplate"},
        ),
        (
            "argoproj.io",
            "CronWorkflow",
            "spec.workflowSpec.templates[*].sidecars",
            {
                "defaults": "spec.workflowSpec.templateDefaults.sidecars",
                "patches": ["spec.workflowSpec.podSpecPatch", "spec.workflowSpec.templates[*].podSpecPatch"],
            },
        ),
        ("argoproj.io", "Workflow", "spec.templateDefaults.script", {"regime": "defaults"}),
        (
            "testworkflows.testkube.io",
            "TestWorkflow",
            "spec.steps[*].run",
            {"partial": True, "defaults": "spec.container"},
        ),
        ("postgresql.cnpg.io", "Cluster", "spec.securityContext", {"regime": "field-drop-all"}),
        (
            "postgresql.cnpg.io",
            "Pooler",
            "spec.template.spec",
            {"regime": "overwritten", "managed": ["pgbouncer"]},
        ),
        ("kibana.k8s.elastic.co", "Kibana", "spec.podTemplate.spec", {"regime": "nil-drop-all"}),
        (
            "monitoring.coreos.com",
            "Alertmanager",
            "spec",
            {
                "regime": "smp-drop-all",
                "managed": ["alertmanager", "config-reloader", "init-config-reloader"],
            },
        ),
        (
            "kafka.strimzi.io",
            "KafkaBridge",
            "spec.template.bridgeContainer.securityContext",
            {"regime": "operator"},
        ),
        (
            "flow.volcano.sh",
            "JobFlow",
            "spec.flows[*].patch.jobSpec.tasks[*].template.spec",
            {"regime": "patch"},
        ),
    ],
)
def test_landmarks(rows: list[Row], group: str, kind: str, path: str, expected: Row) -> None:
    row = find(rows, group, kind, path)
    assert expected.items() <= row.items()
    if "regime" not in expected:
        assert "regime" not in row
    if "defaults" not in expected:
        assert "defaults" not in row


def test_nothing_is_expanded_by_halves(not_rows: list[Row]) -> None:
    for row in not_rows:
        assert not set("|{};()") & set(row["kind"] + row["path"])

"""Every row of the catalogue finds its containers: a minimal object for each path, from bytes to findings."""

from __future__ import annotations

import json
from typing import Any

import pytest

from netraw_lint import api, manifest, paths, workloads
from netraw_lint.catalogue import _NEVER, BUILT_IN, Catalogue, _keys, is_denied
from netraw_lint.model import Container, Finding, PodTemplate, Source
from netraw_lint.schemas_dir import read_catalogue

DATA = read_catalogue()
ROWS: list[dict[str, Any]] = DATA["workloads"]
CATALOGUE = Catalogue(read_catalogue)
ADD = {"capabilities": {"add": ["NET_RAW"]}}
APP = {"name": "app", "image": "registry.example/app:1", "securityContext": ADD}
BARE = {"name": "app", "image": "registry.example/app:1"}
DROP = {"capabilities": {"drop": ["ALL"]}}
LISTS = ("initContainers", "containers", "ephemeralContainers")
POD = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "inner"}, "spec": {"containers": [APP]}}

UNREACHABLE = {
    (
        "(none)",
        "(Prow job config)",
    ): "Prow job files have neither apiVersion nor kind; judging those is opt-in",
    ("cert-manager.io", "ClusterIssuer"): "the CRD has no container list there: the denied paths come first",
    ("cert-manager.io", "Issuer"): "the CRD has no container list there: the denied paths come first",
}
REACHABLE = [row for row in ROWS if (row["group"], row["kind"]) not in UNREACHABLE]
TYPED_LISTS = [row for row in REACHABLE if row["kind"].endswith("List") and row["kind"] != "List"]
IN_PLACE = [row for row in REACHABLE if row not in TYPED_LISTS and row["shape"] != "EmbeddedObject"]
EMBEDDED = [row for row in REACHABLE if row["shape"] == "EmbeddedObject"]


def title(row: dict[str, Any]) -> str:
    return f"{row['group']}/{row['kind']}:{row['path']}"


def of_kind(row: dict[str, Any]) -> list[dict[str, Any]]:
    return [other for other in ROWS if (other["group"], other["kind"]) == (row["group"], row["kind"])]


def put(target: Any, steps: paths.Steps, leaf: Any) -> Any:
    """``target`` with ``leaf`` at the end of a path; wildcards become the first item, or the key ``any``."""
    if not steps:
        return leaf
    step, rest = steps[0], steps[1:]
    if step == paths.ITEMS:
        items = target if isinstance(target, list) else [None]
        return [put(items[0], rest, leaf)]
    fields = dict(target) if isinstance(target, dict) else {}
    name = "any" if step == paths.VALUES else step
    fields[name] = put(fields.get(name), rest, leaf)
    return fields


def concrete(path: str) -> str:
    return paths.render(
        tuple({paths.ITEMS: "[0]", paths.VALUES: "any"}.get(step, step) for step in paths.parse(path))
    )


def of_row(row: dict[str, Any], leaf: Any, kind: str = "") -> dict[str, Any]:
    base = {
        "apiVersion": f"{row['group']}/v1" if row["group"] else "v1",
        "kind": kind or row["kind"],
        "metadata": {"name": "outer"},
    }
    built: dict[str, Any] = put(base, paths.parse(row["path"]), leaf)
    return built


def leaf_of(row: dict[str, Any], app: dict[str, Any] = APP) -> tuple[Any, list[str]]:
    """What to put at the path of a row, and the paths of the containers in it."""
    at = concrete(row["path"])
    match row["shape"]:
        case "PodSpec" | "PartialPodTemplate":
            denied = CATALOGUE.denied(row["group"], row["kind"])
            names = [name for name in LISTS if not is_denied(paths.parse(f"{at}.{name}"), denied)]
            return {name: [app] for name in LISTS}, [f"{at}.{name}[0]" for name in names]
        case "ContainerList":
            return [app], [f"{at}[0]"]
        case "Container":
            return app, [at]
        case "SecurityContext":
            return (ADD["capabilities"] if at.endswith(".capabilities") else ADD), [at]
        case _:
            assert row["shape"] == "StringYAML"
            if row.get("regime") == "patch":
                return json.dumps({"containers": [app]}), [f"{at}.containers[0]"]
            return json.dumps({**POD, "spec": {"containers": [app]}}), [f"{at}.spec.containers[0]"]


def found_in(text: str) -> list[Container]:
    """The containers in the bytes of a manifest, through the byte filter."""
    found = []
    for document in manifest.documents(Source("row.yaml", text.encode()), CATALOGUE.holds_containers):
        assert isinstance(document, manifest.Document), document
        for obj in workloads.objects(document, CATALOGUE):
            for item in workloads.containers(obj, CATALOGUE):
                assert isinstance(item, Container | PodTemplate), item
                found += [item] if isinstance(item, Container) else []
    return found


def findings(text: str, *rules: str) -> list[Finding]:
    report = api.lint_text(text, rules=rules)
    assert report.problems == ()
    return list(report.findings)


def assert_located(text: str, row: dict[str, Any], found: list[Finding], count: int) -> None:
    """Every finding stands at the entry that adds NET_RAW, or at the string that holds it."""
    assert len(found) == count
    lines = text.split("\n")
    for finding in found:
        place = finding.location
        marked = lines[place.line - 1][place.column - 1 : place.end_column - 1]
        if row["shape"] == "StringYAML":
            assert json.loads(json.loads(marked))
        else:
            assert marked == '"NET_RAW"'
    assert len({finding.location for finding in found}) == (1 if row["shape"] == "StringYAML" else count)


@pytest.mark.parametrize("row", IN_PLACE, ids=title)
def test_every_row_finds_its_containers(row: dict[str, Any]) -> None:
    leaf, expected = leaf_of(row)
    kinds = [row["kind"], *([row["kind"].title()] if row.get("kind_any_case") else [])]
    for kind in kinds:
        text = json.dumps(of_row(row, leaf, kind), indent=1)
        # StarRocks has the capabilities of a component beside the lists of its other containers.
        around = {concrete(row["path"]) for row in of_kind(row) if row["shape"] == "SecurityContext"}
        found = [item for item in found_in(text) if item.path not in around or item.path in expected]
        assert sorted(container.path for container in found) == sorted(expected)
        assert {container.security.add for container in found} == {("NET_RAW",)}
        assert {container.fixable for container in found} == {row.get("fixable", True)}
        judged = [container for container in found if container.regime not in workloads.UNJUDGED]
        assert (judged == []) is (row.get("regime") in {"defaults", "snapshot"})
        assert_located(text, row, findings(text, "NRL001"), len(judged))


@pytest.mark.parametrize("row", TYPED_LISTS, ids=title)
def test_typed_lists_need_no_kinds_in_their_items(row: dict[str, Any]) -> None:
    leaf, _ = leaf_of(row)
    text = json.dumps(of_row(row, leaf), indent=1)
    found = found_in(text)
    assert [container.list for container in found] == list(LISTS)
    assert {container.template.object.kind for container in found} == {row["kind"].removesuffix("List")}
    assert_located(text, row, findings(text, "NRL001"), len(LISTS))


@pytest.mark.parametrize("row", EMBEDDED, ids=title)
def test_embedded_objects_are_objects_of_their_own(row: dict[str, Any]) -> None:
    text = json.dumps(of_row(row, POD), indent=1)
    (container,) = found_in(text)
    assert str(container.template.object) == "Pod/inner"
    assert container.regime == ("patch" if row.get("regime") == "patch" else "")
    assert_located(text, row, findings(text, "NRL001"), 1)


@pytest.mark.parametrize("row", [row for row in IN_PLACE if "defaults" in row], ids=title)
def test_defaults_are_merged_under_the_containers(row: dict[str, Any]) -> None:
    leaf, expected = leaf_of(row, BARE)
    bare = of_row(row, leaf)
    assert len(findings(json.dumps(bare), "NRL003")) == len(expected)
    carrier: Any = {"name": "app", "securityContext": DROP}
    default = paths.parse(row["defaults"])
    merged = put(bare, default, [carrier] if row["defaults"].endswith(("ontainers", "sidecars")) else carrier)
    assert findings(json.dumps(merged), "NRL003") == []


@pytest.mark.parametrize("row", [row for row in IN_PLACE if "patches" in row], ids=title)
def test_patches_are_merged_over_the_containers(row: dict[str, Any]) -> None:
    name = "main" if row["shape"] == "Container" else "app"
    leaf, expected = leaf_of(row, {**BARE, "name": name})
    bare = of_row(row, leaf)
    assert len(findings(json.dumps(bare), "NRL003")) == len(expected)
    for path in row["patches"]:
        patch = json.dumps(
            {key: [{"name": name, "securityContext": DROP}] for key in ("containers", "initContainers")}
        )
        assert findings(json.dumps(put(bare, paths.parse(path), patch)), "NRL003") == []


@pytest.mark.parametrize("row", DATA["not_workloads"], ids=title)
def test_what_is_no_workload_is_silent(row: dict[str, Any]) -> None:
    """Neither as a pod specification, nor as a list, nor with an object embedded there."""
    path = row["path"].removesuffix("**").removesuffix(".").replace("**", "any") or "spec"
    for leaf in ({"containers": [BARE]}, [BARE], BARE, POD, [POD]):
        outer = of_row({**row, "kind": row["kind"].replace("*", "Any"), "path": path}, leaf)
        report = api.lint_text(json.dumps(outer))
        assert (report.findings, report.problems) == ((), ())


def test_what_is_built_in_is_what_the_catalogue_says() -> None:
    for (group, kind), path in BUILT_IN.items():
        rows = [row for row in ROWS if (row["group"], row["kind"]) == (group, kind)]
        assert [(row["path"], row["shape"]) for row in rows] == [(path, "PodSpec")]
        assert all(set(row) == {"group", "kind", "path", "shape", "source"} for row in rows)
        assert not [row for row in DATA["not_workloads"] if (row["group"], row["kind"]) == (group, kind)]


def test_kinds_that_never_hold_containers_hold_none() -> None:
    """The byte filter passes a document over if all kinds in it are of this list and no container list is."""
    elsewhere = {row["kind"] for row in ROWS if "ontainers" not in _keys(row)}
    assert sorted(_NEVER & elsewhere) == []
    assert sorted({kind.lower() for kind in _NEVER} & {kind.lower() for kind in elsewhere}) == []
    assert not CATALOGUE.holds_containers(set(_NEVER))
    assert all(CATALOGUE.holds_containers({kind}) for kind in elsewhere)


def test_the_filter_lets_every_kind_through_that_a_user_describes() -> None:
    from netraw_lint.model import CatalogueRow

    own = Catalogue(read_catalogue, [CatalogueRow("example.com", "Role", "spec.runner", "Container")])
    assert own.holds_containers({"Role"})


def test_unreachable_rows_are_unreachable() -> None:
    rows = [row for row in ROWS if (row["group"], row["kind"]) in UNREACHABLE]
    assert len(rows) == 7
    for row in rows:
        leaf, _ = leaf_of(row)
        nameless = row["group"].startswith("(")
        text = json.dumps(put({}, paths.parse(row["path"]), leaf) if nameless else of_row(row, leaf))
        assert findings(text, "NRL001") == []

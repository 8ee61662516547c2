"""Identities of findings: what baselines hold them by. Those of the built-in kinds stay what they were."""

from __future__ import annotations

import json

import pytest

from netraw_lint import api
from netraw_lint.catalogue import BUILT_IN, Catalogue, one_of_several
from netraw_lint.schemas_dir import read_catalogue

CONTAINER = {"name": "app", "image": "example/app:1"}
POD = {"containers": [CONTAINER], "initContainers": [{**CONTAINER, "name": "setup"}]}


def identities(group: str, kind: str, **content: object) -> list[str]:
    version = f"{group}/v1" if group else "v1"
    made = {"apiVersion": version, "kind": kind, "metadata": {"name": "web", "namespace": "shop"}, **content}
    return [finding.identity for finding in api.lint_text(json.dumps(made) + "\n", rules=["NRL003"]).findings]


def at(path: str, value: object) -> dict[str, object]:
    for key in reversed(path.split(".")):
        value = {key: value}
    assert isinstance(value, dict)
    return value


@pytest.mark.parametrize(("group", "kind"), BUILT_IN)
def test_those_of_the_built_in_kinds(group: str, kind: str) -> None:
    owner = f"{group}/{kind}" if group else kind

    assert sorted(identities(group, kind, **at(BUILT_IN[group, kind], POD))) == [
        f"NRL003 {owner}/shop/web containers/app",
        f"NRL003 {owner}/shop/web initContainers/setup",
    ]


def test_a_kind_of_one_template_has_none_of_its_path() -> None:
    (first, _) = identities("argoproj.io", "Rollout", spec={"template": {"spec": POD}})

    assert first == "NRL003 argoproj.io/Rollout/shop/web containers/app"


def test_replicas_of_a_job_differ() -> None:
    replica = {"replicas": 1, "template": {"spec": {"containers": [CONTAINER]}}}

    found = identities(
        "kubeflow.org", "PyTorchJob", spec={"pytorchReplicaSpecs": {"Master": replica, "Worker": replica}}
    )

    assert found == [
        "NRL003 kubeflow.org/PyTorchJob/shop/web spec.pytorchReplicaSpecs.Master.template.spec containers/app",
        "NRL003 kubeflow.org/PyTorchJob/shop/web spec.pytorchReplicaSpecs.Worker.template.spec containers/app",
    ]


def test_templates_of_a_kind_that_nobody_has_described_differ() -> None:
    spec = {
        "template": {"spec": POD},
        "head": {"spec": POD},
        "workers": [{"spec": POD}, {"spec": POD}],
        **POD,
    }

    found = identities("example.org", "Thing", spec=spec)

    assert len(found) == len(set(found)) == 10
    assert "NRL003 example.org/Thing/shop/web containers/app" in found
    alone = identities("example.org", "Thing", spec={"head": {"spec": POD}})
    assert set(alone) < set(found)  # what else stands in the object is no part of it


def test_no_two_rows_of_a_kind_share_them() -> None:
    """Of the rows where containers of the same list or key may stand, one at most goes without its path."""
    data = read_catalogue()
    catalogue = Catalogue(lambda: data)
    kinds = {(row["group"], row["kind"]) for row in data["workloads"]}
    several = 0
    for group, kind in kinds:
        rows = catalogue.rows(group, kind)
        without: dict[tuple[str, ...], set[str]] = {}
        for row in rows:
            steps = row.path.split(".")
            lists: tuple[str, ...] = ("containers",)
            template = row.path
            if row.shape in ("SecurityContext", "Container", "ContainerList"):
                number = 2 if row.shape == "SecurityContext" else 1
                template = ".".join(steps[:-number])
                lists = tuple(steps[-number:])
            if one_of_several(row, rows):
                several += 1
            elif "[" not in template:
                without.setdefault(lists, set()).add(template)
                assert "*" not in template.split("."), row
        assert all(len(templates) == 1 for templates in without.values()), (group, kind, without)
    assert several > 20

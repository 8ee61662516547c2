"""Printed policies before --against-policies: what is said of them is what the linter reports, or that they differ."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest
import yaml

import policy_engines
from conftest import Tool
from netraw_lint import api
from netraw_lint.model import Report
from policy_engines import CASES, DROPPED, RUNTIMES, Names, Object, documents, flagged, pod, printed, workload

HELD = pod("made")
EXACT = ["vap", "kyverno", "gatekeeper"]


def crossed(manifest: str, objects: Iterable[Object]) -> Report:
    return api.lint_text(f"{manifest}\n{documents(objects)}", rules=["NRL110"], against_policies=True)


def said(report: Report, verb: str) -> Names:
    return {
        each.object.name
        for each in report.findings
        if each.object and re.search(rf" {verb} its pods", each.message)
    }


def refused(manifest: str, objects: Iterable[Object]) -> Names:
    """The names of the objects that are sure to be refused; every policy is evaluated."""
    report = crossed(manifest, objects)
    assert report.problems == ()
    return said(report, "(would refuse|refuses)")


@pytest.mark.parametrize("runtimes", RUNTIMES.values(), ids=RUNTIMES)
@pytest.mark.parametrize("kind", EXACT)
def test_what_a_printed_policy_is_said_to_refuse_is_what_the_linter_reports(
    kind: str, runtimes: Sequence[str]
) -> None:
    objects = [*CASES, *policy_engines.places(), *policy_engines.nulls()]

    found = refused(printed(kind, runtimes), objects)

    assert found == flagged(objects, runtimes)
    assert (0 if runtimes == ("cri-o",) else 100) < len(found) < len(objects)


CEL = [
    ("c.privileged", "!c.privileged"),
    ('"CREATE", "UPDATE"', '"UPDATE"'),
    ("oldObject == null ||", "false ||"),
    ("  validations:", "  paramKind: {apiVersion: v1, kind: ConfigMap}\n  validations:"),
]
REGO = [("container.privileged", "not container.privileged"), ('"DaemonSet", "Deployment"', '"Deployment"')]
BOTH = [
    ('{"runtimes": ["containerd", "cri-o", "docker"]', '{"runtimes": ["cri-o"]'),
    ('"container": "ping"', '"container": "pong"'),
]
CHANGES = [(kind, *change) for kind in EXACT for change in (*BOTH, *(REGO if kind == "gatekeeper" else CEL))]


@pytest.mark.parametrize(("kind", "old", "new"), CHANGES)
def test_a_changed_copy_is_not_evaluated(kind: str, old: str, new: str) -> None:
    manifest = printed(kind, RUNTIMES["all"], {"container": "ping", "reason": "measures"})
    assert old in manifest

    report = crossed(manifest.replace(old, new), [HELD])

    assert report.findings == ()
    assert [problem.stage for problem in report.problems] == ["policy"]
    wrong = (
        "`paramKind` is not evaluated"
        if "paramKind" in new
        else "is not what its annotation netraw-lint/policy"
    )
    assert wrong in report.problems[0].message


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"runtimes": [], "rules": ["NRL003"]}', '{"runtimes": {}, "rules": 1}']
)
def test_an_annotation_that_tells_of_nothing(text: str) -> None:
    manifest = printed("vap", ("containerd",))
    (policy, binding) = yaml.safe_load_all(manifest)
    policy["metadata"]["annotations"]["netraw-lint/policy"] = text

    report = crossed(documents([policy, binding]), [HELD])

    assert ["was not evaluated" in problem.message for problem in report.problems] == [True]


def test_as_the_api_server_gives_it_back() -> None:
    """With the defaults of admissionregistration.k8s.io/v1 filled in, as JSON in a List."""
    (policy, binding) = yaml.safe_load_all(printed("vap", ("containerd",)))
    where = policy["spec"]["matchConstraints"]
    where |= {"matchPolicy": "Equivalent", "namespaceSelector": {}, "objectSelector": {}}
    for rule in where["resourceRules"]:
        rule["scope"] = "*"
    listed = {"apiVersion": "v1", "kind": "List", "items": [policy, binding]}

    assert refused(json.dumps(listed) + "\n", [HELD]) == {"made"}


def test_a_template_and_its_constraint_need_each_other() -> None:
    manifest = printed("gatekeeper", ("containerd",))
    other = printed("gatekeeper", ("docker",))
    template, constraint = manifest.split("\n---\n")

    alone = crossed(constraint, [HELD])
    mixed = crossed(f"{other.split(chr(10) + '---' + chr(10))[0]}\n---\n{constraint}", [HELD])

    for report in (alone, mixed):
        assert report.findings == ()
        (problem,) = report.problems
        assert problem.message.startswith(
            "NetRawLint/netraw-lint was not evaluated: the ConstraintTemplate that was"
        )
    assert refused(f"{constraint}\n---\n{template}", [HELD]) == {"made"}


@pytest.mark.parametrize("kind", EXACT)
def test_enforced_or_audited(kind: str) -> None:
    audited, enforced = (printed(kind, ("containerd",), enforce=on) for on in (False, True))

    assert said(crossed(audited, [HELD]), "would refuse") == {"made"}
    assert said(crossed(enforced, [HELD]), "refuses") == {"made"}


ROLLOUT = {**workload("Deployment", "roll", HELD), "apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout"}
OWNED = pod("web-5d4f7-x2x4z")
OWNED["metadata"]["ownerReferences"] = [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web-5d4f7"}]
SYSTEM = copy.deepcopy(pod("agent"))
SYSTEM["metadata"]["namespace"] = "kube-system"
NOWHERE = copy.deepcopy(pod("nowhere"))
del NOWHERE["metadata"]["namespace"]
WEB = workload("Deployment", "web", HELD)

# The exemption, and what becomes of each workload: spared, refused, or not sure.
EXEMPTIONS = {
    "namespace": ({"namespace": "kube-system"}, {"agent": "", "made": "refused", "nowhere": "unsure"}),
    "namespaces": ({"namespace": "kube-[st]*"}, {"agent": "", "made": "refused", "nowhere": "unsure"}),
    "workload": (
        {"kind": "Deployment", "name": "w?b"},
        {"web": "", "made": "refused", "roll": "unsure", "web-5d4f7-x2x4z": "unsure"},
    ),
    "elsewhere": (
        {"kind": "Deployment", "name": "web", "namespace": "other"},
        {"web": "refused", "roll": "refused", "web-5d4f7-x2x4z": "refused", "nowhere": "refused"},
    ),
    "pod elsewhere": ({"kind": "Pod", "namespace": "other"}, {"made": "refused", "nowhere": "unsure"}),
    "container": ({"container": "app"}, {"web": "", "made": "", "roll": "", "nowhere": ""}),
    "container of a workload": (
        {"kind": "Deployment", "container": "a*"},
        {"web": "", "made": "refused", "roll": "unsure"},
    ),
    "another rule": ({"kind": "Pod", "rule": "NRL001"}, {"made": "refused", "web": "refused"}),
    "the rule": ({"kind": "Pod", "rule": "NRL003"}, {"made": "", "web": "refused"}),
}


@pytest.mark.parametrize(("exemption", "expected"), EXEMPTIONS.values(), ids=EXEMPTIONS)
@pytest.mark.parametrize("kind", EXACT)
def test_the_exemptions_in_it_are_honoured(
    kind: str, exemption: dict[str, str], expected: dict[str, str]
) -> None:
    manifest = printed(kind, ("containerd",), {**exemption, "reason": 'it\'s "so"\nand ſo: # [x]'})
    objects = [
        each for each in (HELD, ROLLOUT, OWNED, SYSTEM, NOWHERE, WEB) if each["metadata"]["name"] in expected
    ]

    report = crossed(manifest, objects)

    assert report.problems == ()
    sure, unsure = said(report, "refuses"), said(report, "may refuse")
    assert {
        name: "refused" if name in sure else "unsure" if name in unsure else "" for name in expected
    } == expected


def test_what_an_exemption_by_name_depends_on() -> None:
    manifest = printed("vap", ("containerd",), {"kind": "Deployment", "name": "web", "reason": "so"})

    (finding,) = crossed(manifest, [ROLLOUT]).findings

    assert finding.message.endswith(
        "may refuse its pods: drop lacks `NET_RAW`; an exemption in it goes by names, and the pods of Rollout/shop/roll are"
        " named by whoever makes them"
    )


@pytest.mark.parametrize("kind", ["psp", "scc"])
def test_what_rewrites_pods_refuses_those_that_add_or_are_privileged(kind: str) -> None:
    def asks(obj: Object) -> bool:
        context = obj["spec"]["containers"][0].get("securityContext") or {}
        return bool((context.get("capabilities") or {}).get("add")) or bool(context.get("privileged"))

    report = crossed(printed(kind, RUNTIMES["all"]), CASES)

    assert report.problems == ()
    assert said(report, "may refuse") == {each["metadata"]["name"] for each in CASES if asks(each)}
    assert said(report, "(would refuse|refuses)") == set()


def test_what_is_not_evaluated_is_not_said_to_admit() -> None:
    changed = printed("vap", ("containerd",)).replace("c.privileged", "!c.privileged")

    (finding,) = api.lint_text(
        f"{changed}\n{documents([HELD])}", rules=["NRL11"], against_policies=True
    ).findings

    assert finding.message.endswith(
        "holds NET_RAW on containerd and docker, and no policy that could be evaluated refuses it"
    )


def test_the_story(tool: Tool, tmp_path: Path) -> None:
    """docs/policies.md: print the gate, ask who would be refused, fix them, and close it."""
    web, job = workload("Deployment", "web", HELD), workload("CronJob", "report", pod("made", DROPPED))
    agent = workload("DaemonSet", "agent", pod("made", {"privileged": True}))
    agent["metadata"]["namespace"] = "kube-system"
    (tmp_path / "apps").mkdir()
    for made in (web, job, agent):
        (tmp_path / "apps" / f"{made['metadata']['name']}.yaml").write_text(yaml.safe_dump(made), "utf-8")
    (tmp_path / "apps" / "namespaces.yaml").write_text(
        "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n", "utf-8"
    )
    (tmp_path / ".netraw-lint.yaml").write_text(
        "exemptions: [{namespace: kube-system, reason: the cluster's own}]\n", "utf-8"
    )
    (tmp_path / "policies").mkdir()

    def places(*args: str) -> tuple[int, set[tuple[str, str]]]:
        ran = tool(*args, "--output-format", "json", ".", cwd=tmp_path)
        return ran.code, {
            (each["path"], each["container"]["name"]) for each in json.loads(ran.stdout)["findings"]
        }

    assert tool("--print-policy", "vap", "-o", "policies/vap.yaml", cwd=tmp_path).code == 0
    assert places() == places("--against-policies") == (1, {("apps/web.yaml", "app")})
    assert tool("--fix", ".", cwd=tmp_path).code == 0
    assert places() == places("--against-policies") == (0, set())
    assert tool("--print-policy", "vap", "--enforce", "-o", "policies/vap.yaml", cwd=tmp_path).code == 0
    assert places("--against-policies") == (0, set())

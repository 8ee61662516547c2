"""Printed policies before the engines that enforce them: they refuse what the linter reports, and nothing else."""

from __future__ import annotations

import copy
import itertools
from pathlib import Path
from typing import Any

import pytest

import policy_engines
from netraw_lint import capabilities
from netraw_lint.emit import facts
from policy_engines import (
    CASES,
    ENGINES,
    RUNTIMES,
    CelPolicy,
    Object,
    Refused,
    flagged,
    pod,
    printed,
    workload,
)

needs_cel = pytest.mark.skipif(not policy_engines.CEL, reason="no CEL: pip install cel-expr-python")


# --- what is refused ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("runtimes", RUNTIMES.values(), ids=RUNTIMES)
@pytest.mark.parametrize(("kind", "refused"), ENGINES)
def test_a_policy_refuses_what_the_linter_reports(
    kind: str, refused: Refused, runtimes: tuple[str, ...], tmp_path: Path
) -> None:
    objects = [*CASES, *policy_engines.places(), *policy_engines.nulls()]
    assert len({each["metadata"]["name"] for each in objects}) == len(objects) > 1090

    found = refused(printed(kind, runtimes), objects, tmp_path)

    expected = flagged(objects, runtimes)
    assert 150 < len(expected) < len(objects)
    assert found == expected, by_name(objects, found ^ expected)


def by_name(objects: list[Object], names: set[str]) -> list[Object]:
    """The objects of these names, for the message of a failed test."""
    return [each for each in objects if each["metadata"]["name"] in names]


@pytest.mark.parametrize(("kind", "refused"), ENGINES)
def test_policies_for_different_runtimes_differ(kind: str, refused: Refused, tmp_path: Path) -> None:
    # The default set of containerd holds NET_RAW, CRI-O's does not; Docker lets add win over drop, both others do not.
    objects = [
        pod("nothing-said"),
        pod("add-and-drop", {"capabilities": {"add": ["NET_RAW"], "drop": ["NET_RAW"]}}),
        pod("prefixed-drop", {"capabilities": {"drop": ["CAP_NET_RAW"]}}),
    ]

    found = {name: refused(printed(kind, runtimes), objects, tmp_path) for name, runtimes in RUNTIMES.items()}

    assert found == {
        "containerd": {"nothing-said", "prefixed-drop"},
        "cri-o": set(),
        "docker": {"nothing-said", "add-and-drop"},
        "all": {"nothing-said", "add-and-drop", "prefixed-drop"},
    }


@pytest.mark.parametrize("ignored", facts.CODES)
@pytest.mark.parametrize(("kind", "refused"), ENGINES)
def test_a_rule_that_does_not_run_is_not_enforced(
    kind: str, refused: Refused, ignored: str, tmp_path: Path
) -> None:
    rules = frozenset(facts.CODES) - {ignored}
    # What an unknown name was meant to be decides between two rules, and a policy cannot know it.
    objects = [each for each in CASES[:200] if not ambiguous(each)]

    found = refused(printed(kind, RUNTIMES["all"], rules=rules), objects, tmp_path)

    assert found == flagged(objects, RUNTIMES["all"], rules)


def ambiguous(obj: Object) -> bool:
    lists = obj["spec"]["containers"][0].get("securityContext", {}).get("capabilities", {})
    return capabilities.unknown_name(tuple(lists.get("add", ())), tuple(lists.get("drop", ()))) is not None


# --- exemptions ---------------------------------------------------------------------------------------------

HELD = pod("made")


def owned(name: str, kind: str, owner: str, **labels: str) -> Object:
    """A pod as the cluster makes it."""
    made = pod(name)
    made["metadata"]["ownerReferences"] = [{"apiVersion": "v1", "kind": kind, "name": owner, "uid": "0"}]
    made["metadata"]["labels"] = {key.replace("_", "-"): value for key, value in labels.items()}
    return made


def in_namespace(obj: Object, namespace: str) -> Object:
    moved = copy.deepcopy(obj)
    moved["metadata"]["namespace"] = namespace
    moved["metadata"]["name"] += f"-in-{namespace}"
    return moved


def two_containers(name: str, **context: Any) -> Object:
    made = pod(name)
    made["spec"]["containers"].append({"name": "ping", "image": "registry.example/ping:1", **context})
    return made


EXEMPTIONS: dict[str, tuple[dict[str, str], list[Object], list[Object]]] = {
    "a kind and a name, and the pods that it makes": (
        {"kind": "Deployment", "name": "speaker"},
        [
            workload("Deployment", "speaker", HELD),
            owned("speaker-5d4f7-x2x4z", "ReplicaSet", "speaker-5d4f7", pod_template_hash="5d4f7"),
        ],
        [
            workload("DaemonSet", "speaker", HELD),
            workload("Deployment", "speakers", HELD),
            owned("speaker-5d4f7-abcde", "ReplicaSet", "speaker-5d4f7", pod_template_hash="77777"),
            owned("speaker-two-abcde", "ReplicaSet", "speaker-two"),
            owned("speaker-two-5d4f7-abcde", "ReplicaSet", "speaker-two-5d4f7", pod_template_hash="5d4f7"),
            pod("speaker-alone"),
        ],
    ),
    "a CronJob, its Jobs and their pods": (
        {"kind": "CronJob", "name": "probe-*"},
        [workload("CronJob", "probe-dns", HELD), owned("probe-dns-2900-abc", "Job", "probe-dns-29000")],
        [workload("Job", "probe-dns-job", HELD), owned("probe-dns-x-abc", "Job", "probe-dns-x")],
    ),
    "a DaemonSet in a namespace": (
        {"kind": "DaemonSet", "name": "node-ping", "namespace": "shop"},
        [workload("DaemonSet", "node-ping", HELD), owned("node-ping-abcde", "DaemonSet", "node-ping")],
        [
            in_namespace(workload("DaemonSet", "node-ping", HELD), "other"),
            owned("node-ping-x", "DaemonSet", "else"),
        ],
    ),
    "a pattern of namespaces": (
        {"namespace": "kube-[st]*"},
        [in_namespace(pod("one"), "kube-system"), in_namespace(pod("two"), "kube-test")],
        [in_namespace(pod("one"), "kube-node-lease"), pod("three")],
    ),
    "a container by name": (
        {"container": "app"},
        [pod("only-app"), workload("StatefulSet", "app-set", HELD)],
        [two_containers("app-and-ping")],
    ),
    "one rule": (
        {"rule": "net-raw-added", "kind": "Pod"},
        [pod("added", {"capabilities": {"add": ["NET_RAW"], "drop": ["ALL"]}})],
        [
            pod("not-dropped"),
            pod("privileged-too", {"privileged": True, "capabilities": {"add": ["NET_RAW"]}}),
            pod("conflict", {"capabilities": {"add": ["NET_RAW"], "drop": ["NET_RAW"]}}),
        ],
    ),
}


@pytest.mark.parametrize(("exemption", "spared", "refused_still"), EXEMPTIONS.values(), ids=EXEMPTIONS)
@pytest.mark.parametrize(("kind", "refused"), ENGINES)
def test_an_exemption_spares_what_it_names_and_nothing_else(
    kind: str,
    refused: Refused,
    exemption: dict[str, str],
    spared: list[Object],
    refused_still: list[Object],
    tmp_path: Path,
) -> None:
    manifest = printed(kind, RUNTIMES["all"], {**exemption, "reason": 'it "needs" it\n# and: more'})

    found = refused(manifest, [*spared, *refused_still], tmp_path)

    assert found == {each["metadata"]["name"] for each in refused_still}


# That of a ValidatingAdmissionPolicy stands in its binding, which is not CEL.
BOUND = [each for each in ENGINES if each.id != "vap-cel"]


@pytest.mark.parametrize(("kind", "refused"), BOUND)
def test_an_exempt_namespace_is_left_alone(kind: str, refused: Refused, tmp_path: Path) -> None:
    manifest = printed(kind, RUNTIMES["all"], {"namespace": "kube-system", "reason": "the node agents"})
    objects = [in_namespace(pod("agent"), "kube-system"), pod("other")]

    assert refused(manifest, objects, tmp_path) == {"other"}


# --- Pod Security admission, whose own code is in Kyverno ---------------------------------------------------

RESTRICTED = """\
apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata: {name: pod-security}
spec:
  rules:
    - name: restricted
      match: {any: [{resources: {kinds: [Pod]}}]}
      validate:
        failureAction: Enforce
        podSecurity: {level: restricted, version: latest}
"""


@pytest.mark.skipif(not policy_engines.KYVERNO, reason="no kyverno: set NETRAW_LINT_TEST_KYVERNO")
def test_pod_security_restricted_admits_nothing_that_the_linter_reports(tmp_path: Path) -> None:
    """And differs from it as docs/policies.md says."""
    told = {
        "nothing-said": {},
        "drop-net-raw": {"capabilities": {"drop": ["NET_RAW"]}},
        "drop-all": {"capabilities": {"drop": ["ALL"]}},
        "drop-all-lower": {"capabilities": {"drop": ["all"]}},
        "drop-prefixed": {"capabilities": {"drop": ["CAP_NET_RAW"]}},
        "add-net-raw": {"capabilities": {"add": ["NET_RAW"], "drop": ["ALL"]}},
        "add-net-admin": {"capabilities": {"add": ["NET_ADMIN"], "drop": ["NET_RAW"]}},
        "privileged": {"privileged": True, "capabilities": {"drop": ["ALL"]}},
    }
    rows = [pod(name, said) for name, said in told.items()]
    objects = [restricted_otherwise(each) for each in [*rows, *CASES[:300]]]

    failed = policy_engines.failures_by_kyverno(RESTRICTED, objects, tmp_path)

    admitted = {each["metadata"]["name"] for each in objects} - {name for name, _ in failed}
    assert admitted & set(told) == {"drop-all"}
    assert len(admitted) > 5
    assert not admitted & flagged(objects, RUNTIMES["all"])


def restricted_otherwise(obj: Object) -> Object:
    """A pod with everything else that the level asks for."""
    made = copy.deepcopy(obj)
    made["spec"]["securityContext"] = {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
    for container in made["spec"]["containers"]:
        container.setdefault("securityContext", {})["allowPrivilegeEscalation"] = False
    return made


# --- updates and messages, in CEL ---------------------------------------------------------------------------


@needs_cel
@pytest.mark.parametrize("kind", ["vap", "kyverno"])
def test_an_update_is_judged_only_if_it_changes_the_pods(kind: str) -> None:
    policy = CelPolicy(printed(kind, RUNTIMES["all"]))
    assert policy.refusals(HELD, None) == policy.refusals(HELD, {}) != []
    for old in (pod("app"), workload("Deployment", "app", HELD), workload("CronJob", "app", HELD)):
        scaled = copy.deepcopy(old)
        scaled["metadata"]["labels"] = {"seen": "today"}
        if old["kind"] == "Deployment":
            scaled["spec"]["replicas"] = 3
        assert policy.refusals(scaled, old) == []
    old, new = pod("app", policy_engines.DROPPED), pod("app", policy_engines.DROPPED)
    new["spec"]["ephemeralContainers"] = [{"name": "debugger", "image": "registry.example/tools:1"}]
    assert len(policy.refusals(new, old)) == 1


@needs_cel
def test_a_message_names_the_containers() -> None:
    policy = CelPolicy(printed("vap", ("containerd",)))

    (message,) = policy.refusals(two_containers("app"))

    assert message.startswith("can hold NET_RAW: app, ping. Write securityContext.capabilities.drop: ")
    assert message.endswith(" Judged for containerd.")


# --- what the policies are made of --------------------------------------------------------------------------

SOME_RUNTIMES = [
    chosen for count in (1, 2, 3) for chosen in itertools.combinations(capabilities.RUNTIMES, count)
]


@pytest.mark.parametrize("runtimes", SOME_RUNTIMES)
def test_the_terms_say_what_the_runtimes_do(runtimes: tuple[str, ...]) -> None:
    """Every combination of the facts, and one rule alone as well as all of them."""
    for codes in [facts.CODES, *((code,) for code in facts.CODES)]:
        terms = facts.terms(runtimes, codes)
        for number in range(2 ** len(facts.FACTS)):
            held = {fact for bit, fact in enumerate(facts.FACTS) if number >> bit & 1}
            applies = any(held >= set(term.holding) and not held & set(term.lacking) for term in terms)
            found = {
                code
                for lists in facts._containers(number)
                for code in facts.codes_of(capabilities.causes(*lists, runtimes))
            }
            assert applies == bool(found & set(codes)), (held, codes)


def test_a_rule_complains_exactly_if_a_runtime_grants_it() -> None:
    for number in range(2 ** len(facts.FACTS)):
        for lists in facts._containers(number):
            held = capabilities.judge(*lists).runtimes
            assert bool(facts.codes_of(capabilities.causes(*lists))) == bool(held)

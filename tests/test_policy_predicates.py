"""Our reading of admission policies against the engines themselves, on generated pods.

Gatekeeper's ``gator`` and Kyverno's command line run where NETRAW_LINT_TEST_GATOR and NETRAW_LINT_TEST_KYVERNO name them;
NETRAW_LINT_TEST_GATEKEEPER_LIBRARY may name a checkout of gatekeeper-library, whose templates are then used instead of ours.
"""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netraw_lint import manifest, policies, splitting
from netraw_lint.model import Source
from netraw_lint.policies import pod_security
from netraw_lint.policies.checks import Drops, PodContainer, matches
from netraw_lint.policies.gates import Gate, Labels, Pod
from netraw_lint.policies.scopes import every, negated, some
from netraw_lint.yamltree import nothing

GATOR = os.environ.get("NETRAW_LINT_TEST_GATOR") or shutil.which("gator") or ""
KYVERNO = os.environ.get("NETRAW_LINT_TEST_KYVERNO") or shutil.which("kubectl-kyverno") or ""
LIBRARY = os.environ.get("NETRAW_LINT_TEST_GATEKEEPER_LIBRARY", "")
needs_gator = pytest.mark.skipif(not GATOR, reason="NETRAW_LINT_TEST_GATOR names no gator")
needs_kyverno = pytest.mark.skipif(not KYVERNO, reason="NETRAW_LINT_TEST_KYVERNO names no kyverno")

NAMES = ["NET_RAW", "net_raw", "CAP_NET_RAW", "ALL", "all", "KILL", "NET_BIND_SERVICE", "*", "CHOWN", "MKNOD"]
NAMESPACES = ["shop", "kube-system", "team-a"]
IMAGES = ["mesh.example/init:1", "example/app:1", "example/app"]
LISTS = ("containers", "initContainers")


def made_up_pods(count: int, seed: int = 7) -> list[dict[str, Any]]:
    """Pods whose containers say anything about capabilities, the same on every run."""
    chance = random.Random(seed)

    def names() -> list[str]:
        return chance.sample(NAMES, chance.choice([0, 0, 1, 1, 2, 3]))

    def container(name: str) -> dict[str, Any]:
        lists = {key: value for key in ("add", "drop") if (value := names())}
        context: dict[str, Any] = {"capabilities": lists} if lists else {}
        if chance.random() < 0.15:
            context["privileged"] = True
        made: dict[str, Any] = {"name": name, "image": chance.choice(IMAGES)}
        return {**made, "securityContext": context} if context else made

    pods = []
    for number in range(count):
        spec: dict[str, Any] = {"containers": [container("a")]}
        if chance.random() < 0.3:
            spec["initContainers"] = [container("i")]
        metadata: dict[str, Any] = {"name": f"p{number}", "namespace": chance.choice(NAMESPACES)}
        if chance.random() < 0.3:
            metadata["labels"] = {"probe": chance.choice(["yes", "no"])}
        pods.append({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec})
    return pods


PODS = made_up_pods(150)


def gate_of(policy: dict[str, Any]) -> Gate:
    """A policy as we read it; one that is not understood fails the test."""
    source = Source("policy.json", json.dumps(policy).encode())
    for chunk in splitting.chunks(source.data, lambda _kinds: True):
        assert chunk is not None
        for document in manifest.read(source, chunk):
            for obj in manifest.objects(document):  # type: ignore[arg-type]
                gate = policies.gate(obj)
                if gate is not None:
                    assert gate.doubts == ()
                    return gate
    raise AssertionError("no policy that we understand")


def refused(gate: Gate, pod: dict[str, Any]) -> bool:
    """Whether we say that a policy refuses a pod."""
    metadata = pod["metadata"]
    namespace = Labels({"kubernetes.io/metadata.name": metadata["namespace"]})
    view = Pod(metadata["namespace"], metadata["name"], Labels(metadata.get("labels", {})), namespace)
    for name in LISTS:
        for each in pod["spec"].get(name, ()):
            context = each.get("securityContext", {})
            lists = context.get("capabilities", {})
            container = PodContainer(
                name,
                each["name"],
                each["image"],
                tuple(lists.get("add", ())),
                tuple(lists.get("drop", ())),
                context.get("privileged", False),
            )
            for clause in gate.clauses:
                applies = clause.applies(view)
                assert applies is not None
                if applies and clause.refuses(container):
                    return True
    return False


def compare(found: set[tuple[str, str]], given: list[dict[str, Any]]) -> None:
    """The engine's refusals, as names of policy and pod, are ours; and there are some, and not only some."""
    for policy in given:
        gate, name = gate_of(policy), policy["metadata"]["name"]
        ours = {pod["metadata"]["name"] for pod in PODS if refused(gate, pod)}
        theirs = {pod for other, pod in found if other == name}
        assert ours == theirs, name
        assert 0 < len(theirs) < len(PODS), name


# -- Gatekeeper -------------------------------------------------------------------------------------------------

_REGO = """\
package capabilities
containers[c] { c := input.review.object.spec[["containers", "initContainers"][_]][_]; not exempt(c) }
exempt(c) { e := input.parameters.exemptImages[_]; endswith(e, "*"); startswith(c.image, trim_suffix(e, "*")) }
exempt(c) { c.image == input.parameters.exemptImages[_] }
adds(c) = {x | x := c.securityContext.capabilities.add[_]}
drops(c) = {x | x := c.securityContext.capabilities.drop[_]}
listed(key) = {x | x := input.parameters[key][_]}
"""
_CAPABILITIES = (
    _REGO
    + """\
violation[{"msg": "add"}] { c := containers[_]; not listed("allowedCapabilities")["*"]; count(adds(c) - listed("allowedCapabilities")) > 0 }
violation[{"msg": "drop"}] { c := containers[_]; count(listed("requiredDropCapabilities") - drops(c)) > 0; not all(c) }
all(c) { lower(c.securityContext.capabilities.drop[_]) == "all" }
"""
)
_PRIVILEGED = (
    _REGO + 'violation[{"msg": "privileged"}] { c := containers[_]; c.securityContext.privileged }\n'
)


def template(kind: str, rego: str) -> dict[str, Any]:
    strings = {"type": "array", "items": {"type": "string"}}
    names = ("allowedCapabilities", "requiredDropCapabilities", "exemptImages")
    schema = {"type": "object", "properties": dict.fromkeys(names, strings)}
    return {
        "apiVersion": "templates.gatekeeper.sh/v1",
        "kind": "ConstraintTemplate",
        "metadata": {"name": kind.lower()},
        "spec": {
            "crd": {"spec": {"names": {"kind": kind}, "validation": {"openAPIV3Schema": schema}}},
            "targets": [{"target": "admission.k8s.gatekeeper.sh", "rego": rego}],
        },
    }


def constraint(
    name: str, parameters: dict[str, Any], kind: str = "K8sPSPCapabilities", **match: Any
) -> dict[str, Any]:
    return {
        "apiVersion": "constraints.gatekeeper.sh/v1beta1",
        "kind": kind,
        "metadata": {"name": name},
        "spec": {
            "match": {"kinds": [{"apiGroups": [""], "kinds": ["Pod"]}], **match},
            "parameters": parameters,
        },
    }


CONSTRAINTS = [
    constraint("nothing", {}),
    constraint("allowed", {"allowedCapabilities": ["CHOWN", "NET_RAW", "NET_BIND_SERVICE"]}),
    constraint(
        "restricted",
        {"allowedCapabilities": ["NET_BIND_SERVICE"], "requiredDropCapabilities": ["ALL"]},
    ),
    constraint("two", {"allowedCapabilities": ["*"], "requiredDropCapabilities": ["NET_RAW", "KILL"]}),
    constraint(
        "images",
        {
            "allowedCapabilities": ["*"],
            "requiredDropCapabilities": ["NET_RAW"],
            "exemptImages": ["mesh.example/*"],
        },
        excludedNamespaces=["kube-*"],
    ),
    constraint(
        "labels",
        {"requiredDropCapabilities": ["CAP_NET_RAW"]},
        namespaces=["*-a", "shop"],
        labelSelector={"matchExpressions": [{"key": "probe", "operator": "NotIn", "values": ["yes"]}]},
    ),
    constraint(
        "around",
        {"requiredDropCapabilities": ["NET_RAW"]},
        namespaceSelector={"matchLabels": {"kubernetes.io/metadata.name": "shop"}},
    ),
    constraint("privileged", {"exemptImages": ["example/app"]}, "K8sPSPPrivilegedContainer"),
]


@needs_gator
def test_gatekeeper_refuses_what_we_say(tmp_path: Path) -> None:
    folder = Path(LIBRARY) / "library" / "pod-security-policy" if LIBRARY else None
    for kind, name, rego in (
        ("K8sPSPCapabilities", "capabilities", _CAPABILITIES),
        ("K8sPSPPrivilegedContainer", "privileged-containers", _PRIVILEGED),
    ):
        text = json.dumps(template(kind, rego))
        if folder is not None:
            text = (folder / name / "template.yaml").read_text("utf-8")
        (tmp_path / f"{name}.yaml").write_text(text, "utf-8")
    labelled = [
        {
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": {"name": name, "labels": {"kubernetes.io/metadata.name": name}},
        }
        for name in NAMESPACES
    ]
    for number, each in enumerate([*CONSTRAINTS, *labelled, *PODS]):
        (tmp_path / f"{number}.json").write_text(json.dumps(each), "utf-8")

    done = subprocess.run(
        [GATOR, "test", "-f", str(tmp_path), "-o", "json"],
        capture_output=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )

    assert done.stdout, done.stderr
    found = {
        (each["constraint"]["metadata"]["name"], each["violatingObject"]["metadata"]["name"])
        for each in json.loads(done.stdout)
        if each["violatingObject"]["kind"] == "Pod"
    }
    compare(found, CONSTRAINTS)


# -- Kyverno ----------------------------------------------------------------------------------------------------

_OVER = "request.object.spec.[ephemeralContainers, initContainers, containers][]"
_CEL_OVER = "(object.spec.containers + object.spec.?initContainers.orValue([]))"


def rule(validate: dict[str, Any], **blocks: Any) -> dict[str, Any]:
    match = {"any": [{"resources": {"kinds": ["Pod"]}}]}
    return {"name": "rule", "match": match, "validate": validate, **blocks}


def cluster_policy(name: str, *rules: dict[str, Any]) -> dict[str, Any]:
    return {
        "apiVersion": "kyverno.io/v1",
        "kind": "ClusterPolicy",
        "metadata": {"name": name, "annotations": {"pod-policies.kyverno.io/autogen-controllers": "none"}},
        "spec": {"validationFailureAction": "Enforce", "background": True, "rules": list(rules)},
    }


def drop_condition(name: str, upper: str = "") -> dict[str, Any]:
    value = f"{{{{ element.securityContext.capabilities.drop[]{upper} || `[]` }}}}"
    return {"key": name, "operator": "AnyNotIn", "value": value}


def each_container(word: str, *conditions: dict[str, Any]) -> dict[str, Any]:
    deny = {"conditions": {word: list(conditions)}}
    return {"message": "no", "foreach": [{"list": _OVER, "deny": deny}]}


def cel(expression: str) -> dict[str, Any]:
    return {"cel": {"expressions": [{"expression": f"{_CEL_OVER}.all(c, {expression})", "message": "no"}]}}


def without_add(**values: Any) -> dict[str, Any]:
    return {"key": "{{ element.securityContext.capabilities.add[] || `[]` }}", **values}


CLUSTER_POLICIES = [
    cluster_policy("drop-all", rule(each_container("all", drop_condition("ALL", ".to_upper(@)")))),
    cluster_policy("drop-all-exact", rule(each_container("all", drop_condition("ALL")))),
    cluster_policy(
        "drop-one-of",
        rule(
            each_container(
                "all",
                drop_condition("CAP_NET_RAW", ".to_upper(@)"),
                drop_condition("NET_RAW", ".to_upper(@)"),
            )
        ),
    ),
    cluster_policy(
        "drop-both", rule(each_container("any", drop_condition("KILL"), drop_condition("NET_RAW")))
    ),
    cluster_policy(
        "add-only",
        rule(
            each_container("all", without_add(operator="AnyNotIn", value=["NET_BIND_SERVICE", "CHOWN", ""]))
        ),
    ),
    cluster_policy(
        "add-none-of",
        rule(each_container("any", without_add(operator="AnyIn", value=["NET_RAW", "ALL"]))),
    ),
    cluster_policy(
        "add-at-once",
        rule(
            {
                "message": "no",
                "deny": {
                    "conditions": {
                        "all": [
                            {
                                "key": f"{{{{ {_OVER}.securityContext.capabilities.add[] }}}}",
                                "operator": "AnyNotIn",
                                "value": ["CHOWN", "KILL"],
                            }
                        ]
                    }
                },
            }
        ),
    ),
    cluster_policy(
        "scoped",
        rule(
            each_container("all", drop_condition("NET_RAW")),
            match={"any": [{"resources": {"kinds": ["Pod"], "namespaces": ["shop", "team-*"]}}]},
            exclude={"any": [{"resources": {"selector": {"matchLabels": {"probe": "yes"}}}}]},
        ),
    ),
    cluster_policy(
        "unprivileged",
        rule(
            {
                "message": "no",
                "pattern": {
                    "spec": {
                        "=(initContainers)": [{"=(securityContext)": {"=(privileged)": "false"}}],
                        "containers": [{"=(securityContext)": {"=(privileged)": "false"}}],
                    }
                },
            }
        ),
    ),
    cluster_policy("baseline", rule({"podSecurity": {"level": "baseline", "version": "latest"}})),
    cluster_policy(
        "baseline-but-images",
        rule(
            {
                "podSecurity": {
                    "level": "baseline",
                    "version": "latest",
                    "exclude": [{"controlName": "Capabilities", "images": ["mesh.example/*"]}],
                }
            }
        ),
    ),
    cluster_policy(
        "cel-drop",
        rule(cel("c.?securityContext.?capabilities.?drop.orValue([]).exists(d, d.upperAscii() == 'ALL')")),
    ),
    cluster_policy(
        "cel-drop-one-of",
        rule(cel("c.?securityContext.?capabilities.?drop.orValue([]).exists(d, d in ['NET_RAW', 'ALL'])")),
    ),
    cluster_policy(
        "cel-add",
        rule(
            cel("c.?securityContext.?capabilities.?add.orValue([]).all(d, d == '' || d in ['CHOWN', 'KILL'])")
        ),
    ),
    cluster_policy(
        "cel-drop-once",
        rule(
            cel(
                "has(c.securityContext) && has(c.securityContext.capabilities) && "
                "has(c.securityContext.capabilities.drop) && "
                "c.securityContext.capabilities.drop.exists_one(d, d == 'ALL')"
            )
        ),
    ),
    cluster_policy(
        "cel-one-add",
        rule(
            cel(
                "!has(c.securityContext) || !has(c.securityContext.capabilities) || "
                "!has(c.securityContext.capabilities.add) || (size(c.securityContext.capabilities.add) == 1 && "
                "c.securityContext.capabilities.add[0] == 'CHOWN')"
            )
        ),
    ),
    cluster_policy(
        "cel-no-add-or-one",
        rule(
            cel(
                "c.?securityContext.?capabilities.?add.orValue([]).size() == 0 || "
                "(c.securityContext.capabilities.add.orValue([]).size() == 1 && "
                "c.securityContext.capabilities.add[0] == 'CHOWN')"
            )
        ),
    ),
    cluster_policy("cel-privileged", rule(cel("c.?securityContext.?privileged.orValue(false) == false"))),
]


def validating_policy(name: str, expression: str, **constraints: Any) -> dict[str, Any]:
    rules = [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}]
    return {
        "apiVersion": "policies.kyverno.io/v1",
        "kind": "ValidatingPolicy",
        "metadata": {"name": name},
        "spec": {
            "validationActions": ["Deny"],
            "autogen": {"podControllers": {"controllers": []}},
            "matchConstraints": {"resourceRules": rules, **constraints},
            "variables": [
                {"name": "all", "expression": _CEL_OVER},
                {"name": "names", "expression": "['NET_RAW']"},
            ],
            "validations": [{"expression": f"variables.all.all(c, {expression})", "message": "no"}],
        },
    }


CLUSTER_POLICIES += [
    validating_policy(
        "vpol-drop",
        "c.?securityContext.?capabilities.?drop.orValue([]).exists(d, d.upperAscii() in variables.names)",
    ),
    validating_policy(
        "vpol-add",
        "c.?securityContext.?capabilities.?add.orValue([]).all(d, d == '' || d in ['CHOWN', 'KILL'])",
        # The command line also holds an old object without labels against the selector: no "NotIn" here.
        objectSelector={"matchLabels": {"probe": "yes"}},
    ),
]


@needs_kyverno
def test_kyverno_refuses_what_we_say(tmp_path: Path) -> None:
    (tmp_path / "policies.yaml").write_text(
        "---\n".join(json.dumps(each) + "\n" for each in CLUSTER_POLICIES)
    )
    (tmp_path / "pods.yaml").write_text("---\n".join(json.dumps(each) + "\n" for each in PODS))

    done = subprocess.run(
        [
            KYVERNO,
            "apply",
            "policies.yaml",
            "--resource",
            "pods.yaml",
            "--policy-report",
            "--output-format",
            "json",
        ],
        cwd=tmp_path,
        capture_output=True,
        encoding="utf-8",
        timeout=600,
        check=False,
    )

    assert "{" in done.stdout, done.stderr
    report = json.loads(done.stdout[done.stdout.index("{") :])
    found = {
        (each["policy"], resource["name"])
        for each in report["results"]
        if each["result"] == "fail"
        for resource in each["resources"]
    }
    compare(found, CLUSTER_POLICIES)


def test_every_policy_refuses_some_pods_and_not_others() -> None:
    for policy in (*CONSTRAINTS, *CLUSTER_POLICIES):
        gate = gate_of(policy)
        ours = [refused(gate, pod) for pod in PODS]
        assert True in ours
        assert False in ours


# -- Pod Security -----------------------------------------------------------------------------------------------

# level, enforce-version, add, drop, privileged, windows: whether k8s.io/pod-security-admission v0.34.1 admits a container
# that is hardened in every other way. Its module was run on these and on 6,000 random ones.
ADMITTED = [
    ("privileged", "latest", "NET_RAW ALL", "", True, False, True),
    ("baseline", "latest", "", "", False, False, True),
    ("baseline", "latest", "NET_BIND_SERVICE CHOWN", "", False, False, True),
    ("baseline", "latest", "NET_RAW", "ALL", False, False, False),
    ("baseline", "latest", "chown", "", False, False, False),
    ("baseline", "latest", "", "ALL", True, False, False),
    ("baseline", "v1.0", "CAP_CHOWN", "", False, False, False),
    ("restricted", "v1.21", "", "", False, False, True),
    ("restricted", "v1.21", "CHOWN", "", False, False, True),
    ("restricted", "v1.22", "", "", False, False, False),
    ("restricted", "v1.22", "", "ALL", False, False, True),
    ("restricted", "latest", "", "all", False, False, False),
    ("restricted", "latest", "", "NET_RAW", False, False, False),
    ("restricted", "latest", "NET_BIND_SERVICE", "NET_RAW ALL", False, False, True),
    ("restricted", "latest", "CHOWN", "ALL", False, False, False),
    ("restricted", "v1.24", "", "", False, True, False),
    ("restricted", "v1.25", "", "", False, True, True),
    ("restricted", "v1.99", "", "", False, False, False),
    ("Restricted", "1.21", "", "", False, False, False),
]


@pytest.mark.parametrize(("level", "version", "add", "drop", "privileged", "windows", "admitted"), ADMITTED)
def test_pod_security_admits(
    level: str, version: str, add: str, drop: str, privileged: bool, windows: bool, admitted: bool
) -> None:
    container = PodContainer("containers", "app", "", tuple(add.split()), tuple(drop.split()), privileged)
    name = pod_security.level(level)
    assert name is not None
    clauses = pod_security.clauses(name, pod_security.minor(version), nothing())

    refusals = [
        clause.refuses(container) for clause in clauses if clause.applies(Pod("shop", windows=windows))
    ]

    assert (not any(refusals)) is admitted


# -- the algebra ------------------------------------------------------------------------------------------------

ANSWERS = st.sampled_from([True, False, None])


@given(st.lists(ANSWERS))
def test_what_is_not_known_is_never_decided(answers: list[bool | None]) -> None:
    """With each unknown filled in either way, the answer is what was said, or nothing was said."""
    for fill in (True, False):
        known = [fill if answer is None else answer for answer in answers]
        assert every(answers) in (None, all(known))
        assert some(answers) in (None, any(known))
    assert (every(answers) is None) == (None in answers and False not in answers)
    assert some(map(negated, answers)) == negated(every(answers))


@given(st.text("ab*?", max_size=6), st.text("ab", max_size=6))
def test_wildcards(pattern: str, text: str) -> None:
    regex = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")

    assert matches(pattern, text) == bool(re.fullmatch(regex, text))


@given(st.lists(st.sampled_from(NAMES), max_size=3), st.lists(st.sampled_from(NAMES), min_size=1, max_size=3))
def test_more_drops_never_hurt(drop: list[str], more: list[str]) -> None:
    check = Drops(("NET_RAW", "KILL"), every=True, or_all=True)
    before = PodContainer(drop=tuple(drop))

    assert check.refuses(before) or not check.refuses(before.replace(drop=(*drop, *more)))

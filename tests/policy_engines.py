"""Engines that judge objects by a printed policy, and the objects that the tests give them.

Three are asked, each being the real thing: a CEL implementation (the package cel-expr-python, Google's own in C++),
Gatekeeper's ``gator`` and Kyverno's ``kubectl-kyverno``. NETRAW_LINT_TEST_GATOR and NETRAW_LINT_TEST_KYVERNO name the
programs where they are not on the PATH.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
from collections.abc import Callable, Iterable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import yaml

from conftest import CHECKOUT
from netraw_lint import emit
from netraw_lint.api import lint_text
from netraw_lint.emit.facts import CODES
from netraw_lint.emit.plan import plan
from netraw_lint.model import Settings

Object = dict[str, Any]
Names = set[str]

TRUTH = CHECKOUT / "tests" / "fixtures" / "capabilities" / "runtime_truth.jsonl"
GATOR = os.environ.get("NETRAW_LINT_TEST_GATOR") or shutil.which("gator")
KYVERNO = (
    os.environ.get("NETRAW_LINT_TEST_KYVERNO") or shutil.which("kubectl-kyverno") or shutil.which("kyverno")
)
RUNTIMES = {
    "containerd": ("containerd",),
    "cri-o": ("cri-o",),
    "docker": ("docker",),
    "all": ("containerd", "cri-o", "docker"),
}

# --- the objects --------------------------------------------------------------------------------------------

WORDS = """NET_RAW net_raw Net_Raw CAP_NET_RAW cap_net_raw ALL all All CAP_ALL * NETRAW NET_ADMIN CAP_NET_ADMIN
    NET_BIND_SERVICE CHOWN KILL BOGUS CAP_BOGUS CAP_CAP_NET_RAW CAP_SYS_PTRACE"""
NAMES = [
    *WORDS.split(),
    *("", " ", "NET_RAW ", " NET_RAW", "ALL ", "ALL\t"),
    *("ſYS_ADMIN", "AUDıT_READ"),  # upper case is ASCII to Go: known to Docker and CRI-O
    *("\u212aILL", "ſET_RAW", "NET_BROADCAﬆ"),  # upper case is not
]


def cases() -> list[Object]:
    """Pods with one container each: every row of the runtimes' truth table, and 1,000 that are made up."""
    rows = [json.loads(line) for line in TRUTH.read_text("utf-8").splitlines()]
    listed = [(row["add"], row["drop"], row["privileged"]) for row in rows]
    dice = random.Random(20_261)
    for _ in range(1000):
        add = dice.choices(NAMES, k=dice.choice((0, 0, 1, 1, 2, 3)))
        drop = dice.choices(NAMES, k=dice.choice((0, 1, 1, 2, 3)))
        listed.append((add, drop, dice.random() < 0.1))
    return [pod(f"case-{n}", security(dice, *lists)) for n, lists in enumerate(listed)]


def security(dice: random.Random, add: list[str], drop: list[str], privileged: bool) -> Object | None:
    """A securityContext that says so, with or without what it need not say."""
    capabilities = {
        key: names for key, names in (("add", add), ("drop", drop)) if names or dice.random() < 0.2
    }
    said: Object = {"capabilities": capabilities} if capabilities or dice.random() < 0.2 else {}
    if privileged or dice.random() < 0.2:
        said["privileged"] = privileged
    return said if said or dice.random() < 0.5 else None


def pod(name: str, context: Object | None = None, key: str = "containers", **spec: Any) -> Object:
    """A pod with one container, and a clean one where that is not an ordinary container."""
    container: Object = {"name": "app", "image": "registry.example/app:1"}
    if context is not None:
        container["securityContext"] = context
    clean = {"name": "main", "image": "registry.example/app:1", "securityContext": DROPPED}
    lists: Object = (
        {"containers": [container]} if key == "containers" else {"containers": [clean], key: [container]}
    )
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "shop"},
        "spec": {**lists, **spec},
    }


DROPPED: Object = {"capabilities": {"drop": ["NET_RAW"]}}

API_VERSIONS = {
    "PodTemplate": "v1",
    "ReplicationController": "v1",
    "DaemonSet": "apps/v1",
    "Deployment": "apps/v1",
    "ReplicaSet": "apps/v1",
    "StatefulSet": "apps/v1",
    "CronJob": "batch/v1",
    "Job": "batch/v1",
}


def workload(kind: str, name: str, made: Object) -> Object:
    """An object of a built-in kind that makes a pod."""
    template: Object = {"metadata": {"labels": {"app": name}}, "spec": made["spec"]}
    labels: Object = {"app": name}
    match kind:
        case "PodTemplate":
            said: Object = {"template": template}
        case "CronJob":
            template["spec"] = {**made["spec"], "restartPolicy": "Never"}
            said = {"spec": {"schedule": "0 4 * * *", "jobTemplate": {"spec": {"template": template}}}}
        case "Job":
            template["spec"] = {**made["spec"], "restartPolicy": "Never"}
            said = {"spec": {"template": template}}
        case "ReplicationController":
            said = {"spec": {"selector": labels, "template": template}}
        case _:
            said = {"spec": {"selector": {"matchLabels": labels}, "template": template}}
            if kind == "StatefulSet":
                said["spec"]["serviceName"] = name
    return {
        "apiVersion": API_VERSIONS[kind],
        "kind": kind,
        "metadata": {"name": name, "namespace": "shop"},
        **said,
    }


def places() -> list[Object]:
    """Every built-in kind and every list of containers, once holding NET_RAW and once not."""
    found = []
    for word, context in (("held", None), ("dropped", DROPPED)):
        for key in ("containers", "initContainers", "ephemeralContainers"):
            name = f"{word}-{key.lower()}"
            found.append(pod(name, context, key))
            if key == "ephemeralContainers":  # a template may not have them
                continue
            found += [
                workload(kind, f"{name}-{kind.lower()}", pod("made", context, key)) for kind in API_VERSIONS
            ]
        sidecar = pod(f"{word}-sidecar", context, "initContainers")
        sidecar["spec"]["initContainers"][0]["restartPolicy"] = "Always"
        found.append(sidecar)
        found.append(pod(f"{word}-host-network", context, hostNetwork=True))
        found.append(pod(f"{word}-windows", context, os={"name": "windows"}))
        found.append(pod(f"{word}-windows-nodes", context, nodeSelector={"kubernetes.io/os": "windows"}))
        found.append(
            pod(f"{word}-old-windows-nodes", context, nodeSelector={"beta.kubernetes.io/os": "windows"})
        )
        found.append(
            pod(f"{word}-linux", context, os={"name": "linux"}, nodeSelector={"kubernetes.io/os": "linux"})
        )
    return found


def nulls() -> list[Object]:
    """Fields that are null: absent to the API server, which removes them before a policy sees the object."""
    spec: Object = {"initContainers": None, "ephemeralContainers": None, "nodeSelector": None, "os": None}
    return [
        pod("null-capabilities", {"capabilities": None, "privileged": None}),
        pod("null-lists", {"capabilities": {"add": None, "drop": None}}),
        pod("null-entry", {"capabilities": {"drop": [None]}}),
        pod("null-beside-all", {"capabilities": {"drop": [None, "ALL"]}}),
        pod("null-fields", None, **spec),
        pod("null-fields-dropped", DROPPED, **spec),
        null_context(),
    ]


def null_context() -> Object:
    made = pod("null-context")
    made["spec"]["containers"][0]["securityContext"] = None
    return made


def flagged(objects: Iterable[Object], runtimes: Sequence[str], rules: Iterable[str] = CODES) -> Names:
    """The names of the objects in which the linter finds NET_RAW; `all` in lower case is a warning about another thing."""
    report = lint_text(documents(objects), runtimes=tuple(runtimes), rules=rules)
    assert not report.problems
    return {each.object.name for each in report.findings if each.object and each.severity == "error"}


def documents(objects: Iterable[Object]) -> str:
    """A YAML stream of JSON documents."""
    return "".join(f"---\n{json.dumps(each)}\n" for each in objects)


CASES = cases()

# --- the policies -------------------------------------------------------------------------------------------

TODAY = "2026-06-01"


def printed(
    kind: str,
    runtimes: Sequence[str],
    *exemptions: dict[str, str],
    rules: frozenset[str] | None = None,
    enforce: bool = True,
) -> str:
    """A policy for an engine."""
    settings = Settings(rules, tuple(runtimes), today=TODAY)
    return emit.ENGINES[kind].manifest(plan(settings, exemptions, enforce))


# --- the engines --------------------------------------------------------------------------------------------

Refused = Callable[[str, Sequence[Object], Path], Names]


def refused_by_cel(manifest: str, objects: Sequence[Object], _folder: Path) -> Names:
    """The names of the objects that a ValidatingAdmissionPolicy, or Kyverno's policy in CEL, refuses."""
    policy = CelPolicy(manifest)
    return {each["metadata"]["name"] for each in objects if policy.refusals(without_nulls(each))}


class CelPolicy:
    """A policy in CEL, evaluated as the API server does: conditions, then variables, then validations."""

    def __init__(self, manifest: str) -> None:
        from cel_expr_python import cel
        from cel_expr_python.ext import ext_optional, ext_strings

        names = ("object", "oldObject", "variables")
        environment = cel.NewEnv(
            variables=dict.fromkeys(names, cel.Type.DYN),
            extensions=[ext_strings.ExtStrings(), ext_optional.ExtOptional()],
        )
        spec = next(yaml.safe_load_all(manifest))["spec"]
        self.conditions = [environment.compile(each["expression"]) for each in spec["matchConditions"]]
        self.variables = [
            (each["name"], environment.compile(each["expression"])) for each in spec["variables"]
        ]
        self.validations = [
            (environment.compile(each["expression"]), environment.compile(each["messageExpression"]))
            for each in spec["validations"]
        ]

    def refusals(self, obj: Object, old: Object | None = None) -> list[str]:
        """The messages of what is refused about an object."""
        data: Object = {"object": obj, "oldObject": old, "variables": {}}
        if not all(self._boolean(condition, data) for condition in self.conditions):
            return []
        for name, expression in self.variables:
            data["variables"][name] = plain(expression.eval(data=data))
        return [
            str(plain(message.eval(data=data)))
            for expression, message in self.validations
            if not self._boolean(expression, data)
        ]

    @staticmethod
    def _boolean(expression: Any, data: Object) -> bool:
        value = plain(expression.eval(data=data))
        assert isinstance(value, bool), value  # an error is a value too
        return value


def plain(value: Any) -> Any:
    """A CEL value as Python's."""
    value = value.value() if hasattr(value, "type") else value
    if hasattr(value, "items"):
        return {plain(key): plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, (list, tuple)) else value


def without_nulls(value: Any) -> Any:
    """An object as it comes out of the API server's decoder: no null fields, and "" for a null entry of a list."""
    if isinstance(value, dict):
        return {key: without_nulls(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return ["" if item is None else without_nulls(item) for item in value]
    return value


def refused_by_gator(manifest: str, objects: Sequence[Object], folder: Path) -> Names:
    """The names of the objects that violate a constraint."""
    assert GATOR
    (folder / "policy.yaml").write_text(manifest, "utf-8")
    (folder / "objects.yaml").write_text(documents(objects), "utf-8")
    command = [GATOR, "test", "-f", "policy.yaml", "-f", "objects.yaml", "-o", "json"]
    done = subprocess.run(
        command, cwd=folder, capture_output=True, encoding="utf-8", timeout=300, check=False
    )
    assert done.returncode in (0, 1), done.stderr
    found = json.loads(done.stdout or "null") or []
    return {each["violatingObject"]["metadata"]["name"] for each in found}


def refused_by_kyverno(manifest: str, objects: Sequence[Object], folder: Path) -> Names:
    """The names of the objects that fail a ValidatingPolicy or ValidatingAdmissionPolicy.

    Kyverno compiles the policy for every object, so pods of one container go in as pods of many: what is refused about
    them is in the messages.
    """
    single = [each for each in objects if each["metadata"]["name"].startswith("case-")]
    others = [each for each in objects if each not in single]
    found = set()
    for name, message in failures_by_kyverno(manifest, [*packed(single), *others], folder):
        if name.startswith("pack-"):
            found |= set(message.removeprefix("can hold NET_RAW: ").partition(". ")[0].split(", "))
        else:
            found.add(name)
    return found


def packed(pods: Sequence[Object]) -> list[Object]:
    """Pods with the containers of many, each called after its pod."""
    made = []
    for start in range(0, len(pods), 50):
        together = pod(f"pack-{start}")
        together["spec"]["containers"] = [
            {**each["spec"]["containers"][0], "name": each["metadata"]["name"]}
            for each in pods[start : start + 50]
        ]
        made.append(together)
    return made


def failures_by_kyverno(manifest: str, objects: Sequence[Object], folder: Path) -> list[tuple[str, str]]:
    """The names of the objects that fail, and the messages about them."""
    assert KYVERNO
    namespaces = sorted({each["metadata"]["namespace"] for each in objects})
    # The API server labels every namespace with its name; offline, Kyverno has to be told.
    labels = [{"name": each, "labels": {"kubernetes.io/metadata.name": each}} for each in namespaces]
    values = {"apiVersion": "cli.kyverno.io/v1alpha1", "kind": "Values", "namespaceSelector": labels}
    (folder / "values.yaml").write_text(json.dumps(values), "utf-8")
    (folder / "policy.yaml").write_text(manifest, "utf-8")
    (folder / "objects.yaml").write_text(documents(objects), "utf-8")
    command = [KYVERNO, "apply", "policy.yaml", "--resource", "objects.yaml", "--values-file", "values.yaml"]
    command += ["--policy-report", "--output-format", "json", "--remove-color"]
    done = subprocess.run(
        command, cwd=folder, capture_output=True, encoding="utf-8", timeout=600, check=False
    )
    results = json.loads(done.stdout[done.stdout.index("{") :])["results"] or []
    assert {each["result"] for each in results} <= {"pass", "fail", "skip"}, done.stdout[:2000]
    return [
        (resource["name"], each["message"])
        for each in results
        if each["result"] == "fail"
        for resource in each["resources"]
    ]


def engine(name: str, kind: str, refused: Refused, present: bool, how: str) -> Any:
    """A row for parametrised tests: which policy, and which engine judges by it."""
    skip = pytest.mark.skipif(not present, reason=f"no {name} to judge {kind} policies: {how}")
    return pytest.param(kind, refused, marks=skip, id=f"{kind}-{name}")


CEL = find_spec("cel_expr_python") is not None
ENGINES = [
    engine("cel", "vap", refused_by_cel, CEL, "pip install cel-expr-python"),
    engine("cel", "kyverno", refused_by_cel, CEL, "pip install cel-expr-python"),
    engine("gator", "gatekeeper", refused_by_gator, bool(GATOR), "set NETRAW_LINT_TEST_GATOR"),
    engine("kyverno", "vap", refused_by_kyverno, bool(KYVERNO), "set NETRAW_LINT_TEST_KYVERNO"),
    engine("kyverno", "kyverno", refused_by_kyverno, bool(KYVERNO), "set NETRAW_LINT_TEST_KYVERNO"),
]
assert set(emit.ENGINES) >= {"vap", "kyverno", "gatekeeper"}

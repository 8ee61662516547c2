"""Which pods a Kyverno rule is about: match, exclude and matchConstraints (kyverno pkg/engine/utils/match.go)."""

from __future__ import annotations

from netraw_lint import yamltree
from netraw_lint.policies.checks import matches
from netraw_lint.policies.gates import NotUnderstoodError, Pod
from netraw_lint.policies.scopes import every, items, negated, nothing_but, selector, some, strings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from netraw_lint.manifest import KubernetesObject
    from netraw_lint.nodes import Node
    from netraw_lint.policies.scopes import Test

_POD_KINDS = frozenset(("Pod", "v1/Pod", "*/Pod", "*", "*/*", "/v1/Pod", "Pod/*", "*/v1/Pod"))
# Whoever is about these and not about pods judges pod templates, which is not evaluated.
_CONTROLLERS = (
    "deployment",
    "daemonset",
    "statefulset",
    "replicaset",
    "job",
    "cronjob",
    "replicationcontroller",
)
_USER = ("subjects", "roles", "clusterRoles")


def match_test(rule: Node, namespace: str | None) -> Test | None:
    """To which pods a rule applies; None for a rule that is not about pods. Raises NotUnderstoodError and YamlError.

    ``namespace`` is that of a Policy, which is about nothing else (empty: not known).
    """
    inside = _block(yamltree.get(rule, "match"))
    if inside is None:
        _refuse_controllers(rule)
        return None
    outside = yamltree.get(rule, "exclude")
    left_out = _block(outside) if outside is not None else None

    def applies(pod: Pod) -> bool | None:
        own = None if pod.namespace is None or not namespace else pod.namespace == namespace
        return every(
            (
                True if namespace is None else own,
                inside(pod),
                True if left_out is None else negated(left_out(pod)),
            )
        )

    return applies


def _block(node: Node | None) -> Test | None:
    """A match or exclude block: ``any``, ``all``, or a filter by itself; None if it is not about pods."""
    fields = yamltree.entries(node)
    for word, joined in (("any", some), ("all", every)):
        if items(fields[word][1] if word in fields else None):
            tests = [_filter(item) for item in items(fields[word][1])]
            if word == "all" and None in tests:
                return None
            about = [test for test in tests if test is not None]
            return _joined(joined, about) if about else None
    return _filter(node) if node is not None and fields else None


def _refuse_controllers(rule: Node) -> None:
    match = yamltree.get(rule, "match")
    filters = [match, *items(yamltree.get(match, "any")), *items(yamltree.get(match, "all"))]
    kinds = {kind for one in filters for kind in strings(yamltree.get(one, "resources", "kinds"))}
    if any(kind.rpartition("/")[2].lower() in _CONTROLLERS for kind in kinds):
        raise NotUnderstoodError("it is about workload objects and not about pods")


def _joined(joined: Callable[[Iterable[bool | None]], bool | None], tests: list[Test]) -> Test:
    return lambda pod: joined(test(pod) for test in tests)


def _filter(node: Node) -> Test | None:
    fields = yamltree.entries(node)
    nothing_but({"resources", *_USER}, fields, "its match or exclude")
    tests: list[Test] = []
    if set(_USER) & set(fields):
        tests.append(lambda _pod: None)  # who asks is not known
    resources = yamltree.get(node, "resources")
    wanted = yamltree.entries(resources)
    nothing_but(
        {
            "kinds",
            "operations",
            "names",
            "name",
            "namespaces",
            "selector",
            "namespaceSelector",
            "annotations",
        },
        wanted,
        "its match or exclude",
    )
    kinds = strings(yamltree.get(resources, "kinds"))
    if kinds and not set(kinds) & _POD_KINDS:
        return None
    operations = strings(yamltree.get(resources, "operations"))
    if operations and "CREATE" not in operations:
        return None
    names = strings(yamltree.get(resources, "names"))
    if (one := yamltree.as_string(yamltree.get(resources, "name"))) is not None:
        names += (one,)
    if names:
        tests.append(lambda pod: _fits(names, pod.name))
    namespaces = strings(yamltree.get(resources, "namespaces"))
    if namespaces:
        tests.append(lambda pod: _fits(namespaces, pod.namespace))
    if (labels := selector(yamltree.get(resources, "selector"))) is not None:
        tests.append(lambda pod: labels(pod.labels))
    if (around := selector(yamltree.get(resources, "namespaceSelector"))) is not None:
        tests.append(lambda pod: around(pod.namespace_labels))
    if yamltree.entries(yamltree.get(resources, "annotations")):
        tests.append(lambda _pod: None)
    return lambda pod: every(test(pod) for test in tests)


def _fits(patterns: tuple[str, ...], text: str | None) -> bool | None:
    if text is None:
        return True if "*" in patterns else None
    return any(matches(pattern, text) for pattern in patterns)


def constraints(node: Node | None, any_resources: bool = False) -> Test | None:
    """The pods of a matchConstraints block (of admissionregistration too); None if it is not about pods.

    ``any_resources`` takes a block without rules for one about everything, as in a binding. Raises NotUnderstoodError and YamlError.
    """
    fields = yamltree.entries(node)
    nothing_but(
        {
            "resourceRules",
            "namespaceSelector",
            "objectSelector",
            "matchPolicy",
            "excludeResourceRules",
        },
        fields,
        "its matchConstraints",
    )
    if items(yamltree.get(node, "excludeResourceRules")):
        raise NotUnderstoodError("`excludeResourceRules` in its matchConstraints is not evaluated")
    names: set[str | None] = set()
    rules = items(yamltree.get(node, "resourceRules"))
    about = any_resources and not rules
    names |= {None} if about else set()
    for rule in rules:
        groups, resources = strings(yamltree.get(rule, "apiGroups")), strings(yamltree.get(rule, "resources"))
        operations = strings(yamltree.get(rule, "operations"))
        pods = set(groups) & {"", "*"} and set(resources) & {"pods", "*", "*/*"}
        if pods and set(operations) & {"CREATE", "*"}:
            about = True
            names |= set(strings(yamltree.get(rule, "resourceNames"))) or {None}
    if not about:
        others = {name for rule in rules for name in strings(yamltree.get(rule, "resources"))}
        if any(name.removesuffix("s") in _CONTROLLERS for name in others):
            raise NotUnderstoodError("it is about workload objects and not about pods")
        return None
    labels = selector(yamltree.get(node, "objectSelector"))
    around = selector(yamltree.get(node, "namespaceSelector"))

    def applies(pod: Pod) -> bool | None:
        named = True if None in names else None if pod.name is None else pod.name in names
        return every(
            (
                named,
                True if labels is None else labels(pod.labels),
                True if around is None else around(pod.namespace_labels),
            )
        )

    return applies


def excepted(obj: KubernetesObject) -> set[str]:
    """The names of the policies that a PolicyException makes exceptions from. Raises YamlError."""
    if obj.ref.kind != "PolicyException" or obj.ref.group not in ("kyverno.io", "policies.kyverno.io"):
        return set()
    spec = yamltree.get(obj.node, "spec")
    names = [yamltree.get(one, "policyName") for one in items(yamltree.get(spec, "exceptions"))]
    names += [yamltree.get(one, "name") for one in items(yamltree.get(spec, "policyRefs"))]
    return {name.rpartition("/")[2] for node in names if (name := yamltree.as_string(node))}

"""Gatekeeper's constraints of the capability and privileged-container templates of its library.

From gatekeeper-library library/pod-security-policy/{capabilities,privileged-containers}/template.yaml and
gatekeeper pkg/mutation/match/match.go. The capability template exists in two languages: Rego compares without
case, CEL (taken first since Gatekeeper 3.18, unless it is switched off) with case; where they differ, nothing is sure.
"""

from __future__ import annotations

from netraw_lint import yamltree
from netraw_lint.model import Policy
from netraw_lint.policies.checks import Adds, Drops, Unprivileged
from netraw_lint.policies.gates import Clause, Gate, NotUnderstoodError, Pod
from netraw_lint.policies.mentions import mentions
from netraw_lint.policies.scopes import every, items, kind_of, negated, nothing_but, selector, strings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from netraw_lint.manifest import KubernetesObject
    from netraw_lint.nodes import Node
    from netraw_lint.policies.checks import PodContainer
    from netraw_lint.policies.scopes import Test

GROUP = "constraints.gatekeeper.sh"
_TEMPLATES = ("K8sPSPCapabilities", "K8sPSPPrivilegedContainer")
_KNOWN = ("allowedCapabilities", "requiredDropCapabilities", "exemptImages")


def gate(obj: KubernetesObject) -> Gate | None:
    """A constraint of the well-known templates, or None; one of another about capabilities is not understood.

    Raises YamlError.
    """
    if obj.ref.group != GROUP:
        return None
    if obj.ref.kind not in _TEMPLATES:
        return other(obj) if mentions(obj.node) else None
    kind = kind_of(obj)
    spec = yamltree.get(obj.node, "spec")
    pair = yamltree.entries(spec).get("parameters")
    parameters = yamltree.get(spec, "parameters")
    try:
        applies = match_test(yamltree.get(spec, "match"))
        does = action(spec)
        if unknown := set(yamltree.entries(parameters)) - set(_KNOWN):
            raise NotUnderstoodError(f"parameter `{min(unknown)}` is none of the library's template")
        exempt = _exempt(strings(yamltree.get(parameters, "exemptImages")))
        checks = _checks(obj.ref.kind, parameters)
    except NotUnderstoodError as error:
        return Gate(obj.document, obj.ref, kind, "Gatekeeper", doubts=(str(error),))
    if applies is None:
        return None  # not about pods
    clauses = tuple(
        Clause(
            check, kind, does == "deny", applies, exempt, two_languages=not isinstance(check, Unprivileged)
        )
        for check in checks
    )
    return Gate(
        obj.document,
        obj.ref,
        kind,
        "Gatekeeper",
        clauses,
        today="" if does == "deny" else does,
        parameters=parameters,
        anchor=pair[0] if pair else kind,
    )


def other(obj: KubernetesObject) -> Gate | None:
    """A constraint of another template as one that is not understood, or None. Raises YamlError."""
    if obj.ref.group != GROUP or obj.ref.kind in _TEMPLATES:
        return None
    kind = kind_of(obj)
    doubt = f"{obj.ref.kind} is no template of Gatekeeper's library"
    return Gate(obj.document, obj.ref, kind, "Gatekeeper", doubts=(doubt,))


def template_kinds(obj: KubernetesObject) -> set[str]:
    """The kind of constraints that a ConstraintTemplate about capabilities makes, if it is one of nobody we know."""
    if (obj.ref.group, obj.ref.kind) != ("templates.gatekeeper.sh", "ConstraintTemplate"):
        return set()
    kind = yamltree.as_string(yamltree.get(obj.node, "spec", "crd", "spec", "names", "kind")) or ""
    return {kind} - set(_TEMPLATES) if mentions(obj.node) else set()


def as_policy(gate: Gate) -> Policy | None:
    """A constraint as a policy with lists of capabilities to fix, or None for one that has none."""
    if gate.object.kind != "K8sPSPCapabilities" or gate.parameters is None or gate.anchor is None:
        return None
    return Policy(gate.document, gate.object, gate.parameters, gate.anchor, gate.node)


def _checks(kind: str, parameters: Node | None) -> tuple[Adds | Drops | Unprivileged, ...]:
    if kind == "K8sPSPPrivilegedContainer":
        return (Unprivileged(),)
    allowed = strings(yamltree.get(parameters, "allowedCapabilities"))
    required = strings(yamltree.get(parameters, "requiredDropCapabilities"))
    adds = Adds(allowed, star=True)
    return (adds, Drops(required, every=True, or_all=True)) if required else (adds,)


def action(spec: Node | None) -> str:
    """What a constraint does. Raises NotUnderstoodError and YamlError."""
    action = yamltree.as_string(yamltree.get(spec, "enforcementAction")) or "deny"
    if action == "scoped":
        raise NotUnderstoodError("scoped enforcement actions are not evaluated")
    return action


def _exempt(images: tuple[str, ...]) -> Callable[[PodContainer], bool] | None:
    def exempt(container: PodContainer) -> bool:
        return any(
            container.image.startswith(image[:-1]) if image.endswith("*") else container.image == image
            for image in images
        )

    return exempt if images else None


def match_test(node: Node | None) -> Test | None:
    """The pods that a constraint is about; None if it is about none. Raises NotUnderstoodError and YamlError."""
    fields = yamltree.entries(node)
    nothing_but(
        {
            "kinds",
            "namespaces",
            "excludedNamespaces",
            "labelSelector",
            "namespaceSelector",
            "name",
            "scope",
            "source",
        },
        fields,
        "its match",
    )
    kinds = items(yamltree.get(node, "kinds"))
    if kinds and not any(
        (not (groups := strings(yamltree.get(one, "apiGroups"))) or {"", "*"} & set(groups))
        and (not (names := strings(yamltree.get(one, "kinds"))) or {"Pod", "*"} & set(names))
        for one in kinds
    ):
        return None
    if yamltree.as_string(yamltree.get(node, "scope")) == "Cluster":
        return None
    only, but = (strings(yamltree.get(node, key)) for key in ("namespaces", "excludedNamespaces"))
    name = yamltree.as_string(yamltree.get(node, "name"))
    labels, around = (selector(yamltree.get(node, key)) for key in ("labelSelector", "namespaceSelector"))
    if yamltree.as_string(yamltree.get(node, "source")) == "Generated":
        return None

    def applies(pod: Pod) -> bool | None:
        return every(
            (
                True if not only else _named(only, pod.namespace),
                True if not but else negated(_named(but, pod.namespace)),
                True if name is None else _named((name,), pod.name),
                True if labels is None else labels(pod.labels),
                True if around is None else around(pod.namespace_labels),
            )
        )

    return applies


def _named(patterns: tuple[str, ...], name: str | None) -> bool | None:
    """Whether a name fits patterns with ``*`` at their ends."""
    if name is None:
        return None
    return any(_fits(pattern, name) for pattern in patterns)


def _fits(pattern: str, name: str) -> bool:
    inner = pattern.strip("*")
    if pattern.startswith("*") and pattern.endswith("*") and len(pattern) > 1:
        return inner in name
    if pattern.startswith("*"):
        return name.endswith(inner)
    return name.startswith(inner) if pattern.endswith("*") else name == pattern

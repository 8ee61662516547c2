"""Kyverno's ClusterPolicy, Policy and ValidatingPolicy, as far as they are of the well-known shapes.

Understood are rules that deny by conditions on a container's capabilities (``foreach`` or the whole pod's list),
the privileged pattern, ``podSecurity`` rules and CEL. Sources: kyverno pkg/engine/utils/match.go (match and
exclude), pkg/engine/variables/operator/anyin.go (both sides of AnyIn and AnyNotIn may hold wildcards),
pkg/pss/evaluate.go, api/kyverno/v1/spec_types.go (only Enforce refuses; the default is Audit).
"""

from __future__ import annotations

from netraw_lint import yamltree
from netraw_lint.catalogue import LISTS
from netraw_lint.policies import pod_security
from netraw_lint.policies.checks import Unprivileged, matches
from netraw_lint.policies.gates import Clause, Gate, NotUnderstoodError, Pod
from netraw_lint.policies.kyverno_match import match_test
from netraw_lint.policies.mentions import mentions
from netraw_lint.policies.scopes import both, items, kind_of, scalar, strings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from netraw_lint.manifest import KubernetesObject
    from netraw_lint.nodes import Node
    from netraw_lint.policies.checks import PodContainer
    from netraw_lint.policies.scopes import Test

VALIDATING = frozenset(
    """validationActions evaluation matchConstraints variables validations failurePolicy webhookConfiguration
    autogen auditAnnotations""".split()
)


def gate(obj: KubernetesObject) -> Gate | None:
    """A Kyverno policy that is about capabilities or privileged containers, or None. Raises YamlError."""
    kinds = {
        "kyverno.io": ("ClusterPolicy", "Policy"),
        "policies.kyverno.io": (
            *("ValidatingPolicy", "NamespacedValidatingPolicy"),
            *("MutatingPolicy", "NamespacedMutatingPolicy"),
        ),
    }
    if obj.ref.kind not in kinds.get(obj.ref.group, ()) or not mentions(obj.node):
        return None
    spec = yamltree.get(obj.node, "spec")
    clauses: list[Clause] = []
    doubts: list[str] = []
    if "Mutating" in obj.ref.kind:
        doubts.append("its mutations are not evaluated")
    elif obj.ref.group == "kyverno.io":
        rules = items(yamltree.get(spec, "rules"))
        if yamltree.as_string(yamltree.get(spec, "applyRules")) == "One" and len(rules) > 1:
            doubts.append("with applyRules: One, which of its rules count is not evaluated")
        for rule in rules:
            if not mentions(rule):
                continue
            name = yamltree.as_string(yamltree.get(rule, "name")) or "without a name"
            try:
                clauses += _rule(obj, spec, rule, name)
            except NotUnderstoodError as error:
                doubts.append(f"rule {name}: {error}")
    else:
        from netraw_lint.policies import validating_admission

        try:
            clauses += in_force(obj, spec, validating_admission.validations(spec, VALIDATING))
        except NotUnderstoodError as error:
            doubts.append(str(error))
    if not clauses and not doubts:
        return None
    kind = kind_of(obj)
    today = "" if all(clause.enforced for clause in clauses) else "Audit"
    return Gate(obj.document, obj.ref, kind, "Kyverno", tuple(clauses), tuple(doubts), today)


def _rule(obj: KubernetesObject, spec: Node | None, rule: Node, name: str) -> Iterator[Clause]:
    fields = yamltree.entries(rule)
    if "mutate" in fields:
        raise NotUnderstoodError("its mutations are not evaluated")
    if "validate" not in fields:
        return
    if unknown := set(fields) - {
        "name",
        "match",
        "exclude",
        "preconditions",
        "validate",
        "skipBackgroundRequests",
        "reportProperties",
    }:
        raise NotUnderstoodError(f"its `{min(unknown)}` is not evaluated")
    if "preconditions" in fields:
        from netraw_lint.policies import kyverno_conditions

        kyverno_conditions.only_about_deletion(fields["preconditions"][1])
    own = obj.ref.namespace if obj.ref.kind == "Policy" else None
    applies = match_test(rule, own)
    if applies is None:
        return  # not about pods
    validate = fields["validate"][1]
    action = yamltree.as_string(yamltree.get(validate, "failureAction")) or yamltree.as_string(
        yamltree.get(spec, "validationFailureAction")
    )
    if yamltree.as_bool(yamltree.get(spec, "admission")) is False:
        action = "Audit"  # only what runs already is reported
    enforced = (action or "Audit").lower() == "enforce"
    overrides = yamltree.get(validate, "failureActionOverrides") or yamltree.get(
        spec, "validationFailureActionOverrides"
    )
    if items(overrides):
        # Some namespaces differ: what is not enforced everywhere is told as what it is by default.
        enforced = enforced and all(
            (yamltree.as_string(yamltree.get(one, "action")) or "").lower() == "enforce"
            for one in items(overrides)
        )
    for clause in _validate(validate):
        yield clause.replace(
            node=fields["name"][1] if "name" in fields else rule,
            name=name,
            enforced=enforced,
            applies=both(clause.applies, applies),
        )


def _validate(validate: Node) -> Iterator[Clause]:
    fields = yamltree.entries(validate)
    known = {"deny", "foreach", "pattern", "podSecurity", "cel"}
    kinds = known & set(fields)
    unknown = (
        set(fields)
        - known
        - {"message", "failureAction", "failureActionOverrides", "allowExistingViolations"}
    )
    if len(kinds) != 1 or unknown:
        raise NotUnderstoodError("a validation of no well-known shape")
    kind = kinds.pop()
    value = fields[kind][1]
    if kind in ("foreach", "deny"):
        from netraw_lint.policies import kyverno_conditions

        conditions = kyverno_conditions.foreach if kind == "foreach" else kyverno_conditions.deny
        yield from conditions(value)
    elif kind == "pattern":
        yield Clause(Unprivileged(), value, lists=_pattern_lists(value))
    elif kind == "podSecurity":
        yield from _pod_security(value)
    else:
        if unknown := {"paramKind", "paramRef", "generate", "auditAnnotations"} & set(
            yamltree.entries(value)
        ):
            raise NotUnderstoodError(f"its `{min(unknown)}` is not evaluated")
        from netraw_lint.policies import validating_admission

        yield from validating_admission.cel_clauses(value, "expressions")


def _pattern_lists(pattern: Node) -> tuple[str, ...]:
    """The lists in which a pattern wants no privileged container. Raises NotUnderstoodError for any other pattern."""
    spec = yamltree.get(pattern, "spec")
    if list(yamltree.entries(pattern)) != ["spec"] or spec is None:
        raise NotUnderstoodError("a pattern of no well-known shape")
    found = []
    for key, (_, value) in yamltree.entries(spec).items():
        name = key.removeprefix("=(").removesuffix(")")
        one = items(value)
        context = yamltree.get(one[0], "=(securityContext)") if len(one) == 1 else None
        privileged = yamltree.get(context, "=(privileged)")
        exact = (
            privileged is not None
            and list(yamltree.entries(context)) == ["=(privileged)"]
            and list(yamltree.entries(one[0])) == ["=(securityContext)"]
        )
        if name not in LISTS or not exact or scalar(privileged) not in ("false", "False"):  # type: ignore[arg-type]
            raise NotUnderstoodError("a pattern of no well-known shape")
        found.append(name)
    return tuple(found)


def _pod_security(rule: Node) -> Iterator[Clause]:
    fields = yamltree.entries(rule)
    level = yamltree.as_string(yamltree.get(rule, "level"))
    version = yamltree.as_string(yamltree.get(rule, "version")) or "latest"
    if (
        level not in pod_security.LEVELS
        or not pod_security.is_version(version)
        or set(fields)
        - {
            "level",
            "version",
            "exclude",
        }
    ):
        raise NotUnderstoodError("a podSecurity rule with an unknown level, version or field")
    exempt: dict[bool, tuple[str, ...]] = {}
    for item in items(yamltree.get(rule, "exclude")):
        control = yamltree.as_string(yamltree.get(item, "controlName"))
        if control not in ("Capabilities", "Privileged Containers"):
            continue
        if set(yamltree.entries(item)) - {"controlName", "images"}:
            raise NotUnderstoodError(f"it excludes the control {control} in part")
        privileged = control == "Privileged Containers"
        images = strings(yamltree.get(item, "images")) or ("*",)
        exempt[privileged] = exempt.get(privileged, ()) + images
    for clause in pod_security.clauses(level, pod_security.minor(version), rule):
        found = exempt.get(isinstance(clause.check, Unprivileged))
        yield clause if found is None else clause.replace(exempt=_of_images(found))


def _of_images(images: tuple[str, ...]) -> Callable[[PodContainer], bool]:
    def exempt(container: PodContainer) -> bool:
        return any(matches(pattern, container.image) for pattern in images)

    return exempt


def in_force(obj: KubernetesObject, spec: Node | None, clauses: Iterable[Clause]) -> Iterator[Clause]:
    """The clauses of a ValidatingPolicy, Kyverno's own form of a ValidatingAdmissionPolicy, as it enforces them."""
    namespace = obj.ref.namespace if obj.ref.kind.startswith("Namespaced") else None
    actions = strings(yamltree.get(spec, "validationActions"))
    enforced = "Deny" in actions or not actions
    if yamltree.as_bool(yamltree.get(spec, "evaluation", "admission", "enabled")) is False:
        enforced = False
    for clause in clauses:
        yield clause.replace(enforced=enforced, applies=both(_in_namespace(namespace), clause.applies))


def _in_namespace(name: str | None) -> Test:
    def test(pod: Pod) -> bool | None:
        return True if name is None else None if not (pod.namespace and name) else pod.namespace == name

    return test

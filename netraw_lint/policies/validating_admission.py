"""ValidatingAdmissionPolicies whose CEL is of well-known shape, and the bindings that put them into force."""

from __future__ import annotations

from netraw_lint import yamltree
from netraw_lint.noun import Noun
from netraw_lint.policies import cel
from netraw_lint.policies.gates import Clause, Gate, NotUnderstoodError
from netraw_lint.policies.kyverno_match import constraints
from netraw_lint.policies.mentions import mentions
from netraw_lint.policies.scopes import both, items, kind_of, scalar, strings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from netraw_lint.manifest import KubernetesObject
    from netraw_lint.nodes import Node
    from netraw_lint.policies.scopes import Test

GROUP = "admissionregistration.k8s.io"
KNOWN = frozenset(("failurePolicy", "matchConstraints", "variables", "validations", "auditAnnotations"))


class Binding(Noun):
    """A ValidatingAdmissionPolicyBinding: the policy it binds, whether it denies, and to which pods it applies.

    ``doubt`` says what of it is not understood.
    """

    policy: str
    denies: bool
    applies: Test | None = None
    doubt: str = ""


def gate(obj: KubernetesObject) -> Gate | None:
    """A ValidatingAdmissionPolicy about capabilities or privileged containers, or None. Raises YamlError."""
    if (obj.ref.group, obj.ref.kind) != (GROUP, "ValidatingAdmissionPolicy") or not mentions(obj.node):
        return None
    kind = kind_of(obj)
    name = "ValidatingAdmissionPolicy"
    try:
        clauses = tuple(validations(yamltree.get(obj.node, "spec"), KNOWN))
    except NotUnderstoodError as error:
        return Gate(obj.document, obj.ref, kind, name, doubts=(str(error),))
    return Gate(obj.document, obj.ref, kind, name, clauses) if clauses else None


def validations(spec: Node | None, known: Iterable[str]) -> Iterator[Clause]:
    """The clauses of a spec with matchConstraints and CEL validations. Raises NotUnderstoodError and YamlError."""
    applies = constraints(yamltree.get(spec, "matchConstraints"))
    if applies is None:
        return  # not about pods
    if unknown := set(yamltree.entries(spec)) - set(known):
        raise NotUnderstoodError(f"its `{min(unknown)}` is not evaluated")
    for clause in cel_clauses(spec, "validations"):
        yield clause.replace(applies=applies)


def cel_clauses(node: Node | None, key: str) -> Iterator[Clause]:
    """The clauses of CEL validations under a key, beside their variables."""
    variables = {
        scalar(name): scalar(expression)
        for item in items(yamltree.get(node, "variables"))
        if (name := yamltree.get(item, "name")) and (expression := yamltree.get(item, "expression"))
    }
    for item in items(yamltree.get(node, key)):
        expression = yamltree.get(item, "expression")
        if expression is None:
            raise NotUnderstoodError("a validation without an expression")
        check, lists = cel.check(scalar(expression), variables)
        yield Clause(check, item, lists=lists)


def binding(obj: KubernetesObject) -> Binding | None:
    """A binding, or None for another object. Raises YamlError."""
    if (obj.ref.group, obj.ref.kind) != (GROUP, "ValidatingAdmissionPolicyBinding"):
        return None
    spec = yamltree.get(obj.node, "spec")
    policy = yamltree.as_string(yamltree.get(spec, "policyName")) or ""
    resources = yamltree.get(spec, "matchResources")
    try:
        denies = "Deny" in strings(yamltree.get(spec, "validationActions"))
        applies = None if resources is None else constraints(resources, any_resources=True) or _nowhere
    except NotUnderstoodError as error:
        return Binding(policy, False, doubt=str(error))
    return Binding(policy, denies, applies)


def bound(gate: Gate, bindings: Iterable[Binding]) -> Gate:
    """A policy as its bindings put it into force; without one it is in force nowhere."""
    own = [one for one in bindings if one.policy == gate.object.name]
    if not own:
        return gate.replace(
            clauses=tuple(clause.replace(enforced=False) for clause in gate.clauses),
            today="no binding here",
        )
    clauses = []
    for one in own:
        for clause in gate.clauses:
            applies = both(clause.applies, one.applies) if one.applies else clause.applies
            clauses.append(clause.replace(enforced=one.denies, applies=applies))
    doubts = tuple(f"its binding: {one.doubt}" for one in own if one.doubt)
    today = "" if all(one.denies for one in own) else "Audit"
    return gate.replace(clauses=tuple(clauses), doubts=gate.doubts + doubts, today=today)


def _nowhere(_pod: object) -> bool | None:
    return False

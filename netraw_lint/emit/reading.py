"""Printed policies, found again among manifests: evaluated by what they were printed from.

The settings stand in an annotation. A policy that is printed from them is compared with the one that was found; where
they are the same, ``capabilities`` says what it refuses, and where they are not, it is not evaluated.
"""

from __future__ import annotations

from fnmatch import fnmatchcase

from netraw_lint import yamltree
from netraw_lint.emit import facts, gatekeeper, kyverno, record, vap
from netraw_lint.emit.plan import WORKLOADS
from netraw_lint.policies import gatekeeper as constraints
from netraw_lint.policies import kyverno as kyverno_policies
from netraw_lint.policies import validating_admission
from netraw_lint.policies.checks import Decided
from netraw_lint.policies.gates import Clause, Gate, NotUnderstoodError
from netraw_lint.policies.kyverno_match import constraints as match_constraints
from netraw_lint.policies.scopes import both, every, kind_of, some

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from netraw_lint.emit.plan import Exempt, Plan
    from netraw_lint.manifest import KubernetesObject
    from netraw_lint.nodes import Node
    from netraw_lint.policies.checks import PodContainer
    from netraw_lint.policies.gates import Pod
    from netraw_lint.policies.scopes import Test

    # The clauses of an object that was printed from a plan, and what it does as long as it is not enforced.
    Read = Callable[[KubernetesObject, Node | None, Plan], tuple[tuple[Clause, ...], str]]

_TEMPLATE = ("templates.gatekeeper.sh", "ConstraintTemplate")
_CONSTRAINT = (constraints.GROUP, "NetRawLint")


class Reader:
    """Reads printed policies, object by object; Gatekeeper's come in two, a constraint and its template."""

    def __init__(self) -> None:
        self._templates: dict[str, str] = {}

    def gate(self, obj: KubernetesObject) -> Gate | None:
        """A printed policy, or None for another object. Raises YamlError."""
        kind = obj.ref.group, obj.ref.kind
        text = yamltree.as_string(yamltree.get(obj.node, "metadata", "annotations", record.ANNOTATION))
        if text is None or kind not in (*_READERS, _TEMPLATE):
            return None
        spec = yamltree.get(obj.node, "spec")
        made = Gate(obj.document, obj.ref, kind_of(obj), _ENGINES.get(obj.ref.group, "Gatekeeper"))
        try:
            plan = record.read(text)
            if kind == _TEMPLATE:
                _compare(spec, _printed(gatekeeper.manifest(plan), 0), ("crd", "targets"))
                self._templates.setdefault(text, "")
                return None
            clauses, today = _READERS[kind](obj, spec, plan)
        except (NotUnderstoodError, ValueError) as error:
            if kind == _TEMPLATE:
                self._templates[text] = f"its template: {error}"
                return None
            return made.replace(doubts=(str(error),))
        return made.replace(clauses=clauses, today=today, printed=text)

    def settled(self, gate: Gate) -> Gate:
        """A printed constraint with what is to be said about its template."""
        if (gate.object.group, gate.object.kind) != _CONSTRAINT or not gate.printed:
            return gate
        absent = "the ConstraintTemplate that was printed with it is not in these files"
        doubt = self._templates.get(gate.printed, absent)
        return gate.replace(doubts=(doubt,), clauses=()) if doubt else gate


def _admission(obj: KubernetesObject, spec: Node | None, plan: Plan) -> tuple[tuple[Clause, ...], str]:
    known = (*validating_admission.KNOWN, "matchConditions")
    applies = _body(spec, _printed(vap.manifest(plan), 0), known)
    return tuple(_clauses(plan, plan.objects, kind_of(obj), applies)), ""


def _validating(obj: KubernetesObject, spec: Node | None, plan: Plan) -> tuple[tuple[Clause, ...], str]:
    known = (*kyverno_policies.VALIDATING, "matchConditions")
    applies = _body(spec, _printed(kyverno.manifest(plan), 0), known)
    made = _clauses(plan, (*plan.namespaces, *plan.objects), kind_of(obj), applies)
    clauses = tuple(kyverno_policies.in_force(obj, spec, made))
    return clauses, "" if all(clause.enforced for clause in clauses) else "Audit"


def _constraint(obj: KubernetesObject, spec: Node | None, plan: Plan) -> tuple[tuple[Clause, ...], str]:
    made = _printed(gatekeeper.manifest(plan), 1)
    _compare(spec, made, ("parameters",))
    match = yamltree.get(spec, "match")
    _compare(match, made["match"], ("kinds",))
    applies = constraints.match_test(match)
    if applies is None:
        raise NotUnderstoodError("its `match` is about no pods")
    action = constraints.action(spec)
    clauses = _clauses(plan, plan.objects, kind_of(obj), applies)
    enforced = tuple(clause.replace(enforced=action == "deny") for clause in clauses)
    return enforced, "" if action == "deny" else action


_READERS: dict[tuple[str, str], Read] = {
    (validating_admission.GROUP, "ValidatingAdmissionPolicy"): _admission,
    ("policies.kyverno.io", "ValidatingPolicy"): _validating,
    ("policies.kyverno.io", "NamespacedValidatingPolicy"): _validating,
    _CONSTRAINT: _constraint,
}
_ENGINES = {validating_admission.GROUP: "ValidatingAdmissionPolicy", "policies.kyverno.io": "Kyverno"}
_REASONS = {
    "NRL004": "it is privileged",
    "NRL001": "add grants `NET_RAW`",
    "NRL002": "add grants `ALL`",
    "NRL005": "what drop names does not take `NET_RAW` away",
    "NRL003": "drop lacks `NET_RAW`",
}


def _body(spec: Node | None, made: dict[str, object], known: Sequence[str]) -> Test:
    """The pods that a policy in CEL is about, which has to be the printed one."""
    if unknown := set(yamltree.entries(spec)) - set(known):
        raise NotUnderstoodError(f"its `{min(unknown)}` is not evaluated")
    _compare(spec, made, ("matchConditions", "variables", "validations"))
    where = yamltree.get(spec, "matchConstraints")
    _compare(where, made["matchConstraints"], ("resourceRules",))
    applies = match_constraints(where)
    if applies is None:
        raise NotUnderstoodError("it is about no pods")
    return applies


def _compare(found: Node | None, made: object, keys: Sequence[str]) -> None:
    """Raises NotUnderstoodError where what stands under a key is not what was printed."""
    for key in keys:
        node = yamltree.get(found, key)
        if (_plain(node) if node else None) != (made.get(key) if isinstance(made, dict) else None):
            raise NotUnderstoodError(
                f"its `{key}` is not what its annotation {record.ANNOTATION} tells of: it was changed, or printed by "
                "another version; print it again"
            )


def _printed(manifest: str, number: int) -> dict[str, object]:
    """The spec of a document of a printed manifest."""
    spec = _plain(yamltree.get(list(yamltree.compose(manifest.encode()))[number], "spec"))
    return spec if isinstance(spec, dict) else {}


def _plain(node: Node | None) -> object:
    """A node as values to compare. What the API server writes where nothing is written says nothing."""
    if isinstance(node, yamltree.MappingNode):
        pairs = {key: _plain(value) for key, (_, value) in yamltree.entries(node).items()}
        return {key: value for key, value in pairs.items() if (key, value) != ("scope", "*")}
    if isinstance(node, yamltree.SequenceNode):
        return [_plain(item) for item in node.value]
    return yamltree.text(node) if isinstance(node, yamltree.ScalarNode) else None


def _clauses(plan: Plan, whole: Sequence[Exempt], node: Node, applies: Test) -> Iterator[Clause]:
    for check in plan.checks:
        yield Clause(
            Decided(_reasons(check.codes, plan.runtimes)),
            node,
            applies=both(_not_windows, applies),
            spares=_spares((*whole, *check.exempt)),
        )


def _reasons(codes: Sequence[str], runtimes: tuple[str, ...]) -> Callable[[PodContainer], str]:
    def reason(container: PodContainer) -> str:
        lists = container.add, container.drop, container.privileged
        found = facts.complaints(*lists, runtimes) & set(codes)
        return next((text for code, text in _REASONS.items() if code in found), "")

    return reason


def _not_windows(pod: Pod) -> bool:
    return not pod.windows and not pod.windows_nodes


def _spares(exempt: Sequence[Exempt]) -> Callable[[Pod, PodContainer], bool | None]:
    def spares(pod: Pod, container: PodContainer) -> bool | None:
        named = [
            each for each in exempt if each.container is None or fnmatchcase(container.name, each.container)
        ]
        return some(_covers(each, pod) for each in named)

    return spares


def _covers(exempt: Exempt, pod: Pod) -> bool | None:
    """Whether an exemption is about a workload: by its own kind and name, or by those of the one that made it."""
    inside: bool | None = True
    if exempt.namespace is not None:
        inside = None if pod.namespace is None else fnmatchcase(pod.namespace, exempt.namespace)
    return every((inside, True if exempt.any_object else _is_itself(exempt, pod)))


def _is_itself(exempt: Exempt, pod: Pod) -> bool | None:
    ref = pod.object
    if ref is None or ref.kind not in WORKLOADS.get(ref.group, ()):
        return None  # judged at the pods that somebody makes of it
    named: bool | None = True
    if exempt.name is not None:
        named = fnmatchcase(ref.name, exempt.name) if ref.name else None
    itself = every((ref.kind in exempt.kinds, named))
    return None if itself is False and pod.owned else itself

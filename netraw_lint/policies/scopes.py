"""To which pods a policy applies, in three values: yes, no, and cannot be said from the manifests."""

from __future__ import annotations

from netraw_lint import yamltree
from netraw_lint.policies.gates import Labels, NotUnderstoodError, Pod

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from netraw_lint.manifest import KubernetesObject
    from netraw_lint.nodes import Node

    Test = Callable[[Pod], bool | None]
    LabelTest = Callable[[Labels], bool | None]


def every(answers: Iterable[bool | None]) -> bool | None:
    """All of them: no if any is no, unknown if any is unknown."""
    found: bool | None = True
    for answer in answers:
        if answer is False:
            return False
        found = None if answer is None else found
    return found


def some(answers: Iterable[bool | None]) -> bool | None:
    """Any of them."""
    return negated(every(negated(answer) for answer in answers))


def negated(answer: bool | None) -> bool | None:
    """The opposite; of unknown, unknown."""
    return None if answer is None else not answer


def both(first: Test, second: Test) -> Test:
    """A test that holds where two do."""
    return lambda pod: every((first(pod), second(pod)))


def nothing_but(known: Iterable[str], fields: Iterable[str], where: str) -> None:
    """Raises NotUnderstoodError for a key that is not known: what it would decide cannot be said."""
    if unknown := set(fields) - set(known):
        raise NotUnderstoodError(f"`{min(unknown)}` in {where} is not evaluated")


def selector(node: Node | None) -> LabelTest | None:
    """A LabelSelector as a test; None for one that selects everything. Raises NotUnderstoodError and YamlError."""
    fields = yamltree.entries(node)
    tests: list[LabelTest] = []
    for key, (_, value) in yamltree.entries(yamltree.get(node, "matchLabels")).items():
        tests.append(_requirement(key, "In", (scalar(value),)))
    for item in items(yamltree.get(node, "matchExpressions")):
        name = yamltree.as_string(yamltree.get(item, "key"))
        operator = yamltree.as_string(yamltree.get(item, "operator"))
        if not name or operator not in ("In", "NotIn", "Exists", "DoesNotExist"):
            raise NotUnderstoodError("a label selector that is none")
        tests.append(_requirement(name, operator, tuple(map(scalar, items(yamltree.get(item, "values"))))))
    if unknown := set(fields) - {"matchLabels", "matchExpressions"}:
        raise NotUnderstoodError(f"`{min(unknown)}` in a label selector")
    if not tests:
        return None
    return lambda labels: every(test(labels) for test in tests)


def _requirement(key: str, operator: str, values: tuple[str, ...]) -> LabelTest:
    def test(labels: Labels) -> bool | None:
        there, value = labels.get(key)
        if operator in ("Exists", "DoesNotExist"):
            return there if operator == "Exists" else negated(there)
        fits = None if there is None else there and value in values
        return fits if operator == "In" else negated(fits)

    return test


def kind_of(obj: KubernetesObject) -> Node:
    """What to point at for a whole object: the value of its kind, which an item of a typed list need not have."""
    pair = yamltree.entries(obj.node).get("kind")
    return pair[1] if pair else obj.node


def items(node: Node | None) -> list[Node]:
    """The items of a list, none for anything else."""
    return list(node.value) if isinstance(node, yamltree.SequenceNode) else []


def strings(node: Node | None) -> tuple[str, ...]:
    """The strings of a list, none for anything else."""
    return tuple(map(scalar, items(node)))


def scalar(node: Node) -> str:
    """The text of a scalar. Raises NotUnderstoodError for anything else."""
    if not isinstance(node, yamltree.ScalarNode):
        raise NotUnderstoodError("a list or mapping where a text belongs")
    return yamltree.text(node)

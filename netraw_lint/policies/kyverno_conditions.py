"""Kyverno's conditions on a container's capabilities, as checks.

A condition compares what a JMESPath expression finds with a list. Understood are AnyNotIn and AnyIn on the drop and
add lists, of each container by ``foreach`` or of all containers at once. The older NotIn and In mean something else
for lists.
"""

from __future__ import annotations

import re

from netraw_lint import yamltree
from netraw_lint.catalogue import LISTS
from netraw_lint.policies.checks import Adds, AddsNone, Drops
from netraw_lint.policies.gates import Clause, NotUnderstoodError
from netraw_lint.policies.scopes import items, scalar, strings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from netraw_lint.nodes import Node
    from netraw_lint.policies.checks import Check

_OVER = re.compile(r"request\.object\.spec\.(?:\[([\w,]+)\]\[\]|(\w+)(?:\[\])?)")
_CAPABILITIES = re.compile(
    r"\{\{(?P<head>.+?)\.?securityContext\.capabilities\.(?P<list>add|drop)\[\]"
    r"(?P<upper>\.to_upper\(@\))?(?:\|\|(?:`\[\]`|''))?\}\}"
)
_DELETION = re.compile(r"\{\{request\.operation(\|\|'BACKGROUND')?\}\}")
_UNEXPECTED = NotUnderstoodError("conditions of no well-known shape")


def only_about_deletion(node: Node) -> None:
    """Raises NotUnderstoodError for preconditions that do more than leave out deletions."""
    for condition in _conditions(node)[1]:
        key, operator, value = _parts(condition)
        names = strings(value) or (scalar(value),)
        leaves_out = operator in ("NotEquals", "AnyNotIn", "NotIn") and set(names) == {"DELETE"}
        keeps = operator in ("AnyIn", "In", "Equals") and "CREATE" in names
        if not isinstance(key, str) or not _DELETION.fullmatch(_tight(key)) or not (leaves_out or keeps):
            raise NotUnderstoodError("its preconditions are not evaluated")


def foreach(node: Node) -> Iterator[Clause]:
    """The clauses of ``foreach`` validations. Raises NotUnderstoodError and YamlError."""
    for item in items(node):
        if set(yamltree.entries(item)) - {"list", "deny"}:
            raise _UNEXPECTED
        over = _lists(scalar(yamltree.get(item, "list") or item))
        for check in _checks(yamltree.get(item, "deny"), "element"):
            yield Clause(check, item, lists=over)


def deny(node: Node) -> Iterator[Clause]:
    """The clauses of a ``deny`` on the capabilities of all containers at once."""
    word, conditions = _conditions(yamltree.get(node, "conditions"))
    if word == "all" and len(conditions) != 1:
        raise _UNEXPECTED
    for condition in conditions:
        key, operator, value = _parts(condition)
        found = _CAPABILITIES.fullmatch(_tight(key)) if isinstance(key, str) else None
        if found is None or found["list"] != "add":
            raise _UNEXPECTED
        over = _OVER.fullmatch(found["head"])
        if over is None:
            raise _UNEXPECTED
        yield Clause(
            _on_adds(operator, strings(value), bool(found["upper"])), condition, lists=_lists(found["head"])
        )


def _lists(text: str) -> tuple[str, ...]:
    found = _OVER.fullmatch(_tight(text))
    names = tuple((found[1] or found[2]).split(",")) if found else ()
    if not names or set(names) - set(LISTS):
        raise NotUnderstoodError("it is about other lists than those of containers")
    return names


def _checks(node: Node | None, head: str) -> Iterator[Check]:
    word, conditions = _conditions(yamltree.get(node, "conditions"))
    drops: list[tuple[str, bool]] = []
    others: list[Check] = []
    for condition in conditions:
        key, operator, value = _parts(condition)
        if isinstance(key, str) and (found := _CAPABILITIES.fullmatch(_tight(key))):
            if found["head"] != head or found["list"] != "add":
                raise _UNEXPECTED
            others.append(_on_adds(operator, strings(value), bool(found["upper"])))
            continue
        found = _CAPABILITIES.fullmatch(_tight(scalar(value)))
        if not isinstance(key, str) or found is None or found["head"] != head or found["list"] != "drop":
            raise _UNEXPECTED
        if operator not in ("AnyNotIn", "AllNotIn"):
            raise _UNEXPECTED
        drops.append((key, bool(found["upper"])))
    if word == "all" and (len(others) > 1 or (others and drops)):
        raise _UNEXPECTED
    yield from others
    if drops and len({upper for _, upper in drops}) > 1:
        raise _UNEXPECTED
    if drops:
        fold = drops[0][1]
        # What is compared is in upper case: a name in lower case fits nothing.
        names = tuple(name for name, _ in drops if not fold or name == name.upper())
        yield Drops(names, every=word == "any", fold=fold, wildcards=True)


def _on_adds(operator: str, names: tuple[str, ...], fold: bool) -> Check:
    if operator == "AnyNotIn" and not fold:
        return Adds(names, wildcards=True)
    if operator == "AnyIn" and not (fold and any(name != name.upper() for name in names)):
        return AddsNone(names, fold=fold, wildcards=True)
    raise _UNEXPECTED


def _conditions(node: Node | None) -> tuple[str, list[Node]]:
    """``all`` or ``any``, and the conditions; a bare list means all."""
    if isinstance(node, yamltree.SequenceNode):
        if any("key" not in yamltree.entries(item) for item in node.value):
            raise _UNEXPECTED
        return "all", list(node.value)
    fields = yamltree.entries(node)
    words = [word for word in ("all", "any") if word in fields]
    if len(words) != 1 or len(fields) != 1 or not items(fields[words[0]][1]):
        raise _UNEXPECTED
    return words[0], items(fields[words[0]][1])


def _parts(condition: Node) -> tuple[str | None, str, Node]:
    fields = yamltree.entries(condition)
    if not {"key", "operator", "value"} <= set(fields) or set(fields) - {
        "key",
        "operator",
        "value",
        "message",
    }:
        raise _UNEXPECTED
    return yamltree.as_string(fields["key"][1]), scalar(fields["operator"][1]), fields["value"][1]


def _tight(text: str) -> str:
    """An expression without its blanks."""
    return "".join(text.split())

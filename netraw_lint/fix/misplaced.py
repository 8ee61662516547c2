"""Capabilities that stand where they have no effect, moved to where they have one. Unsafe: it changes what runs.

The pod's own ``capabilities`` go, and each container without a drop list gets theirs; keys in the wrong case
are respelt. What would grant something that nothing grants today is refused.
"""

from __future__ import annotations

import re

from netraw_lint import yamltree
from netraw_lint.fix import document, plan, proof, refusals, splice, verify
from netraw_lint.fix.layout import Layout, NotEditableError
from netraw_lint.model import Edit, Refusal
from netraw_lint.yamltree import MappingNode, ScalarNode, SequenceNode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from netraw_lint.fix.proof import Work
    from netraw_lint.fix.uses import Uses
    from netraw_lint.fix.verify import Data, Intent
    from netraw_lint.model import Container, PodTemplate
    from netraw_lint.nodes import Node

_ADVICE = 'by hand: write securityContext: {capabilities: {drop: ["NET_RAW"]}} in each container, and remove it here'
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_LEVELS = (("securityContext",), ("capabilities",), ("drop",))


def fix(work: Work, template: PodTemplate, containers: Sequence[Container]) -> str | Refusal:
    """The document with what is misplaced in a pod template put right, or why not."""
    uses = document.editable(work)
    if isinstance(uses, Refusal):
        return uses
    layout = Layout(work.text, work.tree, work.first_line)
    edits: list[Edit] = []
    intents: dict[int, Intent] = {}
    try:
        for container in containers:
            _refuse_by_regime(container)
            if container.security.misplaced:
                _rename(layout, uses, container.node, 0, edits, intents)
        if template.misplaced:
            _move(layout, uses, template, containers, edits, intents)
        if not edits:
            raise NotEditableError("what was meant is not known")
        return proof.proven_text(work, edits, intents)
    except NotEditableError as error:
        return Refusal(str(error), _ADVICE)
    except verify.ProofError as error:
        return Refusal(f"verification: {error}; {refusals.REPORT}", _ADVICE)


def _refuse_by_regime(container: Container) -> None:
    never = refusals.of_container(container)
    if never is not None:
        raise NotEditableError(never.reason)
    if container.regime or container.template.windows:
        raise NotEditableError("an operator or another file completes a container here")


def _alone(layout: Layout, uses: Uses, node: Node) -> None:
    """Raises NotEditableError for a node that more than one place reaches."""
    merges = isinstance(node, MappingNode) and any(yamltree.is_merge(key) for key, _ in node.value)
    if uses.times(node) != 1 or uses.mergers(node) or merges or layout.anchored(node):
        raise NotEditableError("anchors or merge keys are in the way")
    if next(yamltree.duplicates(node), None):
        raise NotEditableError("a key is written twice there")


# -- keys in the wrong case -------------------------------------------------------------------------------------


def _rename(
    layout: Layout,
    uses: Uses,
    owner: Node,
    level: int,
    edits: list[Edit],
    intents: dict[int, Intent],
) -> None:
    """Respell the keys on the way to the drop list, from a level of the path down."""
    if level == len(_LEVELS) or not isinstance(owner, MappingNode):
        return
    (right,) = _LEVELS[level]
    present = [
        key for key, _ in owner.value if isinstance(key, ScalarNode) and key.value.lower() == right.lower()
    ]
    if len(present) > 1:
        raise NotEditableError(f"`{present[0].value}` and `{present[1].value}` both stand there")
    if not present:
        return
    key = present[0]
    value = yamltree.entries(owner)[key.value][1]
    if key.value != right:
        _alone(layout, uses, owner)
        edits += splice.respell(layout, key, right)
        intents[id(owner)] = _renamed(key.value, right)
    _rename(layout, uses, value, level + 1, edits, intents)


def _renamed(wrong: str, right: str) -> Intent:
    def intent(data: Data) -> Data:
        return {right if key == wrong else key: value for key, value in data.items()}

    return intent


# -- the pod's own capabilities ---------------------------------------------------------------------------------


def _move(
    layout: Layout,
    uses: Uses,
    template: PodTemplate,
    containers: Sequence[Container],
    edits: list[Edit],
    intents: dict[int, Intent],
) -> None:
    pod = template.node
    if not isinstance(pod, MappingNode) or not containers:
        raise NotEditableError("there is no container to move it to")
    _alone(layout, uses, pod)
    names = _dropped(layout, uses, pod)
    emptied = _cut(layout, pod, edits)
    intents[id(pod)] = _without(emptied)
    for container in containers:
        _alone(layout, uses, container.node)
        if not names or container.security.drop:
            continue
        if id(container.node) in intents:
            raise NotEditableError("a container has keys in the wrong case as well: fix those first")
        edits += _written_in(layout, uses, container, names)
        intents[id(container.node)] = _with(names)


def _dropped(layout: Layout, uses: Uses, pod: MappingNode) -> list[str]:
    """What the pod's capabilities were meant to drop. Raises NotEditableError where that is not clear."""
    context = yamltree.get(pod, "securityContext")
    lists = yamltree.get(context, "capabilities")
    if context is None or not isinstance(lists, MappingNode):
        raise NotEditableError("`capabilities` is no mapping, or in the wrong case")
    for node in (context, lists):
        _alone(layout, uses, node)
    drop = yamltree.entries(lists).get("drop")
    if set(yamltree.entries(lists)) - {"drop"}:
        raise NotEditableError("it does more than drop, and moving an `add` would grant it")
    items = drop[1].value if drop and isinstance(drop[1], SequenceNode) else []
    names = [yamltree.as_string(item) or "" for item in items]
    if not all(_NAME.fullmatch(name) for name in names):
        raise NotEditableError("it drops something that is no name")
    return names


def _cut(layout: Layout, pod: MappingNode, edits: list[Edit]) -> bool:
    """Cut the pod's capabilities; with the whole securityContext, if nothing else is in it: then True."""
    pair = plan.find(layout, pod, "securityContext")
    inner = plan.find(layout, pod.value[pair[1]][1], "capabilities") if pair else None
    if pair is None or inner is None:
        raise NotEditableError("it is not where it seems to be")
    alone = len(inner[0].value) == 1
    owner, number = pair if alone else inner
    edits += splice.cut_pair(layout, owner, number)
    return alone


def _written_in(layout: Layout, uses: Uses, container: Container, names: list[str]) -> list[Edit]:
    value: splice.Value = list(names)
    node: Node = container.node
    parent: Node | None = None
    for key in ("securityContext", "capabilities", "drop"):
        pair = plan.find(layout, node, key)
        if pair is None:
            for inner in reversed(("securityContext", "capabilities", "drop")):
                if inner == key:
                    break
                value = {inner: value}
            return list(plan.insertion(layout, node, key, value, parent).edits)
        owner, number = pair
        parent, node = owner.value[number]
        if plan.is_empty(node):
            for inner in reversed(("securityContext", "capabilities", "drop")):
                if inner == key:
                    break
                value = {inner: value}
            return splice.fill(layout, owner, number, value)
        _alone(layout, uses, node)
    raise NotEditableError("a container has a drop list of its own")


def _without(emptied: bool) -> Intent:
    def intent(data: Data) -> Data:
        if emptied:
            return {key: value for key, value in data.items() if key != "securityContext"}
        context = {key: value for key, value in data["securityContext"].items() if key != "capabilities"}
        return {**data, "securityContext": context}

    return intent


def _with(names: list[str]) -> Intent:
    def intent(data: Data) -> Data:
        context = data.get("securityContext")
        context = context if isinstance(context, dict) else {}
        lists = context.get("capabilities")
        lists = lists if isinstance(lists, dict) else {}
        lists = {**lists, "drop": [verify.Written(name) for name in names]}
        return {**data, "securityContext": {**context, "capabilities": lists}}

    return intent

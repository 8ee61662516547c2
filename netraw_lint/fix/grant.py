"""NET_RAW given back to one container, on the record: the way back of the control, as a verified edit."""

from __future__ import annotations

from netraw_lint import capabilities, yamltree
from netraw_lint.capabilities import NET_RAW
from netraw_lint.fix import document, plan, proof, record, splice
from netraw_lint.fix.layout import Layout, NotEditableError
from netraw_lint.fix.verify import Written
from netraw_lint.model import Refusal
from netraw_lint.yamltree import SequenceNode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from netraw_lint.fix.proof import Work
    from netraw_lint.fix.uses import Uses
    from netraw_lint.fix.verify import Data
    from netraw_lint.model import Container, Edit, Terms
    from netraw_lint.nodes import Node


def fix(work: Work, container: Container, terms: Terms) -> str:
    """The document with NET_RAW added to a container, not dropped there, and the exemption above it.

    Raises NotEditableError and ProofError.
    """
    uses = document.editable(work)
    if isinstance(uses, Refusal):
        raise NotEditableError(uses.reason)
    _refuse(container)
    layout = Layout(work.text, work.tree, work.first_line)
    if uses.times(container.node) != 1:
        raise NotEditableError("the container is shared by an anchor")
    edits = _edits(layout, uses, container)
    edits.append(record.above(layout, _first(layout, container.node), terms))
    return proof.proven_text(work, edits, {id(container.node): _granted})


def _refuse(container: Container) -> None:
    security = container.security
    if security.privileged is not None:
        raise NotEditableError("it is privileged, and holds every capability already")
    if container.template.windows:
        raise NotEditableError("a Windows container has no capabilities")
    if container.regime not in ("", "managed", "filled") or not container.fixable:
        raise NotEditableError("what it runs with is decided elsewhere")
    if any(capabilities.spells_net_raw(name) for name in security.add):
        raise NotEditableError("it adds NET_RAW already")
    if any(layer is not security.own for layer in security.layers):
        raise NotEditableError("other containers share its defaults: write the securityContext by hand")


def _first(layout: Layout, node: Node) -> int:
    """Where the line of a container begins: its dash, or its first key."""
    start = node.start_mark.index
    line = layout.line_start(start)
    return line + len(layout.text[line:start]) - len(layout.text[line:start].lstrip(" "))


def _edits(layout: Layout, uses: Uses, container: Container) -> list[Edit]:
    pair = plan.find(layout, container.node, "securityContext")
    value: splice.Value = {"capabilities": {"add": [NET_RAW]}}
    if pair is None:
        return [*plan.insertion(layout, container.node, "securityContext", value, None).edits]
    owner, number = pair
    key, context = owner.value[number]
    if plan.is_empty(context):
        return splice.fill(layout, owner, number, value)
    pair = plan.find(layout, context, "capabilities")
    if pair is None:
        return [*plan.insertion(layout, context, "capabilities", {"add": [NET_RAW]}, key).edits]
    owner, number = pair
    key, lists = owner.value[number]
    if plan.is_empty(lists):
        return splice.fill(layout, owner, number, {"add": [NET_RAW]})
    for node in (owner, context, lists):
        if uses.times(node) != 1:
            raise NotEditableError("its securityContext is shared by an anchor")
    return _in_lists(layout, lists, key)


def _in_lists(layout: Layout, lists: Node, parent: Node) -> list[Edit]:
    add, drop = plan.find(layout, lists, "add"), plan.find(layout, lists, "drop")
    edits: list[Edit] = []
    placed = False
    if drop is not None:
        owner, number = drop
        items = owner.value[number][1]
        gone = _net_raw(items)
        if gone and isinstance(items, SequenceNode):
            if len(gone) < len(items.value):
                edits += splice.remove_items(layout, items, gone)
            else:
                placed = add is None
                instead = ("add", [NET_RAW]) if placed else None
                edits += splice.remove_pair(layout, owner, number, instead)
    if placed:
        return edits
    if add is None:
        return [*edits, *plan.insertion(layout, lists, "add", [NET_RAW], parent).edits]
    items = add[0].value[add[1]][1]
    if plan.is_empty(items):
        return [*edits, *splice.fill(layout, *add, [NET_RAW])]
    if not isinstance(items, SequenceNode):
        raise NotEditableError("`add` is no list")
    return [*edits, *splice.append(layout, items, NET_RAW)]


def _net_raw(items: Node) -> list[int]:
    """The entries of a drop list that take NET_RAW away by name."""
    nodes = items.value if isinstance(items, SequenceNode) else []
    names = [yamltree.as_string(node) or "" for node in nodes]
    return [number for number, name in enumerate(names) if capabilities.intended(name) == NET_RAW]


def _granted(data: Data) -> Data:
    context = data.get("securityContext")
    context = dict(context) if isinstance(context, dict) else {}
    lists = context.get("capabilities")
    lists = dict(lists) if isinstance(lists, dict) else {}
    drop = lists.get("drop")
    if isinstance(drop, list):
        left = [item for item in drop if not _drops(item)]
        if left != drop:
            lists.pop("drop")
        if left and left != drop:
            lists["drop"] = left
    add = lists.get("add")
    lists["add"] = [*(add if isinstance(add, list) else []), Written(NET_RAW)]
    return {**data, "securityContext": {**context, "capabilities": lists}}


def _drops(item: Data) -> bool:
    return isinstance(item, tuple) and capabilities.intended(item[2]) == NET_RAW

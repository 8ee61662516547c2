"""What to change for the findings of a document, or why not.

A container is fixed wholly or not at all. What its lists should become is capability algebra
(capabilities.remedy); which node each change goes to is decided here: the list that is in force may be the
container's own, one behind an alias or a merge key, or a default that other containers share.
"""

from __future__ import annotations

from netraw_lint import yamltree
from netraw_lint.capabilities import NET_RAW, Remedy
from netraw_lint.fix import refusals, sharing, splice
from netraw_lint.fix.layout import Layout, NotEditableError
from netraw_lint.fix.sharing import Step, Wish, Wishes
from netraw_lint.fix.uses import Uses, merged_by
from netraw_lint.model import Edit, Refusal
from netraw_lint.noun import Noun
from netraw_lint.yamltree import MappingNode, SequenceNode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from netraw_lint.model import Container
    from netraw_lint.nodes import Node

    Refused = list[tuple["Container", Refusal]]


class Change(Noun):
    """A remedy for the lists that one holder has in force.

    ``holder`` is the mapping with the key ``securityContext``, or the securityContext mapping itself where
    ``direct``. ``containers`` are those it is for: one, or all that a default is merged under.
    """

    containers: tuple[Container, ...]
    holder: Node
    direct: bool
    remedy: Remedy

    @property
    def is_fragment(self) -> bool:
        """Whether it is for a patch, which must not say more than it said before."""
        return all(container.regime == "patch" for container in self.containers)


class Planned(Noun):
    """A change with the edits that make it."""

    change: Change
    wish: Wish

    @property
    def edits(self) -> tuple[Edit, ...]:
        """The edits of all its steps."""
        return tuple(edit for step in self.wish.steps for edit in step.edits)


class Plan(Noun):
    """What to do about a set of changes, and the containers that were refused."""

    planned: tuple[Planned, ...]
    refused: tuple[tuple[Container, Refusal], ...]

    @property
    def edits(self) -> tuple[Edit, ...]:
        """Every edit, those wanted several times once."""
        return tuple(dict.fromkeys(edit for planned in self.planned for edit in planned.edits))


def plan(layout: Layout, uses: Uses, changes: Sequence[Change]) -> Plan:
    """Edits for as many changes as possible; refusing one may take others that share its nodes along."""
    kept: list[Planned] = []
    refused: Refused = []
    for change in changes:
        try:
            kept.append(Planned(change, Wish(change.holder, tuple(_steps(layout, change)))))
        except NotEditableError as error:
            refused += _refuse(change, str(error))
    while True:
        wishes = Wishes([planned.wish for planned in kept])
        bad = {id(container) for container, _ in refused}
        spoilt: set[int] = set()
        users: sharing.Users | None = None
        for planned in kept:
            if not sharing.is_alone(uses, planned.wish, wishes):
                users = users or sharing.Users(layout, wishes)
                refused += _refuse(planned.change, refusals.shared(users.lines(planned.wish)))
                spoilt.add(id(planned))
            elif any(id(container) in bad for container in planned.change.containers):
                refused += _with_the_others(planned.change, bad)
                spoilt.add(id(planned))
        if not spoilt:
            return Plan(tuple(kept), tuple(refused))
        kept = [planned for planned in kept if id(planned) not in spoilt]


def _refuse(change: Change, reason: str) -> Refused:
    return [
        (container, Refusal(reason, refusals.by_hand(container, change.remedy)))
        for container in change.containers
    ]


def _with_the_others(change: Change, bad: set[int]) -> Refused:
    """A default that cannot be changed for one of its containers is changed for none."""
    left = [container for container in change.containers if id(container) not in bad]
    reason = "it shares a default with a container that cannot be fixed"
    return [(container, Refusal(reason, refusals.by_hand(container, change.remedy))) for container in left]


def _steps(layout: Layout, change: Change) -> list[Step]:
    """The edits of one change, each with the node it is made on. Raises NotEditableError."""
    remedy = change.remedy
    if change.direct:
        return _in_context(layout, change.holder, remedy, None)
    pair = find(layout, change.holder, "securityContext")
    if pair is None:
        _only_appends(remedy)
        value: splice.Value = {"capabilities": {"drop": [remedy.append]}}
        return [insertion(layout, change.holder, "securityContext", value, None)]
    owner, number = pair
    key, context = owner.value[number]
    if is_empty(context):
        _only_appends(remedy)
        edits = splice.fill(layout, owner, number, {"capabilities": {"drop": [remedy.append]}})
        return [_filled(owner, context, edits, "securityContext")]
    if change.is_fragment and _goes_wholly(context, remedy):
        return [_cut(layout, change.holder, pair, find(layout, context, "capabilities"))]
    return _in_context(layout, context, remedy, key)


def _goes_wholly(context: Node, remedy: Remedy) -> bool:
    """Whether nothing but the entries that go stands in the capabilities of a securityContext."""
    lists = yamltree.entries(yamltree.get(context, "capabilities"))
    add = yamltree.get(context, "capabilities", "add")
    return list(lists) == ["add"] and isinstance(add, SequenceNode) and len(add.value) == len(remedy.remove)


def _cut(
    layout: Layout, holder: Node, outer: tuple[MappingNode, int], inner: tuple[MappingNode, int] | None
) -> Step:
    """The step that takes the capabilities out of a patch, with a securityContext that would be left empty."""
    if inner is not None and len(inner[0].value) > 1:
        return Step(inner[0], tuple(splice.cut_pair(layout, *inner)), "capabilities")
    if outer[0] is not holder or len(outer[0].value) < 2:
        raise NotEditableError("nothing would be left of it: remove the patch")
    return Step(outer[0], tuple(splice.cut_pair(layout, *outer)), "securityContext")


def _in_context(layout: Layout, context: Node, remedy: Remedy, parent: Node | None) -> list[Step]:
    pair = find(layout, context, "capabilities")
    if pair is None:
        _only_appends(remedy)
        return [insertion(layout, context, "capabilities", {"drop": [remedy.append]}, parent)]
    owner, number = pair
    key, lists = owner.value[number]
    if is_empty(lists):
        _only_appends(remedy)
        edits = splice.fill(layout, owner, number, {"drop": [remedy.append]})
        return [_filled(owner, lists, edits, "capabilities")]
    return _in_lists(layout, lists, remedy, key)


def _in_lists(layout: Layout, lists: Node, remedy: Remedy, parent: Node) -> list[Step]:
    steps: list[Step] = []
    append = remedy.append
    add, drop = find(layout, lists, "add"), find(layout, lists, "drop")
    if remedy.remove and add is not None:
        goes = len(remedy.remove) == len(add[0].value[add[1]][1].value)
        if goes and _is_hiding(lists, add[0], "add"):
            raise NotEditableError("without its `add`, the one of a merged mapping would count")
        steps, append = _removal(layout, add, drop is None and add[0] is lists, remedy)
    if drop is None:
        return [*steps, insertion(layout, lists, "drop", [append], parent)] if append else steps
    items = drop[0].value[drop[1]][1]
    if is_empty(items):
        edits = splice.fill(layout, *drop, [append]) if append else []
        return [*steps, _filled(drop[0], items, edits, "drop")] if append else steps
    if not isinstance(items, SequenceNode):
        raise NotEditableError("`drop` is no list")
    for index, name in remedy.respell:
        steps.append(Step(items, tuple(splice.respell(layout, items.value[index], name))))
    if append:
        steps.append(Step(items, tuple(splice.append(layout, items, append))))
    return steps


def _is_hiding(mapping: Node, owner: MappingNode, name: str) -> bool:
    """Whether a key of ``owner`` is not the only one of that name that ``mapping`` has or merges."""
    pending = [mapping]
    while pending:
        node = pending.pop()
        if isinstance(node, MappingNode):
            if node is not owner and _written(node, name):
                return True
            pending += merged_by(node)
    return False


def _written(mapping: MappingNode, name: str) -> list[int]:
    """The numbers of the pairs whose key is ``name``."""
    return [
        number
        for number, (key, _) in enumerate(mapping.value)
        if isinstance(key, yamltree.ScalarNode) and yamltree.text(key) == name
    ]


def _removal(
    layout: Layout, add: tuple[MappingNode, int], needs_drop: bool, remedy: Remedy
) -> tuple[list[Step], str]:
    """The steps that take entries out of ``add``, and what is still to be appended to drop."""
    owner, number = add
    items = owner.value[number][1]
    if not isinstance(items, SequenceNode):
        raise NotEditableError("`add` is no list")
    append = remedy.append
    if len(remedy.remove) < len(items.value):
        return [Step(items, tuple(splice.remove_items(layout, items, remedy.remove)))], append
    instead: tuple[str, splice.Value] | None = None
    if append and needs_drop:
        instead, append = ("drop", [append]), ""
    elif len(owner.value) == 1 and needs_drop:
        # An empty capabilities mapping would be left: say what is meant instead.
        instead = ("drop", [NET_RAW])
    step = Step(owner, tuple(splice.remove_pair(layout, owner, number, instead)), "add")
    # A mapping that merges this one may have an add of its own and still get the new key.
    return [step, *([step.replace(key=instead[0], new=True)] if instead else [])], append


def _filled(owner: MappingNode, empty: Node, edits: list[Edit], key: str) -> Step:
    """A null belongs to the mapping around it; an empty collection is a node of its own, perhaps with an anchor."""
    if isinstance(empty, yamltree.ScalarNode):
        return Step(owner, tuple(edits), key)
    return Step(empty, tuple(edits))


def insertion(layout: Layout, mapping: Node, key: str, value: splice.Value, parent: Node | None) -> Step:
    """The step that gives a mapping a new key. Raises NotEditableError."""
    if not isinstance(mapping, MappingNode):
        raise NotEditableError(f"what should hold `{key}` is no mapping")
    for name, _ in mapping.value:
        if not isinstance(name, yamltree.ScalarNode):
            raise NotEditableError("a key there is no scalar: an unrendered template?")
    for first, last in yamltree.duplicates(mapping):
        raise NotEditableError(_twice(layout, first, last))
    return Step(mapping, tuple(splice.insert(layout, mapping, key, value, parent)), key, True)


def find(layout: Layout, mapping: Node, name: str) -> tuple[MappingNode, int] | None:
    """Where a key in force is written: the mapping itself or one that it merges, and the number of the pair.

    Raises NotEditableError for a key that stands there twice, or of which readers disagree which one counts.
    """
    pair = yamltree.entries(mapping).get(name)
    if pair is None:
        return None
    pending: list[Node] = [mapping]
    while pending:
        node = pending.pop()
        if not isinstance(node, MappingNode):
            continue
        written = _written(node, name)
        if any(node.value[number][0] is pair[0] for number in written):
            if len(written) > 1:
                raise NotEditableError(_twice(layout, *(node.value[number][0] for number in written[:2])))
            return node, written[0]
        if written and node is mapping:
            line = layout.line_number(node.value[written[0]][0].start_mark.index)
            raise NotEditableError(
                f"readers disagree whether `{name}` on line {line} counts or the one merged behind it"
            )
        pending += merged_by(node)
    return None


def _twice(layout: Layout, first: Node, last: Node) -> str:
    lines = dict.fromkeys(layout.line_number(node.start_mark.index) for node in (first, last))
    where = " and ".join(map(str, lines))
    return f"`{first.value}` is written twice, on line{'s' * (len(lines) > 1)} {where}"


def is_empty(node: Node) -> bool:
    """Whether a node is null or an empty collection."""
    return yamltree.is_null(node) or (not isinstance(node, yamltree.ScalarNode) and not node.value)


def _only_appends(remedy: Remedy) -> None:
    if remedy.remove or remedy.respell or not remedy.append:
        raise NotEditableError("the entry is not where it seems to be")

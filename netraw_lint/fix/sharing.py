"""Whether an edit of a node that anchors share reaches only places that want it, and who else is reached."""

from __future__ import annotations

from netraw_lint import yamltree
from netraw_lint.model import Edit
from netraw_lint.noun import Noun
from netraw_lint.yamltree import MappingNode, ScalarNode, SequenceNode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from netraw_lint.fix.layout import Layout
    from netraw_lint.fix.uses import Uses
    from netraw_lint.nodes import Node


class Step(Noun):
    """One edit of one node, wanted by a holder: the node, its edits, and the key of a mapping they are about.

    ``new`` says that the mapping does not have the key yet.
    """

    node: Node
    edits: tuple[Edit, ...]
    key: str = ""
    new: bool = False


class Wish(Noun):
    """What the holder of a securityContext wants done."""

    holder: Node
    steps: tuple[Step, ...]


class Wishes:
    """All wishes of a document, counted by what they are about: each is compared with every other."""

    def __init__(self, everything: Sequence[Wish]) -> None:
        self._holders: dict[int, int] = {}
        self._wanting: dict[tuple[int, tuple[Edit, ...]], list[Wish]] = {}
        self._new: set[tuple[int, str]] = set()
        for wish in everything:
            self._holders[id(wish.holder)] = self._holders.get(id(wish.holder), 0) + 1
            for edited in dict.fromkeys((id(step.node), step.edits) for step in wish.steps):
                self._wanting.setdefault(edited, []).append(wish)
            self._new |= {(id(step.node), step.key) for step in wish.steps if step.new}

    def of(self, holder: Node) -> int:
        """How many wishes a holder has."""
        return self._holders.get(id(holder), 0)

    def wanting(self, step: Step) -> list[Wish]:
        """The wishes with the very edits of a step."""
        return self._wanting.get((id(step.node), step.edits), [])

    def brings(self, mapping: MappingNode, key: str) -> bool:
        """Whether a mapping is to get a key that it does not have yet."""
        return (id(mapping), key) in self._new


def is_alone(uses: Uses, wish: Wish, everything: Wishes) -> bool:
    """Whether every place that an edit would change wants that very edit."""
    if uses.times(wish.holder) != everything.of(wish.holder):
        return False
    return all(_places(uses, step, everything) == len(everything.wanting(step)) for step in wish.steps)


def _places(uses: Uses, step: Step, everything: Wishes) -> int:
    """At how many places the effective data would change."""
    places = uses.times(step.node)
    if not step.key or not isinstance(step.node, MappingNode):
        return places
    written = yamltree.entries(step.node).get(step.key)
    for merger in uses.mergers(step.node):
        if step.new:
            inherits = not _gets_its_own(merger, step.key, everything)
        else:
            inherited = yamltree.entries(merger).get(step.key)
            inherits = written is not None and inherited is not None and inherited[0] is written[0]
        places += uses.times(merger) if inherits else 0
    return places


def _gets_its_own(merger: MappingNode, key: str, everything: Wishes) -> bool:
    """Whether a mapping has a key behind its merge keys, where it counts for every reader, or is to get it."""
    last = -1
    for number, (name, _) in enumerate(merger.value):
        if yamltree.is_merge(name):
            last = number
    behind = merger.value[last + 1 :]
    if any(isinstance(name, ScalarNode) and yamltree.text(name) == key for name, _ in behind):
        return True
    return everything.brings(merger, key)


def other_users(layout: Layout, wish: Wish, everything: Wishes) -> list[int]:
    """The lines, from 1, that lead to the nodes of a wish from elsewhere than those who want the same."""
    offsets: set[int] = set()
    targets = [wish.holder, *(step.node for step in wish.steps)]
    for anchored, aliases in _aliased(layout):
        if any(_contains(anchored, target) for target in targets):
            offsets |= {anchored.start_mark.index, *aliases}
    same = [other.holder for step in wish.steps for other in everything.wanting(step)]
    for holders in ([wish.holder, *same], [wish.holder], []):
        spans = [_span(layout, holder) for holder in holders]
        left = [at for at in offsets if not any(start <= at < end for start, end in spans)]
        if left:
            return sorted({layout.line_number(at) for at in left})
    return []


def _aliased(layout: Layout) -> Iterator[tuple[Node, list[int]]]:
    """The nodes that aliases stand for, each with the offsets of its aliases."""
    found: dict[int, tuple[Node, list[int]]] = {}
    for node in layout.nodes():
        for number, child in enumerate(_written_children(node)):
            alias = layout.alias(node, number)
            if alias:
                found.setdefault(id(child), (child, []))[1].append(alias[0])
    yield from found.values()


def _written_children(node: Node) -> list[Node]:
    if isinstance(node, MappingNode):
        return [part for pair in node.value for part in pair]
    return node.value if isinstance(node, SequenceNode) else []


def _contains(node: Node, target: Node) -> bool:
    seen: set[int] = set()
    stack = [node]
    while stack:
        inner = stack.pop()
        if inner is target:
            return True
        if id(inner) not in seen:
            seen.add(id(inner))
            stack += _written_children(inner)
    return False


def _span(layout: Layout, holder: Node) -> tuple[int, int]:
    """From the first to behind the last character of what is written of a node, roughly."""
    start = end = holder.start_mark.index
    stack = [holder]
    while stack:
        node = stack.pop()
        if isinstance(node, ScalarNode) or node.flow_style:
            end = max(end, node.end_mark.index)
            continue
        for number, child in enumerate(_written_children(node)):
            alias = layout.alias(node, number)
            if alias:
                end = max(end, alias[1])
            else:
                stack.append(child)
    return start, end

"""Whether an edit of a node that anchors share reaches only places that want it, and who else is reached."""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate

from netraw_lint import yamltree
from netraw_lint.model import Edit
from netraw_lint.noun import Noun
from netraw_lint.yamltree import MappingNode, ScalarNode, SequenceNode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

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
        self._places: dict[tuple[int, str, bool], int] = {}
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

    def places(self, uses: Uses, step: Step) -> int:
        """At how many places the effective data would change by a step; the same for all who want it."""
        key = id(step.node), step.key, step.new
        if key not in self._places:
            self._places[key] = _places(uses, step, self)
        return self._places[key]


def is_alone(uses: Uses, wish: Wish, everything: Wishes) -> bool:
    """Whether every place that an edit would change wants that very edit."""
    if uses.times(wish.holder) != everything.of(wish.holder):
        return False
    return all(everything.places(uses, step) == len(everything.wanting(step)) for step in wish.steps)


def _places(uses: Uses, step: Step, everything: Wishes) -> int:
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


class Users:
    """Who else leads to the nodes that are wished to change; worked out once for all who share them."""

    def __init__(self, layout: Layout, everything: Wishes) -> None:
        self._layout = layout
        self._everything = everything
        self._parents: dict[int, list[Node]] = {}
        self._aliases: dict[int, set[int]] = {}
        self._leading: dict[int, frozenset[int]] = {}
        self._others: dict[object, list[int]] = {}
        for node in layout.nodes():
            for number, child in enumerate(_written_children(node)):
                self._parents.setdefault(id(child), []).append(node)
                alias = layout.alias(node, number)
                if alias:
                    self._aliases.setdefault(id(child), {child.start_mark.index}).add(alias[0])

    def lines(self, wish: Wish) -> list[int]:
        """The lines, from 1, that lead to the nodes of a wish from elsewhere than those who want the same."""
        own = self._leading_to(wish.holder)
        steps = tuple((id(step.node), step.edits) for step in wish.steps)
        asked = own, steps or id(wish.holder)
        if asked not in self._others:
            wanting = [other.holder for step in wish.steps for other in self._everything.wanting(step)]
            self._others[asked] = self._outside(wish, [wish.holder, *wanting])
        return self._others[asked] or self._outside(wish, [wish.holder]) or self._outside(wish, [])

    def _outside(self, wish: Wish, holders: Sequence[Node]) -> list[int]:
        """The lines that lead to the nodes of a wish from where no holder is."""
        spans = sorted(_span(self._layout, holder) for holder in holders)
        starts = [start for start, _ in spans]
        # How far any span reaches that begins as early.
        ends = list(accumulate((end for _, end in spans), max))

        def is_outside(at: int) -> bool:
            before = bisect_right(starts, at)
            return before == 0 or ends[before - 1] <= at

        places = self._leading_to(wish.holder).union(*(self._leading_to(step.node) for step in wish.steps))
        return sorted({self._layout.line_number(at) for at in places if is_outside(at)})

    def _leading_to(self, node: Node) -> frozenset[int]:
        """Where the anchors and aliases stand of a node and of all that contain it."""
        known = self._leading.get(id(node))
        if known is None:
            seen = {id(node)}
            stack = [node]
            found: set[int] = set()
            while stack:
                outer = stack.pop()
                found |= self._aliases.get(id(outer), set())
                for parent in self._parents.get(id(outer), ()):
                    if id(parent) not in seen:
                        seen.add(id(parent))
                        stack.append(parent)
            known = self._leading[id(node)] = frozenset(found)
        return known


def _written_children(node: Node) -> list[Node]:
    if isinstance(node, MappingNode):
        return [part for pair in node.value for part in pair]
    return node.value if isinstance(node, SequenceNode) else []


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

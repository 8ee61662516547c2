"""How often each node of a document counts: anchors, aliases and merge keys resolved.

An edit of a node changes every place that reaches it. It is made only if all of them want it.
"""

from __future__ import annotations

from netraw_lint import yamltree
from netraw_lint.yamltree import MappingNode, ScalarNode, SequenceNode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from netraw_lint.nodes import Node

# Beyond this many values an alias bomb is more likely than a manifest, and nothing is proven in time.
MAX_VALUES = 2_000_000


class TooManyError(Exception):
    """Aliases make the document stand for more values than can be compared."""


class Uses:
    """For each node: at how many places of the effective data it stands, and who merges it; ``depth`` of it all.

    Raises TooManyError for a document that stands for too many values, YamlError for a node inside itself.
    """

    def __init__(self, root: Node) -> None:
        reached = self._reached = {id(root): 1}
        self._mergers: dict[int, list[MappingNode]] = {}
        self.depth = 1
        below = {id(root): 1}
        total = 0
        for node, children in _parents_first(root):
            times = reached.get(id(node), 0)
            total += times
            level = below.get(id(node), 1)
            inner = level + 1
            for child in children:
                place = id(child)
                reached[place] = reached.get(place, 0) + times
                if isinstance(child, ScalarNode):
                    total += times
                elif below.get(place, 0) < inner:
                    below[place] = inner
            self.depth = max(self.depth, inner if children else level)
            if total > MAX_VALUES:
                raise TooManyError
            if isinstance(node, MappingNode):
                self._note_merges(node)

    def _note_merges(self, node: MappingNode) -> None:
        for merged in merged_by(node):
            self._mergers.setdefault(id(merged), []).append(node)

    def times(self, node: Node) -> int:
        """At how many places of the effective data a node stands."""
        return self._reached.get(id(node), 0)

    def mergers(self, node: Node) -> list[MappingNode]:
        """The mappings that merge a node, directly or through others."""
        found: dict[int, MappingNode] = {}
        pending: list[Node] = [node]
        while pending:
            for merger in self._mergers.get(id(pending.pop()), ()):
                if id(merger) not in found:
                    found[id(merger)] = merger
                    pending.append(merger)
        return list(found.values())


def merged_by(node: MappingNode) -> list[Node]:
    """The mappings that a mapping merges, as written."""
    found: list[Node] = []
    for key, value in node.value:
        if key.value == "<<" and yamltree.is_merge(key):
            found += value.value if isinstance(value, SequenceNode) else [value]
    return found


def _children(node: Node) -> list[Node]:
    """What a mapping or list holds; of a key that is merged over, or written twice, every value."""
    if isinstance(node, MappingNode):
        found = [value for _, value in yamltree.entries(node).values()]
        in_force = {id(value) for value in found}
        # Readers disagree about these: what they hold is reached, for one reader or another.
        return found + [
            value for key, value in node.value if id(value) not in in_force and not yamltree.is_merge(key)
        ]
    return node.value if isinstance(node, SequenceNode) else []


def _parents_first(root: Node) -> list[tuple[Node, list[Node]]]:
    """Every mapping and list with what it holds, after all that contain it, those that are only merged among them.

    Raises YamlError for a node inside itself.
    """
    order: list[tuple[Node, list[Node]]] = []
    state: dict[int, bool] = {}
    stack: list[tuple[Node, list[Node] | None]] = [(root, None)]
    while stack:
        node, known = stack.pop()
        if known is not None:
            state[id(node)] = True
            order.append((node, known))
        elif id(node) not in state:
            state[id(node)] = False
            children = _children(node)
            stack.append((node, children))
            merged = merged_by(node) if isinstance(node, MappingNode) else []
            for child in (*children, *merged):
                if isinstance(child, ScalarNode):
                    continue
                if state.get(id(child)) is False:
                    raise yamltree.YamlError("an anchor's value contains itself", child.start_mark.index)
                stack.append((child, None))
    return order[::-1]

"""Each text composed once: whoever lints, edits or proves it looks at the same nodes."""

from __future__ import annotations

import re

from netraw_lint import yamltree
from netraw_lint.yamltree import MappingNode, SequenceNode, Tree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from netraw_lint.nodes import Node

# Nodes take fifty times the bytes of their text.
_MOST_BYTES = 1 << 17


class Composed:
    """Composes texts, and remembers the last of them; the longer they are, the fewer."""

    def __init__(self) -> None:
        self._known: dict[bytes, list[Node]] = {}

    def roots(self, data: bytes) -> Iterator[Node]:
        """The root nodes of a YAML stream, for many readers. Raises YamlError, as yamltree.compose() does."""
        known = self._known.get(data)
        if known is not None:
            yield from known
            return
        found = []
        for root in yamltree.compose(data):
            found.append(root)
            yield root
        self._remember(data, found)

    def given_away(self, data: bytes) -> Iterable[Node]:
        """The same for the last reader, or for one who keeps nodes apart by their identity."""
        return self._known.pop(data, None) or yamltree.compose(data)

    def trees(self, data: bytes) -> Iterator[Tree]:
        """The documents of a stream, composed for editing. Raises YamlError."""
        # Only events say where aliases stand, and what a tag hides.
        if b"*" in data or b"!" in data:
            yield from yamltree.trees(data)
            return
        for root in self.roots(data):
            yield _without_aliases(root, data)

    def forget(self) -> None:
        """Begin anew."""
        self._known.clear()

    def _remember(self, data: bytes, roots: list[Node]) -> None:
        size = sum(map(len, self._known)) + len(data)
        while self._known and size > _MOST_BYTES:
            oldest = next(iter(self._known))
            size -= len(oldest)
            del self._known[oldest]
        self._known[data] = roots


def _without_aliases(root: Node, data: bytes) -> Tree:
    """A composed root as a document for editing; ``data``, what it was composed of, has no ``*`` and no ``!``.

    Without a tag in front of it, an anchor is where its node begins: nothing else begins with ``&`` but a block
    mapping whose first key does, or a pair in a flow sequence.
    """
    tree = Tree()
    tree.root = root
    if b"&" not in data:
        return tree
    text = data.decode()
    left = {found.start() for found in re.finditer("&", text)}
    stack = [root]
    # In the order of the text, since anchors stand above what uses them.
    while stack and left:
        node = stack.pop()
        start = node.start_mark.index
        pairs = isinstance(node, MappingNode)
        # What is not written has no width, and may stand where the next anchor does.
        written = node.end_mark.index > start
        if (
            start in left
            and written
            and not (pairs and node.value and node.value[0][0].start_mark.index == start)
        ):
            left.remove(start)
            tree.anchored.add(id(node))
        if pairs:
            stack += [part for pair in reversed(node.value) for part in reversed(pair)]
        elif isinstance(node, SequenceNode):
            stack += reversed(node.value)
    return tree

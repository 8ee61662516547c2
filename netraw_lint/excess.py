"""What is refused for its measure: documents that nest too deeply, or grow too much when their aliases are followed.

A few hundred bytes of nested aliases stand for billions of nodes. go-yaml v2 gives up on such a document
(decode.go, allowedAliasRatio), and so no cluster ever runs it; what it accepts stays in proportion to what is
written, whichever way it is walked.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from netraw_lint.nodes import Node

# go-yaml gives up at 10,000 levels; libyaml's composer recurses in C and would take the process with it.
MAX_DEPTH = 1000
# Every byte that a block level can be indented or opened with becomes a blank, every other one an x.
_INDENTING = bytes(0x20 if byte in b" \t-?:" else 0x78 for byte in range(256))
_DEEP_INDENT = b" " * MAX_DEPTH
# As many of every hundredth byte are blanks at least, within such an indentation.
_SAMPLE = 100
_DEEP_SAMPLE = b" " * (MAX_DEPTH // _SAMPLE)

_FREE = 100
_SMALL, _LARGE = 400_000, 4_000_000
_ENDLESS = 1_000_000_000


def may_be_deep(data: bytes) -> bool:
    """Whether ``data`` could nest beyond what the composer's C stack bears; never false for text that does.

    Every flow level needs a bracket, and every block level a column of indentation or indicators.
    """
    if data.count(b"[") + data.count(b"{") > MAX_DEPTH:
        return True
    if _DEEP_SAMPLE not in data[::_SAMPLE].translate(_INDENTING):
        return False
    return _DEEP_INDENT in data.translate(_INDENTING)


def may_alias(data: bytes) -> bool:
    """Whether anything in ``data`` could be an alias of something in it."""
    if b"&" not in data or b"*" not in data:
        return False
    from netraw_lint import patterns

    return patterns.ALIAS.search(data) is not None and patterns.ANCHOR.search(data) is not None


def is_excessive(root: Node) -> bool:
    """Whether go-yaml refuses a document for its aliases."""
    total, written = expansion(root)
    allowed = 0.99 - 0.89 * min(max((total - _SMALL) / (_LARGE - _SMALL), 0), 1)
    return total > 1000 and total - written > _FREE and (total - written) / total > allowed


def expansion(root: Node) -> tuple[int, int]:
    """The number of nodes with every alias followed, and the number of nodes written."""
    sizes: dict[int, int] = {}
    stack = [root]
    while stack:
        node = stack[-1]
        children = _children(node)
        if id(node) not in sizes:
            # Counts as empty inside itself; whoever reads such a node raises.
            sizes[id(node)] = 0
            stack += [child for child in children if id(child) not in sizes]
            continue
        stack.pop()
        sizes[id(node)] = sizes[id(node)] or min(1 + sum(sizes[id(child)] for child in children), _ENDLESS)
    return sizes[id(root)], len(sizes)


def _children(node: Node) -> list[Node]:
    if not isinstance(node.value, list):
        return []
    return [part for item in node.value for part in (item if isinstance(item, tuple) else (item,))]

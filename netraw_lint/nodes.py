"""The YAML nodes that libyaml's binding is given to build: as PyYAML's own, but slotted, and so smaller.

They are made by functions: the binding calls one in half the time of a class with an ``__init__``, and a run makes a
hundred thousand nodes. Where PyYAML is loaded as a whole (see libyaml.py) its own classes take their place, and no code
may notice.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Mark:
    """A place in the text; only ``index``, in code points, is to be trusted."""

    index: int


class Node:
    """A YAML node; ``tag`` is None where the text has none, ``end_mark`` exact for scalars only."""

    __slots__ = ("end_mark", "start_mark", "tag", "value")
    tag: str | None
    value: Any
    start_mark: Mark
    end_mark: Mark
    style: str | None
    flow_style: bool
    entries: Any
    distinct: bool


class ScalarNode(Node):
    """A scalar and its text; ``style`` is None for a plain one."""

    __slots__ = ("style",)
    value: str


class CollectionNode(Node):
    """A list or a mapping; ``entries`` and ``distinct`` are what yamltree.py keeps of a mapping."""

    __slots__ = ("distinct", "entries", "flow_style")


class SequenceNode(CollectionNode):
    """A list and its items."""

    __slots__ = ()
    value: list[Node]


class MappingNode(CollectionNode):
    """A mapping and its pairs of key and value, as written."""

    __slots__ = ()
    value: list[tuple[Node, Node]]


def scalar(
    tag: str | None, value: str, start_mark: Any = None, end_mark: Any = None, style: str | None = None
) -> ScalarNode:
    """A scalar."""
    node = ScalarNode()
    node.tag = tag
    node.value = value
    node.start_mark = start_mark
    node.end_mark = end_mark
    node.style = style
    return node


def sequence(
    tag: str | None, value: list[Any], start_mark: Any = None, end_mark: Any = None, flow_style: bool = False
) -> SequenceNode:
    """A list; whoever asks for it may add to ``value``, and set ``end_mark``, later."""
    node = SequenceNode()
    node.tag = tag
    node.value = value
    node.start_mark = start_mark
    node.end_mark = end_mark
    node.flow_style = flow_style
    return node


def mapping(
    tag: str | None, value: list[Any], start_mark: Any = None, end_mark: Any = None, flow_style: bool = False
) -> MappingNode:
    """A mapping; whoever asks for it may add to ``value``, and set ``end_mark``, later."""
    node = MappingNode()
    node.tag = tag
    node.value = value
    node.start_mark = start_mark
    node.end_mark = end_mark
    node.flow_style = flow_style
    node.entries = None
    node.distinct = False
    return node

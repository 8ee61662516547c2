"""The YAML nodes that libyaml's binding is given to build: PyYAML's own, but slotted, and so faster to make and smaller.

Where PyYAML is loaded as a whole (see libyaml.py) its own classes take their place, and no code may notice.
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
    id = "scalar"

    def __init__(
        self,
        tag: str | None,
        value: str,
        start_mark: Any = None,
        end_mark: Any = None,
        style: str | None = None,
    ) -> None:
        self.tag = tag
        self.value = value
        self.start_mark = start_mark
        self.end_mark = end_mark
        self.style = style


class CollectionNode(Node):
    """A list or a mapping; ``entries`` and ``distinct`` are what yamltree.py keeps of a mapping."""

    __slots__ = ("distinct", "entries", "flow_style")

    def __init__(
        self,
        tag: str | None,
        value: list[Any],
        start_mark: Any = None,
        end_mark: Any = None,
        flow_style: bool = False,
    ) -> None:
        self.tag = tag
        self.value = value
        self.start_mark = start_mark
        self.end_mark = end_mark
        self.flow_style = flow_style
        self.entries = None
        self.distinct = False


class SequenceNode(CollectionNode):
    """A list and its items."""

    __slots__ = ()
    value: list[Node]
    id = "sequence"


class MappingNode(CollectionNode):
    """A mapping and its pairs of key and value, as written."""

    __slots__ = ()
    value: list[tuple[Node, Node]]
    id = "mapping"

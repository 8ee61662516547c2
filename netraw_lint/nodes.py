"""The types of YAML nodes, for type checkers: PyYAML's classes with what yamltree.py makes of them.

The stubs of PyYAML know no node without a tag, and the running program never imports this module.
"""

from __future__ import annotations

from typing import Any


class Mark:
    """A place in the text; only ``index``, in code points, is to be trusted."""

    index: int


class Node:
    """A YAML node; ``tag`` is None where the text has none, ``end_mark`` exact for scalars only."""

    tag: str | None
    value: Any
    start_mark: Mark
    end_mark: Mark
    style: str | None
    flow_style: bool

    def __init__(
        self, tag: str | None, value: Any, start: Any = ..., end: Any = ..., style: Any = ...
    ) -> None: ...


class ScalarNode(Node):
    """A scalar and its text."""

    value: str


class SequenceNode(Node):
    """A list and its items."""

    value: list[Node]


class MappingNode(Node):
    """A mapping and its pairs of key and value, as written."""

    value: list[tuple[Node, Node]]

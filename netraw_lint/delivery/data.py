"""Nodes of a manifest as the data that a controller reads from them, numbers included."""

from __future__ import annotations

import re

from netraw_lint import yamltree
from netraw_lint.yamltree import MappingNode, ScalarNode, SequenceNode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from netraw_lint.nodes import Node

_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_BASED = re.compile(r"[-+]?0(x[0-9a-fA-F]+|o?[0-7]+|b[01]+)")
# Python refuses to write integers of very many digits, and JSON has no infinity.
_LONGEST_NUMBER = 400
_ENDLESS = (float("inf"), float("-inf"))
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")


def data(node: Node | None) -> Any:
    """A node as plain data. Raises YamlError for an anchor that contains itself."""
    return _data(node, frozenset())


def _data(node: Node | None, inside: frozenset[int]) -> Any:
    if node is None or yamltree.is_null(node):
        return None
    if id(node) in inside:
        raise yamltree.YamlError("anchor value contains itself", node.start_mark.index)
    if isinstance(node, MappingNode):
        inside |= {id(node)}
        return {key: _data(value, inside) for key, (_, value) in yamltree.entries(node).items()}
    if isinstance(node, SequenceNode):
        inside |= {id(node)}
        return [_data(item, inside) for item in node.value]
    boolean = yamltree.as_bool(node)
    if boolean is not None or not isinstance(node, ScalarNode):
        return boolean
    word = yamltree.as_string(node)
    return word if word is not None else _number(node.value)


def _number(word: str) -> int | float | str:
    if len(word) > _LONGEST_NUMBER:
        return word
    if _INTEGER.fullmatch(word):
        return int(word)
    if _BASED.fullmatch(word):
        sign = -1 if word.startswith("-") else 1
        digits = word.lstrip("+-")
        return sign * (int(digits, 8) if digits.isdigit() else int(digits, 0))
    number = float(word) if _FLOAT.fullmatch(word) else word
    return word if number in _ENDLESS else number


def mapping(value: Any) -> dict[str, Any]:
    """A mapping, or an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def items(value: Any) -> list[Any]:
    """A list, or an empty one for anything else."""
    return value if isinstance(value, list) else []


def word(value: Any) -> str:
    """A string; empty for anything else."""
    return value if isinstance(value, str) else ""

"""A settings file that is certainly what it seems to be, read without ruamel.yaml and jsonschema.

These cost a hundred milliseconds, and most settings are a few lists of words. What is understood here, every reader
understands in the same way and the schema allows; of anything else this module says that it is not certain, and the
readers that can explain it are loaded. A test proves that it never says more than they do.
"""

from __future__ import annotations

from netraw_lint import yamltree
from netraw_lint.schemas_dir import read_schema

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from netraw_lint.nodes import Node

    Schema = dict[str, Any] | bool

# Anchors and with them aliases, escapes, directives, tabs and odd line breaks.
_NOT_HERE = "&\\%\t\r"
# YAML 1.1 or 1.2 takes these for something else than a string.
_NO_STRINGS = frozenset("y yes on n no off null true false nan inf".split())
_TRUTH = {"true": True, "false": False}
_TYPES = {"string": str, "boolean": bool, "array": list, "object": dict}
_NOTES = frozenset("$schema $id $defs title description default examples".split())


class _UncertainError(Exception):
    """The readers that can explain it have to look."""


def values(text: str) -> dict[str, Any] | None:
    """The values of a settings file, or None where it is not certain that they are these, and valid."""
    if not text.isascii() or any(sign in text for sign in _NOT_HERE):
        return None
    try:
        roots = list(yamltree.compose(text.encode()))
        if len(roots) != 1:
            return None
        found = _value(text, roots[0])
        schema = read_schema("config.schema.json")
        return found if _allows(schema, found, schema) and isinstance(found, dict) else None
    except (yamltree.YamlError, RecursionError, _UncertainError):
        return None


def _value(text: str, node: Node) -> Any:
    if node.tag is not None:
        raise _UncertainError
    if isinstance(node, yamltree.MappingNode):
        found = {_word(text, key): _value(text, value) for key, value in node.value}
        if len(found) < len(node.value):
            raise _UncertainError
        return found
    if isinstance(node, yamltree.SequenceNode):
        return [_value(text, item) for item in node.value]
    return _TRUTH[node.value] if not node.style and node.value in _TRUTH else _word(text, node)


def _word(text: str, node: Node) -> str:
    """A string on one line, quoted or not."""
    if not isinstance(node, yamltree.ScalarNode) or node.tag is not None:
        raise _UncertainError
    plain = not node.style
    if plain and (not node.value[:1].isalpha() or node.value.lower() in _NO_STRINGS):
        raise _UncertainError
    if node.style in ("|", ">") or "\n" in text[node.start_mark.index : node.end_mark.index]:
        raise _UncertainError
    return str(node.value)


def _allows(schema: Schema, value: Any, root: dict[str, Any]) -> bool:
    """Whether a schema allows a value. Raises _UncertainError for a keyword that is not known here."""
    if isinstance(schema, bool):
        return schema
    return all(_holds(word, schema, value, root) for word in schema if word not in _NOTES)


def _holds(word: str, schema: dict[str, Any], value: Any, root: dict[str, Any]) -> bool:  # noqa: C901, PLR0911 - a table
    wanted = schema[word]
    match word:
        case "$ref":
            return _allows(root["$defs"][wanted.removeprefix("#/$defs/")], value, root)
        case "type" if wanted in _TYPES:
            return isinstance(value, _TYPES[wanted])
        case "anyOf":
            return any(_allows(each, value, root) for each in wanted)
        case "enum":
            return value in wanted
        case "pattern":
            import re

            return not isinstance(value, str) or re.search(wanted, value) is not None
        case "minLength":
            return not isinstance(value, str) or len(value) >= wanted
        case "minItems":
            return not isinstance(value, list) or len(value) >= wanted
        case "uniqueItems":
            return (
                not wanted or not isinstance(value, list) or len({str(item) for item in value}) == len(value)
            )
        case "items":
            return not isinstance(value, list) or all(_allows(wanted, item, root) for item in value)
        case "required":
            return not isinstance(value, dict) or all(key in value for key in wanted)
        case "properties":
            return not isinstance(value, dict) or all(
                _allows(wanted[key], value[key], root) for key in value if key in wanted
            )
        case "additionalProperties":
            own = schema.get("properties", {})
            return not isinstance(value, dict) or all(
                _allows(wanted, value[key], root) for key in value if key not in own
            )
        case "propertyNames":
            return not isinstance(value, dict) or all(_allows(wanted, key, root) for key in value)
    raise _UncertainError

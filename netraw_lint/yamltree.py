"""Text to YAML nodes, read as Kubernetes reads it. The only importer of libyaml.

kubectl, Helm and the API server read YAML through go-yaml v2, a port of libyaml: YAML 1.1 booleans (single
letters too), merge keys applied in document order, the last of duplicate keys kept (yaml/v2 resolve.go and
decode.go). PyYAML's CParser gives the nodes of that same parser; what its constructors do differently is
redone here. Marks count code points.
"""

from __future__ import annotations

from _operator import is_  # of `operator`, which would have to be loaded
from itertools import islice

# First, since it decides how much of PyYAML is loaded.
from netraw_lint.libyaml import binding

_libyaml = binding()
CParser = _libyaml.CParser

from yaml.error import MarkedYAMLError, YAMLError  # noqa: E402 - once that is decided
from yaml.events import (  # noqa: E402
    AliasEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from netraw_lint.excess import MAX_DEPTH, is_excessive, may_alias, may_be_deep  # noqa: E402

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from netraw_lint.nodes import MappingNode, Node, ScalarNode, SequenceNode, mapping, scalar, sequence
else:
    MappingNode, Node = _libyaml.nodes.MappingNode, _libyaml.nodes.Node
    ScalarNode, SequenceNode = _libyaml.nodes.ScalarNode, _libyaml.nodes.SequenceNode
    scalar, sequence, mapping = _libyaml.makers

__all__ = [
    "MAX_DEPTH",
    "MappingNode",
    "Node",
    "ScalarNode",
    "SequenceNode",
    "Tree",
    "YamlError",
    "as_bool",
    "as_string",
    "compose",
    "describe",
    "duplicates",
    "entries",
    "get",
    "is_merge",
    "is_null",
    "mapping",
    "nothing",
    "plain",
    "scalar",
    "sequence",
    "text",
    "trees",
]

_TRUE = frozenset("y Y yes Yes YES on On ON true True TRUE".split())
_FALSE = frozenset("n N no No NO off Off OFF false False FALSE".split())
_NULL = frozenset(("", "~", "null", "Null", "NULL"))
_TAG = "tag:yaml.org,2002:"
# Any other tag, a wrong one like !!map included, makes a string of a scalar (yaml/v2 resolve.go, resolvableTag).
_NO_STRINGS = frozenset(f"{_TAG}{name}" for name in ("bool", "int", "float", "null", "timestamp"))
_OF_NUMBERS = frozenset("+-.0123456789")


class YamlError(Exception):
    """Text that go-yaml or this reader cannot read; ``index`` is in code points, ``None`` where unknown."""

    def __init__(self, message: str, index: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.index = index


class _Parser(CParser):  # type: ignore[misc, valid-type]
    """libyaml's composer without tag resolution: 2.5 times faster, and tags matter for a dozen scalars."""

    # Both are called for every node, and have nothing to do: two functions that take what they are given, and that
    # Python calls without running a line of Python.
    descend_resolver = is_
    ascend_resolver = tuple

    def resolve(self, _kind: object, _value: object, _implicit: object) -> None:
        """Leave the tag of a node without one open."""


def compose(data: bytes) -> Iterator[Node]:
    """The root nodes of a YAML stream, one by one.

    Raises YamlError for text that libyaml refuses, that nests too deeply, or whose anchors contain themselves.
    """
    if may_be_deep(data):
        _refuse_depth(data)
    composed, aliases = 0, may_alias(data)
    try:
        parser = _Parser(data)
        while parser.check_node():
            root = _libyaml.composed(parser)
            yield _in_proportion(root) if aliases else root
            composed += 1
    except MarkedYAMLError as error:
        if error.context and error.context.startswith("found duplicate anchor"):
            # Legal YAML, and the later anchor counts in Go; PyYAML alone refuses it.
            for tree in islice(trees(data), composed, None):
                yield _in_proportion(tree.root)
            return
        raise _yaml_error(error, data) from None
    except YAMLError as error:
        raise _yaml_error(error, data) from None


def _yaml_error(error: YAMLError, data: bytes) -> YamlError:
    if isinstance(error, MarkedYAMLError):
        mark = error.problem_mark or error.context_mark
        context = f" {error.context}" if error.context else ""
        return YamlError(f"{error.problem}{context}", mark.index if mark else None)
    position = getattr(error, "position", None)
    # What libyaml cannot decode it counts in bytes.
    index = len(data[:position].decode(errors="ignore")) if isinstance(position, int) else None
    return YamlError(f"{getattr(error, 'reason', error)}", index)


def _refuse_depth(data: bytes) -> None:
    depth = 0
    try:
        parser = CParser(data)
        while parser.check_event():
            event = parser.get_event()
            if isinstance(event, (MappingStartEvent, SequenceStartEvent)):
                depth += 1
                if depth > MAX_DEPTH:
                    raise YamlError(f"nested deeper than {MAX_DEPTH} levels", event.start_mark.index)
            elif isinstance(event, (MappingEndEvent, SequenceEndEvent)):
                depth -= 1
    except YAMLError:
        return  # compose() reports it with its position.


def _in_proportion(root: Node) -> Node:
    if is_excessive(root):
        raise YamlError("document contains excessive aliasing", root.start_mark.index)
    return root


class Tree:
    """A document composed for editing: what node composition forgets about aliases.

    ``aliases`` maps (id of the parent, number of the child) to the span of the alias that stands there; the
    children of a mapping are its keys and values in turn. ``anchored`` holds the ids of nodes with an anchor.
    """

    __slots__ = ("aliases", "anchored", "root")

    def __init__(self) -> None:
        self.root: Node = nothing()
        self.aliases: dict[tuple[int, int], tuple[int, int]] = {}
        self.anchored: set[int] = set()


def trees(data: bytes) -> Iterator[Tree]:
    """The documents of a stream, composed on events, as go-yaml does: an anchor may be used again.

    Raises YamlError. The caller has made sure that the stream does not nest too deeply, by compose().
    """
    parser = CParser(data)
    tree = Tree()
    anchors: dict[str, Node] = {}
    stack: list[tuple[Node, list[Any]]] = []
    try:
        while parser.check_event():
            event = parser.get_event()
            if isinstance(event, AliasEvent):
                if event.anchor not in anchors:
                    raise YamlError(f"found undefined alias {event.anchor!r}", event.start_mark.index)
                node = anchors[event.anchor]
                if stack:
                    place = (id(stack[-1][0]), len(stack[-1][1]))
                    tree.aliases[place] = (event.start_mark.index, event.end_mark.index)
            elif isinstance(event, (ScalarEvent, MappingStartEvent, SequenceStartEvent)):
                node = _event_node(event)
                if event.anchor:
                    anchors[event.anchor] = node
                    tree.anchored.add(id(node))
                if not isinstance(event, ScalarEvent):
                    stack.append((node, []))
                    continue
            elif isinstance(event, (MappingEndEvent, SequenceEndEvent)):
                node, children = stack.pop()
                node.end_mark = event.end_mark
                pairs = isinstance(node, MappingNode)
                node.value = list(zip(children[::2], children[1::2], strict=True)) if pairs else children
            else:
                anchors = {}
                continue
            if stack:
                stack[-1][1].append(node)
            else:
                tree.root = node
                yield tree
                tree = Tree()
    except YAMLError as error:
        raise _yaml_error(error, data) from None


def _event_node(event: Any) -> Node:
    if isinstance(event, ScalarEvent):
        return scalar(event.tag, event.value, event.start_mark, event.end_mark, event.style)
    collection = mapping if isinstance(event, MappingStartEvent) else sequence
    return collection(event.tag, [], event.start_mark, None, event.flow_style)


def entries(node: Node | None, inside: frozenset[int] = frozenset()) -> dict[str, tuple[Node, Node]]:
    """The effective entries of a mapping: key text to (key node, value node); empty for any other node.

    Merge keys apply in document order, so a ``<<`` after an explicit key overwrites it; of duplicate keys
    the last wins. ``inside`` are the mappings that merge this one. Raises YamlError for a merge of something else, and
    for a mapping that merges itself.
    """
    if not isinstance(node, MappingNode):
        return {}
    known: dict[str, tuple[Node, Node]] | None = getattr(node, "entries", None)
    if known is not None:
        return known
    if id(node) in inside:
        raise YamlError("anchor value contains itself", node.start_mark.index)
    found: dict[str, tuple[Node, Node]] = {}
    plain = True
    for pair in node.value:
        key = pair[0]
        # Nearly every key is one of these, and nearly every entry that is looked at.
        if key.tag is None and key.value != "<<":
            if isinstance(key, ScalarNode):
                found[key.value] = pair
            continue
        plain = False
        if is_merge(key):
            for merged in _merged(pair[1]):
                found.update(entries(merged, inside | {id(node)}))
        elif _may_be_merge(key):
            raise YamlError(
                "a merge key in quotes may or may not be one: write << without them", key.start_mark.index
            )
        elif isinstance(key, ScalarNode):
            found[text(key)] = pair
    node.distinct = plain and len(found) == len(node.value)
    node.entries = found
    return found


def is_merge(key: Node) -> bool:
    """Whether a key is a merge key: a plain ``<<``."""
    if not isinstance(key, ScalarNode) or key.value != "<<":
        return False
    return key.tag == f"{_TAG}merge" or (key.tag is None and not key.style)


def _may_be_merge(key: Node) -> bool:
    """Whether a quoted ``<<`` has more to it than quotes: ``! "<<"`` merges, and nodes do not keep that tag."""
    return (
        isinstance(key, ScalarNode)
        and key.value == "<<"
        and key.tag is None
        and key.end_mark.index - key.start_mark.index > len('"<<"')
    )


def _merged(value: Node) -> list[MappingNode]:
    sources = value.value[::-1] if isinstance(value, SequenceNode) else [value]
    mappings = [source for source in sources if isinstance(source, MappingNode)]
    if len(mappings) < len(sources):
        raise YamlError("map merge requires map or sequence of maps as the value", value.start_mark.index)
    return mappings


def duplicates(node: Node | None) -> Iterator[tuple[ScalarNode, ScalarNode]]:
    """The keys that a mapping spells twice: (the one without effect, the one that wins)."""
    if isinstance(node, MappingNode):
        if getattr(node, "distinct", False):
            return
        seen: dict[str, ScalarNode] = {}
        for key, _ in node.value:
            if isinstance(key, ScalarNode) and not is_merge(key):
                name = text(key)
                if name in seen:
                    yield seen[name], key
                seen[name] = key


def get(node: Node | None, *path: str) -> Node | None:
    """The value at a path of keys, or None where it is absent or null."""
    for name in path:
        pair = entries(node).get(name)
        if pair is None:
            return None
        node = pair[1]
    return None if node is None or is_null(node) else node


def text(node: ScalarNode) -> str:
    """The text of a scalar; ``!!binary`` is decoded, as go-yaml does."""
    if node.tag == f"{_TAG}binary":
        from base64 import b64decode

        try:
            return b64decode(node.value).decode(errors="replace")
        except ValueError:
            return str(node.value)  # go-yaml refuses the document
    return str(node.value)


def is_null(node: Node) -> bool:
    """Whether a node is null: empty, ``~`` or ``null``."""
    if not isinstance(node, ScalarNode):
        return False
    return node.tag == f"{_TAG}null" or (node.tag is None and not node.style and node.value in _NULL)


def as_bool(node: Node | None) -> bool | None:
    """The boolean a node stands for in YAML 1.1 as go-yaml reads it (``y`` is true), else None."""
    if not isinstance(node, ScalarNode) or (node.tag != f"{_TAG}bool" and (node.style or node.tag)):
        return None
    return True if node.value in _TRUE else False if node.value in _FALSE else None


def as_string(node: Node | None) -> str | None:
    """The string a node stands for, or None where go-yaml reads null, a boolean, a number or a collection."""
    if not isinstance(node, ScalarNode):
        return None
    if node.tag is not None:
        return None if node.tag in _NO_STRINGS else text(node)
    plain = str(node.value)
    if not node.style and (plain in _NULL or plain in _TRUE or plain in _FALSE or _is_number(plain)):
        return None
    return plain


def _is_number(plain: str) -> bool:
    if plain[:1] not in _OF_NUMBERS:
        return False
    from netraw_lint import patterns

    return patterns.NUMBER.fullmatch(plain) is not None


def nothing() -> Node:
    """A null that stands nowhere, for a document that could not be composed."""
    return scalar(f"{_TAG}null", "")


def describe(node: Node) -> str:
    """What a node is, in words for a message: "a list", "a string", ..."""
    if isinstance(node, MappingNode):
        return "a mapping"
    if isinstance(node, SequenceNode):
        return "a list"
    if is_null(node):
        return "null"
    if as_bool(node) is not None:
        return "a boolean"
    return "a number" if as_string(node) is None else "a string"


def plain(data: bytes) -> object:
    """The first document of ``data`` as dicts, lists, strings, booleans and None; numbers stay strings.

    Raises YamlError.
    """
    for root in compose(data):
        return _plain(root, frozenset())
    return None


def _plain(node: Node, inside: frozenset[int]) -> object:
    if id(node) in inside:
        raise YamlError("anchor value contains itself", node.start_mark.index)
    if isinstance(node, MappingNode):
        inside |= {id(node)}
        return {key: _plain(value, inside) for key, (_, value) in entries(node).items()}
    if isinstance(node, SequenceNode):
        inside |= {id(node)}
        return [_plain(item, inside) for item in node.value]
    boolean = as_bool(node)
    if is_null(node) or not isinstance(node, ScalarNode):
        return None
    return text(node) if boolean is None else boolean

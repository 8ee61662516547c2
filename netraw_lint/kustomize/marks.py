"""Keys beside the keys that matter: what a build makes of them says which file a container comes from.

Kustomize merges what it does not know like any other field. So the mark beside ``privileged`` is that of the file
whose ``privileged`` wins, the mark beside a ``drop`` that a patch sets to null is that of the patch, and the marks of
a list item add up to all files that say something about the container.
"""

from __future__ import annotations

from netraw_lint import fragments, securitycontext, yamltree
from netraw_lint.manifest import object_ref
from netraw_lint.model import Span
from netraw_lint.noun import Noun
from netraw_lint.yamltree import MappingNode, ScalarNode, SequenceNode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from netraw_lint.model import ObjectRef
    from netraw_lint.nodes import Node

PREFIX = "netraw-lint-"
ITEM = f"{PREFIX}item-"
KEYS = ("image", "securityContext", "capabilities", "drop", "add", "privileged")
_LISTS = ("add", "drop")


class Mark(Noun):
    """A key of a file, or a list item with the empty key.

    ``path`` is the absolute path of the file; ``owner`` the object it is written in. ``value`` is the range of its
    value, ``items`` the entries of a list. ``item`` is where the container around it begins. ``written`` says as what
    it is written: ``object``, ``patch`` (a file), ``inline`` (inside a kustomization) or ``operation``.
    """

    path: str
    key: str
    spot: Span
    value: Span
    item: int
    written: str
    owner: ObjectRef | None = None
    image: str = ""
    items: tuple[tuple[str, Span], ...] = ()


class Marker:
    """Marks the texts of files; ``marks`` are what the numbers in them stand for."""

    def __init__(self) -> None:
        self.marks: list[Mark] = []

    def marked(self, path: str, text: str, patch: bool, kustomization: bool) -> str:
        """A text with marks; one that cannot be read is left as it is."""
        if not any(key in text for key in KEYS):
            return text
        try:
            roots = list(yamltree.compose(text.encode()))
            work = _Text(self, path, text)
            for root in roots:
                if kustomization:
                    for scalar, _ in fragments.inline(root):
                        work.inline(scalar)
                elif isinstance(root, SequenceNode):
                    if patch:
                        work.operations(root)
                else:
                    work.object(root, "patch" if patch else "object")
        except (yamltree.YamlError, RecursionError):
            return text
        return work.written()


class _Text:
    """One text that is being marked."""

    def __init__(self, marker: Marker, path: str, text: str) -> None:
        self.marker = marker
        self.path = path
        self.text = text
        self.inserted: list[tuple[int, str]] = []
        self.owner: ObjectRef | None = None
        self.kind = "object"

    def written(self) -> str:
        parts, at = [], 0
        for place, text in sorted(self.inserted, key=lambda pair: pair[0]):
            parts += [self.text[at:place], text]
            at = place
        return "".join([*parts, self.text[at:]])

    def object(self, root: Node, kind: str) -> None:
        self.kind, self.owner = kind, object_ref(root)
        items = yamltree.get(root, "items")
        if isinstance(items, SequenceNode) and self.owner is not None and self.owner.kind.endswith("List"):
            for item in items.value:
                self.object(item, kind)
            return
        if self.owner is None or self.owner.kind != "CustomResourceDefinition":
            self._walk(root, -1)

    def inline(self, scalar: ScalarNode) -> None:
        """Mark a patch that is a text inside the kustomization, where its places are known."""
        place = fragments.places(self.text, scalar)
        if place is None or scalar.style not in ("|", "'"):
            return
        for root in yamltree.compose(yamltree.text(scalar).encode()):
            fragments.move(root, place, scalar)
            if isinstance(root, SequenceNode):
                self.operations(root)
            else:
                self.object(root, "inline")

    def operations(self, root: SequenceNode) -> None:
        """Mark the values of operations, and what operations set, by further operations."""
        self.kind, self.owner = "operation", None
        for number, item in enumerate(root.value):
            path, value = yamltree.get(item, "path"), yamltree.get(item, "value")
            operation = yamltree.as_string(yamltree.get(item, "op"))
            if not isinstance(path, ScalarNode) or operation not in ("add", "replace", "remove"):
                continue
            steps = fragments.pointer(path)
            container, rest = fragments.split(steps)
            if value is not None and operation != "remove":
                self._walk(value, item.start_mark.index, is_item=bool(container) and not rest)
            key = _decided(rest)
            if not key or "-" in container:
                continue
            parent = (*container, *rest[: rest.index(key)])
            pointer = "".join(f"/{step.replace('~', '~0').replace('/', '~1')}" for step in parent)
            mark = self._mark(key, path, value if value is not None else path, item.start_mark.index)
            self._operation(
                root, number, f'{{"op": "add", "path": "{pointer}/{PREFIX}{key}", "value": "{mark}"}}'
            )

    def _operation(self, root: SequenceNode, number: int, text: str) -> None:
        item = root.value[number]
        following = root.value[number + 1] if number + 1 < len(root.value) else None
        start = root.start_mark.index
        if root.flow_style:
            at = item.end_mark.index
            self.inserted.append((at, f", {text}"))
            return
        column = start - self._line_start(start)
        if following is not None:
            dash = self.text.rfind("-", item.start_mark.index, following.start_mark.index)
            self.inserted.append((dash, f"- {text}\n{' ' * column}"))
        else:
            # In front of the last one would be too early: behind its last line.
            at = self._end(item)
            self.inserted.append((at, f"\n{' ' * column}- {text}"))

    def _end(self, node: Node) -> int:
        """Where the text of a node really ends: a block collection ends with its last scalar."""
        if isinstance(node, ScalarNode) or node.flow_style:
            end = node.end_mark.index
            while end and self.text[end - 1].isspace():
                end -= 1
            return end
        last = node.value[-1]
        return self._end(last[1] if isinstance(last, tuple) else last)

    def _walk(self, root: Node, item: int, is_item: bool = False) -> None:
        pending = [(root, "", item, is_item)]
        seen: set[int] = set()
        while pending:
            node, name, item, is_item = pending.pop()
            if id(node) in seen:
                continue
            seen.add(id(node))
            if isinstance(node, SequenceNode):
                inside = name.endswith("ontainers")
                pending += [
                    (each, "", each.start_mark.index if inside else item, inside) for each in node.value
                ]
            elif isinstance(node, MappingNode):
                fields = yamltree.entries(node)
                if item < 0 and any(key in fields for key in KEYS):
                    # A container that stands in no list, or the part of one.
                    item, is_item = node.start_mark.index, True
                if "$patch" not in fields:
                    self._mapping(node, item, is_item)
                pending += [
                    (value, key.value, item, False)
                    for key, value in node.value
                    if isinstance(key, ScalarNode)
                ]

    def _mapping(self, node: MappingNode, item: int, is_item: bool) -> None:
        keys = []
        for key, value in node.value:
            if isinstance(key, ScalarNode) and key.value in KEYS:
                keys.append(f'{PREFIX}{key.value}": "{self._mark(key.value, key, value, item)}')
        if is_item:
            image, first = yamltree.get(node, "image"), securitycontext.first_key(node)
            text = str(image.value) if isinstance(image, ScalarNode) else ""
            keys.append(f'{ITEM}{self._mark("", first, first, item, text)}": "')
        if not keys or not node.value:
            return
        at = node.value[0][0].start_mark.index
        if node.flow_style:
            self.inserted.append((at, "".join(f'"{key}", ' for key in keys)))
        elif not self.text[:at].rstrip(" ").endswith("?"):
            blanks = " " * (at - self._line_start(at))
            self.inserted.append((at, "".join(f'"{key}"\n{blanks}' for key in keys)))

    def _mark(self, key: str, at: Node, value: Node, item: int, image: str = "") -> int:
        entries: Iterator[Node] = iter(
            value.value if isinstance(value, SequenceNode) and key in _LISTS else ()
        )
        spot = Span(
            at.start_mark.index, at.end_mark.index if isinstance(at, ScalarNode) else at.start_mark.index + 1
        )
        self.marker.marks.append(
            Mark(
                self.path,
                key,
                spot,
                _spot(value),
                item,
                self.kind,
                self.owner,
                image,
                tuple((str(each.value), _spot(each)) for each in entries if isinstance(each, ScalarNode)),
            )
        )
        return len(self.marker.marks) - 1

    def _line_start(self, at: int) -> int:
        return max(self.text.rfind(end, 0, at) for end in "\n\r") + 1


def _decided(rest: tuple[str, ...]) -> str:
    """The key that an operation sets below a container, itself or an entry of its list; empty if none matters."""
    if rest and rest[-1] in KEYS:
        return rest[-1]
    is_entry = len(rest) > 1 and (rest[-1] == "-" or rest[-1].isdigit())
    return rest[-2] if is_entry and rest[-2] in _LISTS else ""


def _spot(node: Node) -> Span:
    start = node.start_mark.index
    return Span(start, node.end_mark.index if isinstance(node, ScalarNode) else start + 1)


def with_annotations(text: str) -> str:
    """A kustomization that writes into each object which file it comes from; as it is, if it has its own wishes."""
    try:
        root = next(yamltree.compose(text.encode()), None)
    except yamltree.YamlError:
        return text
    if not isinstance(root, MappingNode) or not root.value or "buildMetadata" in yamltree.entries(root):
        return text
    at = root.value[0][0].start_mark.index
    wish = '"buildMetadata": ["originAnnotations"]'
    if root.flow_style:
        return f"{text[:at]}{wish}, {text[at:]}"
    return f"{text[:at]}{wish}\n{' ' * (at - text.rfind(chr(10), 0, at) - 1)}{text[at:]}"

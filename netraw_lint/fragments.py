"""Patches that are no objects, as the objects that they make: those written inside a kustomization, and JSON patches.

Every node keeps its place in the document, also inside a block scalar, so that a finding has the line of the patch.
An operation of a JSON patch (RFC 6902) becomes an object with nothing but what stands at its path.
"""

from __future__ import annotations

from bisect import bisect_right

from netraw_lint import yamltree
from netraw_lint.catalogue import BUILT_IN
from netraw_lint.manifest import KubernetesObject, object_ref
from netraw_lint.model import ObjectRef
from netraw_lint.yamltree import MappingNode, ScalarNode, SequenceNode, mapping, scalar, sequence

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Any

    from netraw_lint.catalogue import Catalogue
    from netraw_lint.model import Document
    from netraw_lint.nodes import Mark, Node

    Target = ObjectRef | None

_KINDS = (None, "Kustomization", "Component")
_DROPPING = ("ALL", "NET_RAW")
# What takes the drop list away when it is removed or replaced, as the end of a path.
_HOLDERS = (
    ("securityContext",),
    ("securityContext", "capabilities"),
    ("securityContext", "capabilities", "drop"),
)
_MOST_ITEMS = _MOST_STEPS = 100
# Characters of patches that are aliases of others: to go-yaml each is one string, to us a document to read.
_MOST_REPEATED = 1_000_000


def objects(document: Document, catalogue: Catalogue) -> Iterator[KubernetesObject]:
    """The objects that the patches in a document make; none for a document that is an ordinary object."""
    root = document.root
    if isinstance(root, SequenceNode):
        if document.source.patch:
            yield from _operations(document, root, document.source.target, catalogue)
    elif not document.source.patch and yamltree.as_string(yamltree.get(root, "kind")) in _KINDS:
        for scalar, about in inline(root):
            yield from _in_text(document, scalar, about, catalogue)


def inline(root: Node) -> Iterator[tuple[ScalarNode, Target]]:
    """The texts of the patches inside a kustomization, with what their targets are.

    Raises YamlError where aliases make very much of them.
    """
    seen: set[int] = set()
    repeated = 0
    for patch, about in _inline(root):
        repeated += len(patch.value) if id(patch) in seen else 0
        seen.add(id(patch))
        if repeated > _MOST_REPEATED:
            raise yamltree.YamlError("document contains excessive aliasing", patch.start_mark.index)
        yield patch, about


def _inline(root: Node) -> Iterator[tuple[ScalarNode, Target]]:
    for key in ("patches", "patchesJson6902"):
        for entry in _items(yamltree.get(root, key)):
            patch = yamltree.get(entry, "patch")
            if isinstance(patch, ScalarNode):
                yield patch, target(entry)
    for entry in _items(yamltree.get(root, "patchesStrategicMerge")):
        if isinstance(entry, ScalarNode) and "\n" in entry.value:
            yield entry, None


def target(entry: Node) -> Target:
    """What an entry of a kustomization says about the object to patch; regular expressions name nothing."""
    about = yamltree.get(entry, "target")
    if about is None:
        return None
    group, version, kind, namespace, name = (
        text
        if (text := yamltree.as_string(yamltree.get(about, key)) or "").replace("-", "a").isalnum()
        else ""
        for key in ("group", "version", "kind", "namespace", "name")
    )
    full = yamltree.as_string(yamltree.get(about, "group")) or group
    return ObjectRef(f"{full}/{version}" if full else version, kind, namespace, name)


class _Place:
    """A place in the document, for a node that was read from a part of it."""

    __slots__ = ("index",)

    def __init__(self, index: int) -> None:
        self.index = index


def _at(index: int) -> Mark:
    place: Any = _Place(index)
    mark: Mark = place
    return mark


def _items(node: Node | None) -> Sequence[Node]:
    return node.value if isinstance(node, SequenceNode) else ()


def _in_text(
    document: Document, scalar: ScalarNode, about: Target, catalogue: Catalogue
) -> Iterator[KubernetesObject]:
    """The objects of a patch that is a text; one that cannot be read is Kustomize's to refuse."""
    try:
        roots = list(yamltree.compose(yamltree.text(scalar).encode()))
    except yamltree.YamlError:
        return
    place = places(document.text, scalar)
    for root in roots:
        move(root, place, scalar)
        if isinstance(root, SequenceNode):
            yield from _operations(document, root, about, catalogue)
        elif (ref := object_ref(root)) is not None:
            yield KubernetesObject(document, ref, "", root, patch=True, operation="merge")


def places(text: str, scalar: ScalarNode) -> Callable[[int], int] | None:
    """From places in the value of a scalar to those in the text around it; None where they do not correspond."""
    start, value = scalar.start_mark.index, scalar.value
    if scalar.style not in ("|", ">"):
        start += bool(scalar.style)
        return (lambda at: start + at) if text[start : start + len(value)] == value else None
    inner: list[int] = []
    outer: list[int] = []
    at, inside = text.find("\n", start) + 1, 0
    for line in value.split("\n"):
        end = text.find("\n", at)
        end = len(text) if end < 0 else end
        written = text[at:end].rstrip("\r")
        if not written.endswith(line):
            return None  # Folded lines have no places of their own.
        inner.append(inside)
        outer.append(at + len(written) - len(line))
        inside += len(line) + 1
        at = min(end + 1, len(text))

    def place(at: int) -> int:
        line = bisect_right(inner, at) - 1
        return outer[line] + at - inner[line]

    return place


def move(root: Node, place: Callable[[int], int] | None, scalar: ScalarNode) -> None:
    """Put every node where it stands in the document."""
    pending, seen = [root], set()
    while pending:
        node = pending.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if place is None:
            node.start_mark, node.end_mark = scalar.start_mark, scalar.end_mark
        else:
            node.start_mark = _at(place(node.start_mark.index))
            node.end_mark = _at(place(node.end_mark.index))
        if isinstance(node, MappingNode):
            pending += [part for pair in node.value for part in pair]
        elif isinstance(node, SequenceNode):
            pending += node.value


def _operations(
    document: Document, root: SequenceNode, about: Target, catalogue: Catalogue
) -> Iterator[KubernetesObject]:
    made: list[KubernetesObject | None] = []
    taken: dict[tuple[str, ...], list[int]] = {}
    for item in root.value:
        path = yamltree.get(item, "path")
        operation = yamltree.as_string(yamltree.get(item, "op"))
        if not isinstance(path, ScalarNode) or operation not in ("add", "replace", "remove"):
            continue
        steps = pointer(path)
        if not steps or len(steps) > _MOST_STEPS:
            continue  # No container is that deep.
        value = yamltree.get(item, "value")
        container, rest = split(steps)
        if container and operation != "remove" and drops(rest, value):
            # What an earlier operation took away is back.
            for number in taken.pop(container, ()):
                made[number] = None
        takes_away = rest in _HOLDERS or (len(rest) == 4 and rest[:3] == _HOLDERS[-1])
        if not takes_away:
            operation = "add" if value is not None and operation != "remove" else ""
        if operation:
            ref = _ref(steps, about, catalogue)
            node = _tree(steps, value if operation != "remove" else None, path.start_mark, path.end_mark)
            if operation != "add":
                taken.setdefault(container, []).append(len(made))
            made.append(KubernetesObject(document, ref, "", node, True, operation))
    for obj in made:
        if obj is not None:
            yield obj


def pointer(path: ScalarNode) -> tuple[str, ...]:
    """The steps of a JSON pointer."""
    steps = yamltree.text(path).split("/")[1:]
    return tuple(step.replace("~1", "/").replace("~0", "~") for step in steps)


def split(steps: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The way to the container that a pointer is about, and the rest; both empty if it is about no container."""
    for at in range(len(steps) - 1, 0, -1):
        if steps[at - 1].endswith("ontainers") and _is_item(steps[at]):
            return steps[: at + 1], steps[at + 1 :]
    return (), ()


def _is_item(step: str) -> bool:
    return step == "-" or (step.isascii() and step.isdigit())


def drops(rest: tuple[str, ...], value: Node | None) -> bool:
    """Whether an operation below a container puts NET_RAW or ALL into its drop list."""
    way = ("securityContext", "capabilities", "drop")
    drop = value
    if rest != way[: len(rest)]:
        if rest[:3] != way or len(rest) != 4:
            return False
    else:
        drop = yamltree.get(value, *way[len(rest) :]) if value is not None else None
    names = drop.value if isinstance(drop, SequenceNode) else [drop]
    return any((yamltree.as_string(name) or "").upper().removeprefix("CAP_") in _DROPPING for name in names)


def _ref(steps: tuple[str, ...], about: Target, catalogue: Catalogue) -> ObjectRef:
    """What an operation patches: what its target says, as far as that is a kind that holds containers there."""
    name, namespace = (about.name, about.namespace) if about else ("", "")
    if about and about.kind:
        groups = [group for group, kind in BUILT_IN if kind == about.kind]
        group = about.group or next(iter(groups), "")
        if catalogue.rows(group, about.kind):
            return ObjectRef(f"{group}/v1" if group else "v1", about.kind, namespace, name)
    kind, version = "Pod", "v1"
    if "jobTemplate" in steps:
        kind, version = "CronJob", "batch/v1"
    elif "template" in steps:
        kind, version = "Deployment", "apps/v1"
    return ObjectRef(version, kind, namespace, name)


def _tree(steps: tuple[str, ...], value: Node | None, start: Mark, end: Mark) -> Node:
    """Nested mappings and lists with a value at the end of a path, all at the place of that path."""
    node: Node = value if value is not None else mapping(None, [], start, end)
    if value is None:
        # What is taken away is not there; the deepest thing that is left is what held it.
        steps = steps[:-1] if not _is_item(steps[-1]) else steps[:-2]
    for at in range(len(steps) - 1, -1, -1):
        step = steps[at]
        if _is_item(step) and at and (steps[at - 1].endswith("ontainers") or at == len(steps) - 1):
            padded = isinstance(node, MappingNode) and step != "-"
            before = min(int(step[:3]), _MOST_ITEMS) if padded else 0
            node = sequence(None, [*[_skipped(start, end)] * before, node], start, end)
        else:
            node = mapping(None, [(scalar(None, step, start, end), node)], start, end)
    return node


def _skipped(start: Mark, end: Mark) -> Node:
    """An item that stands for one before the item that an operation is about: nothing is read into it."""
    pair = scalar(None, "$patch", start, end), scalar(None, "delete", start, end)
    return mapping(None, [pair], start, end)

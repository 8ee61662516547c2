"""Chunks of a source to YAML documents, and documents to the Kubernetes objects inside them."""

from __future__ import annotations

from _bisect import bisect_left  # of `bisect`, which would have to be loaded

from netraw_lint import splitting, yamltree
from netraw_lint.model import Document, ObjectRef, Source
from netraw_lint.noun import Noun

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from netraw_lint.nodes import Node
    from netraw_lint.splitting import Chunk

    # What leads to a node: the trail of what holds it, and its key or number there.
    _Trail = tuple["_Trail", str | int] | None

_AFTER_END = "kubectl and Helm stop reading at `...`: start this document with `---`"
_NOTHING = yamltree.nothing()
_BOM = b"\xef\xbb\xbf"
# Helm's comment above each document that it renders, and the bytes within which it begins.
_ORIGIN = b"# Source: "
_TOP = 1000
# What a cluster reports, or what a reviewed request replaces: never what is asked to run.
_NOT_ASKED_FOR = ("status", "managedFields", "oldObject")


class Unreadable(Noun):
    """A document, or a part of one, that cannot be judged: where and why; ``at`` counts code points."""

    document: Document
    at: int
    message: str


class KubernetesObject(Noun):
    """A mapping with apiVersion and kind: a whole document, or an object embedded in one at ``path``.

    ``patch`` marks an embedded object that is merged over one written elsewhere, and ``operation`` one that was made
    of a part of the document (see fragments.py): ``merge``, ``add``, ``replace`` or ``remove``.
    """

    document: Document
    ref: ObjectRef
    path: str
    node: Node
    patch: bool = False
    operation: str = ""


def documents(
    source: Source, holds_containers: Callable[[set[str]], bool], thorough: bool = False
) -> Iterator[Document | Unreadable | None]:
    """The documents of a source; None stands for one that cannot hold a workload (see splitting.py)."""
    for chunk in splitting.chunks(source.data, holds_containers, thorough, patches=source.holds_patches):
        if chunk is None:
            yield None
        else:
            yield from read(source, chunk)


def read(
    source: Source, part: Chunk, compose: Callable[[bytes], Iterable[Node]] = yamltree.compose
) -> Iterator[Document | Unreadable]:
    """What stands in one chunk of a source: a document, or the reason why it cannot be judged.

    ``compose`` may know the nodes of a text already.
    """
    chunk, start = part.data, part.start
    if chunk.startswith(_BOM):
        chunk, start = chunk[3:], start + 3
    if not source.patch and _is_expectation(source.path):
        source = source.replace(patch=True)
    text = chunk.decode()
    origin = _origin(chunk)

    def document(root: Node) -> Document:
        return Document(source, part.index, start, text, root, origin)

    stream = text.lstrip().startswith("{")
    if stream and not chunk.lstrip().startswith(b"{"):
        # kubectl passes over any space of Unicode in front of a stream of JSON.
        chunk = (" " * (len(text) - len(text.lstrip())) + text.lstrip()).encode()
    first = True
    try:
        if chunk.find(_BOM[:1]) >= 0:
            # Inside a text, a mark is what concatenated files leave behind: a blank line, one mark long.
            chunk = chunk.replace(b"\n" + _BOM, b"\n\n")
        for root in _roots(chunk, stream, compose):
            if first or stream:
                yield document(root)
            elif not yamltree.is_null(root):
                yield Unreadable(document(_NOTHING), root.start_mark.index, _AFTER_END)
            first = False
    except yamltree.YamlError as error:
        message = error.message if first or stream else _AFTER_END
        # A parser that hits the end points behind it; the last character is what an editor can show.
        last = max(len(text.rstrip()) - 1, 0)
        yield Unreadable(document(_NOTHING), min(error.index or 0, last), message)


def _roots(chunk: bytes, stream: bool, compose: Callable[[bytes], Iterable[Node]]) -> Iterator[Node]:
    if not stream:
        yield from compose(chunk)
        return
    try:
        roots = list(compose(chunk))
    except yamltree.YamlError as refused:
        try:
            from netraw_lint import jsontext

            roots = list(jsontext.compose(chunk))
        except yamltree.YamlError:
            raise refused from None
    yield from roots


def _is_expectation(path: str) -> bool:
    """Whether a file is one that kuttl compares the cluster with."""
    if "-assert.y" not in path and "-errors.y" not in path:
        return False
    from netraw_lint import patterns

    return patterns.EXPECTATION.search(path) is not None


def _origin(chunk: bytes) -> str | None:
    """The chart template that Helm names above what it rendered."""
    at = chunk.find(_ORIGIN, 0, _TOP)
    while at > 0 and chunk[at - 1 : at] != b"\n":
        at = chunk.find(_ORIGIN, at + 1, _TOP)
    if at < 0 or not _only_comments(chunk[:at]):
        return None
    end = chunk.find(b"\n", at)
    path = chunk[at + len(_ORIGIN) : end if end >= 0 else len(chunk)].rstrip()
    return path.decode() if path and path == path.lstrip() else None


def _only_comments(head: bytes) -> bool:
    return all(
        not line.strip() or line.lstrip().startswith((b"#", b"---", b"%")) for line in head.split(b"\n")
    )


def objects(document: Document, embedded: bool = True) -> Iterator[KubernetesObject]:
    """The Kubernetes objects of a document: its root, and whatever embeds apiVersion and kind.

    ``status`` and managed fields are what a cluster reports, never what it is asked to run. Items of a typed
    list may omit both keys (apimachinery decodes them by the list's own kind). Raises YamlError.
    """
    root = document.root
    ref = object_ref(root)
    if ref is not None:
        yield KubernetesObject(document, ref, "", root)
        yield from _typed_items(document, ref, root)
    places = _places(document.text) if embedded else ()
    for path, inner, node in _embedded(root, places) if places or places is None else ():
        yield KubernetesObject(document, inner, path, node)
        yield from _typed_items(document, inner, node, path)


def _places(text: str) -> Sequence[int] | None:
    """Where a document may hold the apiVersion of an embedded object; None stands for anywhere.

    An object has two keys, and what embeds one has the same two. An escape or a tag may hide one, an alias or a merge
    bring one that is written elsewhere.
    """
    versions = text.count("apiVersion")
    if ("\\" in text or "!" in text) and splitting.is_disguised(text.encode()):
        return None
    if versions > 1 and ("<<" in text or ("&" in text and "*" in text)):
        return None
    if versions < 2 or text.count("kind") < 2:
        return ()
    places = [text.find("apiVersion")]
    for _ in range(versions - 1):
        places.append(text.find("apiVersion", places[-1] + 1))
    return places


def _typed_items(
    document: Document, ref: ObjectRef, node: Node, path: str = ""
) -> Iterator[KubernetesObject]:
    if ref.kind in ("List", "Template") or not ref.kind.endswith("List"):
        return
    items = yamltree.get(node, "items")
    for number, item in enumerate(items.value if isinstance(items, yamltree.SequenceNode) else ()):
        if isinstance(item, yamltree.MappingNode) and object_ref(item) is None:
            inner = _named(item, ref.api_version, ref.kind.removesuffix("List"))
            prefix = f"{path}." if path else ""
            yield KubernetesObject(document, inner, f"{prefix}items[{number}]", item)


def _embedded(root: Node, places: Sequence[int] | None) -> Iterator[tuple[str, ObjectRef, Node]]:
    """Every object below the root with its path, in document order, each once however many aliases lead to it.

    What no place lies in is not looked at.
    """
    seen = {id(root)}
    stack: list[tuple[_Trail, Node]] = [(None, root)]
    while stack:
        trail, node = stack.pop()
        steps: Iterable[tuple[str | int, Node]]
        if isinstance(node, yamltree.MappingNode):
            if trail is not None and (inner := object_ref(node)) is not None:
                yield _path(trail), inner, node
            fields = yamltree.entries(node)
            steps = [(key, fields[key][1]) for key in fields if key not in _NOT_ASKED_FOR]
        elif isinstance(node, yamltree.SequenceNode):
            steps = enumerate(node.value)
        else:
            continue
        children = [
            ((trail, step), child)
            for step, child in steps
            if not isinstance(child, yamltree.ScalarNode) and (places is None or _lies_in(child, places))
        ]
        for child in reversed(children):
            if id(child[1]) not in seen:
                seen.add(id(child[1]))
                stack.append(child)


def _lies_in(node: Node, places: Sequence[int]) -> bool:
    """Whether any of some places lies between the beginning of a collection and the end of what follows it."""
    at = bisect_left(places, node.start_mark.index)
    return at < len(places) and places[at] < node.end_mark.index


def _path(trail: _Trail) -> str:
    """The path of a trail; most are never written out."""
    steps: list[str] = []
    while trail is not None:
        trail, step = trail
        steps.append(f"[{step}]" if isinstance(step, int) else f".{step}" if trail is not None else step)
    return "".join(reversed(steps))


def object_ref(node: Node) -> ObjectRef | None:
    """What names the object that a mapping describes, or None without a string apiVersion and kind."""
    if not isinstance(node, yamltree.MappingNode):
        return None
    fields = yamltree.entries(node)
    if "apiVersion" not in fields or "kind" not in fields:
        return None
    api_version = yamltree.as_string(fields["apiVersion"][1])
    kind = yamltree.as_string(fields["kind"][1])
    return _named(node, api_version, kind) if api_version and kind else None


def _named(node: Node, api_version: str, kind: str) -> ObjectRef:
    fields = yamltree.entries(yamltree.get(node, "metadata"))
    name = _word(fields, "name") or _word(fields, "generateName")
    return ObjectRef(api_version, kind, _word(fields, "namespace"), name)


def _word(fields: dict[str, tuple[Node, Node]], name: str) -> str:
    pair = fields.get(name)
    if pair is None or not isinstance(pair[1], yamltree.ScalarNode) or yamltree.is_null(pair[1]):
        return ""
    return pair[1].value

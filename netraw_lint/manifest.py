"""Chunks of a source to YAML documents, and documents to the Kubernetes objects inside them."""

from __future__ import annotations

from netraw_lint import splitting, yamltree
from netraw_lint.model import Document, ObjectRef, Source
from netraw_lint.noun import Noun

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from netraw_lint.nodes import Node
    from netraw_lint.splitting import Chunk

_AFTER_END = "kubectl and Helm stop reading at `...`: start this document with `---`"
_NOTHING = yamltree.nothing()
_BOM = b"\xef\xbb\xbf"
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


def read(source: Source, part: Chunk) -> Iterator[Document | Unreadable]:
    """What stands in one chunk of a source: a document, or the reason why it cannot be judged."""
    chunk, start = part.data, part.start
    if chunk.startswith(_BOM):
        chunk, start = chunk[3:], start + 3
    if not source.patch and _is_expectation(source.path):
        source = source.replace(patch=True)
    text = chunk.decode()
    origin = _origin(chunk)
    document = Document(source, part.index, start, part.line, text, _NOTHING, origin)
    stream = text.lstrip().startswith("{")
    if stream and not chunk.lstrip().startswith(b"{"):
        # kubectl passes over any space of Unicode in front of a stream of JSON.
        chunk = (" " * (len(text) - len(text.lstrip())) + text.lstrip()).encode()
    first = True
    try:
        # A byte order mark inside a text is what concatenated files leave behind: a blank line, one mark long.
        for root in _roots(chunk.replace(b"\n" + _BOM, b"\n\n"), stream):
            if first or stream:
                yield document.replace(root=root)
            elif not yamltree.is_null(root):
                yield Unreadable(document, root.start_mark.index, _AFTER_END)
            first = False
    except yamltree.YamlError as error:
        message = error.message if first or stream else _AFTER_END
        # A parser that hits the end points behind it; the last character is what an editor can show.
        last = max(len(text.rstrip()) - 1, 0)
        yield Unreadable(document, min(error.index or 0, last), message)


def _roots(chunk: bytes, stream: bool) -> Iterator[Node]:
    if not stream:
        yield from yamltree.compose(chunk)
        return
    try:
        roots = list(yamltree.compose(chunk))
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
    top = chunk[: chunk.find(b"\n", 1000) if len(chunk) > 1000 else len(chunk)]
    if b"# Source: " not in top:
        return None
    from netraw_lint import patterns

    head = patterns.ORIGIN.search(top)
    return head[1].rstrip().decode() if head and _only_comments(chunk[: head.start()]) else None


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
    if embedded and _may_embed(document.text):
        for path, node in _nested_mappings(root):
            inner = object_ref(node)
            if inner is not None:
                yield KubernetesObject(document, inner, path, node)
                yield from _typed_items(document, inner, node, path)


def _may_embed(text: str) -> bool:
    """Whether a document could hold a second apiVersion and a second kind, however they are written."""
    if text.count("apiVersion") + text.count("\\") < 2:
        return False
    # An alias may bring a kind that is written once; an escape or a tag may hide one.
    return text.count("kind") > 1 or any(sign in text for sign in ("\\", "*", "!"))


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


def _nested_mappings(root: Node) -> Iterator[tuple[str, Node]]:
    """Every mapping below the root in document order, each once however many aliases lead to it."""
    seen = {id(root)}
    stack: list[tuple[str, Node, bool]] = [("", root, True)]
    while stack:
        path, node, is_root = stack.pop()
        if isinstance(node, yamltree.MappingNode):
            if not is_root:
                yield path, node
            prefix = f"{path}." if path else ""
            children = [
                (f"{prefix}{key}", value)
                for key, (_, value) in yamltree.entries(node).items()
                if key not in _NOT_ASKED_FOR
            ]
        elif isinstance(node, yamltree.SequenceNode):
            children = [(f"{path}[{number}]", item) for number, item in enumerate(node.value)]
        else:
            continue
        for name, child in reversed(children):
            if not isinstance(child, yamltree.ScalarNode) and id(child) not in seen:
                seen.add(id(child))
                stack.append((name, child, False))


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
    metadata = yamltree.get(node, "metadata")
    name, generated, namespace = (
        value.value if isinstance(value, yamltree.ScalarNode) else ""
        for value in (yamltree.get(metadata, key) for key in ("name", "generateName", "namespace"))
    )
    return ObjectRef(api_version, kind, namespace, name or generated)

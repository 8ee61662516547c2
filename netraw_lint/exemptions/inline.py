"""Exemptions that stand in the manifest: comments and annotations, ours and other linters'.

    # netraw-lint: ignore[NRL003] reason until=2027-01-31

covers its own line, or the next one if it stands alone; in front of a container the container, and in front of an
object's first key or its ``apiVersion`` the object, which for the first of a document is the whole document.
"""

from __future__ import annotations

import re

from netraw_lint import findings, paths, yamltree
from netraw_lint.declared import Declared, Scope, terms
from netraw_lint.model import Container, Document, PodTemplate, Span, Terms
from netraw_lint.noun import Noun
from netraw_lint.yamltree import MappingNode, ScalarNode, SequenceNode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from netraw_lint.manifest import KubernetesObject
    from netraw_lint.nodes import Node

_COMMENT = re.compile(
    r"(?:(?<=\s)|^)#[ \t]*netraw-lint:[ \t]*ignore(?:\[([^\]\r\n]*)\])?([^\r\n]*)", re.MULTILINE
)
_ANNOTATION = "netraw-lint/ignore"
_CHECKOV = {"CKV_K8S_28": "NRL003,NRL005", "CKV_K8S_7": "NRL101"}
_KUBE_LINTER = {
    "ignore-check.kube-linter.io/drop-net-raw-capability": "NRL001,NRL002,NRL003,NRL005",
    "kube-linter.io/ignore-all": "NRL001,NRL002,NRL003,NRL004,NRL005",
}


class Seen(Noun):
    """What a document holds, in the order it was judged: the places that a declaration can name."""

    objects: list[KubernetesObject]
    templates: list[tuple[KubernetesObject, PodTemplate]]
    containers: list[Container]


def declared(document: Document, seen: Seen, respect: tuple[str, ...]) -> Iterator[Declared]:
    """Every declaration in a document. Raises YamlError."""
    yield from _comments(document, seen)
    for obj in seen.objects:
        scope = Scope("object", document.index, obj.ref)
        yield from _annotations(document, yamltree.get(obj.node, "metadata", "annotations"), scope, respect)
    for obj, template in seen.templates:
        parent = paths.parse(template.path)[:-1]
        holder = next((node for _, node in paths.match(obj.node, parent)), None) if parent else None
        scope = Scope("template", document.index, template.object, None, template.path)
        yield from _annotations(document, yamltree.get(holder, "metadata", "annotations"), scope, respect)


def _annotations(
    document: Document, node: Node | None, scope: Scope, respect: tuple[str, ...]
) -> Iterator[Declared]:
    for name, (key, value) in yamltree.entries(node).items():
        text = value.value if isinstance(value, ScalarNode) else ""
        span = findings.node_span(key)
        if name == _ANNOTATION or name.startswith(f"{_ANNOTATION}."):
            for part in text.split(";"):
                selectors, _, words = part.partition(":")
                if part.strip():
                    container = name.removeprefix(_ANNOTATION).removeprefix(".")
                    yield Declared(document, span, terms(selectors, words), scope, "annotation", container)
        elif "checkov" in respect and name.startswith("checkov.io/skip"):
            check, _, reason = text.partition("=")
            if check.strip() in _CHECKOV:
                yield _foreign(document, span, _CHECKOV[check.strip()], reason, scope, "checkov")
        elif "kube-linter" in respect and name in _KUBE_LINTER:
            yield _foreign(document, span, _KUBE_LINTER[name], text, scope, "kube-linter")


def _foreign(document: Document, span: Span, codes: str, reason: str, scope: Scope, origin: str) -> Declared:
    """Another linter's suppression: its reason is its own business, so none is asked for."""
    said = " ".join(reason.split())
    names = tuple(codes.split(","))
    return Declared(document, span, Terms(names, said or f"suppressed for {origin}"), scope, origin)


def _comments(document: Document, seen: Seen) -> Iterator[Declared]:
    if "netraw-lint" not in document.text:
        return
    inside = _scalars(document.root)
    places: _Places | None = None
    for found in _COMMENT.finditer(document.text):
        if any(start <= found.start() < end for start, end in inside):
            continue
        places = places or _Places(document, seen)
        span = Span(found.start(), found.end())
        selectors, words = found[1] or "", found[2]
        yield Declared(document, span, terms(selectors, words), places.scope(found.start()), "comment")


class _Places:
    """The lines of a document that a comment can be about."""

    def __init__(self, document: Document, seen: Seen) -> None:
        self.document = document
        self.lines = document.text.split("\n")
        index = findings.lines(document)
        self.containers = {
            index.position(container.node.start_mark.index)[0]: container for container in seen.containers
        }
        self.objects: dict[int, KubernetesObject] = {}
        for obj in seen.objects:
            first = next(iter(yamltree.entries(obj.node).values()), None)
            for pair in (first, yamltree.entries(obj.node).get("apiVersion")):
                if pair:
                    self.objects[index.position(pair[0].start_mark.index)[0]] = obj
        first_keys = [number for number, obj in self.objects.items() if obj.path == ""]
        self.document_line = min(first_keys, default=0)
        # A block mapping of a list begins behind its dash, on the same line.
        self.index = index

    def scope(self, at: int) -> Scope:
        """What a comment at an offset covers."""
        line, column = self.index.position(at)
        number = self.document.index
        if self.lines[line - 1][: column - 1].strip():
            return self._container(line) or Scope("line", number, line=self.document.line + line)
        target = self._next_content(line)
        if self.document_line and target <= self.document_line:
            return Scope("document", number)
        container = self._container(target)
        if container:
            return container
        if target in self.objects:
            obj = self.objects[target]
            return Scope("document" if obj.path == "" else "object", number, obj.ref)
        return Scope("line", number, line=self.document.line + target)

    def _container(self, line: int) -> Scope | None:
        container = self.containers.get(line)
        if container is None:
            return None
        ref = findings.container_ref(container)
        return Scope("container", self.document.index, container.template.object, ref)

    def _next_content(self, line: int) -> int:
        """The line of the first content below a comment that stands alone."""
        for number in range(line + 1, len(self.lines) + 1):
            text = self.lines[number - 1].strip()
            if text and not text.startswith("#") and text != "---":
                return number
        return line


def _scalars(root: Node) -> list[tuple[int, int]]:
    """The spans of the scalars that can hold a ``#``: a plain one cannot hold one behind a blank."""
    spans = []
    seen: set[int] = set()
    stack = [root]
    while stack:
        node = stack.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, MappingNode):
            stack += [part for pair in node.value for part in pair]
        elif isinstance(node, SequenceNode):
            stack += node.value
        elif node.style:
            spans.append((node.start_mark.index, _content_end(node)))
    return spans


def _content_end(node: Node) -> int:
    """The end of a scalar; a block scalar's mark also covers the comment lines that may follow it."""
    return node.end_mark.index

"""From a finding in a rendered document to the line of the template, or of the values, that says it."""

from __future__ import annotations

import os
import re

from netraw_lint import yamltree
from netraw_lint.charts import rendered
from netraw_lint.charts.judging import container_path
from netraw_lint.charts.rendered import container_steps
from netraw_lint.findings import lines
from netraw_lint.model import Location, PolicyRef, Span
from netraw_lint.noun import Noun
from netraw_lint.sources.files import display

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from netraw_lint.charts.rendered import Key, Rendering, Step
    from netraw_lint.charts.session import Session
    from netraw_lint.model import Finding, Judged
    from netraw_lint.nodes import Node
    from netraw_lint.policies.gates import Gate
    from netraw_lint.sources.helm import Case

    Path = tuple[str | int, ...]

_KEY = re.compile(r"[\w-]+")
_UNPLACED = "its line in the template is not known"


class Place(Noun):
    """A line of a file of the chart: ``name`` in the copy, or ``path`` of a values file outside of it.

    ``sure`` is false where only the file is known.
    """

    name: str
    path: str
    line: int
    column: int
    text: str
    sure: bool = True


class Placer:
    """Places what one value set renders. ``marked`` is the same render with marked lines, if it could be made."""

    def __init__(self, session: Session, case: Case, plain: Rendering, marked: Rendering | None) -> None:
        self.session = session
        self.case = case
        self.plain = plain
        self.marked = marked

    def placed(self, key: Key, finding: Finding) -> Finding:
        """The finding at the place where it was written."""
        place = self.place(key, finding)
        text = place.text
        start = place.column
        word = _KEY.match(text, start - 1)
        location = Location(place.line, start, place.line, word.end() + 1 if word else start + 1)
        message = finding.message if place.sure else f"{finding.message} ({_UNPLACED})"
        return finding.replace(
            path=place.path,
            location=location,
            span=Span(0, 0),
            excerpt=text,
            origin=None,
            message=message,
        )

    def evidence(self, key: Key, judged: Judged) -> Judged:
        """A judged container at the place where it was written."""
        steps = container_steps(container_path(judged.container))
        root = self.plain.root(key)
        place = self.of_steps(key, [*steps, "image"])
        if place is None and root is not None:
            place = self.in_values(root, steps, judged.container.name)
        if place is None:
            place = self._in_file(self.session.template(key[0]), 1, sure=False)
        end = max(len(place.text), place.column) + 1
        location = Location(place.line, place.column, place.line, end)
        return judged.replace(path=place.path, location=location, origin=None)

    def policy(self, key: Key, gate: Gate) -> PolicyRef:
        """A policy at the line of the template that makes it."""
        root = self.plain.root(key)
        start = gate.node.start_mark.index
        found = self.of_steps(key, rendered.steps_to(root, start)) if root is not None else None
        # What stands at the margin was indented by no template.
        place = found or self._by_text(key, lines(gate.document).line_text(start), at_margin=True)
        return PolicyRef(gate.object, place.path, place.line)

    def place(self, key: Key, finding: Finding) -> Place:
        """Where a finding was written, as exactly as can be known."""
        root = self.plain.root(key)
        steps = rendered.steps_to(root, finding.span.start) if root is not None else []
        found = self.of_steps(key, steps)
        if found is not None:
            return found
        if finding.container is not None and root is not None:
            in_values = self.in_values(root, steps, finding.container.name)
            if in_values is not None:
                return in_values
        return self._by_text(key, finding.excerpt)

    def of_steps(self, key: Key, steps: Sequence[Step]) -> Place | None:
        """The line of the deepest mark on a way; None where no marked line made anything on it."""
        if self.marked is None:
            return None
        marks = rendered.marks_along(self.marked.root(key), steps)
        if not marks or not self._is_same(key, steps):
            return None
        mark = marks[-1]
        name = self.session.names[mark.file]
        line = mark.line
        if steps and isinstance(steps[-1], int) and mark.key in ("add", "drop"):
            line = self._item_line(key, steps, name, line)
        return self._in_file(name, line)

    def _is_same(self, key: Key, steps: Sequence[Step]) -> bool:
        """Whether both renders have the same container there: the marked one must not have moved it."""
        for end in range(len(steps), 0, -1):
            node = rendered.node_at(self.plain.root(key), steps[:end])
            if isinstance(node, yamltree.MappingNode) and "name" in yamltree.entries(node):
                other = rendered.node_at(self.marked.root(key) if self.marked else None, steps[:end])
                # A name may be random; an image is not.
                return _name(node) == _name(other) or (
                    yamltree.get(node, "image") is not None and _text(node, "image") == _text(other, "image")
                )
        return True

    def _item_line(self, key: Key, steps: Sequence[Step], name: str, line: int) -> int:
        """The line of a list item below the marked key, if the template spells it out."""
        item = rendered.node_at(self.plain.root(key), steps)
        lines = self.session.texts[name].split("\n")
        for number in range(line, min(line + 40, len(lines))):
            text = lines[number].strip()
            if not text.startswith(("-", "#")):
                break
            if isinstance(item, yamltree.ScalarNode) and text[1:].split("#")[0].strip(" \"'") == item.value:
                return number + 1
        return line

    def _in_file(self, name: str, line: int, sure: bool = True) -> Place:
        lines = self.session.texts.get(name, "").split("\n")
        text = lines[line - 1].rstrip("\r") if line <= len(lines) else ""
        column = len(text) - len(text.lstrip(" -")) + 1 if text.strip() else 1
        return Place(name, self.session.shown(name), line, column, text, sure)

    def in_values(self, root: Node, steps: Sequence[Step], container_name: str) -> Place | None:
        """A container that is spelled out in a list of some values."""
        container = next(
            (
                node
                for end in range(len(steps), 0, -1)
                if isinstance(node := rendered.node_at(root, steps[:end]), yamltree.MappingNode)
                and {"name", "image"} & set(yamltree.entries(node))
            ),
            None,
        )
        if container is None or not container_name:
            return None
        image = yamltree.as_string(yamltree.get(container, "image"))
        for name, path, text in self._values_files():
            line = line_in_values(text, container_name, image)
            if line is not None:
                line_text = text.split("\n")[line - 1].rstrip("\r")
                return Place(name, path, line, len(line_text) - len(line_text.lstrip(" -")) + 1, line_text)
        return None

    def _values_files(self) -> Iterator[tuple[str, str, str]]:
        """The values that may have made a container, those that win first: name, shown path, text."""
        copy = self.session.plain
        for file in reversed(values_files(self.case)):
            inside = file.removeprefix(f"{copy.folder}/") if file.startswith(f"{copy.folder}/") else ""
            try:
                with open(file, encoding="utf-8") as opened:
                    yield inside, self.session.shown(inside) if inside else _shown(file), opened.read()
            except (OSError, UnicodeDecodeError):
                continue
        for name in sorted(copy.shown, key=lambda name: name.count("/")):
            if name.rpartition("/")[2] == "values.yaml":
                yield name, self.session.shown(name), (copy.read(name) or b"").decode(errors="replace")

    def _by_text(self, key: Key, excerpt: str, at_margin: bool = False) -> Place:
        """The template, at the only line that reads like the rendered one."""
        name = self.session.template(key[0])
        if name not in self.session.texts:
            self.session.texts[name] = (self.session.plain.read(name) or b"").decode(errors="replace")
        wanted = excerpt.strip()
        at_margin = at_margin and excerpt[:1] == wanted[:1]
        texts = [
            line.rstrip() if at_margin else line.strip() for line in self.session.texts[name].split("\n")
        ]
        alike = [number for number, line in enumerate(texts, 1) if line == wanted and wanted]
        return self._in_file(name, alike[0]) if len(alike) == 1 else self._in_file(name, 1, sure=False)


def _shown(file: str) -> str:
    """A values file outside of the chart: relative to the current directory, where that is above it."""
    relative = os.path.relpath(file)
    return display(file if relative.startswith(os.pardir) else relative)


def _name(node: Node | None) -> str | None:
    return _text(node, "name")


def _text(node: Node | None, key: str) -> str | None:
    return yamltree.as_string(yamltree.get(node, key))


def values_files(case: Case) -> tuple[str, ...]:
    """The files that values of a case are written in, those that win last."""
    return (*case.files, case.manifest) if case.manifest else case.files


def line_in_values(text: str, name: str, image: str | None) -> int | None:
    """The line (1-based) of the container with this name and image in values: of an item, or in a string."""
    for node in items_named(text, name):
        if yamltree.as_string(yamltree.get(node, "image")) in (image, None):
            return text.count("\n", 0, node.start_mark.index) + 1
    # A string that the template reads as YAML.
    written = re.compile(rf"^[ \t]*(?:- +)?name: *([\"']?){re.escape(name)}\1[ \t\r]*$", re.MULTILINE)
    found = list(written.finditer(text)) if image and image in text else []
    return text.count("\n", 0, found[0].start()) + 1 if len(found) == 1 else None


def items_named(text: str, name: str) -> Iterator[yamltree.MappingNode]:
    """The list items of a YAML text that are mappings with this name."""
    return (node for _, node in _named_items(text, name))


def item_paths(text: str, name: str, image: str | None) -> list[Path]:
    """The paths of the items with this name and image, if they are literal."""
    return [
        path
        for path, node in _named_items(text, name)
        if yamltree.as_string(yamltree.get(node, "image")) in (image, None)
    ]


def _named_items(text: str, name: str) -> Iterator[tuple[Path, yamltree.MappingNode]]:
    try:
        pending: list[tuple[Path, Node]] = [((), root) for root in yamltree.compose(text.encode())]
    except yamltree.YamlError:
        return
    seen: set[int] = set()
    while pending:
        path, node = pending.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, yamltree.MappingNode):
            pending += [((*path, key), value) for key, (_, value) in yamltree.entries(node).items()]
        elif isinstance(node, yamltree.SequenceNode):
            pending += [((*path, number), item) for number, item in enumerate(node.value)]
            for number, item in enumerate(node.value):
                if isinstance(item, yamltree.MappingNode) and _name(item) == name:
                    yield (*path, number), item

"""From a place in a build to the line of the base or patch that says it."""

from __future__ import annotations

import os
import re

from netraw_lint import yamltree
from netraw_lint.charts.judging import container_path
from netraw_lint.charts.rendered import container_steps, node_at, steps_to
from netraw_lint.kustomize.marks import ITEM, PREFIX
from netraw_lint.model import Location, Span
from netraw_lint.noun import Noun
from netraw_lint.securitycontext import first_key
from netraw_lint.text import Lines
from netraw_lint.yamltree import MappingNode, SequenceNode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from netraw_lint.charts.rendered import Key, Step
    from netraw_lint.kustomize.marks import Mark
    from netraw_lint.kustomize.workshop import Build, Workshop
    from netraw_lint.model import ContainerRef, Finding, Judged, ObjectRef

_NUMBER = re.compile(rf'{ITEM}(\d+)|{PREFIX}\w+: "(\d+)"')
_LACKING = "NRL003"
_ORIGIN = "config.kubernetes.io/origin"
_UNPLACED = "made on the way: the line that says it is not known"


class Place(Noun):
    """Where something was written: ``mark`` says as what, None where only the file is known.

    ``decides`` is true where another file than that of the container decides about its drop list.
    """

    path: str
    spot: Span
    mark: Mark | None = None
    decides: bool = False


class Placer:
    """Places what one build holds. ``shown`` gives the path that reports show for a file."""

    def __init__(self, workshop: Workshop, build: Build, shown: Callable[[str], str]) -> None:
        self.workshop = workshop
        self.build = build
        self.shown = shown

    def written(self, key: Key, steps: Sequence[Step]) -> list[Mark]:
        """What all files write about a container, or about the part of it; empty where that is not known."""
        if not self.build.is_trusted(key):
            return []
        for end in range(len(steps), 0, -1):
            node = node_at(self.build.marked.root(key), steps[:end])
            names = yamltree.entries(node) if isinstance(node, MappingNode) else ()
            numbers = [int(name.removeprefix(ITEM)) for name in names if name.startswith(ITEM)]
            if numbers:
                return [self.workshop.marker.marks[number] for number in numbers]
        return []

    def owner(self, key: Key, steps: Sequence[Step]) -> Mark | None:
        """The list item that a container was first written as: that of a resource rather than of a patch."""
        ranks = ("object", "operation", "inline", "patch")
        # A patch may repeat the image; what has none is never the container itself.
        return min(
            self.written(key, steps),
            key=lambda mark: (not mark.image, ranks.index(mark.written)),
            default=None,
        )

    def place(self, key: Key, finding: Finding) -> Place:
        """Where a finding was written, as exactly as can be known."""
        root = self.build.plain.root(key)
        steps = steps_to(root, finding.span.start) if root is not None else []
        container = container_steps(container_path(finding.container)) if finding.container else []
        if self.build.is_trusted(key):
            owner = self.owner(key, container) if container else None
            found = (
                self._lacking(key, container, owner)
                if finding.rule == _LACKING
                else self._along(key, steps, finding.span.start)
            )
            if found is not None:
                return found
            if owner is not None:
                return Place(owner.path, owner.value, owner)
        return self._by_origin(key, finding.container)

    def _mark(self, key: Key, steps: Sequence[Step], name: str) -> Mark | None:
        """The mark of a key in the mapping at the end of some steps, whether the key is there or was removed."""
        node = node_at(self.build.marked.root(key), steps)
        pair = yamltree.entries(node).get(f"{PREFIX}{name}") if isinstance(node, MappingNode) else None
        if pair is None or not str(pair[1].value).isdigit():
            return None
        return self.workshop.marker.marks[int(pair[1].value)]

    def _lacking(self, key: Key, container: Sequence[Step], owner: Mark | None) -> Place | None:
        """Where a drop is missing: at what removes or replaces it, else where the container is written."""
        here: list[Step] = [*container]
        nearest: Mark | None = None
        for name in ("securityContext", "capabilities", "drop"):
            mark = self._mark(key, here, name)
            is_there = node_at(self.build.plain.root(key), [*here, name]) is not None
            other = owner is None or (mark is not None and (mark.path, mark.item) != (owner.path, owner.item))
            if mark is not None and (not is_there or name == "drop") and other:
                return Place(mark.path, mark.spot, mark, decides=True)
            if mark is not None and not other:
                nearest = mark
            if not is_there:
                break
            here.append(name)
        return Place(nearest.path, nearest.spot, nearest) if nearest is not None else None

    def _along(self, key: Key, steps: Sequence[Step], at: int) -> Place | None:
        for end in range(len(steps), 0, -1):
            step = steps[end - 1]
            mark = self._mark(key, steps[: end - 1], step) if isinstance(step, str) else None
            if mark is None:
                continue
            spot = mark.spot
            if end < len(steps) and isinstance(steps[end], int) and mark.items:
                item = node_at(self.build.plain.root(key), steps[: end + 1])
                same = [each for text, each in mark.items if item is not None and text == item.value]
                spot = same[0] if same else spot
            elif end == len(steps):
                value = node_at(self.build.plain.root(key), steps)
                spot = mark.value if value is not None and at >= value.start_mark.index else spot
            return Place(mark.path, spot, mark)
        return None

    def _by_origin(self, key: Key, container: ContainerRef | None) -> Place:
        """The file that Kustomize names as the origin of an object, and the only item of that name in it."""
        origin = self._origin(key)
        source = self.workshop.sources.get(origin)
        if source is not None and container is not None and container.name:
            try:
                roots = list(yamltree.compose(source.data))
            except yamltree.YamlError:
                roots = []
            kind = yamltree.as_string(yamltree.get(self.build.plain.root(key), "kind"))
            items = [
                item
                for root in roots
                if yamltree.as_string(yamltree.get(root, "kind")) == kind
                for item in _items(root, container.list, container.name)
            ]
            if len(items) == 1:
                first = first_key(items[0])
                return Place(origin, Span(first.start_mark.index, first.end_mark.index))
        return Place(origin if source is not None else self.build.tree.root.path, Span(0, 0))

    def _origin(self, key: Key) -> str:
        annotations = yamltree.get(self.build.marked.root(key), "metadata", "annotations", _ORIGIN)
        text = str(annotations.value) if annotations is not None else ""
        named = next((line.partition(": ")[2] for line in text.splitlines() if line.startswith("path: ")), "")
        return os.path.normpath(os.path.join(self.build.tree.root.directory, named)) if named else ""

    def _object(self, key: Key) -> ObjectRef | None:
        """The object of a resource that a document was made of: what its marks say that are no patch's."""
        if self.build.is_trusted(key):
            for number in _NUMBER.finditer(self.build.marked.texts[key]):
                mark = self.workshop.marker.marks[int(number[1] or number[2])]
                if mark.written == "object":
                    return mark.owner
        return None

    def placed(self, key: Key, finding: Finding, place: Place) -> Finding:
        """A finding at its place, about the object as it is written there."""
        location, excerpt = self.location(place)
        message, identity, ref = finding.message, finding.identity, finding.object
        if place.spot.end == 0 and place.mark is None:
            message = f"{message} ({_UNPLACED})"
        written = self._object(key)
        if written is not None and ref is not None:
            message = message.replace(str(ref), str(written), 1)
            identity = identity.replace(str(ref), str(written), 1)
            ref = written
        return finding.replace(
            path=self._path(place),
            # Which document of the file it is in is not known: suggestions of edits look for it by that.
            document=-1,
            location=location,
            span=Span(0, 0),
            excerpt=excerpt,
            message=message,
            identity=identity,
            object=ref,
        )

    def location(self, place: Place) -> tuple[Location, str]:
        """The line and columns of a place, and the text of the line."""
        source = self.workshop.sources.get(place.path)
        made = self.workshop.made.get(place.path)
        if made is not None and made.deployer is not None:
            return Location(made.deployer.line, 1, made.deployer.line, 1), ""
        if source is None:
            return Location(1, 1, 1, 1), ""
        lines = Lines(source.data.decode())
        start = min(place.spot.start, len(lines.text))
        line, column = lines.position(start)
        text = lines.line_text(start)
        end = max(min(column + place.spot.end - place.spot.start, len(text) + 1), column)
        return Location(line, column, line, end), text

    def evidence(self, key: Key, judged: Judged) -> Judged:
        """A judged container at the place where it was written."""
        owner = self.owner(key, container_steps(container_path(judged.container)))
        start = owner.item if owner else 0
        place = Place(owner.path, Span(start, start + 1)) if owner else self._by_origin(key, judged.container)
        return judged.replace(path=self._path(place), location=self.location(place)[0])

    def _path(self, place: Place) -> str:
        made = self.workshop.made.get(place.path)
        return self.shown(made.manifest if made is not None else place.path)


def _items(root: yamltree.Node, name: str, wanted: str) -> list[yamltree.Node]:
    """The items with a name in every list that a key of some name holds."""
    found, pending, seen = [], [root], set()
    while pending:
        node = pending.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, MappingNode):
            for key, (_, value) in yamltree.entries(node).items():
                if key == name and isinstance(value, SequenceNode):
                    found += [
                        item
                        for item in value.value
                        if yamltree.as_string(yamltree.get(item, "name")) == wanted
                    ]
                pending.append(value)
        elif isinstance(node, SequenceNode):
            pending += node.value
    return found

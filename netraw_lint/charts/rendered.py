"""A rendered chart: documents by template, and the way from a place in one to the marks along it."""

from __future__ import annotations

from netraw_lint import paths, yamltree
from netraw_lint.charts import markers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from netraw_lint.charts.markers import Mark
    from netraw_lint.findings import Judgement
    from netraw_lint.nodes import Node

    Key = tuple[str, int]
    Step = str | int

# Characters of documents kept as nodes, which take some thirty times as many bytes.
_MAX_READ = 8_000_000


class Readings:
    """Documents read before: most documents of a chart are the same in all of its renders."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}
        self._roots: dict[str, Node | None] = {}
        self._judged: dict[tuple[Key, str], dict[str, Judgement]] = {}
        self._read = 0

    def same(self, text: str) -> str:
        """One object for equal texts."""
        return self._texts.setdefault(text, text)

    def root(self, text: str) -> Node | None:
        """A document as nodes; None if it cannot be read."""
        if text not in self._roots:
            self._make_room(text)
            self._roots[text] = _composed(text)
        return self._roots[text]

    def judged(self, key: Key, text: str, judge: Callable[[], dict[str, Judgement]]) -> dict[str, Judgement]:
        """The containers of a document of a template by their paths; ``judge`` finds them the first time."""
        if (key, text) not in self._judged:
            self._make_room(text)
            self._judged[key, text] = judge()
        return self._judged[key, text]

    def _make_room(self, text: str) -> None:
        """Forget everything when it is too much: what is random in a chart is new in every render."""
        self._read += len(text)
        if self._read > _MAX_READ:
            self._texts, self._roots, self._judged, self._read = {}, {}, {}, len(text)


class Rendering:
    """The documents of one render, each under its template and its number among those of the template."""

    def __init__(self, documents: Iterable[tuple[str, str]], readings: Readings | None = None) -> None:
        self.texts: dict[Key, str] = {}
        self.readings = readings or Readings()
        self._values = ""
        counts: dict[str, int] = {}
        for template, text in documents:
            if template.endswith(markers.VALUES_TEMPLATE):
                self._values = text
                continue
            number = counts.get(template, 0)
            counts[template] = number + 1
            self.texts[template, number] = self.readings.same(text)

    def values(self) -> dict[str, object]:
        """The values in force, those of the subcharts included; empty if the render was not asked for them."""
        import base64
        import json

        root = next(yamltree.compose(self._values.encode()), None) if self._values else None
        coded = yamltree.get(root, markers.VALUES_KEY)
        if not isinstance(coded, yamltree.ScalarNode):
            return {}
        values = json.loads(base64.b64decode(coded.value))
        return values if isinstance(values, dict) else {}

    def root(self, key: Key) -> Node | None:
        """A document as nodes; None if it is not there or cannot be read."""
        text = self.texts.get(key)
        return self.readings.root(text) if text is not None else None

    def marks(self) -> set[Mark]:
        """Every mark that came out of the render."""
        return {mark for key in self.texts for mark in _all_marks(self.root(key), self.texts[key])}


def _composed(text: str) -> Node | None:
    try:
        return next(yamltree.compose(text.encode()), None)
    except yamltree.YamlError:
        return None


def _all_marks(root: Node | None, text: str) -> Iterator[Mark]:
    if root is None or markers.PREFIX not in text:
        return
    pending, seen = [root], {id(root)}
    while pending:
        node = pending.pop()
        children: list[Node] = []
        if isinstance(node, yamltree.MappingNode):
            for key, value in node.value:
                if isinstance(key, yamltree.ScalarNode) and isinstance(value, yamltree.ScalarNode):
                    mark = markers.parse(key.value, value.value)
                    if mark:
                        yield mark
            children = [value for _, value in node.value]
        elif isinstance(node, yamltree.SequenceNode):
            children = list(node.value)
        for child in children:
            if id(child) not in seen and not isinstance(child, yamltree.ScalarNode):
                seen.add(id(child))
                pending.append(child)


def steps_to(root: Node, at: int) -> list[Step]:
    """The keys and item numbers that lead to the innermost thing at a place."""
    steps: list[Step] = []
    node = root
    while True:
        if isinstance(node, yamltree.MappingNode):
            pairs = [pair for pair in node.value if pair[0].start_mark.index <= at]
            if not pairs or not isinstance(pairs[-1][0], yamltree.ScalarNode):
                return steps
            key, value = pairs[-1]
            steps.append(yamltree.text(key))  # type: ignore[arg-type]
            if at < key.end_mark.index:
                return steps
            node = value
        elif isinstance(node, yamltree.SequenceNode):
            numbers = [number for number, item in enumerate(node.value) if item.start_mark.index <= at]
            if not numbers:
                return steps
            steps.append(numbers[-1])
            node = node.value[numbers[-1]]
        else:
            return steps


def marks_along(root: Node | None, steps: Iterable[Step]) -> list[Mark]:
    """The marks on the way, outermost first: of each key that is passed, and of the image beside it."""
    found: list[Mark] = []
    node = root
    for step in steps:
        if isinstance(node, yamltree.MappingNode) and isinstance(step, str):
            fields = yamltree.entries(node)
            for key in ("image", step) if step != "image" else ("image",):
                mark = mark_in(fields, key)
                if mark is not None:
                    found.append(mark)
            node = fields[step][1] if step in fields else None
        elif isinstance(node, yamltree.SequenceNode) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
        else:
            return found
    return found


def mark_in(fields: dict[str, tuple[Node, Node]], key: str) -> Mark | None:
    """The mark of a key among the entries of a mapping."""
    pair = fields.get(f"{markers.PREFIX}{key}")
    if pair is None or not isinstance(pair[1], yamltree.ScalarNode):
        return None
    return markers.parse(f"{markers.PREFIX}{key}", pair[1].value)


def container_steps(path: str) -> list[Step]:
    """The path of a container, as the catalogue writes it, as steps."""
    return [int(step[1:-1]) if step.startswith("[") else step for step in paths.parse(path)]


def node_at(root: Node | None, steps: Iterable[Step]) -> Node | None:
    """What stands at the end of some steps, or None."""
    node = root
    for step in steps:
        if isinstance(node, yamltree.MappingNode) and isinstance(step, str):
            pair = yamltree.entries(node).get(step)
            node = pair[1] if pair else None
        elif isinstance(node, yamltree.SequenceNode) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
        else:
            return None
    return node

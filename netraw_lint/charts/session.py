"""One chart at work: its copies, its marked lines, and its renders."""

from __future__ import annotations

import os
from collections import deque

from netraw_lint.charts import chart, markers
from netraw_lint.charts.rendered import Readings, Rendering
from netraw_lint.noun import Noun
from netraw_lint.sources import helm_files
from netraw_lint.sources.helm import Case, Options, RenderError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable
    from concurrent.futures import Future

    from netraw_lint.catalogue import Catalogue
    from netraw_lint.charts.markers import Mark
    from netraw_lint.crossing import Crossing
    from netraw_lint.model import Settings
    from netraw_lint.sources.helm import Rendered
    from netraw_lint.sources.helm_engines import Engines
    from netraw_lint.sources.helm_files import Copy

    # What to render; without a copy only a place in the order.
    Task = tuple[Case, Copy | None]
    Settled = tuple[Case, Copy | None, Rendering | RenderError | None]

# Renders that run side by side.
_AT_ONCE = max(1, min(4, os.cpu_count() or 1))


class Wish(Noun):
    """What is asked for one chart: the value sets to render it with, and how.

    Without value sets the chart is rendered with its own values and with each of its ci files. ``delivered`` are
    those that the repository deploys it with, on top of either.
    """

    cases: tuple[Case, ...] = ()
    delivered: tuple[Case, ...] = ()
    options: Options = Options()
    explore: bool = False
    ignore_schema: bool = False


class Tools(Noun):
    """What every chart of a run shares; ``crossing`` collects its workloads and policies."""

    settings: Settings
    catalogue: Catalogue
    engines: Engines
    tick: Callable[[], None]
    crossing: Crossing | None = None


class Session:
    """The copies of one chart: as it is, and with marked lines. Raises ChartError and RenderError."""

    def __init__(self, path: str, wish: Wish, tools: Tools) -> None:
        self.wish = wish
        self.tools = tools
        self.plain = helm_files.copy(path, tools.engines.folder())
        self.about = chart.about(self.plain)
        if not self.is_library:
            tools.engines.engine()
        if wish.ignore_schema:
            chart.without_schemas(self.plain)
        self.names = [name for name in sorted(self.plain.shown) if _holds_templates(name)]
        self.texts: dict[str, str] = {}
        self.marks: list[Mark] = []
        self._marked: Copy | None = None
        self.readings = Readings()

    @property
    def is_library(self) -> bool:
        """Whether the chart deploys nothing, so that nothing has to render it."""
        return self.about is not None and self.about.is_library

    @property
    def marked(self) -> Copy:
        """The copy with marked lines, which also gives away its values."""
        if self._marked is None:
            self._marked = helm_files.duplicate(self.plain, self.tools.engines.folder())
            self.mark(self._marked)
            self._marked.write(markers.VALUES_TEMPLATE, markers.VALUES_TEXT)
        return self._marked

    def close(self) -> None:
        """Remove the copies."""
        for copy in (self.plain, self._marked):
            if copy is not None:
                helm_files.discard(copy)

    def changed(self, names: Iterable[str]) -> None:
        """Take over what was written into files of the copy; lines are marked anew where they are asked for."""
        if self._marked is not None:
            helm_files.discard(self._marked)
        self._marked = None
        for name in names:
            self.texts.pop(name, None)

    def mark(self, copy: Copy) -> None:
        """Mark the lines of every template of a copy, anew."""
        self.marks = []
        for number, name in enumerate(self.names):
            try:
                text = (copy.read(name) or b"").decode()
            except UnicodeDecodeError:
                continue
            self.texts[name] = text
            new, marks = markers.marked(text, number)
            self.marks += marks
            if marks:
                copy.write(name, new.encode())

    def cases(self) -> list[Case]:
        """The value sets to judge: those asked for, else the chart's own and its ci files'."""
        folder = self.plain.folder
        cases = self.wish.cases or (
            Case(),
            *(Case(name, (f"{folder}/{name}",)) for name in chart.ci_files(self.plain)),
        )
        return list(dict.fromkeys((*cases, *self.wish.delivered)))

    def render(self, case: Case, copy: Copy | None = None) -> Rendering:
        """The chart as it is, or a copy of it, rendered. Raises RenderError."""
        return self._rendering(self._documents(case, copy or self.plain))

    def ahead(self, tasks: Iterable[Task]) -> Generator[Settled]:
        """What comes of some renders, in their order; a few run side by side before they are asked for.

        The copies must stay as they are until the iterator is closed.
        """
        from concurrent.futures import ThreadPoolExecutor

        window: deque[tuple[Case, Copy | None, Future[list[Rendered]] | None]] = deque()
        pool = ThreadPoolExecutor(_AT_ONCE)
        try:
            for case, copy in tasks:
                window.append((case, copy, pool.submit(self._documents, case, copy) if copy else None))
                while len(window) > 2 * _AT_ONCE:
                    yield self._settled(*window.popleft())
            while window:
                yield self._settled(*window.popleft())
        finally:
            pool.shutdown(cancel_futures=True)

    def _settled(self, case: Case, copy: Copy | None, future: Future[list[Rendered]] | None) -> Settled:
        if future is None:
            return case, copy, None
        try:
            return case, copy, self._rendering(future.result())
        except RenderError as error:
            return case, copy, error

    def _documents(self, case: Case, copy: Copy) -> list[Rendered]:
        return self.tools.engines.engine().render(copy.folder, case, self.wish.options)

    def _rendering(self, documents: Iterable[Rendered]) -> Rendering:
        self.tools.tick()
        return Rendering(((document.template, document.text) for document in documents), self.readings)

    def shown(self, name: str) -> str:
        """A file of the copy as reports show it."""
        return self.plain.shown.get(name) or f"{self.plain.path}/{name}"

    def template(self, source: str) -> str:
        """The file that Helm means by ``shop/charts/db/templates/db.yaml``, as far as it can be told."""
        name = source.partition("/")[2]
        if name in self.plain.shown:
            return name
        parts = name.split("/")
        if parts[0] == "charts" and len(parts) > 2:
            folder = chart.subcharts(self.plain).get(parts[1])
            if folder and f"{folder}/{'/'.join(parts[2:])}" in self.plain.shown:
                return f"{folder}/{'/'.join(parts[2:])}"
        return name


def _holds_templates(name: str) -> bool:
    """Whether a file is a template, or YAML that templates read."""
    parts = name.split("/")
    while len(parts) > 2 and parts[0] == "charts":
        parts = parts[2:]
    if parts[0] == "files":
        return name.endswith((".yaml", ".yml", ".tpl"))
    return parts[0] == "templates" and parts[-1] != "NOTES.txt"

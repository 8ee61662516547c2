"""The edits of a chart under way: kept as a list, so that any of them can be taken back."""

from __future__ import annotations

from netraw_lint.charts import editing, templating
from netraw_lint.fix.layout import NotEditableError
from netraw_lint.noun import Noun

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from netraw_lint.charts.judging import ContainerKey
    from netraw_lint.charts.templating import TemplateEdit
    from netraw_lint.sources.helm_files import Copy


class ChartEdit(Noun):
    """One edit: a drop list at a path of a values file, or lines of a template; and whom it is for."""

    file: str
    title: str
    containers: tuple[ContainerKey, ...]
    path: tuple[str | int, ...] = ()
    template: TemplateEdit | None = None


class Edits:
    """The edits made so far, and the texts that they make of the chart's files."""

    def __init__(self, copy: Copy, name: str) -> None:
        self.copy = copy
        self.name = name
        self.made: list[ChartEdit] = []
        self._old: dict[str, str] = {}
        # A drop list is proven to be the only change once for each text that it is written into.
        self._written: dict[tuple[str, tuple[str | int, ...]], str] = {}

    def old(self, file: str) -> str:
        """The text of a file before all edits. Raises NotEditableError for one that is no text."""
        if file not in self._old:
            try:
                self._old[file] = (self.copy.read(file) or b"").decode().removeprefix("\ufeff")
            except UnicodeDecodeError:
                raise NotEditableError(f"{file} is not UTF-8") from None
        return self._old[file]

    def new(self, file: str, made: Sequence[ChartEdit] | None = None) -> str:
        """The text of a file with the edits made. Raises NotEditableError."""
        text = self.old(file)
        mine = [edit for edit in (self.made if made is None else made) if edit.file == file]
        lines = [edit.template for edit in mine if edit.template is not None]
        if lines:
            text = templating.apply(text, lines)
        for edit in mine:
            if edit.path:
                text = self._with_drop(text, edit.path)
        return text

    def _with_drop(self, text: str, path: tuple[str | int, ...]) -> str:
        known = self._written.get((text, path))
        if known is None:
            known = self._written[text, path] = editing.with_drop(text, path, self.name)
        return known

    def put(self, made: Sequence[ChartEdit]) -> None:
        """Make exactly these edits in the copy. Raises NotEditableError, and then changes nothing."""
        files = {edit.file for edit in (*self.made, *made)}
        texts = {file: self.new(file, made) for file in files}
        for file, text in texts.items():
            self.copy.write(file, text.encode())
        self.made = list(made)

    def changed(self) -> dict[str, tuple[str, str]]:
        """The old and the new text of each file that is different."""
        texts = {file: (self.old(file), self.new(file)) for file in sorted({edit.file for edit in self.made})}
        return {file: pair for file, pair in texts.items() if pair[0] != pair[1]}

"""The kustomizations that a run of the command line meets: built and judged beside the files that no build uses."""

from __future__ import annotations

import os

from netraw_lint.charts.run import merged
from netraw_lint.kustomize import run
from netraw_lint.kustomize.lint import Outcome, Tools
from netraw_lint.sources.kustomize_cli import BuildError, Engine

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from netraw_lint.catalogue import Catalogue
    from netraw_lint.fixing import Fixer
    from netraw_lint.model import Report, Settings
    from netraw_lint.sources.discovery import Found


class Builds:
    """What a run builds; with a ``fixer``, what is found is fixed, or with ``diff`` shown as a patch."""

    def __init__(
        self,
        settings: Settings,
        catalogue: Catalogue,
        tick: Callable[[], None],
        fixer: Fixer | None,
        diff: bool,
    ) -> None:
        self._settings = settings
        self._catalogue = catalogue
        self._tick = tick
        self._fixer = fixer
        self._diff = diff
        self._outcome: Outcome | None = None
        self.notes: list[str] = []

    def left(self, found: Sequence[Found], changed: Sequence[Found]) -> list[Found]:
        """Build what the files are part of; what of them no build uses is to be linted as it is."""
        plan = run.Plan(found, changed)
        if not plan.trees:
            return list(changed)
        tools = Tools(self._settings, self._catalogue, self._tick, plan.shown)
        try:
            with Engine() as engine:
                if self._fixer is None:
                    self._outcome = run.judge(plan, engine, tools)
                else:
                    self._outcome, proof = run.fix(plan, engine, tools, self._fixer, self._diff)
                    self.notes += [proof] if proof else []
        except BuildError as error:
            self._outcome = run.without_engine(plan, error)
        used = {path for build in self._outcome.builds for path in build.tree.files}
        return [item for item in changed if os.path.abspath(item.path) not in used]

    def added(self, report: Report) -> Report:
        """The report with what is wrong in the builds."""
        return merged(report, [self._outcome]) if self._outcome is not None else report

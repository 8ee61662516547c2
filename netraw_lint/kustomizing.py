"""The kustomizations that a run of the command line meets: built and judged beside the files that no build uses."""

from __future__ import annotations

import os

from netraw_lint.charts.run import merged
from netraw_lint.delivery import follow
from netraw_lint.kustomize import run
from netraw_lint.kustomize.lint import Outcome, Tools
from netraw_lint.model import Source
from netraw_lint.sources import discovery, files
from netraw_lint.sources.gitignore import exclude_rules
from netraw_lint.sources.kustomize_cli import BuildError, Engine

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from netraw_lint.catalogue import Catalogue
    from netraw_lint.delivery.deliveries import Delivery
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
        excludes: tuple[Sequence[str], str],
    ) -> None:
        self._settings = settings
        self._catalogue = catalogue
        self._tick = tick
        self._fixer = fixer
        self._diff = diff
        self._excludes = excludes
        self._rules = exclude_rules(*excludes)
        self._manifests: dict[str, Source | None] = {}
        self._outcome: Outcome | None = None
        self.notes: list[str] = []

    def left(
        self, found: Sequence[Found], changed: Sequence[Found], may_deliver: Callable[[bytes], bool]
    ) -> list[Found]:
        """Build what the files are part of; what of them no build uses is to be linted as it is."""

        def discover(top: str) -> Iterable[Found]:
            patterns, root = self._excludes
            return discovery.discover([top], exclude=patterns, exclude_root=root)

        def deliveries(paths: Sequence[str]) -> Sequence[Delivery]:
            followed = follow.follow(self.manifests(paths, may_deliver))
            return follow.outside(followed, lambda path: self._is_excluded(path, True)).deliveries

        named = {
            os.path.abspath(item.path) for item in found if isinstance(item, discovery.File) and item.explicit
        }

        def excluded(path: str) -> bool:
            return path not in named and self._is_excluded(path)

        plan = run.Plan(found, changed, run.Around(discover, deliveries))
        if not plan.trees:
            return list(changed)
        tools = Tools(self._settings, self._catalogue, self._tick, plan.shown, excluded)
        try:
            with Engine() as engine:
                if self._fixer is None:
                    self._outcome = run.judge(plan, engine, tools)
                else:
                    self._outcome, proof = run.fix(plan, engine, tools, self._fixer, self._diff)
                    self.notes += [proof] if proof else []
        except BuildError as error:
            self._outcome = run.without_engine(plan, error)
        self.notes += self._outcome.notes
        used = {path for build in self._outcome.builds for path in build.tree.files}
        return [item for item in changed if os.path.abspath(item.path) not in used]

    def _is_excluded(self, path: str, is_folder: bool = False) -> bool:
        return self._rules is not None and self._rules.cover(os.path.realpath(path), is_folder)

    def manifests(self, paths: Sequence[str], may_deliver: Callable[[bytes], bool]) -> list[Source]:
        """Those of some files that may hold objects of Argo CD and Flux."""
        for path in paths:
            if path not in self._manifests:
                is_yaml = path.endswith(discovery.EXTENSIONS) and os.path.isfile(path)
                source = files.read(path) if is_yaml else None
                delivers = isinstance(source, Source) and may_deliver(source.data)
                self._manifests[path] = source if isinstance(source, Source) and delivers else None
        return [source for source in map(self._manifests.get, paths) if source is not None]

    def added(self, report: Report) -> Report:
        """The report with what is wrong in the builds."""
        return merged(report, [self._outcome]) if self._outcome is not None else report

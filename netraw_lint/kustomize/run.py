"""The kustomizations of a run: which they are, which files they use, and their part of the report."""

from __future__ import annotations

import os

from netraw_lint.fixing import Fixed
from netraw_lint.kustomize import delivered
from netraw_lint.kustomize.fixing import KustomizeFixer
from netraw_lint.kustomize.lint import Linter, Outcome, Tools
from netraw_lint.kustomize.workshop import Workshop
from netraw_lint.model import KUSTOMIZATION_FILES, Counts, Problem, Source
from netraw_lint.noun import Noun
from netraw_lint.sources import discovery, files
from netraw_lint.sources.kustomizations import Kustomizations, repository
from netraw_lint.sources.kustomize_cli import BuildError, Engine

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from netraw_lint.delivery.deliveries import Delivery
    from netraw_lint.fixing import Fixer
    from netraw_lint.kustomize.fixing import Fixes
    from netraw_lint.model import Finding
    from netraw_lint.sources.discovery import Found
    from netraw_lint.sources.kustomizations import Tree

_NOTHING = Outcome((), (), (), (), (), Counts(), ())


class Around(Noun):
    """How a run looks beyond the files that it was given.

    ``discover`` gives the files below a directory, excludes left out; ``deliveries`` what the manifests among some
    files deploy from their repository.
    """

    discover: Callable[[str], Iterable[Found]]
    deliveries: Callable[[Sequence[str]], Sequence[Delivery]]


class Plan:
    """Which kustomizations a run builds.

    ``found`` is what was discovered below the paths of the run, ``changed`` what of it is to be linted. A file that
    was named stands for the kustomizations that use it, wherever in the repository they are.
    """

    def __init__(self, found: Sequence[Found], changed: Sequence[Found], around: Around) -> None:
        self._outside = around
        self._kustomizations = Kustomizations()
        self._shown = {os.path.abspath(item.path): item.path for item in found}
        self._around: dict[str, list[Tree]] = {}
        trees = self._trees([item.path for item in found if not _is_named(item)])
        if len(changed) < len(found):
            meant = {os.path.abspath(item.path) for item in changed}
            trees = [tree for tree in trees if tree.concerns(meant)]
        named = {os.path.abspath(item.path) for item in changed if _is_named(item)}
        known = {tree.root.path for tree in trees}
        for tree in self.around(named):
            if tree.concerns(named) and tree.root.path not in known:
                trees.append(tree)
        self.trees = trees

    def _trees(self, paths: Sequence[str]) -> list[Tree]:
        """Each root among some files, and each that a manifest among them deploys, as that says."""
        made = delivered.trees(self._outside.deliveries(paths), self._kustomizations)
        # What is deployed with additions is not deployed without them.
        instead = {part.directory for tree in made if tree.root.text for part in tree.parts[1:2]}
        roots = [
            root for root in self._kustomizations.roots(_folders(paths)) if root.directory not in instead
        ]
        trees = {root.path: self._kustomizations.tree(root) for root in roots}
        for tree in made:
            trees.setdefault(tree.root.path, tree)
        return list(trees.values())

    def around(self, paths: Iterable[str]) -> list[Tree]:
        """Every root kustomization of the repositories that hold some files."""
        trees: dict[str, Tree] = {}
        for top in sorted({_top(path) for path in paths} - {""}):
            if top not in self._around:
                found = self._outside.discover(_from_here(top))
                self._around[top] = self._trees([item.path for item in found])
            trees |= {tree.root.path: tree for tree in self._around[top]}
        return list(trees.values())

    def shown(self, path: str) -> str:
        """A path as reports show it: as it was found, else from the current directory."""
        if path in self._shown:
            return self._shown[path]
        return files.display(_from_here(path))


def _from_here(path: str) -> str:
    """A path from the current directory, if it is below that."""
    below = os.path.relpath(path)
    return path if below.startswith(os.pardir) else below


def _top(path: str) -> str:
    """Where the kustomizations that use a file are looked for: its repository, else the current directory."""
    top = repository(os.path.dirname(path))
    if top != os.sep:
        return top
    here = os.path.abspath(os.curdir)
    return here if here != os.sep and path.startswith(here + os.sep) else ""


def _is_named(item: Found) -> bool:
    return isinstance(item, discovery.File) and item.explicit


def _folders(paths: Iterable[str]) -> list[str]:
    return [
        os.path.dirname(os.path.abspath(path))
        for path in paths
        if os.path.basename(path) in KUSTOMIZATION_FILES
    ]


def judge(plan: Plan, engine: Engine, tools: Tools) -> Outcome:
    """Build and judge the kustomizations of a plan."""
    return Linter(Workshop(engine, plan.trees), tools).lint(plan.trees)


def without_engine(plan: Plan, error: BuildError) -> Outcome:
    """What there is to report where nothing can be built."""
    first = plan.trees[0].root.path
    return _NOTHING.replace(problems=(Problem(plan.shown(first), "build", str(error)),))


def fix(plan: Plan, engine: Engine, tools: Tools, fixer: Fixer, diff: bool) -> tuple[Outcome, str]:
    """Judge and fix; what was changed is added to ``fixer.fixed``. The text says how it was proven."""
    mine = {path for tree in plan.trees for path in tree.files}
    known = {tree.root.path for tree in plan.trees}
    others = [tree for tree in plan.around(mine) if tree.files & mine and tree.root.path not in known]
    workshop = Workshop(engine, [*plan.trees, *others])
    before = Linter(workshop, tools).lint(plan.trees)
    fixes = KustomizeFixer(workshop, tools, fixer, [*plan.trees, *others]).fix(before)
    if not fixes.changed:
        return _explained(before, fixes), ""
    after = Linter(Workshop(engine, plan.trees, fixes.changed), tools).lint(plan.trees)
    problems = _commit(plan, workshop, before, after, fixes, fixer)
    kept = before if diff or problems else after
    return _explained(kept.replace(problems=(*kept.problems, *problems)), fixes), fixes.proof


def _explained(outcome: Outcome, fixes: Fixes) -> Outcome:
    def explained(finding: Finding) -> Finding:
        reason = fixes.refused.get(finding.identity)
        return finding.replace(fix=None, refusal=reason) if reason else finding

    return outcome.replace(
        placed=tuple(each.replace(finding=explained(each.finding)) for each in outcome.placed)
    )


def _commit(
    plan: Plan, workshop: Workshop, before: Outcome, after: Outcome, fixes: Fixes, fixer: Fixer
) -> list[Problem]:
    """Hand over the new data of the files; what could not be written is a Problem."""
    left = {finding.identity for finding in after.findings}
    problems = []
    for path, data in fixes.changed.items():
        source = files.read(plan.shown(path))
        if isinstance(source, Source) and source.data != workshop.sources[path].data:
            source = Problem(source.path, "write", "not written: it has changed since it was read")
        problem = source if isinstance(source, Problem) else fixer.commit(source, data)
        if problem is not None or isinstance(source, Problem):
            problems += [problem] if problem is not None else []
            continue
        gone = [
            each.finding
            for each in before.placed
            if each.place.path == path and each.finding.identity not in left
        ]
        fixer.fixed.append(Fixed(source, data, tuple(gone)))
    return problems

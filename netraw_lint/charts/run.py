"""The charts of a run: which they are, what is asked for each, and their part of the report."""

from __future__ import annotations

import os

from netraw_lint.charts.crossed import crossed
from netraw_lint.charts.lint import ChartReport, FixReport, lint
from netraw_lint.charts.lint import fix as lint_and_fix
from netraw_lint.charts.session import Tools, Wish
from netraw_lint.fixing import Fixed
from netraw_lint.model import Problem, Source
from netraw_lint.noun import Noun
from netraw_lint.sources import files
from netraw_lint.sources.files import display
from netraw_lint.sources.helm import KUBE_VERSION, Case, Options
from netraw_lint.sources.helm_engines import Engines

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from typing import Any, Protocol

    from netraw_lint.catalogue import Catalogue
    from netraw_lint.charts.fixing import Outcome
    from netraw_lint.crossing import Crossing
    from netraw_lint.delivery.deliveries import Delivery
    from netraw_lint.fixing import Fixer
    from netraw_lint.model import Counts, Exemption, Finding, Judged, Report, Settings

    class Part(Protocol):
        """What a chart, or anything else that is rendered first, adds to a report."""

        @property
        def findings(self) -> tuple[Finding, ...]: ...
        @property
        def exempt(self) -> tuple[Exemption, ...]: ...
        @property
        def problems(self) -> tuple[Problem, ...]: ...
        @property
        def evidence(self) -> tuple[Judged, ...]: ...
        @property
        def counts(self) -> Counts: ...
        @property
        def linted(self) -> tuple[str, ...]: ...

    class Watcher(Protocol):
        """Whom long work is shown to."""

        def begin(self, task: str, /) -> None:
            """Another task is begun."""

        def tick(self) -> None:
            """It is still going on."""


class Asked(Noun):
    """What the command line and the settings file ask for charts.

    ``entries`` are those of ``chart-values``, each with a test whether it is about a chart; ``directory`` is what
    their files are relative to. ``given`` holds the options of the command line under the same keys, and wins.
    ``deliveries`` say what the repository itself deploys.
    """

    given: Mapping[str, Any]
    entries: tuple[tuple[Callable[[str], bool], Mapping[str, Any]], ...] = ()
    directory: str = os.curdir
    explore: bool = False
    deliveries: tuple[Delivery, ...] = ()

    def wish(self, path: str) -> Wish:
        """What is asked for one chart."""
        entries = [values for covers, values in self.entries if covers(path)]
        cases = [_case(values, self.directory) for values in entries if "values" in values or "set" in values]
        delivered = tuple(_delivered(each) for each in self.deliveries if _is_same(each.path, path))
        if self.given.get("values") or self.given.get("set"):
            cases, delivered = [_case(self.given, os.curdir)], ()
        merged: dict[str, Any] = {}
        for values in entries:
            merged = {**values, **merged}
        merged |= {key: value for key, value in self.given.items() if value}
        options = Options(
            str(merged.get("release") or "release-name"),
            str(merged.get("namespace") or ""),
            str(merged.get("kube-version") or KUBE_VERSION),
            tuple(merged.get("api-versions") or ()),
        )
        return Wish(tuple(cases), delivered, options, self.explore, bool(merged.get("ignore-schema")))


def _case(values: Mapping[str, Any], directory: str) -> Case:
    files = tuple(os.path.abspath(os.path.join(directory, name)) for name in values.get("values") or ())
    sets = tuple(values.get("set") or ())
    names = [*map(os.path.basename, files), *sets]
    release, namespace = str(values.get("release") or ""), str(values.get("namespace") or "")
    return Case(", ".join(names), files, sets, release=release, namespace=namespace)


def _delivered(each: Delivery) -> Case:
    return Case(
        each.by,
        each.files,
        each.sets,
        each.overlay,
        release=each.release,
        namespace=each.namespace,
        manifest=each.manifest,
    )


def _is_same(path: str, other: str) -> bool:
    return os.path.realpath(path) == os.path.realpath(other)


def judge(
    paths: Iterable[str],
    asked: Asked,
    settings: Settings,
    catalogue: Catalogue,
    watcher: Watcher,
) -> list[ChartReport]:
    """Judge charts, one after the other, each announced to ``watcher``."""
    with Engines() as engines:
        tools = Tools(settings, catalogue, engines, watcher.tick)
        return [lint(path, asked.wish(path), tools) for path in _once(paths, watcher)]


def cross(
    paths: Iterable[str],
    asked: Asked,
    settings: Settings,
    catalogue: Catalogue,
    watcher: Watcher,
    crossing: Crossing,
) -> tuple[list[ChartReport], Report]:
    """Hold charts, and what ``crossing`` has of everything else, against the policies of all; the latter's report."""
    with Engines() as engines:
        tools = Tools(settings, catalogue, engines, watcher.tick, crossing)
        return crossed(((path, asked.wish(path)) for path in _once(paths, watcher)), tools)


def fix(
    paths: Iterable[str],
    asked: Asked,
    fixer: Fixer,
    catalogue: Catalogue,
    watcher: Watcher,
    diff: bool,
) -> list[ChartReport]:
    """Fix charts, one after the other; what was changed is added to ``fixer.fixed``."""
    parts = []
    with Engines() as engines:
        tools = Tools(fixer.settings, catalogue, engines, watcher.tick)
        for path in _once(paths, watcher):
            made = lint_and_fix(path, asked.wish(path), tools, fixer.ignored)
            if made.outcome is None:
                parts.append(made.after)
                continue
            problems = [] if not made.outcome.texts else _commit(path, made, fixer)
            kept = made.before if diff or problems else made.after
            parts.append(
                kept.replace(
                    findings=_as_they_are(kept.findings, made.after.findings),
                    problems=(*kept.problems, *problems),
                    fixes=_told(path, made.outcome),
                )
            )
    return parts


def _as_they_are(before: Iterable[Finding], after: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings with the lines on disk and the reasons why they stay."""
    reasons = {each.identity: (each.fix, each.refusal) for each in after}
    return tuple(
        each.replace(fix=reasons[each.identity][0], refusal=reasons[each.identity][1])
        if each.identity in reasons
        else each
        for each in before
    )


def _commit(path: str, made: FixReport, fixer: Fixer) -> list[Problem]:
    """Hand over the new texts of a chart; what could not be written is a Problem."""
    if made.outcome is None:
        return []
    left = {finding.identity for finding in made.after.findings}
    gone = [finding for finding in made.before.findings if finding.identity not in left]
    problems = []
    for file, (old, new) in made.outcome.texts.items():
        source = files.read(display(os.path.join(path, file)))
        if isinstance(source, Source) and source.data.decode() != old:
            source = Problem(source.path, "write", "not written: it has changed since it was read")
        if isinstance(source, Problem):
            problems.append(source)
            continue
        problem = fixer.commit(source, new.encode())
        if isinstance(problem, Problem):
            problems.append(problem)
            continue
        keys = {key for edit in made.outcome.edits if edit.file == file for key in edit.containers}
        mine = [each for each in gone if made.before.keys.get(each.identity) in keys]
        if file == list(made.outcome.texts)[-1]:
            mine = gone
        gone = [each for each in gone if each not in mine]
        fixer.fixed.append(Fixed(source, new.encode(), tuple(mine)))
    return problems


def _told(path: str, outcome: Outcome) -> tuple[str, ...]:
    """What was done to a chart, in words."""
    if not outcome.edits:
        return ()
    jobs = (
        f"{path}: `helm upgrade` cannot change the pods of a Job that exists: delete Job/{name} before the next one"
        for name in outcome.jobs
    )
    return (*(f"{path}: {edit.title}" for edit in outcome.edits), f"{path}: {outcome.proof}", *jobs)


def _once(paths: Iterable[str], watcher: Watcher) -> Iterator[str]:
    """Each chart once, however often its files were named."""
    for path in {os.path.realpath(path): path for path in paths}.values():
        watcher.begin(f"rendering {path}")
        yield path


def merged(report: Report, parts: Sequence[Part]) -> Report:
    """The report with what is to be said about charts, or about kustomizations, in it."""
    counts = report.counts
    for part in parts:
        counts = counts.plus(part.counts)
    return report.replace(
        findings=tuple(
            sorted((*report.findings, *(each for part in parts for each in part.findings)), key=_order)
        ),
        exempt=tuple(
            sorted(
                (*report.exempt, *(each for part in parts for each in part.exempt)),
                key=lambda exempt: _order(exempt.finding),
            )
        ),
        problems=(*report.problems, *(each for part in parts for each in part.problems)),
        containers=(*report.containers, *(each for part in parts for each in part.evidence)),
        counts=counts,
        linted=(*report.linted, *(each for part in parts for each in part.linted)),
    )


def _order(finding: Finding) -> tuple[str, int, int, str, str]:
    return finding.path, finding.location.line, finding.location.column, finding.rule, finding.identity

"""A chart in, what is wrong in it out: each value set rendered and judged, each source line reported once."""

from __future__ import annotations

import os
from functools import partial

from netraw_lint.charts import bounds, governing, judging, obstacles, scenarios, values
from netraw_lint.charts.bounds import Deadline
from netraw_lint.charts.fixing import ChartFixer
from netraw_lint.charts.placing import Placer
from netraw_lint.charts.rendered import Rendering
from netraw_lint.charts.session import Session, Tools, Wish
from netraw_lint.model import Counts, Exemption, Problem, Span
from netraw_lint.noun import Noun
from netraw_lint.sources.helm import Case, RenderError
from netraw_lint.sources.helm_files import ChartError, is_archive

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from netraw_lint.charts.fixing import Outcome
    from netraw_lint.charts.judging import ContainerKey
    from netraw_lint.charts.markers import Mark
    from netraw_lint.charts.rendered import Key
    from netraw_lint.charts.session import Task
    from netraw_lint.charts.values import Candidate
    from netraw_lint.judge import Judge
    from netraw_lint.model import Container, Finding, Judged, PolicyRef

    Line = tuple[str, str, int, tuple[PolicyRef, ...]]

VENDORED = "it is in a vendored subchart: fix it upstream, or set a value of this chart that reaches it"
_FIXED = "NRL003"
_BY_HAND = "in a chart only a missing drop is fixed: change the template, or the value that it takes"
_PROBED_CASES = 24
_CUT = (
    "judged with {} of {} value sets, then the {:.0f} seconds that a chart may take were over: name those that matter "
    "under `chart-values` in the settings"
)
PACKED = "it is in a packaged chart: fix the chart it was packaged from"


class ChartReport(Noun):
    """What became of one chart. ``unrendered`` of its ``images`` lines were never rendered.

    ``keys`` holds the container that each finding was first found in, by the identity of the finding; ``fixes``
    says what was changed, and how it was proven; ``limits`` what was not looked at, though nobody asked for less.
    """

    findings: tuple[Finding, ...] = ()
    exempt: tuple[Exemption, ...] = ()
    problems: tuple[Problem, ...] = ()
    counts: Counts = Counts()
    evidence: tuple[Judged, ...] = ()
    notes: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()
    linted: tuple[str, ...] = ()
    images: int = 0
    unrendered: int = 0
    keys: Mapping[str, ContainerKey] = {}
    fixes: tuple[str, ...] = ()


def lint(path: str, wish: Wish, tools: Tools) -> ChartReport:
    """Judge one chart; whatever keeps it from being judged is a Problem."""
    try:
        session = Session(path, wish, tools)
        try:
            return _report(session)
        finally:
            session.close()
    except ChartError as error:
        return ChartReport(problems=(Problem(path, "render", str(error)),))
    except RenderError as error:
        return ChartReport(problems=(Problem(path, "render", error.message),))


def _report(session: Session) -> ChartReport:
    return unrenderable(session) or Linter(session, {}).report()


def unrenderable(session: Session) -> ChartReport | None:
    """The report about a chart that is not rendered."""
    if session.is_library:
        path = session.plain.path
        return ChartReport(notes=(f"{path}: a library chart, which deploys nothing: not rendered",))
    problems = obstacles.obstacles(session)
    return ChartReport(problems=tuple(problems)) if problems else None


class FixReport(Noun):
    """A chart before and after fixing; the outcome is None where there was nothing to do."""

    before: ChartReport
    after: ChartReport
    outcome: Outcome | None = None


def fix(
    path: str, wish: Wish, tools: Tools, ignored: Callable[[str], Collection[str]] | None = None
) -> FixReport:
    """Fix one chart in a copy, and judge it before and after; ``ignored`` gives the rules left out for a path."""
    try:
        session = Session(path, wish, tools)
        try:
            linter = Linter(session, {})
            report = unrenderable(session) or linter.report()
            if not any(finding.rule == _FIXED for finding in report.findings):
                return FixReport(report, report)
            fixer = ChartFixer(session, linter.plain, linter.spared(ignored))
            outcome = fixer.fix(linter.cases())
            session.changed(outcome.texts)
            after = Linter(session, outcome.refused).report(fixer.proof.rendered())
            return FixReport(report, after, outcome)
        finally:
            session.close()
    except ChartError as error:
        report = ChartReport(problems=(Problem(path, "render", str(error)),))
    except RenderError as error:
        report = ChartReport(problems=(Problem(path, "render", error.message),))
    return FixReport(report, report)


def _line(finding: Finding) -> Line:
    """What is reported once: a rule at a line of a file, and for each policy."""
    return finding.rule, finding.path, finding.location.line, finding.policies


class Linter:
    """Collects over the value sets of one chart."""

    def __init__(self, session: Session, refused: Mapping[ContainerKey, str]) -> None:
        self.refused = refused
        self.session = session
        self.tools = session.tools
        self.path = session.plain.path
        self.findings: dict[Line, Finding] = {}
        self.exempt: dict[Line, Exemption] = {}
        self.more: dict[Line, set[str]] = {}
        self.problems: list[Problem] = []
        self.evidence: list[Judged] = []
        self.notes: list[str] = []
        self.limits: list[str] = []
        self.counts = Counts()
        self.known: dict[Case, dict[str, object]] = {}
        self.plain: dict[Case, Rendering] = {}
        self.accepted: set[tuple[Case, ContainerKey | None]] = set()
        self.seen: set[Mark] = set()
        shown = session.plain.shown
        self.vendored = {path for name, path in shown.items() if name.startswith("charts/")}
        # The containers that are held against policies, when all of these are known.
        self.rendered: list[tuple[Container, Placer, Key, str]] = []
        # Where each line was found first.
        self.origins: dict[Line, tuple[Case, ContainerKey | None]] = {}

    def spared(self, ignored: Callable[[str], Collection[str]] | None) -> set[tuple[Case, ContainerKey]]:
        """The containers that are not to be fixed: exempt, or in a file for which the rule is left out."""
        lines = {line for line in self.origins if ignored and _FIXED in ignored(line[1])}
        pairs = (*self.accepted, *(self.origins[line] for line in lines))
        return {(case, key) for case, key in pairs if key is not None}

    def cases(self) -> list[Case]:
        """The value sets that findings were found with first, switches flipped included."""
        return list(dict.fromkeys(case for case, _ in self.origins.values()))

    def report(self, known: Mapping[Case, Rendering] | None = None) -> ChartReport:
        """Everything about the chart; ``known`` are renders of it that were made already."""
        self.plain |= known or {}
        self.collect()
        return self.finished()

    def collect(self) -> None:
        """Render and judge with every value set."""
        failed: list[tuple[Case, RenderError]] = []
        first: Case | None = None
        found: dict[str, object] = {}
        for case, plain, marked in self._rendered():
            if isinstance(plain, RenderError):
                failed.append((case, plain))
                continue
            self.plain[case] = plain
            if first is None:
                first, found = case, marked.values() if marked else {}
            self._judge(case, plain, marked, case.name if self.counts.documents else "")
        self._tell_failures(failed, rendered=first is not None)
        if first is not None and self.session.wish.explore:
            self._explore(first, found)
        self._name_values()

    def _rendered(self) -> Iterator[tuple[Case, Rendering | RenderError, Rendering | None]]:
        """Each value set with its render and the marked one, as far as the time allows."""
        cases = self.session.cases()
        deadline = Deadline(bounds.JUDGING)
        made: list[Rendering | RenderError] = []
        begun = 0
        for case, _, rendered in self.session.ahead(self._tasks(cases, deadline)):
            if rendered is not None:
                made.append(rendered)
                continue
            begun += 1
            marked = made.pop()
            plain = made.pop() if made else self.plain[case]
            yield case, plain, marked if isinstance(marked, Rendering) else None
        if begun < len(cases):
            self.problems.append(
                Problem(self.path, "render", _CUT.format(begun, len(cases), deadline.seconds))
            )

    def _tasks(self, cases: Sequence[Case], deadline: Deadline) -> Iterator[Task]:
        for case in cases:
            if deadline.is_over():
                return
            if case not in self.plain:
                yield case, self.session.plain
            yield case, self.session.marked
            yield case, None

    def _marked(self, case: Case) -> Rendering | None:
        try:
            return self.session.render(case, self.session.marked)
        except RenderError:
            return None

    def _judge(self, case: Case, plain: Rendering, marked: Rendering | None, only_with: str) -> None:
        judge = judging.judge_of(self.tools)
        placer = Placer(self.session, case, plain, marked)
        evidence: list[tuple[Key, Judged]] = []
        for key in plain.texts:
            earlier = len(judge.evidence)
            self._judge_one(judge, placer, key, only_with, deployed=True)
            evidence += [(key, judged) for judged in judge.evidence[earlier:]]
        if not only_with:
            # The templates are the files; a further value set renders the same ones again.
            files = len({template for template, _ in plain.texts})
            self.counts = Counts(files, len(plain.texts), judge.workloads, judge.containers)
            self.evidence = [placer.evidence(key, judged) for key, judged in evidence]
        if marked is not None:
            self.seen |= marked.marks()

    def _judge_one(
        self, judge: Judge, placer: Placer, key: Key, only_with: str, *, deployed: bool = False
    ) -> None:
        """Judge one document; with ``deployed``, its policies count for what is held against policies."""
        crossing = self.tools.crossing
        known = 0
        if crossing is not None:
            from netraw_lint.crossing import Release

            known = len(crossing.containers())
            place = partial(placer.policy, key) if deployed else None
            crossing.release = Release(place, self.session.wish.options.namespace)
        for found in judging.findings_in(self.session, judge, placer.plain, key):
            self.take(placer, key, found, only_with)
        if crossing is not None:
            crossing.release = None
            self.rendered += [(each, placer, key, only_with) for each in crossing.containers(known)]

    def take(self, placer: Placer, key: Key, found: Finding | Exemption, only_with: str) -> None:
        """Take in what was found in a document."""
        if isinstance(found, Exemption):
            finding = placer.placed(key, found.finding)
            line = _line(finding)
            self.exempt.setdefault(line, found.replace(finding=finding))
            self.accepted.add((placer.case, judging.container_key(key, finding)))
        else:
            if placer.marked is not None and placer.case not in self.known:
                # A subchart that is off has no values: each value set knows its own.
                self.known[placer.case] = placer.marked.values()
            self._add(placer.case, key, placer.placed(key, found), only_with)

    def _add(self, case: Case, key: Key, finding: Finding, only_with: str) -> None:
        line = _line(finding)
        name = finding.container.name if finding.container else ""
        self.more.setdefault(line, set()).add(f"{finding.object} {name}")
        if line in self.findings:
            return
        if only_with:
            finding = finding.replace(message=f"{finding.message}; only with {only_with}")
        self.findings[line] = self._with_fixability(finding).replace(document=key[1])
        self.origins[line] = case, judging.container_key(key, finding)

    def _with_fixability(self, finding: Finding) -> Finding:
        if finding.fix is None:
            return finding
        if is_archive(self.path) and not os.path.isdir(self.path):
            return finding.replace(fix=None, refusal=PACKED)
        if finding.path in self.vendored:
            return finding.replace(fix=None, refusal=VENDORED)
        return finding if finding.rule == _FIXED else finding.replace(fix=None, refusal=_BY_HAND)

    def _tell_failures(self, failed: list[tuple[Case, RenderError]], rendered: bool) -> None:
        for case, error in failed:
            if not case.name and rendered:
                # The chart's own tests say with which values it is meant to be rendered.
                self.notes.append(f"{self.path}: does not render with its own values: {error.message}")
                continue
            what = f"with {case.name}" if case.name else "with its own values"
            advice = "" if case.name else "; name a file with values by --values or `chart-values`"
            if "kubeVersion" in error.message:
                advice = "; say by --kube-version or `chart-values` which version it is for"
            self.problems.append(
                Problem(self.path, "render", f"cannot be rendered {what}: {error.message}{advice}")
            )

    def _name_values(self) -> None:
        """Say at a missing drop which value would make it; a probe for each value set that has such findings."""
        text = (self.session.plain.read("values.yaml") or b"").decode(errors="replace")
        wanted: dict[Case, list[tuple[Line, ContainerKey]]] = {}
        for line, (case, key) in self.origins.items():
            if key is not None and self.findings[line].rule == _FIXED and self.known.get(case):
                wanted.setdefault(case, []).append((line, key))
        for case, lines in list(wanted.items())[:_PROBED_CASES]:
            found = governing.governing(self.session, case, self.known[case])
            for line, key in lines:
                for candidate in found.get(key, ())[:1]:
                    finding = self.findings[line]
                    finding = finding.replace(help=self._advice(candidate, text))
                    if finding.refusal == VENDORED:
                        # A value of this chart reaches into the subchart.
                        finding = finding.replace(fix="safe", refusal=None)
                    self.findings[line] = finding

    def _advice(self, candidate: Candidate, text: str) -> str:
        line = values.line_of(text, candidate.path)
        where = f", line {line}" if line else ""
        drop = self.tools.settings.fix_drop
        return (
            f'set `{values.shown(candidate.drop)}: ["{drop}"]` in {self.session.shown("values.yaml")}{where}'
        )

    def _explore(self, case: Case, known: dict[str, object]) -> None:
        base = self._marked(case)
        if base is None:
            self.notes.append(f"{self.path}: not explored, since its marked lines do not render")
            return
        texts = set(base.texts.values())
        explorer = scenarios.Flips(self.session, case, known)
        for flip, rendering in explorer.run():
            judge = judging.judge_of(self.tools)
            placer = Placer(self.session, flip, rendering, rendering)
            for key, text in rendering.texts.items():
                if text not in texts:
                    self._judge_one(judge, placer, key, flip.name)
            self.seen |= rendering.marks()
        self.notes.append(f"{self.path}: {explorer.summary()}")

    def finished(self) -> ChartReport:
        """What was collected."""
        findings = []
        keys: dict[str, ContainerKey] = {}
        for line, found in self.findings.items():
            others = len(self.more[line]) - 1
            plural = "" if others == 1 else "s"
            more = f"; the same line makes {others} more container{plural}" if others else ""
            key = self.origins[line][1]
            finding = found.replace(span=Span(0, 0), message=found.message + more)
            if key is not None:
                keys[finding.identity] = key
                if key in self.refused and finding.rule == _FIXED and not finding.refusal:
                    finding = finding.replace(fix=None, refusal=self.refused[key])
            findings.append(finding)
        images = {
            mark
            for mark in self.session.marks
            if mark.key == "image" and not self.session.names[mark.file].startswith("charts/")
        }
        unrendered = len(images - self.seen)
        if unrendered and self.plain:
            explored = self.session.wish.explore
            hint = "" if explored else ": --explore looks behind switches"
            # Nobody chose these values, so nobody knows what they leave out.
            unasked = not explored and self.session.cases() == [Case()]
            (self.limits if unasked else self.notes).append(
                f"{self.path}: {unrendered} of {len(images)} `image:` lines were never rendered{hint}"
            )
        self.counts = self.counts.replace(unrendered=unrendered)
        return ChartReport(
            tuple(findings),
            tuple(self.exempt.values()),
            tuple(self.problems),
            self.counts,
            tuple(self.evidence),
            tuple(self.notes),
            tuple(self.limits),
            tuple(self.session.shown(name) for name in self.session.names),
            len(images),
            unrendered,
            keys,
        )

"""Sources in, a report out: the loop over everything that was read.

The room that judges, and with it the YAML parser and the rules, is entered at one door, with the first document
that may hold a workload: most commits never pay for it.
"""

from __future__ import annotations

from netraw_lint import splitting
from netraw_lint.model import Counts, Exemption, Finding, Judged, Problem, Report, Settings, Source
from netraw_lint.noun import Noun

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from netraw_lint.catalogue import Catalogue
    from netraw_lint.crossing import Crossing
    from netraw_lint.judge import Judge
    from netraw_lint.nodes import Node
    from netraw_lint.packed import Packed
    from netraw_lint.splitting import Chunk


_FEW = 500  # findings that need no less memory


def _nothing() -> None:
    """Tell nobody."""


def lint(
    sources: Iterable[Source | Problem],
    settings: Settings,
    catalogue: Catalogue,
    tick: Callable[[], None] = _nothing,
    crossing: Crossing | None = None,
) -> Report:
    """Judge everything the sources yield; one that fails never hides the others.

    ``tick`` is called every now and then, for whoever wants to show that work goes on. ``crossing`` collects workloads
    and policies for a caller who has more of them.
    """
    linter = Linter(settings, catalogue, tick, crossing)
    linter.over(sources)
    report = linter.report()
    return report.replace(findings=tuple(report.findings))


class Part(Noun):
    """What was found in some of the sources of a run, and how many workloads and containers were seen there."""

    findings: list[Finding] | Packed
    exempt: list[Exemption]
    linted: list[str]
    problems: list[Problem]
    evidence: list[Judged]
    counts: Counts


class Linter:
    """Collects what a run finds, source by source; ``compose`` may know the nodes of a text already."""

    def __init__(
        self,
        settings: Settings,
        catalogue: Catalogue,
        tick: Callable[[], None],
        crossing: Crossing | None = None,
        compose: Callable[[bytes], Iterable[Node]] | None = None,
    ) -> None:
        self._crossing = crossing
        self._compose = compose
        self.settings = settings
        self.catalogue = catalogue
        self.tick = tick
        self.findings: list[Finding] | Packed = []
        self.exempt: list[Exemption] = []
        self.linted: list[str] = []
        self.problems: list[Problem] = []
        self.evidence: list[Judged] = []
        self.counts = Counts()
        self.files = self.documents = 0
        self._judge: Judge | None = None
        # What NRL008 reports may be a document that does not mention its containers at all.
        self._thorough = settings.rules is not None and "NRL008" in settings.rules
        self._words = words(settings)

    def over(self, sources: Iterable[Source | Problem]) -> None:
        """Judge everything the sources yield."""
        for source in sources:
            if isinstance(source, Problem):
                self.problems.append(source)
                continue
            try:
                self.lint(source)
            except Exception as error:  # noqa: BLE001 - a bug that one file shows must not hide the others
                self.problems.append(_internal(source, error))

    def lint(self, source: Source) -> None:
        """Judge one source."""
        self.files += 1
        if self.settings.linted:
            self.linted.append(source.path)
        found: list[Finding | Exemption] = []
        for chunk in splitting.chunks(
            source.data, self.catalogue.holds_containers, self._thorough, self._words, source.holds_patches
        ):
            self.documents += 1
            self.tick()
            if chunk is not None:
                found += self._judged(source, chunk)
        # An alias may lead to the same place a second time.
        findings = {_order(item): item for item in found if isinstance(item, Finding)}
        self._add([findings[place] for place in sorted(findings)])
        exempt = {_order(item.finding): item for item in found if isinstance(item, Exemption)}
        self.exempt += exempt.values()

    def _add(self, findings: Iterable[Finding]) -> None:
        """Add findings; many are kept in little memory."""
        if not isinstance(self.findings, list):
            self.findings += findings
            return
        self.findings += findings
        if len(self.findings) > _FEW:
            from netraw_lint.packed import Packed

            self.findings = Packed(self.findings)

    def report(self) -> Report:
        """Everything found so far, sorted."""
        if self.settings.against_policies and self._crossing is None:
            judge = self._the_judge()
            for _, item in judge.crossed():
                if isinstance(item, Exemption):
                    self.exempt.append(item)
                else:
                    self._add([item])
            self.problems += judge.not_evaluated()
        part = self.taken()
        part.exempt.sort(key=lambda exemption: _order(exemption.finding))
        return Report(
            _sorted(part.findings),
            tuple(part.exempt),
            tuple(part.problems),
            tuple(part.evidence),
            part.counts,
            linted=tuple(part.linted),
        )

    def _the_judge(self) -> Judge:
        if self._judge is None:
            from netraw_lint.judge import Judge

            self._judge = Judge(self.settings, self.catalogue, self.tick, self._crossing, self._compose)
        return self._judge

    def taken(self) -> Part:
        """Everything found since this was last asked for; the linter begins anew."""
        evidence, workloads, containers = self.evidence, 0, 0
        if self._judge is not None:
            workloads, containers = self._judge.workloads, self._judge.containers
            evidence += self._judge.evidence
            self._judge.workloads = self._judge.containers = 0
            self._judge.evidence = []
        counts = self.counts.plus(Counts(self.files, self.documents, workloads, containers))
        part = Part(self.findings, self.exempt, self.linted, self.problems, evidence, counts)
        self.findings, self.exempt, self.linted, self.problems, self.evidence = [], [], [], [], []
        self.counts, self.files, self.documents = Counts(), 0, 0
        return part

    def take(self, part: Part) -> None:
        """Count what was found elsewhere, after everything found so far."""
        known = self.taken()
        self.findings = known.findings or part.findings
        self._add(part.findings if known.findings else ())
        for name in ("exempt", "linted", "problems", "evidence"):
            found = getattr(known, name)
            found += getattr(part, name)
            setattr(self, name, found)
        self.counts = known.counts.plus(part.counts)

    def _judged(self, source: Source, chunk: Chunk) -> list[Finding | Exemption]:
        found: list[Finding | Exemption] = []
        try:
            # One by one, so that what was found in front of a bug stays.
            found.extend(self._the_judge().findings(source, chunk))
        except Exception as error:  # noqa: BLE001 - the same, for the other documents of the file
            self.problems.append(_internal(source, error, chunk))
        return found


def words(settings: Settings) -> tuple[bytes, ...]:
    """What keeps a document from being passed over, although it holds no workload and no policy of its own."""
    if settings.against_policies:
        return splitting.POLICIES
    return splitting.NAMESPACES if settings.rules is not None and "NRL103" in settings.rules else ()


def _internal(source: Source, error: Exception, chunk: Chunk | None = None) -> Problem:
    """A bug of this program, or too little memory, as something that was not checked."""
    what = "the file" if chunk is None else f"document {chunk.index}"
    line = None if chunk is None else source.line_at(chunk.start) + 1
    if isinstance(error, MemoryError):
        size = len(source.data if chunk is None else chunk.data)
        message = (
            f"too little memory for {what} of {size / 1e6:,.1f} MB: a document is read as a whole, and takes many times "
            "its size; split it, or allow netraw-lint more"
        )
        return Problem(source.path, "read", message, line)
    trace, place = error.__traceback__, ""
    while trace is not None:
        name = trace.tb_frame.f_globals.get("__name__", "")
        if name.startswith("netraw_lint."):
            place = f" in {name}, line {trace.tb_lineno}"
        trace = trace.tb_next
    message = (
        f"{what} could not be judged to its end, by a bug of netraw-lint: {type(error).__name__}: {error}{place}; "
        "please report it with the manifest"
    )
    return Problem(source.path, "internal", message, line)


def _sorted(findings: list[Finding] | Packed) -> Sequence[Finding]:
    """Findings in the order of their places. Those of sorted files are in order already."""
    if isinstance(findings, list):
        return tuple(sorted(findings, key=_order))
    from itertools import pairwise

    if all(before <= after for before, after in pairwise(map(_order, findings))):
        return findings
    return tuple(sorted(findings, key=_order))


def _order(finding: Finding) -> tuple[str, int, int, str, str]:
    return finding.path, finding.location.line, finding.location.column, finding.rule, finding.identity

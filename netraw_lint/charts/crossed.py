"""Charts held against policies: all are rendered before any is judged, since each may deploy a policy."""

from __future__ import annotations

from netraw_lint.charts import judging
from netraw_lint.charts.lint import ChartReport, Linter, unrenderable
from netraw_lint.charts.session import Session
from netraw_lint.model import Counts, Exemption, Finding, Problem, Report
from netraw_lint.sources.helm import RenderError
from netraw_lint.sources.helm_files import ChartError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from netraw_lint.charts.session import Tools, Wish


def crossed(charts: Iterable[tuple[str, Wish]], tools: Tools) -> tuple[list[ChartReport], Report]:
    """What is found in charts, and in the rest of what the run's crossing holds."""
    linters: list[Linter] = []
    parts: list[ChartReport] = []
    sessions: list[Session] = []
    try:
        for path, wish in charts:
            try:
                session = Session(path, wish, tools)
                sessions.append(session)
                report = unrenderable(session)
                if report is None:
                    linters.append(Linter(session, {}))
                    linters[-1].collect()
            except (ChartError, RenderError) as error:
                report = ChartReport(problems=(Problem(path, "render", str(error)),))
            parts += [report] if report is not None else []
        rest = _distributed(linters, tools)
        return [*parts, *(linter.finished() for linter in linters)], rest
    finally:
        for session in sessions:
            session.close()


def _distributed(linters: Iterable[Linter], tools: Tools) -> Report:
    """Hand each chart what was found in it; the report is about everything else."""
    ways = {id(way[0]): (linter, way) for linter in linters for way in linter.rendered}
    judge = judging.judge_of(tools)
    findings: list[Finding] = []
    exempt: list[Exemption] = []
    for container, found in judge.crossed():
        if id(container) in ways:
            linter, (_, placer, key, only_with) = ways[id(container)]
            linter.take(placer, key, found, only_with)
        elif isinstance(found, Exemption):
            exempt.append(found)
        else:
            findings.append(found)
    return Report(tuple(findings), tuple(exempt), tuple(judge.not_evaluated()), (), Counts())

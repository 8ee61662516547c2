"""The charts that a run of the command line meets: judged or fixed after everything else."""

from __future__ import annotations

from netraw_lint import crosscheck, settings
from netraw_lint.catalogue import Catalogue
from netraw_lint.charts import run
from netraw_lint.schemas_dir import read_catalogue

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable

    from netraw_lint.config import Config
    from netraw_lint.fixing import Fixer
    from netraw_lint.model import Report, Settings


def added(
    report: Report,
    paths: list[str],
    parsed: Namespace,
    found: Config,
    merged: Settings,
    tick: Callable[[], None],
    fixer: Fixer | None,
) -> tuple[Report, list[str]]:
    """The report with what is wrong in the charts, and what there is to tell about them. Raises UsageError."""
    if parsed.against_policies:
        return report.replace(problems=(*report.problems, *crosscheck.of_charts(paths))), []
    asked = settings.charts(parsed, found)
    catalogue = Catalogue(read_catalogue, merged.workloads)
    if fixer and "NRL003" in fixer.codes:
        parts = run.fix(paths, asked, fixer, catalogue, tick, parsed.diff)
    else:
        parts = run.judge(paths, asked, merged, catalogue, tick)
    notes: list[str] = []
    for part in () if parsed.quiet else parts:
        notes += part.fixes
        notes += part.notes if parsed.verbose or asked.explore else ()
    return run.merged(report, parts), notes

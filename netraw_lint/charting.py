"""The charts that a run of the command line meets: judged, fixed or held against policies after everything else."""

from __future__ import annotations

from netraw_lint import settings
from netraw_lint.catalogue import Catalogue
from netraw_lint.delivery.deliveries import Followed
from netraw_lint.schemas_dir import read_catalogue

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from netraw_lint.charts.run import Watcher
    from netraw_lint.config import Config
    from netraw_lint.crossing import Crossing
    from netraw_lint.fixing import Fixer
    from netraw_lint.model import Report, Settings, Source


def followed(delivering: list[Source], parsed: Namespace, found: Config) -> Followed:
    """What the objects of Argo CD and Flux among the manifests deploy from this repository, excludes left out."""
    if not delivering or found.get("charts") == "skip":
        return Followed()
    from netraw_lint.delivery import follow
    from netraw_lint.sources.gitignore import exclude_rules

    result = follow.follow(delivering)
    rules = exclude_rules(*settings.excludes(parsed, found))
    if rules is None:
        return result
    return follow.outside(result, lambda path: rules.cover(path, is_folder=True))


def added(
    report: Report,
    paths: list[str],
    delivering: list[Source],
    parsed: Namespace,
    found: Config,
    merged: Settings,
    watcher: Watcher,
    doing: Fixer | Crossing | None,
) -> tuple[Report, list[str]]:
    """The report with what is wrong in the charts, and what there is to tell about them. Raises UsageError.

    ``delivering`` are the objects that deploy more of them. The charts are fixed by a fixer, or held against policies
    with everything that a crossing has.
    """
    from netraw_lint.crossing import Crossing
    from netraw_lint.fixing import Fixer

    told = followed(delivering, parsed, found)
    report = report.replace(problems=(*report.problems, *told.problems))
    deliveries = tuple(each for each in told.deliveries if each.builder == "helm")
    notes = [] if parsed.quiet else [*told.limits, *(told.decisions if parsed.verbose else ())]
    charts = [*paths, *(each.path for each in deliveries)]
    if not charts and not isinstance(doing, Crossing):
        return report, notes
    from netraw_lint.charts import run

    asked = settings.charts(parsed, found).replace(deliveries=deliveries)
    catalogue = Catalogue(read_catalogue, merged.workloads)
    if isinstance(doing, Crossing):
        parts, rest = run.cross(charts, asked, merged, catalogue, watcher, doing)
        report = report.replace(
            findings=(*report.findings, *rest.findings),
            exempt=(*report.exempt, *rest.exempt),
            problems=(*report.problems, *rest.problems),
        )
    elif isinstance(doing, Fixer) and "NRL003" in doing.codes:
        parts = run.fix(charts, asked, doing, catalogue, watcher, parsed.diff)
    else:
        parts = run.judge(charts, asked, merged, catalogue, watcher)
    for part in () if parsed.quiet else parts:
        notes += (*part.fixes, *part.limits)
        notes += part.notes if parsed.verbose or asked.explore else ()
    return run.merged(report, parts), notes

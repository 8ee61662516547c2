"""The charts that a run of the command line meets: judged or fixed after everything else."""

from __future__ import annotations

import os

from netraw_lint import crosscheck, settings
from netraw_lint.catalogue import Catalogue
from netraw_lint.delivery.deliveries import Followed
from netraw_lint.schemas_dir import read_catalogue

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from netraw_lint.charts.run import Watcher
    from netraw_lint.config import Config
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
    kept = (
        each for each in result.deliveries if not rules.cover(os.path.realpath(each.path), is_folder=True)
    )
    return result.replace(deliveries=tuple(kept))


def added(
    report: Report,
    paths: list[str],
    followed: Followed,
    parsed: Namespace,
    found: Config,
    merged: Settings,
    watcher: Watcher,
    fixer: Fixer | None,
) -> tuple[Report, list[str]]:
    """The report with what is wrong in the charts, and what there is to tell about them. Raises UsageError."""
    report = report.replace(problems=(*report.problems, *followed.problems))
    deliveries = tuple(each for each in followed.deliveries if each.builder == "helm")
    notes = [] if parsed.quiet else [*followed.limits, *(followed.decisions if parsed.verbose else ())]
    charts = [*paths, *(each.path for each in deliveries)]
    if not charts:
        return report, notes
    if parsed.against_policies:
        return report.replace(problems=(*report.problems, *crosscheck.of_charts(charts))), notes
    from netraw_lint.charts import run

    asked = settings.charts(parsed, found).replace(deliveries=deliveries)
    catalogue = Catalogue(read_catalogue, merged.workloads)
    if fixer and "NRL003" in fixer.codes:
        parts = run.fix(charts, asked, fixer, catalogue, watcher, parsed.diff)
    else:
        parts = run.judge(charts, asked, merged, catalogue, watcher)
    for part in () if parsed.quiet else parts:
        notes += (*part.fixes, *part.limits)
        notes += part.notes if parsed.verbose or asked.explore else ()
    return run.merged(report, parts), notes

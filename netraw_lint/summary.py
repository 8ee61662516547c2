"""What a run came to, in a line or a small table."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from netraw_lint.model import Report


def summary(report: Report, diff: bool = False, fixable: tuple[int, int] = (0, 0)) -> str:
    """What was looked at, what was found, and what was not checked, in a line; in another, what else can be fixed.

    ``fixable`` counts the findings that --fix would take on, and those that need --unsafe-fixes besides.
    """
    counts = report.counts
    if not counts.files:
        looked = "no YAML files"
    elif not counts.workloads and not report.findings:
        looked = f"{_number(counts.files, 'YAML file')}, no workloads"
    else:
        looked = (
            f"{_number(counts.files, 'file')}, {_number(counts.documents, 'document')}, "
            f"{_number(counts.containers, 'container')}: " + _found(report, diff, fixable[0])
        )
    exempt = f", {len(report.exempt):,} exempt" if report.exempt else ""
    problems = f"; not checked: {len(report.problems):,}" if report.problems else ""
    more = " more" if fixable[0] or report.fixed else ""
    unsafe = f"\nnetraw-lint: --fix --unsafe-fixes can fix {fixable[1]:,}{more}" if fixable[1] else ""
    return f"netraw-lint: {looked}{exempt}{problems}{unsafe}"


def _found(report: Report, diff: bool, fixable: int) -> str:
    count = len(report.findings)
    found = _number(count, "finding") if count else "no findings"
    if report.fixed is not None:
        return f"{report.fixed:,} {'would be fixed' if diff else 'fixed'}, {found} left"
    return f"{found} ({_share(fixable, count)}fixable with --fix)" if fixable else found


def _share(part: int, whole: int) -> str:
    if part < whole:
        return f"{part:,} "
    return "all " if whole > 1 else ""


def statistics(report: Report) -> str:
    """How often each rule was found, most frequent first."""
    rows = sorted(counted(report).items(), key=lambda item: (-item[1], item[0]))
    names = {finding.rule: finding.name for finding in report.findings}
    width = max((len(f"{count:,}") for _, count in rows), default=0)
    return "".join(f"{count:>{width},}  {code}  {names[code]}\n" for code, count in rows)


def counted(report: Report) -> dict[str, int]:
    """How often each rule was found, by code."""
    counts: dict[str, int] = {}
    for finding in report.findings:
        counts[finding.rule] = counts.get(finding.rule, 0) + 1
    return dict(sorted(counts.items()))


def _number(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"

"""JUnit's XML, which every CI system shows as test results."""

from __future__ import annotations

from netraw_lint.reporters.entries import Entry, entries, of_finding
from netraw_lint.reporters.escape import line_start, shortened, xml

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from netraw_lint.model import Exemption, Report

_NAME = 250


def render(
    report: Report,
    _colour: bool = False,
    *,
    paths: Mapping[str, str] | None = None,
    show_suppressed: bool = False,
    **_extra: object,
) -> str:
    """A test case per finding. An empty suite fails in some systems, so a clean run has one that passes."""
    shown = entries(report, paths)
    exempt = report.exempt if show_suppressed else ()
    names: dict[tuple[str, str], int] = {}
    cases = [_case(entry, names) for entry in shown]
    cases += [_skipped(exemption, paths, names) for exemption in exempt]
    if not cases:
        cases = ['    <testcase classname="netraw-lint" name="no container holds NET_RAW"/>\n']
    failures = sum(entry.finding is not None and entry.severity != "info" for entry in shown)
    counts = (
        f'tests="{len(cases)}" failures="{failures}" errors="{len(report.problems)}" skipped="{len(exempt)}"'
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<testsuites name="netraw-lint" {counts}>\n'
        f'  <testsuite name="netraw-lint" {counts}>\n{"".join(cases)}  </testsuite>\n'
        "</testsuites>\n"
    )


def _case(entry: Entry, names: dict[tuple[str, str], int]) -> str:
    if entry.severity == "info":  # it does not fail the run
        return _element(entry, names, f"<system-out>{_body(entry)}</system-out>")
    kind = "failure" if entry.finding else "error"
    kind_of = entry.severity if entry.finding else entry.name
    opened = f'<{kind} message="{xml(f"{entry.code} {entry.text}")}" type="{xml(kind_of)}">'
    return _element(entry, names, f"{opened}{_body(entry)}</{kind}>")


def _skipped(exemption: Exemption, paths: Mapping[str, str] | None, names: dict[tuple[str, str], int]) -> str:
    until = f" (until {exemption.until})" if exemption.until else ""
    reason = shortened(f"exempt: {exemption.reason}{until}", 1000)
    return _element(of_finding(exemption.finding, paths), names, f'<skipped message="{xml(reason)}"/>')


def _element(entry: Entry, names: dict[tuple[str, str], int], content: str) -> str:
    # Results are compared between runs by class and name: no lines in them, and no two alike.
    name = shortened(f"{entry.title}: {entry.text}", _NAME)
    key = (entry.shown, name)
    names[key] = names.get(key, 0) + 1
    if names[key] > 1:
        name += f" ({names[key]})"
    line = "" if entry.line is None else f' line="{entry.line}"'
    path = xml(entry.shown)
    return (
        f'    <testcase classname="{path}" name="{xml(name)}" file="{path}"{line}>\n'
        f"      {content}\n    </testcase>\n"
    )


def _body(entry: Entry) -> str:
    lines = [f"{entry.place}: {entry.title}", entry.text, *([entry.advice] if entry.advice else [])]
    return "\n".join(xml(line_start(line)) for line in lines)

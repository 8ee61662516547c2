"""Logging commands of Azure Pipelines: issues in the summary of a run, each with its file and line."""

from __future__ import annotations

from netraw_lint.reporters.entries import Entry, entries
from netraw_lint.reporters.escape import brief, line_start

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from netraw_lint.model import Report

# The agent keeps the first so many issues of a kind in a step; the log has them all.
_SHOWN = 10
_KINDS = ("error", "warning")
# Microsoft.VisualStudio.Services.Agent/CommandStringConvertor.cs; the percent sign goes first.
_ESCAPES = (("%", "%AZP25"), (";", "%3B"), ("\r", "%0D"), ("\n", "%0A"), ("]", "%5D"))


def render(
    report: Report,
    _colour: bool = False,
    *,
    paths: Mapping[str, str] | None = None,
    root: str = "",
    **_extra: object,
) -> str:
    """One command per line. Azure knows errors and warnings only: what is less is a plain line."""
    shown = entries(report, paths)
    lines = [
        f"netraw-lint: Azure Pipelines lists {_SHOWN} issues of a kind per step, the worst first; "
        f"all {count:,} of the kind {kind} are in this log"
        for kind in _KINDS
        if (count := sum(entry.severity == kind for entry in shown)) > _SHOWN
    ]
    lines += [_command(entry, root) if entry.severity in _KINDS else _plain(entry) for entry in shown]
    return "".join(f"{line}\n" for line in lines)


def _command(entry: Entry, root: str) -> str:
    properties: list[tuple[str, str]] = [("type", entry.severity)]
    if entry.is_file:
        path = entry.path if entry.path.startswith("/") or not root else f"{root.rstrip('/')}/{entry.path}"
        properties.append(("sourcepath", brief(path, 4000)))
    if entry.is_file and entry.line is not None:
        properties.append(("linenumber", str(entry.line)))
    if entry.is_file and entry.finding:
        properties.append(("columnnumber", str(entry.finding.location.column)))
    properties.append(("code", entry.code))
    listed = "".join(f"{name}={_escaped(value)};" for name, value in properties)
    return f"##vso[task.logissue {listed}]{_escaped(f'{entry.place} {entry.title}: {entry.whole}')}"


def _plain(entry: Entry) -> str:
    return line_start(f"{entry.place} {entry.title} [{entry.severity}]: {entry.whole}")


def _escaped(text: str) -> str:
    for char, escape in _ESCAPES:
        text = text.replace(char, escape)
    return text

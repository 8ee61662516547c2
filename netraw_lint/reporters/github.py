"""Workflow commands of GitHub Actions: annotations in the run and beside the lines of a pull request."""

from __future__ import annotations

from netraw_lint.reporters.entries import Entry, entries
from netraw_lint.reporters.escape import shortened

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from netraw_lint.model import Report

_COMMANDS = {"error": "error", "warning": "warning", "info": "notice"}
# The runner makes an issue of so many commands of each kind in a step, and cuts their messages (in UTF-16
# units) at so many characters: actions/runner, src/Runner.Worker/ExecutionContext.cs.
_SHOWN = 10
_LONGEST = 4096


def render(
    report: Report, _colour: bool = False, *, paths: Mapping[str, str] | None = None, **_extra: object
) -> str:
    """One command per line; a plain line in front says which annotations GitHub will leave out."""
    shown = entries(report, paths)
    counts = {kind: sum(_COMMANDS[each.severity] == kind for each in shown) for kind in _COMMANDS.values()}
    lines = [
        f"netraw-lint: GitHub shows {_SHOWN} annotations of a kind per step, the worst first; "
        f"all {count:,} of the kind {kind} are in this log"
        for kind, count in counts.items()
        if count > _SHOWN
    ]
    return "".join(f"{line}\n" for line in (*lines, *map(_command, shown)))


def _command(entry: Entry) -> str:
    properties = [("title", entry.title)]
    if entry.is_file:
        properties.append(("file", entry.shown))
    if entry.is_file and entry.line is not None:
        properties.append(("line", str(entry.line)))
    if entry.is_file and entry.finding:
        location = entry.finding.location
        # The runner drops the columns of an annotation that spans lines. The last column is inclusive here.
        properties += [
            ("endLine", str(location.end_line)),
            ("col", str(location.column)),
            ("endColumn", str(max(location.column, location.end_column - 1))),
        ]
    # The log shows the message alone, so it names its place too.
    message = shortened(f"{entry.place} {entry.title}: {entry.whole}", _LONGEST // 2)
    listed = ",".join(f"{name}={_property(value)}" for name, value in properties)
    return f"::{_COMMANDS[entry.severity]} {listed}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")

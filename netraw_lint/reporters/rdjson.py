"""The Reviewdog Diagnostic Format: comments on a pull request, with suggestions to accept by a click.

Columns count the bytes of UTF-8 from 1, ends are exclusive (reviewdog, proto/rdf/reviewdog.proto).
"""

from __future__ import annotations

from netraw_lint.reporters.entries import Entry, entries
from netraw_lint.reporters.escape import json_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from netraw_lint.model import Report
    from netraw_lint.reporters.suggested import Place, Suggestions

_SEVERITIES = {"error": "ERROR", "warning": "WARNING", "info": "INFO"}


def render(
    report: Report,
    _colour: bool = False,
    *,
    paths: Mapping[str, str] | None = None,
    suggestions: Suggestions | None = None,
    **_extra: object,
) -> str:
    """One DiagnosticResult."""
    return json_text(
        {
            "source": {"name": "netraw-lint"},
            "diagnostics": [_diagnostic(each, suggestions or {}) for each in entries(report, paths)],
        }
    )


def _diagnostic(entry: Entry, suggestions: Suggestions) -> dict[str, Any]:
    location: dict[str, Any] = {"path": entry.shown}
    result: dict[str, Any] = {
        "message": f"{entry.title}: {entry.whole}",
        "location": location,
        "severity": _SEVERITIES[entry.severity],
        "code": {"value": entry.code},
    }
    finding = entry.finding
    if finding is None:
        if entry.line is not None:
            location["range"] = {"start": {"line": entry.line}}
        return result
    at = finding.location
    location["range"] = {
        "start": {"line": at.line, "column": _column(finding.excerpt[: at.column - 1])},
        "end": {"line": at.end_line, "column": _column(finding.excerpt[: at.end_column - 1])},
    }
    instead = suggestions.get(finding)
    if instead and instead.encoding == "utf-8":  # in any other, columns in bytes mean nothing
        extent = {"start": _position(instead.start), "end": _position(instead.end)}
        result["suggestions"] = [{"range": extent, "text": instead.text}]
    return result


def _position(place: Place) -> dict[str, int]:
    return {"line": place.line, "column": _column(place.before)}


def _column(before: str) -> int:
    return len(before.encode("utf-8", "surrogatepass")) + 1

"""The Code Quality report of GitLab: a widget in merge requests."""

from __future__ import annotations

from hashlib import sha256

from netraw_lint.reporters.entries import Entry, entries
from netraw_lint.reporters.escape import json_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from netraw_lint.model import Report

_SEVERITIES = {"error": "critical", "warning": "minor", "info": "info"}


def render(
    report: Report, _colour: bool = False, *, paths: Mapping[str, str] | None = None, **_extra: object
) -> str:
    """A JSON list, empty when there is nothing to tell; GitLab compares it with that of the target branch."""
    times: dict[str, int] = {}
    return json_text([_issue(entry, times) for entry in entries(report, paths)])


def _issue(entry: Entry, times: dict[str, int]) -> dict[str, Any]:
    severity = _SEVERITIES[entry.severity] if entry.finding else "blocker"
    return {
        # The widget does not show check_name.
        "description": f"{entry.title}: {entry.whole}",
        "check_name": entry.code,
        "fingerprint": _fingerprint(entry, times),
        "severity": severity,
        "location": {"path": entry.shown, "lines": {"begin": entry.line or 1}},
    }


def _fingerprint(entry: Entry, times: dict[str, int]) -> str:
    """The same for the same finding when lines move; issues that share one would be shown as one."""
    identity = entry.finding.identity if entry.finding else f"{entry.title} {entry.text}"
    key = f"{entry.path}\0{identity}"
    times[key] = times.get(key, 0) + 1
    if times[key] > 1:
        key += f"\0{times[key]}"
    return sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:32]

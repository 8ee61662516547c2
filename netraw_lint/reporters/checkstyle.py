"""The XML of Checkstyle, which Jenkins, reviewdog and many others read."""

from __future__ import annotations

from netraw_lint.reporters.entries import Entry, entries
from netraw_lint.reporters.escape import xml

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from netraw_lint.model import Report


def render(
    report: Report,
    _colour: bool = False,
    *,
    paths: Mapping[str, str] | None = None,
    version: str = "",
    **_extra: object,
) -> str:
    """The entries of each file together, the files by path."""
    files: dict[str, list[Entry]] = {}
    for entry in entries(report, paths):
        files.setdefault(entry.shown, []).append(entry)
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', f'<checkstyle version="netraw-lint {xml(version)}">']
    for path in sorted(files):
        lines.append(f'  <file name="{xml(path)}">')
        lines += (f"    <error {_attributes(entry)}/>" for entry in files[path])
        lines.append("  </file>")
    return "\n".join([*lines, "</checkstyle>", ""])


def _attributes(entry: Entry) -> str:
    attributes = {"line": str(entry.line or 1)}
    if entry.finding:
        attributes["column"] = str(entry.finding.location.column)
    attributes |= {
        "severity": entry.severity,
        "message": f"{entry.title}: {entry.whole}",
        "source": f"netraw-lint.{entry.code}",
    }
    return " ".join(f'{name}="{xml(value)}"' for name, value in attributes.items())

"""What the text reports share: colours, the headline of a finding, the line of a problem."""

from __future__ import annotations

from netraw_lint.reporters.escape import line_start, printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from netraw_lint.model import Finding, Problem, Report


class Style:
    """ANSI colours, or none."""

    def __init__(self, colour: bool) -> None:
        self._colour = colour

    def _paint(self, code: str, text: str) -> str:
        return f"\033[{code}m{text}\033[0m" if self._colour else text

    def bad(self, text: str) -> str:
        """Red, for rule codes and carets."""
        return self._paint("1;31", text)

    def strong(self, text: str) -> str:
        """Bold, for places."""
        return self._paint("1", text)

    def dim(self, text: str) -> str:
        """Faint, for the frame around an excerpt."""
        return self._paint("2", text)


def place(finding: Finding) -> str:
    """``path:line:column:``."""
    return f"{line_start(finding.path)}:{finding.location.line}:{finding.location.column}:"


def mark(finding: Finding) -> str:
    """Nothing for an error; anything else says its severity."""
    return "" if finding.severity == "error" else f"[{finding.severity}] "


def exempt(report: Report, paint: Style) -> list[str]:
    """A line for each exemption, with reason and last day; what a baseline holds is only counted, in the summary."""
    lines = []
    for item in report.exempt:
        if item.origin != "baseline":
            until = f" until {printable(item.until)}" if item.until else ""
            said = f"exempt{until} ({item.origin}): {printable(item.reason)}"
            lines.append(paint.dim(f"{place(item.finding)} {item.finding.rule} {said}"))
    return lines


def problem(item: Problem, paint: Style) -> tuple[str, str]:
    """``path:line: not checked (stage):`` and the reason, as it came."""
    place = f"{line_start(item.path)}:{item.line}:" if item.line is not None else f"{line_start(item.path)}:"
    return f"{paint.strong(place)} {paint.bad(f'not checked ({item.stage}):')}", item.message

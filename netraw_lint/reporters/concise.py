"""One line per finding, as compilers print them."""

from __future__ import annotations

from netraw_lint.reporters import style
from netraw_lint.reporters.escape import printable
from netraw_lint.reporters.style import Style

TYPE_CHECKING = False
if TYPE_CHECKING:
    from netraw_lint.model import Finding, Problem, Report


def render(report: Report, colour: bool = False) -> str:
    """``path:line:column: CODE message``, then what is exempt, then what was not checked."""
    paint = Style(colour)
    lines = [_finding(finding, paint) for finding in report.findings]
    lines += style.exempt(report, paint)
    lines += [_problem(problem, paint) for problem in report.problems]
    return "".join(f"{line}\n" for line in lines)


def _finding(finding: Finding, paint: Style) -> str:
    message = f"{style.mark(finding)}{printable(finding.message)}"
    return f"{paint.strong(style.place(finding))} {paint.bad(finding.rule)} {message}"


def _problem(problem: Problem, paint: Style) -> str:
    head, reason = style.problem(problem, paint)
    return f"{head} {printable(reason)}"

"""One line per finding, as compilers print them."""

from __future__ import annotations

from netraw_lint.reporters import style
from netraw_lint.reporters.escape import printable
from netraw_lint.reporters.style import Style

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from netraw_lint.model import Finding, Problem, Report


def render(report: Report, colour: bool = False) -> str:
    """``path:line:column: CODE message``, then what is exempt, then what was not checked."""
    return "".join(parts(report, colour))


def parts(report: Report, colour: bool = False) -> Iterator[str]:
    """The same, line by line."""
    paint = Style(colour)
    for finding in report.findings:
        yield f"{_finding(finding, paint)}\n"
    for line in style.exempt(report, paint):
        yield f"{line}\n"
    for problem in report.problems:
        yield f"{_problem(problem, paint)}\n"


def _finding(finding: Finding, paint: Style) -> str:
    message = f"{style.mark(finding)}{printable(finding.message)}"
    return f"{paint.strong(style.place(finding))} {paint.bad(finding.rule)} {message}"


def _problem(problem: Problem, paint: Style) -> str:
    head, reason = style.problem(problem, paint)
    return f"{head} {printable(reason)}"

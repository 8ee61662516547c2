"""The report for people: each finding with its line, a caret and what to write instead."""

from __future__ import annotations

from netraw_lint.reporters import style
from netraw_lint.reporters.escape import folded, printable
from netraw_lint.reporters.style import Style

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from netraw_lint.model import Finding, Problem, Report

_WIDTH = 80
_INDENT = "    "


def render(report: Report, colour: bool = False) -> str:
    """Findings, then what is exempt, then what was not checked."""
    return "".join(parts(report, colour))


def parts(report: Report, colour: bool = False) -> Iterator[str]:
    """The same, part by part."""
    for number, block in enumerate(_blocks(report, Style(colour))):
        yield f"\n{block}" if number else block


def _blocks(report: Report, paint: Style) -> Iterator[str]:
    fixing = report.fixed is not None
    for finding in report.findings:
        yield _finding(finding, paint, fixing)
    exempt = style.exempt(report, paint)
    if exempt:
        yield "".join(f"{line}\n" for line in exempt)
    for problem in report.problems:
        yield _problem(problem, paint)


def _finding(finding: Finding, paint: Style, fixing: bool) -> str:
    gutter = " " * len(str(finding.location.line))
    excerpt, caret = _excerpt(finding)
    lines = [
        f"{paint.strong(style.place(finding))} {paint.bad(finding.rule)} {style.mark(finding)}{finding.name}",
        *_indented(finding.message),
        paint.dim(f"{gutter} |"),
        f"{paint.dim(f'{finding.location.line} |')} {excerpt}".rstrip(),
        f"{paint.dim(f'{gutter} |')} {paint.bad(caret)}",
        *_labelled(f"{gutter} = help: ", finding.help, paint),
    ]
    if fixing and finding.refusal:
        lines += _labelled(f"{gutter} = not fixed: ", finding.refusal, paint)
    if finding.origin:
        lines += _labelled(f"{gutter} = from: ", finding.origin, paint)
    return "".join(f"{line}\n" for line in lines)


def _problem(problem: Problem, paint: Style) -> str:
    head, reason = style.problem(problem, paint)
    return "".join(f"{line}\n" for line in (head, *_indented(reason)))


def _excerpt(finding: Finding) -> tuple[str, str]:
    """The line, of a long one the part around the place, and the caret below it."""
    line, location = finding.excerpt, finding.location
    at = location.column - 1
    start = max(0, at - _WIDTH // 2) if len(line) > 2 * _WIDTH else 0
    end = start + 2 * _WIDTH
    # An escaped character is shown wider than it is.
    before = _visible(line[start:at])
    marked = _visible(line[at : min(location.end_column - 1, end)])
    caret = "^" * max(1, min(len(marked), _WIDTH))
    shown = _visible(line[start:end])
    if start:
        before, shown = f"...{before}", f"...{shown}"
    if end < len(line):
        shown += "..."
    return shown, f"{' ' * len(before)}{caret}"


def _visible(text: str) -> str:
    return printable(text).replace("\t", " ")


def _indented(text: str) -> list[str]:
    return [f"{_INDENT}{line}" for line in folded(text, _WIDTH - len(_INDENT))]


def _labelled(label: str, text: str, paint: Style) -> list[str]:
    first, *rest = folded(text, _WIDTH - len(label))
    return [f"{paint.dim(label)}{first}", *(f"{' ' * len(label)}{line}" for line in rest)]

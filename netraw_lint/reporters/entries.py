"""What the formats of CI systems share: findings and problems as one list of entries with harmless texts."""

from __future__ import annotations

from netraw_lint.noun import Noun
from netraw_lint.reporters.escape import brief

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from netraw_lint.model import Finding, Problem, Report, Severity

# A message is about 150 characters long; only a name made to be long exceeds these.
TEXT, ADVICE, PATH = 1000, 500, 1000

RANKS = {"error": 0, "warning": 1, "info": 2}


class Entry(Noun):
    """One thing to show. ``path`` is raw, as seen from the root of the repository; ``shown`` and the texts are
    printable, of bounded length and on one line. ``is_file`` is false for the standard input. ``finding`` is
    None for what was not checked.
    """

    path: str
    shown: str
    line: int | None
    severity: Severity
    code: str
    name: str
    text: str
    advice: str
    is_file: bool
    finding: Finding | None = None

    @property
    def title(self) -> str:
        """``NRL003 net-raw-not-dropped``, or what says that something was not checked."""
        return f"{self.code} {self.name}" if self.finding else f"{self.code.replace('-', ' ')} ({self.name})"

    @property
    def place(self) -> str:
        """``path:line:column``, as far as it is known."""
        if self.finding:
            return f"{self.shown}:{self.line}:{self.finding.location.column}"
        return self.shown if self.line is None else f"{self.shown}:{self.line}"

    @property
    def whole(self) -> str:
        """The text with the advice."""
        return f"{self.text}; {self.advice}" if self.advice else self.text


def entries(report: Report, paths: Mapping[str, str] | None) -> list[Entry]:
    """Everything that a run has to tell: what was not checked, then the findings, the worst first."""
    found = [of_finding(finding, paths) for finding in worst_first(report.findings)]
    return [of_problem(problem, paths) for problem in report.problems] + found


def worst_first(findings: Sequence[Finding]) -> list[Finding]:
    """Findings by severity, else in the order of the report: a consumer with a limit takes the first."""
    return sorted(findings, key=lambda finding: RANKS[finding.severity])


def of_finding(finding: Finding, paths: Mapping[str, str] | None) -> Entry:
    """The entry of a finding."""
    path = placed(finding.path, paths)
    return Entry(
        path,
        brief(path, PATH),
        finding.location.line,
        finding.severity,
        finding.rule,
        finding.name,
        message(finding),
        brief(finding.help, ADVICE),
        paths is None or finding.path in paths,
        finding,
    )


def of_problem(problem: Problem, paths: Mapping[str, str] | None) -> Entry:
    """The entry of something that was not checked."""
    path = placed(problem.path, paths)
    text = brief(problem.message, TEXT)
    shown = brief(path, PATH)
    is_file = paths is None or problem.path in paths
    return Entry(path, shown, problem.line, "error", "not-checked", problem.stage, text, "", is_file)


def message(finding: Finding) -> str:
    """What is wrong, with the chart template that it was rendered from."""
    text = brief(finding.message, TEXT)
    return f"{text} (from {brief(finding.origin, PATH)})" if finding.origin else text


def placed(path: str, paths: Mapping[str, str] | None) -> str:
    """A path of the report as seen from the root of the repository."""
    return paths.get(path, path) if paths else path

"""Markdown for people: the summary of a CI job, or a comment on a pull request."""

from __future__ import annotations

from netraw_lint.reporters.entries import Entry, entries, of_finding
from netraw_lint.reporters.escape import brief
from netraw_lint.summary import counted, summary

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from netraw_lint.model import Report

# GitHub refuses a summary above 1 MiB; so many rows of so many characters stay far below it.
_ROWS = 200
_CELL = 400


def render(
    report: Report,
    _colour: bool = False,
    *,
    paths: Mapping[str, str] | None = None,
    show_suppressed: bool = False,
    **_extra: object,
) -> str:
    """A headline, the rules, the worst findings, and what was not checked."""
    shown = entries(report, paths)
    found = [entry for entry in shown if entry.finding]
    parts = [f"## netraw-lint\n\n{summary(report).removeprefix('netraw-lint: ')}\n"]
    if found:
        names = {entry.code: entry.name for entry in found}
        parts.append(
            _table(
                ("rule", "findings", "about"),
                [(code, f"{count:,}", names[code]) for code, count in counted(report).items()],
            )
        )
        rows = [
            (entry.severity, entry.code, _code(entry.place), _code(entry.text)) for entry in found[:_ROWS]
        ]
        parts.append(
            _table(("severity", "rule", "place", "finding"), rows) + _left_out(len(found), "findings")
        )
        parts.append("`netraw-lint --explain RULE` says why a finding matters and what to write instead.\n")
    if report.problems:
        parts.append("### Not checked\n\n" + _problems([entry for entry in shown if not entry.finding]))
    if show_suppressed and report.exempt:
        parts.append("### Exempt\n\n" + _exempt(report, paths))
    return "\n".join(parts)


def _exempt(report: Report, paths: Mapping[str, str] | None) -> str:
    rows = []
    for exemption in report.exempt[:_ROWS]:
        entry = of_finding(exemption.finding, paths)
        rows.append(
            (
                entry.code,
                _code(entry.place),
                _code(entry.text),
                _code(exemption.reason),
                _code(exemption.until or ""),
            )
        )
    table = _table(("rule", "place", "finding", "reason", "until"), rows)
    return table + _left_out(len(report.exempt), "exemptions")


def _problems(shown: list[Entry]) -> str:
    rows = [(entry.name, _code(entry.place), _code(entry.text)) for entry in shown[:_ROWS]]
    return _table(("stage", "place", "why"), rows) + _left_out(len(shown), "places")


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _left_out(count: int, what: str) -> str:
    return f"\n{count - _ROWS:,} more {what} are in the log of the job.\n" if count > _ROWS else ""


def _code(text: str) -> str:
    """Untrusted text as a code span: nothing in one is a link, a mention, markup or HTML.

    A table is cut at its bars before code spans are looked for; ``\\|`` is a bar to both.
    """
    text = brief(text, _CELL).replace("\t", " ").strip()
    if not text:
        return ""
    longest = run = 0
    for char in text:
        run = run + 1 if char == "`" else 0
        longest = max(longest, run)
    fence = "`" * (longest + 1)
    pad = " " if text[0] == "`" or text[-1] == "`" else ""
    return f"{fence}{pad}{_barred(text)}{pad}{fence}"


def _barred(text: str) -> str:
    # A backslash in front of a bar would take the escape's effect; nothing else can stand for a bar here.
    return text.replace("\\|", "\\ |").replace("|", "\\|")

"""The parts of the HTML report that list: every container, every finding, the exemptions, what was not checked."""

from __future__ import annotations

from netraw_lint.reporters.entries import message, placed
from netraw_lint.reporters.html_figures import CLEAR, EXEMPT, HOLDS, STOPS, Figures, Row, directory, who, why
from netraw_lint.reporters.html_page import named, section
from netraw_lint.reporters.html_text import LINE, NAME, esc, excerpt, inline, many, table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from netraw_lint.model import Finding, Holding, Report

# A browser lays out what is far away in steps of so many.
_CHUNK = 50
_STATES = {
    HOLDS: ("h", "can hold it"),
    EXEMPT: ("e", "exempt"),
    STOPS: ("n", "does not start"),
    CLEAR: ("o", "cannot hold it"),
}
_HOLDING: dict[Holding, tuple[str, str]] = {
    True: ("yes", "yes"),
    False: ("no", "no"),
    "error": ("stop", "does not start"),
}
# The style sheet names these columns where a row is shown as a card.
_COLUMNS = {"containerd": "c", "cri-o": "r", "docker": "d"}
_TOOLS = (("state", "Result"), ("namespace", "Namespace"), ("kind", "Kind"), ("where", ""), ("rule", "Rule"))


def containers(report: Report, counted: Figures) -> str:
    """Every container judged, with the verdict for each runtime, the reason and the place."""
    if not counted.rows:
        judged = report.counts.containers
        words = (
            f"{many(judged, 'container')} judged, but not listed." if judged else "No containers were found."
        )
        return section("containers", "Every container judged", f"<p>{words}</p>\n")
    by_file = len({directory(row) for row in counted.rows}) < 2
    where = "File" if by_file else "Directory"
    choices = "".join(
        f'<label>{name or where}<select id="by-{key}"><option value="">all</option></select></label>\n'
        for key, name in _TOOLS
    )
    tools = (
        '<div id="tools" role="search" hidden>\n<div class="tools">\n<label class="first">Search names, reasons and places'
        f'<input type="search" id="search" autocomplete="off" spellcheck="false"></label>\n{choices}</div>\n'
        '<div class="count"><span id="count" role="status"></span>'
        '<button type="button" id="reset" hidden>Show all again</button></div></div>\n'
    )
    heads = ("Result", "Container", "Namespace", *map(esc, counted.runtimes), "Reason", "Place")
    widths = ("w1", "w2", "w3", *("w4",) * len(counted.runtimes), "w5", "")
    columns = "".join(f'<col class="{width}">' if width else "<col>" for width in widths)
    whole = (
        f'<table id="judged" class="r{len(counted.runtimes)}" data-where="{where.lower()}">\n<caption class="hush">Every container judged, and whether it '
        f"can hold NET_RAW on each runtime</caption>\n<colgroup>{columns}</colgroup>\n<thead><tr>"
        + "".join(f'<th scope="col">{head}</th>' for head in heads)
        + "</tr></thead>\n<tbody>\n"
        + "".join(_row(row, report, counted.runtimes) for row in counted.rows)
        + '</tbody>\n</table>\n<p id="none" hidden>No container fits. Try fewer words, or show all again.</p>\n'
        '<div class="more" id="more" hidden><button type="button" id="next">Show more</button>'
        '<button type="button" id="all">Show all</button></div>\n'
    )
    words = (
        "<p>Those that can hold NET_RAW come first, then the exempt, then the rest: this is the evidence that each "
        "was judged.</p>\n"
    )
    return section("containers", "Every container judged", words + tools + whole)


def _row(row: Row, report: Report, runtimes: tuple[str, ...]) -> str:
    judged = row.judged
    kind, word = _STATES[row.state]
    held = []
    for name in runtimes:
        style, state = _HOLDING[judged.holds.get(name, False)]
        held.append(f'<td class="{_COLUMNS.get(name, "x")} {style}">{state}</td>')
    role = "" if judged.container.list == "containers" else f"{esc(judged.container.list, NAME)} &middot; "
    origin = f"<small>from {_path(judged.origin)}</small>" if judged.origin else ""
    return (
        f'<tr class="{kind}"><td><span class="state">{word}</span></td><th scope="row">{_container(row)}<small>{role}'
        f"<span>{named(judged.object.kind)}</span> {esc(judged.object.name, NAME)}</small></th>"
        f'<td>{named(judged.object.namespace)}</td>{"".join(held)}<td class="why">{inline(why(row, runtimes))}{_links(row, report)}</td>'
        f"<td><code>{_path(row.path)}:{judged.location.line}</code>{origin}</td></tr>\n"
    )


def _path(text: str) -> str:
    """A path that may be broken behind its slashes."""
    return esc(text, NAME).replace("/", "/<wbr>")


def _container(row: Row) -> str:
    ref = row.judged.container
    if ref.name.strip():
        return esc(ref.name, NAME)
    return "(no name)" if ref.index is None else f"(no name, number {ref.index + 1})"


def _links(row: Row, report: Report) -> str:
    links = [f'<a href="#f{number + 1}">{esc(report.findings[number].rule)}</a>' for number in row.findings]
    for number in row.exempt:
        exemption = report.exempt[number]
        code = esc(exemption.finding.rule)
        links.append(f'<a href="#e{number + 1}">{code}</a> exempt by {esc(who(exemption))}')
    if row.state == HOLDS and not links:
        links = ["the rules that ran do not report it"]
    return f"<small>{', '.join(links)}</small>" if links else ""


def findings(report: Report, paths: Mapping[str, str] | None) -> str:
    """Every finding with its source line and what to write instead, by rule."""
    by_rule: dict[str, list[int]] = {}
    for number, finding in enumerate(report.findings):
        by_rule.setdefault(finding.rule, []).append(number)
    parts = []
    for code, numbers in sorted(by_rule.items()):
        found = [report.findings[number] for number in numbers]
        helps, fixes = {finding.help for finding in found}, {_fix(finding) for finding in found}
        shared = [f"<p>To do: {inline(text)}</p>\n" for text in helps if text and len(helps) == 1]
        shared += [f"<p><small>{text}</small></p>\n" for text in fixes if text and len(fixes) == 1]
        items = [_finding(number, report, paths, len(helps) > 1, len(fixes) > 1) for number in numbers]
        chunks = "".join(
            f'<ol class="chunk{" lazy" if at + _CHUNK <= len(items) else ""}">\n{"".join(items[at : at + _CHUNK])}</ol>\n'
            for at in range(0, len(items), _CHUNK)
        )
        parts.append(
            f'<div class="group"><h3><a href="#{esc(code)}">{esc(code)}</a> {esc(found[0].name)} '
            f"<small>{many(len(items), 'finding')}</small></h3>\n{''.join(shared)}{chunks}</div>\n"
        )
    return section("findings", "Findings", "".join(parts) or "<p>There are none.</p>\n")


def _finding(
    number: int, report: Report, paths: Mapping[str, str] | None, with_help: bool, with_fix: bool
) -> str:
    finding = report.findings[number]
    location = finding.location
    advice = f"<p>To do: {inline(finding.help)}</p>" if with_help and finding.help else ""
    fix = _fix(finding) if with_fix else ""
    severity = "" if finding.severity == "error" else f"{finding.severity}: "
    return (
        f'<li id="f{number + 1}"><p>{severity}{inline(message(finding))}</p>'
        f"<p><code>{_place(finding, paths)}</code></p>"
        f"{excerpt(finding.excerpt, location.column, location.end_column)}{advice}"
        f"{f'<p><small>{fix}</small></p>' if fix else ''}</li>\n"
    )


def _fix(finding: Finding) -> str:
    if finding.fix:
        return (
            f"<code>netraw-lint --fix{' --unsafe-fixes' if finding.fix == 'unsafe' else ''}</code> can do it"
        )
    return f"Not fixed by itself: {esc(finding.refusal)}" if finding.refusal else ""


def _place(finding: Finding, paths: Mapping[str, str] | None) -> str:
    location = finding.location
    return f"{esc(placed(finding.path, paths), NAME)}:{location.line}:{location.column}"


def exemptions(report: Report, paths: Mapping[str, str] | None) -> str:
    """What somebody accepted: who says so, why, and until when."""
    order = sorted(range(len(report.exempt)), key=lambda number: report.exempt[number].until or "9")
    rows = []
    for number in order:
        exemption = report.exempt[number]
        until = esc(exemption.until, LINE) if exemption.until else "no end"
        rows.append(
            f'<tr id="e{number + 1}"><th scope="row">{esc(exemption.finding.rule)} {inline(message(exemption.finding))}'
            f"<br><small><code>{_place(exemption.finding, paths)}</code></small></th>"
            f'<td data-label="Reason:">{named(exemption.reason)}</td><td data-label="Said by:">{esc(who(exemption), NAME)}</td>'
            f'<td data-label="Until:" class="until">{until}</td></tr>\n'
        )
    if not rows:
        return section("exemptions", "Exemptions", "<p>There are none.</p>\n")
    endless = sum(not exemption.until for exemption in report.exempt)
    words = f"{many(len(rows), 'finding')} {'is' if len(rows) == 1 else 'are'} accepted; {endless:,} of them without an end."
    head = ("What is accepted", "Reason", "Said by", "Until")
    return section("exemptions", "Exemptions", table(words, head, rows, "exempt"))


def unchecked(report: Report, counted: Figures, paths: Mapping[str, str] | None) -> str:
    """What the report says nothing about."""
    rows = []
    for problem in report.problems:
        line = f":{problem.line}" if problem.line is not None else ""
        place = f"{esc(placed(problem.path, paths), NAME)}{line}"
        rows.append(
            f'<tr><th scope="row"><code>{place}</code></th><td>{esc(problem.message)}</td>'
            f'<td data-label="Stage:">{esc(problem.stage)}</td></tr>\n'
        )
    for number, finding in enumerate(report.findings):
        if finding.rule.startswith("NRL9"):
            rows.append(
                f'<tr><th scope="row"><code>{_place(finding, paths)}</code></th><td>{inline(message(finding))} '
                f'(<a href="#f{number + 1}">{esc(finding.rule)}</a>)</td><td data-label="Stage:">parse</td></tr>\n'
            )
    head = ("Place", "Why it was not checked", "Stage")
    whole = (
        table(f"{many(len(rows), 'place')} that this report says nothing about", head, rows, "unchecked")
        if rows
        else ""
    )
    if counted.unrendered:
        lines = f"{many(counted.unrendered, 'line')} <code>image:</code> in the templates of Helm charts"
        whole += f"<p>{lines} would make containers with other values; what they make was not judged.</p>\n"
    return section("not-checked", "Not checked", whole or "<p>Everything that was found was checked.</p>\n")

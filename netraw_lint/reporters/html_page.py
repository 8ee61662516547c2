"""The parts of the HTML report that sum up: the verdict, causes, places, rules, and how it was made."""

from __future__ import annotations

from netraw_lint import rules
from netraw_lint.reporters.html_figures import (
    CLEAR,
    EXEMPT,
    HOLDS,
    STOPS,
    Figures,
    Group,
    directory,
    grouped,
    why,
)
from netraw_lint.reporters.html_text import NAME, bar, esc, facts, inline, many, page, table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from netraw_lint.model import Report

HATCH = (
    '<svg class="hush" aria-hidden="true"><defs><pattern id="hatch" width="6" height="6" '
    'patternUnits="userSpaceOnUse"><rect width="6" height="6"></rect><path d="M-1 7 7 -1M2 10 10 2M-4 4 4 -4">'
    "</path></pattern></defs></svg>\n"
)
_CONTROL = "Minimize the admission of containers with the NET_RAW capability"
# aquasecurity/kube-bench, cfg/*/policies.yaml.
_NUMBERS = (
    "The control is 5.2.8 in the CIS benchmarks for Kubernetes 1.23 and later, 5.2.7 in those for Kubernetes 1.5 to 1.20 "
    "and OpenShift, 4.2.7 in AKS 1.0, EKS 1.0 and 1.1, and GKE 1.2."
)
# So many rows of a table that sums up stand open.
_OPEN = 15
_LEGEND = (
    ("hold", HOLDS, "can hold NET_RAW"),
    ("exempt", EXEMPT, "can hold it, exempt"),
    ("stop", STOPS, "would not start"),
    ("rest", CLEAR, "cannot hold it"),
)


def headline(report: Report, counted: Figures) -> str:
    """What the report says, in a line."""
    total, holding = counted.whole.total, counted.whole.holding
    if not total:
        judged = report.counts.containers
        return f"{many(judged, 'container')} judged" if judged else "No containers were judged"
    if not holding:
        return (
            f"None of {many(total, 'container')} can hold NET_RAW"
            if total > 1
            else "The container cannot hold NET_RAW"
        )
    if holding == total:
        return f"All {total:,} containers can hold NET_RAW" if total > 1 else "The container can hold NET_RAW"
    return f"{holding:,} of {many(total, 'container')} can hold NET_RAW"


def verdict(report: Report, counted: Figures) -> tuple[bool, str, str]:
    """Whether the control is missed, the verdict on it, and the reason."""
    open_, exempt = counted.open, counted.whole.counts[EXEMPT]
    reasons = []
    if open_:
        reasons.append(
            f"{many(open_, 'container')} can hold NET_RAW on at least one runtime, and no exemption says why"
        )
    if counted.policies:
        reasons.append(f"admission policies admit it ({many(counted.policies, 'finding')})")
    if reasons:
        return True, "Not met", "; ".join(reasons) + "."
    if not counted.rows and report.counts.containers:
        return bool(report.findings), "Not shown", "This report was made without the list of containers."
    if counted.unchecked or counted.unrendered:
        return (
            False,
            "Undecided",
            "Nothing that was checked speaks against it, and not everything was checked.",
        )
    if not counted.whole.total:
        return False, "Nothing to judge", "The manifests hold no containers."
    if exempt:
        verb = "holds" if exempt == 1 else "hold"
        each = "with a recorded reason" if exempt == 1 else "each with a recorded reason"
        return False, "Met, with exceptions", f"{many(exempt, 'container')} {verb} NET_RAW {each}."
    return False, "Met", "No container that was judged can hold NET_RAW."


def top(report: Report, counted: Figures, version: str, when: str) -> str:
    """The head of the page: the headline, the verdict, the figures, the runtimes, and the way to the rest."""
    is_bad, word, reason = verdict(report, counted)
    made = f"<span>{esc(f'made {when}')}</span>" if when else ""
    whole = counted.whole
    figures = (
        ("", whole.total or report.counts.containers, "containers judged"),
        ("key", counted.open, "can hold NET_RAW, with no exemption"),
        ("", whole.counts[EXEMPT], "can hold it, and are exempt"),
        ("", counted.unchecked, "files or documents not checked"),
    )
    cells = "".join(
        f'<div class="{kind if number else ""}"><dt>{name}</dt><dd>{number:,}</dd></div>\n'
        for kind, number, name in figures
    )
    links = (
        ("causes", "Causes", None),
        ("places", "Places", None),
        ("containers", "Containers", len(counted.rows)),
        ("findings", "Findings", len(report.findings)),
        ("exemptions", "Exemptions", len(report.exempt)),
        ("not-checked", "Not checked", counted.unchecked),
        ("rules", "Rules", None),
        ("about", "About this report", None),
    )
    nav = "".join(
        f'<li><a href="#{name}">{text}</a>{"" if number is None else f" <small>{number:,}</small>"}</li>\n'
        for name, text, number in links
    )
    return (
        '<a class="skip" href="#main">Skip to the report</a>\n'
        f'<header>\n<div class="top"><span><b>netraw-lint</b> {esc(version)}</span>{made}'
        '<button type="button" id="theme" hidden>Dark</button></div>\n'
        f"<h1>{headline(report, counted)}</h1>\n"
        f'<div class="verdict{" bad" if is_bad else ""}"><p><span class="word">{word}</span> in these manifests: '
        f"the CIS control <q>{_CONTROL}</q>. {reason}</p>\n"
        '<p class="soft"><small>NET_RAW lets a program open raw sockets: sniff its network, forge packets, spoof ARP and '
        "DNS. The verdict is about what the manifests ask for; what else a cluster admits is up to its admission "
        f"policy. {_NUMBERS}</small></p></div>\n"
        f'</header>\n<main id="main">\n<dl class="figures">\n{cells}</dl>\n{_share(whole)}{_runtimes(counted)}'
        f'<nav aria-label="Contents"><ul>\n{nav}</ul></nav>\n'
    )


def _share(whole: Group) -> str:
    if not whole.total:
        return ""
    parts = [(name, whole.counts[state]) for name, state, _ in _LEGEND]
    legend = "".join(
        f"<li>{bar('key', [(name, 1)], 1)}{whole.counts[state]:,} {text}</li>\n"
        for name, state, text in _LEGEND
        if whole.counts[state]
    )
    return f'{bar("share", parts, whole.total)}\n<ul class="legend">\n{legend}</ul>\n'


def _runtimes(counted: Figures) -> str:
    rows = []
    total = len(counted.rows)
    for name in counted.runtimes if total else ():
        held = [row for row in counted.rows if row.judged.holds.get(name) is True]
        exempt = sum(row.state == EXEMPT for row in held)
        stopped = sum(row.judged.holds.get(name) == "error" for row in counted.rows)
        parts = (("hold", len(held) - exempt), ("exempt", exempt), ("stop", stopped))
        rest = total - len(held) - stopped
        rows.append(
            f'<tr><th scope="row">{esc(name)}</th><td class="num">{len(held):,}</td>'
            f'<td class="num">{exempt:,}</td><td class="num">{stopped:,}</td><td class="num">{rest:,}</td>'
            f'<td class="chart">{bar("bar", (*parts, ("rest", rest)), total)}</td></tr>\n'
        )
    if not rows:
        return ""
    head = ("Runtime", "#hold it", "#of these exempt", "#do not start", "#do not hold it", "Share")
    return table("<b>By container runtime</b>What the same manifest comes to on each", head, rows, "runtimes")


def causes(report: Report, counted: Figures) -> str:
    """Why containers hold NET_RAW, by rule, and why the others do not."""
    found: dict[str, list[int]] = {}
    for at, listed in enumerate((report.findings, [exemption.finding for exemption in report.exempt])):
        for finding in listed:
            found.setdefault(finding.rule, [0, 0])[at] += 1
    known = {module.RULE.code: module for module in rules.MODULES}
    most = max((sum(both) for both in found.values()), default=0)
    rows = []
    for code, (open_, exempt) in sorted(found.items(), key=lambda item: (-sum(item[1]), item[0])):
        module = known.get(code)
        says = f"<br><small>{inline(_summary(module.__doc__))}</small>" if module else ""
        rows.append(
            f'<tr><th scope="row"><span data-filter="rule" data-value="{esc(code)}">{esc(code)} '
            f"{esc(module.RULE.name) if module else ''}</span>{says}</th>"
            f'<td class="num">{open_:,}</td><td class="num">{exempt:,}</td>'
            f'<td class="chart">{bar("bar", (("hold", open_), ("exempt", exempt)), most)}</td></tr>\n'
        )
    head = ("Rule", "#open", "#exempt", '<span class="hush">Chart</span>')
    shown = table("<b>Findings by rule</b>", head, rows) if rows else "<p>No rule found anything.</p>\n"
    reasons = grouped(
        (row for row in counted.rows if row.state == CLEAR), lambda row: why(row, counted.runtimes)
    )
    kept = [
        f'<tr><th scope="row">{inline(group.name)}</th><td class="num">{group.total:,}</td></tr>\n'
        for group in reasons
    ]
    against = table("<b>Why the others cannot hold it</b>", ("Reason", "#containers"), kept) if kept else ""
    return section("causes", "Why", f'<div class="pair"><div>{shown}</div><div>{against}</div></div>\n')


def places(counted: Figures) -> str:
    """Containers by namespace, kind, and directory or file."""
    if not counted.rows:
        return section("places", "Where", "<p>There is no list of containers to sum up.</p>\n")
    folders = grouped(counted.rows, directory)
    by_file = len(folders) < 2
    where = grouped(counted.rows, lambda row: row.path) if by_file else folders
    kinds = grouped(counted.rows, lambda row: row.judged.object.kind)
    spaces = grouped(counted.rows, lambda row: row.judged.object.namespace)
    return section(
        "places",
        "Where",
        f'<div class="pair"><div>{_groups("By namespace", "namespace", spaces)}</div>'
        f'<div>{_groups("By kind", "kind", kinds)}</div></div>\n<div class="wide">'
        f"{_groups('By file' if by_file else 'By directory', 'where', where)}</div>\n",
    )


def _groups(title: str, key: str, groups: list[Group]) -> str:
    most = max((group.holding for group in groups), default=0)
    bad = [group for group in groups if group.holding]
    shown = bad[:_OPEN] or groups[: min(_OPEN, 5)]
    rest = groups[len(shown) :]
    head = (
        title.removeprefix("By ").capitalize(),
        "#containers",
        "#can hold it",
        '<span class="hush">Chart</span>',
    )
    whole = table(f"<b>{title}</b>", head, [_group(key, group, most) for group in shown])
    if not rest:
        return whole
    bad_left = sum(1 for group in rest if group.holding)
    what = (
        f"{bad_left:,} of them with containers that can hold it"
        if bad_left
        else "none with a container that can hold it"
    )
    caption = f'<span class="hush">{title}, the rest</span>'
    more = table(caption, head, [_group(key, group, most) for group in rest])
    return f"{whole}<details><summary>{len(rest):,} more, {what}</summary>\n{more}</details>\n"


def _group(key: str, group: Group, most: int) -> str:
    parts = (("hold", group.counts[HOLDS]), ("exempt", group.counts[EXEMPT]))
    exempt = f"<br><small>{group.counts[EXEMPT]:,} exempt</small>" if group.counts[EXEMPT] else ""
    much = " much" if group.counts[HOLDS] else ""
    return (
        f'<tr><th scope="row"><span data-filter="{key}">{named(group.name)}</span></th><td class="num">{group.total:,}</td>'
        f'<td class="num{much}">{group.holding:,}{exempt}</td><td class="chart">{bar("bar", parts, most)}</td></tr>\n'
    )


def named(text: str) -> str:
    """A name, or what stands for none."""
    return esc(text, NAME) if text.strip() else "(none)"


def explained(report: Report, settings: Mapping[str, Any]) -> str:
    """The pages of the rules; those that found something stand open."""
    found = {finding.rule for finding in report.findings}
    found |= {exemption.finding.rule for exemption in report.exempt}
    ran = settings.get("rules")
    parts = []
    for module in sorted(rules.MODULES, key=lambda module: module.RULE.code not in found):
        rule = module.RULE
        state = rule.severity if ran is None or rule.code in ran else f"{rule.severity}, did not run"
        opened = " open" if rule.code in found else ""
        parts.append(
            f'<details class="page" id="{rule.code}"{opened}><summary>{rule.code} {rule.name} '
            f"<small>{state}</small></summary>\n<div>{page(rules.explained(module))}</div></details>\n"
        )
    return section("rules", "The rules", "".join(parts))


def about(report: Report, counted: Figures, settings: Mapping[str, Any], version: str, when: str) -> str:
    """When and how the report was made."""
    counts = report.counts
    values = {
        "Made": esc(when),
        "With": esc(f"netraw-lint {version}".strip()),
        "Looked at": f"{many(counts.files, 'file')}, {many(counts.documents, 'document')}, "
        f"{many(counts.workloads, 'pod template')}, {many(counts.containers, 'container')}",
        "Judged for": ", ".join(map(esc, counted.runtimes)),
        "Rules that ran": ", ".join(map(esc, settings.get("rules", ()))),
    }
    values |= {name: esc(_shown(settings.get(key))) for key, name in _SETTINGS.items()}
    values["Helm charts"] = _CHARTS.get(settings.get("charts", ""), "")
    files = "".join(f"<li>{esc(path, NAME)}</li>\n" for path in report.linted)
    if files:
        files = (
            f"<details><summary>The {many(len(report.linted), 'file')} that were read</summary>\n"
            f'<ul class="files">\n{files}</ul></details>\n'
        )
    text = (
        "<p>For every container, netraw-lint works out the capabilities that each runtime would give it, from "
        "<code>capabilities.add</code>, <code>drop</code> and <code>privileged</code>, by the runtime's own algorithm "
        "and with its default set. It reads manifests and nothing else: it cannot see webhooks that change pods, "
        "runtimes configured with other defaults, or what is in an image.</p>\n"
    )
    return (
        section("about", "About this report", text + facts(values) + files)
        + "</main>\n<footer>This file holds everything it shows and asks for nothing from the network.</footer>\n"
    )


_SETTINGS = {
    "paths": "Paths given",
    "settings-file": "Settings file",
    "exclude": "Left out",
    "baseline": "Baseline",
    "since": "Only findings since",
    "ignores": "Exemptions",
    "respect-suppressions": "Suppressions respected",
}

_CHARTS = {"skip": "left out, by the settings", "explore": "with each switch of their values flipped, too"}


def _shown(value: object) -> str:
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)


def _summary(doc: str | None) -> str:
    return (doc or "").strip().partition("\n")[0]


def section(name: str, title: str, content: str) -> str:
    """A part of the page, named by its heading."""
    return f'<section id="{name}" aria-labelledby="{name}-h">\n<h2 id="{name}-h">{title}</h2>\n{content}</section>\n'

"""What the HTML report counts: the state of every container, and the same containers by what they share."""

from __future__ import annotations

from netraw_lint.noun import Noun
from netraw_lint.reporters.entries import placed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any

    from netraw_lint.model import Exemption, Finding, Judged, Report

# The rules about containers that hold NET_RAW; the others are about policies, exemptions and manifests.
HOLDING = frozenset(("NRL001", "NRL002", "NRL003", "NRL004", "NRL005", "NRL006", "NRL008"))
_POLICIES = frozenset(("NRL101", "NRL103", "NRL104"))
_UNREADABLE = "NRL9"

# The states of a container, the worst first.
HOLDS, EXEMPT, STOPS, CLEAR = "holds", "exempt", "stops", "clear"
STATES = (HOLDS, EXEMPT, STOPS, CLEAR)


class Row(Noun):
    """A container that was judged, with the numbers of the findings and exemptions about it in the report."""

    judged: Judged
    path: str
    state: str
    findings: tuple[int, ...]
    exempt: tuple[int, ...]


class Group(Noun):
    """Containers that share something, by state."""

    name: str
    counts: Mapping[str, int]

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self.counts.values())

    @property
    def holding(self) -> int:
        """Those that hold NET_RAW, exempt or not."""
        return self.counts[HOLDS] + self.counts[EXEMPT]


class Figures(Noun):
    """Everything that is counted; ``rows`` begins with the worst."""

    rows: tuple[Row, ...]
    whole: Group
    runtimes: tuple[str, ...]
    unreadable: int
    policies: int
    unchecked: int
    unrendered: int

    @property
    def open(self) -> int:
        """The containers that hold NET_RAW, and nobody said why."""
        return self.whole.counts[HOLDS]


def figures(report: Report, runtimes: tuple[str, ...], paths: Mapping[str, str] | None) -> Figures:
    """The figures of a report."""
    found = _Index(report, tuple(report.findings))
    accepted = _Index(report, tuple(exemption.finding for exemption in report.exempt))
    rows = [
        _row(judged, placed(judged.path, paths), found.about(judged), accepted.about(judged), report)
        for judged in report.containers
    ]
    rows.sort(key=lambda row: (STATES.index(row.state), row.path, row.judged.location.line))
    unreadable = sum(finding.rule.startswith(_UNREADABLE) for finding in report.findings)
    return Figures(
        tuple(rows),
        group("", rows),
        runtimes or tuple(rows[0].judged.holds if rows else ()),
        unreadable,
        sum(finding.rule in _POLICIES and finding.severity != "info" for finding in report.findings),
        len(report.problems) + unreadable,
        report.counts.unrendered,
    )


def group(name: str, rows: Iterable[Row]) -> Group:
    """Rows as a group."""
    counts = dict.fromkeys(STATES, 0)
    for row in rows:
        counts[row.state] += 1
    return Group(name, counts)


def grouped(rows: Iterable[Row], key: Callable[[Row], str]) -> list[Group]:
    """Rows by what they share; first those with the most containers that hold NET_RAW without an exemption."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(key(row), []).append(row)
    groups = [group(name, members) for name, members in found.items()]
    return sorted(groups, key=lambda each: (-each.counts[HOLDS], -each.holding, -each.total, each.name))


def directory(row: Row) -> str:
    """The directory of a container's file."""
    folder, slash, _ = row.path.rpartition("/")
    return folder or (slash or ".")


def why(row: Row, runtimes: tuple[str, ...]) -> str:
    """The reason of a verdict, without the names of the runtimes where it is the same for all."""
    names = " and ".join(", ".join(part) for part in (runtimes[:-1], runtimes[-1:]) if part)
    return row.judged.why.removeprefix(f"{names}: ")


def _row(judged: Judged, path: str, found: list[int], accepted: list[int], report: Report) -> Row:
    held = judged.holds.values()
    state = STOPS if "error" in held else CLEAR
    if True in held:
        is_open = any(report.findings[number].rule in HOLDING for number in found)
        is_exempt = any(report.exempt[number].finding.rule in HOLDING for number in accepted)
        state = EXEMPT if is_exempt and not is_open else HOLDS
    return Row(judged, path, state, tuple(found), tuple(accepted))


class _Index:
    """Findings by the container that they are about."""

    def __init__(self, report: Report, found: tuple[Finding, ...]) -> None:
        self._exact: dict[Any, list[int]] = {}
        self._moved: dict[Any, list[int]] = {}
        here = {_key(judged) for judged in report.containers}
        self._same: dict[Any, int] = {}
        for judged in report.containers:
            key = _key(judged)[2:]
            self._same[key] = self._same.get(key, 0) + 1
        for number, finding in enumerate(found):
            if finding.container is None:
                continue
            key = _key(finding)
            if key in here:
                self._exact.setdefault(key, []).append(number)
            else:  # in a chart a finding stands where it can be mended, which may be another file
                self._moved.setdefault(key[2:], []).append(number)

    def about(self, judged: Judged) -> list[int]:
        key = _key(judged)
        found = self._exact.get(key, [])
        return found if self._same[key[2:]] > 1 else found + self._moved.get(key[2:], [])


def _key(item: Judged | Finding) -> tuple[Any, ...]:
    return item.path, item.document, item.object, item.container


def who(exemption: Exemption) -> str:
    """Who says that a finding is accepted, in words."""
    known = {
        "comment": "a comment in the manifest",
        "annotation": "an annotation of the object",
        "settings": "the settings file",
        "baseline": "the baseline file",
    }
    return known.get(exemption.origin, f"a suppression for {exemption.origin}")

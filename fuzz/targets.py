"""What must hold for every text whatever: two functions of bytes, for a fuzzer and for the tests.

They raise AssertionError for a broken promise; any other exception is a crash.
"""

from __future__ import annotations

from netraw_lint import engine, rules, splitting
from netraw_lint.catalogue import Catalogue
from netraw_lint.fixing import Fixer
from netraw_lint.judge import Judge
from netraw_lint.model import Exemption, Problem, Report, Settings, Source
from netraw_lint.schemas_dir import read_catalogue
from netraw_lint.sources import files

CATALOGUE = Catalogue(read_catalogue)
CODES = frozenset(rule.code for rule in rules.rules())
SETTINGS = Settings(CODES, evidence=True, today="2026-01-01")
DEFAULTS = Settings(today="2026-01-01")
# Bugs that the proof of a fix stops are refusals with these words.
BUG = "internal error"


def linted(source: Source) -> Report:
    return engine.lint([source], SETTINGS, CATALOGUE)


def lint(raw: bytes) -> None:
    """Linting ends, with findings at places that exist; what the byte filter keeps out holds nothing."""
    source = files.source(raw, "fuzzed.yaml")
    if isinstance(source, Problem):
        assert source.message
        return
    report = linted(source)
    assert not report.problems, report.problems
    lines = source.data.decode().split("\n")
    for finding in report.findings:
        place = finding.location
        assert 1 <= place.line <= len(lines), place
        assert 1 <= place.column <= len(lines[place.line - 1]) + 1, place
    _filter_is_sound(source)


def _filter_is_sound(source: Source) -> None:
    for start, end in splitting._split(source.data):
        data = source.data[start:end]
        for thorough in (True, False):
            if not splitting.may_hold_workload(data, CATALOGUE.holds_containers, thorough):
                judge = Judge(SETTINGS if thorough else DEFAULTS, CATALOGUE, lambda: None)
                for found in judge.findings(source, splitting.Chunk(0, start, data)):
                    finding = found.finding if isinstance(found, Exemption) else found
                    assert finding.container is None, finding
                    assert not finding.rule.startswith("NRL1"), finding
                assert not (judge.evidence and thorough), judge.evidence


def fix(raw: bytes) -> None:
    """Fixing ends, never raises, changes nothing the second time, and leaves no finding that it calls fixed."""
    source = files.source(raw[1:], "fuzzed.yaml")
    if isinstance(source, Problem) or not raw:
        return
    unsafe = raw[0] % 2 == 1
    fixed, data = _fixed(source, unsafe)
    if data is None:
        return
    assert data != source.data
    again = source.replace(data=data)
    assert len(_identities(source)) > len(_identities(again)), "nothing was fixed"
    assert set(_identities(again)) <= set(_identities(source)), "the fix brought a finding"
    twice, other = _fixed(again, unsafe)
    assert other is None, f"a second run changes {data!r} to {other!r}"
    assert not twice.fixed
    assert fixed.fixed


def _identities(source: Source) -> list[str]:
    report = linted(source)
    assert not report.problems, report.problems
    return [finding.identity for finding in report.findings]


def _fixed(source: Source, unsafe: bool) -> tuple[Fixer, bytes | None]:
    written: list[bytes] = []

    def commit(_source: Source, data: bytes) -> None:
        written.append(data)

    fixer = Fixer(SETTINGS, CATALOGUE, CODES, commit, unsafe)
    list(fixer.over([source]))
    for refusal in fixer.refusals.values():
        assert BUG not in refusal.reason, refusal.reason
    return fixer, written[0] if written else None


TARGETS = {"lint": lint, "fix": fix}

"""What --fix makes of a manifest, byte for byte, and what it leaves alone for which reason.

The pairs lie in ``fixtures/fix``: ``case.yaml`` becomes ``case.fixed.yaml``; ``case.refused`` lists the containers
that are not fixed. The folder says how it was asked for.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from netraw_lint import engine, rules, text
from netraw_lint.catalogue import Catalogue
from netraw_lint.fixing import Fixer, codes
from netraw_lint.model import Problem, Report, Settings, Source
from netraw_lint.schemas_dir import read_catalogue
from netraw_lint.sources import files

FIXTURES = Path(__file__).parent / "fixtures" / "fix"
CASES = sorted(
    path
    for path in FIXTURES.rglob("*")
    if path.suffix in (".yaml", ".json") and ".fixed" not in path.suffixes
)
CATALOGUE = Catalogue(read_catalogue)
FIXABLE = frozenset(rule.code for rule in rules.rules() if rule.fix)


class Ran(NamedTuple):
    """What a run of the fixer left behind."""

    data: bytes
    refused: list[str]
    report: Report
    fixer: Fixer


def run(data: bytes, topic: str = "", path: str = "manifest.yaml") -> Ran:
    source = files.source(data, path)
    assert isinstance(source, Source)
    everything = frozenset(rule.code for rule in rules.rules()) if topic == "gates" else None
    settings = Settings(everything, fix_drop="ALL" if topic == "drop-all" else "NET_RAW")
    written: list[bytes] = []

    def commit(old: Source, new: bytes) -> Problem | None:
        written.append(text.encode(new.decode(), old.encoding, old.bom))
        return None

    fixer = Fixer(
        settings,
        CATALOGUE,
        codes(settings, FIXABLE, frozenset()),
        commit,
        unsafe=topic in ("unsafe", "gates"),
    )
    (result,) = fixer.over([source.replace(patch=topic == "patch")])
    report = fixer.explained(engine.lint([result], settings, CATALOGUE))
    refused = sorted(
        f"{about[3].name if about[3] else about[2]}: {refusal.reason}"
        for about, refusal in fixer.refusals.items()
    )
    return Ran(written[0] if written else data, refused, report, fixer)


@pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_fixture(path: Path) -> None:
    fixed = path.with_suffix(f".fixed{path.suffix}")
    refused = path.with_suffix(".refused")
    topic = path.parent.name

    ran = run(path.read_bytes(), topic, path.name)

    assert ran.data == (fixed if fixed.exists() else path).read_bytes()
    assert ran.refused == (refused.read_text("utf-8").splitlines() if refused.exists() else [])
    assert run(ran.data, topic, path.name).data == ran.data, "a second run changes something"
    left = [finding for finding in ran.report.findings if finding.fix == "safe"]
    assert left == [], "a finding is left that is said to be fixable"


def test_there_are_enough_cases() -> None:
    assert len(CASES) >= 110
    assert len({path.parent for path in CASES}) >= 15


def test_every_refusal_says_what_to_do_by_hand() -> None:
    silent = [
        f"{path.stem}: {refusal.reason}"
        for path in CASES
        for refusal in run(path.read_bytes(), path.parent.name, path.name).fixer.refusals.values()
        if not refusal.advice
    ]

    assert silent == []


def test_a_report_carries_reason_and_advice() -> None:
    path = FIXTURES / "anchor" / "defined-elsewhere.yaml"

    (finding,) = run(path.read_bytes()).report.findings

    assert finding.fix is None
    assert finding.refusal == (
        "an anchor shares it with line 7, where it must not change; "
        'by hand: write drop: ["NET_RAW"] in spec.containers[0].securityContext.capabilities'
    )


def test_what_was_fixed_is_told() -> None:
    path = FIXTURES / "place" / "two-of-three.yaml"

    (fixed,) = run(path.read_bytes()).fixer.fixed

    assert [finding.container.name for finding in fixed.findings if finding.container] == ["a", "c"]


def test_a_finding_that_nobody_may_fix_stays_fixable() -> None:
    data = (FIXTURES / "place" / "after-image.yaml").read_bytes()
    source = files.source(data, "a.yaml")
    fixer = Fixer(Settings(), CATALOGUE, frozenset(("NRL001",)), lambda _source, _data: None)

    (result,) = fixer.over([source])

    assert result is source
    assert fixer.refusals == {}


def test_a_write_that_fails_is_a_problem_beside_the_old_source() -> None:
    source = files.source((FIXTURES / "place" / "after-image.yaml").read_bytes(), "a.yaml")
    problem = Problem("a.yaml", "write", "not written: read-only")
    fixer = Fixer(Settings(), CATALOGUE, FIXABLE, lambda _source, _data: problem)

    assert list(fixer.over([source])) == [problem, source]
    assert fixer.fixed == []


def test_a_bug_in_one_document_leaves_it_alone_and_fixes_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    from netraw_lint.fix import document

    data = (FIXTURES / "file" / "same-twice.yaml").read_bytes()
    real, seen = document.fix, []

    def broken(*given: object) -> object:
        seen.append(given)
        if len(seen) == 1:
            raise AttributeError("oops")
        return real(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(document, "fix", broken)
    ran = run(data)

    assert ran.data.count(b"NET_RAW") == 1
    assert ran.refused == ["a: internal error: AttributeError: oops; please report this manifest"]


def test_what_cannot_be_proven_is_refused_and_the_rest_is_fixed(monkeypatch: pytest.MonkeyPatch) -> None:
    from netraw_lint.fix import splice

    real = splice.insert

    def wrong(layout: object, mapping: object, key: str, value: object, parent: object = None) -> object:
        edits = real(layout, mapping, key, value, parent)  # type: ignore[arg-type]
        name = mapping.value[0][1].value  # type: ignore[attr-defined]
        return [edit.replace(text=f"{edit.text}\n    tty: true") for edit in edits] if name == "c" else edits

    monkeypatch.setattr(splice, "insert", wrong)
    ran = run((FIXTURES / "place" / "two-of-three.yaml").read_bytes())

    assert ran.data.count(b"- NET_RAW") == 1
    assert b"tty" not in ran.data
    assert ran.refused == [
        "c: verification: something else than the planned entries would change; please report this manifest"
    ]

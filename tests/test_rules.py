"""Every rule against its fixtures: exact places, severities and words, and nothing else.

``tests/fixtures/rules/<rule>/<case>.yaml`` begins with the reason for the case; beside it, ``<case>.out`` has a
line ``line:column-end_column CODE [severity] message`` per finding, the severity only if it is not ``error``.
An empty file means that nothing may be found. All rules run, opt-in rules too, for all runtimes, unless a
comment ``# select: CODES`` or ``# runtimes: NAMES`` says otherwise; ``# against: policies`` holds the workloads of the
case against its policies.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from conftest import CHECKOUT
from netraw_lint import api
from netraw_lint.model import Finding, Report
from netraw_lint.rules import rules

FOLDER = CHECKOUT / "tests" / "fixtures" / "rules"
CASES = sorted(path for path in FOLDER.rglob("*") if path.suffix in {".yaml", ".json"})
EVERY_RULE = [rule.code for rule in rules()]
EVERY_RUNTIME = ("containerd", "cri-o", "docker")


def title(path: Path) -> str:
    return path.relative_to(FOLDER).as_posix()


def headers(path: Path) -> dict[str, tuple[str, ...]]:
    found = re.findall(r"^# (select|runtimes|against): (.+)$", path.read_text("utf-8"), re.MULTILINE)
    return {name: tuple(values.replace(",", " ").split()) for name, values in found}


def report(path: Path) -> Report:
    asked = headers(path)
    return api.lint_text(
        path.read_bytes(),
        path.name,
        rules=asked.get("select", EVERY_RULE),
        runtimes=asked.get("runtimes", EVERY_RUNTIME),
        against_policies="against" in asked,
    )


def line(finding: Finding) -> str:
    place = finding.location
    assert place.line == place.end_line
    severity = "" if finding.severity == "error" else f"[{finding.severity}] "
    message = finding.message.replace("\n", "\\n")
    return f"{place.line}:{place.column}-{place.end_column} {finding.rule} {severity}{message}"


def expected(path: Path) -> list[str]:
    return path.with_suffix(".out").read_text("utf-8").splitlines()


def test_cases_and_expectations_come_in_pairs() -> None:
    assert {path.with_suffix(".out") for path in CASES} == set(FOLDER.rglob("*.out"))
    assert {path.parent.name for path in CASES} == {rule.name for rule in rules()}


@pytest.mark.parametrize("path", CASES, ids=title)
def test_what_is_found(path: Path) -> None:
    found = report(path)
    assert found.problems == ()
    assert [line(finding) for finding in found.findings] == expected(path)


@pytest.mark.parametrize("path", CASES, ids=title)
def test_every_case_names_its_reason(path: Path) -> None:
    first = path.read_text("utf-8").splitlines()
    comments = [text for text in first if not re.match(r"# (select|runtimes|against): ", text)]
    assert re.match(r'# \S.*|\{"//": |\{$', comments[0])


@pytest.mark.parametrize("path", CASES, ids=title)
def test_excerpts_spans_and_places_agree(path: Path) -> None:
    text = path.read_text("utf-8")
    lines = text.split("\n")
    for finding in report(path).findings:
        place = finding.location
        assert finding.excerpt == lines[place.line - 1]
        assert 1 <= place.column < place.end_column <= len(finding.excerpt) + 1


@pytest.mark.parametrize("rule", [rule.name for rule in rules()])
def test_every_rule_has_cases_that_flag_and_cases_that_do_not(rule: str) -> None:
    codes = {known.name: known.code for known in rules()}
    flags = {any(f" {codes[rule]} " in text for text in expected(path)) for path in (FOLDER / rule).iterdir()}
    assert flags == {True, False}


@pytest.mark.parametrize("path", CASES, ids=title)
def test_identities_tell_findings_apart(path: Path) -> None:
    about_objects = ("NRL0", "NRL1")
    identities = [item.identity for item in report(path).findings if item.rule.startswith(about_objects)]
    assert len(set(identities)) == len(identities)

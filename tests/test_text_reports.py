"""The full and the concise report, character by character, and that no name in them can do harm."""

from __future__ import annotations

import re

import pytest

import netraw_lint
from netraw_lint.model import Problem, Report
from netraw_lint.reporters import concise, full
from netraw_lint.reporters.escape import folded, json_text, line_start, printable

POD = """\
apiVersion: v1
kind: Pod
metadata: {name: %s}
spec:
  containers:
    - name: app
      image: registry.example/app:1
"""


def linted(text: str, path: str = "pod.yaml") -> Report:
    return netraw_lint.lint_text(text, path)


def with_problems(report: Report, *problems: Problem) -> Report:
    return report.replace(problems=problems)


def test_full() -> None:
    report = linted("# Source: shop/templates/pod.yaml\n" + POD % "web")

    assert full.render(with_problems(report, Problem("x.yaml", "read", "not UTF-8", 3))) == (
        "pod.yaml:7:13: NRL003 net-raw-not-dropped\n"
        '    Pod/web, container "app": NET_RAW is not dropped, and containerd and docker\n'
        "    grant it by default\n"
        "  |\n"
        "7 |     - name: app\n"
        "  |             ^^^\n"
        '  = help: add securityContext.capabilities.drop: ["NET_RAW"], or ["ALL"] if it\n'
        "          needs no capability\n"
        "  = from: shop/templates/pod.yaml\n"
        "\n"
        "x.yaml:3: not checked (read):\n"
        "    not UTF-8\n"
    )


def test_concise() -> None:
    report = with_problems(linted(POD % "web"), Problem("x.yaml", "read", "not UTF-8", 3))

    assert concise.render(report) == (
        'pod.yaml:6:13: NRL003 Pod/web, container "app": NET_RAW is not dropped, and containerd and docker grant '
        "it by default\n"
        "x.yaml:3: not checked (read): not UTF-8\n"
    )


def test_colours_change_nothing_else() -> None:
    report = with_problems(linted(POD % "web"), Problem("x.yaml", "read", "not UTF-8"))

    for reporter in (full, concise):
        painted = reporter.render(report, True)
        assert "\x1b[1;31mNRL003\x1b[0m" in painted
        assert re.sub(r"\x1b\[[\d;]*m", "", painted) == reporter.render(report)


def test_lines_stay_within_80_columns() -> None:
    report = linted(POD % ("a-name-of-some-length-" * 3), "some/folder/pod.yaml")

    assert max(map(len, full.render(report).splitlines())) <= 80


def caret_of(rendered: str) -> str:
    """The text above the carets."""
    lines = rendered.splitlines()
    number = next(n for n, line in enumerate(lines) if line.strip(" |") and not line.strip(" |^"))
    at = lines[number].index("^")
    return lines[number - 1][at : at + lines[number].count("^")]


@pytest.mark.parametrize(
    ("line", "marked"),
    [
        ("  - {name: app}", "app"),
        ("  - {\"a\": 'é…', name: app}", "app"),
        ("  - {\"a\": '\u202e', name: app}", "app"),
        ("  - {a: x,\tname: app}", "app"),
        ("  - {a: '##vso[task', name: app}", "app"),
        ("  - {a: '" + "x" * 500 + "', name: app}", "app"),
        ("  - {name: app, a: '" + "x" * 500 + "'}", "app"),
        ("  - {name: " + "y" * 500 + "}", "y" * 80),
    ],
)
def test_the_caret_stands_below_the_place(line: str, marked: str) -> None:
    report = linted(
        "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n" + line.replace("}", ", image: i}") + "\n"
    )

    rendered = full.render(report)

    assert caret_of(rendered) == marked
    assert max(len(line) for line in rendered.splitlines() if "|" in line) < 200


def test_a_long_line_is_shown_around_the_place() -> None:
    rendered = full.render(
        linted(
            "apiVersion: v1\nkind: Pod\nspec: {containers: [{a: " + "x" * 9999 + ", name: app, image: i}]}\n"
        )
    )

    assert "\n3 | ...xxx" in rendered
    assert "x, name: app, image: i}]}\n" in rendered


HOSTILE = [
    "\x1b[31m",
    "\x1b]0;title\x07",
    "\x9b31m",
    "a\nb",
    "a\rb",
    "\x00",
    "\x7f",
    "\u202e",
    "\u2066",
    "\u2028",
    "\u0085",
    "\ufeff",
    "\ud800",
    "\U000e0041",
    "::error::x",
    "  ::error::x",
    "##vso[task.complete]",
    "##VSO[task.complete]",
    "####vso[vso[",
    "##[command]x",
    "a ##[error]",
]


def harmless(text: str) -> bool:
    return (
        all(char.isprintable() for char in text.replace("\n", ""))
        and "##[" not in text
        and "##vso[" not in text.lower()
        and not any(line.lstrip().startswith("::") for line in text.split("\n"))
    )


@pytest.mark.parametrize("name", HOSTILE, ids=ascii)
def test_hostile_names(name: str) -> None:
    assert harmless(line_start(name))
    assert "\n" not in printable(name)
    assert all(harmless(line) for line in folded(f"some words in front of {name} {name}", 10))
    assert json_text([name]).isascii()
    assert "##vso[" not in json_text([name]).lower()
    assert not set(json_text([name])) & set("\x1b\x7f\x00")


@pytest.mark.parametrize("name", HOSTILE, ids=ascii)
@pytest.mark.parametrize("reporter", [full, concise])
def test_hostile_reports(name: str, reporter: object) -> None:
    quoted = '"' + "".join(f"\\U{ord(char):08x}" for char in name) + '"'
    written = quoted if "\ud800" not in name else "x"
    report = linted(f"# Source: x{name.encode('ascii', 'ignore').decode()}\n" + POD % written, path=name)
    assert report.findings or report.problems
    report = with_problems(report, Problem(name, "read", f"because of {name}", 1))

    for colour in (False, True):
        rendered = reporter.render(report, colour)  # type: ignore[attr-defined]
        assert harmless(re.sub(r"\x1b\[[\d;]*m", "", rendered) if colour else rendered), rendered


def test_harmless_text_is_left_alone() -> None:
    for text in ("a: b", "é 日本 # x", "a::b", "#[x]", "## [x]", 'C:\\temp "x"'):
        assert printable(text) == line_start(text) == text


def test_findings_on_one_line_share_its_text() -> None:
    """A cluster's dump may be one line of many megabytes with thousands of findings: 19 GB, once."""
    pods = ", ".join(
        "{apiVersion: v1, kind: Pod, spec: {containers: [{name: a, image: i}]}}" for _ in range(50)
    )

    report = linted(f"apiVersion: v1\nkind: List\nitems: [{pods}]\n")

    assert len(report.findings) == 50
    assert len({id(finding.excerpt) for finding in report.findings}) == 1

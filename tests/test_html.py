"""The HTML report: well-formed, self-contained, right in its figures, and deaf to whatever a manifest says."""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from html.parser import HTMLParser
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import html5lib
import pytest

from netraw_lint import capabilities, cli, rules
from netraw_lint.model import ContainerRef, Counts, Exemption, Judged, Location, ObjectRef, Problem, Report
from netraw_lint.reporters import html_page, html_style, html_text
from netraw_lint.reporters.html_figures import figures
from netraw_lint.reporters.html_lists import _COLUMNS
from netraw_lint.streams import Streams
from reporting import CLEAN, DEPLOYMENT, FULL, PROBLEMS, WEB, finding, made, rendered
from test_hostile_reports import HOSTILE, MARK, everywhere, is_clean

VOID = {"meta", "link", "br", "wbr", "input", "col"}
RUNTIMES = ("containerd", "cri-o", "docker")
YES = {"containerd": True, "cri-o": False, "docker": True}
NO = dict.fromkeys(RUNTIMES, False)


def judged(holds: Any = None, **changes: Any) -> Judged:
    """The container that `finding()` is about, with some fields changed."""
    values: dict[str, Any] = {
        "path": "k8s/web.yaml",
        "location": Location(3, 7, 3, 10),
        "document": 0,
        "object": DEPLOYMENT,
        "container": WEB,
        "origin": None,
        "holds": YES if holds is None else holds,
        "why": "containerd and docker: its default set holds NET_RAW and no drop removes it; cri-o: its default set lacks it",
    }
    return Judged(**{**values, **changes})


def with_containers(report: Report, *containers: Judged) -> Report:
    return report.replace(containers=containers, counts=Counts(1, 1, 1, len(containers)))


def settings() -> dict[str, Any]:
    return {"runtimes": RUNTIMES, "rules": ["NRL003"], "settings-file": ".netraw-lint.yaml", "paths": ["k8s"]}


def page(report: Report, **changes: Any) -> str:
    return rendered("html", report, **{"when": "2030-01-31 12:00 UTC", "settings": settings, **changes})


@pytest.mark.parametrize("hostile", ["web", *HOSTILE], ids=lambda name: ascii(name[:40]))
def test_the_standard_parser_finds_no_error(hostile: str) -> None:
    """html5lib in its strict mode stops at the first thing that the HTML standard calls a parse error."""
    html5lib.HTMLParser(strict=True).parse(page(everywhere(hostile)))


class Checked(HTMLParser):
    """Reads a page, and fails where it is not well-formed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.texts: list[str] = []
        self.inline: dict[str, list[str]] = {"script": [], "style": []}
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"<{tag}> has an attribute twice"
        if tag not in {"code", "a", "mark", "wbr", "b", "small", "span", "q"}:
            self.texts.append(" ")
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, f"</{tag}> closes nothing"

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in self.inline:
            self.inline[self.open[-1]].append(data)
        else:
            self.texts.append(data)

    def handle_comment(self, data: str) -> None:
        pytest.fail(f"a comment: {data}")

    def unknown_decl(self, data: str) -> None:
        pytest.fail(f"a declaration: {data}")

    @property
    def text(self) -> str:
        return " ".join("".join(self.texts).split())

    def attributes(self, name: str) -> list[str]:
        return [attrs[name] for _, attrs in self.tags if name in attrs]


def check(text: str) -> Checked:
    """A page that is well-formed, asks for nothing and runs nothing but its own two scripts."""
    read = Checked(text)
    assert text.startswith("<!doctype html>\n")
    assert is_clean(text)
    ids = read.attributes("id")
    assert len(ids) == len(set(ids))
    for tag, attrs in read.tags:
        assert not [name for name in attrs if name.startswith("on") or name in ("style", "src", "srcdoc")]
        assert tag not in {"img", "iframe", "object", "embed", "base", "form", "video", "audio", "template"}
        href = attrs.get("href", "#")
        assert href.startswith("#") or (tag == "link" and href.startswith("data:image/svg+xml,"))
    assert {href[1:] for href in read.attributes("href") if href[0] == "#"} <= set(ids)
    assert set(read.attributes("aria-labelledby")) <= set(ids)
    policy = next(attrs for tag, attrs in read.tags if tag == "meta" and "http-equiv" in attrs)["content"]
    assert len(read.inline["script"]) == 2
    assert len(read.inline["style"]) == 1
    for kind, parts in read.inline.items():
        hashes = {f"'sha256-{b64encode(hashlib.sha256(part.encode()).digest()).decode()}'" for part in parts}
        assert set(re.findall(rf"{kind}-src ([^;]*)", policy)[0].split()) == hashes
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    assert not re.search(r"url\((?!#)|@import", read.inline["style"][0])
    return read


# --- what it shows ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "report", [CLEAN, PROBLEMS, FULL, made(), Report((), (), (), (), Counts())], ids=lambda _: ""
)
def test_every_report_is_a_page(report: Report) -> None:
    check(page(report))
    check(rendered("html", report, paths=None))
    check(page(with_containers(report, judged(), judged(NO, path="k8s/other.yaml", document=1))))


EXEMPTION = Exemption(finding(identity="x"), "needs ping", "2030-12-31", "comment")
POLICY = finding(rule="NRL101", name="policy-admits-net-raw", container=None)
BROKEN = finding(
    rule="NRL900", name="unreadable-manifest", object=None, container=None, path="k8s/broken.yaml"
)
STOPPED = {"containerd": False, "cri-o": "error", "docker": "error"}


@pytest.mark.parametrize(
    ("report", "headline", "word"),
    [
        pytest.param(made(), "6 containers judged", "Not shown", id="no list"),
        pytest.param(
            Report((), (), (), (), Counts()), "No containers were judged", "Nothing to judge", id="none"
        ),
        pytest.param(
            with_containers(made(), judged(NO)), "The container cannot hold NET_RAW", "Met", id="one"
        ),
        pytest.param(
            with_containers(made(), judged(NO), judged(NO)),
            "None of 2 containers can hold NET_RAW",
            "Met",
            id="two",
        ),
        pytest.param(
            with_containers(made(), judged(STOPPED)), "The container cannot hold NET_RAW", "Met", id="stopped"
        ),
        pytest.param(
            with_containers(made(finding()), judged(), judged(NO, document=1)),
            "1 of 2 containers can hold NET_RAW",
            "Not met",
            id="bad",
        ),
        pytest.param(
            with_containers(made(), judged()), "The container can hold NET_RAW", "Not met", id="rule off"
        ),
        pytest.param(
            with_containers(made(exempt=(EXEMPTION,)), judged()),
            "The container can hold NET_RAW",
            "Met, with exceptions",
            id="exempt",
        ),
        pytest.param(
            with_containers(made(finding(rule="NRL001"), exempt=(EXEMPTION,)), judged()),
            "The container can hold NET_RAW",
            "Not met",
            id="half exempt",
        ),
        pytest.param(
            with_containers(made(finding(rule="NRL009"), exempt=(EXEMPTION,)), judged()),
            "The container can hold NET_RAW",
            "Met, with exceptions",
            id="exempt, and something else",
        ),
        pytest.param(
            with_containers(made(POLICY), judged(NO)),
            "The container cannot hold NET_RAW",
            "Not met",
            id="policy",
        ),
        pytest.param(
            with_containers(made(BROKEN), judged(NO)),
            "The container cannot hold NET_RAW",
            "Undecided",
            id="broken",
        ),
        pytest.param(
            with_containers(PROBLEMS, judged(NO)),
            "The container cannot hold NET_RAW",
            "Undecided",
            id="problems",
        ),
        pytest.param(
            made().replace(containers=(judged(NO),), counts=Counts(1, 1, 1, 1, 4)),
            "The container cannot hold NET_RAW",
            "Undecided",
            id="unrendered",
        ),
    ],
)
def test_headline_and_verdict(report: Report, headline: str, word: str) -> None:
    read = check(page(report))

    assert f"<h1>{headline}</h1>" in page(report)
    assert html_page.verdict(report, figures(report, RUNTIMES, None))[1] == word
    assert f"{word} in these manifests" in read.text


def test_a_container_is_shown_with_its_verdict_reason_and_place() -> None:
    report = with_containers(
        made(finding(), exempt=(Exemption(finding(document=2), "a reason", None, "checkov"),)),
        judged(NO, document=1, why="containerd, cri-o and docker: `drop: ALL` removes it"),
        judged(),
        judged(document=2, container=WEB.replace(list="initContainers", name="")),
        judged(STOPPED, document=3),
        judged(document=2),
    )
    text = page(report)
    read = check(text)

    rows = re.findall(r"<tr class=\"[heno]\">.*?</tr>", text)
    assert [re.findall(r"class=\"state\">([^<]*)", row)[0] for row in rows] == [
        *("can hold it", "can hold it", "exempt", "does not start", "cannot hold it")
    ]
    assert "the rules that ran do not report it" in rows[1]
    assert "(no name, number 1)" in rows[1]
    assert "initContainers" in rows[1]
    assert 'href="#f1">NRL003</a>' in rows[0]
    assert 'href="#e1">NRL003</a> exempt by a suppression for checkov' in rows[2]
    assert "deploy/<wbr>k8s/<wbr>web.yaml:3" in rows[0]
    assert rows[0].count(">yes<") == 2
    assert rows[3].count(">does not start<") == 3  # once as the result
    assert "<code>drop: ALL</code> removes it" in rows[4]
    assert "containerd, cri-o and docker:" not in rows[4]
    assert "1 finding is accepted; 1 of them without an end." in read.text


def test_a_finding_of_a_chart_belongs_to_its_container_wherever_it_stands() -> None:
    moved = finding(path="chart/values.yaml", document=4)
    counted = figures(with_containers(made(moved), judged(origin="chart/templates/web.yaml")), RUNTIMES, None)

    assert [row.findings for row in counted.rows] == [(0,)]

    counted = figures(with_containers(made(moved), judged(), judged(document=1)), RUNTIMES, None)
    assert [row.findings for row in counted.rows] == [(), ()]  # it could be either


def test_findings_show_the_line_with_the_mark_and_what_to_do() -> None:
    read = check(page(FULL))
    text = page(FULL)

    assert "<pre><code># é𝒳: <mark>app</mark></code></pre>" in text
    assert "deploy/k8s/web.yaml:3:7" in read.text
    assert "info: SecurityContextConstraints/open: 100% of pods" in read.text
    assert "Not fixed by itself: a reason" in page(made(finding(refusal="a reason")))
    assert "netraw-lint --fix --unsafe-fixes" in page(made(finding(fix="unsafe")))


def test_problems_and_exemptions_are_listed() -> None:
    read = check(page(FULL))

    for problem in FULL.problems:
        assert problem.message in read.text
    assert "needs ping, see [1](http://x.example)" in read.text
    assert "the baseline file" in read.text
    assert "2030-01-31" in read.text


def test_how_it_was_made() -> None:
    read = check(page(CLEAN))

    assert "netraw-lint 1.2.3" in read.text
    assert "2030-01-31 12:00 UTC" in read.text
    assert ".netraw-lint.yaml" in read.text
    assert "NRL008 operator-container-not-hardened warning, did not run" in read.text


@pytest.mark.parametrize("module", rules.MODULES, ids=lambda module: module.RULE.code)
def test_the_page_of_a_rule_keeps_every_word(module: Any) -> None:
    doc = rules.explained(module)
    read = Checked(html_text.page(doc))

    plain = re.sub(r"^```\w*$|^## |^- ", "", doc, flags=re.MULTILINE).replace("`", "")
    assert read.text == " ".join(plain.split())
    assert "##" not in read.text


def test_a_long_line_is_cut_around_its_mark() -> None:
    line = "x" * 1000 + "NAME" + "y" * 1000
    shown = html_text.excerpt(line, 1001, 1005)

    assert "<mark>NAME</mark>" in shown
    assert len(shown) < 1000
    assert html_text.excerpt("  a: 1\r", 40, 44) == "<pre><code>a: 1\\x0d</code></pre>"


def test_every_runtime_has_a_name_in_the_cards_of_a_narrow_window() -> None:
    assert set(_COLUMNS) == set(capabilities.RUNTIMES)
    for runtime, column in _COLUMNS.items():
        assert f'#judged td.{column}::after {{ content: " {runtime}"; }}' in html_style.STYLE


def test_it_is_the_same_every_time() -> None:
    report = with_containers(FULL, judged(), judged(NO, document=1))

    assert page(report) == page(report)


# --- readable ----------------------------------------------------------------------------------------------------


def contrast(one: str, other: str) -> float:
    def light(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        red, green, blue = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    dark, bright = sorted((light(one), light(other)))
    return (bright + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", [html_style._LIGHT, html_style._DARK], ids=["light", "dark"])
def test_contrast(scheme: str) -> None:
    colours = dict(re.findall(r"--([\w-]+): (#\w{6})", scheme))

    for front, back in [
        *(("ink", "page"), ("ink", "panel"), ("ink", "wash"), ("soft", "page"), ("soft", "panel")),
        *(("soft", "wash"), ("accent", "page"), ("accent", "wash"), ("on-accent", "accent")),
    ]:
        assert contrast(colours[front], colours[back]) >= 4.5, (front, back)
    assert contrast(colours["stop"], colours["page"]) >= 3  # borders and bars
    assert contrast(colours["accent"], colours["bar"]) >= 3


def test_structure_for_those_who_cannot_see_it() -> None:
    read = check(page(with_containers(FULL, judged())))
    tags = [tag for tag, _ in read.tags]

    assert [tags.count(name) for name in ("header", "nav", "main", "footer", "h1")] == [1, 1, 1, 1, 1]
    assert tags.count("caption") == tags.count("table") == tags.count("thead")
    assert all("scope" in attrs for tag, attrs in read.tags if tag == "th")
    assert all(attrs.get("aria-hidden") == "true" for tag, attrs in read.tags if tag == "svg")
    assert tags.count("label") == tags.count("select") + 1
    assert ("html", {"lang": "en"}) in read.tags


# --- hostile -------------------------------------------------------------------------------------------------------


def hostile_report(name: str) -> Report:
    report = everywhere(name)
    ref, container = ObjectRef(name, name, name, name), ContainerRef(name, 0, name, name)
    return report.replace(
        containers=(
            judged(
                path=name or "x",
                object=ref,
                container=container,
                origin=name or None,
                why=f"x `{name}` {name}",
            ),
            judged(NO, path=f"/{name}/x", object=ref, container=container, why=name or "x"),
        ),
        linted=(name or "x",),
    )


@pytest.mark.parametrize("hostile", HOSTILE, ids=lambda name: ascii(name[:40]))
def test_names_stay_text(hostile: str) -> None:
    def made_up() -> dict[str, Any]:
        return {
            **settings(),
            "settings-file": hostile,
            "paths": [hostile],
            "exclude": (hostile,),
            "since": hostile,
        }

    text = page(hostile_report(hostile), settings=made_up, when=hostile, version=hostile, paths={})
    read = check(text)
    plain = check(page(hostile_report("a"), paths={}))

    assert {tag for tag, _ in read.tags} <= {tag for tag, _ in plain.tags} | {"code", "wbr", "mark"}
    assert read.inline == plain.inline
    assert MARK not in hostile or MARK in read.text
    assert "##[" not in text
    assert "##vso[" not in text.lower()


def test_a_long_name_stays_bounded() -> None:
    small, large = page(hostile_report("a" * 20)), page(hostile_report("a" * 100_000))

    assert len(large) - len(small) < 60_000


# --- from the command line -----------------------------------------------------------------------------------------

POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  containers:\n  - {name: app, image: example/app:1}\n"


def run(*args: str) -> tuple[int, str]:
    out, err = StringIO(), StringIO()
    code = cli.main(args, Streams(BytesIO(), out, err))
    assert "internal error" not in err.getvalue()
    return code, out.getvalue()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / ".git").mkdir()
    (tmp_path / "bad.yaml").write_text(POD)
    (tmp_path / "good.yaml").write_text(
        POD.replace("app:1}", "app:1, securityContext: {capabilities: {drop: [ALL]}}}")
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1893456000")
    return tmp_path


def test_the_list_of_containers_needs_no_option(folder: Path) -> None:
    code, text = run("--output-format", "html", "--isolated", "-q")

    assert code == 1
    read = check(text)
    assert "1 of 2 containers can hold NET_RAW" in read.text
    assert "good.yaml:6" in read.text
    assert "2030-01-01 00:00 UTC" in read.text


def test_beside_another_report(folder: Path) -> None:
    (folder / ".netraw-lint.yaml").write_text("runtimes: [cri-o]\n")
    code, text = run("--output-format", "json", "--report", "html=report.html", "-q")

    assert code == 0
    assert '"containers": [' not in text
    read = check((folder / "report.html").read_text("utf-8"))
    assert "None of 2 containers can hold NET_RAW" in read.text
    assert "Settings file .netraw-lint.yaml" in read.text
    assert "docker" not in " ".join(
        re.findall(r"<th scope=\"col\">([^<]*)", (folder / "report.html").read_text("utf-8"))
    )


@pytest.mark.parametrize("option", ["--show-containers", "--show-suppressed"])
def test_options_that_it_always_honours(folder: Path, option: str) -> None:
    assert run("--output-format", "html", option, "-q")[0] == 1


def test_what_was_not_checked(folder: Path) -> None:
    (folder / "binary.yaml").write_bytes(b"kind: Pod\0")
    (folder / "bad.yaml").unlink()
    code, text = run("--output-format", "html", "-q", ".", "missing.yaml")

    assert code == 2
    read = check(text)
    assert "Undecided in these manifests" in read.text
    assert "missing.yaml" in read.text
    assert Problem.__name__ not in read.text

"""The HTML report in a real Chromium: nothing runs that should not, and what should work does.

Left out where there is no Chromium; Debian's package `chromium` will do.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pytest

import chromium
from netraw_lint import cli
from netraw_lint.model import ContainerRef, ObjectRef
from netraw_lint.streams import Streams
from reporting import FULL, finding, made
from test_hostile_reports import HOSTILE
from test_html import NO, hostile_report, judged, page, with_containers

pytestmark = pytest.mark.skipif(
    chromium.found() is None, reason="no chromium on PATH: the page was not tried in a browser"
)

CANARY = "document.title='pwned'"
ATTACKS = [
    f"<script>{CANARY}</script>",
    f"</script><script>{CANARY}</script>",
    f"</style><script>{CANARY}</script>",
    f"<img src=x onerror={CANARY}>",
    f'"><img src=x onerror="{CANARY}">',
    f"' onmouseover='{CANARY}' autofocus onfocus='{CANARY}",
    f'" autofocus tabindex=0 onfocus="{CANARY}',
    f"<svg><animate onbegin={CANARY} attributeName=x></svg>",
    f"<details open ontoggle={CANARY}>",
    f"javascript:{CANARY}",
    f"]]><!--><script>{CANARY}</script><!--",
    f"`<script>{CANARY}</script>`",
    "<link rel=stylesheet href=https://evil.example/x.css>",
    "<style>@import 'https://evil.example/x.css';</style>",
    "<base href=https://evil.example/><meta http-equiv=refresh content='0;url=https://evil.example/'>",
    f"<iframe srcdoc='<script>top.{CANARY}</script>'></iframe>",
    "<form action=https://evil.example/><button>Show all</button></form>",
    "__proto__",
    "constructor",
]


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[chromium.Page]:
    with chromium.browser(tmp_path_factory.mktemp("profile")) as opened:
        yield opened


@pytest.fixture
def show(tab: chromium.Page, tmp_path: Path) -> Iterator[Any]:
    """Loads a page, and fails if it complained or asked for something by the end of the test."""

    def load(text: str, width: int = 1280, script: bool = True, dark: bool = False) -> chromium.Page:
        tab.size(width, 900)
        scheme = "dark" if dark else "light"
        tab.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        tab.call("Emulation.setScriptExecutionDisabled", value=not script)
        (tmp_path / "report.html").write_text(text, "utf-8", errors="backslashreplace")
        tab.load(tmp_path / "report.html")
        return tab

    yield load
    assert tab.complaints() == []
    assert tab.requests() == []


def many(count: int) -> str:
    """A page with so many containers, every fourth of them bad."""
    containers = []
    found = []
    for number in range(count):
        ref = ObjectRef(
            "apps/v1", ["Deployment", "DaemonSet"][number % 2], f"team-{number % 7}", f"web-{number}"
        )
        place = ContainerRef("containers", 0, f"app-{number}", "spec")
        one = judged(path=f"k8s/team-{number % 7}/web-{number}.yaml", object=ref, container=place)
        if number % 4 == 0:
            found.append(finding(path=one.path, object=ref, container=place, identity=f"{number}"))
        else:
            one = one.replace(holds=NO, why="containerd, cri-o and docker: `drop: ALL` removes it")
        containers.append(one)
    return page(with_containers(made(*found), *containers), paths={})


ROWS = "document.querySelectorAll('#judged tbody tr').length"
FIRST = "document.querySelector('#judged tbody th').firstChild.textContent"
COUNT = "document.getElementById('count').textContent"


def type_in(tab: chromium.Page, text: str) -> None:
    words = json.dumps(text)
    tab.run(f"search.value = {words}, search.dispatchEvent(new Event('input'))")
    tab.run("new Promise(done => setTimeout(done, 200))")


def choose(tab: chromium.Page, name: str, value: str) -> None:
    select = f"document.getElementById('by-{name}')"
    tab.run(f"{select}.value = {json.dumps(value)}, {select}.dispatchEvent(new Event('change'))")


# --- hostile ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_no_name_runs_anything(show: Any, script: bool) -> None:
    for attack in ATTACKS:
        tab = show(page(hostile_report(attack), paths={}, when=attack, version=attack), script=script)

        assert tab.run("document.title") == "All 2 containers can hold NET_RAW - netraw-lint" or (
            tab.run("document.title") == "1 of 2 containers can hold NET_RAW - netraw-lint"
        )
        assert tab.run("document.querySelectorAll('img, iframe, form, base, style, script').length") == 3
        assert tab.run("document.querySelectorAll('link').length") == 1
        assert tab.run(f"document.body.textContent.includes({json.dumps(attack)})") or not script
        if script:
            for name in ("namespace", "kind", "where"):
                tab.run(f"document.getElementById('by-{name}').selectedIndex = 1")
            tab.run("document.querySelectorAll('button').forEach(button => button.click())")
            assert "pwned" not in tab.run("document.title")
        assert tab.complaints() == []
        assert tab.requests() == []


def test_a_hostile_manifest_from_file_to_page(show: Any, tmp_path: Path) -> None:
    documents = []
    for attack in ATTACKS + [name for name in HOSTILE if len(name) < 1000]:
        name = json.dumps(attack)
        documents.append(
            f'{{"apiVersion": "v1", "kind": "Pod", "metadata": {{"name": {name}, "namespace": {name}}}, "spec": '
            f'{{"containers": [{{"name": {name}, "image": {name}, "securityContext": {{"capabilities": '
            f'{{"drop": [{name}, "CAP_NET_RAW"]}}}}}}]}}}}'
        )
    (tmp_path / "hostile.yaml").write_text("\n---\n".join(documents), "utf-8")
    out, err = StringIO(), StringIO()
    streams = Streams(BytesIO(), out, err)

    assert cli.main(["--isolated", "--output-format", "html", str(tmp_path)], streams) == 1

    tab = show(out.getvalue())
    assert tab.run("document.title").endswith("containers can hold NET_RAW - netraw-lint")
    assert tab.run("document.querySelectorAll('img, iframe, form, base, style, script').length") == 3


def test_the_policy_stops_what_would_get_in(tab: chromium.Page, tmp_path: Path) -> None:
    """The second line of defence: were a name ever not escaped, the browser would not run it."""
    text = page(FULL).replace("</main>", f"<script>{CANARY}</script><img src=x onerror={CANARY}></main>")
    (tmp_path / "broken.html").write_text(text, "utf-8")
    tab.load(tmp_path / "broken.html")

    assert "pwned" not in tab.run("document.title")
    assert len(tab.complaints()) >= 2


# --- what the script adds ----------------------------------------------------------------------------------------


def test_search_and_filters(show: Any) -> None:
    tab = show(many(300))

    assert tab.run(ROWS) == 100
    assert tab.run(COUNT) == "All 300 containers, the first 100 shown"
    type_in(tab, "APP-12 deployment")
    assert tab.run(COUNT) == "6 of 300 containers"  # 12, 120, 122, 124, 126, 128
    assert tab.run(ROWS) == 6
    choose(tab, "state", "can hold it")
    assert tab.run(ROWS) == 4
    type_in(tab, "no such name")
    assert tab.run(ROWS) == 0
    assert not tab.run("document.getElementById('none').hidden")
    tab.run("document.getElementById('reset').click()")
    assert tab.run(COUNT) == "All 300 containers, the first 100 shown"
    choose(tab, "rule", "NRL003")
    assert tab.run(COUNT) == "75 of 300 containers"
    tab.run("document.getElementById('reset').click()")
    choose(tab, "where", "k8s/team-3")
    choose(tab, "namespace", "team-3")
    assert tab.run(ROWS) == 43
    choose(tab, "kind", "DaemonSet")
    assert tab.run(ROWS) == 22


def test_the_summaries_lead_to_their_containers(show: Any) -> None:
    tab = show(many(300))

    tab.run("[...document.querySelectorAll('#places button')].find(b => b.textContent === 'team-5').click()")
    assert tab.run(COUNT) == "43 of 300 containers"
    assert tab.run("document.activeElement.id") == "search"
    tab.run("document.querySelector('#causes button').click()")
    assert tab.run(COUNT) == "75 of 300 containers"


def test_sorting(show: Any) -> None:
    tab = show(many(300))
    heads = "document.querySelectorAll('#judged thead button')"
    sort = "[...document.querySelectorAll('#judged thead th')].map(head => head.getAttribute('aria-sort'))"

    assert tab.run(FIRST) == "app-0"
    tab.run(f"{heads}[1].click()")
    tab.run(f"{heads}[1].click()")
    assert tab.run(FIRST) == "app-299"
    assert tab.run(sort)[:3] == [None, "descending", None]
    tab.run(f"{heads}[7].click()")
    assert tab.run(sort)[7] == "ascending"
    assert tab.run(FIRST) == "app-0"
    tab.run(f"{heads}[0].click()")
    tab.run(f"{heads}[0].click()")
    assert tab.run("document.querySelector('#judged tbody .state').textContent") == "cannot hold it"
    # Numbers are compared as numbers.
    tab.run(f"{heads}[1].click()")
    names = tab.run(
        "[...document.querySelectorAll('#judged tbody th')].map(cell => cell.firstChild.textContent)"
    )
    assert names == [f"app-{number}" for number in range(100)]


def test_more_rows(show: Any) -> None:
    tab = show(many(700))

    tab.run("document.getElementById('next').click()")
    assert tab.run(ROWS) == 600
    tab.run("document.getElementById('all').click()")
    assert tab.run(ROWS) == 700
    assert tab.run("document.getElementById('more').hidden")


def test_colours_can_be_switched(show: Any) -> None:
    ground = "getComputedStyle(document.documentElement).backgroundColor"
    light, dark = "rgb(255, 255, 255)", "rgb(16, 18, 22)"
    tab = show(many(8))

    assert tab.run(ground) == light
    tab.run("theme.click()")
    assert tab.run(ground) == dark
    assert tab.run("theme.textContent") == "Light"
    tab = show(many(8), dark=True)
    assert tab.run(ground) == dark
    tab.run("theme.click()")
    assert tab.run(ground) == light


# --- without it, on paper, in the hand, read aloud ------------------------------------------------------------


def test_everything_is_there_without_a_script(show: Any) -> None:
    tab = show(many(300), script=False)

    assert tab.run(ROWS) == 300
    shown = "[...document.querySelectorAll('#judged tbody tr')].filter(row => getComputedStyle(row).display !== 'none')"
    assert tab.run(f"{shown}.length") == 300
    assert tab.run("getComputedStyle(tools).display") == "none"
    assert tab.run("[...document.querySelectorAll('button')].every(button => !button.offsetParent)")


def test_on_paper_every_row_that_fits_is_there(show: Any) -> None:
    tab = show(many(300))
    tab.run(
        "addEventListener('beforeprint', () => { window.printed = [document.querySelectorAll('#judged tbody tr').length,"
        " document.querySelectorAll('#judged thead button').length] })"
    )
    text = tab.pdf()

    assert text.startswith(b"%PDF")
    assert tab.run("window.printed") == [300, 0]
    assert tab.run(ROWS) == 100
    assert tab.run("document.querySelectorAll('#judged thead button').length") == 8


@pytest.mark.parametrize("width", [360, 800, 1100, 1280, 1920])
@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_nothing_is_cut_off_at_the_side(show: Any, width: int, script: bool) -> None:
    long = "very-long-name-without-any-blank-" * 8
    report = hostile_report(long)
    tab = show(page(report, paths={}), width=width, script=script)

    assert tab.run("document.documentElement.scrollWidth") <= width
    tab.run("scrollTo(0, document.getElementById('containers').offsetTop)")
    assert tab.run("document.documentElement.scrollWidth") <= width
    # In a window of any width the cells stand beside or below each other, none over another.
    overlap = """(() => {
        const boxes = [...document.querySelectorAll('#judged tbody tr')].map(row => [...row.cells].map(c => c.getBoundingClientRect()));
        return boxes.some(row => row.some((a, i) => row.slice(i + 1).some(b =>
            a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1)));
    })()"""
    assert tab.run(overlap) is False


@pytest.mark.parametrize("width", [1280, 360])
def test_it_stays_a_table_to_a_screen_reader(show: Any, width: int) -> None:
    tab = show(many(8), width=width)
    # Chromium's own tools see what a screen reader would be given once it gets there.
    tab.run("document.getElementById('judged').rows[8].scrollIntoView({block: 'center'})")
    tab.run("new Promise(done => setTimeout(done, 300))")
    nodes = tab.call("Accessibility.getFullAXTree")["nodes"]
    roles = [node["role"]["value"] for node in nodes if not node["ignored"]]

    for role in ("banner", "navigation", "main", "contentinfo", "search", "status", "table", "searchbox"):
        assert role in roles, role
    assert roles.count("region") == 8
    names = {node["name"]["value"] for node in nodes if node.get("role", {}).get("value") == "columnheader"}
    assert {"Result", "Container", "Namespace", "containerd", "cri-o", "docker", "Reason", "Place"} <= names
    rowheaders = [node["name"]["value"] for node in nodes if node["role"]["value"] == "rowheader"]
    assert any(name.startswith("app-7") for name in rowheaders)


def test_the_keyboard_reaches_everything_and_shows_where_it_is(show: Any) -> None:
    tab = show(many(8))
    for _ in range(3):
        for kind in ("keyDown", "keyUp"):
            tab.call("Input.dispatchKeyEvent", type=kind, key="Tab", code="Tab", windowsVirtualKeyCode=9)

    assert tab.run("document.activeElement.textContent") == "Causes"
    assert tab.run("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_a_picture_of_it(show: Any) -> None:
    tab = show(many(40))
    light = tab.picture()
    dark = show(many(40), dark=True).picture()

    assert light.startswith(b"\x89PNG")
    assert light != dark
    assert min(len(light), len(dark)) > 20_000  # an empty one has 8,000

"""The site of the documents, built strictly: every page is in the navigation, every link and anchor leads somewhere."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from html import unescape
from importlib.util import find_spec
from pathlib import Path

import pytest

from conftest import CHECKOUT, Tool
from netraw_lint import rules

pytestmark = pytest.mark.skipif(find_spec("mkdocs") is None, reason="mkdocs is not installed (extra `docs`)")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", folder],
        cwd=CHECKOUT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
    return folder


def text_of(page: Path) -> str:
    """What a page says, without its markup."""
    article = re.search(r"<article.*?</article>", page.read_text("utf-8"), re.DOTALL)
    assert article
    return unescape(re.sub(r"<[^>]+>", "", article[0]))


def test_every_document_is_a_page(site: Path) -> None:
    pages = {path.name for path in site.glob("*.html")} - {"404.html"}

    documents = {f"{path.stem}.html" for path in (CHECKOUT / "docs").glob("*.md")}
    assert pages == documents | {"index.html", "contributing.html", "security.html", "changelog.html"}
    navigation = (site / "index.html").read_text("utf-8").partition("<article")[0]
    assert [page for page in pages if f'href="{page}"' not in navigation and page != "index.html"] == []


def test_the_pages_of_rules_say_what_explain_says(site: Path) -> None:
    shown = " ".join(text_of(site / "rules.html").replace("*", "").split())

    for rule in rules.rules():
        printed = Tool()("--explain", rule.code).stdout
        lines = [line for line in printed.splitlines() if not line.startswith(("#", "```"))]
        said = [re.sub(r"[`*]", "", line.removeprefix("- ")).strip() for line in lines]
        missing = [line for line in said if " ".join(line.split()) not in shown]
        assert missing == [], rule.code


def test_schemas_and_the_licence_are_there(site: Path) -> None:
    for name in ("schemas/config.schema.json", "schemas/report.schema.json", "LICENSE"):
        assert (site / name).read_bytes() == (CHECKOUT / name).read_bytes()


def test_nothing_is_fetched_from_elsewhere(site: Path) -> None:
    loading = re.compile(
        r"<(?:script|img|iframe|link rel=\"?(?:stylesheet|preconnect))[^>]*(?:src|href)=\"?(https?:[^\"> ]+)"
    )
    found = {path.name: loading.findall(path.read_text("utf-8")) for path in site.glob("*.html")}

    assert {name: urls for name, urls in found.items() if urls} == {}

"""One page for people: what holds NET_RAW, why and where, with every container judged as evidence.

It is one file that asks for nothing: style and script are inline, and a content security policy lets only these
two run. Everything stands in it as text; the script sorts, searches and filters.
"""

from __future__ import annotations

from netraw_lint.reporters import html_lists, html_page
from netraw_lint.reporters.html_figures import figures
from netraw_lint.reporters.html_script import EARLY, SCRIPT
from netraw_lint.reporters.html_style import STYLE
from netraw_lint.reporters.html_text import esc

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from netraw_lint.model import Report

_ICON = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E"
    "%3Ccircle cx='8' cy='8' r='7' fill='%23b5103c'/%3E%3C/svg%3E"
)


def render(
    report: Report,
    _colour: bool = False,
    *,
    version: str = "",
    when: str = "",
    paths: Mapping[str, str] | None = None,
    settings: Callable[[], Mapping[str, Any]] | None = None,
    **_extra: object,
) -> str:
    """The page. ``when`` says when the report was made, ``settings`` gives those that were in force."""
    in_force = settings() if settings else {}
    counted = figures(report, tuple(in_force.get("runtimes", ())), paths)
    sections = [
        html_page.top(report, counted, version, when),
        html_page.causes(report, counted),
        html_page.places(counted),
        html_lists.containers(report, counted),
        html_lists.findings(report, paths),
        html_lists.exemptions(report, paths),
        html_lists.unchecked(report, counted, paths),
        html_page.explained(report, in_force),
        html_page.about(report, counted, in_force, version, when),
    ]
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_policy()}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f'<meta name="generator" content="{esc(f"netraw-lint {version}".strip())}">\n'
        f"<title>{html_page.headline(report, counted)} - netraw-lint</title>\n"
        f'<link rel="icon" href="{_ICON}">\n<style>{STYLE}</style>\n<script>{EARLY}</script>\n</head>\n'
        f"<body>\n{html_page.HATCH}{''.join(sections)}<script>{SCRIPT}</script>\n</body>\n</html>\n"
    )


def _policy() -> str:
    """Nothing may be loaded, sent or framed, and nothing runs but what this module wrote."""
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src {_hash(EARLY)} {_hash(SCRIPT)}",
            f"style-src {_hash(STYLE)}",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        )
    )


def _hash(text: str) -> str:
    from base64 import b64encode
    from hashlib import sha256

    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"

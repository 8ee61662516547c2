"""Text of every kind as HTML: untrusted words, numbers, bars, tables, and the pages of the rules."""

from __future__ import annotations

import re
from functools import lru_cache

from netraw_lint.reporters.escape import brief, xml

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# A message is about 150 characters long; only a name made to be long exceeds these.
TEXT, NAME, LINE = 800, 260, 200
# A share that is not nothing has to be seen, in percent.
_VISIBLE = 0.8


@lru_cache(maxsize=4096)
def esc(value: str, limit: int = TEXT) -> str:
    """Untrusted text for an element or between double quotes: one line, bounded, nothing invisible in it."""
    return xml(brief(value, limit))


def many(count: int, noun: str) -> str:
    """``1 container``, ``1,200 containers``."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def bar(name: str, parts: Iterable[tuple[str, float]], whole: float) -> str:
    """A bar for those who see it; the numbers stand beside it. ``parts`` are classes with amounts."""
    at, drawn = 0.0, []
    for kind, amount in parts:
        if amount and whole:
            width = max(100 * amount / whole, _VISIBLE)
            drawn.append(f'<rect class="f-{kind}" x="{at:.2f}%" width="{width:.2f}%" height="100%"></rect>')
            at += width
    return f'<svg class="{name}" aria-hidden="true">{"".join(drawn)}</svg>'


def table(caption: str, head: Iterable[str], rows: Iterable[str], name: str = "") -> str:
    """A table: a caption and heads in HTML, and whole rows. A head that begins with ``#`` is over numbers."""
    heads = "".join(
        f'<th scope="col" class="num">{each[1:]}</th>'
        if each.startswith("#")
        else f'<th scope="col">{each}</th>'
        for each in head
    )
    identified = f' id="{name}"' if name else ""
    return (
        f"<table{identified}>\n<caption>{caption}</caption>\n<thead><tr>{heads}</tr></thead>\n"
        f"<tbody>\n{''.join(rows)}</tbody>\n</table>\n"
    )


def facts(pairs: Mapping[str, str]) -> str:
    """A list of names with their values, both in HTML; values that are empty are left out."""
    shown = "".join(f"<dt>{name}</dt><dd>{value}</dd>\n" for name, value in pairs.items() if value)
    return f'<dl class="facts">\n{shown}</dl>\n'


def excerpt(line: str, column: int, end: int) -> str:
    """A source line with what the finding is about marked in it; a long line is cut around the mark."""
    before, marked, after = line[: column - 1].lstrip(), line[column - 1 : end - 1], line[end - 1 :].rstrip()
    if len(before) > LINE:
        before = f"... {before[-LINE:]}"
    shown = f"<mark>{esc(marked, LINE)}</mark>" if marked else ""
    return f"<pre><code>{esc(before, 2 * LINE)}{shown}{esc(after, LINE)}</code></pre>"


def inline(text: str) -> str:
    """Words with code between backticks."""
    parts = re.split(r"`([^`]+)`", text)
    return "".join(
        f"<code>{esc(part, 4000)}</code>" if number % 2 else esc(part, 4000)
        for number, part in enumerate(parts)
    )


def page(text: str) -> str:
    """The Markdown that the pages of the rules are written in: headings, paragraphs, lists and fenced code."""
    parts: list[str] = []
    fenced = re.split(r"^```\w*\n(.*?)^```$", text, flags=re.DOTALL | re.MULTILINE)
    for number, part in enumerate(fenced):
        if number % 2:
            lines = "\n".join(esc(line, 4000) for line in part.rstrip("\n").split("\n"))
            parts.append(f"<pre><code>{lines}</code></pre>\n")
        else:
            parts += map(_block, re.split(r"\n\s*\n|\n(?=## )|(?<=\n)(?=## )", part))
    return "".join(parts)


def _block(text: str) -> str:
    lines = text.strip("\n").split("\n")
    if lines[0].startswith("## "):
        return f"<h4>{inline(lines[0][3:])}</h4>\n" + _block("\n".join(lines[1:]))
    words = "\n".join(lines).strip()
    if not words:
        return ""
    lead, *items = re.split(r"^- ", words, flags=re.MULTILINE)
    shown = f"<p>{inline(' '.join(lead.split()))}</p>\n" if lead.strip() else ""
    if items:
        shown += "<ul>" + "".join(f"<li>{inline(' '.join(item.split()))}</li>" for item in items) + "</ul>\n"
    return shown

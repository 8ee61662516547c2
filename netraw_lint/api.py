"""Linting as a library: text in, a report out."""

from __future__ import annotations

import time

from netraw_lint import engine, selection
from netraw_lint.capabilities import RUNTIMES
from netraw_lint.catalogue import Catalogue
from netraw_lint.model import Report, Settings
from netraw_lint.rules import rules as all_rules
from netraw_lint.schemas_dir import read_catalogue
from netraw_lint.sources import files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable


def lint_text(
    text: str | bytes,
    path: str = "<text>",
    *,
    rules: Iterable[str] | None = None,
    runtimes: tuple[str, ...] = RUNTIMES,
    today: str | None = None,
    against_policies: bool = False,
) -> Report:
    """Judge the containers in a text of YAML or JSON documents.

    ``path`` names the text in the report; ``rules`` are codes, prefixes or names, by default all that are not
    opt-in; ``today`` (YYYY-MM-DD) is what exemptions are held against, by default the day it is;
    ``against_policies`` holds the workloads of the text against its policies, for the rules NRL110 and NRL111.
    Raises ``ValueError`` for a rule or runtime that does not exist, and nothing for bad input: what cannot be read is
    a finding or a problem of the report.
    """
    chosen = None if rules is None else selection.selected(all_rules(), rules, (), ())
    for unknown in set(runtimes) - set(RUNTIMES):
        raise ValueError(f'unknown runtime "{unknown}": choose from {", ".join(RUNTIMES)}')
    settings = Settings(
        chosen,
        runtimes,
        today=time.strftime("%Y-%m-%d") if today is None else today,
        against_policies=against_policies,
    )
    source = files.source(text.encode(errors="surrogatepass") if isinstance(text, str) else text, path)
    return engine.lint([source], settings, Catalogue(read_catalogue))

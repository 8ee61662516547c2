"""Reports as text, one module per format; the table here is what --output-format and --report offer.

A module has ``render(report, colour, **extra) -> str``. It names the extras that it uses and ignores the rest:

- ``version``: of this program; ``containers``: whether every container judged is to be listed;
- ``paths``: the paths of the report as seen from the root of the repository, with ``/``; a source that is no
  file, such as the standard input, is missing in it; ``root``: that root, absolute;
- ``read``: reads the file behind a path of the report once more, None where there is none;
- ``when``: the date and time of the run, in words; ``settings``: gives the settings in force, by name;
- ``show_suppressed``: whether to list what was exempted;
- ``suggestions``: what --fix would write for a finding alone, by finding; for the formats that can hold it.
"""

from __future__ import annotations

FORMATS = {
    "full": "full",
    "concise": "concise",
    "json": "json_",
    "sarif": "sarif",
    "github": "github",
    "gitlab": "gitlab",
    "azure": "azure",
    "junit": "junit",
    "rdjson": "rdjson",
    "checkstyle": "checkstyle",
    "markdown": "markdown",
    "html": "html",
}
COLOURED = frozenset(("full", "concise"))
# These list what was exempted when asked to; json and html always do.
SUPPRESSED = frozenset(("json", "sarif", "junit", "markdown", "html"))
# These take edits: a suggestion is a run of the fixer of its own, which no other format pays for.
SUGGESTING = frozenset(("sarif", "rdjson"))
# A job summary is a file that every step adds to.
APPENDED = frozenset(("markdown",))

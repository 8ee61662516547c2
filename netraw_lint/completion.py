"""Completion scripts for shells, made from the option parser by shtab."""

from __future__ import annotations

import shtab

from netraw_lint import __version__, arguments, rules
from netraw_lint.capabilities import RUNTIMES
from netraw_lint.reporters import FORMATS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def script(shell: str) -> str:
    """The completion script for one of ``arguments.SHELLS``."""
    parser = arguments.parser(__version__)
    names = [word for rule in rules.rules() for word in (rule.code, rule.name)]
    for action in parser._actions:  # noqa: SLF001 - argparse has no public list, and shtab reads this one
        described: Any = action
        if action.metavar == "RULE":
            # Only here are these the choices: on the command line there are prefixes and lists of them too.
            described.choices = [*names, "ALL"]
        elif action.dest == "runtimes":
            described.choices = RUNTIMES
        elif action.dest == "report":
            described.choices = [f"{name}=" for name in FORMATS]
        elif action.metavar in ("FILE", "PATH"):
            described.complete = shtab.FILE
    return shtab.complete(parser, shell=shell)

"""The command line, read without argparse where it is as simple as a commit hook's: flags and paths.

argparse and what it imports take a third of a start, and a hook pays that on every commit. What is not simple goes
to arguments.py, which knows every option; a test proves that both read the same.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Sequence
    from typing import Any

_Values: Any = type(sys.implementation)  # types.SimpleNamespace, without importing types
_FLAGS = {
    "--fix": "fix",
    "--force-exclude": "force_exclude",
    "--isolated": "isolated",
    "--quiet": "quiet",
    "-q": "quiet",
}
# What each option is when it is not given; a list is a new one for each run.
_DEFAULTS: dict[str, Any] = {
    "paths": [],
    "select": [],
    "extend_select": [],
    "ignore": [],
    "runtimes": None,
    "against_policies": False,
    "fix": False,
    "diff": False,
    "unsafe_fixes": False,
    "fixable": [],
    "unfixable": [],
    "fix_drop": None,
    "exit_non_zero_on_fix": False,
    "no_ignores": False,
    "max_exemptions": None,
    "baseline": None,
    "update_baseline": False,
    "add_exemptions": False,
    "grant": None,
    "reason": None,
    "until": None,
    "since": None,
    "exclude": [],
    "force_exclude": None,
    "no_respect_gitignore": False,
    "stdin_filename": "<stdin>",
    "values": [],
    "set": [],
    "explore": False,
    "kustomize": False,
    "release_name": "",
    "namespace": "",
    "kube_version": "",
    "api_versions": [],
    "print_policy": None,
    "enforce": False,
    "output_format": None,
    "output_file": None,
    "report": [],
    "show_suppressed": False,
    "statistics": False,
    "show_containers": False,
    "color": "auto",
    "quiet": False,
    "verbose": False,
    "config": None,
    "isolated": False,
    "exit_zero": False,
    "explain": None,
    "list_rules": False,
    "show_files": False,
    "show_settings": False,
    "print_completion": None,
}


def parse(argv: Sequence[str], version: str) -> Namespace:
    """The options of a call. Raises SystemExit for --help, --version and a wrong call, once that is printed.

    Behind a ``--`` everything is a path, whatever it looks like: a commit hook hands over names that anybody may
    choose, and argparse would take options among them for options, since it reads paths and options intermixed.
    """
    cut = argv.index("--") if "--" in argv else len(argv)
    parsed = _simple(argv[:cut])
    if parsed is None:
        from netraw_lint import arguments

        parsed = arguments.parser(version).parse_intermixed_args(argv[:cut])
    parsed.paths = [*parsed.paths, *argv[cut + 1 :]]
    return parsed


def _simple(argv: Sequence[str]) -> Namespace | None:
    """The options of a call that is nothing but flags and paths, or None."""
    values = {name: [*value] if isinstance(value, list) else value for name, value in _DEFAULTS.items()}
    for argument in argv:
        if argument in _FLAGS:
            values[_FLAGS[argument]] = True
        elif argument.startswith("-") and argument != "-":
            return None
        else:
            values["paths"].append(argument)
    simple: Namespace = _Values(**values)
    return simple

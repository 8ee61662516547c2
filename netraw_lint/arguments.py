"""The command line: every flag, and nothing about what it does."""

from __future__ import annotations

import argparse

from netraw_lint.reporters import FORMATS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

SHELLS = ("bash", "zsh", "fish")
_EXIT_CODES = """\
exit codes:
  0  nothing found, or nothing but findings of the severity info
  1  findings remain
  2  something was not checked, or the call is wrong (2 beats 1)
"""


class _Help(argparse.RawDescriptionHelpFormatter):
    """Help for 80 columns: argparse would load shutil, with every compression library, to ask for the width."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **{"width": 79, "max_help_position": 25, **options})


class _Parser(argparse.ArgumentParser):
    """A parser whose complaints are safe to print: a commit hook hands over names that anybody may choose."""

    def error(self, message: str) -> NoReturn:
        from netraw_lint.reporters.escape import printable

        self.exit(2, f"netraw-lint: error: {printable(message)}; see --help\n")


def parser(version: str) -> argparse.ArgumentParser:
    """The argument parser."""
    parser = _Parser(
        prog="netraw-lint",
        usage="netraw-lint [OPTIONS] [PATH ...]",
        description="Find Kubernetes containers that can hold the Linux capability NET_RAW.",
        epilog=_EXIT_CODES,
        formatter_class=_Help,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add(
        "paths", nargs="*", metavar="PATH", help="files or directories, - for the standard input (default: .)"
    )
    add("-V", "--version", action="version", version=f"netraw-lint {version}")

    for group in (
        _rules,
        _fixing,
        _exemptions_and_old_findings,
        _files,
        _policies,
        _output,
        _settings,
        _information,
    ):
        group(parser)
    parser.suggest_on_error = True  # type: ignore[attr-defined]  # from Python 3.14
    return parser


def _add_charts(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("charts").add_argument
    add("--values", action="append", metavar="FILE", default=[], help="render charts with these values too")
    add("--set", action="append", metavar="KEY=VALUE", default=[], help="set a value of charts, as helm does")
    add("--explore", action="store_true", help="also judge what charts deploy with each switch flipped")
    add("--release-name", metavar="NAME", default="", help="the release (default: release-name)")
    add("--namespace", metavar="NAME", default="", help="its namespace (default: default)")
    add("--kube-version", metavar="VERSION", default="", help="the version of Kubernetes to render for")
    add(
        "--api-versions",
        action="append",
        metavar="NAMES",
        default=[],
        help="APIs that the cluster has besides the built-in ones, comma-separated",
    )


def _add_kustomize(parser: argparse.ArgumentParser) -> None:
    parser.add_argument_group("Kustomize").add_argument(
        "--kustomize",
        action="store_true",
        help="build kustomizations and judge what they deploy, with `kustomize` or `kubectl`",
    )


def _rules(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("rules").add_argument
    for flag, text in (
        ("--select", "run only these rules: codes, prefixes, names or ALL, comma-separated"),
        ("--extend-select", "run these rules too"),
        ("--ignore", "do not run these rules"),
    ):
        add(flag, action="append", metavar="RULE", default=[], help=text)
    add(
        "--runtimes",
        metavar="NAMES",
        help="container runtimes to judge by (default: containerd,cri-o,docker); the worst counts",
    )
    add(
        "--against-policies",
        action="store_true",
        help="instead: which workloads the admission policies of the same paths would refuse or let pass",
    )


def _fixing(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("fixing").add_argument
    add("--fix", action="store_true", help="edit the files; with -, print the fixed manifests")
    add("--diff", action="store_true", help="print what --fix would change as a patch for git apply")
    add("--unsafe-fixes", action="store_true", help="also make edits that may change what was meant")
    for flag, text in (("--fixable", "fix only these rules"), ("--unfixable", "do not fix these rules")):
        add(flag, action="append", metavar="RULE", default=[], help=text)
    add(
        "--fix-drop",
        choices=("NET_RAW", "ALL"),
        help="what to drop where nothing is dropped (default: NET_RAW)",
    )
    add("--exit-non-zero-on-fix", action="store_true", help="exit 1 if anything was fixed")


def _exemptions_and_old_findings(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("exemptions and old findings").add_argument
    add("--no-ignores", action="store_true", help="report exempt findings too, as if nothing were exempt")
    add("--max-exemptions", type=int, metavar="N", help="exit 1 if more than N findings are exempt")
    add("--baseline", metavar="FILE", help="exempt the findings recorded in FILE")
    add("--update-baseline", action="store_true", help="record the present findings in the baseline file")
    add(
        "--add-exemptions",
        action="store_true",
        help="exempt every present finding by a comment with --reason",
    )
    add("--grant", metavar="CONTAINER", help="give NET_RAW back to a container, and exempt it with --reason")
    add("--reason", metavar="TEXT", help="why, for --grant and --add-exemptions")
    add("--until", metavar="DATE", help="the last day of it, YYYY-MM-DD")
    add("--since", metavar="REV", help="report only findings that the git revision REV did not have")


def _files(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("files").add_argument
    add("--exclude", action="append", metavar="GLOB", default=[], help="skip these paths, as in a .gitignore")
    add(
        "--force-exclude",
        action="store_true",
        default=None,
        help="exclude named files too (for commit hooks)",
    )
    add("--no-respect-gitignore", action="store_true", help="lint what git ignores")
    add(
        "--stdin-filename",
        metavar="NAME",
        default="<stdin>",
        help="what to call the standard input in reports",
    )

    _add_charts(parser)
    _add_kustomize(parser)


def _policies(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("admission policies").add_argument
    add(
        "--print-policy",
        metavar="ENGINE",
        help="print a policy that refuses what the linter reports: psa, vap, kyverno, gatekeeper, psp, scc or azure;"
        " it only audits",
    )
    add("--enforce", action="store_true", help="print the policy that refuses instead of auditing")


def _output(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("output").add_argument
    add(
        "--output-format", metavar="FMT", choices=tuple(FORMATS), help=f"{', '.join(FORMATS)} (default: full)"
    )
    add("-o", "--output-file", metavar="FILE", help="write the report to a file")
    add(
        "--report",
        action="append",
        metavar="FMT=FILE",
        default=[],
        help="write another report beside it, in any format; may be given often",
    )
    add(
        "--show-suppressed",
        action="store_true",
        help="list exempted findings too, as such (sarif, junit, markdown; json always does)",
    )
    add(
        "--statistics",
        action="store_true",
        help="print how often each rule was found instead of each finding (json has both)",
    )
    add(
        "--show-containers",
        action="store_true",
        help="with json: list every container judged, good or bad, as evidence",
    )
    add("--color", choices=("auto", "always", "never"), default="auto", help="colours (default: auto)")
    add("-q", "--quiet", action="store_true", help="print no summary and no progress")
    add("-v", "--verbose", action="store_true", help="name the settings file and every file that is read")


def _settings(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("settings").add_argument
    add("--config", metavar="FILE", help="use this settings file")
    add("--isolated", action="store_true", help="use no settings file")
    add("--exit-zero", action="store_true", help="exit 0 in spite of findings (never hides exit code 2)")


def _information(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("information").add_argument
    add("--explain", metavar="RULE", help="print the page of a rule, by code or name; or of ALL")
    add("--list-rules", action="store_true", help="print the rules")
    add("--show-files", action="store_true", help="print the files that would be linted")
    add("--show-settings", action="store_true", help="print the settings in force")
    add("--print-completion", choices=SHELLS, help="print what completes the options in a shell")

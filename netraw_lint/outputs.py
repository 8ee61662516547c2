"""Where reports go: one to the standard output or a file, and any number of others beside it."""

from __future__ import annotations

import os
import time

from netraw_lint import __version__, settings, text
from netraw_lint.model import Problem
from netraw_lint.noun import Noun
from netraw_lint.reporters import APPENDED, COLOURED, FORMATS
from netraw_lint.sources import files
from netraw_lint.streams import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterator
    from typing import Any

    from netraw_lint.model import Report
    from netraw_lint.reporters.suggested import Suggestions


_STDIN = "<stdin>"


class Target(Noun):
    """A report beside the main one."""

    format: str
    path: str


def targets(parsed: Namespace) -> list[Target]:
    """What --report asks for, so far as can be told before the work begins. Raises UsageError."""
    from netraw_lint import saving

    found: list[Target] = []
    taken: set[object] = set()
    if parsed.output_file:
        saving.check(parsed.output_file, f"-o {parsed.output_file}", parsed.paths)
        taken.add(saving.identity(parsed.output_file))
    for given in parsed.report:
        name, equals, path = given.partition("=")
        if not equals or not path:
            raise UsageError(f'--report needs FMT=FILE, such as sarif=report.sarif, not "{given}"')
        if name not in FORMATS:
            raise UsageError(f'unknown report format "{name}": choose from {", ".join(FORMATS)}')
        if path == "-":
            raise UsageError(f"--report {given}: the standard output is for --output-format {name}")
        saving.check(path, f"--report {given}", parsed.paths)
        if saving.identity(path) in taken:
            raise UsageError(f"--report {given}: another report goes to that file")
        taken.add(saving.identity(path))
        found.append(Target(name, path))
    return found


def rendered(
    parsed: Namespace, name: str, report: Report, suggestions: Suggestions, colour: bool = False
) -> Iterator[str]:
    """A report in a format, in parts."""
    module: Any = __import__(f"netraw_lint.reporters.{FORMATS[name]}", fromlist=["render"])
    if name not in COLOURED:
        yield module.render(report, colour, suggestions=suggestions, **_extra(parsed, report))
        return
    if parsed.statistics:
        from netraw_lint.summary import statistics

        yield statistics(report)
        report = report.replace(findings=())
    yield from module.parts(report, colour)


def save_all(parsed: Namespace, report: Report, suggestions: Suggestions) -> None:
    """Write what --report asks for. One that fails does not keep the others. Raises UsageError."""
    if not parsed.report:
        return
    from netraw_lint import saving

    failed = None
    for target in targets(parsed):
        try:
            text = "".join(rendered(parsed, target.format, report, suggestions))
            saving.save(target.path, text, target.format in APPENDED)
        except UsageError as error:
            failed = failed or error
    if failed:
        raise failed


def _extra(parsed: Namespace, report: Report) -> dict[str, Any]:
    """What the formats for machines may want to know."""
    from netraw_lint.sources.borders import repository_root

    root = repository_root(os.curdir)
    piped = parsed.stdin_filename if "-" in parsed.paths else None
    named = {finding.path for finding in report.findings}
    named |= {problem.path for problem in report.problems}
    named |= {judged.path for judged in report.containers}
    named |= {exemption.finding.path for exemption in report.exempt}
    if piped == _STDIN:
        named.discard(piped)
    paths = {path: path_in_repository(path, root) for path in sorted(named)}

    def read(path: str) -> bytes | None:
        if path == piped or parsed.diff:  # a report beside a patch is about the patched text
            return None
        source = files.read(path)
        if isinstance(source, Problem):
            return None
        return text.encode(source.data.decode(), source.encoding, source.bom)

    return {
        "version": __version__,
        "containers": parsed.show_containers,
        "show_suppressed": parsed.show_suppressed,
        "paths": paths,
        "root": root.replace(os.sep, "/"),
        "read": read,
        "when": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(_epoch())),
        "settings": lambda: _in_force(parsed, root),
    }


def _epoch() -> float:
    """Now, or what a build that is to be repeated says is now."""
    given = os.environ.get("SOURCE_DATE_EPOCH", "")
    return float(given) if given.isdecimal() and len(given) < 12 else time.time()


def _in_force(parsed: Namespace, root: str) -> dict[str, Any]:
    """The settings that say what a report is worth. None that may hold a secret, such as values of charts."""
    shown = settings.shown(parsed, settings.read(parsed))
    kept = {key: shown[key] for key in ("rules", "runtimes", "exclude", "charts", "respect-suppressions")}
    return kept | {
        "settings-file": path_in_repository(shown["settings-file"], root)
        if shown["settings-file"]
        else "none",
        "paths": parsed.paths or [os.curdir],
        "baseline": parsed.baseline or shown["baseline"],
        "since": parsed.since,
        "ignores": "set aside, by --no-ignores" if parsed.no_ignores else "respected",
    }


def path_in_repository(path: str, root: str) -> str:
    """A path as seen from the root, with ``/``, links resolved (GitHub shows nothing in them); else absolute."""
    for absolute in (os.path.realpath(path), os.path.abspath(path)):
        relative = os.path.relpath(absolute, root)
        if relative.split(os.sep)[0] != os.pardir:
            return relative.replace(os.sep, "/")
    return os.path.realpath(path).replace(os.sep, "/")

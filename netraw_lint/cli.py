"""The command line program: options and settings in, an exit code out."""

from __future__ import annotations

import atexit
import gc
import os
import sys

from netraw_lint import __version__, config, libyaml, options, settings, streams
from netraw_lint.model import Problem, Report
from netraw_lint.reporters import SUGGESTING
from netraw_lint.streams import Streams, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable, Sequence

    from netraw_lint.adoption import Baseline, Since
    from netraw_lint.catalogue import Catalogue
    from netraw_lint.changes import Changes
    from netraw_lint.config import Config
    from netraw_lint.crossing import Crossing
    from netraw_lint.fixing import Fixer
    from netraw_lint.kustomizing import Builds
    from netraw_lint.model import Settings, Source
    from netraw_lint.reporters.suggested import Suggestions

CLEAN, FOUND, FAILED, INTERRUPTED = 0, 1, 2, 130
# Files from which on a run uses every processor: to copy a process takes as long as to lint about twenty.
_MANY = 200


def program() -> None:
    """The console script: ``run``, and the end of the process."""
    code = run()
    # Everything is written and closed. To take modules and nodes apart first would cost a tenth of a start, so that
    # is left to the system, unless somebody asked for something to be done at the end.
    if "threading" in sys.modules or atexit._ncallbacks():  # noqa: SLF001 - there is no other way to ask
        sys.exit(code)
    os._exit(code)


def run() -> int:
    """``main`` on the process's own arguments and streams."""
    libyaml.alone = True
    # Nodes are many and live as long as their document: looking for garbage among them costs a third of a run.
    gc.set_threshold(100_000, 50, 50)
    try:
        return main(sys.argv[1:], streams.standard())
    except KeyboardInterrupt:
        return INTERRUPTED


def main(argv: Sequence[str], out: Streams) -> int:
    """Run the program; the exit code says what came of it."""
    try:
        parsed = options.parse(argv, __version__)
    except SystemExit as stop:
        out.write("")
        return FAILED if stop.code else CLEAN
    try:
        return _run(parsed, out)
    except (UsageError, config.ConfigError) as error:
        out.tell(f"error: {error}")
    except Exception as error:  # noqa: BLE001 - exit code 1 would say that findings remain
        if parsed.verbose:
            import traceback

            for line in traceback.format_exc().splitlines():
                out.tell(line)
        hint = "" if parsed.verbose else " (-v shows where)"
        out.tell(f"internal error, please report it{hint}: {type(error).__name__}: {error}")
    return FAILED


def _run(parsed: Namespace, out: Streams) -> int:
    if parsed.list_rules or parsed.explain:
        from netraw_lint import explain

        try:
            text = explain.table() if parsed.list_rules else explain.page(parsed.explain)
        except ValueError as error:
            raise UsageError(str(error)) from None
        out.write(text)
        return CLEAN
    if parsed.print_completion:
        from netraw_lint import completion

        out.write(completion.script(parsed.print_completion))
        return CLEAN
    found = settings.read(parsed)
    if parsed.show_settings:
        from netraw_lint.reporters import escape

        out.write(escape.json_text(settings.shown(parsed, found)))
        return CLEAN
    if parsed.against_policies:
        from netraw_lint import crosscheck

        crosscheck.refuse_other_modes(parsed)
    if parsed.show_files:
        return _show_files(parsed, found, out)
    if parsed.print_policy is not None or parsed.enforce:
        return _print_policy(parsed, found, out)
    if parsed.grant or parsed.add_exemptions:
        return _record(parsed, found, out)
    return _lint(parsed, found, out)


def _show_files(parsed: Namespace, found: Config, out: Streams) -> int:
    from netraw_lint import inputs
    from netraw_lint.reporters.escape import line_start

    code = CLEAN
    for item in inputs.discovered(parsed, found):
        if isinstance(item, Problem):
            out.tell(f"{item.path}: not checked ({item.stage}): {item.message}")
            code = FAILED
        else:
            out.write(f"{line_start(item.path)}\n")
    return code


def _print_policy(parsed: Namespace, found: Config, out: Streams) -> int:
    from netraw_lint import printing

    manifest, untold = printing.written(parsed, found)
    if parsed.output_file:
        from netraw_lint import saving

        saving.save(parsed.output_file, manifest)
    else:
        out.write(manifest)
    for each in untold:
        out.tell(f"not in the policy: {each}")
    return CLEAN


def _record(parsed: Namespace, found: Config, out: Streams) -> int:
    """--grant and --add-exemptions: exemptions written into the manifests."""
    from netraw_lint import engine, inputs, recording
    from netraw_lint.changes import Changes

    terms = settings.terms(parsed)
    merged = settings.merged(parsed, found)
    catalogue = _catalogue(merged)
    changes = Changes(parsed.diff, streams.read_by_agent(), parsed.paths or [os.curdir])
    recorder = recording.Recorder(merged, catalogue, changes.commit, terms, parsed.grant)
    read = inputs.sources(parsed, found, out, [], changes)
    report = engine.lint(changes.over(recorder.over(read)), merged, catalogue)
    if parsed.grant and recorder.matches != 1:
        count = recorder.matches or "no"
        hint = "" if not recorder.matches else ": say which, as kind/name/container"
        raise UsageError(f"{count} containers are called {parsed.grant} here{hint}")
    for data in changes.output(out.stdout.isatty()):
        out.write(data)
    for line in recorder.told() if not parsed.diff else ():
        out.write(line)
    problems = [*report.problems, *recorder.refused]
    for problem in problems:
        out.tell(f"{problem.path}:{problem.line or 1}: {problem.message}")
    if problems:
        return FAILED
    left = [item for item in report.findings if item.severity != "info"] if parsed.add_exemptions else []
    return FOUND if left or (parsed.diff and recorder.recorded) else CLEAN


def _lint(parsed: Namespace, found: Config, out: Streams) -> int:
    from netraw_lint import engine, inputs
    from netraw_lint.progress import Progress

    baseline, since = _adopted(parsed, found)
    merged = settings.merged(parsed, found, frozenset(baseline.entries if baseline else ()))
    format_name = settings.output_format(parsed, found)
    ignored = inputs.ignored(found)
    _begin(parsed, found, out)
    catalogue = _catalogue(merged)
    progress = Progress(out.stderr, enabled=not parsed.quiet)
    changes, fixer = (
        _fixer(parsed, found, merged, catalogue, ignored) if parsed.fix or parsed.diff else (None, None)
    )
    crossing = _crossing(merged)
    charts: list[str] = []
    delivering: list[Source] = []
    notes: list[str] = []
    compose = fixer.composed.given_away if fixer else None
    linter = engine.Linter(merged, catalogue, progress.tick, crossing, compose)
    builds = _builds(parsed, found, merged, catalogue, progress.tick, fixer)
    try:
        items = inputs.meant(parsed, found, since, builds, delivering)
        # A cross-check compares every document with every policy.
        alone = fixer or builds or parsed.verbose or merged.against_policies or "-" in parsed.paths
        if len(items) < _MANY or alone:
            to_follow = None if builds else delivering
            read = progress.over(inputs.sources(parsed, found, out, charts, changes, items, to_follow))
            linter.over(changes.over(fixer.over(read)) if fixer and changes else read)
        else:
            from netraw_lint import spread

            files = inputs.without_charts(items, parsed, found, out, charts)
            spread.lint(linter, files, progress, delivering)
        report = builds.added(linter.report()) if builds else linter.report()
        if charts or delivering or crossing:
            from netraw_lint import charting

            report, notes = charting.added(
                report, charts, delivering, parsed, found, merged, progress, crossing or fixer
            )
    finally:
        progress.clear()
    for note in [*(builds.notes if builds and not parsed.quiet else ()), *notes]:
        out.tell(note)
    if fixer and changes:
        report = changes.without_fixed(fixer.explained(report), fixer.fixed)
    report = _without_ignored(report, ignored)
    if since:
        report = since.without_known(report, parsed.paths or [os.curdir], merged, catalogue)
    report = _settled(report, baseline, out)
    taken = fixer is not None and changes is not None and _told(parsed, format_name, fixer, changes, out)
    wanted = not fixer and settings.formats(parsed, found) & SUGGESTING
    trial = _fixer(parsed, found, merged, catalogue, ignored)[1] if wanted else None
    _write(parsed, format_name, report, out, taken, _suggestions(parsed, report, trial))
    if not parsed.quiet:
        from netraw_lint.summary import summary

        fixable = settings.handled(parsed, found, report.findings)
        out.write(summary(report, parsed.diff, fixable) + "\n", to_stderr=True)
    return _code(parsed, report, fixer, out)


def _crossing(merged: Settings) -> Crossing | None:
    """What collects workloads and policies, if these are held against each other."""
    if not merged.against_policies:
        return None
    from netraw_lint.crossing import Crossing

    return Crossing(merged.runtimes)


def _builds(
    parsed: Namespace,
    found: Config,
    merged: Settings,
    catalogue: Catalogue,
    tick: Callable[[], None],
    fixer: Fixer | None,
) -> Builds | None:
    """What builds the kustomizations of a run, if that was asked for."""
    if not settings.builds(parsed, found):
        return None
    from netraw_lint import kustomizing

    excludes = settings.excludes(parsed, found)
    return kustomizing.Builds(merged, catalogue, tick, fixer, parsed.diff, excludes)


def _without_ignored(report: Report, ignored: Callable[[str], set[str]] | None) -> Report:
    """The report without what ``per-file-ignores`` leaves out."""
    if ignored is None or not report.findings:
        return report
    return report.replace(
        findings=tuple(each for each in report.findings if each.rule not in ignored(each.path))
    )


def _settled(report: Report, baseline: Baseline | None, out: Streams) -> Report:
    """The report without what the baseline knows."""
    if baseline is None:
        return report
    report, stale = baseline.settled(report)
    if stale:
        out.tell(stale)
    return report


def _begin(parsed: Namespace, found: Config, out: Streams) -> None:
    """What is told before the work."""
    if parsed.report or parsed.output_file:
        from netraw_lint import outputs

        outputs.targets(parsed)  # a mistake
    if parsed.verbose:
        out.tell(f"settings: {found.path or 'no file'}")


def _adopted(parsed: Namespace, found: Config) -> tuple[Baseline | None, Since | None]:
    """What old findings are measured by, if that was asked for."""
    if parsed.against_policies:
        return None, None  # old findings are those of ordinary runs
    if not (parsed.baseline or parsed.update_baseline or parsed.since or found.get("baseline")):
        return None, None
    from netraw_lint import adoption

    return adoption.baseline(parsed, found), adoption.since(parsed)


def _catalogue(merged: Settings) -> Catalogue:
    from netraw_lint.catalogue import Catalogue
    from netraw_lint.schemas_dir import read_catalogue

    return Catalogue(read_catalogue, merged.workloads)


def _fixer(
    parsed: Namespace,
    found: Config,
    merged: Settings,
    catalogue: Catalogue,
    ignored: Callable[[str], set[str]] | None,
) -> tuple[Changes, Fixer]:
    from netraw_lint import fixing
    from netraw_lint.changes import Changes

    changes = Changes(parsed.diff, streams.read_by_agent(), parsed.paths or [os.curdir])
    codes = fixing.codes(merged, settings.fixable(parsed, found), frozenset())
    unsafe = settings.unsafe_fixes(parsed, found)
    return changes, fixing.Fixer(merged, catalogue, codes, changes.commit, unsafe, ignored)


def _suggestions(parsed: Namespace, report: Report, fixer: Fixer | None) -> Suggestions:
    """What --fix would write for each finding, if a format can hold it; nothing is written."""
    if fixer is None:
        return {}
    from netraw_lint import suggesting

    piped = parsed.stdin_filename if "-" in parsed.paths else None
    return suggesting.suggestions(report.findings, fixer, piped)


def _told(parsed: Namespace, name: str, fixer: Fixer, changes: Changes, out: Streams) -> bool:
    """Print patches, or what was fixed; true if the standard output is taken, so that the report goes elsewhere."""
    from netraw_lint.reporters import COLOURED

    taken = parsed.diff or changes.filtered is not None
    for data in changes.output(out.stdout.isatty()):
        out.write(data)
    lines = "".join(f"{line}\n" for line in changes.told(fixer.fixed))
    to_stderr = taken or name not in COLOURED
    out.write(lines + "\n" if lines and not to_stderr else lines, to_stderr=to_stderr)
    return taken


def _write(
    parsed: Namespace, name: str, report: Report, out: Streams, to_stderr: bool, suggestions: Suggestions
) -> None:
    from netraw_lint.reporters import COLOURED

    text = name in COLOURED
    silent = text and not parsed.output_file and not (report.findings or report.problems or report.exempt)
    if silent and not parsed.report:
        return
    from netraw_lint import outputs

    if not silent:
        colour = text and not parsed.output_file and settings.colour(parsed.color, out.stdout.isatty())
        rendered = outputs.rendered(parsed, name, report, suggestions, colour)
        if parsed.output_file:
            from netraw_lint import saving

            saving.save(parsed.output_file, "".join(rendered))
        else:
            out.write_parts(rendered, to_stderr)
    outputs.save_all(parsed, report, suggestions)


def _code(parsed: Namespace, report: Report, fixer: Fixer | None, out: Streams) -> int:
    """What came of the run, as an exit code."""
    if report.problems:
        return FAILED
    failing = any(finding.severity != "info" for finding in report.findings)
    allowed = parsed.max_exemptions
    if allowed is not None and len(report.exempt) > allowed:
        out.tell(f"{len(report.exempt)} findings are exempt, and --max-exemptions allows {allowed}")
        failing = True
    changed = bool(fixer and fixer.fixed) and (parsed.diff or parsed.exit_non_zero_on_fix)
    return FOUND if (failing or changed) and not parsed.exit_zero else CLEAN

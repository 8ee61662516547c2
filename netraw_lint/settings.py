"""Options and the settings file to what is in force; an option wins over the file."""

from __future__ import annotations

import os
import time

from netraw_lint import config
from netraw_lint.model import CatalogueRow, Entry, Settings, Terms
from netraw_lint.reporters import FORMATS, SUPPRESSED
from netraw_lint.streams import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable, Iterable
    from typing import Any

    from netraw_lint.charts.run import Asked
    from netraw_lint.config import Config
    from netraw_lint.model import Finding
    from netraw_lint.sources.gitignore import Rules

_RUNTIMES: tuple[str, ...] = config.DEFAULTS["runtimes"]
_SELECTORS = ("select", "extend-select", "ignore")


def read(parsed: Namespace) -> Config:
    """The settings file of a run, if it has one. Raises ConfigError."""
    if parsed.isolated:
        return config.EMPTY
    path = parsed.config or os.environ.get("NETRAW_LINT_CONFIG") or config.find(_start(parsed))
    return config.load(path) if path else config.EMPTY


def _start(parsed: Namespace) -> str:
    """Where the search for a settings file begins: the directory that all given paths are in."""
    named = [parsed.stdin_filename if path == "-" else path for path in parsed.paths]
    folders = [path if os.path.isdir(path) else os.path.dirname(path) for path in named]
    try:
        common: str = os.path.commonpath([os.path.abspath(folder) for folder in folders])
        return common
    except ValueError:  # none given, or on different drives
        return os.curdir


def merged(parsed: Namespace, found: Config, baseline: frozenset[str] = frozenset()) -> Settings:
    """What the engine has to know. Raises UsageError and ConfigError."""
    runtimes = listed([parsed.runtimes]) if parsed.runtimes is not None else tuple(found.get("runtimes"))
    unknown = [name for name in runtimes if name not in _RUNTIMES]
    if unknown or not runtimes:
        what = f'unknown runtime "{unknown[0]}"' if unknown else "--runtimes needs a name"
        raise UsageError(f"{what}: choose from {', '.join(_RUNTIMES)}")
    asked = formats(parsed, found)
    return Settings(
        _selected(parsed, found),
        runtimes,
        tuple(CatalogueRow(**row) for row in found.get("workloads")),
        parsed.show_containers or "html" in asked,
        found.get("charts"),
        parsed.fix_drop or found.get("fix-drop"),
        exemptions=_exemptions(found),
        baseline=baseline,
        respect=tuple(found.get("respect-suppressions")),
        ignores=not parsed.no_ignores,
        today=time.strftime("%Y-%m-%d"),
        against_policies=parsed.against_policies,
        linted="html" in asked or bool(parsed.baseline or parsed.update_baseline or found.get("baseline")),
    )


def terms(parsed: Namespace) -> Terms:
    """The reason and last day given on the command line. Raises UsageError."""
    reason = " ".join((parsed.reason or "").split())
    if not reason:
        raise UsageError("an exemption needs a reason: add --reason TEXT")
    if parsed.until is not None:
        try:
            time.strptime(parsed.until, "%Y-%m-%d")
        except ValueError:
            raise UsageError(f"--until {parsed.until} is no date: write YYYY-MM-DD") from None
    return Terms((), reason, parsed.until)


def _exemptions(found: Config) -> tuple[Entry, ...]:
    """The ``exemptions`` of the settings file. Raises ConfigError for a rule that does not exist."""
    given = found.get("exemptions")
    if not given:
        return ()
    from netraw_lint.exemptions.entries import entry
    from netraw_lint.sources.gitignore import exclude_rules

    entries = []
    for number, values in enumerate(given):
        if "rule" in values:
            _matching(values["rule"], found, ("exemptions", number, "rule"))
        rules = exclude_rules([values["path"]], found.directory) if "path" in values else None
        covers = (lambda path, rules=rules: rules.cover(os.path.realpath(path), False)) if rules else None
        entries.append(entry(number, values, covers))
    return tuple(entries)


def _selected(parsed: Namespace, found: Config) -> frozenset[str] | None:
    """The codes that run. Without a word from anybody this does not load the rules."""
    given = [listed(getattr(parsed, key.replace("-", "_"))) for key in _SELECTORS]
    in_file: list[tuple[str, ...]] = [found.get(key) for key in _SELECTORS]
    if parsed.against_policies:
        from netraw_lint import crosscheck

        # What the settings file selects is meant for ordinary runs.
        in_file[:2] = [crosscheck.RULES, ()]
    if not any(given + in_file):
        return None
    from netraw_lint import rules, selection

    known = rules.rules()
    for key, selectors in zip(_SELECTORS, in_file, strict=True):
        for number, selector in enumerate(selectors):
            _matching(selector, found, (key, number))
    if given[0]:  # what --select says replaces what the file says
        in_file = [(), (), ()]
    try:
        codes = selection.selected(
            known, given[0] or in_file[0], in_file[1] + given[1], in_file[2] + given[2]
        )
    except selection.UnknownRuleError as error:
        raise UsageError(str(error)) from None
    if codes and codes <= {"NRL110", "NRL111"} and not parsed.against_policies:
        raise UsageError(f"{', '.join(sorted(codes))} runs with --against-policies only")
    return codes


def fixable(parsed: Namespace, found: Config) -> frozenset[str]:
    """The codes of the rules that --fix may touch. Raises UsageError and ConfigError."""
    from netraw_lint import rules, selection

    known = rules.rules()
    lists: list[tuple[str, ...]] = []
    for key in ("fixable", "unfixable"):
        for number, selector in enumerate(found.get(key)):
            _matching(selector, found, (key, number))
        lists.append(listed(getattr(parsed, key)) or found.get(key))
    try:
        return selection.selected(known, lists[0], (), lists[1])
    except selection.UnknownRuleError as error:
        raise UsageError(str(error)) from None


def unsafe_fixes(parsed: Namespace, found: Config) -> bool:
    """Whether edits that may change what was meant are wanted."""
    return parsed.unsafe_fixes or bool(found.get("unsafe-fixes"))


def handled(parsed: Namespace, found: Config, findings: Iterable[Finding]) -> tuple[int, int]:
    """How many of the findings --fix would take on, and how many of the others with --unsafe-fixes besides."""
    kinds = [(finding.rule, finding.fix) for finding in findings if finding.fix]
    if not kinds:
        return 0, 0
    codes = fixable(parsed, found)
    safe = sum(code in codes and kind == "safe" for code, kind in kinds)
    unsafe = sum(code in codes and kind == "unsafe" for code, kind in kinds)
    return (safe + unsafe, 0) if unsafe_fixes(parsed, found) else (safe, unsafe)


def _matching(selector: str, found: Config, keys: tuple[str | int, ...]) -> set[str]:
    """The codes that a selector of the settings file stands for."""
    from netraw_lint import rules, selection

    try:
        return selection.matching(rules.rules(), selector)
    except selection.UnknownRuleError as error:
        raise found.error(keys, f"has an {error}") from None


def charts(parsed: Namespace, found: Config) -> Asked:
    """What is asked for charts. Raises UsageError for values that are no file."""
    from netraw_lint.charts.run import Asked
    from netraw_lint.sources import borders
    from netraw_lint.sources.gitignore import exclude_rules

    given = {
        "values": parsed.values,
        "set": parsed.set,
        "release": parsed.release_name,
        "namespace": parsed.namespace,
        "kube-version": parsed.kube_version,
        "api-versions": listed(parsed.api_versions),
    }
    for path in parsed.values:
        if not os.path.isfile(path):
            raise UsageError(f"--values {path}: no such file")
    entries = []
    root = borders.repository_root(found.directory)
    for number, values in enumerate(found.get("chart-values")):
        rules = exclude_rules([values["path"]], found.directory)
        for place, name in enumerate(values.get("values", ())):
            if not os.path.isfile(os.path.join(found.directory, name)):
                raise found.error(("chart-values", number, "values", place), f"is no file: {name}")
            if not borders.is_inside(os.path.join(found.directory, name), [root]):
                what = f"is outside of {root}: {name}; name it with --values"
                raise found.error(("chart-values", number, "values", place), what)
        entries.append((_covering(rules), values))
    explore = parsed.explore or found.get("charts") == "explore"
    return Asked(given, tuple(entries), found.directory, explore)


def builds(parsed: Namespace, found: Config) -> bool:
    """Whether kustomizations are built, rather than their files read one by one."""
    # What is built by itself is not held against the policies of everything else.
    return not parsed.against_policies and (bool(parsed.kustomize) or found.get("kustomize") == "build")


def _covering(rules: Rules | None) -> Callable[[str], bool]:
    """Whether patterns cover a path; a pattern about nothing covers nothing."""

    def covers(path: str) -> bool:
        return bool(rules and rules.cover(os.path.realpath(path), os.path.isdir(path)))

    return covers


def ignored_by_file(found: Config) -> list[tuple[str, set[str]]]:
    """The globs of ``per-file-ignores`` with the codes that they leave out. Raises ConfigError."""
    return [
        (
            glob,
            {
                code
                for selector in selectors
                for code in _matching(selector, found, ("per-file-ignores", glob))
            },
        )
        for glob, selectors in found.get("per-file-ignores").items()
    ]


def output_format(parsed: Namespace, found: Config) -> str:
    """The name of the reporter. Raises UsageError."""
    name = _output_format(parsed, found)
    if name not in FORMATS:
        raise UsageError(f'unknown output format "{name}": choose from {", ".join(FORMATS)}')
    asked = formats(parsed, found)
    if parsed.show_containers and not asked & {"json", "html"}:
        raise UsageError("--show-containers needs --output-format json")
    if parsed.show_suppressed and not asked & SUPPRESSED:
        raise UsageError(f"--show-suppressed needs a format that can: {', '.join(sorted(SUPPRESSED))}")
    return name


def _output_format(parsed: Namespace, found: Config) -> str:
    name: str = (
        parsed.output_format or os.environ.get("NETRAW_LINT_OUTPUT_FORMAT") or found.get("output-format")
    )
    return name


def formats(parsed: Namespace, found: Config) -> set[str]:
    """The names of all reporters that are asked for."""
    return {_output_format(parsed, found), *(report.partition("=")[0] for report in parsed.report)}


def excludes(parsed: Namespace, found: Config) -> tuple[list[str], str]:
    """The patterns of the files to leave out, and the directory that they are relative to."""
    own, in_file = listed(parsed.exclude), list(found.get("exclude"))
    if not in_file:
        return list(own), os.curdir
    here = os.path.relpath(os.path.realpath(os.curdir), os.path.realpath(found.directory)).replace(
        os.sep, "/"
    )
    if here == "." or here.startswith(".."):
        return [*in_file, *own], found.directory
    # A pattern with a slash is relative to where it was typed.
    return [
        *in_file,
        *(f"/{here}/{p.lstrip('/')}" if "/" in p.rstrip("/") else p for p in own),
    ], found.directory


def force_exclude(parsed: Namespace, found: Config) -> bool:
    """Whether the patterns leave out named files too."""
    return bool(parsed.force_exclude or found.get("force-exclude"))


def respect_gitignore(parsed: Namespace, found: Config) -> bool:
    """Whether to leave out what git ignores."""
    return bool(found.get("respect-gitignore") and not parsed.no_respect_gitignore)


def colour(when: str, is_terminal: bool) -> bool:
    """Whether to colour: --color, then NO_COLOR, then FORCE_COLOR, then whether a person is looking."""
    if when != "auto":
        return when == "always"
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or is_terminal


def shown(parsed: Namespace, found: Config) -> dict[str, Any]:
    """Every setting with the value in force, for --show-settings. Raises UsageError and ConfigError."""
    from netraw_lint import rules, selection

    settings = merged(parsed, found)
    codes = selection.defaults(rules.rules()) if settings.rules is None else settings.rules
    values: dict[str, Any] = {key: found.get(key) for key in config.DEFAULTS}
    return values | {
        "exclude": excludes(parsed, found)[0],
        "force-exclude": force_exclude(parsed, found),
        "output-format": output_format(parsed, found),
        "respect-gitignore": respect_gitignore(parsed, found),
        "rules": sorted(codes),
        "runtimes": settings.runtimes,
        "settings-file": found.path,
    }


def listed(values: Iterable[str]) -> tuple[str, ...]:
    """The parts of comma-separated lists."""
    return tuple(part.strip() for value in values for part in value.split(",") if part.strip())

"""Living with old findings: a baseline file, and comparing with a git revision."""

from __future__ import annotations

import os

from netraw_lint import saving
from netraw_lint.exemptions import baseline as records
from netraw_lint.model import Exemption, Problem, Report, Settings, Source
from netraw_lint.sources import borders, files
from netraw_lint.streams import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterable, Iterator
    from typing import Any

    from netraw_lint.catalogue import Catalogue
    from netraw_lint.config import Config
    from netraw_lint.sources.discovery import Found


class Baseline:
    """A baseline file: what it records, and what became of it in this run.

    Raises BaselineError for a file that is none, UsageError for one that cannot be read.
    """

    def __init__(self, path: str, update: bool) -> None:
        self.path = path
        self.update = update
        self.entries: dict[str, dict[str, Any]] = {}
        if not (update and not os.path.exists(path)):
            # A repository's own settings may name it: it could be a pipe or a device.
            source = files.read(path)
            if isinstance(source, Problem):
                hint = "--update-baseline writes one"
                raise UsageError(f"cannot read the baseline {path}: {source.message}; {hint}")
            self.entries = records.read(source.data.decode())

    def settled(self, report: Report) -> tuple[Report, str]:
        """The report, with the file updated if that was asked for, and a word about what is stale in it.

        Raises UsageError if the file cannot be written.
        """
        recorded = [item.finding for item in report.exempt if item.origin == "baseline"]
        stale = len(
            records.stale(self.entries, {finding.identity for finding in recorded}, set(report.linted))
        )
        entries = f"{stale} {'entry' if stale == 1 else 'entries'}"
        if not self.update:
            words = f"baseline: {entries} no longer found: --update-baseline removes them"
            return report, words if stale else ""
        # What was not linted this time stays on the record.
        linted = set(report.linted)
        kept = [entry for entry in self.entries.values() if entry.get("path") not in linted]
        saving.save(self.path, records.render([*recorded, *report.findings], kept))
        now = [
            Exemption(finding, "recorded in the baseline", None, "baseline") for finding in report.findings
        ]
        report = report.replace(findings=(), exempt=(*report.exempt, *now))
        return report, f"baseline: {entries} removed" if stale else ""


def baseline(parsed: Namespace, found: Config) -> Baseline | None:
    """The baseline that a run was given, if any. Raises UsageError."""
    path = parsed.baseline
    if path is None and found.get("baseline"):
        path = os.path.join(found.directory, found.get("baseline"))
        root = borders.repository_root(found.directory)
        if parsed.update_baseline and not borders.is_inside(path, [root]):
            raise UsageError(
                f"the settings name a baseline outside of {root}, which is not written without being asked: "
                f"say --baseline {path}"
            )
    if path is None:
        if parsed.update_baseline:
            raise UsageError("--update-baseline needs --baseline FILE")
        return None
    try:
        return Baseline(path, parsed.update_baseline)
    except ValueError as error:
        raise UsageError(f"{path} is no baseline: {error}") from None


def since(parsed: Namespace) -> Since | None:
    """The revision that a run is compared with, if any. Raises UsageError."""
    if parsed.since is None:
        return None
    from netraw_lint.sources.git import GitError

    try:
        return Since(parsed.since)
    except GitError as error:
        raise UsageError(f"--since {parsed.since}: {error}") from None


class Since:
    """The findings that a git revision did not have yet. Raises git.GitError."""

    def __init__(self, revision: str) -> None:
        from netraw_lint.sources import git

        self.commit = git.merge_base(revision)
        self.differences = git.differences(self.commit)
        self._now = {os.path.realpath(item.now) for item in self.differences if item.now}

    def changed(self, found: Iterable[Found]) -> Iterator[Found]:
        """What of the discovered files differs from the revision."""
        for item in found:
            path = os.path.realpath(item.path)
            inside = path + os.sep
            if (
                isinstance(item, Problem)
                or path in self._now
                or any(now.startswith(inside) for now in self._now)
            ):
                yield item

    def without_known(
        self, report: Report, paths: list[str], settings: Settings, catalogue: Catalogue
    ) -> Report:
        """The report without the findings that the revision's versions of the files had."""
        if not report.findings:
            return report
        from netraw_lint import engine

        known = {item.identity for item in engine.lint(self._old(paths), settings, catalogue).findings}
        return report.replace(findings=tuple(item for item in report.findings if item.identity not in known))

    def _old(self, paths: list[str]) -> Iterator[Source | Problem]:
        from netraw_lint.sources import files, git, kustomize

        roots = [os.path.realpath(path) for path in paths]
        for item in self.differences:
            if item.then is None or not _is_inside(item.then, roots) or not _may_be_manifest(item.then):
                continue
            source = files.source(
                git.content(self.commit, item.then), files.display(os.path.relpath(item.then))
            )
            if isinstance(source, Source):
                yield kustomize.marked(source)


def _is_inside(path: str, roots: list[str]) -> bool:
    return any(path == root or path.startswith(root.rstrip(os.sep) + os.sep) for root in roots)


def _may_be_manifest(path: str) -> bool:
    return path.lower().endswith((".yaml", ".yml", ".json"))

"""What a run of the command line reads: files, the standard input, and the charts it meets on the way."""

from __future__ import annotations

import os

from netraw_lint import settings
from netraw_lint.model import Problem, Source
from netraw_lint.sources import discovery, files, kustomize

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from netraw_lint.adoption import Since
    from netraw_lint.changes import Changes
    from netraw_lint.config import Config
    from netraw_lint.kustomizing import Builds
    from netraw_lint.sources.discovery import File, Found
    from netraw_lint.streams import Streams


def discovered(parsed: Namespace, found: Config) -> Sequence[Found]:
    """The files and charts below the paths of a run, and what could not be looked at."""
    exclude, root = settings.excludes(parsed, found)
    return discovery.discover(
        [path for path in parsed.paths or [os.curdir] if path != "-"],
        exclude=exclude,
        exclude_root=root,
        force_exclude=settings.force_exclude(parsed, found),
        respect_gitignore=settings.respect_gitignore(parsed, found),
    )


def meant(
    parsed: Namespace,
    found: Config,
    since: Since | None = None,
    builds: Builds | None = None,
    delivering: list[Source] | None = None,
) -> Sequence[Found]:
    """The files and charts of a run; with ``since``, those that have changed.

    With ``builds``, kustomizations are built now, what these use is left out here, and what may say which charts are
    deployed is added to ``delivering``: it is often deployed by a kustomization itself.
    """
    everything = discovered(parsed, found)
    kustomize.note(item.path for item in everything)
    changed = list(since.changed(everything)) if since else everything
    if builds is None:
        return changed
    left = builds.left(everything, changed, _may_deliver)
    if delivering is not None:
        delivering += builds.manifests([item.path for item in changed], _may_deliver)
    return left


def sources(
    parsed: Namespace,
    found: Config,
    streams: Streams,
    charts: list[str],
    changes: Changes | None = None,
    items: Iterable[Found] | None = None,
    delivering: list[Source] | None = None,
) -> Iterator[Source | Problem]:
    """Everything to lint, read one by one. Charts are added to ``charts``, to be rendered after the rest.

    ``items`` are what is meant, if that is known already. What may say which charts are deployed, and how, is added to
    ``delivering``.
    """
    if "-" in parsed.paths:
        from netraw_lint.sources import stdin

        read_stdin = changes.read_stdin if changes else stdin.read
        yield read_stdin(streams.stdin, parsed.stdin_filename)
    everything = meant(parsed, found) if items is None else items
    for item in without_charts(everything, parsed, found, streams, charts):
        yield read(item, delivering)


def without_charts(
    items: Iterable[Found], parsed: Namespace, found: Config, streams: Streams, charts: list[str]
) -> Iterator[File | Problem]:
    """The files to read, and what could not be looked at; charts are added to ``charts``."""
    for item in items:
        if parsed.verbose and not isinstance(item, Problem):
            streams.tell(f"reading {item.path}")
        if isinstance(item, Problem):
            yield item
        elif chart := discovery.chart_meant(item):
            if found.get("charts") != "skip":
                charts.append(chart)
        elif isinstance(item, discovery.File):
            yield item


def read(item: File | Problem, delivering: list[Source] | None = None) -> Source | Problem:
    """The text of a file, marked if a kustomization merges it over others."""
    if isinstance(item, Problem):
        return item
    source = files.read(item.path)
    if delivering is not None and isinstance(source, Source) and _may_deliver(source.data):
        delivering.append(source)
    return kustomize.marked(source) if isinstance(source, Source) else source


def _may_deliver(data: bytes) -> bool:
    """Whether a manifest may hold an object of Argo CD or Flux that points to a path."""
    return (b"argoproj.io/" in data and b"Application" in data) or b".toolkit.fluxcd.io/" in data


def ignored(found: Config) -> Callable[[str], set[str]] | None:
    """The codes that ``per-file-ignores`` leaves out for a path; None if it is not used. Raises ConfigError."""
    by_glob = settings.ignored_by_file(found)
    if not by_glob:
        return None
    from netraw_lint.sources.gitignore import exclude_rules

    tests = [(exclude_rules([glob], found.directory), codes) for glob, codes in by_glob]

    def ignored_in(path: str) -> set[str]:
        real = os.path.realpath(path)
        covers = (codes for patterns, codes in tests if patterns and patterns.cover(real, False))
        return {code for codes in covers for code in codes}

    return ignored_in

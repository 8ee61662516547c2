"""What a run of the command line reads: files, the standard input, and the charts it meets on the way."""

from __future__ import annotations

import os

from netraw_lint import settings
from netraw_lint.model import Problem, Source
from netraw_lint.sources import discovery, files, kustomize

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable, Iterator

    from netraw_lint.adoption import Since
    from netraw_lint.changes import Changes
    from netraw_lint.config import Config
    from netraw_lint.kustomizing import Builds
    from netraw_lint.sources.discovery import Found
    from netraw_lint.streams import Streams


def discovered(parsed: Namespace, found: Config) -> Iterator[Found]:
    """The files and charts below the paths of a run, and what could not be looked at."""
    exclude, root = settings.excludes(parsed, found)
    return discovery.discover(
        [path for path in parsed.paths or [os.curdir] if path != "-"],
        exclude=exclude,
        exclude_root=root,
        force_exclude=settings.force_exclude(parsed, found),
        respect_gitignore=settings.respect_gitignore(parsed, found),
    )


def sources(
    parsed: Namespace,
    found: Config,
    streams: Streams,
    charts: list[str],
    changes: Changes | None = None,
    since: Since | None = None,
    delivering: list[Source] | None = None,
    builds: Builds | None = None,
) -> Iterator[Source | Problem]:
    """Everything to lint, read one by one. Charts are added to ``charts``, to be rendered after the rest.

    What may say which of them are deployed, and how, is added to ``delivering``. With ``builds``, kustomizations are
    built first, and what these use is left out here.
    """
    if "-" in parsed.paths:
        from netraw_lint.sources import stdin

        read = changes.read_stdin if changes else stdin.read
        yield read(streams.stdin, parsed.stdin_filename)
    everything = list(discovered(parsed, found))
    kustomize.note(item.path for item in everything)
    changed = list(since.changed(everything)) if since else everything
    left = builds.left(everything, changed, _may_deliver) if builds else changed
    if builds and delivering is not None:
        # What delivers is often deployed by a kustomization itself.
        delivering += builds.manifests([item.path for item in changed], _may_deliver)
    for item in left:
        if parsed.verbose and not isinstance(item, Problem):
            streams.tell(f"reading {item.path}")
        if isinstance(item, Problem):
            yield item
        elif chart := discovery.chart_meant(item):
            if found.get("charts") != "skip":
                charts.append(chart)
        else:
            source = files.read(item.path)
            if delivering is not None and not builds and isinstance(source, Source):
                delivering += [source] if _may_deliver(source.data) else []
            yield kustomize.marked(source) if isinstance(source, Source) else source


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

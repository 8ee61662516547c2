"""What --fix and --diff do with a source whose fix is proven: write it, print it as a patch, or pass it on."""

from __future__ import annotations

import os

from netraw_lint.fix.diff import unified
from netraw_lint.model import Problem, Report, Source
from netraw_lint.reporters.escape import has_command, line_start, lines_printable, printable
from netraw_lint.sources import borders, discovery, stdin, writing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import BinaryIO

    from netraw_lint.fixing import Fixed
    from netraw_lint.model import Finding


class Changes:
    """Takes the new data of each changed source; with ``diff``, nothing is written.

    A patch is exact, since it is to be applied; ``agent`` says that one reads along which obeys lines of a log, so
    that a patch with such a line has to be left out. What a link below ``given``, the paths of the run, leads to
    outside of them is left alone. ``filtered`` is what --fix passes from the standard input to the standard
    output, None if it was not read.
    """

    def __init__(self, diff: bool, agent: bool = False, given: Sequence[str] = (os.curdir,)) -> None:
        self.diff = diff
        self.agent = agent
        self._given = [path for one in given for path in (one, _chart_beside(one)) if path]
        self.filtered: bytes | None = None
        self._stdin: Source | None = None
        self._rest: BinaryIO | None = None
        self._writer = writing.Writer()
        self._patches: dict[str, str] = {}
        self._notes: list[str] = []
        self._unfixed: Source | None = None

    def read_stdin(self, stream: BinaryIO, name: str) -> Source | Problem:
        """Read the standard input. What cannot be read as text is passed on as it is: a filter loses nothing."""
        tee = _Tee(stream)
        source = stdin.read(tee, name)  # type: ignore[arg-type]  # all that it does is to read
        if isinstance(source, Source):
            self._stdin = source
        else:
            self._rest = stream
        if not self.diff:
            self.filtered = b"".join(tee.chunks)
        return source

    def commit(self, source: Source, data: bytes) -> Problem | None:
        """Take the new data of a source; a Problem says why it could not be written."""
        target = None if source is self._stdin else borders.link_target_outside(source.path, self._given)
        if target is not None:
            message = (
                f"not written: it is a link to {target}, outside of the given paths: name that file to fix it"
            )
            return Problem(source.path, "write", message)
        if self.diff:
            self._compare(source, data)
            self._unfixed = source
            return None
        if source is self._stdin:
            self.filtered = writing.encoded(source, data)
            return None
        return self._writer.write(source, data)

    def over(self, fixed: Iterable[Source | Problem]) -> Iterator[Source | Problem]:
        """What the fixer yields, to be linted; with --diff as it was, so that findings have the lines on disk."""
        for source in fixed:
            unfixed, self._unfixed = self._unfixed, None
            yield unfixed or source

    def without_fixed(self, report: Report, fixed: Iterable[Fixed]) -> Report:
        """The report of what remains, and how many findings are gone."""
        gone = [finding for one in fixed for finding in one.findings]
        if self.diff:
            known = set(gone)
            report = report.replace(findings=tuple(each for each in report.findings if each not in known))
        return report.replace(fixed=len(gone))

    def output(self, terminal: bool = False) -> Iterator[bytes]:
        """What belongs on the standard output, byte for byte: a patch, or the filtered standard input.

        On a terminal, where nobody applies it, a patch is made printable.
        """
        if self.diff:
            patches = "".join(self._patches.values())
            yield (lines_printable(patches) if terminal else patches).encode()
        elif self.filtered is not None:
            yield self.filtered
            while self._rest is not None and (chunk := _read_on(self._rest)):
                yield chunk

    def told(self, fixed: Iterable[Fixed]) -> list[str]:
        """A line for each changed source; with --diff, for each that a patch says too little about."""
        lines = []
        for one in fixed:
            note = _rendered(one.findings)
            if self.diff and not note:
                continue
            codes = ", ".join(sorted({finding.rule for finding in one.findings}))
            verb = "would fix" if self.diff else "fixed"
            lines.append(f"{line_start(one.source.path)}: {verb} {len(one.findings)} ({codes}){note}")
        return [*lines, *self._notes]

    def _compare(self, source: Source, data: bytes) -> None:
        shown = line_start(source.path)
        if source.encoding != "utf-8":
            self._notes.append(f"{shown}: would change, but git has no patches for UTF-16: use --fix")
            return
        path = source.path if source is self._stdin else _in_patch(source.path)
        if os.path.isabs(path):
            self._notes.append(f"{shown}: outside the current directory: its patch is for `git apply` in /")
            path = path.replace(os.sep, "/").lstrip("/")
        old, new = (writing.encoded(source, each).decode() for each in (source.data, data))
        patch = unified(path, old, new)
        if self.agent and has_command(patch):
            self._notes.append(
                f"{shown}: would change; its patch has a line that this build agent would obey: use --fix"
            )
            return
        # A file and a link to it are one file.
        self._patches[path] = patch


def _chart_beside(path: str) -> str | None:
    """The chart that is edited when the path of a file in it was given."""
    return discovery.chart_of(path) or discovery.chart_meant(discovery.File(path, explicit=True))


class _Tee:
    """A stream that keeps what is read from it."""

    def __init__(self, stream: BinaryIO) -> None:
        self.chunks: list[bytes] = []
        self._stream = stream

    def read(self, size: int) -> bytes:
        chunk = self._stream.read(size)
        self.chunks.append(chunk)
        return chunk


def _read_on(stream: BinaryIO) -> bytes:
    try:
        return stream.read(1 << 20)
    except OSError:
        return b""  # Reported when it was first met.


def _in_patch(path: str) -> str:
    """The real file from the current directory, which ``git apply`` starts from; absolute if it is not below."""
    real = os.path.realpath(path)
    here = os.path.realpath(os.curdir)
    below = real.startswith(here.rstrip(os.sep) + os.sep)
    return os.path.relpath(real, here).replace(os.sep, "/") if below else real


def _rendered(findings: Iterable[Finding]) -> str:
    """A warning, if a chart has rendered what was fixed."""
    origins = list(dict.fromkeys(finding.origin for finding in findings if finding.origin))
    if not origins:
        return ""
    others = f" and {len(origins) - 1} more" if len(origins) > 1 else ""
    return (
        f"; rendered from {printable(origins[0])}{others}: "
        "the next render undoes it, so set it in the chart's values or templates"
    )

"""A run over many files, spread over the processors: the same report, byte for byte.

What is found crosses from one process to another as findings, never as text, and is put together in the order of
the files. With few files nothing is copied, and this module is not loaded. --fix is not spread: two paths
may lead to one file, and one process at a time decides what is written.
"""

from __future__ import annotations

import os
from itertools import islice

from netraw_lint import inputs
from netraw_lint.model import Problem
from netraw_lint.sources import discovery, forked

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from netraw_lint.engine import Linter, Part
    from netraw_lint.model import Source
    from netraw_lint.progress import Progress
    from netraw_lint.sources.discovery import File

_AT_ONCE = 16


def lint(
    linter: Linter, files: Iterable[File | Problem], progress: Progress, delivering: list[Source]
) -> None:
    """Have the linter judge every file, or say why it was not judged; ``delivering`` is that of inputs.read."""
    items = discovery.kept(files)
    copies = forked.processors() - 1
    # What is loaded and known before is known to every copy.
    begun = len(items) if copies < 1 else _AT_ONCE
    linter.over(progress.over(inputs.read(item, delivering) for item in islice(items, begun)))
    if begun >= len(items):
        return
    known, here = linter.taken(), os.getpid()
    size = max(_AT_ONCE, -(-(len(items) - begun) // forked.MOST_PIECES))
    pieces = range(begun, len(items), size)

    def piece(number: int) -> Sequence[File | Problem]:
        return items[pieces[number] : pieces[number] + size]

    def work(number: int) -> tuple[Part, list[Source]]:
        if os.getpid() == here:
            progress.at(pieces[number])
        else:
            progress.stop()
        delivers: list[Source] = []
        linter.over(inputs.read(item, delivers) for item in piece(number))
        return linter.taken(), delivers

    parts, ends = forked.results(len(pieces), work, copies)
    linter.take(known)
    for number, part in enumerate(parts):
        if part is not None:
            _take(linter, part, delivering)
            continue
        for item in piece(number):
            _judge_apart(linter, item, ends, delivering)


def _take(linter: Linter, found: tuple[Part, list[Source]], delivering: list[Source]) -> None:
    part, delivers = found
    linter.take(part)
    delivering += delivers


def _judge_apart(linter: Linter, item: File | Problem, ends: Sequence[str], delivering: list[Source]) -> None:
    """Judge what a copy may have died of in a copy of its own; if that dies too, it is not checked."""

    def work(_number: int) -> tuple[Part, list[Source]]:
        delivers: list[Source] = []
        linter.over([inputs.read(item, delivers)])
        return linter.taken(), delivers

    known = linter.taken()
    (part,), again = forked.results(1, work, 1, join=False)
    linter.take(known)
    if part is not None:
        _take(linter, part, delivering)
        return
    how = (again or [*ends, "for no known reason"])[0]
    message = (
        f"the process that judged it ended {how}: a bug of netraw-lint or of libyaml, or too little memory; "
        "please report it with the manifest"
    )
    linter.problems.append(Problem(item.path, "internal", message))

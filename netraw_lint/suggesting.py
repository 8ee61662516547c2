"""What --fix would write for the findings of a report, one by one: the suggestions of SARIF and reviewdog.

A container is fixed wholly or not at all, so all of its findings have the same suggestion. Each is a run of the
fixer of its own, with its proofs, in which everything else counts as accepted. Those of a document can be
applied together: that gives what the fixer writes for all of them, or none is suggested.
"""

from __future__ import annotations

from collections import Counter

from netraw_lint.fix.edits import OverlapError, apply
from netraw_lint.model import Source
from netraw_lint.reporters.suggested import difference, replacement
from netraw_lint.sources import files, kustomize

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from netraw_lint.fixing import Fixer
    from netraw_lint.model import ContainerRef, Edit, Finding, Location, ObjectRef
    from netraw_lint.reporters.suggested import Replacement
    from netraw_lint.splitting import Chunk

    About = tuple[ObjectRef | None, ContainerRef | None]

# Bytes of a document times its containers: a proof reads the whole document, and each container needs its own.
# One of a cluster's dump, with thousands of them, would take hours.
_MOST_WORK = 4_000_000


def suggestions(findings: Iterable[Finding], fixer: Fixer, piped: str | None) -> dict[Finding, Replacement]:
    """The suggestions for findings in files, as these are now. ``piped`` names the standard input, which is none.

    What stands in a chart has none: it is rendered from elsewhere, and a fix is proven by rendering it again.
    """
    by_file: dict[str, list[Finding]] = {}
    for finding in findings:
        if finding.rule in fixer.codes and finding.path != piped and _is_meant(finding, fixer):
            by_file.setdefault(finding.path, []).append(finding)
    found: dict[Finding, Replacement] = {}
    for path, wanted in by_file.items():
        source = files.read(path)
        if isinstance(source, Source):
            found |= _in_file(source.replace(patch=kustomize.is_patch(path)), wanted, fixer)
    return found


def _is_meant(finding: Finding, fixer: Fixer) -> bool:
    return finding.fix == "safe" or (finding.fix == "unsafe" and fixer.unsafe)


def _in_file(source: Source, wanted: list[Finding], fixer: Fixer) -> dict[Finding, Replacement]:
    by_document: dict[int, list[Finding]] = {}
    for finding in wanted:
        by_document.setdefault(finding.document, []).append(finding)
    found: dict[Finding, Replacement] = {}
    for chunk in fixer.chunks(source.data):
        if chunk and chunk.index in by_document:
            found |= _in_document(_Document(source, chunk, fixer), by_document[chunk.index])
    return found


def _in_document(document: _Document, wanted: list[Finding]) -> dict[Finding, Replacement]:
    units: dict[About, list[Finding]] = {}
    for finding in wanted:
        units.setdefault(_about(finding, wanted), []).append(finding)
    if len(units) * len(document.chunk.data) > _MOST_WORK:
        return {}
    found = {finding: edit for unit in units.values() for finding, edit in document.alone(unit).items()}
    left = [finding for finding in wanted if finding not in found]
    if left and len(units) > 1:  # what shares an anchor can only be fixed together
        found |= document.alone(left)
    edits = set(found.values())
    if len(edits) > 1 and not document.is_sum(edits, list(found)):
        return {}
    return {finding: document.replacement(edit) for finding, edit in found.items()}


def _about(finding: Finding, wanted: list[Finding]) -> About:
    """What is fixed wholly or not at all: a container; where something is misplaced, the object that holds it."""
    whole = any(other.rule == "NRL006" and other.object == finding.object for other in wanted)
    return finding.object, None if whole else finding.container


class _Document:
    """One document, and what the fixer makes of it for some of its findings."""

    def __init__(self, source: Source, chunk: Chunk, fixer: Fixer) -> None:
        self.source = source
        self.chunk = chunk
        self.fixer = fixer
        # Several JSON objects may stand on one line.
        self.begin = source.data.rfind(b"\n", 0, chunk.start) + 1
        self.text = self._text(chunk.data)

    def alone(self, wanted: Collection[Finding]) -> dict[Finding, Edit]:
        """The edit that fixes these findings, for each that it takes away."""
        keys = set(map(_key, wanted))
        data, gone = self.fixer.alone(self.source, self.chunk, lambda finding: _key(finding) in keys)
        edit = difference(self.text, self._text(data))
        if edit is None:
            return {}
        # Two pod templates of an object may have containers of one name: only their number is known then.
        left = Counter(one.identity for one in wanted) - Counter(one.identity for one in gone)
        return {finding: edit for finding in wanted if finding.identity not in left}

    def is_sum(self, edits: Collection[Edit], wanted: Collection[Finding]) -> bool:
        """Whether some edits do together what the fixer does about all of these findings."""
        if len({edit.span.start for edit in edits}) < len(edits):
            return False  # which of two comes first would be anybody's guess
        keys = set(map(_key, wanted))
        data, _ = self.fixer.alone(self.source, self.chunk, lambda finding: _key(finding) in keys)
        try:
            return apply(self.text, edits) == self._text(data)
        except OverlapError:
            return False

    def replacement(self, edit: Edit) -> Replacement:
        """An edit as reports write it."""
        return replacement(self.text, edit, self.source.line_at(self.chunk.start) + 1, self.source.encoding)

    def _text(self, data: bytes) -> str:
        return (self.source.data[self.begin : self.chunk.start] + data).decode()


def _key(finding: Finding) -> tuple[str, Location, str]:
    """What tells the findings of one document apart, also when it is judged once more."""
    return finding.rule, finding.location, finding.identity

"""One declared exemption: which rules, why, until when, and what it covers."""

from __future__ import annotations

import re

from netraw_lint.model import (
    ContainerRef,
    Document,
    Finding,
    ObjectRef,
    Span,
    Terms,
)
from netraw_lint.noun import Noun

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal

_UNTIL = re.compile(r"(?:^|\s)until=(\S+)")
_DATE = re.compile(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")


class Scope(Noun):
    """What a declaration covers: a document, an object, a pod template, a container, or a line of the source."""

    kind: Literal["document", "object", "template", "container", "line"]
    document: int
    object: ObjectRef | None = None
    container: ContainerRef | None = None
    pod_path: str = ""
    line: int = 0

    def covers(self, finding: Finding) -> bool:
        """Whether a finding is about what the scope names."""
        if finding.document != self.document:
            return False
        if self.kind == "document":
            return True
        if self.kind == "line":
            return finding.location.line == self.line
        if finding.object != self.object:
            return False
        if self.kind == "container":
            return finding.container == self.container
        path = finding.container.pod_path if finding.container else ""
        return self.kind == "object" or path == self.pod_path


class Declared(Noun):
    """A declaration in a document: where it stands, what it says, what it covers.

    ``named`` restricts it to containers of a name; ``origin`` says what kind of declaration it is.
    """

    document: Document
    span: Span
    terms: Terms
    scope: Scope
    origin: str
    named: str = ""

    def covers(self, finding: Finding) -> bool:
        """Whether a finding is about what the declaration names."""
        if self.named and (finding.container is None or finding.container.name != self.named):
            return False
        return self.scope.covers(finding)


def has_date(said: Terms) -> bool:
    """Whether the last day is a date, if one is given."""
    return said.until is None or _DATE.fullmatch(said.until) is not None


def terms(selectors: str, words: str) -> Terms:
    """Selectors separated by commas, and free text that may hold ``until=DATE``."""
    found = _UNTIL.search(words)
    reason = (words[: found.start()] + words[found.end() :] if found else words).strip().strip(":-").strip()
    names = tuple(part.strip() for part in selectors.split(",") if part.strip())
    return Terms(names, " ".join(reason.split()), found[1] if found else None)

"""Sources in, sources with exemptions on record out: --grant, --add-exemptions, and unused ones removed by --fix."""

from __future__ import annotations

from netraw_lint import findings, splitting, yamltree
from netraw_lint.engine import words
from netraw_lint.fix import grant, proof, record, verify
from netraw_lint.fix.layout import Layout, NotEditableError
from netraw_lint.fix.uses import TooManyError
from netraw_lint.judge import Judge
from netraw_lint.manifest import read
from netraw_lint.model import (
    Document,
    Finding,
    Problem,
    Settings,
    Source,
    Terms,
)
from netraw_lint.noun import Noun
from netraw_lint.reporters.escape import line_start, printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from netraw_lint.catalogue import Catalogue
    from netraw_lint.findings import Judgement
    from netraw_lint.splitting import Chunk

    Commit = Callable[[Source, bytes], Problem | None]


class Recorded(Noun):
    """A source that was changed: its new data, and how many exemptions it now has more."""

    source: Source
    data: bytes
    count: int


class Recorder:
    """Writes exemptions into sources: for one named container, which gets NET_RAW back, or for every finding."""

    def __init__(
        self,
        settings: Settings,
        catalogue: Catalogue,
        commit: Commit,
        terms: Terms,
        container: str | None = None,
    ) -> None:
        self.catalogue = catalogue
        self.commit = commit
        self.terms = terms
        self.container = container
        self.recorded: list[Recorded] = []
        self.refused: list[Problem] = []
        self.matches = 0
        self._judge = Judge(settings, catalogue, lambda: None)
        self._words = words(settings)

    def over(self, sources: Iterable[Source | Problem]) -> Iterator[Source | Problem]:
        """The sources as they are afterwards; unchanged unless exactly one container is called as asked."""
        if self.container is not None:
            sources = list(sources)
            self.matches = sum(self._count(source) for source in sources if isinstance(source, Source))
        for source in sources:
            wanted = isinstance(source, Source) and (self.container is None or self.matches == 1)
            new = self._rewritten(source) if wanted and isinstance(source, Source) else None
            if new is None or not isinstance(source, Source):
                yield source
                continue
            problem = self.commit(source, new.data)
            if problem is None:
                self.recorded.append(new)
                yield source.replace(data=new.data)
            else:
                yield problem
                yield source

    def told(self) -> Iterator[str]:
        """A line about each changed source."""
        for new in self.recorded:
            number = f"{new.count} exemption{'s' * (new.count != 1)}"
            what = f"granted NET_RAW to {self.container}" if self.container else f"recorded {number}"
            yield f"{line_start(new.source.path)}: {printable(what)}\n"

    def _chunks(self, source: Source) -> Iterator[Chunk | None]:
        known, patches = self.catalogue.holds_containers, source.holds_patches
        return splitting.chunks(source.data, known, words=self._words, patches=patches)

    def _count(self, source: Source) -> int:
        """How many containers of a source are called as asked."""
        chunks = self._chunks(source)
        documents = (part for chunk in chunks if chunk is not None for part in read(source, chunk))
        return sum(
            _is_called(judgement, self.container or "")
            for document in documents
            if isinstance(document, Document)
            for judgement in self._judge.judgements(document)
        )

    def _rewritten(self, source: Source) -> Recorded | None:
        parts: list[bytes] = []
        count = at = 0
        for chunk in self._chunks(source):
            if chunk is None:
                continue
            text, done = self._in_chunk(source, chunk)
            if done:
                parts += [source.data[at : chunk.start], text.encode()]
                at = chunk.start + len(chunk.data)
                count += done
        return Recorded(source, b"".join([*parts, source.data[at:]]), count) if parts else None

    def _in_chunk(self, source: Source, chunk: Chunk) -> tuple[str, int]:
        documents = [part for part in read(source, chunk) if isinstance(part, Document)]
        text = chunk.data.decode()
        if len(documents) != 1 or not text.endswith(documents[0].text):
            return text, 0
        prefix = text[: len(text) - len(documents[0].text)]
        new, done = (
            self._granted(documents[0], chunk) if self.container else self._exempted(documents[0], chunk)
        )
        return prefix + new, done

    # -- --grant ------------------------------------------------------------------------------------------------

    def _granted(self, document: Document, chunk: Chunk) -> tuple[str, int]:
        document, work = self._work(document, chunk)
        found = [one for one in self._judge.judgements(document) if _is_called(one, self.container or "")]
        if len(found) != 1:
            return document.text, 0
        terms = self.terms.replace(selectors=("NRL001",))
        ref = findings.container_ref(found[0].container)
        try:
            text = grant.fix(work, found[0].container, terms)
            if any(item.container == ref for item in work.relint(text)):
                raise verify.ProofError("the container would still be found")
            return text, 1
        except (NotEditableError, verify.ProofError, TooManyError, yamltree.YamlError) as error:
            self._refuse(document, found[0].container.node.start_mark.index, str(error))
            return document.text, 0

    # -- --add-exemptions ---------------------------------------------------------------------------------------

    def _exempted(self, document: Document, chunk: Chunk) -> tuple[str, int]:
        """One comment for each container, object or line with findings, the last first so that places stay."""
        document, work = self._work(document, chunk)
        found = [item for item in self._judge.findings(document.source, chunk) if isinstance(item, Finding)]
        places: dict[int, list[Finding]] = {}
        anchors = self._anchors(document)
        for finding in found:
            if finding.rule.startswith(("NRL2", "NRL9")):
                continue
            line = _content_of_line(document.text, finding.span.start)
            at = anchors.get((finding.object, finding.container), line)
            places.setdefault(at, []).append(finding)
        text, done = document.text, 0
        for at in sorted(places, reverse=True):
            codes = tuple(sorted({finding.rule for finding in places[at]}))
            try:
                layout = Layout(work.text, work.tree, work.first_line)
                edit = record.above(layout, at, self.terms.replace(selectors=codes))
                text = proof.proven_text(work, [edit], {})
            except (NotEditableError, verify.ProofError, yamltree.YamlError) as error:
                self._refuse(document, at, str(error))
                continue
            document, work = self._work(document.replace(text=text), chunk)
            done += len(places[at])
        return text, done

    def _anchors(self, document: Document) -> dict[tuple[object, object], int]:
        """Where a container, or an object without one, begins."""
        anchors: dict[tuple[object, object], int] = {}
        for judgement in self._judge.judgements(document):
            container = judgement.container
            key = (container.template.object, findings.container_ref(container))
            start = container.node.start_mark.index
            line = document.text.rfind("\n", 0, start) + 1
            dash = document.text.find("-", line, start)
            anchors.setdefault(key, start if dash < 0 else dash)
        return anchors

    def _work(self, document: Document, chunk: Chunk) -> tuple[Document, proof.Work]:
        tree = next(iter(yamltree.trees(document.text.encode())))

        def relint(text: str) -> list[Finding]:
            found = self._judge.findings(document.source, chunk.replace(data=text.encode()))
            return [item for item in found if isinstance(item, Finding)]

        return document.replace(root=tree.root), proof.Work(
            document.text, tree, document.line, frozenset(), relint
        )

    def _refuse(self, document: Document, at: int, reason: str) -> None:
        line = document.line + document.text.count("\n", 0, at) + 1
        self.refused.append(Problem(document.source.path, "exempt", f"not recorded: {reason}", line))


def _content_of_line(text: str, at: int) -> int:
    """Where the content of the line around an offset begins: a comment above covers the findings on the line."""
    start = text.rfind("\n", 0, at) + 1
    return start + len(text[start:at]) - len(text[start:at].lstrip(" "))


def _is_called(judgement: Judgement, name: str) -> bool:
    """Whether a container is meant by ``name``, ``kind/name/container`` or ``namespace/name/container``."""
    container = judgement.container
    *owner, wanted = name.split("/")
    ref = container.template.object
    return container.name == wanted and all(part in (ref.kind, ref.name, ref.namespace) for part in owner)

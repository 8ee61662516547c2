"""Sources in, fixed sources out: the loop around the fixer.

A file is changed as a whole or not at all: ``commit`` is given its new text once every change in it is proven.
"""

from __future__ import annotations

from netraw_lint import findings, manifest, selection, splitting, workloads, yamltree
from netraw_lint.engine import words
from netraw_lint.fix import document as fix_document
from netraw_lint.fix import misplaced as fix_misplaced
from netraw_lint.fix import namespace as fix_namespace
from netraw_lint.fix import policy as fix_policy
from netraw_lint.fix import record, refusals, verify
from netraw_lint.fix.composed import Composed
from netraw_lint.fix.layout import NotEditableError
from netraw_lint.fix.proof import Work
from netraw_lint.judge import Judge
from netraw_lint.model import (
    Container,
    ContainerRef,
    Document,
    Exemption,
    Finding,
    ObjectRef,
    PodTemplate,
    Policy,
    Problem,
    Refusal,
    Report,
    Settings,
    Source,
)
from netraw_lint.noun import Noun

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

    from netraw_lint.catalogue import Catalogue
    from netraw_lint.splitting import Chunk

    Commit = Callable[[Source, bytes], Problem | None]
    About = tuple[str, int, ObjectRef | None, ContainerRef | None]

_CONTAINER_RULES = frozenset(("NRL001", "NRL002", "NRL003", "NRL005"))

# How often a document is looked at again after some of it was fixed; made-up ones needed two.
_ROUNDS = 5
_MOST_REMOVED = 200
_MOST_KNOWN = 4


class Fixed(Noun):
    """A source that was changed: its new data, and the findings that are gone."""

    source: Source
    data: bytes
    findings: tuple[Finding, ...]


class Fixer:
    """Fixes source by source, and remembers what it did and what it refused.

    ``codes`` are the rules whose findings are to be fixed; fixes that may change what was meant are made only
    where ``unsafe``. ``commit`` writes the new data of a source; what it returns is handed on in its place.
    ``ignored`` gives the rules that are left out for a path. ``composed`` knows the nodes of what was last looked at.
    """

    def __init__(
        self,
        settings: Settings,
        catalogue: Catalogue,
        codes: frozenset[str],
        commit: Commit,
        unsafe: bool = False,
        ignored: Callable[[str], set[str]] | None = None,
    ) -> None:
        self.settings = settings
        self.catalogue = catalogue
        self.codes = codes
        self.commit = commit
        self.unsafe = unsafe
        self.ignored = ignored
        self.fixed: list[Fixed] = []
        self.refusals: dict[About, Refusal] = {}
        self.composed = Composed()
        self._judge = Judge(settings, catalogue, lambda: None, compose=self.composed.roots)
        self._known: dict[bytes, list[Finding | Exemption]] = {}
        self._exempt: frozenset[Finding] = frozenset()
        self._codes = codes
        self._words = words(settings)
        self._meant: Callable[[Finding], bool] | None = None

    def over(self, sources: Iterable[Source | Problem]) -> Iterator[Source | Problem]:
        """The sources as they are after fixing; a failed write is a Problem beside the old one."""
        for source in sources:
            if isinstance(source, Problem):
                yield source
                continue
            fixed = self._fix(source)
            if fixed is None:
                yield source
                continue
            problem = self.commit(source, fixed.data)
            if problem is not None:
                yield problem
                yield source
            else:
                self.fixed.append(fixed)
                yield source.replace(data=fixed.data)

    def explained(self, report: Report) -> Report:
        """The report with the reason, and what to do by hand, at each finding whose fix was refused."""
        return report.replace(findings=tuple(self._explained(finding) for finding in report.findings))

    def _explained(self, finding: Finding) -> Finding:
        refusal = self.refusals.get((finding.path, finding.document, finding.object, finding.container))
        # A finding that nobody tried to fix keeps what its rule says about it.
        tried = finding.rule in self.codes and (finding.fix == "safe" or (finding.fix and self.unsafe))
        if refusal is None or not (tried or finding.refusal):
            return finding
        return finding.replace(fix=None, refusal=refusals.text(refusal))

    def alone(
        self, source: Source, chunk: Chunk, meant: Callable[[Finding], bool]
    ) -> tuple[bytes, list[Finding]]:
        """The data of a chunk with only those findings fixed that are meant, and the findings that are gone."""
        self._start(source)
        self._meant = meant
        new = self._fixed_data(source, chunk)
        self._meant = None
        if new is None:
            return chunk.data, []
        return new, _missing(self._found(source, chunk), self._found(source, chunk.replace(data=new)))

    def _start(self, source: Source) -> set[str]:
        """Leave the rules alone that are left out for a source, and return them."""
        self.composed.forget()
        ignored = self.ignored(source.path) if self.ignored else set()
        self._codes = self.codes - ignored
        return ignored

    def _fix(self, source: Source) -> Fixed | None:
        ignored = self._start(source)
        parts: list[bytes] = []
        gone: list[Finding] = []
        at = 0
        chunks = list(self.chunks(source.data, source.holds_patches))
        for chunk in chunks:
            new = None if chunk is None else self._fixed_data(source, chunk)
            if chunk is not None and new is not None:
                gone += _missing(self._found(source, chunk), self._found(source, chunk.replace(data=new)))
                parts += [source.data[at : chunk.start], new]
                at = chunk.start + len(chunk.data)
        self._known.clear()
        if not parts:
            return None
        data = b"".join([*parts, source.data[at:]])
        if sum(1 for _ in self.chunks(data, source.holds_patches)) != len(chunks):
            self._refuse(source, gone, f"verification: the file would fall apart; {refusals.REPORT}")
            return None
        return Fixed(source, data, tuple(finding for finding in gone if finding.rule not in ignored))

    def chunks(self, data: bytes, patches: bool = False) -> Iterator[Chunk | None]:
        """The documents of a text; None stands for one that is not looked at."""
        return splitting.chunks(data, self.catalogue.holds_containers, words=self._words, patches=patches)

    def _judged(self, source: Source, chunk: Chunk) -> list[Finding | Exemption]:
        """What is found in a chunk; the texts that it was last are linted once."""
        if chunk.data not in self._known:
            if len(self._known) >= _MOST_KNOWN:
                # The document as it was, and what it was last, are asked for again.
                del self._known[list(self._known)[1]]
            self._known[chunk.data] = list(self._judge.findings(source, chunk))
        return self._known[chunk.data]

    def _found(self, source: Source, chunk: Chunk) -> list[Finding]:
        """What is found in a chunk, exempt or not."""
        found = self._judged(source, chunk)
        return [item.finding if isinstance(item, Exemption) else item for item in found]

    def _left_alone(self, source: Source, chunk: Chunk) -> frozenset[Finding]:
        """What somebody accepted, which is never fixed, and what is not meant now."""
        meant = self._meant
        spared = {each for each in self._found(source, chunk) if meant and not meant(each)}
        if self.settings.ignores:
            found = self._judged(source, chunk)
            spared |= {item.finding for item in found if isinstance(item, Exemption)}
        return frozenset(spared)

    def _fixed_data(self, source: Source, chunk: Chunk) -> bytes | None:
        """The new data of a chunk, or None if it stays as it is. A bug leaves the chunk alone, and says so."""
        self._known.clear()
        found: list[Finding] = []
        try:
            found = self._found(source, chunk)
            if not any(finding.rule in self._codes for finding in found):
                return None
            self._exempt = self._left_alone(source, chunk)
            return self._fixed_document(source, chunk)
        except yamltree.YamlError as error:
            reason = error.message
        except RecursionError:
            reason = "it nests too deeply to be fixed safely"
        except Exception as error:  # noqa: BLE001 - a bug in one document must not touch any file
            reason = f"internal error: {type(error).__name__}: {error}; {refusals.REPORT}"
        self._refuse(source, found, reason)
        return None

    def _fixed_document(self, source: Source, chunk: Chunk) -> bytes | None:
        documents = list(manifest.read(source, chunk, self.composed.roots))
        if len(documents) != 1 or not isinstance(documents[0], Document):
            what = "several objects stand in one document" if len(documents) > 1 else "it cannot be read"
            self._refuse(source, self._found(source, chunk), what, "put `---` between them")
            return None
        old = documents[0]
        document = moved = self._moved(old, chunk) if self.unsafe and "NRL006" in self._codes else old
        document = self._mended(document, chunk)
        if moved is not old and self._came(source, chunk, document):
            self._refuse_misplaced(old, "put where it has an effect, it would be a finding of its own")
            document = self._mended(old, chunk)
        if document.text == old.text:
            return None
        prefix = chunk.data[: len(chunk.data) - len(old.text.encode())]
        return prefix + document.text.encode()

    def _mended(self, document: Document, chunk: Chunk) -> Document:
        if self._codes & _CONTAINER_RULES:
            document = self._fixed_containers(document, chunk)
        if "NRL101" in self._codes:
            document = self._fixed_each(document, chunk, "NRL101", self._judge.policies, self._fix_policy)
        if self.unsafe and "NRL104" in self._codes:
            document = self._fixed_each(document, chunk, "NRL104", self._judge.constraints, self._fix_policy)
        if self.unsafe and "NRL103" in self._codes:
            document = self._fixed_each(document, chunk, "NRL103", self._judge.namespaces, fix_namespace.fix)
        return self._without_unused(document, chunk) if "NRL203" in self._codes else document

    def _without_unused(self, document: Document, chunk: Chunk) -> Document:
        """The document without exemptions that exempt nothing, the last first, so that places stay."""
        new = chunk.replace(data=document.text.encode())
        spared = {one.identity for one in self._exempt}
        found = self._found(document.source, new)
        unused = [one for one in found if one.rule == "NRL203" and one.identity not in spared]
        if len(unused) > _MOST_REMOVED:
            # Each removal is proven by reading the whole document again.
            self._refuse(document.source, unused, f"the document has more than {_MOST_REMOVED} of them")
            return document
        for finding in sorted(unused, key=lambda one: -one.span.start):
            document, work = self._work(document, chunk)
            try:
                document = document.replace(text=record.removed(work, finding.span))
            except (NotEditableError, verify.ProofError) as error:
                key = (document.source.path, document.index, finding.object, finding.container)
                self.refusals[key] = Refusal(str(error), "by hand: remove it")
        return document

    def _came(self, source: Source, chunk: Chunk, document: Document) -> bool:
        """Whether a changed document has findings that it did not have."""
        new = chunk.replace(data=document.text.encode())
        return bool(_missing(self._found(source, new), self._found(source, chunk)))

    def _work(self, document: Document, chunk: Chunk) -> tuple[Document, Work]:
        """The document composed for editing."""
        tree = next(iter(self.composed.trees(document.text.encode())))

        def relint(text: str) -> list[Finding]:
            return self._found(document.source, chunk.replace(data=text.encode()))

        work = Work(
            document.text, tree, document.line, self._codes, relint, self._exempt, self.composed.trees
        )
        return document.replace(root=tree.root), work

    def _fixed_containers(self, document: Document, chunk: Chunk) -> Document:
        """Again until nothing changes: a fix may free an anchor that another one was refused for."""
        rounds = 0
        while True:
            rounds += 1
            document, work = self._work(document, chunk)
            outcome = fix_document.fix(work, list(self._judge.judgements(document)), self.settings.fix_drop)
            changed = outcome.text != document.text
            document = document.replace(text=outcome.text)
            if not (changed and outcome.refused) or rounds == _ROUNDS:
                break
        for container, refusal in outcome.refused:
            ref = findings.container_ref(container)
            self.refusals.setdefault(
                (document.source.path, document.index, container.template.object, ref), refusal
            )
        return document

    def _fixed_each(
        self,
        document: Document,
        chunk: Chunk,
        rule: str,
        subjects: Callable[[Document], Iterable[Any]],
        fix: Callable[[Work, Any], str | Refusal],
    ) -> Document:
        """One by one: after a change the nodes of the others belong to an old text."""
        if not self._found(document.source, chunk.replace(data=document.text.encode())):
            return document
        done = 0
        # By identity: what was fixed before it has moved it.
        spared = {one.identity for one in self._exempt}
        while True:
            document, work = self._work(document, chunk)
            left = list(subjects(document))[done:]
            if not left:
                return document
            done += 1
            subject = left[0]
            about = [
                one for one in work.relint(work.text) if one.object == subject.object and one.rule == rule
            ]
            if not about or any(one.identity in spared for one in about):
                continue
            result = fix(work, subject)
            if isinstance(result, Refusal):
                self.refusals[document.source.path, document.index, subject.object, None] = result
            else:
                document = document.replace(text=result)

    def _fix_policy(self, work: Work, policy: Policy) -> str | Refusal:
        return fix_policy.fix(work, policy, self.settings.runtimes)

    def _moved(self, document: Document, chunk: Chunk) -> Document:
        """What stands at the wrong place moved to the right one, template by template."""
        done: set[tuple[ObjectRef, str]] = set()
        while True:
            parsed, work = self._work(document, chunk)
            groups = (
                (one, inner) for one, inner in self._misplaced(parsed) if (one.object, one.path) not in done
            )
            template, containers = next(groups, (None, []))
            if template is None:
                return document
            done.add((template.object, template.path))
            result = fix_misplaced.fix(work, template, containers)
            if isinstance(result, Refusal):
                self._refuse_in(document, template, containers, result)
            else:
                document = parsed.replace(text=result)

    def _refuse_in(
        self, document: Document, template: PodTemplate, containers: list[Container], refusal: Refusal
    ) -> None:
        wrong = [findings.container_ref(one) for one in containers if one.security.misplaced]
        for ref in (None, *wrong):
            self.refusals[document.source.path, document.index, template.object, ref] = refusal

    def _refuse_misplaced(self, document: Document, reason: str) -> None:
        for template, containers in self._misplaced(document):
            self._refuse_in(document, template, containers, Refusal(reason, refusals.BY_HAND))

    def _misplaced(self, document: Document) -> Iterator[tuple[PodTemplate, list[Container]]]:
        """The pod templates with something misplaced in them, each with its containers."""
        for obj in workloads.objects(document, self.catalogue):
            groups: list[tuple[PodTemplate, list[Container]]] = []
            for found in workloads.containers(obj, self.catalogue):
                if isinstance(found, PodTemplate):
                    groups.append((found, []))
                elif isinstance(found, Container) and groups:
                    groups[-1][1].append(found)
            for template, containers in groups:
                if any(one.object == template.object and one.rule == "NRL006" for one in self._exempt):
                    continue
                if template.misplaced or any(one.security.misplaced for one in containers):
                    yield template, containers

    def _refuse(
        self, source: Source, found: Iterable[Finding], reason: str, advice: str = refusals.BY_HAND
    ) -> None:
        for finding in found:
            key = (source.path, finding.document, finding.object, finding.container)
            self.refusals[key] = Refusal(reason, advice)


def _missing(before: list[Finding], after: list[Finding]) -> list[Finding]:
    """The findings of ``before`` that are not in ``after``."""
    left: dict[str, int] = {}
    for finding in after:
        left[finding.identity] = left.get(finding.identity, 0) + 1
    gone = []
    for finding in before:
        if left.get(finding.identity):
            left[finding.identity] -= 1
        else:
            gone.append(finding)
    return gone


def codes(settings: Settings, fixable: frozenset[str], unfixable: frozenset[str]) -> frozenset[str]:
    """The rules whose findings may be fixed: those that run, are fixable and not unfixable."""
    from netraw_lint import rules

    running = selection.defaults(rules.rules()) if settings.rules is None else settings.rules
    return running & fixable - unfixable

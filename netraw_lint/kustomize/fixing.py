"""Bases and patches fixed where they are written, and only where building everything that uses them proves it."""

from __future__ import annotations

from netraw_lint import manifest, yamltree
from netraw_lint.charts.judging import container_path
from netraw_lint.charts.rendered import container_steps, node_at
from netraw_lint.fix import refusals
from netraw_lint.fixing import Fixer
from netraw_lint.kustomize import compare
from netraw_lint.kustomize.lint import containers, told, unfit
from netraw_lint.kustomize.placing import Placer
from netraw_lint.model import Document, Problem
from netraw_lint.noun import Noun
from netraw_lint.sources.kustomize_cli import BuildError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from netraw_lint.charts.rendered import Key
    from netraw_lint.kustomize.compare import Path
    from netraw_lint.kustomize.lint import Outcome, Placed, Tools
    from netraw_lint.kustomize.workshop import Build, Workshop
    from netraw_lint.model import Finding, ObjectRef, Source
    from netraw_lint.nodes import Node
    from netraw_lint.sources.kustomizations import Tree

_RULES = frozenset(("NRL001", "NRL002", "NRL003", "NRL005"))


class Fixes(Noun):
    """The new data of files, and why findings stay, by their identity; ``proof`` says what was built for it."""

    changed: Mapping[str, bytes]
    refused: Mapping[str, str]
    proof: str = ""


class _Chosen(Fixer):
    """Fixes what is found in some containers of one file, and nothing else."""

    def __init__(self, fixer: Fixer, items: Iterable[int]) -> None:
        self.data: bytes | None = None
        super().__init__(
            fixer.settings.replace(ignores=True),
            fixer.catalogue,
            fixer.codes & _RULES,
            self._keep,
            fixer.unsafe,
            fixer.ignored,
        )
        self._items = frozenset(items)

    def _keep(self, _source: Source, data: bytes) -> Problem | None:
        self.data = data
        return None

    def made(self, source: Source) -> bytes | None:
        """The new data of the source; None where nothing is changed."""
        source = source.replace(patch=False, target=None)
        meant = set(self._containers(source))
        self._meant = lambda found: (found.document, found.object, _path(found)) in meant
        for _ in self.over([source]):
            pass
        return self.data

    def _containers(self, source: Source) -> Iterator[tuple[int, ObjectRef, str]]:
        """The containers that begin at the places meant: document, object and path."""
        for chunk in filter(None, self.chunks(source.data)):
            end = len(source.data[: chunk.start].decode()) + len(chunk.data.decode())
            for document in manifest.read(source, chunk):
                if isinstance(document, Document):
                    start = end - len(document.text)
                    for judgement in self._judge.judgements(document):
                        container = judgement.container
                        if start + container.node.start_mark.index in self._items:
                            yield document.index, container.template.object, container.path

    def reason(self, found: Iterable[Finding]) -> str:
        """Why one of some findings is not fixed, if there is a reason."""
        for finding in found:
            for (_, _, obj, ref), refusal in self.refusals.items():
                about = finding.container
                if ref is not None and about is not None and (obj, ref.name) == (finding.object, about.name):
                    return refusals.text(refusal)
        return ""


def _path(finding: Finding) -> str:
    return container_path(finding.container) if finding.container else ""


class KustomizeFixer:
    """Fixes the files of a run. ``trees`` are the kustomizations around that may use them besides those judged."""

    def __init__(self, workshop: Workshop, tools: Tools, fixer: Fixer, trees: Iterable[Tree]) -> None:
        self.workshop = workshop
        self.tools = tools
        self.fixer = fixer
        self.trees = list(trees)
        self.builds: dict[str, Build] = {}
        self.changed: dict[str, bytes] = {}
        self.refused: dict[str, str] = {}
        self.built: set[str] = set()
        # The documents of each kustomization with the edits so far.
        self._now: dict[str, list[str]] = {}

    def fix(self, outcome: Outcome) -> Fixes:
        """Try every file that says what is wrong; what is not proven is taken back."""
        self.builds = {build.tree.root.path: build for build in outcome.builds}
        by_file: dict[str, list[Placed]] = {}
        for placed in outcome.placed:
            mark = placed.place.mark
            if mark is not None and self._is_meant(placed.finding):
                by_file.setdefault(mark.path, []).append(placed)
        for path, found in by_file.items():
            self._fix(path, found)
        count = len(self.built)
        proof = f"proven by building {count} kustomization{'' if count == 1 else 's'} before and after"
        return Fixes(self.changed, self.refused, proof if self.changed else "")

    def _is_meant(self, finding: Finding) -> bool:
        left_out = self.fixer.ignored(finding.path) if self.fixer.ignored else ()
        fits = finding.fix == "safe" or (finding.fix is not None and self.fixer.unsafe)
        return fits and finding.rule in self.fixer.codes & _RULES and finding.rule not in left_out

    def _fix(self, path: str, found: Sequence[Placed]) -> None:
        items = list(dict.fromkeys(_item(placed) for placed in found))
        reason = self._objection(path, items, found)
        reasons = {items[0]: reason} if reason else {}
        if reason and len(items) > 1:
            # What speaks against one container does not speak against the others.
            kept: list[int] = []
            reasons = {}
            for item in items:
                reason = self._objection(path, [*kept, item], found)
                if reason is None:
                    kept.append(item)
                else:
                    reasons[item] = reason
        for placed in found:
            if why := reasons.get(_item(placed)):
                self.refused[placed.finding.identity] = why

    def _objection(self, path: str, items: Sequence[int], found: Sequence[Placed]) -> str | None:
        """What speaks against fixing the containers that begin at some places of a file; without, it is done."""
        source = self.workshop.sources[path]
        chosen = _Chosen(self.fixer, items)
        data = chosen.made(source.replace(path=self.tools.shown(path)))
        if data is None:
            last = [placed.finding for placed in found if _item(placed) == items[-1]]
            return chosen.reason(last) or f"no edit of this file was found; {refusals.BY_HAND}"
        after: dict[str, list[str]] = {}
        self.workshop.write(path, data)
        try:
            for tree in self.trees:
                if path in tree.files:
                    reason = self._difference(tree, path, items, after)
                    if reason is not None:
                        self.workshop.write(path, self.changed.get(path, source.data))
                        return f"proof: {reason}, in {told(tree, self.tools.shown)}; {refusals.BY_HAND}"
        except BuildError as error:
            self.workshop.write(path, self.changed.get(path, source.data))
            return f"proof: {error}; {refusals.BY_HAND}"
        self.changed[path] = data
        self.built |= after.keys()
        self._now |= after
        return None

    def _difference(
        self, tree: Tree, path: str, items: Collection[int], after: dict[str, list[str]]
    ) -> str | None:
        root = tree.root.path
        problems = unfit(tree, self.tools.shown)
        if problems:
            return f"it is used there, and that kustomization is {problems[0].message}"
        if root not in self.builds:
            self.tools.tick()
            self.builds[root] = self.workshop.build(tree)
        build = self.builds[root]
        self.tools.tick()
        after[root] = self.workshop.documents(tree)
        before = self._now.get(root) or list(build.plain.texts.values())
        meant = self._meant(build, path, items)
        reason = compare.objection(before, after[root], meant)
        if reason is None and self._found(before, meant) & self._found(after[root], meant):
            reason = "it would still be found: what is written here is replaced on the way"
        return reason

    def _meant(self, build: Build, path: str, items: Collection[int]) -> list[set[Path]]:
        """The paths of the containers of a build that are written at some places of a file, document by document."""
        found: dict[Key, set[Path]] = {key: set() for key in build.plain.texts}
        placer = Placer(self.workshop, build, self.tools.shown)
        for key, judgement in containers(build, self.tools):
            steps = tuple(container_steps(judgement.container.path))
            if any(mark.path == path and mark.item in items for mark in placer.written(key, steps)):
                found[key].add(steps)
        return list(found.values())

    def _found(self, texts: Sequence[str], meant: Sequence[Collection[Path]]) -> set[tuple[int, Path, str]]:
        """The causes in the containers meant: number of the document, path and rule."""
        found = set()
        for number, paths in enumerate(meant):
            root = compare.root_of(texts[number]) if paths else None
            for path in paths:
                context = yamltree.get(node_at(root, path), "securityContext")
                capabilities = yamltree.get(context, "capabilities")
                drop, add = (_upper(yamltree.get(capabilities, key)) for key in ("drop", "add"))
                if not drop & {"ALL", "NET_RAW"}:
                    found.add((number, path, "drop"))
                if add & {"ALL", "NET_RAW"}:
                    found.add((number, path, "add"))
        return found


def _upper(node: Node | None) -> set[str]:
    items = node.value if isinstance(node, yamltree.SequenceNode) else []
    return {str(item.value).upper().removeprefix("CAP_") for item in items}


def _item(placed: Placed) -> int:
    mark = placed.place.mark
    return mark.item if mark is not None else -1

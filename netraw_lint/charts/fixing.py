"""Fixing a chart where it was written: its values first, then the text of its templates; proven by rendering."""

from __future__ import annotations

from contextlib import closing

from netraw_lint import yamltree
from netraw_lint.charts import bounds, rendered, templating, values
from netraw_lint.charts.bounds import Deadline
from netraw_lint.charts.edits import ChartEdit, Edits
from netraw_lint.charts.governing import governing
from netraw_lint.charts.placing import item_paths, line_in_values, values_files
from netraw_lint.charts.proof import Proof, lacking
from netraw_lint.charts.proving import Prover
from netraw_lint.fix.layout import NotEditableError
from netraw_lint.noun import Noun
from netraw_lint.sources import helm_files
from netraw_lint.sources.helm import RenderError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from typing import Any

    from netraw_lint.charts.judging import ContainerKey
    from netraw_lint.charts.rendered import Rendering
    from netraw_lint.charts.session import Session
    from netraw_lint.charts.values import Candidate
    from netraw_lint.findings import Judgement
    from netraw_lint.sources.helm import Case

VALUES = "values.yaml"
_VENDORED = "it is in the vendored subchart {}, and no value of this chart reaches it: fix it upstream"
_GIVEN = "it is spelled out in the values {}: add a securityContext there"
_GENERATED = "its securityContext is made by an action, and no value of this chart reaches it"
_NOT_TRIED = f"not tried: the {bounds.EDITING:.0f} seconds that a chart may take were over"
_BY_HAND = 'by hand: see to `securityContext: {capabilities: {drop: ["NET_RAW"]}}` in the rendered container'


class Outcome(Noun):
    """What became of a chart: the edits kept, the containers refused with the reason, and the proof in words.

    ``jobs`` are the changed Jobs that no hook deletes: the API server lets nobody change their pods.
    """

    edits: tuple[ChartEdit, ...]
    texts: dict[str, tuple[str, str]]
    refused: dict[ContainerKey, str]
    proof: str
    jobs: tuple[str, ...] = ()


class ChartFixer:
    """Works on the copy of a session, which holds the fixed chart afterwards.

    ``known`` are the renders of the untouched chart that were made already; ``spared`` are the containers that
    somebody accepted as they are.
    """

    def __init__(
        self, session: Session, known: Mapping[Case, Rendering], spared: Collection[tuple[Case, ContainerKey]]
    ) -> None:
        self.session = session
        self.name = session.tools.settings.fix_drop
        self.base = helm_files.duplicate(session.plain, session.tools.engines.folder())
        self.edits = Edits(session.plain, self.name)
        self.proof = Proof(session, self.base, self.edits, self.name, known)
        self.spared = spared
        self.refused: dict[ContainerKey, str] = {}
        # Containers that no edit was found for.
        self.tried: set[tuple[ContainerKey, str]] = set()
        self.cases: list[Case] = []
        self.deadline = Deadline(bounds.EDITING)

    def fix(self, found: Iterable[Case]) -> Outcome:
        """Fix what can be fixed and proven, in every value set and in those that something was found with."""
        try:
            wanted = list(dict.fromkeys((*self.session.cases(), *found)))
            with closing(self.proof.ahead(wanted)) as ready:
                self.cases = [case for case in ready if self.proof.before(case) is not None]
            pending: Sequence[Case] = self.cases
            while pending:
                pending = self._fix_next(pending)
            said = self._proven() if self.edits.made else ""
            texts = self.edits.changed()
            return Outcome(tuple(self.edits.made), texts, self.refused, said, tuple(sorted(self._jobs())))
        finally:
            helm_files.discard(self.base)

    def _proven(self) -> str:
        """Take back what cannot be proven; in words, what the rest was proven with."""
        marked = self._marked(self.cases[0])
        known = marked.values() if marked is not None else {}
        return Prover(self.proof, self.edits, self._refuse).prove(self.cases, known)

    def _jobs(self) -> set[str]:
        found = set()
        for template, number, _ in (key for edit in self.edits.made for key in edit.containers):
            for case in self.cases:
                before = self.proof.before(case)
                root = before.root((template, number)) if before else None
                hook = yamltree.get(root, "metadata", "annotations", "helm.sh/hook")
                if yamltree.as_string(yamltree.get(root, "kind")) == "Job" and hook is None:
                    found.add(yamltree.as_string(yamltree.get(root, "metadata", "name")) or "")
        return found

    def _fix_next(self, cases: Sequence[Case]) -> Sequence[Case]:
        """Fix the first case that needs it; the cases behind it."""
        with closing(self.proof.ahead(cases)) as ready:
            number, case = next(
                ((number, case) for number, case in enumerate(ready) if self._untried(case)),
                (len(cases), None),
            )
        if case is not None:
            self._fix_case(case)
        return cases[number + 1 :]

    def _fix_case(self, case: Case) -> None:
        marked = self._marked(case)
        wanted = self._untried(case)
        self._by_values(case, wanted, marked.values() if marked is not None else {})
        self._by_items(case, self._untried(case), marked)
        left = self._untried(case)
        if left and marked is not None and not self.deadline.is_over():
            self._by_templates(case, left)
        for key, judgement in self._untried(case).items():
            tried = not self.deadline.is_over()
            self.refused.setdefault(
                key, f"nothing was found that reaches it; {_BY_HAND}" if tried else _NOT_TRIED
            )
            self.tried.add((key, judgement.container.name))

    def _untried(self, case: Case) -> dict[ContainerKey, Judgement]:
        """The containers that lack a drop and were not refused one already, in whatever case."""
        try:
            found = lacking(self.session, self.proof.after(case))
        except RenderError:
            return {}
        return {
            key: judgement
            for key, judgement in found.items()
            if (case, key) not in self.spared and (key, judgement.container.name) not in self.tried
        }

    def _marked(self, case: Case) -> Rendering | None:
        """The chart with its own templates marked, and the values as edited."""
        copy = self.session.marked
        copy.write(VALUES, self.edits.new(VALUES).encode())
        try:
            return self.session.render(case, copy)
        except RenderError:
            return None

    def _try(self, case: Case, edit: ChartEdit) -> bool:
        """Make one more edit, and keep it if the render says that it does what it is for and nothing else."""
        if self.deadline.is_over():
            return False
        kept = list(self.edits.made)
        try:
            self.edits.put([*kept, edit])
        except NotEditableError as error:
            self._refuse(edit, str(error))
            return False
        objection = self.proof.objection(case)
        if objection is None:
            left = self._untried(case)
            if not all(key in left for key in edit.containers):
                return True
            objection = "it would have no effect"
        self.edits.put(kept)
        self._refuse(edit, f"{edit.title}: {objection}")
        return False

    def _refuse(self, edit: ChartEdit, reason: str) -> None:
        for key in edit.containers:
            self.refused[key] = reason

    # -- values -------------------------------------------------------------------------------------------------

    def _by_values(self, case: Case, wanted: dict[ContainerKey, Judgement], known: dict[str, Any]) -> None:
        if VALUES not in self.session.plain.own or not known:
            return
        reach = governing(self.session, case, known, bounds.FIXING_PROBES)
        reached: dict[Candidate, list[ContainerKey]] = {}
        for key in wanted:
            for candidate in reach.get(key, ()):
                reached.setdefault(candidate, []).append(key)
        for candidate in sorted(reached, key=lambda each: _order(each, reached)):
            left = self._untried(case)
            containers = tuple(key for key in reached[candidate] if key in left)
            if containers:
                title = f"setting {values.shown(candidate.drop)}"
                self._try(case, ChartEdit(VALUES, title, containers, candidate.drop))

    def _by_items(self, case: Case, wanted: dict[ContainerKey, Judgement], marked: Rendering | None) -> None:
        """Containers that are spelled out in a list of values.yaml."""
        for key, judgement in wanted.items():
            container = judgement.container
            fields = _fields(marked, key)
            if VALUES not in self.session.plain.own or (fields and rendered.mark_in(fields, "image")):
                continue
            image = yamltree.as_string(yamltree.get(container.node, "image"))
            for path in item_paths(self.edits.new(VALUES), container.name, image):
                title = f"adding a securityContext to {container.name} in {VALUES}"
                edit = ChartEdit(VALUES, title, (key,), (*path, "securityContext", "capabilities", "drop"))
                if self._try(case, edit):
                    break

    # -- templates ----------------------------------------------------------------------------------------------

    def _by_templates(self, case: Case, wanted: dict[ContainerKey, Judgement]) -> None:
        marked = self._marked(case)
        planned: dict[tuple[str, templating.TemplateEdit], list[ContainerKey]] = {}
        for key, judgement in wanted.items():
            try:
                file, edit = self._planned(marked, key)
            except NotEditableError as error:
                elsewhere = self._given_by(case, judgement)
                self.refused.setdefault(key, elsewhere or f"{error}; {_BY_HAND}")
                continue
            planned.setdefault((file, edit), []).append(key)
        for (file, edit), containers in planned.items():
            title = f"{edit.title} at {file}:{edit.line}"
            self._try(case, ChartEdit(file, title, tuple(containers), template=edit))

    def _planned(self, marked: Rendering | None, key: ContainerKey) -> tuple[str, templating.TemplateEdit]:
        """The edit of a template for a container. Raises NotEditableError."""
        fields = _fields(marked, key)
        context = fields["securityContext"][1] if "securityContext" in fields else None
        lists = yamltree.entries(context).get("capabilities") if context is not None else None
        mine = {
            "image": rendered.mark_in(fields, "image"),
            "context": rendered.mark_in(fields, "securityContext"),
            "capabilities": rendered.mark_in(yamltree.entries(context), "capabilities"),
            "drop": rendered.mark_in(yamltree.entries(lists[1]), "drop") if lists else None,
        }
        has = {"context": context, "capabilities": lists, "drop": lists and yamltree.get(lists[1], "drop")}
        deepest = "image"
        for level in ("context", "capabilities", "drop"):
            if has[level] is not None and not _is_nothing(has[level]):
                if mine[level] is None:
                    raise NotEditableError(_GENERATED)
                deepest = level
        mark = mine[deepest]
        if mark is None:
            raise NotEditableError("no line of a template of this chart makes the container")
        file = self.session.names[mark.file]
        if file not in self.session.plain.own:
            raise NotEditableError(_VENDORED.format("/".join(file.split("/")[:2])))
        return file, templating.edit(
            self.edits.old(file), templating.Lacking(**{deepest: mark.line}), self.name
        )

    def _given_by(self, case: Case, judgement: Judgement) -> str | None:
        """The refusal for a container that values bring along, those of the case or the chart's own."""
        container = judgement.container
        image = yamltree.as_string(yamltree.get(container.node, "image"))
        for file in values_files(case):
            with open(file, encoding="utf-8", errors="replace") as opened:
                if line_in_values(opened.read(), container.name, image):
                    return _GIVEN.format(case.name)
        own = (self.session.plain.read(VALUES) or b"").decode(errors="replace")
        return _GIVEN.format(VALUES) if line_in_values(own, container.name, image) else None


def _is_nothing(found: Any) -> bool:
    node = found[1] if isinstance(found, tuple) else found
    return yamltree.is_null(node) or (not isinstance(node, yamltree.ScalarNode) and not node.value)


def _fields(marked: Rendering | None, key: ContainerKey) -> dict[str, Any]:
    """The entries of a container in a marked render."""
    template, number, path = key
    root = marked.root((template, number)) if marked is not None else None
    return dict(yamltree.entries(rendered.node_at(root, rendered.container_steps(path))))


def _order(candidate: Candidate, reached: dict[Candidate, list[ContainerKey]]) -> tuple[int, bool, bool, int]:
    path = candidate.path
    nested = sum(values.is_security((key,)) for key in path) > 1
    return -len(reached[candidate]), nested, "container" not in path[-1].lower(), len(path)

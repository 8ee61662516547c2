"""Kustomizations in, what is wrong in what they deploy out: each line of a base or patch reported once."""

from __future__ import annotations

from netraw_lint import engine, manifest, splitting
from netraw_lint.charts.judging import container_path
from netraw_lint.charts.rendered import container_steps
from netraw_lint.exemptions.accept import Accepted, accept
from netraw_lint.fix import refusals
from netraw_lint.judge import Judge
from netraw_lint.kustomize import delivered
from netraw_lint.kustomize.placing import Placer
from netraw_lint.kustomize.workshop import Workshop
from netraw_lint.model import Counts, Document, Exemption, Problem, Source
from netraw_lint.noun import Noun
from netraw_lint.sources.kustomize_cli import BuildError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from netraw_lint.catalogue import Catalogue
    from netraw_lint.charts.rendered import Key
    from netraw_lint.findings import Judgement
    from netraw_lint.kustomize.marks import Mark
    from netraw_lint.kustomize.placing import Place
    from netraw_lint.kustomize.workshop import Build
    from netraw_lint.model import Finding, Judged, Settings
    from netraw_lint.sources.kustomizations import Reference, Tree

    Item = tuple[str, int]

_NAMED_ROOTS = 3
_NAMED_REFERENCES = 20
DECIDED = "the drop list is decided here, not where the container is written"


class Tools(Noun):
    """What every kustomization of a run shares.

    ``shown`` gives the path that reports show for a file; ``excluded`` whether nothing is to be said about it.
    """

    settings: Settings
    catalogue: Catalogue
    tick: Callable[[], None]
    shown: Callable[[str], str]
    excluded: Callable[[str], bool]


class Placed(Noun):
    """A finding in the file that causes it. ``owner`` is the container as it was first written, if that is known."""

    finding: Finding
    place: Place
    owner: Mark | None


class Outcome(Noun):
    """What became of the kustomizations: the builds that could be made, and what is to be reported of them."""

    builds: tuple[Build, ...]
    placed: tuple[Placed, ...]
    exempt: tuple[Exemption, ...]
    problems: tuple[Problem, ...]
    evidence: tuple[Judged, ...]
    counts: Counts
    linted: tuple[str, ...]
    notes: tuple[str, ...] = ()

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The findings alone."""
        return tuple(each.finding for each in self.placed)


def judge_of(tools: Tools) -> Judge:
    """A new judge, with counts of its own."""
    return Judge(tools.settings, tools.catalogue, tools.tick)


def containers(build: Build, tools: Tools) -> Iterator[tuple[Key, Judgement]]:
    """Every container that a build deploys. What cannot be read is a finding elsewhere."""
    judge = judge_of(tools)
    for key, source, chunk in _chunks(build, tools):
        for document in manifest.read(source, chunk):
            if isinstance(document, Document):
                yield from ((key, judgement) for judgement in judge.judgements(document))


def _chunks(build: Build, tools: Tools) -> Iterator[tuple[Key, Source, splitting.Chunk]]:
    thorough = tools.settings.rules is not None and "NRL008" in tools.settings.rules
    # Not the kustomization itself: what is built is no kustomization.
    path = f"{tools.shown(build.tree.root.directory)}/(built)"
    for key, text in build.plain.texts.items():
        source = Source(path, text.encode())
        for chunk in splitting.chunks(source.data, tools.catalogue.holds_containers, thorough):
            if chunk is not None:
                yield key, source, chunk


class Linter:
    """Collects over the builds of a run."""

    def __init__(self, workshop: Workshop, tools: Tools) -> None:
        self.workshop = workshop
        self.tools = tools
        self.builds: list[Build] = []
        self.problems: dict[Problem, None] = {}
        self.notes: dict[str, None] = {}
        self._found: dict[tuple[str, str, int, int], Placed] = {}
        self._by: dict[tuple[str, str, int, int], list[str]] = {}
        self._exempt: dict[tuple[str, str, int, int], Exemption] = {}
        self._deployed: dict[Item, list[str]] = {}
        self._unplaced = self._workloads = 0
        self._evidence: dict[tuple[object, ...], Judged] = {}
        self._accepted = Accepted()
        self._comments: dict[str, dict[tuple[str, int], Exemption]] = {}

    def lint(self, trees: Iterable[Tree]) -> Outcome:
        """Build and judge kustomizations, one after the other."""
        fit = []
        for tree in trees:
            problems = unfit(tree, self.tools.shown)
            self.problems |= dict.fromkeys(problems)
            fit += [] if problems else [tree]
        for tree, build in zip(fit, self.workshop.builds(fit), strict=True):
            self.tools.tick()
            name = told(tree, self.tools.shown)
            if isinstance(build, BuildError):
                line = tree.deployer.line if tree.deployer and tree.root.text else None
                path = self.tools.shown(tree.manifest)
                self.problems[Problem(path, "build", _failure(build, name), line)] = None
            else:
                self.builds.append(build)
                self._judge(build, f"with {name}" if tree.deployer else f"in {name}")
                self._tell_open(build, name)
        return self._outcome()

    def _judge(self, build: Build, name: str) -> None:
        placer = Placer(self.workshop, build, self.tools.shown)
        for key, judgement in containers(build, self.tools):
            owner = placer.owner(key, container_steps(judgement.container.path))
            if owner is None:
                self._unplaced += 1
            else:
                roots = self._deployed.setdefault((owner.path, owner.item), [])
                roots += [name] if name not in roots else []
        judge = judge_of(self.tools)
        for key, source, chunk in _chunks(build, self.tools):
            earlier = len(judge.evidence)
            for found in judge.findings(source, chunk):
                self._take(placer, key, found, name)
            for judged in judge.evidence[earlier:]:
                placed = placer.evidence(key, judged)
                self._evidence.setdefault((placed.path, placed.location, tuple(placed.holds.items())), placed)
        self._workloads += judge.workloads

    def _tell_open(self, build: Build, name: str) -> None:
        """Say that variables decide which only the cluster knows."""
        deployer = build.tree.deployer
        if deployer is None or deployer.variables is None:
            return
        for text in build.plain.texts.values():
            for place in delivered.open_places(text):
                where = f"; further ones are in {deployer.elsewhere}" if deployer.elsewhere else ""
                self.notes[
                    f"{name}: judged without the value of {place}, which its postBuild does not say{where}"
                ] = None

    def _take(self, placer: Placer, key: Key, found: Finding | Exemption, name: str) -> None:
        finding = found.finding if isinstance(found, Exemption) else found
        place = placer.place(key, finding)
        if self.tools.excluded(place.path):
            return
        owner = (
            placer.owner(key, container_steps(container_path(finding.container)))
            if finding.container
            else None
        )
        placed = placer.placed(key, finding, place)
        line = (placed.rule, placed.path, placed.location.line, placed.location.column)
        if isinstance(found, Exemption):
            self._exempt.setdefault(line, found.replace(finding=placed))
            return
        for item in self._settled(place.path, placed):
            if isinstance(item, Exemption):
                self._exempt.setdefault(line, item)
                return
            placed = item
        roots = self._by.setdefault(line, [])
        roots += [name] if name not in roots else []
        self._found.setdefault(line, Placed(self._with_fixability(placed, place), place, owner))

    def _settled(self, path: str, finding: Finding) -> Iterator[Finding | Exemption]:
        """A finding before the exemptions that are about files: settings, baseline, and comments in the file."""
        settings = self.tools.settings
        if not settings.ignores:
            return iter((finding,))
        commented = self._commented(path).get((finding.rule, finding.location.line))
        if commented is not None:
            return iter((commented.replace(finding=finding),))
        return iter(list(accept([finding], (), settings, frozenset(), self._accepted)))

    def _commented(self, path: str) -> dict[tuple[str, int], Exemption]:
        """What comments of a file exempt, by rule and line: a build keeps no comments."""
        if path not in self._comments:
            source = self.workshop.sources.get(path)
            found: dict[tuple[str, int], Exemption] = {}
            if source is not None and b"netraw-lint" in source.data:
                settings = self.tools.settings.replace(exemptions=(), baseline=frozenset(), evidence=False)
                for each in engine.lint([source], settings, self.tools.catalogue).exempt:
                    found[each.finding.rule, each.finding.location.line] = each
            self._comments[path] = found
        return self._comments[path]

    def _with_fixability(self, finding: Finding, place: Place) -> Finding:
        if finding.fix is None:
            return finding
        if place.mark is None:
            return finding.replace(fix=None, refusal="which file makes it so is not known: change it by hand")
        if place.mark.written in ("inline", "operation"):
            return finding.replace(fix=None, refusal=refusals.text(refusals.IN_KUSTOMIZATION))
        if place.decides:
            return finding.replace(
                fix=None, refusal=f'{DECIDED}; by hand: write drop: ["NET_RAW"] into this patch'
            )
        return finding

    def _outcome(self) -> Outcome:
        placed = [each.replace(finding=self._named(line, each)) for line, each in self._found.items()]
        used = dict.fromkeys(path for build in self.builds for path in sorted(build.tree.files))
        texts = sum(len(build.plain.texts) for build in self.builds)
        counts = Counts(len(used), texts, self._workloads, len(self._deployed) + self._unplaced)
        linted = tuple(self.tools.shown(path) for path in used)
        return Outcome(
            tuple(self.builds),
            tuple(placed),
            tuple(self._exempt.values()),
            tuple(self.problems),
            tuple(self._evidence.values()),
            counts,
            linted,
            tuple(self.notes),
        )

    def _named(self, line: tuple[str, str, int, int], placed: Placed) -> Finding:
        """The finding, with the kustomizations that cause it if not all that deploy the container do."""
        roots, owner = self._by[line], placed.owner
        deployed = self._deployed.get((owner.path, owner.item), []) if owner is not None else []
        if len(roots) >= len(deployed):
            return placed.finding
        if len(roots) <= _NAMED_ROOTS:
            # Those of one kind follow each other.
            *most, last = (
                name.removeprefix("in ") if at and name.startswith("in ") else name
                for at, name in enumerate(sorted(roots, key=lambda name: not name.startswith("in ")))
            )
            words = f"only {', '.join(most)} and {last}" if most else f"only {last}"
        else:
            first = roots[0].partition(" ")[2]
            words = f"in {len(roots)} of the {len(deployed)} kustomizations that deploy it, such as {first}"
        return placed.finding.replace(message=f"{placed.finding.message}; {words}")


def told(tree: Tree, shown: Callable[[str], str]) -> str:
    """A kustomization as messages name it: by its deployer, else by its directory."""
    return tree.deployer.by if tree.deployer else shown(tree.root.directory)


def _failure(error: BuildError, name: str) -> str:
    hint = ""
    if "plugin" in str(error):
        hint = (
            f"; functions and plugins are not run from here: pipe `kustomize build --enable-alpha-plugins {name}` into "
            "`netraw-lint -`"
        )
    return f"cannot be built: {error}{hint}"


def _listed(references: Sequence[Reference]) -> str:
    """What some references say, each once; of very many the first."""
    names = list(dict.fromkeys(each.text for each in references))
    more = len(names) - _NAMED_REFERENCES
    return ", ".join(names[:_NAMED_REFERENCES]) + (f" and {more} more" if more > 0 else "")


def unfit(tree: Tree, shown: Callable[[str], str]) -> list[Problem]:
    """What has to be done before a kustomization can be built offline."""
    found = _unfit(tree, shown)
    if tree.deployer is None or not tree.root.text:
        return found
    # The lines of a kustomization that was made up mean nothing.
    path, line = shown(tree.manifest), tree.deployer.line
    return [each.replace(line=line) if each.path == path else each for each in found]


def _unfit(tree: Tree, shown: Callable[[str], str]) -> list[Problem]:
    problems = []
    for part in tree.parts:
        path = shown(tree.manifest if part.text else part.path)
        if part.broken:
            problems.append(Problem(path, "build", f"cannot be read: {part.broken.text}", part.broken.line))
        if part.remote:
            names = _listed(part.remote)
            them = "it" if len(part.remote) == 1 else "them"
            problems.append(
                Problem(
                    path,
                    "build",
                    f"not built: {names}: netraw-lint downloads nothing; bring {them} into the repository "
                    f"(`kustomize localize {shown(part.directory)}` makes such a copy) and name the copy here",
                    part.remote[0].line,
                )
            )
        if part.helm:
            problems.append(
                Problem(
                    path,
                    "build",
                    f"not built: {part.helm[0].text} needs helm, which is not run from here; lint what "
                    f"`kustomize build --enable-helm {shown(part.directory)} | netraw-lint -` reads, or the chart itself",
                    part.helm[0].line,
                )
            )
        if part.missing:
            words = f"not built: {_listed(part.missing)}: no such file or directory"
            problems.append(Problem(path, "build", words, part.missing[0].line))
        problems += [Problem(path, "build", f"not built: {each.text}", each.line) for each in part.unfit]
        for each in part.outside:
            what = f"not built: {each.text} lies outside of the repository: bring it in, or name it by a relative path"
            problems.append(Problem(path, "build", what, each.line))
    return problems

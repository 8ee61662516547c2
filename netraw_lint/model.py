"""Every noun of netraw-lint: frozen values that cross the doors between the rooms."""

from __future__ import annotations

from netraw_lint.noun import Noun

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Literal

    from netraw_lint.nodes import Node

    Severity = Literal["error", "warning", "info"]
    Holding = Literal[True, False, "error"]


# To count lines takes as long as to look for workloads, and most documents are never asked for theirs.
_latest_line = [(b"", 0, 0)]

# What Kustomize looks for in a directory (api/konfig RecognizedKustomizationFileNames).
KUSTOMIZATION_FILES = ("kustomization.yaml", "kustomization.yml", "Kustomization")


class Source(Noun):
    """One text to lint, as it was read: a file, or the standard input.

    ``data`` is UTF-8 without a byte order mark whatever the file held; ``encoding`` and ``bom`` say how to
    write it back. ``patch`` marks a Kustomize patch: a fragment that is merged over a workload; ``target`` is what
    the kustomization that names it says about that workload.
    """

    path: str
    data: bytes
    encoding: str = "utf-8"
    bom: bytes = b""
    patch: bool = False
    target: ObjectRef | None = None

    @property
    def holds_patches(self) -> bool:
        """Whether it may hold patches that are no objects: operations, or texts inside a kustomization."""
        return self.patch or self.path.rpartition("/")[2] in KUSTOMIZATION_FILES

    def line_at(self, place: int) -> int:
        """The 0-based line that a byte lies on. Counts on from the place asked for before."""
        data, known, line = _latest_line[0]
        if data is not self.data or place < known:
            known = line = 0
        line += self.data.count(b"\n", known, place)
        _latest_line[0] = self.data, place, line
        return line


class Span(Noun):
    """A half-open range of code points in the text of a document."""

    start: int
    end: int


class Location(Noun):
    """A span as editors count it: 1-based lines by ``\\n``, 1-based columns in code points, end exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int


class ObjectRef(Noun):
    """What names a Kubernetes object; ``namespace`` and ``name`` are empty where the manifest has none."""

    api_version: str
    kind: str
    namespace: str = ""
    name: str = ""

    @property
    def group(self) -> str:
        """The API group, ``""`` for the core group."""
        return self.api_version.rpartition("/")[0]

    def __str__(self) -> str:
        name = f"{self.namespace}/{self.name}" if self.namespace else self.name
        return f"{self.kind}/{name}" if name else self.kind


class Document(Noun):
    """One YAML document that may hold a workload, composed but not interpreted.

    ``start`` is the byte offset of the document in ``source.data``; every span counts code points of ``text``.
    ``index`` counts the non-empty documents of the source from 0. ``origin`` is the chart template named by Helm's
    ``# Source:`` comment.
    """

    source: Source
    index: int
    start: int
    text: str
    root: Node
    origin: str | None = None

    @property
    def line(self) -> int:
        """The 0-based line that it begins on."""
        return self.source.line_at(self.start)


class Misplaced(Noun):
    """Something that looks like a capability setting and has no effect: where it stands and why.

    ``drops`` says that it was meant to drop something, ``refused`` that the API server refuses the object.
    """

    node: Node
    text: str
    reason: str
    drops: bool = False
    refused: bool = False


class SecurityContext(Noun):
    """The capability-related part of a container's effective securityContext.

    ``add`` and ``drop`` are the lists as the runtime gets them; the nodes beside them say where each entry
    stands and are ``None`` for an entry that an operator supplies. ``nearest`` is the deepest existing key
    on the way to ``capabilities.drop``, where a missing drop is reported. ``layers`` are the securityContext
    mappings that make it up, topmost last, and ``own`` the one that the container itself has.
    """

    nearest: Node
    add: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    add_nodes: tuple[Node | None, ...] = ()
    drop_nodes: tuple[Node | None, ...] = ()
    capabilities: Node | None = None
    privileged: Node | None = None
    run_as_non_root: bool | None = None
    allow_privilege_escalation: bool = True
    misplaced: tuple[Misplaced, ...] = ()
    layers: tuple[Node, ...] = ()
    own: Node | None = None


class PodTemplate(Noun):
    """A place in an object that becomes pods: a PodSpec, or a fragment that an operator completes.

    ``windows`` is ``"declared"`` for ``spec.os.name: windows`` (the API server then refuses capabilities),
    ``"selected"`` for a node selector that keeps the pod on Windows nodes, else ``""``. ``one_of_several`` says that
    objects of its kind may have others; it never depends on what else stands in the object.
    """

    document: Document
    object: ObjectRef
    path: str
    node: Node | None
    windows: str = ""
    host_network: bool = False
    run_as_non_root: bool = False
    misplaced: tuple[Misplaced, ...] = ()
    one_of_several: bool = False


class Container(Noun):
    """One container of a pod template, with the security context that will be in force.

    ``list`` is the key that holds it (``containers``, ``initContainers``, ``steps``, ...). ``regime`` names
    what becomes of the entry, see workloads.py: ``""`` is an ordinary container, ``"patch"`` one that is
    merged over a container written elsewhere, so that a missing drop means nothing. ``fixable`` is false
    where the API server would prune a securityContext. ``recognised`` is false for a kind that only looks
    like a workload.
    """

    template: PodTemplate
    list: str
    index: int | None
    name: str
    path: str
    node: Node
    security: SecurityContext
    regime: str = ""
    fixable: bool = True
    recognised: bool = True
    cloud_run: bool = False


class Policy(Noun):
    """An admission policy object: a PodSecurityPolicy or a SecurityContextConstraints.

    ``node`` holds the capability fields, ``anchor`` is the key to point at where one is missing, ``kind``
    the value of the object's kind.
    """

    document: Document
    object: ObjectRef
    node: Node
    anchor: Node
    kind: Node


class Verdict(Noun):
    """Whether a container ends up with NET_RAW in its bounding set, per runtime, and why."""

    holds: Mapping[str, Holding]
    why: Mapping[str, str]

    @property
    def runtimes(self) -> tuple[str, ...]:
        """The runtimes on which the container holds NET_RAW."""
        return tuple(name for name, held in self.holds.items() if held is True)


class ContainerRef(Noun):
    """Where a container sits, for reports."""

    list: str
    index: int | None
    name: str
    pod_path: str


class PolicyRef(Noun):
    """A policy that a finding about something else refers to: the object, and where it stands."""

    object: ObjectRef
    path: str
    line: int


class Finding(Noun):
    """One cause, in one container (or policy object, or document), at one place.

    ``policies`` are the admission policies that a finding of the cross-check is about.
    """

    rule: str
    name: str
    severity: Severity
    message: str
    help: str
    path: str
    span: Span
    location: Location
    document: int
    object: ObjectRef | None
    container: ContainerRef | None
    origin: str | None
    excerpt: str
    identity: str
    fix: Literal["safe", "unsafe"] | None = None
    refusal: str | None = None
    policies: tuple[PolicyRef, ...] = ()


class Judged(Noun):
    """A container that was judged, good or bad: the evidence an auditor files."""

    path: str
    location: Location
    document: int
    object: ObjectRef
    container: ContainerRef
    origin: str | None
    holds: Mapping[str, Holding]
    why: str


class Problem(Noun):
    """Something that was not checked, and why: a value beside the findings, never a silence."""

    path: str
    stage: str
    message: str
    line: int | None = None


class Exemption(Noun):
    """A finding that somebody accepted, with the reason and the last day it holds."""

    finding: Finding
    reason: str
    until: str | None
    origin: str


class Edit(Noun):
    """Replace ``span`` of a source's text by ``text``."""

    span: Span
    text: str


class Refusal(Noun):
    """Why a finding is not fixed, and what to do by hand."""

    reason: str
    advice: str = ""


class CatalogueRow(Noun):
    """Where a kind keeps pod templates or containers; the columns of schemas/workloads.json."""

    group: str
    kind: str
    path: str
    shape: str
    partial: bool = False
    fixable: bool = True
    regime: str = ""
    managed: tuple[str, ...] = ()
    defaults: str = ""
    patches: tuple[str, ...] = ()


class Terms(Noun):
    """What an exemption says: selectors of rules, the reason, and the last day it holds (YYYY-MM-DD)."""

    selectors: tuple[str, ...]
    reason: str
    until: str | None = None

    def holds(self, today: str) -> bool:
        """Whether ``today`` (YYYY-MM-DD) is not past the last day."""
        return self.until is None or today <= self.until


class Entry(Noun):
    """An exemption of the settings file: its number there, what it says, and a test for findings."""

    number: int
    terms: Terms
    covers: Callable[[Finding], bool]


class Settings(Noun):
    """What a run was asked to judge; ``rules`` holds the codes that run, None stands for all but the opt-in.

    ``evidence`` has the report list every container, ``linted`` every source; ``against_policies`` holds the workloads
    against the admission policies of the same run.
    """

    rules: frozenset[str] | None = None
    runtimes: tuple[str, ...] = ("containerd", "cri-o", "docker")
    workloads: tuple[CatalogueRow, ...] = ()
    evidence: bool = False
    charts: str = "report"
    fix_drop: str = "NET_RAW"
    exemptions: tuple[Entry, ...] = ()
    baseline: frozenset[str] = frozenset()
    respect: tuple[str, ...] = ()
    ignores: bool = True
    today: str = ""
    against_policies: bool = False
    linted: bool = True


class Counts(Noun):
    """What was looked at; ``unrendered`` lines of charts would make containers with other values."""

    files: int = 0
    documents: int = 0
    workloads: int = 0
    containers: int = 0
    unrendered: int = 0

    def plus(self, other: Counts) -> Counts:
        """The sum of both."""
        return Counts(*(getattr(self, name) + getattr(other, name) for name in self._fields))


class Report(Noun):
    """The result of a run over the sources ``linted``, if the settings ask for these.

    ``fixed`` counts the findings gone, None without --fix.
    """

    findings: Sequence[Finding]
    exempt: tuple[Exemption, ...]
    problems: tuple[Problem, ...]
    containers: tuple[Judged, ...]
    counts: Counts
    fixed: int | None = None
    linted: tuple[str, ...] = ()

"""Admission policies as clauses: what each asks of containers, where it applies, and whether it is enforced."""

from __future__ import annotations

from netraw_lint.model import Container, Document, ObjectRef, PolicyRef
from netraw_lint.noun import Noun

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from netraw_lint.nodes import Node
    from netraw_lint.policies.checks import Check, PodContainer


class NotUnderstoodError(Exception):
    """A policy, or a part of it, is of no well-known shape; the message says what."""


class Labels(Noun):
    """Labels as far as they are known; ``complete`` says that there are no others."""

    known: Mapping[str, str] = {}
    complete: bool = True

    def get(self, key: str) -> tuple[bool | None, str]:
        """Whether there is a label of that key (None: not known), and its value."""
        if key in self.known:
            return True, self.known[key]
        return (False if self.complete else None), ""


class Pod(Noun):
    """A pod as admission sees it, without its containers.

    ``name`` and ``namespace`` are None where they are not known; ``windows`` says that ``spec.os.name`` is
    windows, ``windows_nodes`` that it selects such nodes. ``namespace_labels`` are those of its namespace. ``object``
    is what makes it, or it itself, and ``owned`` says that something else made that.
    """

    namespace: str | None = None
    name: str | None = None
    labels: Labels = Labels()
    namespace_labels: Labels = Labels(complete=False)
    windows: bool = False
    windows_nodes: bool = False
    object: ObjectRef | None = None
    owned: bool = False


def _everywhere(_pod: Pod) -> bool | None:
    return True


class Clause(Noun):
    """One thing that a policy asks of each container of some pods.

    ``applies`` tells whether it is about a pod (None: cannot be said), ``exempt`` whether it leaves a container
    out. ``enforced`` is false for a clause that only reports. ``node`` is what to point at, ``name`` how the policy
    calls the clause. ``two_languages`` says that another form of the check compares without case. ``spares`` tells
    whether it leaves a container of some pods out (None: cannot be said). ``at`` is where it stands, once that is
    known.
    """

    check: Check
    node: Node
    enforced: bool = True
    applies: Callable[[Pod], bool | None] = _everywhere
    exempt: Callable[[PodContainer], bool] | None = None
    lists: tuple[str, ...] = ("containers", "initContainers", "ephemeralContainers")
    name: str = ""
    two_languages: bool = False
    spares: Callable[[Pod, PodContainer], bool | None] | None = None
    at: PolicyRef | None = None

    def refuses(self, container: PodContainer) -> str:
        """Why a container is refused where the clause applies."""
        if container.list not in self.lists or (self.exempt and self.exempt(container)):
            return ""
        return self.check.refuses(container)

    def is_sure(self, container: PodContainer) -> bool:
        """Whether the engine is sure to decide so: a Gatekeeper template compares with or without case."""
        if not self.two_languages:
            return True
        folded = self.replace(check=self.check.replace(fold=True))
        return bool(folded.refuses(container)) == bool(self.refuses(container))


class Gate(Noun):
    """An admission policy: its clauses, all of which have to be met, and what of it is not understood (``doubts``).

    ``node`` is what to point at. ``parameters`` is the mapping with the lists of a Gatekeeper constraint, ``anchor``
    the key that holds it. ``today`` says in a word what it does as long as it is not enforced (``Audit``,
    ``dryrun``). ``required`` are the names that a PodSecurityPolicy or SCC adds to every drop list itself, None for
    other engines. ``unsure`` says why nothing that follows from the policy is sure. ``printed`` is what a policy that
    this program wrote says about itself. ``at`` is where it stands, once that is known, or
    if that is not where ``node`` is: in a template.
    """

    document: Document
    object: ObjectRef
    node: Node
    engine: str
    clauses: tuple[Clause, ...] = ()
    doubts: tuple[str, ...] = ()
    today: str = ""
    parameters: Node | None = None
    anchor: Node | None = None
    required: tuple[str, ...] | None = None
    unsure: str = ""
    printed: str = ""
    at: PolicyRef | None = None

    def refuses(self, container: PodContainer) -> str:
        """Why a container is refused by a policy that applies to it."""
        return next((reason for clause in self.clauses if (reason := clause.refuses(container))), "")


class Ruling(Noun):
    """What a policy makes of one container: refused for a reason; ``unsure`` says what that depends on."""

    gate: Gate
    reason: str
    enforced: bool = True
    unsure: str = ""


class Crossed(Noun):
    """A container before all the policies of a run; ``holders`` are the runtimes on which it holds NET_RAW.

    ``rulings`` are the refusals, and ``admitting`` the policies that are about it and let it pass. ``complete`` is false
    where some policy was not evaluated.
    """

    container: Container
    holders: tuple[str, ...]
    rulings: tuple[Ruling, ...] = ()
    admitting: tuple[Gate, ...] = ()
    complete: bool = True

"""Workloads held against policies: who would be refused, and who would still be admitted."""

from __future__ import annotations

from netraw_lint import capabilities, yamltree
from netraw_lint.catalogue import LISTS
from netraw_lint.emit.reading import Reader
from netraw_lint.findings import policy_ref
from netraw_lint.model import Container, Document
from netraw_lint.noun import Noun
from netraw_lint.paths import match, parse
from netraw_lint.policies import gate as gate_of
from netraw_lint.policies import (
    gatekeeper,
    kyverno_match,
    pod_security,
    pod_security_policy,
    policy,
    validating_admission,
)
from netraw_lint.policies.checks import PodContainer
from netraw_lint.policies.gates import Crossed, Gate, Labels, Pod, Ruling

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from netraw_lint.declared import Declared
    from netraw_lint.manifest import KubernetesObject
    from netraw_lint.model import PolicyRef
    from netraw_lint.nodes import Node

_NAME_LABEL = "kubernetes.io/metadata.name"


class Release(Noun):
    """What is known of a chart's documents: where a policy stands in the templates, and the release's namespace.

    Without ``place`` the policies are left out: nobody deploys them.
    """

    place: Callable[[Gate], PolicyRef] | None = None
    namespace: str = ""


class Crossing:
    """Collects the policies, namespaces and workloads of a run, and holds these against those at its end."""

    def __init__(self, runtimes: Sequence[str]) -> None:
        self.runtimes = runtimes
        self.gates: list[Gate] = []
        self._admission: list[Gate] = []
        self._bindings: list[validating_admission.Binding] = []
        self._namespaces: dict[str, Labels] = {}
        self._disputed: set[str] = set()
        self._excepted: set[str] = set()
        self._templates: set[str] = set()
        self._constraints: list[Gate] = []
        self._workloads: list[tuple[Container, Pod]] = []
        self._declared: dict[int, tuple[Document, list[Declared]]] = {}
        self._reader = Reader()
        self._rendered: set[tuple[str, str, str]] = set()
        self.release: Release | None = None

    def declare(self, document: Document, declared: list[Declared]) -> None:
        """Keep the exemptions that stand in a document."""
        self._declared[id(document)] = document, declared

    def declared(self, document: Document) -> list[Declared]:
        """The exemptions that stand in a document."""
        return self._declared.get(id(document), (document, []))[1]

    def containers(self, start: int = 0) -> list[Container]:
        """The containers of the workloads so far, but for the first ones."""
        return [container for container, _ in self._workloads[start:]]

    def add_object(self, obj: KubernetesObject) -> None:
        """Look at an object that may be a policy, a binding or a namespace. Raises YamlError."""
        if self.release is not None:
            # Every value set of a chart renders the same policy again.
            known = obj.document.source.path, obj.document.text, obj.path
            if self.release.place is None or known in self._rendered:
                return
            self._rendered.add(known)
        binding = validating_admission.binding(obj)
        if binding is not None:
            self._bindings.append(binding)
        self._excepted |= kyverno_match.excepted(obj)
        self._templates |= gatekeeper.template_kinds(obj)
        found = self._reader.gate(obj) or gate_of(obj)
        other = gatekeeper.other(obj) if found is None else None
        if other is not None:
            self._constraints.append(self._placed_in_template(other))
        if found is not None:
            gates = self._admission if found.engine == "ValidatingAdmissionPolicy" else self.gates
            gates.append(self._placed_in_template(found))
        older = policy(obj)
        if older is not None:
            self.gates.append(self._placed_in_template(pod_security_policy.gate(older)))
        namespace = pod_security.of_namespace(obj)
        if namespace is not None and namespace.patch:
            if any(key.startswith(pod_security.PREFIX) for key, _ in namespace.texts):
                self._disputed.add(obj.ref.name)
        elif namespace is not None:
            labels = Labels({**dict(namespace.texts), _NAME_LABEL: obj.ref.name})
            if self._namespaces.setdefault(obj.ref.name, labels) != labels:
                self._disputed.add(obj.ref.name)
            labelled = pod_security.gate(namespace)
            if labelled is not None:
                self.gates.append(self._placed_in_template(labelled))

    def _placed_in_template(self, gate: Gate) -> Gate:
        place = self.release.place if self.release is not None else None
        return gate if place is None else gate.replace(at=place(gate))

    def add_container(self, container: Container, root: Node) -> None:
        """Look at a container of the object that ``root`` describes. Raises YamlError."""
        template = container.template
        labels = Labels(complete=False)
        steps = parse(template.path)
        if template.node is not None and steps[-1:] == ("spec",):
            for _, metadata in match(root, (*steps[:-1], "metadata")):
                labels = _labels(metadata)
        is_pod = template.object.kind == "Pod"
        released = self.release.namespace if self.release is not None else ""
        pod = Pod(
            template.object.namespace or released or None,
            template.object.name or None if is_pod else None,
            labels,
            windows=template.windows == "declared",
            windows_nodes=template.windows == "selected",
            object=template.object,
            owned=yamltree.get(root, "metadata", "ownerReferences") is not None,
        )
        self._workloads.append((container, pod))

    def crossed(self) -> Iterator[Crossed]:
        """Every container before every policy."""
        gates = self.every_gate()
        complete = not any(gate.doubts for gate in gates)
        anywhere = [gate for gate in gates if gate.object.kind != "Namespace"]
        by_namespace: dict[str, list[Gate]] = {}
        for gate in gates:
            if gate.object.kind == "Namespace":
                by_namespace.setdefault(gate.object.name, []).append(gate)
        for container, pod in self._workloads:
            # With hundreds of namespaces, to ask each about a pod of another would take most of the run.
            near = gates if pod.namespace is None else [*by_namespace.get(pod.namespace, ()), *anywhere]
            yield self._before(near, container, self._placed(pod)).replace(complete=complete)

    def _placed(self, pod: Pod) -> Pod:
        """A pod with the labels of its namespace, as far as they are known."""
        if pod.namespace is None:
            return pod
        found = self._namespaces.get(pod.namespace, Labels(complete=False))
        if pod.namespace in self._disputed:
            found = Labels(complete=False)
        labels = Labels({**found.known, _NAME_LABEL: pod.namespace}, found.complete)
        return pod.replace(namespace_labels=labels)

    def every_gate(self) -> list[Gate]:
        """The policies found so far, admission policies as their bindings put them into force."""
        bound = [validating_admission.bound(gate, self._bindings) for gate in self._admission]
        others = [gate for gate in self._constraints if gate.object.kind in self._templates]
        gates = [*map(self._settled, self.gates), *bound, *others]
        return [_located(gate) for gate in gates]

    def _settled(self, gate: Gate) -> Gate:
        """A policy with what keeps it from being sure."""
        name = gate.object.name
        gate = self._reader.settled(gate)
        if gate.object.kind == "Namespace" and name in self._disputed:
            return gate.replace(unsure=f"manifests of namespace {name} disagree about its labels")
        if gate.engine == "Kyverno" and name in self._excepted:
            return gate.replace(unsure="a PolicyException names the policy")
        return gate

    def _before(self, gates: Iterable[Gate], container: Container, pod: Pod) -> Crossed:
        view = viewed(container)
        rulings, admitting = [], []
        for gate in gates:
            found = ruling(gate, pod, view)
            if found is not None:
                rulings.append(found)
            elif gate.required and not self._holders(container, gate.required):
                rulings.append(Ruling(gate, "", unsure=gate.unsure))
            elif not gate.unsure and any(clause.applies(pod) for clause in gate.clauses):
                admitting.append(gate)
        return Crossed(container, self._holders(container), tuple(rulings), tuple(admitting))

    def _holders(self, container: Container, dropped: tuple[str, ...] = ()) -> tuple[str, ...]:
        if container.template.windows:
            return ()
        security = container.security
        drop = (*security.drop, *dropped)
        return capabilities.judge(security.add, drop, security.privileged is not None, self.runtimes).runtimes


def _located(gate: Gate) -> Gate:
    """A policy that knows where it stands: every workload refers to it, and stands elsewhere."""
    if gate.at is not None:
        return gate
    clauses = tuple(clause.replace(at=policy_ref(gate.replace(node=clause.node))) for clause in gate.clauses)
    return gate.replace(clauses=clauses, at=policy_ref(gate))


def viewed(container: Container) -> PodContainer:
    """A container as admission sees it."""
    security = container.security
    name = container.list if container.list in LISTS else "containers"
    image = yamltree.as_string(yamltree.get(container.node, "image")) or ""
    return PodContainer(
        name, container.name, image, security.add, security.drop, security.privileged is not None
    )


def ruling(gate: Gate, pod: Pod, container: PodContainer) -> Ruling | None:
    """Whether a policy refuses a container of a pod; a sure refusal is preferred to one that is not."""
    best: Ruling | None = None
    for clause in gate.clauses:
        reason = clause.refuses(container)
        applies = clause.applies(pod) if reason else False
        spared = clause.spares(pod, container) if clause.spares and applies is not False else False
        if applies is False or spared is True:
            continue
        unsure = gate.unsure if applies else _depends(pod)
        if spared is None and not unsure:
            unsure = _depends_on_name(pod)
        if not unsure and not clause.is_sure(container):
            unsure = "whether it compares without case depends on the language that its template runs in"
        at = clause.at or gate.at
        found = Ruling(gate.replace(node=clause.node, at=at), reason, clause.enforced, unsure)
        if best is None or _rank(found) > _rank(best):
            best = found
    return best


def _rank(ruling: Ruling) -> tuple[bool, bool]:
    return not ruling.unsure, ruling.enforced


def _depends(pod: Pod) -> str:
    """What it depends on that cannot be said."""
    if pod.namespace is None:
        return "its namespace is not written there"
    if not pod.namespace_labels.complete:
        return f"the labels of namespace {pod.namespace} are not in these files"
    return "whether it is about these pods cannot be said from the manifests"


def _depends_on_name(pod: Pod) -> str:
    if pod.namespace is None:
        return _depends(pod)
    made = f"the pods of {pod.object}" if pod.object is not None else "these pods"
    return f"an exemption in it goes by names, and {made} are named by whoever makes them"


def _labels(metadata: Node) -> Labels:
    found = yamltree.entries(yamltree.get(metadata, "labels"))
    return Labels(
        {key: str(value.value) for key, (_, value) in found.items() if isinstance(value, yamltree.ScalarNode)}
    )

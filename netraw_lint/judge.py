"""A document in, its findings out: every container and policy in it before every rule."""

from __future__ import annotations

from netraw_lint import capabilities, findings, manifest, policies, rules, selection, workloads, yamltree
from netraw_lint.findings import Judgement
from netraw_lint.fix import refusals
from netraw_lint.manifest import Unreadable
from netraw_lint.model import (
    Container,
    Document,
    Exemption,
    Finding,
    Judged,
    PodTemplate,
    Policy,
    Problem,
    Settings,
    Source,
    Verdict,
)
from netraw_lint.rules import operator_container_not_hardened

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from netraw_lint.catalogue import Catalogue
    from netraw_lint.crossing import Crossing
    from netraw_lint.declared import Declared
    from netraw_lint.exemptions.accept import Accepted
    from netraw_lint.manifest import KubernetesObject
    from netraw_lint.nodes import Node
    from netraw_lint.policies.pod_security import PodSecurity
    from netraw_lint.splitting import Chunk

# Regimes of what is part of a container written elsewhere.
FRAGMENTS = ("patch", "takes away")
_MOST_VERDICTS = 1000


NO_POLICY = (
    "no admission policy about capabilities was found, and no namespace with Pod Security labels: name the paths "
    "that hold them too"
)

_OF_CROSSING = frozenset(("NRL110", "NRL111"))


class Judge:
    """Judges document by document, and counts what it judged; ``evidence`` lists it, if that was asked for.

    ``compose`` may know the nodes of a text already.
    """

    def __init__(
        self,
        settings: Settings,
        catalogue: Catalogue,
        tick: Callable[[], None],
        crossing: Crossing | None = None,
        compose: Callable[[bytes], Iterable[Node]] | None = None,
    ) -> None:
        self.settings = settings
        self.catalogue = catalogue
        self.tick = tick
        self._compose = compose or yamltree.compose
        self.workloads = self.containers = 0
        self.evidence: list[Judged] = []
        codes = selection.defaults(rules.rules()) if settings.rules is None else settings.rules
        self._codes = codes
        self._seen: (
            tuple[list[KubernetesObject], list[tuple[KubernetesObject, PodTemplate]], list[Container]] | None
        )
        self._seen = None
        self.accepted: Accepted | None = None
        self._crossing = crossing
        if settings.against_policies and crossing is None:
            from netraw_lint.crossing import Crossing

            self._crossing = Crossing(settings.runtimes)
        self._verdicts: dict[object, tuple[Verdict, capabilities.Causes]] = {}
        self._thorough = operator_container_not_hardened.RULE.code in codes
        self._checks = {
            subject: rules.checks(subject, codes)
            for subject in (
                *("container", "template", "object", "policy", "namespace", "gate", "crossed", "unreadable"),
            )
        }

    def findings(self, source: Source, chunk: Chunk) -> Iterator[Finding | Exemption]:
        """What is wrong in a chunk of a source, and what of it somebody accepted."""
        for part in manifest.read(source, chunk, self._compose):
            if isinstance(part, Unreadable):
                yield from self._accepted(None, list(self._run("unreadable", part)))
            else:
                yield from self._accepted(part, list(self._document(part)))

    def _accepted(self, document: Document | None, found: list[Finding]) -> Iterable[Finding | Exemption]:
        """The findings with those that are exempt marked as such."""
        settings = self.settings
        declares = document is not None and self._seen is not None
        if not settings.ignores or not (declares or (found and (settings.exemptions or settings.baseline))):
            return found
        from netraw_lint.exemptions import inline

        declared = []
        if document is not None and self._seen is not None:
            declared = list(inline.declared(document, inline.Seen(*self._seen), settings.respect))
            if self._crossing is not None:
                self._crossing.declare(document, declared)
        # What the cross-check finds is not found yet.
        return self._held_to(found, declared, self._codes - _OF_CROSSING)

    def _held_to(
        self, found: list[Finding], declared: Iterable[Declared], running: frozenset[str]
    ) -> Iterator[Finding | Exemption]:
        from netraw_lint.exemptions.accept import Accepted, accept

        self.accepted = self.accepted or Accepted()
        return accept(found, declared, self.settings, running, self.accepted)

    def _run(self, subject: str, *values: object) -> Iterator[Finding]:
        for check in self._checks[subject]:
            yield from check(*values)

    def _document(self, document: Document) -> Iterator[Finding]:
        self._seen = ([], [], []) if self._may_declare(document.text) else None
        try:
            for obj in workloads.objects(document, self.catalogue):
                self.tick()
                yield from self._object(obj)
        except yamltree.YamlError as error:
            yield from self._run("unreadable", Unreadable(document, error.index or 0, error.message))
        except RecursionError:
            yield from self._run("unreadable", Unreadable(document, 0, "nested too deeply"))

    def _may_declare(self, text: str) -> bool:
        """Whether a document could hold an exemption; false for nearly all."""
        marks = ("netraw-lint", *(f"{name}.io/" for name in self.settings.respect))
        return self.settings.ignores and any(mark in text for mark in marks)

    def _object(self, obj: KubernetesObject) -> Iterator[Finding]:
        if self._seen is not None:
            self._seen[0].append(obj)
        yield from self._policies(obj)
        known = False
        for found in workloads.containers(obj, self.catalogue, self._thorough):
            if isinstance(found, Unreadable):
                yield from self._run("unreadable", found)
            elif isinstance(found, PodTemplate):
                self.workloads += 1
                known = True
                if self._seen is not None:
                    self._seen[1].append((obj, found))
                yield from self._run("template", found)
            elif found.regime not in workloads.UNJUDGED:
                if self._crossing is not None and found.regime != "patch":
                    self._crossing.add_container(found, obj.node)
                yield from self._container(found)
        if known:
            yield from self._run("object", obj)

    def _policies(self, obj: KubernetesObject) -> Iterator[Finding]:
        """What is wrong with an object that is an admission policy or a namespace."""
        policy = policies.policy(obj)
        if policy is not None:
            yield from self._run("policy", policy, self.settings)
        if self._checks["gate"] and (gate := policies.gate(obj)) is not None:
            yield from self._run("gate", gate, self.settings)
        if self._checks["namespace"]:
            from netraw_lint.policies import pod_security

            if (namespace := pod_security.of_namespace(obj)) is not None:
                yield from self._run("namespace", namespace, self.settings)
        if self._crossing is not None:
            self._crossing.add_object(obj)

    def crossed(self) -> Iterator[tuple[Container, Finding | Exemption]]:
        """The workloads seen so far before the policies seen so far: what is found, with the container it is about."""
        for crossed in self._crossing.crossed() if self._crossing is not None else ():
            found = list(self._run("crossed", crossed, self.settings))
            if self.settings.ignores and found and self._crossing is not None:
                declared = self._crossing.declared(crossed.container.template.document)
                for item in self._held_to(found, declared, frozenset()):
                    yield crossed.container, item
            else:
                yield from ((crossed.container, finding) for finding in found)

    def not_evaluated(self) -> list[Problem]:
        """The policies seen so far that were not understood; that there are none is worth a word too."""
        gates = self._crossing.every_gate() if self._crossing is not None else []
        doubtful = [(gate, findings.policy_ref(gate)) for gate in gates if gate.doubts]
        problems = [
            Problem(at.path, "policy", f"{gate.object} was not evaluated: {'; '.join(gate.doubts)}", at.line)
            for gate, at in doubtful
        ]
        return problems if gates else [Problem(".", "policy", NO_POLICY)]

    def judgements(self, document: Document) -> Iterator[Judgement]:
        """Every container of a document with its verdict. Raises YamlError."""
        for obj in workloads.objects(document, self.catalogue):
            for found in workloads.containers(obj, self.catalogue):
                if isinstance(found, Container) and found.regime not in workloads.UNJUDGED:
                    yield self._judgement(found)

    def policies(self, document: Document) -> Iterator[Policy]:
        """Every admission policy of a document. Raises YamlError."""
        for obj in workloads.objects(document, self.catalogue):
            policy = policies.policy(obj)
            if policy is not None:
                yield policy

    def constraints(self, document: Document) -> Iterator[Policy]:
        """Every Gatekeeper constraint of a document that lists capabilities. Raises YamlError."""
        from netraw_lint.policies import gatekeeper

        for obj in workloads.objects(document, self.catalogue):
            gate = policies.gate(obj)
            policy = gatekeeper.as_policy(gate) if gate is not None and not gate.doubts else None
            if policy is not None:
                yield policy

    def namespaces(self, document: Document) -> Iterator[PodSecurity]:
        """Every namespace of a document. Raises YamlError."""
        from netraw_lint.policies import pod_security

        for obj in workloads.objects(document, self.catalogue):
            namespace = pod_security.of_namespace(obj)
            if namespace is not None:
                yield namespace

    def _judgement(self, container: Container) -> Judgement:
        security = container.security
        if container.template.windows:
            # The kubelet builds no Linux security context for a Windows container.
            verdict = Verdict(dict.fromkeys(self.settings.runtimes, False), {"": "a Windows container"})
            causes = capabilities.Causes()
        else:
            verdict, causes = self._verdict(security.add, security.drop, security.privileged is not None)
        return Judgement(container, verdict, causes, self.settings)

    def _verdict(
        self, add: tuple[str, ...], drop: tuple[str, ...], privileged: bool
    ) -> tuple[Verdict, capabilities.Causes]:
        """What the lists come to; a repository has few different ones, so each is worked out once."""
        known = self._verdicts.get((add, drop, privileged))
        if known is None:
            lists = add, drop, privileged
            if len(self._verdicts) >= _MOST_VERDICTS:
                self._verdicts.clear()
            verdict = capabilities.judge(*lists, self.settings.runtimes)
            known = verdict, capabilities.causes(*lists, self.settings.runtimes)
            self._verdicts[lists] = known
        return known

    def _container(self, container: Container) -> Iterator[Finding]:
        if self._seen is not None:
            self._seen[2].append(container)
        self.containers += container.regime not in FRAGMENTS
        judgement = self._judgement(container)
        for finding in self._run("container", judgement):
            fixed = finding.fix == "safe" or finding.rule == "NRL004"
            refusal = refusals.of_container(container) if fixed else None
            yield finding.replace(fix=None, refusal=refusals.text(refusal)) if refusal else finding
        if self.settings.evidence and container.regime not in FRAGMENTS:
            self.evidence.append(_evidence(judgement))


def _evidence(judgement: Judgement) -> Judged:
    container = judgement.container
    document = container.template.document
    reasons: dict[str, list[str]] = {}
    for runtime, why in judgement.verdict.why.items():
        reasons.setdefault(why, []).append(runtime)
    words = "; ".join(
        f"{findings.listing(tuple(names))}: {why}".removeprefix(": ") for why, names in reasons.items()
    )
    if container.regime in ("managed", "replaces", "filled") and None in container.security.drop_nodes:
        words = f"its operator drops ALL; {words}"
    return Judged(
        document.source.path,
        findings.locate(document, findings.node_span(container.node)),
        document.index,
        container.template.object,
        findings.container_ref(container),
        document.origin,
        judgement.verdict.holds,
        words,
    )

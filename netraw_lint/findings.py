"""From a cause to a Finding: its place, its words for what it is about, and its identity."""

from __future__ import annotations

from netraw_lint import yamltree
from netraw_lint.model import (
    Container,
    ContainerRef,
    Document,
    Finding,
    Location,
    ObjectRef,
    PodTemplate,
    PolicyRef,
    Settings,
    Span,
    Verdict,
)
from netraw_lint.noun import Noun
from netraw_lint.text import Lines

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal

    from netraw_lint.capabilities import Causes
    from netraw_lint.model import Severity
    from netraw_lint.nodes import Node
    from netraw_lint.policies.gates import Gate

_ROLES = {
    "containers": "container",
    "initContainers": "init container",
    "ephemeralContainers": "ephemeral container",
    "steps": "step",
    "sidecars": "sidecar",
    "sidecarContainers": "sidecar",
}


class Rule(Noun):
    """What a rule is called, how grave its findings are, and whether they can be fixed.

    ``opt_in`` rules run only when selected; ``fix`` is None, ``"safe"`` or, where it may change what was meant,
    ``"unsafe"``.
    """

    code: str
    name: str
    severity: Severity
    opt_in: bool = False
    fix: Literal["safe", "unsafe"] | None = None


class Judgement(Noun):
    """A container with its verdict: what the container rules look at."""

    container: Container
    verdict: Verdict
    causes: Causes
    settings: Settings


class Place(Noun):
    """What a finding is about; ``detail`` tells apart what has the same rule and object."""

    document: Document
    span: Span
    object: ObjectRef | None = None
    container: ContainerRef | None = None
    detail: str = ""


_latest: list[tuple[Document, Lines]] = []


def lines(document: Document) -> Lines:
    """The line index of a document; the latest is kept, since findings come document by document."""
    known = _latest[0] if _latest else None
    if known is None or known[0] is not document:
        known = document, Lines(document.text)
        _latest[:] = [known]
    return known[1]


def locate(document: Document, span: Span) -> Location:
    """A span as a one-line region of the source."""
    index = lines(document)
    line, column = index.position(min(span.start, len(document.text)))
    width = len(index.line_text(min(span.start, len(document.text)))) + 1
    end_line, end = index.position(min(span.end, len(document.text)))
    if end_line != line:
        end = max(width, column)
    line += document.line
    return Location(line, column, line, max(end, column))


def node_span(node: Node) -> Span:
    """The span of a node; of a collection, its first character."""
    start = node.start_mark.index
    return Span(start, node.end_mark.index if isinstance(node, yamltree.ScalarNode) else start + 1)


def subject(container: Container) -> str:
    """A container in words: ``Deployment/shop/web, init container "setup"``."""
    role = _ROLES.get(container.list, f"`{container.list}`")
    label = (
        f' "{container.name}"'
        if container.name
        else f" {container.index}"
        if container.index is not None
        else ""
    )
    return f"{container.template.object}, {role}{label}"


def container_ref(container: Container) -> ContainerRef:
    """A container as reports refer to it."""
    return ContainerRef(container.list, container.index, container.name, container.template.path)


def of_container(
    rule: Rule,
    container: Container,
    node: Node,
    statement: str,
    advice: str,
    detail: str = "",
    severity: Severity | None = None,
) -> Finding:
    """A finding about a container, at a node. ``detail`` tells findings of one rule and container apart."""
    if container.cloud_run:
        severity, statement = "info", f"{statement}; a Cloud Run service, which may not run as written"
    elif not container.recognised:
        severity, statement = "warning", f"{statement} (a kind not in the catalogue, found by its structure)"
    role = f"{container.list}/{container.name}" if container.name else container.path
    if container.template.one_of_several and container.name:
        # The others may have containers of the same name.
        role = f"{container.template.path} {role}"
    template = container.template
    place = Place(
        template.document, node_span(node), template.object, container_ref(container), f"{role} {detail}"
    )
    return make(rule, place, f"{subject(container)}: {statement}", advice, severity)


def of_template(rule: Rule, template: PodTemplate, node: Node, statement: str, advice: str) -> Finding:
    """A finding about a pod template itself."""
    place = Place(template.document, node_span(node), template.object, None, template.path)
    return make(rule, place, f"{template.object}: {statement}", advice)


def make(rule: Rule, place: Place, message: str, advice: str, severity: Severity | None = None) -> Finding:
    """A finding at a place.

    Its identity survives edits elsewhere: rule, group, kind, namespace, name and container, never a line; the
    path stands in where nothing has a name.
    """
    document, span, ref = place.document, place.span, place.object
    if ref is not None and ref.name:
        owner = f"{ref.group}/{ref}" if ref.group else str(ref)
    else:
        owner = f"{document.source.path}#{document.index}" + (f" {ref.kind}" if ref else "")
    return Finding(
        rule.code,
        rule.name,
        severity or rule.severity,
        message,
        advice,
        document.source.path,
        span,
        locate(document, span),
        document.index,
        ref,
        place.container,
        document.origin,
        lines(document).line_text(min(span.start, len(document.text))),
        " ".join(f"{rule.code} {owner} {place.detail}".split()),
        rule.fix,
    )


def listing(names: tuple[str, ...]) -> str:
    """Names in a sentence: ``containerd, cri-o and docker``."""
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)


def policy_ref(gate: Gate) -> PolicyRef:
    """A policy as findings about something else refer to it."""
    return gate.at or PolicyRef(
        gate.object, gate.document.source.path, locate(gate.document, node_span(gate.node)).line
    )


def policy_named(gate: Gate) -> str:
    """A policy with its place in a sentence: ``ClusterPolicy/drop-all (policies/drop.yaml:3)``."""
    found = policy_ref(gate)
    return f"{found.object} ({found.path}:{found.line})"


def risk(container: Container) -> str:
    """What makes the capability worse or milder here, as the end of a sentence."""
    parts = []
    if container.template.host_network:
        parts.append("hostNetwork: it reaches the node's own interfaces")
    security = container.security
    non_root = security.run_as_non_root
    if non_root is None:
        non_root = container.template.run_as_non_root
    if non_root and not security.allow_privilege_escalation and security.privileged is None:
        parts.append("lower risk: non-root and no privilege escalation")
    return "".join(f"; {part}" for part in parts)

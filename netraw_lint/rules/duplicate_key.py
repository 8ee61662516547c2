"""Finds keys that are written twice where capabilities are decided, so that one of them has no effect.

## What it does
Reports the first of two equal keys in an object, a pod template, a container, a securityContext or its
capabilities. kubectl, Helm and Kustomize keep the last one without a word; the containers are judged by it.

## Why is this bad?
A `securityContext` that drops everything has no effect when a second one follows, and a reviewer reads the first.
API servers with strict field validation refuse the object when it is posted as YAML.

## Example
```yaml
containers:
  - name: web
    image: registry.example/web:1.27
    securityContext:
      capabilities:
        drop: ["ALL"]
    securityContext:
      runAsNonRoot: true
```

## Use instead
```yaml
containers:
  - name: web
    image: registry.example/web:1.27
    securityContext:
      runAsNonRoot: true
      capabilities:
        drop: ["ALL"]
```

## Fix safety
Not fixed: which of the two was meant is not known.

## References
- go-yaml v2 `decode.go`: mappings are assigned in document order
"""

from __future__ import annotations

from netraw_lint import findings, yamltree
from netraw_lint.findings import Judgement, Place, Rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from netraw_lint.manifest import KubernetesObject
    from netraw_lint.model import Document, Finding, PodTemplate
    from netraw_lint.nodes import ScalarNode

RULE = Rule("NRL009", "duplicate-key", "warning")
_ADVICE = "keep one of the two; Kubernetes uses the last"


def check_object(obj: KubernetesObject) -> Iterator[Finding]:
    """Duplicates among the keys of the object itself."""
    for first, last in yamltree.duplicates(obj.node):
        detail = f"{obj.path} {yamltree.text(first)}"
        place = Place(obj.document, findings.node_span(first), obj.ref, None, detail)
        yield findings.make(RULE, place, f"{obj.ref}: {_statement(obj.document, first, last)}", _ADVICE)


def check_template(template: PodTemplate) -> Iterator[Finding]:
    """Duplicates among the keys of a pod template."""
    for first, last in yamltree.duplicates(template.node):
        yield findings.of_template(RULE, template, first, _statement(template.document, first, last), _ADVICE)


def check_container(judgement: Judgement) -> Iterator[Finding]:
    """Duplicates among the keys of a container, its securityContext and its capabilities."""
    container = judgement.container
    context = yamltree.get(container.node, "securityContext")
    for mapping in (container.node, context, yamltree.get(context, "capabilities")):
        for number, (first, last) in enumerate(yamltree.duplicates(mapping)):
            statement = _statement(container.template.document, first, last)
            detail = f"{yamltree.text(first)} {number or ''}"
            yield findings.of_container(RULE, container, first, statement, _ADVICE, detail)


def _statement(document: Document, first: ScalarNode, last: ScalarNode) -> str:
    line = findings.locate(document, findings.node_span(last)).line
    return f"`{yamltree.text(first)}` is written again on line {line}: this one has no effect"

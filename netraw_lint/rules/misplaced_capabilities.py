"""Finds capability settings that stand where they have no effect.

## What it does
Reports
- `capabilities` in the pod's own securityContext: the field does not exist there, and containers inherit none;
- wrong case: `SecurityContext`, `Capabilities`, `Drop`, ...: field names are case-sensitive;
- `capabilities` or `privileged` beside `image`, `drop` or `add` directly in securityContext;
- wrong types: `drop: NET_RAW` instead of a list, `privileged: "true"`, a number in a list.

## Why is this bad?
Depending on who applies the manifest, the API server refuses the object or silently drops the field: then the
container runs with the runtime's defaults, NET_RAW among them.

## Example
```yaml
spec:
  securityContext:
    capabilities:
      drop: ["ALL"]
  containers:
    - name: web
      image: registry.example/web:1.27
```

## Use instead
```yaml
spec:
  containers:
    - name: web
      image: registry.example/web:1.27
      securityContext:
        capabilities:
          drop: ["ALL"]
```

## Fix safety
Unsafe: what was meant is moved to where it has an effect, which changes what runs.

## References
- Kubernetes API, core/v1 PodSecurityContext (has no capabilities) and SecurityContext
- Field validation: kubectl asks for "strict", other clients get a warning at most
"""

from __future__ import annotations

from netraw_lint import findings
from netraw_lint.findings import Judgement, Rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from netraw_lint.model import Finding, PodTemplate

RULE = Rule("NRL006", "misplaced-capabilities", "error", fix="unsafe")


def check_container(judgement: Judgement) -> Iterator[Finding]:
    """One finding per misplaced setting of the container, at its key."""
    container = judgement.container
    where = judgement.verdict.runtimes
    for item in container.security.misplaced:
        still = (
            f"; the container keeps NET_RAW on {findings.listing(where)}"
            if where and not item.refused
            else ""
        )
        yield findings.of_container(
            RULE,
            container,
            item.node,
            f"{item.text} has no effect: {item.reason}{still}",
            'write securityContext: {capabilities: {drop: ["NET_RAW"]}} in the container',
            item.text,
        )


def check_template(template: PodTemplate) -> Iterator[Finding]:
    """One finding per misplaced setting of the pod's securityContext, at its key."""
    for item in template.misplaced:
        advice = "move it into the securityContext of every container"
        yield findings.of_template(
            RULE, template, item.node, f"{item.text} has no effect: {item.reason}", advice
        )

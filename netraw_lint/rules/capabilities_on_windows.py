"""Finds capabilities in pods that are declared to run on Windows.

## What it does
Reports a container with `capabilities` (even empty) in a pod with `spec.os.name: windows`. Such containers never
need a drop: the kubelet builds no Linux securityContext for them.

## Why is this bad?
The API server refuses the pod: "spec.os.name is windows" forbids the field, in any container list.

## Example
```yaml
spec:
  os:
    name: windows
  containers:
    - name: web
      image: registry.example/iis:ltsc2022
      securityContext:
        capabilities:
          drop: ["NET_RAW"]
```

## Use instead
```yaml
spec:
  os:
    name: windows
  containers:
    - name: web
      image: registry.example/iis:ltsc2022
```

## Fix safety
Not fixed: remove the block by hand.

## References
- kubernetes `pkg/apis/core/validation/validation.go` validateWindows
- Pod Security Standards, Restricted since v1.25: Windows pods are exempt from dropping capabilities
"""

from __future__ import annotations

from netraw_lint import findings
from netraw_lint.findings import Judgement, Rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from netraw_lint.model import Finding

RULE = Rule("NRL007", "capabilities-on-windows", "error")


def check_container(judgement: Judgement) -> Iterator[Finding]:
    """One finding at the ``capabilities`` key of a container of a Windows pod."""
    container = judgement.container
    if container.template.windows == "declared" and container.security.capabilities is not None:
        yield findings.of_container(
            RULE,
            container,
            container.security.capabilities,
            "the API server refuses capabilities in a pod with os.name: windows",
            "remove `capabilities`: a Windows container has none",
        )

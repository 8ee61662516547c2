"""Finds privileged containers, which hold NET_RAW whatever they drop.

## What it does
Reports `privileged: true` in a container's securityContext (also `yes`, `on` and `y`, which Kubernetes reads as
true). Every runtime then grants all capabilities after it has looked at `drop`, or without looking.

## Why is this bad?
A privileged container has every capability and every device of the node: raw sockets are the least of it. And
`drop: ["ALL"]` beside it has no effect, although it looks as if it had.

## Example
```yaml
securityContext:
  privileged: true
  capabilities:
    drop: ["ALL"]
```

## Use instead
```yaml
securityContext:
  privileged: false
  capabilities:
    drop: ["ALL"]
    add: ["SYS_TIME"]
```

## Fix safety
Never fixed: what a privileged container needs instead is not written in the manifest. Node agents (CNI, CSI,
device plugins) that need it are exceptions to record.

## References
- CIS Kubernetes Benchmark 5.2.1/5.2.2 "Minimize the admission of privileged containers"
- containerd `pkg/oci/spec_opts.go` WithPrivileged, CRI-O SpecSetPrivileges, moby TweakCapabilities
"""

from __future__ import annotations

from netraw_lint import findings
from netraw_lint.findings import Judgement, Rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from netraw_lint.model import Finding

RULE = Rule("NRL004", "privileged-container", "error")


def check_container(judgement: Judgement) -> Iterator[Finding]:
    """One finding at the value of ``privileged``."""
    container = judgement.container
    node = container.security.privileged
    if node is None or not judgement.verdict.runtimes:
        return
    without_effect = "; its drop has no effect" if container.security.drop else ""
    yield findings.of_container(
        RULE,
        container,
        node,
        f"privileged: it holds every capability, NET_RAW too{without_effect}{findings.risk(container)}",
        "remove privileged and add only the capabilities it needs, or record an exception with its reason",
    )

"""Finds containers that keep NET_RAW because nothing drops it.

## What it does
Reports a container whose effective `capabilities.drop` removes neither NET_RAW nor ALL, on a runtime whose
default set holds NET_RAW: containerd and Docker, in every version. CRI-O left it out in 1.18; with
`runtimes: [cri-o]` this rule has nothing to report. Merged settings count: merge keys, Tekton's stepTemplate,
Argo's templateDefaults, and operators that harden their own containers.

Patches (entries without an image), Windows pods and containers of an operator are left alone; of the operations
of a JSON patch, those that remove or replace a drop list are reported.

## Why is this bad?
A manifest that says nothing about capabilities asks for the runtime's default, and that includes raw sockets:
the container can sniff its network, forge packets and spoof ARP and DNS, without any line in the manifest that
a reviewer could object to. Pod Security "baseline" admits it too.

## Example
```yaml
containers:
  - name: web
    image: registry.example/web:1.27
```

## Use instead
```yaml
containers:
  - name: web
    image: registry.example/web:1.27
    securityContext:
      capabilities:
        drop: ["NET_RAW"]
```
or, where the program needs no capability at all, as Pod Security "restricted" asks:
```yaml
    securityContext:
      capabilities:
        drop: ["ALL"]
```

## Fix safety
Safe as an edit. What breaks: programs with raw sockets, and images whose `ping` carries a file capability
(it then fails to start; set the pod's sysctl net.ipv4.ping_group_range for the rest).

## References
- CIS Kubernetes Benchmark 5.2.7 / 5.2.8, CIS GKE, EKS and AKS 1.0 4.2.7: "Minimize the admission of containers
  with the NET_RAW capability"
- containerd `pkg/oci/spec.go` defaultUnixCaps, moby `daemon/pkg/oci/caps/defaults.go`
- checkov CKV_K8S_28, kube-linter drop-net-raw-capability
"""

from __future__ import annotations

from netraw_lint import findings
from netraw_lint.findings import Judgement, Rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from netraw_lint.model import Finding

RULE = Rule("NRL003", "net-raw-not-dropped", "error", fix="safe")


def check_container(judgement: Judgement) -> Iterator[Finding]:
    """One finding at the nearest key on the way to ``capabilities.drop``."""
    container = judgement.container
    if not judgement.causes.not_dropped or container.regime in ("patch", "operator"):
        return
    if any(item.drops for item in container.security.misplaced):
        return  # misplaced-capabilities says why the drop that was meant has no effect.
    where = findings.listing(judgement.verdict.runtimes)
    grants = f"{where} {'grant' if ' and ' in where else 'grants'}"
    if container.regime == "takes away":
        yield findings.of_container(
            RULE,
            container,
            container.security.nearest,
            f"this operation takes its drop list, or an entry of it, away, and {grants} NET_RAW by default",
            'let the operation leave capabilities.drop: ["NET_RAW"] or ["ALL"] in place',
        )
        return
    advice = 'add securityContext.capabilities.drop: ["NET_RAW"], or ["ALL"] if it needs no capability'
    if container.regime == "replaces":
        advice = (
            "its securityContext replaces the operator's, which drops ALL: repeat capabilities.drop in it"
        )
    yield findings.of_container(
        RULE,
        container,
        container.security.nearest,
        f"NET_RAW is not dropped, and {grants} it by default{findings.risk(container)}",
        advice,
    )

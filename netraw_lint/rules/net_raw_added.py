"""Finds containers to which `capabilities.add` gives NET_RAW.

## What it does
Reports an `add` entry that spells NET_RAW in any way that some runtime of the `runtimes` setting takes for it:
in any case, with or without the prefix `CAP_`. An entry that a `drop` takes away again on all of them is not
reported; one that survives on Docker alone is ineffective-drop (NRL005).

## Why is this bad?
NET_RAW opens raw and packet sockets: whoever gets into the container can sniff the pod network, forge packets,
and spoof ARP and DNS answers of its neighbours. With `hostNetwork: true` that is the node's own network.

## Example
```yaml
containers:
  - name: probe
    image: registry.example/probe:1.4
    securityContext:
      capabilities:
        drop: ["ALL"]
        add: ["NET_RAW"]
```

## Use instead
```yaml
containers:
  - name: probe
    image: registry.example/probe:1.4
    securityContext:
      capabilities:
        drop: ["ALL"]
```

If the container only needs `ping`, open unprivileged ICMP sockets for the pod instead:
```yaml
securityContext:
  sysctls:
    - name: net.ipv4.ping_group_range
      value: "0 2147483647"
```

## Fix safety
Safe as an edit; whether the program can do without raw sockets is yours to know. Workloads that need them
(load balancer speakers in layer 2 mode, network diagnosis) are exceptions to record, not to fix.

## References
- CIS Kubernetes Benchmark 5.2.7 (v1.5 to v1.6, v1.20) and 5.2.8 (v1.7 and later): "Minimize the admission of
  containers with the NET_RAW capability"
- Pod Security Standards, Baseline: adding NET_RAW is not allowed
- containerd `internal/cri/opts/spec_opts.go`, CRI-O `internal/factory/container/container.go`, moby
  `daemon/pkg/oci/caps/utils.go`
"""

from __future__ import annotations

from netraw_lint import findings
from netraw_lint.findings import Judgement, Rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from netraw_lint.model import Finding

RULE = Rule("NRL001", "net-raw-added", "error", fix="safe")


def check_container(judgement: Judgement) -> Iterator[Finding]:
    """One finding at the first entry that adds NET_RAW."""
    index = judgement.causes.added
    if index is None:
        return
    container = judgement.container
    security = container.security
    where = findings.listing(judgement.verdict.runtimes)
    yield findings.of_container(
        RULE,
        container,
        security.add_nodes[index] or security.nearest,
        f"`add: {security.add[index]}` grants raw sockets on {where}{findings.risk(container)}",
        "remove the entry and drop NET_RAW; for ping alone, set the pod's sysctl net.ipv4.ping_group_range",
    )

"""Finds containers to which `capabilities.add: [ALL]` gives every capability, NET_RAW among them.

## What it does
Reports an `ALL` in `add` (in any case: every runtime ignores it) unless NET_RAW is dropped by name, which all
current runtimes apply after the addition.

## Why is this bad?
ALL holds NET_RAW and 40 more: the container is as good as privileged, apart from devices and masked paths.

## Example
```yaml
securityContext:
  capabilities:
    add: ["ALL"]
```

## Use instead
Name what the program needs:
```yaml
securityContext:
  capabilities:
    drop: ["ALL"]
    add: ["NET_BIND_SERVICE"]
```
or at least take raw sockets out of it:
```yaml
securityContext:
  capabilities:
    add: ["ALL"]
    drop: ["NET_RAW"]
```

## Fix safety
The fix adds `drop: [NET_RAW]` and leaves ALL in place, since removing it takes away far more than raw sockets.

## References
- CIS Kubernetes Benchmark 5.2.8 "NET_RAW" and 5.2.9 "added capabilities" (numbers of v1.7 and later)
- Pod Security Standards, Baseline: adding ALL is not allowed
"""

from __future__ import annotations

from netraw_lint import findings
from netraw_lint.findings import Judgement, Rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from netraw_lint.model import Finding

RULE = Rule("NRL002", "all-capabilities-added", "error", fix="safe")


def check_container(judgement: Judgement) -> Iterator[Finding]:
    """One finding at the entry that adds ALL."""
    index = judgement.causes.added_all
    if index is None:
        return
    container = judgement.container
    security = container.security
    where = findings.listing(judgement.verdict.runtimes)
    yield findings.of_container(
        RULE,
        container,
        security.add_nodes[index] or security.nearest,
        f"`add: {security.add[index]}` grants every capability, NET_RAW too, on {where}{findings.risk(container)}",
        'add only what is needed, or add `drop: ["NET_RAW"]` beside it',
    )

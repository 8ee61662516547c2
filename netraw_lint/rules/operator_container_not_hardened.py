"""Finds containers of an operator that a custom resource could harden and does not. Off by default.

## What it does
For kinds whose operator generates the container and is not known to drop anything, reports a securityContext
(or a container entry) of the custom resource that names no capabilities. Entries that add NET_RAW or ALL are
reported by NRL001 and NRL002, always.

## Why is this bad?
The generated container gets the runtime's default capabilities, NET_RAW among them. The rule is opt-in, since
operators change their defaults from version to version and the manifest does not show them.

## Example
```yaml
apiVersion: kafka.strimzi.io/v1
kind: KafkaConnect
metadata:
  name: connect
spec:
  template:
    connectContainer:
      securityContext:
        runAsNonRoot: true
```

## Use instead
```yaml
apiVersion: kafka.strimzi.io/v1
kind: KafkaConnect
metadata:
  name: connect
spec:
  template:
    connectContainer:
      securityContext:
        runAsNonRoot: true
        capabilities:
          drop: ["ALL"]
```

## Fix safety
Not fixed: the operator decides what it does with the field.

## References
- The workload catalogue, schemas/workloads.json, names the source for every kind
"""

from __future__ import annotations

from netraw_lint import findings
from netraw_lint.findings import Judgement, Rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from netraw_lint.model import Finding

RULE = Rule("NRL008", "operator-container-not-hardened", "warning", opt_in=True)


def check_container(judgement: Judgement) -> Iterator[Finding]:
    """One finding at the nearest existing key."""
    container = judgement.container
    if container.regime == "operator" and judgement.causes.not_dropped:
        yield findings.of_container(
            RULE,
            container,
            container.security.nearest,
            f"`{container.path}` asks its operator for no capabilities.drop",
            'add capabilities.drop: ["NET_RAW"] there, if the operator honours it',
        )

"""Finds containers that hold NET_RAW and that no admission policy of the same paths refuses.

## What it does
Runs with `--against-policies` only. Reports each container that holds NET_RAW on one of the runtimes although the policies
of the given paths are all enforced: none is about it, or those that are let it pass. Policies that may be about it, but
of which that cannot be said, do not count as refusing it.

## Why is this bad?
It is what the gate leaves open.

## Example
```yaml
apiVersion: v1
kind: Namespace
metadata:
  name: shop
  labels:
    pod-security.kubernetes.io/enforce: baseline
---
apiVersion: v1
kind: Pod
metadata:
  name: web
  namespace: shop
spec:
  containers:
  - name: app
    image: example/web:1.4
```

## Use instead
```yaml
apiVersion: v1
kind: Namespace
metadata:
  name: shop
  labels:
    pod-security.kubernetes.io/enforce: restricted
```

## Fix safety
Not fixed in this mode: see NRL003 for the container and NRL103, NRL104 for the policy.

## References
- CIS Kubernetes Benchmark 5.2.7 / 5.2.8
"""

from __future__ import annotations

from netraw_lint import findings
from netraw_lint.findings import Rule, listing, policy_named, policy_ref

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from netraw_lint.model import Finding, Settings
    from netraw_lint.policies.gates import Crossed

RULE = Rule("NRL111", "admitted-with-net-raw", "warning", opt_in=True)
_NAMED = 3


def check_crossed(crossed: Crossed, _settings: Settings) -> Iterator[Finding]:
    """One finding per container that holds NET_RAW and is refused by nothing, at the container."""
    if not crossed.holders or any(ruling.reason and not ruling.unsure for ruling in crossed.rulings):
        return
    admitting = [policy_named(gate) for gate in crossed.admitting]
    if len(admitting) > _NAMED:
        admitting = [*admitting[: _NAMED - 1], f"{len(admitting) - _NAMED + 1} more"]
    why = (
        f"{listing(tuple(admitting))} let it pass"
        if len(admitting) > 1
        else f"{''.join(admitting)} lets it pass"
    )
    statement = f"holds NET_RAW on {listing(crossed.holders)}, and "
    which = "no policy here" if crossed.complete else "no policy that could be evaluated"
    nobody = "no policy is sure to be about it" if crossed.rulings else f"{which} refuses it"
    statement += why if admitting else nobody
    rewriting = [ruling for ruling in crossed.rulings if not ruling.reason]
    if rewriting:
        statement += f"; {policy_named(rewriting[0].gate)} would drop it: {rewriting[0].unsure}"
    advice = "drop NET_RAW there, or write a policy that refuses it"
    made = findings.of_container(RULE, crossed.container, crossed.container.node, statement, advice)
    yield made.replace(policies=tuple(policy_ref(gate) for gate in crossed.admitting))

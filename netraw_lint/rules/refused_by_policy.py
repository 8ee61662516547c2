"""Finds containers that an admission policy of the same paths refuses, or would refuse once it is enforced.

## What it does
Runs with `--against-policies` only. Holds every container of the given paths against the policies there: Pod Security labels
of namespaces, Kyverno policies, Gatekeeper constraints, ValidatingAdmissionPolicies with their bindings,
PodSecurityPolicies and SecurityContextConstraints. One finding per container and policy, with the place of both; a
policy in audit mode is judged as if it was enforced, and the finding says so. Where it cannot be said whether a policy is
about a container (no namespace, labels of a namespace that is not there, RBAC), one finding says what that depends on.

Only what policies ask about capabilities and privileged containers is evaluated: `restricted` and other policies
refuse for further reasons.

## Why is this bad?
A gate that is closed on running workloads is an outage at their next restart. Nodes are drained at night.

## Example
```yaml
apiVersion: v1
kind: Namespace
metadata:
  name: shop
  labels:
    pod-security.kubernetes.io/enforce: restricted
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
kind: Pod
metadata:
  name: web
  namespace: shop
spec:
  containers:
  - name: app
    image: example/web:1.4
    securityContext:
      capabilities:
        drop: ["ALL"]
```

## Fix safety
Not fixed in this mode: `--fix` in a run of its own takes NET_RAW away (`--fix-drop ALL` writes what `restricted` asks for).

## References
- Kubernetes: Enforce Pod Security Standards with Namespace Labels; Validating Admission Policy
- Kyverno: Validate Rules; Gatekeeper: Handling Constraint Violations
"""

from __future__ import annotations

from netraw_lint import findings
from netraw_lint.findings import Rule, policy_named, policy_ref

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from netraw_lint.model import Finding, Settings
    from netraw_lint.policies.gates import Crossed, Ruling

RULE = Rule("NRL110", "refused-by-policy", "warning", opt_in=True)


def check_crossed(crossed: Crossed, _settings: Settings) -> Iterator[Finding]:
    """One finding per policy that refuses a container, and one for those of which it cannot be said."""
    container = crossed.container
    sure = [ruling for ruling in crossed.rulings if not ruling.unsure]
    for ruling in sure:
        would = "would refuse its pods once enforced" if not ruling.enforced else "refuses its pods"
        today = f" (today: {ruling.gate.today})" if not ruling.enforced and ruling.gate.today else ""
        statement = f"{policy_named(ruling.gate)} {would}{today}: {ruling.reason}"
        made = findings.of_container(
            RULE, container, container.node, statement, _advice(ruling), str(ruling.gate.object)
        )
        yield made.replace(policies=(policy_ref(ruling.gate),))
    unsure = [ruling for ruling in crossed.rulings if ruling.unsure and ruling.reason]
    if unsure and not sure:
        first = unsure[0]
        more = f" and {len(unsure) - 1} more" if len(unsure) > 1 else ""
        statement = f"{policy_named(first.gate)}{more} may refuse its pods: {first.reason}; {first.unsure}"
        made = findings.of_container(RULE, container, container.node, statement, _advice(first), "unsure")
        yield made.replace(policies=tuple(policy_ref(ruling.gate) for ruling in unsure))


def _advice(ruling: Ruling) -> str:
    if ruling.reason.startswith("it is privileged"):
        return "run it unprivileged, or exempt it in the policy before that is enforced"
    if ruling.reason.startswith("add"):
        return "take the name out of add, or exempt the container in the policy"
    return "write what the policy asks for (--fix, --fix-drop ALL), or exempt the container in the policy"

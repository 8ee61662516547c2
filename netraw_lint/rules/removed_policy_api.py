"""Finds PodSecurityPolicies, which enforce nothing since Kubernetes 1.25.

## What it does
Reports every `PodSecurityPolicy` of the API groups `policy` and `extensions`.

## Why is this bad?
The API was deprecated in Kubernetes 1.21 and removed in 1.25: newer clusters refuse the object, and a folder
that still holds it gives the impression of a gate that is not there.

## Example
```yaml
apiVersion: policy/v1beta1
kind: PodSecurityPolicy
metadata:
  name: restrict-netraw
spec:
  requiredDropCapabilities: ["NET_RAW"]
```

## Use instead
Pod Security admission, for a namespace as a whole:
```yaml
apiVersion: v1
kind: Namespace
metadata:
  name: shop
  labels:
    pod-security.kubernetes.io/enforce: restricted
```
or a ValidatingAdmissionPolicy, Kyverno or Gatekeeper policy that asks for the drop of NET_RAW alone.

## Fix safety
Not fixed: the policy has to be replaced, not edited. Clusters before 1.25 still enforce it: ignore NRL102 there.

## References
- Kubernetes deprecation guide, v1.25: PodSecurityPolicy
"""

from __future__ import annotations

from netraw_lint import findings
from netraw_lint.findings import Place, Rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from netraw_lint.model import Finding, Policy, Settings

RULE = Rule("NRL102", "removed-policy-api", "warning")


def check_policy(policy: Policy, _settings: Settings) -> Iterator[Finding]:
    """One finding at the ``kind`` of a PodSecurityPolicy."""
    if policy.object.kind == "PodSecurityPolicy":
        place = Place(policy.document, findings.node_span(policy.kind), policy.object)
        message = f"{policy.object}: Kubernetes 1.25 removed PodSecurityPolicy, so it enforces nothing there"
        advice = "use Pod Security labels (enforce: restricted) or another policy; on older clusters, ignore NRL102"
        yield findings.make(RULE, place, message, advice)

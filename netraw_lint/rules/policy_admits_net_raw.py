"""Finds PodSecurityPolicies and SecurityContextConstraints that let pods hold NET_RAW.

## What it does
Reports each of the four ways in which such a policy admits NET_RAW:
- `requiredDropCapabilities` has neither NET_RAW nor ALL, so that the runtime's default stays;
- `allowedCapabilities` has NET_RAW, ALL or `*`;
- `defaultAddCapabilities` has NET_RAW or ALL, which every pod then gets;
- privileged containers are allowed (`privileged: true`, `allowPrivilegedContainer: true`).

Names are compared exactly, as the admission code does, and required drops are handed to the runtime verbatim:
`CAP_NET_RAW` is required in vain where containerd runs.

## Why is this bad?
The policy is the gate of the cluster: whatever it admits, somebody will deploy.

## Example
```yaml
apiVersion: policy/v1beta1
kind: PodSecurityPolicy
metadata:
  name: restrict-netraw
spec:
  allowedCapabilities: ["NET_RAW"]
```

## Use instead
```yaml
apiVersion: policy/v1beta1
kind: PodSecurityPolicy
metadata:
  name: restrict-netraw
spec:
  allowedCapabilities: []
  requiredDropCapabilities: ["NET_RAW"]
```

## Fix safety
Safe as an edit: entries that admit NET_RAW go, and NET_RAW is added to the required drops. New pods are affected
at once. Privileged policies are not changed.

## References
- CIS Kubernetes Benchmark 5.2.7 / 5.2.8 (remediation up to v1.20: requiredDropCapabilities NET_RAW or ALL)
- kubernetes `pkg/security/podsecuritypolicy/capabilities`, openshift apiserver-library-go
  `pkg/securitycontextconstraints/capabilities`
- checkov CKV_K8S_7
"""

from __future__ import annotations

from netraw_lint import capabilities, findings, yamltree
from netraw_lint.findings import Place, Rule, listing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from netraw_lint.model import Finding, Policy, Settings
    from netraw_lint.nodes import Node

RULE = Rule("NRL101", "policy-admits-net-raw", "error", fix="safe")


def check_policy(policy: Policy, settings: Settings) -> Iterator[Finding]:
    """One finding per way to admit NET_RAW, at the entry or key that opens it."""
    fields = yamltree.entries(policy.node)
    for key in ("privileged", "allowPrivilegedContainer"):
        if key in fields and yamltree.as_bool(fields[key][1]) and key == _privilege_key(policy):
            yield _finding(
                policy,
                fields[key][1],
                "privileged containers hold every capability",
                f"set `{key}: false`",
                key,
            )
    yield from _listed(policy, "allowedCapabilities", ("NET_RAW", "ALL", "*"), "lets a pod add")
    yield from _listed(policy, "defaultAddCapabilities", ("NET_RAW", "ALL"), "gives every pod")
    required = tuple(name for name, _ in _names(fields.get("requiredDropCapabilities")))
    holders = capabilities.judge((), required, False, settings.runtimes).runtimes
    if holders:
        node = (
            fields["requiredDropCapabilities"][0] if "requiredDropCapabilities" in fields else policy.anchor
        )
        statement = f"no required drop removes NET_RAW, which {listing(holders)} grant{'s' * (len(holders) == 1)} by default"
        advice = 'write requiredDropCapabilities: ["NET_RAW"] (and no `*` in allowedCapabilities)'
        yield _finding(policy, node, statement, advice, "requiredDropCapabilities")


def _listed(policy: Policy, key: str, admitting: tuple[str, ...], verb: str) -> Iterator[Finding]:
    for name, node in _names(yamltree.entries(policy.node).get(key)):
        if name in admitting or capabilities.spells_net_raw(name):
            what = "any capability" if name == "*" else "every capability" if name == "ALL" else name
            yield _finding(
                policy, node, f"`{name}` in {key} {verb} {what}", f"remove `{name}`", f"{key} {name}"
            )


def _names(pair: tuple[Node, Node] | None) -> list[tuple[str, Node]]:
    items = pair[1].value if pair and isinstance(pair[1], yamltree.SequenceNode) else []
    return [(yamltree.as_string(item) or "", item) for item in items]


def _privilege_key(policy: Policy) -> str:
    return "privileged" if policy.object.kind == "PodSecurityPolicy" else "allowPrivilegedContainer"


def _finding(policy: Policy, node: Node, statement: str, advice: str, detail: str) -> Finding:
    place = Place(policy.document, findings.node_span(node), policy.object, None, detail)
    return findings.make(RULE, place, f"{policy.object}: {statement}", advice)

"""PodSecurityPolicies and SecurityContextConstraints before pods: what they refuse, and what they rewrite.

From kubernetes pkg/security/podsecuritypolicy/capabilities (``Generate``, ``Validate``), which OpenShift's
apiserver-library-go copied: required drops are added to the pod, and only added names are refused. Which policy a pod
meets depends on RBAC, so nothing here is ever sure.
"""

from __future__ import annotations

from netraw_lint import yamltree
from netraw_lint.policies.checks import Adds, Unprivileged
from netraw_lint.policies.gates import Clause, Gate
from netraw_lint.policies.scopes import items

TYPE_CHECKING = False
if TYPE_CHECKING:
    from netraw_lint.model import Policy
    from netraw_lint.policies.checks import Check


def gate(policy: Policy) -> Gate:
    """A PodSecurityPolicy or SecurityContextConstraints as a gate. Raises YamlError."""

    def names(key: str) -> tuple[str, ...]:
        return tuple(yamltree.as_string(item) or "" for item in items(yamltree.get(policy.node, key)))

    key = "privileged" if policy.object.kind == "PodSecurityPolicy" else "allowPrivilegedContainer"
    checks: list[Check] = [Adds(names("allowedCapabilities") + names("defaultAddCapabilities"), star=True)]
    if not yamltree.as_bool(yamltree.get(policy.node, key)):
        checks.append(Unprivileged())
    clauses = tuple(Clause(check, policy.kind) for check in checks)
    required = names("requiredDropCapabilities")
    return Gate(
        policy.document,
        policy.object,
        policy.kind,
        policy.object.kind,
        clauses,
        required=required,
        unsure="whether it is the policy in force depends on RBAC",
    )

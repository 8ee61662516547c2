"""A ValidatingPolicy for Kyverno (policies.kyverno.io/v1).

Kyverno deprecated its older ClusterPolicy in 1.17, and a PolicyException knows no single containers. So the exemptions
stand in the policy itself, where they work whether or not PolicyExceptions are switched on.
"""

from __future__ import annotations

from netraw_lint.emit import record
from netraw_lint.emit.head import head
from netraw_lint.emit.vap import policy_body

TYPE_CHECKING = False
if TYPE_CHECKING:
    from netraw_lint.emit.plan import Plan


def manifest(plan: Plan) -> str:
    """The policy, with the exemptions as conditions in it."""
    told = head(
        "kyverno",
        plan,
        "For Kyverno 1.17 and later; write policies.kyverno.io/v1alpha1 for 1.14 and 1.15, v1beta1 for 1.16. "
        + (
            "It refuses."
            if plan.enforce
            else "It reports (kubectl get policyreports -A) and warns; --enforce prints the one that refuses."
        ),
        "What is in the cluster stays: an update is judged only if it changes the pods. Controllers that make other"
        " kinds of workloads are stopped at their pods. Kyverno itself leaves kube-system alone, by the"
        " resourceFilters of its configuration.",
    )
    actions = "[Deny]" if plan.enforce else "[Audit, Warn]"
    return f"""\
{told}apiVersion: policies.kyverno.io/v1
kind: ValidatingPolicy
metadata:
  name: netraw-lint
  annotations:
    policies.kyverno.io/title: No NET_RAW
    policies.kyverno.io/category: Pod Security
    policies.kyverno.io/severity: high
    policies.kyverno.io/subject: Pod
    policies.kyverno.io/description: >-
      Containers that can hold the Linux capability NET_RAW can sniff and forge packets on the pod network.
{record.annotation(plan)}spec:
  validationActions: {actions}
  failurePolicy: Fail
  evaluation:
    background:
      enabled: true
{policy_body(plan, (*plan.namespaces, *plan.objects))}"""

"""A ValidatingAdmissionPolicy with its binding, for the API server itself (Kubernetes 1.30 and later)."""

from __future__ import annotations

from netraw_lint.emit import cel, record
from netraw_lint.emit.head import head, why
from netraw_lint.emit.plan import WORKLOADS
from netraw_lint.emit.text import block, comment, listing, quoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from netraw_lint.emit.plan import Exempt, Plan


def manifest(plan: Plan) -> str:
    """The policy and the binding that switches it on."""
    actions = "[Deny]" if plan.enforce else "[Audit, Warn]"
    told = head(
        "vap",
        plan,
        "For Kubernetes 1.30 and later. Applied as it is, it "
        + (
            "refuses."
            if plan.enforce
            else "warns whoever applies a workload, and writes to the API server's audit log; --enforce prints the"
            " one that refuses."
        ),
        "What is in the cluster stays: an update is judged only if it changes the pods. Controllers that make other"
        " kinds of workloads are stopped at their pods. System pods (kube-proxy, network plugins) are privileged:"
        ' before enforcing, exempt their namespaces in the settings, such as "namespace: kube-system".',
    )
    return f"""\
{told}apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata:
  name: netraw-lint
  annotations:
{record.annotation(plan)}spec:
  failurePolicy: Fail
{policy_body(plan, plan.objects)}---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata:
  name: netraw-lint
spec:
  policyName: netraw-lint
  validationActions: {actions}
{_namespaces(plan)}"""


def policy_body(plan: Plan, exempt: Sequence[Exempt]) -> str:
    """What a policy in CEL is made of, here and in Kyverno; ``exempt`` are left alone as a whole."""
    rules = "".join(
        f"""\
      - apiGroups: [{quoted(group)}]
        apiVersions: ["v1"]
        operations: ["CREATE", "UPDATE"]
        resources: {listing(_resources(kinds))}
"""
        for group, kinds in WORKLOADS.items()
    )
    conditions = [("pods-change", cel.changed())]
    if exempt:
        conditions.append(("not-exempt", cel.spared(exempt)))
    validations = "".join(
        f"""\
    - expression: variables.{cel.holders(number)}.size() == 0
      message: containers of this pod can hold NET_RAW
      messageExpression: |-
{block(cel.message(plan, number), 8)}"""
        for number in range(len(plan.checks))
    )
    return (
        f"  matchConstraints:\n    resourceRules:\n{rules}  matchConditions:\n"
        + "".join(_named(name, text) for name, text in conditions)
        + "  variables:\n"
        + "".join(_named(name, text, _exemption(plan, name)) for name, text in cel.variables(plan))
        + f"  validations:\n{validations}"
    )


def _exemption(plan: Plan, variable: str) -> str:
    return next((why(each) for each in plan.carried if f"exempt{each.number}" == variable), "")


def _resources(kinds: tuple[str, ...]) -> list[str]:
    names = [f"{kind.lower()}s" for kind in kinds]
    return ["pods", "pods/ephemeralcontainers", *names[1:]] if "pods" in names else names


def _named(name: str, expression: str, told: str = "") -> str:
    return f"{comment(told, indent=4) if told else ''}    - name: {name}\n      expression: |-\n{block(expression, 8)}"


def _namespaces(plan: Plan) -> str:
    if not plan.namespaces:
        return ""
    values = "".join(
        f"{comment(why(each), indent=12)}            - {quoted(each.namespace or '')}\n"
        for each in plan.namespaces
    )
    return f"""\
  matchResources:
    namespaceSelector:
      matchExpressions:
        - key: kubernetes.io/metadata.name
          operator: NotIn
          values:
{values}"""

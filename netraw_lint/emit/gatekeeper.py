"""A ConstraintTemplate in Rego and its Constraint, for every supported version of Gatekeeper."""

from __future__ import annotations

from netraw_lint.emit import record, rego
from netraw_lint.emit.head import head, why
from netraw_lint.emit.names import expression, literal
from netraw_lint.emit.plan import WORKLOADS
from netraw_lint.emit.text import block, comment, listing, quoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from netraw_lint.emit.plan import Exempt, Plan


def manifest(plan: Plan) -> str:
    """The template and the constraint; the exemptions are the constraint's own."""
    told = head(
        "gatekeeper",
        plan,
        "For Gatekeeper, in the dialect of Rego that every version reads (checked with 3.23). Apply the template first, the"
        " constraint once its kind exists. "
        + (
            "It refuses."
            if plan.enforce
            else "It only reports (kubectl get netrawlint -o yaml); --enforce prints the one that refuses."
        ),
        "What is in the cluster stays: an update is judged only if it changes the pods. Controllers that make other"
        " kinds of workloads are stopped at their pods. System pods (kube-proxy, network plugins) are privileged:"
        ' before enforcing, exempt their namespaces in the settings, such as "namespace: kube-system".',
    )
    kinds = "".join(
        f"      - apiGroups: [{quoted(group)}]\n        kinds: {listing(names)}\n"
        for group, names in WORKLOADS.items()
    )
    return f"""\
{told}apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata:
  name: netrawlint
  annotations:
{record.annotation(plan)}spec:
  crd:
    spec:
      names:
        kind: NetRawLint
      validation:
        openAPIV3Schema:
          type: object
          properties:
            exemptions:
              description: >-
                Workloads and containers that are left alone. Namespace, name and container are regular
                expressions; what is left out is anything.
              type: array
              items:
                type: object
                required: ["rules", "kinds"]
                properties:
                  reason: {{type: string}}
                  until: {{type: string, description: "The last day, for people: nothing ends by itself."}}
                  rules: {{type: array, items: {{type: string}}}}
                  kinds: {{type: array, items: {{type: string}}}}
                  namespace: {{type: string}}
                  name: {{type: string}}
                  container: {{type: string}}
  targets:
    - target: admission.k8s.gatekeeper.sh
      rego: |-
{block(rego.source(plan), 8)}---
apiVersion: constraints.gatekeeper.sh/v1beta1
kind: NetRawLint
metadata:
  name: netraw-lint
  annotations:
{record.annotation(plan)}spec:
  enforcementAction: {"deny" if plan.enforce else "dryrun"}
  match:
    kinds:
{kinds}{_namespaces(plan)}{_parameters(plan)}"""


def _namespaces(plan: Plan) -> str:
    if not plan.namespaces:
        return ""
    names = "".join(
        f"{comment(why(each), indent=6)}      - {quoted(each.namespace or '')}\n" for each in plan.namespaces
    )
    return f"    excludedNamespaces:\n{names}"


def _parameters(plan: Plan) -> str:
    exempt = [each for each in plan.carried if each not in plan.namespaces]
    return f"  parameters:\n    exemptions:\n{''.join(map(_exemption, exempt))}" if exempt else ""


def _exemption(exempt: Exempt) -> str:
    said = {
        "reason": quoted(exempt.reason),
        "until": quoted(exempt.until) if exempt.until else "",
        "rules": listing(sorted(exempt.codes)),
        "kinds": listing(exempt.kinds),
        "namespace": _expression(exempt.namespace),
        "name": _expression(exempt.name),
        "container": _expression(exempt.container),
    }
    lines = [f"{key}: {value}\n" for key, value in said.items() if value]
    return f"      - {'        '.join(lines)}"


def _expression(pattern: str | None) -> str:
    if pattern is None:
        return ""
    wanted = expression(pattern)
    return quoted(f"^{wanted}$" if literal(pattern) else f"^(?:{wanted})$")

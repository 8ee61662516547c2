"""Admission policies: finding them among the objects of a manifest."""

from __future__ import annotations

from netraw_lint import yamltree
from netraw_lint.model import Policy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from netraw_lint.manifest import KubernetesObject
    from netraw_lint.policies.gates import Gate

_GROUPS = {
    "PodSecurityPolicy": ("policy", "extensions"),
    # OpenShift 3 kept SecurityContextConstraints in the core group.
    "SecurityContextConstraints": ("security.openshift.io", ""),
}


def policy(obj: KubernetesObject) -> Policy | None:
    """The policy that an object is, or None. Raises YamlError."""
    if obj.ref.group not in _GROUPS.get(obj.ref.kind, ()):
        return None
    fields = yamltree.entries(obj.node)
    kind = fields["kind"][1] if "kind" in fields else obj.node
    if obj.ref.kind == "SecurityContextConstraints":
        return Policy(obj.document, obj.ref, obj.node, kind, kind)
    if "spec" not in fields:
        return Policy(obj.document, obj.ref, obj.node, kind, kind)
    return Policy(obj.document, obj.ref, fields["spec"][1], fields["spec"][0], kind)


def gate(obj: KubernetesObject) -> Gate | None:
    """The policy of an admission engine that an object is, as clauses about capabilities, or None.

    One that is about something else is None too; of one that is not understood, ``doubts`` says why. The engines
    are imported with the first object of their API group. Raises YamlError.
    """
    group = obj.ref.group
    if group in ("kyverno.io", "policies.kyverno.io"):
        from netraw_lint.policies import kyverno

        return kyverno.gate(obj)
    if group == "constraints.gatekeeper.sh":
        from netraw_lint.policies import gatekeeper

        return gatekeeper.gate(obj)
    if group == "admissionregistration.k8s.io":
        from netraw_lint.policies import validating_admission

        return validating_admission.gate(obj)
    return None

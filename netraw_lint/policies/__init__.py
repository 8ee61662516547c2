"""Admission policies: finding them among the objects of a manifest."""

from __future__ import annotations

from netraw_lint import yamltree
from netraw_lint.model import Policy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from netraw_lint.manifest import KubernetesObject

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
    kind = fields["kind"][1]
    if obj.ref.kind == "SecurityContextConstraints":
        return Policy(obj.document, obj.ref, obj.node, kind, kind)
    if "spec" not in fields:
        return Policy(obj.document, obj.ref, obj.node, kind, kind)
    return Policy(obj.document, obj.ref, fields["spec"][1], fields["spec"][0], kind)

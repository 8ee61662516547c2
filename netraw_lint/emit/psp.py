"""A PodSecurityPolicy, for clusters before Kubernetes 1.25, which removed the kind."""

from __future__ import annotations

from netraw_lint.emit.head import head
from netraw_lint.emit.text import comment

TYPE_CHECKING = False
if TYPE_CHECKING:
    from netraw_lint.emit.plan import Exempt, Plan

BECAUSE = "a PodSecurityPolicy has no exceptions: grant its service account the use of another policy"


def carries(_exempt: Exempt) -> bool:
    """Nothing: who is exempt is a matter of RBAC."""
    return False


def manifest(plan: Plan) -> str:
    """The policy and the role to use it; with --enforce, the binding too."""
    told = head(
        "psp",
        plan,
        "For Kubernetes before 1.25: PodSecurityPolicy was deprecated in 1.21 and is gone since 1.25. There, print vap.",
        "It differs from the linter: the cluster adds NET_RAW to what every container drops, instead of refusing"
        " those that drop nothing; it refuses to add any capability at all, and privileged containers; and it sees"
        " pods only, not what makes them.",
        "It takes NET_RAW from nobody who may use another policy that admits it. Which those are, says",
        "  kubectl get psp -o yaml | netraw-lint -",
        "A PodSecurityPolicy cannot audit. "
        + (
            "The binding below lets everybody use it."
            if plan.enforce
            else "Nobody may use it yet; --enforce prints the binding that lets everybody use it."
        ),
    )
    exempt = comment("netraw-lint: ignore[NRL102] for clusters before 1.25, and asked for as such")
    return f"""\
{told}---
{exempt}apiVersion: policy/v1beta1
kind: PodSecurityPolicy
metadata:
  name: netraw-lint
spec:
  privileged: false
  allowedCapabilities: []
  requiredDropCapabilities: ["NET_RAW"]
  # The rest has to be said. It keeps pods from the node, and asks nothing else of them.
  hostNetwork: false
  hostPID: false
  hostIPC: false
  runAsUser: {{rule: RunAsAny}}
  seLinux: {{rule: RunAsAny}}
  supplementalGroups: {{rule: RunAsAny}}
  fsGroup: {{rule: RunAsAny}}
  volumes: ["configMap", "csi", "downwardAPI", "emptyDir", "persistentVolumeClaim", "projected", "secret"]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: use-psp-netraw-lint
rules:
  - apiGroups: ["policy"]
    resources: ["podsecuritypolicies"]
    resourceNames: ["netraw-lint"]
    verbs: ["use"]
{_BINDING if plan.enforce else ""}"""


_BINDING = """\
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: use-psp-netraw-lint
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: use-psp-netraw-lint
subjects:
  - apiGroup: rbac.authorization.k8s.io
    kind: Group
    name: system:authenticated
"""

"""A SecurityContextConstraints for OpenShift."""

from __future__ import annotations

from netraw_lint.emit.head import head

TYPE_CHECKING = False
if TYPE_CHECKING:
    from netraw_lint.emit.plan import Exempt, Plan

BECAUSE = "a SecurityContextConstraints has no exceptions: let its service account use another one"


def carries(_exempt: Exempt) -> bool:
    """Nothing: who is exempt is a matter of who may use which constraints."""
    return False


def manifest(plan: Plan) -> str:
    """The constraints; with --enforce, for every user."""
    groups = '["system:authenticated"]' if plan.enforce else "[]"
    told = head(
        "scc",
        plan,
        "For OpenShift. Its own restricted-v2 drops ALL and keeps NET_RAW out already; this is for workloads that"
        " cannot live with that, and asks the same of them apart from capabilities.",
        "It differs from the linter: OpenShift adds NET_RAW to what every container drops, instead of refusing"
        " those that drop nothing; it refuses to add any capability at all, and privileged containers; and it sees"
        " pods only, not what makes them.",
        "It takes NET_RAW from nobody who may use other constraints that admit it. Which those are, says",
        "  oc get scc -o yaml | netraw-lint -",
        "SecurityContextConstraints cannot audit. "
        + (
            "Everybody may use these."
            if plan.enforce
            else "Nobody may use these yet; --enforce prints them for everybody, and for one service account there is"
        ),
        *(
            []
            if plan.enforce
            else ["  oc adm policy add-scc-to-user netraw-lint -z SERVICEACCOUNT -n NAMESPACE"]
        ),
    )
    return f"""\
{told}apiVersion: security.openshift.io/v1
kind: SecurityContextConstraints
metadata:
  name: netraw-lint
allowPrivilegedContainer: false
allowedCapabilities: []
defaultAddCapabilities: []
requiredDropCapabilities: ["NET_RAW"]
# The rest has to be said; it is what OpenShift asks of everybody.
allowHostDirVolumePlugin: false
allowHostIPC: false
allowHostNetwork: false
allowHostPID: false
allowHostPorts: false
allowPrivilegeEscalation: true
fsGroup: {{type: MustRunAs}}
runAsUser: {{type: MustRunAsRange}}
seLinuxContext: {{type: MustRunAs}}
supplementalGroups: {{type: RunAsAny}}
readOnlyRootFilesystem: false
priority: null
volumes: ["configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret"]
users: []
groups: {groups}
"""

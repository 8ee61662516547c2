"""Labels for Pod Security admission, which every cluster has since 1.25."""

from __future__ import annotations

from netraw_lint.emit.head import head
from netraw_lint.emit.text import quoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from netraw_lint.emit.plan import Exempt, Plan

BECAUSE = "Pod Security admission leaves alone whole namespaces, by their name"
_PREFIX = "pod-security.kubernetes.io"


def carries(exempt: Exempt) -> bool:
    """Whether a namespace that is not labelled says the same."""
    return exempt.is_namespace


def manifest(plan: Plan) -> str:
    """One namespace with its labels; the commands for others are in the comment."""
    modes = ("enforce", "audit", "warn") if plan.enforce else ("audit", "warn")
    given = " ".join(f"{_PREFIX}/{mode}=restricted" for mode in modes)
    told = head(
        "psa",
        plan,
        "Only the level `restricted` keeps NET_RAW out, and it refuses more than this linter reports: containers must"
        " drop ALL, spelt so (NET_RAW alone is not enough), add nothing but NET_BIND_SERVICE, run as non-root with a"
        " seccomp profile and without privilege escalation, and use no host namespaces or paths. It refuses"
        " everything that the linter reports. `baseline` would not do: it admits containers that drop nothing.",
        "Only pods are refused; workloads are warned about. "
        + (
            "This labels the namespace so that they are."
            if plan.enforce
            else "This only warns and writes to the audit log; --enforce prints the labels that refuse."
        ),
        "",
        "What would be refused in every namespace, without changing anything:",
        f"  kubectl label --dry-run=server --overwrite namespace --all {_PREFIX}/enforce=restricted",
        "The same labels for another namespace (or --namespace NAME prints its manifest):",
        f"  kubectl label --overwrite namespace NAME {given}",
        "Back:",
        "  kubectl label namespace NAME " + " ".join(f"{_PREFIX}/{mode}-" for mode in modes),
    )
    labels = "".join(
        f"    {_PREFIX}/{mode}: restricted\n    {_PREFIX}/{mode}-version: latest\n" for mode in modes
    )
    return f"""\
{told}apiVersion: v1
kind: Namespace
metadata:
  name: {quoted(plan.namespace)}
  labels:
{labels}"""

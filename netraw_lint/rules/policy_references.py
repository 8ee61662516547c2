"""Policies in the words and references of findings about something else."""

from __future__ import annotations

from netraw_lint import findings
from netraw_lint.model import PolicyRef

TYPE_CHECKING = False
if TYPE_CHECKING:
    from netraw_lint.policies.gates import Gate


def reference(gate: Gate) -> PolicyRef:
    """A policy, and where it stands."""
    place = findings.locate(gate.document, findings.node_span(gate.node))
    return PolicyRef(gate.object, gate.document.source.path, place.line)


def named(gate: Gate, place: bool = True) -> str:
    """A policy in a sentence: ``ClusterPolicy/drop-all (policies/drop.yaml:3)``."""
    found = reference(gate)
    return f"{found.object} ({found.path}:{found.line})" if place else str(found.object)

"""Finds Kyverno, Gatekeeper and other admission policies about capabilities that let NET_RAW through.

## What it does
Reads the admission policies of well-known shape as what they are: predicates on a container. It tries them with the
containers that hold NET_RAW, and reports those that pass:
- a required drop that is met by a name without effect: `CAP_NET_RAW` removes nothing where containerd runs (Kyverno's
  library policy *require-drop-cap-net-raw* accepts it, and refuses `drop: ["ALL"]`, which works);
- a required drop that is not about NET_RAW or ALL at all;
- a list of allowed capabilities with NET_RAW, ALL or `*` in it (Gatekeeper's library has it in the sample for the
  *baseline* level).

What a policy leaves to others is told too, as information that fails no run: it does not look at drops, at added names,
or at privileged containers; or it only audits, so that nothing is refused.

Understood are Kyverno's ClusterPolicy, Policy and ValidatingPolicy, Gatekeeper's constraints K8sPSPCapabilities and
K8sPSPPrivilegedContainer, and ValidatingAdmissionPolicy, where their conditions have the shapes of the policy
libraries. About any other policy the rule says nothing, since it cannot know; `--against-policies` names those.

## Why is this bad?
The policy is the gate of the cluster: whatever it admits, somebody will deploy.

## Example
```yaml
apiVersion: constraints.gatekeeper.sh/v1beta1
kind: K8sPSPCapabilities
metadata:
  name: capabilities
spec:
  match:
    kinds: [{apiGroups: [""], kinds: ["Pod"]}]
  parameters:
    allowedCapabilities: ["NET_BIND_SERVICE", "NET_RAW"]
    requiredDropCapabilities: ["KILL"]
```

## Use instead
```yaml
apiVersion: constraints.gatekeeper.sh/v1beta1
kind: K8sPSPCapabilities
metadata:
  name: capabilities
spec:
  match:
    kinds: [{apiGroups: [""], kinds: ["Pod"]}]
  parameters:
    allowedCapabilities: ["NET_BIND_SERVICE"]
    requiredDropCapabilities: ["KILL", "NET_RAW"]
```

## Fix safety
Unsafe: a stricter policy may refuse what runs today; `--against-policies` says who that is among the given paths.
Fixed are the lists of Gatekeeper's K8sPSPCapabilities: names that admit NET_RAW go, and NET_RAW is added to required
drops. Other policies are to be changed by hand.

## References
- kyverno/policies: require-drop-cap-net-raw, require-drop-all, disallow-capabilities, disallow-capabilities-strict
- open-policy-agent/gatekeeper-library: pod-security-policy/capabilities
- CIS Kubernetes Benchmark 5.2.7 / 5.2.8
"""

from __future__ import annotations

from netraw_lint import capabilities, findings, yamltree
from netraw_lint.findings import Place, Rule, listing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from netraw_lint.model import Finding, Settings
    from netraw_lint.nodes import Node
    from netraw_lint.policies.gates import Clause, Gate

RULE = Rule("NRL104", "admission-policy-admits-net-raw", "warning", fix="unsafe")

_ADDED = ("NET_RAW", "ALL", "CAP_NET_RAW", "net_raw", "all")
# Names that are meant to take NET_RAW away, and do not everywhere.
_DROPPED = ("CAP_NET_RAW", "NETRAW", "CAP_ALL")
_LISTS = {"containers": "ordinary", "initContainers": "init", "ephemeralContainers": "ephemeral"}


def check_gate(gate: Gate, settings: Settings) -> Iterator[Finding]:
    """A finding per way in which the policy is defective, and one about what it leaves to others."""
    from netraw_lint.policies.checks import Adds, AddsNone, Drops

    drops = [clause for clause in gate.clauses if isinstance(clause.check, Drops)]
    adds = [clause for clause in gate.clauses if isinstance(clause.check, (Adds, AddsNone))]
    if gate.doubts or not (drops or adds):
        return
    probe = _Probe(gate, settings.runtimes)
    if adds:
        yield from _added(gate, probe, adds[0])
    if drops:
        yield from _dropped(gate, probe, drops[0])
    yield from _left(gate, probe, drops, adds)


class _Probe:
    """Tries a policy with containers that hold NET_RAW."""

    def __init__(self, gate: Gate, runtimes: Sequence[str]) -> None:
        from netraw_lint.policies.checks import Drops

        self._gate = gate
        self._runtimes = runtimes
        wanted = (clause.check.names for clause in gate.clauses if isinstance(clause.check, Drops))
        harmless = (name for names in wanted for name in names if capabilities.intended(name) is None)
        self.harmless = tuple(dict.fromkeys(harmless))

    def holders(
        self, add: tuple[str, ...], drop: tuple[str, ...], privileged: bool = False
    ) -> tuple[str, ...]:
        """The runtimes on which such a container holds NET_RAW; none where the policy refuses it."""
        if self.refusal(add, drop, privileged):
            return ()
        return capabilities.judge(add, drop, privileged, self._runtimes).runtimes

    def refusal(self, add: tuple[str, ...], drop: tuple[str, ...], privileged: bool = False) -> str:
        """Why the policy refuses such a container in one of the lists that it looks at."""
        from netraw_lint.policies.checks import PodContainer

        lists = next((clause.lists for clause in self._gate.clauses), ("containers",))
        container = PodContainer(lists[0], "probe", "probe", add, drop, privileged)
        return self._gate.refuses(container)


def _added(gate: Gate, probe: _Probe, clause: Clause) -> Iterator[Finding]:
    """A finding for the names that may be added, at each entry that allows them or at the rule."""
    # A container that drops ALL meets every wish for drops, one that drops what is asked the others.
    drops = (("ALL",), (*probe.harmless, "NET_RAW"), probe.harmless)

    def admits(name: str) -> bool:
        granting = capabilities.is_all(name) or capabilities.spells_net_raw(name)
        return granting and any(probe.holders((name,), drop) for drop in drops)

    passing = [name for name in _ADDED if admits(name)]
    entries = _entries(gate, "allowedCapabilities")
    guilty = [(name, node) for name, node in entries if admits("NET_RAW" if name == "*" else name)]
    for name, node in guilty:
        what = "any capability" if name == "*" else "every capability" if capabilities.is_all(name) else name
        yield _finding(
            gate,
            node,
            f"`{name}` in allowedCapabilities lets a container add {what}",
            f"remove `{name}`",
            f"add {name}",
        )
    if passing and not guilty:
        statement = f"it lets a container add {_quoted(passing)}"
        yield _finding(gate, clause.node, statement, "take it out of the allowed names", "add")


def _dropped(gate: Gate, probe: _Probe, clause: Clause) -> Iterator[Finding]:
    """A finding where the drops asked for leave NET_RAW."""
    key = next((pair[0] for pair in [_parameter(gate, "requiredDropCapabilities")] if pair), clause.node)
    nothing = probe.holders((), probe.harmless)
    if nothing:
        statement = f"the drops that it asks for leave NET_RAW, which {_give(nothing)} by default"
        advice = (
            "ask for NET_RAW to be dropped"
            if gate.engine != "Gatekeeper"
            else "add NET_RAW to requiredDropCapabilities"
        )
        yield _finding(gate, key, statement, advice, "drop")
        return
    for name in _DROPPED:
        holders = probe.holders((), (*probe.harmless, name))
        if not holders:
            continue
        statement = f"`drop: [{name}]` passes, and the container keeps NET_RAW on {listing(holders)}"
        if name.startswith("CAP_"):
            statement += ", where a name with CAP_ in front removes nothing"
        if probe.refusal((), ("ALL",)):
            statement += '; and `drop: ["ALL"]` is refused, which removes it'
        advice = (
            f"write NET_RAW in place of {name}" if gate.parameters else 'accept "NET_RAW" and "ALL" alone'
        )
        yield _finding(gate, key, statement, advice, f"drop {name}")
        return


def _left(gate: Gate, probe: _Probe, drops: list[Clause], adds: list[Clause]) -> Iterator[Finding]:
    """One finding, for information, about what else a policy has to do."""
    parts = []
    if not drops:
        holders = probe.holders((), ())
        if holders:
            parts.append(f"the NET_RAW that {_give(holders)} by default passes, since no drop is asked for")
    if not adds and probe.holders(("NET_RAW",), ("ALL", *probe.harmless)):
        parts.append("a container may add NET_RAW")
    elif not adds and (holders := probe.holders(("NET_RAW",), ("NET_RAW", *probe.harmless))):
        parts.append(f"a container may add NET_RAW, which on {listing(holders)} wins over the drop")
    if probe.holders((), ("ALL", "NET_RAW", *probe.harmless), privileged=True):
        parts.append("privileged containers pass, whatever they drop")
    if gate.engine == "Kyverno" and probe.refusal((), ()) and probe.holders((), ("*",)):
        parts.append('`drop: ["*"]` passes, since Kyverno compares with wildcards, and removes nothing')
    seen = {name for clause in (*drops, *adds) for name in clause.lists}
    if unseen := [word for name, word in _LISTS.items() if name not in seen]:
        parts.append(f"it does not look at {' and '.join(unseen)} containers")
    if not any(clause.enforced for clause in gate.clauses):
        parts.insert(0, f"it refuses nothing as long as it is set to {gate.today}")
    if parts:
        node = gate.node
        place = Place(gate.document, findings.node_span(node), gate.object, None, "alone")
        message = f"{gate.object}: by itself, {'; '.join(parts)}"
        advice = (
            "see that other policies refuse it, or enforce this one"
            if gate.today
            else "see that other policies refuse it"
        )
        yield findings.make(RULE, place, message, advice, "info").replace(fix=None)


def _give(holders: tuple[str, ...]) -> str:
    return f"{listing(holders)} give{'s' * (len(holders) == 1)}"


def _quoted(names: Sequence[str]) -> str:
    return listing(tuple(f"`{name}`" for name in names))


def _parameter(gate: Gate, key: str) -> tuple[Node, Node] | None:
    return yamltree.entries(gate.parameters).get(key)


def _entries(gate: Gate, key: str) -> list[tuple[str, Node]]:
    pair = _parameter(gate, key)
    items = pair[1].value if pair and isinstance(pair[1], yamltree.SequenceNode) else []
    return [(yamltree.as_string(item) or "", item) for item in items]


def _finding(gate: Gate, node: Node, statement: str, advice: str, detail: str) -> Finding:
    if gate.today:
        statement += f" (and it is set to {gate.today}: it refuses nothing yet)"
    place = Place(gate.document, findings.node_span(node), gate.object, None, detail)
    made = findings.make(RULE, place, f"{gate.object}: {statement}", advice)
    return made if gate.parameters is not None else made.replace(fix=None)

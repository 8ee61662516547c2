"""PodSecurityPolicies, SecurityContextConstraints and Gatekeeper's K8sPSPCapabilities that admit NET_RAW, closed."""

from __future__ import annotations

from netraw_lint import capabilities, yamltree
from netraw_lint.capabilities import Remedy
from netraw_lint.fix import document, proof, refusals, sharing, splice, verify
from netraw_lint.fix.layout import Layout, NotEditableError
from netraw_lint.fix.sharing import Wish, Wishes
from netraw_lint.model import Edit, Refusal, Span
from netraw_lint.yamltree import MappingNode, ScalarNode, SequenceNode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from netraw_lint.fix.proof import Work
    from netraw_lint.fix.uses import Uses
    from netraw_lint.model import Policy

PRIVILEGED = Refusal(
    "a policy that allows privileged containers admits everything: decide about that first",
    'set it to false, and write requiredDropCapabilities: ["NET_RAW"]',
)
_BY_HAND = (
    'by hand: take NET_RAW, ALL and `*` out of the lists, and write requiredDropCapabilities: ["NET_RAW"]'
)
_REQUIRED = "requiredDropCapabilities"
_ADMITTING = {"allowedCapabilities": ("NET_RAW", "ALL", "*"), "defaultAddCapabilities": ("NET_RAW", "ALL")}


def fix(work: Work, policy: Policy, runtimes: Sequence[str]) -> str | Refusal:
    """The document with the policy closed, or why not."""
    fields = yamltree.entries(policy.node)
    for key in ("privileged", "allowPrivilegedContainer"):
        if key in fields and yamltree.as_bool(fields[key][1]):
            return PRIVILEGED
    node = policy.node
    without_spec = policy.object.kind == "PodSecurityPolicy" and policy.anchor is policy.kind
    if not isinstance(node, MappingNode) or without_spec:
        return Refusal("it has no spec", _BY_HAND)
    uses = document.editable(work)
    if isinstance(uses, Refusal):
        return uses
    removed = {key: _admitting(node, key) for key in _ADMITTING}
    required = tuple(yamltree.as_string(item) or "" for item in _items(node, _REQUIRED))
    causes = capabilities.causes((), required, False, runtimes)
    remedy = capabilities.remedy((), required, causes, runtimes)
    if policy.object.kind == "K8sPSPCapabilities" and not required:
        remedy = Remedy()  # it leaves drops to others: to refuse who does not drop would be another policy
    layout = Layout(work.text, work.tree, work.first_line)
    try:
        if not any(removed.values()) and remedy == Remedy():
            return work.text
        _refuse_shared(layout, uses, node)
        edits = _edits(layout, policy, removed, remedy)
        text = proof.proven_text(work, edits, {id(node): _intent(removed, remedy)})
        proof.settled(work, text, {(policy.object, None)})
        return text
    except NotEditableError as error:
        return Refusal(str(error), _BY_HAND)
    except verify.ProofError as error:
        return Refusal(f"verification: {error}; {refusals.REPORT}", _BY_HAND)


def _refuse_shared(layout: Layout, uses: Uses, node: MappingNode) -> None:
    """Raises NotEditableError if the fields that may change are reached from elsewhere, or merged from there."""
    own = {id(key) for key, _ in node.value}
    for name in (*_ADMITTING, _REQUIRED):
        pair = yamltree.entries(node).get(name)
        if pair is None:
            continue
        if id(pair[0]) not in own or uses.times(pair[1]) != 1:
            raise NotEditableError(
                refusals.shared(sharing.Users(layout, Wishes(())).lines(Wish(pair[1], ())))
            )
        if any(yamltree.text(last) == name for _, last in yamltree.duplicates(node)):
            raise NotEditableError(f"`{name}` is written twice")
    if uses.times(node) != 1 or uses.mergers(node):
        raise NotEditableError(refusals.shared(sharing.Users(layout, Wishes(())).lines(Wish(node, ()))))


def _items(node: MappingNode, key: str) -> list[yamltree.Node]:
    found = yamltree.get(node, key)
    return found.value if isinstance(found, SequenceNode) else []


def _admitting(node: MappingNode, key: str) -> tuple[int, ...]:
    names = [yamltree.as_string(item) or "" for item in _items(node, key)]
    return tuple(
        index
        for index, name in enumerate(names)
        if name in _ADMITTING[key] or capabilities.spells_net_raw(name)
    )


def _edits(layout: Layout, policy: Policy, removed: dict[str, tuple[int, ...]], remedy: Remedy) -> list[Edit]:
    node = policy.node
    if not isinstance(node, MappingNode):
        raise NotEditableError("it is no mapping")
    numbers = {
        yamltree.text(key): number
        for number, (key, _) in enumerate(node.value)
        if isinstance(key, ScalarNode)
    }
    edits: list[Edit] = []
    for key, gone in removed.items():
        if not gone:
            continue
        if key not in numbers or layout.alias(node, 2 * numbers[key] + 1):
            raise NotEditableError(f"{key} is shared by an anchor")
        items = node.value[numbers[key]][1]
        if len(gone) < len(items.value):
            edits += splice.remove_items(layout, items, gone)  # type: ignore[arg-type]
        else:
            edits += _emptied(layout, node, numbers[key])
    required = yamltree.get(node, _REQUIRED)
    if isinstance(required, SequenceNode) and required.value:
        for index, name in remedy.respell:
            edits += splice.respell(layout, required.value[index], name)
        return edits + (splice.append(layout, required, remedy.append) if remedy.append else [])
    if not remedy.append:
        return edits
    if _REQUIRED in numbers:
        return edits + splice.fill(layout, node, numbers[_REQUIRED], [remedy.append])
    parent = policy.anchor if policy.anchor is not policy.kind else None
    return edits + splice.insert(layout, node, _REQUIRED, [remedy.append], parent)


def _emptied(layout: Layout, node: MappingNode, number: int) -> list[Edit]:
    """Every entry of a list goes: `[]` stays, since an SCC has to have the key."""
    key, items = node.value[number]
    if items.flow_style:
        return [Edit(Span(items.start_mark.index, items.end_mark.index), "[]")]
    if layout.anchored(items):
        raise NotEditableError("the list carries an anchor")
    colon = layout.text.index(":", key.end_mark.index) + 1
    return [Edit(Span(colon, colon), " []"), *splice.remove_items(layout, items, range(len(items.value)))]  # type: ignore[arg-type]


def _intent(removed: dict[str, tuple[int, ...]], remedy: Remedy) -> verify.Intent:
    def closed(data: verify.Data) -> verify.Data:
        data = dict(data)
        for key, gone in removed.items():
            if gone:
                data[key] = [item for index, item in enumerate(data[key]) if index not in gone]
        required = data.get(_REQUIRED)
        required = list(required) if isinstance(required, list) else []
        for index, name in remedy.respell:
            required[index] = verify.Written(name)
        if remedy.append:
            required.append(verify.Written(remedy.append))
        if remedy.append or remedy.respell:
            data[_REQUIRED] = required
        return data

    return closed

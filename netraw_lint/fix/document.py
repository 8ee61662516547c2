"""One document: from its judged containers to a proven new text."""

from __future__ import annotations

from netraw_lint import capabilities, yamltree
from netraw_lint.capabilities import Causes, Remedy
from netraw_lint.fix import proof, refusals, verify
from netraw_lint.fix.layout import Layout
from netraw_lint.fix.plan import Change, plan
from netraw_lint.fix.uses import TooManyError, Uses
from netraw_lint.model import Refusal
from netraw_lint.noun import Noun
from netraw_lint.yamltree import MappingNode, ScalarNode, SequenceNode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from netraw_lint.findings import Judgement
    from netraw_lint.fix.plan import Refused
    from netraw_lint.fix.proof import Work
    from netraw_lint.model import Container
    from netraw_lint.nodes import Node

# Manifests nest 50 levels at the most; how far a comparison may recurse depends on the Python.
_MAX_DEPTH = 150
_CODES = {
    "NRL001": ("added",),
    "NRL002": ("added_all",),
    "NRL003": ("not_dropped",),
    "NRL005": ("ineffective", "conflict", "pod_security"),
}


class Outcome(Noun):
    """What became of a document: its text, the containers fixed, and the refused ones with the reason."""

    text: str
    fixed: tuple[Container, ...]
    refused: tuple[tuple[Container, Refusal], ...]


def fix(work: Work, wanted: Sequence[Judgement], missing: str) -> Outcome:
    """Fix what can be fixed in a document; whatever cannot be proven is tried group by group, and else refused.

    ``missing`` is what a missing drop drops.
    """
    refused: Refused = []
    changes: list[Change] = []
    for judgement in _each_once(wanted):
        found = changes_for(judgement, work.codes_for(judgement.container), missing)
        if isinstance(found, Refusal):
            refused.append((judgement.container, found))
        else:
            changes += found
    if not changes:
        return Outcome(work.text, (), tuple(refused))
    uses = sound(work)
    if isinstance(uses, Refusal):
        return _untouched(work, refused, changes, uses)
    layout = Layout(work.text, work.tree, work.first_line)
    unplanned: Refused = []
    planned = plan(layout, uses, _united(uses, _reachable(uses, changes, unplanned), unplanned))
    unplanned += planned.refused
    # What is only added to is read by the second reader once, with what is added: it reads the rest of the new text
    # as it was. Where anything goes, or is not as it should be, the old text has its say first.
    doubtful = bool(unplanned) or any(edit.span.start != edit.span.end for edit in planned.edits)
    if doubtful and (reason := disputed(work)):
        return _untouched(work, refused, changes, reason)
    text, proven, failed = proof.largest(work, layout, uses, planned)
    if failed and not doubtful and (reason := disputed(work)):
        return _untouched(work, refused, changes, reason)
    fixed = [container for change in proven for container in change.containers]
    return Outcome(text, tuple(fixed), (*refused, *unplanned, *failed))


def _untouched(work: Work, refused: Refused, changes: Sequence[Change], reason: Refusal) -> Outcome:
    """The document as it is, for a reason that concerns all of it."""
    left = [(container, reason) for change in changes for container in change.containers]
    return Outcome(work.text, (), (*refused, *left))


def _each_once(wanted: Sequence[Judgement]) -> list[Judgement]:
    """The judgements without those of a container that two rows of the catalogue lead to."""
    found: dict[tuple[int, object, str], Judgement] = {}
    for judgement in wanted:
        container = judgement.container
        found.setdefault((id(container.node), container.template.object, container.path), judgement)
    return list(found.values())


def editable(work: Work) -> Uses | Refusal:
    """How often each node of a document counts, once it is read twice alike; or why nothing in it is touched."""
    uses = sound(work)
    return uses if isinstance(uses, Refusal) else disputed(work) or uses


def disputed(work: Work) -> Refusal | None:
    """Why nothing in a document is touched that is not read twice alike."""
    try:
        verify.read_twice(work.tree, work.text)
    except verify.ProofError as error:
        return Refusal(str(error), "rewrite what is unusual there, or fix it by hand")
    return None


def sound(work: Work) -> Uses | Refusal:
    """How often each node of a document counts; or why nothing in it can be touched, whoever else reads it."""
    place = _template_action(work.text, work.tree.root)
    if place is not None:
        line = work.first_line + work.text.count("\n", 0, place) + 1
        return Refusal(f"it is an unrendered template: `{{{{` on line {line}", refusals.TEMPLATE_ADVICE)
    try:
        uses = Uses(work.tree.root)
        if uses.depth > _MAX_DEPTH:
            raise RecursionError
    except RecursionError:
        return Refusal("it nests too deeply to be compared", "fix it by hand")
    except TooManyError:
        return Refusal("aliases make the document stand for too many values", "write it without aliases")
    except yamltree.YamlError as error:
        return Refusal(error.message, refusals.BY_HAND)
    return uses


def _template_action(text: str, root: Node) -> int | None:
    """Where ``{{`` stands as structure: a flow mapping whose key is a flow mapping."""
    if text.count("{") < 2:
        return None
    seen: set[int] = set()
    stack = [root]
    while stack:
        node = stack.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, MappingNode):
            for key, value in node.value:
                if not isinstance(key, ScalarNode):
                    if isinstance(key, MappingNode) and key.flow_style and node.flow_style:
                        return text.find("{{", node.start_mark.index)
                    stack.append(key)
                if not isinstance(value, ScalarNode):
                    stack.append(value)
        elif isinstance(node, SequenceNode):
            stack += [item for item in node.value if not isinstance(item, ScalarNode)]
    return None


# -- from findings to changes -----------------------------------------------------------------------------------


def changes_for(judgement: Judgement, codes: frozenset[str], missing: str) -> list[Change] | Refusal:
    """What to change for a container, given the rules that may be fixed; empty if there is nothing."""
    container = judgement.container
    found = _permitted(judgement.causes, codes)
    security = container.security
    if container.regime in ("patch", "operator") or any(item.drops for item in security.misplaced):
        # What a fragment lacks is written elsewhere, and an added drop list would replace the one there. What
        # is misplaced is a finding of its own.
        found = found.replace(not_dropped=False)
    if container.regime == "patch":
        found = found.replace(pod_security=None)
    runtimes = judgement.settings.runtimes
    remedy = capabilities.remedy(security.add, security.drop, found, runtimes, missing)
    if remedy == Remedy():
        return []
    remedy = _with_unmasked(container, remedy, runtimes, codes)
    never = refusals.of_container(container)
    if never is not None:
        return never
    if container.regime == "patch" and remedy.append:
        if not remedy.remove and not remedy.respell:
            return Refusal(refusals.FRAGMENT, refusals.by_hand(container, remedy))
        remedy = remedy.replace(append="")
    return _by_holder(container, remedy)


def _with_unmasked(
    container: Container, remedy: Remedy, runtimes: Sequence[str], codes: frozenset[str]
) -> Remedy:
    """The remedy with what is only found once its changes are made: `all` where Pod Security wants `ALL`."""
    security = container.security
    lists = remedy.applied(security.add, security.drop)
    left = capabilities.causes(*lists, False, runtimes).pod_security
    if left is None or "NRL005" not in codes or container.regime == "patch" or left >= len(security.drop):
        return remedy
    return remedy.replace(respell=(*remedy.respell, (left, capabilities.ALL)))


def _permitted(causes: Causes, codes: frozenset[str]) -> Causes:
    """The causes without those of rules that are not to be fixed."""
    nothing = Causes()
    dropped = {
        name: getattr(nothing, name) for code, names in _CODES.items() if code not in codes for name in names
    }
    return causes.replace(**dropped)


def _by_holder(container: Container, remedy: Remedy) -> list[Change] | Refusal:
    """The remedy split by who holds the lists in force: the container, or a default merged under it."""
    security = container.security
    pair = yamltree.entries(container.node).get("securityContext")
    direct = security.own is not None and (pair is None or pair[1] is not security.own)
    own = security.own if direct and security.own is not None else container.node
    changes = []
    for name, part in (
        ("add", Remedy(remove=remedy.remove)),
        ("drop", Remedy(respell=remedy.respell, append=remedy.append)),
    ):
        if part == Remedy():
            continue
        layer = next((node for node in reversed(security.layers) if _has(node, name)), None)
        if layer is None or layer is security.own:
            changes.append(Change((container,), own, direct, part))
        elif refusals.is_in_string(layer):
            return Refusal(refusals.IN_STRING, refusals.by_hand(container, remedy))
        else:
            changes.append(Change((container,), layer, True, part))
    if len(changes) == 2 and changes[0].holder is changes[1].holder:
        return [changes[0].replace(remedy=remedy)]
    return changes


def _has(context: Node, name: str) -> bool:
    return yamltree.get(context, "capabilities", name) is not None


def _reachable(uses: Uses, changes: Sequence[Change], refused: Refused) -> list[Change]:
    """The changes of nodes that are written in the document itself, not in a string of it."""
    kept = []
    for change in changes:
        if uses.times(change.holder):
            kept.append(change)
        else:
            refused += [
                (one, Refusal(refusals.IN_STRING, refusals.by_hand(one, change.remedy)))
                for one in change.containers
            ]
    return kept


def _united(uses: Uses, changes: Sequence[Change], refused: Refused) -> list[Change]:
    """The changes with those of one default, that many containers inherit, made one."""
    kept: list[Change] = []
    held: dict[int, Change] = {}
    for change in changes:
        same = held.get(id(change.holder)) if change.direct else None
        if same is None or uses.times(change.holder) > 1:
            kept.append(change)
            held.setdefault(id(change.holder), change)
            continue
        both = _both(same.remedy, change.remedy)
        united = same.replace(containers=same.containers + change.containers)
        kept = [other for other in kept if other is not same]
        del held[id(change.holder)]
        if both is None:
            reason = Refusal(
                "its default would have to change in different ways for different containers",
                "give each container capabilities of its own",
            )
            refused += [(container, reason) for container in united.containers]
        else:
            kept.append(united.replace(remedy=both))
            held[id(change.holder)] = kept[-1]
    return kept


def _both(first: Remedy, second: Remedy) -> Remedy | None:
    """One remedy for both, or None where they contradict each other."""
    merged = {}
    for name in Remedy._fields:
        values = {value for value in (getattr(first, name), getattr(second, name)) if value}
        if len(values) > 1:
            return None
        if values:
            merged[name] = values.pop()
    return Remedy(**merged)

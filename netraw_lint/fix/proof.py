"""From a plan to a text that is proven, with as many of its changes as can be."""

from __future__ import annotations

import re
from collections import Counter

from netraw_lint import findings, yamltree
from netraw_lint.fix import edits, refusals, verify
from netraw_lint.fix.plan import Change, Planned, plan
from netraw_lint.model import Refusal
from netraw_lint.noun import Noun

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from netraw_lint.fix.layout import Layout
    from netraw_lint.fix.plan import Plan, Refused
    from netraw_lint.fix.uses import Uses
    from netraw_lint.model import Container, ContainerRef, Edit, Finding, ObjectRef
    from netraw_lint.yamltree import Tree

    # Lints a text in the place of the document.
    Relint = Callable[[str], list[Finding]]
    About = tuple[ObjectRef | None, ContainerRef | None]

# All that is ever cut: a name that grants or means NET_RAW, null, an empty collection, a comment behind an entry.
_CUT = re.compile(
    r"""(?:\*[^\s,\[\]{}]++|[\s,:\[\]{}'"*~-]|null|!!str|(?:\#[^\r\n]*)
    |(?:add|all|cap_all|(?:cap_)?net_raw|defaultAddCapabilities|allowedCapabilities|capabilities|securityContext)\b)*+""",
    re.VERBOSE | re.IGNORECASE,
)
# Each proof reads the whole document; that one fails is a bug, and so is rare.
_MOST_PROOFS = 200
_TOO_MANY = verify.ProofError("too many others in the document could not be proven")
_NAME = re.compile(r"""(['"]?)(NET_RAW|ALL)\1""")


class Work(Noun):
    """A document to fix: its text and tree, the line it begins on, the rules to fix, and how to lint it.

    ``exempt`` are the findings that somebody accepted; they are left as they are. ``trees`` composes a text.
    """

    text: str
    tree: Tree
    first_line: int
    codes: frozenset[str]
    relint: Relint
    exempt: frozenset[Finding] = frozenset()
    trees: Callable[[bytes], Iterable[Tree]] = yamltree.trees

    def codes_for(self, container: Container) -> frozenset[str]:
        """The rules to fix in a container: without those accepted there."""
        about = (container.template.object, findings.container_ref(container))
        return self.codes - {one.rule for one in self.exempt if (one.object, one.container) == about}


def largest(
    work: Work, layout: Layout, uses: Uses, planned: Plan
) -> tuple[str, tuple[Change, ...], tuple[tuple[Container, Refusal], ...]]:
    """The text with all changes made, or with as many groups of them as can be proven; and what was refused."""
    if not planned.planned:
        return work.text, (), ()
    changes = tuple(one.change for one in planned.planned)
    try:
        return _applied(work, planned), changes, ()
    except verify.ProofError:
        pass
    kept: tuple[Change, ...] = ()
    text = work.text
    failed: Refused = []
    # All together have failed: by halves, few bad ones among many are found with few proofs.
    groups = _groups(planned.planned)
    middle = len(groups) // 2
    pending = [groups[middle:], groups[:middle]] if middle else [groups]
    proofs = 0
    while pending:
        some = pending.pop()
        proofs += 1
        if proofs > _MOST_PROOFS:
            failed += [each for group in some for each in _refused(group, _TOO_MANY)]
            continue
        attempt = plan(layout, uses, [*kept, *(one.change for group in some for one in group)])
        try:
            if attempt.refused:
                raise verify.ProofError(attempt.refused[0][1].reason)
            text = _applied(work, attempt)
            kept = tuple(one.change for one in attempt.planned)
        except verify.ProofError as error:
            middle = len(some) // 2
            if middle:
                pending += [some[middle:], some[:middle]]
            else:
                failed += _refused(some[0], error)
    return text, kept, tuple(failed)


def _refused(group: Sequence[Planned], error: verify.ProofError) -> Refused:
    reason = f"verification: {error}; {refusals.REPORT}"
    return [
        (container, Refusal(reason, refusals.by_hand(container, one.change.remedy)))
        for one in group
        for container in one.change.containers
    ]


def _groups(planned: Sequence[Planned]) -> list[list[Planned]]:
    """The changes that can only be made together, because they share an edit or a container."""
    group_of: dict[object, list[Planned]] = {}
    for one in planned:
        marks: list[object] = [*one.edits, *(id(container) for container in one.change.containers)]
        shared = {id(group): group for mark in marks if (group := group_of.get(mark)) is not None}
        united = max(shared.values(), key=len, default=[])
        for group in shared.values():
            if group is not united:
                united += group
                group_of.update(
                    (mark, united)
                    for other in group
                    for mark in (*other.edits, *(id(container) for container in other.change.containers))
                )
        united.append(one)
        group_of.update((mark, united) for mark in marks)
    groups = {id(group_of[mark]): group_of[mark] for mark in group_of}
    place = {id(one): number for number, one in enumerate(planned)}
    found = [sorted(group, key=lambda one: place[id(one)]) for group in groups.values()]
    return sorted(found, key=lambda group: place[id(group[0])])


def _applied(work: Work, planned: Plan) -> str:
    changes = [one.change for one in planned.planned]
    about = [container for change in changes for container in change.containers]
    text = proven_text(work, planned.edits, verify.intents(changes))
    _narrow(work.text, planned.edits)
    settled(work, text, {(one.template.object, findings.container_ref(one)) for one in about})
    return text


def proven_text(work: Work, planned: Sequence[Edit], intents: Mapping[int, verify.Intent]) -> str:
    """The text with the edits made. Raises ProofError unless its data is exactly what was intended."""
    try:
        planned = edits.with_local_breaks(work.text, planned)
        new = edits.apply(work.text, planned)
        after = list(work.trees(new.encode()))
    except (edits.OverlapError, yamltree.YamlError) as error:
        raise verify.ProofError(str(error)) from None
    if len(after) != 1:
        raise verify.ProofError("the document would fall apart")
    verify.prove(work.tree, after[0], work.text, new, intents)
    gone = edits.touched(work.text, planned)
    rest = iter(edits.lines(new))
    if not all(line in rest for number, line in enumerate(edits.lines(work.text)) if number not in gone):
        raise verify.ProofError("lines would change that no edit is about")
    return new


def settled(work: Work, text: str, fixed: Collection[About]) -> None:
    """Lint the new text: what was fixed is gone, nothing came, the rest stayed. Raises ProofError."""
    before, after = work.relint(work.text), work.relint(text)
    left = Counter(found.identity for found in after)
    known = Counter(found.identity for found in before)
    # What is fixed may have hidden what nobody wants fixed.
    unmasked = {
        found.identity
        for found in after
        if found.rule not in work.codes and (found.object, found.container) in fixed
    }
    new = (left - known).keys() - unmasked
    if new:
        raise verify.ProofError(f"it would be found: {min(new)}")
    if left == known:
        raise verify.ProofError("the finding would stay")
    accepted = {found.identity for found in work.exempt}
    for found in after:
        if found.identity in accepted:
            continue
        if (found.object, found.container) in fixed and found.rule in work.codes and found.fix == "safe":
            raise verify.ProofError(f"it would still be found: {found.identity}")
    for found in before:
        if (found.object, found.container) not in fixed and found.identity not in left:
            raise verify.ProofError(f"it would no longer be found, though not fixed: {found.identity}")


def _narrow(text: str, planned: Sequence[Edit]) -> None:
    """Look at what is cut once more, without knowing why. Raises ProofError."""
    for edit in planned:
        cut = text[edit.span.start : edit.span.end]
        one_name = _NAME.fullmatch(edit.text) and not set(cut) & set("\r\n#,")
        if not one_name and not _CUT.fullmatch(cut):
            raise verify.ProofError(f"more would be cut than meant: {cut!r}")

"""Namespaces whose Pod Security labels admit NET_RAW, set to restricted."""

from __future__ import annotations

from netraw_lint import yamltree
from netraw_lint.fix import document, proof, refusals, splice, verify
from netraw_lint.fix.layout import Layout, NotEditableError
from netraw_lint.fix.plan import insertion, is_empty
from netraw_lint.model import Refusal
from netraw_lint.policies import pod_security
from netraw_lint.policies.pod_security import ENFORCE, VERSION

TYPE_CHECKING = False
if TYPE_CHECKING:
    from netraw_lint.fix.proof import Work
    from netraw_lint.model import Edit
    from netraw_lint.nodes import Node
    from netraw_lint.policies.pod_security import PodSecurity

_BY_HAND = f"by hand: set the label {ENFORCE}: restricted"
SYSTEM = Refusal(
    "the cluster's own pods run there, and restricted would refuse some of them", "decide by hand"
)


def fix(work: Work, namespace: PodSecurity) -> str | Refusal:
    """The document with the namespace set to restricted, or why not."""
    if pod_security.is_system(namespace.object.name):
        return SYSTEM
    uses = document.editable(work)
    if isinstance(uses, Refusal):
        return uses
    wanted = _wanted(namespace)
    layout = Layout(work.text, work.tree, work.first_line)
    try:
        owner, edits, intent = _planned(layout, namespace, wanted)
        if uses.times(owner) != 1 or uses.mergers(owner):
            raise NotEditableError("its labels are shared by an anchor")
        text = proof.proven_text(work, edits, {id(owner): intent})
        proof.settled(work, text, {(namespace.object, None)})
    except NotEditableError as error:
        return Refusal(str(error), _BY_HAND)
    except verify.ProofError as error:
        return Refusal(f"verification: {error}; {refusals.REPORT}", _BY_HAND)
    return text


def _wanted(namespace: PodSecurity) -> dict[str, str]:
    """The labels to write."""
    version = namespace.text(VERSION)
    usable = version is None or (
        pod_security.is_version(version) and pod_security.minor(version) >= pod_security.DROPS_SINCE
    )
    return {ENFORCE: "restricted", **({} if usable else {VERSION: "latest"})}


def _planned(
    layout: Layout, namespace: PodSecurity, wanted: dict[str, str]
) -> tuple[Node, list[Edit], verify.Intent]:
    """The mapping that changes, its edits, and what its data should become. Raises NotEditableError."""
    labels = namespace.labels
    if isinstance(labels, yamltree.MappingNode) and not is_empty(labels):
        return labels, _in_labels(layout, labels, wanted), lambda data: {**data, **_written(wanted)}
    metadata = namespace.metadata
    if not isinstance(metadata, yamltree.MappingNode) or list(wanted) != [ENFORCE]:
        raise NotEditableError("it has no labels yet")
    if "labels" in yamltree.entries(metadata):
        raise NotEditableError("its labels are empty")
    step = insertion(layout, metadata, "labels", {ENFORCE: "restricted"}, None)
    return metadata, list(step.edits), lambda data: {**data, "labels": _written(wanted)}


def _in_labels(layout: Layout, labels: yamltree.MappingNode, wanted: dict[str, str]) -> list[Edit]:
    own = {yamltree.text(key): value for key, value in labels.value if isinstance(key, yamltree.ScalarNode)}
    if any(True for _ in yamltree.duplicates(labels)):
        raise NotEditableError("one of its labels is written twice")
    edits: list[Edit] = []
    for name, text in wanted.items():
        if name in own:
            edits += splice.respell(layout, own[name], text)
        elif name in yamltree.entries(labels):
            raise NotEditableError("its labels are merged from elsewhere")
        else:
            edits += insertion(layout, labels, name, text, None).edits
    return edits


def _written(wanted: dict[str, str]) -> dict[str, verify.Written]:
    return {name: verify.Written(text) for name, text in wanted.items()}

"""What becomes of a container entry: its regime, and which securityContexts are merged under and over its own."""

from __future__ import annotations

from netraw_lint import yamltree
from netraw_lint.catalogue import LISTS
from netraw_lint.paths import bind, match, parse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from netraw_lint.manifest import KubernetesObject
    from netraw_lint.model import CatalogueRow
    from netraw_lint.nodes import Node
    from netraw_lint.paths import Steps


class Place:
    """Where in an object a catalogue row matched; ``one_of_several`` as in PodTemplate."""

    def __init__(
        self,
        obj: KubernetesObject,
        row: CatalogueRow,
        steps: Steps,
        at: Steps,
        denied: Sequence[Steps] = (),
        one_of_several: bool = False,
    ) -> None:
        self.obj = obj
        self.row = row
        self.steps = steps
        self.at = at
        self.denied = denied
        self.one_of_several = one_of_several

    def defaults(self) -> list[Node]:
        """What is merged under the containers here: a container, or a list of them."""
        return list(self.elsewhere(self.row.defaults)) if self.row.defaults else []

    def elsewhere(self, path: str) -> Iterator[Node]:
        """The nodes of another path of the row, its wildcards bound to this place."""
        for _, node in match(self.obj.node, bind(parse(path), self.steps, self.at)):
            yield node


def is_patch(obj: KubernetesObject) -> bool:
    """Whether a whole object is merged over one written elsewhere."""
    return obj.patch or obj.document.source.patch


def is_deletion(node: Node) -> bool:
    """Whether a part of a strategic merge patch says that what it names is to be deleted."""
    return yamltree.as_string(yamltree.get(node, "$patch")) == "delete"


def regime_of(place: Place, fields: dict[str, tuple[Node, Node]], name: str, carriers: list[Node]) -> str:
    """The regime of a container entry with these fields; ``carriers`` are merged under it."""
    row = place.row
    managed = not row.managed or name in row.managed
    if row.regime in ("defaults", "snapshot", "patch"):
        return row.regime
    if row.regime == "overwritten" and managed:
        return "overwritten"
    if is_patch(place.obj):
        return "takes away" if place.obj.operation in ("remove", "replace") else "patch"
    if row.regime == "smp-drop-all" and managed:
        return "operator" if _hardening_is_off(place) else "managed"
    if row.regime == "nil-drop-all" and managed:
        return "replaces"
    # Tekton's `ref` steps take their container from elsewhere, whatever the stepTemplate says.
    sources = [] if "ref" in fields else [yamltree.get(carrier, "image") for carrier in carriers]
    if ("image" not in fields or yamltree.is_null(fields["image"][1])) and not any(sources):
        # Spark takes the image of its pod template's container from spec.image: a container all the same.
        return "operator" if row.group == "sparkoperator.k8s.io" or row.regime == "operator" else "patch"
    return "operator" if row.regime == "operator" else ""


def _hardening_is_off(place: Place) -> bool:
    """Whether a Grafana object asks its operator for no default securityContext in the container."""
    off = yamltree.get(place.obj.node, "spec", "disableDefaultSecurityContext")
    return off is not None and yamltree.as_string(off) != "Pod"


def below(defaults: list[Node], name: str) -> list[Node]:
    """What is merged under a container: each carrier, or the namesake of the container in a list of them."""
    found = []
    for carrier in defaults:
        if isinstance(carrier, yamltree.SequenceNode):
            found += [
                item for item in carrier.value if yamltree.as_string(yamltree.get(item, "name")) == name
            ]
        else:
            found.append(carrier)
    return found


def contexts(carriers: list[Node]) -> list[Node]:
    """The securityContexts of what is merged under a container."""
    found = (yamltree.get(carrier, "securityContext") for carrier in carriers)
    return [context for context in found if context is not None]


def patches(place: Place, name: str) -> list[Node]:
    """The securityContexts that Argo's podSpecPatch strings merge over a container.

    Its main container is called ``main`` in the pod, whatever the template says (workflow/common).
    """
    found = []
    for path in place.row.patches:
        for scalar in place.elsewhere(path):
            for entry in _patched(scalar):
                if yamltree.as_string(yamltree.get(entry, "name")) == (name or "main"):
                    context = yamltree.get(entry, "securityContext")
                    if context is not None:
                        found.append(context)
    return found


def _patched(scalar: Node) -> Iterator[Node]:
    root = inner_root(scalar)
    for name in LISTS:
        entries = yamltree.get(root, name) if root is not None else None
        yield from entries.value if isinstance(entries, yamltree.SequenceNode) else ()


def inner_root(scalar: Node) -> Node | None:
    """The manifest inside a string, every node of it placed at the string; None where it is not readable."""
    if not isinstance(scalar, yamltree.ScalarNode):
        return None
    try:
        root = next(yamltree.compose(yamltree.text(scalar).encode()), None)
    except yamltree.YamlError:
        return None
    stack = [root] if root is not None else []
    while stack:
        node = stack.pop()
        # Marks are shared with nothing else; an alias inside a string is seen twice at the most.
        node.start_mark, node.end_mark = scalar.start_mark, scalar.end_mark
        if isinstance(node, yamltree.MappingNode):
            stack += [
                part for pair in node.value for part in pair if part.start_mark is not scalar.start_mark
            ]
        elif isinstance(node, yamltree.SequenceNode):
            stack += [item for item in node.value if item.start_mark is not scalar.start_mark]
    return root


def is_cloud_run(obj: KubernetesObject) -> bool:
    """Whether a Knative Service is really a Cloud Run service, where capabilities were never seen to work."""
    if obj.ref.group != "serving.knative.dev":
        return False
    for path in (("metadata",), ("spec", "template", "metadata")):
        for name in ("annotations", "labels"):
            for key in yamltree.entries(yamltree.get(obj.node, *path, name)):
                if key.startswith(("run.googleapis.com/", "cloud.googleapis.com/")):
                    return True
    return False

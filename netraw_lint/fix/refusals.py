"""Why something is not fixed, and what to do by hand instead."""

from __future__ import annotations

from netraw_lint.model import Refusal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from netraw_lint.capabilities import Remedy
    from netraw_lint.model import Container
    from netraw_lint.nodes import Node

PRIVILEGED = Refusal(
    "privileged grants every capability, whatever is dropped: decide about privileged first",
    "remove `privileged: true` and add only the capabilities that the program needs",
)
REPLACES = Refusal(
    "a securityContext here replaces the operator's whole hardening: write all of it by hand",
    "repeat what the operator sets (runAsNonRoot, allowPrivilegeEscalation, seccompProfile, ...) "
    'together with capabilities: {drop: ["ALL"]}',
)
PRUNED = Refusal(
    "this kind has no securityContext here: the API server would remove it",
    "look for a setting of its operator, or let an admission policy add the drop to its pods",
)
UNRECOGNISED = Refusal(
    "the kind is not in the catalogue: add it to `workloads` in the settings",
    "describe where it keeps its containers under `workloads`, and run the fix again",
)
IN_KUSTOMIZATION = Refusal(
    "it stands in a JSON patch, or in a patch inside a kustomization", "change the patch by hand"
)
CLOUD_RUN = Refusal(
    "a Cloud Run service may not accept it",
    "ask the platform's documentation whether it takes capabilities at all",
)
FRAGMENT = "what this fragment is merged over is written elsewhere"
IN_STRING = "it stands inside a string"
TEMPLATE_ADVICE = "change the template or its values, or fix what it renders to"
BY_HAND = 'by hand: write securityContext: {capabilities: {drop: ["NET_RAW"]}} in the container'
_NAMED = 5
REPORT = "please report this manifest"


def of_container(container: Container) -> Refusal | None:
    """Why a container is never fixed, whatever its text looks like; None for most."""
    if container.security.privileged is not None:
        return PRIVILEGED
    if container.regime == "replaces":
        return REPLACES
    if not container.fixable and container.regime in ("patch", "takes away"):
        return IN_KUSTOMIZATION
    if is_in_string(container.node):
        return Refusal(IN_STRING, "change the text of the string")
    if not container.recognised:
        return UNRECOGNISED
    if not container.fixable:
        return PRUNED
    return CLOUD_RUN if container.cloud_run else None


def is_in_string(node: Node) -> bool:
    """Whether a mapping was read from a string: all its nodes then have the place of the string."""
    first = node.value[0] if node.value else None
    return isinstance(first, tuple) and node.start_mark is first[0].start_mark


def text(refusal: Refusal) -> str:
    """A refusal as one sentence for a report: the reason, and what to do by hand."""
    return f"{refusal.reason}; {refusal.advice}" if refusal.advice else refusal.reason


def by_hand(container: Container, remedy: Remedy) -> str:
    """What a remedy asks for, in words for somebody who has to write it."""
    security = container.security
    where = f"{container.path}.securityContext.capabilities".lstrip(".")
    if container.path.endswith(("ecurityContext", "capabilities")):
        where = container.path
    parts = []
    if remedy.remove:
        gone = dict.fromkeys(f"`{security.add[index]}`" for index in remedy.remove)
        parts.append(f"remove {', '.join(gone)} from add")
    for index, name in remedy.respell:
        parts.append(f"write `{name}` for `{security.drop[index]}` in drop")
    if remedy.append:
        names = ", ".join(f'"{name}"' for name in (*security.drop, remedy.append))
        parts.append(f"write drop: [{names}]")
    return f"by hand: {' and '.join(parts)} in {where}" if parts else ""


def shared(lines: Sequence[int]) -> str:
    """The reason for not changing what an anchor shares with these lines."""
    if not lines:
        return "an anchor is used where it must not change"
    shown = [str(line) for line in lines[:_NAMED]]
    if len(lines) > _NAMED:
        shown.append(f"{len(lines) - _NAMED} more")
    *most, last = shown
    numbers = f"lines {', '.join(most)} and {last}" if most else f"line {last}"
    return f"an anchor shares it with {numbers}, where it must not change"

"""Two builds of a kustomization: whether they say the same, and what an edit changed."""

from __future__ import annotations

from netraw_lint import yamltree
from netraw_lint.charts.compare import differences
from netraw_lint.kustomize.marks import PREFIX
from netraw_lint.yamltree import MappingNode, ScalarNode, SequenceNode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from typing import Any

    from netraw_lint.nodes import Node

    Path = tuple[str | int, ...]

_ORIGIN = "config.kubernetes.io/origin"
_NAMES = ("ALL", "NET_RAW")


def alike(plain: Node | None, marked: Node | None) -> bool:
    """Whether a document with marks is the one without them but for the marks."""
    try:
        return bool(data(plain) == data(marked))
    except (yamltree.YamlError, RecursionError):
        return False


def data(node: Node | None) -> Any:
    """A document as plain data, without marks and what is empty; quoted scalars keep apart from plain ones."""
    if isinstance(node, MappingNode):
        fields = {
            key: data(value)
            for key, (_, value) in yamltree.entries(node).items()
            if not key.startswith(PREFIX) and key != _ORIGIN
        }
        return {key: value for key, value in fields.items() if value not in ({}, None)}
    if isinstance(node, SequenceNode):
        return [data(item) for item in node.value]
    if isinstance(node, ScalarNode) and not yamltree.is_null(node):
        text = yamltree.as_string(node)
        return text if text is not None else (node.value,)
    return None


def objection(before: Sequence[str], after: Sequence[str], meant: Sequence[Collection[Path]]) -> str | None:
    """What two builds differ in beyond the drop and add lists of the containers meant; None for nothing.

    ``meant`` holds the paths of these containers, document by document. A drop list may only gain ALL or NET_RAW,
    an add list only lose what grants it.
    """
    if len(before) != len(after):
        return f"{len(after)} objects would be deployed instead of {len(before)}"
    for text, new, paths in zip(before, after, meant, strict=True):
        if text == new:
            continue
        old = root_of(text)
        was, now = data(old), data(root_of(new))
        for path in paths:
            reason = _unmeant(_context(was, path), _context(now, path))
            if reason:
                return f"{reason} in {_named(old)}"
            was, now = _without_lists(was, path), _without_lists(now, path)
        for path, _, _ in differences(was, now):
            shown = ".".join(str(step) for step in path)
            return f"`{shown}` would change in {_named(old)}"
    return None


def root_of(text: str) -> Node | None:
    """A built document as nodes; None where it is empty."""
    return next(yamltree.compose(text.encode()), None)


def _named(root: Node | None) -> str:
    kind = yamltree.as_string(yamltree.get(root, "kind")) or "an object"
    name = yamltree.as_string(yamltree.get(root, "metadata", "name"))
    return f"{kind}/{name}" if name else kind


def _at(value: Any, path: Path) -> Any:
    for step in path:
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            return None
    return value


def _context(root: Any, path: Path) -> dict[str, Any]:
    capabilities = _at(root, (*path, "securityContext", "capabilities"))
    return capabilities if isinstance(capabilities, dict) else {}


def _unmeant(was: dict[str, Any], now: dict[str, Any]) -> str | None:
    lost = [name for name in _names(was, "drop") if name not in _names(now, "drop")]
    more = [name for name in _names(now, "drop") if name not in _names(was, "drop")]
    # Another spelling may be lost, and NET_RAW to ALL; never the drop itself.
    kept = set(_names(now, "drop")) & set(_NAMES)
    if [name for name in lost if not kept or name.upper() == "ALL" or _plain(name) not in _NAMES]:
        return f"{lost[0]} would no longer be dropped"
    if [name for name in more if name not in _NAMES]:
        return f"{more[0]} would be dropped"
    added = [name for name in _names(now, "add") if name not in _names(was, "add")]
    gone = [name for name in _names(was, "add") if name not in _names(now, "add")]
    if added:
        return f"{added[0]} would be added"
    if [name for name in gone if _plain(name) not in _NAMES]:
        return f"{gone[0]} would no longer be added"
    return None


def _plain(name: str) -> str:
    return name.upper().removeprefix("CAP_")


def _names(capabilities: dict[str, Any], key: str) -> list[str]:
    names = capabilities.get(key)
    return [str(name) for name in names] if isinstance(names, list) else []


def _without_lists(root: Any, path: Path) -> Any:
    """The data without the lists of a container's capabilities, and without what is empty then."""
    capabilities = {k: v for k, v in _context(root, path).items() if k not in ("add", "drop")}
    container = _at(root, path)
    if not isinstance(container, dict):
        return root
    context = dict(container.get("securityContext") or {})
    context.pop("capabilities", None)
    context |= {"capabilities": capabilities} if capabilities else {}
    left = {key: value for key, value in container.items() if key != "securityContext"}
    return _replaced(root, path, left | ({"securityContext": context} if context else {}))


def _replaced(root: Any, path: Path, value: Any) -> Any:
    if not path:
        return value
    if isinstance(root, dict):
        return {**root, path[0]: _replaced(root[str(path[0])], path[1:], value)}
    return [_replaced(item, path[1:], value) if at == path[0] else item for at, item in enumerate(root)]

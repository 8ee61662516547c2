"""Two renders of a chart, before and after an edit: what is different, but for what was meant and what is random."""

from __future__ import annotations

from netraw_lint import yamltree
from netraw_lint.charts.rendered import Rendering
from netraw_lint.yamltree import MappingNode, SequenceNode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from typing import Any

    from netraw_lint.charts.rendered import Key
    from netraw_lint.nodes import Node

    Path = tuple[str | int, ...]
    Mask = set[tuple[Key, Path]]

_ABSENT = object()


def mask(first: Rendering, second: Rendering) -> Mask:
    """The places where two renders of the same chart differ: passwords, certificates, times."""
    found: Mask = set()
    for key in first.texts.keys() & second.texts.keys():
        if first.texts[key] != second.texts[key]:
            pair = _data(first.root(key)), _data(second.root(key))
            found |= {(key, path) for path, _, _ in differences(*pair)}
    return found


def change(
    before: Rendering,
    after: Rendering,
    lacking: Mapping[Key, Collection[Path]],
    name: str,
    hidden: Mask,
) -> str | None:
    """What an edit changes beyond adding ``name`` to the drop lists of the containers that lack it; None for nothing."""
    if before.texts.keys() != after.texts.keys():
        gone = min(before.texts.keys() ^ after.texts.keys())
        return f"other documents would be rendered from {gone[0].partition('/')[2]}"
    for key, text in before.texts.items():
        new = after.texts[key]
        if text == new:
            continue
        reason = _document(before.root(key), after.root(key), lacking.get(key, ()), name, (key, hidden))
        if reason is not None:
            return f"{reason} in {_object(before.root(key)) or key[0].partition('/')[2]}"
    return None


def _document(
    before: Node | None, after: Node | None, lacking: Collection[Path], name: str, where: tuple[Key, Mask]
) -> str | None:
    if (before is None) != (after is None):
        return "the YAML would break"
    if _repeated(after) > _repeated(before):
        return "a key would be written twice"
    old, new = _data(before), _data(after)
    for path in lacking:
        new = _without_drop(old, new, path, name)
    key, hidden = where
    for path, was, now in differences(old, new):
        if not any((key, path[:end]) in hidden for end in range(len(path) + 1)):
            shown = ".".join(str(step) for step in path)
            if now is _ABSENT:
                return f"`{shown}: {_short(was)}` would be lost"
            if was is _ABSENT:
                return f"`{shown}` would be added"
            return f"`{shown}` would change from {_short(was)} to {_short(now)}"
    return None


def _without_drop(old: Any, new: Any, path: Path, name: str) -> Any:
    """The new data as it was at a container, if all that its securityContext gained is the name in drop."""
    before, after = _at(old, path), _at(new, path)
    if not isinstance(before, dict) or not isinstance(after, dict):
        return new
    had, has = before.get("securityContext"), after.get("securityContext")
    capabilities = _mapping(_mapping(had).get("capabilities"))
    drop = capabilities.get("drop")
    items = list(drop) if isinstance(drop, list) else []
    wanted = {**_mapping(had), "capabilities": {**capabilities, "drop": [*items, name]}}
    if has != wanted:
        return new
    restored = {key: value for key, value in after.items() if key != "securityContext"}
    if "securityContext" in before:
        restored["securityContext"] = had
    return _replaced(new, path, restored)


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _at(data: Any, path: Path) -> Any:
    for step in path:
        is_there = (
            step in data if isinstance(data, dict) else isinstance(data, list) and step in range(len(data))
        )
        if not is_there:
            return None
        data = data[step]
    return data


def _replaced(data: Any, path: Path, value: Any) -> Any:
    if not path:
        return value
    step = path[0]
    if isinstance(data, dict):
        return {**data, step: _replaced(data[step], path[1:], value)}
    return [_replaced(item, path[1:], value) if at == step else item for at, item in enumerate(data)]


def differences(old: Any, new: Any, at: Path = ()) -> Iterator[tuple[Path, Any, Any]]:
    """The paths at which two values differ, deepest first found."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in {**old, **new}:
            if key not in old or key not in new:
                yield (*at, key), old.get(key, _ABSENT), new.get(key, _ABSENT)
            else:
                yield from differences(old[key], new[key], (*at, key))
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for number, (was, now) in enumerate(zip(old, new, strict=True)):
            yield from differences(was, now, (*at, number))
    elif old != new:
        yield at, old, new


def _data(node: Node | None) -> Any:
    """A document as plain data; a plain scalar keeps apart from a quoted one of the same text."""
    if isinstance(node, MappingNode):
        return {key: _data(value) for key, (_, value) in yamltree.entries(node).items()}
    if isinstance(node, SequenceNode):
        return [_data(item) for item in node.value]
    if isinstance(node, yamltree.ScalarNode):
        text = yamltree.as_string(node)
        return text if text is not None else (node.value,)
    return None


def _repeated(root: Node | None) -> int:
    count, pending, seen = 0, [root], set()
    while pending:
        node = pending.pop()
        if node is None or id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, MappingNode):
            count += sum(1 for _ in yamltree.duplicates(node))
            pending += [value for _, value in node.value]
        elif isinstance(node, SequenceNode):
            pending += node.value
    return count


def _object(root: Node | None) -> str:
    kind = yamltree.as_string(yamltree.get(root, "kind"))
    name = yamltree.as_string(yamltree.get(root, "metadata", "name"))
    return f"{kind}/{name}" if kind and name else kind or ""


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value[0] if isinstance(value, tuple) else value


def _short(value: Any) -> str:
    text = str(_plain(value)).replace("'", "")
    return text if len(text) <= 60 else f"{text[:57]}..."

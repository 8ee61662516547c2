"""The securityContext that will be in force for a container, from the nodes that say so.

A container has one securityContext of its own; Tekton, Argo and operators merge others under or over it. In a
strategic merge ``add`` and ``drop`` are atomic lists (core/v1 Capabilities): the topmost layer that sets one
sets all of it.
"""

from __future__ import annotations

from netraw_lint import yamltree
from netraw_lint.model import Misplaced, SecurityContext

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from netraw_lint.nodes import Node

    Names = tuple[str, ...]
    Fields = dict[str, tuple[Node, Node]]

_RIGHT_CASE = {
    name.lower(): name for name in ("securityContext", "capabilities", "privileged", "add", "drop")
}
_IGNORED = "an unknown field, which the API server refuses or drops"


def of_container(node: Node, below: Sequence[Node], above: Sequence[Node], default: Names) -> SecurityContext:
    """The security context of a container mapping.

    ``below`` and ``above`` are securityContext mappings merged under and over its own, ``default`` the drop
    list that an operator supplies where none of them has one. Raises YamlError.
    """
    fields = yamltree.entries(node)
    pair = fields.get("securityContext")
    own = pair[1] if pair else None
    nearest = first_key(node)
    if pair:
        nearest = pair[0]
        capabilities = yamltree.entries(pair[1]).get("capabilities")
        if capabilities:
            nearest = capabilities[0]
            drop = yamltree.entries(capabilities[1]).get("drop")
            nearest = drop[0] if drop else nearest
    layers = [*below, *([own] if own is not None and not yamltree.is_null(own) else []), *above]
    misplaced = (*_in_container(fields), *(_in_security_context(own) if own is not None else ()))
    return _effective(
        nearest, layers, default, misplaced, own if isinstance(own, yamltree.MappingNode) else None
    )


def of_mapping(node: Node, key: Node | None, default: Names) -> SecurityContext:
    """The security context that a mapping under ``key`` describes on its own. Raises YamlError."""
    capabilities = yamltree.entries(node).get("capabilities")
    nearest = key or first_key(node)
    if capabilities:
        drop = yamltree.entries(capabilities[1]).get("drop")
        nearest = drop[0] if drop else capabilities[0]
    return _effective(nearest, [node], default, tuple(_in_security_context(node)), node)


def _effective(
    nearest: Node, layers: Sequence[Node], default: Names, misplaced: tuple[Misplaced, ...], own: Node | None
) -> SecurityContext:
    fields = [yamltree.entries(layer) for layer in reversed(layers)]
    capabilities = [
        pair for each in fields if (pair := each.get("capabilities")) and not yamltree.is_null(pair[1])
    ]
    lists = [yamltree.entries(value) for _, value in capabilities]
    add, drop = _topmost(lists, "add"), _topmost(lists, "drop")
    privileged = _topmost(fields, "privileged")
    escalation = _topmost(fields, "allowPrivilegeEscalation")
    add_nodes, drop_nodes = _items(add), _items(drop)
    supplied = drop is None
    return SecurityContext(
        nearest,
        _names(add_nodes),
        default if supplied else _names(drop_nodes),
        add_nodes,
        (None,) * len(default) if supplied else drop_nodes,
        capabilities[0][0] if capabilities else None,
        privileged if yamltree.as_bool(privileged) else None,
        non_root(_topmost(fields, "runAsNonRoot"), _topmost(fields, "runAsUser")),
        yamltree.as_bool(escalation) is not False,
        misplaced,
        tuple(layers),
        own,
    )


def _topmost(layers: Sequence[Fields], name: str) -> Node | None:
    """The value of the first layer that has one."""
    for fields in layers:
        pair = fields.get(name)
        if pair is not None and not yamltree.is_null(pair[1]):
            return pair[1]
    return None


def _items(node: Node | None) -> tuple[Node, ...]:
    return tuple(node.value) if isinstance(node, yamltree.SequenceNode) else ()


def _names(nodes: Sequence[Node]) -> Names:
    # A null item decodes to "" (encoding/json leaves the zero value); anything else of a wrong type is refused.
    return tuple(yamltree.as_string(node) or "" for node in nodes)


def non_root(run_as_non_root: Node | None, run_as_user: Node | None) -> bool | None:
    """Whether a user other than root is asked for; None where nothing is said."""
    if run_as_user is not None and isinstance(run_as_user, yamltree.ScalarNode):
        return bool(run_as_user.value.strip() != "0")
    return yamltree.as_bool(run_as_non_root)


def first_key(node: Node) -> Node:
    """Where a container without securityContext is pointed at: its name, else its first key."""
    fields = yamltree.entries(node)
    named = fields.get("name")
    if named and isinstance(named[1], yamltree.ScalarNode) and named[1].value:
        return named[1]
    return next((key for key, _ in fields.values()), node)


def _in_container(fields: Fields) -> Iterator[Misplaced]:
    yield from _wrong_case(fields, "securityContext")
    for name in ("capabilities", "privileged"):
        if name in fields and not yamltree.is_null(fields[name][1]):
            key, value = fields[name]
            reason = f"it belongs into securityContext; here it is {_IGNORED}"
            yield Misplaced(key, f"`{name}` beside `image`", reason, _mentions_drop(value))
    pair = fields.get("securityContext")
    if pair and not isinstance(pair[1], yamltree.MappingNode) and not yamltree.is_null(pair[1]):
        yield _wrong_type("securityContext", pair[0], pair[1], "a mapping", True)


def _in_security_context(node: Node) -> Iterator[Misplaced]:
    fields = yamltree.entries(node)
    yield from _wrong_case(fields, "capabilities", "privileged")
    for name in ("add", "drop"):
        if name in fields:
            reason = f"it belongs into capabilities; here it is {_IGNORED}"
            yield Misplaced(fields[name][0], f"`{name}` in securityContext", reason, name == "drop")
    privileged = fields.get("privileged")
    if privileged and not yamltree.is_null(privileged[1]) and yamltree.as_bool(privileged[1]) is None:
        yield _wrong_type("privileged", privileged[0], privileged[1], "a boolean", False)
    pair = fields.get("capabilities")
    if pair is None or yamltree.is_null(pair[1]):
        return
    if not isinstance(pair[1], yamltree.MappingNode):
        yield _wrong_type("capabilities", pair[0], pair[1], "a mapping", True)
        return
    lists = yamltree.entries(pair[1])
    yield from _wrong_case(lists, "add", "drop")
    for name in ("add", "drop"):
        key, value = lists.get(name, (node, None))
        if isinstance(value, yamltree.SequenceNode):
            for item in value.value:
                if yamltree.as_string(item) is None and not yamltree.is_null(item):
                    yield _wrong_type(f"{name} item", item, item, "a string", name == "drop")
        elif value is not None and not yamltree.is_null(value):
            yield _wrong_type(name, key, value, "a list", name == "drop")


def _wrong_type(name: str, at: Node, value: Node, wanted: str, drops: bool) -> Misplaced:
    reason = f"it is {yamltree.describe(value)}, not {wanted}: the API server refuses the object"
    return Misplaced(at, f"`{name}`", reason, drops, refused=True)


def _wrong_case(fields: Fields, *names: str) -> Iterator[Misplaced]:
    for key in fields:
        if key in names or key.lower() not in _RIGHT_CASE:
            continue
        right = _RIGHT_CASE[key.lower()]
        node, value = fields[key]
        if right in names and not yamltree.is_null(value):
            reason = f"field names are case-sensitive: `{right}` is meant, `{key}` is {_IGNORED}"
            yield Misplaced(node, f"`{key}`", reason, right == "drop" or _mentions_drop(value))


def _mentions_drop(node: Node) -> bool:
    """Whether a misplaced mapping was meant to drop something: capabilities, or what holds them."""
    fields = {key.lower(): value for key, (_, value) in yamltree.entries(node).items()}
    if "capabilities" in fields:
        return "drop" in {key.lower() for key in yamltree.entries(fields["capabilities"])}
    return "drop" in fields


def in_pod(context: Node) -> Iterator[Misplaced]:
    """What a pod's own securityContext holds that only a container's can. Raises YamlError."""
    for key, (node, value) in yamltree.entries(context).items():
        if key.lower() == "capabilities" and not yamltree.is_null(value):
            reason = "a pod's securityContext has no capabilities, and containers inherit none"
            yield Misplaced(node, f"`{key}` in the pod's securityContext", f"{reason}: it is {_IGNORED}")

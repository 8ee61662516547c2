"""Paths of the catalogue: ``spec.tasks[*].taskSpec.steps``, ``spec.override.*.containers.*``.

A path is a tuple of steps: a key name, ``[*]`` for every item of a list, ``*`` for every value of a mapping;
a concrete path has ``[3]`` and key names in their stead.
"""

from __future__ import annotations

from netraw_lint import yamltree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from netraw_lint.nodes import Node

    Steps = tuple[str, ...]

ITEMS = "[*]"
VALUES = "*"


def parse(path: str) -> Steps:
    """The steps of a path as the catalogue writes it."""
    return tuple(step for part in path.split(".") for step in part.replace("[", "\0[").split("\0") if step)


def render(steps: Steps) -> str:
    """The text of a path: the inverse of parse."""
    return ".".join(steps).replace(".[", "[")


def match(node: Node, steps: Steps, at: Steps = ()) -> Iterator[tuple[Steps, Node]]:
    """The nodes that a path leads to, each with its concrete path; nulls are nothing. Raises YamlError."""
    if not steps:
        if not yamltree.is_null(node):
            yield at, node
        return
    step, rest = steps[0], steps[1:]
    if step.startswith("["):
        items = node.value if isinstance(node, yamltree.SequenceNode) else []
        for number, item in enumerate(items):
            if step in (ITEMS, f"[{number}]"):
                yield from match(item, rest, (*at, f"[{number}]"))
        return
    fields = yamltree.entries(node)
    for key in fields if step == VALUES else [step] if step in fields else []:
        yield from match(fields[key][1], rest, (*at, key))


def key_at(node: Node, at: Steps) -> Node | None:
    """The key at the end of a concrete path, or None if a list item stands there. Raises YamlError."""
    for _, parent in match(node, at[:-1]):
        pair = yamltree.entries(parent).get(at[-1])
        return pair[0] if pair else None
    return None


def bind(steps: Steps, like: Steps, concrete: Steps) -> Steps:
    """``steps`` with the wildcards that it shares with ``like`` bound to what they are in ``concrete``.

    ``concrete`` is where ``like`` matched: with like ``spec.tasks[*].steps`` and concrete
    ``spec.tasks[3].steps``, the path ``spec.tasks[*].stepTemplate`` becomes ``spec.tasks[3].stepTemplate``.
    """
    bound = list(steps)
    for position, (mine, theirs) in enumerate(zip(steps, like, strict=False)):
        if mine != theirs:
            break
        bound[position] = concrete[position]
    return tuple(bound)

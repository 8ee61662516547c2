"""A drop list written into values.yaml, byte-exact, and proven to have changed nothing else."""

from __future__ import annotations

from netraw_lint import yamltree
from netraw_lint.fix import edits, splice, verify
from netraw_lint.fix.layout import Layout, NotEditableError
from netraw_lint.yamltree import MappingNode, SequenceNode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from netraw_lint.model import Edit
    from netraw_lint.nodes import Node

    Step = str | int


def with_drop(text: str, path: tuple[Step, ...], name: str) -> str:
    """The text with ``name`` in the list at a path, whose keys are made where they are missing.

    Raises NotEditableError.
    """
    try:
        trees = list(yamltree.trees(text.encode()))
    except yamltree.YamlError as error:
        raise NotEditableError(error.message) from None
    if len(trees) != 1:
        raise NotEditableError("the file does not hold exactly one document")
    layout = Layout(text, trees[0])
    try:
        verify.read_twice(trees[0], text)
        planned = edits.with_local_breaks(text, _edits(layout, path, name))
        new = edits.apply(text, planned)
        after = list(yamltree.trees(new.encode()))
        if len(after) != 1:
            raise NotEditableError("the document would fall apart")
        intent = {id(trees[0].root): lambda data: _with(data, path, name)}
        verify.prove(trees[0], after[0], text, new, intent)
    except (verify.ProofError, yamltree.YamlError, edits.OverlapError) as error:
        raise NotEditableError(str(error)) from None
    return new


def _edits(layout: Layout, path: tuple[Step, ...], name: str) -> list[Edit]:
    node: Node = layout.tree.root
    parent: Node | None = None
    for at, step in enumerate(path):
        if isinstance(step, int):
            if not isinstance(node, SequenceNode) or step >= len(node.value):
                raise NotEditableError("the list is not as long as it was")
            node, parent = node.value[step], None
            continue
        if not isinstance(node, MappingNode) or not node.value:
            raise NotEditableError("there is no mapping to write into")
        number = _number(node, step)
        if number is None:
            return splice.insert(layout, node, step, _nested(path[at + 1 :], name), parent)
        key, value = node.value[number]
        if layout.alias(node, 2 * number + 1) or layout.anchored(value):
            raise NotEditableError("an anchor shares it")
        if _is_empty(value):
            return splice.fill(layout, node, number, _nested(path[at + 1 :], name))
        node, parent = value, key
    if not isinstance(node, SequenceNode):
        raise NotEditableError("`drop` is no list")
    return splice.append(layout, node, name)


def _number(mapping: MappingNode, key: str) -> int | None:
    found = [
        number
        for number, (each, _) in enumerate(mapping.value)
        if isinstance(each, yamltree.ScalarNode) and yamltree.text(each) == key
    ]
    if len(found) > 1:
        raise NotEditableError(f"`{key}` is written twice")
    return found[0] if found else None


def _is_empty(node: Node) -> bool:
    return yamltree.is_null(node) or (not isinstance(node, yamltree.ScalarNode) and not node.value)


def _nested(path: tuple[Step, ...], name: str) -> splice.Value:
    value: splice.Value = [name]
    for key in reversed(path):
        value = {str(key): value}
    return value


def _with(data: verify.Data, path: tuple[Step, ...], name: str) -> verify.Data:
    """The effective data with the name in the list."""
    if not path:
        return [*(data if isinstance(data, list) else []), verify.Written(name)]
    step = path[0]
    if isinstance(step, int):
        return [_with(item, path[1:], name) if at == step else item for at, item in enumerate(data)]
    data = dict(data) if isinstance(data, dict) else {}
    data[step] = _with(data.get(step), path[1:], name)
    return data

"""Edits for one change to one mapping or list, in the style of what stands around it."""

from __future__ import annotations

from netraw_lint.fix import flow
from netraw_lint.fix.flow import insertion
from netraw_lint.fix.layout import Layout, NotEditableError
from netraw_lint.model import Edit, Span
from netraw_lint.yamltree import MappingNode, ScalarNode, SequenceNode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from netraw_lint.nodes import Node

    Value = dict[str, "Value"] | list[str] | str


def insert(
    layout: Layout, mapping: MappingNode, key: str, value: Value, parent: Node | None = None
) -> list[Edit]:
    """Add ``key: value`` to a mapping that has other keys. ``parent`` is the key node that the mapping belongs to.

    Raises NotEditableError.
    """
    if mapping.flow_style:
        return flow.insert(layout, mapping, key, value)
    column = layout.key_column(mapping)
    lines = _block(layout, key, value, column, _sibling_offset(layout, mapping))
    complaint: NotEditableError | None = None
    for number in flow.places(mapping, key):
        try:
            if number < 0:
                at = _under_parent(layout, mapping, parent)
            else:
                end = layout.content_end(mapping, 2 * number + 1, mapping.value[number][1])
                at = layout.end_of_line_after(max(end, mapping.value[number][0].end_mark.index))
        except NotEditableError as error:
            complaint = complaint or error
            continue
        return [insertion(at, "".join(layout.newline + line for line in lines))]
    raise complaint or NotEditableError("there is no place for it")


def _under_parent(layout: Layout, mapping: MappingNode, parent: Node | None) -> int:
    """The end of the line of the key that a mapping belongs to, so that a comment below stays with its key."""
    first = mapping.value[0][0].start_mark.index
    if parent is None or not layout.is_own_line(first) or layout.line_start(first) <= parent.end_mark.index:
        raise NotEditableError("its first key does not stand on a line of its own")
    end = layout.line_end(parent.end_mark.index)
    between = layout.text[parent.end_mark.index : end].split("#")[0]
    if between.strip() != ":":
        raise NotEditableError("its key carries an anchor or a tag")
    return end


def fill(layout: Layout, owner: MappingNode, number: int, value: Value) -> list[Edit]:
    """Give a value to a key whose value is null or an empty collection. Raises NotEditableError."""
    key, old = owner.value[number]
    if layout.alias(owner, 2 * number + 1):
        if isinstance(old, ScalarNode):
            raise NotEditableError("its empty value is an alias")
        return flow.fill_inside(layout, old, value)
    start, end = old.start_mark.index, old.end_mark.index
    written = layout.text[start:end]
    if owner.flow_style:
        return flow.fill(layout, owner, number, value)
    if isinstance(old, ScalarNode):
        if layout.anchored(old) or old.tag is not None or written not in ("", "~", "null", "Null", "NULL"):
            raise NotEditableError("its empty value carries an anchor or a tag")
    elif layout.anchored(old) or not written.startswith(("{", "[")):
        return flow.fill_inside(layout, old, value)
    if isinstance(value, list) and isinstance(old, SequenceNode):
        return flow.fill_inside(layout, old, value)
    column = layout.key_column(owner)
    if start > layout.line_end(key.end_mark.index):
        # The value stands on a line of its own; what replaces it begins there.
        here = layout.column(start)
        if not layout.is_own_line(start) or not isinstance(value, dict):
            raise NotEditableError("its value is not where an empty value usually is")
        layout.end_of_line_after(end)
        lines = [line for name, inner in value.items() for line in _block(layout, name, inner, here, None)]
        return [Edit(Span(start, end), layout.newline.join(lines).lstrip(" "))]
    colon_end = layout.text.index(":", key.end_mark.index) + 1
    at = layout.end_of_line_after(end)
    lines = _block(layout, "", value, column, _sibling_offset(layout, owner))[1:]
    below = insertion(at, "".join(layout.newline + line for line in lines))
    if isinstance(value, list) and _flow_list(layout):
        return [Edit(Span(colon_end, end), f" {flow.one_line(layout, value)}")]
    return [Edit(Span(colon_end, end), ""), below] if end > colon_end else [below]


def append(layout: Layout, items: SequenceNode, name: str) -> list[Edit]:
    """Add an item to a list that has some, in the style of its last one. Raises NotEditableError."""
    number = len(items.value) - 1
    last = items.value[number]
    quote = last.style if isinstance(last, ScalarNode) and last.style in ('"', "'") else ""
    if layout.is_json:
        quote = '"'
    item = f"{quote}{name}{quote}"
    end = layout.content_end(items, number, last)
    if not items.flow_style:
        dash = layout.dash(items, number)
        content = (layout.alias(items, number) or (last.start_mark.index,))[0]
        gap = layout.text[dash + 1 : content] if content > dash + 1 else " "
        if gap.strip(" "):
            gap = " "
        at = layout.end_of_line_after(end)
        return [insertion(at, f"{layout.newline}{' ' * layout.column(dash)}-{gap}{item}")]
    if number and layout.pretty(items) and layout.is_own_line(layout.item_start(items, number)):
        return _append_on_own_line(layout, items, end, item)
    if not number and layout.pretty(items):
        return _append_on_own_line(layout, items, end, item)
    comma = ", " if flow.spaced_comma(layout, items) else ","
    return [insertion(end, f"{comma}{item}")]


def _append_on_own_line(layout: Layout, items: SequenceNode, end: int, item: str) -> list[Edit]:
    indentation = layout.indentation(layout.item_start(items, len(items.value) - 1))
    rest = layout.text[end : layout.line_end(end)]
    has_comma = rest.lstrip().startswith(",")
    if not layout.ends_line(end + rest.index(",") + 1 if has_comma else end):
        return [insertion(end, f", {item}")]
    if has_comma:
        at = layout.end_of_line_after(end + rest.index(",") + 1)
        return [insertion(at, f"{layout.newline}{indentation}{item},")]
    at = layout.end_of_line_after(end)
    # The comma goes in front of a trailing comment, the new line behind it.
    if at == end:
        return [insertion(end, f",{layout.newline}{indentation}{item}")]
    return [insertion(end, ","), insertion(at, f"{layout.newline}{indentation}{item}")]


def respell(layout: Layout, node: Node, name: str) -> list[Edit]:
    """Write another name in place of a scalar, in its quotes. Raises NotEditableError."""
    start, end = node.start_mark.index, node.end_mark.index
    written = layout.text[start:end]
    if not isinstance(node, ScalarNode) or layout.anchored(node) or node.tag is not None:
        raise NotEditableError("the entry carries an anchor or a tag")
    quote = node.style if node.style in ('"', "'") else ""
    if node.style in ("|", ">") or (quote and not (written[:1] == written[-1:] == quote)):
        raise NotEditableError("the entry is a block scalar")
    return [Edit(Span(start, end), f"{quote}{name}{quote}")]


def remove_items(layout: Layout, items: SequenceNode, numbers: Sequence[int]) -> list[Edit]:
    """Take some items out of a list, in flow style not all. Raises NotEditableError."""
    for number in numbers:
        if layout.anchored(items.value[number]) and not layout.alias(items, number):
            raise NotEditableError("the entry to remove carries an anchor")
    if items.flow_style:
        return flow.remove_items(layout, items, numbers)
    return [
        _cut_lines(layout, layout.dash(items, number), _item_end(layout, items, number)) for number in numbers
    ]


def remove_pair(
    layout: Layout, owner: MappingNode, number: int, instead: tuple[str, Value] | None
) -> list[Edit]:
    """Take a key with a list as its value out of a mapping, and write another pair in its place, if any.

    Comments on lines of their own stay. Raises NotEditableError.
    """
    key, items = owner.value[number]
    is_alias = layout.alias(owner, 2 * number + 1) is not None
    if not is_alias and _holds_anchor(layout, items):
        raise NotEditableError("the list to remove carries an anchor")
    if owner.flow_style:
        return flow.remove_pair(layout, owner, number, instead)
    column = layout.key_column(owner)
    start = key.start_mark.index
    end = layout.content_end(owner, 2 * number + 1, items)
    if not layout.is_own_line(start):
        raise NotEditableError("the key does not stand on a line of its own")
    if items.flow_style or is_alias:
        if "#" in layout.text[start:end]:
            raise NotEditableError("a comment stands inside the list")
        edits = [_cut_lines(layout, start, end)]
    elif not isinstance(items, SequenceNode):
        raise NotEditableError(f"`{key.value}` is no list")
    else:
        key_line = layout.line_end(key.end_mark.index)
        edits = [_cut_lines(layout, start, min(key_line, layout.text.index(":", key.end_mark.index) + 1))]
        edits += remove_items(layout, items, range(len(items.value)))
    if instead:
        lines = [] if is_alias else _like(layout, key, items, instead)
        lines = lines or _block(layout, *instead, column, None)
        edits.append(insertion(edits[-1].span.end, "".join(layout.newline + line for line in lines)))
    elif len(owner.value) == 1:
        raise NotEditableError("nothing would be left of the mapping")
    return edits


def _like(layout: Layout, key: Node, items: Node, instead: tuple[str, Value]) -> list[str]:
    """The lines of a pair with a list, written as the list in whose place it comes; none if that is not possible."""
    name, value = instead
    first = items.value[0] if isinstance(items, SequenceNode) and items.value else None
    if not isinstance(value, list) or not isinstance(first, ScalarNode):
        return []
    quote = first.style if first.style in ('"', "'") else ""
    column = layout.column(key.start_mark.index)
    head = f"{' ' * column}{name}:"
    names = [f"{quote}{item}{quote}" for item in value]
    if items.flow_style:
        opening = layout.text[items.start_mark.index : first.start_mark.index]
        padding = opening.removeprefix("[")
        return [f"{head} [{padding}{', '.join(names)}{padding}]"] if not padding.strip(" ") else []
    dash = " " * (column + (_offset_of(layout, key, items) or 0))
    return [head, *(f"{dash}- {item}" for item in names)]


def cut_pair(layout: Layout, owner: MappingNode, number: int) -> list[Edit]:
    """Take a key and all of its value out of a mapping that has others. Raises NotEditableError."""
    key, value = owner.value[number]
    if layout.alias(owner, 2 * number + 1) or _holds_anchor(layout, value):
        raise NotEditableError("what is to be removed carries an anchor")
    if owner.flow_style:
        return flow.remove_pair(layout, owner, number, None)
    layout.key_column(owner)
    start, end = key.start_mark.index, layout.content_end(owner, 2 * number + 1, value)
    if any(line.lstrip().startswith("#") for line in layout.text[start:end].splitlines()):
        raise NotEditableError("a comment stands inside what is to be removed")
    return [_cut_lines(layout, start, end)]


def _holds_anchor(layout: Layout, node: Node) -> bool:
    """Whether a node or anything written inside it has an anchor."""
    if layout.anchored(node):
        return True
    children = [part for pair in node.value for part in pair] if isinstance(node, MappingNode) else node.value
    return not isinstance(node, ScalarNode) and any(
        _holds_anchor(layout, child)
        for number, child in enumerate(children)
        if not layout.alias(node, number)
    )


# -- block style ------------------------------------------------------------------------------------------------


def _block(layout: Layout, key: str, value: Value, column: int, offset: int | None) -> list[str]:
    """The lines of ``key: value`` at a column."""
    head = f"{' ' * column}{key}:"
    if isinstance(value, str):
        return [f"{head} {value}"]
    if isinstance(value, list):
        if _flow_list(layout):
            return [f"{head} {flow.one_line(layout, value)}"]
        dash = " " * (column + (layout.offset if offset is None else offset))
        quote = layout.list_quote or ""
        return [head, *(f"{dash}- {quote}{item}{quote}" for item in value)]
    inner = [
        line
        for name, part in value.items()
        for line in _block(layout, name, part, column + layout.indent, None)
    ]
    return [head, *inner]


def _flow_list(layout: Layout) -> bool:
    return layout.list_flow > layout.list_block


def _sibling_offset(layout: Layout, mapping: MappingNode) -> int | None:
    """How far the lists of a mapping are indented below their keys, if it has any."""
    for number, (key, value) in enumerate(mapping.value):
        is_block = isinstance(value, SequenceNode) and value.value and not value.flow_style
        if is_block and not layout.alias(mapping, 2 * number + 1):
            return _offset_of(layout, key, value)
    return None


def _offset_of(layout: Layout, key: Node, items: Node) -> int | None:
    if items.flow_style:
        return None
    return layout.column(layout.dash(items, 0)) - layout.column(key.start_mark.index)


def _cut_lines(layout: Layout, start: int, end: int) -> Edit:
    """Cut the whole lines from ``start`` to ``end``, from the line break in front of them to their last one's end.

    So two neighbours never overlap, and the end of the text needs no care.
    """
    if not layout.is_own_line(start):
        raise NotEditableError("the entry does not stand on a line of its own")
    line = layout.line_start(start)
    if line == 0:
        raise NotEditableError("the entry stands on the first line")
    before = line - 2 if layout.text[line - 2 : line] == "\r\n" else line - 1
    return Edit(Span(before, layout.end_of_line_after(end)), "")


def _item_end(layout: Layout, items: SequenceNode, number: int) -> int:
    return layout.content_end(items, number, items.value[number])

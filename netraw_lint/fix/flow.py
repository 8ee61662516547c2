"""Edits inside flow collections, JSON among them: one line or one entry per line, as the neighbours are."""

from __future__ import annotations

from netraw_lint.fix.layout import Layout, NotEditableError, is_sorted
from netraw_lint.model import Edit, Span
from netraw_lint.yamltree import MappingNode, ScalarNode, SequenceNode, text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from netraw_lint.nodes import Node

    Value = dict[str, "Value"] | list[str] | str

# Where a securityContext goes in a container whose keys are in no order: right behind the image.
_BEFORE_NEW_KEY = {"securityContext": ("image", "imagePullPolicy")}


def places(mapping: MappingNode, key: str) -> list[int]:
    """The pairs to insert behind, best first; -1 is in front of all."""
    names = [text(node) if isinstance(node, ScalarNode) else "" for node, _ in mapping.value]
    last = len(names) - 1
    if is_sorted(mapping):
        best = sum(name < key for name in names) - 1
    else:
        best = max(
            (names.index(name) for name in _BEFORE_NEW_KEY.get(key, ()) if name in names), default=last
        )
    others = [*range(best - 1, -1, -1), *range(best + 1, last + 1)]
    return [best, *others] if best >= 0 else [-1, *range(last + 1)]


def insertion(at: int, written: str) -> Edit:
    """An edit that only adds text."""
    return Edit(Span(at, at), written)


def fill_inside(layout: Layout, old: Node, value: Value) -> list[Edit]:
    """Fill an empty flow collection between its brackets."""
    end = old.end_mark.index - 1
    start = layout.text.rfind("{" if isinstance(old, MappingNode) else "[", 0, end)
    if layout.text[start + 1 : end].strip():
        raise NotEditableError("its empty value holds a comment")
    return [Edit(Span(start + 1, end), one_line(layout, value)[1:-1])]


def one_line(layout: Layout, value: Value, pad: str = "") -> str:
    """A value on one line, ``pad`` inside its braces. JSON has its quotes, and blanks as the document has them."""
    colon, comma = (": ", ", ") if not layout.is_json or _spaced(layout) else (":", ",")
    if isinstance(value, str):
        return f'"{value}"' if layout.is_json else value
    if isinstance(value, list):
        quote = '"' if layout.is_json or layout.flow_quote is None else layout.flow_quote
        return f"[{comma.join(f'{quote}{item}{quote}' for item in value)}]"
    quote = '"' if layout.is_json else ""
    pairs = [f"{quote}{key}{quote}{colon}{one_line(layout, part, pad)}" for key, part in value.items()]
    return f"{{{pad}{comma.join(pairs)}{pad}}}"


def _padding(layout: Layout, mapping: Node) -> str:
    """The blank behind the opening brace of a mapping, if it has one in front of the closing brace too."""
    first = mapping.value[0][0].start_mark.index
    padded = layout.text[first - 2 : first] == "{ " and layout.text[mapping.end_mark.index - 2] == " "
    return " " if padded else ""


def _spaced(layout: Layout) -> bool:
    """Whether JSON has a blank behind its first colon."""
    root = layout.tree.root
    first = root.value[0] if isinstance(root, SequenceNode) and root.value else root
    if not isinstance(first, MappingNode) or not first.value:
        return True
    at = layout.text.find(":", first.value[0][0].end_mark.index)
    return layout.text[at + 1 : at + 2] in (" ", "\t", "\r", "\n")


def spaced_comma(layout: Layout, node: Node) -> bool:
    """Whether a blank or a new line follows the first comma of a flow collection."""
    if len(node.value) < 2:
        return not layout.is_json or _spaced(layout)
    first = node.value[0][1] if isinstance(node, MappingNode) else node.value[0]
    at = layout.text.find(",", first.end_mark.index)
    return layout.text[at + 1 : at + 2] in (" ", "\r", "\n")


def _pretty_lines(layout: Layout, value: Value, indentation: str, unit: str) -> str:
    """A value over several lines, as pretty-printed JSON."""
    inner = indentation + unit
    quote = '"' if layout.is_json else ""
    if isinstance(value, str):
        return f"{quote}{value}{quote}"
    if isinstance(value, list):
        mark = '"' if layout.is_json or layout.flow_quote is None else layout.flow_quote
        parts = [f"{mark}{item}{mark}" for item in value]
        opening, closing = "[", "]"
    else:
        parts = [
            f"{quote}{key}{quote}: {_pretty_lines(layout, part, inner, unit)}" for key, part in value.items()
        ]
        opening, closing = "{", "}"
    body = f",{layout.newline}".join(inner + part for part in parts)
    return f"{opening}{layout.newline}{body}{layout.newline}{indentation}{closing}"


def _pair(layout: Layout, mapping: MappingNode, key: str, value: Value) -> str:
    quote = '"' if layout.is_json else ""
    if layout.pretty(mapping):
        first = mapping.value[0][0].start_mark.index
        indentation = layout.indentation(first)
        outer = layout.indentation(mapping.start_mark.index)
        unit = indentation[len(outer) :] if indentation.startswith(outer) else "  "
        return f"{quote}{key}{quote}: {_pretty_lines(layout, value, indentation, unit or '  ')}"
    return _short_pair(layout, mapping, key, value)


def _short_pair(layout: Layout, mapping: MappingNode, key: str, value: Value) -> str:
    quote = '"' if layout.is_json else ""
    colon = ": " if not layout.is_json or _spaced(layout) else ":"
    return f"{quote}{key}{quote}{colon}{one_line(layout, value, _padding(layout, mapping))}"


def insert(layout: Layout, mapping: MappingNode, key: str, value: Value) -> list[Edit]:
    pair = _pair(layout, mapping, key, value)
    pretty = layout.pretty(mapping)
    number = places(mapping, key)[0]
    first = mapping.value[0][0].start_mark.index
    separator = layout.newline + layout.indentation(first) if pretty else " "
    if not pretty and not spaced_comma(layout, mapping):
        separator = ""
    if number < 0:
        return [insertion(first, f"{pair},{separator}")]
    before, old = mapping.value[number]
    end = layout.content_end(mapping, 2 * number + 1, old)
    is_empty = isinstance(old, ScalarNode) and old.start_mark.index == old.end_mark.index
    if is_empty and end != before.end_mark.index:
        raise NotEditableError("the value in front of it is empty")
    if not pretty:
        return [insertion(end, f",{separator}{pair}")]
    rest = layout.text[end : layout.line_end(end)].lstrip(" \t")
    behind = layout.text.index(",", end) + 1 if rest.startswith(",") else end
    if not layout.ends_line(behind):
        # The lines are those of a narrow page, not one per entry.
        return [insertion(end, f", {_short_pair(layout, mapping, key, value)}")]
    if rest.startswith(","):
        comma = layout.text.index(",", end) + 1
        at = layout.end_of_line_after(comma)
        is_last = number == len(mapping.value) - 1
        return [
            insertion(at, f"{separator}{pair}" + ("" if is_last and not _trailing(layout, mapping) else ","))
        ]
    at = layout.end_of_line_after(end)
    if at == end:
        return [insertion(end, f",{separator}{pair}")]
    return [insertion(end, ","), insertion(at, f"{separator}{pair}")]


def _trailing(layout: Layout, node: Node) -> bool:
    """Whether a comma stands in front of the closing bracket."""
    return layout.text[: node.end_mark.index - 1].rstrip().endswith(",")


def fill(layout: Layout, owner: MappingNode, number: int, value: Value) -> list[Edit]:
    key, old = owner.value[number]
    if isinstance(old, ScalarNode):
        if layout.anchored(old) or old.tag is not None:
            raise NotEditableError("its empty value carries an anchor or a tag")
        start, end = old.start_mark.index, old.end_mark.index
        if start == end:
            colon = layout.text.find(":", key.end_mark.index, start + 1)
            if colon < 0 or layout.text[key.end_mark.index : colon].strip():
                raise NotEditableError("its value is empty")
            start = end = colon + 1
            return [Edit(Span(start, end), f" {one_line(layout, value, _padding(layout, owner))}")]
    elif layout.anchored(old) or not layout.text.startswith(("{", "["), old.start_mark.index):
        return fill_inside(layout, old, value)
    else:
        start, end = old.start_mark.index, old.end_mark.index
    if layout.pretty(owner):
        first = owner.value[0][0].start_mark.index
        indentation, outer = layout.indentation(first), layout.indentation(owner.start_mark.index)
        unit = indentation[len(outer) :] if indentation.startswith(outer) else "  "
        return [Edit(Span(start, end), _pretty_lines(layout, value, indentation, unit or "  "))]
    return [Edit(Span(start, end), one_line(layout, value, _padding(layout, owner)))]


def remove_items(layout: Layout, items: SequenceNode, numbers: Iterable[int]) -> list[Edit]:
    """Cut items of a flow list, each with the comma behind it, or in front of it for the last ones."""
    gone = set(numbers)
    edits = []
    for number in sorted(gone):
        start, end = layout.item_start(items, number), layout.content_end(items, number, items.value[number])
        if any(later not in gone for later in range(number + 1, len(items.value))):
            cut = Span(start, layout.item_start(items, number + 1))
        else:
            cut = Span(layout.content_end(items, number - 1, items.value[number - 1]), end)
        if "#" in layout.text[cut.start : cut.end]:
            raise NotEditableError("a comment stands inside the list")
        edits.append(Edit(cut, ""))
    return edits


def remove_pair(
    layout: Layout, owner: MappingNode, number: int, instead: tuple[str, Value] | None
) -> list[Edit]:
    key, items = owner.value[number]
    start, end = key.start_mark.index, layout.content_end(owner, 2 * number + 1, items)
    if instead:
        cut = Span(start, end)
    elif number + 1 < len(owner.value):
        cut = Span(start, owner.value[number + 1][0].start_mark.index)
    elif number:
        cut = Span(layout.content_end(owner, 2 * number - 1, owner.value[number - 1][1]), end)
    else:
        raise NotEditableError("nothing would be left of the mapping")
    if "#" in layout.text[cut.start : cut.end]:
        raise NotEditableError("a comment stands inside the list")
    return [Edit(cut, _pair(layout, owner, *instead) if instead else "")]

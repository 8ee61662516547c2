"""How a document is laid out: where things end, how it indents, which styles its neighbours use."""

from __future__ import annotations

import re
from bisect import bisect_left

from netraw_lint import yamltree
from netraw_lint.yamltree import MappingNode, ScalarNode, SequenceNode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from netraw_lint.nodes import Node
    from netraw_lint.yamltree import Tree

# YAML 1.1 breaks lines at these too, YAML 1.2 does not: nothing is inserted near one.
_ODD_BREAKS = "\x85\u2028\u2029"
_REST_OF_LINE = re.compile(r"[ \t]*(#[^\r\n]*)?(?=[\r\n]|\Z)")
_BEFORE_KEY = re.compile(r"(- +|[&!][^ \t\r\n]* +)*\Z")
_LINE_BREAK = re.compile(r"\r\n|\r|\n")


class NotEditableError(Exception):
    """The place is not one where text can be spliced safely; the message says why."""


class Layout:
    """The text of a document with its nodes, and what its style is."""

    def __init__(self, text: str, tree: Tree, first_line: int = 0) -> None:
        self.text = text
        self.tree = tree
        self.first_line = first_line
        self._breaks: list[int] | None = None
        found = _LINE_BREAK.search(text)
        self.newline = found[0] if found else "\n"
        indents: dict[int, int] = {}
        offsets: dict[int, int] = {}
        self.list_flow = self.list_block = 0
        self.list_quote: str | None = None
        self.flow_quote: str | None = None
        for node in self.nodes():
            self._vote(node, indents, offsets)
        self.indent = _majority(indents, 2)
        self.offset = _majority(offsets, 0)
        root = tree.root
        self.is_json = (
            isinstance(root, (MappingNode, SequenceNode))
            and bool(root.flow_style)
            and all(
                key.style == '"'
                for node in self.nodes()
                if isinstance(node, MappingNode)
                for key, _ in node.value
            )
        )

    def nodes(self) -> Iterator[Node]:
        """Every node that is written, once."""
        seen: set[int] = set()
        stack = [self.tree.root]
        while stack:
            node = stack.pop()
            if id(node) in seen:
                continue
            seen.add(id(node))
            yield node
            if isinstance(node, MappingNode):
                stack += [part for pair in node.value for part in pair]
            elif isinstance(node, SequenceNode):
                stack += node.value

    def _vote(self, node: Node, indents: dict[int, int], offsets: dict[int, int]) -> None:
        if not isinstance(node, MappingNode):
            return
        for number, (key, value) in enumerate(node.value):
            if self.alias(node, 2 * number + 1):
                continue
            if isinstance(value, SequenceNode) and value.value and isinstance(key, ScalarNode):
                if key.value in ("add", "drop"):
                    self._vote_style(value)
                if not value.flow_style and not node.flow_style:
                    offset = self.column(self.dash(value, 0)) - self.column(key.start_mark.index)
                    offsets[offset] = offsets.get(offset, 0) + 1
            elif (
                isinstance(value, MappingNode)
                and value.value
                and not value.flow_style
                and not node.flow_style
            ):
                step = self.column(value.value[0][0].start_mark.index) - self.column(key.start_mark.index)
                if step > 0:
                    indents[step] = indents.get(step, 0) + 1

    def _vote_style(self, items: SequenceNode) -> None:
        first = next((item for item in items.value if isinstance(item, ScalarNode)), None)
        quote = first.style if first is not None and first.style in ('"', "'") else ""
        if items.flow_style:
            self.list_flow += 1
            self.flow_quote = quote if self.flow_quote is None else self.flow_quote
        else:
            self.list_block += 1
            self.list_quote = quote if self.list_quote is None else self.list_quote

    def alias(self, parent: Node, child: int) -> tuple[int, int] | None:
        """The span of the alias that stands for a child, if one does."""
        return self.tree.aliases.get((id(parent), child))

    def anchored(self, node: Node) -> bool:
        """Whether a node has an anchor."""
        return id(node) in self.tree.anchored

    def line_number(self, at: int) -> int:
        """The 1-based line of an offset in the source that the text is a part of."""
        if self._breaks is None:
            self._breaks = [found.start() for found in re.finditer("\n", self.text)]
        return self.first_line + bisect_left(self._breaks, at) + 1

    # -- places ---------------------------------------------------------------------------------------------

    def line_start(self, at: int) -> int:
        """Where the line around an offset begins."""
        start = self.text.rfind("\n", 0, at) + 1
        # From there on: a text without a carriage return is not to be searched to its beginning each time.
        return max(start, self.text.rfind("\r", start, at) + 1)

    def column(self, at: int) -> int:
        """The 0-based column of an offset."""
        return at - self.line_start(at)

    def line_end(self, at: int) -> int:
        """Where the line around an offset ends, in front of its line break."""
        found = _LINE_BREAK.search(self.text, at)
        return found.start() if found else len(self.text)

    def end_of_line_after(self, at: int) -> int:
        """The end of the line that ``at`` is the last content of; a trailing comment belongs to it.

        Raises NotEditableError where something else follows, or where YAML versions disagree on the line.
        """
        rest = _REST_OF_LINE.match(self.text, at)
        if rest is None:
            raise NotEditableError("something follows on the same line")
        line = self.text[self.line_start(at) : rest.end()]
        if any(odd in line for odd in _ODD_BREAKS):
            raise NotEditableError(
                "the line holds a character that only some YAML readers take for a line break"
            )
        return rest.end()

    def ends_line(self, at: int) -> bool:
        """Whether nothing but a comment follows on the line."""
        return _REST_OF_LINE.match(self.text, at) is not None

    def key_column(self, mapping: MappingNode) -> int:
        """The column of the keys of a block mapping. Raises NotEditableError for explicit ``?`` keys."""
        for key, _ in mapping.value:
            start = key.start_mark.index
            before = self.text[self.line_start(start) : start].lstrip(" ")
            if not _BEFORE_KEY.match(before):
                raise NotEditableError("a key there is written with `?`, or something stands in front of it")
        return self.column(mapping.value[0][0].start_mark.index)

    def dash(self, sequence: Node, number: int) -> int:
        """Where the dash of a block sequence's item stands."""
        alias = self.alias(sequence, number)
        start = alias[0] if alias else sequence.value[number].start_mark.index
        at = self.text.rfind("-", 0, start)
        item = sequence.value[number]
        if not alias and isinstance(item, ScalarNode) and item.start_mark.index == item.end_mark.index:
            at = self.text.rfind("-", 0, start + 1)  # a null item begins right behind its dash
        return at

    def item_start(self, items: SequenceNode, number: int) -> int:
        """Where an item of a list begins."""
        alias = self.alias(items, number)
        return alias[0] if alias else items.value[number].start_mark.index

    def content_end(self, parent: Node, child: int, node: Node) -> int:
        """Where the last character of a child's content is; block collections end where their last leaf does.

        Raises NotEditableError for a block scalar whose end cannot be told from what follows it.
        """
        alias = self.alias(parent, child)
        if alias:
            return alias[1]
        if isinstance(node, ScalarNode):
            return self._scalar_end(node)
        if node.flow_style or not node.value:
            return node.end_mark.index
        if isinstance(node, MappingNode):
            last = len(node.value) - 1
            return self.content_end(node, 2 * last + 1, node.value[last][1])
        last = len(node.value) - 1
        return self.content_end(node, last, node.value[last])

    def _scalar_end(self, node: ScalarNode) -> int:
        end = node.end_mark.index
        if node.style not in ("|", ">"):
            return end
        header = self.text[node.start_mark.index : self.line_end(node.start_mark.index)].split("#")[0]
        if "+" in header:
            raise NotEditableError("it ends in a block scalar that keeps its trailing lines")
        if end == len(self.text) and not self.text.endswith(("\n", "\r")):
            raise NotEditableError("it ends in a block scalar without a final line break")
        # Trailing empty lines belong to nobody; lines of blanks can be content.
        while end > 0 and self.text[end - 1] in "\r\n":
            end -= 1
        return end

    def is_own_line(self, at: int) -> bool:
        """Whether only blanks stand in front of an offset on its line."""
        return not self.text[self.line_start(at) : at].strip(" ")

    def pretty(self, node: Node) -> bool:
        """Whether a flow collection has its first child on a line of its own."""
        first = node.value[0][0] if isinstance(node, MappingNode) else node.value[0]
        return bool(self.is_own_line(first.start_mark.index) or self._only_tabs(first.start_mark.index))

    def _only_tabs(self, at: int) -> bool:
        return not self.text[self.line_start(at) : at].strip(" \t")

    def indentation(self, at: int) -> str:
        """The blanks that the line around an offset begins with."""
        start = self.line_start(at)
        line = self.text[start : self.line_end(start)]
        return line[: len(line) - len(line.lstrip(" \t"))]


def _majority(votes: dict[int, int], otherwise: int) -> int:
    usable = {value: count for value, count in votes.items() if value >= 0}
    return max(usable, key=lambda value: (usable[value], -value)) if usable else otherwise


def is_sorted(mapping: MappingNode) -> bool:
    """Whether the keys of a mapping are in order."""
    keys = [yamltree.text(key) for key, _ in mapping.value if isinstance(key, ScalarNode)]
    return keys == sorted(keys) and len(keys) == len(mapping.value)

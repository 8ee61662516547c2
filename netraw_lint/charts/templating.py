"""A drop list written into the text of a template, where the text is literal enough to be sure."""

from __future__ import annotations

import re

from netraw_lint.charts.actions import actions, blocks
from netraw_lint.fix.layout import NotEditableError
from netraw_lint.noun import Noun

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from netraw_lint.charts.actions import Block

_CONTENT = re.compile(r"^([ \t]*)((?:- +)*)")
_ITEM = re.compile(r"^([ \t]*)- +(\"?)[A-Za-z_]+\"?[ \t]*(#.*)?\r?$")
_BARE = re.compile(r"^[ \t]*(?:- +)*[A-Za-z]+:[ \t]*(#.*)?\r?$")
_FLOW = re.compile(r"^([ \t]*(?:- +)*drop:[ \t]*\[)([^\]{}#]*)(\][ \t]*(?:#.*)?\r?)$")
_CLOSES = re.compile(r"\{\{-?\s*(end|else)\b")
_BODY_ACTIONS = ("toYaml", "include", "template", "tpl", "range")


class Lacking(Noun):
    """A container that lacks a drop: the lines (1-based) of its keys in one template; 0 where there is none."""

    image: int = 0
    context: int = 0
    capabilities: int = 0
    drop: int = 0


class TemplateEdit(Noun):
    """Lines put in front of a line of a template, or in its place."""

    line: int
    text: str
    replaces: bool
    title: str


def apply(text: str, edits: Sequence[TemplateEdit]) -> str:
    """The text with the edits made, each counted in the lines of the old text."""
    lines = text.split("\n")
    for edit in sorted(set(edits), key=lambda edit: edit.line, reverse=True):
        at = edit.line - 1
        lines[at : at + 1 if edit.replaces else at] = edit.text.split("\n")
    return "\n".join(lines)


def edit(text: str, lacking: Lacking, name: str) -> TemplateEdit:
    """What to write for a container. Raises NotEditableError with the reason against it."""
    template = _Template(text)
    if lacking.drop:
        return template.add_item(lacking.drop, name)
    if lacking.capabilities:
        return template.add_below(lacking.capabilities, ["drop:", f"  - {name}"], "added drop")
    if lacking.context:
        return template.add_capabilities(lacking.context, ["capabilities:", "  drop:", f"    - {name}"])
    if lacking.image:
        return template.add_context(lacking.image, name)
    raise NotEditableError("no line of a template of this chart makes the container")


class _Template:
    """The text of a template in lines."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.lines = text.split("\n")
        self.end = "\r" if self.lines[0].endswith("\r") else ""
        self.inside = _lines_inside_actions(text)

    def add_item(self, line: int, name: str) -> TemplateEdit:
        """Another item of a literal list."""
        written = self.lines[line - 1]
        flow = _FLOW.match(written)
        if flow:
            items = flow[2].rstrip()
            quote = '"' if '"' in items or not items else "'" if "'" in items else ""
            comma = ", " if items.strip() else ""
            new = f"{flow[1]}{items}{comma}{quote}{name}{quote}{flow[3]}"
            return TemplateEdit(line, new, True, f"added {name} to drop")
        last = line
        while last < len(self.lines) and _ITEM.match(self.lines[last]):
            last += 1
        if last == line or not _BARE.match(written):
            raise NotEditableError(f"the drop list on line {line} is not spelled out")
        item = _ITEM.match(self.lines[last - 1])
        indentation, quote = (item[1], item[2]) if item else ("", "")
        following = self.lines[last] if last < len(self.lines) else ""
        goes_on = following.strip().startswith("-") and len(following) - len(following.lstrip()) >= len(
            indentation
        )
        if goes_on or (following.strip().startswith("{{") and not _CLOSES.match(following.strip())):
            raise NotEditableError(f"the drop list on line {line} is made by an action")
        return TemplateEdit(
            last + 1, f"{indentation}- {quote}{name}{quote}{self.end}", False, f"added {name} to drop"
        )

    def add_below(self, line: int, wanted: list[str], title: str) -> TemplateEdit:
        """Keys of a mapping whose body is literal."""
        if not _BARE.match(self.lines[line - 1]):
            raise NotEditableError(f"what is on line {line} does not stand below its key")
        column = self._column(line)
        body = self._body(line, column)
        if not body:
            raise NotEditableError(f"there is nothing below line {line}")
        for number in body:
            words = self.lines[number - 1].strip()
            if words.startswith("{{") and any(word in words for word in _BODY_ACTIONS):
                raise NotEditableError(f"it is made by {_shown(words)} on line {number}, not spelled out")
        first = self.lines[body[0] - 1]
        if not first.strip() or first.strip().startswith("{{"):
            raise NotEditableError(f"what is below line {line} depends on {_shown(first)}")
        below = len(first) - len(first.lstrip(" "))
        lines = "\n".join(f"{' ' * below}{part}{self.end}" for part in wanted)
        return TemplateEdit(line + 1, lines, False, title)

    def add_capabilities(self, line: int, wanted: list[str]) -> TemplateEdit:
        """The capabilities of a literal securityContext, if need be in the else of their guard."""
        body = self._body(line, self._column(line))
        guarded = [number for number in body if self.lines[number - 1].strip().startswith("capabilities:")]
        if not guarded or not _BARE.match(self.lines[line - 1]):
            return self.add_below(line, wanted, "added capabilities")
        blanks = " " * self._column(guarded[0])
        text = "\n".join(f"{blanks}{part}{self.end}" for part in wanted)
        return self._else(guarded, range(body[0], body[-1] + 1), text, "capabilities")

    def add_context(self, line: int, name: str) -> TemplateEdit:
        """A securityContext for a container without one: in front of its image, or in the else of its guard."""
        column = self._column(line)
        extent = self._extent(line, column)
        wanted = ["securityContext:", "  capabilities:", "    drop:", f"      - {name}"]
        text = "\n".join(f"{' ' * column}{part}{self.end}" for part in wanted)
        guarded = [
            number
            for number in extent
            if self.lines[number - 1].strip(" -").startswith("securityContext:")
            and self._column(number) == column
        ]
        if guarded:
            return self._else(guarded, extent, text, "securityContext")
        return self._insertion(line, extent, text, column)

    def _insertion(self, line: int, extent: range, text: str, column: int) -> TemplateEdit:
        outer = self._outermost(line, extent)
        at = outer if outer is not None else line
        written = self.lines[at - 1]
        dash = _CONTENT.match(written)
        if outer is None and dash and dash[2]:
            if self.text.count("{{", 0) and (line in self.inside or line + 1 in self.inside):
                raise NotEditableError(f"line {line} does not end its value")
            following = self.lines[at] if at < len(self.lines) else ""
            if len(following) - len(following.lstrip(" ")) > column and following.strip():
                raise NotEditableError(f"the value on line {line} goes on below it")
            return TemplateEdit(at + 1, text, False, "inserted securityContext")
        if at in self.inside:
            raise NotEditableError(f"line {at} is inside an action")
        before = self.text.split("\n")[at - 2].rstrip() if at > 1 else ""
        if before.endswith("-}}"):
            raise NotEditableError(f"the action in front of line {at} eats the line break")
        title = "inserted securityContext" if outer is None else "inserted securityContext (hoisted)"
        return TemplateEdit(at, text, False, title)

    def _outermost(self, line: int, extent: range) -> int | None:
        """The line of the outermost block around a line that begins within the container; None without one."""
        found = None
        for block in blocks(self.text):
            start, end = self._line_of(block.opening.start), self._line_of(block.end.start)
            if start < line <= end and start in extent and start > extent.start:
                found = start if found is None else min(found, start)
        return found

    def _else(self, guarded: list[int], extent: range, text: str, what: str) -> TemplateEdit:
        number = guarded[0]
        around = [
            block
            for block in blocks(self.text)
            if self._line_of(block.opening.start) in extent
            and self._line_of(block.opening.start) < number < self._line_of(block.end.start)
        ]
        if len(guarded) != 1 or len(around) != 1:
            raise NotEditableError(
                f"line {number} makes its {what}, and no value of this chart was found to reach it"
            )
        block = around[0]
        end = self._line_of(block.end.start)
        if block.middle or block.opening.keyword not in ("if", "with") or not self._is_guard(block, number):
            raise NotEditableError(f"the guard of {what} on line {number} has no plain else")
        indentation = _CONTENT.match(self.lines[end - 1])
        prefix = indentation[1] if indentation else ""
        return TemplateEdit(
            end, f"{prefix}{{{{- else }}}}{self.end}\n{text}", False, f"added an else with {what}"
        )

    def _is_guard(self, block: Block, number: int) -> bool:
        """Whether a block holds a securityContext and nothing else, with its ``end`` on a line of its own."""
        start, end = self._line_of(block.opening.start), self._line_of(block.end.start)
        column = self._column(number)
        own_line = self.lines[end - 1].strip()
        inner = [
            line
            for line in range(start + 1, end)
            if line != number and self.lines[line - 1].strip() and self._column(line) <= column
        ]
        literal = [line for line in inner if not self.lines[line - 1].strip().startswith("{{")]
        return not literal and own_line.startswith("{{") and self._line_of(block.opening.end) == start

    def _line_of(self, at: int) -> int:
        return self.text.count("\n", 0, at) + 1

    def _column(self, line: int) -> int:
        content = _CONTENT.match(self.lines[line - 1])
        return len(content[0]) if content else 0

    def _extent(self, line: int, column: int) -> range:
        """The lines of the container around the line of one of its keys at a column."""
        first = line
        while first > 1 and not self._opens_item(first, column) and self._belongs(first - 1, column):
            first -= 1
        last = line
        while (
            last < len(self.lines)
            and self._belongs(last + 1, column)
            and not self._opens_item(last + 1, column)
        ):
            last += 1
        return range(first, last + 1)

    def _opens_item(self, line: int, column: int) -> bool:
        content = _CONTENT.match(self.lines[line - 1])
        return bool(content and content[2] and len(content[0]) == column)

    def _belongs(self, line: int, column: int) -> bool:
        words = self.lines[line - 1].strip()
        if not words or words.startswith(("{{", "#")) or line in self.inside:
            return not words.startswith("{{- define") and "define " not in words[:12]
        return self._column(line) >= column

    def _body(self, line: int, column: int) -> list[int]:
        """The lines below a key, as far as they belong to it."""
        body = []
        for number in range(line + 1, len(self.lines) + 1):
            words = self.lines[number - 1].strip()
            if words and not words.startswith(("{{", "#")) and self._column(number) <= column:
                break
            body.append(number)
        while body and not self.lines[body[-1] - 1].strip():
            body.pop()
        # Actions at the end of the body close blocks around it.
        while body and _CLOSES.match(self.lines[body[-1] - 1].strip()):
            body.pop()
        return body


def _lines_inside_actions(text: str) -> set[int]:
    """The lines (1-based) that begin inside an action."""
    found: set[int] = set()
    for action in actions(text):
        first = text.count("\n", 0, action.start) + 1
        found |= set(range(first + 1, first + 1 + text.count("\n", action.start, action.end)))
    return found


def _shown(words: str) -> str:
    words = words.strip()
    return words if len(words) <= 60 else f"{words[:57]}..."

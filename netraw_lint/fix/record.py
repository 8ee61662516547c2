"""Exemptions written into a manifest as comments, and taken out of it."""

from __future__ import annotations

from netraw_lint import yamltree
from netraw_lint.fix import proof, splice
from netraw_lint.fix.flow import insertion
from netraw_lint.fix.layout import Layout, NotEditableError
from netraw_lint.model import Edit, Span
from netraw_lint.yamltree import MappingNode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from netraw_lint.fix.proof import Work
    from netraw_lint.fix.verify import Data, Intent
    from netraw_lint.model import Terms

_NO_COMMENTS = "JSON has no comments: write it into `exemptions` of the settings file"


def comment(terms: Terms) -> str:
    """An exemption as a comment."""
    until = f" until={terms.until}" if terms.until else ""
    return f"# netraw-lint: ignore[{','.join(terms.selectors)}] {terms.reason}{until}"


def above(layout: Layout, at: int, terms: Terms) -> Edit:
    """A comment on a line of its own above the line around an offset. Raises NotEditableError."""
    if layout.is_json:
        raise NotEditableError(_NO_COMMENTS)
    start = layout.line_start(at)
    before = layout.text[start:at]
    if before.strip(" -?"):
        raise NotEditableError("something stands in front of it on its line: write the comment by hand")
    indent = before[: len(before) - len(before.lstrip(" "))]
    return insertion(start, f"{indent}{comment(terms)}{layout.newline}")


def removed(work: Work, span: Span) -> str:
    """The document without the comment or annotation that begins at a span.

    Raises NotEditableError and ProofError.
    """
    layout = Layout(work.text, work.tree, work.first_line)
    if work.text.startswith("#", span.start):
        return proof.proven_text(work, [_cut_comment(layout, span)], {})
    for node in layout.nodes():
        for number, (key, _) in enumerate(node.value if isinstance(node, MappingNode) else ()):
            if key.start_mark.index == span.start and isinstance(node, MappingNode):
                return _without_annotation(work, layout, node, number)
    raise NotEditableError("it is not where it seems to be")


def _without_annotation(work: Work, layout: Layout, node: MappingNode, number: int) -> str:
    name = yamltree.text(node.value[number][0])  # type: ignore[arg-type]
    value = node.value[number][1]
    if isinstance(value, yamltree.ScalarNode) and ";" in value.value:
        raise NotEditableError("it holds more than one exemption: remove this one by hand")

    def without(data: Data) -> Data:
        return {key: item for key, item in data.items() if key != name}

    if len(node.value) > 1:
        intents: dict[int, Intent] = {id(node): without}
        return proof.proven_text(work, splice.cut_pair(layout, node, number), intents)
    for parent in layout.nodes():
        for place, (_, child) in enumerate(parent.value if isinstance(parent, MappingNode) else ()):
            if child is node and len(parent.value) > 1 and isinstance(parent, MappingNode):
                intents = {
                    id(parent): lambda data: {key: item for key, item in data.items() if key != "annotations"}
                }
                return proof.proven_text(work, splice.cut_pair(layout, parent, place), intents)
    raise NotEditableError("nothing would be left around it")


def _cut_comment(layout: Layout, span: Span) -> Edit:
    """Cut a comment: its whole line if it stands alone, else with the blanks in front of it."""
    text = layout.text
    start = layout.line_start(span.start)
    end = layout.line_end(span.start)
    if text[start : span.start].strip():
        return Edit(Span(start + len(text[start : span.start].rstrip()), end), "")
    if text.startswith("\r\n", end):
        return Edit(Span(start, end + 2), "")
    return Edit(Span(start, min(end + 1, len(text))), "")

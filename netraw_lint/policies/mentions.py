"""Whether a policy is about capabilities or privileged containers at all."""

from __future__ import annotations

import re

from netraw_lint import yamltree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from netraw_lint.nodes import Node

_WORDS = re.compile(r"[Cc]apabilit|(?<![A-Za-z_])privileged\b|NET_RAW|^podSecurity$")
# What a policy says about itself is no rule.
_PROSE = frozenset(("metadata", "message", "description", "messageExpression", "title"))


def mentions(node: Node) -> bool:
    """Whether anything written in a node is about capabilities or privileges, but for prose."""
    pending, seen = [node], set()
    while pending:
        one = pending.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        if isinstance(one, yamltree.ScalarNode):
            if _WORDS.search(str(one.value)):
                return True
        elif isinstance(one, yamltree.MappingNode):
            for key, value in one.value:
                if not isinstance(key, yamltree.ScalarNode) or yamltree.text(key) not in _PROSE:
                    pending += [key, value]
        else:
            pending += one.value
    return False

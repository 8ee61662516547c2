"""Which rules run: codes, prefixes of codes, names and ALL, to codes."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from netraw_lint.findings import Rule


class UnknownRuleError(ValueError):
    """A selector that fits no rule; ``suggestion`` is the nearest one, or empty."""

    def __init__(self, selector: str, suggestion: str) -> None:
        hint = f': did you mean "{suggestion}"?' if suggestion else "; see --list-rules"
        super().__init__(f'unknown rule "{selector}"{hint}')
        self.selector = selector
        self.suggestion = suggestion


def defaults(rules: Sequence[Rule]) -> frozenset[str]:
    """The codes that run unless others are selected."""
    return frozenset(rule.code for rule in rules if not rule.opt_in)


def selected(
    rules: Sequence[Rule], select: Iterable[str], extend: Iterable[str], ignore: Iterable[str]
) -> frozenset[str]:
    """The codes that run; without ``select``, the rules that are not opt-in. Raises UnknownRuleError."""
    chosen = {code for selector in select for code in matching(rules, selector)} or set(defaults(rules))
    for selector in extend:
        chosen |= matching(rules, selector)
    for selector in ignore:
        chosen -= matching(rules, selector)
    return frozenset(chosen)


def matching(rules: Sequence[Rule], selector: str) -> set[str]:
    """The codes that a selector stands for. Raises UnknownRuleError."""
    upper = selector.upper()
    if upper == "ALL":
        return {rule.code for rule in rules}
    found = {
        rule.code
        for rule in rules
        if rule.name == selector.lower() or (len(upper) > 2 and rule.code.startswith(upper))
    }
    if not found:
        from difflib import get_close_matches

        names = [name for rule in rules for name in (rule.code, rule.name)]
        close = get_close_matches(upper, names, 1) or get_close_matches(selector.lower(), names, 1)
        raise UnknownRuleError(selector, close[0] if close else "")
    return found

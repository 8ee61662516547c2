"""The rules in words: --list-rules and --explain."""

from __future__ import annotations

from netraw_lint import rules, selection
from netraw_lint.reporters.escape import folded

TYPE_CHECKING = False
if TYPE_CHECKING:
    from netraw_lint.findings import Rule

_INDENT = " " * 8


def table() -> str:
    """Every rule: code, name and severity, and below them what it finds."""
    lines = []
    for module in rules.MODULES:
        lines.append(f"{module.RULE.code}  {module.RULE.name} ({_state(module.RULE)})")
        lines += (f"{_INDENT}{line}" for line in folded(summary(module.__doc__), 80 - len(_INDENT)))
    return "".join(f"{line}\n" for line in lines)


def page(selector: str) -> str:
    """The pages of the rules that a selector stands for. Raises selection.UnknownRuleError, a ValueError."""
    codes = selection.matching(rules.rules(), selector)
    return "\n".join(
        f"# {module.RULE.code} {module.RULE.name} ({_state(module.RULE)})\n\n{rules.explained(module)}\n"
        for module in rules.MODULES
        if module.RULE.code in codes
    )


def summary(doc: str | None) -> str:
    """The first sentence of a rule's page."""
    return (doc or "").strip().partition("\n")[0]


def _state(rule: Rule) -> str:
    return f"{rule.severity}, off by default" if rule.opt_in else rule.severity

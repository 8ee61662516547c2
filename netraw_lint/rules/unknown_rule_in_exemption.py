"""Finds exemptions that name a rule that does not exist, or no rule.

## What it does
Reports a selector of an exemption that is neither the code nor the name of a rule, an exemption of ALL rules, and a
comment without brackets.

## Why is this bad?
The exemption does not do what its author thinks. One for everything would also hide what nobody has looked at yet.

## Example
```yaml
containers:
  # netraw-lint: ignore[NRL03] needs ping
  - name: web
    image: registry.example/web:1.27
```

## Use instead
```yaml
containers:
  # netraw-lint: ignore[NRL003] needs ping
  - name: web
    image: registry.example/web:1.27
```

## Fix safety
Not fixed.

## References
- `netraw-lint --list-rules` prints the rules
"""

from __future__ import annotations

from netraw_lint import findings
from netraw_lint.findings import Place, Rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from netraw_lint.declared import Declared
    from netraw_lint.model import Finding

RULE = Rule("NRL204", "unknown-rule-in-exemption", "error")


def check_exemption(declared: Declared, selector: str, suggestion: str) -> Iterator[Finding]:
    """One finding at the declaration."""
    place = Place(declared.document, declared.span, detail=selector)
    if not selector:
        message = f"this {declared.origin} names no rule, so it exempts nothing"
    elif selector.upper() == "ALL":
        message = f"this {declared.origin} would exempt every rule: name those that are meant"
    else:
        message = f'this {declared.origin} names no rule with "{selector}"'
    advice = f'did you mean "{suggestion}"?' if suggestion else "write ignore[NRL003] and the reason"
    yield findings.make(RULE, place, message, advice)

"""Finds exemptions whose last day is past.

## What it does
Reports an exemption with `until=` a day before today, or with something that is no date. What it exempted is
reported again.

## Why is this bad?
Somebody promised to be done by then.

## Example
```yaml
# netraw-lint: ignore[NRL003] until the image runs without ping until=2020-01-31
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
    - name: web
      image: registry.example/web:1.27
```

## Use instead
Drop the capability, or renew the exemption with a reason that still holds:
```yaml
# netraw-lint: ignore[NRL003] until the image runs without ping until=2099-01-31
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
    - name: web
      image: registry.example/web:1.27
```

## Fix safety
Not fixed.

## References
- `until=YYYY-MM-DD` is the last day that the exemption holds, in the time zone of the machine that lints
"""

from __future__ import annotations

from netraw_lint import findings
from netraw_lint.findings import Place, Rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from netraw_lint.declared import Declared
    from netraw_lint.model import Finding

RULE = Rule("NRL202", "expired-exemption", "error")


def check_exemption(declared: Declared, is_date: bool) -> Iterator[Finding]:
    """One finding at the declaration."""
    until = declared.terms.until
    place = Place(declared.document, declared.span, detail=f"{' '.join(declared.terms.selectors)} {until}")
    if is_date:
        message = f"this {declared.origin} held until {until}, and that day is past"
    else:
        message = f"`until={until}` is no date, so this {declared.origin} exempts nothing"
    yield findings.make(RULE, place, message, "drop NET_RAW, or write a later day as until=YYYY-MM-DD")

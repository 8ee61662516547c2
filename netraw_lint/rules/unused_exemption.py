"""Finds exemptions that exempt nothing.

## What it does
Reports a valid exemption that no finding matches: the container was fixed, renamed or removed, or the comment stands
in the wrong place.

## Why is this bad?
It would silently accept the next mistake.

## Example
```yaml
containers:
  # netraw-lint: ignore[NRL003] needs ping
  - name: web
    image: registry.example/web:1.27
    securityContext:
      capabilities:
        drop: ["NET_RAW"]
```

## Use instead
```yaml
containers:
  - name: web
    image: registry.example/web:1.27
    securityContext:
      capabilities:
        drop: ["NET_RAW"]
```

## Fix safety
Safe: the comment or annotation is removed.

## References
- A comment covers its own line or the next one; in front of a container it covers the container, in front of
  `apiVersion` the document
"""

from __future__ import annotations

from netraw_lint import findings
from netraw_lint.findings import Place, Rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from netraw_lint.declared import Declared
    from netraw_lint.model import Finding

RULE = Rule("NRL203", "unused-exemption", "warning", fix="safe")


def check_exemption(declared: Declared, codes: set[str]) -> Iterator[Finding]:
    """One finding at the declaration."""
    place = Place(declared.document, declared.span, detail=" ".join(sorted(codes)))
    message = (
        f"this {declared.origin} exempts nothing: no finding of {', '.join(sorted(codes))} is covered by it"
    )
    yield findings.make(RULE, place, message, "remove it, or move it to what it is about")

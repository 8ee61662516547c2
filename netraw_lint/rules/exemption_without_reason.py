"""Finds exemptions that do not say why.

## What it does
Reports an exemption (a comment `# netraw-lint: ignore[...]` or an annotation `netraw-lint/ignore`) without a
reason. It exempts nothing.

## Why is this bad?
"Unless explicitly required for specific workloads" is what the benchmark says: an exception that does not say what
requires it cannot be reviewed, and nobody dares to remove it later.

## Example
```yaml
containers:
  # netraw-lint: ignore[NRL001]
  - name: speaker
    image: registry.example/speaker:1.0
    securityContext:
      capabilities:
        drop: ["ALL"]
        add: ["NET_RAW"]
```

## Use instead
```yaml
containers:
  # netraw-lint: ignore[NRL001] announces service addresses by ARP
  - name: speaker
    image: registry.example/speaker:1.0
    securityContext:
      capabilities:
        drop: ["ALL"]
        add: ["NET_RAW"]
```

## Fix safety
Not fixed: only you know the reason.

## References
- CIS Kubernetes Benchmark, "Minimize the admission of containers with the NET_RAW capability"
"""

from __future__ import annotations

from netraw_lint import findings
from netraw_lint.findings import Place, Rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from netraw_lint.declared import Declared
    from netraw_lint.model import Finding

RULE = Rule("NRL201", "exemption-without-reason", "error")


def check_exemption(declared: Declared) -> Iterator[Finding]:
    """One finding at the declaration."""
    place = Place(declared.document, declared.span, detail=" ".join(declared.terms.selectors))
    message = f"this {declared.origin} gives no reason, so it exempts nothing"
    yield findings.make(RULE, place, message, "say what the container needs raw sockets for, behind the rule")

"""Finds documents that may hold a workload and cannot be read.

## What it does
Reports YAML that the parser refuses, at the place it names; documents that nest too deeply; text behind a `...`
that kubectl never reads; and `containers` that are no list. The other documents of the file, and the other files,
are judged all the same.

## Why is this bad?
What cannot be read was not checked. Most often it is an unrendered template.

## Example
```yaml
spec:
  containers:
    {{- toYaml .Values.containers | nindent 4 }}
```

## Use instead
Render it first:
```console
$ helm template my-release charts/my-chart | netraw-lint -
```

## Fix safety
Not fixed.

## References
- go-yaml and libyaml; apimachinery `pkg/util/yaml/decoder.go` for how documents are separated
"""

from __future__ import annotations

from netraw_lint import findings
from netraw_lint.findings import Place, Rule
from netraw_lint.model import Span

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from netraw_lint.manifest import Unreadable
    from netraw_lint.model import Finding

RULE = Rule("NRL900", "unreadable-manifest", "error")


def check_unreadable(unreadable: Unreadable) -> Iterator[Finding]:
    """One finding at the parser's place."""
    text = unreadable.document.text
    if "{{" in text and not unreadable.message.startswith("`"):
        advice = "it looks like a template: render it first, e.g. helm template ... | netraw-lint -"
    else:
        advice = "correct the document, or exclude the file"
    span = Span(unreadable.at, unreadable.at + 1)
    place = Place(unreadable.document, span, detail=unreadable.message)
    yield findings.make(RULE, place, f"not judged: {unreadable.message}", advice)

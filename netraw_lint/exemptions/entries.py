"""Exemptions of the settings file, for manifests that one cannot edit."""

from __future__ import annotations

from fnmatch import fnmatchcase

from netraw_lint.model import Entry, Finding, Terms

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def entry(number: int, values: Mapping[str, str], covers_path: Callable[[str], bool] | None) -> Entry:
    """An entry of ``exemptions``: every selector that is given must match, names as shell patterns.

    ``covers_path`` tells whether the entry's own ``path`` pattern covers a file; None where it has none.
    """
    selectors = (values["rule"],) if "rule" in values else ()

    def covers(finding: Finding) -> bool:
        if covers_path is not None and not covers_path(finding.path):
            return False
        ref, container = finding.object, finding.container
        actual = {
            "kind": ref.kind if ref else "",
            "namespace": ref.namespace if ref else "",
            "name": ref.name if ref else "",
            "container": container.name if container else "",
        }
        return all(fnmatchcase(actual[key], values[key]) for key in actual if key in values)

    return Entry(number, Terms(selectors, values["reason"], values.get("until")), covers)

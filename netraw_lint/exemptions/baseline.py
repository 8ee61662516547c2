"""The findings of day one, recorded so that only new ones fail.

A baseline names findings by identity, never by line: it survives edits, and a new container in a known object is
not in it.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from netraw_lint.model import Finding

SCHEMA_VERSION = 1


class BaselineError(ValueError):
    """The file is no baseline; the message says why."""


def read(text: str) -> dict[str, dict[str, Any]]:
    """The entries of a baseline by identity. Raises BaselineError."""
    import json

    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BaselineError(f"not JSON: {error}") from None
    if not isinstance(data, dict) or data.get("schema_version") != SCHEMA_VERSION:
        raise BaselineError(
            f"not a baseline of this version of netraw-lint (schema_version {SCHEMA_VERSION})"
        )
    entries = data.get("findings")
    if not isinstance(entries, list) or not all(_is_entry(entry) for entry in entries):
        raise BaselineError("`findings` is not a list of entries with an identity")
    return {entry["identity"]: entry for entry in entries}


def _is_entry(entry: object) -> bool:
    return isinstance(entry, dict) and isinstance(entry.get("identity"), str)


def render(findings: Iterable[Finding], kept: Iterable[dict[str, Any]] = ()) -> str:
    """A baseline with these findings and older entries: sorted JSON, one entry for each identity."""
    import json

    entries = {entry["identity"]: entry for entry in kept}
    entries |= {finding.identity: _entry(finding) for finding in findings}
    data = {"schema_version": SCHEMA_VERSION, "findings": [entries[identity] for identity in sorted(entries)]}
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def _entry(finding: Finding) -> dict[str, Any]:
    entry: dict[str, Any] = {"identity": finding.identity, "rule": finding.rule}
    if finding.object is not None:
        ref = finding.object
        entry |= {"group": ref.group, "kind": ref.kind, "namespace": ref.namespace, "name": ref.name}
    if finding.container is not None:
        entry |= {"list": finding.container.list, "container": finding.container.name}
    # For people, and to tell whether what the entry is about was linted at all.
    return {**entry, "path": finding.path}


def stale(entries: dict[str, dict[str, Any]], used: Iterable[str], linted: set[str]) -> list[str]:
    """The identities that nothing was found for, although their file was linted."""
    found = set(used)
    return sorted(
        identity
        for identity, entry in entries.items()
        if identity not in found and entry.get("path") in linted
    )

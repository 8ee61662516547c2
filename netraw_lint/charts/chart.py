"""What a chart says about itself, and what it lacks to be rendered offline."""

from __future__ import annotations

import json
import re

from netraw_lint import yamltree
from netraw_lint.noun import Noun

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from netraw_lint.sources.helm_files import Copy

_CI = re.compile(r"ci/[^/]*values[^/]*\.ya?ml")
_SCHEMA = "values.schema.json"
# The meta-schemas that Helm brings along.
_BUILT_IN = re.compile(r"https?://json-schema\.org/")
_REMOTE = re.compile(r"(https?|ftp)://")


class Dependency(Noun):
    """A chart that another one depends on."""

    name: str
    repository: str


class About(Noun):
    """What Chart.yaml says."""

    name: str
    is_library: bool
    dependencies: tuple[Dependency, ...]


def about(copy: Copy) -> About | None:
    """What the chart says about itself; None without a readable Chart.yaml."""
    metadata = _yaml(copy, "Chart.yaml") or _yaml(copy, "Chart.yml")
    if not isinstance(metadata, dict):
        return None
    listed = metadata.get("dependencies")
    if not isinstance(listed, list):
        requirements = _yaml(copy, "requirements.yaml")
        listed = requirements.get("dependencies") if isinstance(requirements, dict) else None
    dependencies = tuple(
        Dependency(str(entry["name"]), str(entry.get("repository") or ""))
        for entry in (listed if isinstance(listed, list) else ())
        if isinstance(entry, dict) and entry.get("name")
    )
    return About(str(metadata.get("name") or ""), metadata.get("type") == "library", dependencies)


def _yaml(copy: Copy, name: str) -> Any:
    data = copy.read(name)
    try:
        return yamltree.plain(data) if data is not None else None
    except yamltree.YamlError:
        return None


def subcharts(copy: Copy) -> dict[str, str]:
    """The subcharts in ``charts/``: name to directory, one level deep."""
    found = {}
    for name in copy.shown:
        parts = name.split("/")
        if len(parts) == 3 and parts[0] == "charts" and parts[2] == "Chart.yaml":
            metadata = _yaml(copy, name)
            if isinstance(metadata, dict):
                found[str(metadata.get("name") or parts[1])] = f"charts/{parts[1]}"
    return found


def missing(copy: Copy, chart: About) -> list[Dependency]:
    """The dependencies that are not in ``charts/``."""
    there = subcharts(copy)
    return [dependency for dependency in chart.dependencies if dependency.name not in there]


def remote_references(copy: Copy) -> Iterator[tuple[str, str]]:
    """The schemas of values that refer to the network, each with the first address."""
    for name in copy.shown:
        if name.rpartition("/")[2] != _SCHEMA:
            continue
        try:
            schema = json.loads(copy.read(name) or b"{}")
        except (ValueError, RecursionError):
            continue  # The engine says what is wrong with it.
        address = next(_addresses(schema, ""), None)
        if address:
            yield name, address


def _addresses(schema: Any, base: str) -> Iterator[str]:
    if isinstance(schema, list):
        for item in schema:
            yield from _addresses(item, base)
    if not isinstance(schema, dict):
        return
    identity = schema.get("$id")
    base = identity if isinstance(identity, str) and _REMOTE.match(identity) else base
    for key in ("$ref", "$schema", "$dynamicRef", "$recursiveRef"):
        reference = schema.get(key)
        if isinstance(reference, str) and not reference.startswith("#"):
            address = reference if _REMOTE.match(reference) else f"{base} {reference}" if base else ""
            if address and not _BUILT_IN.match(address):
                yield address
    for value in schema.values():
        yield from _addresses(value, base)


def without_schemas(copy: Copy) -> None:
    """Take the schemas out of a copy."""
    for name in copy.shown:
        if name.rpartition("/")[2] == _SCHEMA:
            copy.remove(name)


def ci_files(copy: Copy) -> list[str]:
    """The values that the chart's own tests install it with."""
    return sorted(name for name in copy.shown if _CI.fullmatch(name))

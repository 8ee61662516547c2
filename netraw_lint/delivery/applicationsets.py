"""Argo CD's ApplicationSet: the Applications that its generators make, as far as the repository says it.

A list of elements and the directories of this repository are known here; clusters and pull requests are not.
Source: argoproj/argo-cd, applicationset/generators and applicationset/utils (both template languages).
"""

from __future__ import annotations

import os
import re
from fnmatch import fnmatchcase
from functools import lru_cache
from itertools import islice

from netraw_lint.delivery.data import items, mapping, word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from netraw_lint.delivery.repository import Repository

MAX_APPLICATIONS = 200
_PLACEHOLDER = re.compile(r"\{\{-?\s*\.?([A-Za-z0-9_.\[\]-]+?)\s*-?\}\}")


def applications(applicationset: dict[str, Any], repository: Repository | None) -> Iterator[dict[str, Any]]:
    """The Applications of an ApplicationSet; those with parameters that are not known keep their placeholders.

    One more than ``MAX_APPLICATIONS`` stands for all that are beyond them.
    """
    spec = mapping(applicationset.get("spec"))
    template = mapping(spec.get("template"))
    found = list(islice(_parameters(items(spec.get("generators")), repository), MAX_APPLICATIONS + 1))
    for parameters in found or [{}]:
        yield mapping(_filled(template, parameters))


def is_open(text: str) -> bool:
    """Whether a text has a placeholder left."""
    return "{{" in text


def _parameters(generators: list[Any], repository: Repository | None) -> Iterator[dict[str, str]]:
    for generator in map(mapping, generators):
        for element in map(mapping, items(mapping(generator.get("list")).get("elements"))):
            yield dict(_flat(element, ""))
        git = mapping(generator.get("git"))
        if repository is not None and items(git.get("directories")):
            yield from _directories(git, repository)


def _directories(git: dict[str, Any], repository: Repository) -> Iterator[dict[str, str]]:
    entries = [mapping(entry) for entry in items(git.get("directories"))]
    wanted = [word(entry.get("path")) for entry in entries if not entry.get("exclude")]
    unwanted = [word(entry.get("path")) for entry in entries if entry.get("exclude")]
    depth = max((pattern.count("/") + 1 for pattern in wanted), default=0)
    for path in _folders(repository.root, depth):
        if (
            _matches(path, wanted)
            and not _matches(path, unwanted)
            and repository.is_meant(word(git.get("repoURL")), path)
        ):
            name = path.rpartition("/")[2]
            yield {
                "path": path,
                "path.path": path,
                **{f"path.{key}": name for key in ("basename", "basenameNormalized")},
                **{f"path[{number}]": part for number, part in enumerate(path.split("/"))},
            }


@lru_cache(maxsize=8)
def _folders(root: str, depth: int) -> tuple[str, ...]:
    """The directories of a repository, so many levels deep: a set may have thousands of generators."""
    found = []
    for folder, folders, _ in os.walk(root):
        folders[:] = sorted(name for name in folders if name not in {".git", "node_modules"})
        path = os.path.relpath(folder, root).replace(os.sep, "/")
        if path != "." and path.count("/") + 1 >= depth:
            folders[:] = []
        found.append(path)
    return tuple(found)


def forget() -> None:
    """Forget which directories there are; a later run may find others."""
    _folders.cache_clear()


def _matches(path: str, patterns: list[str]) -> bool:
    return any(
        path.count("/") == pattern.count("/") and fnmatchcase(path, pattern)
        for pattern in patterns
        if pattern
    )


def _flat(value: dict[str, Any], prefix: str) -> Iterator[tuple[str, str]]:
    for key, each in value.items():
        if isinstance(each, dict):
            yield from _flat(each, f"{prefix}{key}.")
        elif isinstance(each, bool):
            yield f"{prefix}{key}", str(each).lower()
        elif each is not None and not isinstance(each, list):
            yield f"{prefix}{key}", str(each)


def _filled(value: Any, parameters: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {_filled(key, parameters): _filled(each, parameters) for key, each in value.items()}
    if isinstance(value, list):
        return [_filled(each, parameters) for each in value]
    if isinstance(value, str):
        return _PLACEHOLDER.sub(lambda found: parameters.get(found[1], found[0]), value)
    return value

"""Values of a chart: paths in them, values on top of them, and where a path is written in values.yaml."""

from __future__ import annotations

import re

from netraw_lint import yamltree
from netraw_lint.noun import Noun

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    Path = tuple[str, ...]

MAX_DEPTH = 12
_CONTEXT = re.compile(r"securitycontext$", re.IGNORECASE)
_PLAIN_KEY = re.compile(r"[A-Za-z0-9_-]+")


class Candidate(Noun):
    """A value that may be, or hold, the capabilities of a container; ``direct`` if it is the capabilities itself."""

    path: Path
    direct: bool = False

    @property
    def drop(self) -> Path:
        """The path of the list to set."""
        return (*self.path, "drop") if self.direct else (*self.path, "capabilities", "drop")


def candidates(values: dict[str, Any]) -> list[Candidate]:
    """Every value that looks like a securityContext or capabilities, those of subcharts included."""
    return list(_candidates(values, (), inside=False))


def _candidates(values: dict[str, Any], at: Path, inside: bool) -> Iterator[Candidate]:
    if len(at) >= MAX_DEPTH:
        return
    for key, value in values.items():
        path = (*at, key)
        if value is not None and not isinstance(value, dict):
            continue
        if _CONTEXT.search(key):
            yield Candidate(path)
        elif key == "capabilities":
            if not inside:
                yield Candidate(path, direct=True)
            continue
        elif inside and isinstance(value, dict):
            yield Candidate(path)
        if isinstance(value, dict):
            yield from _candidates(value, path, inside or bool(_CONTEXT.search(key)))


def overlay(path: Path, value: object) -> dict[str, Any]:
    """Values that set one path."""
    result: Any = value
    for key in reversed(path):
        result = {key: result}
    return result if isinstance(result, dict) else {}


def merged(under: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """Values over values, mappings key by key."""
    result = dict(under)
    for key, value in over.items():
        below = result.get(key)
        result[key] = merged(below, value) if isinstance(value, dict) and isinstance(below, dict) else value
    return result


def booleans(values: dict[str, Any], at: Path = ()) -> Iterator[tuple[Path, bool]]:
    """Every switch in the values, those of lists left out."""
    if len(at) >= MAX_DEPTH:
        return
    for key, value in values.items():
        if isinstance(value, bool):
            yield (*at, key), value
        elif isinstance(value, dict):
            yield from booleans(value, (*at, key))


def is_security(path: Path) -> bool:
    """Whether a path is inside a securityContext."""
    return any(_CONTEXT.search(key) for key in path)


def shown(path: Path) -> str:
    """A path as ``--set`` takes it."""
    return ".".join(key if _PLAIN_KEY.fullmatch(key) else key.replace(".", "\\.") for key in path)


def line_of(text: str, path: Path) -> int | None:
    """The line (1-based) on which the key at a path is written, or None."""
    try:
        node = next(yamltree.compose(text.encode()), None)
    except yamltree.YamlError:
        return None
    at = None
    for key in path:
        pair = yamltree.entries(node).get(key) if node is not None else None
        if pair is None:
            return None
        at, node = pair[0].start_mark.index, pair[1]
    return None if at is None else text.count("\n", 0, at) + 1

"""What a run may touch: the paths that it was given, and the repository whose settings it follows.

A repository from a stranger brings links and a settings file; neither may lead the linter out of it.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable


def repository_root(start: str) -> str:
    """The nearest directory from ``start`` up that git knows; else ``start``. Links are resolved."""
    here = directory = os.path.realpath(start)
    while not os.path.lexists(os.path.join(directory, ".git")):
        parent = os.path.dirname(directory)
        if parent == directory:
            return here
        directory = parent
    return directory


def is_inside(path: str, folders: Iterable[str]) -> bool:
    """Whether a path, its links resolved, is one of some paths or below one of them."""
    real = os.path.realpath(path)
    reals = (os.path.realpath(folder) for folder in folders)
    return any(real == folder or real.startswith(folder.rstrip(os.sep) + os.sep) for folder in reals)


def link_target_outside(path: str, given: Iterable[str]) -> str | None:
    """Where a link leads that is not asked for: the real path of ``path`` if that is below nothing given."""
    folder, name = os.path.split(path)
    real = os.path.realpath(path)
    if real == os.path.join(os.path.realpath(folder), name) or is_inside(real, given):
        return None
    return real

"""What is delivered, and what could not be followed."""

from __future__ import annotations

from netraw_lint.noun import Noun

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from netraw_lint.model import Problem


class Additions(Noun):
    """What an object adds to the kustomization that it points to.

    ``fields`` is JSON: ``patches`` and ``components`` as a kustomization has them. ``variables`` are replaced in what
    was built; None where nothing is. ``elsewhere`` says where further ones come from, ``line`` is the 1-based line
    of the manifest that adds something.
    """

    fields: str = ""
    variables: tuple[tuple[str, str], ...] | None = None
    elsewhere: str = ""
    line: int = 1


class Reference(Noun):
    """What an object says it deploys, before anybody looked whether it is here.

    ``by`` names the object and its file. ``path`` is relative to the root of the repository at ``address``; an
    empty address stands for a repository that is not described among the manifests. ``files`` are values files,
    relative to the path or, with a leading ``/``, to the root; those of ``optional`` may be missing. ``values`` are
    on top of them, and ``sets`` on top of these, as ``helm --set`` takes them. ``limits`` are sentences about what
    is not known of it.
    """

    by: str
    address: str
    path: str
    release: str = ""
    namespace: str = ""
    files: tuple[str, ...] = ()
    optional: bool = False
    values: tuple[Any, ...] = ()
    sets: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()
    additions: Additions = Additions()


class Delivery(Noun):
    """A directory of this repository that something deploys.

    ``builder`` is ``helm`` or ``kustomize``. ``files`` are absolute paths; ``overlay`` is JSON on top of them, and
    stands in the manifest ``manifest``.
    """

    by: str
    path: str
    builder: str
    manifest: str
    release: str = ""
    namespace: str = ""
    files: tuple[str, ...] = ()
    overlay: str = ""
    sets: tuple[str, ...] = ()
    additions: Additions = Additions()


class Followed(Noun):
    """What came of following: deliveries; ``limits``, of what is checked less than it seems; ``decisions``."""

    deliveries: tuple[Delivery, ...] = ()
    problems: tuple[Problem, ...] = ()
    limits: tuple[str, ...] = ()
    decisions: tuple[str, ...] = ()

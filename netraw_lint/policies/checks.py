"""What an admission policy asks of one container's capabilities, as pure predicates: the part all engines share.

A check's ``refuses(container)`` is the reason for which the engine refuses a pod with that container, ``""`` where
it does not. Compared are the strings of the manifest, as the engines do: none of them knows what a runtime makes
of a name.
"""

from __future__ import annotations

from netraw_lint.noun import Noun

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class PodContainer(Noun):
    """A container as admission sees it: its strings verbatim, empty lists as absent ones.

    ``list`` is ``containers``, ``initContainers`` or ``ephemeralContainers``.
    """

    list: str = "containers"
    name: str = ""
    image: str = ""
    add: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    privileged: bool = False


class Drops(Noun):
    """The drop list has to name one of ``names``, or with ``every`` each of them.

    ``fold`` compares without case; ``wildcards`` lets either side hold ``*`` and ``?``, as Kyverno's operators
    do; ``or_all`` takes ALL in any case for every name; ``once`` wants exactly one entry that fits (CEL's
    ``exists_one``).
    """

    names: tuple[str, ...]
    every: bool = False
    fold: bool = False
    wildcards: bool = False
    or_all: bool = False
    once: bool = False

    def refuses(self, container: PodContainer) -> str:
        """Why a container is refused."""
        if self.or_all and any(name.upper() == "ALL" for name in container.drop):
            return ""
        same = _comparison(self.fold, self.wildcards)
        missing = [name for name in self.names if not any(same(name, drop) for drop in container.drop)]
        if self.once and sum(any(same(name, drop) for name in self.names) for drop in container.drop) > 1:
            return f"drop names {listed(self.names, 'or')} more than once"
        if not missing or (len(missing) < len(self.names) and not self.every):
            return ""
        return f"drop lacks {listed(tuple(missing), 'and' if self.every else 'or')}"


class Adds(Noun):
    """Every name in the add list has to be in ``allowed``; ``*`` among them allows all where ``star``.

    ``at_most`` is the longest list that passes.
    """

    allowed: tuple[str, ...]
    fold: bool = False
    wildcards: bool = False
    star: bool = False
    at_most: int | None = None

    def refuses(self, container: PodContainer) -> str:
        """Why a container is refused."""
        if self.star and "*" in self.allowed:
            return ""
        same = _comparison(self.fold, self.wildcards)
        extra = [name for name in container.add if not any(same(one, name) for one in self.allowed)]
        if not extra and self.at_most is not None and len(container.add) > self.at_most:
            return f"add has more than {self.at_most} entry"
        return f"add has {listed(tuple(extra), 'and')}" if extra else ""


class AddsNone(Noun):
    """No name in the add list may be in ``denied``."""

    denied: tuple[str, ...]
    fold: bool = False
    wildcards: bool = False

    def refuses(self, container: PodContainer) -> str:
        """Why a container is refused."""
        same = _comparison(self.fold, self.wildcards)
        found = [name for name in container.add if any(same(one, name) for one in self.denied)]
        return f"add has {listed(tuple(found), 'and')}" if found else ""


class Unprivileged(Noun):
    """The container may not be privileged."""

    def refuses(self, container: PodContainer) -> str:
        """Why a container is refused."""
        return "it is privileged" if container.privileged else ""


class Decided(Noun):
    """What is decided elsewhere: ``reason`` gives the reason for which a container is refused."""

    reason: Callable[[PodContainer], str]

    def refuses(self, container: PodContainer) -> str:
        """Why a container is refused."""
        return self.reason(container)


if TYPE_CHECKING:
    Check = Drops | Adds | AddsNone | Unprivileged | Decided


def listed(names: Sequence[str], word: str) -> str:
    """Names in a sentence: ``NET_RAW, ALL or CAP_NET_RAW``, each in backticks; of many the first four."""
    quoted = [f"`{name}`" for name in names]
    if len(quoted) > 5:
        quoted = [*quoted[:4], f"{len(quoted) - 4} more"]
    return f" {word} ".join([", ".join(quoted[:-1]), quoted[-1]]) if len(quoted) > 1 else "".join(quoted)


def matches(pattern: str, text: str) -> bool:
    """Whether a text fits a pattern of ``*`` for anything and ``?`` for one character."""
    if "*" not in pattern and "?" not in pattern:
        return pattern == text
    at, start, star, mark = 0, 0, -1, 0
    while start < len(text):
        if at < len(pattern) and pattern[at] in ("?", text[start]) and pattern[at] != "*":
            at, start = at + 1, start + 1
        elif at < len(pattern) and pattern[at] == "*":
            star, mark, at = at, start, at + 1
        elif star >= 0:
            mark += 1
            at, start = star + 1, mark
        else:
            return False
    return not pattern[at:].strip("*")


def _comparison(fold: bool, wildcards: bool) -> Callable[[str, str], bool]:
    def same(mine: str, theirs: str) -> bool:
        if fold:
            mine, theirs = mine.upper(), theirs.upper()
        return mine == theirs or (wildcards and (matches(mine, theirs) or matches(theirs, mine)))

    return same

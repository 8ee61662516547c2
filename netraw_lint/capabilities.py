"""What a runtime makes of ``capabilities.add`` and ``drop``. The only room that knows names and runtimes.

Kubernetes validates no capability name and hands both lists to the runtime verbatim; each runtime then has an
algorithm of its own. They are redone here as set algebra, from source:

- containerd (>= 1.3), internal/cri/opts/spec_opts.go, ``WithCapabilities``
- CRI-O (>= 1.22), internal/factory/container/container.go, ``SpecSetupCapabilities``
- Docker (>= 19.03, through cri-dockerd), daemon/pkg/oci/caps/utils.go, ``TweakCapabilities``
"""

from __future__ import annotations

from netraw_lint.model import Verdict
from netraw_lint.noun import Noun

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from netraw_lint.model import Holding

    Names = tuple[str, ...]

NET_RAW = "NET_RAW"
ALL = "ALL"
RUNTIMES = ("containerd", "cri-o", "docker")

KNOWN = frozenset(
    """AUDIT_CONTROL AUDIT_READ AUDIT_WRITE BLOCK_SUSPEND BPF CHECKPOINT_RESTORE CHOWN DAC_OVERRIDE
    DAC_READ_SEARCH FOWNER FSETID IPC_LOCK IPC_OWNER KILL LEASE LINUX_IMMUTABLE MAC_ADMIN MAC_OVERRIDE MKNOD
    NET_ADMIN NET_BIND_SERVICE NET_BROADCAST NET_RAW PERFMON SETFCAP SETGID SETPCAP SETUID SYSLOG SYS_ADMIN
    SYS_BOOT SYS_CHROOT SYS_MODULE SYS_NICE SYS_PACCT SYS_PTRACE SYS_RAWIO SYS_RESOURCE SYS_TIME
    SYS_TTY_CONFIG WAKE_ALARM""".split()
)


class Causes(Noun):
    """Why a container holds NET_RAW, as places in its lists; each is one finding.

    ``added`` and ``added_all`` are indexes into ``add``. ``ineffective`` pairs an index into ``drop`` with
    the name that was meant. ``conflict`` is the drop entry that Docker lets ``add`` overrule.
    ``pod_security`` is an entry that runtimes take for ALL and the Pod Security Standards do not.
    """

    privileged: bool = False
    added: int | None = None
    added_all: int | None = None
    not_dropped: bool = False
    ineffective: tuple[tuple[int, str], ...] = ()
    conflict: int | None = None
    pod_security: int | None = None


def judge(add: Names, drop: Names, privileged: bool, runtimes: Sequence[str] = RUNTIMES) -> Verdict:
    """Whether a Linux container holds NET_RAW on each runtime, and why."""
    results = {name: _RUNTIMES[name](add, drop, privileged) for name in runtimes}
    return Verdict(
        {name: held for name, (held, _) in results.items()}, {name: why for name, (_, why) in results.items()}
    )


def causes(add: Names, drop: Names, privileged: bool, runtimes: Sequence[str] = RUNTIMES) -> Causes:
    """What makes a container hold NET_RAW, so that undoing every cause takes it away on all ``runtimes``.

    A drop entry that only misses its effect explains a missing drop; a missing drop is a cause of its own
    only where nothing was meant to drop it.
    """
    if not judge(add, drop, privileged, runtimes).runtimes:
        wrong_case = None if privileged or ALL in drop else _first(drop, is_all)
        return Causes(pod_security=wrong_case)
    holders = _holders(add, drop, runtimes)
    meant = tuple(intended(name) or name for name in drop)
    remaining = _holders(add, meant, runtimes)
    ineffective: tuple[tuple[int, str], ...] = ()
    if remaining != holders and not privileged:
        ineffective = tuple(
            (index, name)
            for index, name in enumerate(meant)
            if name != drop[index] and name in (NET_RAW, ALL)
        )
    added = _first(add, spells_net_raw)
    added_all = _first(add, is_all)
    names = Causes(privileged=privileged, ineffective=ineffective)
    if privileged:
        return names.replace(added=added, added_all=added_all if added is None else None)
    overruled = _overruled(add, meant) if remaining == ("docker",) else None
    if added is not None and (_without(holders, "docker") or (remaining and overruled is None)):
        return names.replace(added=added)
    if overruled is not None:
        return names.replace(conflict=overruled)
    if remaining and added_all is not None:
        return names.replace(added_all=added_all)
    if remaining:
        return names.replace(not_dropped=True)
    return names


class Remedy(Noun):
    """What to change in a container's lists: ``remove`` are indexes into add, ``respell`` pairs of an index
    into drop and the name to write there, ``append`` a name to add to drop."""

    remove: tuple[int, ...] = ()
    respell: tuple[tuple[int, str], ...] = ()
    append: str = ""

    def applied(self, add: Names, drop: Names) -> tuple[Names, Names]:
        """The lists with the changes made."""
        names = dict(self.respell)
        new_add = tuple(name for index, name in enumerate(add) if index not in self.remove)
        new_drop = tuple(names.get(index, name) for index, name in enumerate(drop))
        return new_add, new_drop + ((self.append,) if self.append else ())


def remedy(
    add: Names, drop: Names, found: Causes, runtimes: Sequence[str] = RUNTIMES, missing: str = NET_RAW
) -> Remedy:
    """The smallest change that undoes the causes on all ``runtimes``; ``missing`` is what a missing drop drops."""
    remove: tuple[int, ...] = ()
    overruled = found.conflict is not None and drop[found.conflict].upper() != ALL
    if found.added is not None or overruled:
        remove = tuple(index for index, name in enumerate(add) if spells_net_raw(name))
    respell = found.ineffective
    if found.pod_security is not None:
        respell += ((found.pod_security, ALL),)
    change = Remedy(remove, respell)
    anything = found.not_dropped or found.added is not None or found.added_all is not None
    anything = anything or found.conflict is not None
    if anything and _holders(*change.applied(add, drop), runtimes):
        change = change.replace(append=missing if found.not_dropped else NET_RAW)
    return change


def intended(name: str) -> str | None:
    """The name a drop entry means: itself where it has effect, NET_RAW or ALL where it only misses it."""
    upper = name.upper()
    if upper in (NET_RAW, ALL):
        return upper
    plain = "".join(char for char in upper if char.isalnum()).removeprefix("CAP")
    if name.strip() == "*" or plain == "ALL":
        return ALL
    if upper.removeprefix("CAP_") in KNOWN - {NET_RAW}:
        return None
    return NET_RAW if _near("NETRAW", plain) else None


def spells_net_raw(name: str) -> bool:
    """Whether an add entry grants NET_RAW on some runtime: any case, with or without ``CAP_``."""
    return name.upper() in (NET_RAW, f"CAP_{NET_RAW}")


def is_all(name: str) -> bool:
    """Whether an entry means every capability, to every runtime."""
    return name.upper() == ALL


def _near(word: str, other: str) -> bool:
    """Whether two words differ by one letter at most: added, missing, wrong, or swapped with its neighbour."""
    if word == other:
        return True
    if abs(len(word) - len(other)) > 1:
        return False
    start = next(
        (i for i, (a, b) in enumerate(zip(word, other, strict=False)) if a != b), min(len(word), len(other))
    )
    left, right = word[start:], other[start:]
    return (
        left[1:] == right[1:]
        or left[1:] == right
        or left == right[1:]
        or (left[:2] == right[:2][::-1] and left[2:] == right[2:])
    )


def _holders(add: Names, drop: Names, runtimes: Sequence[str]) -> Names:
    return tuple(name for name in runtimes if _RUNTIMES[name](add, drop, False)[0] is True)


def _without(names: Names, name: str) -> Names:
    return tuple(other for other in names if other != name)


def _first(names: Names, test: Callable[[str], bool]) -> int | None:
    return next((index for index, name in enumerate(names) if test(name)), None)


def _overruled(add: Names, drop: Names) -> int | None:
    """The drop entry that containerd and CRI-O apply last and Docker does not."""
    named = _first(drop, lambda name: name.upper() == NET_RAW)
    if any(is_all(name) for name in add) and any(is_all(name) for name in drop):
        return _first(drop, is_all) if named is None else named
    return named if any(spells_net_raw(name) for name in add) else None


def _containerd(add: Names, drop: Names, privileged: bool) -> tuple[Holding, str]:
    if privileged:
        return True, _PRIVILEGED
    held, why = True, "its default set holds NET_RAW and no drop removes it"
    if any(is_all(name) for name in add):
        why = "`add: ALL` grants every capability"
    if any(is_all(name) for name in drop):
        held, why = False, "`drop: ALL` removes it"
    # containerd puts CAP_ in front of whatever stands there, so CAP_NET_RAW names a capability nobody has.
    if any(name.upper() == NET_RAW for name in add):
        held, why = True, "`add` grants it"
    if any(name.upper() == NET_RAW for name in drop):
        held, why = False, "`drop: NET_RAW` removes it"
    elif held:
        ineffective = next((name for name in drop if name.upper() == f"CAP_{NET_RAW}"), None)
        if ineffective:
            why = f"it prefixes CAP_ itself, so `{ineffective}` in drop removes nothing"
    return held, why


def _crio(add: Names, drop: Names, privileged: bool) -> tuple[Holding, str]:
    if privileged:
        return True, _PRIVILEGED
    unknown = unknown_name(add, drop)
    if unknown is not None:
        return "error", f"it refuses to start the container: unknown capability `{unknown}`"
    held, why = False, "its default set lacks NET_RAW since 1.18"
    if any(is_all(name) for name in add):
        held, why = True, "`add: ALL` grants every capability"
    if any(is_all(name) for name in drop):
        held, why = False, "`drop: ALL` removes it"
    if any(spells_net_raw(name) for name in add):
        held, why = True, "`add` grants it"
    if any(spells_net_raw(name) for name in drop):
        held, why = False, "`drop: NET_RAW` removes it"
    return held, why


def _docker(add: Names, drop: Names, privileged: bool) -> tuple[Holding, str]:
    unknown = unknown_name(add, drop)
    if unknown is not None:
        return "error", f"it refuses to start the container: unknown capability `{unknown}`"
    if privileged:
        return True, _PRIVILEGED
    named_add = any(spells_net_raw(name) for name in add)
    named_drop = any(spells_net_raw(name) for name in drop)
    if any(is_all(name) for name in add):
        if named_drop:
            return False, "`drop: NET_RAW` removes it"
        return True, "`add: ALL` grants every capability, whatever `drop: ALL` says"
    if any(is_all(name) for name in drop):
        return (True, "`add` grants it") if named_add else (False, "`drop: ALL` removes it")
    if named_add:
        return True, "`add` grants it, and add wins over drop" if named_drop else "`add` grants it"
    if named_drop:
        return False, "`drop: NET_RAW` removes it"
    return True, "its default set holds NET_RAW and no drop removes it"


def unknown_name(add: Names, drop: Names) -> str | None:
    """The first name that CRI-O and Docker do not know."""
    for name in (*add, *drop):
        # Go makes one letter of one letter; Python makes ST of the ligature in CHECKPOINT_REﬆORE.
        upper = "".join(letter.upper() if len(letter.upper()) == 1 else letter for letter in name)
        if upper != ALL and upper.removeprefix("CAP_") not in KNOWN:
            return name
    return None


_PRIVILEGED = "privileged grants every capability and drop has no effect"
_RUNTIMES: dict[str, Callable[[Names, Names, bool], tuple[Holding, str]]] = {
    "containerd": _containerd,
    "cri-o": _crio,
    "docker": _docker,
}

"""What a policy has to know of a container, and which of it makes the linter complain: asked of the linter itself.

Whether a runtime grants NET_RAW depends on no more than eight facts about a container. So every combination of them
is given to ``capabilities.causes`` once, and what it answers is the whole description: the engines' languages get it
as the shortest list of combinations, each "this and that, but not the other".
"""

from __future__ import annotations

from functools import cache

from netraw_lint import capabilities
from netraw_lint.noun import Noun
from netraw_lint.rules import (
    all_capabilities_added,
    ineffective_drop,
    net_raw_added,
    net_raw_not_dropped,
    privileged_container,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from netraw_lint.capabilities import Causes

    Names = tuple[str, ...]

FACTS = (
    "privileged",
    "unknown",  # add or drop holds a name that CRI-O and Docker do not know, and refuse to start
    "drops NET_RAW",
    "drops ALL",
    "drops CAP_NET_RAW",
    "adds NET_RAW",
    "adds ALL",
    "adds CAP_NET_RAW",
)
_LISTED = {fact: tuple(fact.split()) for fact in FACTS[2:]}
# One that means nothing, and two that miss what they mean: the linter has another rule for those.
_UNKNOWN = ("BOGUS", "NETRAW", "CAP_ALL")
CODES = (
    net_raw_added.RULE.code,
    all_capabilities_added.RULE.code,
    net_raw_not_dropped.RULE.code,
    privileged_container.RULE.code,
    ineffective_drop.RULE.code,
)


class Term(Noun):
    """Facts that hold and facts that do not, which together make the linter complain; on ``runtimes``."""

    holding: Names
    lacking: Names
    runtimes: Names


@cache
def terms(runtimes: Names, codes: Names) -> tuple[Term, ...]:
    """The shortest terms one of which holds exactly where a rule of ``codes`` complains for the runtimes."""
    wanted = {number for number in range(2 ** len(FACTS)) if _found(number, runtimes) & set(codes)}
    return tuple(_term(cube, runtimes) for cube in _cover(wanted))


def codes_of(found: Causes) -> set[str]:
    """The rules that complain about causes."""
    complaints = {
        net_raw_added.RULE.code: found.added is not None,
        all_capabilities_added.RULE.code: found.added_all is not None,
        net_raw_not_dropped.RULE.code: found.not_dropped,
        privileged_container.RULE.code: found.privileged,
        ineffective_drop.RULE.code: bool(found.ineffective) or found.conflict is not None,
    }
    return {code for code, complains in complaints.items() if complains}


def complaints(add: Names, drop: Names, privileged: bool, runtimes: Names) -> set[str]:
    """The rules for which a policy refuses a container, which it knows by these facts alone."""
    holding = {f"adds {name.upper()}" for name in add} | {f"drops {name.upper()}" for name in drop}
    holding |= {"privileged"} if privileged else set()
    holding |= {"unknown"} if capabilities.unknown_name(add, drop) is not None else set()
    return _found(sum(1 << bit for bit, fact in enumerate(FACTS) if fact in holding), runtimes)


@cache
def _found(number: int, runtimes: Names) -> set[str]:
    """The rules that may complain about a container with the facts that are the bits of a number."""
    return {code for lists in _containers(number) for code in codes_of(capabilities.causes(*lists, runtimes))}


def _containers(number: int) -> Iterator[tuple[Names, Names, bool]]:
    """Containers with these facts; more than one where there are unknown names of several kinds."""
    facts = [fact for bit, fact in enumerate(FACTS) if number >> bit & 1]
    listed = [_LISTED[fact] for fact in facts if fact in _LISTED]
    add = tuple(name for verb, name in listed if verb == "adds")
    drop = tuple(name for verb, name in listed if verb == "drops")
    for unknown in [(name,) for name in _UNKNOWN] if "unknown" in facts else [()]:
        yield add, (*drop, *unknown), "privileged" in facts


def _term(cube: tuple[int, int], runtimes: Sequence[str]) -> Term:
    care, value = cube
    holding = tuple(fact for bit, fact in enumerate(FACTS) if care & value & 1 << bit)
    lacking = tuple(fact for bit, fact in enumerate(FACTS) if care & ~value & 1 << bit)
    on = tuple(
        name
        for name in runtimes
        if all(
            any(name in capabilities.judge(*lists, (name,)).runtimes for lists in _containers(number))
            for number in range(2 ** len(FACTS))
            if number & care == value
        )
    )
    return Term(holding, lacking, on)


def _cover(wanted: set[int]) -> list[tuple[int, int]]:
    """Few cubes (bits that matter, their values) that together hold exactly the numbers: Quine and McCluskey."""
    everything = 2 ** len(FACTS) - 1
    cubes = {(everything, number) for number in wanted}
    primes: set[tuple[int, int]] = set()
    while cubes:
        larger, merged = set(), set()
        for care, value in cubes:
            for bit in (1 << place for place in range(len(FACTS))):
                if care & bit and (care, value ^ bit) in cubes:
                    larger.add((care & ~bit, value & ~bit))
                    merged.add((care, value))
        primes |= cubes - merged
        cubes = larger
    held = {cube: {number for number in wanted if number & cube[0] == cube[1]} for cube in primes}
    left, chosen = set(wanted), []
    while left:
        # Most of what is left first; of equals the simplest, and then in a fixed order.
        best = min(primes, key=lambda cube: (-len(held[cube] & left), cube[0].bit_count(), cube))
        chosen.append(best)
        left -= held[best]
    return chosen

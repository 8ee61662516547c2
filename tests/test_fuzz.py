"""A short run of what fuzz/ does for hours, and everything that a long one has found: the same on every machine."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from conftest import CHECKOUT

sys.path.append(str(CHECKOUT / "fuzz"))

import mutate
import rooms
import targets

FUZZ = CHECKOUT / "fuzz"


@pytest.mark.parametrize(
    "path", sorted([*(FUZZ / "found").iterdir(), *(FUZZ / "seeds").iterdir()]), ids=lambda path: path.name
)
@pytest.mark.parametrize("target", targets.TARGETS.values())
def test_what_was_found_once(target: Callable[[bytes], None], path: Path) -> None:
    data = path.read_bytes()
    target(data)
    if target is targets.fix:  # its first byte says whether unsafe fixes are wanted
        target(b"0" + data)
        target(b"1" + data)


@pytest.mark.parametrize(("target", "rounds"), [(targets.lint, 3000), (targets.fix, 1000)])
def test_made_up_bytes(target: Callable[[bytes], None], rounds: int) -> None:
    random = Random(20)
    seeds = mutate.seeds()
    for _ in range(rounds):
        target(mutate.mutated(random, [b"0" + seed for seed in seeds] if target is targets.fix else seeds))


@pytest.mark.parametrize(
    ("room", "rounds"), [("policies", 300), ("kustomization", 200), ("delivery", 800), ("suggestions", 100)]
)
def test_made_up_bytes_in_the_rooms_around(room: str, rounds: int) -> None:
    random = Random(21)
    names = (
        "admission.yaml",
        "argocd.yaml",
        "kustomization.yaml",
        "operations.json",
        "deployment.yaml",
        "list.yaml",
    )
    seeds = [(FUZZ / "seeds" / name).read_bytes() for name in names]
    for seed in seeds:
        rooms.ROOMS[room](seed)
    for _ in range(rounds):
        rooms.ROOMS[room](mutate.mutated(random, seeds))

"""What the runtimes make of add and drop: their truth table row by row, and what must hold for all lists."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import CHECKOUT
from netraw_lint import capabilities
from netraw_lint.capabilities import ALL, NET_RAW, RUNTIMES, Causes

TABLE = CHECKOUT / "tests" / "fixtures" / "capabilities" / "runtime_truth.jsonl"
COLUMNS = {"containerd": "containerd_runc", "cri-o": "crio", "docker": "docker"}
HELD: dict[str, bool | str] = {"YES": True, "YES (w)": True, "no": False, "no (w)": False, "ERR": "error"}
TRUTH: list[dict[str, Any]] = [json.loads(line) for line in TABLE.read_text("utf-8").splitlines()]

NAMES = st.one_of(
    st.sampled_from(
        """NET_RAW net_raw Net_Raw CAP_NET_RAW cap_net_raw ALL all All CAP_ALL * NETRAW NET-RAW NET_RAWW NER_RAW
        NET_ADMIN CAP_NET_ADMIN NET_BIND_SERVICE CHOWN BOGUS CAP_BOGUS SYS_RAWIO CAP_CAP_NET_RAW""".split()
    ),
    st.sampled_from(["", " ", "NET_RAW ", " NET_RAW", "ALL ", "\tALL", " all", "NET RAW", "ſET_RAW"]),
    st.text(max_size=8),
)
LISTS = st.lists(NAMES, max_size=5).map(tuple)
SOME_RUNTIMES = st.lists(st.sampled_from(RUNTIMES), min_size=1, unique=True).map(tuple)
RIGHT = {*capabilities.KNOWN, ALL}


def holders(
    add: tuple[str, ...], drop: tuple[str, ...], privileged: bool, runtimes: tuple[str, ...] = RUNTIMES
) -> tuple[str, ...]:
    return capabilities.judge(add, drop, privileged, runtimes).runtimes


def title(row: dict[str, Any]) -> str:
    return f"{'privileged ' * row['privileged']}add={row['add']} drop={row['drop']}"


def test_the_table_is_whole() -> None:
    assert len(TRUTH) == 50
    assert {value for row in TRUTH for key in COLUMNS.values() for value in [row[key]]} == set(HELD)


@pytest.mark.parametrize("runtime", RUNTIMES)
@pytest.mark.parametrize("row", TRUTH, ids=title)
def test_the_truth_table(row: dict[str, Any], runtime: str) -> None:
    verdict = capabilities.judge(tuple(row["add"]), tuple(row["drop"]), row["privileged"])
    assert verdict.holds[runtime] == HELD[row[COLUMNS[runtime]]]
    assert verdict.why[runtime]


@pytest.mark.parametrize("row", TRUTH, ids=title)
def test_what_pod_security_restricted_admits_has_no_cause(row: dict[str, Any]) -> None:
    found = capabilities.causes(tuple(row["add"]), tuple(row["drop"]), row["privileged"])
    if row["psa_restricted"] == "allow" and "BOGUS" not in row["drop"]:
        assert found == Causes()


@given(LISTS, LISTS, st.booleans(), SOME_RUNTIMES)
def test_there_is_a_cause_if_and_only_if_a_runtime_holds_it(
    add: tuple[str, ...], drop: tuple[str, ...], privileged: bool, runtimes: tuple[str, ...]
) -> None:
    found = capabilities.causes(add, drop, privileged, runtimes)
    if holders(add, drop, privileged, runtimes):
        assert found.replace(pod_security=None) != Causes()
        assert found.pod_security is None
    else:
        assert found.replace(pod_security=None) == Causes()


@given(LISTS, LISTS, st.booleans(), SOME_RUNTIMES)
def test_undoing_every_cause_takes_the_capability_away(
    add: tuple[str, ...], drop: tuple[str, ...], privileged: bool, runtimes: tuple[str, ...]
) -> None:
    for _ in range(2 + len(add)):
        if not holders(add, drop, privileged, runtimes):
            break
        found = capabilities.causes(add, drop, privileged, runtimes)
        add, drop, privileged = undo(found, add, drop, privileged)
    assert not holders(add, drop, privileged, runtimes)


def undo(
    found: Causes, add: tuple[str, ...], drop: tuple[str, ...], privileged: bool
) -> tuple[tuple[str, ...], tuple[str, ...], bool]:
    """What a reader of the findings does: take the advice of each."""
    names = list(drop)
    for index, meant in found.ineffective:
        names[index] = meant
    if found.added is not None or (found.conflict is not None and names[found.conflict].upper() != ALL):
        add = tuple(name for name in add if not capabilities.spells_net_raw(name))
    overruled = found.conflict is not None and names[found.conflict].upper() == ALL
    if overruled or found.not_dropped or found.added is not None or found.added_all is not None:
        names.append(NET_RAW)
    return add, tuple(names), privileged and not found.privileged


@given(LISTS, LISTS, st.booleans(), st.randoms())
def test_neither_order_nor_repetition_matters(
    add: tuple[str, ...], drop: tuple[str, ...], privileged: bool, random: Any
) -> None:
    def mixed(names: tuple[str, ...]) -> tuple[str, ...]:
        doubled = [*names, *random.sample(names, len(names) // 2)]
        random.shuffle(doubled)
        return tuple(doubled)

    assert (
        capabilities.judge(mixed(add), mixed(drop), privileged).holds
        == capabilities.judge(add, drop, privileged).holds
    )


@given(LISTS, LISTS, st.booleans())
def test_a_runtime_is_judged_on_its_own(
    add: tuple[str, ...], drop: tuple[str, ...], privileged: bool
) -> None:
    together = capabilities.judge(add, drop, privileged)
    for runtime in RUNTIMES:
        alone = capabilities.judge(add, drop, privileged, (runtime,))
        assert (dict(alone.holds), dict(alone.why)) == (
            {runtime: together.holds[runtime]},
            {runtime: together.why[runtime]},
        )


@given(LISTS, LISTS)
def test_an_index_points_at_what_it_names(add: tuple[str, ...], drop: tuple[str, ...]) -> None:
    found = capabilities.causes(add, drop, False)
    if found.added is not None:
        assert capabilities.spells_net_raw(add[found.added])
    if found.added_all is not None:
        assert add[found.added_all].upper() == ALL
    if found.conflict is not None:
        assert capabilities.intended(drop[found.conflict]) in (NET_RAW, ALL)
    for index, meant in found.ineffective:
        assert (drop[index].upper() != meant) or drop[index] not in RIGHT
        assert meant in (NET_RAW, ALL)


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("NET_RAW", NET_RAW),
        ("net_raw", NET_RAW),
        ("CAP_NET_RAW", NET_RAW),
        (" NET_RAW", NET_RAW),
        ("NET-RAW", NET_RAW),
        ("NETRAW", NET_RAW),
        ("NET_RAWS", NET_RAW),
        ("NTE_RAW", NET_RAW),
        ("NET_ROW", NET_RAW),
        ("ALL", ALL),
        ("all", ALL),
        ("CAP_ALL", ALL),
        ("ALL ", ALL),
        ("*", ALL),
        ("NET_ADMIN", None),
        ("CAP_NET_ADMIN", None),
        ("NET_BIND_SERVICE", None),
        ("SYS_RAWIO", None),
        ("KILL", None),
        ("RAW", None),
        ("BOGUS", None),
        ("", None),
    ],
)
def test_what_a_drop_entry_means(name: str, meant: str | None) -> None:
    assert capabilities.intended(name) == meant


@pytest.mark.parametrize(
    ("add", "drop", "expected"),
    [
        ("", "", Causes(not_dropped=True)),
        ("", "NET_ADMIN", Causes(not_dropped=True)),
        ("", "NET_RAW", Causes()),
        ("", "ALL", Causes()),
        ("", "all", Causes(pod_security=0)),
        ("", "NET_RAW all", Causes(pod_security=1)),
        ("", "all ALL", Causes()),
        ("", "CAP_NET_RAW", Causes(ineffective=((0, NET_RAW),))),
        ("", "CHOWN cap_all NETRAW", Causes(ineffective=((1, ALL), (2, NET_RAW)))),
        ("", "CAP_NET_RAW ALL", Causes()),
        ("CHOWN NET_RAW", "", Causes(added=1)),
        ("NET_RAW", "ALL", Causes(added=0)),
        ("CAP_NET_RAW", "ALL", Causes(added=0)),
        ("NET_RAW", "NET_RAW", Causes(conflict=0)),
        ("NET_RAW", "CAP_NET_RAW", Causes(added=0, ineffective=((0, NET_RAW),))),
        ("ALL", "", Causes(added_all=0)),
        ("ALL", "NET_RAW", Causes()),
        ("ALL", "ALL", Causes(conflict=0)),
        ("ALL", "CAP_NET_RAW", Causes(ineffective=((0, NET_RAW),))),
        ("ALL NET_RAW", "NET_RAW", Causes()),
    ],
)
def test_causes(add: str, drop: str, expected: Causes) -> None:
    assert capabilities.causes(tuple(add.split()), tuple(drop.split()), False) == expected
    privileged = capabilities.causes(tuple(add.split()), tuple(drop.split()), True)
    assert privileged.privileged
    assert (privileged.ineffective, privileged.not_dropped, privileged.conflict) == ((), False, None)


def test_what_nobody_starts_has_no_cause() -> None:
    assert capabilities.causes(("NET_RAW",), ("NET_RAW", "CAP_ALL"), False) == Causes()
    assert capabilities.causes(("NET_RAW", "BOGUS"), (), True, ("docker",)) == Causes()


def test_on_cri_o_alone_nothing_has_to_be_dropped() -> None:
    assert capabilities.causes((), (), False, ("cri-o",)) == Causes()
    assert capabilities.causes((), ("CAP_NET_RAW",), False, ("cri-o",)) == Causes()
    assert capabilities.causes(("NET_RAW",), ("NET_RAW",), False, ("cri-o",)) == Causes()

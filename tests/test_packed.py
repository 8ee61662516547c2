"""Many values in little memory: what comes out is what went in, however it is asked for."""

from __future__ import annotations

import pickle
import tracemalloc

import pytest

from netraw_lint.model import Problem
from netraw_lint.packed import _SIZE, Packed
from netraw_lint.sources.discovery import Chart, File, kept


@pytest.mark.parametrize("length", [0, 1, _SIZE - 1, _SIZE, _SIZE + 1, 3 * _SIZE, 3 * _SIZE + 7])
def test_it_is_the_sequence_that_was_put_in(length: int) -> None:
    values = [Problem(f"a/{number}.yaml", "read", "no", number) for number in range(length)]

    packed = Packed(values)

    assert (len(packed), bool(packed)) == (length, bool(length))
    assert list(packed) == list(packed) == values
    assert [packed[number] for number in range(length)] == values
    assert not length or packed[-1] == values[-1]
    with pytest.raises(IndexError):
        packed[length]
    for start in (0, 1, _SIZE - 1, _SIZE, length):
        for end in (0, 5, _SIZE, 2 * _SIZE + 3, length, length + 5):
            assert packed[start:end] == values[start:end]


def test_it_grows_at_its_end_while_it_is_looked_at() -> None:
    packed = Packed(range(_SIZE - 1))
    assert packed[-1] == _SIZE - 2
    packed += Packed(range(_SIZE))
    packed += ()

    assert list(packed) == [*range(_SIZE - 1), *range(_SIZE)]
    assert list(pickle.loads(pickle.dumps(packed))) == list(packed)  # noqa: S301 - our own


def test_a_long_text_is_kept_once_for_all_that_hold_it() -> None:
    # A cluster's dump of one line, which every finding in it quotes.
    line = "{" + "'kind': 'Pod', " * 100_000
    values = [Problem("dump.json", "read", line, number) for number in range(5 * _SIZE)]

    packed = Packed(values)
    again = pickle.loads(pickle.dumps(packed))  # noqa: S301 - our own

    assert list(packed) == list(again) == values
    assert len({id(problem.message) for problem in packed}) == 1
    assert sum(map(len, packed._blocks)) < len(line) / 50


def test_few_files_are_kept_as_they_are_and_many_packed() -> None:
    few = [File(f"{number}.yaml", False) for number in range(4000)]
    others = [
        File("named", True),
        Chart("web"),
        Problem("\udcff.yaml", "discover", "gone"),
        File("\udc80", False),
    ]

    assert kept(iter(few)) == few
    assert isinstance(kept(iter(few)), list)
    many = kept(iter([*few, *others]))
    assert isinstance(many, Packed)
    assert list(many) == [*few, *others]


def test_a_packed_file_takes_a_twentieth_of_its_memory() -> None:
    def files() -> list[File]:
        return [File(f"team-{at // 99}/service-{at // 3}/file-{at}.yaml", False) for at in range(20_000)]

    tracemalloc.start()
    try:
        plain = files()
        loose = tracemalloc.get_traced_memory()[0]
        packed = Packed(plain)
        del plain
        tight = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()

    assert len(packed) == 20_000
    assert tight < loose / 20

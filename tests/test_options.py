"""The quick reader of simple calls reads what argparse reads."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from netraw_lint import arguments, options

WORDS = ["--fix", "--force-exclude", "--isolated", "--quiet", "-q", "-", "a.yaml", "k8s/", "ä b", ""]


@given(st.lists(st.sampled_from(WORDS), max_size=8))
@example([])
@example(["a.yaml", "--fix", "b.yaml"])
def test_simple_calls_are_read_as_argparse_reads_them(argv: list[str]) -> None:
    simple = options._simple(argv)
    assert simple is not None
    assert vars(simple) == vars(arguments.parser("0").parse_intermixed_args(argv))


def test_every_default_is_known() -> None:
    simple = options._simple([])
    assert simple is not None
    assert vars(simple) == vars(arguments.parser("0").parse_args([]))


def test_one_run_does_not_see_the_lists_of_another() -> None:
    first, second = options._simple(["a"]), options._simple([])
    assert first is not None
    assert second is not None
    assert (first.paths, second.paths) == (["a"], [])
    assert first.select is not second.select


@given(
    st.lists(st.sampled_from([*WORDS, "--diff", "--select=NRL0"]), max_size=4), st.lists(st.text(max_size=9))
)
def test_behind_two_dashes_everything_is_a_path(argv: list[str], paths: list[str]) -> None:
    before = vars(arguments.parser("0").parse_intermixed_args(argv))

    after = vars(options.parse([*argv, "--", *paths], "0"))

    assert after == {**before, "paths": [*before["paths"], *paths]}


@given(st.text(max_size=5).map(lambda text: f"-{text}").filter(lambda text: text not in WORDS))
def test_anything_else_is_left_to_argparse(flag: str) -> None:
    assert options._simple(["a.yaml", flag]) is None

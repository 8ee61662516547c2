"""Edits of a text, the lines that they touch, and the patches that git takes."""

from __future__ import annotations

import subprocess
from pathlib import Path
from random import Random

import pytest

from netraw_lint.fix import edits
from netraw_lint.fix.diff import unified
from netraw_lint.model import Edit, Span


def edit(start: int, end: int, text: str = "") -> Edit:
    return Edit(Span(start, end), text)


@pytest.mark.parametrize(
    ("wanted", "text"),
    [
        ([], "abcdef"),
        ([edit(2, 2, "X")], "abXcdef"),
        ([edit(6, 6, "X")], "abcdefX"),
        ([edit(0, 3)], "def"),
        ([edit(1, 2, "X"), edit(4, 5, "Y")], "aXcdYf"),
        ([edit(4, 5, "Y"), edit(1, 2, "X")], "aXcdYf"),
        ([edit(2, 2, "X"), edit(2, 2, "X")], "abXcdef"),
        ([edit(2, 2, "X"), edit(2, 2, "Y")], "abXYcdef"),
        ([edit(2, 2, "X"), edit(2, 4)], "abXef"),
        ([edit(1, 3), edit(3, 3, "X"), edit(3, 5)], "aXf"),
        ([edit(2, 2, "\n  outer"), edit(2, 2, "\n    inner")], "ab\n    inner\n  outercdef"),
    ],
)
def test_apply(wanted: list[Edit], text: str) -> None:
    assert edits.apply("abcdef", wanted) == text


@pytest.mark.parametrize("second", [edit(2, 5, "Y"), edit(2, 2, "Y"), edit(1, 3, "Z"), edit(0, 6)])
def test_overlap(second: Edit) -> None:
    with pytest.raises(edits.OverlapError):
        edits.apply("abcdef", [edit(1, 4, "X"), second])


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    ("start", "end", "text", "touched"),
    [
        (("b", 1), ("b", 1), "\nnew", set()),
        (("b", 1), ("b", 1), ",", {1}),
        (("b", 0), ("b", 0), "new", {1}),
        (("a", 1), ("b", 1), "", {1}),
        (("a", 1), ("c", 1), "", {1, 2}),
        (("b", 0), ("c", 1), "", {1, 2}),
        (("d", 1), ("d", 1), "\nnew", set()),
        (("c", 1), ("d", 1), "", {3}),
    ],
)
def test_touched(
    newline: str, start: tuple[str, int], end: tuple[str, int], text: str, touched: set[int]
) -> None:
    whole = newline.join("abcd")
    span = Span(whole.index(start[0]) + start[1], whole.index(end[0]) + end[1])

    assert edits.touched(whole, [Edit(span, text.replace("\n", newline))]) == touched


def test_local_breaks() -> None:
    text = "a\nb\r\nc\r\nd"

    found = edits.with_local_breaks(text, [edit(1, 1, "\nx"), edit(3, 3, "\nx"), edit(9, 9, "\r\nx")])

    assert [one.text for one in found] == ["\nx", "\r\nx", "\r\nx"]


# -- patches ----------------------------------------------------------------------------------------------------


def git(folder: Path, *args: str, stdin: str = "") -> None:
    command = ["git", "-c", "core.autocrlf=false", *args]
    subprocess.run(command, cwd=folder, input=stdin.encode(), check=True, capture_output=True)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("a\nb\n", "a\nx\nb\n"),
        ("a\r\nb\r\n", "a\r\nx\r\nb\r\n"),
        ("a\rb\r", "a\rx\rb\r"),
        ("a\nb", "a\nb\nx"),
        ("a\nb", "a\nx\nb"),
        ("a", "x"),
        ("a\n" * 30, "x\n" + "a\n" * 29),
        ("a\n" * 30, "a\n" * 30 + "x\n"),
        (
            "".join(f"{n}\n" for n in range(40)),
            "".join(f"{n}\n" + "x\n" * (n in (3, 9, 30)) for n in range(40)),
        ),
        ("a\u2028b\x0cc\n", "a\u2028b\x0cc\nd\n"),
        ("\ufeffa\n\u00e9\n", "\ufeffa\n\u00e9\nx\n"),
    ],
)
@pytest.mark.parametrize("name", ["a.yaml", "a b.yaml", 'q"\t\\.yaml', "\u00e9.yaml", "d/e.yaml"])
def test_git_applies_a_patch(tmp_path: Path, name: str, old: str, new: str) -> None:
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(old.encode())

    git(tmp_path, "apply", "-", stdin=unified(name, old, new))

    assert path.read_bytes() == new.encode()


def test_git_applies_what_comes_of_random_edits(tmp_path: Path) -> None:
    random = Random(7)
    for number in range(25):
        lines = [random.choice(("a", "b", "", "c\r")) + "\n" for _ in range(random.randint(1, 40))]
        changed = [
            text
            for line in lines
            for text in ([line], [line], [line], [line, "new\n"], [])[random.randrange(5)]
        ]
        old, new = ("".join(part).removesuffix("\n" * random.randrange(2)) for part in (lines, changed))
        if not new or old == new:
            continue
        path = tmp_path / f"{number}.yaml"
        path.write_bytes(old.encode())

        git(tmp_path, "apply", "-", stdin=unified(path.name, old, new))

        assert path.read_bytes() == new.encode()


def test_no_change_is_no_patch() -> None:
    assert unified("a.yaml", "a\n", "a\n") == ""


def test_a_patch_has_three_lines_around_each_change() -> None:
    old = "".join(f"{number}\n" for number in range(20))

    patch = unified("k8s/web.yaml", old, old.replace("10\n", "10\nx\n"))

    assert patch.splitlines() == [
        "--- a/k8s/web.yaml",
        "+++ b/k8s/web.yaml",
        "@@ -9,6 +9,7 @@",
        *(" 8", " 9", " 10", "+x", " 11", " 12", " 13"),
    ]

"""The suggestions of SARIF and reviewdog are what --fix writes: applied by a reader of our own, compared in bytes."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netraw_lint import cli, suggesting
from netraw_lint.fix.edits import apply
from netraw_lint.reporters.suggested import difference
from netraw_lint.streams import Streams
from test_fix import CASES

OPTIONS = {"unsafe": ["--unsafe-fixes"], "drop-all": ["--fix-drop=ALL"]}


class Change(NamedTuple):
    """A replacement as a consumer reads it: lines from 1, columns from 1 in its own units, the end exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int
    text: str


def run(*args: str) -> tuple[int, str]:
    streams = Streams(io.BytesIO(), io.StringIO(), io.StringIO())
    code = cli.main(args, streams)
    return code, streams.stdout.getvalue()


def of_sarif(*args: str) -> dict[str, list[Change]]:
    """The changes that a log asks for, by the identity of the finding."""
    log = json.loads(run("--isolated", "--output-format=sarif", *args)[1])
    found: dict[str, list[Change]] = {}
    for number, result in enumerate(log["runs"][0]["results"]):
        for fix in result.get("fixes", ()):
            (artifact,) = fix["artifactChanges"]
            physical = result["locations"][0]["physicalLocation"]
            assert artifact["artifactLocation"] == physical["artifactLocation"]
            for each in artifact["replacements"]:
                region = each["deletedRegion"]
                place = (region[key] for key in ("startLine", "startColumn", "endLine", "endColumn"))
                found.setdefault(f"{number} {result['ruleId']}", []).append(
                    Change(*place, each["insertedContent"]["text"])
                )
    return found


def of_rdjson(*args: str) -> dict[str, list[Change]]:
    result = json.loads(run("--isolated", "--output-format=rdjson", *args)[1])
    found: dict[str, list[Change]] = {}
    for number, diagnostic in enumerate(result["diagnostics"]):
        for each in diagnostic.get("suggestions", ()):
            start, end = each["range"]["start"], each["range"]["end"]
            place = start["line"], start["column"], end["line"], end["column"]
            found.setdefault(f"{number} {diagnostic['code']['value']}", []).append(
                Change(*place, each["text"])
            )
    return found


def changed(text: str, changes: Iterable[Change], units: Callable[[str], int]) -> str:
    """The text after changes, the last first. ``units`` measures a text as the format counts columns."""
    lines = text.split("\n")

    def offset(line: int, column: int) -> int:
        before = 0
        while units(lines[line - 1][:before]) < column - 1:
            before += 1
        assert units(lines[line - 1][:before]) == column - 1, (
            "a column inside a character, or behind the line"
        )
        return sum(len(each) + 1 for each in lines[: line - 1]) + before

    spans = sorted((offset(*each[:2]), offset(*each[2:4]), each.text) for each in set(changes))
    for (_, end, _), (start, _, _) in pairwise(spans):
        assert end <= start, "changes overlap"
    for start, end, new in reversed(spans):
        text = text[:start] + new + text[end:]
    return text


def utf16(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def utf8(text: str) -> int:
    return len(text.encode())


def decoded(raw: bytes) -> tuple[str, str]:
    encoding = "utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    return raw.decode(encoding), encoding


FORMATS = pytest.mark.parametrize(
    ("read", "units"), [(of_sarif, utf16), (of_rdjson, utf8)], ids=["sarif", "rdjson"]
)


# What depends on the fix of another container cannot be suggested alone: the reason, by fixture.
DEPENDENT = {
    "anchor/freed": "the list of `a` is shared until `b` no longer has an alias to it",
    "merge/base": "`b` would inherit what is written for `a`",
    "merge/base-protected": "`b` would inherit what is written for `a`",
    "merge/two-at-one-place": "the second would inherit what is written for the first",
}


@pytest.fixture
def manifest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], Path]:
    """A fixture of the fixer in a directory of its own, which is the current one."""
    monkeypatch.chdir(tmp_path)

    def copied(case: Path) -> Path:
        (tmp_path / case.name).write_bytes(case.read_bytes())
        if case.parent.name == "patch":
            (tmp_path / "kustomization.yaml").write_text(f"patches:\n- path: {case.name}\n")
        return tmp_path / case.name

    return copied


def name(case: Path) -> str:
    return f"{case.parent.name}/{case.stem}"


def about(finding: dict[str, Any]) -> tuple[Any, ...]:
    """What is fixed wholly or not at all."""
    return finding["document"], finding["object"], finding["container"]


@FORMATS
@pytest.mark.parametrize("case", CASES, ids=name)
def test_all_suggestions_of_a_file_are_what_fix_writes(
    case: Path, read: Any, units: Callable[[str], int], manifest: Callable[[Path], Path]
) -> None:
    path, options = manifest(case), OPTIONS.get(case.parent.name, [])
    raw = path.read_bytes()
    text, encoding = decoded(raw)
    changes = [change for each in read(*options, case.name).values() for change in each]
    assert path.read_bytes() == raw, "a report changes no file"
    if encoding == "utf-16" and read is of_rdjson:
        assert changes == []
        return

    run("--isolated", "--fix", *options, case.name)
    fixed = path.read_bytes()
    applied = changed(text, changes, units)

    assert (applied != decoded(fixed)[0]) is (name(case) in DEPENDENT)
    # Those that were left out are still fixed afterwards.
    path.write_bytes(applied.encode(encoding) if applied != text else raw)
    run("--isolated", "--fix", *options, case.name)
    assert decoded(path.read_bytes())[0] == decoded(fixed)[0]


@pytest.mark.parametrize("case", [case for case in CASES if case.parent.name != "unsafe"], ids=name)
def test_a_suggestion_is_what_fix_writes_for_its_container_alone(
    case: Path, manifest: Callable[[Path], Path]
) -> None:
    """Everything else is accepted, by a baseline."""
    path, options = manifest(case), OPTIONS.get(case.parent.name, [])
    raw = path.read_bytes()
    text, _ = decoded(raw)
    log = json.loads(run("--isolated", "--output-format=json", *options, case.name)[1])
    run("--isolated", "--baseline=all", "--update-baseline", case.name)
    baseline = json.loads(Path("all").read_text()) if Path("all").exists() else {"findings": []}
    # Both reports list the same findings; SARIF has the worst first.
    order = sorted(log["findings"], key=lambda each: ("error", "warning", "info").index(each["severity"]))
    suggested = [
        (order[int(key.partition(" ")[0])], each) for key, each in of_sarif(*options, case.name).items()
    ]
    for changes in {tuple(each): each for _, each in suggested}.values():
        # What shares an anchor or a default is fixed together.
        units = [about(finding) for finding, each in suggested if each == changes]
        together = {each["identity"] for each in order if about(each) in units}
        if any(each["identity"] in together and about(each) not in units for each in order):
            continue  # a baseline does not tell it from another of the same name
        others = [each for each in baseline["findings"] if each["identity"] not in together]
        Path("others").write_text(json.dumps({**baseline, "findings": others}))
        run("--isolated", "--fix", "--baseline=others", *options, case.name)
        fixed = decoded(path.read_bytes())[0]
        path.write_bytes(raw)
        assert changed(text, changes, utf16) == fixed


def test_only_files_that_were_linted_have_suggestions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is piped may be another text than that of the file whose name it has."""
    monkeypatch.chdir(tmp_path)
    case = next(case for case in CASES if of_sarif(str(case)))
    Path("a.yaml").write_bytes(case.read_bytes())
    streams = Streams(io.BytesIO(case.read_bytes()), io.StringIO(), io.StringIO())

    cli.main(["--isolated", "--output-format=sarif", "--stdin-filename=a.yaml", "-"], streams)

    assert '"fixes"' not in streams.stdout.getvalue()
    assert json.loads(streams.stdout.getvalue())["runs"][0]["results"]


def test_what_is_not_to_be_fixed_is_not_suggested(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    container = "- name: {0}\n    image: x\n  "
    Path("a.yaml").write_text(
        "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  containers:\n  "
        + container.format("a  # netraw-lint: ignore[NRL003] it pings")
        + container.format("b")
    )
    assert list(of_sarif("a.yaml")) == ["0 NRL003"]
    assert list(of_sarif("--no-ignores", "a.yaml")) == ["0 NRL003", "1 NRL003"]
    assert of_sarif("--unfixable=NRL003", "a.yaml") == {}
    assert of_sarif("--ignore=NRL003", "a.yaml") == {}


def test_a_document_with_thousands_of_containers_has_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each would be proven on the whole document; --fix proves it once."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(suggesting, "_MOST_WORK", 1000)
    many = "".join(f"  - name: c{number}\n    image: x\n" for number in range(20))
    Path("a.yaml").write_text(
        f"apiVersion: v1\nkind: Pod\nmetadata: {{name: web}}\nspec:\n  containers:\n{many}"
    )

    assert of_sarif("a.yaml") == {}


# --- the difference of two texts ---------------------------------------------------------------------------------

TEXTS = st.lists(st.sampled_from(["a", "b", "  - x", "é𝒳", "", "\r", "drop: [ALL]"]), max_size=8)


@given(TEXTS, TEXTS, st.sampled_from(["\n", "\r\n"]))
def test_a_difference_makes_one_text_of_another(one: list[str], other: list[str], newline: str) -> None:
    old, new = newline.join(one), newline.join(other)

    edit = difference(old, new)

    assert (edit is None) is (old == new)
    assert edit is None or apply(old, [edit]) == new


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_new_lines_stand_behind_the_line_above_them(newline: str) -> None:
    old = newline.join(["a:", "- b", "- b", ""])
    for new in (
        ("a:", "- c", "- b", "- b", ""),
        ("a:", "- b", "- b", "- c", ""),
        ("a:", "- b", "- c", "- b", ""),
    ):
        edit = difference(old, newline.join(new))
        assert edit is not None
        assert edit.span.start == edit.span.end
        assert edit.text == f"{newline}- c"
        assert old.startswith(newline, edit.span.start)

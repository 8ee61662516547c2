"""--fix and --diff as a user meets them, in real processes: files, patches, filters, exit codes."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
from jsonschema import Draft202012Validator

from conftest import CHECKOUT, Tool

pytestmark = pytest.mark.skipif(os.name != "posix", reason="modes and links are POSIX")

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")

BAD = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
    - name: app
      image: registry.example/app:1  # the app
      ports: []
"""
DROP = """\
      securityContext:
        capabilities:
          drop:
            - NET_RAW
"""
FIXED = BAD.replace("      ports", f"{DROP}      ports")
GOOD = BAD + "      securityContext: {capabilities: {drop: [ALL]}}\n"
PREFIX = BAD + "      securityContext: {capabilities: {drop: [CAP_NET_RAW]}}\n"
PRIVILEGED = BAD + "      securityContext: {privileged: true}\n"
MISPLACED = GOOD.replace("spec:\n", "spec:\n  securityContext: {capabilities: {drop: [ALL]}}\n")
RENDERED = f"---\n# Source: web/templates/pod.yaml\n{BAD}"
PATCH = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  template:
    spec:
      containers:
        - name: app
          env: []
        - name: proxy
          securityContext:
            capabilities:
              add: [NET_RAW, CHOWN]
"""


@pytest.fixture(autouse=True)
def _repository(tmp_path: Path) -> None:
    """The tests' folder is the root of a repository, so that no settings above it count."""
    (tmp_path / ".git").mkdir()


def write(folder: Path, **texts: str) -> None:
    """Files by name; `__` stands for `/`, and .yaml is added."""
    for name, text in texts.items():
        path = folder / f"{name.replace('__', '/')}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())


def settings(folder: Path, text: str) -> None:
    (folder / ".netraw-lint.yaml").write_text(text, "utf-8")


def text(folder: Path, name: str) -> str:
    return (folder / f"{name}.yaml").read_bytes().decode()


class State(NamedTuple):
    """What a file is, so far as a run could change it."""

    data: bytes
    mtime: int
    inode: int


def states(folder: Path) -> dict[str, State]:
    return {
        str(path.relative_to(folder)): State(path.read_bytes(), path.stat().st_mtime_ns, path.stat().st_ino)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".git/" not in str(path)
    }


class Filtered(NamedTuple):
    code: int
    stdout: bytes
    stderr: str


def piped(folder: Path, data: bytes, *args: str, **environment: str) -> Filtered:
    done = subprocess.run(
        [sys.executable, "-m", "netraw_lint", *args],
        cwd=folder,
        input=data,
        capture_output=True,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT), **environment},
        timeout=60,
        check=False,
    )
    return Filtered(done.returncode, done.stdout, done.stderr.decode())


def applied(folder: Path, patch: bytes) -> None:
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    environment["GIT_CEILING_DIRECTORIES"] = str(folder.parent)
    (folder / ".git").rmdir()  # an empty one, which git takes for a broken repository
    done = subprocess.run(
        ["git", "apply"], cwd=folder, input=patch, env=environment, capture_output=True, check=False
    )
    (folder / ".git").mkdir()
    assert done.returncode == 0, (done.stderr, patch)


# --- --fix ---------------------------------------------------------------------------------------------------


def test_only_what_must_change_is_written(tool: Tool, tmp_path: Path) -> None:
    write(tmp_path, bad=BAD, good=GOOD, other="a: 1\n", privileged=PRIVILEGED, deep__down=BAD)
    (tmp_path / "bad.yaml").chmod(0o640)
    before = states(tmp_path)

    ran = tool("--fix", "--output-format=concise", ".", cwd=tmp_path)

    after = states(tmp_path)
    assert ran.code == 1
    assert ran.stdout.splitlines()[:3] == [
        "bad.yaml: fixed 1 (NRL003)",
        "deep/down.yaml: fixed 1 (NRL003)",
        "",
    ]
    assert [line.split()[1] for line in ran.stdout.splitlines()[3:]] == ["NRL004"]
    assert ran.stderr == "netraw-lint: 5 files, 5 documents, 4 containers: 2 fixed, 1 finding left\n"
    assert {name for name in after if after[name] != before[name]} == {"bad.yaml", "deep/down.yaml"}
    assert text(tmp_path, "bad") == text(tmp_path, "deep/down") == FIXED
    assert (tmp_path / "bad.yaml").stat().st_mode & 0o777 == 0o640
    assert after.keys() == before.keys()


def test_a_second_run_changes_nothing(tool: Tool, tmp_path: Path) -> None:
    write(tmp_path, a=BAD, b=PREFIX, c=f"{BAD}---\n{GOOD}---\n{PREFIX}")
    first = tool("--fix", ".", cwd=tmp_path)
    before = states(tmp_path)
    second = tool("--fix", ".", cwd=tmp_path)

    assert (first.code, second.code) == (0, 0)
    assert first.stdout == (
        "a.yaml: fixed 1 (NRL003)\nb.yaml: fixed 1 (NRL005)\nc.yaml: fixed 2 (NRL003, NRL005)\n\n"
    )
    assert second.stdout == ""
    assert second.stderr == "netraw-lint: 3 files, 5 documents, 5 containers: 0 fixed, no findings left\n"
    assert states(tmp_path) == before


def test_what_remains_says_why(tool: Tool, tmp_path: Path) -> None:
    write(tmp_path, a=PRIVILEGED)

    fixing = tool("--fix", ".", cwd=tmp_path)
    linting = tool(".", cwd=tmp_path)

    assert "  = not fixed: privileged grants every capability, whatever is dropped:" in fixing.stdout
    assert "not fixed" not in linting.stdout
    for line in fixing.stdout.splitlines():
        assert len(line) <= 80, line


@pytest.mark.parametrize("kind", ["crlf", "cr", "no last newline", "bom", "utf-16", "blanks"])
def test_every_other_byte_stays(kind: str, tool: Tool, tmp_path: Path) -> None:
    def written(given: str) -> bytes:
        if kind == "crlf":
            return given.replace("\n", "\r\n").encode()
        if kind == "cr":
            return given.replace("\n", "\r").encode()
        if kind == "no last newline":
            return given.rstrip("\n").encode()
        if kind == "bom":
            return b"\xef\xbb\xbf" + given.encode()
        if kind == "utf-16":
            return b"\xfe\xff" + given.encode("utf-16-be")
        return given.replace("ports: []", "ports: []   \t").encode()

    path = tmp_path / "a.yaml"
    path.write_bytes(written(BAD))

    assert tool("--fix", ".", cwd=tmp_path).code == 0
    assert path.read_bytes() == written(FIXED)


def test_a_link_and_its_target_are_fixed_once(tool: Tool, tmp_path: Path) -> None:
    write(tmp_path, real=BAD)
    (tmp_path / "link.yaml").symlink_to("real.yaml")

    ran = tool("--fix", "link.yaml", "real.yaml", "./real.yaml", "link.yaml", cwd=tmp_path)

    assert ran.code == 0
    assert ran.stdout.count("fixed 1") == 1
    assert (tmp_path / "link.yaml").is_symlink()
    assert text(tmp_path, "real") == FIXED


def test_a_patch_of_kustomize_gets_no_drop_but_loses_what_it_adds(tool: Tool, tmp_path: Path) -> None:
    write(tmp_path, patch=PATCH, kustomization="kind: Kustomization\npatches:\n  - path: patch.yaml\n")

    ran = tool("--fix", ".", cwd=tmp_path)

    assert ran.stdout == "patch.yaml: fixed 1 (NRL001)\n\n"
    assert text(tmp_path, "patch") == PATCH.replace("[NET_RAW, CHOWN]", "[CHOWN]")
    assert ran.code == 0


def test_rendered_output_is_fixed_with_a_warning(tool: Tool, tmp_path: Path) -> None:
    other = RENDERED.replace("pod.yaml", "other.yaml")
    write(tmp_path, rendered=RENDERED, several=RENDERED + other + other)
    warning = "the next render undoes it, so set it in the chart's values or templates"

    would = tool("--diff", ".", cwd=tmp_path)
    ran = tool("--fix", ".", cwd=tmp_path)

    assert ran.stdout.splitlines()[:2] == [
        f"rendered.yaml: fixed 1 (NRL003); rendered from web/templates/pod.yaml: {warning}",
        f"several.yaml: fixed 3 (NRL003); rendered from web/templates/pod.yaml and 1 more: {warning}",
    ]
    assert would.stderr.splitlines()[:2] == [
        line.replace("fixed", "would fix") for line in ran.stdout.splitlines()[:2]
    ]
    assert text(tmp_path, "rendered") == RENDERED.replace(BAD, FIXED)


def test_a_failed_write_is_told_and_the_rest_is_fixed(tool: Tool, tmp_path: Path) -> None:
    write(tmp_path, a=BAD, b=BAD, c=BAD, d=BAD)
    (tmp_path / "b.yaml").chmod(0o444)
    os.link(tmp_path / "c.yaml", tmp_path / "linked.txt")

    ran = tool("--fix", "--exit-zero", ".", cwd=tmp_path)

    assert ran.code == 2
    assert [text(tmp_path, name) == FIXED for name in "abcd"] == [True, False, False, True]
    assert (
        "b.yaml: not checked (write):\n    not written: it is read-only: make it writable first" in ran.stdout
    )
    assert "c.yaml: not checked (write):\n    not written: it has several hard links" in ran.stdout
    assert ran.stdout.count("NRL003 net-raw-not-dropped") == 2
    assert "2 fixed, 2 findings left; not checked: 2" in ran.stderr


def test_what_cannot_be_read_does_not_keep_the_rest(tool: Tool, tmp_path: Path) -> None:
    write(tmp_path, a=BAD, broken="kind: Pod\nspec: {containers: [\n", z=BAD)
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\xff")

    ran = tool("--fix", ".", "missing.yaml", cwd=tmp_path)

    assert ran.code == 2
    assert text(tmp_path, "a") == text(tmp_path, "z") == FIXED
    assert (tmp_path / "binary.yaml").read_bytes() == b"\xff\xfe\xff"


def test_excluded_and_ignored_files_stay(tool: Tool, tmp_path: Path) -> None:
    write(tmp_path, a=BAD, skipped__b=BAD, ignored__c=BAD, vendor__d=BAD)
    (tmp_path / ".gitignore").write_text("ignored/\n", "utf-8")
    settings(tmp_path, "exclude: [vendor]\n")

    assert tool("--fix", "--exclude", "skipped", ".", cwd=tmp_path).code == 0
    assert text(tmp_path, "a") == FIXED
    assert all(text(tmp_path, name) == BAD for name in ("skipped/b", "ignored/c", "vendor/d"))

    assert tool("--fix", "--force-exclude", "vendor/d.yaml", cwd=tmp_path).code == 0
    assert text(tmp_path, "vendor/d") == BAD

    assert tool("--fix", "vendor/d.yaml", "ignored/c.yaml", cwd=tmp_path).code == 0
    assert text(tmp_path, "vendor/d") == text(tmp_path, "ignored/c") == FIXED


# --- which findings ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("flags", "in_file", "fixed"),
    [
        ("", "", "003 005"),
        ("--fixable NRL003", "", "003"),
        ("--unfixable NRL003", "", "005"),
        ("--fixable ALL --unfixable NRL005", "", "003"),
        ("--fixable net-raw-not-dropped", "", "003"),
        ("--fixable NRL001", "", ""),
        ("", "fixable: [NRL005]", "005"),
        ("", "unfixable: [NRL005]", "003"),
        ("--fixable NRL003", "fixable: [NRL005]", "003"),
        ("--select NRL003", "", "003"),
        ("--ignore NRL003", "", "005"),
        ("--select NRL003 --fixable NRL005", "", ""),
        ("", "ignore: [NRL005]", "003"),
    ],
)
def test_which_rules_are_fixed(flags: str, in_file: str, fixed: str, tool: Tool, tmp_path: Path) -> None:
    write(tmp_path, a=BAD, b=PREFIX)
    settings(tmp_path, in_file)

    tool("--fix", *flags.split(), ".", cwd=tmp_path)

    assert (text(tmp_path, "a") != BAD) == ("003" in fixed)
    assert (text(tmp_path, "b") != PREFIX) == ("005" in fixed)


def test_an_unknown_rule_is_an_error_before_anything_is_written(tool: Tool, tmp_path: Path) -> None:
    write(tmp_path, a=BAD)

    ran = tool("--fix", "--fixable", "NRL999", ".", cwd=tmp_path)

    assert (ran.code, text(tmp_path, "a")) == (2, BAD)
    assert 'unknown rule "NRL999"' in ran.stderr


def test_what_a_file_may_ignore_is_not_fixed_there(tool: Tool, tmp_path: Path) -> None:
    write(tmp_path, a=BAD, tests__a=BAD, tests__b=f"{BAD}---\n{PREFIX}")
    settings(tmp_path, "per-file-ignores: {tests/: [NRL003]}\n")

    patch = tool("--diff", ".", cwd=tmp_path)
    ran = tool("--fix", ".", cwd=tmp_path)

    assert (ran.code, text(tmp_path, "a"), text(tmp_path, "tests/a")) == (0, FIXED, BAD)
    assert text(tmp_path, "tests/b") == f"{BAD}---\n{PREFIX.replace('CAP_', '')}"
    assert "tests/b.yaml: fixed 1 (NRL005)" in ran.stdout
    assert "tests/a.yaml" not in patch.stdout


def test_unsafe_fixes_are_asked_for(tool: Tool, tmp_path: Path) -> None:
    write(tmp_path, a=MISPLACED)

    assert tool("--fix", ".", cwd=tmp_path).code == 1
    assert text(tmp_path, "a") == MISPLACED

    unsafe = tool("--fix", "--unsafe-fixes", ".", cwd=tmp_path)
    assert (unsafe.code, unsafe.stdout) == (0, "a.yaml: fixed 1 (NRL006)\n\n")

    write(tmp_path, a=MISPLACED)
    settings(tmp_path, "unsafe-fixes: true\n")
    assert tool("--fix", ".", cwd=tmp_path).code == 0
    assert text(tmp_path, "a") == GOOD


@pytest.mark.parametrize(("flags", "in_file"), [("--fix-drop ALL", ""), ("", "fix-drop: ALL\n")])
def test_all_is_dropped_where_it_is_asked_for(flags: str, in_file: str, tool: Tool, tmp_path: Path) -> None:
    write(tmp_path, a=BAD)
    settings(tmp_path, in_file)

    assert tool("--fix", *flags.split(), ".", cwd=tmp_path).code == 0
    assert text(tmp_path, "a") == FIXED.replace("NET_RAW", "ALL")


# --- exit codes and reports ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("flags", "given", "code"),
    [
        ("--fix", BAD, 0),
        ("--fix", GOOD, 0),
        ("--fix", PRIVILEGED, 1),
        ("--fix --exit-zero", PRIVILEGED, 0),
        ("--fix --exit-non-zero-on-fix", BAD, 1),
        ("--fix --exit-non-zero-on-fix", GOOD, 0),
        ("--fix --exit-non-zero-on-fix --exit-zero", BAD, 0),
        ("--fix --unfixable ALL", BAD, 1),
        ("--diff", BAD, 1),
        ("--diff", GOOD, 0),
        ("--diff", PRIVILEGED, 1),
        ("--diff --exit-zero", BAD, 0),
        ("--diff --exit-zero missing.yaml", BAD, 2),
        ("--diff --unfixable ALL", BAD, 1),
    ],
)
def test_exit_codes(flags: str, given: str, code: int, tool: Tool, tmp_path: Path) -> None:
    write(tmp_path, a=given)

    assert tool(*flags.split(), "a.yaml", cwd=tmp_path).code == code


def test_json_of_a_fix_run(tool: Tool, tmp_path: Path) -> None:
    write(tmp_path, a=BAD, b=PRIVILEGED, c=MISPLACED, d=PREFIX)

    ran = tool("--fix", "--unfixable=NRL005", "--output-format=json", ".", cwd=tmp_path)

    report = json.loads(ran.stdout)
    schema = json.loads((CHECKOUT / "schemas" / "report.schema.json").read_text("utf-8"))
    Draft202012Validator(schema).validate(report)
    found = {finding["rule"]: (finding["fix"], finding["refusal"]) for finding in report["findings"]}
    assert found.keys() == {"NRL004", "NRL005", "NRL006"}
    assert found["NRL004"][0] is None
    assert found["NRL004"][1].startswith("privileged grants every capability")
    assert found["NRL005"] == ("safe", None)
    assert found["NRL006"] == ("unsafe", None)
    assert ran.stderr.splitlines()[0] == "a.yaml: fixed 1 (NRL003)"
    assert text(tmp_path, "a") == FIXED


@pytest.mark.parametrize("output_format", ["full", "concise", "json"])
def test_a_report_in_a_file(output_format: str, tool: Tool, tmp_path: Path) -> None:
    write(tmp_path, a=BAD, b=PRIVILEGED)

    ran = tool("--fix", "-o", "out.txt", "--output-format", output_format, "a.yaml", "b.yaml", cwd=tmp_path)

    told = ran.stderr if output_format == "json" else ran.stdout
    assert "a.yaml: fixed 1 (NRL003)\n" in told
    assert "NRL004" in (tmp_path / "out.txt").read_text("utf-8")
    assert "NRL004" not in ran.stdout + ran.stderr


def test_statistics_count_what_remains(tool: Tool, tmp_path: Path) -> None:
    write(tmp_path, a=BAD, b=PRIVILEGED)

    ran = tool("--fix", "--statistics", ".", cwd=tmp_path)

    assert ran.stdout == "a.yaml: fixed 1 (NRL003)\n\n1  NRL004  privileged-container\n"


@pytest.mark.parametrize(
    ("given", "flags", "summary"),
    [
        ([BAD], "", "1 finding (fixable with --fix)"),
        ([BAD, BAD], "", "2 findings (all fixable with --fix)"),
        ([BAD, BAD, PRIVILEGED], "", "3 findings (2 fixable with --fix)"),
        ([PRIVILEGED], "", "1 finding"),
        ([GOOD], "", "no findings"),
        ([BAD], "--unfixable NRL003", "1 finding"),
        ([MISPLACED], "", "1 finding\nnetraw-lint: --fix --unsafe-fixes can fix 1"),
        ([MISPLACED], "--unsafe-fixes", "1 finding (fixable with --fix)"),
        (
            [BAD, MISPLACED],
            "",
            "2 findings (1 fixable with --fix)\nnetraw-lint: --fix --unsafe-fixes can fix 1 more",
        ),
        ([BAD], "--fix", "1 fixed, no findings left"),
        ([BAD, PRIVILEGED], "--diff", "1 would be fixed, 1 finding left"),
        (
            [BAD, MISPLACED],
            "--fix",
            "1 fixed, 1 finding left\nnetraw-lint: --fix --unsafe-fixes can fix 1 more",
        ),
    ],
)
def test_the_summary_says_what_fix_would_do(
    given: list[str], flags: str, summary: str, tool: Tool, tmp_path: Path
) -> None:
    write(tmp_path, **{f"f{number}": each for number, each in enumerate(given)})

    ran = tool(*flags.split(), ".", cwd=tmp_path)

    counts = r"netraw-lint: \d files?, \d documents?, \d containers?: "
    assert re.search(f"^{counts}{re.escape(summary)}\n$", ran.stderr, re.MULTILINE)


# --- --diff --------------------------------------------------------------------------------------------------


@needs_git
@pytest.mark.parametrize(
    "names", [["a.yaml"], ["a b.yaml", "ü.yaml", 'quo"te.yaml', "deep/er/tab\there.yaml", "-x.yaml"]]
)
@pytest.mark.parametrize("encoding", ["", "de_DE.ISO-8859-1"])
def test_git_takes_the_patch_and_nothing_else_was_written(
    names: list[str], encoding: str, tmp_path: Path
) -> None:
    texts = [BAD, BAD.replace("\n", "\r\n"), BAD.rstrip("\n"), f"\ufeff{BAD}", BAD.replace("the app", "ü🙂")]
    for name, given in zip(names, texts, strict=False):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(given.encode())
    before = states(tmp_path)
    locale = {"LC_ALL": encoding, "PYTHONIOENCODING": "ascii"} if encoding else {}

    ran = piped(tmp_path, b"", "--diff", ".", **locale)

    assert ran.code == 1
    assert states(tmp_path) == before
    assert f"{len(names)} would be fixed, no findings left" in ran.stderr

    applied(tmp_path, ran.stdout)
    patched = states(tmp_path)
    assert {name: state.data for name, state in patched.items()} != {
        name: state.data for name, state in before.items()
    }
    again = piped(tmp_path, b"", "--diff", ".")
    assert (again.code, again.stdout) == (0, b"")

    for name, state in before.items():
        (tmp_path / name).write_bytes(state.data)
    piped(tmp_path, b"", "--fix", ".")
    assert {name: state.data for name, state in states(tmp_path).items()} == {
        name: state.data for name, state in patched.items()
    }


def test_findings_that_remain_have_their_places_on_disk(tool: Tool, tmp_path: Path) -> None:
    write(tmp_path, a=f"{BAD}---\n{PRIVILEGED}")

    linted = tool("--output-format=concise", "--select=NRL004", ".", cwd=tmp_path)
    ran = tool("--diff", "--output-format=concise", ".", cwd=tmp_path)

    assert ran.stdout.startswith("--- a/a.yaml\n+++ b/a.yaml\n@@ -6,6 +6,10 @@\n")
    assert ran.stderr.splitlines()[0] == linted.stdout.splitlines()[0]
    assert len(ran.stderr.splitlines()) == 2


def test_a_patch_and_a_report_for_programs(tool: Tool, tmp_path: Path) -> None:
    write(tmp_path, a=BAD, b=PRIVILEGED)

    ran = tool("--diff", "--output-format=json", "-o", "report.json", ".", cwd=tmp_path)

    assert ran.stdout.startswith("--- a/a.yaml\n")
    report = json.loads((tmp_path / "report.json").read_text("utf-8"))
    assert [finding["rule"] for finding in report["findings"]] == ["NRL004"]


def test_diff_beats_fix(tool: Tool, tmp_path: Path) -> None:
    write(tmp_path, a=BAD)

    ran = tool("--fix", "--diff", ".", cwd=tmp_path)

    assert (ran.code, text(tmp_path, "a")) == (1, BAD)
    assert ran.stdout.startswith("--- a/a.yaml\n")


def test_a_patch_for_utf_16_is_refused_in_words(tool: Tool, tmp_path: Path) -> None:
    (tmp_path / "wide.yaml").write_bytes(b"\xff\xfe" + BAD.encode("utf-16-le"))

    ran = tool("--diff", ".", cwd=tmp_path)

    assert (ran.code, ran.stdout) == (1, "")
    assert ran.stderr.splitlines()[0] == (
        "wide.yaml: would change, but git has no patches for UTF-16: use --fix"
    )


@needs_git
def test_a_patch_names_the_file_behind_a_link(tool: Tool, tmp_path: Path) -> None:
    write(tmp_path, real__a=BAD)
    (tmp_path / "link.yaml").symlink_to("real/a.yaml")
    (tmp_path / "folder").symlink_to("real")

    ran = tool("--diff", "link.yaml", "real/a.yaml", "folder/a.yaml", cwd=tmp_path)

    assert re.findall("^---.*", ran.stdout, re.MULTILINE) == ["--- a/real/a.yaml"]
    applied(tmp_path, ran.stdout.encode())
    assert text(tmp_path, "real/a") == FIXED


def test_a_patch_for_a_file_outside_says_where_to_apply_it(tool: Tool, tmp_path: Path) -> None:
    write(tmp_path, a=BAD)
    (tmp_path / "here").mkdir()

    ran = tool("--diff", "../a.yaml", cwd=tmp_path / "here")

    name = str((tmp_path / "a.yaml").resolve())
    assert ran.stdout.startswith(f"--- a{name}\n+++ b{name}\n")
    assert ran.stderr.startswith(
        "../a.yaml: outside the current directory: its patch is for `git apply` in /\n"
    )


# --- the standard input --------------------------------------------------------------------------------------


@pytest.mark.parametrize("output_format", ["full", "concise", "json"])
def test_a_filter(output_format: str, tmp_path: Path) -> None:
    given = f"{BAD}---\n{PRIVILEGED}"

    ran = piped(tmp_path, given.encode(), "--fix", "--output-format", output_format, "-")

    assert ran.code == 1
    assert ran.stdout.decode() == given.replace(BAD, FIXED, 1)
    assert ran.stderr.splitlines()[0] == "<stdin>: fixed 1 (NRL003)"
    assert "NRL004" in ran.stderr
    assert "1 fixed, 1 finding left" in ran.stderr


ODD = (
    "",
    "\n",
    "a: 1\r\nb: ü\r\n",
    "a: 1\rb",
    "\x00",
    "---\n...\n---\n",
    GOOD.replace("\n", "\r\n"),
    "{broken",
    "kind: Pod\nspec: {containers: [\n",
)


@pytest.mark.parametrize("given", ODD, ids=repr)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-be"])
def test_what_needs_no_fix_passes_through_byte_for_byte(given: str, encoding: str, tmp_path: Path) -> None:
    mark = {"utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}.get(encoding, b"")
    data = mark + given.encode(encoding)

    assert piped(tmp_path, data, "--fix", "-", PYTHONIOENCODING="ascii").stdout == data


@pytest.mark.parametrize("data", [b"\xff\xfe\xff", b"\xc3(", b"\xff\xfe\x00\x00", b"a\x00" * 2_000_000])
def test_what_is_no_text_passes_through_and_is_told(data: bytes, tmp_path: Path) -> None:
    ran = piped(tmp_path, data, "--fix", "-")

    assert (ran.code, ran.stdout) == (2, data)
    assert "<stdin>:" in ran.stderr
    assert "not checked (read)" in ran.stderr


def test_what_is_too_large_passes_through_and_is_told(tmp_path: Path) -> None:
    script = (
        "import sys; from netraw_lint import cli; from netraw_lint.sources import files; "
        "files.MAX_FILE_SIZE = 1000; sys.exit(cli.run())"
    )
    data = b"x: y\n" * 700_000
    done = subprocess.run(
        [sys.executable, "-c", script, "--fix", "-"],
        cwd=tmp_path,
        input=data,
        capture_output=True,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
        check=False,
    )

    assert (done.returncode, done.stdout) == (2, data)
    assert b"larger than" in done.stderr


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16-le"])
def test_a_filter_keeps_the_encoding(encoding: str, tmp_path: Path) -> None:
    mark = b"\xff\xfe" if encoding == "utf-16-le" else b""
    given, wanted = (mark + each.replace("\n", "\r\n").encode(encoding) for each in (BAD, FIXED))

    ran = piped(tmp_path, given, "--fix", "-")

    assert (ran.code, ran.stdout) == (0, wanted)


def test_a_filter_whose_reader_has_seen_enough(tmp_path: Path) -> None:
    (tmp_path / "big.yaml").write_text(
        "".join(f"{BAD}---\n" for _ in range(20)) + "x: y\n" * 500_000, "utf-8"
    )
    command = (
        f"{sys.executable} -m netraw_lint --fix -q - <big.yaml 2>err | head -c 10; echo ${{PIPESTATUS[0]}}"
    )
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
        capture_output=True,
        encoding="utf-8",
        check=True,
    )

    assert done.stdout == f"{BAD[:10]}0\n"
    assert (tmp_path / "err").read_text("utf-8") == "<stdin>: fixed 20 (NRL003)\n"


def test_a_filter_beside_files(tmp_path: Path) -> None:
    write(tmp_path, a=BAD)

    ran = piped(tmp_path, PREFIX.encode(), "--fix", "-", "a.yaml")

    assert (ran.code, ran.stdout.decode()) == (0, PREFIX.replace("CAP_", ""))
    assert text(tmp_path, "a") == FIXED


@needs_git
def test_a_patch_for_the_standard_input(tmp_path: Path) -> None:
    write(tmp_path, deep__a=BAD)

    ran = piped(tmp_path, BAD.encode(), "--diff", "--stdin-filename", "deep/a.yaml", "-")

    assert ran.code == 1
    assert text(tmp_path, "deep/a") == BAD
    applied(tmp_path, ran.stdout)
    assert text(tmp_path, "deep/a") == FIXED

    assert piped(tmp_path, BAD.encode(), "--diff", "-").stdout.startswith(b"--- a/<stdin>\n")


def test_a_name_for_the_standard_input_is_no_file_to_write(tmp_path: Path) -> None:
    write(tmp_path, a=GOOD)

    ran = piped(tmp_path, BAD.encode(), "--fix", "--stdin-filename", "a.yaml", "-")

    assert (ran.stdout.decode(), text(tmp_path, "a")) == (FIXED, GOOD)


def test_names_cannot_speak_to_the_terminal(tool: Tool, tmp_path: Path) -> None:
    (tmp_path / "::error::\x1b[31m.yaml").write_bytes(RENDERED.replace("web/", "\x1b[2J/").encode())

    ran = tool("--fix", ".", cwd=tmp_path)
    again = tool("--diff", ".", cwd=tmp_path)

    for each in (ran.stdout, ran.stderr, again.stdout, again.stderr):
        assert "\x1b" not in each
        assert not re.search("^::", each, re.MULTILINE)

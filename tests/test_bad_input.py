"""Bad input: never a traceback, never a silence, and the rest is linted all the same."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pytest

from conftest import CHECKOUT, Ran, Tool

pytestmark = pytest.mark.skipif(os.name != "posix", reason="pipes, links and modes are POSIX")

FORMATS = ("full", "concise", "json")
POD = """\
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
  - name: app
    image: registry.example/app:1
"""
HEAD = "apiVersion: v1\nkind: Pod\nmetadata: {name: odd}\nspec:\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A repository with one bad manifest, which must be found whatever lies beside it."""
    (tmp_path / ".git").mkdir()
    (tmp_path / "witness.yaml").write_text(POD)
    return tmp_path


def lint(tool: Tool, folder: Path, *args: str) -> tuple[Ran, list[str]]:
    """A run on the folder as JSON and concise: the last of them, and its `path:line:column CODE` or problem lines."""
    runs = [tool(f"--output-format={name}", *(args or (".",)), cwd=folder) for name in ("json", "concise")]
    assert len({ran.code for ran in runs}) == 1
    for ran in runs:
        assert "Traceback" not in ran.stderr + ran.stdout
        assert "internal" not in ran.stderr + ran.stdout, ran
        assert "witness.yaml" in ran.stdout
    json.loads(runs[0].stdout)
    lines = [
        line.partition(" not checked")[0] if " not checked (" in line else " ".join(line.split()[:2])
        for line in runs[1].stdout.splitlines()
    ]
    return runs[1], [line for line in lines if not line.startswith("witness.yaml:6:")]


# --- files ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "place", "words"),
    [
        (b"a: 1\nb: \xff\n", "odd.yaml:2:", "not UTF-8: byte 0xff"),
        (b"a: 1\nb: \0\n", "odd.yaml:2:", "NUL byte at offset 8 (line 2)"),
        (POD.encode("utf-16-le"), "odd.yaml:1:", "UTF-16 without a byte order mark"),
        (POD.encode("utf-32"), "odd.yaml:1:", "UTF-32"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "odd.yaml:1:", "not UTF-8"),
    ],
)
def test_what_is_no_text_is_a_problem(raw: bytes, place: str, words: str, tool: Tool, folder: Path) -> None:
    (folder / "odd.yaml").write_bytes(raw)

    ran, found = lint(tool, folder)

    assert (ran.code, found) == (2, [place])
    assert words in ran.stdout
    assert ran.stderr.endswith("; not checked: 1\n")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_text_with_a_byte_order_mark_is_read(encoding: str, tool: Tool, folder: Path) -> None:
    (folder / "odd.yaml").write_bytes(POD.encode(encoding))

    ran, found = lint(tool, folder)

    assert (ran.code, found) == (1, ["odd.yaml:6:11: NRL003"])


def test_a_pipe_is_never_waited_for(tool: Tool, folder: Path) -> None:
    os.mkfifo(folder / "pipe.yaml")

    ran, found = lint(tool, folder, ".", "pipe.yaml")

    assert ran.code == 2
    assert found == ["pipe.yaml:"] * len(found) != []
    assert "a pipe, not a regular file" in ran.stdout


def test_a_loop_of_links_ends(tool: Tool, folder: Path) -> None:
    (folder / "sub").mkdir()
    (folder / "sub" / "up").symlink_to("..")
    (folder / "self.yaml").symlink_to("self.yaml")
    (folder / "gone.yaml").symlink_to("missing.yaml")

    ran, found = lint(tool, folder)

    assert (ran.code, found) == (2, ["gone.yaml:", "self.yaml:"])


def test_no_permission() -> None:
    become: list[str] = []
    if os.geteuid() == 0:
        become = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        if shutil.which("setpriv") is None:
            pytest.skip("root may read everything, and there is no setpriv to become somebody else")
    # pytest's own folders are closed to other users.
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "witness.yaml").write_text(POD)
        (folder / "secret.yaml").write_text(POD)
        (folder / "secret.yaml").chmod(0)
        (folder / "closed").mkdir(mode=0)
        done = subprocess.run(
            [*become, sys.executable, "-m", "netraw_lint", "--output-format=concise", "."],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(CHECKOUT), "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            encoding="utf-8",
            timeout=60,
            check=False,
        )
        (folder / "closed").chmod(0o755)
    unusable = ("No module named", "Permission denied", "error while loading shared libraries")
    if any(words in done.stderr for words in unusable):
        pytest.skip("another user cannot read this checkout or its Python")

    assert done.returncode == 2, done.stderr
    closed, secret = done.stdout.splitlines()[1:]
    assert closed == "closed: not checked (discover): the directory cannot be listed: permission denied"
    assert secret.startswith("secret.yaml: not checked (read): cannot be read: permission denied")
    assert done.stdout.startswith("witness.yaml:6:11: NRL003")


def run_here(*argv: str, cwd: Path, monkeypatch: pytest.MonkeyPatch) -> Ran:
    """The program in this process, so that a test may meddle with its inside."""
    from netraw_lint.cli import Streams, main

    monkeypatch.chdir(cwd)
    out, err = StringIO(), StringIO()
    code = main(argv, Streams(BytesIO(), out, err))
    return Ran(code, out.getvalue(), err.getvalue())


def test_a_file_that_vanishes_between_listing_and_reading(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from netraw_lint.sources import discovery

    (folder / "brief.yaml").write_text(POD)
    real = discovery.discover

    def listed_then_removed(*args: object, **options: object) -> list[discovery.Found]:
        found = list(real(*args, **options))  # type: ignore[arg-type]
        (folder / "brief.yaml").unlink()
        return found

    monkeypatch.setattr(discovery, "discover", listed_then_removed)
    ran = run_here("--output-format=concise", cwd=folder, monkeypatch=monkeypatch)

    assert ran.code == 2
    assert "brief.yaml: not checked (read): cannot be read: no such file" in ran.stdout
    assert "witness.yaml:6:11: NRL003" in ran.stdout


# --- documents -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "code", "expected"),
    [
        pytest.param("", 1, [], id="empty"),
        pytest.param("\n \n# nothing\n---\n---\n...\n", 1, [], id="no documents"),
        pytest.param("- spec: {containers: []}\n- image\n", 1, [], id="a list"),
        pytest.param("containers image\n", 1, [], id="a scalar"),
        pytest.param("'kind containers", 1, ["odd.yaml:1:16: NRL900"], id="an open quote"),
        pytest.param(f"{HEAD}  containers:\n  -\n  - null\n  - ~\n", 1, None, id="null items"),
        pytest.param(f"{HEAD}  containers: null\n  initContainers:\n", 1, [], id="null lists"),
        pytest.param(f"{HEAD}  containers: {{}}\n", 1, ["odd.yaml:5:15: NRL900"], id="a mapping for a list"),
        pytest.param(f"{HEAD}  containers: {{a: {{image: x}}}}\n", 1, ["odd.yaml:5:15: NRL900"], id="a map"),
        pytest.param(f"{HEAD}  containers: app\n", 1, ["odd.yaml:5:15: NRL900"], id="a scalar for a list"),
        pytest.param(f"{HEAD}  containers: [app, 7]\n", 1, None, id="scalars for containers"),
        pytest.param(f"{HEAD}  containers: [[{{name: a, image: b}}]]\n", 1, None, id="a list in a list"),
        pytest.param(
            f"{HEAD}  containers:\n  - name: [a, b]\n    image: {{}}\n", 1, None, id="odd names"
        ),
        *(
            pytest.param(
                f"{HEAD}  containers:\n  - name: a\n    image: b\n    securityContext: {value}\n",
                1,
                None,
                id=value,
            )
            for value in (
                "null",
                "[]",
                "text",
                "{capabilities: null}",
                "{capabilities: [NET_RAW]}",
                "{capabilities: NET_RAW}",
                "{capabilities: {drop: null}}",
                "{capabilities: {drop: ALL}}",
                "{capabilities: {drop: {ALL: true}}}",
                "{capabilities: {drop: [null, 7, {}, [ALL], true, ~]}}",
                "{capabilities: {drop: [ALL], drop: [null]}}",
                "{capabilities: {add: 1.5, drop: [!!binary QUxM]}}",
                "{privileged: {a: b}, runAsNonRoot: [], allowPrivilegeEscalation: x}",
                "{privileged: 'true'}",
                "{? [a] : b, ? {c: d} : e}",
                "{<<: 7}",
                "{<<: [{capabilities: {drop: [ALL]}}, 7]}",
            )
        ),
        pytest.param("spec: &a\n  containers: *a\n", 1, None, id="an anchor in itself"),
        pytest.param(f"{HEAD}  <<: &m\n    <<: *m\n  containers: [{{name: a}}]\n", 1, None, id="a merge of itself"),
        pytest.param(f"{HEAD}  containers: *missing\n", 1, ["odd.yaml:5:15: NRL900"], id="no such anchor"),
        pytest.param("apiVersion: v1\nkind: [Pod]\nspec: {containers: [{name: a}]}\n", 1, None, id="an odd kind"),
        pytest.param("apiVersion: 1\nkind: Pod\nspec: {containers: [{name: a}]}\n", 1, None, id="an odd version"),
        pytest.param(
            f"{HEAD}  containers:\n  - name: {'x' * 3_000_000}\n    image: y\n",
            1,
            ["odd.yaml:6:11: NRL003"],
            id="a huge line",
        ),
        pytest.param(
            f"kind: {'[' * 100_000} # containers", 1, ["odd.yaml:1:1006: NRL900"], id="deep flow nesting"
        ),
        pytest.param(
            "containers:\n" + "".join(f"{' ' * n}a:\n" for n in range(1, 3000)), 1, None, id="deep block nesting"
        ),
        pytest.param("containers: " + '{"a":' * 100_000, 1, None, id="deep JSON"),
        pytest.param(
            f"{HEAD}  containers: [{{name: a, image: b}}]\n  x: {'[' * 900}{']' * 900}\n",
            1,
            ["odd.yaml:5:23: NRL003"],
            id="just not too deep",
        ),
        pytest.param("\n".join(
            ["a0: &a0 {image: x, securityContext: {}}"]
            + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 40)]
            + ["apiVersion: v1", "kind: Pod", "spec: {containers: *a39}"]
        ), 1, None, id="a bomb of lists"),
        pytest.param("\n".join(
            ["a0: &a0 {image: x}"]
            + [f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 10)}]}}" for n in range(1, 40)]
            + ["apiVersion: v1", "kind: Pod", "spec: {containers: [*a39]}"]
        ), 1, None, id="a bomb of merges"),
        pytest.param("\n".join(
            ["a0: &a0 {apiVersion: v1, kind: Pod, spec: {containers: [{name: a, image: b}]}}"]
            + [f"a{n}: &a{n} {{{', '.join(f'k{m}: *a{n - 1}' for m in range(10))}}}" for n in range(1, 40)]
            + ["x: *a39"]
        ), 1, ["odd.yaml:1:1: NRL900"], id="a bomb of objects"),
    ],
)  # fmt: skip
def test_odd_documents(text: str, code: int, expected: list[str] | None, tool: Tool, folder: Path) -> None:
    (folder / "odd.yaml").write_text(text, "utf-8")

    ran, found = lint(tool, folder)

    assert ran.code == code
    if expected is not None:
        assert found == expected


@pytest.mark.parametrize(
    "broken",
    [
        "kind: Pod\nspec: {containers: [\n",
        "kind: Pod\nspec:\n  containers:\n\t- name: x\n",
        "kind: Pod\nspec:\n  containers:\n    {{- toYaml .Values.containers | nindent 4 }}\n",
        'kind: Pod\nspec: "containers\n',
        "kind: Pod\nspec: *containers\n",
        "%YAML 9.9\n",
    ],
)
def test_a_broken_document_hides_no_other(broken: str, tool: Tool, folder: Path) -> None:
    (folder / "odd.yaml").write_text(f"{POD}---\n{broken}---\n{POD}", "utf-8")

    ran, found = lint(tool, folder)

    after = POD.count("\n") + broken.count("\n") + 2
    assert ran.code == 1
    if not broken.startswith("%"):  # a directive makes the parser read on
        assert found[0] == "odd.yaml:6:11: NRL003"
        assert found[-1] == f"odd.yaml:{after + 6}:11: NRL003"
        assert [place.split()[1] for place in found[1:-1]] == ["NRL900"]


def test_a_hostile_kustomization_does_no_harm(tool: Tool, folder: Path) -> None:
    bomb = [
        "patches: &a0 [{path: witness.yml}]",
        *(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 40)),
    ]
    (folder / "kustomization.yaml").write_text("\n".join(bomb))
    (folder / "deep").mkdir()
    (folder / "deep" / "kustomization.yaml").write_text(f"patches: {'[' * 990}{']' * 990}")
    (folder / "deep" / "odd.yaml").write_text(POD)

    ran, found = lint(tool, folder)

    assert (ran.code, found) == (1, ["deep/odd.yaml:6:11: NRL003"])


# --- names ---------------------------------------------------------------------------------------------------

NAMES = [
    "a\nb",
    "a\rb",
    "\x1b[31mred",
    "\u202ertl",
    "\u2028",
    "\x9b1m",
    "::error::x",
    " ::set-output name=x::y",
    "##vso[task.complete result=Succeeded;]",
    "##[error]x",
]


def assert_harmless(ran: Ran, output_format: str) -> None:
    for text in (ran.stdout, ran.stderr):
        assert all(char.isprintable() for char in text.replace("\n", "")), ascii(text)
        assert "##vso[" not in text.lower()
        assert "##[" not in text
        assert not re.search(r"^\s*::", text, re.MULTILINE)
    if output_format == "json":
        assert ran.stdout.isascii()


@pytest.mark.parametrize("output_format", FORMATS)
def test_names_in_yaml_are_escaped(output_format: str, tool: Tool, folder: Path) -> None:
    for number, name in enumerate(NAMES):
        # JSON is YAML, and json.dumps knows how to quote.
        manifest = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": name, "namespace": name},
            "spec": {"containers": [{"name": name, "image": "x"}]},
        }
        raw = "" if set(name) & set("\n\r\x1b\x9b") else name  # the others may stand in a comment
        (folder / f"odd{number}.yaml").write_text(
            f"# {raw}\n# Source: x{raw}\n{json.dumps(manifest)} # {raw}\n", "utf-8"
        )

    ran = tool("--output-format", output_format, ".", cwd=folder)

    assert ran.code == 1
    assert_harmless(ran, output_format)
    if output_format == "json":
        names = [finding["container"]["name"] for finding in json.loads(ran.stdout)["findings"]]
        assert names == [*NAMES, "app"]


@pytest.mark.parametrize("output_format", FORMATS)
def test_names_of_files_are_escaped(output_format: str, tool: Tool, folder: Path) -> None:
    for name in NAMES:
        (folder / f"{name}.yaml").write_text(POD)
        (folder / f"{name}x.yaml").write_bytes(b"\xff")
    missing = [f"{name}missing" for name in NAMES]

    for args in (
        [".", *missing],
        ["--show-files", ".", *missing],
        ["-v", "."],
        ["--statistics", "."],
        missing,
    ):
        ran = tool("--output-format", output_format, *args, cwd=folder)
        assert ran.code == 2
        assert_harmless(ran, output_format)
    report = tool("--output-format=json", cwd=folder).stdout
    paths = {finding["path"] for finding in json.loads(report)["findings"]}
    assert paths == {"witness.yaml", *(f"{name}.yaml" for name in NAMES)}


def test_a_file_name_that_is_no_text(tool: Tool, folder: Path) -> None:
    with open(os.fsencode(folder) + b"/\xff.yaml", "w", encoding="utf-8") as file:
        file.write(POD)

    for output_format in FORMATS:
        ran = tool("--output-format", output_format, cwd=folder)
        assert ran.code == 1
        assert "\\udcff.yaml" in ran.stdout


# --- bugs ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("output_format", FORMATS)
def test_a_bug_that_one_document_shows_is_a_problem(
    output_format: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from netraw_lint import workloads

    real = workloads.containers

    def buggy(obj: Any, *more: Any) -> Any:
        if obj.ref.name == "odd":
            raise KeyError("a bug\x1b")
        return real(obj, *more)

    monkeypatch.setattr(workloads, "containers", buggy)
    (folder / "odd.yaml").write_text(f"{POD}---\n{POD.replace('web', 'odd')}---\n{POD}")

    ran = run_here("--output-format", output_format, cwd=folder, monkeypatch=monkeypatch)

    assert ran.code == 2
    assert "internal" in ran.stdout
    assert "odd.yaml" in ran.stdout
    assert "please report it" in " ".join(ran.stdout.split())
    assert "\x1b" not in ran.stdout
    assert "witness.yaml" in ran.stdout
    assert (
        ran.stderr
        == "netraw-lint: 2 files, 4 documents, 3 containers: 3 findings (all fixable with --fix); not checked: 1\n"
    )


def test_the_problem_names_the_document_and_the_place_of_the_bug(monkeypatch: pytest.MonkeyPatch) -> None:
    import netraw_lint
    from netraw_lint import capabilities

    def buggy(*_: object) -> object:
        raise RuntimeError("boom")

    monkeypatch.setattr(capabilities, "judge", buggy)

    report = netraw_lint.lint_text(f"a: 1\n---\n{POD}", "x.yaml")

    (problem,) = report.problems
    assert (problem.path, problem.stage, problem.line) == ("x.yaml", "internal", 2)
    assert re.fullmatch(
        r"document 1 could not be judged to its end, by a bug of netraw-lint: RuntimeError: boom in "
        r"netraw_lint\.judge, line \d+; please report it with the manifest",
        problem.message,
    )


def test_a_bug_outside_of_the_documents_of_a_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from netraw_lint import splitting

    real = splitting.chunks

    def buggy(data: bytes, *more: Any) -> Any:
        if b"odd" in data:
            raise RuntimeError("boom")
        return real(data, *more)

    monkeypatch.setattr(splitting, "chunks", buggy)
    (folder / "odd.yaml").write_text("odd: 1\n")

    ran = run_here("--output-format=concise", cwd=folder, monkeypatch=monkeypatch)

    assert ran.code == 2
    assert "odd.yaml: not checked (internal): the file could not be judged" in ran.stdout
    assert "witness.yaml:6:11: NRL003" in ran.stdout


def test_a_bug_outside_of_the_files(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from netraw_lint.sources import discovery

    def buggy(*_: object, **__: object) -> object:
        raise ZeroDivisionError("no\x1bway")

    monkeypatch.setattr(discovery, "discover", buggy)

    ran = run_here(cwd=folder, monkeypatch=monkeypatch)
    told = run_here("-v", cwd=folder, monkeypatch=monkeypatch)

    assert (ran.code, told.code) == (2, 2)
    assert ran.stderr == (
        "netraw-lint: internal error, please report it (-v shows where): ZeroDivisionError: no\\x1bway\n"
    )
    assert "Traceback" in told.stderr

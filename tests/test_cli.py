"""The command line as a user meets it: every flag, the streams, the exit codes, the signals; in real processes."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from conftest import CHECKOUT, Ran, Tool
from netraw_lint import rules

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals, terminals and modes are POSIX")

FORMATS = ("full", "concise", "json")

BAD = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
    - name: app
      image: registry.example/app:1
"""
GOOD = BAD + "      securityContext: {capabilities: {drop: [ALL]}}\n"
ADDED = BAD + "      securityContext: {capabilities: {add: [NET_RAW]}}\n"
BROKEN = BAD.replace("name: web", "name: [web")
CONFIG_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\n"


@pytest.fixture(autouse=True)
def _repository(tmp_path: Path) -> None:
    """The tests' folder is the root of a repository, so that no settings above it count."""
    (tmp_path / ".git").mkdir()


def write(folder: Path, **texts: str) -> None:
    """Files by name; `__` stands for `/`, and .yaml is added."""
    for name, text in texts.items():
        path = folder / f"{name.replace('__', '/')}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


def settings(folder: Path, text: str) -> None:
    (folder / ".netraw-lint.yaml").write_text(text, "utf-8")


def places(ran: Ran) -> list[str]:
    """`path:line:column CODE` of every finding of a concise report."""
    return [" ".join(line.split()[:2]) for line in ran.stdout.splitlines()]


def command(*args: str) -> list[str]:
    return [sys.executable, "-m", "netraw_lint", *args]


def environment(**values: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(CHECKOUT), **values}


# --- exit codes ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("output_format", FORMATS)
@pytest.mark.parametrize(
    ("paths", "code"),
    [
        ("good.yaml", 0),
        ("map.yaml", 0),
        ("bad.yaml", 1),
        ("broken.yaml", 1),
        ("bad.yaml good.yaml", 1),
        ("missing.yaml", 2),
        ("bad.yaml missing.yaml", 2),
        ("good.yaml binary.yaml", 2),
    ],
)
@pytest.mark.parametrize("destination", ["", "out.txt"])
def test_the_exit_code_is_the_same_in_every_format(
    paths: str, code: int, output_format: str, destination: str, tool: Tool, tmp_path: Path
) -> None:
    write(tmp_path, good=GOOD, bad=BAD, broken=BROKEN, map=CONFIG_MAP)
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\xff")
    output = ["--output-file", destination] if destination else []

    ran = tool("--output-format", output_format, *output, *paths.split(), cwd=tmp_path)

    assert ran.code == code, ran
    assert ran.stderr.startswith("netraw-lint: ")
    if destination:
        assert ran.stdout == ""
        assert ("bad.yaml" in paths) == ("NRL003" in (tmp_path / destination).read_text("utf-8"))


def test_exit_zero_never_hides_what_was_not_checked(tool: Tool, tmp_path: Path) -> None:
    write(tmp_path, bad=BAD)

    assert tool("--exit-zero", "bad.yaml", cwd=tmp_path).code == 0
    assert tool("--exit-zero", "bad.yaml", "missing.yaml", cwd=tmp_path).code == 2


def test_a_missing_path_does_not_hide_the_others(tool: Tool, tmp_path: Path) -> None:
    write(tmp_path, bad=BAD)

    ran = tool("--output-format=concise", "missing.yaml", "bad.yaml", "gone/", cwd=tmp_path)

    assert ran.stdout.splitlines()[1:] == [
        "gone/: not checked (discover): no such file or directory",
        "missing.yaml: not checked (discover): no such file or directory",
    ]
    assert places(ran)[0] == "bad.yaml:7:13: NRL003"
    assert (
        ran.stderr
        == "netraw-lint: 1 file, 1 document, 1 container: 1 finding (fixable with --fix); not checked: 2\n"
    )


def test_findings_of_the_severity_info_do_not_fail(tool: Tool, tmp_path: Path) -> None:
    write(
        tmp_path,
        run="""\
apiVersion: serving.knative.dev/v1
kind: Service
metadata:
  name: web
  annotations: {run.googleapis.com/ingress: all}
spec:
  template:
    spec:
      containers:
        - image: registry.example/app:1
""",
    )

    ran = tool("--output-format=concise", cwd=tmp_path)

    assert "run.yaml:10:11: NRL003 [info] Service/web" in ran.stdout
    assert ran.code == 0


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ("--frobnicate", "unrecognized arguments: --frobnicate"),
        ("--output-format xml", "invalid choice: 'xml'"),
        ("--color sometimes", "invalid choice: 'sometimes'"),
        ("--select", "expected one argument"),
        ("--sel ALL", "unrecognized arguments: --sel"),
        ("--select NRL999", 'unknown rule "NRL999": did you mean'),
        ("--ignore net-raw-add", 'unknown rule "net-raw-add": did you mean "net-raw-added"?'),
        ("--explain xyzzy", 'unknown rule "xyzzy"; see --list-rules'),
        ("--runtimes podman", 'unknown runtime "podman": choose from containerd, cri-o, docker'),
        ("--runtimes=", "--runtimes needs a name: choose from containerd, cri-o, docker"),
        ("--config missing.yaml", "missing.yaml: cannot be read: No such file or directory"),
        ("--show-containers", "--show-containers needs --output-format json"),
        ("--output-file missing/out.txt bad.yaml", "-o missing/out.txt: there is no directory missing"),
    ],
)
def test_a_wrong_call_is_exit_2_and_says_why(args: str, words: str, tool: Tool, tmp_path: Path) -> None:
    write(tmp_path, bad=BAD)

    ran = tool(*args.split(), cwd=tmp_path)

    assert (ran.code, ran.stdout) == (2, "")
    assert ran.stderr.startswith("netraw-lint: error: ")
    assert words in ran.stderr
    assert len(ran.stderr.splitlines()) == 1


def test_a_name_in_a_usage_error_cannot_speak_to_a_terminal(tool: Tool, tmp_path: Path) -> None:
    ran = tool("--\x1b[31m::x\n::error::y", cwd=tmp_path)

    assert ran.code == 2
    assert "\x1b" not in ran.stderr
    assert len(ran.stderr.splitlines()) == 1


# --- input ---------------------------------------------------------------------------------------------------


def test_without_paths_the_current_directory_is_linted(tool: Tool, tmp_path: Path) -> None:
    write(tmp_path, b=BAD, a__c=BAD, good=GOOD)

    ran = tool("--output-format=concise", cwd=tmp_path)

    assert places(ran) == ["a/c.yaml:7:13: NRL003", "b.yaml:7:13: NRL003"]
    assert (
        ran.stderr == "netraw-lint: 3 files, 3 documents, 3 containers: 2 findings (all fixable with --fix)\n"
    )


def test_the_standard_input(tool: Tool, tmp_path: Path) -> None:
    write(tmp_path, ignored=BAD)

    unnamed = tool("--output-format=concise", "-", cwd=tmp_path, stdin=BAD)
    named = tool("--output-format=concise", "--stdin-filename", "k8s/x.yaml", "-", cwd=tmp_path, stdin=BAD)

    assert places(unnamed) == ["<stdin>:7:13: NRL003"]
    assert places(named) == ["k8s/x.yaml:7:13: NRL003"]
    assert unnamed.code == named.code == 1


def test_the_standard_input_and_files_together(tool: Tool, tmp_path: Path) -> None:
    write(tmp_path, file=ADDED)

    ran = tool("--output-format=concise", "-", "file.yaml", "-", cwd=tmp_path, stdin=BAD)

    assert places(ran) == ["<stdin>:7:13: NRL003", "file.yaml:9:46: NRL001"]
    assert (
        ran.stderr == "netraw-lint: 2 files, 2 documents, 2 containers: 2 findings (all fixable with --fix)\n"
    )


def test_settings_of_the_folder_that_the_standard_input_is_said_to_come_from(
    tool: Tool, tmp_path: Path
) -> None:
    (tmp_path / "k8s").mkdir()
    settings(tmp_path / "k8s", "ignore: [NRL003]\n")

    assert tool("--stdin-filename", "k8s/x.yaml", "-", cwd=tmp_path, stdin=BAD).code == 0
    assert tool("-", cwd=tmp_path, stdin=BAD).code == 1


def test_rendered_json_and_yaml_extensions(tool: Tool, tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text(BAD)
    (tmp_path / "b.json").write_text(
        json.dumps(
            {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{"name": "x", "image": "y"}]}},
            indent=1,
        )
    )
    (tmp_path / "c.txt").write_text(BAD)

    assert places(tool("--output-format=concise", cwd=tmp_path)) == [
        "a.yml:7:13: NRL003",
        "b.json:7:13: NRL003",
    ]
    assert places(tool("--output-format=concise", "c.txt", cwd=tmp_path)) == ["c.txt:7:13: NRL003"]


# --- what is said, and where ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        ({}, "no YAML files"),
        ({"a": CONFIG_MAP}, "1 YAML file, no workloads"),
        ({f"m{n}": CONFIG_MAP for n in range(12)}, "12 YAML files, no workloads"),
        ({"a": GOOD}, "1 file, 1 document, 1 container: no findings"),
        (
            {"a": f"{BAD}---\n{ADDED}---\n{CONFIG_MAP}"},
            "1 file, 3 documents, 2 containers: 2 findings (all fixable with --fix)",
        ),
        ({"a": BROKEN}, "1 file, 1 document, 0 containers: 1 finding"),
    ],
)
@pytest.mark.parametrize("output_format", FORMATS)
def test_the_summary_says_what_was_looked_at(
    texts: dict[str, str], words: str, output_format: str, tool: Tool, tmp_path: Path
) -> None:
    write(tmp_path, **texts)

    assert tool("--output-format", output_format, cwd=tmp_path).stderr == f"netraw-lint: {words}\n"
    assert tool("-q", "--output-format", output_format, cwd=tmp_path).stderr == ""


def test_text_reports_without_news_are_silent(tool: Tool, tmp_path: Path) -> None:
    write(tmp_path, good=GOOD)

    assert tool(cwd=tmp_path).stdout == ""
    assert tool("--output-format=concise", cwd=tmp_path).stdout == ""
    assert tool("--statistics", cwd=tmp_path).stdout == ""


def test_statistics(tool: Tool, tmp_path: Path) -> None:
    write(tmp_path, a=BAD, b=BAD, c=ADDED)

    ran = tool("--statistics", ".", "missing", cwd=tmp_path)

    assert ran.stdout.splitlines() == [
        "2  NRL003  net-raw-not-dropped",
        "1  NRL001  net-raw-added",
        "missing: not checked (discover):",
        "    no such file or directory",
    ]
    assert ran.code == 2
    report = json.loads(tool("--statistics", "--output-format=json", cwd=tmp_path).stdout)
    assert report["summary"]["rules"] == {"NRL001": 1, "NRL003": 2}


@pytest.mark.parametrize("output_format", FORMATS)
def test_a_report_goes_to_a_file(output_format: str, tool: Tool, tmp_path: Path) -> None:
    write(tmp_path, bad=BAD)
    printed = tool("--output-format", output_format, "bad.yaml", cwd=tmp_path)

    for flag in ("-o", "--output-file"):
        ran = tool(
            f"--output-format={output_format}", flag, "out", "--color=always", "bad.yaml", cwd=tmp_path
        )

        assert (ran.code, ran.stdout, ran.stderr) == (1, "", printed.stderr)
        assert (tmp_path / "out").read_text("utf-8") == printed.stdout


def test_a_report_without_news_replaces_an_older_one(tool: Tool, tmp_path: Path) -> None:
    write(tmp_path, good=GOOD)
    (tmp_path / "out").write_text("old news")

    tool("-o", "out", cwd=tmp_path)

    assert (tmp_path / "out").read_text("utf-8") == ""


def test_verbose_names_the_settings_and_the_files(tool: Tool, tmp_path: Path) -> None:
    write(tmp_path, good=GOOD)

    assert tool("-v", cwd=tmp_path).stderr.splitlines()[:2] == [
        "netraw-lint: settings: no file",
        "netraw-lint: reading good.yaml",
    ]


@pytest.mark.parametrize(
    ("when", "variables", "coloured"),
    [
        ("auto", {}, False),
        ("always", {}, True),
        ("always", {"NO_COLOR": "1"}, True),
        ("never", {"FORCE_COLOR": "1"}, False),
        ("auto", {"FORCE_COLOR": "1"}, True),
        ("auto", {"NO_COLOR": "1", "FORCE_COLOR": "1"}, False),
        ("auto", {"NO_COLOR": "", "FORCE_COLOR": "1"}, True),
        ("auto", {"FORCE_COLOR": ""}, False),
    ],
)
@pytest.mark.parametrize("output_format", ["full", "concise"])
def test_colour(
    when: str,
    variables: dict[str, str],
    coloured: bool,
    output_format: str,
    tool: Tool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write(tmp_path, bad=BAD)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    ran = tool("--color", when, "--output-format", output_format, cwd=tmp_path)

    assert ("\x1b[" in ran.stdout) is coloured
    assert "\x1b[" not in ran.stderr


def test_json_is_never_coloured(tool: Tool, tmp_path: Path) -> None:
    write(tmp_path, bad=BAD)

    assert "\x1b" not in tool("--color=always", "--output-format=json", cwd=tmp_path).stdout


# --- streams and signals -------------------------------------------------------------------------------------


@pytest.mark.parametrize("output_format", FORMATS)
def test_a_reader_that_has_seen_enough_changes_nothing(output_format: str, tmp_path: Path) -> None:
    write(tmp_path, **{f"pod{number}": f"{BAD}---\n" * 20 for number in range(40)})
    line = f'set -o pipefail; "$PY" -m netraw_lint --output-format {output_format} . | head -1; echo "${{PIPESTATUS[0]}}"'

    done = subprocess.run(
        ["bash", "-c", line],
        cwd=tmp_path,
        env=environment(PY=sys.executable),
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )

    assert (
        done.stderr
        == "netraw-lint: 40 files, 800 documents, 800 containers: 800 findings (all fixable with --fix)\n"
    )
    assert done.stdout.splitlines()[1:] == ["1"]


def test_a_full_disk_is_not_a_clean_run(tmp_path: Path) -> None:
    if not os.path.exists("/dev/full"):
        pytest.skip("no /dev/full here")
    write(tmp_path, bad=BAD)

    with open("/dev/full", "w", encoding="utf-8") as full:
        done = subprocess.run(
            command("."), cwd=tmp_path, env=environment(), stdout=full, stderr=subprocess.PIPE, check=False
        )

    assert done.returncode == 2
    assert (
        done.stderr == b"netraw-lint: error: cannot write to the standard output: No space left on device\n"
    )


def test_closed_streams(tmp_path: Path) -> None:
    write(tmp_path, bad=BAD)

    done = subprocess.run(
        ["bash", "-c", '"$PY" -m netraw_lint . <&- >&- 2>&-'],
        cwd=tmp_path,
        env=environment(PY=sys.executable),
        check=False,
    )

    assert done.returncode == 1


def waiting(tmp_path: Path) -> subprocess.Popen[str]:
    """The tool, reading its standard input."""
    process = subprocess.Popen(
        command("-v", ".", "-"),
        cwd=tmp_path,
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        # A shell starts what it puts in the background with interrupts ignored, and its children inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - no threads
    )
    assert process.stderr is not None
    assert process.stderr.readline() == "netraw-lint: settings: no file\n"
    time.sleep(0.2)
    return process


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, -signal.SIGTERM)])
def test_signals(number: signal.Signals, code: int, tmp_path: Path) -> None:
    process = waiting(tmp_path)

    process.send_signal(number)
    stdout, stderr = process.communicate(timeout=10)

    assert (process.returncode, stdout, stderr) == (code, "", "")


def on_a_terminal(cwd: Path, delay: float, *args: str) -> tuple[int, str]:
    """Exit code and stderr of a run whose stderr is a terminal and whose input takes its time."""
    import pty

    master, slave = pty.openpty()
    process = subprocess.Popen(
        command(*args, "-"),
        cwd=cwd,
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=slave,
    )
    os.close(slave)
    assert process.stdin is not None
    time.sleep(delay)
    process.stdin.write(BAD.encode())
    process.stdin.close()
    seen = b""
    try:
        while chunk := os.read(master, 4096):
            seen += chunk
    except OSError:  # how Linux says that the other side is closed
        pass
    os.close(master)
    return process.wait(10), seen.decode()


def test_long_work_shows_its_progress_on_a_terminal(tmp_path: Path) -> None:
    code, seen = on_a_terminal(tmp_path, 2.6)

    assert code == 1
    assert seen.startswith("\rlinting: 1 file ...")
    assert seen.endswith(
        "\r\x1b[Knetraw-lint: 1 file, 1 document, 1 container: 1 finding (fixable with --fix)\r\n"
    )


def test_short_or_quiet_work_shows_none(tmp_path: Path) -> None:
    assert on_a_terminal(tmp_path, 0) == (
        1,
        "netraw-lint: 1 file, 1 document, 1 container: 1 finding (fixable with --fix)\r\n",
    )
    assert on_a_terminal(tmp_path, 2.6, "-q") == (1, "")


# --- information ---------------------------------------------------------------------------------------------


def test_version_and_help(tool: Tool) -> None:
    from netraw_lint import __version__

    assert tool("--version").stdout == tool("-V").stdout == f"netraw-lint {__version__}\n"
    help_text = tool("--help").stdout
    assert tool("-h").stdout == help_text
    assert "exit codes:" in help_text
    assert max(map(len, help_text.splitlines())) <= 80


@pytest.mark.parametrize("rule", rules.rules(), ids=lambda rule: rule.code)
def test_every_rule_explains_itself(rule: rules.Rule, tool: Tool) -> None:
    by_code, by_name = tool("--explain", rule.code), tool("--explain", rule.name)

    assert by_code.stdout == by_name.stdout
    assert by_code.stdout.startswith(f"# {rule.code} {rule.name} (")
    for heading in ("What it does", "Why is this bad?", "Example", "Use instead", "Fix safety", "References"):
        assert f"\n## {heading}\n" in by_code.stdout
    assert by_code.code == 0


def test_explain_all(tool: Tool) -> None:
    pages = tool("--explain", "ALL").stdout

    assert [line.split()[1] for line in pages.splitlines() if line.startswith("# NRL")] == [
        rule.code for rule in rules.rules()
    ]


def test_list_rules(tool: Tool) -> None:
    listed = tool("--list-rules").stdout

    assert [line.split()[:2] for line in listed.splitlines() if line.startswith("NRL")] == [
        [rule.code, rule.name] for rule in rules.rules()
    ]
    assert "(info, off by default)" in listed or "(warning, off by default)" in listed
    assert max(map(len, listed.splitlines())) <= 80


def test_show_files(tool: Tool, tmp_path: Path) -> None:
    write(tmp_path, b=BAD, a__c=BAD, skipped__d=BAD)
    (tmp_path / ".gitignore").write_text("b.yaml\n")

    ran = tool("--show-files", "--exclude", "skipped", ".", cwd=tmp_path)
    assert (ran.code, ran.stdout, ran.stderr) == (0, "a/c.yaml\n", "")

    ran = tool("--show-files", ".", "gone", "--no-respect-gitignore", cwd=tmp_path)
    assert ran.stdout.splitlines() == ["a/c.yaml", "b.yaml", "skipped/d.yaml"]
    assert ran.stderr == "netraw-lint: gone: not checked (discover): no such file or directory\n"
    assert ran.code == 2


def test_show_settings(tool: Tool, tmp_path: Path) -> None:
    settings(tmp_path, "ignore: [NRL9]\nexclude: [a]\n")
    ran = tool("--show-settings", "--runtimes", "cri-o,docker", "--exclude=b,c", cwd=tmp_path)

    shown = json.loads(ran.stdout)

    assert shown["settings-file"] == str(tmp_path / ".netraw-lint.yaml")
    assert shown["runtimes"] == ["cri-o", "docker"]
    assert shown["exclude"] == ["a", "b", "c"]
    assert "NRL900" not in shown["rules"]
    assert "NRL003" in shown["rules"]
    assert ran.stderr == ""


def test_the_console_script() -> None:
    script = shutil.which("netraw-lint", path=os.path.dirname(sys.executable))
    if script is None:
        pytest.skip("not installed beside this Python")

    done = subprocess.run([script, "--version"], capture_output=True, encoding="utf-8", check=False)

    assert (done.returncode, done.stdout.split()[0]) == (0, "netraw-lint")


# --- rules ---------------------------------------------------------------------------------------------------

BOTH = f"{BAD}---\n{ADDED}"


@pytest.mark.parametrize(
    ("args", "codes"),
    [
        ("", ["NRL003", "NRL001"]),
        ("--select NRL001", ["NRL001"]),
        ("--select nrl001", ["NRL001"]),
        ("--select net-raw-added,NRL003", ["NRL003", "NRL001"]),
        ("--select NRL001 --select NRL003", ["NRL003", "NRL001"]),
        ("--select NRL0", ["NRL003", "NRL001"]),
        ("--select ALL --ignore NRL003", ["NRL001"]),
        ("--ignore NRL001,NRL003", []),
        ("--ignore ALL", []),
        ("--select NRL900 --extend-select NRL001", ["NRL001"]),
        ("--runtimes cri-o", ["NRL001"]),
    ],
)
def test_selecting_rules(args: str, codes: list[str], tool: Tool, tmp_path: Path) -> None:
    write(tmp_path, both=BOTH)

    ran = tool("--output-format=concise", *args.split(), cwd=tmp_path)

    assert [place.split()[1] for place in places(ran)] == codes
    assert ran.code == bool(codes)


# --- settings ------------------------------------------------------------------------------------------------


def test_the_settings_file_is_found_above_the_paths(tool: Tool, tmp_path: Path) -> None:
    write(tmp_path, a__b__bad=BAD)
    settings(tmp_path, "ignore: [NRL003]\n")

    assert tool("a/b/bad.yaml", cwd=tmp_path).code == 0
    assert tool("bad.yaml", cwd=tmp_path / "a" / "b").code == 0
    assert tool("--isolated", "a", cwd=tmp_path).code == 1
    (tmp_path / "a" / ".git").mkdir()
    assert tool("a", cwd=tmp_path).code == 1


def test_settings_in_pyproject(tool: Tool, tmp_path: Path) -> None:
    write(tmp_path, bad=BAD)
    (tmp_path / "pyproject.toml").write_text('[tool.netraw-lint]\nignore = ["NRL003"]\n')

    assert tool(cwd=tmp_path).code == 0


def test_a_settings_file_may_be_named(tool: Tool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, bad=BAD, mine="ignore: [NRL003]\n", other="ignore: [NRL001]\n")
    settings(tmp_path, "ignore: [NRL002]\n")

    assert tool("--config", "mine.yaml", "bad.yaml", cwd=tmp_path).code == 0
    monkeypatch.setenv("NETRAW_LINT_CONFIG", "mine.yaml")
    assert tool("bad.yaml", cwd=tmp_path).code == 0
    assert tool("--config", "other.yaml", "bad.yaml", cwd=tmp_path).code == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("select: [ALL]\nrunitmes: [docker]\n", ':2: unknown key "runitmes": did you mean "runtimes"?'),
        ("ignore:\n- NRL001\n- NRL03\n", ':3: ignore[1] has an unknown rule "NRL03": did you mean "NRL'),
        ("\nper-file-ignores:\n  a: [NRL03]\n", ':3: per-file-ignores.a has an unknown rule "NRL03"'),
        ("- select\n", ":1: the settings must be a mapping"),
        ("select: [\n", "not valid YAML"),
        ('"\\e[31m": 1\n', ':1: unknown key "\\u001b[31m"'),
        ('"##vso[task.complete]": 1\n', ':1: unknown key "**vso[task.complete]"'),
    ],
)
@pytest.mark.parametrize("output_format", FORMATS)
def test_a_wrong_settings_file_is_exit_2_with_its_line(
    text: str, words: str, output_format: str, tool: Tool, tmp_path: Path
) -> None:
    write(tmp_path, bad=BAD)
    settings(tmp_path, text)

    ran = tool("--output-format", output_format, cwd=tmp_path)

    assert (ran.code, ran.stdout) == (2, "")
    assert ran.stderr.startswith("netraw-lint: error: ")
    assert words in ran.stderr


def test_an_option_wins_over_the_settings_file(
    tool: Tool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, both=BOTH)
    settings(tmp_path, "select: [NRL003]\nruntimes: [cri-o]\noutput-format: concise\n")

    assert places(tool(cwd=tmp_path)) == []
    assert places(tool("--runtimes=docker", cwd=tmp_path)) == ["both.yaml:7:13: NRL003"]
    assert places(tool("--select=NRL001", cwd=tmp_path)) == ["both.yaml:18:46: NRL001"]
    monkeypatch.setenv("NETRAW_LINT_OUTPUT_FORMAT", "json")
    assert tool(cwd=tmp_path).stdout.startswith("{")
    assert places(tool("--select=NRL001", "--output-format=concise", cwd=tmp_path))[0].startswith(
        "both.yaml:"
    )
    monkeypatch.setenv("NETRAW_LINT_OUTPUT_FORMAT", "xml")
    assert tool(cwd=tmp_path).stderr.startswith(
        'netraw-lint: error: unknown output format "xml": choose from full, concise, json'
    )


def test_per_file_ignores(tool: Tool, tmp_path: Path) -> None:
    write(tmp_path, tests__a=BOTH, b=BOTH)
    settings(tmp_path, 'per-file-ignores:\n  "tests/**": [net-raw-added]\n  "/b.yaml": [NRL003]\n')

    ran = tool("--output-format=concise", ".", cwd=tmp_path)

    assert places(ran) == ["b.yaml:18:46: NRL001", "tests/a.yaml:7:13: NRL003"]
    assert (
        ran.stderr == "netraw-lint: 3 files, 5 documents, 4 containers: 2 findings (all fixable with --fix)\n"
    )
    assert places(tool("--output-format=concise", "../b.yaml", cwd=tmp_path / "tests")) == [
        "../b.yaml:18:46: NRL001"
    ]


def test_excludes(tool: Tool, tmp_path: Path) -> None:
    write(tmp_path, a=BAD, sub__a=BAD, sub__b=BAD)
    settings(tmp_path, "exclude: [/a.yaml]\n")

    def linted(*args: str, cwd: Path = tmp_path) -> list[str]:
        listed = tool("--show-files", *args, cwd=cwd).stdout.split()
        return [path for path in listed if path != ".netraw-lint.yaml"]

    assert linted() == ["sub/a.yaml", "sub/b.yaml"]
    assert linted("a.yaml", ".") == ["a.yaml", "sub/a.yaml", "sub/b.yaml"]
    assert linted("--force-exclude", "a.yaml", ".") == ["sub/a.yaml", "sub/b.yaml"]
    assert linted("--exclude", "b.yaml") == ["sub/a.yaml"]
    assert linted("--exclude", "/a.yaml", ".", cwd=tmp_path / "sub") == ["b.yaml"]
    assert linted("--exclude", "sub/a.yaml,b.yaml") == []


def test_force_exclude_in_the_settings(tool: Tool, tmp_path: Path) -> None:
    write(tmp_path, a=BAD)
    settings(tmp_path, "exclude: [a.yaml]\nforce-exclude: true\n")

    ran = tool("a.yaml", cwd=tmp_path)

    assert (ran.code, ran.stderr) == (0, "netraw-lint: no YAML files\n")


def test_kinds_of_ones_own(tool: Tool, tmp_path: Path) -> None:
    write(
        tmp_path,
        app="""\
apiVersion: platform.example/v1
kind: App
metadata: {name: shop}
spec:
  main:
    sidekicks:
      - name: helper
        image: registry.example/helper:1
""",
    )
    assert tool("app.yaml", cwd=tmp_path).code == 0
    settings(
        tmp_path,
        "workloads:\n  - {group: platform.example, kind: App, path: 'spec.main.sidekicks[*]', shape: Container}\n",
    )

    ran = tool("--output-format=concise", "app.yaml", cwd=tmp_path)

    assert places(ran) == ["app.yaml:7:15: NRL003"]
    assert "[warning]" not in ran.stdout
    assert ran.stderr == "netraw-lint: 1 file, 1 document, 1 container: 1 finding (fixable with --fix)\n"


def test_the_page_of_rules_is_current(tool: Tool, request: pytest.FixtureRequest) -> None:
    """`pytest tests/test_cli.py --update-readme` writes docs/rules.md anew."""
    pages = tool("--explain", "ALL").stdout
    lines, fenced = [], False
    for line in pages.splitlines():
        fenced ^= line.startswith("```")
        lines.append(f"#{line}" if line.startswith("#") and not fenced else line)
    real = "# Rules\n\nWhat `netraw-lint --explain ALL` prints.\n\n" + "\n".join(lines) + "\n"
    page = CHECKOUT / "docs" / "rules.md"

    if request.config.getoption("--update-readme"):
        page.write_text(real, "utf-8")
    assert page.read_text("utf-8") == real

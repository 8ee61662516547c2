"""The formats for CI systems: character by character, against the consumers' own rules, and as the tool writes them."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from junitparser import Error, Failure, JUnitXml, Skipped

from conftest import CHECKOUT, Ran
from netraw_lint import cli
from netraw_lint.model import Location, Report
from netraw_lint.reporters import APPENDED, COLOURED, FORMATS, SUPPRESSED, markdown
from netraw_lint.reporters.suggested import Place, Replacement
from netraw_lint.streams import Streams
from reporting import CLEAN, FILE, FULL, KEPT, PROBLEMS, SAMPLES, finding, made, rendered

EXPECTED = CHECKOUT / "tests" / "fixtures" / "reports"
SCHEMAS = CHECKOUT / "tests" / "schemas"
PAGE = (CHECKOUT / "docs" / "formats.md").read_text("utf-8")

BAD = """\
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
  - name: app
    image: registry.example/app:1
"""
GOOD = BAD + "    securityContext: {capabilities: {drop: [ALL]}}\n"


def valid(schema: str, text: str) -> Any:
    """The data of a JSON report that its schema allows."""
    data = json.loads(text)
    described = json.loads((SCHEMAS / f"{schema}.schema.json").read_text("utf-8"))
    Draft202012Validator.check_schema(described)
    Draft202012Validator(described).validate(data)
    return data


# --- character by character ----------------------------------------------------------------------------------


def golden(name: str, text: str) -> str:
    """A report as it is kept: without the rules of SARIF, whose pages have their own tests."""
    if name == "sarif":
        data = json.loads(text)
        data["runs"][0]["tool"]["driver"]["rules"] = []
        for result in data["runs"][0]["results"]:
            result["ruleIndex"] = 0
        return json.dumps(data, indent=2) + "\n"
    return text


@pytest.mark.parametrize("sample", SAMPLES)
@pytest.mark.parametrize("name", KEPT)
def test_reports_are_what_they_were(name: str, sample: str) -> None:
    """UPDATE_REPORTS=1 writes the expected reports anew."""
    path = EXPECTED / f"{sample}.{name}.txt"
    text = golden(name, rendered(name, SAMPLES[sample], show_suppressed=True))

    if os.environ.get("UPDATE_REPORTS"):
        path.write_text(text, "utf-8")
    assert text == path.read_text("utf-8")


def test_the_expected_reports_are_those_of_the_table() -> None:
    assert {path.name.split(".")[1] for path in EXPECTED.glob("*.txt")} == set(KEPT)


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_names_what_was_not_checked(name: str) -> None:
    text = rendered(name, PROBLEMS)

    for words in ("binary.yaml", "a binary file", "charts/shop", "before it is rendered"):
        assert words in text


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_is_one_text_of_whole_lines(name: str) -> None:
    for report in SAMPLES.values():
        text = rendered(name, report)
        assert text == "" or text.endswith("\n")
        assert "\r" not in text


def test_the_tables_agree() -> None:
    assert set(COLOURED | SUPPRESSED | APPENDED) <= set(FORMATS)
    schema = json.loads((CHECKOUT / "schemas" / "config.schema.json").read_text("utf-8"))
    assert schema["properties"]["output-format"]["enum"] == list(FORMATS)


@pytest.mark.parametrize("name", sorted(SUPPRESSED - {"json", "html"}))
def test_exempted_findings_only_when_asked_for(name: str) -> None:
    assert "recorded in the baseline" not in rendered(name, FULL)
    assert "recorded in the baseline" in rendered(name, FULL, show_suppressed=True)


# --- GitLab --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sample", SAMPLES)
def test_gitlab_has_the_fields_that_gitlab_asks_for(sample: str) -> None:
    issues = valid("gitlab-code-quality", rendered("gitlab", SAMPLES[sample]))

    assert len({issue["fingerprint"] for issue in issues}) == len(issues)
    assert not rendered("gitlab", CLEAN).startswith("\ufeff")


def test_gitlab_is_an_empty_list_when_clean() -> None:
    assert rendered("gitlab", CLEAN) == "[]\n"


def test_gitlab_fingerprints_stay_when_lines_move() -> None:
    def prints(report: Report) -> list[str]:
        return [issue["fingerprint"] for issue in json.loads(rendered("gitlab", report))]

    moved = finding(location=Location(99, 1, 99, 2), excerpt="app", message="other words")
    elsewhere = finding(path="k8s/other.yaml")
    assert prints(made(finding())) == prints(made(moved))
    assert prints(made(finding())) != prints(made(elsewhere))
    assert prints(made(elsewhere, finding()))[1:] == prints(made(finding()))
    assert len(set(prints(made(finding(), finding(), finding())))) == 3


# --- reviewdog -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sample", SAMPLES)
def test_rdjson_has_the_shape_of_its_messages(sample: str) -> None:
    valid("rdjson", rendered("rdjson", SAMPLES[sample]))


def test_rdjson_counts_columns_in_bytes() -> None:
    (diagnostic,) = json.loads(rendered("rdjson", made(finding())))["diagnostics"]

    assert diagnostic["location"]["range"] == {
        "start": {"line": 3, "column": 11},
        "end": {"line": 3, "column": 14},
    }
    assert FILE.split(b"\n")[2][10:13] == b"app"


def test_rdjson_suggests_an_edit() -> None:
    instead = Replacement(Place(3, "# é𝒳: "), Place(4, "four"), "web\n4")

    data = valid(
        "rdjson", rendered("rdjson", made(finding(), finding(identity="z")), suggestions={finding(): instead})
    )

    first, second = data["diagnostics"]
    assert first["suggestions"] == [
        {"range": {"start": {"line": 3, "column": 11}, "end": {"line": 4, "column": 5}}, "text": "web\n4"}
    ]
    assert "suggestions" not in second


def test_rdjson_suggests_nothing_for_a_file_in_utf_16() -> None:
    """Its columns are bytes of UTF-8, which that file does not have."""
    instead = Replacement(Place(3, ""), Place(3, ""), "x", "utf-16-le")

    assert "suggestions" not in rendered("rdjson", made(finding()), suggestions={finding(): instead})


# --- XML -----------------------------------------------------------------------------------------------------


def junit(report: Report, **changes: Any) -> tuple[JUnitXml, list[Any]]:
    suites = JUnitXml.fromstring(rendered("junit", report, **changes).encode())
    return suites, [case for suite in suites for case in suite]


def test_junit_of_a_clean_run_has_a_case_that_passes() -> None:
    suites, cases = junit(CLEAN)

    assert (suites.tests, suites.failures, suites.errors, suites.skipped) == (1, 0, 0, 0)
    assert [(case.name, case.is_passed) for case in cases] == [("no container holds NET_RAW", True)]


def test_junit() -> None:
    suites, cases = junit(FULL, show_suppressed=True)
    kinds = [type(each) for case in cases for each in case.result]

    assert kinds == [Error, Error, Failure, Failure, Failure, Failure, Skipped, Skipped]
    assert (suites.tests, suites.failures, suites.errors, suites.skipped) == (9, 4, 2, 2)
    assert sum(case.is_passed for case in cases) == 1  # an info does not fail the run
    assert len({(case.classname, case.name) for case in cases}) == len(cases)
    failure = cases[2]
    assert failure.classname == "deploy/k8s/web.yaml"
    assert failure.result[0].type == "error"
    assert "deploy/k8s/web.yaml:3:7: NRL003 net-raw-not-dropped" in failure.result[0].text


@pytest.mark.parametrize("sample", SAMPLES)
def test_counts_of_junit_are_true(sample: str) -> None:
    for show in (False, True):
        suites, cases = junit(SAMPLES[sample], show_suppressed=show)
        told = (suites.tests, suites.failures, suites.errors, suites.skipped)
        suites.update_statistics()
        assert told == (suites.tests, suites.failures, suites.errors, suites.skipped)
        assert suites.tests == len(cases)


def test_checkstyle() -> None:
    root = ET.fromstring(rendered("checkstyle", FULL))  # noqa: S314 - our own

    assert (root.tag, root.get("version")) == ("checkstyle", "netraw-lint 1.2.3")
    errors = [(file.get("name"), error.attrib) for file in root for error in file]
    assert [name for name, _ in errors] == sorted(str(name) for name, _ in errors)
    assert {error["severity"] for _, error in errors} == {"error", "warning", "info"}
    for _, error in errors:
        assert int(error["line"]) >= 1
        assert set(error) <= {"line", "column", "severity", "message", "source"}
    assert ET.fromstring(rendered("checkstyle", CLEAN)).findall("*") == []  # noqa: S314


# --- commands ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["github", "azure"])
def test_commands_of_a_clean_run_are_none(name: str) -> None:
    assert rendered(name, CLEAN) == ""


@pytest.mark.parametrize("name", ["github", "azure"])
@pytest.mark.parametrize("count", [10, 11])
def test_a_limit_on_annotations_is_told(name: str, count: int) -> None:
    many = made(*[finding()] * count, finding(severity="warning"))

    first, *rest = rendered(name, many).splitlines()

    assert ("annotations" in first or "issues" in first) is (count > 10)
    if count > 10:
        assert f"all {count} of the kind error" in first
        assert len(rest) == count + 1
    assert "warning" in rendered(name, many).splitlines()[-1].split("]")[0]


def test_a_message_for_github_fits_its_limit() -> None:
    long = finding(message="𝒳" * 9000, help="𝒳" * 9000)

    message = rendered("github", made(long)).partition("::error")[2].partition("::")[2]

    assert len(message.encode("utf-16-le")) <= 2 * 4096


def test_github_gets_no_file_where_there_is_none() -> None:
    (line,) = (line for line in rendered("github", FULL).splitlines() if "<stdin>" in line)

    assert line.startswith("::error title=NRL900 unreadable-manifest::<stdin>:3:7 NRL900")


def test_azure_wants_absolute_paths_of_files_only() -> None:
    lines = rendered("azure", FULL).splitlines()

    assert any("sourcepath=/repo/deploy/k8s/web.yaml;" in line for line in lines)
    assert all("sourcepath" not in line for line in lines if "<stdin>" in line)
    outside = finding(path="x")
    assert "sourcepath=/else/x.yaml;" in rendered("azure", made(outside), paths={"x": "/else/x.yaml"})


# --- Markdown ------------------------------------------------------------------------------------------------


def test_markdown_is_bounded() -> None:
    long = [finding(message="m" * 5000, path="p" * 5000, identity=str(number)) for number in range(300)]
    report = made(*long, problems=PROBLEMS.problems * 300)

    text = rendered("markdown", report)

    assert len(text.encode()) < 1024 * 1024
    assert "\n100 more findings are in the log of the job.\n" in text
    assert "\n400 more places are in the log of the job.\n" in text


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a", "`a`"),
        ("a|b", "`a\\|b`"),
        ("a\\|b", "`a\\ \\|b`"),
        ("a`b", "``a`b``"),
        ("`a``", "``` `a`` ```"),
        ("", ""),
        (" \t ", ""),
    ],
)
def test_code_in_a_table(text: str, code: str) -> None:
    assert markdown._code(text) == code


# --- the command line ----------------------------------------------------------------------------------------


class Here:
    """The tool in this process: what it does with files and streams, without a start of Python for each format."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.monkeypatch = monkeypatch

    def __call__(self, *args: str, cwd: Path, stdin: str = "") -> Ran:
        self.monkeypatch.chdir(cwd)
        streams = Streams(io.BytesIO(stdin.encode()), io.StringIO(), io.StringIO())
        code = cli.main(args, streams)
        return Ran(code, streams.stdout.getvalue(), streams.stderr.getvalue())


@pytest.fixture(name="tool")
def in_process(monkeypatch: pytest.MonkeyPatch) -> Here:
    return Here(monkeypatch)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A repository with a directory below it: one bad manifest, one good."""
    (tmp_path / ".git").mkdir()
    below = tmp_path / "deploy"
    below.mkdir()
    (below / "bad.yaml").write_text(BAD)
    (below / "good.yaml").write_text(GOOD)
    return below


CASES = [
    (["good.yaml"], 0),
    (["bad.yaml"], 1),
    (["missing.yaml"], 2),
    (["bad.yaml", "missing.yaml"], 2),
    (["bad.yaml", "--exit-zero"], 0),
]


@pytest.mark.parametrize("name", FORMATS)
def test_the_exit_code_is_the_same_in_every_format(name: str, tool: Here, folder: Path) -> None:
    for args, code in CASES:
        assert tool("-q", "--output-format", name, *args, cwd=folder).code == code
        assert tool("-q", f"--report={name}=out", *args, cwd=folder).code == code


@pytest.mark.parametrize("name", KEPT)
def test_paths_are_seen_from_the_root_of_the_repository(name: str, tool: Here, folder: Path) -> None:
    for start, path in (
        (folder, "bad.yaml"),
        (folder.parent, "deploy/bad.yaml"),
        (folder, str(folder / "bad.yaml")),
    ):
        text = tool("-q", "--output-format", name, path, cwd=start).stdout
        shown = str(folder.resolve() / "bad.yaml") if name == "azure" else "deploy/bad.yaml"
        assert shown in text
        assert name == "azure" or str(folder) not in text


def test_links_are_resolved_and_the_outside_is_absolute(tool: Here, folder: Path) -> None:
    (folder / "link.yaml").symlink_to("bad.yaml")
    (folder.parent / "repository" / ".git").mkdir(parents=True)
    inside = folder.parent / "repository"

    linked = json.loads(tool("--output-format=gitlab", "link.yaml", cwd=folder).stdout)
    outside = json.loads(tool("--output-format=sarif", "../deploy/bad.yaml", cwd=inside).stdout)

    assert linked[0]["location"]["path"] == "deploy/bad.yaml"
    location = outside["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]
    assert location == {"uri": f"file://{folder.resolve()}/bad.yaml"}


def test_without_a_repository_paths_start_at_the_current_directory(tool: Here, tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text(BAD)

    issues = json.loads(tool("--output-format=gitlab", "bad.yaml", cwd=tmp_path).stdout)

    assert issues[0]["location"]["path"] == "bad.yaml"


def test_the_standard_input(tool: Here, folder: Path) -> None:
    for name, shown in (("<stdin>", "<stdin>"), ("bad.yaml", "deploy/bad.yaml")):
        ran = tool("--output-format=gitlab", "--stdin-filename", name, "-", cwd=folder, stdin=BAD)
        assert json.loads(ran.stdout)[0]["location"]["path"] == shown
    ran = tool("--output-format=sarif", "--stdin-filename=bad.yaml", "-", cwd=folder, stdin=BAD)
    prints = json.loads(ran.stdout)["runs"][0]["results"][0]["partialFingerprints"]
    assert list(prints) == ["netrawLintIdentity/v1"]  # what was piped is not what stands in the file


def test_the_hash_is_that_of_the_file(tool: Here, folder: Path) -> None:
    from test_sarif import slow_hashes

    ran = tool("--output-format=sarif", "bad.yaml", cwd=folder)

    (result,) = json.loads(ran.stdout)["runs"][0]["results"]
    assert result["partialFingerprints"]["primaryLocationLineHash"] == slow_hashes(BAD)[5]


def test_reports_beside_the_log(tool: Here, folder: Path) -> None:
    alone = {name: tool("-q", "--output-format", name, "bad.yaml", cwd=folder).stdout for name in FORMATS}
    reports = [f"--report={name}=out.{name}" for name in FORMATS]

    ran = tool("-q", *reports, "bad.yaml", cwd=folder)

    assert (ran.code, ran.stdout, ran.stderr) == (1, alone["full"], "")
    assert {name: (folder / f"out.{name}").read_text("utf-8") for name in FORMATS} == alone


def test_reports_of_a_clean_run_are_written_too(tool: Here, folder: Path) -> None:
    ran = tool("-q", "--report=sarif=x", "--report=full=y", "good.yaml", cwd=folder)

    assert (ran.code, ran.stdout) == (0, "")
    assert json.loads((folder / "x").read_text())["runs"][0]["results"] == []
    assert (folder / "y").read_text() == ""


def test_a_summary_is_added_to_others(tool: Here, folder: Path) -> None:
    (folder / "summary.md").write_text("# another step")
    (folder / "old.sarif").write_text("old")

    tool("--report=markdown=summary.md", "--report=sarif=old.sarif", "bad.yaml", cwd=folder)

    assert (folder / "summary.md").read_text().startswith("# another step\n## netraw-lint\n")
    assert json.loads((folder / "old.sarif").read_text())["version"] == "2.1.0"


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["--report=sarif"], "--report needs FMT=FILE"),
        (["--report=sarif="], "--report needs FMT=FILE"),
        (["--report=xml=x"], 'unknown report format "xml": choose from full, concise, json, sarif'),
        (["--report=sarif=-"], "the standard output is for --output-format sarif"),
        (["--report=sarif=gone/x.sarif"], "there is no directory gone"),
        (["--report=sarif=x", "--report=json=./x"], "another report goes to that file"),
        (["--report=sarif=x", "-o", "x"], "another report goes to that file"),
        (["--report=sarif=."], "cannot write .: Is a directory"),
        (
            ["--show-suppressed"],
            "--show-suppressed needs a format that can: html, json, junit, markdown, sarif",
        ),
    ],
)
def test_a_wrong_call_is_exit_2_and_says_why(args: list[str], words: str, tool: Here, folder: Path) -> None:
    ran = tool(*args, "good.yaml", cwd=folder)

    assert ran.code == 2
    assert words in ran.stderr


def test_a_report_that_cannot_be_written_does_not_keep_the_others(tool: Here, folder: Path) -> None:
    ran = tool("--report=json=.", "--report=sarif=out.sarif", "bad.yaml", cwd=folder)

    assert ran.code == 2
    assert "NRL003" in ran.stdout
    assert "NRL003" in (folder / "out.sarif").read_text()


def test_two_names_of_one_file_are_one_file(tool: Here, folder: Path) -> None:
    (folder / "a").write_text("old")
    (folder / "link").symlink_to("a")
    (folder / "new").symlink_to("b")
    os.link(folder / "a", folder / "hard")

    for one, other in (("a", "link"), ("a", "hard"), ("new", "b")):
        ran = tool(f"--report=sarif={one}", f"--report=json={other}", "bad.yaml", cwd=folder)
        assert ran.code == 2
        assert "another report goes to that file" in ran.stderr
    assert (folder / "a").read_text() == "old"


@pytest.mark.parametrize("option", ["--report=json={}", "-o{}"])
@pytest.mark.parametrize("name", ["bad.yaml", "other.yml", "named.json"])
def test_no_report_overwrites_a_manifest(option: str, name: str, tool: Here, folder: Path) -> None:
    (folder / name).write_text(BAD)

    ran = tool(option.format(name), "named.json" if name == "named.json" else ".", cwd=folder)

    assert ran.code == 2
    assert "a manifest, which a report would overwrite" in ran.stderr
    assert (folder / name).read_text() == BAD


def test_a_report_replaces_the_one_of_the_last_run(tool: Here, folder: Path) -> None:
    """Also where the directory is linted: it holds no workload."""
    (folder / "real.json").write_text("old")
    (folder / "real.json").chmod(0o640)
    (folder / "link.json").symlink_to("real.json")
    with (folder / "real.json").open() as reader:
        for _ in range(2):
            assert tool("-q", "--report=json=link.json", ".", cwd=folder).code == 1
        assert reader.read() == "old", "who reads the old one reads it to its end"

    assert (folder / "link.json").is_symlink()
    assert (folder / "real.json").stat().st_mode & 0o777 == 0o640
    assert json.loads((folder / "real.json").read_text())["summary"]["findings"] == 1
    assert not list(folder.glob("*.tmp"))


def test_a_pipe_that_nobody_reads_from_is_not_waited_for(tool: Here, folder: Path) -> None:
    os.mkfifo(folder / "pipe")

    ran = tool("-q", "--report=json=pipe", "--report=sarif=out.sarif", "bad.yaml", cwd=folder)

    assert ran.code == 2
    assert "cannot write pipe: nobody reads from that pipe" in ran.stderr
    assert (folder / "out.sarif").exists()


def test_a_pipe_is_written_to(tool: Here, folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    reader = os.open(folder / "pipe", os.O_RDONLY | os.O_NONBLOCK)

    assert tool("-q", "--report=gitlab=pipe", "bad.yaml", cwd=folder).code == 1

    assert json.loads(os.read(reader, 1 << 20))[0]["check_name"] == "NRL003"
    os.close(reader)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no /dev/full")
def test_a_full_disk_is_told(tool: Here, folder: Path) -> None:
    ran = tool("--report=json=/dev/full", "--report=sarif=out.sarif", "bad.yaml", cwd=folder)

    assert ran.code == 2
    assert "cannot write /dev/full: No space left on device" in ran.stderr
    assert (folder / "out.sarif").exists()


def test_evidence_goes_to_the_report_that_can_hold_it(tool: Here, folder: Path) -> None:
    ran = tool("--show-containers", "--report=json=out", "good.yaml", cwd=folder)

    assert ran.code == 0
    assert len(json.loads((folder / "out").read_text())["containers"]) == 1


def test_suppressed_findings_of_a_real_run(tool: Here, folder: Path) -> None:
    (folder / "bad.yaml").write_text(
        BAD.replace("- name: app", "- name: app  # netraw-lint: ignore[NRL003] needs ping")
    )

    hidden = json.loads(tool("--output-format=sarif", "bad.yaml", cwd=folder).stdout)
    shown = json.loads(tool("--output-format=sarif", "--show-suppressed", "bad.yaml", cwd=folder).stdout)

    assert hidden["runs"][0]["results"] == []
    (result,) = shown["runs"][0]["results"]
    assert result["suppressions"] == [
        {"kind": "inSource", "status": "accepted", "justification": "needs ping"}
    ]


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_loads_nothing_of_the_others(name: str, folder: Path) -> None:
    spy = (
        "import sys; from netraw_lint.cli import run; run(); "
        "print(*[m.rpartition('.')[2] for m in sys.modules if m.startswith('netraw_lint.reporters.')], file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", spy, "-q", "--output-format", name, "bad.yaml"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
        capture_output=True,
        encoding="utf-8",
        check=True,
    )

    assert set(done.stderr.split()) & set(FORMATS.values()) == {FORMATS[name]}


# --- the page ------------------------------------------------------------------------------------------------


def test_every_format_has_its_section() -> None:
    sections = re.findall(r"^## `(\w+)`", PAGE, re.MULTILINE)

    assert sections == list(FORMATS)

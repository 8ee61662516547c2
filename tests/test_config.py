"""Tests of netraw_lint.config: where settings are found, what they may hold, and how mistakes are told."""

from __future__ import annotations

import copy
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from netraw_lint import config
from netraw_lint.config import DEFAULTS, EMPTY, Config, ConfigError
from netraw_lint.schemas_dir import schema_file

ROOT = Path(__file__).resolve().parent.parent
SCHEMA = json.loads(Path(schema_file("config.schema.json")).read_text(encoding="utf-8"))
PAGE = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
YAML = ".netraw-lint.yaml"
TOML = "pyproject.toml"
WORKER = {"group": "example.com", "kind": "Worker", "path": "spec.template.spec", "shape": "PodSpec"}


def load(directory: Path, text: str | bytes, name: str = YAML) -> Config:
    path = directory / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return config.load(str(path))


def complaint(directory: Path, text: str | bytes, name: str = YAML) -> tuple[int | None, str]:
    with pytest.raises(ConfigError) as caught:
        load(directory, text, name)
    assert caught.value.path == str(directory / name)
    return caught.value.line, caught.value.message


# Finding ----------------------------------------------------------------------------------------------


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    """A repository with a folder ``a/b``, below a directory with settings that must never be found."""
    (tmp_path / YAML).write_text("select: [ALL]\n", encoding="utf-8")
    repo = tmp_path / "repo"
    (repo / "a" / "b").mkdir(parents=True)
    (repo / ".git").mkdir()
    return repo


def test_nearest_file_wins(repo: Path) -> None:
    (repo / YAML).touch()
    assert config.find(str(repo / "a" / "b")) == str(repo / YAML)
    (repo / "a" / YAML).touch()
    assert config.find(str(repo / "a" / "b")) == str(repo / "a" / YAML)


def test_search_ends_at_the_repository(repo: Path) -> None:
    assert config.find(str(repo / "a" / "b")) is None


def test_search_ends_at_a_worktree_whose_git_is_a_file(repo: Path) -> None:
    (repo / ".git").rmdir()
    assert config.find(str(repo / "a")) == str(repo.parent / YAML)
    (repo / ".git").write_text("gitdir: elsewhere\n", encoding="utf-8")
    assert config.find(str(repo / "a")) is None


def test_search_ends_at_the_root_of_the_file_system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config, "FILE_NAMES", ("no such file",))
    monkeypatch.setattr("os.path.lexists", lambda _path: False)
    assert config.find(str(tmp_path)) is None


def test_start_may_be_relative(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (repo / YAML).touch()
    monkeypatch.chdir(repo / "a")
    assert config.find(".") == os.path.join(os.path.dirname(os.getcwd()), YAML)


def test_order_within_a_directory(repo: Path) -> None:
    found = []
    for name, text in ((TOML, "[tool.netraw-lint]\n"), (".netraw-lint.yml", ""), (YAML, "")):
        (repo / name).write_text(text, encoding="utf-8")
        found.append(os.path.basename(config.find(str(repo)) or ""))
    assert found == [TOML, ".netraw-lint.yml", YAML]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[tool.ruff]\n",
        '[project]\ndependencies = ["netraw-lint"]\n',
        "tool = 1 # netraw-lint\n",
        "not TOML at all, and none of our business",
    ],
)
def test_pyproject_without_the_table_is_passed_over(repo: Path, text: str) -> None:
    (repo / YAML).touch()
    (repo / "a" / TOML).write_text(text, encoding="utf-8")
    assert config.find(str(repo / "a")) == str(repo / YAML)


@pytest.mark.parametrize(
    "text",
    ["[tool.netraw-lint]", "tool.netraw-lint.select = []", "[tool.netraw-lint", "tool.'netraw-lint' = 1"],
)
def test_pyproject_that_may_have_the_table_is_found(repo: Path, text: str) -> None:
    (repo / TOML).write_text(text, encoding="utf-8")
    assert config.find(str(repo / "a")) == str(repo / TOML)


def test_pyproject_that_cannot_be_decoded_is_found(repo: Path) -> None:
    (repo / TOML).write_bytes(b"\xff")
    assert config.find(str(repo)) == str(repo / TOML)


def test_directory_of_that_name_is_passed_over(repo: Path) -> None:
    (repo / YAML).mkdir()
    assert config.find(str(repo)) is None


def test_dangling_link_is_found_and_complained_about(repo: Path) -> None:
    try:
        (repo / YAML).symlink_to("nowhere")
    except OSError:
        pytest.skip("no symbolic links here")
    found = config.find(str(repo))
    assert found == str(repo / YAML)
    with pytest.raises(ConfigError, match="cannot be read"):
        config.load(found)


# Values -----------------------------------------------------------------------------------------------


def test_values_and_defaults(tmp_path: Path) -> None:
    settings = load(tmp_path, "exclude: [vendor/]\nfix-drop: ALL\nrespect-gitignore: false\n")
    assert settings.path == str(tmp_path / YAML)
    assert settings.directory == str(tmp_path)
    assert settings.values == {"exclude": ("vendor/",), "fix-drop": "ALL", "respect-gitignore": False}
    assert settings.get("exclude") == ("vendor/",)
    assert settings.get("respect-gitignore") is False
    assert settings.get("runtimes") == ("containerd", "cri-o", "docker")
    with pytest.raises(KeyError):
        settings.get("slect")


def test_directory_is_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / YAML).touch()
    monkeypatch.chdir(tmp_path)
    assert config.load(YAML).directory == os.getcwd()


def test_empty_settings_are_all_defaults() -> None:
    assert EMPTY.path is None
    assert {key: EMPTY.get(key) for key in DEFAULTS} == DEFAULTS


@pytest.mark.parametrize("text", ["", "\n", "# nothing yet\n", "---\n", "{}", "null", "\ufeff"])
def test_empty_file_sets_nothing(tmp_path: Path, text: str) -> None:
    assert load(tmp_path, text).values == {}


@pytest.mark.parametrize(
    "text", ["[tool.netraw-lint]\n", "tool.netraw-lint = {}", "\ufefftool.netraw-lint = {}"]
)
def test_empty_table_sets_nothing(tmp_path: Path, text: str) -> None:
    assert load(tmp_path, text, TOML).values == {}


def test_newlines_do_not_matter(tmp_path: Path) -> None:
    assert load(tmp_path, "select:\r\n- ALL\r\n").values == {"select": ("ALL",)}
    assert load(tmp_path, '[tool.netraw-lint]\r\nselect = [\r\n"ALL"]\r\n', TOML).values == {
        "select": ("ALL",)
    }


@pytest.mark.parametrize("until", ["2027-12-31", '"2027-12-31"'])
def test_dates_are_text(tmp_path: Path, until: str) -> None:
    expected = {"exemptions": ({"kind": "Pod", "reason": "probes", "until": "2027-12-31"},)}
    yaml = f"exemptions:\n- kind: Pod\n  reason: probes\n  until: {until}\n"
    toml = f'[[tool.netraw-lint.exemptions]]\nkind = "Pod"\nreason = "probes"\nuntil = {until}\n'
    assert load(tmp_path, yaml).values == expected
    assert load(tmp_path, toml, TOML).values == expected


def test_anchors_and_merge_keys(tmp_path: Path) -> None:
    text = "ignore: &rules [NRL001]\nunfixable: *rules\n<<: {charts: skip}\n"
    assert load(tmp_path, text).values == {"ignore": ("NRL001",), "unfixable": ("NRL001",), "charts": "skip"}


@pytest.mark.parametrize("path", ["spec", "spec.jobs[*].template.spec", "spec.a-b.*.containers", "x[*][*].y"])
@pytest.mark.parametrize("group", ["", "apps", "example.com"])
def test_workloads(tmp_path: Path, group: str, path: str) -> None:
    row = {**WORKER, "group": group, "path": path}
    assert load(tmp_path, json.dumps({"workloads": [row]})).get("workloads") == (row,)


# Mistakes ---------------------------------------------------------------------------------------------


def test_file_that_is_missing(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        config.load(str(tmp_path / YAML))
    assert (caught.value.line, caught.value.message) == (None, f"cannot be read: {os.strerror(2)}")
    assert str(caught.value) == f"{tmp_path / YAML}: cannot be read: {os.strerror(2)}"


def test_directory_instead_of_a_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        config.load(str(tmp_path))


def test_error_as_text_and_copied() -> None:
    error = ConfigError("settings.yaml", 3, "is wrong")
    assert str(error) == "settings.yaml:3: is wrong"
    assert str(copy.copy(error)) == str(error)


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        pytest.param(b"select: []\n# \xff\n", 2, "is not UTF-8", id="bytes"),
        pytest.param(
            "select: []\nignore: [\n",
            3,
            "not valid YAML: while parsing a flow node, expected the node content, but found '<stream end>'",
            id="open list",
        ),
        pytest.param(
            "charts: skip\n\tselect: []\n",
            2,
            "not valid YAML: while scanning for the next token, found character '\\t' that cannot start any token",
            id="tab",
        ),
        pytest.param(
            "charts: skip\n# \x01\n", 2, "not valid YAML: the character 1 is not allowed", id="control"
        ),
        pytest.param(
            "charts: skip\n---\ncharts: skip\n",
            2,
            "not valid YAML: expected a single document in the stream, but found another document",
            id="two documents",
        ),
        pytest.param(
            "charts: skip\nignore: *rules\n", 2, "not valid YAML: found undefined alias 'rules'", id="alias"
        ),
        pytest.param(
            "\ncharts: !secret x\n",
            2,
            "not valid YAML: could not determine a constructor for the tag '!secret'",
            id="tag",
        ),
        pytest.param(
            "charts: !!int x\n",
            None,
            "not valid YAML: invalid literal for int() with base 10: 'x'",
            id="impossible tag",
        ),
        pytest.param(
            "# a\nselect: []\nignore: []\nselect: []\n", 4, 'duplicate key "select"', id="duplicate"
        ),
        pytest.param(
            "exemptions:\n- kind: Pod\n  kind: Job\n  reason: x\n",
            3,
            'duplicate key "kind"',
            id="nested duplicate",
        ),
        pytest.param("# a list\n- select\n", 2, "the settings must be a mapping", id="list"),
        pytest.param("\n\nALL\n", 3, "the settings must be a mapping", id="scalar"),
        pytest.param("slect: [ALL]\n", 1, 'unknown key "slect": did you mean "select"?', id="unknown"),
        pytest.param(
            "fix_drop: ALL\n", 1, 'unknown key "fix_drop": did you mean "fix-drop"?', id="underscore"
        ),
        pytest.param("charts: skip\n1: 2\n", 2, 'unknown key "1" (the keys are select, ', id="unlike any"),
        pytest.param("charts: skip\n? [a]\n: b\n", 1, "unknown key ", id="a list for a key"),
        pytest.param(
            "workloads:\n- group: apps\n  kind: X\n  path: spec\n  shpae: PodSpec\n",
            5,
            'unknown key "shpae" in workloads[0]: did you mean "shape"?',
            id="misspelt and so missing",
        ),
        pytest.param(
            "workloads:\n- group: apps\n  kind: X\n  path: spec\n  shape: PodSpec\n  fixible: no\n",
            6,
            'unknown key "fixible" in workloads[0]: did you mean "fixable"?',
            id="unknown in a workload",
        ),
        pytest.param(
            "exemptions:\n- kind: Pod\n  reason: probes\n  untill: 2027-12-31\n",
            4,
            'unknown key "untill" in exemptions[0]: did you mean "until"?',
            id="unknown in an exemption",
        ),
        pytest.param(
            "select: ALL\n", 1, 'select must be a list such as ["NRL001"], not "ALL"', id="string for a list"
        ),
        pytest.param(
            "\nexclude:\n",
            2,
            'exclude must be a list such as ["vendor/", "*.generated.yaml"], not null',
            id="nothing for a list",
        ),
        pytest.param(
            "exclude:\n- a\n- 3\n",
            3,
            'exclude[1] must be a string such as "vendor/", not the number 3',
            id="number",
        ),
        pytest.param('exclude:\n- a\n-\n  ""\n', 4, "exclude[1] must not be empty", id="empty glob"),
        pytest.param(
            "force-exclude: yes\n", 1, 'force-exclude must be true or false, not "yes"', id="YAML 1.1 boolean"
        ),
        pytest.param(
            "respect-gitignore: null\n", 1, "respect-gitignore must be true or false, not null", id="null"
        ),
        pytest.param(
            "unsafe-fixes: {}\n", 1, "unsafe-fixes must be true or false, not a mapping", id="mapping"
        ),
        pytest.param("unsafe-fixes: [1]\n", 1, "unsafe-fixes must be true or false, not a list", id="list"),
        pytest.param(
            "unsafe-fixes: !!set {a}\n", 1, "unsafe-fixes must be true or false, not a set", id="set"
        ),
        pytest.param("fix-drop: NONE\n", 1, 'fix-drop must be "NET_RAW" or "ALL", not "NONE"', id="choice"),
        pytest.param(
            "charts: true\n",
            1,
            'charts must be "report", "explore" or "skip", not true',
            id="choice of words",
        ),
        pytest.param(
            "output-format: [json]\n",
            1,
            'output-format must be "full", "concise", "json", "sarif", "github", "gitlab", "azure", "junit", '
            '"rdjson", "checkstyle", "markdown" or "html", not a list',
            id="list for a choice",
        ),
        pytest.param(
            "runtimes:\n- docker\n- podman\n",
            3,
            'runtimes[1] must be "containerd", "cri-o" or "docker", not "podman"',
            id="runtime",
        ),
        pytest.param("runtimes: []\n", 1, "runtimes must not be empty", id="no runtime"),
        pytest.param("runtimes:\n- docker\n- docker\n", 3, 'runtimes has "docker" twice', id="runtime twice"),
        pytest.param(
            "ignore:\n- NLR001\n",
            2,
            'ignore[0] must be something like "NRL001", "NRL1", "net-raw-added" or "ALL", not "NLR001"',
            id="rule",
        ),
        pytest.param(
            "per-file-ignores:\n  a: [ALL]\n  b: ALL\n",
            3,
            'per-file-ignores.b must be a list such as ["NRL001"], not "ALL"',
            id="per-file-ignores",
        ),
        pytest.param(
            "per-file-ignores:\n  a/**:\n  - x\n  - X\n",
            4,
            'per-file-ignores["a/**"][1] must be something like "NRL001", "NRL1", "net-raw-added" or "ALL", not "X"',
            id="rule of per-file-ignores",
        ),
        pytest.param(
            "per-file-ignores:\n  a: []\n  1: []\n",
            3,
            'a key of per-file-ignores must be a string such as "vendor/", not the number 1',
            id="number for a glob",
        ),
        pytest.param(
            'per-file-ignores:\n  a: []\n  "": []\n',
            3,
            "a key of per-file-ignores must not be empty",
            id="no glob",
        ),
        pytest.param("workloads:\n- Worker\n", 2, "workloads[0] must be a mapping such as {", id="workload"),
        pytest.param(
            "workloads:\n\n-\n  kind: X\n  shape: PodSpec\n",
            4,
            'workloads[0] needs "group" and "path"',
            id="workload without keys",
        ),
        pytest.param(
            "workloads:\n- {group: core, kind: X, path: spec, shape: PodSpec}\n",
            2,
            'workloads[0].group must be something like "", "apps" or "example.com", not "core"',
            id="core group",
        ),
        pytest.param(
            "workloads:\n- group: apps/v1\n  kind: X\n  path: spec\n  shape: PodSpec\n",
            2,
            'workloads[0].group must be something like "", "apps" or "example.com", not "apps/v1"',
            id="version",
        ),
        pytest.param(
            "workloads:\n- group: apps\n  kind: X\n  path: $.spec\n  shape: PodSpec\n",
            4,
            'workloads[0].path must be something like "spec.template.spec"',
            id="JSONPath",
        ),
        pytest.param(
            "workloads:\n- group: apps\n  kind: X\n  path: spec\n  shape: podspec\n",
            5,
            'workloads[0].shape must be "PodSpec", "PartialPodTemplate", ',
            id="shape",
        ),
        pytest.param(
            "exemptions:\n- kind: Pod\n",
            2,
            'exemptions[0] needs "reason"',
            id="no reason",
        ),
        pytest.param(
            "exemptions:\n- kind: Pod\n  reason: ' '\n",
            3,
            "exemptions[0].reason must not be empty",
            id="blank reason",
        ),
        pytest.param(
            "exemptions:\n- reason: probes\n  until: 2027-12-31\n",
            2,
            'exemptions[0] needs at least one of "path", "kind", "namespace", "name", "container" and "rule", '
            "or it would match everything",
            id="exempts everything",
        ),
        pytest.param(
            "exemptions:\n- kind: Pod\n  reason: probes\n  until: next year\n",
            4,
            'exemptions[0].until must be a date like "2027-12-31", not "next year"',
            id="no date",
        ),
        pytest.param(
            "exemptions:\n- kind: Pod\n  reason: probes\n  until: 2027-02-30\n",
            4,
            'exemptions[0].until must be a date like "2027-12-31", not "2027-02-30"',
            id="impossible date",
        ),
        pytest.param(
            "runtimes: [docker]\nexclude:\n- " + "x" * 70 + "\ncharts: " + "x" * 70 + "\n",
            4,
            'charts must be "report", "explore" or "skip", not "' + "x" * 60 + '…"',
            id="long text",
        ),
        pytest.param(
            'exclude:\n- "\u2028\x85"\ncharts: x\n',
            3,
            'charts must be "report", "explore" or "skip"',
            id="line as editors count",
        ),
        pytest.param(
            "exclude: []\r\ncharts: x\r\n",
            2,
            'charts must be "report", "explore" or "skip"',
            id="carriage returns",
        ),
        pytest.param(
            "\ufeffcharts: x\n", 1, 'charts must be "report", "explore" or "skip"', id="byte order mark"
        ),
        pytest.param(
            "runtimes: [docker]\n<<:\n  charts: x\n",
            1,
            'charts must be "report", "explore" or "skip"',
            id="merged key",
        ),
    ],
)
def test_mistakes_in_yaml(tmp_path: Path, text: str | bytes, line: int | None, message: str) -> None:
    told = complaint(tmp_path, text)
    assert told[0] == line
    assert told[1].startswith(message)


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        pytest.param("[tool.ruff]\n", None, "has no table [tool.netraw-lint]", id="no table"),
        pytest.param("\n[tool.netraw-lint\n", 2, "not valid TOML: Expected ']'", id="syntax"),
        pytest.param("[tool.netraw-lint]\nselect = [\n", 2, "not valid TOML: ", id="end of the file"),
        pytest.param(
            "[tool.netraw-lint]\ncharts = 'skip'\ncharts = 'skip'\n",
            3,
            "not valid TOML: Cannot overwrite a value",
            id="duplicate",
        ),
        pytest.param("\n[tool]\nnetraw-lint = 1\n", 3, "the settings must be a mapping", id="number"),
        pytest.param("\n[[tool.netraw-lint]]\n", 2, "the settings must be a mapping", id="list of tables"),
        pytest.param(
            '[project]\nname = "x"\n\n[tool.netraw-lint]\n# select\nslect = ["ALL"]\n[tool.x]\nslect = 1\n',
            6,
            'unknown key "slect": did you mean "select"?',
            id="unknown",
        ),
        pytest.param(
            '[tool.netraw-lint]\n\n"slect" = 1\n',
            3,
            'unknown key "slect": did you mean "select"?',
            id="quoted",
        ),
        pytest.param(
            "[tool.x]\na = '''\n[tool.netraw-lint]\nslect = 1\n'''\n[tool.netraw-lint]\nslect = 1\n",
            7,
            'unknown key "slect": did you mean "select"?',
            id="the like in a text",
        ),
        pytest.param(
            "tool.netraw-lint.charts = 1\n", 1, 'charts must be "report", "explore" or "skip"', id="dotted"
        ),
        pytest.param(
            '[tool.netraw-lint]\r\nexclude = [\r\n  "a",\r\n  3,\r\n  4,\r\n]\r\n',
            4,
            'exclude[1] must be a string such as "vendor/", not the number 3',
            id="item",
        ),
        pytest.param(
            '[tool.netraw-lint]\nexclude = [\n  "a", # ]\n  3]\n',
            4,
            'exclude[1] must be a string such as "vendor/", not the number 3',
            id="last item",
        ),
        pytest.param(
            "[tool.netraw-lint.per-file-ignores]\na = []\nb = 1.5\n",
            3,
            'per-file-ignores.b must be a list such as ["NRL001"], not the number 1.5',
            id="table below",
        ),
        pytest.param(
            "[[tool.netraw-lint.exemptions]]\nkind = 'Pod'\nreason = 'x'\n\n"
            "[[tool.netraw-lint.exemptions]]\nreasn = 'x'\nkind = 'Pod'\nreason = 'x'\n",
            6,
            'unknown key "reasn" in exemptions[1]: did you mean "reason"?',
            id="list of tables below",
        ),
        pytest.param(
            "[tool.netraw-lint]\ncharts = 'skip'\n[[tool.netraw-lint.exemptions]]\nreason = 'x'\n",
            3,
            "exemptions[0] needs at least one of",
            id="header",
        ),
        pytest.param(
            "[tool.netraw-lint]\nworkloads = [\n"
            "  {group = 'apps', kind = 'A', path = 'spec', shape = 'PodSpec'},\n"
            "  {group = 'apps', kind = 'B', path = 'spec', shape = 'pod'},\n]\n",
            4,
            'workloads[1].shape must be "PodSpec"',
            id="inline table",
        ),
        pytest.param(
            "[tool.netraw-lint]\nexemptions = [{kind = 'Pod', reason = 'x', until = 2027-12-31T00:00:00}]\n",
            2,
            'exemptions[0].until must be a date like "2027-12-31", not "2027-12-31T00:00:00"',
            id="date and time",
        ),
    ],
)
def test_mistakes_in_toml(tmp_path: Path, text: str, line: int | None, message: str) -> None:
    told = complaint(tmp_path, text, TOML)
    assert told[0] == line
    assert told[1].startswith(message)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (YAML, "slect: []\ncharts: x\nrunimes: []\n"),
        (YAML, "slect: []\nexemptions: []\nselect: 1\n"),
        (TOML, "[tool.netraw-lint]\nslect = []\ncharts = 1\n"),
    ],
)
def test_first_mistake_of_the_file_is_told(tmp_path: Path, name: str, text: str) -> None:
    assert complaint(tmp_path, text, name)[1] == 'unknown key "slect": did you mean "select"?'


def test_hostile_yaml_ends_soon(tmp_path: Path) -> None:
    bomb = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 40))
    assert complaint(tmp_path, bomb) == (None, "the settings hold more than 100000 values")
    for text in ("exclude: " + "[" * 5000, "exclude: &x [*x]\n"):
        assert complaint(tmp_path, text) == (None, "the settings are nested too deeply")


def test_error_found_by_a_user_of_the_settings(tmp_path: Path) -> None:
    yaml = load(tmp_path, "charts: skip\nselect:\n- ALL\n- NRL999\n")
    toml = load(tmp_path, '[tool.netraw-lint]\nselect = ["NRL999"]\n', TOML)
    assert str(yaml.error(("select", 1), "is no rule")) == f"{tmp_path / YAML}:4: select[1] is no rule"
    assert str(toml.error(("select", 0), "is no rule")) == f"{tmp_path / TOML}:2: select[0] is no rule"


# Agreement of code, schema and page -------------------------------------------------------------------


def as_json(value: object) -> object:
    return json.loads(json.dumps(value))


def test_schema_is_a_valid_schema() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$id"] == "urn:netraw-lint:schema:config"


def test_schema_and_code_agree() -> None:
    described = {key: value["default"] for key, value in SCHEMA["properties"].items()}
    assert list(described) == list(DEFAULTS)
    assert described == as_json(DEFAULTS)


def test_schema_accepts_the_defaults_and_every_example() -> None:
    validator = Draft202012Validator(SCHEMA)
    validator.validate(as_json(DEFAULTS))
    for key, described in SCHEMA["properties"].items():
        assert described["description"]
        assert described["examples"]
        for example in described["examples"]:
            assert example != described["default"]
            validator.validate({key: example})


def subschemas(schema: object) -> list[dict[str, object]]:
    found = [schema] if isinstance(schema, dict) and ("type" in schema or "enum" in schema) else []
    for value in schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ():
        found += subschemas(value)
    return found


def test_every_keyword_of_the_schema_has_its_words() -> None:
    told = {"type", "enum", "pattern", "format", "required", "anyOf", "uniqueItems", "minItems", "minLength"}
    silent = {"$schema", "$id", "$defs", "title", "description", "default", "examples", "properties", "items"}
    silent |= {"additionalProperties", "propertyNames"}
    for schema in subschemas(SCHEMA):
        assert set(schema) <= told | silent
        if "properties" in schema:
            assert schema["additionalProperties"] is False
        if schema.get("type", "boolean") != "boolean":
            assert schema["examples"]


def test_every_property_is_described() -> None:
    for name in ("workload", "exemption"):
        definition = SCHEMA["$defs"][name]
        for key, described in definition["properties"].items():
            assert described["description"], key
            assert described["examples"], key
            optional = name == "workload" and key not in definition["required"]
            assert ("default" in described) is optional, key


def page_block(language: str) -> str:
    found = re.search(rf"^```{language}\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    assert found
    return found[1]


def page_table(heading: str) -> list[list[str]]:
    section = PAGE.split(f"{heading}\n", 1)[1].split("\n#", 1)[0]
    rows = [line.strip("|").split("|") for line in section.splitlines() if line.startswith("| `")]
    return [[cell.strip() for cell in row] for row in rows]


def test_example_of_the_page_uses_every_key(tmp_path: Path) -> None:
    settings = load(tmp_path, page_block("yaml"))
    assert set(settings.values) == set(DEFAULTS)
    assert all(settings.values[key] != default for key, default in DEFAULTS.items())
    for key, name in (("workloads", "workload"), ("exemptions", "exemption")):
        used = {inner for item in settings.get(key) for inner in item}
        assert used == set(SCHEMA["$defs"][name]["properties"])


def test_toml_example_of_the_page(tmp_path: Path) -> None:
    settings = load(tmp_path, page_block("toml"), TOML)
    assert settings.get("exemptions")[0]["until"] == "2027-12-31"


def test_table_of_the_page_is_the_schema() -> None:
    described = [
        [f"`{key}`", f"`{json.dumps(value['default'])}`", value["description"]]
        for key, value in SCHEMA["properties"].items()
    ]
    rows = page_table("## Keys")
    assert [[key, default, meaning.replace("`", "")] for key, _type, default, meaning in rows] == described


@pytest.mark.parametrize(
    ("heading", "name"), [("### Workloads", "workload"), ("### Exemptions", "exemption")]
)
def test_inner_tables_of_the_page_are_the_schema(heading: str, name: str) -> None:
    definition = SCHEMA["$defs"][name]
    rows = page_table(heading)
    assert [row[0] for row in rows] == [f"`{key}`" for key in definition["properties"]]
    assert [row[0].strip("`") for row in rows if row[2] == "required"] == definition["required"]
    for key, _type, default, _meaning in rows:
        described = definition["properties"][key.strip("`")]
        assert "default" not in described or default == f"`{json.dumps(described['default'])}`"


@pytest.mark.parametrize("word", ["shape", "regime"])
def test_choices_of_a_workload_are_on_the_page(word: str) -> None:
    section = PAGE.split(f"A {word} is\n", 1)[1].lstrip("\n").split("\n\n", 1)[0]
    listed = re.findall(r"^- `([\w-]+)`", section, re.MULTILINE)
    allowed = SCHEMA["$defs"]["workload"]["properties"][word]["enum"]
    assert listed == [choice for choice in allowed if choice]


def test_messages_on_the_page_are_real(tmp_path: Path) -> None:
    text = "charts: skip\nruntimes: [docker, podman]\n"
    workload = "workloads:\n- group: apps\n  kind: X\n  path: spec\n  shpae: PodSpec\n"
    told = [complaint(tmp_path, text) for text in ("slect: []\n", text, workload)]
    assert page_block("text") == "".join(f"{YAML}:{line}: {message}\n" for line, message in told)


# Start-up ---------------------------------------------------------------------------------------------


def modules_after(code: str) -> set[str]:
    # -S and -I: no .pth file of the environment may import anything in our stead.
    script = f"import sys\nsys.path.insert(0, {str(ROOT)!r})\n{code}\nprint(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", script],
        capture_output=True,
        encoding="utf-8",
        check=True,
        timeout=60,
    )
    return {name.partition(".")[0] for name in done.stdout.split()}


HEAVY = {
    "yaml",
    "ruamel",
    "jsonschema",
    "json",
    "tomllib",
    "re",
    "difflib",
    "importlib",
    "typing",
    "dataclasses",
}


def test_import_loads_nothing_heavy() -> None:
    bare = modules_after("import os, _operator")  # built into Python
    assert modules_after("import netraw_lint.config") - bare == {"netraw_lint", "__future__"}
    assert not modules_after("import netraw_lint.config") & HEAVY


def test_search_that_finds_nothing_loads_nothing_heavy(repo: Path) -> None:
    (repo / TOML).write_text("[tool.ruff]\nline-length = 110\n", encoding="utf-8")
    code = f"from netraw_lint.config import find\nassert find({str(repo / 'a')!r}) is None"
    assert not modules_after(code) & HEAVY

"""The documents keep their word: every block is read by whoever it is for, and every option in them exists."""

from __future__ import annotations

import json
import re
import shutil
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from conftest import CHECKOUT
from documents import BLOCKS, DOCUMENTS, Block, calls, inline_calls, scripts
from netraw_lint import config, options
from test_precommit import HOOK_IDS, pre_commit
from workflows import actionlint, needs_actionlint, needs_zizmor, zizmor

LANGUAGES = {"yaml", "bash", "console", "text", "toml", "diff", "python", "groovy", "markdown", "json", ""}
TEMPLATE = re.compile(r"(?<!\$)\{\{")  # of a chart: no YAML before Helm has read it
YAML = [block for block in BLOCKS if block.language == "yaml" and not TEMPLATE.search(block.text)]
SCHEMA = json.loads((CHECKOUT / "schemas" / "config.schema.json").read_text("utf-8"))


class Loader(yaml.SafeLoader):
    """YAML as the consumers of workflows read it: `on` is a word."""


Loader.yaml_implicit_resolvers = {
    letter: [
        (tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool" or letter in "tTfF"
    ]
    for letter, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def parsed(block: Block) -> Any:
    documents = list(yaml.load_all(block.text, Loader))
    assert documents, block
    return documents[0] if len(documents) == 1 else documents


def kind(data: Any) -> str:
    """Who a block of YAML is for."""
    if isinstance(data, list):
        return "manifest" if all(isinstance(each, dict) for each in data) else "unknown"
    if not isinstance(data, dict):
        return "unknown"
    if {"on", "jobs"} <= set(data):
        return "workflow"
    if "repos" in data:
        return "pre-commit"
    if any(isinstance(value, dict) and "script" in value for value in data.values()):
        return "gitlab"
    if "steps" in data and "pool" in data:
        return "azure"
    if set(data) <= set(SCHEMA["properties"]):
        return "settings"
    if set(data) & {
        "apiVersion",
        "containers",
        "securityContext",
        "metadata",
        "spec",
        "kind",
        "podTemplate",
        "pod",
    }:
        return "manifest"
    return "unknown"


def of_kind(wanted: str) -> list[Any]:
    return [pytest.param(block, id=str(block)) for block in YAML if kind(parsed(block)) == wanted]


def test_every_block_says_what_it_is() -> None:
    assert [str(block) for block in BLOCKS if block.language not in LANGUAGES] == []


@pytest.mark.parametrize("block", YAML, ids=str)
def test_every_yaml_block_is_for_somebody_who_checks_it(block: Block) -> None:
    assert kind(parsed(block)) != "unknown", "teach `kind` who reads this block, and add what checks it"


@pytest.mark.parametrize("wanted", ["workflow", "pre-commit", "gitlab", "azure", "settings", "manifest"])
def test_there_is_something_of_every_kind(wanted: str) -> None:
    assert of_kind(wanted)


# --- GitHub ---------------------------------------------------------------------------------------------------

OURS = "OWNER/netraw-lint@COMMIT"


@needs_actionlint
@pytest.mark.parametrize("block", of_kind("workflow"))
def test_actionlint_finds_nothing(block: Block, tmp_path: Path) -> None:
    """The action of this repository stands in the same repository, so that its inputs are checked too."""
    shutil.copy(CHECKOUT / "action.yml", tmp_path / "action.yml")

    assert actionlint(block.text.replace(OURS, "./"), tmp_path) == []


@needs_zizmor
@pytest.mark.parametrize("block", of_kind("workflow"))
def test_zizmor_finds_nothing(block: Block, tmp_path: Path) -> None:
    file = tmp_path / ".github" / "workflows" / "lint.yml"
    file.parent.mkdir(parents=True)
    file.write_text(block.text.replace("@COMMIT", "@" + "0" * 40), "utf-8")

    assert zizmor(file, persona="regular") == []


@pytest.mark.parametrize("block", of_kind("workflow"))
def test_the_inputs_of_the_action_exist(block: Block) -> None:
    action = yaml.safe_load((CHECKOUT / "action.yml").read_text("utf-8"))
    steps = [step for job in parsed(block)["jobs"].values() for step in job["steps"]]
    ours = [step for step in steps if step.get("uses", "").endswith(OURS)]

    assert [name for step in ours for name in step.get("with", {}) if name not in action["inputs"]] == []
    used = set(re.findall(r"steps\.netraw\.outputs\.([\w-]+)", block.text))
    assert used <= set(action["outputs"])


def test_every_input_and_output_is_described() -> None:
    action = yaml.safe_load((CHECKOUT / "action.yml").read_text("utf-8"))
    text = (CHECKOUT / "docs" / "ci.md").read_text("utf-8")
    rows = dict(re.findall(r"^\| `([\w-]+)` \| (?:`(.*?)`)? ?\|", text, re.MULTILINE))

    assert rows == {name: spec["default"] for name, spec in action["inputs"].items()}
    assert [name for name in action["outputs"] if f"`{name}`" not in text] == []


# --- other consumers ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("block", of_kind("pre-commit"))
def test_pre_commit_accepts_the_configuration(block: Block, tmp_path: Path) -> None:
    file = tmp_path / ".pre-commit-config.yaml"
    file.write_text(re.sub("rev: .*", f"rev: {'a' * 40}", block.text), "utf-8")

    done = pre_commit("validate-config", file, cwd=tmp_path, home=tmp_path)

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_every_hook_is_described() -> None:
    text = (CHECKOUT / "docs" / "pre-commit.md").read_text("utf-8")

    assert re.findall(r"^\| `([\w-]+)` \|", text, re.MULTILINE) == HOOK_IDS


@pytest.mark.parametrize("block", of_kind("pre-commit"))
def test_the_hooks_and_their_options_exist(block: Block) -> None:
    hooks = [hook for repo in parsed(block)["repos"] for hook in repo["hooks"]]

    assert {hook["id"] for hook in hooks} <= set(HOOK_IDS)
    for hook in hooks:
        if "args" in hook:
            assert_parsed([*hook["args"], "a.yaml"])
            assert (hook["args"][-1] == "--") == (hook["id"] != "netraw-lint-repository")


@pytest.mark.parametrize("block", of_kind("gitlab"))
def test_gitlab_jobs_have_known_keys(block: Block) -> None:
    keys = {
        "image",
        "stage",
        "script",
        "before_script",
        "artifacts",
        "rules",
        "needs",
        "variables",
        "allow_failure",
    }
    for job in parsed(block).values():
        assert set(job) <= keys
        assert all(isinstance(line, str) for line in job["script"])
        assert set(job["artifacts"]) <= {"when", "paths", "reports", "expire_in", "name"}
        assert job["artifacts"]["when"] in {"always", "on_success", "on_failure"}
        assert set(job["artifacts"]["reports"]) <= {"codequality", "junit", "sast"}
        written = {each.partition("=")[2] for line in job["script"] for each in line.split()}
        assert set(job["artifacts"]["reports"].values()) <= written
        assert all(
            set(rule) <= {"if", "changes", "exists", "when", "allow_failure"} for rule in job.get("rules", [])
        )


@pytest.mark.parametrize("block", of_kind("azure"))
def test_azure_steps_have_known_keys(block: Block) -> None:
    pipeline = parsed(block)
    kinds = {"task", "script", "bash", "publish", "checkout"}
    assert set(pipeline) <= {"trigger", "pr", "pool", "steps", "variables", "jobs", "stages"}
    for step in pipeline["steps"]:
        assert len(kinds & set(step)) == 1, step
        assert set(step) - kinds <= {"inputs", "condition", "displayName", "artifact", "env"}
        assert re.fullmatch(r"\w+@\d+", step.get("task", "a@1"))
        assert ("artifact" in step) == ("publish" in step)


@pytest.mark.parametrize("block", of_kind("settings"))
def test_settings_are_valid(block: Block, tmp_path: Path) -> None:
    jsonschema.Draft202012Validator(SCHEMA).validate(
        yaml.safe_load(block.text.replace("until: 2", "until: !!str 2"))
    )

    (tmp_path / ".netraw-lint.yaml").write_text(block.text, "utf-8")
    config.load(str(tmp_path / ".netraw-lint.yaml"))


@pytest.mark.parametrize("block", [each for each in BLOCKS if each.language == "toml"], ids=str)
def test_settings_in_toml_are_valid(block: Block, tmp_path: Path) -> None:
    assert set(tomllib.loads(block.text)["tool"]) == {"netraw-lint"}

    (tmp_path / "pyproject.toml").write_text(block.text, "utf-8")
    config.load(str(tmp_path / "pyproject.toml"))


@pytest.mark.parametrize("block", [each for each in BLOCKS if each.language == "groovy"], ids=str)
def test_pipelines_of_jenkins_are_balanced(block: Block) -> None:
    depth = 0
    for character in re.sub(r"'[^']*'", "", block.text):
        depth += {"{": 1, "(": 1, "}": -1, ")": -1}.get(character, 0)
        assert depth >= 0
    assert depth == 0


@pytest.mark.parametrize("block", [each for each in BLOCKS if each.language == "python"], ids=str)
def test_python_compiles(block: Block) -> None:
    compile(block.text, str(block), "exec")


# --- calls ----------------------------------------------------------------------------------------------------


def assert_parsed(argv: list[str]) -> None:
    code = None
    try:
        options.parse(argv, "0")
    except SystemExit as stop:  # 0 for --help and --version
        code = stop.code
    assert not code, f"netraw-lint {' '.join(argv)}: no such option"


def shell_texts() -> Iterator[tuple[str, str]]:
    for block in BLOCKS:
        if block.language in {"bash", "console", ""}:
            lines = block.text.splitlines()
            if block.language == "console":  # what is typed, not what is answered
                lines = [line for line in lines if line.startswith("$ ")] or lines
            yield str(block), "\n".join(lines)
        elif block in YAML:
            for text in scripts(parsed(block)):
                yield str(block), text
        elif block.language == "groovy":
            for text in re.findall(r"\bsh '([^']*)'", block.text):
                yield str(block), text


CALLS = [(place, argv) for place, text in shell_texts() for argv in calls(text)] + [
    (document.name, argv) for document in DOCUMENTS for argv in inline_calls(document)
]


@pytest.mark.parametrize(("place", "argv"), CALLS, ids=[f"{place} {' '.join(argv)}" for place, argv in CALLS])
def test_the_options_of_every_call_exist(
    place: str, argv: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert_parsed(argv)


def test_calls_are_found() -> None:
    """So that the test above has something to fail on."""
    text = 'cd x && a/netraw-lint --diff k8s/ | less  # --nothing\neval "$(netraw-lint --print-completion zsh)"\n'

    assert list(calls(text)) == [["--diff", "k8s/"], ["--print-completion", "zsh"]]
    assert len(CALLS) > 40
    with pytest.raises(AssertionError, match="no such option"):
        assert_parsed(["--never-heard-of"])


# --- links ----------------------------------------------------------------------------------------------------


def anchors(document: Path) -> set[str]:
    """The anchors of headings, as GitHub makes them."""
    text = re.sub(r"^ *```.*?^ *```$", "", document.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    titles = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(CHECKOUT).as_posix())
def test_links_lead_somewhere(document: Path) -> None:
    for target, anchor in re.findall(r"\]\((?!https?:)([^)#\s]*)#?([^)]*)\)", document.read_text("utf-8")):
        path = (document.parent / target).resolve() if target else document
        assert path.exists(), target
        if anchor and path.suffix == ".md":
            assert anchor in anchors(path), f"{target}#{anchor}"


def test_every_page_is_reached_from_the_readme() -> None:
    reached, waiting = set(), [CHECKOUT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page not in reached and page.suffix == ".md":
            reached.add(page)
            targets = re.findall(r"\]\(([^)#:\s]+)", page.read_text("utf-8"))
            waiting += [(page.parent / target).resolve() for target in targets]

    assert {page.name for page in CHECKOUT.glob("docs/*.md")} - {page.name for page in reached} == set()

"""The README keeps its word: its commands are those CI runs, its hooks exist, its example is real output."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from charts_engines import CHARTS, EMBEDDED, engines
from conftest import CHECKOUT, Tool, install
from documents import BLOCKS
from netraw_lint import rules
from test_precommit import HOOK_IDS

sys.path.insert(0, str(CHECKOUT / "benchmarks"))
import peers_verdicts

README = CHECKOUT / "README.md"
TEXT = README.read_text("utf-8")


def commands() -> list[str]:
    """The one-line commands that set everything up themselves."""
    return re.findall(r"^python3 -m venv .*$", TEXT, re.MULTILINE)


def test_the_first_screen_holds_the_two_commands() -> None:
    lint, test = commands()

    assert lint.endswith(" .venv/bin/netraw-lint examples/")
    assert test.endswith(" .venv/bin/python -m pytest")
    assert len(TEXT[: TEXT.index(test)].splitlines()) < 24


def test_ci_runs_the_two_commands() -> None:
    patterns = re.findall(r"grep -m 1 -E '([^']+)' README\.md", (CHECKOUT / ".ci" / "run").read_text("utf-8"))

    found = [re.findall(pattern, TEXT, re.MULTILINE) for pattern in patterns]

    assert sorted(found) == sorted([command] for command in commands())


def test_contributing_gives_the_same_test_command() -> None:
    assert f"\n{commands()[1]}\n" in (CHECKOUT / "CONTRIBUTING.md").read_text("utf-8")


@pytest.mark.parametrize("hook", HOOK_IDS)
def test_every_hook_is_described(hook: str) -> None:
    assert re.search(rf"`{hook}`|- id: {hook}$", TEXT, re.MULTILINE)


# --- what is typed --------------------------------------------------------------------------------------------

HERE = [block for block in BLOCKS if block.document == "README.md"]
TYPED = [line for block in HERE if block.language == "bash" for line in block.text.splitlines()]
NOT_RUN = {
    "python3 -m venv": "CI runs it as it stands (.ci/run)",
    "kubectl get": "needs a cluster",
}
# The languages of blocks, and what becomes of them.
SEEN_TO = {
    "": "one command each, run by CI as they stand",
    "bash": "every line is run below",
    "console": "generated below, by running it",
    "diff": "generated below, by running --diff",
    "yaml": "test_docs.py gives each block to its reader",
}


def test_every_block_is_seen_to() -> None:
    assert {block.language for block in HERE} == set(SEEN_TO)
    assert [block.text.strip() for block in HERE if not block.language] == commands()


def test_what_is_not_run_is_there() -> None:
    lines = [*TYPED, *commands()]

    assert [start for start in NOT_RUN if not any(line.startswith(start) for line in lines)] == []


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with everything that the README's commands name."""
    shutil.copytree(CHECKOUT / "examples" / "bad", tmp_path / "k8s")
    shutil.copytree(CHARTS / "converted", tmp_path / "charts" / "shop")
    shutil.copy(CHECKOUT / "examples" / "good" / "deployment-drop-all.yaml", tmp_path / "deploy.yaml")
    (tmp_path / "values.json").write_text('{"replicas": 2}\n', "utf-8")
    overlay = tmp_path / "overlays" / "prod"
    overlay.mkdir(parents=True)
    (overlay / "kustomization.yaml").write_text("resources: [deploy.yaml]\n", "utf-8")
    shutil.copy(CHECKOUT / "examples" / "bad" / "deployment-nothing-set.yaml", overlay / "deploy.yaml")
    (tmp_path / ".git").mkdir()
    return tmp_path


@pytest.mark.parametrize("line", [line for line in TYPED if not line.startswith(tuple(NOT_RUN))])
def test_what_is_typed_works(line: str, repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each command runs as it stands, in bash, and finds something or nothing, without a complaint."""
    programs = install(repository / ".git" / "programs").parent
    if "charts/" in line:
        helms = [path for path in engines() if path != EMBEDDED]
        if not engines():
            pytest.skip("no chart engine: put helm on the PATH, or set NETRAW_LINT_TEST_HELM")
        if helms:
            (programs / "helm").symlink_to(Path(helms[0]).resolve())
    if "--kustomize" in line and not (shutil.which("kustomize") or shutil.which("kubectl")):
        pytest.skip("nothing builds kustomizations: neither kustomize nor kubectl is on the PATH")
    first = line.split(maxsplit=1)[0]
    if first != "netraw-lint" and shutil.which(first) is None:
        pytest.skip(f"{first} is not on the PATH")
    monkeypatch.setenv("PATH", str(programs), prepend=os.pathsep)

    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {line}"],
        cwd=repository,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )

    assert done.returncode in {0, 1}, done.stderr
    said = re.search(
        r"^netraw-lint: \d+ files?, \d+ documents?, [1-9]\d* containers?: ", done.stderr, re.MULTILINE
    )
    assert said, done.stderr


def test_our_column_of_the_comparison_is_current() -> None:
    """The others' were measured where the versions below the table were installed; ours is asked now."""
    rows = [re.split(r"(?<!\\) \| ", line.strip("| ")) for line in between("verdicts").splitlines()[2:-1]]
    helm = [path for path in engines() if path != EMBEDDED]
    if not engines():
        pytest.skip("no chart engine: put helm on the PATH, or set NETRAW_LINT_TEST_HELM")
    with pytest.MonkeyPatch.context() as patch:
        if helm:
            patch.setenv("PATH", str(Path(helm[0]).parent), prepend=os.pathsep)
        ours = [
            peers_verdicts.said(case, *peers_verdicts.verdicts(case, [])) for case in peers_verdicts.CASES
        ]

    assert [row[0] for row in rows] == [case.name for case in peers_verdicts.CASES]
    assert [row[1] for row in rows] == [peers_verdicts.truth(case) for case in peers_verdicts.CASES]
    assert [row[2] for row in rows] == ours


# --- generated parts ------------------------------------------------------------------------------------------


def rules_table() -> str:
    """The table of rules, from the rules themselves."""
    rows = [
        f"| {rule.code} | {rule.name} | {'off' if rule.opt_in else rule.severity} | {summary(module)} |\n"
        for rule, module in zip(rules.rules(), rules.MODULES, strict=True)
    ]
    return "| rule | name | severity | what it does |\n|---|---|---|---|\n" + "".join(rows)


def summary(module: ModuleType) -> str:
    return rules.explained(module).partition("\n")[0]


def fixed() -> str:
    """What --diff prints for three examples."""
    names = ("deployment-nothing-set", "deployment-cap-prefix", "pod-added")
    files = [f"examples/bad/{name}.yaml" for name in names]
    patch = Tool()("--diff", *files, cwd=CHECKOUT).stdout
    return f"```diff\n{patch}```\n"


def example() -> str:
    """The `$ netraw-lint ...` lines of the README, each followed by what that command prints."""
    calls = re.findall(r"^\$ netraw-lint (.*)$", between("example"), re.MULTILINE)
    ran = [(call, Tool()(*shlex.split(call), cwd=CHECKOUT)) for call in calls]
    return "```console\n" + "\n".join(f"$ netraw-lint {c}\n{r.stdout}{r.stderr}" for c, r in ran) + "```\n"


def markers(name: str) -> tuple[str, str]:
    return f"<!-- {name}:begin -->\n", f"<!-- {name}:end -->"


def between(name: str) -> str:
    begin, end = markers(name)
    return README.read_text("utf-8").partition(begin)[2].partition(end)[0]


@pytest.mark.parametrize(
    ("name", "generate"), [("rules", rules_table), ("example", example), ("fixed", fixed)]
)
def test_generated_parts_are_current(
    name: str, generate: Callable[[], str], request: pytest.FixtureRequest
) -> None:
    """What stands between the markers is real; `pytest tests/test_readme.py --update-readme` writes it anew."""
    written, real = between(name), generate()
    begin, end = markers(name)

    if request.config.getoption("--update-readme"):
        text = README.read_text("utf-8")
        README.write_text(text.replace(begin + written + end, begin + real + end), "utf-8")
    else:
        assert written == real

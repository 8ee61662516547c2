"""The README keeps its word: its commands are those CI runs, its hooks exist, its example is real output."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from conftest import CHECKOUT, Tool
from netraw_lint import rules
from test_precommit import HOOK_IDS

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


@pytest.mark.parametrize("document", sorted(CHECKOUT.glob("*.md")), ids=lambda path: path.name)
def test_links_lead_somewhere(document: Path) -> None:
    targets = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", document.read_text("utf-8"))

    assert [target for target in targets if not (CHECKOUT / target).exists()] == []


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

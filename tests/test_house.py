"""The house rules of CONTRIBUTING, enforced: who imports whom, who may touch the world, how big a module gets."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import NamedTuple

import pytest

from conftest import CHECKOUT

PACKAGE = CHECKOUT / "netraw_lint"

# The rooms, ground floor first. A room may import the rooms above it in this list, never those below it.
# A new module has to be placed here; the modules of one folder (a room) may import each other without cycles.
ROOMS = (
    "nodes",  # the YAML nodes that libyaml is given to build
    "noun",  # what every noun is built on
    "packed",  # very many values in little memory
    "libyaml",  # how much of PyYAML is loaded
    "model",  # the nouns
    "schemas_dir",  # where the data files lie
    "text",  # offsets, lines, encodings
    "patterns",  # regular expressions for what is rare
    "excess",  # how deeply a document may nest, and how far its aliases may be followed
    "yamltree",  # text -> nodes; the only importer of libyaml
    "jsontext",  # JSON that libyaml refuses, for yamltree
    "paths",  # the path notation of the catalogue
    "splitting",  # bytes -> chunks that may hold a workload
    "manifest",  # chunks -> documents -> objects
    "securitycontext",  # what a securityContext says about capabilities
    "catalogue",  # which kinds hold pod templates, and where
    "regimes",  # what becomes of an entry, and what is merged with it
    "fragments",  # patches that are no objects, as objects
    "workloads",  # document -> pod templates -> containers
    "capabilities",  # capability algebra -> verdict
    "policies",  # admission policies: what they ask, and of which pods
    "findings",  # what a finding is made of
    "selection",  # which rules run
    "declared",  # one exemption: what it says and covers
    "rules",  # verdict -> findings
    "exemptions",  # which finding somebody accepted
    "fix",  # finding -> verified edits
    "sources",  # disk, standard input, charts
    "delivery",  # what Argo CD and Flux deploy from here
    "summary",  # what a run came to
    "reporters",  # report -> text
    "streams",  # the standard streams, and a call that cannot be carried out
    "saving",  # a report or a baseline into a file
    "certain",  # settings that need no explanation
    "config",  # settings
    "emit",  # admission policies written, and read again
    "crossing",  # workloads against policies
    "judge",  # document -> findings
    "engine",  # the loop
    "fixing",  # sources -> fixed sources
    "suggesting",  # what --fix would write for each finding alone
    "recording",  # exemptions written into sources
    "changes",  # what becomes of a fixed source
    "charts",  # charts -> findings at their templates, and fixes of these
    "crosscheck",  # workloads against policies: what the mode means for a run
    "kustomize",  # kustomizations -> findings at their bases and patches, and fixes of these
    "settings",  # options and settings file -> what is in force
    "adoption",  # living with old findings: baseline, git revision
    "kustomizing",  # the kustomizations that the command line meets
    "inputs",  # what a run reads
    "printing",  # --print-policy: what it is written from
    "charting",  # the charts that the command line meets
    "explain",  # a rule's documentation
    "progress",  # what long work shows on a terminal
    "spread",  # a run over many files, on every processor
    "arguments",  # every option of the command line
    "completion",  # the options for shells
    "options",  # the command line, read quickly where it is simple
    "outputs",  # reports to the standard output and to files
    "api",  # linting as a library
    "__init__",  # the public API's names
    "cli",  # argv, streams, exit codes
    "__main__",  # `python -m netraw_lint`
)

# Text in, values out: these touch no disk, environment, clock or process.
CORE = set(ROOMS[: ROOMS.index("sources")]) - {"schemas_dir"} | {"reporters"}
OF_THE_WORLD = {"os", "io", "pathlib", "shutil", "subprocess", "sys", "tempfile", "time", "datetime"}
# (module, import): the reason it may.
WORLD_EXCEPTIONS: dict[tuple[str, str], str] = {
    ("libyaml", "os"): "looks for the folder of PyYAML",
    ("packed", "io"): "pickle writes into memory",
    ("libyaml", "sys"): "stands in for modules of PyYAML while its extension is loaded",
}

NETWORK = {
    *("socket", "socketserver", "ssl", "asyncio", "http", "httpx", "requests", "urllib3", "aiohttp"),
    *("ftplib", "smtplib", "imaplib", "poplib", "telnetlib", "nntplib", "xmlrpc", "webbrowser"),
    *("urllib.request", "urllib.robotparser", "multiprocessing.connection", "multiprocessing.managers"),
}
# Modules that import by a computed name, so that the lists below cannot see what: the reason each may.
COMPUTED_IMPORTS = {"outputs": "loads the reporter asked for, whose name stands in the table of reporters"}


class Module(NamedTuple):
    """One module, seen through its import statements, those inside functions included."""

    name: str  # dotted, below the package: "fix.plan"
    path: Path
    imports: tuple[tuple[str, int], ...]  # absolute dotted name, line
    computed: tuple[int, ...]  # lines of imports by a computed name

    @property
    def room(self) -> str:
        return self.name.partition(".")[0]


def read_module(path: Path) -> Module:
    relative = path.relative_to(PACKAGE).with_suffix("")
    parts = relative.parts[:-1] if relative.name == "__init__" and relative.parent.parts else relative.parts
    package = ("netraw_lint", *relative.parts[:-1])
    imports, computed = [], []
    for node in ast.walk(ast.parse(path.read_text("utf-8"), str(path))):
        if isinstance(node, ast.Import):
            imports += [(alias.name, node.lineno) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            origin = ".".join([*base, *([node.module] if node.module else [])])
            imports += [(f"{origin}.{alias.name}", node.lineno) for alias in node.names]
        elif isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            if called in {"__import__", "import_module", "importlib.import_module", "importlib.__import__"}:
                match node.args:
                    case [ast.Constant(value=str(name)), *_]:
                        imports.append((name, node.lineno))
                    case _:
                        computed.append(node.lineno)
    return Module(".".join(parts), path, tuple(imports), tuple(computed))


MODULES = {module.name: module for module in map(read_module, sorted(PACKAGE.rglob("*.py")))}


def own_imports(module: Module) -> Iterator[tuple[Module, int]]:
    """The modules of this package that a module imports."""
    for name, line in module.imports:
        if name == "netraw_lint.__version__":  # a constant, known before anything else of the package
            continue
        head, *parts = name.split(".")
        if head == "netraw_lint":
            while parts and ".".join(parts) not in MODULES:
                parts.pop()
            yield MODULES[".".join(parts) or "__init__"], line


def imports_of(module: Module, forbidden: set[str]) -> Iterator[tuple[str, int]]:
    """The imports of a module that are, or lie in, one of the forbidden modules."""
    for name, line in module.imports:
        prefixes = {name.rsplit(".", cut)[0] for cut in range(name.count(".") + 1)}
        for found in sorted(prefixes & forbidden):
            yield found, line


def unplaced_rooms() -> set[str]:
    return {module.room for module in MODULES.values()} - set(ROOMS)


def test_every_module_lives_in_a_known_room() -> None:
    assert unplaced_rooms() == set(), (
        "place the new room in ROOMS, on the floor where its imports point downward"
    )


def test_imports_point_downward_only() -> None:
    rank = {room: floor for floor, room in enumerate(ROOMS)} | {room: len(ROOMS) for room in unplaced_rooms()}
    upward = [
        f"{module.path.name}:{line}: {module.name} imports {other.name}, which lives on a higher floor"
        for module in MODULES.values()
        for other, line in own_imports(module)
        if module.room != other.room and rank[module.room] < rank[other.room]
    ]

    assert upward == []


def test_modules_of_one_room_import_each_other_without_cycles() -> None:
    graph = {name: {other.name for other, _ in own_imports(m)} - {name} for name, m in MODULES.items()}

    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(f"import cycle: {' -> '.join(error.args[1])}")


def test_no_import_hides_behind_a_computed_name() -> None:
    hidden = {name: module.computed for name, module in MODULES.items() if module.computed}

    assert sorted(hidden) == sorted(COMPUTED_IMPORTS), hidden


def test_no_module_imports_network_code() -> None:
    found = [f"{name}:{line}: {what}" for name, m in MODULES.items() for what, line in imports_of(m, NETWORK)]

    assert found == []


def test_only_yamltree_imports_the_yaml_parser() -> None:
    importers = {name for name, m in MODULES.items() for _ in imports_of(m, {"yaml", "_yaml"})}
    type_only = {name for name in importers if not imports_yaml_at_run_time(MODULES[name])}

    assert importers - type_only == {"yamltree", "libyaml"}


def imports_yaml_at_run_time(module: Module) -> bool:
    """Whether an import of yaml stands outside an `if TYPE_CHECKING:` block."""
    tree = ast.parse(module.path.read_text("utf-8"))
    guarded = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")
        for statement in node.body
        for inner in ast.walk(statement)
    }
    return any(
        (isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] in {"yaml", "_yaml"})
        or (isinstance(node, ast.Import) and any(a.name.partition(".")[0] == "yaml" for a in node.names))
        for node in ast.walk(tree)
        if id(node) not in guarded
    )


def test_every_dependency_is_used_and_explained() -> None:
    declared = tomllib.loads((CHECKOUT / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]
    names = {re.split(r"[<>=~! ]", requirement)[0] for requirement in declared}
    tops = {name.partition(".")[0] for m in MODULES.values() for name, _ in m.imports}
    table = (CHECKOUT / "CONTRIBUTING.md").read_text("utf-8").partition("## Why this dependency")[2]

    assert {IMPORTED_AS[name] for name in names} == tops - sys.stdlib_module_names - {
        "netraw_lint"
    } - OPTIONAL
    assert set(re.findall(r"^\| ([\w.]+) \| [A-Z]", table, re.MULTILINE)) == names


OPTIONAL = {"helm_python"}  # the extra `helm`, loaded by one worker process
IMPORTED_AS = {"PyYAML": "yaml", "jsonschema": "jsonschema", "ruamel.yaml": "ruamel", "shtab": "shtab"}


def test_only_sources_start_processes() -> None:
    starters = {m.room for m in MODULES.values() for _ in imports_of(m, {"subprocess", "multiprocessing"})}

    assert starters <= {"sources"}


def test_the_core_does_not_touch_the_world() -> None:
    found = {
        (name, what): f"{name}:{line} imports {what}"
        for name, module in MODULES.items()
        if module.room in CORE
        for what, line in imports_of(module, OF_THE_WORLD)
    }

    assert sorted(found) == sorted(WORLD_EXCEPTIONS), "\n".join(found.values())


def test_modules_stay_small() -> None:
    lengths = {name: len(m.path.read_text("utf-8").splitlines()) for name, m in MODULES.items()}

    assert {name: length for name, length in lengths.items() if length > 400} == {}


def test_there_is_no_room_for_odds_and_ends() -> None:
    assert {"util", "utils", "helpers", "common", "misc"} & {n.rpartition(".")[2] for n in MODULES} == set()


# --- no network, in a real process ---------------------------------------------------------------------------

# Runs `python -m netraw_lint` under an audit hook that ends the process when anything asks for the network.
# os._exit rather than an exception: no `except` in the code under test can swallow it.
GUARD = """
import os, runpy, sys

def guard(event, args):
    if event.partition(".")[0] in {"socket", "urllib", "http", "ftplib", "smtplib", "imaplib", "poplib"}:
        os.write(2, ("NETWORK: " + event + "\\n").encode())
        os._exit(99)

sys.addaudithook(guard)
"""
RUN_TOOL = GUARD + "runpy.run_module('netraw_lint', run_name='__main__', alter_sys=True)"


def guarded(code: str, *args: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", code, *args]
    return subprocess.run(command, cwd=cwd, capture_output=True, encoding="utf-8", timeout=60, check=False)


@pytest.mark.parametrize(
    "attempt",
    [
        pytest.param("import socket; socket.socket()", id="socket"),
        pytest.param("import socket; socket.getaddrinfo('localhost', 80)", id="name look-up"),
        pytest.param("import urllib.request; urllib.request.urlopen('http://localhost:1')", id="urllib"),
    ],
)
def test_the_network_guard_sees(attempt: str, tmp_path: Path) -> None:
    assert guarded(GUARD + attempt, cwd=tmp_path).returncode == 99


@pytest.mark.parametrize("config", ["", "runtimes: [containerd, cri-o, docker]\n"], ids=["bare", "config"])
@pytest.mark.parametrize("output_format", ["full", "json"])
def test_a_run_never_asks_for_the_network(
    config: str, output_format: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(CHECKOUT))
    for example in (CHECKOUT / "examples").rglob("*.yaml"):
        (tmp_path / f"{example.parent.name}-{example.name}").write_bytes(example.read_bytes())
    if config:
        (tmp_path / ".netraw-lint.yaml").write_text(config, "utf-8")

    done = guarded(RUN_TOOL, "--output-format", output_format, ".", cwd=tmp_path)

    assert "NETWORK" not in done.stderr
    assert done.returncode == 1, done.stderr


# --- what the package promises -------------------------------------------------------------------------------


def test_the_public_api_is_what_it_was() -> None:
    import netraw_lint

    assert sorted(netraw_lint.__all__) == PUBLIC
    assert [name for name in netraw_lint.__all__ if not hasattr(netraw_lint, name)] == []


PUBLIC = ["Finding", "Problem", "Report", "__version__", "lint_text"]


def test_the_package_says_that_it_is_typed() -> None:
    assert (PACKAGE / "py.typed").exists()


def rule_codes() -> list[str]:
    """The codes that the modules in rules/ stand for, from their file names or their text."""
    codes = set()
    for module in MODULES.values():
        if module.room == "rules" and module.path.stem != "__init__":
            named = re.findall(r"nrl\d{3}", module.path.stem)
            codes |= {code.upper() for code in named} or set(
                re.findall(r"[\"'](NRL\d{3})[\"']", module.path.read_text("utf-8"))
            )
    return sorted(codes)


@pytest.mark.parametrize("code", rule_codes())
def test_every_rule_has_a_fixture(code: str) -> None:
    fixtures = [path for path in (CHECKOUT / "tests" / "fixtures").rglob("*") if path.is_file()]

    assert any(code in str(path).upper() or code in path.read_text("utf-8", "replace") for path in fixtures)

"""Start-up is a feature: what the three most common runs import, no more."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import CHECKOUT

POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  containers:\n  - {name: app, image: example/app:1}\n"
CLEAN = POD.replace("app:1}", "app:1, securityContext: {capabilities: {drop: [ALL]}}}")
NO_WORKLOAD = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\ndata: {image: x}\n"

# Prints every module that a run imports and a bare Python does not.
SPY = """
import sys
before = set(sys.modules)
from netraw_lint.cli import run
code = run()
sys.stdout.flush()
sys.stderr.write("\\n" + str(code) + " " + " ".join(sorted(set(sys.modules) - before)))
"""

OWN_ALWAYS = set(
    """catalogue cli config engine inputs libyaml model noun options progress reporters schemas_dir settings sources
    sources.discovery sources.files sources.gitignore sources.kustomize splitting streams summary text""".split()
)
OWN_TO_JUDGE = set(
    """capabilities excess findings fix fix.refusals judge manifest nodes paths policies regimes rules securitycontext selection
    workloads yamltree""".split()
)
OWN_TO_REPORT = {"outputs", "reporters.full", "reporters.style", "reporters.escape"}
# re, with what it stands on. Some of it a Python may have loaded before, for a .pth file.
LIBRARY_ALWAYS = set(
    """re re._casefix re._compiler re._constants re._parser _sre enum functools
    _functools collections _collections keyword operator _operator itertools reprlib types copyreg warnings
    atexit gc time errno __future__ _abc abc contextlib annotationlib ast _ast _colorize""".split()
)
# PyYAML brings these, `yaml` being a package that imports all of itself.
LIBRARY_TO_PARSE = set(
    """base64 binascii struct _struct datetime _datetime collections.abc math cython_runtime _bisect""".split()
)
LIBRARY_TO_REPORT = set("bisect".split())
# Regular expressions cost a quarter of a start, with what they stand on.
EXPRESSIONS = {"re", "enum", "functools", "collections", "netraw_lint.patterns"}

# What the issue rules out by name where there is nothing to judge.
NEVER = set(
    """argparse gettext yaml _yaml json jsonschema ruamel dataclasses typing inspect difflib pathlib logging tempfile shutil
    shtab tomllib subprocess socket threading traceback netraw_lint.rules netraw_lint.fix netraw_lint.judge
    netraw_lint.reporters.full""".split()
)


def imported(folder: Path, text: str, *args: str, code: int) -> set[str]:
    """The modules of a run on one file."""
    (folder / ".git").mkdir(exist_ok=True)
    (folder / "file.yaml").write_text(text, "utf-8")
    done = subprocess.run(
        [sys.executable, "-c", SPY, *args, "file.yaml"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=True,
    )
    got, *modules = done.stderr.rpartition("\n")[2].split()
    assert int(got) == code, done.stderr
    return set(modules)


def split(modules: set[str]) -> tuple[set[str], set[str]]:
    """The modules of this package, without its name, and the others."""
    own = {name.removeprefix("netraw_lint.") for name in modules if name.startswith("netraw_lint.")}
    return own, {name for name in modules if not name.startswith("netraw_lint")}


def test_a_run_without_a_workload(tmp_path: Path) -> None:
    own, library = split(imported(tmp_path, NO_WORKLOAD, code=0))

    assert own == OWN_ALWAYS | {"patterns"}
    assert library - LIBRARY_ALWAYS == set()


def test_the_simplest_run_needs_neither_argparse_nor_regular_expressions(tmp_path: Path) -> None:
    own, library = split(imported(tmp_path, "apiVersion: v1\nkind: ConfigMap\ndata: {a: b}\n", code=0))

    assert own == OWN_ALWAYS
    assert not {"argparse", "re", "enum", "gettext", "locale"} & library


@pytest.mark.parametrize("text", [NO_WORKLOAD, "", "a: 1\n", "just text\n", "[1, 2]\n"])
def test_what_a_run_without_a_workload_never_imports(text: str, tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("*.log\n")

    modules = imported(tmp_path, text, code=0)

    assert {name for name in modules if name in NEVER or name.partition(".")[0] in NEVER} == set()


def test_a_kustomization_beside_it_needs_no_parser(tmp_path: Path) -> None:
    (tmp_path / "kustomization.yaml").write_text("patches:\n- path: other.yaml\n")

    own, library = split(imported(tmp_path, NO_WORKLOAD, code=0))

    assert own == OWN_ALWAYS | {"patterns"}
    assert library - LIBRARY_ALWAYS == set()


def test_a_run_with_a_clean_workload(tmp_path: Path) -> None:
    own, library = split(imported(tmp_path, CLEAN, code=0))

    rules = {name for name in own if name.startswith("rules.")}
    assert own - rules == OWN_ALWAYS | OWN_TO_JUDGE
    unexpected = library - LIBRARY_ALWAYS - LIBRARY_TO_PARSE
    assert {name for name in unexpected if not name.startswith(("yaml", "_yaml", "_cython_"))} == set()


def test_a_run_with_a_finding(tmp_path: Path) -> None:
    own, library = split(imported(tmp_path, POD, code=1))

    rules = {name for name in own if name.startswith("rules.")}
    assert own - rules == OWN_ALWAYS | OWN_TO_JUDGE | OWN_TO_REPORT
    unexpected = library - LIBRARY_ALWAYS - LIBRARY_TO_PARSE - LIBRARY_TO_REPORT
    assert {name for name in unexpected if not name.startswith(("yaml", "_yaml", "_cython_"))} == set()


@pytest.mark.parametrize(("text", "code"), [(CLEAN, 0), (POD, 1)], ids=["clean", "finding"])
def test_the_simplest_workload_needs_no_regular_expressions(text: str, code: int, tmp_path: Path) -> None:
    before = subprocess.run(
        [sys.executable, "-c", "import sys; print(*sys.modules)"], capture_output=True, text=True, check=True
    )

    assert EXPRESSIONS & imported(tmp_path, text, code=code) - set(before.stdout.split()) == set()


def test_the_reader_of_configurations_never_lints(tmp_path: Path) -> None:
    for text, code in ((NO_WORKLOAD, 0), (CLEAN, 0), (POD, 1)):
        modules = imported(tmp_path, text, code=code)
        assert not {"ruamel", "ruamel.yaml", "jsonschema", "json", "dataclasses", "typing"} & modules

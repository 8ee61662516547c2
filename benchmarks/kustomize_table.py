"""What netraw-lint makes of repositories with kustomizations, as a table: one row per directory, one more for all.

    python benchmarks/kustomize_table.py NAME=DIRECTORY ...

`kustomize`, else `kubectl`, has to be on the PATH. Everything happens in copies. *false* counts findings of a missing
drop in files that are patches, without and with --kustomize. After --fix every root is built again in the copy by the
engine itself, and each deployed object that differs in more than the drop and add lists of capabilities counts as
*beyond*; *again* counts files that a second run changes. Seconds are those of one run with --kustomize, per root that
is built.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from typing import Any

from netraw_lint import yamltree
from netraw_lint.kustomize.run import Around, Plan
from netraw_lint.kustomize.workshop import documents
from netraw_lint.model import KUSTOMIZATION_FILES, Source
from netraw_lint.sources import discovery, files, kustomize
from netraw_lint.sources.kustomize_cli import BuildError, Engine

COLUMNS = (
    "kustomizations roots built containers raw built_findings in_patches only_in unplaced false fixed refused beyond again"
).split()
SETTINGS = "charts: skip\n"
# Roots alone: what Argo CD and Flux put on top is no other build for the comparison.
AROUND = Around(lambda top: discovery.discover([top]), lambda _: ())


def lint(directory: str, *options: str) -> dict[str, Any]:
    """The JSON report of a run on a directory."""
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as settings:
        settings.write(SETTINGS)
        settings.flush()
        command = [sys.executable, "-m", "netraw_lint", "--config", settings.name, "--output-format", "json"]
        done = subprocess.run(
            [*command, "-q", *options, "."], cwd=directory, capture_output=True, check=False
        )
    try:
        report: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        sys.exit(f"{directory}: {done.stderr.decode(errors='replace')}")
    return report


def is_patch(directory: str, path: str) -> bool:
    """Whether a file of a directory is named as a patch."""
    source = files.read(os.path.join(directory, path))
    return isinstance(source, Source) and kustomize.marked(source).patch


def false_alarms(directory: str, report: dict[str, Any], lacking: set[str]) -> int:
    """Findings of a missing drop in patches that only leave it out.

    Those are none: containers of their own, operations that take the drop away, and with --kustomize containers
    that are deployed without a drop, whose names are ``lacking``.
    """
    found = 0
    for each in report["findings"]:
        path = each["path"]
        inside = os.path.basename(path) in KUSTOMIZATION_FILES
        if each["rule"] != "NRL003" or not (inside or is_patch(directory, path)):
            continue
        told = "takes its drop list" in each["message"] or "decided here" in (each["refusal"] or "")
        print(f"missing drop in a patch: {path}:{each['line']} told={told}", file=sys.stderr)
        name = each["container"]["name"]
        if not told and name not in lacking and not adds_container(os.path.join(directory, path), name):
            found += 1
    return found


def adds_container(path: str, name: str) -> bool:
    """Whether a patch spells out a container of its own: a name with an image."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    return f"name: {name}" in text and "image" in text


def deployed(directory: str, engine: Engine) -> dict[str, list[Any]]:
    """What each root of a directory deploys, as plain data."""
    found = list(discovery.discover([directory]))
    built: dict[str, list[Any]] = {}
    for tree in Plan(found, found, AROUND).trees:
        try:
            output = engine.build(tree.root.directory)
        except BuildError:
            continue
        built[os.path.relpath(tree.root.directory, directory)] = [
            yamltree.plain(text.encode()) for text in documents(output)
        ]
    return built


def undropped(value: Any) -> set[str]:
    """The names of the containers in deployed objects that drop neither NET_RAW nor ALL."""
    names: set[str] = set()
    if isinstance(value, dict):
        if isinstance(value.get("name"), str) and "image" in value:
            capabilities = (value.get("securityContext") or {}).get("capabilities") or {}
            dropped = {str(name).upper() for name in capabilities.get("drop") or ()}
            names |= set() if dropped & {"ALL", "NET_RAW"} else {value["name"]}
        return names.union(*map(undropped, value.values()))
    return names.union(*map(undropped, value)) if isinstance(value, list) else names


def without_lists(value: Any) -> Any:
    """Data without the add and drop lists of capabilities, and without what is empty then."""
    if isinstance(value, dict):
        kept = {}
        for key, inner in value.items():
            if key == "securityContext" and isinstance(inner, dict):
                capabilities = inner.get("capabilities")
                left = {k: v for k, v in (capabilities or {}).items() if k not in ("add", "drop")}
                others = {k: v for k, v in inner.items() if k != "capabilities"}
                context = others | ({"capabilities": left} if left else {})
                if context:
                    kept[key] = context
                continue
            kept[key] = without_lists(inner)
        return kept
    return [without_lists(item) for item in value] if isinstance(value, list) else value


def beyond(before: dict[str, list[Any]], after: dict[str, list[Any]]) -> int:
    """How many objects differ in more than the lists of capabilities."""
    count = 0
    for root, old in before.items():
        new = after.get(root, [])
        pairs = zip(old, new, strict=False)
        count += abs(len(old) - len(new))
        count += sum(without_lists(was) != without_lists(now) for was, now in pairs)
    return count


def contents(directory: str) -> dict[str, bytes]:
    """The files of a directory."""
    return {
        path: open(path, "rb").read()
        for folder, _, names in os.walk(directory)
        for path in (os.path.join(folder, name) for name in names)
        if os.path.isfile(path)
    }


def row_of(directory: str) -> tuple[Counter[str], float]:
    """The row of a directory, and the seconds of a run with --kustomize."""
    row: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder, Engine() as engine:
        copy = shutil.copytree(
            directory, os.path.join(folder, "copy"), symlinks=True, ignore=shutil.ignore_patterns(".git")
        )
        os.mkdir(os.path.join(copy, ".git"))
        raw = lint(copy)
        started = time.perf_counter()
        built = lint(copy, "--kustomize")
        seconds = time.perf_counter() - started
        before = deployed(copy, engine)
        row["raw"], row["built_findings"] = len(raw["findings"]), len(built["findings"])
        row["containers"] = built["summary"]["containers"]
        lacking = undropped(list(before.values()))
        row["false"] = false_alarms(copy, raw, set()) + false_alarms(copy, built, lacking)
        row["only_in"] = sum("; only in " in each["message"] for each in built["findings"])
        row["unplaced"] = sum(
            "line that says it is not known" in each["message"] for each in built["findings"]
        )
        row["in_patches"] = sum(is_patch(copy, each["path"]) for each in built["findings"])
        found = list(discovery.discover([copy]))
        row["kustomizations"] = sum(os.path.basename(each.path) in KUSTOMIZATION_FILES for each in found)
        row["roots"], row["built"] = len(Plan(found, found, AROUND).trees), len(before)
        fixed = lint(copy, "--kustomize", "--fix")
        row["fixed"] = len(built["findings"]) - len(fixed["findings"])
        for each in fixed["findings"]:
            if each["refusal"] and each["rule"] in ("NRL001", "NRL003"):
                row["refused"] += 1
                print(
                    f"refused: {each['path']}:{each['line']} {each['rule']} {each['refusal']}",
                    file=sys.stderr,
                )
        row["beyond"] = beyond(before, deployed(copy, engine))
        once = contents(copy)
        lint(copy, "--kustomize", "--fix")
        twice = contents(copy)
        row["again"] = sum(twice[path] != data for path, data in once.items())
        kustomize.forget()
    return row, seconds


def main() -> None:
    """Print the table."""
    total: Counter[str] = Counter()
    everything = 0.0
    print(f"| source | {' | '.join(COLUMNS)} | s/root |")
    print(f"|---|{'--:|' * (len(COLUMNS) + 1)}")
    for given in sys.argv[1:]:
        name, _, directory = given.partition("=")
        row, seconds = row_of(os.path.abspath(directory))
        total += row
        everything += seconds
        show(name, row, seconds)
    show("all", total, everything)


def show(name: str, row: Counter[str], seconds: float) -> None:
    """Print one row."""
    cells = " | ".join(str(row[column]) for column in COLUMNS)
    print(f"| {name} | {cells} | {seconds / max(row['built'], 1):.2f} |", flush=True)


if __name__ == "__main__":
    main()

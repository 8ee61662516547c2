"""Charts of public repositories made ready to be rendered offline, for charts_table.py.

    python benchmarks/charts_corpus.py [--most N] OUT NAME=DIRECTORY ...

Copies each chart below a directory to OUT/NAME/. A dependency that is not in its ``charts/`` is taken from the
other directories given, where a chart of that name is there; its version is made to fit, since what is compared is
a chart with itself. A chart whose dependencies are nowhere is left out, and counted. Nothing is downloaded.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import sys
from typing import Any

from charts_table import charts_below

from netraw_lint import yamltree

_DEPTH = 5
_LEFT_OUT = shutil.ignore_patterns(".git", "*.gif", "*.png", "*.svg")


def plain(path: str) -> dict[str, Any]:
    """A YAML file as data; empty where it cannot be read."""
    try:
        with open(path, "rb") as file:
            data = yamltree.plain(file.read())
    except (OSError, yamltree.YamlError):
        return {}
    return data if isinstance(data, dict) else {}


def dependencies(chart: str) -> list[dict[str, Any]]:
    """What a chart says that it depends on."""
    listed = plain(os.path.join(chart, "Chart.yaml")).get("dependencies")
    listed = listed or plain(os.path.join(chart, "requirements.yaml")).get("dependencies")
    return [entry for entry in listed or () if isinstance(entry, dict) and entry.get("name")]


def vendor(chart: str, known: dict[str, str], depth: int = 0) -> list[str]:
    """Put the dependencies of a copied chart into its ``charts/``; the names of those that are nowhere."""
    missing = []
    for entry in dependencies(chart):
        name = str(entry["name"])
        target = os.path.join(chart, "charts", name)
        packed = os.path.isdir(os.path.join(chart, "charts")) and any(
            each.startswith(f"{name}-") and each.endswith(".tgz")
            for each in os.listdir(os.path.join(chart, "charts"))
        )
        if not os.path.isdir(target) and not packed:
            local = os.path.join(chart, "..", name)
            found = known.get(name) or (local if os.path.isfile(os.path.join(local, "Chart.yaml")) else None)
            if found is None or depth >= _DEPTH:
                missing.append(name)
                continue
            shutil.copytree(found, target, ignore=_LEFT_OUT, ignore_dangling_symlinks=True)
            fit(target, str(entry.get("version") or "0.1.0"))
        if os.path.isdir(target):
            missing += vendor(target, known, depth + 1)
    return missing


def fit(chart: str, wanted: str) -> None:
    """Give a chart a version that is in a range."""
    numbers = re.findall(r"\d+", re.split(r"[-|\s]", wanted.strip(), maxsplit=1)[0])[:3] or ["0", "1", "0"]
    version = ".".join([*numbers, "0", "0"][:3])
    version = "0.0.1" if version == "0.0.0" else version
    path = os.path.join(chart, "Chart.yaml")
    with open(path, encoding="utf-8", newline="") as file:
        text = file.read()
    with open(path, "w", encoding="utf-8", newline="") as file:
        file.write(re.sub(r"(?m)^version:.*$", f"version: {version}", text, count=1))


def main() -> None:
    """Copy the charts, and say how many there are."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--most", type=int, default=10_000, help="charts of one publisher")
    parser.add_argument("out")
    parser.add_argument("directories", nargs="+", metavar="NAME=DIRECTORY")
    options = parser.parse_args()
    given = [each.partition("=")[::2] for each in options.directories]
    charts = {name: list(charts_below(directory)) for name, directory in given}
    known: dict[str, str] = {}
    for paths in charts.values():
        for path in paths:
            known.setdefault(str(plain(os.path.join(path, "Chart.yaml")).get("name")), path)
    for name, paths in charts.items():
        kept = left = 0
        for path in paths:
            if kept == options.most:
                break
            target = os.path.join(options.out, name, os.path.basename(path))
            if os.path.exists(target):
                target += f"-{kept}"
            shutil.copytree(path, target, ignore=_LEFT_OUT, ignore_dangling_symlinks=True)
            missing = vendor(target, known)
            if missing:
                shutil.rmtree(target)
                left += 1
                print(f"left out: {path}: {', '.join(missing)}", file=sys.stderr)
            else:
                kept += 1
        print(f"{name}: {kept} charts, {left} left out for want of a dependency")


if __name__ == "__main__":
    main()

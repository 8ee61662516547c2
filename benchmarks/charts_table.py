"""What netraw-lint makes of directories of charts, as a table: one row per directory, one more for all.

    python benchmarks/charts_table.py [--helm PATH | --embedded] [--explore] NAME=DIRECTORY ...
    python benchmarks/charts_table.py [--helm PATH | --embedded] --fix NAME=DIRECTORY ...

A row counts the charts of one publisher; which findings depend on other values is known with --explore only.

A chart is every directory with a Chart.yaml that is not in another chart's `charts/`. Nothing is written into the
directories. For each container of the first value set that renders: *exact* if a marked line of a template or an
item of a values list made it, *wrong* if that line cannot have given the rendered image.

With --fix the table counts the containers that lack a drop and may get one (not privileged, not Windows, adding
nothing) over all value sets that render, and what became of them; *again* counts what a second run would change.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence

from netraw_lint import yamltree
from netraw_lint.catalogue import Catalogue
from netraw_lint.charts import judging
from netraw_lint.charts.lint import FixReport, fix, lint, unfit
from netraw_lint.charts.placing import Placer
from netraw_lint.charts.rendered import Rendering, steps_to
from netraw_lint.charts.session import Session, Tools, Wish
from netraw_lint.model import Settings
from netraw_lint.schemas_dir import read_catalogue
from netraw_lint.sources import helm_cli
from netraw_lint.sources.helm import RenderError
from netraw_lint.sources.helm_engines import Engines
from netraw_lint.sources.helm_files import ChartError

COLUMNS = (
    "charts rendered problems containers exact in_values unplaced wrong findings default behind_switches "
    "unrendered_lines"
).split()


def charts_below(directory: str) -> Iterator[str]:
    """The charts below a directory, those inside others left out."""
    for folder, folders, files in os.walk(directory):
        if "Chart.yaml" in files:
            folders[:] = []
            yield folder
        folders.sort()


def could_give(line: str, image: str) -> bool:
    """Whether a template line can give a rendered image: its literal parts, in order."""
    written = re.sub(r"^[\s-]*image:\s*", "", line).split(" #")[0].strip()
    parts = re.split(r"\{\{.*?(?:\}\}|$)", written)
    if "{{" not in written:
        return written.strip("\"'") == image or not written
    pattern = ".*".join(
        re.escape(part.strip("\"'") if n in (0, len(parts) - 1) else part) for n, part in enumerate(parts)
    )
    return re.fullmatch(pattern, image, re.DOTALL) is not None


def positions(session: Session, row: Counter[str]) -> None:
    """Count how the containers of the first value set that renders are placed."""
    for case in session.cases():
        try:
            plain = session.render(case)
            marked: Rendering | None = session.render(case, session.marked)
        except RenderError:
            continue
        placer = Placer(session, case, plain, marked)
        for key, judgement in judging.containers(session.tools, plain).items():
            node = judgement.container.node
            image = yamltree.get(node, "image")
            if image is None:
                continue
            row["containers"] += 1
            document = (key[0], key[1])
            root = plain.root(document)
            steps = steps_to(root, node.value[0][0].start_mark.index) if root is not None else []
            place = placer.of_steps(document, [*steps[:-1], "image"])
            if place is None:
                inside = root is not None and placer.in_values(root, steps, judgement.container.name)
                row["in_values" if inside else "unplaced"] += 1
                if not inside:
                    print(f"unplaced: {session.plain.path} {key}", file=sys.stderr)
                continue
            row["exact"] += 1
            if not could_give(place.text, str(image.value)):
                row["wrong"] += 1
                print(f"wrong: {place.path}:{place.line} {place.text!r} {image.value!r}", file=sys.stderr)
        return


def measure(directory: str, explore: bool, tools: Tools) -> tuple[Counter[str], list[float]]:
    """The row of a directory, and the seconds of each chart."""
    row: Counter[str] = Counter()
    seconds = []
    for path in charts_below(directory):
        row["charts"] += 1
        started = time.perf_counter()
        report = lint(path, Wish(explore=explore), tools)
        seconds.append(time.perf_counter() - started)
        row["problems"] += bool(report.problems)
        for problem in report.problems[:1]:
            print(f"problem: {path}: {problem.message[:200]}", file=sys.stderr)
        row["rendered"] += report.counts.documents > 0
        row["findings"] += len(report.findings)
        hidden = sum("; only with " in finding.message for finding in report.findings)
        row["behind_switches"] += hidden
        row["default"] += len(report.findings) - hidden
        row["unrendered_lines"] += report.unrendered
        for finding in report.findings:
            if "line in the template is not known" in finding.message:
                print(f"no line: {finding.path} {finding.message}", file=sys.stderr)
        if report.counts.documents:
            try:
                session = Session(path, Wish(), tools)
                if not unfit(session):
                    positions(session, row)
                session.close()
            except (ChartError, RenderError) as error:
                print(f"{path}: {error}", file=sys.stderr)
    return row, seconds


FIX_COLUMNS = (
    "charts with_lacking lacking values template vendored ci_values generated proof other again".split()
)


def fixed(directory: str, tools: Tools) -> tuple[Counter[str], list[float]]:
    """The row of a directory for --fix, and the seconds of each chart with something to fix."""
    row: Counter[str] = Counter()
    seconds = []
    for path in charts_below(directory):
        row["charts"] += 1
        started = time.perf_counter()
        made = fix(path, Wish(), tools)
        if made.outcome is None:
            continue
        seconds.append(time.perf_counter() - started)
        row["with_lacking"] += 1
        keys = {key for edit in made.outcome.edits if edit.path for key in edit.containers}
        texts = {key for edit in made.outcome.edits if not edit.path for key in edit.containers}
        refused = {key: why for key, why in made.outcome.refused.items() if key not in keys | texts}
        row["values"] += len(keys)
        row["template"] += len(texts - keys)
        row["lacking"] += len(keys | texts | refused.keys())
        for key, why in refused.items():
            kind = next((name for words, name in REASONS if words in why), "other")
            row[kind] += 1
            print(f"refused: {path}: {key[0]} {key[2]}: {why}", file=sys.stderr)
        row["again"] += again(path, made, tools)
        print(f"{path}: {made.outcome.proof} {seconds[-1]:.1f} s", file=sys.stderr)
    return row, seconds


REASONS = (
    ("vendored subchart", "vendored"),
    ("spelled out in the values", "ci_values"),
    ("made by", "generated"),
    ("right by default", "proof"),
    ("would", "proof"),
)


def again(path: str, made: FixReport, tools: Tools) -> int:
    """How many edits a second run makes on the fixed chart."""
    if made.outcome is None or not made.outcome.texts:
        return 0
    with tempfile.TemporaryDirectory() as folder:
        copy = shutil.copytree(path, os.path.join(folder, os.path.basename(path)))
        for file, (_, text) in made.outcome.texts.items():
            with open(os.path.join(copy, file), "w", encoding="utf-8", newline="") as opened:
                opened.write(text)
        second = fix(copy, Wish(), tools)
    return len(second.outcome.edits) if second.outcome else 0


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--helm")
    parser.add_argument("--embedded", action="store_true")
    parser.add_argument("--explore", action="store_true")
    parser.add_argument("--fix", action="store_true")
    parser.add_argument("directories", nargs="+", metavar="NAME=DIRECTORY")
    options = parser.parse_args()
    if options.embedded:
        helm_cli.find = lambda: None  # type: ignore[assignment]
    total: Counter[str] = Counter()
    every: list[float] = []
    columns = FIX_COLUMNS if options.fix else COLUMNS
    print(f"| source | {' | '.join(columns)} | s/chart median | max |")
    print(f"|---|{'--:|' * (len(columns) + 2)}")
    for given in options.directories:
        name, _, directory = given.partition("=")
        with Engines(options.helm) as engines:
            tools = Tools(Settings(), Catalogue(read_catalogue, ()), engines, lambda: None)
            row, seconds = (
                fixed(directory, tools) if options.fix else measure(directory, options.explore, tools)
            )
        total += row
        every += seconds
        show(name, row, seconds, columns)
    show("all", total, every, columns)


def show(name: str, row: Counter[str], seconds: list[float], columns: Sequence[str]) -> None:
    """Print one row."""
    cells = " | ".join(str(row[column]) for column in columns)
    middle = statistics.median(seconds) if seconds else 0
    print(f"| {name} | {cells} | {middle:.2f} | {max(seconds, default=0):.1f} |", flush=True)


if __name__ == "__main__":
    main()

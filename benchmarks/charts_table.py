"""What netraw-lint makes of directories of charts, as a table: one row per publisher, one more for all.

    python benchmarks/charts_table.py [--helm PATH | --embedded] [--explore] [--fix] [--flips N] NAME=DIRECTORY ...

A chart is every directory with a Chart.yaml that is not in another chart's `charts/`; charts_corpus.py makes some
ready. Nothing is written into the directories.

Positions are counted for the containers of the first value set that renders. *exact*: a marked line of a template
made the container; *values*: an item of a values list did. *tested* and *wrong* do not trust the marks: in a copy the
value of every line claimed is replaced by a number of its own, and the container has to come out with that number.

With --fix, *lacking* counts the containers that lack a drop and may get one (not privileged, not Windows, adding
nothing) over all value sets that render, the next columns what became of them. *changed* is found without the proof:
original and fixed charts are rendered with every value set and --flips switches drawn by lot, read by PyYAML's own
loader, and compared; it counts the objects that differ in anything but NET_RAW in a container's drop list. *again*
counts what a second run would change.

Seconds are of this machine's clock, whatever else it does; *cpu* are those that the program and its renders used
(those of helm processes; the embedded engine's are not counted).
"""

from __future__ import annotations

import argparse
import os
import random
import re
import resource
import shutil
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import yaml

from netraw_lint import yamltree
from netraw_lint.catalogue import Catalogue
from netraw_lint.charts import judging
from netraw_lint.charts.lint import FixReport, fix, lint
from netraw_lint.charts.obstacles import obstacles
from netraw_lint.charts.placing import Placer
from netraw_lint.charts.rendered import Rendering, steps_to
from netraw_lint.charts.session import Session, Tools, Wish
from netraw_lint.model import Settings
from netraw_lint.schemas_dir import read_catalogue
from netraw_lint.sources import helm_cli
from netraw_lint.sources.helm import Case, RenderError
from netraw_lint.sources.helm_engines import Engines
from netraw_lint.sources.helm_files import ChartError, duplicate

LINT = "charts rendered problems containers exact values unplaced tested wrong findings hidden unrendered".split()
FIX = "lacking by_values by_template vendored in_values generated proof other changed again".split()
BLOCK = re.compile(r"\{\{-?\s*(if|else|end|with|range)\b")


def charts_below(directory: str) -> Iterator[str]:
    """The charts below a directory, those inside others left out."""
    for folder, folders, files in os.walk(directory):
        if "Chart.yaml" in files:
            folders[:] = []
            yield folder
        folders.sort()


class Clock:
    """Seconds, and processor seconds, since it was made."""

    def __init__(self) -> None:
        self._wall, self._cpu = time.perf_counter(), self._used()

    def read(self) -> tuple[float, float]:
        """The seconds and the processor seconds so far."""
        return time.perf_counter() - self._wall, self._used() - self._cpu

    @staticmethod
    def _used() -> float:
        who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
        return sum(usage.ru_utime + usage.ru_stime for usage in map(resource.getrusage, who))


# -- positions -----------------------------------------------------------------------------------------------------


def positions(path: str, tools: Tools, row: Counter[str]) -> None:
    """Count how the containers of the first value set that renders are placed."""
    session = Session(path, Wish(), tools)
    try:
        for case in session.cases() if not obstacles(session) else ():
            try:
                plain, marked = session.render(case), session.render(case, session.marked)
            except RenderError:
                continue
            claims = dict(claimed(session, Placer(session, case, plain, marked), plain, row))
            test(session, case, claims, row)
            return
    finally:
        session.close()


def claimed(
    session: Session, placer: Placer, plain: Rendering, row: Counter[str]
) -> Iterator[tuple[tuple[str, int, str], tuple[str, int]]]:
    """The template line that is said to make each container."""
    for key, judgement in judging.containers(session.tools, plain).items():
        node = judgement.container.node
        if yamltree.get(node, "image") is None:
            continue
        row["containers"] += 1
        document = (key[0], key[1])
        root = plain.root(document)
        steps = steps_to(root, node.value[0][0].start_mark.index) if root is not None else []
        place = placer.of_steps(document, [*steps[:-1], "image"])
        if place is not None:
            row["exact"] += 1
            yield key, (place.name, place.line)
            continue
        inside = root is not None and placer.in_values(root, steps, judgement.container.name)
        row["values" if inside else "unplaced"] += 1
        if not inside:
            print(f"unplaced: {session.plain.path} {key}", file=sys.stderr)


def test(
    session: Session, case: Case, claims: dict[tuple[str, int, str], tuple[str, int]], row: Counter[str]
) -> None:
    """Give every claimed line an image of its own, and look which container gets it."""
    copy = duplicate(session.plain, session.tools.engines.folder())
    numbers: dict[tuple[str, int], str] = {}
    for place in sorted(set(claims.values())):
        lines = (copy.read(place[0]) or b"").decode().split("\n")
        head, colon, value = lines[place[1] - 1].partition("image:")
        if colon and value.count("{{") == value.count("}}") and not BLOCK.search(value) and value.strip():
            numbers[place] = f"netraw.example/place:{len(numbers)}"
            lines[place[1] - 1] = f"{head}image: {numbers[place]}"
            copy.write(place[0], "\n".join(lines).encode())
    try:
        found = judging.containers(session.tools, session.render(case, copy))
    except RenderError as error:
        print(f"not tested: {session.plain.path}: {error.message[:120]}", file=sys.stderr)
        return
    for key, place in claims.items():
        if place not in numbers or key not in found:
            continue
        row["tested"] += 1
        image = yamltree.as_string(yamltree.get(found[key].container.node, "image"))
        if image != numbers[place]:
            row["wrong"] += 1
            print(f"wrong: {session.plain.path} {place} {key} {image}", file=sys.stderr)


# -- lint ----------------------------------------------------------------------------------------------------------


def measure(path: str, explore: bool, tools: Tools, row: Counter[str]) -> tuple[float, float]:
    """Lint one chart into the row; how long it took without exploring."""
    clock = Clock()
    report = lint(path, Wish(), tools)
    spent = clock.read()
    row["charts"] += 1
    row["problems"] += bool(report.problems)
    for problem in report.problems[:1]:
        print(f"problem: {path}: {problem.message[:200]}", file=sys.stderr)
    row["rendered"] += report.counts.documents > 0
    row["findings"] += len(report.findings)
    row["unrendered"] += report.unrendered
    if report.counts.documents:
        try:
            positions(path, tools, row)
        except (ChartError, RenderError) as error:
            print(f"{path}: {error}", file=sys.stderr)
    if explore and report.counts.documents:
        explored = lint(path, Wish(explore=True), tools)
        known = {(each.rule, each.path, each.location.line) for each in report.findings}
        row["hidden"] += sum(
            (each.rule, each.path, each.location.line) not in known for each in explored.findings
        )
    return spent


# -- fix -----------------------------------------------------------------------------------------------------------

REASONS = (
    ("vendored subchart", "vendored"),
    ("spelled out in the values", "in_values"),
    ("made by", "generated"),
    ("right by default", "proof"),
    ("would", "proof"),
)


def fixed(path: str, flips: int, tools: Tools, row: Counter[str]) -> tuple[float, float] | None:
    """Fix one chart into the row; how long it took, None where there was nothing to do."""
    clock = Clock()
    made = fix(path, Wish(), tools)
    if made.outcome is None:
        return None
    spent = clock.read()
    keys = {key for edit in made.outcome.edits if edit.path for key in edit.containers}
    texts = {key for edit in made.outcome.edits if not edit.path for key in edit.containers}
    refused = {key: why for key, why in made.outcome.refused.items() if key not in keys | texts}
    row["by_values"] += len(keys)
    row["by_template"] += len(texts - keys)
    row["lacking"] += len(keys | texts | refused.keys())
    for key, why in refused.items():
        row[next((name for words, name in REASONS if words in why), "other")] += 1
        print(f"refused: {path}: {key[0]} {key[2]}: {why}", file=sys.stderr)
    print(f"{path}: {made.outcome.proof} {spent[0]:.1f} s", file=sys.stderr)
    if made.outcome.texts:
        with tempfile.TemporaryDirectory() as folder:
            copy = written(path, folder, made)
            row["changed"] += compared(path, copy, flips, tools)
            second = fix(copy, Wish(), tools)
        row["again"] += len(second.outcome.edits) if second.outcome else 0
    return spent


def written(path: str, folder: str, made: FixReport) -> str:
    """A fixed copy of a chart."""
    copy = shutil.copytree(path, os.path.join(folder, os.path.basename(path)))
    for file, (_, text) in made.outcome.texts.items() if made.outcome else ():
        with open(os.path.join(copy, file), "w", encoding="utf-8", newline="") as opened:
            opened.write(text)
    return copy


def compared(path: str, copy: str, flips: int, tools: Tools) -> int:
    """How many rendered objects of a fixed chart differ from the original beyond the intent."""
    old, new = Session(path, Wish(), tools), Session(copy, Wish(), tools)
    with open(os.path.join(path, "values.yaml"), "rb") as file:
        given = yaml.load(file, yaml.CSafeLoader) or {}
    switches = sorted(switched(given), key=str)
    lot = random.Random(7)  # noqa: S311 - the same lot in every run, no secret
    chosen = lot.sample(switches, min(flips, len(switches)))
    count = 0
    own = [case.name for case in old.cases()]
    for name in [*own, *map(str, chosen)]:
        pairs = []
        for session in (old, new):
            case = case_of(session, name)
            try:
                pairs.append([objects(session, case), objects(session, case)])
            except RenderError:
                pairs.append([])
        if not pairs[0]:
            continue
        if not pairs[1] or len(pairs[0][0]) != len(pairs[1][0]):
            count += 1
            print(f"changed: {path} with {name}: renders otherwise", file=sys.stderr)
            continue
        for number, (before, again, after) in enumerate(zip(*pairs[0], pairs[1][0], strict=False)):
            noise = {at for at, _, _ in unlike(before, again, ())}
            for at, was, now in unlike(before, after, ()):
                if at not in noise and not intended(at, was, now):
                    # Once more: it may be the clock.
                    later = objects(old, case_of(old, name))[number]
                    if at in {each for each, _, _ in unlike(before, later, ())}:
                        continue
                    count += 1
                    print(f"changed: {path} with {name}: {at}: {was!r:.60} {now!r:.60}", file=sys.stderr)
                    break
    old.close()
    new.close()
    return count


def case_of(session: Session, name: str) -> Case:
    """The value set of a chart with a name, or a switch."""
    return next((each for each in session.cases() if each.name == name), Case(sets=(name,)))


def objects(session: Session, case: Case) -> list[Any]:
    """The rendered objects as PyYAML reads them, those that it cannot read as text."""
    found = []
    for text in session.render(case).texts.values():
        try:
            found.append(yaml.load(text, yaml.CSafeLoader))
        except (yaml.YAMLError, ValueError):
            found.append(text)
    return found


def switched(given: Any, at: str = "") -> Iterator[str]:
    """Each boolean of the values, turned over, as ``--set`` takes it."""
    for key, value in given.items() if isinstance(given, dict) else ():
        name = str(key).replace(".", "\\.")
        if isinstance(value, bool):
            yield f"{at}{name}={str(not value).lower()}"
        elif isinstance(value, dict):
            yield from switched(value, f"{at}{name}.")


def unlike(old: Any, new: Any, at: tuple[Any, ...]) -> Iterator[tuple[tuple[Any, ...], Any, Any]]:
    """The paths at which two objects differ; what only one has differs as a whole."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in old.keys() | new.keys():
            yield from unlike(old.get(key), new.get(key), (*at, key))
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for number, (was, now) in enumerate(zip(old, new, strict=True)):
            yield from unlike(was, now, (*at, number))
    elif old != new:
        yield at, old, new


def intended(at: tuple[Any, ...], was: Any, now: Any) -> bool:
    """Whether a difference is one more NET_RAW in the drop list of a container, and nothing else."""
    wanted = ("securityContext", "capabilities", "drop")
    place = next(
        (n for n, key in enumerate(at) if isinstance(key, str) and key.lower().endswith("containers")), None
    )
    if place is None or len(at) < place + 3 or not isinstance(at[place + 1], int):
        return False
    rest = at[place + 2 :]
    if rest != wanted[: len(rest)]:
        return False
    for key in wanted[len(rest) :]:
        extra = {name for name in (now or {}) if name != key}
        if not isinstance(now, dict) or any((was or {}).get(name) != now[name] for name in extra):
            return False
        was, now = (was or {}).get(key), now.get(key)
    return isinstance(now, list) and now == [*(was or []), "NET_RAW"]


# -- table ---------------------------------------------------------------------------------------------------------


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--helm")
    parser.add_argument("--embedded", action="store_true")
    parser.add_argument("--explore", action="store_true")
    parser.add_argument("--fix", action="store_true")
    parser.add_argument("--flips", type=int, default=10)
    parser.add_argument("directories", nargs="+", metavar="NAME=DIRECTORY")
    options = parser.parse_args()
    if options.embedded:
        helm_cli.find = lambda: None  # type: ignore[assignment]
    total: Counter[str] = Counter()
    every: list[list[tuple[float, float]]] = [[], []]
    columns = [*LINT, *(FIX if options.fix else ())]
    ends = ["s", "cpu s", *(("fix s", "fix cpu s") if options.fix else ())]
    print(f"| publisher | {' | '.join(columns)} | {' | '.join(f'{each} median | max' for each in ends)} |")
    print(f"|---|{'--:|' * (len(columns) + 2 * len(ends))}")
    for given in options.directories:
        name, _, directory = given.partition("=")
        row: Counter[str] = Counter()
        times: list[list[tuple[float, float]]] = [[], []]
        with Engines(options.helm) as engines:
            tools = Tools(Settings(), Catalogue(read_catalogue, ()), engines, lambda: None)
            for path in charts_below(directory):
                times[0].append(measure(path, options.explore, tools, row))
                spent = fixed(path, options.flips, tools, row) if options.fix else None
                if spent is not None:
                    times[1].append(spent)
        total += row
        every = [[*before, *mine] for before, mine in zip(every, times, strict=True)]
        show(name, row, times, columns, options.fix)
    show("all", total, every, columns, options.fix)


def show(
    name: str, row: Counter[str], times: list[list[tuple[float, float]]], columns: Sequence[str], both: bool
) -> None:
    """Print one row."""
    cells = [str(row[column]) for column in columns]
    for spent in times if both else times[:1]:
        for which in (0, 1):
            seconds = [each[which] for each in spent] or [0.0]
            cells += [f"{statistics.median(seconds):.2f}", f"{max(seconds):.1f}"]
    print(f"| {name} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()

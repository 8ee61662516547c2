"""netraw-lint beside the least that such a program has to do, and beside its peers: a table and a chart.

    python benchmarks/compare.py [--corpus DIRECTORY] [--rounds N] [--large] [--write]

Everything is CPU time (user and system), the median of rounds in which the programs take turns, on one processor
unless said otherwise. `--corpus` measures a real folder instead of the made-up repository, `--large` adds a
gigabyte of manifests, `--write` puts the tables into docs/speed.md and the chart beside it.

checkov is installed from PyPI into an environment of its own, below NETRAW_LINT_BENCH (~/.cache/netraw-lint-bench).
Other peers are measured where they are on PATH or in the folder `go-bin` there; README.md says how to get them.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import generate
import measure
import svg
from measure import Used

CACHE = Path(os.environ.get("NETRAW_LINT_BENCH", "~/.cache/netraw-lint-bench")).expanduser()
PAGE = Path(measure.ROOT, "docs", "speed.md")
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"

POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  containers:\n  - name: app\n    image: example/app:1\n"
CLEAN = POD + "    securityContext: {capabilities: {drop: [ALL]}}\n"
CONFIG_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\ndata: {key: value}\n"
# What each peer runs: the one check about NET_RAW where it can be asked for alone.
PEERS = {
    "checkov": "checkov -d . --framework kubernetes --check CKV_K8S_28 --quiet --compact --skip-download",
    "kube-linter": "kube-linter lint --do-not-auto-add-defaults --include drop-net-raw-capability .",
    "kube-score": "kube-score score {files}",
    "polaris": "polaris audit --audit-path .",
    "trivy": "trivy config --skip-check-update --offline-scan .",
    "kubesec": "kubesec scan {files}",
}


class Target(NamedTuple):
    """What was aimed at, what came of it, and whether that is enough."""

    about: str
    wanted: str
    measured: str
    met: bool


def main() -> None:
    """Measure, print, and write the page if asked to."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument(
        "--corpus", type=Path, help="a folder to measure on, instead of a made-up repository"
    )
    options.add_argument("--services", type=int, default=150, help="services of the made-up repository")
    options.add_argument("--rounds", type=int, default=7)
    options.add_argument("--peer-rounds", type=int, default=3)
    options.add_argument(
        "--large", action="store_true", help="also lint 1 GB of manifests, and one file of 200 MB"
    )
    options.add_argument("--write", action="store_true", help="write docs/speed.md and docs/speed.svg")
    asked = options.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        tables, chart = measured(asked, Path(scratch))
    text = "\n\n".join([f"Measured on: {measure.machine()}.", *tables])
    print(text)
    if asked.write:
        head, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
        tail = rest.partition(END)[2]
        PAGE.write_text(f"{head}{BEGIN}\n\n{text}\n\n{END}{tail}", "utf-8")
        PAGE.with_suffix(".svg").write_text(chart, "utf-8")


def measured(asked: argparse.Namespace, scratch: Path) -> tuple[list[str], str]:
    """The tables of a whole run, and the chart."""
    targets: list[Target] = []
    tables = [start(scratch, asked.rounds * 3, targets)]
    corpus = asked.corpus
    if corpus is None:
        corpus = scratch / "repository"
        files, size = generate.write(corpus, asked.services)
        about = f"a made-up repository of {asked.services} services"
    else:
        files, size = counted(corpus)
        about = f"the folder {corpus.name}"
    table, chart = side_by_side(f"{about} ({files:,} files, {size / 1e6:.1f} MB)", corpus, asked, targets)
    tables.append(table)
    tables += [fixing(scratch, targets), growth(scratch, asked.rounds, targets)]
    cores(scratch / "grown", asked.rounds, targets)
    if asked.large:
        large(scratch, targets)
    rows = [(one.about, one.wanted, one.measured, "met" if one.met else "**missed**") for one in targets]
    return [*tables, markdown("Targets", ("what", "target", "measured", ""), rows)], chart


def start(scratch: Path, rounds: int, targets: list[Target]) -> str:
    """What a start costs on one small file."""
    folder = scratch / "start"
    (folder / "settings").mkdir(parents=True)
    (folder / ".git").mkdir()
    cases = {"no workload": CONFIG_MAP, "one clean workload": CLEAN, "one finding": POD}
    commands = {"python -I -c pass": [sys.executable, "-I", "-c", "pass"]}
    for number, (case, text) in enumerate(cases.items()):
        (folder / f"{number}.yaml").write_text(text, "utf-8")
        commands[case] = measure.lint(f"{number}.yaml")
    (folder / "settings" / ".netraw-lint.yaml").write_text("runtimes: [containerd]\n", "utf-8")
    (folder / "settings" / "1.yaml").write_text(CLEAN, "utf-8")
    commands["one clean workload, settings file"] = measure.lint("1.yaml", folder="settings")
    found = measure.alternating(commands, str(folder), rounds)
    bare = found["python -I -c pass"]
    for case, most in (("no workload", 1.7), ("one clean workload", 2.5), ("one finding", 3.0)):
        at_most(targets, f"start: {case}, beside bare Python", found[case].cpu / bare.cpu, most, "x")
    case = "one clean workload, settings file"
    at_most(targets, f"start: {case}, beside bare Python", found[case].cpu / bare.cpu, 4.0, "x")
    return table_of("One small file", found, bare)


def side_by_side(
    about: str, corpus: Path, asked: argparse.Namespace, targets: list[Target]
) -> tuple[str, str]:
    """The floor, netraw-lint and every peer on one folder."""
    ours = {
        "floor": [sys.executable, "-I", str(Path(__file__).with_name("floor.py")), "."],
        "netraw-lint": measure.lint("--isolated", "."),
    }
    found = measure.alternating(ours, str(corpus), asked.rounds)
    peers = dict(found_peers(corpus))
    with_ours = {**peers, "netraw-lint": ours["netraw-lint"]}
    beside = measure.alternating(with_ours, str(corpus), asked.peer_rounds) if peers else {}
    at_most(
        targets, "a repository, beside the floor", found["netraw-lint"].cpu / found["floor"].cpu, 1.3, "x"
    )
    own = beside.get("netraw-lint")
    times = {name: beside[name].cpu / own.cpu for name in peers} if own else {}
    if "checkov" in times:
        at_least(targets, "a repository, faster than checkov", times["checkov"], 80, "x")
    others = {name: factor for name, factor in times.items() if name != "checkov"}
    if others:
        fastest = min(others, key=lambda name: others[name])
        at_least(
            targets, f"a repository, faster than the fastest Go peer ({fastest})", others[fastest], 5, "x"
        )
    found |= {name: beside[name] for name in sorted(peers, key=lambda name: beside[name].cpu)}
    rows = [
        (name, used.cpu / 1000, f"{used.cpu / 1000:.2f} s, {used.memory:.0f} MiB")
        for name, used in found.items()
    ]
    chart = svg.bars(f"CPU time on {about}", rows, ("netraw-lint",))
    return table_of(f"On {about}", found, found["netraw-lint"]), chart


def found_peers(corpus: Path) -> Iterator[tuple[str, list[str]]]:
    """The peers on this machine, with what each runs."""
    environment = CACHE / "checkov"
    if not (environment / "bin" / "checkov").exists():
        subprocess.run([sys.executable, "-m", "venv", str(environment)], check=True)
        subprocess.run([str(environment / "bin" / "pip"), "install", "-q", "checkov"], check=True)
    places = os.pathsep.join([str(environment / "bin"), str(CACHE / "go-bin"), os.environ["PATH"]])
    names = sorted(str(path.relative_to(corpus)) for path in corpus.rglob("*.yaml"))
    for name, line in PEERS.items():
        program = shutil.which(name, path=places)
        if program:
            words = line.split()[1:]
            given = [word for each in words for word in (names if each == "{files}" else [each])]
            yield name, [program, *given]


def fixing(scratch: Path, targets: list[Target]) -> str:
    """--fix on a thousand files with one finding each, less a plain run over the fixed ones."""
    folder = scratch / "fix"
    (folder / ".git").mkdir(parents=True)
    maker = generate.Maker(1)
    for number in range(1000):
        text = maker.workload({"name": f"web-{number}", "team": "shop"}).replace(generate.DROPS, "", 1)
        (folder / f"{number}.yaml").write_text(text, "utf-8")
    before = [path.read_bytes() for path in sorted(folder.glob("*.yaml"))]
    used = measure.run(measure.lint("--isolated", "--fix", "-q", "."), str(folder))
    changed = sum(a != b.read_bytes() for a, b in zip(before, sorted(folder.glob("*.yaml")), strict=True))
    each = used.cpu / changed
    at_most(targets, "`--fix`, for each changed document", each, 5.0, " ms")
    return f"`--fix` changed {changed:,} of 1,000 files in {used.cpu / 1000:.2f} s: {each:.1f} ms for each."


def growth(scratch: Path, rounds: int, targets: list[Target]) -> str:
    """Ten times the files."""
    generate.write(scratch / "small", 50)
    generate.write(scratch / "grown", 500)
    commands = {name: measure.lint("--isolated", "-q", f"../{name}") for name in ("small", "grown")}
    found = measure.alternating(commands, str(scratch / "small"), max(rounds, 1))
    bare = measure.alternating(
        {"bare": measure.lint("--isolated", "-q", "nothing.yaml")}, str(scratch / "small"), rounds
    )
    start_up = bare["bare"].cpu
    factor = (found["grown"].cpu - start_up) / (found["small"].cpu - start_up)
    at_most(targets, "ten times the services (start-up taken off)", factor, 10.5, "x")
    return f"50 services take {found['small'].cpu:.0f} ms, 500 take {found['grown'].cpu:.0f} ms, {start_up:.0f} of them to start."


def cores(folder: Path, rounds: int, targets: list[Target]) -> None:
    """How evenly the processors share the work: the time of one, beside the longest that any of several takes.

    They take turns, since one run says little. Processors that are busy at once share caches and memory, and are
    slower by a tenth and more: it counts against the speed-up, since one processor alone has them for itself.
    """
    every = sorted(os.sched_getaffinity(0))
    command = [sys.executable, "-I", "-c", measure.LINT_APART, "--isolated", "-q", "."]
    alone, longest = [], []
    for _ in range(rounds):
        for processors, times in (({every[0]}, alone), (set(every), longest)):
            first, copies = measure.apart(command, str(folder), processors)
            times.append(max(first, copies / max(len(processors) - 1, 1)))
    factor = statistics.median(alone) / statistics.median(longest)
    at_least(targets, f"speed-up by {len(every)} processors", factor, 1.7, "x")


def large(scratch: Path, targets: list[Target]) -> None:
    """What memory grows with: not with the number of files, and in proportion to the largest."""
    few, many = scratch / "few", scratch / "many"
    _, size = generate.write(few, 330)
    many.mkdir()
    (many / ".git").mkdir()
    for number in range(-(-1_000_000_000 // size)):
        shutil.copytree(few, many / str(number), copy_function=os.link)
    commands = {
        name: measure.lint("--isolated", "-q", "--exit-zero", f"../{name}") for name in ("few", "many")
    }
    every = os.sched_getaffinity(0)
    for processors, how in (({min(every)}, "one processor"), (every, f"{len(every)} processors")):
        # Of the first process and its copies, the largest counts.
        used = {name: measure.run(command, str(few), processors) for name, command in commands.items()}
        about = f"memory at 1 GB of manifests, beside 10 MB, {how}"
        at_most(targets, about, used["many"].memory / used["few"].memory, 1.5, "x")
    shutil.rmtree(many)
    single = scratch / "single"
    (single / ".git").mkdir(parents=True)
    text = "---\n".join(path.read_text("utf-8") for path in sorted(few.rglob("*.yaml")))
    with open(single / "all.yaml", "w", encoding="utf-8") as file:
        while file.tell() < 200_000_000:
            file.write(text + "---\n")
    memory = measure.run(measure.lint("--isolated", "-q", "--exit-zero", "."), str(single)).memory
    factor = memory * 2**20 / (single / "all.yaml").stat().st_size
    at_most(targets, "memory for one file of 200 MB, beside its size", factor, 6.0, "x")


def counted(folder: Path) -> tuple[int, int]:
    """How many manifests a folder holds, and how many bytes they are."""
    sizes = [path.stat().st_size for path in folder.rglob("*.y*ml") if path.is_file()]
    return len(sizes), sum(sizes)


def at_most(targets: list[Target], about: str, value: float, most: float, unit: str) -> None:
    """Note what should not be above a figure."""
    targets.append(Target(about, f"≤ {most:g}{unit}", f"{value:.2f}{unit}", value <= most))


def at_least(targets: list[Target], about: str, value: float, least: float, unit: str) -> None:
    """Note what should not be below a figure."""
    targets.append(Target(about, f"≥ {least:g}{unit}", f"{value:.2f}{unit}", value >= least))


def table_of(title: str, found: dict[str, Used], unit: Used) -> str:
    """Times, ratios and memory as a table."""
    rows = [
        (
            name,
            f"{used.cpu:,.0f}" if used.cpu > 100 else f"{used.cpu:.1f}",
            f"{used.cpu / unit.cpu:.2f}",
            f"{used.memory:.0f}",
        )
        for name, used in found.items()
    ]
    return markdown(title, ("", "CPU ms", "ratio", "peak MiB"), rows)


def markdown(title: str, head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """A Markdown table under a heading."""
    lines = [f"### {title}", "", f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])


if __name__ == "__main__":
    main()

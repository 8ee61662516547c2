"""Input that is meant to stall or to starve the linter, measured: seconds of processor time, peak memory, exit code, files per second.

    python fuzz/scale.py [--large | --growth] [CASE...]

Without ``--large`` everything is a hundredth of the size, which takes a minute; with it, 100 MB scalars, a million
containers, 100,000 files and one file of 1 GB. ``--growth`` measures a hundredth, a tenth and the whole, so that the
rows of a case show what ten times the work costs. Every case lies beside a manifest with a finding, which must be reported.
"""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  containers:\n  - name: app\n    image: b\n"
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(CHECKOUT), "PYTHONDONTWRITEBYTECODE": "1"}


def cases(size: int) -> dict[str, Callable[[Path], object]]:
    """What to write into a folder, by name; ``size`` is 100 for the full thing."""
    mb = size * 10_000  # 100 bytes each
    bomb = "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 40))

    def text(content: Callable[[], str]) -> Callable[[Path], object]:
        return lambda folder: (folder / "a.yaml").write_text(content())

    def many(folder: Path) -> None:
        for number in range(size * 1000):
            sub = folder / f"{number // 1000}"
            sub.mkdir(exist_ok=True)
            (sub / f"{number}.yaml").write_text(
                POD if number % 10 == 0 else f"apiVersion: v1\nkind: ConfigMap\ndata: {{n: '{number}'}}\n"
            )

    def sparse(folder: Path) -> None:
        with open(folder / "a.yaml", "wb") as file:
            file.truncate(mb * 1024)

    return {
        "plain scalar": text(lambda: f"{POD}    x: {'y' * 100 * mb}\n"),
        "quoted scalar": text(lambda: f'{POD}    x: "{"y" * 100 * mb}"\n'),
        "block scalar": text(lambda: f"{POD}    x: |\n" + f"      {'y' * 93}\n" * mb),
        "one line of JSON": text(lambda: f'{{"apiVersion": "v1", "x": "{"y" * 100 * mb}"}}'),
        "comments": text(lambda: "# comment\n" * 10 * mb + POD),
        "deep flow": text(lambda: f"{POD}    x: {'[' * 100 * size}{']' * 100 * size}\n"),
        "deep block": text(lambda: f"{POD}    x:\n" + "".join(f"{' ' * n}a:\n" for n in range(5, 50 * size))),
        "aliases": text(lambda: f"a0: &a0 [x]\n{bomb}{POD}x: *a39\n"),
        "containers": text(lambda: POD + "  - {name: a, image: b}\n" * size * 10_000),
        "documents": text(lambda: f"{POD}---\n" * size * 1000),
        "files": many,
        "sparse file": sparse,
        "text file": text(lambda: "apiVersion: v1\nkind: ConfigMap\n---\n" * (mb * 1024 // 36)),
    }


def measure(name: str, write: Callable[[Path], object]) -> tuple[int, str]:
    """The exit code of a run over a case, and a line about it."""
    with tempfile.TemporaryDirectory() as top:
        folder = Path(top)
        (folder / "witness.yaml").write_text(POD)
        # What writes it grows large, and a process counts the memory of the one that it was forked from.
        writer = multiprocessing.get_context("fork").Process(target=write, args=(folder,))
        writer.start()
        writer.join()
        files, size = 0, 0.0
        for below, _, names in os.walk(folder):  # not rglob, which remembers every path
            files += len(names)
            size += sum(os.path.getsize(os.path.join(below, name)) for name in names) / 1e6
        command = [sys.executable, "-m", "netraw_lint", "--isolated", "--output-format=concise", "."]
        with open(folder / "report.txt", "wb") as report:
            process = subprocess.Popen(
                command, cwd=folder, env=ENVIRONMENT, stdout=report, stderr=subprocess.DEVNULL
            )
            _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        taken = usage.ru_utime + usage.ru_stime
        with open(folder / "report.txt", encoding="utf-8") as report:
            told = any("witness.yaml:6:11: NRL003" in line for line in report)
    line = (
        f"| {name} | {size:,.1f} | {files:,} | {taken:.1f} | {size / taken:.1f} | {files / taken:,.0f} | "
        f"{usage.ru_maxrss / 1024:.0f} | {process.returncode} |"
    )
    return (process.returncode if told else -1), line


def main(*arguments: str) -> int:
    """Measure the cases; 1 if one of them ended in anything but a report."""
    sizes = (1, 10, 100) if "--growth" in arguments else (100,) if "--large" in arguments else (1,)
    chosen = [name for name in arguments if not name.startswith("-")] or list(cases(1))
    print(
        "| case | MB | files | CPU s | MB/s | files/s | peak MB | exit |\n|---|---|---|---|---|---|---|---|"
    )
    worst = 0
    for name in chosen:
        for size in sizes:
            code, line = measure(name, cases(size)[name])
            print(line, flush=True)
            worst |= code not in (1, 2)
    return worst


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

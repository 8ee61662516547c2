"""What a start costs: CPU time of short runs beside that of a Python that does nothing.

    python benchmarks/startup.py [RUNS]

Each run is a process of its own. The cases take turns, so that a busy machine disturbs all of them alike; the
minimum says what the work costs, the median what it costs here and now.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = str(Path(__file__).resolve().parent.parent)
START = f"import sys; sys.path.insert(0, {ROOT!r}); from netraw_lint.cli import run; sys.exit(run())"

POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  containers:\n  - name: app\n    image: example/app:1\n"
FILES = {
    "no workload": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\ndata: {key: value}\n",
    "one clean workload": POD + "    securityContext: {capabilities: {drop: [ALL]}}\n",
    "one finding": POD,
}


def cpu_milliseconds(command: list[str], folder: str) -> float:
    """User and system time of one process."""
    with open(os.devnull, "w", encoding="utf-8") as nowhere:
        process = subprocess.Popen(command, cwd=folder, stdout=nowhere, stderr=nowhere)
        _, _, usage = os.wait4(process.pid, 0)
        process.returncode = 0  # it is waited for already
    return (usage.ru_utime + usage.ru_stime) * 1000


def main() -> None:
    """Measure, and print a table."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 30
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, ".git").mkdir()
        commands = {"python -I -c pass": [sys.executable, "-I", "-c", "pass"]}
        for number, (case, text) in enumerate(FILES.items()):
            Path(folder, f"{number}.yaml").write_text(text, "utf-8")
            commands[case] = [sys.executable, "-I", "-c", START, f"{number}.yaml"]
        times: dict[str, list[float]] = {case: [] for case in commands}
        for turn in range(runs + 1):
            for case, command in commands.items():
                taken = cpu_milliseconds(command, folder)
                if turn:  # the first turn writes and reads caches
                    times[case].append(taken)
    bare = times["python -I -c pass"]
    print(f"{'CPU ms, ' + str(runs) + ' runs':<22} {'min':>6} {'ratio':>6} {'median':>7} {'ratio':>6}")
    for case, taken in times.items():
        low, middle = min(taken), statistics.median(taken)
        ratios = low / min(bare), middle / statistics.median(bare)
        print(f"{case:<22} {low:6.1f} {ratios[0]:5.1f}x {middle:7.1f} {ratios[1]:5.1f}x")


if __name__ == "__main__":
    main()

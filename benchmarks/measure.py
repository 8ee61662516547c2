"""Running programs and taking their CPU time and memory, for the other scripts here."""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

ROOT = str(Path(__file__).resolve().parent.parent)
LINT = f"import sys; sys.path.insert(0, {ROOT!r}); from netraw_lint.cli import program; program()"
# The same, and then what the first process and its copies have used.
LINT_APART = f"""
import resource, sys
sys.path.insert(0, {ROOT!r})
from netraw_lint.cli import run
code = run()
for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN):
    used = resource.getrusage(who)
    sys.stderr.write(f"\\n{{used.ru_utime + used.ru_stime}}")
sys.exit(code)
"""


# Starts a program and says what it used. A process counts the memory of the one that started it, up to then, as its
# own: this one is the smallest that Python can be.
LAUNCH = """
import os, sys
nowhere = [(os.POSIX_SPAWN_OPEN, number, os.devnull, os.O_RDWR, 0) for number in range(3)]
pid = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ, file_actions=nowhere)
_, _, used = os.wait4(pid, 0)
print(used.ru_utime + used.ru_stime, used.ru_maxrss)
"""


class Used(NamedTuple):
    """What a run took: milliseconds of user and system time, and MiB of memory at its peak."""

    cpu: float
    memory: float


def lint(*args: str, folder: str = "") -> list[str]:
    """The command that runs netraw-lint as its console script does, in a folder below the current one."""
    there = f"import os; os.chdir({folder!r}); " if folder else ""
    return [sys.executable, "-I", "-c", there + LINT, *args]


def run(command: list[str], folder: str, processors: set[int] | None = None) -> Used:
    """Run a program to its end, its output thrown away."""
    done = _on(processors, [sys.executable, "-I", "-S", "-c", LAUNCH, *command], folder)
    cpu, memory = (float(word) for word in done.stdout.split())
    return Used(cpu * 1000, memory / 1024)


def _on(processors: set[int] | None, command: list[str], folder: str) -> subprocess.CompletedProcess[str]:
    """Run a program on some processors, or on all."""
    allowed = os.sched_getaffinity(0) if processors else set()
    try:
        if processors:
            os.sched_setaffinity(0, processors)  # what is started inherits it
        return subprocess.run(command, cwd=folder, capture_output=True, encoding="utf-8", check=False)
    finally:
        if processors:
            os.sched_setaffinity(0, allowed)


def apart(command: list[str], folder: str, processors: set[int]) -> tuple[float, float]:
    """The milliseconds that a command made of LINT_APART took in its first process, and in all copies together."""
    done = _on(processors, command, folder)
    first, copies = (float(line) * 1000 for line in done.stderr.splitlines()[-2:])
    return first, copies


def alternating(
    commands: dict[str, list[str]], folder: str, rounds: int, one: bool = True
) -> dict[str, Used]:
    """The medians of some programs that take turns, so that a busy machine disturbs all of them alike.

    The first round, which fills caches, does not count. With ``one``, each gets one processor.
    """
    taken: dict[str, list[Used]] = {name: [] for name in commands}
    processor = {min(os.sched_getaffinity(0))} if one and hasattr(os, "sched_getaffinity") else None
    for turn in range(rounds + 1):
        for name, command in commands.items():
            used = run(command, folder, processor)
            if turn or not rounds:
                taken[name].append(used)
    return {name: Used(*map(statistics.median, zip(*runs, strict=True))) for name, runs in taken.items()}


def machine() -> str:
    """The processor, how many of it, and the Python: what figures depend on, and no name of a host."""
    model = platform.machine()
    if Path("/proc/cpuinfo").exists():
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
        model = next(
            (line.partition(":")[2].strip() for line in lines if line.startswith("model name")), model
        )
    return f"{model}, {os.cpu_count()} processors, {platform.python_implementation()} {platform.python_version()}"

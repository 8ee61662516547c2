"""Kills --fix at every system call that touches the file it fixes or the folder of that file; needs strace and Linux.

    python fuzz/kill.py [--changes-only]

Whatever the moment, the file must be the old one or the new one, complete and with its mode, and the next run must fix
it and leave nothing beside it. Afterwards the same calls fail with EIO and ENOSPC and are interrupted by EINTR, one by
one. With ``--changes-only`` only the calls that change something on the disk are taken. Exit code 1 if a promise breaks.
"""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

CHECKOUT = Path(__file__).resolve().parent.parent
OLD = "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - name: a\n    image: b\n" + "# rest\n" * 2000
FIX = [sys.executable, "-m", "netraw_lint", "--fix", "--isolated", "--quiet", "web.yaml"]
ENVIRONMENT = {
    **os.environ,
    "PYTHONPATH": str(CHECKOUT),
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONHASHSEED": "0",
}
CHANGES = frozenset(("write", "fsync", "rename", "unlink", "fchmod", "fchown", "flock"))
_CALL = re.compile(r"^\d+ +(\w+)\((.*)$")


class Call(NamedTuple):
    """A system call: its name, and how often it had been called."""

    name: str
    count: int


def calls(folder: Path) -> list[Call]:
    """The calls of a fix that touch the folder or something in it, in order."""
    log = folder.parent / "strace.log"
    _prepare(folder)
    subprocess.run(["strace", "-f", "-y", "-o", log, *FIX], cwd=folder, env=ENVIRONMENT, check=True)
    counts: dict[str, int] = {}
    found = []
    for line in log.read_text(errors="replace").splitlines():
        if call := _CALL.match(line):
            counts[call[1]] = counts.get(call[1], 0) + 1
            touched = call[2].replace(f"AT_FDCWD<{folder}>", "")
            # The first call, which starts Python, is made before strace can kill.
            if call[1] != "execve" and (str(folder) in touched or '"web.yaml"' in touched):
                found.append(Call(call[1], counts[call[1]]))
    return found


def _prepare(folder: Path) -> None:
    for path in folder.iterdir():
        path.unlink()
    (folder / "web.yaml").write_text(OLD)
    (folder / "web.yaml").chmod(0o640)


def injected(folder: Path, call: Call, fault: str) -> int:
    """The exit code of a fix in which a fault is injected into a call."""
    _prepare(folder)
    inject = f"inject={call.name}:{fault}:when={call.count}"
    command = ["strace", "-f", "-o", os.devnull, "-e", inject, *FIX]
    return subprocess.run(command, cwd=folder, env=ENVIRONMENT, capture_output=True, check=False).returncode


def check(folder: Path, new: str, tidy: bool) -> str | None:
    """What is wrong with the folder after a fault, if anything; ``tidy`` if nothing may be left beside the file."""
    text = (folder / "web.yaml").read_text() if (folder / "web.yaml").exists() else None
    if text not in (OLD, new):
        return "the file is neither the old one nor the new one"
    if stat.S_IMODE((folder / "web.yaml").stat().st_mode) != 0o640:
        return "the mode has changed"
    if tidy and len(list(folder.iterdir())) > 1:
        return "something was left beside it"
    if text == OLD:
        subprocess.run(FIX, cwd=folder, env=ENVIRONMENT, capture_output=True, check=False)
        if (folder / "web.yaml").read_text() != new:
            return "the next run does not fix it"
        if len(list(folder.iterdir())) > 1:
            return "the next run leaves something beside it"
    return None


def main(changes_only: bool) -> int:
    """Try every point, and tell what came of it."""
    top = Path(tempfile.mkdtemp())
    folder = top / "folder"
    folder.mkdir()
    try:
        found = calls(folder)
        new = (folder / "web.yaml").read_text()
        chosen = [call for call in found if call.name in CHANGES or not changes_only]
        wrong: list[str] = []
        killed = faults = 0
        for call in chosen:
            code = injected(folder, call, "signal=KILL")
            killed += code in (-9, 137)
            if complaint := check(folder, new, tidy=False):
                wrong.append(f"killed at {call.name} {call.count}: {complaint}")
        for call in chosen:
            for error in ("EIO", "ENOSPC", "EINTR") if call.name in CHANGES else ("EIO",):
                # What cannot be removed because removing fails is for the next run.
                injected(folder, call, f"error={error}")
                faults += 1
                if complaint := check(folder, new, tidy=call.name != "unlink"):
                    wrong.append(f"{error} at {call.name} {call.count}: {complaint}")
    finally:
        shutil.rmtree(top)
    for line in wrong:
        print(line)
    print(
        f"{len(chosen)} kill points of {len(found)} calls, {killed} kills, {faults} errors: {len(wrong)} promises broken"
    )
    return 1 if wrong or not chosen or killed < len(chosen) or new == OLD else 0


if __name__ == "__main__":
    sys.exit(main("--changes-only" in sys.argv[1:]))

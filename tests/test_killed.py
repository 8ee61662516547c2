"""The real kernel's word for it: --fix killed at system calls by strace (all of them: ``python fuzz/kill.py``)."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import CHECKOUT

CONTEXT = "    securityContext:\n      capabilities:\n        drop:\n        - NET_RAW\n"


def test_a_fix_that_is_killed_or_fails_at_a_system_call_loses_nothing() -> None:
    if shutil.which("strace") is None:
        pytest.skip("there is no strace")
    probe = subprocess.run(["strace", "-o", "/dev/null", "true"], capture_output=True, check=False)
    if probe.returncode:
        pytest.skip(f"strace may not trace here: {probe.stderr.decode().strip()[-200:]}")

    command = [sys.executable, CHECKOUT / "fuzz" / "kill.py", "--changes-only"]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)

    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.endswith(": 0 promises broken\n")


def test_fixers_at_once_leave_one_complete_file(tmp_path: Path) -> None:
    pod = "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - name: a\n    image: b\n"
    for number in range(5):
        (tmp_path / f"{number}.yaml").write_text(pod + "# rest\n" * 5000)
    command = [sys.executable, "-m", "netraw_lint", "--fix", "--isolated", "--quiet", "."]
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT)}

    running = [
        subprocess.Popen(
            command, cwd=tmp_path, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        for _ in range(4)
    ]
    codes = [process.wait() for process in running]

    assert set(codes) <= {0, 2}, "who comes second says that the file has changed"
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"{number}.yaml" for number in range(5)]
    fixed = {path.read_text() for path in tmp_path.iterdir()}
    assert len(fixed) == 1
    assert fixed.pop() == pod.replace("image: b\n", "image: b\n" + CONTEXT) + "# rest\n" * 5000

"""The real kernel's word for it: --fix killed at system calls by strace (all of them: ``python fuzz/kill.py``)."""

from __future__ import annotations

import shutil
import subprocess
import sys

import pytest

from conftest import CHECKOUT


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

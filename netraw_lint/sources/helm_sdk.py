"""Rendering with helm-python-sdk, which wraps Helm's own Go SDK. The one door to that package.

It is loaded in a worker process: a call into Go cannot be interrupted, a process can be killed.
"""

from __future__ import annotations

import json
import os
import re
import selectors
import subprocess
import sys
import time

from netraw_lint.sources import helm
from netraw_lint.sources.helm import Case, Options, Rendered, RenderError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

PACKAGE = "helm_python"
# How Helm itself splits what a template gives (pkg/release/util SplitManifests).
_SEPARATOR = re.compile(r"(?:^|\s*\n)---\s*")


def is_installed() -> bool:
    """Whether the extra is there, without loading it."""
    from importlib.util import find_spec

    return find_spec(PACKAGE) is not None


class Embedded:
    """The engine in a worker process, which is started again after it had to be killed."""

    def __init__(self, home: str) -> None:
        self._home = home
        self._worker: subprocess.Popen[bytes] | None = None
        self.name = "helm-python-sdk"

    def render(self, chart: str, case: Case, options: Options) -> list[Rendered]:
        """Every document that the templates of a chart give. Raises RenderError."""
        request = {
            "chart": chart,
            "files": case.files,
            "sets": case.sets,
            "overlay": case.overlay,
            "options": {
                "name": options.release,
                "namespace": options.namespace or "default",
                **({"is_upgrade": True} if case.upgrade else {}),
                **({"kube_version": options.kube_version} if options.kube_version else {}),
                **({"api_versions": list(options.api_versions)} if options.api_versions else {}),
            },
        }
        answer = self._ask(request)
        if "error" in answer:
            raise helm.failure(str(answer["error"]))
        return documents(answer["files"])

    def close(self) -> None:
        """End the worker."""
        if self._worker is not None:
            self._worker.kill()
            self._worker.wait()
            for stream in (self._worker.stdin, self._worker.stdout):
                if stream is not None:
                    stream.close()
            self._worker = None

    def _start(self) -> subprocess.Popen[bytes]:
        if self._worker is None or self._worker.poll() is not None:
            self.close()
            path = os.path.join(os.path.dirname(__file__), "helm_worker.py")
            environment = {**helm.environment(self._home), "PYTHONPATH": os.pathsep.join(sys.path)}
            self._worker = subprocess.Popen(  # noqa: S603 - an argument vector, no shell
                [sys.executable, "-P", path],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=environment,
                cwd=self._home,
            )
        return self._worker

    def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        worker = self._start()
        if worker.stdin is None or worker.stdout is None:
            raise RenderError("the embedded engine cannot be reached")
        try:
            worker.stdin.write(json.dumps(request).encode() + b"\n")
            worker.stdin.flush()
            line = _line(worker.stdout.fileno())
            answer: dict[str, Any] = json.loads(line)
        except RenderError:
            self.close()
            raise
        except (OSError, ValueError):
            self.close()
            raise RenderError("the embedded engine ended without an answer") from None
        return answer


def _line(descriptor: int) -> bytes:
    """One line. Raises RenderError when it takes too long or gets too long."""
    deadline = time.monotonic() + helm.TIMEOUT
    chunks: list[bytes] = []
    total = 0
    with selectors.DefaultSelector() as selector:
        selector.register(descriptor, selectors.EVENT_READ)
        while not chunks or not chunks[-1].endswith(b"\n"):
            left = deadline - time.monotonic()
            if left <= 0 or not selector.select(left):
                raise RenderError(f"rendering took longer than {helm.TIMEOUT:.0f} seconds")
            chunk = os.read(descriptor, 1 << 16)
            if not chunk:
                break
            total += len(chunk)
            if total > 2 * helm.MAX_OUTPUT:
                raise RenderError(f"it renders to more than {helm.MAX_OUTPUT >> 20} MB")
            chunks.append(chunk)
    return b"".join(chunks)


def documents(files: dict[str, str]) -> list[Rendered]:
    """The documents in rendered templates, in the order of their names."""
    return [
        Rendered(name, part)
        for name, text in sorted(files.items())
        if not name.endswith("/NOTES.txt") and not os.path.basename(name).startswith("_")
        for part in _SEPARATOR.split(text)
        if part.strip()
    ]

"""Rendering with helm-python-sdk, which wraps Helm's own Go SDK. The one door to that package.

It is loaded in a worker process: a call into Go cannot be interrupted, a process can be killed.
"""

from __future__ import annotations

import contextlib
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
_TOO_MUCH = "it renders to more than {} MB"
# How Helm itself splits what a template gives (pkg/release/util SplitManifests).
# without the blanks in front, which are stripped afterwards: Go's expressions are linear, Python's are not.
_SEPARATOR = re.compile(r"(?:^|\n)---\s*+")


def is_installed() -> bool:
    """Whether the extra is there, without loading it."""
    from importlib.util import find_spec

    return find_spec(PACKAGE) is not None


class Embedded:
    """The engine in worker processes, one for each thread that renders at the same time."""

    def __init__(self, home: str) -> None:
        self._home = home
        self._idle: list[_Worker] = []
        self.name = "helm-python-sdk"

    def render(self, chart: str, case: Case, options: Options) -> list[Rendered]:
        """Every document that the templates of a chart give. Raises RenderError."""
        request = {
            "chart": chart,
            "files": case.files,
            "sets": case.sets,
            "overlay": case.overlay,
            "options": {
                "name": case.release or options.release,
                "namespace": case.namespace or options.namespace or "default",
                **({"is_upgrade": True} if case.upgrade else {}),
                **({"kube_version": options.kube_version} if options.kube_version else {}),
                **({"api_versions": list(options.api_versions)} if options.api_versions else {}),
            },
        }
        # A list gives and takes one item without a lock.
        try:
            worker = self._idle.pop()
        except IndexError:
            worker = _Worker(self._home)
        try:
            answer = worker.ask(request)
        except BaseException:
            worker.close()
            raise
        self._idle.append(worker)
        if "error" in answer:
            raise helm.failure(str(answer["error"]))
        files: dict[str, str] = answer["files"]
        if sum(map(len, files.values())) > helm.MAX_OUTPUT:
            raise RenderError(_TOO_MUCH.format(helm.MAX_OUTPUT >> 20))
        return documents(files)

    def close(self) -> None:
        """End the workers."""
        for worker in self._idle:
            worker.close()
        self._idle.clear()


class _Worker:
    """A process that holds the engine. It is no good any more after an error."""

    def __init__(self, home: str) -> None:
        path = os.path.join(os.path.dirname(__file__), "helm_worker.py")
        environment = {**helm.environment(home), "PYTHONPATH": os.pathsep.join(sys.path)}
        self._process = subprocess.Popen(  # noqa: S603 - an argument vector, no shell
            [sys.executable, "-P", path],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            cwd=home,
        )

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """The answer to one request. Raises RenderError."""
        process = self._process
        if process.stdin is None or process.stdout is None:
            raise RenderError("the embedded engine cannot be reached")
        try:
            process.stdin.write(json.dumps(request).encode() + b"\n")
            process.stdin.flush()
            answer: dict[str, Any] = json.loads(_line(process.stdout.fileno()))
        except (OSError, ValueError):
            raise RenderError("the embedded engine ended without an answer") from None
        return answer

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()


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
                raise RenderError(_TOO_MUCH.format(helm.MAX_OUTPUT >> 20))
            chunks.append(chunk)
    return b"".join(chunks)


def documents(files: dict[str, str]) -> list[Rendered]:
    """The documents in rendered templates, in the order of their names."""
    return [
        Rendered(name, part)
        for name, text in sorted(files.items())
        if not name.endswith("/NOTES.txt") and not os.path.basename(name).startswith("_")
        for part in split(text)
        if part.strip()
    ]


def split(text: str) -> list[str]:
    """What a template gave, split into documents as Helm does it."""
    *ended, last = _SEPARATOR.split(text)
    return [*(part.rstrip() for part in ended), last]

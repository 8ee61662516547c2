"""Rendering with the user's own ``helm``, version 3 or 4, found on the PATH."""

from __future__ import annotations

import itertools
import os
import re
import selectors
import subprocess
import tempfile
import time

from netraw_lint.sources import helm
from netraw_lint.sources.helm import Case, Options, Rendered, RenderError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_SOURCE = re.compile(r"^---\n# Source: (.+)\n", re.MULTILINE)
_VERSION = re.compile(r"v([0-9]+)\.")
_SUPPORTED = ("3", "4")


def find() -> str | None:
    """The path of ``helm``, or None."""
    from shutil import which

    return which("helm")


class Helm:
    """``helm template``, in a process of its own for each render; several threads may render at once."""

    def __init__(self, helm: str, home: str) -> None:
        self._helm = os.path.abspath(helm)
        self._home = home
        self._environment = helm_environment(home)
        self._numbers = itertools.count()
        self.name = f"helm {self._version()}"

    def _version(self) -> str:
        said = run([self._helm, "version", "--short"], self._environment, self._home).strip()
        major = _VERSION.search(said)
        if not major or major[1] not in _SUPPORTED:
            what = said[:60] or "nothing"
            raise RenderError(f"{self._helm} is not Helm 3 or 4: it answers {what}; install one of these")
        return said

    def render(self, chart: str, case: Case, options: Options) -> list[Rendered]:
        """Every document that the templates of a chart give. Raises RenderError."""
        # Values after `=`: a release or a file may begin with a dash.
        command = [self._helm, "template", "--name-template", case.release or options.release, chart]
        command += [f"--values={file}" for file in case.files]
        overlay = self._overlay(case.overlay) if case.overlay else ""
        if overlay:
            command.append(f"--values={overlay}")
        command += [f"--set={text}" for text in case.sets]
        if case.upgrade:
            command.append("--is-upgrade")
        namespace = case.namespace or options.namespace
        if namespace:
            command.append(f"--namespace={namespace}")
        if options.kube_version:
            command.append(f"--kube-version={options.kube_version}")
        command += [f"--api-versions={version}" for version in options.api_versions]
        try:
            return split(run(command, self._environment, self._home))
        finally:
            if overlay:
                os.unlink(overlay)

    def _overlay(self, values: str) -> str:
        path = os.path.join(self._home, f"overlay-{next(self._numbers)}.json")
        with open(path, "w", encoding="utf-8") as file:
            file.write(values)
        return path

    def close(self) -> None:
        """Nothing is left running."""


def helm_environment(home: str) -> Mapping[str, str]:
    """The environment of a helm process."""
    os.makedirs(os.path.join(home, "plugins"), exist_ok=True)
    return helm.environment(home)


def split(output: str) -> list[Rendered]:
    """The documents in what ``helm template`` prints."""
    parts = _SOURCE.split(output if output.startswith("---\n") else f"---\n{output}")
    return [Rendered(name.strip(), text) for name, text in zip(parts[1::2], parts[2::2], strict=True)]


def run(command: Sequence[str], environment: Mapping[str, str], folder: str) -> str:
    """What a command prints, in at most 30 seconds and 20 MB. Raises RenderError."""
    with tempfile.TemporaryFile() as errors:
        try:
            process = subprocess.Popen(  # noqa: S603 - an argument vector, no shell
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                env=dict(environment),
                cwd=folder,
            )
        except OSError as error:
            raise RenderError(f"{command[0]} cannot be started: {error.strerror}") from None
        try:
            output = _read(process)
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()
            if process.stdout is not None:
                process.stdout.close()
        if process.returncode != 0:
            errors.seek(0)
            raise helm.failure(errors.read(1 << 16).decode(errors="replace"))
    return output.decode(errors="replace")


def _read(process: subprocess.Popen[bytes]) -> bytes:
    """The output of a process. Raises RenderError when it takes too long or prints too much."""
    deadline = time.monotonic() + helm.TIMEOUT
    chunks: list[bytes] = []
    total = 0
    with selectors.DefaultSelector() as selector:
        if process.stdout is None:
            return b""
        selector.register(process.stdout, selectors.EVENT_READ)
        while True:
            left = deadline - time.monotonic()
            if left <= 0 or not selector.select(left):
                raise RenderError(f"rendering took longer than {helm.TIMEOUT:.0f} seconds")
            chunk = os.read(process.stdout.fileno(), 1 << 16)
            if not chunk:
                break
            total += len(chunk)
            if total > helm.MAX_OUTPUT:
                raise RenderError(f"it renders to more than {helm.MAX_OUTPUT >> 20} MB")
            chunks.append(chunk)
    try:
        process.wait(max(deadline - time.monotonic(), 1))
    except subprocess.TimeoutExpired:
        raise RenderError(f"rendering took longer than {helm.TIMEOUT:.0f} seconds") from None
    return b"".join(chunks)

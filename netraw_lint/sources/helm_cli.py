"""Rendering with the user's own ``helm``, version 3 or 4, found on the PATH."""

from __future__ import annotations

import itertools
import os
import re

from netraw_lint.sources import helm, processes
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
    try:
        output = processes.run(command, environment, folder, helm.TIMEOUT, helm.MAX_OUTPUT)
    except processes.FailedError as error:
        raise helm.failure(error.said) from None
    except processes.TooMuchError:
        raise RenderError(f"it renders to more than {helm.MAX_OUTPUT >> 20} MB") from None
    except processes.ProcessError as error:
        raise RenderError(f"rendering {error}") from None
    return output.decode(errors="replace")

"""Building kustomizations with the user's own ``kustomize``, else ``kubectl kustomize``.

It is given a copy of the files and nothing else: no network, no plugins, functions or helm, no settings of the user.
"""

from __future__ import annotations

import os
import re
import tempfile

from netraw_lint.sources import processes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Self

TIMEOUT = 60.0
MAX_OUTPUT = 50 * 1024 * 1024
NO_ENGINE = (
    "a kustomization says what is deployed only once it is built, and there is nothing here to build it: put "
    "`kustomize` or `kubectl` on the PATH, or run without --kustomize (`kustomize: files` in .netraw-lint.yaml)"
)
# Nothing listens there: whatever asks for the network in spite of everything fails at once.
_NOWHERE = "http://127.0.0.1:9"
_NOISE = ("# Warning", "Warning:", "WARNING", "well-defined vars")
_LOGGED = re.compile(r'"command failed" err="(.*)"$')
_RESTRICTED = "is not in or below"


class BuildError(Exception):
    """A kustomization that cannot be built; the message is the engine's, in one line."""


class Engine:
    """The program that builds, with a home directory of its own. Raises BuildError without one."""

    def __init__(self, program: str | None = None) -> None:
        self._command = [program, *_verb(program)] if program else _find()
        self._home = tempfile.TemporaryDirectory(prefix="netraw-lint-")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._home.cleanup()

    def folder(self) -> str:
        """A new empty directory that lives as long as the run."""
        return tempfile.mkdtemp(dir=os.path.realpath(self._home.name))

    def build(self, directory: str) -> str:
        """What the kustomization in a directory deploys. Raises BuildError."""
        try:
            return self._run(directory, [])
        except BuildError as error:
            if _RESTRICTED not in str(error):
                raise
            # Some deploy with files beside the kustomization; the copy holds none from elsewhere.
            return self._run(directory, ["--load-restrictor=LoadRestrictionsNone"])

    def _run(self, directory: str, options: list[str]) -> str:
        command = [*self._command, *options, directory]
        environment = _environment(self._home.name)
        try:
            output = processes.run(command, environment, self._home.name, TIMEOUT, MAX_OUTPUT)
        except processes.FailedError as error:
            raise BuildError(_told(error.said)) from None
        except processes.ProcessError as error:
            raise BuildError(f"building {error}") from None
        return output.decode(errors="replace")


def _find() -> list[str]:
    from shutil import which

    for name in ("kustomize", "kubectl"):
        found = which(name)
        if found:
            return [os.path.abspath(found), *_verb(found)]
    raise BuildError(NO_ENGINE)


def _verb(program: str) -> list[str]:
    return ["kustomize"] if os.path.basename(program).startswith("kubectl") else ["build"]


def _environment(home: str) -> Mapping[str, str]:
    kept = {name: os.environ[name] for name in ("SYSTEMROOT",) if name in os.environ}
    proxies = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy"), _NOWHERE)
    folders = {f"XDG_{name}_HOME": os.path.join(home, name.lower()) for name in ("CACHE", "CONFIG", "DATA")}
    return {
        **kept,
        **proxies,
        **folders,
        "HOME": home,
        "USERPROFILE": home,
        "TMPDIR": home,
        # No git to fetch remote bases with, no helm, no credential helpers.
        "PATH": os.path.join(home, "no-programs"),
        "KUBECONFIG": os.path.join(home, "no-cluster"),
        "KUSTOMIZE_PLUGIN_HOME": os.path.join(home, "no-plugins"),
        "LC_ALL": "C.UTF-8",
        "GOMAXPROCS": "2",
        "GOGC": "400",
    }


def _told(said: str) -> str:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    # kubectl may say it as a line of its log.
    logged = [match[1].replace('\\"', '"') for match in map(_LOGGED.search, lines) if match]
    lines = logged or lines
    told = [line for line in lines if not line.startswith(_NOISE)]
    message = " ".join(told[:6]).removeprefix("Error: ") or "the engine said nothing"
    return f"{message[:300]} ... {message[-297:]}" if len(message) > 600 else message

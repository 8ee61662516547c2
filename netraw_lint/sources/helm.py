"""Rendering a chart: by the user's helm, else by the engine of the extra ``netraw-lint[helm]``.

Both are given a copy of the chart and nothing else: no network, no plugins, no cluster, no settings of the user.
"""

from __future__ import annotations

import os
import re

from netraw_lint.noun import Noun

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Protocol

    class Engine(Protocol):
        """What turns a chart and values into documents."""

        name: str

        def render(self, chart: str, case: Case, options: Options) -> list[Rendered]:
            """Every document that the templates of a chart give. Raises RenderError."""

        def close(self) -> None:
            """Let go of its processes."""


TIMEOUT = 30.0
MAX_OUTPUT = 20 * 1024 * 1024
_MOST_SAID = 1 << 14
NO_ENGINE = (
    "a Helm chart is no YAML before it is rendered, and there is nothing here to render it: put `helm` (version 3 "
    'or 4) on the PATH, or run `pip install "netraw-lint[helm]"`, or set `charts: skip` in .netraw-lint.yaml'
)
NO_FOLDER = (
    "a chart is rendered in a copy, and there is no directory to put one into: make /tmp writable "
    "(docker run --tmpfs /tmp), or name one in TMPDIR"
)
_PLACE = re.compile(
    r"\(?(?<![^\s()/:])[^\s()/:]++/((?:charts/[^\s()/:]+/)*templates/[^\s():]+):(\d+)(?::\d+)?\)?"
)
_PREFIX = re.compile(r"^(Error: |INSTALLATION FAILED: |execution error at |template: |parse error at )+")


# One for all engines, so that a chart renders alike everywhere.
KUBE_VERSION = "1.35.0"


class Options(Noun):
    """What a release is called, where it goes, and the cluster it is made for."""

    release: str = "release-name"
    namespace: str = ""
    kube_version: str = KUBE_VERSION
    api_versions: tuple[str, ...] = ()


class Case(Noun):
    """One set of values to render a chart with: files, ``--set`` texts, and JSON on top of the files.

    ``name`` says in words what is special about it; the chart's own values alone have none. ``upgrade`` renders
    it as an upgrade of a release instead of its installation. ``release`` and ``namespace`` win over the options.
    ``manifest`` is the file that the JSON was taken from, if it is one.
    """

    name: str = ""
    files: tuple[str, ...] = ()
    sets: tuple[str, ...] = ()
    overlay: str = ""
    upgrade: bool = False
    release: str = ""
    namespace: str = ""
    manifest: str = ""


class Rendered(Noun):
    """One rendered document and its template, as Helm calls it: ``shop/charts/db/templates/db.yaml``."""

    template: str
    text: str


class RenderError(Exception):
    """A chart that could not be rendered; the message is the engine's, in one line."""

    def __init__(self, message: str, template: str = "", line: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.template = template
        self.line = line


def environment(home: str) -> Mapping[str, str]:
    """An environment in which an engine finds neither settings nor plugins nor a cluster."""
    names = ("CACHE", "CONFIG", "DATA")
    folders = {f"HELM_{name}_HOME": os.path.join(home, name.lower()) for name in names}
    folders |= {f"XDG_{name}_HOME": os.path.join(home, name.lower()) for name in names}
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
    return {
        **kept,
        **folders,
        "HOME": home,
        "USERPROFILE": home,
        "TMPDIR": home,
        "HELM_PLUGINS": os.path.join(home, "plugins"),
        "HELM_NO_PLUGINS": "1",
        "KUBECONFIG": os.path.join(home, "no-cluster"),
        "LC_ALL": "C.UTF-8",
        "GOMAXPROCS": "2",
        # A render ends before collecting its garbage pays: this takes a fifth off its time.
        "GOGC": "400",
    }


def failure(said: str) -> RenderError:
    """What an engine said about a chart, as an error with the template and line that it names."""
    lines = [line.strip() for line in said[:_MOST_SAID].splitlines() if line.strip()]
    told = [line for line in lines if not line.startswith(("WARNING", "Use --debug", "level=", "time="))]
    message = " ".join(told[:6]) or "the engine said nothing"
    place = _PLACE.search(message)
    message = _PREFIX.sub("", message)
    if place and message.startswith(place[0]):
        message = f"{message[len(place[0]) :].lstrip(': ')} ({place[1]}:{place[2]})"
    if len(message) > 600:
        message = f"{message[:300]} ... {message[-297:]}"
    return RenderError(message, place[1], int(place[2])) if place else RenderError(message)

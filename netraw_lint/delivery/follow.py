"""Manifests in, what Argo CD and Flux deploy from this repository out."""

from __future__ import annotations

import json
import os

from netraw_lint import yamltree
from netraw_lint.delivery import applicationsets, argocd, flux, repository
from netraw_lint.delivery.data import data, mapping, word
from netraw_lint.delivery.deliveries import Delivery, Followed
from netraw_lint.model import Problem
from netraw_lint.sources.discovery import CHART_FILES
from netraw_lint.sources.files import display
from netraw_lint.sources.helm_worker import merged

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

    from netraw_lint.delivery.deliveries import Reference
    from netraw_lint.delivery.repository import Repository
    from netraw_lint.model import Source
    from netraw_lint.nodes import Node

_KUSTOMIZATIONS = ("kustomization.yaml", "kustomization.yml", "Kustomization")
_MISSING = "{} is judged without {}, which is not in this repository: add the file, or take its name out"
_TOO_DEEP = "not followed: its values are nested too deeply"
_KINDS = frozenset(("Application", "ApplicationSet", "HelmRelease", "Kustomization", "GitRepository"))


def follow(sources: Iterable[Source]) -> Followed:
    """What the objects in some manifests deploy from the repositories that the manifests are in."""
    applicationsets.forget()
    follower = _Follower()
    objects = [
        (source.path, found, line)
        for source in sources
        for found, line in _objects(source, follower.problems)
    ]
    addresses = {
        (
            word(mapping(found.get("metadata")).get("namespace")),
            word(mapping(found.get("metadata")).get("name")),
        ): word(mapping(found.get("spec")).get("url"))
        for _, found, _ in objects
        if found.get("kind") == "GitRepository"
    }
    around: dict[str, Repository | None] = {}
    for path, found, line in objects:
        if path not in around:
            around[path] = repository.around(path)
        try:
            for number, reference in enumerate(_references(found, path, addresses, around[path])):
                if number == applicationsets.MAX_APPLICATIONS:
                    said = f"{_by(found, path)}: only its first {number} Applications are followed"
                    follower.problems.append(Problem(path, "render", said))
                    break
                additions = reference.additions.replace(line=line)
                follower.take(reference.replace(additions=additions), around[path], path)
            for chart in _charts_elsewhere(found):
                follower.leave(
                    f"{_by(found, path)}: not followed: the chart {chart} comes from a chart repository"
                )
        except RecursionError:
            follower.problems.append(Problem(path, "render", f"{_by(found, path)}: {_TOO_DEEP}"))
    follower.tell_left()
    return Followed(
        tuple(follower.deliveries),
        tuple(follower.problems),
        tuple(follower.limits),
        tuple(follower.decisions),
    )


def outside(followed: Followed, covers: Callable[[str], bool]) -> Followed:
    """Without the deliveries of directories that something covers; it is given real paths."""
    kept = (each for each in followed.deliveries if not covers(os.path.realpath(each.path)))
    return followed.replace(deliveries=tuple(kept))


def _objects(source: Source, problems: list[Problem]) -> Iterator[tuple[dict[str, Any], int]]:
    """The objects of a manifest that may deliver something, each with the 1-based line where it says so."""
    try:
        for root in yamltree.compose(source.data):
            group = (yamltree.as_string(yamltree.get(root, "apiVersion")) or "").partition("/")[0]
            is_ours = group == "argoproj.io" or group.endswith(".toolkit.fluxcd.io")
            if is_ours and yamltree.as_string(yamltree.get(root, "kind")) in _KINDS:
                yield mapping(data(root)), source.data.decode().count("\n", 0, _place(root)) + 1
    except RecursionError:
        problems.append(Problem(source.path, "render", f"what it deploys is {_TOO_DEEP}"))
    except yamltree.YamlError:
        return  # It is linted, and reported, as a file of its own.


def _place(root: Node) -> int:
    """Where an object adds patches, else where it begins."""
    for way in (("spec",), ("spec", "source", "kustomize")):
        patches = yamltree.entries(yamltree.get(root, *way)).get("patches")
        if patches is not None:
            return patches[0].start_mark.index
    return root.start_mark.index


def _references(
    found: dict[str, Any], path: str, addresses: flux.Repositories, here: Repository | None
) -> Iterator[Reference]:
    kind, by = word(found.get("kind")), _by(found, path)
    if kind == "Application":
        yield from argocd.references(found, by)
    elif kind == "ApplicationSet":
        for application in applicationsets.applications(found, here):
            made = word(mapping(application.get("metadata")).get("name"))
            shown = by if not made or applicationsets.is_open(made) else f"Application/{made} ({path})"
            yield from argocd.references(application, shown)
    elif kind in ("HelmRelease", "Kustomization"):
        read = flux.helm_release if kind == "HelmRelease" else flux.kustomization
        reference = read(found, addresses, by)
        if reference is not None:
            yield reference


def _charts_elsewhere(found: dict[str, Any]) -> list[str]:
    """The charts that an object deploys from chart repositories."""
    if found.get("kind") == "Application":
        return argocd.charts_elsewhere(found)
    chart = flux.chart_elsewhere(found) if found.get("kind") == "HelmRelease" else ""
    return [chart] if chart else []


def _by(found: dict[str, Any], path: str) -> str:
    return f"{word(found.get('kind'))}/{word(mapping(found.get('metadata')).get('name'))} ({path})"


class _Follower:
    """Looks each reference up in the repository, and remembers what was decided."""

    def __init__(self) -> None:
        self.deliveries: list[Delivery] = []
        self.problems: list[Problem] = []
        self.limits: list[str] = []
        self.decisions: list[str] = []
        self._left = 0

    def leave(self, why: str) -> None:
        """Decide not to follow what is not in this repository."""
        self.decisions.append(why)
        self._left += 1

    def tell_left(self) -> None:
        """Say once how much of what is deployed is not here."""
        if self._left:
            many = f"{self._left} sources" if self._left > 1 else "a source"
            self.limits.append(
                f"what Argo CD and Flux deploy from {many} outside of this repository was not judged: -v names them"
            )

    def take(self, reference: Reference, here: Repository | None, path: str) -> None:
        """Follow one reference."""
        by, inside = reference.by, _inside(reference.path)
        if inside is None or applicationsets.is_open(reference.path):
            self.limits.append(f"{by}: not followed: where {reference.path} leads to is not known here")
            return
        if here is None:
            self.decisions.append(f"{by}: not followed: {path} is in no git repository")
            return
        why = here.is_meant(reference.address, inside)
        if why is None:
            where = reference.address or "a repository that is not described here"
            self.leave(f"{by}: not followed: {inside or '.'} of {where} is not here")
            return
        folder = os.path.join(here.root, *inside.split("/")) if inside else here.root
        builder = _builder(folder)
        if builder is None:
            self.decisions.append(f"{by}: {inside or '.'} holds plain manifests: {why}")
            if "ontainers" in reference.additions.fields:
                self.limits.append(
                    f"{by}: its patches are not applied: {inside or '.'} holds no kustomization to build them with"
                )
            return
        self.decisions.append(f"{by}: followed to {inside or '.'}: {why}")
        self.deliveries.append(self._delivery(reference, here, folder, builder, path))

    def _delivery(
        self, reference: Reference, here: Repository, folder: str, builder: str, path: str
    ) -> Delivery:
        files = []
        limits = list(reference.limits)
        for name in reference.files:
            start = here.root if name.startswith("/") else folder
            # A name with a NUL is that of no file.
            plain = name.strip("/").replace("\0", "\ufffd")
            file = os.path.realpath(os.path.join(start, *plain.split("/")))
            if applicationsets.is_open(name):
                limits.append(f"which values {name} stands for is not known here")
            elif os.path.commonpath([here.root, file]) != here.root:
                limits.append(f"the values in {name} are outside of the repository")
            elif os.path.isfile(file):
                files.append(file)
            elif not reference.optional:
                self.problems.append(Problem(path, "render", _MISSING.format(reference.by, name)))
        if applicationsets.is_open(reference.release + reference.namespace):
            limits.append("what its generators give is not known here")
        self.limits += [f"{reference.by}: judged without some values: {limit}" for limit in limits]
        overlay: dict[str, Any] = {}
        for layer in reference.values:
            overlay = merged(overlay, layer)
        return Delivery(
            reference.by,
            _shown(folder),
            builder,
            path,
            _closed(reference.release),
            _closed(reference.namespace),
            tuple(files),
            json.dumps(overlay) if overlay else "",
            reference.sets,
            reference.additions,
        )


def _inside(path: str) -> str | None:
    """A path in a repository without ``.`` and ``..``; None for one that leads out of it."""
    parts = [part for part in path.split("/") if part not in ("", ".")]
    return None if ".." in parts else "/".join(parts)


def _builder(folder: str) -> str | None:
    if any(os.path.isfile(os.path.join(folder, name)) for name in CHART_FILES):
        return "helm"
    if any(os.path.isfile(os.path.join(folder, name)) for name in _KUSTOMIZATIONS):
        return "kustomize"
    return None


def _shown(folder: str) -> str:
    """A directory as it would be named: relative to the current directory, where that is above it."""
    relative = os.path.relpath(folder)
    return display(relative if not relative.startswith(os.pardir) else folder)


def _closed(text: str) -> str:
    return "" if applicationsets.is_open(text) else text

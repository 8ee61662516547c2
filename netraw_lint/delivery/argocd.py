"""Argo CD's Application: which path it deploys, and with which values.

Source: argoproj/argo-cd, pkg/apis/application/v1alpha1/types.go, and reposerver/repository (helmTemplate): files,
then ``values`` or ``valuesObject``, then ``parameters``.
"""

from __future__ import annotations

import re

from netraw_lint import yamltree
from netraw_lint.delivery import additions
from netraw_lint.delivery.data import data, items, mapping, word
from netraw_lint.delivery.deliveries import Additions, Reference
from netraw_lint.delivery.repository import spelled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

_REF = re.compile(r"^\$([A-Za-z0-9_-]+)/")


def references(application: dict[str, Any], by: str) -> Iterator[Reference]:
    """What an Application deploys from directories of repositories; its charts from chart repositories left out."""
    spec = mapping(application.get("spec"))
    name = word(mapping(application.get("metadata")).get("name"))
    sources = _sources(application)
    refs = {word(source.get("ref")): word(source.get("repoURL")) for source in sources}
    namespace = word(mapping(spec.get("destination")).get("namespace"))
    for source in sources:
        if word(source.get("path")) and not source.get("chart"):
            yield _reference(source, refs, by, name, namespace)


def charts_elsewhere(application: dict[str, Any]) -> list[str]:
    """The charts of an Application that come from chart repositories."""
    return [word(source.get("chart")) for source in _sources(application) if word(source.get("chart"))]


def _sources(application: dict[str, Any]) -> list[dict[str, Any]]:
    spec = mapping(application.get("spec"))
    return [mapping(each) for each in items(spec.get("sources"))] or [mapping(spec.get("source"))]


def _reference(source: dict[str, Any], refs: dict[str, str], by: str, name: str, namespace: str) -> Reference:
    helm = mapping(source.get("helm"))
    address = word(source.get("repoURL"))
    limits, files = [], []
    for file in map(word, items(helm.get("valueFiles"))):
        ref = _REF.match(file)
        if ref and spelled(refs.get(ref[1], "")) == spelled(address):
            files.append(f"/{file[ref.end() :]}")
        elif ref or "://" in file:
            limits.append(f"the values in {file} are not in this repository")
        else:
            files.append(file)
    layers = [mapping(helm.get("valuesObject"))] if helm.get("valuesObject") else []
    if not layers and word(helm.get("values")):
        layers = [_parsed(word(helm.get("values")), limits)]
    sets = []
    for parameter in map(mapping, items(helm.get("parameters"))):
        key, value = word(parameter.get("name")), parameter.get("value")
        if parameter.get("forceString") and not set(key) & set("[\\"):
            layers.append(_nested(key.split("."), str(value)))
        elif key:
            text = str(value).lower() if isinstance(value, bool) else "" if value is None else str(value)
            sets.append(f"{key}={_escaped(text)}")
    if items(helm.get("fileParameters")):
        limits.append("its fileParameters are not read")
    return Reference(
        by,
        address,
        word(source.get("path")),
        word(helm.get("releaseName")) or name,
        word(helm.get("namespace")) or namespace,
        tuple(files),
        helm.get("ignoreMissingValueFiles") is True,
        tuple(layers),
        tuple(sets),
        tuple(limits),
        Additions(additions.fields(mapping(source.get("kustomize")))),
    )


def _parsed(text: str, limits: list[str]) -> dict[str, Any]:
    try:
        return mapping(data(next(yamltree.compose(text.encode()), None)))
    except (yamltree.YamlError, RecursionError) as error:
        limits.append(f"its values cannot be read as YAML: {getattr(error, 'message', 'nested too deeply')}")
        return {}


def _nested(keys: list[str], value: str) -> dict[str, Any]:
    result: Any = value
    for key in reversed(keys):
        result = {key: result}
    return mapping(result)


def _escaped(value: str) -> str:
    """A value for ``--set`` as Argo CD passes it: a comma does not begin another one, unless in a list."""
    return value if value.startswith("{") else re.sub(r"(?<!\\),", r"\\,", value)

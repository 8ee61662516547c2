"""Flux: which path a HelmRelease or a Kustomization deploys, and with which values.

Source: fluxcd/helm-controller api/v2 (HelmReleaseSpec, GetReleaseName), fluxcd/kustomize-controller api/v1,
fluxcd/source-controller api/v1 (GitRepositorySpec).
"""

from __future__ import annotations

import json

from netraw_lint.delivery import additions
from netraw_lint.delivery.data import items, mapping, word
from netraw_lint.delivery.deliveries import Additions, Reference

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    # Namespace and name of a GitRepository to its address.
    Repositories = Mapping[tuple[str, str], str]

# What Helm takes as the name of a release.
_LONGEST = 53


def helm_release(release: dict[str, Any], repositories: Repositories, by: str) -> Reference | None:
    """The chart of a HelmRelease, if it lies in a git repository."""
    metadata, spec = mapping(release.get("metadata")), mapping(release.get("spec"))
    chart = mapping(mapping(spec.get("chart")).get("spec"))
    source = mapping(chart.get("sourceRef"))
    if word(source.get("kind")) != "GitRepository" or not word(chart.get("chart")):
        return None
    namespace, target = word(metadata.get("namespace")), word(spec.get("targetNamespace"))
    name = word(metadata.get("name"))
    files = [f"/{each}" for each in map(word, items(chart.get("valuesFiles"))) if each]
    if word(chart.get("valuesFile")):
        files.append(f"/{chart['valuesFile']}")
    limits = tuple(
        f"its values from {word(each.get('kind'))}/{word(each.get('name'))} are only in the cluster"
        for each in map(mapping, items(spec.get("valuesFrom")))
    )
    return Reference(
        by,
        _address(source, namespace, repositories),
        word(chart.get("chart")),
        word(spec.get("releaseName"))
        or "-".join(part for part in (target, name) if part)[:_LONGEST].rstrip("-"),
        target or namespace,
        tuple(files),
        chart.get("ignoreMissingValuesFiles") is True,
        (mapping(spec.get("values")),) if mapping(spec.get("values")) else (),
        limits=limits,
    )


def chart_elsewhere(release: dict[str, Any]) -> str:
    """The chart of a HelmRelease that comes from a chart repository, a registry or a bucket; "" for one in git."""
    spec = mapping(release.get("spec"))
    chart = mapping(mapping(spec.get("chart")).get("spec"))
    if word(mapping(chart.get("sourceRef")).get("kind")) == "GitRepository":
        return ""
    return word(chart.get("chart")) or word(mapping(spec.get("chartRef")).get("name"))


def kustomization(found: dict[str, Any], repositories: Repositories, by: str) -> Reference | None:
    """The path of a Kustomization, if it lies in a git repository."""
    spec = mapping(found.get("spec"))
    source = mapping(spec.get("sourceRef"))
    if word(source.get("kind")) != "GitRepository":
        return None
    namespace = word(mapping(found.get("metadata")).get("namespace"))
    return Reference(
        by,
        _address(source, namespace, repositories),
        word(spec.get("path")),
        additions=_additions(spec),
    )


def _additions(spec: dict[str, Any]) -> Additions:
    build = mapping(spec.get("postBuild"))
    elsewhere = ", ".join(
        f"{word(each.get('kind'))}/{word(each.get('name'))}"
        for each in map(mapping, items(build.get("substituteFrom")))
    )
    fields = additions.fields(spec)
    if not build:
        return Additions(fields)
    given = mapping(build.get("substitute")).items()
    variables = tuple((name, value if isinstance(value, str) else json.dumps(value)) for name, value in given)
    return Additions(fields, variables, elsewhere)


def _address(source: dict[str, Any], namespace: str, repositories: Repositories) -> str:
    where = word(source.get("namespace")) or namespace
    return repositories.get((where, word(source.get("name"))), "")

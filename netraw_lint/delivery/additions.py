"""Patches and components that Argo CD and Flux add to a kustomization, as a kustomization has them.

Names, namespaces, labels and images are left out: no capability depends on them, and Kustomize knows the objects by
their old names, too. Source: argoproj/argo-cd, ApplicationSourceKustomize; fluxcd/pkg, kustomize/kustomize_generator.go.
"""

from __future__ import annotations

import json

from netraw_lint.delivery.data import items, mapping, word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_TARGET = ("group", "version", "kind", "name", "namespace", "labelSelector", "annotationSelector")


def fields(spec: dict[str, Any]) -> str:
    """The patches and components of a specification, as JSON; empty for none."""
    patches = [_patch(mapping(entry)) for entry in items(spec.get("patches"))]
    patches += [{"patch": json.dumps(entry)} for entry in items(spec.get("patchesStrategicMerge"))]
    patches += [_patch(mapping(entry)) for entry in items(spec.get("patchesJson6902"))]
    components = [word(entry) for entry in items(spec.get("components")) if word(entry)]
    found = {"components": components, "patches": [each for each in patches if len(each)]}
    return json.dumps(found) if any(found.values()) else ""


def _patch(entry: dict[str, Any]) -> dict[str, Any]:
    """An entry of ``patches``, without what Kustomize would not take."""
    patch, made = entry.get("patch"), {}
    if patch is not None:
        made["patch"] = patch if isinstance(patch, str) else json.dumps(patch)
    if word(entry.get("path")):
        made["path"] = entry["path"]
    target = {key: value for key, value in mapping(entry.get("target")).items() if key in _TARGET}
    options = mapping(entry.get("options"))
    return {**made, **({"target": target} if target else {}), **({"options": options} if options else {})}

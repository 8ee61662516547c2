"""Kustomizations as Argo CD and Flux deploy them: with patches of their own on top, and variables replaced."""

from __future__ import annotations

import json
import os
import re
from zlib import crc32

from netraw_lint import yamltree
from netraw_lint.kustomize.marks import KEYS
from netraw_lint.sources.kustomizations import Deployer, Tree
from netraw_lint.sources.kustomize_cli import BuildError
from netraw_lint.yamltree import MappingNode, ScalarNode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from netraw_lint.delivery.deliveries import Delivery
    from netraw_lint.nodes import Node
    from netraw_lint.sources.kustomizations import Kustomizations

# Of the expressions of Flux (drone/envsubst) those that need no functions.
_VARIABLE = re.compile(r"\$\{([A-Za-z_]\w*)(?:(:?[=-])([^${}]*))?\}")
_DISABLED = re.compile(r"kustomize\.toolkit\.fluxcd\.io/substitute: [\"']?disabled")


def trees(deliveries: Iterable[Delivery], kustomizations: Kustomizations) -> list[Tree]:
    """What is deployed, each with its deployer; one that adds something stands in a kustomization of its own."""
    found: list[Tree] = []
    for delivery in deliveries:
        part = kustomizations.at(delivery.path)
        if delivery.builder != "kustomize" or part is None:
            continue
        added = delivery.additions
        manifest = os.path.abspath(delivery.manifest)
        deployer = Deployer(delivery.by, manifest, added.line, added.variables, added.elsewhere)
        if added.fields or added.variables or added.elsewhere:
            # Beside it: Kustomize takes one from below for a circle. The same delivery has the same name every time.
            number = crc32(f"{delivery.by} {added.fields} {added.variables}".encode())
            folder = f"{part.directory}.netraw-lint-{number:08x}"
            part = kustomizations.made(folder, _text(delivery, part.directory, folder))
        found.append(kustomizations.tree(part, deployer))
    return found


def _text(delivery: Delivery, directory: str, folder: str) -> str:
    """A kustomization for what a delivery adds; its patches are written so that they can be marked."""
    fields = json.loads(delivery.additions.fields or "{}")

    def there(path: str) -> str:
        return os.path.relpath(os.path.join(directory, path), folder)

    lines = [f"resources: {json.dumps([there('')])}"]
    if fields.get("components"):
        lines.append(f"components: {json.dumps([there(each) for each in fields['components']])}")
    lines += ["patches:"] if fields.get("patches") else []
    for entry in fields.get("patches", ()):
        lines.append(f"- target: {json.dumps(entry.get('target'))}")
        if "options" in entry:
            lines.append(f"  options: {json.dumps(entry['options'])}")
        if "path" in entry:
            lines.append(f"  path: {json.dumps(there(entry['path']))}")
        if "patch" in entry:
            lines.append(f"  patch: {_scalar(entry['patch'])}")
    return "\n".join(lines) + "\n"


def _scalar(text: str) -> str:
    """A text as a literal block, where that is possible."""
    if not text.strip() or not text.replace("\n", "").isprintable():
        return json.dumps(text)
    return "\n".join(["|2", *(f"    {line}" for line in text.rstrip("\n").split("\n"))])


def substituted(text: str, variables: Iterable[tuple[str, str]]) -> str:
    """A built document with its variables replaced as Flux does it; what is not known stays.

    Raises BuildError where that is no YAML any more.
    """
    if "${" not in text or _DISABLED.search(text):
        return text
    known = dict(variables)
    new = _VARIABLE.sub(lambda found: _value(found, known), text)
    try:
        for _ in yamltree.compose(new.encode()):
            pass
    except yamltree.YamlError as error:
        raise BuildError(f"with the values of its postBuild it is no YAML: {error.message}") from None
    return new


def _value(found: re.Match[str], known: Mapping[str, str]) -> str:
    name, operator, default = found.groups()
    value = known.get(name)
    if operator and (value is None or (not value and operator[0] == ":")):
        return str(default)
    return found[0] if value is None else value


def open_places(text: str) -> Iterator[str]:
    """The expressions that are left in what decides about capabilities."""
    if "${" not in text or _DISABLED.search(text):
        return
    pending: list[tuple[Node, bool]] = [(root, False) for root in yamltree.compose(text.encode())]
    seen: set[int] = set()
    while pending:
        node, inside = pending.pop()
        if isinstance(node, ScalarNode):
            if inside and "${" in node.value:
                yield str(node.value)
        elif id(node) not in seen:
            seen.add(id(node))
            if isinstance(node, MappingNode):
                pending += [
                    (value, inside or (key.value in KEYS and key.value != "image"))
                    for key, value in node.value
                ]
            else:
                pending += [(item, inside) for item in node.value]

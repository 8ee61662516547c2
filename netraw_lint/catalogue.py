"""Which kinds hold pod templates, and where: schemas/workloads.json and the user's own rows.

The kinds that Kubernetes itself ships are repeated here, so that a folder of Deployments never loads the
catalogue of 400 custom kinds; a test compares the two.
"""

from __future__ import annotations

from netraw_lint.model import CatalogueRow

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any

    from netraw_lint.paths import Steps

# The lists of containers of a pod spec.
LISTS = ("initContainers", "containers", "ephemeralContainers")
_TEMPLATE = "spec.template.spec"
BUILT_IN = {
    ("", "Pod"): "spec",
    ("", "PodTemplate"): "template.spec",
    ("", "ReplicationController"): _TEMPLATE,
    ("apps", "Deployment"): _TEMPLATE,
    ("apps", "StatefulSet"): _TEMPLATE,
    ("apps", "DaemonSet"): _TEMPLATE,
    ("apps", "ReplicaSet"): _TEMPLATE,
    ("batch", "Job"): _TEMPLATE,
    ("batch", "CronJob"): "spec.jobTemplate.spec.template.spec",
    ("extensions", "Deployment"): _TEMPLATE,
    ("extensions", "DaemonSet"): _TEMPLATE,
    ("extensions", "ReplicaSet"): _TEMPLATE,
}
# Common kinds of which no catalogue row keeps a container: enough to not load the catalogue for a ConfigMap.
_NEVER = frozenset(
    """APIService ClusterRole ClusterRoleBinding ConfigMap Endpoints Group HorizontalPodAutoscaler Ingress
    IngressClass LimitRange MutatingWebhookConfiguration Namespace NetworkPolicy PersistentVolume
    PersistentVolumeClaim PodDisruptionBudget PriorityClass ResourceQuota Role RoleBinding Secret
    ServiceAccount StorageClass ValidatingWebhookConfiguration User""".split()
)


class Catalogue:
    """The rows of the shipped catalogue, read when first needed, and those of the user in front of them.

    ``read`` gives the parsed schemas/workloads.json.
    """

    def __init__(self, read: Callable[[], dict[str, Any]], own: Iterable[CatalogueRow] = ()) -> None:
        self._read = read
        self._own = tuple(own)
        self._found: dict[tuple[str, str], tuple[CatalogueRow, ...]] = {}
        self._shipped: dict[tuple[str, str], list[dict[str, Any]]] | None = None
        self._denied: dict[tuple[str, str], list[Steps]] = {}
        self._looked_at: dict[tuple[str, str], list[tuple[CatalogueRow, Steps, bool]]] = {}
        self._quoted: dict[tuple[str, str], list[str]] = {}
        self._elsewhere: frozenset[str] = frozenset()

    def rows(self, group: str, kind: str) -> tuple[CatalogueRow, ...]:
        """The rows for a kind; empty for one that is not known. Versions never matter."""
        known = self._found.get((group, kind))
        if known is None:
            own = tuple(row for row in self._own if (row.group, row.kind) == (group, kind))
            path = BUILT_IN.get((group, kind))
            built_in = (CatalogueRow(group, kind, path, "PodSpec"),) if path else self._rows(group, kind)
            known = self._found[group, kind] = own + built_in
        return known

    def looked_at(self, group: str, kind: str) -> list[tuple[CatalogueRow, Steps, bool]]:
        """The rows for a kind in the order in which they are looked at, the steps of each, and ``one_of_several``."""
        known = self._looked_at.get((group, kind))
        if known is None:
            from netraw_lint.paths import parse

            rows = self.rows(group, kind)
            # Embedded objects and the items of a typed list are objects of their own.
            typed_list = kind.endswith("List")
            known = self._looked_at[group, kind] = [
                (row, parse(row.path), one_of_several(row, rows))
                for row in sorted(rows, key=lambda row: row.shape == "StringYAML")
                if row.shape != "EmbeddedObject" and not (typed_list and row.path.startswith("items[*]"))
            ]
        return known

    def denied(self, group: str, kind: str) -> list[Steps]:
        """The paths of a kind that look like pod templates and are none; ``**`` is the whole object."""
        if (group, kind) in BUILT_IN:
            return []
        known = self._denied.get((group, kind))
        if known is None:
            from netraw_lint.paths import parse

            self._load()
            quoted = self._quoted.get((group, kind), []) + self._quoted.get((group, "*"), [])
            known = self._denied[group, kind] = [parse(path) for path in quoted]
        return known

    def patches(self, group: str, kind: str) -> list[Steps]:
        """The paths of a kind whose embedded objects are merged over others."""
        rows = self.rows(group, kind)
        from netraw_lint.paths import parse

        return [parse(row.path) for row in rows if (row.shape, row.regime) == ("EmbeddedObject", "patch")]

    def holds_containers(self, kinds: set[str]) -> bool:
        """Whether any of the kinds can hold a container outside of a list named ``...ontainers``."""
        if not kinds:
            return False
        if kinds <= _NEVER and not self._own:
            return False
        self._load()
        return not self._elsewhere.isdisjoint(kinds) or not self._elsewhere.isdisjoint(map(str.lower, kinds))

    def _rows(self, group: str, kind: str) -> tuple[CatalogueRow, ...]:
        shipped = self._load()
        rows = shipped.get((group, kind), ()) or [
            row for row in shipped.get((group, kind.lower()), ()) if row.get("kind_any_case")
        ]
        return tuple(
            CatalogueRow(
                group,
                kind,
                row["path"],
                row["shape"],
                row.get("partial", False),
                row.get("fixable", True),
                row.get("regime", ""),
                tuple(row.get("managed", ())),
                row.get("defaults", ""),
                tuple(row.get("patches", ())),
            )
            for row in rows
        )

    def _load(self) -> dict[tuple[str, str], list[dict[str, Any]]]:
        if self._shipped is None:
            data = self._read()
            self._shipped = {}
            for row in data["workloads"]:
                self._shipped.setdefault((row["group"], row["kind"]), []).append(row)
            for row in data["not_workloads"]:
                self._quoted.setdefault((row["group"], row["kind"]), []).append(row["path"])
            shipped = (row["kind"] for row in data["workloads"] if "ontainers" not in _keys(row))
            self._elsewhere = frozenset(shipped) | {row.kind for row in self._own}
        return self._shipped


def _keys(row: dict[str, Any]) -> str:
    """The key names that a document must hold for a row to apply."""
    lists = row["shape"] in ("PodSpec", "PartialPodTemplate", "StringYAML")
    return row["path"] + ".containers" if lists else str(row["path"])


def one_of_several(row: CatalogueRow, rows: Sequence[CatalogueRow]) -> bool:
    """Whether an object may have containers of one list and name at a row and at another place of its kind.

    The first such row is not one of several, and its findings keep the identities that they had when it was the only
    one. Rows of lists and wildcards always are.
    """
    if len(rows) == 1 and "*" not in row.path:
        return False
    import itertools

    outer, roles = _roles(row)
    if "*" in outer:
        return True
    own = BUILT_IN.get((row.group, row.kind))
    earlier = itertools.takewhile(lambda each: each != row, sorted(rows, key=lambda each: each.path != own))
    return any(
        found & roles and other != outer and not any(step.startswith(("[", "*")) for step in other)
        for other, found in map(_roles, earlier)
    )


def _roles(row: CatalogueRow) -> tuple[Steps, frozenset[str]]:
    """The path of a row's pod template, and what its containers are called by, but for their names."""
    from netraw_lint.paths import parse

    steps = parse(row.path)
    if row.shape == "SecurityContext":
        return steps[:-2], frozenset(("/".join(steps[-2:]),))
    if row.shape in ("Container", "ContainerList"):
        named = next((step for step in reversed(steps) if not step.startswith("[")), "")
        return steps[:-1], frozenset((named,))
    return steps, frozenset(LISTS)


def is_denied(path: Steps, denied: Iterable[Steps]) -> bool:
    """Whether a concrete path lies at or below a denied one."""
    return any(_covers(pattern, path) for pattern in denied)


def _covers(pattern: Steps, path: Steps) -> bool:
    for place, step in enumerate(pattern):
        if step == "**":
            rest = pattern[place + 1 :]
            return any(_covers(rest, path[skip:]) for skip in range(place, len(path) + 1))
        if place == len(path):
            return False
        here = path[place]
        if step not in (here, "*") and not (step == "[*]" and here.startswith("[")):
            return False
    return True

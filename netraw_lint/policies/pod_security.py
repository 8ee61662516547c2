"""Pod Security admission: what a namespace's labels make of its pods' capabilities.

From k8s.io/pod-security-admission: api/helpers.go (``PolicyToEvaluate``, ``ParseLevel``, ``ParseVersion``),
policy/check_capabilities_baseline.go, check_capabilities_restricted.go, check_privileged.go, and for what is
refused at all admission/admission.go (pods; workload objects only cause warnings).
"""

from __future__ import annotations

import re

from netraw_lint import yamltree
from netraw_lint.model import Document, ObjectRef
from netraw_lint.noun import Noun
from netraw_lint.policies.checks import Adds, Drops, Unprivileged
from netraw_lint.policies.gates import Clause, Gate, Pod
from netraw_lint.policies.scopes import both

TYPE_CHECKING = False
if TYPE_CHECKING:
    from netraw_lint.manifest import KubernetesObject
    from netraw_lint.nodes import Node
    from netraw_lint.policies.checks import Check

PREFIX = "pod-security.kubernetes.io/"
ENFORCE, VERSION = f"{PREFIX}enforce", f"{PREFIX}enforce-version"
LEVELS = ("privileged", "baseline", "restricted")
# restricted has a rule of its own for capabilities since v1.22, and leaves Windows pods out since v1.25.
DROPS_SINCE, WINDOWS_SINCE = 22, 25
LATEST = 10**6
_VERSION = re.compile(r"v1\.(0|[1-9][0-9]*)")
_BASELINE = tuple(
    """AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE SETFCAP SETGID SETPCAP SETUID
    SYS_CHROOT""".split()
)


class PodSecurity(Noun):
    """A namespace with its Pod Security labels: each the value node with its text, by the label's name.

    ``labels`` is the mapping that holds them, ``metadata`` the one that holds that, ``anchor`` what to point at where
    a label is missing. ``patch`` says that it is merged over a namespace written elsewhere.
    """

    document: Document
    object: ObjectRef
    labels: Node | None
    anchor: Node
    texts: tuple[tuple[str, str], ...] = ()
    metadata: Node | None = None
    patch: bool = False

    def text(self, label: str) -> str | None:
        """The value of a label, None where it is missing."""
        return dict(self.texts).get(label)

    def node(self, label: str) -> Node | None:
        """The value node of a label."""
        return yamltree.get(self.labels, label)


def of_namespace(obj: KubernetesObject) -> PodSecurity | None:
    """The Pod Security labels of a Namespace object; None for any other object. Raises YamlError."""
    if (obj.ref.group, obj.ref.kind) != ("", "Namespace"):
        return None
    fields = yamltree.entries(obj.node)
    metadata = yamltree.entries(yamltree.get(obj.node, "metadata"))
    labels = yamltree.get(obj.node, "metadata", "labels")
    texts = tuple(
        (key, yamltree.text(value))
        for key, (_, value) in yamltree.entries(labels).items()
        if isinstance(value, yamltree.ScalarNode) and not yamltree.is_null(value)
    )
    anchor = metadata["labels"][0] if "labels" in metadata else None
    name = metadata["name"][1] if "name" in metadata else None
    kind = fields["kind"][1] if "kind" in fields else obj.node
    outer = yamltree.get(obj.node, "metadata")
    patch = obj.patch or obj.document.source.patch
    return PodSecurity(obj.document, obj.ref, labels, anchor or name or kind, texts, outer, patch)


def is_system(name: str) -> bool:
    """Whether a namespace belongs to the cluster itself."""
    return name.startswith(("kube-", "openshift-")) or name == "openshift"


def level(text: str | None) -> str | None:
    """The level that the labels ask for; an unknown one is evaluated as restricted, none as None."""
    return text if text is None or text in LEVELS else "restricted"


def minor(text: str | None) -> int:
    """The minor version of an ``-version`` label; LATEST where it is absent, ``latest`` or invalid."""
    found = _VERSION.fullmatch(text or "")
    return int(found[1]) if found else LATEST


def is_template(text: str) -> bool:
    """Whether a value is filled in later: by Helm, Kustomize or Flux."""
    return "{{" in text or "$" in text


def is_version(text: str) -> bool:
    """Whether the API server accepts a version label."""
    return text == "latest" or _VERSION.fullmatch(text) is not None


def checks(name: str, version: int) -> tuple[Check, ...]:
    """What a level of a version asks of the capabilities of each container (Windows pods apart)."""
    if name == "privileged":
        return ()
    if name == "baseline" or version < DROPS_SINCE:
        return Unprivileged(), Adds(_BASELINE)
    return Unprivileged(), Drops(("ALL",)), Adds(("NET_BIND_SERVICE",))


def clauses(name: str, version: int, node: Node) -> tuple[Clause, ...]:
    """The same as clauses for the pods of one namespace."""
    made = []
    for check in checks(name, version):
        windows = version >= WINDOWS_SINCE and name == "restricted" and not isinstance(check, Unprivileged)
        made.append(Clause(check, node, applies=_not_windows if windows else _any_pod))
    return tuple(made)


def _not_windows(pod: Pod) -> bool:
    return not pod.windows


def _any_pod(_pod: Pod) -> bool:
    return True


def gate(namespace: PodSecurity) -> Gate | None:
    """What a namespace asks of its pods: the level in force, and a stricter one that is only reported.

    None for a namespace whose labels refuse nothing.
    """
    made: list[Clause] = []
    enforced = level(namespace.text(ENFORCE)) or "privileged"
    anchor = namespace.node(ENFORCE) or namespace.anchor
    made += clauses(enforced, minor(namespace.text(VERSION)), anchor)
    today = ""
    for mode in ("audit", "warn"):
        # An unknown level fails open there (api/helpers.go).
        name = namespace.text(PREFIX + mode)
        if name in LEVELS and LEVELS.index(name) > LEVELS.index(enforced):
            version = minor(namespace.text(f"{PREFIX}{mode}-version"))
            node = namespace.node(PREFIX + mode) or anchor
            made += [one.replace(enforced=False) for one in clauses(name, version, node)]
            today = mode
            enforced = name
    if not made:
        return None

    def inside(pod: Pod) -> bool | None:
        return None if pod.namespace is None else pod.namespace == namespace.object.name

    bound = tuple(one.replace(applies=both(one.applies, inside)) for one in made)
    return Gate(namespace.document, namespace.object, made[0].node, "Pod Security", bound, today=today)

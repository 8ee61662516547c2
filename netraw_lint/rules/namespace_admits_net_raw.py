"""Finds namespaces whose Pod Security labels let pods hold NET_RAW.

## What it does
Reads the label `pod-security.kubernetes.io/enforce` of each Namespace, with its `enforce-version`:
- `restricted` asks every container to drop ALL and to add nothing but NET_BIND_SERVICE, since policy version v1.22
  (Windows pods are left out since v1.25): nothing to report;
- `restricted` of an older version, and `baseline`, refuse only what is added: a container that says nothing keeps
  the NET_RAW that containerd and Docker give by default;
- `privileged` refuses nothing;
- without the label the API server's own default counts, which is `privileged` unless its configuration differs;
- a namespace with any other value is refused when it is created.

The labels `audit` and `warn` refuse nothing. The rule has to be asked for (`--extend-select NRL103`), since not every
repository holds its namespaces.

## Why is this bad?
Pod Security admission is the gate that every cluster has. Below `restricted` it is open for NET_RAW.

## Example
```yaml
apiVersion: v1
kind: Namespace
metadata:
  name: shop
  labels:
    pod-security.kubernetes.io/enforce: baseline
```

## Use instead
```yaml
apiVersion: v1
kind: Namespace
metadata:
  name: shop
  labels:
    pod-security.kubernetes.io/enforce: restricted
```

## Fix safety
Unsafe: pods that run today may be refused when they are next created, for capabilities and for everything else that
`restricted` asks. `--fix --unsafe-fixes` writes the label; `--against-policies` says beforehand who would be refused for
capabilities. Namespaces of the cluster itself (`kube-*`, `openshift*`) are not changed: their pods need more.

## References
- Kubernetes: Pod Security Standards; Enforce Pod Security Standards with Namespace Labels
- kubernetes/pod-security-admission `api/helpers.go`, `policy/check_capabilities_baseline.go`,
  `policy/check_capabilities_restricted.go`
- CIS Kubernetes Benchmark 5.2.7 / 5.2.8
"""

from __future__ import annotations

from netraw_lint import capabilities, findings
from netraw_lint.findings import Place, Rule, listing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from netraw_lint.model import Finding, Settings
    from netraw_lint.nodes import Node
    from netraw_lint.policies.pod_security import PodSecurity

RULE = Rule("NRL103", "namespace-admits-net-raw", "warning", opt_in=True, fix="unsafe")


def check_namespace(namespace: PodSecurity, settings: Settings) -> Iterator[Finding]:
    """One finding per namespace, at the label or where it is missing."""
    from netraw_lint.policies import pod_security
    from netraw_lint.policies.pod_security import DROPS_SINCE, ENFORCE, LEVELS, VERSION

    text, version = namespace.text(ENFORCE), namespace.text(VERSION)
    node = namespace.node(ENFORCE) or namespace.anchor
    default = _default(settings)
    if (text is None and namespace.patch) or any(
        pod_security.is_template(each or "") for each in (text, version)
    ):
        return
    if text is None:
        statement = (
            f"no label {ENFORCE}: the API server's default level counts, which is privileged unless configured "
            "otherwise and refuses nothing"
        )
    elif text not in LEVELS:
        statement = (
            f"`{text}` is no Pod Security level ({listing(LEVELS)}): the namespace cannot be created so"
        )
    elif text == "privileged":
        statement = (
            "its level `privileged` refuses nothing, added capabilities and privileged containers included"
        )
    elif version is not None and not pod_security.is_version(version):
        node = namespace.node(VERSION) or node
        yield _finding(
            namespace,
            node,
            f"`{version}` is no policy version (latest or v1.NN): the namespace cannot be created so",
            f"set {VERSION}: latest, or remove it",
        )
        return
    elif text == "baseline":
        if not default:
            return
        statement = f"its level `baseline` refuses an added NET_RAW and privileged containers, but {default}"
    elif pod_security.minor(version) < DROPS_SINCE and default:
        node = namespace.node(VERSION) or node
        yield _finding(
            namespace,
            node,
            f"`restricted` asks to drop capabilities since policy version v1.{DROPS_SINCE}; at {version} {default}",
            f"set {VERSION}: latest, or remove it",
        )
        return
    else:
        return
    yield _finding(namespace, node, statement, f"set the label {ENFORCE}: restricted")


def _default(settings: Settings) -> str:
    """What a container without a word about capabilities gets, or nothing where no runtime grants it."""
    holders = capabilities.judge((), (), False, settings.runtimes).runtimes
    return (
        f"it admits the NET_RAW that {listing(holders)} give{'s' * (len(holders) == 1)} by default"
        if holders
        else ""
    )


def _finding(namespace: PodSecurity, node: Node, statement: str, advice: str) -> Finding:
    from netraw_lint.policies import pod_security

    system = pod_security.is_system(namespace.object.name)
    if system:
        statement += "; the cluster's own namespace, whose components may need it"
    place = Place(namespace.document, findings.node_span(node), namespace.object)
    made = findings.make(RULE, place, f"{namespace.object}: {statement}", advice)
    return made.replace(fix=None) if system else made

"""Finds drop entries that look as if they removed NET_RAW and do not.

## What it does
Reports an entry of `capabilities.drop` that
- containerd ignores: `CAP_NET_RAW` (it puts `CAP_` in front of every name itself), `CAP_ALL`, `*`, padded names
  and typos such as `NETRAW`. CRI-O and Docker refuse to start a container with most of these;
- Docker lets `add` overrule: the same name in both lists, or ALL in both (containerd and CRI-O drop last);
- the Pod Security Standards do not accept: `all` works on every runtime, and "restricted" wants exactly `ALL`
  (reported as a warning).

## Why is this bad?
The manifest passes review, other linters and often its tests, and on the most common runtime the container still
opens raw sockets.

## Example
```yaml
securityContext:
  capabilities:
    drop: ["CAP_NET_RAW"]
```

## Use instead
```yaml
securityContext:
  capabilities:
    drop: ["NET_RAW"]
```

## Fix safety
Safe: the entry is respelt, or the entry of `add` that overrules it is removed.

## References
- containerd `internal/cri/opts/spec_opts.go` WithCapabilities; kubernetes/kubernetes#95613
- moby `daemon/pkg/oci/caps/utils.go` TweakCapabilities
- Kubernetes documentation, "Configure a Security Context": omit the `CAP_` portion of the constant
- pod-security-admission `policy/check_capabilities_restricted.go`
"""

from __future__ import annotations

from netraw_lint import capabilities, findings
from netraw_lint.findings import Judgement, Rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from netraw_lint.model import Finding, Severity

RULE = Rule("NRL005", "ineffective-drop", "error", fix="safe")


def check_container(judgement: Judgement) -> Iterator[Finding]:
    """One finding per entry, at the entry."""
    causes = judgement.causes
    if not causes.ineffective and causes.conflict is None and causes.pod_security is None:
        return
    container = judgement.container
    drop = container.security.drop
    repaired = tuple(capabilities.intended(name) or name for name in drop)
    privileged = container.security.privileged is not None
    still = capabilities.judge(container.security.add, repaired, privileged, judgement.settings.runtimes)
    held = judgement.verdict.runtimes
    blamed = tuple(name for name in held if name not in still.runtimes) or held
    where = f"{findings.listing(blamed)} {'keep' if len(blamed) > 1 else 'keeps'}"
    for index, meant in causes.ineffective:
        if drop[index].upper().startswith("CAP_"):
            why = "containerd prefixes CAP_ itself, so"
        elif drop[index] != drop[index].strip():
            why = "names are not trimmed, so"
        else:
            why = "no runtime knows that name, so"
        statement = f"{why} `{drop[index]}` in drop removes nothing, and {where} NET_RAW"
        yield _finding(judgement, index, statement + findings.risk(container), f"write `{meant}`")
    if causes.conflict is not None:
        entry = drop[causes.conflict]
        statement = f"docker lets add win over `{entry}` in drop, and keeps NET_RAW{findings.risk(container)}"
        advice = "remove NET_RAW from add" if entry.upper() != "ALL" else "add `NET_RAW` to drop"
        yield _finding(judgement, causes.conflict, statement, advice)
    if causes.pod_security is not None and container.regime not in ("patch", "takes away"):
        entry = drop[causes.pod_security]
        statement = f"runtimes drop everything for `{entry}`, but Pod Security restricted accepts only `ALL`"
        yield _finding(judgement, causes.pod_security, statement, "write `ALL`", "warning")


def _finding(
    judgement: Judgement, index: int, statement: str, advice: str, severity: Severity | None = None
) -> Finding:
    container = judgement.container
    node = container.security.drop_nodes[index] or container.security.nearest
    return findings.of_container(
        RULE, container, node, statement, advice, f"drop {container.security.drop[index]}", severity
    )

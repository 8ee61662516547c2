"""The report for programs; its shape is the promise of schemas/report.schema.json."""

from __future__ import annotations

from netraw_lint.reporters.escape import json_text
from netraw_lint.summary import counted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from netraw_lint.model import ContainerRef, Exemption, Finding, Judged, ObjectRef, Report


def render(
    report: Report, _colour: bool = False, *, version: str = "", containers: bool = False, **_extra: object
) -> str:
    """One JSON object, indented, with a final newline."""
    return json_text(data(report, version, containers))


def data(report: Report, version: str, containers: bool = False) -> dict[str, Any]:
    """The report as JSON values."""
    result: dict[str, Any] = {
        "schema_version": 1,
        "tool": {"name": "netraw-lint", "version": version},
        "summary": {
            "files": report.counts.files,
            "documents": report.counts.documents,
            "workloads": report.counts.workloads,
            "containers": report.counts.containers,
            "unrendered": report.counts.unrendered,
            "findings": len(report.findings),
            "exempt": len(report.exempt),
            "problems": len(report.problems),
            "rules": counted(report),
        },
        "findings": [_finding(finding) for finding in report.findings],
        "exempt": [_exempt(exemption) for exemption in report.exempt],
        "problems": [
            {"path": problem.path, "stage": problem.stage, "message": problem.message, "line": problem.line}
            for problem in report.problems
        ],
    }
    if containers:
        result["containers"] = [_judged(judged) for judged in report.containers]
    return result


def _finding(finding: Finding) -> dict[str, Any]:
    policies = [
        {"object": _object(policy.object), "path": policy.path, "line": policy.line}
        for policy in finding.policies
    ]
    return {
        "rule": finding.rule,
        "name": finding.name,
        "severity": finding.severity,
        "message": finding.message,
        "help": finding.help,
        "path": finding.path,
        "line": finding.location.line,
        "column": finding.location.column,
        "end_line": finding.location.end_line,
        "end_column": finding.location.end_column,
        "document": finding.document,
        "origin": finding.origin,
        "object": _object(finding.object),
        "container": _container(finding.container),
        "fix": finding.fix,
        "refusal": finding.refusal,
        "identity": finding.identity,
        **({"policies": policies} if policies else {}),
    }


def _exempt(exemption: Exemption) -> dict[str, Any]:
    return {
        **_finding(exemption.finding),
        "reason": exemption.reason,
        "until": exemption.until,
        "exempted_by": exemption.origin,
    }


def _object(ref: ObjectRef | None) -> dict[str, str] | None:
    if ref is None:
        return None
    return {"api_version": ref.api_version, "kind": ref.kind, "namespace": ref.namespace, "name": ref.name}


def _container(ref: ContainerRef | None) -> dict[str, Any] | None:
    if ref is None:
        return None
    return {"list": ref.list, "index": ref.index, "name": ref.name, "pod_path": ref.pod_path}


def _judged(judged: Judged) -> dict[str, Any]:
    return {
        "path": judged.path,
        "line": judged.location.line,
        "document": judged.document,
        "origin": judged.origin,
        "object": _object(judged.object),
        "container": _container(judged.container),
        "holds_net_raw": dict(judged.holds),
        "why": judged.why,
    }

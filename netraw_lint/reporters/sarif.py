"""SARIF 2.1.0 for GitHub code scanning, Azure DevOps and editors.

GitHub shows an alert on a pull request only if its whole region is part of the diff, so a region is one line.
"""

from __future__ import annotations

from hashlib import sha256

from netraw_lint.reporters import sarif_rules
from netraw_lint.reporters.entries import of_finding, of_problem, placed, worst_first
from netraw_lint.reporters.escape import brief, json_text
from netraw_lint.reporters.linehash import line_hashes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from netraw_lint.model import ContainerRef, Exemption, Finding, ObjectRef, Problem, Report
    from netraw_lint.reporters.suggested import Suggestions

    Read = Callable[[str], bytes | None]

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
ROOT = "%SRCROOT%"
# GitHub refuses more results per run, and more bytes of the compressed file.
MOST_RESULTS = 25_000
MOST_BYTES = 10_000_000

_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/")
# Where an exemption stands if not in the manifest itself.
_EXTERNAL = ("settings", "baseline")

_NOT_CHECKED, _LEFT_OUT = "not-checked", "left-out"


def _notification(name: str, short: str, full: str) -> dict[str, Any]:
    # GitHub and Azure DevOps ask for these here too (rules GH2012 and GHAzDO2012 of Microsoft's validator).
    texts = {"shortDescription": {"text": short}, "fullDescription": {"text": full}}
    # A name may not be that of the id.
    return {"id": name, "name": name.replace("-", " "), **texts, "help": {"text": full}}


_NOTIFICATIONS = (
    _notification(
        _NOT_CHECKED,
        "Something was not checked.",
        "A file, a document or a chart could not be read or rendered. What is in it may hold NET_RAW: the run "
        "ends with exit code 2, and the message says what to do.",
    ),
    _notification(
        _LEFT_OUT,
        "Results were left out: there are more than a log may hold.",
        "GitHub refuses a log with more results or bytes. The worst are here; the other formats have all of them.",
    ),
)


def render(
    report: Report,
    _colour: bool = False,
    *,
    version: str = "",
    paths: Mapping[str, str] | None = None,
    read: Read | None = None,
    show_suppressed: bool = False,
    suggestions: Suggestions | None = None,
    **_extra: object,
) -> str:
    """One log with one run; of too many results the worst, with a notification that says so."""
    run = _Run(report, version, paths, read, show_suppressed, suggestions)
    most = MOST_RESULTS
    while True:
        text = json_text(run.log(most))
        if len(text) <= MOST_BYTES or _compressed(text) <= MOST_BYTES or not most:
            return text
        most //= 2


def _compressed(text: str) -> int:
    from zlib import compress

    return len(compress(text.encode())) + 32  # gzip's header is longer than zlib's


class _Run:
    """What the parts of a run are made from."""

    def __init__(
        self,
        report: Report,
        version: str,
        paths: Mapping[str, str] | None,
        read: Read | None,
        show_suppressed: bool,
        suggestions: Suggestions | None,
    ) -> None:
        self.report = report
        self.version = version
        self.paths = paths
        self.read = read
        self.suggestions = suggestions or {}
        self.rules = sarif_rules.descriptors()
        self.indices = {rule["id"]: number for number, rule in enumerate(self.rules)}
        self.exempt = report.exempt if show_suppressed else ()
        shown = [*report.findings, *(exemption.finding for exemption in self.exempt)]
        self.hashes = self._line_hashes(shown)
        self.results = [self._result(finding) for finding in worst_first(report.findings)]
        self.results += [self._suppressed(exemption) for exemption in self.exempt]

    def log(self, most: int) -> dict[str, Any]:
        """The log with at most so many results."""
        driver = {
            "name": "netraw-lint",
            "fullName": f"netraw-lint {self.version or '0'}",
            "version": self.version or "0",
            "rules": self.rules,
            "notifications": list(_NOTIFICATIONS),
        }
        run = {
            "tool": {"driver": driver},
            "automationDetails": {"id": "netraw-lint/"},
            "columnKind": "utf16CodeUnits",
            "originalUriBaseIds": {ROOT: {"description": {"text": "The root of the repository."}}},
            "invocations": [
                {
                    "executionSuccessful": not self.report.problems,
                    "toolExecutionNotifications": self._notifications(most),
                }
            ],
            "results": self.results[:most],
        }
        return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}

    def _notifications(self, most: int) -> list[dict[str, Any]]:
        shown = [self._problem(problem) for problem in self.report.problems[:most]]
        left_out = [
            f"{len(values) - most:,} more {what} are left out: a log that GitHub accepts has no room for them"
            for values, what in ((self.results, "results"), (self.report.problems, "unchecked places"))
            if len(values) > most
        ]
        return shown + [
            {"level": "warning", "message": {"text": text}, "descriptor": {"id": _LEFT_OUT, "index": 1}}
            for text in left_out
        ]

    def _problem(self, problem: Problem) -> dict[str, Any]:
        entry = of_problem(problem, self.paths)
        physical: dict[str, Any] = {"artifactLocation": self._artifact(problem.path)}
        if problem.line is not None:
            physical["region"] = {"startLine": problem.line}
        return {
            "level": "error",
            "message": {"text": f"{entry.place}: {entry.title}: {entry.text}"},
            "locations": [{"physicalLocation": physical}],
            "descriptor": {"id": _NOT_CHECKED, "index": 0},
        }

    def _artifact(self, path: str) -> dict[str, Any]:
        uri = shown_uri(placed(path, self.paths))
        return {"uri": uri} if uri.startswith("file:") else {"uri": uri, "uriBaseId": ROOT}

    def _result(self, finding: Finding) -> dict[str, Any]:
        location = finding.location
        region = {
            "startLine": location.line,
            "startColumn": _column(finding.excerpt[: location.column - 1]),
            "endLine": location.end_line,
            "endColumn": _column(finding.excerpt[: location.end_column - 1]),
        }
        place: dict[str, Any] = {
            "physicalLocation": {"artifactLocation": self._artifact(finding.path), "region": region}
        }
        logical = _logical(finding.object, finding.container)
        if logical:
            place["logicalLocations"] = [logical]
        text = of_finding(finding, self.paths).whole
        fingerprints = {"netrawLintIdentity/v1": sha256(_bytes(finding.identity)).hexdigest()[:32]}
        line_hash = self.hashes.get((finding.path, location.line))
        if line_hash:
            fingerprints["primaryLocationLineHash"] = line_hash
        result = {
            "ruleId": finding.rule,
            "ruleIndex": self.indices[finding.rule],
            "level": sarif_rules.LEVELS[finding.severity],
            # A viewer makes links of [text](target).
            "message": {"text": text.replace("](", "] (")},
            "locations": [place],
            "partialFingerprints": fingerprints,
        }
        fix = self._fix(finding)
        return result | ({"fixes": [fix]} if fix else {})

    def _suppressed(self, exemption: Exemption) -> dict[str, Any]:
        until = f" (until {exemption.until})" if exemption.until else ""
        suppression = {
            "kind": "external" if exemption.origin in _EXTERNAL else "inSource",
            "status": "accepted",
            "justification": brief(f"{exemption.reason}{until}", 1000),
        }
        return {**self._result(exemption.finding), "suppressions": [suppression]}

    def _fix(self, finding: Finding) -> dict[str, Any] | None:
        instead = self.suggestions.get(finding)
        if instead is None:
            return None
        region = {
            "startLine": instead.start.line,
            "startColumn": _column(instead.start.before),
            "endLine": instead.end.line,
            "endColumn": _column(instead.end.before),
        }
        change = {"deletedRegion": region, "insertedContent": {"text": instead.text}}
        return {
            "description": {"text": of_finding(finding, self.paths).advice or finding.name},
            "artifactChanges": [{"artifactLocation": self._artifact(finding.path), "replacements": [change]}],
        }

    def _line_hashes(self, findings: list[Finding]) -> dict[tuple[str, int], str]:
        lines: dict[str, set[int]] = {}
        for finding in findings:
            lines.setdefault(finding.path, set()).add(finding.location.line)
        found: dict[tuple[str, int], str] = {}
        for path, wanted in lines.items():
            data = self.read(path) if self.read else None
            if data is not None:
                found |= {(path, line): value for line, value in line_hashes(data, wanted).items()}
        return found


def shown_uri(path: str) -> str:
    """A path as a URI: relative ones as they are, percent-encoded; bytes that are no text keep their value."""
    encoded = path.encode("utf-8", "surrogateescape" if _is_escaped(path) else "surrogatepass")
    text = "".join(chr(byte) if byte in _UNRESERVED else f"%{byte:02X}" for byte in encoded)
    return f"file://{text}" if text.startswith("/") else text


def _is_escaped(path: str) -> bool:
    """Whether every surrogate stands for a byte, as in the names of files that are no text."""
    return all(not "\ud800" <= char <= "\udfff" or "\udc80" <= char <= "\udcff" for char in path)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _column(before: str) -> int:
    return len(before.encode("utf-16-le", "surrogatepass")) // 2 + 1


def _logical(ref: ObjectRef | None, container: ContainerRef | None) -> dict[str, str] | None:
    """``apps/v1/Deployment/shop/web#spec.template.spec.containers[0]``, with the container's name."""
    if ref is None:
        return None
    whole = "/".join(part for part in (ref.api_version, ref.kind, ref.namespace, ref.name) if part)
    name = ref.name
    if container is not None:
        index = "" if container.index is None else f"[{container.index}]"
        whole += "#" + ".".join(part for part in (container.pod_path, container.list + index) if part)
        name = container.name or name
    named = {"name": brief(name, 250)} if name else {}
    return {**named, "fullyQualifiedName": brief(whole, 1000), "kind": "resource"}

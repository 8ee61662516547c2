"""A report made by hand, with what is hard about reports in it, and how the reporters are called."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from netraw_lint.model import (
    ContainerRef,
    Counts,
    Exemption,
    Finding,
    Location,
    ObjectRef,
    Problem,
    Report,
    Span,
)
from netraw_lint.reporters import FORMATS

# The formats whose reports are kept and compared; the others have tests of their own.
KEPT = tuple(name for name in FORMATS if name not in ("full", "concise", "json", "html"))

DEPLOYMENT = ObjectRef("apps/v1", "Deployment", "shop", "web")
WEB = ContainerRef("containers", 0, "app", "spec.template.spec")
# The place of `app` in it is column 8 in characters, 9 in UTF-16 units, 12 in bytes of UTF-8.
LINE = "# é𝒳: app"
FILE = f"one\ntwo\n{LINE}\nfour\n".encode()


def finding(**changes: Any) -> Finding:
    """A finding in line 3 of FILE, with some fields changed."""
    values: dict[str, Any] = {
        "rule": "NRL003",
        "name": "net-raw-not-dropped",
        "severity": "error",
        "message": 'Deployment/shop/web, container "app": NET_RAW is not dropped',
        "help": 'add securityContext.capabilities.drop: ["NET_RAW"]',
        "path": "k8s/web.yaml",
        "span": Span(14, 17),
        "location": Location(3, 7, 3, 10),
        "document": 0,
        "object": DEPLOYMENT,
        "container": WEB,
        "origin": None,
        "excerpt": LINE,
        "identity": "NRL003 apps/Deployment/shop/web containers/app",
    }
    return Finding(**{**values, **changes})


def made(
    *findings: Finding, problems: tuple[Problem, ...] = (), exempt: tuple[Exemption, ...] = ()
) -> Report:
    return Report(tuple(findings), exempt, problems, (), Counts(3, 4, 5, 6))


CLEAN = made()
PROBLEMS = made(
    problems=(
        Problem("k8s/binary.yaml", "read", "NUL byte at offset 7 (line 2): a binary file", 2),
        Problem("charts/shop", "render", "a Helm chart is no YAML before it is rendered"),
    )
)
FULL = made(
    finding(
        rule="NRL101",
        name="policy-admits-net-raw",
        severity="info",
        message="SecurityContextConstraints/open: 100% of pods, \\ included",
        path="k8s/a, b:c;d].yaml",
        object=ObjectRef("security.openshift.io/v1", "SecurityContextConstraints", "", "open"),
        container=None,
        identity="NRL101 security.openshift.io/SecurityContextConstraints/open",
    ),
    finding(severity="warning", origin="shop/templates/web.yaml"),
    finding(),
    finding(location=Location(3, 1, 3, 1), help=""),
    finding(
        rule="NRL900",
        name="unreadable-manifest",
        message="not judged: <found> | `tab` & more",
        object=None,
        container=None,
        path="<stdin>",
        identity="NRL900 <stdin>#0 found",
    ),
    problems=PROBLEMS.problems,
    exempt=(
        Exemption(finding(identity="x"), "needs ping, see [1](http://x.example)", "2030-01-31", "comment"),
        Exemption(finding(identity="y"), "recorded in the baseline", None, "baseline"),
    ),
)
SAMPLES = {"clean": CLEAN, "problems": PROBLEMS, "full": FULL}

PATHS = {name: f"deploy/{name}" for name in ("k8s/web.yaml", "k8s/a, b:c;d].yaml", "k8s/binary.yaml")}
PATHS["charts/shop"] = "charts/shop"


def extra(**changes: Any) -> dict[str, Any]:
    """What the command line hands to a reporter."""
    values: dict[str, Any] = {
        "version": "1.2.3",
        "containers": False,
        "paths": PATHS,
        "root": "/repo",
        "read": lambda path: None if path == "<stdin>" else FILE,
        "show_suppressed": False,
    }
    return {**values, **changes}


def rendered(name: str, report: Report, colour: bool = False, **changes: Any) -> str:
    """A report in a format."""
    module = import_module(f"netraw_lint.reporters.{FORMATS[name]}")
    text: str = module.render(report, colour, **({} if name in ("full", "concise") else extra(**changes)))
    return text

"""What netraw-lint and other linters say about small manifests whose truth is known: a table in Markdown.

    python benchmarks/peers_verdicts.py [--checkov PROGRAM] [--kube-score PROGRAM] [--speed RUNS]

The truth is what containerd does with the manifest (its `internal/cri/opts/spec_opts.go`, and the API server's schema
for what it prunes), not what a linter says. A linter "finds" a case if it fails a check that is about capabilities or
privileges; checkov is asked for CKV_K8S_28, the check that is about NET_RAW, and in a second column for all of its
checks about capabilities and privileges. A program that is not named, nor on the PATH, has no column.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
CHECKOV = {
    "CKV_K8S_16": "privileged",
    "CKV_K8S_25": "added capabilities",
    "CKV_K8S_28": "NET_RAW",
    "CKV_K8S_37": "assigned capabilities",
}


class Case(NamedTuple):
    """Files, and whether a container of them holds NET_RAW on containerd (None: nobody can know)."""

    name: str
    holds: bool | None
    files: dict[str, str]


def pod(context: str = "", more: str = "") -> dict[str, str]:
    """A pod with one container, which has this securityContext; and more of its spec."""
    security = f"      securityContext: {context}\n" if context else ""
    return {
        "pod.yaml": "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\nspec:\n  containers:\n    - name: app\n"
        f"      image: registry.example/app:1.0\n{security}{more}"
    }


def of_template(api: str, kind: str, more: str = "") -> str:
    """An object whose pods have one container that says nothing about capabilities."""
    return (
        f"apiVersion: {api}\nkind: {kind}\nmetadata:\n  name: web\nspec:\n  selector:\n    matchLabels: {{app: web}}\n"
        f"  template:\n    metadata:\n      labels: {{app: web}}\n    spec:\n      containers:\n        - name: app\n"
        f"          image: registry.example/app:1.0\n{more}"
    )


def indented(text: str) -> str:
    return "".join(f"    {line}\n" for line in text.splitlines())


DROPS_ALL = "{capabilities: {drop: [ALL]}}"
CASES = (
    Case("nothing said", True, pod()),
    Case("`drop: [NET_RAW]`", False, pod("{capabilities: {drop: [NET_RAW]}}")),
    Case("`drop: [ALL]`", False, pod(DROPS_ALL)),
    Case("`drop: [net_raw]`", False, pod("{capabilities: {drop: [net_raw]}}")),
    Case("`drop: [All]`", False, pod("{capabilities: {drop: [All]}}")),
    Case("`drop: [CAP_NET_RAW]`", True, pod("{capabilities: {drop: [CAP_NET_RAW]}}")),
    Case("`drop: [ALL]`, `add: [NET_RAW]`", True, pod("{capabilities: {drop: [ALL], add: [NET_RAW]}}")),
    Case("`drop: [ALL]`, `add: [net_raw]`", True, pod("{capabilities: {drop: [ALL], add: [net_raw]}}")),
    Case(
        "`drop: [ALL]`, `add: [NET_BIND_SERVICE]`",
        False,
        pod("{capabilities: {drop: [ALL], add: [NET_BIND_SERVICE]}}"),
    ),
    Case("`privileged: true`, `drop: [ALL]`", True, pod("{privileged: true, capabilities: {drop: [ALL]}}")),
    Case(
        "`capabilities` of the pod, not of the container", True, pod("", f"  securityContext: {DROPS_ALL}\n")
    ),
    Case(
        "an init container that says nothing",
        True,
        pod(DROPS_ALL, "  initContainers:\n    - name: init\n      image: registry.example/init:1.0\n"),
    ),
    Case(
        "an ephemeral container that says nothing",
        True,
        pod(
            DROPS_ALL, "  ephemeralContainers:\n    - name: debug\n      image: registry.example/debug:1.0\n"
        ),
    ),
    Case("a pod on Windows", False, pod("", "  os: {name: windows}\n")),
    Case(
        "`kind: List`",
        True,
        {
            "list.yaml": "apiVersion: v1\nkind: List\nitems:\n  -\n"
            + indented(of_template("apps/v1", "Deployment"))
        },
    ),
    Case("an Argo `Rollout`", True, {"rollout.yaml": of_template("argoproj.io/v1alpha1", "Rollout")}),
    Case(
        "a Knative `Service`",
        True,
        {
            "service.yaml": "apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata:\n  name: web\nspec:\n  template:\n"
            "    spec:\n      containers:\n        - image: registry.example/app:1.0\n"
        },
    ),
    Case(
        "a Kustomize patch, whose base drops ALL",
        False,
        {
            "base/kustomization.yaml": "resources: [deployment.yaml]\n",
            "base/deployment.yaml": of_template(
                "apps/v1", "Deployment", f"          securityContext: {DROPS_ALL}\n"
            ),
            "overlay/kustomization.yaml": "resources: [../base]\npatches:\n  - path: patch.yaml\n",
            "overlay/patch.yaml": "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  template:\n"
            "    spec:\n      containers:\n        - name: app\n          env: [{name: MODE, value: production}]\n",
        },
    ),
    Case(
        "a Helm chart that says nothing",
        True,
        {
            "Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
            "values.yaml": "image: registry.example/app:1.0\n",
            "templates/deployment.yaml": of_template("apps/v1", "Deployment").replace(
                "registry.example/app:1.0", "{{ .Values.image }}"
            ),
        },
    ),
    Case(
        "`{{ .Values.x }}` in a comment of plain YAML",
        True,
        {"pod.yaml": "# was {{ .Values.image }}\n" + pod()["pod.yaml"]},
    ),
    Case("YAML that cannot be parsed", None, {"pod.yaml": pod()["pod.yaml"] + "  a: [\n"}),
)

Verdict = bool | None  # whether the linter objects; None: it cannot take this


def run(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=folder, capture_output=True, encoding="utf-8", timeout=300, check=False
    )


def netraw_lint(folder: Path) -> Verdict:
    """Whether `netraw-lint .` has an error: its warnings are about other things than who holds NET_RAW."""
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from netraw_lint.cli import run; sys.exit(run())"
    done = run([sys.executable, "-c", code, "--isolated", "--output-format=json", "."], folder)
    report = json.loads(done.stdout)
    if report["problems"]:
        raise SystemExit(f"not checked: {report['problems']}")
    return any(finding["severity"] == "error" for finding in report["findings"])


def checkov(program: str, folder: Path) -> set[str]:
    """The failed checks of `checkov -d .`; {"exit"} if it failed for another reason."""
    checks = ",".join(CHECKOV)
    done = run([program, "-d", ".", "--check", checks, "-o", "json", "--quiet", "--skip-download"], folder)
    try:
        parsed = json.loads(done.stdout)
    except ValueError:
        return {"exit"} if done.returncode else set()
    reports = parsed if isinstance(parsed, list) else [parsed]
    return {
        check["check_id"]
        for report in reports
        for check in report.get("results", {}).get("failed_checks", [])
    }


def kube_score(program: str, folder: Path) -> Verdict:
    """Whether `kube-score score` objects to something about capabilities or privileges."""
    files = [str(path) for path in sorted(folder.rglob("*.yaml")) if path.name != "kustomization.yaml"]
    if (folder / "Chart.yaml").exists():
        return None
    done = run([program, "score", "--output-format", "json", *files], folder)
    try:
        objects = json.loads(done.stdout)
    except ValueError:
        return done.returncode != 0
    return any(
        re.search("privileged|capabilit", check["check"]["id"])
        and not check["skipped"]
        and check["grade"] < 10
        for each in objects or []
        for check in each["checks"]
    )


def said(case: Case, verdict: Verdict) -> str:
    """A cell: what the linter says, in bold where it is wrong."""
    if verdict is None:
        return "–"
    if case.holds is None:
        return "says so" if verdict else "**silence**"
    if case.holds:
        return "finds it" if verdict else "**misses it**"
    return "**false alarm**" if verdict else "clean"


def verdicts(case: Case, peers: list[Callable[[Path], list[Verdict]]]) -> list[Verdict]:
    """What every linter says, ours first; each in a fresh directory that is a repository of its own."""
    found: list[Verdict] = []
    for peer in [lambda folder: [netraw_lint(folder)], *peers]:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / ".git").mkdir()
            for path, text in case.files.items():
                (folder / path).parent.mkdir(parents=True, exist_ok=True)
                (folder / path).write_text(text, "utf-8")
            found += peer(folder)
    return found


def truth(case: Case) -> str:
    return {True: "yes", False: "no", None: "?"}[case.holds]


def speed(command: list[str], folder: Path, runs: int) -> tuple[float, float]:
    """The median wall and CPU time of a run, in seconds; one run before the first is not counted."""
    walls, cpus = [], []
    for turn in range(runs + 1):
        before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        run(command, folder)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        if turn:
            walls.append(time.monotonic() - started)
            cpus.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return statistics.median(walls), statistics.median(cpus)


def main() -> None:
    """Ask everybody about everything, and print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--checkov", default=shutil.which("checkov"))
    parser.add_argument("--kube-score", default=shutil.which("kube-score"))
    parser.add_argument(
        "--speed", type=int, default=0, metavar="RUNS", help="measure a run on one file as well"
    )
    given = parser.parse_args()
    heads, peers = ["manifest", "holds NET_RAW", "netraw-lint"], []
    if given.checkov:
        heads += ["checkov: CKV_K8S_28", f"checkov: {len(CHECKOV)} checks"]

        def ask_checkov(folder: Path) -> list[Verdict]:
            failed = checkov(given.checkov, folder)
            return ["CKV_K8S_28" in failed or "exit" in failed, bool(failed)]

        peers.append(ask_checkov)
    if given.kube_score:
        heads.append("kube-score")
        peers.append(lambda folder: [kube_score(given.kube_score, folder)])
    print(f"| {' | '.join(heads)} |\n|{'---|' * len(heads)}")
    wrong = [0] * (len(heads) - 2)
    for case in CASES:
        cells = [said(case, verdict) for verdict in verdicts(case, peers)]
        wrong = [count + cell.startswith("**") for count, cell in zip(wrong, cells, strict=True)]
        print(f"| {case.name} | {truth(case)} | {' | '.join(cells)} |", flush=True)
    print(f"| **wrong, of {len(CASES)}** | | {' | '.join(map(str, wrong))} |")
    if given.speed:
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "pod.yaml").write_text(CASES[0].files["pod.yaml"], "utf-8")
            ours = [str(Path(sys.executable).parent / "netraw-lint"), "pod.yaml"]
            commands = {"netraw-lint pod.yaml": ours}
            if given.checkov:
                only = [
                    "-f",
                    "pod.yaml",
                    "--framework",
                    "kubernetes",
                    "--check",
                    "CKV_K8S_28",
                    "--skip-download",
                ]
                commands[f"checkov {' '.join(only)}"] = [given.checkov, *only]
            if given.kube_score:
                commands["kube-score score pod.yaml"] = [given.kube_score, "score", "pod.yaml"]
            print(f"\nmedian of {given.speed} runs, {os.cpu_count()} CPUs, Python {sys.version.split()[0]}:")
            for shown, command in commands.items():
                wall, cpu = speed(command, Path(folder), given.speed)
                print(f"{wall:7.2f} s, CPU {cpu:6.2f} s  {shown}")


if __name__ == "__main__":
    main()

"""What other programs print or keep: Helm's and kubectl's output, Kustomize's patches, charts."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path

import pytest

from conftest import Tool

HELM = """\
---
# Source: shop/charts/db/templates/statefulset.yaml
apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: db
spec:
  template:
    spec:
      containers:
        - name: postgres
          image: registry.example/postgres:16
---
# Source: shop/templates/config.yaml
apiVersion: v1
kind: ConfigMap
metadata:
  name: settings
---
# Source: shop/templates/web.yaml
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  template:
    spec:
      containers:
        - name: web
          image: registry.example/web:1
          securityContext:
            capabilities:
              add:
                - NET_RAW
"""
LIST = {
    "apiVersion": "v1",
    "kind": "List",
    "metadata": {"resourceVersion": ""},
    "items": [
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": "web", "namespace": "shop"},
            "spec": {"template": {"spec": {"containers": [{"name": "nginx", "image": "nginx"}]}}},
        },
        {
            "apiVersion": "batch/v1",
            "kind": "CronJob",
            "metadata": {"name": "backup", "namespace": "ops"},
            "spec": {
                "jobTemplate": {
                    "spec": {"template": {"spec": {"initContainers": [{"name": "wait", "image": "x"}]}}}
                }
            },
        },
    ],
}
LIST_YAML = """\
apiVersion: v1
items:
- apiVersion: apps/v1
  kind: Deployment
  metadata:
    name: web
    namespace: shop
  spec:
    template:
      spec:
        containers:
        - image: nginx
          name: nginx
- apiVersion: batch/v1
  kind: CronJob
  metadata:
    name: backup
    namespace: ops
  spec:
    jobTemplate:
      spec:
        template:
          spec:
            initContainers:
            - image: x
              name: wait
kind: List
metadata:
  resourceVersion: ""
"""
DEPLOYMENT = LIST_YAML.partition("- apiVersion: batch")[0].partition("items:\n")[2]
DEPLOYMENT = "\n".join(line[2:] for line in DEPLOYMENT.splitlines()) + "\n"
PATCH = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  template:
    spec:
      containers:
      - name: nginx
        image: nginx:2
"""


@pytest.fixture(autouse=True)
def _repository(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()


def test_helm_output_names_the_template(tool: Tool, tmp_path: Path) -> None:
    concise = tool("--output-format=concise", "-", cwd=tmp_path, stdin=HELM).stdout.splitlines()
    full = tool("-", cwd=tmp_path, stdin=HELM).stdout
    report = json.loads(tool("--output-format=json", "-", cwd=tmp_path, stdin=HELM).stdout)

    assert [line.split()[:2] for line in concise] == [
        ["<stdin>:11:17:", "NRL003"],
        ["<stdin>:34:19:", "NRL001"],
    ]
    assert [line for line in full.splitlines() if " = from: " in line] == [
        "   = from: shop/charts/db/templates/statefulset.yaml",
        "   = from: shop/templates/web.yaml",
    ]
    assert [(finding["origin"], finding["document"]) for finding in report["findings"]] == [
        ("shop/charts/db/templates/statefulset.yaml", 0),
        ("shop/templates/web.yaml", 2),
    ]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        pytest.param(LIST_YAML, [13, 26], id="yaml"),
        pytest.param(json.dumps(LIST, indent=4), [20, 42], id="json"),
        pytest.param(json.dumps(LIST), [1, 1], id="json on one line"),
    ],
)
def test_kubectl_output_names_the_objects(text: str, lines: list[int], tool: Tool, tmp_path: Path) -> None:
    findings = json.loads(tool("--output-format=json", "-", cwd=tmp_path, stdin=text).stdout)["findings"]

    assert [finding["line"] for finding in findings] == lines
    assert [finding["message"].partition(":")[0] for finding in findings] == [
        'Deployment/shop/web, container "nginx"',
        'CronJob/ops/backup, init container "wait"',
    ]
    assert [(finding["object"]["namespace"], finding["container"]["pod_path"]) for finding in findings] == [
        ("shop", "spec.template.spec"),
        ("ops", "spec.jobTemplate.spec.template.spec"),
    ]


def test_kustomize_patches_owe_nothing(tool: Tool, tmp_path: Path) -> None:
    base, overlay = tmp_path / "base", tmp_path / "overlay"
    for folder in (base, overlay / "patches"):
        folder.mkdir(parents=True)
    (base / "kustomization.yaml").write_text("resources: [web.yaml]\n")
    (base / "web.yaml").write_text(DEPLOYMENT)
    (overlay / "kustomization.yaml").write_text(
        "resources: [../base]\npatches:\n- path: patches/web.yaml\n- path: patches/raw.yaml\n"
    )
    (overlay / "patches" / "web.yaml").write_text(PATCH)
    added = "        securityContext: {capabilities: {add: [NET_RAW]}}\n"
    (overlay / "patches" / "raw.yaml").write_text(PATCH + added)

    ran = tool("--output-format=concise", cwd=tmp_path)
    alone = tool("--output-format=concise", "overlay/patches/web.yaml", cwd=tmp_path)

    assert [line.split()[:2] for line in ran.stdout.splitlines()] == [
        ["base/web.yaml:11:15:", "NRL003"],
        ["overlay/patches/raw.yaml:10:48:", "NRL001"],
    ]
    assert ran.stderr.startswith("netraw-lint: 5 files, 5 documents, 1 container: 2 findings")
    assert (alone.code, alone.stdout) == (0, "")


def chart(tmp_path: Path) -> None:
    (tmp_path / "chart" / "templates").mkdir(parents=True)
    (tmp_path / "chart" / "Chart.yaml").write_text("apiVersion: v2\nname: shop\nversion: 1.0.0\n")
    (tmp_path / "chart" / "values.yaml").write_text("image: x\n")
    (tmp_path / "chart" / "templates" / "web.yaml").write_text(
        "{{ if .Values.web }}\n" + DEPLOYMENT + "{{ end }}\n"
    )
    (tmp_path / "web.yaml").write_text(DEPLOYMENT)


@pytest.mark.parametrize(
    "paths", [".", "chart web.yaml", "chart/templates/web.yaml web.yaml", "chart/templates ."]
)
def test_a_chart_that_nothing_renders_is_not_checked_and_says_so(
    paths: str, tool: Tool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if find_spec("helm_python"):
        pytest.skip("the embedded engine is installed here, and renders it")
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    chart(tmp_path)

    ran = tool("--output-format=concise", *paths.split(), cwd=tmp_path)

    problem, finding = sorted(ran.stdout.splitlines())
    assert problem == (
        "chart: not checked (render): a Helm chart is no YAML before it is rendered, and there is nothing here to "
        'render it: put `helm` (version 3 or 4) on the PATH, or run `pip install "netraw-lint[helm]"`, or set '
        "`charts: skip` in .netraw-lint.yaml"
    )
    assert finding.startswith("web.yaml:11:15: NRL003 ")
    assert ran.code == 2


def test_charts_may_be_skipped(tool: Tool, tmp_path: Path) -> None:
    chart(tmp_path)
    (tmp_path / ".netraw-lint.yaml").write_text("charts: skip\n")

    ran = tool("--output-format=concise", cwd=tmp_path)

    assert [line.split()[:2] for line in ran.stdout.splitlines()] == [["web.yaml:11:15:", "NRL003"]]
    assert ran.code == 1


def test_an_unrendered_template_says_what_to_do(tool: Tool, tmp_path: Path) -> None:
    (tmp_path / "web.yaml").write_text(DEPLOYMENT + "      {{- toYaml .Values.volumes | nindent 6 }}\n")

    ran = tool("web.yaml", cwd=tmp_path)

    assert "NRL900" in ran.stdout
    assert "helm template" in ran.stdout
    assert ran.code == 1

"""Charts before --against-policies: their workloads are held against policies, and those that they deploy count."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from conftest import Tool

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: NAME
  NAMESPACE
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: app
          image: example/app:1
"""
HERE = DEPLOYMENT.replace("NAMESPACE", "namespace: shop")
TWO = '{{- range list "a" "b" }}\n---\n' + HERE.replace("NAME", "{{ $.Chart.Name }}-{{ . }}") + "{{- end }}\n"
NAMESPACE = """\
{{- if .Values.gate }}
# who comes in here
apiVersion: v1
kind: Namespace
metadata:
  name: shop
  labels:
    pod-security.kubernetes.io/enforce: restricted
{{- end }}
"""


def chart(folder: Path, name: str, values: str = "gate: true\n", **templates: str) -> None:
    (folder / name / "templates").mkdir(parents=True)
    (folder / name / "Chart.yaml").write_text(f"apiVersion: v2\nname: {name}\nversion: 1.0.0\n", "utf-8")
    (folder / name / "values.yaml").write_text(values, "utf-8")
    for file, text in templates.items():
        (folder / name / "templates" / f"{file}.yaml").write_text(text, "utf-8")


def found(tool: Tool, folder: Path, *args: str, code: int = 1) -> Any:
    ran = tool("--isolated", "--against-policies", "--output-format=json", *args, ".", cwd=folder)
    assert ran.code == code, ran.stdout + ran.stderr
    return json.loads(ran.stdout)


def test_a_line_of_a_template_is_reported_once_for_each_policy(
    engine: str, tool: Tool, tmp_path: Path
) -> None:
    chart(tmp_path, "web", web=TWO)
    chart(tmp_path, "gate", namespace=NAMESPACE)

    (finding,) = found(tool, tmp_path)["findings"]

    assert (finding["rule"], finding["path"], finding["line"]) == ("NRL110", "web/templates/web.yaml", 15)
    assert finding["message"] == (
        'Deployment/shop/web-a, container "app": Namespace/shop (gate/templates/namespace.yaml:8) refuses its pods: drop'
        " lacks `ALL`; the same line makes 1 more container"
    )
    (policy,) = finding["policies"]
    assert (policy["path"], policy["line"]) == ("gate/templates/namespace.yaml", 8)


def test_a_policy_of_a_chart_counts_for_plain_manifests_and_the_other_way_round(
    engine: str, tool: Tool, tmp_path: Path
) -> None:
    chart(tmp_path, "gate", namespace=NAMESPACE)
    (tmp_path / "pod.yaml").write_text(HERE.replace("NAME", "plain"), "utf-8")
    assert [each["path"] for each in found(tool, tmp_path)["findings"]] == ["pod.yaml"]

    chart(tmp_path, "web", web=TWO)
    (tmp_path / "gate" / "values.yaml").write_text("gate: false\n", "utf-8")
    labelled = "\n".join(line for line in NAMESPACE.split("\n") if "{{" not in line).replace(
        "shop", "shop", 1
    )
    (tmp_path / "namespace.yaml").write_text(labelled, "utf-8")
    findings = found(tool, tmp_path)["findings"]
    assert [(each["path"], each["policies"][0]["path"]) for each in findings] == [
        ("pod.yaml", "namespace.yaml"),
        ("web/templates/web.yaml", "namespace.yaml"),
    ]


def test_a_policy_that_no_value_set_deploys_is_not_there(engine: str, tool: Tool, tmp_path: Path) -> None:
    chart(tmp_path, "gate", "gate: false\n", namespace=NAMESPACE)
    (tmp_path / "pod.yaml").write_text(HERE.replace("NAME", "plain"), "utf-8")

    (problem,) = found(tool, tmp_path, code=2)["problems"]

    assert problem["message"].startswith("no admission policy about capabilities was found")


def test_the_namespace_of_the_release(engine: str, tool: Tool, tmp_path: Path) -> None:
    chart(tmp_path, "web", web=DEPLOYMENT.replace("NAME", "web", 1).replace("NAMESPACE", "labels: {}"))
    chart(tmp_path, "gate", namespace=NAMESPACE)

    (unsure, _) = found(tool, tmp_path)["findings"]
    (sure,) = found(tool, tmp_path, "--namespace", "shop")["findings"]

    assert unsure["message"].endswith(
        "may refuse its pods: drop lacks `ALL`; its namespace is not written there"
    )
    assert sure["message"].endswith("refuses its pods: drop lacks `ALL`")


def test_values_that_change_who_is_refused(engine: str, tool: Tool, tmp_path: Path) -> None:
    chart(tmp_path, "gate", namespace=NAMESPACE)
    dropping = HERE.replace("NAME", "web").rstrip("\n") + (
        "\n          securityContext: {capabilities: {drop: [{{ .Values.drop }}]}}\n"
    )
    chart(tmp_path, "web", "drop: ALL\n", web=dropping)
    (tmp_path / "web" / "ci").mkdir()
    (tmp_path / "web" / "ci" / "raw-values.yaml").write_text("drop: KILL\n", "utf-8")

    (refusal,) = found(tool, tmp_path)["findings"]

    assert refusal["message"].endswith("drop lacks `ALL`; only with ci/raw-values.yaml")


def test_what_cannot_be_rendered_is_told_as_by_the_linter(engine: str, tool: Tool, tmp_path: Path) -> None:
    chart(tmp_path, "gate", namespace=NAMESPACE)
    chart(tmp_path, "web", web='{{ fail "no" }}\n')
    (tmp_path / "pod.yaml").write_text(HERE.replace("NAME", "plain"), "utf-8")

    data = found(tool, tmp_path, code=2)

    lint = json.loads(tool("--isolated", "--output-format=json", "web", cwd=tmp_path).stdout)
    assert data["problems"] == lint["problems"] != []
    assert [each["path"] for each in data["findings"]] == ["pod.yaml"]


def test_an_exemption_in_a_template(engine: str, tool: Tool, tmp_path: Path) -> None:
    chart(tmp_path, "gate", namespace=NAMESPACE)
    comment = "        # netraw-lint: ignore[NRL110] moves out in May\n        - name: app\n"
    chart(tmp_path, "web", web=TWO.replace("        - name: app\n", comment))

    data = found(tool, tmp_path, code=0)

    assert data["findings"] == []
    assert [(each["rule"], each["path"], each["reason"]) for each in data["exempt"]] == [
        ("NRL110", "web/templates/web.yaml", "moves out in May")
    ]


def test_switches_may_add_workloads_and_no_policies(engine: str, tool: Tool, tmp_path: Path) -> None:
    chart(
        tmp_path,
        "web",
        "gate: false\nextra: false\n",
        web="{{- if .Values.extra }}\n" + HERE + "{{- end }}\n",
        n=NAMESPACE,
    )
    (tmp_path / "policy.yaml").write_text(
        "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: shop\n  labels: {pod-security.kubernetes.io/enforce: restricted}\n",
        "utf-8",
    )

    assert found(tool, tmp_path, code=0)["findings"] == []
    (finding,) = found(tool, tmp_path, "--explore")["findings"]
    assert (finding["path"], [each["path"] for each in finding["policies"]]) == (
        "web/templates/web.yaml",
        ["policy.yaml"],
    )


@pytest.mark.parametrize("policy", ["vap", "kyverno", "gatekeeper"])
def test_a_printed_policy_in_a_chart(engine: str, policy: str, tool: Tool, tmp_path: Path) -> None:
    manifest = tool("--isolated", "--print-policy", policy, cwd=tmp_path).stdout
    chart(tmp_path, "gate", policy=manifest)
    chart(tmp_path, "web", web=TWO)

    (finding,) = found(tool, tmp_path)["findings"]

    kind = finding["policies"][0]["object"]["kind"]
    line = next(number for number, text in enumerate(manifest.split("\n"), 1) if text == f"kind: {kind}")
    assert (finding["policies"][0]["path"], finding["policies"][0]["line"]) == (
        "gate/templates/policy.yaml",
        line,
    )

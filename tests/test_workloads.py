"""Objects to containers: regimes, patches, quotations, and what an operator leaves open."""

from __future__ import annotations

import time

import pytest

from netraw_lint import api, manifest, workloads
from netraw_lint.catalogue import Catalogue
from netraw_lint.model import CatalogueRow, Container, Document, PodTemplate, Source
from netraw_lint.schemas_dir import read_catalogue

CATALOGUE = Catalogue(read_catalogue)


def found(
    text: str, catalogue: Catalogue = CATALOGUE, patch: bool = False, thorough: bool = False
) -> list[Container]:
    source = Source("file.yaml", text.encode(), patch=patch)
    items: list[Container] = []
    for document in manifest.documents(source, catalogue.holds_containers, thorough):
        if isinstance(document, Document):
            for obj in workloads.objects(document, catalogue):
                for item in workloads.containers(obj, catalogue, thorough):
                    items += [item] if isinstance(item, Container) else []
    return items


def regimes(text: str, patch: bool = False) -> dict[str, str]:
    return {item.name: item.regime for item in found(text, patch=patch)}


def of(api_version: str, kind: str, body: str) -> str:
    return f"apiVersion: {api_version}\nkind: {kind}\nmetadata: {{name: it}}\n{body}\n"


PROMETHEUS = of(
    "monitoring.coreos.com/v1",
    "Prometheus",
    "spec: {containers: [{name: prometheus}, {name: own, image: a}, {name: patch}]}",
)


def test_regimes_of_prometheus() -> None:
    assert regimes(PROMETHEUS) == {"prometheus": "managed", "own": "", "patch": "patch"}


def test_everything_in_a_patch_file_is_a_patch() -> None:
    assert set(regimes(PROMETHEUS, patch=True).values()) == {"patch"}
    pod = of("v1", "Pod", "spec: {containers: [{name: a, image: a}]}")
    assert regimes(pod, patch=True) == {"a": "patch"}
    bridge = of(
        "kafka.strimzi.io/v1", "KafkaBridge", "spec: {template: {bridgeContainer: {securityContext: {}}}}"
    )
    assert set(regimes(bridge, patch=True).values()) == {"patch"}


@pytest.mark.parametrize(
    ("value", "regime"), [("", "managed"), ("Pod", "managed"), ("Container", "operator"), ("All", "operator")]
)
def test_hardening_that_grafana_switches_off(value: str, regime: str) -> None:
    text = of(
        "grafana.integreatly.org/v1beta1",
        "Grafana",
        f"spec: {{disableDefaultSecurityContext: {value}, deployment: {{spec: {{template: {{spec: {{containers: [{{name: grafana}}]}}}}}}}}}}",
    )
    assert regimes(text) == {"grafana": regime}


def test_an_unmanaged_name_is_an_ordinary_container() -> None:
    text = of(
        "postgresql.cnpg.io/v1",
        "Pooler",
        "spec: {template: {spec: {containers: [{name: pgbouncer, image: a}, {name: b, image: a}]}}}",
    )
    assert regimes(text) == {"pgbouncer": "overwritten", "b": ""}


def test_an_operators_container_that_names_capabilities_says_what_it_gets() -> None:
    row = CatalogueRow("example.com", "App", "spec.run", "Container", regime="operator")
    own = Catalogue(read_catalogue, [row])
    text = of(
        "example.com/v1", "App", "spec: {run: {image: a, securityContext: {capabilities: {drop: [CHOWN]}}}}"
    )
    assert [item.regime for item in found(text, own)] == [""]
    assert [item.regime for item in found(text.replace("capabilities", "other"), own)] == ["operator"]


def test_the_users_rows_come_beside_the_shipped_ones() -> None:
    row = CatalogueRow("apps", "Deployment", "spec.debug", "ContainerList")
    own = Catalogue(read_catalogue, [row])
    text = of(
        "apps/v1",
        "Deployment",
        "spec: {debug: [{name: b, image: b}], template: {spec: {containers: [{name: a, image: a}]}}}",
    )
    assert [item.path for item in found(text, own)] == ["spec.debug[0]", "spec.template.spec.containers[0]"]


@pytest.mark.parametrize(
    ("step", "regime"),
    [
        ("{name: a, image: a}", ""),
        ("{name: a, script: b}", ""),
        ("{name: a, ref: {name: b}}", "patch"),
        ("{ref: {resolver: git}}", "patch"),
    ],
)
def test_steps_of_tekton_get_the_image_of_their_template(step: str, regime: str) -> None:
    text = of("tekton.dev/v1", "Task", f"spec: {{stepTemplate: {{image: a}}, steps: [{step}]}}")
    assert [item.regime for item in found(text)] == ["defaults", regime] or [
        item.regime for item in found(text) if item.list == "steps"
    ] == [regime]


def test_tekton_takes_each_tasks_own_template() -> None:
    text = of(
        "tekton.dev/v1",
        "Pipeline",
        "spec:\n  tasks:\n"
        "    - taskSpec: {stepTemplate: {securityContext: {capabilities: {drop: [ALL]}}}, steps: &s [{name: a, image: a}]}\n"
        "    - taskSpec: {steps: *s}",
    )
    steps = [item for item in found(text) if item.list == "steps"]
    assert [item.security.drop for item in steps] == [("ALL",), ()]


def test_patch_strings_are_judged_with_the_container_they_change() -> None:
    text = of(
        "argoproj.io/v1alpha1",
        "Workflow",
        "spec:\n"
        "  podSpecPatch: '{containers: [{name: main, securityContext: {privileged: true}}, {name: wait, securityContext: {privileged: true}}]}'\n"
        "  templates: [{name: a, container: {image: a}}]",
    )
    assert [(item.name, item.security.privileged is not None) for item in found(text)] == [
        ("", True),
        ("wait", True),
    ]
    findings = api.lint_text(text, rules=["NRL004"]).findings
    assert [(item.container.name if item.container else None) for item in findings] == ["wait", ""]


@pytest.mark.parametrize("content", ["{{workflow.parameters.patch}}", "containers: [", "text", "", "[]"])
def test_strings_that_hold_no_pod_are_nothing(content: str) -> None:
    text = of(
        "argoproj.io/v1alpha1",
        "Workflow",
        f"spec: {{podSpecPatch: '{content}', templates: [{{container: {{image: a}}}}]}}",
    )
    assert [item.list for item in found(text)] == ["container"]


def test_strings_with_bombs_in_them() -> None:
    lines = ["a0: &a0 {k: v}"] + [f"a{n}: &a{n} {{x: *a{n - 1}, y: *a{n - 1}}}" for n in range(1, 60)]
    inner = "\n      ".join([*lines, "spec: *a59"])
    text = of(
        "argoproj.io/v1alpha1",
        "Workflow",
        f"spec:\n  templates:\n  - resource:\n     manifest: |\n      {inner}\n",
    )
    started = time.process_time()
    assert found(text) == []
    assert time.process_time() - started < 2


@pytest.mark.parametrize("key", ["securityContext", "capabilities", "SecurityContext"])
def test_bombs_where_settings_are_misplaced(key: str) -> None:
    lines = ["a0: &a0 {k: v}"] + [f"a{n}: &a{n} {{x: *a{n - 1}, y: *a{n - 1}}}" for n in range(1, 18)]
    text = (
        "\n".join(lines)
        + "\n"
        + of("v1", "Pod", f"spec: {{containers: [{{name: a, image: a, {key}: *a17}}]}}")
    )
    started = time.process_time()
    assert api.lint_text(text).problems == ()
    assert time.process_time() - started < 2


def test_lists_that_lead_to_each_other_many_times() -> None:
    steps = ", ".join(["*s"] * 2000)
    text = of(
        "tekton.dev/v1",
        "Pipeline",
        f"metadata: {{annotations: {{a: &s {{name: a, image: a}}, b: &l [{steps}], c: &t {{taskSpec: {{steps: *l}}}}}}}}\n"
        f"spec: {{tasks: [{', '.join(['*t'] * 2000)}]}}",
    )
    started = time.process_time()
    (found_one,) = api.lint_text(text).findings
    assert "excessive aliasing" in found_one.message
    assert time.process_time() - started < 3


def test_what_a_test_expects_is_only_quoted() -> None:
    pod = "{apiVersion: v1, kind: Pod, spec: {containers: [{name: %s, image: a}]}}"
    steps = ", ".join(
        f"{{{verb}: {{resource: {pod % verb}}}}}" for verb in ("assert", "error", "apply", "patch", "create")
    )
    text = of("chainsaw.kyverno.io/v1alpha1", "Test", f"spec: {{steps: [{{try: [{steps}]}}]}}")
    assert regimes(text) == {"apply": "", "patch": "patch", "create": ""}


def test_an_object_inside_an_object_inside_a_list() -> None:
    pod = "{apiVersion: v1, kind: Pod, spec: {containers: [{name: a, image: a}]}}"
    work = f"{{apiVersion: work.open-cluster-management.io/v1, kind: ManifestWork, spec: {{workload: {{manifests: [{pod}]}}}}}}"
    assert [item.path for item in found(of("v1", "List", f"items: [{work}, {pod}]"))] == [
        "spec.containers[0]"
    ] * 2
    crd = f"{{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, spec: {{example: {pod}}}}}"
    assert found(of("v1", "List", f"items: [{crd}]")) == []


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            "spec: {template: {connectContainer: {env: []}}}",
            ["spec.template.connectContainer.securityContext"],
        ),
        (
            "spec: {template: {connectContainer: {securityContext: }}}",
            ["spec.template.connectContainer.securityContext"],
        ),
        (
            "spec: {template: {connectContainer: {securityContext: {}}}}",
            ["spec.template.connectContainer.securityContext"],
        ),
        ("spec: {template: {connectContainer: null}}", []),
        ("spec: {template: {connectContainer: []}}", []),
        ("spec: {template: {pod: {}}}", []),
        ("spec: {}", []),
    ],
)
def test_room_for_a_security_context(body: str, expected: list[str]) -> None:
    text = of("kafka.strimzi.io/v1", "KafkaConnect", body)
    assert [item.path for item in found(text, thorough=True)] == expected
    reported = api.lint_text(text, rules=["NRL008"]).findings
    assert [item.rule for item in reported] == ["NRL008"] * len(expected)
    assert api.lint_text(text).findings == ()


def test_operators_that_harden_have_no_room_to_report() -> None:
    text = of(
        "gateway.envoyproxy.io/v1",
        "EnvoyProxy",
        "spec: {provider: {kubernetes: {envoyDeployment: {container: {env: []}}}}}",
    )
    assert found(text, thorough=True) == []


def test_a_pod_template_knows_its_pod() -> None:
    text = of(
        "v1",
        "Pod",
        "spec: {hostNetwork: on, os: {name: windows}, securityContext: {runAsUser: 7}, containers: []}",
    )
    (document,) = manifest.documents(Source("f", text.encode()), CATALOGUE.holds_containers)
    assert isinstance(document, Document)
    (obj,) = workloads.objects(document, CATALOGUE)
    (template,) = workloads.containers(obj, CATALOGUE)
    assert isinstance(template, PodTemplate)
    assert (template.windows, template.host_network, template.run_as_non_root) == ("declared", True, True)

"""Kustomizations as Argo CD and Flux deploy them: a path that an object points to, with what that adds."""

from __future__ import annotations

from pathlib import Path
from textwrap import indent
from typing import Any

import pytest

from conftest import Tool
from test_kustomize_built import DROPS, WEB, Written, found, patch, run, tree

FLUX = """\
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: apps, namespace: flux-system}
spec:
  sourceRef: {kind: GitRepository, name: shop}
  path: ./apps/base
"""
ARGO = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: apps}
spec:
  source:
    repoURL: https://git.example/acme/shop
    path: apps/base
"""
BASE = {"apps__base__kustomization": "resources: [web.yaml]\n", "apps__base__web": WEB}
# Repairs the base, so that it is clean as part of the overlay.
PROD = {
    "apps__prod__kustomization": "resources: [../base]\npatches:\n- path: patch.yaml\n",
    "apps__prod__patch": patch("{capabilities: {drop: [ALL]}}"),
}
REPAIRS = patch("{capabilities: {drop: [ALL]}}")
BREAKS = patch("{capabilities: {add: [NET_RAW]}}")


def flux(text: str) -> str:
    return f"{FLUX}  patches:\n  - patch: |\n{indent(text, '      ')}"


def argo(text: str) -> str:
    return f"{ARGO}    kustomize:\n      patches:\n      - patch: |\n{indent(text, '          ')}"


def messages(report: Any) -> list[str]:
    return [each["message"] for each in report["findings"]]


@pytest.mark.parametrize("manifest", [FLUX, ARGO], ids=["flux", "argo"])
def test_a_path_that_is_deployed_is_a_root(manifest: str, builder: str, tool: Tool, written: Written) -> None:
    folder = written(**BASE, **PROD)
    assert found(run(tool, folder)[0]) == []

    report, _ = run(tool, written(clusters__prod__apps=manifest))

    assert found(report) == [("apps/base/web.yaml", 12, "NRL003")]
    kind = "Kustomization" if manifest == FLUX else "Application"
    assert messages(report)[0].endswith(f"; only with {kind}/apps (clusters/prod/apps.yaml)")


@pytest.mark.parametrize("added", [flux, argo])
def test_patches_of_a_deployer_are_applied(added: Any, builder: str, tool: Tool, written: Written) -> None:
    folder = written(**BASE, apps=added(REPAIRS))

    assert found(run(tool, folder)[0]) == []
    assert found(run(tool, folder, "apps/base")[0]) == [("apps/base/web.yaml", 12, "NRL003")]


@pytest.mark.parametrize(("added", "line"), [(flux, 7), (argo, 9)])
def test_what_a_patch_of_a_deployer_breaks_is_reported_there(
    added: Any, line: int, builder: str, tool: Tool, written: Written
) -> None:
    folder = written(**{**BASE, "apps__base__web": DROPS}, clusters__apps=added(BREAKS))
    before = tree(folder)

    report, _ = run(tool, folder, "--fix")

    assert found(report) == [("clusters/apps.yaml", line, "NRL001")]
    assert report["findings"][0]["fix"] is None
    assert tree(folder) == before


def test_patches_with_a_target_and_as_operations(builder: str, tool: Tool, written: Written) -> None:
    operations = (
        "- {op: add, path: /spec/template/spec/containers/0/securityContext/privileged, value: true}\n"
    )
    manifest = flux(operations) + "    target: {kind: Deployment, name: w.*}\n"
    folder = written(**{**BASE, "apps__base__web": DROPS}, clusters__apps=manifest)

    assert found(run(tool, folder)[0]) == [("clusters/apps.yaml", 7, "NRL004")]


def test_components_of_a_deployer(builder: str, tool: Tool, written: Written) -> None:
    folder = written(
        **BASE,
        apps__fix__kustomization=(
            "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\npatches: [{path: patch.yaml}]\n"
        ),
        apps__fix__patch=REPAIRS,
        apps=f"{FLUX}  components: [../fix]\n",
    )

    assert found(run(tool, folder)[0]) == []


@pytest.mark.parametrize(
    ("build", "rules", "told"),
    [
        ("{substitute: {DROPPED: ALL}}", [], ""),
        ("{substitute: {DROPPED: CHOWN}}", ["NRL003"], ""),
        ("{substituteFrom: [{kind: ConfigMap, name: sizes}]}", ["NRL003"], "${DROPPED}"),
        (
            "{substituteFrom: [{kind: ConfigMap, name: sizes}]}",
            ["NRL003"],
            "further ones are in ConfigMap/sizes",
        ),
    ],
)
def test_variables_of_flux(
    build: str, rules: list[str], told: str, builder: str, tool: Tool, written: Written
) -> None:
    web = DROPS.replace("[ALL]", '["${DROPPED}"]').replace("name: web\n", "name: web${SUFFIX:=-a}\n", 1)
    folder = written(**{**BASE, "apps__base__web": web}, apps=f"{FLUX}  postBuild: {build}\n")

    report, notes = run(tool, folder)

    assert [each["rule"] for each in report["findings"]] == rules
    assert report["problems"] == []
    assert told in notes
    assert ("judged without" in notes) == bool(told)


def test_variables_that_break_the_yaml_are_a_problem(builder: str, tool: Tool, written: Written) -> None:
    web = WEB.replace("name: web\n", "name: web-${SUFFIX}\n", 1)
    folder = written(
        **{**BASE, "apps__base__web": web}, apps=f"{FLUX}  postBuild: {{substitute: {{SUFFIX: 'a: b'}}}}\n"
    )

    (problem,) = run(tool, folder, "--fix")[0]["problems"]

    assert problem["path"] == "apps.yaml"
    assert "with the values of its postBuild it is no YAML" in problem["message"]


def test_an_edit_that_a_deployer_overrides_is_refused(builder: str, tool: Tool, written: Written) -> None:
    folder = written(**BASE, clusters__apps=flux(patch("{capabilities: {drop: [CHOWN]}}")))
    before = tree(folder)

    report, _ = run(tool, folder, "--fix", "apps/base")

    assert [each["fix"] for each in report["findings"]] == [None]
    assert "proof: it would still be found" in report["findings"][0]["refusal"]
    assert "Kustomization/apps (clusters/apps.yaml)" in report["findings"][0]["refusal"]
    assert tree(folder) == before


def test_a_base_is_fixed_before_its_deployers(builder: str, tool: Tool, written: Written) -> None:
    folder = written(**BASE, **PROD, clusters__apps=FLUX)

    report, notes = run(tool, folder, "--fix")

    assert found(report) == []
    assert "proven by building 2 kustomizations" in notes
    assert "drop" in (folder / "apps/base/web.yaml").read_text()
    assert found(run(tool, folder)[0]) == []


def test_every_deployer_of_a_path_has_its_say(builder: str, tool: Tool, written: Written) -> None:
    folder = written(
        **BASE,
        clusters__a=flux(REPAIRS),
        clusters__b=flux(REPAIRS).replace("apps,", "other,"),
        clusters__c=argo(patch("{runAsUser: 1}")),
    )

    report, _ = run(tool, folder)
    assert found(report) == [("apps/base/web.yaml", 12, "NRL003")]
    assert messages(report)[0].endswith("; only with Application/apps (clusters/c.yaml)")

    report, notes = run(tool, folder, "--fix", "clusters/c.yaml")
    assert found(report) == []
    assert "proven by building 3 kustomizations" in notes


def test_what_cannot_be_built_is_told_at_the_manifest(builder: str, tool: Tool, written: Written) -> None:
    folder = written(**BASE, clusters__apps=flux(patch("{privileged: true}").replace("web}", "none}")))

    report, _ = run(tool, folder)

    problem = report["problems"][0]
    assert (problem["path"], problem["line"]) == ("clusters/apps.yaml", 7)
    assert "netraw-lint-" not in problem["message"]
    # What is not built is linted as it is.
    assert [(each["path"], each["rule"]) for each in report["findings"]] == [("apps/base/web.yaml", "NRL003")]


def test_excluded_paths_are_not_followed(builder: str, tool: Tool, written: Written) -> None:
    folder = written(**BASE, clusters__apps=FLUX)

    report, _ = run(tool, folder, "--exclude=apps")

    assert found(report) == []
    assert report["summary"]["containers"] == 0


def test_without_builds_nothing_is_said(tool: Tool, written: Written) -> None:
    folder = written(
        **BASE, apps=flux(REPAIRS) + "  postBuild: {substituteFrom: [{kind: Secret, name: s}]}\n"
    )

    ran = tool("--isolated", cwd=folder)

    assert "only with" not in ran.stdout
    assert "judged without" not in ran.stderr


def test_a_release_in_a_kustomization_is_still_followed(builder: str, tool: Tool, written: Written) -> None:
    release = (
        "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: shop}\nspec:\n"
        "  chart: {spec: {chart: charts/shop, sourceRef: {kind: GitRepository, name: shop}}}\n"
    )
    folder = written(apps__kustomization="resources: [release.yaml]\n", apps__release=release)
    (folder / "charts/shop").mkdir(parents=True)
    (folder / "charts/shop/Chart.yaml").write_text("not: a chart\n")

    ran = tool("--isolated", "--kustomize", "-v", "apps", cwd=folder)

    assert "HelmRelease/shop (apps/release.yaml): followed to charts/shop" in ran.stderr


def test_manifests_named_by_a_hook_are_followed(builder: str, tool: Tool, written: Written) -> None:
    folder = written(**BASE, **PROD, clusters__apps=FLUX)

    assert found(run(tool, folder, "clusters/apps.yaml")[0]) == [("apps/base/web.yaml", 12, "NRL003")]
    assert found(run(tool, folder, "apps/base/web.yaml")[0]) == [("apps/base/web.yaml", 12, "NRL003")]


def test_a_path_of_its_own_folder(builder: str, tool: Tool, written: Written, tmp_path: Path) -> None:
    folder = written(kustomization="resources: [web.yaml]\n", web=WEB, flux__apps=flux(REPAIRS))
    manifest = (folder / "flux/apps.yaml").read_text().replace("./apps/base", "./")
    (folder / "flux/apps.yaml").write_text(manifest)

    assert found(run(tool, folder)[0]) == []
    assert [path.name for path in tmp_path.iterdir()] == ["work"]

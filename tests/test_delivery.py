"""What Argo CD and Flux deploy from a repository is followed to the directory that it lies in."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from conftest import Tool
from netraw_lint.delivery.follow import follow
from netraw_lint.delivery.repository import Repository, spelled
from netraw_lint.model import Source

Bring = Callable[..., Path]
REMOTE = '[remote "origin"]\n\turl = git@git.example:acme/shop.git\n'
APPLICATION = """\
    apiVersion: argoproj.io/v1alpha1
    kind: Application
    metadata: {name: shop, namespace: argocd}
    spec:
      destination: {namespace: web}
      source:
        repoURL: https://git.example/acme/shop
        path: charts/shop
    """


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with a remote, a chart, and a kustomization."""
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "config").write_text(REMOTE)
    for name in ("charts/shop/Chart.yaml", "kube/kustomization.yaml", "plain/pod.yaml", "deploy/prod.yaml"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("a: 1\n")
    (tmp_path / "charts/shop/values-prod.yaml").write_text("a: 1\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def followed(text: str) -> Any:
    return follow([Source("argocd/shop.yaml", dedent(text).encode())])


@pytest.mark.parametrize(
    "address",
    [
        "https://git.example/acme/shop",
        "https://user@git.example:443/acme/shop.git/",
        "ssh://git@git.example:22/acme/shop.git",
        "git@git.example:acme/shop",
        "GIT.example/Acme/Shop",
    ],
)
def test_one_repository_has_many_addresses(address: str) -> None:
    assert spelled(address) == "git.example/acme/shop"


@pytest.mark.parametrize(
    ("remotes", "address", "path", "why"),
    [
        (["git.example/acme/shop"], "git@git.example:acme/shop", "charts/shop", "is a remote"),
        ([], "https://elsewhere.example/x", "charts/shop", "charts/shop is here"),
        (["git.example/me/shop"], "https://git.example/acme/shop", "charts/shop", "has the name"),
        (["git.example/acme/other"], "https://git.example/acme/shop", "charts/shop", None),
        (["git.example/acme/shop"], "https://git.example/acme/shop", "charts/none", None),
    ],
)
def test_which_repository_is_meant(
    remotes: list[str], address: str, path: str, why: str | None, repository: Path
) -> None:
    found = Repository(str(repository), frozenset(remotes)).is_meant(address, path)

    assert (found is None) == (why is None), found
    assert why is None or why in str(found)


def test_an_application_is_a_value_set(repository: Path) -> None:
    (found,) = followed(
        APPLICATION
        + """\
    helm:
          releaseName: store
          valueFiles: [values-prod.yaml, /deploy/prod.yaml, "https://values.example/x.yaml"]
          valuesObject: {replicas: 3, ratio: 1.5, tag: "010", debug: false, none: null}
          parameters:
          - {name: image.tag, value: "1,2"}
          - {name: image.digest, value: "007", forceString: true}
    """
    ).deliveries

    assert (found.by, found.path, found.builder) == (
        "Application/shop (argocd/shop.yaml)",
        "charts/shop",
        "helm",
    )
    assert (found.release, found.namespace) == ("store", "web")
    assert found.files == (
        str(repository / "charts/shop/values-prod.yaml"),
        str(repository / "deploy/prod.yaml"),
    )
    assert json.loads(found.overlay) == {
        "replicas": 3,
        "ratio": 1.5,
        "tag": "010",
        "debug": False,
        "none": None,
        "image": {"digest": "007"},
    }
    assert found.sets == ("image.tag=1\\,2",)


def test_values_may_come_from_another_source_of_the_same_repository(repository: Path) -> None:
    (found,) = followed("""\
        apiVersion: argoproj.io/v1alpha1
        kind: Application
        metadata: {name: shop}
        spec:
          sources:
          - repoURL: https://git.example/acme/shop
            path: charts/shop
            helm: {valueFiles: [$config/deploy/prod.yaml], values: "a: {b: 1}"}
          - {repoURL: "git@git.example:acme/shop.git", ref: config}
          - {repoURL: https://charts.example, chart: redis}
    """).deliveries

    assert found.files == (str(repository / "deploy/prod.yaml"),)
    assert (json.loads(found.overlay), found.release) == ({"a": {"b": 1}}, "shop")


@pytest.mark.parametrize(
    ("helm", "optional", "problem"),
    [
        ("valueFiles: [none.yaml]", "", "is judged without none.yaml, which is not in this repository"),
        ("valueFiles: [none.yaml]", ", ignoreMissingValueFiles: true", None),
    ],
)
def test_values_that_are_missing(helm: str, optional: str, problem: str | None, repository: Path) -> None:
    found = followed(APPLICATION + f"    helm: {{{helm}{optional}}}\n")

    assert [problem in each.message for each in found.problems if problem] == ([True] if problem else [])
    assert bool(found.problems) == (problem is not None)


@pytest.mark.parametrize("file", ["../../../../etc/passwd", "/../x.yaml"])
def test_values_outside_of_the_repository_are_not_read(file: str, repository: Path) -> None:
    found = followed(APPLICATION + f"    helm: {{valueFiles: [{file}]}}\n")

    assert found.deliveries[0].files == ()
    (limit,) = found.limits
    assert limit.endswith(f"judged without some values: the values in {file} are outside of the repository")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "acme/shop",
            "acme/other",
            "not followed: charts/shop of https://git.example/acme/other is not here",
        ),
        ("charts/shop", "plain", "plain holds plain manifests"),
        ("charts/shop", "none", "not followed: none of https://git.example/acme/shop is not here"),
    ],
)
def test_what_is_not_followed_is_said(old: str, new: str, said: str, repository: Path) -> None:
    found = followed(APPLICATION.replace(old, new))

    assert found.deliveries == ()
    assert said in found.decisions[0]


def test_charts_from_elsewhere_are_counted(repository: Path) -> None:
    """What they deploy is not in this repository, so that "no findings" says nothing about it."""
    one = APPLICATION.replace("path: charts/shop", "chart: podinfo")
    release = """\
    ---
    apiVersion: helm.toolkit.fluxcd.io/v2
    kind: HelmRelease
    metadata: {name: cache}
    spec:
      chart: {spec: {chart: redis, sourceRef: {kind: HelmRepository, name: bitnami}}}
    ---
    apiVersion: helm.toolkit.fluxcd.io/v2
    kind: HelmRelease
    metadata: {name: queue}
    spec: {chartRef: {kind: OCIRepository, name: nats}}
"""

    assert followed(one).limits == (
        "what Argo CD and Flux deploy from a source outside of this repository was not judged: -v names them",
    )
    found = followed(one.rstrip(" ") + release)
    assert [each.rpartition(": the chart ")[2].split()[0] for each in found.decisions] == [
        "podinfo",
        "redis",
        "nats",
    ]
    assert found.limits[0].startswith("what Argo CD and Flux deploy from 3 sources outside")
    assert followed(APPLICATION).limits == ()


def test_a_path_out_of_the_repository_is_not_followed(repository: Path) -> None:
    found = followed(APPLICATION.replace("charts/shop", "../charts/shop"))

    assert found.deliveries == ()
    assert "not followed" in found.limits[0]


APPLICATIONSET = """\
    apiVersion: argoproj.io/v1alpha1
    kind: ApplicationSet
    metadata: {name: all}
    spec:
      generators:
      - GENERATOR
      template:
        metadata: {name: "{{NAME}}"}
        spec:
          destination: {namespace: "{{ NAME }}"}
          source: {repoURL: https://git.example/acme/shop, path: "PATH"}
    """


@pytest.mark.parametrize(
    ("generator", "name", "path", "found"),
    [
        ("list: {elements: [{env: a}, {env: b}]}", "env", "charts/shop", ["a", "b"]),
        ("list: {elements: [{env: {name: a}}]}", ".env.name", "charts/shop", ["a"]),
        (
            "git: {repoURL: https://git.example/acme/shop, directories: [{path: charts/*}]}",
            "path.basename",
            "{{path}}",
            ["shop"],
        ),
        (
            "git: {repoURL: https://git.example/acme/shop, directories: [{path: '*'}, {path: plain, exclude: true}]}",
            ".path.basename",
            "{{.path.path}}",
            ["kube"],
        ),
    ],
)
def test_the_applications_of_a_set(
    generator: str, name: str, path: str, found: list[str], repository: Path
) -> None:
    text = APPLICATIONSET.replace("GENERATOR", generator).replace("NAME", name).replace("PATH", path)
    deliveries = followed(text).deliveries

    assert [each.by for each in deliveries] == [f"Application/{each} (argocd/shop.yaml)" for each in found]
    assert [each.namespace for each in deliveries] == found


def test_a_generator_that_asks_a_cluster_is_followed_as_far_as_possible(repository: Path) -> None:
    text = APPLICATIONSET.replace("GENERATOR", "clusters: {}").replace("NAME", "name")
    there, open_path = (
        followed(text.replace("PATH", "charts/shop")),
        followed(text.replace("PATH", "{{name}}")),
    )

    (delivery,) = there.deliveries
    assert (delivery.by, delivery.release) == ("ApplicationSet/all (argocd/shop.yaml)", "")
    assert "what its generators give is not known here" in there.limits[0]
    assert open_path.deliveries == ()
    assert "not followed: where {{name}} leads to is not known here" in open_path.limits[0]


FLUX = """\
    apiVersion: source.toolkit.fluxcd.io/v1
    kind: GitRepository
    metadata: {name: shop, namespace: flux-system}
    spec: {url: "ssh://git@git.example/acme/REPOSITORY"}
    ---
    apiVersion: helm.toolkit.fluxcd.io/v2
    kind: HelmRelease
    metadata: {name: web, namespace: prod}
    spec:
      targetNamespace: live
      chart:
        spec:
          chart: ./charts/shop
          sourceRef: {kind: GitRepository, name: shop, namespace: flux-system}
          valuesFiles: [deploy/prod.yaml]
      values: {a: 1}
      valuesFrom: [{kind: Secret, name: passwords}]
    ---
    apiVersion: kustomize.toolkit.fluxcd.io/v1
    kind: Kustomization
    metadata: {name: apps, namespace: flux-system}
    spec: {path: ./kube, sourceRef: {kind: GitRepository, name: shop}}
    ---
    apiVersion: helm.toolkit.fluxcd.io/v2
    kind: HelmRelease
    metadata: {name: redis}
    spec: {chart: {spec: {chart: redis, sourceRef: {kind: HelmRepository, name: charts}}}}
    """


def test_flux_releases_and_kustomizations(repository: Path) -> None:
    found = followed(FLUX.replace("REPOSITORY", "shop"))

    release, kustomization = found.deliveries
    assert (release.path, release.builder, release.release, release.namespace) == (
        "charts/shop",
        "helm",
        "live-web",
        "live",
    )
    assert (release.files, release.overlay) == ((str(repository / "deploy/prod.yaml"),), '{"a": 1}')
    assert (kustomization.path, kustomization.builder) == ("kube", "kustomize")
    assert kustomization.by == "Kustomization/apps (argocd/shop.yaml)"
    assert "its values from Secret/passwords are only in the cluster" in found.limits[0]
    assert followed(FLUX.replace("REPOSITORY", "other")).deliveries == ()


def test_the_whole_program_follows(engine: str, tool: Tool, bring: Bring) -> None:
    folder = bring("switch", "required")
    (folder / "argocd").mkdir()
    text = dedent(APPLICATION).replace("charts/shop", "switch").rstrip() + (
        "\n    helm: {valuesObject: {metrics: {enabled: true}}}\n"
    )
    needs = dedent(APPLICATION).replace("charts/shop", "required").rstrip() + (
        "\n    helm: {parameters: [{name: image, value: registry.example/x}]}\n"
    )
    (folder / "argocd" / "shop.yaml").write_text(f"{text}---\n{needs.replace('name: shop', 'name: needs')}")

    ran = tool("--isolated", "--output-format=json", "argocd", cwd=folder)
    told = tool("--isolated", "-v", "argocd", cwd=folder).stderr
    fixed = tool("--isolated", "--fix", ".", cwd=folder)

    findings = json.loads(ran.stdout)["findings"]
    assert [(each["path"], each["line"], each["object"]["name"]) for each in findings] == [
        ("required/templates/web.yaml", 14, "needs-web"),
        ("switch/templates/web.yaml", 20, "shop-web"),
    ]
    assert findings[1]["message"].endswith("; only with Application/shop (argocd/shop.yaml)")
    assert "Application/shop (argocd/shop.yaml): followed to switch: switch is here" in told
    assert fixed.code == 0, fixed.stdout + fixed.stderr
    assert "NET_RAW" in (folder / "switch" / "templates" / "web.yaml").read_text()


def test_a_container_that_an_application_brings_along_is_reported_there(
    engine: str, tool: Tool, bring: Bring
) -> None:
    folder = bring("values-list")
    text = dedent(APPLICATION).replace("charts/shop", "values-list").rstrip()
    (folder / "app.yaml").write_text(
        f"{text}\n    helm:\n      valuesObject:\n        extra:\n"
        "        - name: more\n          image: registry.example/more:1.0\n"
    )

    ran = tool("--isolated", "--output-format=json", "--fix", "app.yaml", cwd=folder)

    (finding,) = json.loads(ran.stdout)["findings"]
    assert (finding["path"], finding["line"], finding["container"]["name"]) == ("app.yaml", 12, "more")
    assert "it is spelled out in the values Application/shop (app.yaml)" in finding["refusal"]


@pytest.mark.parametrize("setting", ["charts: skip\n", "exclude: [charts/]\n"])
def test_what_the_settings_leave_out_is_not_followed(setting: str, tool: Tool, repository: Path) -> None:
    (repository / "app.yaml").write_text(dedent(APPLICATION))
    (repository / ".netraw-lint.yaml").write_text(setting)

    assert tool("app.yaml", cwd=repository).code == 0

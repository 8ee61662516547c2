"""Charts are rendered with their own values, and what is wrong is reported where it was written."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conftest import Tool

Bring = Callable[..., Path]

PLACES = {
    "converted": [("_pod.tpl", 4, "web")],
    "coupled": [("web.yaml", 19, "web")],
    "crlf": [("web.yaml", 15, "web"), ("web.yaml", 18, "sidecar")],
    "generated": [("web.yaml", 15, "web")],
    "guarded-capabilities": [("web.yaml", 9, "web")],
    "guarded": [("web.yaml", 14, "web")],
    "helpers": [("_containers.tpl", 3, "web")],
    "hoisted": [("web.yaml", 17, "web")],
    "misnamed": [("web.yaml", 16, "web")],
    "plain": [("tests/check.yaml", 11, "check"), ("web.yaml", 16, "web")],
    "random": [("web.yaml", 15, "web")],
    "range": [("web.yaml", 15, "worker-a")],
    "schema": [("web.yaml", 15, "web")],
    "separators": [("pods.yaml", 8, "one"), ("pods.yaml", 17, "two")],
    "shared": [("web.yaml", 15, "web")],
}


def report(tool: Tool, folder: Path, *args: str, code: int = 1) -> Any:
    ran = tool("--isolated", "--output-format=json", *args, cwd=folder)
    assert ran.code == code, ran.stderr
    return json.loads(ran.stdout)


def places(data: Any) -> list[tuple[str, int]]:
    return [(finding["path"], finding["line"]) for finding in data["findings"]]


def test_a_finding_is_at_the_line_of_the_template(engine: str, tool: Tool, bring: Bring) -> None:
    data = report(tool, bring(*PLACES), ".")

    found = [(each["path"], each["line"], each["container"]["name"]) for each in data["findings"]]
    assert found == [
        (f"{name}/templates/{path}", line, container)
        for name, places in PLACES.items()
        for path, line, container in places
    ]
    assert {each["rule"] for each in data["findings"]} == {"NRL003"}
    assert {each["origin"] for each in data["findings"]} == {None}


def test_a_chart_is_the_current_directory(engine: str, tool: Tool, bring: Bring) -> None:
    folder = bring("subchart", "plain")

    here = report(tool, folder / "subchart")
    values = report(tool, folder / "plain", "values.yaml")

    assert places(here) == [("charts/db/templates/db.yaml", 8), ("charts/db/templates/db.yaml", 14)]
    assert [(each["fix"], bool(each["refusal"])) for each in here["findings"]] == [
        ("safe", False),
        (None, True),
    ]
    assert places(values) == [("templates/tests/check.yaml", 11), ("templates/web.yaml", 16)]


def test_the_evidence_is_at_the_templates_too(engine: str, tool: Tool, bring: Bring) -> None:
    data = report(tool, bring("values-list"), "values-list", "--show-containers")

    assert [(each["path"], each["line"], each["container"]["name"]) for each in data["containers"]] == [
        ("values-list/values.yaml", 7, "wait"),
        ("values-list/templates/web.yaml", 16, "web"),
    ]


def test_a_literal_list_is_pointed_at_item_by_item(engine: str, tool: Tool, bring: Bring) -> None:
    data = report(tool, bring("literal"), "literal")

    assert [(each["line"], each["rule"], each["column"]) for each in data["findings"]] == [
        (15, "NRL003", 11),
        (20, "NRL003", 13),
        (26, "NRL003", 15),
        (32, "NRL003", 15),
        (33, "NRL003", 11),
        (41, "NRL001", 19),
    ]


def test_a_container_in_the_values_is_reported_there(engine: str, tool: Tool, bring: Bring) -> None:
    data = report(tool, bring("values-list"), "values-list")

    assert places(data) == [("values-list/values.yaml", 7)]


def test_the_value_that_decides_is_named_with_its_line(engine: str, tool: Tool, bring: Bring) -> None:
    data = report(tool, bring("plain", "subchart", "misnamed"), ".")

    helps = {(each["path"], each["line"]): each["help"] for each in data["findings"]}
    assert helps["plain/templates/web.yaml", 16] == (
        'set `securityContext.capabilities.drop: ["NET_RAW"]` in plain/values.yaml, line 9'
    )
    assert helps["subchart/charts/db/templates/db.yaml", 8] == (
        'set `store.containerSecurityContext.capabilities.drop: ["NET_RAW"]` in subchart/values.yaml'
    )
    assert helps["misnamed/templates/web.yaml", 16].startswith(
        "set `settings.securityContext.capabilities.drop:"
    )


def test_one_line_that_makes_several_containers_is_one_finding(engine: str, tool: Tool, bring: Bring) -> None:
    (finding,) = report(tool, bring("range"), "range")["findings"]

    assert finding["message"].endswith("; the same line makes 2 more containers")


def test_what_is_no_container_of_ours_is_left_alone(engine: str, tool: Tool, bring: Bring) -> None:
    data = report(tool, bring("exempt-kinds", "library"), ".")

    assert [(each["rule"], each["container"]["name"]) for each in data["findings"]] == [
        ("NRL004", "privileged")
    ]
    assert data["problems"] == []


def test_ci_values_are_further_cases(engine: str, tool: Tool, bring: Bring) -> None:
    data = report(tool, bring("required-ci"), "required-ci")

    first, second = data["findings"]
    assert (first["line"], second["line"]) == (14, 17)
    assert "only with" not in first["message"]
    assert second["message"].endswith("; only with ci/sidecar-values.yaml")


@pytest.mark.parametrize(
    ("name", "path", "words"),
    [
        (
            "missing",
            "missing",
            "not vendored: db (https://charts.example/stable); netraw-lint downloads nothing: run `helm dependency build",
        ),
        (
            "required",
            "required",
            "cannot be rendered with its own values: image must be set (templates/web.yaml:14)",
        ),
        ("remote-schema", "remote-schema/values.schema.json", "refers to https://schemas.example/image.json"),
    ],
)
def test_what_keeps_a_chart_from_being_rendered_is_a_problem(
    name: str, path: str, words: str, engine: str, tool: Tool, bring: Bring
) -> None:
    data = report(tool, bring(name), name, code=2)

    (problem,) = data["problems"]
    assert (problem["path"], problem["stage"]) == (path, "render")
    assert words in problem["message"]


def test_values_are_given_on_the_command_line(engine: str, tool: Tool, bring: Bring) -> None:
    folder = bring("required", "switch")
    (folder / "mine.yaml").write_text("image: registry.example/mine:1.0\n")

    by_file = report(tool, folder, "required", "--values", "mine.yaml")
    by_text = report(tool, folder, "required", "--set", "image=registry.example/x")
    switch = report(tool, folder, "switch", "--set=metrics.enabled=true")

    assert places(by_file) == places(by_text) == [("required/templates/web.yaml", 14)]
    assert places(switch) == [("switch/templates/web.yaml", 20)]
    assert tool("--values", "none.yaml", "required", cwd=folder).code == 2


def test_values_are_given_in_the_settings(engine: str, tool: Tool, bring: Bring) -> None:
    folder = bring("required", "remote-schema")
    (folder / "mine.yaml").write_text("image: registry.example/mine:1.0\n")
    (folder / ".netraw-lint.yaml").write_text(
        "output-format: concise\n"
        "chart-values:\n"
        "- {path: required, values: [mine.yaml], release: shop, namespace: web}\n"
        "- {path: required, set: [image=registry.example/y]}\n"
        "- {path: remote-schema, ignore-schema: true}\n"
    )

    ran = tool(".", cwd=folder)

    assert ran.code == 1, ran.stdout
    first, second = ran.stdout.splitlines()
    assert first.startswith("remote-schema/templates/web.yaml:14:11: NRL003 ")
    assert second.startswith("required/templates/web.yaml:14:11: NRL003 Deployment/shop-web, ")


def test_the_settings_may_skip_charts(engine: str, tool: Tool, bring: Bring) -> None:
    folder = bring("plain")
    (folder / ".netraw-lint.yaml").write_text("charts: skip\n")

    assert tool(".", cwd=folder).code == 0


@pytest.mark.parametrize(
    "path", ["plain/values.yaml", "plain/templates/web.yaml", "plain/Chart.yaml", "plain/templates/tests"]
)
def test_a_file_of_a_chart_stands_for_the_chart(path: str, engine: str, tool: Tool, bring: Bring) -> None:
    data = report(tool, bring("plain"), path, "plain")

    assert places(data) == [("plain/templates/tests/check.yaml", 11), ("plain/templates/web.yaml", 16)]


def test_a_packaged_chart(engine: str, tool: Tool, bring: Bring) -> None:
    folder = bring("plain")
    with tarfile.open(folder / "plain-0.1.0.tgz", "w:gz") as archive:
        archive.add(folder / "plain", "plain")

    data = report(tool, folder, "plain-0.1.0.tgz")

    assert places(data) == [
        ("plain-0.1.0.tgz/plain/templates/tests/check.yaml", 11),
        ("plain-0.1.0.tgz/plain/templates/web.yaml", 16),
    ]
    assert {each["fix"] for each in data["findings"]} == {None}


def test_a_packed_subchart_is_read_like_an_unpacked_one(engine: str, tool: Tool, bring: Bring) -> None:
    folder = bring("subchart")
    with tarfile.open(folder / "subchart" / "charts" / "db-0.1.0.tgz", "w:gz") as archive:
        archive.add(folder / "subchart" / "charts" / "db", "db")
    for path in sorted((folder / "subchart" / "charts" / "db").rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    (folder / "subchart" / "charts" / "db").rmdir()

    data = report(tool, folder, "subchart")

    assert places(data) == [
        ("subchart/charts/db-0.1.0.tgz/db/templates/db.yaml", 8),
        ("subchart/charts/db-0.1.0.tgz/db/templates/db.yaml", 14),
    ]


def test_exploring_finds_what_a_switch_hides(engine: str, tool: Tool, bring: Bring) -> None:
    folder = bring("switch")

    default = report(tool, folder, "switch", code=0)
    explored = report(tool, folder, "switch", "--explore")
    told = tool("--isolated", "switch", cwd=folder).stderr
    quiet = tool("--isolated", "--quiet", "switch", cwd=folder).stderr
    (folder / ".netraw-lint.yaml").write_text("charts: explore\n")
    configured = tool("switch", cwd=folder)

    assert default["summary"]["unrendered"] == 1
    assert explored["summary"]["unrendered"] == 0
    (finding,) = explored["findings"]
    assert (finding["path"], finding["line"]) == ("switch/templates/web.yaml", 20)
    assert finding["message"].endswith("; only with metrics.enabled=true")
    assert configured.code == 1
    assert "switch: explored 1 of 1 switches" in configured.stderr
    assert "switch: 1 of 2 `image:` lines were never rendered: --explore looks behind switches" in told
    assert quiet == ""


def test_a_link_out_of_the_repository_is_not_followed(
    engine: str, tool: Tool, bring: Bring, tmp_path: Path
) -> None:
    folder = bring("plain")
    (tmp_path / "secret.yaml").write_text("a: 1\n")
    (folder / "plain" / "files").mkdir()
    (folder / "plain" / "files" / "x.yaml").symlink_to(tmp_path / "secret.yaml")

    (problem,) = report(tool, folder, "plain", code=2)["problems"]

    assert "the link files/x.yaml leads out of the repository" in problem["message"]


def test_the_engine_sees_no_settings_of_the_user(
    engine: str, tool: Tool, bring: Bring, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugin = tmp_path / "plugins" / "bad"
    plugin.mkdir(parents=True)
    (plugin / "plugin.yaml").write_text("name: [broken\n")
    monkeypatch.setenv("HELM_PLUGINS", str(tmp_path / "plugins"))
    monkeypatch.setenv("HELM_NAMESPACE", "other")
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "none"))

    assert len(report(tool, bring("plain"), "plain")["findings"]) == 2


def test_a_library_chart_needs_neither_an_engine_nor_its_dependencies(
    tool: Tool, bring: Bring, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = bring("library")
    with (folder / "library" / "Chart.yaml").open("a") as file:
        file.write("dependencies: [{name: none, version: 1.0.0, repository: https://charts.example}]\n")
    monkeypatch.setenv("PATH", str(tmp_path))

    for options in ((), ("--diff",), ("--explore",)):
        ran = tool("--isolated", "-v", *options, "library", cwd=folder)

        assert (ran.code, ran.stdout) == (0, "")
        assert "library: a library chart, which deploys nothing: not rendered" in ran.stderr


def test_without_an_engine_a_chart_is_not_checked_and_says_what_to_install(
    tool: Tool, bring: Bring, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = bring("plain")
    monkeypatch.setenv("PATH", str(tmp_path))
    if tool("--isolated", "plain", cwd=folder).code == 1:
        pytest.skip("the embedded engine is installed here")

    ran = tool("--isolated", "--output-format=concise", "plain", cwd=folder)

    assert ran.code == 2
    assert 'put `helm` (version 3 or 4) on the PATH, or run `pip install "netraw-lint[helm]"`' in ran.stdout

"""Kustomizations as they are deployed: built by real engines, reported at the base or patch that says it."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conftest import Tool
from netraw_lint.sources import kustomizations, processes

Written = Callable[..., Path]

WEB = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - image: example/web   # the comment stays
        name: web
"""
DROPS = f"""{WEB}\
        securityContext:
          capabilities:
            drop: [ALL]
"""
HEAD = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n"


def patch(context: str, name: str = "web") -> str:
    """A strategic merge patch of one container; its securityContext is line 9."""
    return (
        f"{HEAD}spec:\n  template:\n    spec:\n      containers:\n      - name: {name}\n"
        f"        securityContext: {context}\n"
    )


def overlay(more: str = "", prefix: str = "") -> str:
    return f"resources: [../../base]\nnamePrefix: {prefix or 'x-'}\n{more}"


def two(base: str, prod: str = "", dev: str = "", **files: str) -> dict[str, str]:
    """A base with two overlays."""
    return {
        "base__kustomization": "resources: [web.yaml]\n",
        "base__web": base,
        "overlays__prod__kustomization": overlay(prod),
        "overlays__dev__kustomization": overlay(dev),
        **files,
    }


def run(tool: Tool, folder: Path, *args: str) -> tuple[Any, str]:
    ran = tool("--isolated", "--kustomize", "--output-format=json", *args, cwd=folder)
    return json.loads(ran.stdout), ran.stderr


def found(report: Any) -> list[tuple[str, int, str]]:
    assert report["problems"] == []
    return [(each["path"], each["line"], each["rule"]) for each in report["findings"]]


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


PATCHES = "patches:\n- path: patch.yaml\n"


def test_a_base_is_reported_once(builder: str, tool: Tool, written: Written) -> None:
    folder = written(**two(WEB, "images: [{name: example/web, newName: other}]\nnamespace: shop\n"))
    before = tree(folder)

    report, _ = run(tool, folder)

    assert found(report) == [("base/web.yaml", 12, "NRL003")]
    finding = report["findings"][0]
    assert finding["message"].startswith('Deployment/web, container "web": NET_RAW is not dropped')
    assert "only in" not in finding["message"]
    assert finding["identity"] == "NRL003 apps/Deployment/web containers/web"
    assert (finding["column"], report["summary"]["containers"]) == (15, 1)
    assert tree(folder) == before


def test_it_is_where_and_what_a_run_without_builds_says(builder: str, tool: Tool, written: Written) -> None:
    folder = written(
        **two(WEB.replace("name: web\n", "name: web\n        securityContext: {runAsUser: 1}\n", 3))
    )

    built, _ = run(tool, folder)
    raw = json.loads(tool("--isolated", "--output-format=json", cwd=folder).stdout)

    keys = ("path", "line", "column", "rule", "message", "identity", "fix")
    assert [[each[key] for key in keys] for each in built["findings"]] == [
        [each[key] for key in keys] for each in raw["findings"]
    ]


def test_what_every_overlay_repairs_is_clean(builder: str, tool: Tool, written: Written) -> None:
    drops = patch("{capabilities: {drop: [ALL]}}")
    folder = written(**two(WEB, PATCHES, PATCHES, overlays__prod__patch=drops, overlays__dev__patch=drops))

    report, _ = run(tool, folder)

    assert found(report) == []
    assert report["summary"]["containers"] == 1


def test_what_one_overlay_repairs_is_named_for_the_other(builder: str, tool: Tool, written: Written) -> None:
    folder = written(**two(WEB, PATCHES, overlays__prod__patch=patch("{capabilities: {drop: [ALL]}}")))

    report, _ = run(tool, folder)

    assert found(report) == [("base/web.yaml", 12, "NRL003")]
    assert report["findings"][0]["message"].endswith("; only in overlays/dev")


@pytest.mark.parametrize(
    ("context", "rule", "column"),
    [
        ("{privileged: true}", "NRL004", 39),
        ("{capabilities: {add: [NET_RAW], drop: [ALL]}}", "NRL001", 48),
        ("{capabilities: {drop: null}}", "NRL003", 42),
        ("{capabilities: {drop: [SYS_TIME]}}", "NRL003", 42),
        ("{capabilities: null}", "NRL003", 27),
        ("null", "NRL003", 9),
    ],
)
def test_what_a_patch_breaks_is_reported_there(
    context: str, rule: str, column: int, builder: str, tool: Tool, written: Written
) -> None:
    folder = written(**two(DROPS, PATCHES, overlays__prod__patch=patch(context)))

    report, _ = run(tool, folder)

    assert found(report) == [("overlays/prod/patch.yaml", 9, rule)]
    assert report["findings"][0]["column"] == column
    assert report["findings"][0]["message"].endswith("; only in overlays/prod")


INLINE = """\
patches:
- target: {kind: Deployment}
  patch: |-
    - op: test
      path: /spec/template/spec/containers/0/name
      value: web
    - op: remove
      path: /spec/template/spec/containers/0/securityContext/capabilities/drop
- target: {kind: Deployment}
  patch: |-
    - op: add
      path: /spec/template/spec/containers/-
      value:
        name: extra
        image: example/extra
"""


def test_operations_inside_a_kustomization(builder: str, tool: Tool, written: Written) -> None:
    folder = written(**two(DROPS, INLINE))

    report, _ = run(tool, folder)

    assert found(report) == [
        ("overlays/prod/kustomization.yaml", 10, "NRL003"),
        ("overlays/prod/kustomization.yaml", 16, "NRL003"),
    ]
    assert [each["refusal"] is None for each in report["findings"]] == [False, False]


def test_a_component_that_adds_a_container(builder: str, tool: Tool, written: Written) -> None:
    folder = written(
        **two(DROPS, "components: [../../sidecar]\n"),
        sidecar__kustomization="kind: Component\napiVersion: kustomize.config.k8s.io/v1alpha1\n" + PATCHES,
        sidecar__patch=f"{HEAD}spec: {{template: {{spec: {{containers: [{{name: side, image: s}}]}}}}}}\n",
    )

    report, _ = run(tool, folder)

    assert found(report) == [("sidecar/patch.yaml", 4, "NRL003")]
    assert report["summary"]["containers"] == 2


def test_files_that_no_build_uses_are_linted_as_they_are(builder: str, tool: Tool, written: Written) -> None:
    folder = written(**two(DROPS), other__web=WEB, base__unused=WEB)

    report, _ = run(tool, folder)

    assert found(report) == [("base/unused.yaml", 12, "NRL003"), ("other/web.yaml", 12, "NRL003")]


def test_a_file_named_by_a_hook_stands_for_what_uses_it(builder: str, tool: Tool, written: Written) -> None:
    folder = written(
        **two(DROPS, PATCHES, overlays__prod__patch=patch("{privileged: true}")),
        elsewhere__kustomization="resources: [web.yaml]\n",
        elsewhere__web=WEB,
    )

    assert found(run(tool, folder, "overlays/prod/patch.yaml")[0]) == [
        ("overlays/prod/patch.yaml", 9, "NRL004")
    ]
    assert found(run(tool, folder, "base/web.yaml")[0]) == [("overlays/prod/patch.yaml", 9, "NRL004")]
    assert found(run(tool, folder, "elsewhere/kustomization.yaml")[0]) == [
        ("elsewhere/web.yaml", 12, "NRL003")
    ]


def test_exemptions_in_the_files_hold(builder: str, tool: Tool, written: Written) -> None:
    comment = "      # netraw-lint: ignore[NRL003] until 2999-12-31: sends ICMP probes\n"
    folder = written(**two(WEB.replace("      - image", f"{comment}      - image")))

    raw = json.loads(tool("--isolated", "--output-format=json", cwd=folder).stdout)
    report, _ = run(tool, folder)

    assert [len(raw["findings"]), len(raw["exempt"])] == [0, 1]
    assert found(report) == []
    assert [each["path"] for each in report["exempt"]] == ["base/web.yaml"]
    assert found(run(tool, folder, "--no-ignores")[0]) == [("base/web.yaml", 13, "NRL003")]


@pytest.mark.parametrize("pattern", ["base/web.yaml", "base"])
def test_an_excluded_base_is_built_but_not_reported(
    pattern: str, builder: str, tool: Tool, written: Written
) -> None:
    folder = written(**two(WEB, PATCHES, overlays__prod__patch=patch("{privileged: true}")))
    before = (folder / "base/web.yaml").read_bytes()

    report, _ = run(tool, folder, "--exclude", pattern, "--fix")

    assert found(report) == [("overlays/prod/patch.yaml", 9, "NRL004")]
    assert (folder / "base/web.yaml").read_bytes() == before
    # As everywhere, what is named is meant.
    assert len(found(run(tool, folder, "--exclude", pattern, "base/web.yaml")[0])) == 2


def test_files_that_are_left_out_for_a_rule(builder: str, tool: Tool, written: Written) -> None:
    folder = written(**two(WEB))
    (folder / ".netraw-lint.yaml").write_text("per-file-ignores: {base/*.yaml: [NRL003]}\nkustomize: build\n")
    before = tree(folder)

    ran = tool("--fix", cwd=folder)

    assert (ran.code, tree(folder)) == (0, before)


def test_a_manifest_in_a_generated_map_is_data(builder: str, tool: Tool, written: Written) -> None:
    folder = written(
        kustomization="configMapGenerator: [{name: web, files: [web.yaml, key=pod.yaml]}]\n", web=WEB, pod=WEB
    )

    report, _ = run(tool, folder)

    assert (found(report), report["summary"]["containers"]) == ([], 0)


def test_what_an_overlay_deletes_is_not_deployed(builder: str, tool: Tool, written: Written) -> None:
    delete = f"{HEAD}$patch: delete\n"
    folder = written(**two(WEB, PATCHES, PATCHES, overlays__prod__patch=delete, overlays__dev__patch=delete))
    assert found(run(tool, folder)[0]) == []

    (folder / "overlays/dev/kustomization.yaml").write_text(overlay())

    assert found(run(tool, folder)[0]) == [("base/web.yaml", 12, "NRL003")]


def test_items_of_a_list_keep_their_names(builder: str, tool: Tool, written: Written) -> None:
    item = "".join(f"  {line}" for line in WEB.splitlines(keepends=True)).replace("  api", "- api", 1)
    folder = written(
        kustomization="resources: [list.yaml]\nnamePrefix: x-\n",
        list=f"apiVersion: v1\nkind: List\nitems:\n{item}",
    )

    (finding,) = run(tool, folder)[0]["findings"]

    assert finding["message"].startswith('Deployment/web, container "web"')
    assert (finding["path"], finding["line"]) == ("list.yaml", 15)


@pytest.mark.parametrize("form", ["sarif", "rdjson"])
def test_no_edit_of_a_built_file_is_suggested_without_its_proof(
    form: str, builder: str, tool: Tool, written: Written
) -> None:
    """A suggestion is proven by the file alone, and this one would break another overlay."""
    pods = "\n---\n".join(WEB.replace("name: web", f"name: {name}") for name in ("one", "two"))
    folder = written(**two(pods))

    built = tool("--isolated", "--kustomize", f"--output-format={form}", cwd=folder).stdout
    raw = tool("--isolated", f"--output-format={form}", cwd=folder).stdout

    key = "insertedContent" if form == "sarif" else "suggestions"
    assert (key in built, key in raw) == (False, True)


def test_the_settings_may_say_so(builder: str, tool: Tool, written: Written) -> None:
    folder = written(**two(DROPS, PATCHES, overlays__prod__patch=patch("{capabilities: {drop: null}}")))
    (folder / ".netraw-lint.yaml").write_text("kustomize: build\noutput-format: concise\n")

    ran = tool(cwd=folder)

    assert (ran.code, ran.stdout.count("NRL003")) == (1, 1)
    assert tool("--isolated", cwd=folder).code == 0


# -- what is not built ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        (
            "resources:\n- web.yaml\n- https://github.com/example/shop//base?ref=v1\n- git@example.org:a/b\n",
            3,
            "not built: https://github.com/example/shop//base?ref=v1, git@example.org:a/b: netraw-lint downloads nothing; bring",
        ),
        ("resources: [web.yaml, gone.yaml]\n", 1, "not built: gone.yaml: no such file or directory"),
        ("resources: [web.yaml]\nhelmCharts:\n- name: a\n", 2, "not built: helmCharts needs helm"),
        (
            "resources: [web.yaml]\npatches:\n- path: http://example.org/a.yaml\n",
            3,
            "not built: http://example.org/a.yaml",
        ),
    ],
)
def test_what_cannot_be_built_offline(
    text: str, line: int, told: str, builder: str, tool: Tool, written: Written
) -> None:
    folder = written(app__kustomization=text, app__web=WEB)

    ran = tool("--isolated", "--kustomize", "--output-format=json", cwd=folder)

    report = json.loads(ran.stdout)
    [problem] = report["problems"]
    assert (problem["path"], problem["line"], problem["stage"]) == ("app/kustomization.yaml", line, "build")
    assert problem["message"].startswith(told)
    assert ran.code == 2
    # What is not built is still read.
    assert [each["path"] for each in report["findings"]] == ["app/web.yaml"]


def test_what_lies_outside_of_the_repository(builder: str, tool: Tool, written: Written) -> None:
    folder = written(kustomization="resources: [../outside.yaml]\n")
    (folder.parent / "outside.yaml").write_text(WEB)

    report, _ = run(tool, folder)

    assert "../outside.yaml lies outside of the repository" in report["problems"][0]["message"]


def test_what_the_engine_refuses(builder: str, tool: Tool, written: Written) -> None:
    folder = written(kustomization="resources: [web.yaml]\nnonsense: true\n", web=WEB)

    report, _ = run(tool, folder)

    assert 'unknown field "nonsense"' in report["problems"][0]["message"]
    assert [each["path"] for each in report["findings"]] == ["web.yaml"]


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({"kustomization": "resources: [\n"}, "cannot be read: "),
        (
            {"kustomization": "resources: []\n", "kustomization.yml": "resources: []\n"},
            "ultiple kustomization files",
        ),
        ({"a__kustomization": "resources: [../b]\n", "b__kustomization": "resources: [../a]\n"}, "cycle"),
    ],
)
def test_what_is_no_kustomization(
    files: dict[str, str], told: str, builder: str, tool: Tool, written: Written
) -> None:
    report, _ = run(tool, written(**files))

    [problem] = report["problems"]
    assert told in problem["message"]


def test_kustomizations_of_flux_are_none(tool: Tool, written: Written) -> None:
    text = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: a}\nspec: {path: ./a}\n"

    assert found(run(tool, written(kustomization=text))[0]) == []


def test_files_beside_the_kustomization(builder: str, tool: Tool, written: Written) -> None:
    """Some are deployed with LoadRestrictionsNone."""
    folder = written(app__kustomization="resources: [../shared/web.yaml]\n", shared__web=WEB)

    assert found(run(tool, folder)[0]) == [("shared/web.yaml", 12, "NRL003")]


def test_without_an_engine(
    tool: Tool, written: Written, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = written(**two(WEB))
    (tmp_path / "empty").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))

    ran = tool("--isolated", "--kustomize", "--output-format=concise", cwd=folder)

    assert ran.code == 2
    assert "put `kustomize` or `kubectl` on the PATH" in ran.stdout
    assert "base/web.yaml:12:15: NRL003" in ran.stdout
    assert tool("--isolated", "--kustomize", "base/web.yaml", cwd=tmp_path / "empty").code == 2


def test_without_a_kustomization_no_engine_is_needed(
    tool: Tool, written: Written, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    assert found(run(tool, written(web=WEB))[0]) == [("web.yaml", 12, "NRL003")]


def test_programs_are_ended_when_they_take_or_give_too_much(tmp_path: Path) -> None:
    for body, most, told in (
        ("import time; time.sleep(60)", 100, "took longer than 1 seconds"),
        ("print('x' * 10_000_000)", 1 << 20, "gives more than 1 MB"),
    ):
        with pytest.raises(processes.ProcessError, match=told):
            processes.run([sys.executable, "-c", body], {}, str(tmp_path), 1.0, most)
    with pytest.raises(processes.ProcessError, match="cannot be started"):
        processes.run([str(tmp_path / "none")], {}, str(tmp_path), 1.0, 100)
    with pytest.raises(processes.FailedError):
        processes.run([sys.executable, "-c", "raise SystemExit(3)"], {}, str(tmp_path), 60.0, 100)


@pytest.mark.parametrize(
    ("text", "remote"),
    [
        ("https://github.com/a/b//c?ref=v1", True),
        ("github.com/a/b", True),
        ("git@github.com:a/b.git", True),
        ("ssh://git@example.org/a", True),
        ("git::https://example.org/a", True),
        ("git.example.org/group/repo.git//deploy", True),
        ("../missing", False),
        ("missing.yaml", False),
        ("dir.with.dots/base", False),
    ],
)
def test_what_is_remote(text: str, remote: bool, tmp_path: Path) -> None:
    (tmp_path / "kustomization.yaml").write_text(f"resources: ['{text}']\n")

    part = kustomizations.Kustomizations().at(str(tmp_path))

    assert part is not None
    assert [[each.text for each in part.remote], [each.text for each in part.missing]] == (
        [[text], []] if remote else [[], [text]]
    )


# -- fixing -------------------------------------------------------------------------------------------------------------


def test_a_base_is_fixed_and_proven_by_every_overlay(builder: str, tool: Tool, written: Written) -> None:
    folder = written(**two(WEB, PATCHES, overlays__prod__patch=patch("{runAsUser: 1}")))

    patched = tool("--isolated", "--kustomize", "--diff", cwd=folder)
    ran = tool("--isolated", "--kustomize", "--fix", "--output-format=concise", cwd=folder)

    context = "        securityContext:\n          capabilities:\n            drop:\n            - NET_RAW\n"
    assert (folder / "base" / "web.yaml").read_text("utf-8") == WEB + context
    assert "".join(f"+{line}\n" for line in context.splitlines()) in patched.stdout
    assert patched.code == 1
    assert ran.stdout == "base/web.yaml: fixed 1 (NRL003)\n\n"
    assert "proven by building 2 kustomizations before and after" in ran.stderr
    after = tree(folder)
    assert tool("--isolated", "--kustomize", "--fix", cwd=folder).code == 0
    assert tree(folder) == after


def test_one_overlay_alone_is_proven_with_the_others(builder: str, tool: Tool, written: Written) -> None:
    folder = written(**two(WEB))

    ran = tool("--isolated", "--kustomize", "--fix", "overlays/prod", cwd=folder)

    assert (folder / "base" / "web.yaml").read_text("utf-8") != WEB
    assert "proven by building 2 kustomizations" in ran.stderr


def test_a_patch_is_fixed(builder: str, tool: Tool, written: Written) -> None:
    text = patch("{capabilities: {add: [NET_RAW, CHOWN]}}")
    folder = written(**two(DROPS, PATCHES, overlays__prod__patch=text))

    tool("--isolated", "--kustomize", "--fix", cwd=folder)

    assert (folder / "overlays/prod/patch.yaml").read_text("utf-8") == text.replace("NET_RAW, ", "")
    assert found(run(tool, folder)[0]) == []


def test_a_container_that_a_patch_adds_is_fixed_there(builder: str, tool: Tool, written: Written) -> None:
    text = f"{HEAD}spec:\n  template:\n    spec:\n      containers:\n      - name: side\n        image: s\n"
    folder = written(**two(DROPS, PATCHES, overlays__prod__patch=text))

    tool("--isolated", "--kustomize", "--fix", cwd=folder)

    assert (
        (folder / "overlays/prod/patch.yaml")
        .read_text("utf-8")
        .startswith(f"{text}        securityContext:\n")
    )
    assert found(run(tool, folder)[0]) == []


def test_only_what_is_deployed_without_a_drop_is_fixed(builder: str, tool: Tool, written: Written) -> None:
    """The first container lacks a drop in the base, and every overlay gives it one: it stays as it is."""
    drops = patch("{capabilities: {drop: [ALL]}}")
    second = f"{WEB}      - name: second\n        image: s\n"
    folder = written(**two(second, PATCHES, PATCHES, overlays__prod__patch=drops, overlays__dev__patch=drops))

    tool("--isolated", "--kustomize", "--fix", cwd=folder)

    assert (folder / "base/web.yaml").read_text("utf-8").startswith(f"{second}        securityContext:\n")


TESTED = """\
patches:
- target: {kind: Deployment}
  patch: |-
    - op: test
      path: /spec/template/spec/containers/0
      value: {image: example/web, name: web}
"""


def test_an_edit_that_breaks_another_overlay_is_refused(builder: str, tool: Tool, written: Written) -> None:
    folder = written(**two(WEB, dev=TESTED))
    before = tree(folder)

    report, _ = run(tool, folder, "--fix", "overlays/prod")

    assert tree(folder) == before
    [finding] = report["findings"]
    assert finding["refusal"].startswith("proof: ")
    assert "by hand: write securityContext" in finding["refusal"]


def test_an_edit_that_another_kustomization_cannot_prove_is_refused(
    builder: str, tool: Tool, written: Written
) -> None:
    folder = written(**two(WEB, dev="helmCharts: [{name: a}]\n"))
    before = tree(folder)

    report, _ = run(tool, folder, "--fix", "overlays/prod")

    assert tree(folder) == before
    assert "helmCharts needs helm" in report["findings"][0]["refusal"]


def test_an_edit_that_changes_more_than_the_drop_is_refused(
    builder: str, tool: Tool, written: Written
) -> None:
    """A replacement copies the container, securityContext and all, into another object."""
    copied = """\
resources: [../../base, ./other.yaml]
replacements:
- source: {kind: Deployment, name: web, fieldPath: spec.template.spec.containers.0}
  targets:
  - select: {kind: Other}
    fieldPaths: [spec.copy]
"""
    other = "apiVersion: example.org/v1\nkind: Other\nmetadata: {name: o}\nspec: {copy: {a: b}}\n"
    folder = written(**{**two(WEB, overlays__dev__other=other), "overlays__dev__kustomization": copied})
    before = tree(folder)

    report, _ = run(tool, folder, "--fix")

    assert tree(folder) == before
    assert "`spec.copy.securityContext` would change in Other/o" in report["findings"][0]["refusal"]


def test_the_tree_is_never_touched_without_fix(builder: str, tool: Tool, written: Written) -> None:
    folder = written(**two(WEB, INLINE))
    before = tree(folder)

    run(tool, folder)
    tool("--isolated", "--kustomize", "--diff", cwd=folder)

    assert tree(folder) == before


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_git_takes_the_patch(builder: str, tool: Tool, written: Written) -> None:
    import subprocess

    folder = written(**two(WEB))
    shutil.rmtree(folder / ".git")
    subprocess.run(["git", "init", "-q", "."], cwd=folder, check=True)

    ran = tool("--isolated", "--kustomize", "--diff", cwd=folder)
    subprocess.run(["git", "apply", "-"], cwd=folder, input=ran.stdout, text=True, check=True)

    assert found(run(tool, folder)[0]) == []

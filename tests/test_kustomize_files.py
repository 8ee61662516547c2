"""Patches without a build: what they add is found at its line, what they leave out is not."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conftest import Tool

Written = Callable[..., Path]


def findings(tool: Tool, folder: Path, *args: str) -> list[tuple[str, int, int, str]]:
    ran = tool("--isolated", "--output-format=json", *args, cwd=folder)
    report: Any = json.loads(ran.stdout)
    assert report["problems"] == []
    return [(each["path"], each["line"], each["column"], each["rule"]) for each in report["findings"]]


def kustomization(patches: str) -> str:
    return f"patches:\n{patches}"


OPS = """\
- op: {op}
  path: /spec/template/spec/containers/1/securityContext{path}
{value}"""


@pytest.mark.parametrize(
    ("op", "path", "value", "expected"),
    [
        ("add", "/privileged", "  value: true\n", [(3, 10, "NRL004")]),
        ("add", "", "  value:\n    privileged: true\n", [(4, 17, "NRL004")]),
        ("add", "/capabilities/add/-", "  value: NET_RAW\n", [(3, 10, "NRL001")]),
        ("replace", "/capabilities/add", "  value: [CHOWN, cap_net_raw]\n", [(3, 18, "NRL001")]),
        ("add", "/capabilities", "  value: {add: [ALL]}\n", [(3, 17, "NRL002")]),
        ("remove", "/capabilities/drop", "", [(2, 9, "NRL003")]),
        ("remove", "/capabilities/drop/0", "", [(2, 9, "NRL003")]),
        ("remove", "/capabilities", "", [(2, 9, "NRL003")]),
        ("remove", "", "", [(2, 9, "NRL003")]),
        ("replace", "/capabilities/drop", "  value: [SYS_TIME]\n", [(2, 9, "NRL003")]),
        # What says nothing about the drop, or keeps one, is left alone.
        ("replace", "/capabilities/drop", "  value: [ALL]\n", []),
        ("replace", "/capabilities", "  value: {drop: [NET_RAW]}\n", []),
        ("add", "", "  value: {runAsUser: 0}\n", []),
        ("add", "/capabilities/drop", "  value: [SYS_TIME]\n", []),
        ("remove", "/privileged", "", []),
        ("remove", "/runAsUser", "", []),
        ("test", "/privileged", "  value: true\n", []),
    ],
)
def test_operations_in_a_file(
    op: str, path: str, value: str, expected: list[tuple[int, int, str]], tool: Tool, written: Written
) -> None:
    folder = written(
        kustomization=kustomization("- path: ops.yaml\n  target: {kind: Deployment}\n"),
        ops=OPS.format(op=op, path=path, value=value),
    )

    assert findings(tool, folder) == [("ops.yaml", *each) for each in expected]


def test_what_an_operation_takes_away_a_later_one_may_bring_back(tool: Tool, written: Written) -> None:
    folder = written(
        kustomization="patchesJson6902:\n- path: ops.yaml\n  target: {version: v1, kind: Pod, name: a}\n",
        ops="""\
- op: remove
  path: /spec/containers/0/securityContext
- op: add
  path: /spec/containers/0/securityContext
  value: {capabilities: {drop: [CAP_NET_RAW, NET_RAW]}}
- op: remove
  path: /spec/containers/1/securityContext
""",
    )

    assert findings(tool, folder) == [("ops.yaml", 7, 9, "NRL003")]


def test_hostile_operations(tool: Tool, written: Written) -> None:
    folder = written(
        kustomization="patches:\n- path: ops.yaml\n  target: {kind: Pod}\n",
        ops=f"""\
- {{op: add, path: /{"a/" * 100_000}privileged, value: true}}
- {{op: add, path: "", value: true}}
- {{op: remove, path: /}}
- {{op: remove, path: /spec/containers/99999999999999999999/securityContext}}
- {{op: add, path: /spec/containers/0/securityContext}}
- {{op: [add], path: {{}}, value: {{}}}}
- text
- {{op: add, path: /spec/containers/0/securityContext/privileged, value: true}}
""",
    )

    assert [each[1::2] for each in findings(tool, folder)] == [(4, "NRL003"), (8, "NRL004")]


def test_operations_as_json(tool: Tool, written: Written) -> None:
    folder = written(
        **{
            "kustomization": kustomization("- path: ops.json\n  target: {kind: StatefulSet, name: db}\n"),
            "ops.json": '[\n  {"op": "add", "path": "/spec/template/spec/initContainers/-", "value":\n'
            '    {"name": "a", "image": "b", "securityContext": {"privileged": true}}}\n]\n',
        }
    )

    assert findings(tool, folder) == [("ops.json", 3, 67, "NRL004")]
    ran = tool("--isolated", "--output-format=concise", cwd=folder)
    assert 'StatefulSet/db, init container "a": privileged' in ran.stdout


INLINE = """\
resources: [web.yaml]
patches:
- target: {kind: Deployment, name: web}
  patch: |-
    - op: add
      path: /spec/template/spec/containers/0/securityContext
      value:
        # ünïcode in front

        privileged: true
- patch: |
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec:
      template:
        spec:
          containers:
          - name: web
            securityContext:
              capabilities: {add: [NET_RAW]}
          - name: gone
            $patch: delete
            securityContext: {privileged: true}
- target: {labelSelector: a=b}
  patch: '[{"op": "replace", "path": "/spec/containers/0/securityContext/privileged", "value": true}]'
patchesStrategicMerge:
- |-
  apiVersion: v1
  kind: Pod
  metadata: {name: x}
  spec:
    containers:
    - name: c
      securityContext: {privileged: true}
    - name: lacks-a-drop
      image: i
"""


@pytest.mark.parametrize("name", ["kustomization.yaml", "kustomization.yml", "Kustomization"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_patches_inside_a_kustomization(name: str, newline: str, tool: Tool, written: Written) -> None:
    folder = written(a="a: 1\n")
    (folder / name).write_bytes(INLINE.replace("\n", newline).encode())

    assert findings(tool, folder) == [
        (name, 10, 21, "NRL004"),
        (name, 21, 36, "NRL001"),
        (name, 26, 96, "NRL004"),
        (name, 35, 37, "NRL004"),
    ]


def test_a_folded_patch_is_reported_where_it_begins(tool: Tool, written: Written) -> None:
    folder = written(
        kustomization="""\
kind: Component
patches:
- target: {kind: Pod}
  patch: >-
    [{"op": "add",
      "path": "/spec/containers/0/securityContext/privileged",

      "value": true}]
"""
    )

    assert [each[0::3] for each in findings(tool, folder)] == [("kustomization.yaml", "NRL004")]


def test_other_kinds_are_no_kustomizations(tool: Tool, written: Written) -> None:
    folder = written(kustomization=f"apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Other\n{INLINE}")

    assert findings(tool, folder) == []


def test_patches_are_never_fixed_inside_a_kustomization(tool: Tool, written: Written) -> None:
    folder = written(kustomization=INLINE)

    ran = tool("--isolated", "--fix", "--output-format=json", cwd=folder)

    assert (folder / "kustomization.yaml").read_text("utf-8") == INLINE
    refusals = {each["rule"]: each["refusal"] for each in json.loads(ran.stdout)["findings"]}
    assert refusals["NRL001"] == (
        "it stands in a JSON patch, or in a patch inside a kustomization; change the patch by hand"
    )


def test_a_patch_of_a_component_and_one_that_deletes(tool: Tool, written: Written) -> None:
    patch = (
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n$patch: delete\nspec:\n  containers:\n  - name: a\n"
    )
    folder = written(
        component__kustomization="kind: Component\npatches:\n- path: ../patches/deletes.yaml\n- path: lacks.yaml\n",
        patches__deletes=f"{patch}    securityContext: {{privileged: true}}\n",
        component__lacks="apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - {name: a, image: b}\n",
    )

    assert findings(tool, folder) == []
    # What a hook names is looked for in the directories above it alone.
    (folder / "patches" / "deletes.yaml").unlink()
    assert findings(tool, folder, "component/lacks.yaml") == []


def test_a_patch_that_lies_beside_its_kustomization(tool: Tool, written: Written) -> None:
    folder = written(
        overlay__kustomization="patches:\n- path: ../patches/lacks.yaml\n",
        patches__lacks="apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - {name: a, image: b}\n",
    )

    assert findings(tool, folder) == []
    assert findings(tool, folder, "patches", "overlay/kustomization.yaml") == []

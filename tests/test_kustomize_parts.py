"""Marks that change nothing but themselves, and the comparison that proves an edit of a base."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netraw_lint import yamltree
from netraw_lint.kustomize import compare
from netraw_lint.kustomize.marks import ITEM, Marker, with_annotations
from netraw_lint.kustomize.workshop import documents

OBJECTS = {
    "block": "kind: Pod\napiVersion: v1\nspec:\n  containers:\n  - name: a\n    image: b\n    securityContext:\n"
    "      capabilities:\n        drop:\n        - ALL\n      privileged: true\n",
    "flow": "{kind: Pod, apiVersion: v1, spec: {containers: [{name: a, image: b, securityContext: {privileged: true}}]}}",
    "json": '{"kind": "Pod", "apiVersion": "v1", "spec": {"containers": [{"image": "b"}]}}\n',
    "indented": "kind: Pod\napiVersion: v1\nspec:\n    containers:\n      -   image: b\n          name: a\n",
    "own line": "kind: Pod\napiVersion: v1\nspec:\n  containers:\n  -\n    image: b\n",
    "anchors": "kind: Pod\napiVersion: v1\nx: &c {image: b}\nspec:\n  containers:\n  - *c\n  - <<: *c\n    name: a\n",
    "crlf": "kind: Pod\r\napiVersion: v1\r\nspec:\r\n  containers:\r\n  - image: b\r\n    name: a\r\n",
    "empty": "kind: Pod\napiVersion: v1\nspec: {containers: [{}], image: }\n",
    "documents": "---\nkind: Pod\napiVersion: v1\nspec:\n  containers:\n  - image: ä\n---\n\n---\nkind: Pod\napiVersion: v1\n"
    "spec:\n  containers:\n  - image: c\n",
    "deletes": "kind: Pod\napiVersion: v1\nspec:\n  containers:\n  - $patch: delete\n    image: a\n",
}


@pytest.mark.parametrize("text", OBJECTS.values(), ids=OBJECTS)
def test_marks_change_nothing_but_themselves(text: str) -> None:
    marked = Marker().marked("/a.yaml", text, patch=False, kustomization=False)

    plain = [compare.data(root) for root in yamltree.compose(text.encode())]
    assert [compare.data(root) for root in yamltree.compose(marked.encode())] == plain


@pytest.mark.parametrize("text", [each for name, each in OBJECTS.items() if name not in ("empty", "deletes")])
def test_every_container_is_marked_where_it_begins(text: str) -> None:
    marker = Marker()

    marked = marker.marked("/a.yaml", text, patch=False, kustomization=False)

    items = [mark for mark in marker.marks if not mark.key]
    assert items
    assert marked.count(ITEM) == len(items)
    for mark in items:
        assert text[mark.item :].startswith(("name: ", "image: ", "{", "<<", '"'))
        assert mark.image in ("b", "c", "ä")


OPERATIONS = """\
- op: remove
  path: /spec/containers/0/securityContext/capabilities/drop
- op: add   # a comment
  path: /spec/containers/0/securityContext/capabilities/add/-
  value: NET_RAW  # another
- {op: replace, path: /metadata/name, value: other}
- op: add
  path: /spec/containers/-
  value:
    name: a
    image: |
      b
"""


@pytest.mark.parametrize("text", [OPERATIONS, OPERATIONS.rstrip(), OPERATIONS.replace("\n", "\r\n")])
def test_operations_get_operations_behind_them(text: str) -> None:
    marker = Marker()

    marked = marker.marked("/ops.yaml", text, patch=True, kustomization=False)

    root = next(yamltree.compose(marked.encode()))
    paths = [yamltree.as_string(yamltree.get(item, "path")) for item in root.value]
    assert paths == [
        "/spec/containers/0/securityContext/capabilities/drop",
        "/spec/containers/0/securityContext/capabilities/netraw-lint-drop",
        "/spec/containers/0/securityContext/capabilities/add/-",
        "/spec/containers/0/securityContext/capabilities/netraw-lint-add",
        "/metadata/name",
        "/spec/containers/-",
    ]
    assert [mark.key for mark in marker.marks] == ["drop", "add", "image", ""]


def test_the_wish_for_annotations() -> None:
    assert with_annotations("resources: [a]\n") == '"buildMetadata": ["originAnnotations"]\nresources: [a]\n'
    assert with_annotations("# a\n\n{resources: [a]}\n") == (
        '# a\n\n{"buildMetadata": ["originAnnotations"], resources: [a]}\n'
    )
    for text in ("", "buildMetadata: []\n", "[", "- a\n"):
        assert with_annotations(text) == text


def test_documents_of_a_build() -> None:
    assert documents("a: 1\n---\nb: |\n  ---\n---\n") == ["a: 1\n", "b: |\n  ---\n"]
    assert documents("") == []


def pod(context: str, more: str = "") -> str:
    return f"kind: Pod\nmetadata: {{name: a}}\nspec:\n  containers:\n  - {{name: a, securityContext: {context}}}\n{more}"


MEANT = [{("spec", "containers", 0)}]


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("{}", "{capabilities: {drop: [NET_RAW]}}", None),
        ("{capabilities: {drop: [A]}}", "{capabilities: {drop: [A, NET_RAW]}}", None),
        ("{capabilities: {drop: [cap_net_raw]}}", "{capabilities: {drop: [ALL]}}", None),
        (
            "{capabilities: {drop: [ALL]}}",
            "{capabilities: {drop: [NET_RAW]}}",
            "ALL would no longer be dropped",
        ),
        ("{capabilities: {add: [NET_RAW, B]}}", "{capabilities: {add: [B], drop: [NET_RAW]}}", None),
        ("{runAsUser: 1}", "{capabilities: {drop: [NET_RAW]}}", "`spec.containers.0.securityContext"),
        ("{capabilities: {drop: [A]}}", "{capabilities: {drop: [NET_RAW]}}", "A would no longer be dropped"),
        ("{}", "{capabilities: {drop: [A]}}", "A would be dropped"),
        ("{}", "{capabilities: {add: [A]}}", "A would be added"),
        ("{capabilities: {add: [B]}}", "{}", "B would no longer be added"),
        ("{}", "{privileged: false}", "`spec.containers.0.securityContext"),
    ],
)
def test_what_an_edit_may_change(before: str, after: str, told: str | None) -> None:
    reason = compare.objection([pod(before)], [pod(after)], MEANT)

    assert reason == told if told is None else (reason or "").startswith(told)


def test_what_an_edit_may_not_change_elsewhere() -> None:
    drops = pod("{capabilities: {drop: [NET_RAW]}}")

    assert (
        compare.objection([pod("{}")], [drops], [set()])
        == "`spec.containers.0.securityContext` would change in Pod/a"
    )
    assert compare.objection([pod("{}")], [drops, drops], MEANT) == "2 objects would be deployed instead of 1"
    assert (compare.objection([pod("{}")], [drops + "other: 1\n"], MEANT) or "").startswith(
        "`other` would change"
    )


@given(st.lists(st.sampled_from(["ALL", "NET_RAW", "CHOWN", "SYS_TIME"]), max_size=3), st.booleans())
def test_an_edit_and_its_inverse(names: list[str], flow: bool) -> None:
    """A drop may come of nothing, but never go."""
    lists = f"[{', '.join(names)}]" if flow else str(names)
    more = pod(f"{{capabilities: {{drop: {lists}}}}}")
    allowed = set(names) <= {"ALL", "NET_RAW"}

    assert (compare.objection([pod("{}")], [more], MEANT) is None) == allowed
    assert (compare.objection([more], [pod("{}")], MEANT) is None) == (not names)

"""Bytes to documents: where they begin, what they are called, and that the byte filter hides nothing."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import CHECKOUT, Tool
from netraw_lint import api, manifest, splitting, workloads
from netraw_lint.catalogue import Catalogue
from netraw_lint.manifest import Unreadable
from netraw_lint.model import Container, Document, Source
from netraw_lint.schemas_dir import read_catalogue
from netraw_lint.yamltree import YamlError

CATALOGUE = Catalogue(read_catalogue)
FIXTURES = CHECKOUT / "tests" / "fixtures"
POD = "apiVersion: v1\nkind: Pod\nspec: {containers: [{name: a, image: a}]}\n"
BOM = "\ufeff"


def chunks(text: str) -> list[str]:
    data = text.encode()
    return [data[start:end].decode() for start, end in splitting._split(data)]


def read(text: str, path: str = "file.yaml") -> list[Document | Unreadable | None]:
    return list(manifest.documents(Source(path, text.encode()), CATALOGUE.holds_containers))


def places(text: str) -> list[tuple[int, int, int]]:
    """(document, line, column) of every container without a drop."""
    report = api.lint_text(text, rules=["NRL003"])
    return [(found.document, found.location.line, found.location.column) for found in report.findings]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", [""]),
        ("a", ["a"]),
        ("---", ["---"]),
        ("---\na\n---\nb", ["---\na\n", "---\nb"]),
        ("a\n---  \nb\n---\t# c\nd", ["a\n", "---  \nb\n", "---\t# c\nd"]),
        ("a\r\n---\r\nb", ["a\r\n", "---\r\nb"]),
        ("a\n--- {b: 1}\n--- |\n c\n", ["a\n", "--- {b: 1}\n", "--- |\n c\n"]),
        ("a\n---# b\nc", ["a\n", "c"]),
        ("a\n----\n---b\n ---\n", ["a\n----\n---b\n ---\n"]),
        ("'a\n---\nb'", ["'a\n", "---\nb'"]),
        (f"a\n{BOM}---\nb", [f"a\n{BOM}", "---\nb"]),
        ("%YAML 1.1\n---\na\n", ["%YAML 1.1\n---\na\n"]),
        ("# c\n\n%YAML 1.1\n%TAG ! x\n---\na\n", ["# c\n\n", "%YAML 1.1\n%TAG ! x\n---\na\n"]),
        ("a\n...\n%YAML 1.1\n---\nb\n---\nc", ["a\n...\n", "%YAML 1.1\n---\nb\n", "---\nc"]),
        ("a: |\n  %x\n---\nb", ["a: |\n  %x\n", "---\nb"]),
        ("{a: 1}\n---\n{b: 1}\n", ["{a: 1}\n", "---\n{b: 1}\n"]),
        ('{"a":1}\n{"b":"}\\n{"}\n\n  {"c":1}\n', ['{"a":1}\n', '{"b":"}\\n{"}\n', '\n  {"c":1}\n']),
        ('{"a":1}{"b":1}\n', ['{"a":1}{"b":1}\n']),
        ('{"a":1}\n{"b":\n', ['{"a":1}\n{"b":\n']),
    ],
)
def test_splitting(text: str, expected: list[str]) -> None:
    assert chunks(text) == expected


@given(st.text(st.sampled_from('a-#%.{}"\\\n\r \t:\ufeff'), max_size=40))
def test_no_byte_is_lost_but_the_separators_of_helm(text: str) -> None:
    data = text.encode()
    end = 0
    for start, stop in splitting._split(data):
        assert data[end:start] == b"" or data[end:start].startswith(b"---#")
        end = stop
    assert end == len(data)


def test_documents_are_counted_and_placed() -> None:
    text = f"# 😀 é\n---\n---\n# only a comment\n---\nnull\n---\n{POD}---\nkind: ConfigMap\n---\n{POD}"
    found = read(text)
    assert [type(part).__name__ for part in found] == ["NoneType", "Document", "NoneType", "Document"]
    documents = [part for part in found if isinstance(part, Document)]
    assert [part.index for part in documents] == [1, 3]
    for part in documents:
        assert text.encode()[part.start :].decode().startswith(part.text)
        assert text.split("\n")[part.line] == "---"


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("head", ["", BOM, "# é😀\n", "é: ü\n---\n"])
def test_places_are_exact(newline: str, head: str) -> None:
    text = head + f"{POD}---\n# ü\n{POD}"
    lines = text.replace(BOM, "").split("\n")
    expected = [
        (number, 1 + line.index("name: a") + 6) for number, line in enumerate(lines, 1) if "name: a" in line
    ]
    assert [place[1:] for place in places(text.replace("\n", newline))] == expected


def test_columns_count_code_points() -> None:
    assert places(
        '{"é😀": 1, "apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{"image": "a"}]}}'
    ) == [(0, 1, 71)]


def test_json_streams_are_documents() -> None:
    pod = json.dumps(
        {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{"name": "a", "image": "a"}]}}
    )
    column = pod.index('"a"') + 1
    assert places(f"{pod}\n{pod}\n") == [(0, 1, column), (1, 2, column)]
    assert places(f'{pod}\n{{"face": "\\ud83d\\ude00"}}\n{pod}\n') == [(0, 1, column), (2, 3, column)]
    assert places(pod.replace("{", '{"face": "\\ud83d\\ude00", ', 1)) == [(0, 1, column + 24)]
    assert places(pod + pod) == [(0, 1, column), (0, 1, column + len(pod))]
    pretty = json.dumps(json.loads(pod), indent="\t")
    assert [place[:2] for place in places(f"{pretty}\n{pretty}\n")] == [(0, 7), (1, 19)]


def test_a_broken_object_of_a_stream_hides_no_other() -> None:
    pod = json.dumps(
        {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{"name": "a", "image": "a"}]}}
    )
    broken = pod.replace('"image":', '"image"')
    found = api.lint_text(f"{pod}\n{broken}\n{pod}\n", rules=["NRL003", "NRL900"]).findings
    assert [(item.rule, item.location.line) for item in found] == [
        ("NRL003", 1),
        ("NRL900", 2),
        ("NRL003", 3),
    ]


def test_a_long_stream_is_read_in_linear_time() -> None:
    pod = json.dumps(
        {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{"name": "a", "image": "a"}]}}
    )
    started = time.process_time()
    assert len(places(f"{pod}\n" * 3000)) == 3000
    assert time.process_time() - started < 10


@pytest.mark.parametrize("mark", [f"{BOM}---\n", f"---\n{BOM}", f"{BOM}---\n{BOM}"])
def test_byte_order_marks_of_concatenated_files(mark: str) -> None:
    assert places(f"{POD}{mark}{POD}")[0][:2] == (0, 3)
    assert [place[0] for place in places(f"{POD}{mark}{POD}")] == [0, 1]
    assert places(f"{POD}{mark}{POD}")[1][1] == 7


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        (f"{POD}--- # apiVersion kind\nkind: Pod\nspec: {{containers: [\n---\n{POD}", 6, 20),
        (f"{POD}--- # apiVersion kind\nkind: Pod\nspec: {{containers: [é, }}\n---\n{POD}", 6, 24),
        (f"{POD}--- # apiVersion kind\nspec:\n\tcontainers: []\n---\n{POD}", 6, 1),
        (f"{POD}--- # apiVersion kind\ncontainers: é\x07\n---\n{POD}", 5, 14),
        (f"{POD}...\ncontainers: [\n---\n{POD}", 5, 1),
        (f'{POD}--- # apiVersion kind\ncontainers: "\\q"\n---\n{POD}', 5, 14),
    ],
)
def test_a_broken_document_is_placed_and_hides_no_other(text: str, line: int, column: int) -> None:
    report = api.lint_text(text)
    (broken,) = (found for found in report.findings if found.rule == "NRL900")
    assert (broken.location.line, broken.location.column) == (line, column)
    assert [found.rule for found in report.findings].count("NRL003") == 2


@pytest.mark.parametrize(
    ("text", "origins"),
    [
        (f"---\n# Source: shop/templates/web.yaml\n{POD}", ["shop/templates/web.yaml"]),
        (f"# Source: a b/c.yaml  \r\n{POD}---\n{POD}", ["a b/c.yaml", None]),
        (f"# first\n\n# Source: x.yaml\n{POD}", ["x.yaml"]),
        (f"{POD}# Source: too/late.yaml\n", [None]),
        (f"#Source: x\n{POD}", [None]),
    ],
)
def test_origins(text: str, origins: list[str | None]) -> None:
    assert [part.origin for part in read(text) if isinstance(part, Document)] == origins
    assert [found.origin for found in api.lint_text(text, rules=["NRL003"]).findings] == origins


@pytest.mark.parametrize(
    ("path", "patch"),
    [
        ("01-assert.yaml", True),
        ("tests/e2e/00-assert.yaml", True),
        ("tests\\e2e\\02-errors.yml", True),
        ("assert.yaml", False),
        ("01-assert.json", False),
        ("01-assertions.yaml", False),
        ("01-errors-service.yaml", False),
        ("v01-assert.yaml", False),
    ],
)
def test_expectations_of_kuttl_are_patches(path: str, patch: bool) -> None:
    (document,) = read(POD, path)
    assert isinstance(document, Document)
    assert document.source.patch is patch


# The byte filter must not hide what a parser would find: the same object, spelt in every way YAML knows.

SHAPES: list[dict[str, Any]] = [
    {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{"name": "a", "image": "a"}]}},
    {"apiVersion": "tekton.dev/v1", "kind": "Task", "spec": {"steps": [{"name": "a", "image": "a"}]}},
    {
        "apiVersion": "kafka.strimzi.io/v1",
        "kind": "KafkaBridge",
        "spec": {
            "template": {"bridgeContainer": {"securityContext": {"capabilities": {"add": ["NET_RAW"]}}}}
        },
    },
    {
        "apiVersion": "gateway.envoyproxy.io/v1",
        "kind": "EnvoyProxy",
        "spec": {
            "provider": {"kubernetes": {"envoyDeployment": {"container": {"securityContext": {"a": "b"}}}}}
        },
    },
]


def spelt_key(draw: st.DrawFn, key: str) -> str:
    at = draw(st.integers(0, len(key) - 1))
    code = ord(key[at])
    return draw(
        st.sampled_from(
            [
                key,
                f"'{key}'",
                f'"{key}"',
                f"? {key}\n: ",
                f"?\t'{key}'\n: ",
                f"!!str {key}",
                f"! {key}",
                f"!<tag:yaml.org,2002:str> {key}",
                f"&{key} {key}",
                f'"{key[:at]}\\x{code:02x}{key[at + 1 :]}"',
                f'"{key[:at]}\\u{code:04x}{key[at + 1 :]}"',
                f'"{key[:at]}\\U{code:08x}{key[at + 1 :]}"',
            ]
        )
    )


@st.composite
def spellings(draw: st.DrawFn) -> str:
    shape = draw(st.sampled_from(SHAPES))
    newline = draw(st.sampled_from(["\n", "\r\n"]))

    def flow(node: Any) -> str:
        if isinstance(node, dict):
            pairs = (f"{spelt_key(draw, key)} : {flow(item)}" for key, item in node.items())
            return "{" + ", ".join(pair.replace("\n: ", " ").replace(" :  : ", " : ") for pair in pairs) + "}"
        if isinstance(node, list):
            return "[" + ", ".join(flow(item) for item in node) + "]"
        return draw(st.sampled_from([f"{node}", f"'{node}'", f'"{node}"', f"!!str {node}", f"&x {node}"]))

    def block(node: dict[str, Any], indent: str) -> str:
        lines = []
        for key, item in node.items():
            spelt = spelt_key(draw, key)
            head = (
                spelt.replace("\n", f"\n{indent}")
                if spelt.endswith(": ")
                else f"{spelt}{draw(st.sampled_from(['', ' ']))}: "
            )
            if isinstance(item, dict) and draw(st.booleans()):
                comment = draw(st.sampled_from(["", "# note", "&anchor", "!!map"]))
                lines.append(f"{indent}{head}{comment}\n{block(item, indent + '  ')}")
            else:
                lines.append(f"{indent}{head}{flow(item)}\n")
        return "".join(lines)

    text = flow(shape) + "\n" if draw(st.booleans()) else block(shape, "")
    return text.replace("\n", newline)


def containers(source: Source, keep: Any) -> list[tuple[str, str]]:
    found = []
    for document in manifest.documents(source, keep):
        if isinstance(document, Document):
            for obj in workloads.objects(document, CATALOGUE):
                for item in workloads.containers(obj, CATALOGUE):
                    found += [(obj.ref.kind, item.path)] if isinstance(item, Container) else []
    return found


@given(spellings())
def test_the_filter_hides_no_spelling(text: str) -> None:
    source = Source("file.yaml", text.encode())
    whole = next(iter(splitting.chunks(source.data, lambda _kinds: True)))
    parsed = []
    if whole is not None:
        for part in manifest.read(source, whole):
            if isinstance(part, Document):
                for obj in workloads.objects(part, CATALOGUE):
                    parsed += [
                        (obj.ref.kind, item.path)
                        for item in workloads.containers(obj, CATALOGUE)
                        if isinstance(item, Container)
                    ]
    unfiltered = splitting.Chunk(0, 0, source.data)
    for part in manifest.read(source, unfiltered):
        if isinstance(part, Document) and manifest.object_ref(part.root) is not None:
            everything = [
                (obj.ref.kind, item.path)
                for obj in workloads.objects(part, CATALOGUE)
                for item in workloads.containers(obj, CATALOGUE)
                if isinstance(item, Container)
            ]
            assert containers(source, CATALOGUE.holds_containers) == everything == parsed
            assert everything


@pytest.mark.parametrize(
    "text",
    [
        'apiVersion: v1\nkind: Pod\nspec:\n  ? "contain\\\n    ers"\n  : [{name: a, image: a}]\n',
        "apiVersion: v1\nkind: Pod\nspec: {!!binary Y29udGFpbmVycw==: [{name: a, image: a}]}\n",
        "apiVersion: v1\nkind: Pod\nspec: {!<tag:yaml.org,2002:binary> Y29udGFpbmVycw==: [{name: a, image: a}]}\n",
        "%TAG !y! tag:yaml.org,2002:\n---\napiVersion: v1\nkind: Pod\nspec: {!y!binary Y29udGFpbmVycw==: [{name: a, image: a}]}\n",
        "apiVersion: tekton.dev/v1\nkind: &k Task\nspec: {steps: [{name: a, image: a}]}\n",
        "apiVersion: tekton.dev/v1\nkind:\n  Task\nspec: {steps: [{name: a, image: a}]}\n",
        "apiVersion: tekton.dev/v1\n? kind # note\n: Task\nspec: {steps: [{name: a, image: a}]}\n",
        "apiVersion: tekton.dev/v1\n?\n  kind\n: Task\nspec: {steps: [{name: a, image: a}]}\n",
        "apiVersion: tekton.dev/v1\n<<: {kind: Task}\nspec: {steps: [{name: a, image: a}]}\n",
        "apiVersion: tekton.dev/v1\nmetadata: {name: &k Task}\nkind: *k\nspec: {steps: [{name: a, image: a}]}\n",
        "apiVersion: tekton.dev/v1\nkind: ConfigMap\nspec: {steps: [{name: a, image: a}]}\nkind: Task\n",
        "apiVersion: v1\nkind: List\nitems: [{apiVersion: tekton.dev/v1, kind: Task, spec: {steps: [{name: a, image: a}]}}]\n",
        "apiVersion: v1\nkind: CustomResourceDefinition\nmetadata: {}\nspec: {containers: [{name: a, image: a}]}\nkind: Pod\n",
    ],
)
def test_the_filter_hides_no_disguise(text: str) -> None:
    assert len(places(text)) == 1


@pytest.mark.parametrize(
    "text",
    [
        "apiVersion: v1\nkind: ConfigMap\ndata: {image: a}\n",
        "kind: Secret\nstringData: {privileged: 'true'}\n",
        "services: {web: {image: a}}\n",
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata:\n  name: a\nspec:\n  containers: {}\n",
        "# containers\n",
        "",
    ],
)
def test_the_filter_keeps_out_what_holds_nothing(text: str) -> None:
    assert [part for part in read(text) if part is not None and "containers" not in text] == []


def test_names_of_objects() -> None:
    text = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {namespace: shop, generateName: web-}\nspec: {containers: []}\n"
    (document,) = read(text)
    assert isinstance(document, Document)
    (obj,) = manifest.objects(document)
    assert (obj.ref.group, str(obj.ref)) == ("apps", "Deployment/shop/web-")


@pytest.mark.parametrize(
    "text",
    [
        "apiVersion: 1\nkind: Pod\n",
        "apiVersion: v1\nkind: [Pod]\n",
        "apiVersion: v1\nkind:\n",
        "apiVersion: v1\n",
        "- apiVersion: v1\n",
        "text\n",
    ],
)
def test_what_is_no_object(text: str) -> None:
    (document,) = read(f"{text}# containers apiVersion kind\n")
    assert isinstance(document, Document)
    assert list(manifest.objects(document)) == []


def test_a_comment_hides_nothing_in_a_file_with_lone_carriage_returns() -> None:
    text = f"# first\n{POD}".replace("\n", "\r")
    assert [finding.rule for finding in api.lint_text(text, rules=["NRL003"]).findings] == ["NRL003"]


def test_comments_are_passed_over_in_linear_time() -> None:
    started = time.process_time()
    assert places("# comment\n" * 300_000 + POD)[0][0] == 0
    assert time.process_time() - started < 10


@pytest.mark.parametrize(
    ("items", "paths"),
    [
        (
            "- apiVersion: v1\n  kind: Pod\n- kind: Pod\n  spec: {}\n  apiVersion: v1\n",
            ["items[0]", "items[1]"],
        ),
        ("- {a: [{b: {apiVersion: v1, kind: Pod}}]}\n", ["items[0].a[0].b"]),
        ("- 'apiVersion': v1\n  ? kind\n  : Pod\n", ["items[0]"]),
        ("- apiVersion: v1\n\n\n# kind and apiVersion\n", []),
        ("- fieldRef: {apiVersion: v1}\n- kind: Pod\n", []),
        # What is written elsewhere, or not to be seen.
        ("- &a {apiVersion: v1, kind: Pod}\n- b: {c: *a}\n", ["items[0]"]),
        ("- a: &a {apiVersion: v1}\n- <<: *a\n  kind: Pod\n", ["items[1]"]),
        ('- "\\x6bind": Pod\n  "apiV\\u0065rsion": v1\n', ["items[0]"]),
        ("- apiVersion: v1\n  !!binary a2luZA==: Pod\n", ["items[0]"]),
    ],
)
def test_embedded_objects(items: str, paths: list[str]) -> None:
    (document,) = read(f"apiVersion: v1\nkind: List\nitems:\n{items}other: {{containers: 1}}\n")
    assert isinstance(document, Document)

    assert [obj.path for obj in manifest.objects(document)] == ["", *paths]


def test_embedded_objects_are_only_looked_for_where_an_api_version_stands() -> None:
    fixtures = [path for path in FIXTURES.rglob("*.y*ml") if path.stat().st_size < 100_000]
    looked_at = 0
    for path in fixtures:
        for document in manifest.documents(Source("file.yaml", path.read_bytes()), lambda _kinds: True):
            if isinstance(document, Document):
                places = manifest._places(document.text)
                try:
                    everything = list(manifest._embedded(document.root, None))
                except YamlError:
                    continue  # a merge of a string
                found = [] if places == () else list(manifest._embedded(document.root, places))
                assert found == everything, path
                looked_at += bool(places)
    assert looked_at > 5


def test_an_embedded_object_may_lie_deep(tmp_path: Path, tool: Tool) -> None:
    # In a process of its own: what runs the tests allows more recursion than Python does.
    depth = 990
    deep = (
        "{a: " * depth
        + "{apiVersion: v1, kind: Pod, spec: {containers: [{name: b, image: b}]}}"
        + "}" * depth
    )
    (tmp_path / "deep.yaml").write_text(f"apiVersion: v1\nkind: List\nspec: {deep}\n", "utf-8")

    ran = tool("--isolated", "--output-format", "concise", "deep.yaml", cwd=tmp_path)

    column = len(f"spec: {deep}".partition("b, image")[0]) + 1
    assert ran.stdout.startswith(f"deep.yaml:3:{column}: NRL003 ")

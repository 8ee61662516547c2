"""The parts that charts are judged and fixed with: actions, marks, edits, comparisons, and the door to helm."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from netraw_lint.charts import bounds, chart, compare, editing, markers, scenarios, templating, values
from netraw_lint.charts.actions import actions, blocks
from netraw_lint.charts.rendered import Rendering, marks_along
from netraw_lint.charts.templating import Lacking, TemplateEdit
from netraw_lint.fix.layout import NotEditableError
from netraw_lint.sources import helm, helm_cli, helm_files, helm_sdk, helm_worker
from netraw_lint.sources.discovery import Chart, File, chart_meant
from netraw_lint.sources.helm import Case, Options, RenderError


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a {{ .x }} b", [(".x", False)]),
        ("{{- .x -}}", [(".x", True)]),
        ('{{ "}}" }}{{ `}}` }}', [('"}}"', False), ("`}}`", False)]),
        ("{{/* }} */}}{{ .y }}", [("/* }} */", False), (".y", False)]),
        (r'{{ "\"}}" }}', [(r'"\"}}"', False)]),
        ("{{ '}' }}", [("'}'", False)]),
        ("{{ open", [("open", False)]),
        ("none", []),
    ],
)
def test_actions(text: str, found: list[tuple[str, bool]]) -> None:
    assert [(action.body, action.trims) for action in actions(text)] == found


def test_blocks_are_paired() -> None:
    text = "{{ if .a }}{{ range .b }}{{ end }}{{ else if .c }}{{ else }}{{- end }}{{ end }}{{ with .d }}"

    found = [(b.opening.keyword, [each.body for each in b.middle], b.end.keyword) for b in blocks(text)]

    assert found == [("range", [], "end"), ("if", ["else if .c", "else"], "end")]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("  image: x\n", '  x-netraw-image: "@@7:1@@"\n  image: x\n'),
        ("a:\n- image: x\n", 'a:\n- x-netraw-image: "@@7:2@@"\n  image: x\n'),
        ("-   image: x\n", '-   x-netraw-image: "@@7:1@@"\n    image: x\n'),
        ("drop:\r\n", 'x-netraw-drop: "@@7:1@@"\r\ndrop:\r\n'),
        ("securityContext:{{ x }}\n", 'x-netraw-securityContext: "@@7:1@@"\nsecurityContext:{{ x }}\n'),
        # No key of a block mapping, or not safe to put a line in front of.
        ("images: x\n", None),
        ("image:x\n", None),
        ("{{ f\n  image: x\n}}\n", None),
        ("{{/*\nimage: x\n*/}}\n", None),
        ("{{ if a -}}\n  image: x\n{{ end }}", None),
        ("a: {\n  image: x\n}\n", None),
        ("a: {b: c,\n  image: x}\n", None),
    ],
)
def test_marks(text: str, wanted: str | None) -> None:
    new, marks = markers.marked(text, 7)
    new = new.replace(markers.PREFIX, "x-netraw-")

    assert new == (wanted or text)
    assert len(marks) == (wanted is not None)


def test_a_mark_is_read_back() -> None:
    text = 'kind: Pod\nspec:\n  containers:\n  - x-netraw-image: "@@3:12@@"\n    image: x\n    name: a\n'
    text = text.replace("x-netraw-", markers.PREFIX)
    rendering = Rendering([("x/templates/a.yaml", text), ("x/templates/a.yaml", "b: 1\n")])

    along = marks_along(rendering.root(("x/templates/a.yaml", 0)), ["spec", "containers", 0, "name"])

    assert [(mark.file, mark.line, mark.key) for mark in along] == [(3, 12, "image")]
    assert rendering.marks() == set(along)
    assert rendering.values() == {}


def test_candidates_are_found_by_their_names_at_any_depth() -> None:
    found = values.candidates(
        {
            "securityContext": {"runAsUser": 1, "container": {}, "capabilities": {}},
            "web": {"containerSecurityContext": None, "image": "x"},
            "capabilities": {},
            "list": [{"securityContext": {}}],
            "podSecurityContext": "none",
        }
    )

    assert [values.shown(candidate.drop) for candidate in found] == [
        "securityContext.capabilities.drop",
        "securityContext.container.capabilities.drop",
        "web.containerSecurityContext.capabilities.drop",
        "capabilities.drop",
    ]


@pytest.mark.parametrize(
    ("old", "path", "new"),
    [
        ("a: {}  # c\n", "a drop", "a:  # c\n  drop:\n  - X\n"),
        ("a:\n  b: 1\n", "a drop", "a:\n  b: 1\n  drop:\n  - X\n"),
        ("a:\n  drop:\n  - Y # why\n", "a drop", "a:\n  drop:\n  - Y # why\n  - X\n"),
        ("a: {drop: [Y]}\n", "a drop", "a: {drop: [Y, X]}\n"),
        ("a: 1", "b drop", "a: 1\nb:\n  drop:\n  - X"),
        ("a: 1\r\nb:\r\n", "b drop", "a: 1\r\nb:\r\n  drop:\r\n  - X\r\n"),
    ],
)
def test_a_drop_written_into_values(old: str, path: str, new: str) -> None:
    assert editing.with_drop(old, tuple(path.split()), "X") == new


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("", "a drop"),
        ("a: text\n", "a drop"),
        ("a: &x {b: 1}\nc: *x\n", "a drop"),
        ("a: {}\na: {}\n", "a drop"),
        ("a: {drop: all}\n", "a drop"),
        ("a: {}\n---\nb: {}\n", "a drop"),
        ("a: [\n", "a drop"),
    ],
)
def test_values_that_are_not_edited(text: str, path: str) -> None:
    with pytest.raises(NotEditableError):
        editing.with_drop(text, tuple(path.split()), "X")


TEMPLATE = """\
containers:
  - name: a
    image: x
    {{- if .Values.b }}
    securityContext:
      runAsUser: 1
    {{- end }}
"""


@pytest.mark.parametrize(
    ("text", "lacking", "reason"),
    [
        (TEMPLATE.replace("end }}", "else }}\n    {{- end }}"), Lacking(image=3), "no plain else"),
        (
            TEMPLATE.replace("    {{- end", "      x: y\n    z: y\n    {{- end"),
            Lacking(image=3),
            "no plain else",
        ),
        ("securityContext:\n  {{- toYaml .x | nindent 2 }}\n", Lacking(context=1), "not spelled out"),
        (
            "securityContext:\n  a: b\n  {{- include `x` . | nindent 2 }}\n",
            Lacking(context=1),
            "not spelled out",
        ),
        ("securityContext: {a: b}\n", Lacking(context=1), "does not stand below its key"),
        ("drop: {{ toYaml .x }}\n", Lacking(drop=1), "not spelled out"),
        ("drop:\n- {{ .x }}\n", Lacking(drop=1), "not spelled out"),
        ("drop:\n- A\n{{- range .x }}\n- {{ . }}\n{{- end }}\n", Lacking(drop=1), "made by an action"),
        ("drop:\n- A\n- {{ .x }}\n", Lacking(drop=1), "made by an action"),
        ("x: y\n", Lacking(), "no line of a template"),
    ],
)
def test_templates_that_are_not_edited(text: str, lacking: Lacking, reason: str) -> None:
    with pytest.raises(NotEditableError, match=reason):
        templating.edit(text, lacking, "X")


def test_an_else_for_a_guard() -> None:
    edit = templating.edit(TEMPLATE, Lacking(image=3), "X")

    assert templating.apply(TEMPLATE, [edit]) == TEMPLATE.replace(
        "    {{- end }}",
        "    {{- else }}\n    securityContext:\n      capabilities:\n        drop:\n          - X\n    {{- end }}",
    )


def test_an_else_for_the_guard_of_capabilities() -> None:
    head = "- image: a\n  securityContext:\n    runAsUser: 0\n    {{- if .Values.a }}\n    capabilities:\n      add: [A]\n"

    edit = templating.edit(f"{head}    {{{{- end }}}}\n", Lacking(context=2), "X")

    assert templating.apply(f"{head}    {{{{- end }}}}\n", [edit]) == (
        f"{head}    {{{{- else }}}}\n    capabilities:\n      drop:\n        - X\n    {{{{- end }}}}\n"
    )


def test_a_guard_of_more_than_the_capabilities_gets_no_else() -> None:
    text = "- image: a\n  securityContext:\n    {{- if .a }}\n    capabilities: {}\n    runAsUser: 0\n    {{- end }}\n"

    with pytest.raises(NotEditableError, match="the guard of capabilities on line 4 has no plain else"):
        templating.edit(text, Lacking(context=2), "X")


def test_edits_of_lines_are_counted_in_the_old_text() -> None:
    edits = [
        TemplateEdit(1, "x", False, ""),
        TemplateEdit(3, "y\nz", True, ""),
        TemplateEdit(4, "w", False, ""),
    ]

    assert templating.apply("a\nb\nc\n", edits) == "x\na\nb\ny\nz\nw\n"


POD = "kind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n  - name: a\n    image: x\n"
DROPPED = f"{POD}    securityContext: {{capabilities: {{drop: [X]}}}}\n"
KEY = ("c/templates/p.yaml", 0)
LACKING = {KEY: [("spec", "containers", 0)]}


def rendering(*texts: str) -> Rendering:
    return Rendering([("c/templates/p.yaml", text) for text in texts])


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        (POD, POD, None),
        (POD, DROPPED, None),
        (POD + "    securityContext:\n", DROPPED, None),
        (POD, DROPPED.replace("[X]", "[Y]"), "would be added"),
        (POD, DROPPED.replace("[X]", "[X, Y]"), "would be added"),
        (
            POD,
            DROPPED.replace("image: x", "image: y"),
            "`spec.containers.0.image` would change from x to y in Pod/p",
        ),
        (DROPPED.replace("[X]", "[Y]"), DROPPED.replace("[X]", "[Y, X]"), None),
        (DROPPED.replace("[X]", "[Y]"), DROPPED, "would change"),
        (POD, DROPPED + "    name: a\n", "a key would be written twice"),
        (POD, DROPPED + "  x\n", "the YAML would break"),
        ("a: '1'\n", "a: 1\n", "`a` would change"),
    ],
)
def test_what_differs(before: str, after: str, reason: str | None) -> None:
    found = compare.change(rendering(before), rendering(after), LACKING, "X", set())

    assert (found is None) == (reason is None), found
    assert reason is None or reason in str(found)


def test_another_document_is_a_difference() -> None:
    found = compare.change(rendering(POD), rendering(POD, POD), LACKING, "X", set())

    assert found == "other documents would be rendered from templates/p.yaml"


def test_what_is_random_is_not_a_difference() -> None:
    first, second, third = (rendering(f"a: {word}\nb: 1\n") for word in ("x", "y", "z"))
    hidden = compare.mask(first, second)

    assert compare.change(first, third, {}, "X", hidden) is None
    assert compare.change(first, rendering("a: x\nb: 2\n"), {}, "X", hidden) == (
        "`b` would change from 1 to 2 in templates/p.yaml"
    )


@pytest.mark.parametrize(
    ("schema", "address"),
    [
        ('{"$ref": "#/x"}', None),
        ('{"$schema": "https://json-schema.org/draft/2020-12/schema"}', None),
        ('{"x": [{"$ref": "https://a.example/b"}]}', "https://a.example/b"),
        ('{"$schema": "https://a.example/s"}', "https://a.example/s"),
        ('{"$id": "https://a.example/", "x": {"$ref": "b.json"}}', "https://a.example/ b.json"),
        ('{"$ref": "b.json"}', None),
        ("{", None),
    ],
)
def test_schemas_that_refer_to_the_network(schema: str, address: str | None, tmp_path: Path) -> None:
    (tmp_path / "values.schema.json").write_text(schema)
    copy = helm_files.Copy("c", str(tmp_path), {"values.schema.json": "c/values.schema.json"}, frozenset())

    assert list(chart.remote_references(copy)) == ([("values.schema.json", address)] if address else [])


def test_which_chart_a_path_means(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "c" / "ci").mkdir(parents=True)
    (tmp_path / "c" / "Chart.yaml").write_text("name: c\n")

    def meant(path: str, explicit: bool = True) -> str | None:
        return chart_meant(File(path, explicit))

    assert chart_meant(Chart("c")) == "c"
    assert [meant(f"c/{name}") for name in ("values.yaml", "values-prod.yaml", "Chart.yaml")] == ["c"] * 3
    assert meant("c/ci/x-values.yaml") == "c"
    assert meant("x-1.0.tgz") == "x-1.0.tgz"
    assert [meant("c/other.yaml"), meant("values.yaml"), meant("c/values.yaml", False)] == [None] * 3
    monkeypatch.chdir(tmp_path / "c")
    assert meant("values.yaml") == "."


def test_what_an_engine_says_names_the_template() -> None:
    said = "Error: execution error at (shop/templates/a.yaml:4:2): image must be set\n\nUse --debug flag to render"

    error = helm.failure(said)

    assert (error.message, error.template, error.line) == (
        "image must be set (templates/a.yaml:4)",
        "templates/a.yaml",
        4,
    )
    assert helm.failure("").message == "the engine said nothing"


def test_documents_of_both_engines() -> None:
    printed = "---\n# Source: c/templates/a.yaml\na: 1\n---\n# Source: c/templates/b.yaml\nb: |\n  ---\n"
    files = {
        "c/templates/a.yaml": "a: 1\n---\n\n---# x\nb: 1\n",
        "c/templates/NOTES.txt": "x",
        "c/_h.tpl": "y",
    }

    assert [tuple(each.template.split("/")[2:]) for each in helm_cli.split(printed)] == [
        ("a.yaml",),
        ("b.yaml",),
    ]
    assert [each.text for each in helm_cli.split(printed)] == ["a: 1\n", "b: |\n  ---\n"]
    assert [each.text for each in helm_sdk.documents(files)] == ["a: 1", "---# x\nb: 1\n"]


def test_values_are_merged_like_files() -> None:
    under = {"a": {"b": 1, "c": [1]}, "d": 1}

    assert helm_worker.merged(under, {"a": {"c": [2]}, "e": None}) == {
        "a": {"b": 1, "c": [2]},
        "d": 1,
        "e": None,
    }


def test_flips_are_bounded_by_number_and_by_time(monkeypatch: pytest.MonkeyPatch) -> None:
    cases = [Case(str(number)) for number in range(5)]
    monkeypatch.setattr(bounds, "MAX_FLIPS", 3)
    by_number = scenarios.Budget(clock=lambda: 0.0)
    assert [case.name for case in by_number.over(cases)] == ["0", "1", "2"]
    assert by_number.cut == "stopped after 3 flips"
    assert (list(by_number.over(cases[:3])), by_number.cut) == (cases[:3], "")

    clock = iter(range(0, 1000, 25))
    by_time = scenarios.Budget(60, lambda: float(next(clock)))
    assert [case.name for case in by_time.over(cases)] == ["0", "1"]
    assert by_time.cut == "stopped after 60 s"


def test_a_switch_is_flipped_on_top_of_other_values() -> None:
    case = scenarios.flipped(Case("x", overlay='{"a": {"c": 1}}'), ("a", "b.d"), True)

    assert (case.name, json.loads(case.overlay)) == ("a.b\\.d=false", {"a": {"c": 1, "b.d": False}})
    assert list(values.booleans({"a": {"b": True}, "c": [True], "d": False})) == [
        (("a", "b"), True),
        (("d",), False),
    ]


def script(tmp_path: Path, body: str) -> str:
    path = tmp_path / "helm"
    path.write_text(f'#!/bin/sh\nif [ "$1" = version ]; then echo v3.1.0; exit; fi\n{body}\n')
    path.chmod(0o755)
    return str(path)


@pytest.mark.skipif(os.name != "posix", reason="needs a shell script as a stand-in for a helm that hangs")
@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("exec sleep 60", "took longer than 1 seconds"),
        ("exec yes", "renders to more than 0 MB"),
        ("echo oops >&2; exit 3", "oops"),
    ],
)
def test_a_helm_that_misbehaves(
    body: str, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(helm, "TIMEOUT", 1.0)
    monkeypatch.setattr(helm, "MAX_OUTPUT", 1 << 18)
    engine = helm_cli.Helm(script(tmp_path, body), str(tmp_path))

    with pytest.raises(RenderError, match=reason):
        engine.render(str(tmp_path), Case(), Options())


def test_an_old_helm_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "helm"
    path.write_text("#!/bin/sh\necho Client: v2.17.0\n")
    path.chmod(0o755)

    with pytest.raises(RenderError, match="is not Helm 3 or 4"):
        helm_cli.Helm(str(path), str(tmp_path))

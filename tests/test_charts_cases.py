"""One small chart for each thing that charts do: where its findings are, and what becomes of them."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from conftest import Tool

Build = Callable[..., Path]

POD = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
    - name: web
      image: registry.example/web:1.0
"""
HARDENED = f"{POD}      securityContext:\n        capabilities:\n          drop: [ALL]\n"
VALUE = f"{POD}      securityContext: {{{{- toYaml .Values.securityContext | nindent 8 }}}}\n"
HELPER = '{{ define "c" }}\n- name: {{ . }}\n  image: registry.example/{{ . }}:1.0\n{{ end }}\n'
DROP = "  capabilities:\n    drop:\n    - NET_RAW"
DOCUMENTED = "# -- Of the container\n# @default -- none\nsecurityContext: {} # @schema type:object\n# end\n"


@pytest.fixture
def build(tmp_path: Path) -> Build:
    """Writes a chart, from names of files to texts, into an empty repository, and gives its directory."""
    (tmp_path / "work" / ".git").mkdir(parents=True)

    def build_chart(files: Mapping[str, str], name: str = "shop") -> Path:
        folder = tmp_path / "work" / name
        for file, text in {"Chart.yaml": f"apiVersion: v2\nname: {name}\nversion: 0.1.0\n", **files}.items():
            path = folder / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, newline="")
        return folder

    return build_chart


def lint(tool: Tool, folder: Path, *args: str) -> Any:
    return json.loads(tool("--isolated", "--output-format=json", *args, ".", cwd=folder).stdout)


def places(data: Any) -> list[tuple[str, int]]:
    return [(finding["path"], finding["line"]) for finding in data["findings"]]


FIXED = {
    "a-list-of-values-in-json": (
        {"templates/web.yaml": VALUE, "values.yaml": '{"securityContext": {}}\n'},
        "values.yaml",
        '{"securityContext": {"capabilities": {"drop": ["NET_RAW"]}}}\n',
    ),
    "a-clock": (
        {
            "templates/web.yaml": VALUE.replace(
                "  name: web\nspec", '  name: web\n  annotations: {at: "{{ now | unixEpoch }}"}\nspec'
            ),
            "values.yaml": "securityContext: {}\n",
        },
        "values.yaml",
        "securityContext:\n  capabilities:\n    drop:\n    - NET_RAW\n",
    ),
    "two-containers-by-one-helper": (
        {
            "templates/_helpers.tpl": HELPER,
            "templates/web.yaml": POD.partition("    - name")[0]
            + '    {{- include "c" "a" | nindent 4 }}\n    {{- include "c" "b" | nindent 4 }}\n',
        },
        "templates/_helpers.tpl",
        HELPER.replace(
            "  image", "  securityContext:\n    capabilities:\n      drop:\n        - NET_RAW\n  image"
        ),
    ),
    "crlf": (
        {"templates/web.yaml": POD.replace("\n", "\r\n")},
        "templates/web.yaml",
        (
            POD.partition("      image")[0]
            + "      securityContext:\n        capabilities:\n          drop:\n            - NET_RAW\n"
            "      image: registry.example/web:1.0\n"
        ).replace("\n", "\r\n"),
    ),
    "the-pod-has-a-value-called-container": (
        {
            "templates/web.yaml": VALUE.replace(
                "spec:\n",
                "spec:\n  securityContext: {{- toYaml .Values.containerSecurityContext | nindent 4 }}\n",
            ),
            "values.yaml": "containerSecurityContext: {}\nsecurityContext: {}\n",
        },
        "values.yaml",
        "containerSecurityContext: {}\nsecurityContext:\n  capabilities:\n    drop:\n    - NET_RAW\n",
    ),
    "a-hook": (
        {
            "templates/job.yaml": POD.replace(
                "  name: web\nspec", '  name: web\n  annotations: {"helm.sh/hook": pre-install}\nspec'
            )
        },
        "templates/job.yaml",
        None,
    ),
    "helm-docs": (
        {
            "templates/web.yaml": VALUE,
            "values.yaml": DOCUMENTED,
        },
        "values.yaml",
        DOCUMENTED.replace("{} # @schema type:object", f"# @schema type:object\n{DROP}"),
    ),
}


@pytest.mark.parametrize("name", FIXED)
def test_fixed(name: str, engine: str, tool: Tool, build: Build) -> None:
    files, file, wanted = FIXED[name]
    folder = build(files)

    assert tool("--isolated", "--fix", ".", cwd=folder).code == 0
    after = {path: (folder / path).read_bytes().decode() for path in files}
    again = tool("--isolated", "--diff", ".", cwd=folder)

    assert [path for path in files if after[path] != files[path]] == [file]
    assert wanted is None or after[file] == wanted
    assert (again.code, again.stdout) == (0, "")


REFUSED = {
    # Right by default; the helper writes capabilities of its own as soon as the switch is on.
    "a-switch-that-writes-the-key-twice": (
        {
            "templates/web.yaml": POD
            + "      securityContext:\n        runAsNonRoot: true\n"
            # No line of the template writes the key, so that no `else` can stand beside it.
            + '        {{- if .Values.special }}{{ "\\n        capabilities: {add: [CHOWN]}" }}{{ end }}\n',
            "values.yaml": "special: false\n",
        },
        "right by default, but with special=true a key would be written twice in Pod/web",
    ),
    "a-checksum-over-the-values": (
        {
            "templates/web.yaml": VALUE.replace(
                "  name: web\nspec",
                "  name: web\n  annotations:\n    sum: {{ toYaml .Values | sha256sum }}\nspec",
            ),
            "values.yaml": "securityContext: {}\n",
        },
        "`metadata.annotations.sum` would change from",
    ),
    "a-string-of-the-values": (
        {
            "values.yaml": "extra: |\n  - name: more\n    image: registry.example/more:1.0\n",
            "templates/web.yaml": f"{HARDENED}    {{{{- tpl .Values.extra . | nindent 4 }}}}\n",
        },
        "it is spelled out in the values values.yaml: add a securityContext there",
    ),
    "a-custom-resource-has-it-too": (
        {
            "templates/web.yaml": VALUE
            + "---\napiVersion: example.com/v1\nkind: Thing\nmetadata: {name: t}\n"
            + "spec: {context: {{ toJson .Values.securityContext }}}\n",
            "values.yaml": "securityContext: {}\n",
        },
        "in Thing/t",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str, engine: str, tool: Tool, build: Build) -> None:
    files, reason = REFUSED[name]
    folder = build(files)

    (finding,) = lint(tool, folder, "--fix")["findings"]

    assert reason in finding["refusal"]
    assert {path: (folder / path).read_text() for path in files} == files


def test_the_edit_that_is_to_blame_is_taken_back_alone(engine: str, tool: Tool, build: Build) -> None:
    names = ("a", "b", "c", "d")
    containers = "".join(
        f"    - name: {name}\n      image: registry.example/{name}:1.0\n"
        f"      securityContext: {{{{- toYaml .Values.{name}.securityContext | nindent 8 }}}}\n"
        for name in names
    )
    pod = POD.partition("  containers")[0] + (
        "  {{- if and (not .Values.b.securityContext) .Values.keep }}\n  securityContext: {runAsUser: 0}\n  {{- end }}\n"
    )
    values = "keep: false\n" + "".join(f"{name}:\n  securityContext: {{}}\n" for name in names)
    folder = build({"templates/web.yaml": f"{pod}  containers:\n{containers}", "values.yaml": values})

    (finding,) = lint(tool, folder, "--fix")["findings"]

    assert finding["container"]["name"] == "b"
    assert (
        "setting b.securityContext.capabilities.drop: right by default, but with keep=true"
        in finding["refusal"]
    )
    drop = "\n    capabilities:\n      drop:\n      - NET_RAW"
    after = "".join(f"{name}:\n  securityContext:{' {}' if name == 'b' else drop}\n" for name in names)
    assert (folder / "values.yaml").read_text() == f"keep: false\n{after}"


PLACES = {
    "crds-are-left-out-and-files-are-not": (
        {
            "crds/pod.yaml": POD,
            "files/pod.yaml": POD,
            "templates/pod.yaml": '{{ .Files.Get "files/pod.yaml" }}',
        },
        [("files/pod.yaml", 8)],
    ),
    "a-subchart-that-is-off": (
        {
            "Chart.yaml": "apiVersion: v2\nname: shop\nversion: 0.1.0\n"
            "dependencies: [{name: db, version: 0.1.0, condition: db.enabled}]\n",
            "values.yaml": "db: {enabled: false}\n",
            "templates/web.yaml": HARDENED,
            "charts/db/Chart.yaml": "apiVersion: v2\nname: db\nversion: 0.1.0\n",
            "charts/db/templates/db.yaml": POD,
        },
        [],
    ),
    "a-subchart-of-a-subchart": (
        {
            "charts/db/Chart.yaml": "apiVersion: v2\nname: db\nversion: 0.1.0\n",
            "charts/db/charts/log/Chart.yaml": "apiVersion: v2\nname: log\nversion: 0.1.0\n",
            "charts/db/charts/log/templates/log.yaml": POD,
        },
        [("charts/db/charts/log/templates/log.yaml", 8)],
    ),
    "braces-in-a-string": (
        {
            "templates/web.yaml": POD.replace("web:1.0", '{{ "}}" | trunc 0 }}web:1.0'),
        },
        [("templates/web.yaml", 8)],
    ),
    "a-container-in-a-string-of-the-values": (
        {
            "values.yaml": "a: 1\nextra: |\n  - name: more\n    image: registry.example/more:1.0\n",
            "templates/web.yaml": f"{HARDENED}    {{{{- tpl .Values.extra . | nindent 4 }}}}\n",
        },
        [("values.yaml", 3)],
    ),
    # Values cannot pose as our own marks.
    "marks-in-the-chart": (
        {
            "values.yaml": 'extra: |\n  x-netraw-image: "@@0:1@@"\n',
            "templates/web.yaml": POD.replace(
                "      image", "      {{- tpl .Values.extra . | nindent 6 }}\n      image"
            ),
        },
        [("templates/web.yaml", 9)],
    ),
    "a-template-with-the-name-of-ours": (
        {"templates/zz-netraw-lint-values.yaml": POD},
        [("templates/zz-netraw-lint-values.yaml", 8)],
    ),
}


@pytest.mark.parametrize("name", PLACES)
def test_placed(name: str, engine: str, tool: Tool, build: Build) -> None:
    files, wanted = PLACES[name]

    data = lint(tool, build(files))

    assert places(data) == wanted
    assert data["problems"] == []


def test_a_switch_of_a_subchart_is_explored(engine: str, tool: Tool, build: Build) -> None:
    folder = build(PLACES["a-subchart-that-is-off"][0])

    (finding,) = lint(tool, folder, "--explore")["findings"]

    assert (finding["path"], finding["line"]) == ("charts/db/templates/db.yaml", 8)
    assert finding["message"].endswith("; only with db.enabled=true")


def test_a_subchart_that_is_off_is_fixed_through_its_values(engine: str, tool: Tool, build: Build) -> None:
    files = {
        **PLACES["a-subchart-that-is-off"][0],
        "charts/db/values.yaml": "securityContext: {}\n",
        "charts/db/templates/db.yaml": VALUE,
    }
    folder = build({**files, "values.yaml": "db:\n  enabled: false\n"})

    data = lint(tool, folder, "--fix", "--explore")

    assert data["findings"] == []
    assert (folder / "values.yaml").read_text() == (
        "db:\n  enabled: false\n  securityContext:\n    capabilities:\n      drop:\n      - NET_RAW\n"
    )


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ('{{ define "x" }}{{ include "x" . }}{{ end }}{{ include "x" . }}', "cannot be rendered"),
        ("a: {{ range $i, $e := until 1500000 }}xxxxxxxxxxxxxxxxxxxx{{ end }}", "cannot be rendered"),
        ("a: {{ .Values.none.more }}", "nil pointer"),
        ("a: {{ if }}", "cannot be rendered"),
    ],
)
def test_a_chart_that_is_no_good_is_a_problem(
    template: str, words: str, engine: str, tool: Tool, build: Build
) -> None:
    (problem,) = lint(tool, build({"templates/web.yaml": template}))["problems"]

    assert words in problem["message"]


@pytest.mark.skipif(os.name != "posix", reason="needs a shell script to see whether it was run")
def test_post_renderers_and_plugins_are_never_run(
    engine: str, tool: Tool, build: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    witness = tmp_path / "run"
    script = tmp_path / "plugins" / "bad" / "run.sh"
    script.parent.mkdir(parents=True)
    script.write_text(f"#!/bin/sh\ntouch {witness}\ncat\n")
    script.chmod(0o755)
    (script.parent / "plugin.yaml").write_text(
        dedent("""\
        name: bad
        version: 0.1.0
        command: $HELM_PLUGIN_DIR/run.sh
        hooks: {install: $HELM_PLUGIN_DIR/run.sh}
        downloaders: [{command: run.sh, protocols: [bad]}]
        """)
    )
    monkeypatch.setenv("HELM_PLUGINS", str(tmp_path / "plugins"))
    monkeypatch.setenv("HELM_POST_RENDERER", str(script))

    data = lint(tool, build({"templates/web.yaml": POD, "values.yaml": "a: bad://x\n"}))

    assert places(data) == [("templates/web.yaml", 8)]
    assert not witness.exists()


def test_piped_output_names_its_template(engine: str, tool: Tool, build: Build) -> None:
    text = f"---\n# Source: shop/templates/web.yaml\n{POD}"

    ran = tool("--isolated", "--output-format=json", "-", stdin=text)

    (finding,) = json.loads(ran.stdout)["findings"]
    assert (finding["line"], finding["origin"]) == (9, "shop/templates/web.yaml")

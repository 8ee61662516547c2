"""Untrusted text is data: no name, path or source line speaks to an agent, a terminal or a browser, in any format.

Parametrised over the table of formats, so that a new one is covered by being in it.
"""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt

import netraw_lint
from conftest import Tool
from netraw_lint.delivery import follow
from netraw_lint.kustomize.lint import unfit
from netraw_lint.model import ContainerRef, Exemption, ObjectRef, Problem, Report, Source
from netraw_lint.reporters import COLOURED, FORMATS
from netraw_lint.reporters.escape import has_command, lines_printable, shortened, xml
from netraw_lint.sources.kustomizations import Kustomization, Reference, Tree
from reporting import KEPT, finding, made, rendered

# Each holds the mark by which a person recognises it.
MARK = "app7"
HOSTILE = [
    # commands of GitHub's runner, of Azure's agent, of TeamCity
    "::error::app7",
    "  ::add-mask::app7",
    "\u3000::stop-commands::app7",
    "app7\n::error file=x::pwned",
    "app7\r::set-output name=x::pwned",
    "app7%0A::error::pwned",
    "app7%0D%0A::error::pwned",
    "app7,line=1::pwned",
    "app7::pwned",
    "##[command]app7",
    "a ##[error]app7",
    "##[add-mask]app7",
    "###[error]app7",
    "##vso[task.complete result=Succeeded;]app7",
    "app7 ##VSO[task.setvariable variable=x]pwned",
    "##Vso[task.logissue]app7",
    "####vso[vso[app7",
    "İİİİİİİİ##VSO[app7",  # longer in lower case
    "##v##vso[so[app7",
    "###[#vso[app7",
    "app7;result=Failed;]pwned",
    "%AZP25%3B%5Dapp7",
    "##teamcity[buildStatus status='SUCCESS']app7",
    "##team##[city[app7",
    # terminals, and characters that deceive the eye
    "\x1b[31mapp7\x1b[0m",
    "\x1b]0;title\x07app7",
    "\x9b31mapp7",
    "\x1b]8;;https://evil.example\x1b\\app7",
    "app7\r\nsecond line",
    "app7\x00\x01\x08\x7f",
    "\u202eapp7\u2066\u200e",
    "\u2028app7\u2029\u0085",
    "\ufeffapp7\u200b\u00ad",
    "\ud800app7\udfff",
    "\udcffapp7",
    "\U000e0041app7",
    "\ufffe\uffffapp7",
    "app7\t\t\x0b\x0c",
    # XML, HTML, JSON
    "]]>app7<![CDATA[",
    "<script>alert('app7')</script>",
    "--><img src=x onerror=alert(1)>app7<!--",
    "</failure></testcase><testcase name='app7'/>",
    "'/>\"><error line='1' message=\"app7",
    "&app7;&lt;&#10;&#x1b;",
    "\"app7'\\",
    '"}],"app7":[{"a":"',
    "\\u0000\\u001b\\x1b\\napp7",
    # Markdown
    "app7|x|y",
    "app7\\|x\\\\|y\\",
    "`app7`",
    "``app7`|`",
    "app7```\\",
    "[app7](https://evil.example)",
    "![app7](https://evil.example/x.png)",
    "https://evil.example/app7",
    "www.evil.example/app7",
    "app7@evil.example",
    "@app7 #1 *x* _y_ ~~z~~",
    "<https://evil.example/app7>",
    "# app7",
    "| --- | app7",
    "    ",
    # the rest
    "${{ github.token }} $(id) `id` app7",
    "{0} {app7} %s %n",
    "../../app7",
    "-app7",
    "",
    "app7" + "x" * 100_000,
    "::error::##vso[##[" * 3000 + "app7",
    "\x1b\n" * 5_000 + "app7",
]


def everywhere(name: str) -> Report:
    """A report with a name at every place where one can be."""
    bad = finding(
        message=f"Deployment/{name}/{name}, container {json.dumps(name)}: `{name}` in drop removes nothing",
        help=f"write NET_RAW, not {name}",
        path=name or "x",
        object=ObjectRef(name, name, name, name),
        container=ContainerRef(name, 0, name, name),
        origin=name or None,
        excerpt=f"# {name}" * 2,
        identity=f"NRL003 {name}",
    )
    return made(
        bad,
        bad.replace(severity="warning", message=name or "x"),
        bad.replace(severity="info", message=f"x {name}", object=None, container=None),
        problems=(
            Problem(name or "x", "read", name or "x", 3),
            Problem(f"/x/{name}", "discover", f"x{name}"),
        ),
        exempt=(Exemption(bad.replace(identity=f"e {name}"), name, None, "comment"),),
    )


def linted(name: str) -> Report:
    """What linting a manifest with such names comes to."""
    manifest = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": name},
        "spec": {
            "containers": [
                {
                    "name": name,
                    "securityContext": {"capabilities": {"drop": [name, f"CAP_{name}", "CAP_NET_RAW"]}},
                }
            ]
        },
    }
    comment = "".join(char for char in name if char.isprintable())
    text = f"# Source: x{comment}\n{json.dumps(manifest)} # {comment}\n"
    return netraw_lint.lint_text(text, path=name or "x")


def around(name: str) -> Report:
    """What the rooms around the manifest say about such names: policies, overlays, what delivers, patches."""
    quoted = json.dumps(name)
    policy = (
        "apiVersion: kyverno.io/v1\nkind: ClusterPolicy\nmetadata: {name: NAME}\nspec:\n"
        "  validationFailureAction: Enforce\n  rules:\n  - name: NAME\n    match: {any: [{resources: {kinds: [Pod]}}]}\n"
        "    validate:\n      foreach:\n      - list: request.object.spec.containers\n        deny: {conditions: {all: [\n"
        "          {key: NAME, operator: AnyNotIn, value: '{{ element.securityContext.capabilities.drop[] }}'}]}}\n"
        "  - {name: NAME, match: {any: [{NAME: privileged}]}, validate: {NAME: privileged}}\n---\n"
        "apiVersion: constraints.gatekeeper.sh/v1beta1\nkind: K8sPSPCapabilities\nmetadata: {name: NAME}\n"
        "spec: {parameters: {requiredDropCapabilities: [NAME], NAME: 1}}\n---\n"
        "apiVersion: v1\nkind: Pod\nmetadata: {name: NAME, namespace: NAME}\n"
        "spec: {containers: [{name: NAME, image: NAME, securityContext: {capabilities: {add: [NAME]}}}]}\n"
    ).replace("NAME", quoted)
    held = netraw_lint.lint_text(policy, path=name or "x", against_policies=True)
    references = tuple(Reference(name, 3) for _ in range(2))
    part = Kustomization(
        **dict.fromkeys(("remote", "missing", "outside", "unfit", "helm"), references),
        directory=name,
        path=f"{name}/kustomization.yaml",
        broken=Reference(name, 1),
    )
    application = (
        "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: NAME}\n"
        "spec: {source: {repoURL: NAME, path: tests, helm: {valueFiles: [NAME], parameters: [{name: NAME, value: NAME}]}}}\n"
    ).replace("NAME", quoted)
    followed = follow.follow([Source("tests/x.yaml", application.encode("utf-8", "replace"))])
    return held.replace(problems=(*held.problems, *unfit(Tree((part,)), str), *followed.problems))


# --- what agents obey ----------------------------------------------------------------------------------------

GITHUB = {
    *("error", "warning", "notice", "debug", "group", "endgroup", "echo", "add-mask", "add-matcher"),
    *("remove-matcher", "set-env", "add-path", "set-output", "save-state", "stop-commands"),
}


def obeyed_by_github(text: str) -> Iterator[tuple[str, str, str]]:
    """(command, properties, message) of the lines that actions/runner takes for commands, both syntaxes."""
    for line in re.split(r"[\r\n]", text):
        trimmed = line.lstrip()
        if trimmed.startswith("::") and "::" in trimmed[2:]:
            command, _, message = trimmed[2:].partition("::")
            name, _, properties = command.partition(" ")
            if name in GITHUB:
                yield name, properties, message
                continue
        at = line.find("##[")
        if at >= 0 and "]" in line[at:]:
            yield "##[", "", line[at:]


def obeyed_by_azure(text: str) -> Iterator[tuple[str, str, str]]:
    """(command, properties, message) of the lines that the Azure Pipelines agent takes for commands."""
    for line in re.split(r"[\r\n]", text):
        at = line.lower().find("##vso[")
        if at >= 0:
            command, _, message = line[at + 6 :].partition("]")
            name, _, properties = command.partition(" ")
            yield name, properties, message
        elif line.lstrip().startswith("##["):
            yield "##[", "", line


def without_colours(text: str) -> str:
    return re.sub(r"\x1b\[[\d;]*m", "", text)


def is_clean(text: str) -> bool:
    """Whether a text holds no control, formatting or bidirectional characters; a tab moves nothing."""
    return text.replace("\n", "").replace("\t", "").isprintable()


def strings(value: Any) -> Iterator[str]:
    """Every key and string of a JSON value."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from strings(item)
    elif isinstance(value, str):
        yield value


def texts(name: str, text: str) -> list[str]:
    """What a consumer reads from a report; asserts that it is well-formed."""
    if text.startswith("<?xml"):
        root = ET.fromstring(text)  # noqa: S314 - our own
        return [
            part for node in root.iter() for part in (*node.attrib.values(), node.text or "") if part.strip()
        ]
    if name in ("json", "sarif", "gitlab", "rdjson"):
        return list(strings(json.loads(text)))
    return [text]


@pytest.mark.parametrize("hostile", HOSTILE, ids=lambda name: ascii(name[:40]))
@pytest.mark.parametrize("name", FORMATS)
def test_hostile_text(name: str, hostile: str) -> None:
    for report, colour in product(
        (everywhere(hostile), linted(hostile), around(hostile)),
        (False, True) if name in COLOURED else (False,),
    ):
        assert report.findings or report.problems
        text = rendered(name, report, colour, show_suppressed=True, paths={"x": "x"})
        text = without_colours(text) if colour else text

        assert is_clean(text)
        if name != "azure":
            assert list(obeyed_by_azure(text)) == []
        if name != "github":
            assert list(obeyed_by_github(text)) == []
        assert "##teamcity[" not in text.lower()
        read = texts(name, text)
        # The JSON report is the one that promises values as they were written.
        assert name == "json" or all(is_clean(part) for part in read)
        assert MARK not in hostile or any(MARK in part for part in read)


@pytest.mark.parametrize("hostile", HOSTILE, ids=lambda name: ascii(name[:40]))
def test_github_gets_its_annotations_and_no_other_command(hostile: str) -> None:
    report = everywhere(hostile)
    text = rendered(
        "github", report, paths={each.path: each.path for each in (*report.findings, *report.problems)}
    )

    commands = list(obeyed_by_github(text))
    assert [command for command, _, _ in commands] == ["error", "error", "error", "warning", "notice"]
    assert len(text.splitlines()) == len(commands)
    for _, properties, message in commands:
        given = [part.partition("=") for part in properties.split(",")]
        names = [name for name, _, _ in given]
        assert names == ["title", "file", "line", "endLine", "col", "endColumn"][: len(names)]
        values = [unescaped(value, "%0D\r", "%0A\n", "%3A:", "%2C,", "%25%") for _, _, value in given]
        shown = unescaped(message, "%0D\r", "%0A\n", "%25%")
        assert is_clean("".join([*values, shown]))
        assert "\n" not in shown
        assert len(shown.encode("utf-16-le")) <= 2 * 4096


@pytest.mark.parametrize("hostile", HOSTILE, ids=lambda name: ascii(name[:40]))
def test_azure_gets_its_issues_and_no_other_command(hostile: str) -> None:
    text = rendered("azure", everywhere(hostile), paths={hostile: hostile})

    commands = list(obeyed_by_azure(text))
    assert [command for command, _, _ in commands] == ["task.logissue"] * 4  # the info is a plain line
    assert len(text.splitlines()) == 5
    for _, properties, message in commands:
        given = [part.partition("=") for part in properties.rstrip(";").split(";")]
        assert {name for name, _, _ in given} <= {"type", "sourcepath", "linenumber", "columnnumber", "code"}
        assert next(value for name, _, value in given if name == "type") in ("error", "warning")
        for value in (message, *(value for _, _, value in given)):
            assert is_clean(unescaped(value, "%3B;", "%0D\r", "%0A\n", "%5D]", "%AZP25%"))
            assert "]" not in value


def unescaped(text: str, *escapes: str) -> str:
    for escape in escapes:
        text = text.replace(escape[:-1], escape[-1])
    return text


@pytest.mark.parametrize("hostile", HOSTILE, ids=lambda name: ascii(name[:40]))
def test_xml_has_our_elements_only(hostile: str) -> None:
    for name in ("junit", "checkstyle"):
        clean, report = everywhere("a"), everywhere(hostile)
        shapes = [
            [node.tag for node in ET.fromstring(rendered(name, each, show_suppressed=True)).iter()]  # noqa: S314
            for each in (clean, report)
        ]
        assert sorted(shapes[0]) == sorted(shapes[1])


@pytest.mark.parametrize("hostile", HOSTILE, ids=lambda name: ascii(name[:40]))
def test_markdown_keeps_names_in_code(hostile: str) -> None:
    text = rendered("markdown", everywhere(hostile), show_suppressed=True, paths={})

    tokens = MarkdownIt("gfm-like").parse(text)
    inline = [child for token in tokens for child in token.children or ()]
    assert {child.type for child in inline} <= {"text", "code_inline"}
    assert {token.type.rpartition("_")[0] or token.type for token in tokens} <= {
        *("heading", "paragraph", "table", "thead", "tbody", "tr", "th", "td", "inline"),
    }
    assert not any(MARK in child.content for child in inline if child.type == "text")
    rows = "".join({"tr_open": "\n", "td_open": ".", "th_open": "."}.get(token.type, "") for token in tokens)
    assert {len(row) for row in rows.split()} == {
        3,
        4,
        5,
    }  # the rules and what was not checked, findings, exempt
    assert rows == "".join(
        {"tr_open": "\n", "td_open": ".", "th_open": "."}.get(token.type, "")
        for token in MarkdownIt("gfm-like").parse(rendered("markdown", everywhere("a"), show_suppressed=True))
    )


@pytest.mark.parametrize("name", KEPT)
def test_a_long_name_stays_bounded(name: str) -> None:
    report = everywhere("app7" + "x" * 100_000)
    here = report.replace(
        findings=tuple(finding.replace(path="x") for finding in report.findings),
        problems=tuple(problem.replace(path="x") for problem in report.problems),
    )
    assert len(rendered(name, here)) - len(rendered(name, made())) < 30_000


def test_what_is_shortened_keeps_both_ends() -> None:
    assert shortened("abc", 3) == "abc"
    assert shortened("x" * 50 + "y" * 50, 25) == "x" * 10 + " ... " + "y" * 10
    assert {len(shortened("x" * 100, limit)) for limit in range(10, 60)} == set(range(10, 60))


def test_xml_text_survives_a_parser() -> None:
    text = "a<b>&\"'\t]]>\\"

    assert ET.fromstring(f'<x a="{xml(text)}"/>').get("a") == text  # noqa: S314
    assert ET.fromstring(f"<x>{xml(text)}</x>").text == text  # noqa: S314


# --- what a run of the program prints -------------------------------------------------------------------------------

BODY = "apiVersion: v1\nkind: Pod\nmetadata: {{name: x}}\nspec:\n  containers:\n  - name: a\n    image: {}\n"
RUNS = (
    [],
    ["-v"],
    ["--output-format=concise", "--color=always"],
    ["--statistics"],
    ["--show-files"],
    ["--show-settings"],
    ["--output-format=github"],
    ["--output-format=azure"],
    ["--diff", "-v"],
    ["--fix", "-v"],
    ["--add-exemptions", "--reason=it pings"],
)
FILES = (
    "::error::file.yaml",
    "x\n::error::line.yaml",
    "##vso[task.complete]x.yaml",
    "e\x1b[31m.yaml",
    "\u2028::error::x.yaml",
    "\x85##[error]x.yaml",
    "\u202e.yaml",
    "\udcff::error::bytes.yaml",
)


@pytest.fixture
def hostile_folder(tmp_path: Path) -> Path:
    """Hostile names of files, directories and links, hostile values, unreadable files, and a chart that is none."""
    values = [json.dumps(name) for name in HOSTILE if 0 < len(name) < 1000]
    (tmp_path / "values.yaml").write_text(
        "---\n".join(BODY.format("y").replace("x}", f"{value}}}") for value in values), "utf-8"
    )
    for name in FILES:
        (tmp_path / name).write_text(BODY.format("y"))
        (tmp_path / f"broken{name}").write_text("kind: Pod\nspec: {image: [\n")
        (tmp_path / f"binary{name}").write_bytes(b"image: \x00\xff")
        chart = tmp_path / f"chart{name}"
        chart.mkdir()
        (chart / "Chart.yaml").write_text(f"name: {json.dumps(name)}\n")
        (chart / "templates").mkdir()
        (chart / "templates" / name).write_text("{{ fail " + json.dumps(name) + " }}\nimage: x\n")
        (tmp_path / f"link{name}").symlink_to(f"/nonexistent{name}")
    return tmp_path


@pytest.mark.parametrize("args", RUNS, ids=" ".join)
def test_nothing_that_a_run_prints_is_obeyed(
    args: list[str], hostile_folder: Path, tool: Tool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for agent in ("TF_BUILD", "GITHUB_ACTIONS"):
        monkeypatch.setenv(agent, "true")
        ran = tool("--isolated", *args, "missing\n::error::x", ".", cwd=hostile_folder)
        text = without_colours(f"{ran.stdout}\n{ran.stderr}")

        assert ran.code in (0, 1, 2)
        assert is_clean(text) or "--diff" in args  # a patch is exact; it has no commands
        if "--output-format=azure" not in args:
            assert list(obeyed_by_azure(text)) == []
        else:
            assert {command for command, _, _ in obeyed_by_azure(text)} == {"task.logissue"}
        commands = {command for command, _, _ in obeyed_by_github(text)}
        assert commands == ({"error"} if "--output-format=github" in args else set())


def test_a_patch_that_an_agent_would_obey_is_told_and_not_printed(
    tmp_path: Path, tool: Tool, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = ("##vso[task.complete result=Succeeded;]", "x ##[error]y", "##teamcity[x]")
    for line in lines:
        (tmp_path / "a.yaml").write_text(BODY.format(f"y # {line}"))
        monkeypatch.setenv("TF_BUILD", "True")
        inside = tool("--diff", "a.yaml", cwd=tmp_path)
        monkeypatch.delenv("TF_BUILD")
        outside = tool("--diff", "a.yaml", cwd=tmp_path)

        assert (inside.code, inside.stdout) == (1, "")
        assert "a.yaml: would change; its patch has a line that this build agent would obey" in inside.stderr
        assert outside.code == 1
        assert "+    securityContext:" in outside.stdout


def test_commands_are_known() -> None:
    for text in ("a\n ::error::x", "::x", "a\r\u3000::x", "+##[x", " ##VSO[x"):
        assert has_command(text)
    for text in ("+::error::x", "a::b", "# ## [x]", "##vso x", ""):
        assert not has_command(text)


def test_a_patch_on_a_terminal_is_printable() -> None:
    assert lines_printable("-a\x1b[31m\r\n+##[b\n") == "-a\\x1b[31m\n+**[b\n"

"""--print-policy as a user meets it: what is printed, what is told, and what is refused to be printed."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import CHECKOUT, Tool
from netraw_lint import arguments, emit
from netraw_lint.api import lint_text
from netraw_lint.emit import names, text
from netraw_lint.emit.plan import plan
from netraw_lint.model import Settings

FIXTURES = CHECKOUT / "tests" / "fixtures" / "print_policy"
SETTINGS = FIXTURES / "settings.yaml"
RUNTIMES = ("containerd", "cri-o", "docker")
REASON = re.compile(r"exemptions\[(\d+)\] ")


def fields(manifest: str, engine: str) -> list[dict[str, Any]]:
    """The objects of a printed policy."""
    if engine == "azure":
        return list(json.loads(manifest)["resources"])
    # libyaml, as Kubernetes' own reader, is stricter than PyYAML's about escapes.
    return list(yaml.load_all(manifest, yaml.CSafeLoader))


@pytest.mark.parametrize("engine", emit.ENGINES)
def test_what_is_printed_is_the_same_byte_for_byte(engine: str, tool: Tool, tmp_path: Path) -> None:
    """After a change that is meant: netraw-lint --config SETTINGS --print-policy ENGINE -o THE FIXTURE."""
    suffix = "json" if engine == "azure" else "yaml"
    ran = tool("--config", SETTINGS, "--print-policy", engine, cwd=tmp_path)

    assert ran.code == 0
    assert ran.stdout == (FIXTURES / f"{engine}.{suffix}").read_text("utf-8")
    again = tool("--config", SETTINGS, "--print-policy", engine, "-o", "policy", cwd=tmp_path)
    assert (again.code, again.stdout) == (0, "")
    assert (tmp_path / "policy").read_text("utf-8") == ran.stdout


ENFORCED = {
    "psa": lambda objects: "pod-security.kubernetes.io/enforce" in objects[0]["metadata"]["labels"],
    "vap": lambda objects: (
        {True: ["Deny"], False: ["Audit", "Warn"]}[enforces(objects[1]["spec"], "Deny")]
        == objects[1]["spec"]["validationActions"]
        == ["Deny"]
    ),
    "kyverno": lambda objects: objects[0]["spec"]["validationActions"] == ["Deny"],
    "gatekeeper": lambda objects: objects[1]["spec"]["enforcementAction"] == "deny",
    "psp": lambda objects: [each["kind"] for each in objects][-1] == "ClusterRoleBinding",
    "scc": lambda objects: objects[0]["groups"] == ["system:authenticated"],
    "azure": lambda objects: (
        {each["properties"]["parameters"]["effect"]["value"] for each in objects} == {"Deny"}
    ),
}


def enforces(spec: dict[str, Any], action: str) -> bool:
    return action in spec["validationActions"]


@pytest.mark.parametrize("engine", emit.ENGINES)
def test_nothing_is_enforced_unless_that_is_asked_for(engine: str, tool: Tool, tmp_path: Path) -> None:
    audit = tool("--print-policy", engine, cwd=tmp_path).stdout
    enforce = tool("--print-policy", engine, "--enforce", cwd=tmp_path).stdout

    assert not ENFORCED[engine](fields(audit, engine))
    assert ENFORCED[engine](fields(enforce, engine))


@pytest.mark.parametrize("engine", emit.ENGINES)
def test_every_exemption_is_carried_over_or_told(engine: str, tool: Tool, tmp_path: Path) -> None:
    ran = tool("--config", SETTINGS, "--print-policy", engine, cwd=tmp_path)

    count = len(yaml.safe_load(SETTINGS.read_text("utf-8"))["exemptions"])
    told = {int(number) for number in REASON.findall(ran.stderr)}
    head, _, untold = ran.stdout.partition("Not in this policy:")
    carried = {int(number) for number in re.findall(r"exemptions\[(\d+)\]:", head)}
    assert carried | told == set(range(count))
    assert not carried & told
    assert {int(number) for number in REASON.findall(untold)} == told
    assert {5, 6, 7, 8} <= told
    assert ran.code == 0


@pytest.mark.parametrize("engine", emit.ENGINES)
@pytest.mark.parametrize("enforce", [False, True])
def test_the_linter_has_nothing_to_say_about_what_it_prints(engine: str, enforce: bool) -> None:
    manifest = emit.ENGINES[engine].manifest(plan(Settings(today="2026-06-01"), (), enforce))

    report = lint_text(manifest, "policy.yaml")
    assert (report.findings, report.problems) == ((), ())


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (
            ("--print-policy", "opa"),
            'unknown engine "opa": choose from psa, vap, kyverno, gatekeeper, psp, scc, azure',
        ),
        (("--print-policy", ""), 'unknown engine "": choose from psa'),
        (
            ("--print-policy", "vap", "k8s/"),
            "--print-policy writes a policy from the settings and takes no paths",
        ),
        (("--enforce",), "--enforce is about the policy that --print-policy prints"),
        (("--print-policy", "vap", "--runtimes", "podman"), 'unknown runtime "podman"'),
        (("--print-policy", "vap", "--select", "NRL101"), "no rule about what containers hold is selected"),
        (("--print-policy", "psa", "--namespace", "Shop"), '"Shop" is no name of a namespace'),
        (
            ("--print-policy", "psa", "--namespace", "kube-system", "--config", str(SETTINGS)),
            "the settings exempt the namespace kube-system: name another with --namespace",
        ),
    ],
)
def test_a_wrong_call_prints_nothing(argv: tuple[str, ...], message: str, tool: Tool, tmp_path: Path) -> None:
    ran = tool(*argv, cwd=tmp_path)

    assert (ran.code, ran.stdout) == (2, "")
    assert message in ran.stderr


def test_the_help_names_the_engines() -> None:
    told = " ".join(arguments.parser("0").format_help().split())

    assert "psa, vap, kyverno, gatekeeper, psp, scc or azure" in told
    assert list(emit.ENGINES) == ["psa", "vap", "kyverno", "gatekeeper", "psp", "scc", "azure"]


def test_settings_that_a_cluster_cannot_see_are_told(tool: Tool, tmp_path: Path) -> None:
    (tmp_path / ".netraw-lint.yaml").write_text(
        "baseline: known.json\nignore: [NRL004]\nrespect-suppressions: [checkov]\n"
        "per-file-ignores: {'a/**': [ALL]}\n"
        "workloads: [{group: example.com, kind: Farm, path: spec.pod, shape: PodSpec}]\n"
    )

    ran = tool("--print-policy", "vap", cwd=tmp_path)

    for words in (
        "NRL004 is not among the rules that run",
        "the findings in the baseline are not exempt",
        "per-file-ignores does not count",
        "the suppressions of other linters do not count",
        "kinds of your own are not matched",
    ):
        assert words in ran.stderr
        assert words in ran.stdout
    assert "c.privileged ||" not in ran.stdout


def test_no_ignores_carries_nothing_over(tool: Tool, tmp_path: Path) -> None:
    ran = tool("--config", SETTINGS, "--no-ignores", "--print-policy", "vap", cwd=tmp_path)

    assert "exemptions[" not in ran.stdout + ran.stderr
    assert ran.stdout == tool("--print-policy", "vap", cwd=tmp_path).stdout


def test_psa_labels_the_namespace_that_is_named(tool: Tool, tmp_path: Path) -> None:
    labelled = yaml.safe_load(tool("--print-policy", "psa", "--namespace", "shop", cwd=tmp_path).stdout)

    assert labelled["metadata"]["name"] == "shop"
    assert labelled["metadata"]["labels"]["pod-security.kubernetes.io/warn"] == "restricted"


def test_the_psp_is_that_of_the_control() -> None:
    policy = next(
        each
        for each in yaml.safe_load_all(emit.ENGINES["psp"].manifest(plan(Settings(), (), False)))
        if each["kind"] == "PodSecurityPolicy"
    )

    assert policy["spec"]["allowedCapabilities"] == []
    assert policy["spec"]["requiredDropCapabilities"] == ["NET_RAW"]
    assert policy["spec"]["privileged"] is False


def test_azure_takes_the_exemptions_that_its_parameters_know(tool: Tool, tmp_path: Path) -> None:
    ran = tool("--config", SETTINGS, "--print-policy", "azure", cwd=tmp_path)

    for assignment in json.loads(ran.stdout)["resources"]:
        parameters = {key: each["value"] for key, each in assignment["properties"]["parameters"].items()}
        assert parameters["excludedContainers"] == ["mesh-init"]
        assert "kube-system" in parameters["excludedNamespaces"]
        assert "NET_RAW" not in parameters.get("allowedCapabilities", ())


# --- text that anybody may choose ---------------------------------------------------------------------------

HOSTILE = st.text(
    st.one_of(st.sampled_from("'\"\\#:{}[]\n\r\t\u0085\u2028%`"), st.characters(exclude_categories=["Cs"]))
)


@settings(max_examples=40, deadline=None)
@given(HOSTILE, HOSTILE, HOSTILE, st.sampled_from([*emit.ENGINES]))
def test_no_reason_or_name_breaks_out_of_its_place(
    reason: str, name: str, container: str, engine: str
) -> None:
    given_entries = [
        {"name": name, "container": container, "reason": reason},
        {"namespace": name, "reason": reason},
    ]
    chosen = emit.ENGINES[engine]
    made = plan(Settings(today="2026-06-01"), given_entries, False, carries=chosen.carries)
    bare = chosen.manifest(plan(Settings(today="2026-06-01"), [], False))

    found = fields(chosen.manifest(made), engine)

    assert [sorted(each) for each in found] == [sorted(each) for each in fields(bare, engine)]
    assert [each.get("kind") for each in found] == [each.get("kind") for each in fields(bare, engine)]


@given(st.text("ab*?[]!-.", max_size=8), st.text("ab-.", max_size=6))
def test_patterns_mean_the_same_as_regular_expressions(pattern: str, name: str) -> None:
    from fnmatch import fnmatchcase

    assert bool(re.fullmatch(names.expression(pattern), name)) == fnmatchcase(name, pattern)
    if names.literal(pattern) is not None:
        assert fnmatchcase(pattern, pattern)


def test_commands_are_not_folded() -> None:
    command = "  kubectl " + "label " * 40

    assert text.comment(command) == f"# {command.rstrip()}\n"


def test_starting_costs_nothing(tmp_path: Path) -> None:
    script = (
        "import sys; from netraw_lint.cli import run; sys.argv = ['netraw-lint', '-']; run();"
        "sys.exit(any(name.startswith('netraw_lint.emit') for name in sys.modules))"
    )
    done = subprocess.run(
        [__import__("sys").executable, "-c", script], input="", cwd=tmp_path, encoding="utf-8", check=False
    )
    assert done.returncode == 0

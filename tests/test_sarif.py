"""The SARIF log: what GitHub code scanning asks of it, and the fingerprint of lines."""

from __future__ import annotations

import json
import os
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft4Validator, Draft202012Validator

from conftest import CHECKOUT, Tool
from netraw_lint import rules
from netraw_lint.model import Location, Problem, Report
from netraw_lint.reporters import sarif
from netraw_lint.reporters.linehash import line_hashes
from netraw_lint.reporters.suggested import Place, Replacement
from reporting import CLEAN, FULL, LINE, PROBLEMS, SAMPLES, extra, finding, made, rendered

SUBSET = json.loads((CHECKOUT / "tests" / "schemas" / "sarif-subset.schema.json").read_text("utf-8"))
_COPY = os.environ.get("SARIF_SCHEMA")
STANDARD = Draft4Validator(json.loads(Path(_COPY).read_text("utf-8"))) if _COPY else None


def assert_valid(data: dict[str, Any]) -> None:
    """By our subset, and by the schema of the standard where there is a copy."""
    Draft202012Validator(SUBSET).validate(data)
    if STANDARD is not None:
        assert [error.message for error in STANDARD.iter_errors(data)] == []


def log(report: Report, **changes: Any) -> dict[str, Any]:
    """The log of a report, valid by the schemas at hand."""
    text = rendered("sarif", report, **changes)
    data: dict[str, Any] = json.loads(text)
    assert_valid(data)
    assert text.isascii()
    return data


def run_of(report: Report, **changes: Any) -> dict[str, Any]:
    run: dict[str, Any] = log(report, **changes)["runs"][0]
    return run


def results(report: Report, **changes: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = run_of(report, **changes)["results"]
    return found


def notifications(report: Report) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = run_of(report)["invocations"][0]["toolExecutionNotifications"]
    return found


# --- the schemas ---------------------------------------------------------------------------------------------


def test_the_subset_is_a_schema() -> None:
    Draft202012Validator.check_schema(SUBSET)


@pytest.mark.parametrize("show_suppressed", [False, True])
@pytest.mark.parametrize("name", SAMPLES)
def test_logs_are_valid(name: str, show_suppressed: bool) -> None:
    log(SAMPLES[name], show_suppressed=show_suppressed)


@pytest.mark.parametrize("name", SAMPLES)
def test_logs_are_valid_by_the_schema_of_the_standard(name: str) -> None:
    """That schema has 110 kB, too much to be cloned by every commit hook: SARIF_SCHEMA names a copy."""
    if STANDARD is None:
        pytest.skip("SARIF_SCHEMA names no copy of sarif-schema-2.1.0.json; .ci/tools.sh gets one")
    suggestions = {finding(): Replacement(Place(3, "# é𝒳: "), Place(3, "# é𝒳: app"), "web")}
    assert_valid(log(SAMPLES[name], show_suppressed=True, suggestions=suggestions))


def test_a_real_run_is_valid(tool: Tool) -> None:
    for paths in (["examples"], ["examples/good"], ["examples", "missing"]):
        ran = tool("--output-format=sarif", *paths)
        assert_valid(json.loads(ran.stdout))


# --- results -------------------------------------------------------------------------------------------------


def test_a_clean_run_has_an_empty_list_of_results() -> None:
    run = run_of(CLEAN)

    assert run["results"] == []
    assert run["invocations"] == [{"executionSuccessful": True, "toolExecutionNotifications": []}]
    assert run["automationDetails"] == {"id": "netraw-lint/"}


def test_a_result() -> None:
    (result,) = results(made(finding()))

    assert result == {
        "ruleId": "NRL003",
        "ruleIndex": [rule.code for rule in rules.rules()].index("NRL003"),
        "level": "error",
        "message": {
            "text": 'Deployment/shop/web, container "app": NET_RAW is not dropped; '
            'add securityContext.capabilities.drop: ["NET_RAW"]'
        },
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": "deploy/k8s/web.yaml", "uriBaseId": "%SRCROOT%"},
                    "region": {"startLine": 3, "startColumn": 8, "endLine": 3, "endColumn": 11},
                },
                "logicalLocations": [
                    {
                        "name": "app",
                        "fullyQualifiedName": "apps/v1/Deployment/shop/web#spec.template.spec.containers[0]",
                        "kind": "resource",
                    }
                ],
            }
        ],
        "partialFingerprints": {
            "netrawLintIdentity/v1": sha256(finding().identity.encode()).hexdigest()[:32],
            "primaryLocationLineHash": slow_hashes(f"one\ntwo\n{LINE}\nfour\n")[2],
        },
    }


def test_the_worst_come_first_and_levels_are_those_of_sarif() -> None:
    assert [(each["level"], each["ruleId"]) for each in results(FULL)] == [
        ("error", "NRL003"),
        ("error", "NRL003"),
        ("error", "NRL900"),
        ("warning", "NRL003"),
        ("note", "NRL101"),
    ]


def test_an_identity_survives_lines_and_paths() -> None:
    moved = finding(path="other.yaml", location=Location(9, 1, 9, 2), excerpt="app")

    prints = [
        each["partialFingerprints"]["netrawLintIdentity/v1"] for each in results(made(finding(), moved))
    ]

    assert prints[0] == prints[1]
    assert (
        prints[0] != results(made(finding(identity="z")))[0]["partialFingerprints"]["netrawLintIdentity/v1"]
    )


def test_the_standard_input_has_no_line_to_hash() -> None:
    (result,) = results(made(finding(path="<stdin>")))

    assert list(result["partialFingerprints"]) == ["netrawLintIdentity/v1"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "%3Cstdin%3E"


def test_a_file_that_has_changed_since_has_no_line_to_hash() -> None:
    (result,) = results(made(finding()), read=lambda _path: b"one\n")

    assert list(result["partialFingerprints"]) == ["netrawLintIdentity/v1"]


def test_without_extras() -> None:
    assert json.loads(sarif.render(FULL))["runs"][0]["results"]


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        ("a b/ü,%.yaml", "a%20b/%C3%BC%2C%25.yaml"),
        ("c:d/x#y?.yaml", "c%3Ad/x%23y%3F.yaml"),
        ("\udcff.yaml", "%FF.yaml"),
        ("\ud800.yaml", "%ED%A0%80.yaml"),
        ("/outside/x.yaml", "file:///outside/x.yaml"),
    ],
    ids=ascii,
)
def test_uris(path: str, uri: str) -> None:
    (result,) = results(made(finding(path="x")), paths={"x": path})

    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == uri
    errors = "surrogatepass" if "\ud800" in path else "surrogateescape"
    assert unquote(uri, errors=errors).removeprefix("file://") == path


def test_links_in_a_message_are_none() -> None:
    (result,) = results(made(finding(message="see [here](https://evil.example)")))

    assert "](" not in result["message"]["text"]


def test_fixes() -> None:
    instead = Replacement(Place(3, "# é𝒳: "), Place(4, ""), "web\nnew\n")

    (result,) = results(made(finding()), suggestions={finding(): instead})

    assert result["fixes"][0]["artifactChanges"][0]["replacements"] == [
        {
            "deletedRegion": {"startLine": 3, "startColumn": 8, "endLine": 4, "endColumn": 1},
            "insertedContent": {"text": "web\nnew\n"},
        }
    ]


def test_suppressed_results_only_when_asked_for() -> None:
    assert not any("suppressions" in each for each in results(FULL))

    shown = [
        each["suppressions"][0] for each in results(FULL, show_suppressed=True) if "suppressions" in each
    ]

    assert [(each["kind"], each["justification"]) for each in shown] == [
        ("inSource", "needs ping, see [1](http://x.example) (until 2030-01-31)"),
        ("external", "recorded in the baseline"),
    ]


def test_what_was_not_checked() -> None:
    run = run_of(PROBLEMS)

    assert run["invocations"][0]["executionSuccessful"] is False
    assert [
        (each["message"]["text"], each["locations"][0]["physicalLocation"])
        for each in notifications(PROBLEMS)
    ] == [
        (
            "deploy/k8s/binary.yaml:2: not checked (read): NUL byte at offset 7 (line 2): a binary file",
            {
                "artifactLocation": {"uri": "deploy/k8s/binary.yaml", "uriBaseId": "%SRCROOT%"},
                "region": {"startLine": 2},
            },
        ),
        (
            "charts/shop: not checked (render): a Helm chart is no YAML before it is rendered",
            {"artifactLocation": {"uri": "charts/shop", "uriBaseId": "%SRCROOT%"}},
        ),
    ]


# --- rules ---------------------------------------------------------------------------------------------------


def test_every_rule_is_described_by_its_page() -> None:
    described = run_of(CLEAN)["tool"]["driver"]["rules"]

    assert [rule["id"] for rule in described] == [rule.code for rule in rules.rules()]
    for rule, module in zip(described, rules.MODULES, strict=True):
        page = rules.explained(module)
        assert rule["shortDescription"]["text"] == page.partition("\n")[0]
        assert rule["help"]["text"] == page
        assert rule["help"]["markdown"] == f"# {rule['id']} {rule['name']}\n\n{page}"
        assert rule["fullDescription"]["text"] != rule["shortDescription"]["text"]
        assert rule["defaultConfiguration"]["enabled"] is not module.RULE.opt_in


def test_only_rules_about_capabilities_are_security_rules() -> None:
    for rule in run_of(CLEAN)["tool"]["driver"]["rules"]:
        about_security = rule["id"][3] in "01"
        assert ("security" in rule["properties"]["tags"]) is about_security
        assert ("security-severity" in rule["properties"]) is about_security
        if about_security:
            severity = float(rule["properties"]["security-severity"])
            assert (severity >= 7.0) is (rule["defaultConfiguration"]["level"] == "error")


# --- limits --------------------------------------------------------------------------------------------------


def test_too_many_results(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sarif, "MOST_RESULTS", 3)

    run = run_of(FULL)

    assert [each["level"] for each in run["results"]] == ["error", "error", "error"]
    assert notifications(FULL)[-1]["message"]["text"].startswith("2 more results are left out")
    assert notifications(FULL)[-1]["descriptor"]["id"] == "left-out"


def test_25_000_results() -> None:
    many = made(*[finding(identity=str(number)) for number in range(25_010)], finding(rule="NRL001"))

    run = json.loads(rendered("sarif", many))["runs"][0]

    assert len(run["results"]) == 25_000
    assert "11 more results" in run["invocations"][0]["toolExecutionNotifications"][-1]["message"]["text"]


def test_too_many_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    rule_bytes = len(rendered("sarif", CLEAN))
    monkeypatch.setattr(sarif, "MOST_BYTES", 20_000)
    monkeypatch.setattr(sarif, "_compressed", lambda text: len(text) - rule_bytes)
    many = made(*[finding(identity=str(number)) for number in range(1000)])

    run = run_of(many)

    assert 5 < len(run["results"]) < 50
    assert f"{1000 - len(run['results'])} more results" in str(notifications(many))


def test_too_many_problems(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sarif, "MOST_RESULTS", 2)

    told = notifications(made(problems=(Problem("x", "read", "y"),) * 5))

    assert len(told) == 3
    assert told[-1]["message"]["text"].startswith("3 more unchecked places")


def test_a_long_message_is_cut_in_its_middle() -> None:
    (result,) = results(made(finding(message=f"Pod/{'x' * 9999}: NET_RAW is not dropped", help="")))

    text = result["message"]["text"]
    assert len(text) < 1100
    assert text.startswith("Pod/xxx")
    assert "NET_RAW is not dropped" in text


# --- the fingerprint of lines --------------------------------------------------------------------------------


def slow_hashes(text: str) -> list[str]:
    """Every line's hash, straight from the words: 100 units from the start of the line on, each times 37."""
    units = []
    for char in text.replace("\r\n", "\n").replace("\r", "\n"):
        if char in " \t":
            continue
        encoded = char.encode("utf-16-be", "surrogatepass")
        units += [int.from_bytes(encoded[at : at + 2], "big") for at in range(0, len(encoded), 2)]
    starts = [0, *(number + 1 for number, unit in enumerate(units) if unit == 10)]
    units += [65535]
    seen: list[int] = []
    shown = []
    for start in starts:
        value = 0
        for offset in range(100):
            unit = units[start + offset] if start + offset < len(units) else 0
            value = (value * 37 + unit) % 2**64
        seen.append(value)
        shown.append(f"{value:x}:{seen.count(value)}")
    return shown


def all_hashes(text: str) -> list[str]:
    found = line_hashes(text.encode("utf-8", "surrogatepass"), range(1, len(text) + 2))
    assert list(found) == list(range(1, len(found) + 1))
    return list(found.values())


VECTORS = [
    "",
    "\n",
    "a",
    "a\n",
    "\n\n\n",
    "a\r\nb\rc\nd",
    " \t\n\t \n",
    "kind: Pod\n" * 12,
    "x" * 300,
    "x" * 99 + "\n" + "y" * 100 + "\n" + "z" * 101 + "\n",
    "é 𝒳 日本\n" * 3,
    "𝒳" * 120,
    # Different lines with one hash are numbered together: 98 * 37 + 65 == 97 * 37 + 102.
    ("bA" + "0" * 98 + "\n") * 2 + ("af" + "0" * 98 + "\n") * 2 + "0" * 200,
    "\ufeffkind: Pod\n",
]


@pytest.mark.parametrize("text", VECTORS, ids=lambda text: ascii(text[:20]))
def test_line_hashes(text: str) -> None:
    assert all_hashes(text) == slow_hashes(text)


def test_the_hash_of_an_empty_file_is_one_unit_at_the_highest_power() -> None:
    assert all_hashes("") == [f"{65535 * 37**99 % 2**64:x}:1"]


@given(st.text(alphabet="ab \t\n\ré𝒳", max_size=400))
def test_line_hashes_of_any_text(text: str) -> None:
    assert all_hashes(text) == slow_hashes(text)


def test_collisions_are_numbered_in_their_order() -> None:
    hashes = all_hashes(VECTORS[12])

    assert [each.partition(":")[2] for each in hashes[:4]] == ["1", "2", "3", "4"]
    assert len({each.partition(":")[0] for each in hashes[:4]}) == 1


@pytest.mark.parametrize("wanted", [[], [0], [99], [-1]])
def test_lines_that_are_not_there(wanted: list[int]) -> None:
    assert line_hashes(b"a\nb\n", wanted) == {}


def test_bytes_that_are_no_text_are_hashed_as_node_reads_them() -> None:
    assert line_hashes(b"\xff\xfe", [1]) == {1: slow_hashes("\ufffd\ufffd")[0]}


def test_large_files_are_hashed_in_time() -> None:
    data = b"".join(b"  - name: app-%d\n" % number for number in range(50_000))

    assert list(line_hashes(data, [3, 49_999])) == [3, 49_999]


def test_an_unknown_extra_is_ignored() -> None:
    assert sarif.render(CLEAN, False, **extra(something_new=1))

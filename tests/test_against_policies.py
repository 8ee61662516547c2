"""--against-policies as a user meets it: what it says of whom, what it does not evaluate, how it ends."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from conftest import CHECKOUT, Tool
from netraw_lint import api
from netraw_lint.model import Source

POD = """\
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
spec:
  containers:
  - {name: app, image: example/app:1}
"""
GOOD = POD.replace("app:1}", "app:1, securityContext: {capabilities: {drop: [ALL]}}}")
NAMESPACE = """\
apiVersion: v1
kind: Namespace
metadata:
  name: shop
  labels:
    pod-security.kubernetes.io/enforce: restricted
"""
UNKNOWN = """\
apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata: {name: ours}
spec:
  rules:
  - name: adds
    match: {any: [{resources: {kinds: [Pod]}}]}
    validate:
      pattern: {spec: {containers: [{securityContext: {capabilities: {drop: [ALL]}}}]}}
"""


def messages(*documents: str) -> list[str]:
    """What is said, rule first, and what is not evaluated."""
    report = api.lint_text("---\n".join(documents), "all.yaml", rules=["NRL11"], against_policies=True)
    found = [f"{finding.rule} {finding.message}" for finding in report.findings]
    return found + [f"! {problem.message}" for problem in report.problems]


def gatekeeper(**spec: Any) -> str:
    policy = {"apiVersion": "constraints.gatekeeper.sh/v1beta1", "kind": "K8sPSPCapabilities"}
    parameters = {"allowedCapabilities": ["*"], "requiredDropCapabilities": ["NET_RAW"]}
    return (
        json.dumps({**policy, "metadata": {"name": "drop"}, "spec": {"parameters": parameters, **spec}})
        + "\n"
    )


@pytest.mark.parametrize(
    ("files", "code"),
    [
        pytest.param({"pod.yaml": GOOD, "namespace.yaml": NAMESPACE}, 0, id="admitted"),
        pytest.param({"pod.yaml": POD, "namespace.yaml": NAMESPACE}, 1, id="refused"),
        pytest.param({"pod.yaml": GOOD}, 2, id="no policy"),
        pytest.param({"notes.yaml": "a: 1\n"}, 2, id="nothing at all"),
        pytest.param(
            {"pod.yaml": GOOD, "namespace.yaml": NAMESPACE, "ours.yaml": UNKNOWN}, 2, id="not understood"
        ),
        pytest.param(
            {
                "pod.yaml": GOOD,
                "namespace.yaml": NAMESPACE,
                "web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
            },
            2,
            id="a chart",
        ),
    ],
)
def test_the_exit_code(files: dict[str, str], code: int, tmp_path: Path, tool: Tool) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")

    ran = tool("--isolated", "--against-policies", ".", cwd=tmp_path)

    assert ran.code == code, ran.stdout + ran.stderr


def test_the_json_names_file_and_line_of_both(tmp_path: Path, tool: Tool) -> None:
    (tmp_path / "pod.yaml").write_text(POD, "utf-8")
    (tmp_path / "namespace.yaml").write_text(NAMESPACE, "utf-8")

    ran = tool("--isolated", "--against-policies", "--output-format", "json", ".", cwd=tmp_path)

    report = json.loads(ran.stdout)
    schema = json.loads((CHECKOUT / "schemas" / "report.schema.json").read_text("utf-8"))
    Draft202012Validator(schema).validate(report)
    (finding,) = report["findings"]
    assert (finding["rule"], finding["path"], finding["line"]) == ("NRL110", "pod.yaml", 6)
    (policy,) = finding["policies"]
    assert (policy["path"], policy["line"], policy["object"]["name"]) == ("namespace.yaml", 6, "shop")


@pytest.mark.parametrize(
    "flag", ["--fix", "--diff", "--update-baseline", "--since=HEAD", "--show-containers", "--kustomize"]
)
def test_it_goes_with_no_other_mode(flag: str, tmp_path: Path, tool: Tool) -> None:
    ran = tool("--isolated", "--against-policies", flag, cwd=tmp_path)

    assert ran.code == 2
    assert "--against-policies does not go with" in ran.stderr


def test_its_rules_alone_need_it(tmp_path: Path, tool: Tool) -> None:
    ran = tool("--isolated", "--select", "NRL110", cwd=tmp_path)

    assert ran.code == 2
    assert "NRL110 runs with --against-policies only" in ran.stderr


def test_an_exemption_of_the_settings_counts(tmp_path: Path, tool: Tool) -> None:
    (tmp_path / "pod.yaml").write_text(POD + "---\n" + NAMESPACE, "utf-8")
    settings = "exemptions:\n- {rule: NRL110, path: pod.yaml, reason: moves to another namespace}\nselect: [NRL001]\n"
    (tmp_path / ".netraw-lint.yaml").write_text(settings, "utf-8")

    ran = tool("--against-policies", ".", cwd=tmp_path)

    assert (ran.code, "NRL110 exempt (settings): moves to another namespace" in ran.stdout) == (0, True)


def test_namespaces_that_are_not_there_leave_selectors_open() -> None:
    policy = gatekeeper(match={"namespaceSelector": {"matchLabels": {"gate": "on"}}})

    (refusal, admission) = messages(policy, POD)
    assert refusal.endswith(
        "may refuse its pods: drop lacks `NET_RAW`; the labels of namespace shop are not in these files"
    )
    assert admission.endswith("and no policy is sure to be about it")
    (sure,) = messages(
        policy, POD, NAMESPACE.replace("enforce: restricted", 'audit: privileged\n    gate: "on"')
    )
    assert "refuses its pods: drop lacks `NET_RAW`" in sure


def test_manifests_of_one_namespace_may_disagree() -> None:
    other = NAMESPACE.replace("restricted", "baseline")

    assert [line.rpartition("; ")[2] for line in messages(POD, NAMESPACE, other)][:1] == [
        "manifests of namespace shop disagree about its labels"
    ]


def test_a_patch_may_change_a_namespace(tmp_path: Path, tool: Tool) -> None:
    (tmp_path / "all.yaml").write_text(f"{POD}---\n{NAMESPACE}", "utf-8")
    (tmp_path / "patch.yaml").write_text(NAMESPACE.replace("restricted", "privileged"), "utf-8")
    (tmp_path / "kustomization.yaml").write_text(
        "resources: [all.yaml]\npatches: [{path: patch.yaml}]\n", "utf-8"
    )

    ran = tool("--isolated", "--against-policies", "--output-format", "concise", ".", cwd=tmp_path)

    assert (
        "may refuse its pods: drop lacks `ALL`; manifests of namespace shop disagree about its labels"
        in ran.stdout
    )


def test_an_admission_policy_needs_a_binding() -> None:
    policy = """\
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: drop}
spec:
  matchConstraints:
    resourceRules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}]
  validations:
  - expression: object.spec.containers.all(c, c.?securityContext.?capabilities.?drop.orValue([]).exists(d, d == 'ALL'))
"""
    binding = """\
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: drop}
spec: {policyName: drop, validationActions: [Deny]}
"""
    selecting = binding.replace(
        "[Deny]",
        "[Audit], matchResources: {namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: shop}}}",
    )

    assert "would refuse its pods once enforced (today: no binding here)" in messages(policy, POD)[0]
    assert "refuses its pods: drop lacks `ALL`" in messages(policy, binding, POD)[0]
    assert "would refuse its pods once enforced (today: Audit)" in messages(policy, selecting, POD)[0]
    elsewhere = POD.replace("namespace: shop", "namespace: tools")
    assert messages(policy, selecting, elsewhere)[0].startswith("NRL111")


def test_a_pod_security_policy_depends_on_rbac_and_rewrites() -> None:
    policy = """\
apiVersion: policy/v1beta1
kind: PodSecurityPolicy
metadata: {name: closed}
spec: {requiredDropCapabilities: [NET_RAW]}
"""
    adding = POD.replace("app:1}", "app:1, securityContext: {capabilities: {add: [NET_ADMIN]}}}")

    (admitted,) = messages(policy, POD)
    assert admitted.endswith(
        "no policy is sure to be about it; PodSecurityPolicy/closed (all.yaml:2) would drop it: whether it is the policy"
        " in force depends on RBAC"
    )
    assert messages(policy, adding)[0].endswith(
        "add has `NET_ADMIN`; whether it is the policy in force depends on RBAC"
    )


def test_a_policy_exception_leaves_its_policy_open() -> None:
    policy = UNKNOWN.replace(
        "pattern: {spec: {containers: [{securityContext: {capabilities: {drop: [ALL]}}}]}}",
        "podSecurity: {level: restricted}",
    )
    exception = """\
apiVersion: kyverno.io/v2
kind: PolicyException
metadata: {name: mesh, namespace: shop}
spec: {exceptions: [{policyName: ours, ruleNames: [adds]}], match: {any: [{resources: {kinds: [Pod], names: [mesh]}}]}}
"""

    assert "would refuse its pods once enforced (today: Audit)" in messages(policy, POD)[0]
    assert messages(policy, exception, POD)[0].endswith("a PolicyException names the policy")


def test_policies_that_are_not_understood_are_named() -> None:
    constraint = """\
apiVersion: constraints.gatekeeper.sh/v1beta1
kind: OurRule
metadata: {name: ours}
"""
    template = """\
apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata: {name: ourrule}
spec:
  crd: {spec: {names: {kind: OurRule}}}
  targets:
  - target: admission.k8s.gatekeeper.sh
    rego: 'violation[{"msg": "no"}] { input.review.object.spec.containers[_].securityContext.capabilities.add[_] }'
"""
    assert messages(NAMESPACE, GOOD, constraint) == []
    assert messages(NAMESPACE, GOOD, constraint, template) == [
        "! OurRule/ours was not evaluated: OurRule is no template of Gatekeeper's library"
    ]
    assert messages(NAMESPACE, GOOD, UNKNOWN) == [
        "! ClusterPolicy/ours was not evaluated: rule adds: a pattern of no well-known shape"
    ]


def test_case_is_not_sure_where_a_template_has_two_languages() -> None:
    lower = POD.replace("app:1}", "app:1, securityContext: {capabilities: {drop: [net_raw]}}}")

    assert "depends on the language that its template runs in" in messages(gatekeeper(), lower)[0]


def test_patches_are_no_workloads() -> None:
    patch = POD.replace("{name: app, image: example/app:1}", "{name: app, env: []}")

    assert messages(NAMESPACE, patch) == []


@pytest.mark.parametrize(
    "text",
    [
        "apiVersion: kyverno.io/v1\nkind: ClusterPolicyList\nitems:\n- metadata: {name: a}\n  spec: {rules: [{name: privileged}]}\n",
        "apiVersion: kyverno.io/v1\nkind: ClusterPolicy\nspec: {rules: [[privileged], privileged, {validate: privileged}]}\n",
        "apiVersion: kyverno.io/v1\nkind: Policy\nspec: {rules: [{match: [Pod], validate: {podSecurity: [privileged]}}]}\n",
        "apiVersion: policies.kyverno.io/v1\nkind: ValidatingPolicy\nspec: {matchConstraints: [privileged], validations: {}}\n",
        "apiVersion: constraints.gatekeeper.sh/v1beta1\nkind: K8sPSPCapabilities\nspec: {parameters: [1], match: {kinds: [[Pod]]}}\n",
        "apiVersion: constraints.gatekeeper.sh/v1beta1\nkind: K8sPSPCapabilities\nspec: [parameters]\n",
        "apiVersion: constraints.gatekeeper.sh/v1beta1\nkind: K8sPSPCapabilities\nspec: {parameters: {allowedCapabilities: [[a]]}}\n",
        "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicyBinding\nspec: {validationActions: [[Deny]]}\n",
        "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicy\nspec: {validations: [privileged]}\n",
        "apiVersion: policy/v1beta1\nkind: PodSecurityPolicyList\nitems: [{spec: {allowedCapabilities: [[a]]}}]\n",
        "apiVersion: v1\nkind: Namespace\nmetadata: {labels: {pod-security.kubernetes.io/enforce: [baseline]}}\n",
        "apiVersion: v1\nkind: Namespace\nmetadata: [privileged]\n",
        "apiVersion: v1\nkind: Namespace\nmetadata: {name: [x], labels: privileged}\n",
        "apiVersion: kyverno.io/v2\nkind: PolicyException\nspec: {exceptions: [x, {policyName: [y]}]}\n",
    ],
)
@pytest.mark.parametrize("against", [False, True], ids=["lint", "against"])
def test_odd_policies_break_nothing(text: str, against: bool) -> None:
    report = api.lint_text(f"{text}---\n{POD}", rules=["NRL1"], against_policies=against)

    assert [problem.message for problem in report.problems if problem.stage == "internal"] == []


@pytest.mark.parametrize(
    ("comment", "expected"),
    [
        ("ignore[NRL110] moves out in May", []),
        ("ignore[refused-by-policy] moves out in May until=2999-01-01", []),
        ("ignore[NRL110] moved out until=2000-01-01", ["NRL110"]),
        ("ignore[NRL110]", ["NRL110"]),
        ("ignore[NRL003] drops nothing", ["NRL110"]),
    ],
)
def test_a_comment_at_a_container_exempts(comment: str, expected: list[str]) -> None:
    marked = POD.replace("  - {name: app", f"  # netraw-lint: {comment}\n  - {{name: app")
    other = marked.replace("name: web", "name: other").replace(f"# netraw-lint: {comment}", "# nothing")

    report = api.lint_text(f"{marked}---\n{NAMESPACE}", "all.yaml", rules=["NRL11"], against_policies=True)
    both = api.lint_text(f"{marked}---\n{other}---\n{NAMESPACE}", rules=["NRL11"], against_policies=True)

    assert [finding.rule for finding in report.findings] == expected
    assert [exempt.finding.rule for exempt in report.exempt] == ["NRL110"] * (not expected)
    assert [str(finding.object) for finding in both.findings if "other" in finding.message] == [
        "Pod/shop/other"
    ]


def test_an_annotation_exempts_and_the_policy_may_stand_anywhere() -> None:
    marked = POD.replace(
        "namespace: shop", 'namespace: shop, annotations: {netraw-lint/ignore: "NRL110: moves out in May"}'
    )
    for text in (f"{marked}---\n{NAMESPACE}", f"{NAMESPACE}---\n{marked}"):
        report = api.lint_text(text, rules=["NRL11"], against_policies=True)
        assert (report.findings, [each.origin for each in report.exempt]) == ((), ["annotation"])


def test_a_comment_for_this_mode_is_not_unused_in_the_others() -> None:
    marked = POD.replace("  - {name: app", "  # netraw-lint: ignore[NRL110] moves out in May\n  - {name: app")

    assert [finding.rule for finding in api.lint_text(marked).findings] == ["NRL003"]
    report = api.lint_text(f"{marked}---\n{NAMESPACE}", rules=["NRL11", "NRL2"], against_policies=True)
    assert report.findings == ()


def test_lines_are_not_counted_anew_for_every_workload(monkeypatch: pytest.MonkeyPatch) -> None:
    places: list[int] = []
    line_at = Source.line_at

    def counted(source: Source, place: int) -> int:
        places.append(place)
        return line_at(source, place)

    monkeypatch.setattr(Source, "line_at", counted)
    pods = [POD.replace("name: web", f"name: web-{number}") for number in range(50)]

    found = messages(NAMESPACE, *pods)

    assert len(found) == 50
    assert sum(after < before for before, after in pairwise(places)) <= 1

"""Kustomizations, policies and what delivers, by a stranger's hand: read within bounds, nothing run, nothing fetched."""

from __future__ import annotations

import json
import os
import stat
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import Tool
from netraw_lint import api, yamltree
from netraw_lint.delivery.data import data
from netraw_lint.delivery.follow import follow
from netraw_lint.model import Source
from netraw_lint.sources import kustomize_cli, processes
from test_limits import bounded

Written = Callable[..., Path]

pytestmark = pytest.mark.skipif(os.name != "posix", reason="devices, pipes and limits are POSIX")

POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  containers:\n  - name: a\n    image: b\n"
HEAD = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n"


def program(path: Path, body: str) -> Path:
    """A program in Python."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!{sys.executable}\n{body}\n")
    path.chmod(0o755)
    return path


# --- what a kustomization asks for and does not get -----------------------------------------------------------------


@pytest.mark.parametrize(
    "asked",
    [
        pytest.param("resources: [web.yaml]\ngenerators: [function.yaml]\n", id="generator"),
        pytest.param("resources: [web.yaml]\ntransformers: [function.yaml]\n", id="transformer"),
        pytest.param("resources: [web.yaml]\nvalidators: [function.yaml]\n", id="validator"),
        pytest.param(
            "resources: [web.yaml]\nhelmCharts: [{name: a, repo: 'https://a.example'}]\n", id="chart"
        ),
        pytest.param("resources: [web.yaml, 'git::https://a.example/b.git']\n", id="git"),
        pytest.param("resources: [web.yaml, 'ssh://git@a.example/b']\n", id="ssh"),
        pytest.param("resources: [web.yaml, 'a.example/b?ref=main']\n", id="git without a scheme"),
        pytest.param("resources: [web.yaml, 'http://127.0.0.1:9/a.yaml']\n", id="http"),
        pytest.param("resources: [web.yaml]\ncrds: ['https://a.example/crd.json']\n", id="crd"),
        pytest.param("resources: [web.yaml]\npatches: [{path: 'https://a.example/p.yaml'}]\n", id="patch"),
        pytest.param("resources: [web.yaml]\nopenapi: {path: 'https://a.example/s.json'}\n", id="schema"),
    ],
)
@pytest.mark.parametrize("how", ["exec", "container", "starlark"])
def test_nothing_is_run_and_nothing_fetched(
    asked: str, how: str, builder: str, written: Written, tool: Tool
) -> None:
    if how != "exec" and "function.yaml" not in asked:
        pytest.skip("no function")
    folder = written(web=POD, kustomization=HEAD + asked)
    traces = folder / "traces"
    traces.mkdir()
    leaves = f"import os, sys\nopen(os.path.join({str(traces)!r}, os.path.basename(sys.argv[0])), 'w')"
    run = program(folder / "run.sh", leaves)
    about = {"exec": {"path": "./run.sh"}, "container": {"image": "a"}, "starlark": {"path": "./run.sh"}}[how]
    (folder / "function.yaml").write_text(
        f"apiVersion: example.com/v1\nkind: Maker\nmetadata:\n  name: maker\n  annotations:\n"
        f"    config.kubernetes.io/function: '{json.dumps({how: about})}'\n"
    )
    bin_folder = Path(os.environ["PATH"])
    for name in ("git", "helm", "docker", "podman", "ssh", "curl"):
        (bin_folder / name).unlink(missing_ok=True)
        program(bin_folder / name, leaves)
    assert run.exists()

    ran = tool("--isolated", "--kustomize", "--output-format=json", cwd=folder)

    assert list(traces.iterdir()) == []
    report = json.loads(ran.stdout)
    assert ran.code == 2, "what was not checked is told"
    assert [problem["path"] for problem in report["problems"]] == ["kustomization.yaml"]


def test_the_traces_would_be_seen(tmp_path: Path) -> None:
    """The programs above do leave one when they are run."""
    leaves = f"open({str(tmp_path / 'trace')!r}, 'w')"

    processes.run([str(program(tmp_path / "git", leaves))], {}, str(tmp_path), 60.0, 100)

    assert (tmp_path / "trace").exists()


@pytest.mark.parametrize("repository", [True, False], ids=["repository", "folder"])
@pytest.mark.parametrize(
    ("named", "told"),
    [
        ("/etc/passwd", "lies outside of the repository"),
        ("/dev/zero", "lies outside of the repository"),
        ("../" * 20 + "dev/zero", ("lies outside of the repository", "is a device, not a regular file")),
        ("../" * 20 + "etc/passwd", ("lies outside of the repository", "")),
        ("zero.yaml", ("lies outside of the repository", "is a device, not a regular file")),
        ("pipe.yaml", "is a pipe, not a regular file"),
        ("large.yaml", "larger than 512 MiB"),
        ("a\\0b.yaml", ""),
    ],
)
@pytest.mark.parametrize(
    "field", ["resources: [X]", "patches: [{path: X}]", "configMapGenerator: [{name: a, files: [X]}]"]
)
def test_what_is_no_file_of_the_repository_is_not_read(
    field: str, named: str, told: str | tuple[str, str], repository: bool, tmp_path: Path, written: Written
) -> None:
    quoted = f'"{named}"'
    folder = written(web=POD, sub__kustomization=f"{HEAD}{field.replace('X', quoted)}\n")
    if not repository:
        (folder / ".git").rmdir()
    (folder / "sub" / "zero.yaml").symlink_to("/dev/zero")
    os.mkfifo(folder / "sub" / "pipe.yaml")
    with open(folder / "sub" / "large.yaml", "wb") as file:
        file.truncate(1 << 40)
    engine = program(tmp_path / "bin" / "kustomize", "print('')").parent
    expected = told if isinstance(told, str) else told[not repository]

    # The interpreter sees the only engine that there is, and not the PATH of the tests.
    done = bounded(
        *(
            "-c",
            "import os, sys; os.environ['PATH'] = sys.argv.pop(1); from netraw_lint.cli import run; sys.exit(run())",
        ),
        *(engine, "--isolated", "--kustomize", "--output-format=json", folder),
        seconds=60,
        megabytes=1024,
    )

    report = json.loads(done.stdout)
    assert done.returncode in (1, 2), done.stderr
    assert any(finding["path"].endswith("web.yaml") for finding in report["findings"])
    if expected:
        assert any(expected in problem["message"] for problem in report["problems"]), report["problems"]
    assert "root:" not in done.stdout


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("import time\ntime.sleep(3600)", "took longer than 2 seconds"),
        ("while True: print('x' * 65536)", "gives more than 50 MB"),
        ("import sys\nwhile True: sys.stderr.write('x' * 65536)", "took longer than 2 seconds"),
        ("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)", "the engine said nothing"),
        ("import sys\nsys.exit('Error: ' + 'x' * 10_000_000)", "xxx ... xxx"),
        ("import sys\nsys.stderr.buffer.write(b'\\xff\\x1b[2J')\nsys.exit(1)", "\ufffd\x1b[2J"),
    ],
)
def test_an_engine_that_misbehaves(
    body: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kustomize_cli, "TIMEOUT", 2.0)
    engine = str(program(tmp_path / "kustomize", body))

    with kustomize_cli.Engine(engine) as running, pytest.raises(kustomize_cli.BuildError) as error:
        running.build(str(tmp_path))

    assert told in str(error.value)
    assert len(str(error.value)) < 1000


def test_what_an_engine_leaves_running_is_not_waited_for(tmp_path: Path) -> None:
    body = "import subprocess, sys\nprint('a', flush=True)\nsubprocess.Popen([sys.executable, '-c', 'import time; time.sleep(50)'])"

    output = processes.run([str(program(tmp_path / "x", body))], {}, str(tmp_path), 3600.0, 100)

    assert output == b"a\n"


# --- what delivers ---------------------------------------------------------------------------------------------------

APPLICATION = (
    "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: s}\nspec:\n"
    "  source:\n    repoURL: https://x/a/b\n    path: chart\n    helm:\n      "
)


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / ".git").mkdir()
    (tmp_path / "chart").mkdir()
    (tmp_path / "chart" / "Chart.yaml").write_text("name: chart\nversion: 1.0.0\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    "helm",
    [
        pytest.param(f"valuesObject: {{a: {'9' * 5000}}}", id="integer"),
        pytest.param(f"valuesObject: {{a: 0x{'9' * 5000}}}", id="hexadecimal integer"),
        pytest.param(f"parameters: [{{name: a, value: 0x{'9' * 5000}}}]", id="integer as a parameter"),
        pytest.param("valuesObject: {a: 1e99999}", id="infinity"),
        pytest.param(f'values: "{"{a: " * 900}1{"}" * 900}"', id="deep text"),
        pytest.param(f"parameters: [{{name: '{'a.' * 5000}b', value: x, forceString: true}}]", id="dots"),
        pytest.param(f"valuesObject: {'{a: ' * 600}1{'}' * 600}", id="deep values"),
        pytest.param('valueFiles: ["a\\0b"]', id="NUL"),
        pytest.param(f'valueFiles: ["{"a/" * 5000}"]', id="long name"),
        pytest.param("values: &a [*a]", id="circle"),
    ],
)
def test_odd_applications_are_followed_or_told(helm: str, repository: Path) -> None:
    result = follow([Source("app.yaml", f"{APPLICATION}{helm}\n".encode())])

    assert result.deliveries or result.problems or "circle" in helm or "*a" in helm
    for each in result.deliveries:
        assert not each.overlay or json.loads(each.overlay)
    for problem in result.problems:
        assert "nested too deeply" in problem.message or "not in this repository" in problem.message


def test_more_applications_than_are_followed_are_told(repository: Path) -> None:
    text = (
        "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {name: many}\nspec:\n"
        '  template: {metadata: {name: "{{a}}"}, spec: {source: {repoURL: https://x/a/b, path: chart}}}\n'
        f"  generators:\n  - list: {{elements: [{'{a: b},' * 201}]}}\n"
    )

    result = follow([Source("set.yaml", text.encode())])

    assert len(result.deliveries) == 200
    assert [problem.message for problem in result.problems] == [
        "ApplicationSet/many (set.yaml): only its first 200 Applications are followed"
    ]
    assert follow([Source("set.yaml", text.replace("{a: b},", "", 1).encode())]).problems == ()


@pytest.mark.parametrize("content", ["pipe", "gitdir: \0", "gitdir: ../..", "link"])
def test_odd_settings_of_git_are_none(content: str, tmp_path: Path) -> None:
    git = tmp_path / ".git"
    if content == "pipe":
        git.mkdir()
        os.mkfifo(git / "config")
    elif content == "link":
        git.mkdir()
        (git / "config").symlink_to("/dev/zero")
    else:
        git.write_text(content)

    assert follow([Source(str(tmp_path / "app.yaml"), f"{APPLICATION}values: a\n".encode())]).problems == ()


@pytest.mark.parametrize(
    ("text", "value"),
    [("1e999", "1e999"), ("-1e999", "-1e999"), ("0x10", 16), ("1e3", 1000.0), ("9" * 401, "9" * 401)],
)
def test_numbers_that_json_cannot_hold_stay_words(text: str, value: object) -> None:
    assert data(next(yamltree.compose(text.encode()))) == value


# --- policies --------------------------------------------------------------------------------------------------------

POLICY = """\
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: vap}
spec:
  matchConstraints: {resourceRules: [{apiGroups: [""], resources: [pods], operations: [CREATE]}]}
  variables:
  - name: x
    expression: |-
      VARIABLE
  validations:
  - expression: |-
      EXPRESSION.all(c, c.?securityContext.?capabilities.?drop.orValue([]).exists(d, d == 'ALL'))
"""
LIST = "object.spec.containers"


@pytest.mark.parametrize(
    ("variable", "expression"),
    [
        pytest.param("1", "(" * 20_000 + LIST + ")" * 20_000, id="brackets"),
        pytest.param("1", "(" * 4000 + LIST + ")" * 4000, id="brackets within the limit"),
        pytest.param("1", f"({LIST} + " * 300 + LIST + ")" * 300, id="sums in sums"),
        pytest.param(" + ".join(["variables.x"] * 20), "variables.x", id="variables of variables"),
        pytest.param("1", "x.all(c," * 5000 + LIST, id="all in all"),
    ],
)
def test_expressions_that_are_meant_to_stall(variable: str, expression: str, tmp_path: Path) -> None:
    text = POLICY.replace("VARIABLE", variable).replace("EXPRESSION", expression)
    (tmp_path / "a.yaml").write_text(f"{text}---\n{POD}")

    done = bounded(
        *("-m", "netraw_lint", "--isolated", "--select=NRL1", tmp_path), seconds=60, megabytes=1024
    )

    assert done.returncode in (0, 1), done.stderr
    report = api.lint_text(f"{text}---\n{POD}", rules=["NRL1"], against_policies=True)
    assert {problem.stage for problem in report.problems} <= {"policy"}


# --- a baseline ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["/dev/zero", "pipe.json", "zero.json", "large.json"])
def test_a_baseline_that_is_no_file(name: str, tmp_path: Path, tool: Tool) -> None:
    (tmp_path / "a.yaml").write_text(POD)
    (tmp_path / ".netraw-lint.yaml").write_text(f"baseline: {name}\n")
    os.mkfifo(tmp_path / "pipe.json")
    (tmp_path / "zero.json").symlink_to("/dev/zero")
    with open(tmp_path / "large.json", "wb") as file:
        file.truncate(1 << 40)

    ran = tool(".", cwd=tmp_path)

    assert ran.code == 2
    assert "cannot read the baseline" in ran.stderr


def test_a_baseline_is_written_wholly_or_not_at_all(tmp_path: Path) -> None:
    for number in range(200):
        (tmp_path / f"{number}.yaml").write_text(POD.replace("web", f"web{number}"))
    baseline = tmp_path / "baseline.json"
    old = '{"schema_version": 1, "findings": []}'
    baseline.write_text(old)
    baseline.chmod(0o640)
    limited = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv.pop(1)),) * 2);"
        "from netraw_lint.cli import run; sys.exit(run())"
    )
    update = ("--isolated", "--baseline", baseline, "--update-baseline", "--quiet", tmp_path)

    failed = bounded("-c", limited, 4096, *update, seconds=60, megabytes=1024)
    assert failed.returncode == 2
    assert "cannot write" in failed.stderr
    assert baseline.read_text() == old
    assert [path.name for path in tmp_path.iterdir() if path.suffix != ".yaml"] == ["baseline.json"]

    assert bounded("-c", limited, 1 << 30, *update, seconds=60, megabytes=1024).returncode == 0
    assert len(json.loads(baseline.read_text())["findings"]) == 200
    assert stat.S_IMODE(baseline.stat().st_mode) == 0o640


# --- patches ---------------------------------------------------------------------------------------------------------


def operations(number: int) -> str:
    """Operations of which every other one puts back what none took away."""
    path = "/spec/containers/{}/securityContext"
    drop = '{{"op": "add", "path": "{}/capabilities/drop/-", "value": "ALL"}}'
    removed = '{{"op": "remove", "path": "{}"}}'
    return ",\n".join((drop if each % 2 else removed).format(path.format(each % 3)) for each in range(number))


@pytest.mark.parametrize(
    ("patch", "code"),
    [
        pytest.param(
            f"patches:\n- patch: |\n    [{operations(3000)}]\n".replace("\n{", "\n    {"), 1, id="operations"
        ),
        pytest.param("patches:\n" + f"- patch: '[{operations(1)}]'\n" * 3000, 1, id="patches"),
        pytest.param(f"x: &x '[{operations(400)}]'\npatches:\n" + "- patch: *x\n" * 100_000, 1, id="aliases"),
        pytest.param("resources:\n" + "".join(f"- m{each}\n" for each in range(30_000)), 0, id="missing"),
        pytest.param('patches:\n- patch: "' + "[" * 5000 + '"\n', 0, id="deep"),
        pytest.param("patches: &a [*a, {patch: *a}]\n", 0, id="circle"),
    ],
)
def test_very_many_patches(patch: str, code: int, tmp_path: Path) -> None:
    (tmp_path / "kustomization.yaml").write_text(HEAD + patch)

    done = bounded("-m", "netraw_lint", "--isolated", tmp_path, seconds=60, megabytes=1024)

    assert done.returncode == code, done.stdout[-500:] + done.stderr[-500:]

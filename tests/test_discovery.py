"""Finding files and charts; ignore rules are compared with what git itself says."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import CHECKOUT
from netraw_lint.model import Problem
from netraw_lint.sources import discovery
from netraw_lint.sources.discovery import Chart, File, chart_of, discover
from test_sources import unprivileged

Tree = Callable[..., None]


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tree:
    """Make files, below directories as needed, in the current directory; a name ending in / is one itself."""
    monkeypatch.chdir(tmp_path)

    def make(*names: str, **contents: str) -> None:
        for name in names:
            path = Path(name)
            (path if name.endswith("/") else path.parent).mkdir(parents=True, exist_ok=True)
            if not name.endswith("/"):
                path.touch()
        for name, content in contents.items():
            Path(name).write_text(content)

    return make


def found(*paths: str, **options: object) -> list[str]:
    """What is found, as strings: ``path``, ``path!`` when explicit, ``chart:path``, ``path: problem``."""
    results = discover(paths, **options)  # type: ignore[arg-type]
    return [
        f"{each.path}: {each.message}"
        if isinstance(each, Problem)
        else f"chart:{each.path}"
        if isinstance(each, Chart)
        else each.path + "!" * each.explicit
        for each in results
    ]


def test_a_walk_takes_manifests_in_sorted_order(tree: Tree) -> None:
    tree("b.yaml", "a/z.YML", "a/b.json", "a-b.yaml", "a.txt", "x.yaml.bak", ".github/w.yml", ".h.yaml")
    for pruned in (".git", "node_modules", ".terraform", ".venv", "__pycache__", ".tox"):
        tree(f"a/{pruned}/no.yaml")
    expected = [".github/w.yml", ".h.yaml", "a-b.yaml", "a/b.json", "a/z.YML", "b.yaml"]
    assert found(".") == found("./") == found(".", "a") == expected
    assert found("a") == found("./a/") == ["a/b.json", "a/z.YML"]


@pytest.mark.parametrize("seed", range(6))
def test_however_directories_are_called_what_is_found_is_sorted_by_path(
    seed: int, tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    pick = random.Random(seed)
    parts = ("a", "a-b", "a.yaml", "a b", "A", "ä", "\udcff", "-", "~", ".x", "a!")
    expected = set()
    for _ in range(120):
        folder = "/".join(pick.choice(parts) for _ in range(pick.randrange(1, 4)))
        name = f"{pick.choice(parts)}{pick.randrange(9)}.yaml"
        tree(f"{folder}-/{name}")
        expected.add(f"{folder}-/{name}")
    for folder in sorted({path.split("/")[0] for path in expected})[:2]:
        # Both have an order of their own: a chart is one thing, at the path of its directory.
        tree(f"{folder}/chart/Chart.yaml")
        expected.add(f"chart:{folder}/chart")
    order = sorted(expected, key=lambda path: path.removeprefix("chart:"))

    assert found(".") == found(*sorted(os.listdir("."), reverse=True)) == order
    assert found("a-", ".") == found(".", *os.listdir(".")) == order
    monkeypatch.setattr(discovery, "_FEW", 7)
    assert found(".") == found(*sorted(os.listdir("."), reverse=True)) == order


def test_results_say_what_they_are(tree: Tree) -> None:
    tree("a.yaml", "b/b.yaml", "c/Chart.yaml")
    assert list(discover(["a.yaml", "b", "c"])) == [
        File("a.yaml", explicit=True),
        File("b/b.yaml", explicit=False),
        Chart("c"),
    ]


def test_absolute_paths_stay_absolute(tree: Tree, tmp_path: Path) -> None:
    tree("a/b.yaml")
    assert found(str(tmp_path)) == [f"{tmp_path}/a/b.yaml"]


def test_an_explicit_file_is_taken_once_whatever_its_name(tree: Tree, tmp_path: Path) -> None:
    tree("a/manifest.txt", "a/b.yaml")
    assert found("a/manifest.txt", "a", "./a/b.yaml", f"{tmp_path}/a/b.yaml", "a/../a/b.yaml") == [
        "a/b.yaml!",
        "a/manifest.txt!",
    ]


def test_nothing_found_is_nothing(tree: Tree) -> None:
    tree("a/")
    assert found() == found("a") == []


def test_a_path_that_is_not_there_is_a_problem(tree: Tree) -> None:
    tree("a.yaml")
    assert list(discover(["gone.yaml"])) == [Problem("gone.yaml", "discover", "no such file or directory")]
    assert found("gone", "gone", "a.yaml", "a.yaml/b", "") == [
        ": no such file or directory",
        "a.yaml!",
        "a.yaml/b: not a directory",
        "gone: no such file or directory",
    ]
    assert "null" in found("a\0b")[0]


def test_symbolic_links(tree: Tree) -> None:
    tree("real/a.yaml", "walked/")
    links = {"file.yaml": "../real/a.yaml", "folder": "../real", "folder.yaml": "../real", "up": ".."}
    links |= {"loop.yaml": "loop.yaml", "broken.yaml": "nowhere", ".#lock.yaml": "me@host.1:2", "b.txt": "x"}
    for name, target in links.items():
        os.symlink(target, f"walked/{name}")
    results = found("walked")
    assert results[0] == "walked/broken.yaml: a symbolic link to a missing file, or removed in the meantime"
    assert results[1] == "walked/file.yaml"
    assert results[2].startswith("walked/loop.yaml: too many levels of symbolic links")
    assert len(results) == 3
    assert found("walked/folder") == ["walked/folder/a.yaml"]
    assert found("walked/file.yaml", "real") == ["real/a.yaml", "walked/file.yaml!"]
    assert found("walked/folder/a.yaml", "real") == ["walked/folder/a.yaml!"]
    assert "too many levels" in found("walked/loop.yaml")[0]


def test_a_pipe_with_the_name_of_a_manifest_is_a_problem(tree: Tree) -> None:
    tree("a/")
    os.mkfifo("a/p.yaml")
    os.mkfifo("a/p")
    assert found("a") == ["a/p.yaml: a pipe, not a regular file"]
    assert found("a/p") == ["a/p!"]  # reading it says what it is


def test_what_may_not_be_listed_is_a_problem_and_the_rest_goes_on(tree: Tree, tmp_path: Path) -> None:
    tree("a/no/x.yaml", "a/noexec/x.yaml", "a/z.yaml", "a/ignored/x.yaml", "a/.gitignore")
    Path("a").chmod(0o755)
    for name, mode in {"a/no": 0, "a/noexec": 0o444, "a/.gitignore": 0, "a/ignored": 0}.items():
        Path(name).chmod(mode)
    code = "for f in discovery.discover(['a', 'a/no/x.yaml'], exclude=['ignored']): print(f)"
    printed = unprivileged(code, tmp_path).splitlines()
    for name in ("a/no", "a/noexec", "a/ignored"):
        Path(name).chmod(0o755)
    listed = "the directory cannot be listed: permission denied"
    assert printed == [
        str(Problem("a/.gitignore", "discover", "its patterns are not respected: permission denied")),
        str(Problem("a/no", "discover", listed)),
        str(Problem("a/no/x.yaml", "discover", "permission denied")),
        str(Problem("a/noexec/x.yaml", "discover", "permission denied")),
        str(File("a/z.yaml", explicit=False)),
    ]


def test_a_tree_deeper_than_the_recursion_limit(tree: Tree) -> None:
    path = "top/" + "d/" * 300 + "a.yaml"  # not deeper still: pytest itself removes it by recursion
    tree(path)
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(200)
    try:
        results = found("top")
    finally:
        sys.setrecursionlimit(limit)
    assert results == [path]


# charts


def test_a_chart_is_found_as_a_whole(tree: Tree) -> None:
    tree("app/Chart.yaml", "app/values.yaml", "app/templates/d.yaml", "app/crds/c.yaml", "app/ci/v.yaml")
    tree("app/charts/sub/Chart.yaml", "app/charts/sub/templates/d.yaml", "k8s/a.yaml", "old/Chart.yml")
    assert found(".") == ["chart:app", "k8s/a.yaml", "chart:old"]
    assert found("app/") == found("app", ".", "k8s/a.yaml")[:1] == ["chart:app"]
    assert found("app/charts") == ["chart:app/charts/sub"]
    assert found("app/ci") == ["app/ci/v.yaml"]


def test_a_file_below_templates_stands_for_its_chart(tree: Tree) -> None:
    tree("app/Chart.yaml", "app/values.yaml", "app/templates/d.yaml", "app/templates/sub/_h.tpl")
    tree("templates/x.yaml")
    assert found("app/templates/d.yaml", "app/templates/sub/_h.tpl") == ["chart:app"]
    assert found("app/templates/d.yaml", "app", "app/templates") == ["chart:app"]
    assert found("app/values.yaml", "app") == ["chart:app", "app/values.yaml!"]
    assert found("app/templates/sub/") == ["chart:app"]
    assert found("templates") == ["templates/x.yaml"]


def test_the_chart_of_a_path(tree: Tree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tree("app/Chart.yaml", "app/templates/tests/", "app/charts/sub/Chart.yaml", "app/charts/sub/templates/")
    tree("app/templates/templates/", "app/charts/plain/templates/", "app/templates/d.yaml")
    assert chart_of("app/templates/d.yaml") == "app"
    assert chart_of("./app/templates/tests/t.yaml") == "app"
    assert chart_of("app/templates/templates/t.yaml") == "app"
    assert chart_of("app/charts/sub/templates/d.yaml") == "app/charts/sub"
    assert chart_of(f"{tmp_path}/app/templates/d.yaml") == f"{tmp_path}/app"
    assert chart_of("app/values.yaml") is None
    assert chart_of("app/charts/plain/templates/d.yaml") is None
    assert chart_of("k8s/d.yaml") is None
    monkeypatch.chdir("app")
    assert chart_of("templates/d.yaml") == "."
    assert found("templates/d.yaml", ".") == ["chart:."]
    monkeypatch.chdir("templates")
    assert chart_of("d.yaml") == ".."


# excludes


def test_excludes_are_patterns_relative_to_their_root(tree: Tree) -> None:
    tree("a/x.yaml", "a/gen/x.yaml", "a/keep.gen.yaml", "a/b.gen.yaml", "gen/x.yaml", "c/Chart.yaml")
    patterns = ["/gen/", "*.gen.yaml", "!keep.gen.yaml", "c"]
    assert found(".", exclude=patterns) == ["a/gen/x.yaml", "a/keep.gen.yaml", "a/x.yaml"]
    assert found(".", exclude=["/gen/"], exclude_root="a") == [
        "a/b.gen.yaml",
        "a/keep.gen.yaml",
        "a/x.yaml",
        "chart:c",
        "gen/x.yaml",
    ]


def test_named_paths_are_excluded_by_force_only(tree: Tree) -> None:
    tree("vendor/a.yaml", "vendor/b.gen.yaml", "app/Chart.yaml", "app/templates/d.yaml", "x.yaml")
    paths = ["vendor/a.yaml", "app/templates/d.yaml", "x.yaml"]
    patterns = ["vendor/", "*.gen.yaml", "app/templates", "!vendor/a.yaml"]
    assert found(*paths, exclude=patterns) == ["chart:app", "vendor/a.yaml!", "x.yaml!"]
    assert found(*paths, exclude=patterns, force_exclude=True) == ["x.yaml!"]
    assert found(*paths, force_exclude=True) == ["chart:app", "vendor/a.yaml!", "x.yaml!"]
    assert found("vendor", exclude=patterns) == ["vendor/a.yaml"]
    assert found("vendor", exclude=patterns, force_exclude=True) == []
    assert found("vendor", exclude=["*.yaml"], exclude_root="app", force_exclude=True) != []


# .gitignore


def git(*arguments: str) -> str:
    env = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    result = subprocess.run(["git", *arguments], capture_output=True, check=True, env=env)
    return os.fsdecode(result.stdout)


def listed_by_git(folder: str = ".") -> list[str]:
    names = git("-C", folder, "ls-files", "-co", "--exclude-standard", "-z").split("\0")
    return sorted(name for name in names if name.endswith((".yaml", ".yml", ".json")))


FILES = [
    *("a.yaml", "keep.yaml", "foo/a.yaml", "foo/keep.yaml", "foo/bar/a.yaml", "foo/bar/keep.yaml"),
    *("bar/foo/a.yaml", "bar/keep.yaml", "x[1].yaml", "#h.yaml", "!e.yaml", "b c.yaml", "é.yaml", "d.yaml "),
    *("foo.yaml/a.json", "deep/1/2/3/a.yaml", "deep/1/2/3/foo/a.yaml", "back\\slash.yaml", "ü/a.yaml"),
]


@pytest.mark.parametrize(
    "rules",
    [
        {"": "foo"},
        {"": "foo/"},
        {"": "/foo\n"},
        {"": "foo/*"},
        {"": "foo/**\n!foo/keep.yaml"},
        {"": "foo/*\n!foo/bar/\nfoo/bar/*\n!foo/bar/keep.yaml"},
        {"": "foo/\n!foo/keep.yaml"},
        {"": "*\n!*/\n!keep.yaml"},
        {"": "/*\n!/foo\n/foo/*\n!/foo/bar"},
        {"": "*.yaml\n!foo"},
        {"": "*.yaml\n!foo/\n!foo/**"},
        {"": "*.yaml", "foo": "!a.yaml"},
        {"": "*.yaml", "foo": "!bar"},
        {"": "a.yaml", "foo": "!a.yaml\nbar/", "foo/bar": "!a.yaml"},
        {"": "!foo", "foo": "*"},
        {"": "foo/**/\n"},
        {"": "**/foo\n"},
        {"": "deep/**/a.yaml\n!deep/**/foo/a.yaml"},
        {"": "deep/**/3/**/a.yaml"},
        {"": "bar/foo"},
        {"bar": "/foo"},
        {"bar": "foo/a.yaml\r\nkeep.yaml\r\n"},
        {"": "# a comment\n\n   \n\\#h.yaml\n\\!e.yaml"},
        {"": "#h.yaml\n!e.yaml"},
        {"": "b c.yaml   \nd.yaml\\ "},
        {"": "x[[]1].yaml\nx\\[1\\].yaml\n[a-f].yaml"},
        {"": "?.yaml"},
        {"": "??.yaml"},
        {"": "[!a]*.yaml"},
        {"": "[[:alpha:]].yaml\n[[:nothing:]].yaml"},
        {"": "[]#-]h.yaml\n[z-a].yaml\n[a"},
        {"": "back\\\\slash.yaml\nfoo\\"},
        {"": "f*o*.y?ml/\n**o/bar"},
        {"": "\ufefffoo\n"},
        {"": "/\n!\n//\nfoo//"},
        {".git/info": "*.yaml\n!keep.yaml", "foo": "!a.yaml"},
    ],
)
def test_gitignore_means_what_git_says(tree: Tree, rules: dict[str, str]) -> None:
    git("init", "-q", ".")
    tree(*FILES)
    for folder, content in rules.items():
        name = "exclude" if folder.startswith(".git") else ".gitignore"
        Path(folder, name).write_bytes(content.encode())
    expected = listed_by_git()
    assert found(".") == expected
    assert found("foo") == [name for name in expected if name.startswith("foo/")] or _is_ignored("foo")
    assert len(found(".", respect_gitignore=False)) == len([n for n in FILES if not n.endswith(" ")])


def _is_ignored(path: str) -> bool:
    return subprocess.run(["git", "check-ignore", "-q", path], check=False).returncode == 0


@pytest.mark.parametrize("seed", range(15))
def test_random_rules_mean_what_git_says(tree: Tree, seed: int) -> None:
    draw = random.Random(seed)
    names = ["a", "b", "foo", "x-y", "é", "a b", "#h", "t*r", "[z]"]
    pieces = [*names, "*", "?", "**", "[a-f]", "[!a]", "*o", "x-?", "[[:alpha:]]", "[]a]", "[z-a]", "*.yaml"]
    pieces += ["a.yaml", "*a*o*", "***", "f**o", "[^b]", "\\", "\\*", "[!]a]"]
    git("init", "-q", ".")
    folders = [""] + ["/".join(draw.choices(names, k=draw.randint(1, 4))) + "/" for _ in range(40)]
    tree(*(folder + name for folder in folders for name in ("a.yaml", "foo.yml", "a b.yaml", "é.json")))
    for folder in draw.sample(folders, 6):
        patterns = [
            draw.choice(["", "", "!"])
            + draw.choice(["", "", "/"])
            + "/".join(draw.choices(pieces, k=draw.randint(1, 3)))
            + draw.choice(["", "", "/", "/**", "/*", " "])
            for _ in range(draw.randint(1, 5))
        ]
        Path(folder, ".gitignore").write_text("\n".join(patterns), encoding="utf-8")
    assert found(".") == listed_by_git()


def test_a_named_path_is_linted_although_git_ignores_it(tree: Tree) -> None:
    git("init", "-q", ".")
    tree("build/out/a.yaml", "build/out/b.tmp.yaml", **{".gitignore": "build/\n*.tmp.yaml\n"})
    assert found(".") == []
    assert found("build/out/b.tmp.yaml") == ["build/out/b.tmp.yaml!"]
    assert found("build/out") == ["build/out/a.yaml"]


def test_rules_above_the_walk_count_up_to_the_repository(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    tree("repo/k8s/gen/a.yaml", "repo/k8s/a.yaml", "repo/k8s/b.yaml", **{".gitignore": "b.yaml"})
    git("init", "-q", "repo")
    Path("repo/.gitignore").write_text("gen/\n/k8s/a.yaml\n")
    assert found("repo/k8s") == ["repo/k8s/b.yaml"]
    os.symlink("repo/k8s", "link")
    assert found("link") == ["link/b.yaml"]
    monkeypatch.chdir("repo/k8s")
    assert found(".") == ["b.yaml"]


def test_without_a_repository_the_rules_in_the_walked_tree_count(tree: Tree) -> None:
    tree("top/a.yaml", "top/b.yaml", "top/sub/a.yaml", **{".gitignore": "b.yaml"})
    Path("top/.gitignore").write_text("a.yaml")
    assert found("top") == ["top/b.yaml"]
    assert found("top/sub") == ["top/sub/a.yaml"]


def test_a_nested_repository_has_its_own_rules(tree: Tree) -> None:
    git("init", "-q", ".")
    tree("sub/a.yaml", "sub/b.yaml", "a.yaml", **{".gitignore": "a.yaml"})
    git("init", "-q", "sub")
    Path("sub/.git/info/exclude").write_text("b.yaml")
    assert found(".") == ["sub/a.yaml"]
    assert found("sub") == ["sub/a.yaml"]


def test_a_worktree_has_the_excludes_of_its_clone(tree: Tree) -> None:
    git("init", "-q", "main")
    identity = ("-c", "user.name=n", "-c", "user.email=e@example.org")
    git("-C", "main", *identity, "commit", "-q", "--allow-empty", "-m", "first")
    git("-C", "main", "worktree", "add", "-q", "../other")
    Path("main/.git/info/exclude").write_text("a.yaml")
    tree("other/a.yaml", "other/b.yaml")
    assert listed_by_git("other") == ["b.yaml"]
    assert found("other") == ["other/b.yaml"]


def test_a_link_or_a_directory_named_gitignore_is_no_rule(tree: Tree) -> None:
    git("init", "-q", ".")
    tree("a.yaml", "sub/.gitignore/b.yaml", rules="a.yaml")
    os.symlink("rules", ".gitignore")
    assert found(".") == listed_by_git() == ["a.yaml", "sub/.gitignore/b.yaml"]


def test_a_hostile_pattern_does_not_stall_the_walk(tree: Tree) -> None:
    name = "a" * 200 + ".yaml"
    tree(name, "/".join("a" * 100) + "/b.yaml")
    hostile = ["*a" * 100 + "b", "**/a/" * 100 + "c", "[a]*?" * 60 + "b"]
    assert len(found(".", exclude=hostile)) == 2


# start-up


@pytest.mark.parametrize("paths", [["a.yaml", "b.yaml"], ["folder"]])
def test_explicit_files_and_plain_folders_import_next_to_nothing(tree: Tree, paths: list[str]) -> None:
    tree("a.yaml", "b.yaml", "folder/c.yaml")
    code = f"""
import sys
before = set(sys.modules)
from netraw_lint.sources import discovery, files
results = [files.read(found.path) for found in discovery.discover({paths})]
assert results
print(sorted(set(sys.modules) - before))
"""
    env = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    printed = subprocess.run(
        [sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True
    )
    allowed = {
        "__future__",
        "_operator",
        "netraw_lint",
        "netraw_lint.model",
        "netraw_lint.noun",
        "netraw_lint.text",
        "netraw_lint.sources",
    }
    allowed |= {f"netraw_lint.sources.{room}" for room in ("discovery", "files", "gitignore")}
    modules = {name.strip("' []\n") for name in printed.stdout.split(",")}
    assert modules <= allowed

"""A settings file that is read fast is read as the readers read it that explain what is wrong."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import CHECKOUT
from netraw_lint import certain, config

PLAIN = """\
# what we run
runtimes: [containerd, cri-o]
select:
- NRL001
- "NRL003"
per-file-ignores:
  "tests/**": [ALL]
respect-gitignore: false
exemptions:
- rules: [NRL003]
  paths: ["legacy/**"]
  reason: goes with the old cluster
"""


def explained(text: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> object:
    """What the readers that explain make of a text, or the error they have for it."""
    path = folder / ".netraw-lint.yaml"
    path.write_text(text, "utf-8", newline="")
    monkeypatch.setattr(certain, "values", lambda _text: None)
    try:
        return config.load(str(path)).values
    except config.ConfigError as error:
        return str(error)


def test_plain_settings_need_no_explanation() -> None:
    assert certain.values(
        "runtimes: [containerd]\nrespect-gitignore: false\nselect: ['NRL001', net-raw-added]\n"
    ) == {
        "runtimes": ["containerd"],
        "respect-gitignore": False,
        "select": ["NRL001", "net-raw-added"],
    }


def test_plain_settings_load_neither_ruamel_nor_jsonschema(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".netraw-lint.yaml").write_text("runtimes: [containerd]\nexclude: ['vendor/']\n")
    (tmp_path / "a.yaml").write_text("a: 1\n")
    spy = (
        f"import sys; sys.path.insert(0, {str(CHECKOUT)!r}); from netraw_lint.cli import run; code = run(); "
        "print(*sys.modules); sys.exit(code)"
    )

    done = subprocess.run(
        [sys.executable, "-c", spy, "a.yaml"], cwd=tmp_path, capture_output=True, text=True, check=True
    )

    assert not {"ruamel.yaml", "jsonschema", "yaml.constructor", "argparse"} & set(done.stdout.split())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "---\n---\n",
        "select: ALL\n",
        "selct: [ALL]\n",
        "select: [ALL, ALL]\nselect: []\n",
        "respect-gitignore: yes\n",
        "respect-gitignore: True\n",
        "baseline: 1\n",
        "baseline: ~\n",
        "baseline: 2026-01-01\n",
        "baseline: !!str a\n",
        "baseline: |\n  a\n",
        "baseline: a\n  b\n",
        'baseline: "\\x41"\n',
        "baseline: &a b\nselect: [*a]\n",
        "baseline:\ta\n",
        "baseline: ä\n",
        "%YAML 1.1\n---\nbaseline: a\n",
        "baseline: a: b\n",
        "[select]\n",
        "baseline: .inf\n",
        "runtimes: [podman]\n",
        "runtimes: []\n",
        "runtimes: [docker, docker]\n",
        "exemptions:\n- rules: [NRL003]\n",
        "? [a]\n: b\n",
        "<<: {select: [ALL]}\n",
        "{select:[ALL]}\n",
    ],
)
def test_what_needs_an_explanation_gets_it(text: str) -> None:
    assert certain.values(text) is None


WORDS = st.sampled_from(
    """select ignore exclude runtimes containerd docker ALL NRL001 nrl net-raw-added true false yes no null ~ 1 1.5 0x1
    'a' "b" [] {} [ALL] [docker] [containerd,\\ docker] {a:\\ b} - : # &a *a !!str | > <<: baseline: charts: skip report
    per-file-ignores: fix-drop: NET_RAW unsafe-fixes: respect-gitignore: 2026-01-01 a:b http://x e3 infinity =""".replace(
        "\\ ", "\x00"
    ).split()
).map(lambda word: word.replace("\x00", " "))
LINES = st.lists(
    st.tuples(st.sampled_from(["", "  ", "- "]), st.lists(WORDS, min_size=1, max_size=3).map(" ".join)).map(
        "".join
    ),
    max_size=5,
).map(lambda lines: "".join(f"{line}\n" for line in lines))
KEYS = st.sampled_from([*config.DEFAULTS, "selct"])
SETTINGS = st.lists(st.tuples(KEYS, WORDS).map(": ".join), max_size=4).map(
    lambda lines: "\n".join(lines) + "\n"
)


@given(text=LINES | SETTINGS | st.just(PLAIN))
def test_nothing_is_certain_that_the_others_read_differently(
    text: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    found = certain.values(text)
    if found is not None:
        with pytest.MonkeyPatch.context() as patched:
            folder = tmp_path_factory.mktemp("settings")
            assert explained(text, folder, patched) == config._frozen(found), text

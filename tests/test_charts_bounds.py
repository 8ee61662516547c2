"""What a bound cuts short is said, and nothing that was not proven is kept."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from charts_engines import CHARTS, EMBEDDED
from netraw_lint.catalogue import Catalogue
from netraw_lint.charts import bounds
from netraw_lint.charts.lint import fix, lint
from netraw_lint.charts.session import Tools, Wish
from netraw_lint.model import Settings
from netraw_lint.schemas_dir import read_catalogue
from netraw_lint.sources.helm import Case, Options, RenderError
from netraw_lint.sources.helm_engines import Engines
from netraw_lint.sources.helm_sdk import Embedded


@pytest.fixture
def tools(engine: str) -> Iterator[Tools]:
    """What a run shares, with a real engine."""
    with Engines() as engines:
        yield Tools(Settings(), Catalogue(read_catalogue, ()), engines, lambda: None)


def bring(name: str, tmp_path: Path) -> str:
    (tmp_path / "work" / ".git").mkdir(parents=True)
    return str(shutil.copytree(CHARTS / name, tmp_path / "work" / name))


def test_value_sets_that_were_not_judged_are_a_problem(
    tools: Tools, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "JUDGING", -1.0)

    (problem,) = lint(bring("required-ci", tmp_path), Wish(), tools).problems

    assert problem.message.startswith("judged with 0 of 3 value sets, then the ")


def test_edits_that_were_not_tried_are_refused(
    tools: Tools, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "EDITING", -1.0)

    made = fix(bring("plain", tmp_path), Wish(), tools)

    assert made.outcome is not None
    assert (made.outcome.edits, made.outcome.texts) == ((), {})
    assert {why.partition(":")[0] for why in made.outcome.refused.values()} == {"not tried"}
    assert {each.refusal for each in made.after.findings} == set(made.outcome.refused.values())


def test_edits_whose_proof_took_too_long_are_taken_back(
    tools: Tools, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "PROVING", -1.0)

    made = fix(bring("plain", tmp_path), Wish(), tools)

    assert made.outcome is not None
    assert (made.outcome.edits, made.outcome.texts) == ((), {})
    assert all("the proof did not come to an end" in why for why in made.outcome.refused.values())


def test_flips_that_were_not_run_are_counted(
    tools: Tools, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = bring("coupled", tmp_path)
    thorough = fix(path, Wish(), tools)
    monkeypatch.setattr(bounds, "MAX_FLIPS", 0)

    cut = fix(path, Wish(), tools)

    assert thorough.outcome is not None
    assert thorough.outcome.edits == ()
    assert cut.outcome is not None
    assert len(cut.outcome.edits) == 1
    assert cut.outcome.proof.endswith("and 0 of 1 switch flipped, stopped after 0 flips")


@pytest.mark.parametrize("engine", [EMBEDDED], indirect=True)
def test_an_embedded_engine_that_dies_is_started_again(engine: str, tmp_path: Path) -> None:
    pytest.importorskip("helm_python", reason="the embedded engine is not installed here")
    embedded = Embedded(str(tmp_path))
    chart = str(CHARTS / "plain")
    assert embedded.render(chart, Case(), Options())
    (worker,) = embedded._idle

    worker._process.kill()

    with pytest.raises(RenderError, match="ended without an answer"):
        embedded.render(chart, Case(), Options())
    assert embedded.render(chart, Case(), Options())
    embedded.close()

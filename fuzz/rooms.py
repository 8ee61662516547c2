"""What must hold for every text in the rooms around the manifest: policies, kustomizations, what delivers, suggestions.

Functions of bytes like those of ``targets``. What is read from disk stands in a repository that is made once.
"""

from __future__ import annotations

import atexit
import json
import shutil
import tempfile
from pathlib import Path

from targets import CATALOGUE, CODES, DEFAULTS, SETTINGS, linted

from netraw_lint import engine, suggesting, yamltree
from netraw_lint.delivery import follow
from netraw_lint.fixing import Fixer
from netraw_lint.kustomize import lint as kustomize_lint
from netraw_lint.kustomize import marks
from netraw_lint.model import Problem, Source
from netraw_lint.sources import files, kustomize
from netraw_lint.sources.kustomizations import Kustomizations

AGAINST = DEFAULTS.replace(rules=CODES, against_policies=True)


class _Place:
    """A repository with a base, a chart and a patch, which made-up texts may name."""

    folder: Path | None = None

    @classmethod
    def top(cls) -> Path:
        if cls.folder is None:
            cls.folder = Path(tempfile.mkdtemp(prefix="netraw-lint-fuzz-"))
            atexit.register(shutil.rmtree, cls.folder, ignore_errors=True)
            for name in (
                ".git/config",
                "base/kustomization.yaml",
                "chart/Chart.yaml",
                "patch.yaml",
                "values.yaml",
            ):
                path = cls.folder / name
                path.parent.mkdir(exist_ok=True)
                path.write_text("a: 1\n" if path.suffix else '[remote "o"]\n\turl = git@x:a/b\n')
        return cls.folder


def _written(raw: bytes, name: str) -> tuple[Path, Source | None]:
    path = _Place.top() / name
    path.write_bytes(raw)
    source = files.read(str(path))
    return path, None if isinstance(source, Problem) else source


def policies(raw: bytes) -> None:
    """Holding workloads against policies ends, and what cannot be said is a reported problem."""
    source = files.source(raw, "fuzzed.yaml")
    if isinstance(source, Problem):
        return
    report = engine.lint([source], AGAINST, CATALOGUE)
    assert all(problem.stage == "policy" for problem in report.problems), report.problems
    assert all(problem.message for problem in report.problems)


def kustomization(raw: bytes) -> None:
    """A kustomization is read as a file with patches and as the root of a build; marks change no YAML into none."""
    path, source = _written(raw, "kustomization.yaml")
    root = Kustomizations().at(str(path.parent))
    if root is not None:
        tree = Kustomizations().tree(root)
        assert tree.files
        assert all(problem.message for problem in kustomize_lint.unfit(tree, str))
    if source is None:
        return
    kustomize.forget()
    kustomize.patch_files(str(path.parent))
    for patch in (False, True):
        report = linted(source.replace(patch=patch))
        assert not report.problems, report.problems
        text = source.data.decode()
        marked = marks.Marker().marked(source.path, text, patch, not patch)
        marks.with_annotations(marked)
        assert not _reads(text) or _reads(marked), f"marks break it: {marked!r}"


def _reads(text: str) -> bool:
    try:
        list(yamltree.compose(text.encode()))
    except yamltree.YamlError:
        return False
    return True


def delivery(raw: bytes) -> None:
    """What delivers is followed into the repository and nowhere else."""
    path, source = _written(raw, "argocd.yaml")
    if source is None:
        return
    top = path.parent.resolve()
    for each in follow.follow([source]).deliveries:
        assert Path(each.path).resolve().is_relative_to(top)
        assert all(Path(file).resolve().is_relative_to(top) for file in each.files)
        if each.overlay:
            json.loads(each.overlay)


def suggestions(raw: bytes) -> None:
    """A suggestion lies in the file, and nothing is written."""
    path, source = _written(raw[1:], "suggested.yaml")
    if source is None or not raw:
        return

    def commit(_source: Source, _data: bytes) -> Problem | None:
        raise AssertionError("a suggestion was written")

    fixer = Fixer(SETTINGS, CATALOGUE, CODES, commit, raw[0] % 2 == 1)
    findings = linted(source).findings
    lines = source.data.decode().split("\n")
    for found in suggesting.suggestions(findings, fixer, None).values():
        assert 1 <= found.start.line <= found.end.line <= len(lines)
        for place in (found.start, found.end):
            assert lines[place.line - 1].startswith(place.before.rstrip("\r")), place
    assert path.read_bytes() == raw[1:]


ROOMS = {
    "policies": policies,
    "kustomization": kustomization,
    "delivery": delivery,
    "suggestions": suggestions,
}

"""Finding the files and charts below the given paths.

A path that was named is always linted; what a directory walk meets is subject to the user's excludes and
to ``.gitignore``. Nothing that looks like a manifest is passed over silently: it is a ``Problem`` instead.
"""

from __future__ import annotations

import os
import stat

from netraw_lint.model import KUSTOMIZATION_FILES, Problem
from netraw_lint.noun import Noun
from netraw_lint.sources.files import display, kind, reason
from netraw_lint.sources.gitignore import Rules, exclude_rules, part, parts_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import TypeVar

    T = TypeVar("T")

EXTENSIONS = (".yaml", ".yml", ".json")
CHART_FILES = ("Chart.yaml", "Chart.yml")
CHART_SETTINGS = ("values.schema.json", "Chart.lock", "requirements.yaml", "requirements.lock", ".helmignore")
CHART_ARCHIVES = (".tgz", ".tar.gz")
# What Helm reads of a chart. The rest of its directory, often a whole repository, is walked like any other.
CHART_FOLDERS = frozenset(("templates", "charts", "crds", "ci", "files"))
PRUNED = frozenset((".git", "node_modules", ".terraform", ".venv", "__pycache__", ".tox"))
_FEW = 4000  # files that need no less memory


class File(Noun):
    """A file to read; ``explicit`` if the user named it, rather than a directory above it."""

    path: str
    explicit: bool


class Chart(Noun):
    """A directory with a Helm chart, to be rendered as a whole."""

    path: str


Found = File | Chart | Problem


def discover(
    paths: Sequence[str],
    *,
    exclude: Sequence[str] = (),
    exclude_root: str = ".",
    force_exclude: bool = False,
    respect_gitignore: bool = True,
) -> Sequence[Found]:
    """What is to be linted at or below some paths, each once, sorted by path.

    ``exclude`` holds patterns as in a ``.gitignore`` in ``exclude_root``. They apply to named paths only
    with ``force_exclude``. Nothing is raised: a path that cannot be looked at is a ``Problem``.
    """
    finder = _Finder(exclude_rules(exclude, exclude_root), force_exclude, respect_gitignore)
    finder.walk([path for path in paths if finder.take(path)])
    return finder.everything()


def kept(items: Iterable[T]) -> Sequence[T]:
    """The same, to be looked at more than once; many are kept in little memory."""
    rest, few = iter(items), []
    for item in rest:
        few.append(item)
        if len(few) > _FEW:
            from netraw_lint.packed import Packed

            many = Packed(few)
            many += rest
            return many
    return few


def _is_part_of_chart(name: str) -> bool:
    """Whether an entry of a chart's directory is read by Helm."""
    return name in CHART_FOLDERS or name in CHART_FILES or name.startswith("values")


def chart_of(path: str) -> str | None:
    """The chart that has ``path`` below its ``templates/``: the nearest one, or None."""
    folder = os.path.dirname(os.path.abspath(path))
    while True:
        parent, name = os.path.split(folder)
        if parent == folder:
            return None
        if name == "templates" and any(os.path.isfile(os.path.join(parent, file)) for file in CHART_FILES):
            return display(parent if os.path.isabs(path) else os.path.relpath(parent))
        folder = parent


def chart_meant(found: Found) -> str | None:
    """The chart that something found stands for: a chart, a packaged one, or a file beside the templates of one."""
    if isinstance(found, Chart):
        return found.path
    if not isinstance(found, File) or not found.explicit:
        return None
    if found.path.lower().endswith(CHART_ARCHIVES):
        return found.path
    folder, name = os.path.split(found.path)
    is_about = name in CHART_FILES or name in CHART_SETTINGS or name.startswith("values")
    if os.path.basename(os.path.abspath(folder or os.curdir)) == "ci" and "values" in name:
        folder, is_about = os.path.join(folder, os.pardir), True
    if not is_about or not any(os.path.isfile(os.path.join(folder, file)) for file in CHART_FILES):
        return None
    return display(os.path.normpath(folder or os.curdir))


class _Folder(Noun):
    """A directory on a walk: its path as named, its real path, and the rules from above it."""

    path: str
    real: str
    rules: tuple[Rules, ...]


class _Finder:
    """One discovery: what was found so far, by what it is, so that nothing is found twice.

    The files of a walk, which may be very many, are kept apart from everything else. No walk meets one of them twice,
    so that what they are is kept only where walks overlap.
    """

    def __init__(self, excludes: Rules | None, force_exclude: bool, respect_gitignore: bool) -> None:
        self.excludes = excludes
        self.force_exclude = force_exclude
        self.respect_gitignore = respect_gitignore
        self._found: dict[object, Found] = {}
        self._walked: list[Sequence[Found]] = []
        self._known: set[object] = set()
        self._overlap = False
        self._real_folders: dict[str, str] = {}

    def everything(self) -> Sequence[Found]:
        """What was found, sorted by path."""
        others = sorted(self._found.values(), key=_path)
        lists = [each for each in (others, *self._walked) if each]
        if len(lists) < 2:
            return lists[0] if lists else []
        if sum(map(len, lists)) <= _FEW:
            return sorted((found for each in lists for found in each), key=_path)
        from heapq import merge

        return kept(merge(*lists, key=_path))

    def take(self, path: str) -> bool:
        """Take a path that the user named; true if it is a directory, which is to be walked."""
        try:
            is_folder = stat.S_ISDIR(os.stat(path).st_mode)
        except (OSError, ValueError) as error:
            self._problem(path, reason(error) if isinstance(error, OSError) else f"not a path: {error}")
            return False
        if self.force_exclude and self.excludes and self.excludes.cover(self._real(path), is_folder):
            return False
        if is_folder:
            return True
        chart = chart_of(path)
        if chart is not None:
            self._add_chart(chart)
        else:
            self._found.setdefault(self._real(path), File(display(path), explicit=True))
        return False

    def walk(self, roots: Sequence[str]) -> None:
        """Take everything below some directories."""
        self._known = set(self._found)
        reals = [os.path.realpath(root) for root in roots]
        ordered = sorted(os.path.join(real, "") for real in reals)
        self._overlap = any(real.startswith(ordered[at]) for at, real in enumerate(ordered[1:]))
        for root, real in zip(roots, reals, strict=True):
            chart = chart_of(os.path.join(root, "any"))
            if chart is not None:
                self._add_chart(chart)
            else:
                self._walked.append(kept(self._files(_Folder(root, real, self._rules_above(real)))))

    def _files(self, root: _Folder) -> Iterator[File]:
        """The files of a walk, sorted by path; what is no file is taken on the way."""
        ahead: list[File | _Folder] = [root]
        while ahead:
            item = ahead.pop()
            if isinstance(item, File):
                yield item
            else:
                ahead += self._visit(item)

    def _visit(self, folder: _Folder) -> Iterable[File | _Folder]:
        """What is in a directory, in the order of the paths in it, the last one first."""
        try:
            with os.scandir(folder.path) as listing:
                entries = list(listing)
        except OSError as error:
            self._problem(folder.path, f"the directory cannot be listed: {reason(error)}")
            return []
        names = {entry.name for entry in entries}
        is_chart = any(
            name in names and os.path.isfile(os.path.join(folder.path, name)) for name in CHART_FILES
        )
        if is_chart:
            self._add_chart(folder.path)
            entries = [entry for entry in entries if not _is_part_of_chart(entry.name)]
        rules = self._rules_in(folder, names)
        parts = parts_of(folder.real)
        below: list[tuple[str, File | _Folder]] = []
        self._searchable = False
        for entry in entries:
            is_folder = entry.is_dir(follow_symlinks=False)
            if is_folder and entry.name in PRUNED:
                continue
            if not (
                is_folder or entry.name.lower().endswith(EXTENSIONS) or entry.name in KUSTOMIZATION_FILES
            ):
                continue
            if (rules or self.excludes) and self._ignored((*parts, part(entry.name)), is_folder, rules):
                continue
            if is_folder:
                real = os.path.join(folder.real, entry.name)
                # The paths of a directory `a` come behind `a-b.yaml` and `a.yaml`.
                below.append((entry.name + "/", _Folder(entry.path, real, rules)))
            elif self._is_regular(entry) and self._is_new(folder, entry.name):
                below.append((entry.name, File(display(entry.path), False)))
        below.sort(key=_name, reverse=True)
        return [item for _, item in below]

    def _is_regular(self, entry: os.DirEntry[str]) -> bool:
        """Whether an entry is a file to read; if not, it may be a problem."""
        # What the directory says is enough, where one look has shown that its files can be looked at.
        if self._searchable and entry.is_file(follow_symlinks=False):
            return True
        try:
            mode = entry.stat().st_mode
        except FileNotFoundError:
            # Emacs marks an edited file with a link to nowhere, .#name, beside it.
            if not entry.name.startswith(".#"):
                self._problem(entry.path, "a symbolic link to a missing file, or removed in the meantime")
        except OSError as error:
            self._problem(entry.path, reason(error))
        else:
            self._searchable = True
            if stat.S_ISREG(mode):
                return True
            if not stat.S_ISDIR(mode):
                self._problem(entry.path, kind(mode))
        return False

    def _is_new(self, folder: _Folder, name: str) -> bool:
        """Whether a file was neither named nor met by an earlier walk."""
        if not (self._known or self._overlap):
            return True
        real = os.path.join(folder.real, name)
        if real in self._known:
            return False
        if self._overlap:
            self._known.add(real)
        return True

    def _add_chart(self, path: str) -> None:
        # A chart in "." is also the chart in "./": the key is what the directory really is.
        self._found.setdefault(os.path.realpath(path), Chart(display(path.rstrip(os.sep) or path)))

    def _problem(self, path: str, message: str) -> None:
        problem = Problem(display(path), "discover", message)
        self._found.setdefault(problem, problem)

    def _real(self, path: str) -> str:
        """The real directory of a path and its name there: a link to a file is a file of its own."""
        folder, name = os.path.split(path)
        if name in ("", ".", ".."):
            return os.path.realpath(path)
        if folder not in self._real_folders:
            self._real_folders[folder] = os.path.realpath(folder)
        return os.path.join(self._real_folders[folder], name)

    def _ignored(self, parts: tuple[str, ...], is_folder: bool, rules: tuple[Rules, ...]) -> bool:
        if self.excludes and self.excludes.decide(parts, is_folder):
            return True
        decisions = (each.decide(parts, is_folder) for each in reversed(rules))
        return next((decision for decision in decisions if decision is not None), False)

    def _rules_above(self, real: str) -> tuple[Rules, ...]:
        """The rules that the repository around a directory has for it, its own ``.gitignore`` left out."""
        if not self.respect_gitignore:
            return ()
        above = [real]
        while not os.path.lexists(os.path.join(above[-1], ".git")):
            parent = os.path.dirname(above[-1])
            if parent == above[-1]:
                return ()
            above.append(parent)
        rules: tuple[Rules, ...] = ()
        for folder in reversed(above[1:]):
            names = {name for name in (".git", ".gitignore") if os.path.lexists(os.path.join(folder, name))}
            rules = self._rules_in(_Folder(folder, folder, rules), names)
        return rules

    def _rules_in(self, folder: _Folder, names: set[str]) -> tuple[Rules, ...]:
        if not self.respect_gitignore:
            return ()
        rules = folder.rules
        if ".git" in names:
            # A submodule or a nested clone is a repository of its own: git's rules end at its border.
            rules = self._read_rules(_info_exclude(folder.real), folder.real)
        # git does not follow a link named .gitignore inside a work tree.
        if ".gitignore" in names and not os.path.islink(os.path.join(folder.real, ".gitignore")):
            rules += self._read_rules(os.path.join(folder.path, ".gitignore"), folder.real)
        return rules

    def _read_rules(self, path: str, base: str) -> tuple[Rules, ...]:
        try:
            with open(path, "rb") as file:
                raw = file.read()
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return ()
        except OSError as error:
            self._problem(path, f"its patterns are not respected: {reason(error)}")
            return ()
        lines = raw.removeprefix(b"\xef\xbb\xbf").decode("latin-1").split("\n")
        rules = Rules(parts_of(base), [line.removesuffix("\r") for line in lines])
        return (rules,) if rules.patterns else ()


def _path(found: Found) -> str:
    return found.path


def _name(item: tuple[str, File | _Folder]) -> str:
    return item[0]


def _info_exclude(repository: str) -> str:
    """Where the patterns are that apply to one clone; ``.git`` is a file in worktrees and submodules."""
    git = os.path.join(repository, ".git")
    if os.path.isfile(git):
        git = os.path.join(repository, _line(git).removeprefix("gitdir:").strip())
        git = os.path.join(git, _line(os.path.join(git, "commondir")).strip())
    return os.path.join(git, "info", "exclude")


def _line(path: str) -> str:
    try:
        with open(path, "rb") as file:
            return os.fsdecode(file.read(4096).rstrip(b"\r\n"))
    except OSError:
        return ""

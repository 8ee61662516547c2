"""Copies of kustomizations that are built: as they are, and with marks."""

from __future__ import annotations

import os

from netraw_lint.charts.rendered import Rendering
from netraw_lint.kustomize import compare, marks
from netraw_lint.kustomize.delivered import substituted
from netraw_lint.model import Problem, Source
from netraw_lint.sources import files
from netraw_lint.sources.kustomize_cli import BuildError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from netraw_lint.charts.rendered import Key
    from netraw_lint.sources.kustomizations import Tree
    from netraw_lint.sources.kustomize_cli import Engine


# Most of a build is waiting for the engine, which itself uses two processors at the most.
_AT_A_TIME = 3


class Build:
    """What one kustomization deploys; ``marked`` is the same build with marks."""

    def __init__(self, tree: Tree, plain: list[str], marked: list[str]) -> None:
        self.tree = tree
        self.plain = _rendering(plain)
        self.marked = _rendering(marked)
        self._trusted: dict[Key, bool] = {}

    def is_trusted(self, key: Key) -> bool:
        """Whether both builds say the same in a document, but for the marks."""
        if key not in self._trusted:
            same = len(self.plain.texts) == len(self.marked.texts)
            self._trusted[key] = same and compare.alike(self.plain.root(key), self.marked.root(key))
        return self._trusted[key]


def _rendering(documents: list[str]) -> Rendering:
    return Rendering(("", text) for text in documents)


class Workshop:
    """The files of some kustomizations in two copies. ``changed`` holds the data of files that are not as on disk."""

    def __init__(
        self, engine: Engine, trees: Iterable[Tree], changed: Mapping[str, bytes] | None = None
    ) -> None:
        self._engine = engine
        self._changed = changed or {}
        self.marker = marks.Marker()
        self.sources: dict[str, Source] = {}
        self.plain, self.marked = engine.folder(), engine.folder()
        trees = list(trees)
        parts = {part.directory: part for tree in trees for part in tree.parts}
        self._roots = {tree.root.path for tree in trees}
        # Those of no file, which only the deployer's manifest says.
        self.made = {tree.root.path: tree for tree in trees if tree.root.text}
        paths = {path for part in parts.values() for path in (part.path, *part.files)}
        self._top = os.path.commonpath([os.path.dirname(path) for path in paths]) if paths else os.sep
        objects = {path for part in parts.values() for path in part.resources}
        patches = {path for part in parts.values() for path in part.patches}
        kustomizations = {part.path for part in parts.values()}
        for path in sorted(paths):
            self._copy(
                path, path in objects | patches | kustomizations, path in patches, path in kustomizations
            )

    def _copy(self, path: str, holds_yaml: bool, patch: bool, kustomization: bool) -> None:
        source = files.read(path) if holds_yaml else None
        if path in self._changed:
            data = self._changed[path]
            source = source.replace(data=data) if isinstance(source, Source) else None
        else:
            data = _bytes(path)
        if path in self.made:
            data = self.made[path].root.text.encode()
            source = Source(path, data)
        self.write(path, data)
        if isinstance(source, Source):
            self.sources[path] = source
            text = self.marker.marked(path, source.data.decode(), patch, kustomization)
            if path in self._roots:
                text = marks.with_annotations(text)
            data = text.encode()
        _write(self._inside(self.marked, path), data)

    def write(self, path: str, data: bytes) -> None:
        """Put data in place of a file, in the copy without marks."""
        _write(self._inside(self.plain, path), data)

    def _inside(self, folder: str, path: str) -> str:
        return os.path.join(folder, os.path.relpath(path, self._top))

    def documents(self, tree: Tree, marked: bool = False) -> list[str]:
        """The documents of a build. Raises BuildError."""
        folder = self._inside(self.marked if marked else self.plain, tree.root.directory)
        try:
            built = documents(self._engine.build(folder))
            variables = tree.deployer.variables if tree.deployer else None
            return built if variables is None else [substituted(text, variables) for text in built]
        except BuildError as error:
            # The copy's own place means nothing to anybody.
            message = str(error).replace(f"{folder}/", "").replace(self.plain, self._top)
            raise BuildError(message.replace(self.marked, self._top)) from None

    def build(self, tree: Tree) -> Build:
        """A build, and the same with marks as far as that can be made. Raises BuildError."""
        plain = self.documents(tree)
        try:
            marked = self.documents(tree, marked=True) if any(map(_may_hold_containers, plain)) else []
        except BuildError:
            marked = []
        return Build(tree, plain, marked)

    def builds(self, trees: Iterable[Tree]) -> Iterator[Build | BuildError]:
        """The builds of several kustomizations, or why there is none, in their order; some run at the same time."""
        from concurrent.futures import ThreadPoolExecutor

        def build(tree: Tree) -> Build | BuildError:
            try:
                return self.build(tree)
            except BuildError as error:
                return error

        with ThreadPoolExecutor(_AT_A_TIME) as pool:
            yield from pool.map(build, trees)


def _may_hold_containers(text: str) -> bool:
    """Whether a built document may need marks; false only for what holds none of their keys."""
    return "\nkind: CustomResourceDefinition\n" not in text and any(key in text for key in marks.KEYS)


def documents(output: str) -> list[str]:
    """The documents that a build printed."""
    parts = f"\n{output}".split("\n---\n")
    return [f"{part.strip(chr(10))}\n" for part in parts if part.strip()]


def _bytes(path: str) -> bytes:
    data = files.content(path)
    return b"" if isinstance(data, Problem) else data


def _write(path: str, data: bytes) -> None:
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(data)

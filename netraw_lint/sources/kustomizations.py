"""What a kustomization refers to: other kustomizations, files, and what is not on this machine."""

from __future__ import annotations

import os
import re
from bisect import bisect_left

from netraw_lint import yamltree
from netraw_lint.model import KUSTOMIZATION_FILES, Source
from netraw_lint.noun import Noun
from netraw_lint.sources import files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Set

    from netraw_lint.nodes import Node

# Entries of these may be directories with a kustomization of their own.
_FOLDERS = ("resources", "bases", "components", "generators", "transformers", "validators")
_CONFIGURED = ("generators", "transformers", "validators")
_GROUP = "kustomize.config.k8s.io/"
_HELM = ("helmCharts", "helmChartInflationGenerator")
_GENERATED = ("configMapGenerator", "secretGenerator")
# Where a field holds paths: in its own list, or below these keys.
_PATHS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys((*_FOLDERS, "crds", "configurations"), ("",)),
    **dict.fromkeys(("patches", "patchesStrategicMerge", "patchesJson6902", "replacements"), ("", "path")),
    **dict.fromkeys(_GENERATED, ("files", "envs", "env")),
    "openapi": ("path",),
}
# Repository addresses as Kustomize knows them (api/internal/git/repospec.go), and addresses of files.
_REMOTE = re.compile(
    r"^[a-z+]+://|^git::|^git@|^gh:|^[\w.-]+@[\w.-]+[:/]|^(www\.)?(github|gitlab|bitbucket)\.\w+[/:]|\?ref=|\.git(/|\?|$)"
)
_ADDRESS = re.compile(r"^https?://")


class Reference(Noun):
    """Something that a kustomization names: its text, and the 1-based line of it."""

    text: str
    line: int


class Kustomization(Noun):
    """A kustomization file: the absolute directory it is in, its path, and what it refers to.

    ``folders`` are the directories of other kustomizations, ``files`` all local files that it names, ``resources``
    and ``patches`` those of them that hold objects and patches; ``remote`` and ``outside`` is what netraw-lint does
    not fetch, ``missing`` what is not there, ``unfit`` what is no file to read, with the reason, ``helm`` what needs
    helm, ``broken`` why it cannot be read. Paths are absolute. ``text`` is that of a kustomization that was made
    here, of which there is no file.
    """

    directory: str
    path: str
    is_component: bool = False
    folders: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    patches: tuple[str, ...] = ()
    remote: tuple[Reference, ...] = ()
    missing: tuple[Reference, ...] = ()
    outside: tuple[Reference, ...] = ()
    unfit: tuple[Reference, ...] = ()
    helm: tuple[Reference, ...] = ()
    broken: Reference | None = None
    text: str = ""


class Deployer(Noun):
    """What deploys a kustomization: the object, and the line of the manifest that adds something to it.

    ``variables`` are replaced in what is built, unless they are None; ``elsewhere`` says where further ones are.
    """

    by: str
    manifest: str
    line: int = 1
    variables: tuple[tuple[str, str], ...] | None = None
    elsewhere: str = ""


class Tree(Noun):
    """A kustomization with everything below it, itself first; ``deployer`` is None where nothing is known of one."""

    parts: tuple[Kustomization, ...]
    deployer: Deployer | None = None

    @property
    def root(self) -> Kustomization:
        """The kustomization that is built."""
        return self.parts[0]

    @property
    def files(self) -> frozenset[str]:
        """Every file that a build reads."""
        own = (part.path for part in self.parts if not part.text)
        return frozenset((*own, *(path for part in self.parts for path in part.files)))

    def concerns(self, paths: Set[str]) -> bool:
        """Whether some files have a say in what is built."""
        return bool(self.files & paths) or (self.deployer is not None and self.deployer.manifest in paths)

    @property
    def manifest(self) -> str:
        """The file that says that it is built: its kustomization, or that of the deployer."""
        return self.deployer.manifest if self.deployer and self.root.text else self.root.path


class Kustomizations:
    """Kustomizations by directory, each read once."""

    def __init__(self) -> None:
        self._known: dict[str, Kustomization | None] = {}

    def at(self, directory: str) -> Kustomization | None:
        """The kustomization in a directory, or None."""
        directory = os.path.abspath(directory)
        if directory not in self._known:
            self._known[directory] = _read(directory)
        return self._known[directory]

    def made(self, directory: str, text: str) -> Kustomization:
        """A kustomization that is made up in a directory of no other use."""
        path = os.path.join(directory, KUSTOMIZATION_FILES[0])
        found = _kustomization(directory, [path], text.encode())
        # It is YAML of ours.
        return (found or Kustomization(directory, path)).replace(text=text)

    def tree(self, root: Kustomization, deployer: Deployer | None = None) -> Tree:
        """A kustomization with everything that it refers to."""
        parts: dict[str, Kustomization] = {}
        pending = [root]
        while pending:
            part = pending.pop()
            if part.directory not in parts:
                parts[part.directory] = part
                below = (self.at(folder) for folder in reversed(part.folders))
                pending += [each for each in below if each is not None]
        return Tree(tuple(parts.values()), deployer)

    def roots(self, directories: Iterable[str]) -> list[Kustomization]:
        """Those of some directories' kustomizations that are deployed: no other one refers to them."""
        found = [each for each in map(self.at, sorted(set(directories))) if each is not None]
        used = {folder for each in found for folder in each.folders if folder != each.directory}
        roots = [each for each in found if each.directory not in used and not each.is_component]
        reached = {part.directory for root in roots for part in self.tree(root).parts}
        for each in found:
            # A circle has no root: Kustomize refuses it, wherever it is entered.
            if each.directory in used and each.directory not in reached and not each.is_component:
                roots.append(each)
                reached |= {part.directory for part in self.tree(each).parts}
        return roots


def _read(directory: str) -> Kustomization | None:
    paths = [os.path.join(directory, name) for name in KUSTOMIZATION_FILES]
    there = [path for path in paths if os.path.isfile(path)]
    if not there:
        return None
    source = files.read(there[0])
    if not isinstance(source, Source):
        return Kustomization(directory, there[0], broken=Reference(source.message, source.line or 1))
    return _kustomization(directory, there, source.data)


def _kustomization(directory: str, there: list[str], data: bytes) -> Kustomization | None:
    reader = _Reader(directory, data.decode())
    # Kustomize refuses a second one, and is to be asked.
    reader.found["files"] += there[1:]
    try:
        root = next(yamltree.compose(data), None)
        kind, version = (yamltree.as_string(yamltree.get(root, key)) for key in ("kind", "apiVersion"))
        if kind not in (None, "Kustomization", "Component") or not (version or _GROUP).startswith(_GROUP):
            return None  # Flux has a Kustomization of its own.
        if root is not None:
            reader.read(root)
    except (yamltree.YamlError, RecursionError) as error:
        line = reader.text.count("\n", 0, getattr(error, "index", None) or 0) + 1
        return Kustomization(directory, there[0], broken=Reference(str(error), line))
    unique = {name: tuple(dict.fromkeys(values)) for name, values in reader.found.items()}
    told = {name: tuple(references) for name, references in reader.told.items()}
    return Kustomization(directory, there[0], kind == "Component").replace(**unique, **told)


class _Reader:
    """Collects the references of one kustomization."""

    def __init__(self, directory: str, text: str) -> None:
        self.directory = directory
        self.text = text
        self.repository = repository(directory)
        self.found: dict[str, list[str]] = {"folders": [], "files": [], "resources": [], "patches": []}
        self.told: dict[str, list[Reference]] = {
            name: [] for name in ("remote", "missing", "outside", "unfit", "helm")
        }
        self._lines = [match.start() for match in re.finditer("\n", text)]

    def read(self, root: Node) -> None:
        for name, (key, value) in yamltree.entries(root).items():
            if name in _HELM and not yamltree.is_null(value):
                self.told["helm"].append(self._reference(name, key))
            for inner, scalar in _scalars(value):
                self._take(name, inner, scalar)

    def _take(self, field: str, key: str, scalar: Node) -> None:
        text = str(scalar.value)
        if not text or set(text) & {"\n", "\0"} or len(text) > 1000:
            return
        if field in _GENERATED:
            text = text.rpartition("=")[2]
        is_path = key in _PATHS.get(field, ())
        path = os.path.normpath(os.path.join(self.directory, text))
        kind, words = self._refused(field, text, path)
        if kind:
            if is_path:
                self.told[kind].append(self._reference(words, scalar))
            return
        if os.path.isdir(path):
            if is_path and field in _FOLDERS and path != self.directory:
                self.found["folders"].append(path)
            return
        self.found["files"].append(path)
        if field in ("resources", "bases"):
            self.found["resources"].append(path)
        elif field in ("patches", "patchesStrategicMerge", "patchesJson6902"):
            self.found["patches"].append(path)
        elif field in _CONFIGURED:
            self._configured(path)

    def _refused(self, field: str, text: str, path: str) -> tuple[str, str]:
        """As what a path cannot be used, and what to say of it; both empty for one that can."""
        if not os.path.exists(path):
            is_remote = (_REMOTE if field in _FOLDERS else _ADDRESS).search(text)
            return ("remote" if is_remote else "missing"), text
        if os.path.isabs(text) or not _is_within(os.path.realpath(path), self.repository):
            return "outside", text
        reason = "" if os.path.isdir(path) else files.unfit(path)
        return ("unfit" if reason else ""), f"{text} {reason}"

    def _configured(self, path: str) -> None:
        """The files that the configuration of a generator or transformer names, from the kustomization's directory."""
        source = files.read(path)
        if not isinstance(source, Source):
            return
        try:
            for root in yamltree.compose(source.data):
                for _, scalar in _scalars(root):
                    text = str(scalar.value).rpartition("=")[2]
                    named = os.path.normpath(os.path.join(self.directory, text))
                    is_name = text and not set(text) & {"\n", "\0"} and os.path.isfile(named)
                    if is_name and _is_within(os.path.realpath(named), self.repository):
                        self.found["files"].append(named)
        except yamltree.YamlError:
            return

    def _reference(self, text: str, node: Node) -> Reference:
        return Reference(text, bisect_left(self._lines, node.start_mark.index) + 1)


def _scalars(root: Node) -> Iterator[tuple[str, yamltree.ScalarNode]]:
    """The scalars below a node in the order of the text, each with the key that holds it or its list."""
    pending, seen = [("", root)], set()
    while pending:
        name, node = pending.pop()
        if isinstance(node, yamltree.ScalarNode):
            yield name, node
        elif id(node) not in seen:
            seen.add(id(node))
            if isinstance(node, yamltree.MappingNode):
                children = [(str(key.value), value) for key, value in node.value]
            else:
                children = [(name, item) for item in node.value]
            pending += reversed(children)


def _is_within(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


def repository(directory: str) -> str:
    """The root of the repository around a directory; where there is none, everything is."""
    folder = os.path.realpath(directory)
    while not os.path.lexists(os.path.join(folder, ".git")):
        parent = os.path.dirname(folder)
        if parent == folder:
            return os.sep
        folder = parent
    return folder

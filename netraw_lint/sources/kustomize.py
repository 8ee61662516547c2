"""Which files are Kustomize patches: fragments that are merged over a workload written elsewhere."""

from __future__ import annotations

import os

from netraw_lint.model import KUSTOMIZATION_FILES, ObjectRef, Source
from netraw_lint.sources import files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import TypeVar

    from netraw_lint.nodes import Node

    T = TypeVar("T")

_KINDS = (None, "Kustomization", "Component")
_PATCH_KEYS = ("patches", "patchesStrategicMerge", "patchesJson6902")
_LEVELS = 8
# Directories remembered. Files come sorted by path, so that what is asked for lies close together.
_MOST_KNOWN = 500

_patches_by_directory: dict[str, dict[str, ObjectRef | None]] = {}
_texts_by_directory: dict[str, tuple[bytes, ...]] = {}
_above_a_folder: dict[str, bool] = {}
_repository_roots: dict[str, bool] = {}
# Patches that a kustomization names although they do not lie below it.
_elsewhere: dict[str, ObjectRef | None] = {}


def note(paths: Iterable[str]) -> None:
    """Take note of what the kustomizations among some files name as patches beside or above themselves."""
    for path in paths:
        if not path.endswith(KUSTOMIZATION_FILES):
            continue
        folder, name = os.path.split(os.path.abspath(path))
        if name in KUSTOMIZATION_FILES and any(b"../" in text for text in _kustomizations(folder)):
            for patch, target in patch_files(folder).items():
                _elsewhere.setdefault(patch, target)


def is_patch(path: str) -> bool:
    """Whether a kustomization beside the file, or in a directory above it, names the file as a patch."""
    return _naming(os.path.abspath(path)) is not None


def marked(source: Source) -> Source:
    """The source of a file, marked as a patch if it is one."""
    folder, _ = os.path.split(source.path)
    if not _elsewhere and not _has_patches_above(folder):
        return source
    absolute = os.path.abspath(source.path)
    patches = _naming(absolute)
    return source if patches is None else source.replace(patch=True, target=patches[absolute])


def _has_patches_above(folder: str) -> bool:
    """Whether a kustomization in a folder, or above it, may name patches; nearly none does."""
    known = _above_a_folder.get(folder)
    if known is None:
        above = _folders_above(os.path.abspath(os.path.join(folder, "any")))
        known = any(map(_kustomizations, above))
        _remember(_above_a_folder, folder, known)
    return known


def _naming(absolute: str) -> dict[str, ObjectRef | None] | None:
    """The patches of the nearest kustomization that names a file as one of them.

    The search ends at the root of the repository, or after eight directories where there is none.
    """
    if absolute in _elsewhere:
        return _elsewhere
    name = os.path.basename(absolute)
    for folder in _folders_above(absolute):
        if _may_name(folder, name) and absolute in (patches := patch_files(folder)):
            return patches
    return None


def patch_files(directory: str) -> dict[str, ObjectRef | None]:
    """The absolute paths that the kustomization in a directory names as patches, each with its target.

    An unreadable kustomization names none here: it is linted, and reported, as a file of its own.
    """
    directory = os.path.abspath(directory)
    known = _patches_by_directory.get(directory)
    if known is None:
        named = [pair for data in _kustomizations(directory) for pair in _patch_names(data).items()]
        known = {os.path.abspath(os.path.join(directory, name)): target for name, target in named}
        _remember(_patches_by_directory, directory, known)
    return known


def _remember(known: dict[str, T], directory: str, what: T) -> None:
    if len(known) >= _MOST_KNOWN:
        known.clear()
    known[directory] = what


def forget() -> None:
    """Forget what the directories hold; for a process that lints the same ones more than once."""
    _patches_by_directory.clear()
    _elsewhere.clear()
    _texts_by_directory.clear()
    _above_a_folder.clear()
    _repository_roots.clear()


def _folders_above(path: str) -> Iterator[str]:
    folders = []
    folder = os.path.dirname(path)
    while True:
        folders.append(folder)
        parent = os.path.dirname(folder)
        if _is_repository_root(folder):
            return iter(folders)
        if parent == folder:
            return iter(folders[:_LEVELS])
        folder = parent


def _is_repository_root(folder: str) -> bool:
    known = _repository_roots.get(folder)
    if known is None:
        known = os.path.lexists(os.path.join(folder, ".git"))
        _remember(_repository_roots, folder, known)
    return known


def _kustomizations(directory: str) -> tuple[bytes, ...]:
    """The texts of the kustomizations in a directory that may name patches."""
    known = _texts_by_directory.get(directory)
    if known is None:
        paths = (os.path.join(directory, name) for name in KUSTOMIZATION_FILES)
        # To ask is a fifth of the cost of being refused.
        sources = (files.read(path) for path in paths if os.access(path, os.F_OK))
        known = tuple(
            source.data for source in sources if isinstance(source, Source) and b"patch" in source.data
        )
        _remember(_texts_by_directory, directory, known)
    return known


def _may_name(directory: str, name: str) -> bool:
    """Whether a kustomization may name a file: unless it certainly does not, the YAML parser has to tell."""
    texts = _kustomizations(directory)
    if (
        not texts
        or not name.isascii()
        or not name.replace("-", "").replace(".", "").replace("_", "").isalnum()
    ):
        return bool(texts)
    return any(name.encode() in text or b"\\" in text for text in texts)


def _patch_names(data: bytes) -> dict[str, ObjectRef | None]:
    from netraw_lint import yamltree
    from netraw_lint.fragments import target

    names: dict[str, ObjectRef | None] = {}
    try:
        root = _read_yaml(data)
        if yamltree.as_string(yamltree.get(root, "kind")) not in _KINDS:
            return {}
        lists = [yamltree.get(root, key) for key in _PATCH_KEYS]
        for entry in (
            entry for node in lists if isinstance(node, yamltree.SequenceNode) for entry in node.value
        ):
            path = yamltree.get(entry, "path") or entry
            if isinstance(path, yamltree.ScalarNode) and not yamltree.is_null(path):
                names.setdefault(yamltree.text(path), target(entry))
    except (yamltree.YamlError, RecursionError):
        return {}
    # An entry with a line break is an inline patch; a NUL could not be part of a path.
    return {name: about for name, about in names.items() if name and not set(name) & {"\n", "\0"}}


def _read_yaml(data: bytes) -> Node | None:
    from netraw_lint import yamltree

    return next(yamltree.compose(data), None)

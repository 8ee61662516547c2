"""The files of a chart: read from its directory or its archive into a copy that may be changed and rendered."""

from __future__ import annotations

import io
import os
import tarfile

from netraw_lint.noun import Noun
from netraw_lint.sources import borders
from netraw_lint.sources.discovery import CHART_ARCHIVES
from netraw_lint.sources.files import display, reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_FILES = 20_000
MAX_BYTES = 200 * 1024 * 1024
_LEFT_OUT = frozenset((".git", ".venv", "node_modules", "__pycache__"))
_SUBCHART_DEPTH = 5


class ChartError(Exception):
    """A chart whose files cannot be read; the message says why, and what to do."""


class Copy(Noun):
    """A copy of a chart in ``folder``.

    ``shown`` maps each file of it, relative and with ``/``, to the path that reports show; a file out of an
    archive is shown as if the archive were a directory. ``own`` holds those that may be edited.
    """

    path: str
    folder: str
    shown: dict[str, str]
    own: frozenset[str]

    def read(self, name: str) -> bytes | None:
        """The bytes of a file of the copy, or None."""
        try:
            with open(os.path.join(self.folder, *name.split("/")), "rb") as file:
                return file.read()
        except OSError:
            return None

    def write(self, name: str, data: bytes) -> None:
        """Replace or add a file of the copy."""
        path = os.path.join(self.folder, *name.split("/"))
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(data)

    def remove(self, name: str) -> None:
        """Take a file out of the copy."""
        os.unlink(os.path.join(self.folder, *name.split("/")))


def is_archive(path: str) -> bool:
    """Whether a path is named like a packaged chart."""
    return path.lower().endswith(CHART_ARCHIVES)


def copy(path: str, folder: str) -> Copy:
    """Copy the chart at ``path`` into an empty directory, its packed subcharts unpacked. Raises ChartError."""
    copier = _Copier(folder)
    try:
        if os.path.isdir(path):
            copier.directory(os.path.realpath(path), display(path))
            own = frozenset(name for name in copier.shown if not name.startswith("charts/"))
        else:
            with open(path, "rb") as file:
                copier.archive(file.read(MAX_BYTES), display(path), "")
            own = frozenset()
        copier.unpack_subcharts()
    except (OSError, tarfile.TarError, EOFError) as error:
        words = reason(error) if isinstance(error, OSError) else str(error)
        raise ChartError(f"the chart cannot be read: {words}") from None
    return Copy(display(path), folder, copier.shown, own)


def discard(made: Copy) -> None:
    """Remove a copy from the disk."""
    import shutil

    shutil.rmtree(made.folder, ignore_errors=True)


def duplicate(made: Copy, folder: str) -> Copy:
    """A second copy, made from the first."""
    import shutil

    shutil.copytree(made.folder, folder, dirs_exist_ok=True)
    return made.replace(folder=folder)


class _Copier:
    """Fills a directory with a chart and remembers where each file came from."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self.shown: dict[str, str] = {}
        self._bytes = 0
        self._repository = ""

    def directory(self, root: str, shown: str) -> None:
        """Copy a directory; links are followed as far as the repository around the chart reaches."""
        self._repository = borders.repository_root(root)
        prefix = "" if shown == "." else f"{shown}/"
        for path, name in _walk(root, self._repository):
            with open(path, "rb") as file:
                self._take(name, file.read(MAX_BYTES + 1), prefix + name)

    def archive(self, data: bytes, shown: str, inside: str) -> None:
        """Unpack a packaged chart into the directory ``inside``."""
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:gz") as archive:
            for member in archive:
                name = member.name.replace("\\", "/").removeprefix("./")
                _, _, rest = name.partition("/")
                if not member.isfile() or not rest:
                    continue
                if name.startswith("/") or ".." in name.split("/"):
                    raise ChartError(f"the archive holds a file outside of its chart: {name}")
                content = archive.extractfile(member)
                if content is not None:
                    self._take(f"{inside}{rest}", content.read(MAX_BYTES + 1), f"{shown}/{name}")

    def unpack_subcharts(self) -> None:
        """Replace every archive in a ``charts/`` directory by its content: Helm reads both alike."""
        for _ in range(_SUBCHART_DEPTH):
            packed = [
                name
                for name in self.shown
                if is_archive(name) and f"/{os.path.dirname(name)}".endswith("/charts")
            ]
            for name in packed:
                path = os.path.join(self.folder, *name.split("/"))
                with open(path, "rb") as file:
                    data = file.read()
                shown = self.shown.pop(name)
                os.unlink(path)
                self.archive(data, shown, f"{name.rpartition('.t')[0]}/")
            if not packed:
                return

    def _take(self, name: str, data: bytes, shown: str) -> None:
        self._bytes += len(data)
        if self._bytes > MAX_BYTES or len(self.shown) >= MAX_FILES:
            raise ChartError(
                f"the chart has more than {MAX_FILES:,} files or {MAX_BYTES >> 20} MB: exclude what is no part of it"
            )
        path = os.path.join(self.folder, *name.split("/"))
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(data)
        self.shown[name] = shown


def _walk(root: str, repository: str) -> Iterator[tuple[str, str]]:
    """The files below a directory with their names relative to it, sorted; links followed."""
    pending = [(root, "", frozenset((root,)))]
    while pending:
        folder, prefix, above = pending.pop()
        for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
            real = entry.path
            if entry.is_symlink():
                real = os.path.realpath(entry.path)
                if os.path.commonpath([repository, real]) != repository:
                    raise ChartError(
                        f"the link {prefix}{entry.name} leads out of the repository: replace it by what it stands for"
                    )
            if os.path.isdir(real):
                if entry.name not in _LEFT_OUT and real not in above:
                    pending.append((real, f"{prefix}{entry.name}/", above | {real}))
            elif os.path.isfile(real):
                yield real, prefix + entry.name

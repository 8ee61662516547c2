"""Which engine renders charts here, and the directories that it works in."""

from __future__ import annotations

import tempfile

from netraw_lint.sources import helm_cli, helm_sdk
from netraw_lint.sources.helm import NO_ENGINE, NO_FOLDER, RenderError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Self

    from netraw_lint.sources.helm import Engine


class Engines:
    """The engine of a run, started when the first chart needs it, with a home directory of its own."""

    def __init__(self, helm: str | None = None) -> None:
        self._helm = helm
        self._engine: Engine | None = None
        self._home: tempfile.TemporaryDirectory[str] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        if self._engine is not None:
            self._engine.close()
        if self._home is not None:
            self._home.cleanup()

    def folder(self) -> str:
        """A new empty directory that lives as long as the run. Raises RenderError."""
        if self._home is None:
            try:
                self._home = tempfile.TemporaryDirectory(prefix="netraw-lint-")
            except OSError:
                raise RenderError(NO_FOLDER) from None
        return tempfile.mkdtemp(dir=self._home.name)

    def engine(self) -> Engine:
        """What renders here. Raises RenderError."""
        if self._engine is None:
            self._engine = self._found()
        return self._engine

    def _found(self) -> Engine:
        home = self.folder()
        helm = self._helm or helm_cli.find()
        if helm is not None:
            return helm_cli.Helm(helm, home)
        if helm_sdk.is_installed():
            return helm_sdk.Embedded(home)
        raise RenderError(NO_ENGINE)

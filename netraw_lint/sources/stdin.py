"""Reading the standard input."""

from __future__ import annotations

from netraw_lint.model import Problem, Source
from netraw_lint.sources import files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import BinaryIO

_CHUNK = 1024 * 1024


def read(stream: BinaryIO, name: str = "<stdin>") -> Source | Problem:
    """Read a stream to its end; ``name`` stands for it in reports.

    A stream that cannot be read, is too large or is not text becomes a ``Problem`` of the stage ``read``;
    nothing is raised.
    """
    chunks: list[bytes] = []
    total = 0
    try:
        while chunk := stream.read(_CHUNK):
            chunks.append(chunk)
            total += len(chunk)
            if total > files.MAX_FILE_SIZE:
                return Problem(name, "read", files.too_large())
    except OSError as error:
        return Problem(name, "read", f"cannot be read: {files.reason(error)}")
    return files.source(b"".join(chunks), name)

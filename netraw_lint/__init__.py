"""Finds Kubernetes containers that can hold the Linux capability NET_RAW, and takes it from them.

The public API is ``lint_text``; everything else is the command line.
"""

from __future__ import annotations

__version__ = "0.1.0"
__all__ = ["Finding", "Problem", "Report", "__version__", "lint_text"]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from netraw_lint.api import lint_text
    from netraw_lint.model import Finding, Problem, Report


def __getattr__(name: str) -> object:
    # The command line imports this package on every commit: load the API only for those who ask for it.
    if name == "lint_text":
        from netraw_lint.api import lint_text

        return lint_text
    if name in __all__:
        from netraw_lint import model

        return getattr(model, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

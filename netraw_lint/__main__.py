"""``python -m netraw_lint``."""

from __future__ import annotations

from netraw_lint.cli import program

program()

"""``python -m netraw_lint``."""

from __future__ import annotations

import sys

from netraw_lint.cli import run

sys.exit(run())

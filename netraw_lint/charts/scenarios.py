"""What else a chart would deploy: each switch of its values flipped, one render each, within bounds."""

from __future__ import annotations

import json
import time

from netraw_lint.charts import values
from netraw_lint.sources.helm import RenderError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from netraw_lint.charts.rendered import Rendering
    from netraw_lint.charts.session import Session
    from netraw_lint.charts.values import Path
    from netraw_lint.sources.helm import Case

MAX_FLIPS = 200
MAX_SECONDS = 60.0


class Flips:
    """Renders a chart with one switch flipped after the other, its own before those of subcharts."""

    def __init__(self, session: Session, case: Case, known: Mapping[str, Any]) -> None:
        self.session = session
        self.case = case
        subcharts = {
            name.split("/")[1] for name in session.plain.shown if name.startswith("charts/")
        } | _names(session)
        flips = [pair for pair in values.booleans(dict(known)) if not values.is_security(pair[0])]
        self.flips = sorted(flips, key=lambda pair: _order(pair[0], subcharts))
        self.run_count = self.failed = 0
        self.cut = ""

    def run(self) -> Iterator[tuple[Case, Rendering]]:
        """The renderings, each with its value set, which is named like the switch."""
        deadline = time.monotonic() + MAX_SECONDS
        for path, value in self.flips:
            if self.run_count >= MAX_FLIPS or time.monotonic() > deadline:
                self.cut = f"{MAX_FLIPS} flips" if self.run_count >= MAX_FLIPS else f"{MAX_SECONDS:.0f} s"
                return
            self.run_count += 1
            flip = flipped(self.case, path, value)
            try:
                rendering = self.session.render(flip, self.session.marked)
            except RenderError:
                self.failed += 1
                continue
            yield flip, rendering

    def summary(self) -> str:
        """How far it got, in words."""
        said = f"explored {self.run_count} of {len(self.flips)} switches"
        if self.cut:
            said += f" (stopped after {self.cut})"
        return f"{said}, {self.failed} of them do not render" if self.failed else said


def flipped(case: Case, path: Path, value: bool) -> Case:
    """The case with one switch flipped."""
    over: dict[str, Any] = json.loads(case.overlay) if case.overlay else {}
    over = values.merged(over, values.overlay(path, not value))
    return case.replace(name=f"{values.shown(path)}={json.dumps(not value)}", overlay=json.dumps(over))


def _names(session: Session) -> set[str]:
    return {dependency.name for dependency in session.about.dependencies} if session.about else set()


def _order(path: Path, subcharts: set[str]) -> tuple[bool, bool, int]:
    return path[0] in subcharts, path[-1] != "enabled", len(path)

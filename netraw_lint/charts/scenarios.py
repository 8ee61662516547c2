"""What else a chart would deploy: each switch of its values flipped, one render each, within bounds."""

from __future__ import annotations

import json
import time

from netraw_lint.charts import bounds, values
from netraw_lint.charts.bounds import Deadline
from netraw_lint.charts.rendered import Rendering

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from typing import Any

    from netraw_lint.charts.session import Session
    from netraw_lint.charts.values import Path
    from netraw_lint.sources.helm import Case


class Budget:
    """How many flips are begun and for how long: what cuts them short is said."""

    def __init__(self, seconds: float = bounds.FLIPPING, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._clock = clock
        self.cut = ""

    def over(self, cases: Iterable[Case]) -> Iterator[Case]:
        """The cases, as far as the bounds allow."""
        self.cut = ""
        deadline = Deadline(self._seconds, self._clock)
        for number, case in enumerate(cases):
            if number >= bounds.MAX_FLIPS:
                self.cut = f"stopped after {bounds.MAX_FLIPS} flips"
            elif deadline.is_over():
                self.cut = f"stopped after {deadline.seconds:.0f} s"
            if self.cut:
                return
            yield case


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
        self.budget = Budget()

    def run(self) -> Iterator[tuple[Case, Rendering]]:
        """The renderings, each with its value set, which is named like the switch."""
        cases = (flipped(self.case, path, value) for path, value in self.flips)
        tasks = ((case, self.session.marked) for case in self.budget.over(cases))
        for flip, _, rendering in self.session.ahead(tasks):
            self.run_count += 1
            if isinstance(rendering, Rendering):
                yield flip, rendering
            else:
                self.failed += 1

    def summary(self) -> str:
        """How far it got, in words."""
        said = f"explored {self.run_count} of {len(self.flips)} switches"
        if self.budget.cut:
            said += f" ({self.budget.cut})"
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

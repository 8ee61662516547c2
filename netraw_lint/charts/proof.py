"""Proof of the edits of a chart: rendered before and after them, with every set of values that may matter."""

from __future__ import annotations

import json
import re
import time

from netraw_lint.charts import compare, judging, scenarios, values
from netraw_lint.charts.actions import actions
from netraw_lint.charts.rendered import container_steps
from netraw_lint.fix import refusals
from netraw_lint.sources.helm import RenderError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Any

    from netraw_lint.charts.compare import Mask, Path
    from netraw_lint.charts.edits import Edits
    from netraw_lint.charts.judging import ContainerKey
    from netraw_lint.charts.rendered import Key, Rendering
    from netraw_lint.charts.session import Session
    from netraw_lint.findings import Judgement
    from netraw_lint.sources.helm import Case
    from netraw_lint.sources.helm_files import Copy

MAX_KEYS = 40
_BASELINES = 2
_MAX_ROUNDS = 4
_REFERENCE = re.compile(r"[.$]Values((?:\.[A-Za-z0-9_]+)+)")


def lacking(session: Session, rendering: Rendering) -> dict[ContainerKey, Judgement]:
    """The containers that lack a drop and may get one."""
    return {
        key: judgement
        for key, judgement in judging.containers(session.tools, rendering).items()
        if judgement.causes.not_dropped
        and not judgement.container.regime
        and refusals.of_container(judgement.container) is None
    }


def undropped(session: Session, rendering: Rendering) -> Iterator[ContainerKey]:
    """The containers in which a further drop is no harm: those that lack one, privileged ones included."""
    for key, judgement in judging.containers(session.tools, rendering).items():
        container = judgement.container
        drops = {name.upper() for name in container.security.drop}
        if not container.regime and not container.template.windows and not drops & {"ALL", "NET_RAW"}:
            yield key


class Proof:
    """Compares the working copy of a chart with the chart as it was, scenario by scenario."""

    def __init__(
        self, session: Session, base: Copy, edits: Edits, name: str, known: Mapping[Case, Rendering]
    ) -> None:
        self.session = session
        self.base = base
        self.edits = edits
        self.name = name
        self._before: dict[Case, Rendering | None] = dict(known)
        self._after: dict[Case, Rendering] = {}
        self._version = 0
        # What is random in one scenario is so in the others.
        self._mask: Mask = set()
        self._lacking: dict[Case, dict[Key, list[Path]]] = {}

    def before(self, case: Case) -> Rendering | None:
        """The untouched chart; None where it does not render."""
        if case not in self._before:
            try:
                self._before[case] = self.session.render(case, self.base)
            except RenderError:
                self._before[case] = None
        return self._before[case]

    def after(self, case: Case) -> Rendering:
        """The chart with its edits. Raises RenderError."""
        if self._version != self.edits.version:
            self._after, self._version = {}, self.edits.version
        if case not in self._after:
            self._after[case] = self.session.render(case)
        return self._after[case]

    def objection(self, case: Case) -> str | None:
        """What speaks against the edits in one scenario; None for nothing."""
        before = self.before(case)
        if before is None:
            return None
        try:
            after = self.after(case)
        except RenderError as error:
            return f"the chart would no longer render: {error.message}"
        if case not in self._lacking:
            found: dict[Key, list[Path]] = {}
            for template, number, path in undropped(self.session, before):
                found.setdefault((template, number), []).append(tuple(container_steps(path)))
            self._lacking[case] = found
        reason = self._difference(case, before, after)
        for _ in range(_BASELINES):
            if reason is None:
                return None
            # What differs by itself is random, or the time.
            try:
                self._mask |= compare.mask(before, self.session.render(case, self.base))
            except RenderError:
                break
            reason = self._difference(case, before, after)
        return reason

    def _difference(self, case: Case, before: Rendering, after: Rendering) -> str | None:
        return compare.change(before, after, self._lacking[case], self.name, self._mask)


def further(
    session: Session, case: Case, known: Mapping[str, Any], edits: Edits
) -> tuple[list[Case], list[Case]]:
    """What else to prove edits with: an upgrade and each candidate set by a user; and each switch flipped."""
    keys = []
    over: dict[str, Any] = json.loads(case.overlay) if case.overlay else {}
    for candidate in values.candidates(dict(known))[:MAX_KEYS]:
        overlay = values.merged(over, values.overlay(candidate.drop, ["SYS_TIME"]))
        keys.append(
            case.replace(
                name=f"{values.shown(candidate.drop)} set by a user",
                overlay=json.dumps(overlay),
                upgrade=False,
            )
        )
    flips = list(values.booleans(dict(known)))
    related = _related(session, edits)
    tops = {str(edit.path[0]) for edit in edits.made if edit.path}
    flips.sort(key=lambda pair: (not _is_related(pair[0], related), pair[0][0] not in tops, len(pair[0])))
    switched = [scenarios.flipped(case, path, value) for path, value in flips]
    return [case.replace(name="an upgrade", upgrade=True), *keys], switched


def _is_related(path: values.Path, related: set[tuple[str, ...]]) -> bool:
    return any(path[-len(reference) :] == reference for reference in related)


def _related(session: Session, edits: Edits) -> set[tuple[str, ...]]:
    """The values that stand in a condition together with an edited key, or in an edited template."""
    names = {str(edit.path[-3]) for edit in edits.made if len(edit.path) >= 3}
    files = {edit.file for edit in edits.made if edit.template is not None}
    found: set[tuple[str, ...]] = set()
    for file, text in session.texts.items():
        for action in actions(text):
            if action.keyword not in ("if", "else", "with") or "Values" not in action.body:
                continue
            if file in files or any(name in action.body for name in names):
                found |= {tuple(match[1:].split(".")) for match in _REFERENCE.findall(action.body)}
    return found


class Budget:
    """How many flips are run and for how long: what cuts a proof short is said."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._deadline = 0.0
        self._rounds = 0
        self.run = 0
        self.cut = ""

    def over(self, cases: list[Case]) -> Iterator[Case]:
        """The cases, as far as the bounds allow."""
        self.run, self.cut = 0, ""
        self._rounds += 1
        if self._rounds <= _MAX_ROUNDS:
            # What is left after an edit was taken back is proven anew.
            self._deadline = self._clock() + scenarios.MAX_SECONDS
        for case in cases:
            if self.run >= scenarios.MAX_FLIPS:
                self.cut = f"at most {scenarios.MAX_FLIPS}"
            elif self._clock() > self._deadline:
                self.cut = f"stopped after {scenarios.MAX_SECONDS:.0f} s"
            if self.cut:
                return
            self.run += 1
            yield case

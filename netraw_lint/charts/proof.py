"""Proof of the edits of a chart: rendered before and after them, with every set of values that may matter."""

from __future__ import annotations

import json
import re
from contextlib import closing

from netraw_lint.charts import bounds, compare, judging, scenarios, values
from netraw_lint.charts.actions import actions
from netraw_lint.charts.rendered import Rendering, container_steps
from netraw_lint.fix import refusals
from netraw_lint.sources.helm import RenderError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Mapping
    from typing import Any

    from netraw_lint.charts.compare import Mask, Path
    from netraw_lint.charts.edits import Edits
    from netraw_lint.charts.judging import ContainerKey
    from netraw_lint.charts.rendered import Key
    from netraw_lint.charts.session import Session, Task
    from netraw_lint.findings import Judgement
    from netraw_lint.sources.helm import Case
    from netraw_lint.sources.helm_files import Copy

_BASELINES = 2
# Renders kept of the chart with other edits, which the search for a culprit comes back to.
_STATES = 4
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
        self._after: dict[object, dict[Case, Rendering | RenderError]] = {}
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
        if not self.edits.made:
            found: Rendering | RenderError | None = self.before(case)
        else:
            known = self._with_edits()
            if case not in known:
                try:
                    known[case] = self.session.render(case)
                except RenderError as error:
                    known[case] = error
            found = known[case]
        if isinstance(found, Rendering):
            return found
        raise found or RenderError("the chart does not render with these values")

    def _with_edits(self) -> dict[Case, Rendering | RenderError]:
        """What is known of the chart with the edits that are made now."""
        state = tuple(self.edits.made)
        if state not in self._after:
            while len(self._after) >= _STATES:
                del self._after[next(iter(self._after))]
            self._after[state] = {}
        return self._after[state]

    def rendered(self) -> dict[Case, Rendering]:
        """The renders of the chart as it is now that were made already."""
        known: Mapping[Case, object] = self._with_edits() if self.edits.made else self._before
        return {case: found for case, found in known.items() if isinstance(found, Rendering)}

    def ahead(self, cases: Iterable[Case]) -> Generator[Case]:
        """The cases, each when its renders are there. To be closed before the edits change."""
        known = self._with_edits()
        with closing(self.session.ahead(self._tasks(cases, known))) as settled:
            for case, copy, found in settled:
                if copy is None:
                    yield case
                elif copy is self.base:
                    self._before[case] = found if isinstance(found, Rendering) else None
                elif found is not None:
                    known[case] = found

    def _tasks(self, cases: Iterable[Case], known: Mapping[Case, object]) -> Iterator[Task]:
        for case in cases:
            if case not in self._before:
                yield case, self.base
            if self.edits.made and case not in known and self._before.get(case, self) is not None:
                yield case, self.session.plain
            yield case, None

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
    edited = {edit.path for edit in edits.made}
    candidates = sorted(values.candidates(dict(known)), key=lambda candidate: candidate.drop not in edited)
    for candidate in candidates[: bounds.MAX_KEYS]:
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

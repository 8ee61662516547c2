"""Which value decides about a container: every candidate set to a name of its own, in one render."""

from __future__ import annotations

import json

from netraw_lint.charts import bounds, values
from netraw_lint.charts.judging import containers
from netraw_lint.sources.helm import RenderError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from netraw_lint.charts.judging import ContainerKey
    from netraw_lint.charts.rendered import Rendering
    from netraw_lint.charts.session import Session
    from netraw_lint.charts.values import Candidate
    from netraw_lint.sources.helm import Case

_PROBE = "XNR_"


def governing(
    session: Session, case: Case, known: dict[str, Any], most: int = bounds.NAMING_PROBES
) -> dict[ContainerKey, list[Candidate]]:
    """For each container the values that reach its drop list."""
    candidates = values.candidates(known)
    found: dict[ContainerKey, list[Candidate]] = {}
    budget = [most]
    _probe(session, case, list(enumerate(candidates)), found, budget)
    return found


def _probe(
    session: Session,
    case: Case,
    wanted: Sequence[tuple[int, Candidate]],
    found: dict[ContainerKey, list[Candidate]],
    budget: list[int],
) -> None:
    """Render with all of some candidates set; where that fails, with each half."""
    if not wanted or budget[0] <= 0:
        return
    budget[0] -= 1
    over: dict[str, Any] = json.loads(case.overlay) if case.overlay else {}
    for number, candidate in wanted:
        over = values.merged(over, values.overlay(candidate.drop, ["NET_RAW", f"{_PROBE}{number}"]))
    try:
        rendering = session.render(case.replace(overlay=json.dumps(over)))
    except RenderError:
        half = len(wanted) // 2
        if half:
            _probe(session, case, wanted[:half], found, budget)
            _probe(session, case, wanted[half:], found, budget)
        return
    _read(session, rendering, dict(wanted), found)


def _read(
    session: Session,
    rendering: Rendering,
    wanted: dict[int, Candidate],
    found: dict[ContainerKey, list[Candidate]],
) -> None:
    for key, judgement in containers(session.tools, rendering).items():
        for name in judgement.container.security.drop:
            number = name.removeprefix(_PROBE)
            if name.startswith(_PROBE) and number.isdigit() and int(number) in wanted:
                found.setdefault(key, []).append(wanted[int(number)])

"""The edits of a chart before every scenario: what one objects to is taken back, and the rest is proven anew."""

from __future__ import annotations

from contextlib import closing

from netraw_lint.charts import bounds, values
from netraw_lint.charts.bounds import Deadline
from netraw_lint.charts.proof import further
from netraw_lint.charts.scenarios import Budget

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from netraw_lint.charts.edits import ChartEdit, Edits
    from netraw_lint.charts.proof import Proof
    from netraw_lint.sources.helm import Case

_TOO_LONG = f"the proof did not come to an end within {bounds.PROVING:.0f} seconds"
_TOO_OFTEN = "so many edits had to be taken back that the proof was given up"


class Prover:
    """Takes edits back until no scenario objects; ``refuse`` is told each of them with the reason."""

    def __init__(self, proof: Proof, edits: Edits, refuse: Callable[[ChartEdit, str], None]) -> None:
        self._proof = proof
        self._edits = edits
        self._refuse = refuse
        self._deadline = Deadline(bounds.PROVING)
        self._objected: set[str] = set()

    def prove(self, cases: Sequence[Case], known: Mapping[str, Any]) -> str:
        """Leave only edits that no scenario objects to; what these were proven with, in words."""
        for _ in range(bounds.MAX_ROUNDS):
            made = list(self._edits.made)
            if not made:
                return ""
            users, flips = further(self._proof.session, cases[0], known, self._edits)
            flips.sort(key=lambda case: case.name not in self._objected)
            if not self._all_hold([*cases, *users]):
                self._give_up(_TOO_LONG)
                return ""
            # What is left has to do for another round.
            budget = Budget(min(bounds.FLIPPING, max(self._deadline.left() / 2, 0)))
            rendering = self._flips_hold(flips, budget)
            if self._edits.made == made:
                cut = f", {budget.cut}" if budget.cut else ""
                return (
                    f"proven by rendering {_count(len(cases), 'value set')}, an upgrade, "
                    f"{_some(len(users) - 1, len(values.candidates(dict(known))), 'value')} set by a user, "
                    f"and {rendering} of {_count(len(flips), 'switch', 'es')} flipped{cut}"
                )
        self._give_up(_TOO_OFTEN)
        return ""

    def _all_hold(self, cases: Sequence[Case]) -> bool:
        """Whether the time was enough to hear every case; what they object to is gone then."""
        heard = 0
        while heard < len(cases) and not self._deadline.is_over():
            with closing(self._proof.ahead(cases[heard:])) as ready:
                for case in ready:
                    heard += 1
                    if self._deadline.is_over() or self._proof.objection(case) is not None:
                        break
                else:
                    continue
            self._take_back(case)
        return heard == len(cases)

    def _flips_hold(self, flips: Sequence[Case], budget: Budget) -> int:
        """How many flips, of those that the bounds allow, render; what they object to is gone then."""
        rendering = 0
        allowed = budget.over(flips)
        pending = True
        while pending:
            pending = False
            with closing(self._proof.ahead(allowed)) as ready:
                for case in ready:
                    rendering += self._proof.before(case) is not None
                    if self._proof.objection(case) is not None:
                        pending = True
                        break
            if pending:
                self._take_back(case)
        return rendering

    def _take_back(self, case: Case) -> None:
        """Take back every edit that a scenario objects to."""
        while self._edits.made and self._proof.objection(case) is not None:
            made = list(self._edits.made)
            culprit = self._culprit(case, made)
            objection = self._proof.objection(case)
            self._edits.put([edit for edit in made if edit is not culprit])
            self._objected.add(case.name)
            when = f"right by default, but with {case.name} " if case.name else ""
            self._refuse(culprit, f"{culprit.title}: {when}{objection}")

    def _culprit(self, case: Case, made: list[ChartEdit]) -> ChartEdit:
        """The edit with which the objection begins, found by halves; it is the last one made afterwards."""
        good, bad = 0, len(made)
        while bad - good > 1:
            middle = (good + bad) // 2
            self._edits.put(made[:middle])
            if self._proof.objection(case) is None:
                good = middle
            else:
                bad = middle
        self._edits.put(made[:bad])
        return made[bad - 1]

    def _give_up(self, reason: str) -> None:
        gone = list(self._edits.made)
        self._edits.put([])
        for edit in gone:
            self._refuse(edit, f"{edit.title}: {reason}")


def _some(number: int, of: int, noun: str) -> str:
    return f"{number} of {_count(of, noun)}" if number < of else _count(number, noun)


def _count(number: int, noun: str, plural: str = "s") -> str:
    return f"{number} {noun}{'' if number == 1 else plural}"

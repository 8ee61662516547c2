"""How much work one chart may be: when a bound cuts something short, the report says so."""

from __future__ import annotations

import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

# Judging all value sets of a chart, in seconds.
JUDGING = 120.0
# Finding edits, and then proving them together, flips included.
EDITING, PROVING = 120.0, 480.0
# Flipping switches: once for exploring, and once in each round of a proof.
FLIPPING, MAX_FLIPS = 60.0, 200
# Renders that look for the value that decides: to name it, and to fix by it.
NAMING_PROBES, FIXING_PROBES = 16, 64
# Values set by a user, one scenario each.
MAX_KEYS = 40
# A proof starts over after an edit was taken back.
MAX_ROUNDS = 4


class Deadline:
    """A moment after which no further work is begun; ``seconds`` from now."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.seconds = seconds
        self._clock = clock
        self._end = clock() + seconds

    def is_over(self) -> bool:
        """Whether the time is up."""
        return self.left() < 0

    def left(self) -> float:
        """The seconds until then; negative afterwards."""
        return self._end - self._clock()

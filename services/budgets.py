"""What callers may spend, in points: each has a bucket that drains steadily, and that what they ask fills."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from domain.access import Caller
from domain.errors import RateLimitError

_MANY: Final = (
    "This operation costs {:,} points, and you have {:,} of {:,} left, which come back at {:,} a second: "
    "ask for less, or wait."
)
_FEW: Final = 10_000
"""How many buckets are kept without looking for those that have drained."""


@dataclass(frozen=True, slots=True)
class BudgetLimits:
    """How many points a bucket holds, and how many drain from it in a second."""

    points: int = 500_000
    per_second: int = 50_000


class Budgets:
    """The buckets of this process: of keys, of people, and of the networks of those who do not say who they are."""

    def __init__(self, limits: BudgetLimits, clock: Callable[[], float] = time.monotonic) -> None:
        self.limits = limits
        self._clock = clock
        self._levels: dict[str, tuple[float, float]] = {}
        """How full each was, and when."""
        self._look_at = _FEW
        """At how many it is looked for those that have drained: twice as many as there were left, lest it be often."""

    def of(self, caller: Caller) -> "Budget":
        """That of a caller."""
        key = caller.viewer.key_id if caller.viewer else None
        return Budget(self, key or caller.counted_as)

    def level(self, who: str) -> float:
        """How full a bucket is."""
        level, at = self._levels.get(who, (0.0, 0.0))
        return max(0.0, level - (self._clock() - at) * self.limits.per_second)

    def fill(self, who: str, level: float) -> None:
        """Note how full it is now."""
        if len(self._levels) >= self._look_at:
            self._levels = {each: self._levels[each] for each in self._levels if self.level(each) > 0}
            self._look_at = max(_FEW, 2 * len(self._levels))
        self._levels[who] = (level, self._clock())


class Budget:
    """What one caller may spend."""

    __slots__ = ("_budgets", "_who")

    def __init__(self, budgets: Budgets, who: str) -> None:
        self._budgets = budgets
        self._who = who

    @property
    def limits(self) -> BudgetLimits:
        """What every caller may spend."""
        return self._budgets.limits

    @property
    def left(self) -> int:
        """How many points are left."""
        return math.floor(self.limits.points - self._budgets.level(self._who))

    def spend(self, points: int) -> None:
        """Take points, before what they are for is done. RateLimitError where so many are not left."""
        limits, level = self.limits, self._budgets.level(self._who)
        beyond = level + points - limits.points
        if beyond > 0:
            raise RateLimitError(
                _MANY.format(points, self.left, limits.points, limits.per_second),
                max(1, math.ceil(beyond / limits.per_second)),
            )
        self._budgets.fill(self._who, level + points)

    def give_back(self, points: int) -> None:
        """Give back what was not needed."""
        self._budgets.fill(self._who, max(0.0, self._budgets.level(self._who) - points))

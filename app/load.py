"""What a server takes on at a time: beyond that it answers at once that it is busy, and goes on with what it has."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from domain.access import Caller
from domain.errors import OverloadedError, RateLimitError
from services.budgets import BudgetLimits

DEFAULT_BUDGET = BudgetLimits()

_BUSY = "This server has as much to do as it can. Try again in a second."
_MANY = "You have {} operations under way, which is as many as there may be at a time. Let one of them end first."


@dataclass(frozen=True, slots=True)
class LoadLimits:
    """How many operations run at a time, of all and of one caller, for how many seconds, and what they may cost."""

    operations: int = 500
    of_one: int = 100
    seconds: float = 30
    budget: BudgetLimits = DEFAULT_BUDGET


class Load:
    """The operations that are under way."""

    def __init__(self, limits: LoadLimits) -> None:
        self.limits = limits
        self._all = 0
        self._of: Counter[str] = Counter()

    def check(self) -> None:
        """Whether one more can be taken on, as it is best known before anything is read. OverloadedError."""
        if self._all >= self.limits.operations:
            raise OverloadedError(_BUSY, 1)

    @contextmanager
    def taking_on(self, caller: Caller) -> Iterator[None]:
        """Take on one of a caller, who is a viewer or an address. OverloadedError, RateLimitError."""
        self.check()
        who = caller.viewer.person_id if caller.viewer else caller.address or ""
        if self._of[who] >= self.limits.of_one:
            raise RateLimitError(_MANY.format(self.limits.of_one), 1)
        self._all += 1
        self._of[who] += 1
        try:
            yield
        finally:
            self._all -= 1
            self._of[who] -= 1
            if not self._of[who]:
                del self._of[who]

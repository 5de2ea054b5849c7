"""What a server takes on at a time: beyond that it answers at once that it is busy, and goes on with what it has."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from app.time_limits import TimeLimit
from domain.access import Caller
from domain.errors import DeadlineError, OverloadedError, RateLimitError
from graph import deadlines
from services.budgets import BudgetLimits

_BUSY = "This server has as much to do as it can. Try again in a second."
_MANY = "You have {} operations under way, which is as many as there may be at a time. Let one of them end first."
DEFAULT_BUDGET = BudgetLimits()


@dataclass(frozen=True, slots=True)
class LoadLimits:
    """How many operations run at a time, of all and of one caller, for how many seconds, and what they may cost."""

    operations: int = 500
    of_one: int = 100
    seconds: float = 30
    budget: BudgetLimits = DEFAULT_BUDGET


class PerCaller:
    """How many of something each caller has, and no more than so many; `too_many` says so to them."""

    def __init__(self, most: int, too_many: str) -> None:
        self._most = most
        self._too_many = too_many
        self._of: Counter[str] = Counter()

    def enter(self, caller: Caller) -> str:
        """Count one more of a caller, and answer as whom. RateLimitError where they have as many as they may."""
        who = caller.counted_as
        if self._of[who] >= self._most:
            raise RateLimitError(self._too_many, 1)
        self._of[who] += 1
        return who

    def leave(self, who: str) -> None:
        """Count one less of them."""
        self._of[who] -= 1
        if not self._of[who]:
            del self._of[who]


class Load:
    """The operations that are under way."""

    def __init__(self, limits: LoadLimits) -> None:
        self._limits = limits
        self._all = 0
        self._of_one = PerCaller(limits.of_one, _MANY.format(limits.of_one))

    @property
    def operations(self) -> int:
        """How many there are."""
        return self._all

    def check(self) -> None:
        """Whether one more can be taken on, as it is best known before anything is read. OverloadedError."""
        if self._all >= self._limits.operations:
            raise OverloadedError(_BUSY, 1)

    @contextmanager
    def taking_on(self, caller: Caller) -> Iterator[None]:
        """Take on one of a caller, for as long as one may take. OverloadedError, RateLimitError, DeadlineError."""
        self.check()
        who = self._of_one.enter(caller)
        self._all += 1
        try:
            with deadlines.within(self._limits.seconds), TimeLimit(self._limits.seconds):
                yield
        except TimeoutError as error:
            raise DeadlineError from error
        finally:
            self._all -= 1
            self._of_one.leave(who)

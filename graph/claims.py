"""Who asks, as a process remembers it, and confirmed by the first read of the request in the same round trip.

What is remembered counts for nothing by itself: a session may have ended a moment ago, or its person may be in other
groups by now. So the first statement of a request answers first who asks, and then what it is about. Where the store
says something else than what was remembered, the request begins anew with what is true.
"""

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final, Generic, Protocol, TypedDict, TypeVar, cast

from domain.errors import AuthError

MOST: Final = 10_000
"""How many a process remembers; of more those are forgotten that asked least lately."""


class UsedRow(TypedDict):
    """What a row says at least: when the session or the key was last used (microseconds)."""

    lastUsedAt: int


class Forgetful(Protocol):
    """Remembers something by a key."""

    def forget(self, key: str) -> None:
        """Remember it no longer."""


R = TypeVar("R", bound=UsedRow)
T = TypeVar("T")

_OUTDATED: Final = "Who you are to this server changed while it answered: ask again."


@dataclass(slots=True, eq=False)
class Claim:
    """A row that is remembered, and the statement that answers it still where it holds; its parameters are `$who`."""

    text: str
    parameters: Mapping[str, object]
    remembered: Mapping[str, object]
    memory: "Forgetful"
    key: str
    holds: bool | None = None
    """Whether the store said so; None before it was asked."""

    def joined(self, text: str, parameters: Mapping[str, object]) -> tuple[str, dict[str, object]]:
        """A reading statement that answers this first, with its parameters."""
        return (
            f"RETURN {{claimed: COLLECT {{ {self.text} }}}} AS row UNION ALL {text}",
            {**parameters, "who": self.parameters},
        )

    def heard(self, rows: list[Mapping[str, object]]) -> list[Mapping[str, object]]:
        """The rows of the statement itself. AuthError where what is claimed does not hold."""
        [told, *others] = rows
        self.check(cast("Sequence[Mapping[str, object]]", told["claimed"]))
        return others

    def check(self, found: Sequence[Mapping[str, object]]) -> None:
        """Hear what the store says of who asks. AuthError where that is not what is claimed."""
        self.holds = [_lasting(each) for each in found] == [_lasting(self.remembered)]
        if not self.holds:
            self.memory.forget(self.key)
            raise AuthError(_OUTDATED)


def _lasting(row: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in row.items() if name != "lastUsedAt"}


@dataclass(slots=True)
class Request:
    """What is claimed of whoever sent a request."""

    claim: Claim | None = None


_REQUEST: Final[ContextVar[Request | None]] = ContextVar("request", default=None)


@contextmanager
def confirming() -> Iterator[None]:
    """Let what is remembered do meanwhile, until the first read; whoever does has `Store.confirm` run in the end."""
    token = _REQUEST.set(Request())
    try:
        yield
    finally:
        _REQUEST.reset(token)


def unconfirmed() -> Claim | None:
    """What is claimed of the request and was not confirmed yet. AuthError where it did not hold."""
    request = _REQUEST.get()
    if request is None or request.claim is None or request.claim.holds:
        return None
    if request.claim.holds is False:
        raise AuthError(_OUTDATED)
    return request.claim


def outdated() -> bool:
    """Whether what was claimed of the request did not hold, so that its answer is worth nothing."""
    request = _REQUEST.get()
    return request is not None and request.claim is not None and request.claim.holds is False


class Memory(Generic[R, T]):
    """What a process remembers of the sessions or keys that were used, by the hashes of their secrets."""

    def __init__(self, text: str, make: Callable[[R], T]) -> None:
        """`text` is the statement of their rows, whose parameters are `$who`, and `make` makes something of a row."""
        self._text = text
        self._make = make
        self._rows: OrderedDict[str, tuple[R, T]] = OrderedDict()

    async def look_up(
        self, key: str, parameters: Mapping[str, object], since: int, read: Callable[[], Awaitable[list[R]]]
    ) -> T | None:
        """What is made of the row of a session or key, as remembered, or as `read` answers it; None without a row.

        What is remembered is to be confirmed by the first read of the request. It does where the request has such a
        read, and where the last use was after `since` (microseconds).
        """
        remembered = self._claim(key, parameters, since)
        if remembered is not None:
            return remembered
        rows = await read()
        if not rows:
            self.forget(key)
            return None
        made = self._make(rows[0])
        self._rows[key] = (rows[0], made)
        self._rows.move_to_end(key)
        if len(self._rows) > MOST:
            self._rows.popitem(last=False)
        return made

    def _claim(self, key: str, parameters: Mapping[str, object], since: int) -> T | None:
        request, remembered = _REQUEST.get(), self._rows.get(key)
        if request is None or remembered is None or remembered[0]["lastUsedAt"] <= since:
            return None
        self._rows.move_to_end(key)
        row, made = remembered
        request.claim = Claim(self._text, parameters, cast("Mapping[str, object]", row), self, key)
        return made

    def forget(self, key: str) -> None:
        """Have it looked up the next time."""
        self._rows.pop(key, None)

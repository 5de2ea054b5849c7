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
from typing import Final, Generic, TypedDict, TypeVar, cast

from domain.errors import AuthError

MOST: Final = 10_000
"""How many a process remembers; of more those are forgotten that asked least lately."""


class UsedRow(TypedDict):
    """What a row says at least: when the session or the key was last used (microseconds)."""

    lastUsedAt: int


R = TypeVar("R", bound=UsedRow)

_OUTDATED: Final = "Who you are to this server changed while it answered: ask again."


@dataclass(slots=True, eq=False)
class Claim:
    """A row that is remembered, and the statement that answers it still where it holds; its parameters are `$who`."""

    text: str
    parameters: Mapping[str, object]
    remembered: Mapping[str, object]
    memory: "Memory[UsedRow]"
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


class Memory(Generic[R]):
    """What a process remembers of the sessions or keys that were used, by the hashes of their secrets."""

    def __init__(self, text: str) -> None:
        """`text` is the statement of their rows, whose parameters are `$who`."""
        self._text = text
        self._rows: OrderedDict[str, R] = OrderedDict()

    async def look_up(
        self, key: str, parameters: Mapping[str, object], since: int, read: Callable[[], Awaitable[list[R]]]
    ) -> R | None:
        """The row of a session or key, or None where there is none: as remembered, or what `read` answers.

        What is remembered is to be confirmed by the first read of the request. It does where the request has such a
        read, and where the last use was after `since` (microseconds).
        """
        if (row := self._claim(key, parameters, since)) is not None:
            return row
        rows = await read()
        if not rows:
            self.forget(key)
            return None
        self._keep(key, rows[0])
        return rows[0]

    def _claim(self, key: str, parameters: Mapping[str, object], since: int) -> R | None:
        request, row = _REQUEST.get(), self._rows.get(key)
        if request is None or row is None or row["lastUsedAt"] <= since:
            return None
        self._rows.move_to_end(key)
        memory = cast("Memory[UsedRow]", self)
        request.claim = Claim(self._text, parameters, cast("Mapping[str, object]", row), memory, key)
        return row

    def _keep(self, key: str, row: R) -> None:
        self._rows[key] = row
        self._rows.move_to_end(key)
        if len(self._rows) > MOST:
            self._rows.popitem(last=False)

    def forget(self, key: str) -> None:
        """Have it looked up the next time."""
        self._rows.pop(key, None)

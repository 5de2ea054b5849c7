"""Reads of many requests that wait at the same time go to the store as one statement.

Most of what a short read costs is the way to the store and back, so that a server is as quick as its ways are few.
Reads of a kind that come in one turn of the event loop go together. While they are under way those that come meanwhile
wait for them to be back, and then go together: the more there is to do, the more goes together, and a read that is
alone waits for nobody. Each brings its own viewer, about whom the predicates of the statement ask by the row; who sent
several of them is asked for once.
"""

import asyncio
import re
from collections import deque
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from contextvars import Context
from dataclasses import dataclass, field
from functools import cache
from typing import Final, TypeAlias, cast

from neo4j import Bookmarks

from domain.errors import AuthError
from graph.claims import Claim
from graph.versions import UNKNOWN, Version

Rows: TypeAlias = list[Mapping[str, object]]

PATIENCE: Final = 0.01
"""After how many seconds who waits takes a way of their own: what is under way may be slow, or lost."""
MOST_UNDER_WAY: Final = 16
"""How many statements of one kind are under way at the most then."""
SMALL: Final = 64
"""How many go together at the most of reads that answer a few rows by their ids."""
PAGES: Final = 16
"""How many do of those that answer a page."""

_PARAMETER: Final = re.compile(r"\$(\w+)")
_CALL: Final = re.compile(r"CALL \((?=\w)")
"""A subquery that sees what it names and nothing else."""
_LIMIT: Final = re.compile(r"LIMIT \$(\w+)")


@dataclass(slots=True, eq=False)
class Read:
    """One read of a statement: what it takes, what it may not be older than, and what is claimed of who asks.

    Once it was answered, `version` is that of the state that it saw.
    """

    name: str
    text: str
    parameters: Mapping[str, object]
    together: int
    """How many of its kind may go together."""
    bookmarks: Bookmarks | None = None
    claim: Claim | None = None
    until: float | None = None
    """When whoever asks no longer waits, by the clock of the event loop."""
    version: Version = UNKNOWN

    @property
    def kind(self) -> Hashable:
        """What those have in common that may go together."""
        agreed = (self.parameters[name] for name in sorted(_agreed(self.text)))
        seen = self.bookmarks.raw_values if self.bookmarks else None
        return (self.text, self.claim.text if self.claim else "", seen, *agreed)


@dataclass(frozen=True, slots=True)
class Joint:
    """Several reads of a kind as one statement, which answers a row for each, in their order."""

    reads: Sequence[Read]
    text: str
    parameters: Mapping[str, object]

    @property
    def until(self) -> float | None:
        """When the last of them no longer waits."""
        ends = [read.until for read in self.reads if read.until is not None]
        return max(ends) if len(ends) == len(self.reads) else None

    @classmethod
    def of(cls, reads: Sequence[Read]) -> "Joint":
        """The statement of those reads."""
        first = reads[0]
        agreed = _agreed(first.text)
        calls = [{name: value for name, value in read.parameters.items() if name not in agreed} for read in reads]
        if not calls[0]:  # they all ask the same
            calls = calls[:1]
        given = {"calls": calls, **{name: first.parameters[name] for name in agreed}}
        if first.claim:
            # Of one session or key the last is asked about, at whose time the others are true as well.
            given["who"] = list({read.claim.key: read.claim.parameters for read in reads if read.claim}.values())
        return cls(reads, _joint(first.text, first.claim.text if first.claim else ""), given)

    def answers(self, rows: Rows) -> Sequence[Rows | Exception]:
        """The rows of each read, or that whoever sent it is not who was claimed."""
        keys = dict.fromkeys(read.claim.key for read in self.reads if read.claim)
        found = [cast("Rows", row["found"]) for row in rows]
        claimed = dict(zip(keys, found, strict=False))
        told = found[len(keys) :]
        if len(told) == 1:
            told *= len(self.reads)
        return [
            _answer(read.claim, claimed[read.claim.key] if read.claim else [], each)
            for read, each in zip(self.reads, told, strict=True)
        ]


def _answer(claim: Claim | None, claimed: Rows, rows: Rows) -> Rows | Exception:
    if claim is not None:
        try:
            claim.check(claimed)
        except AuthError as error:
            return error
    return rows


@cache
def _agreed(text: str) -> frozenset[str]:
    """The parameters of a statement that are the same for all who go together: Cypher takes no others for a LIMIT."""
    return frozenset(_LIMIT.findall(text))


@cache
def _joint(text: str, claim: str) -> str:
    asked = _each("calls", text)
    return f"{_each('who', claim)} UNION ALL {asked}" if claim else asked


def _each(listed: str, text: str) -> str:
    """A statement for each map of a parameter that is a list of them, in their order."""
    return f"""
    UNWIND range(0, size(${listed}) - 1) AS number
    WITH number, ${listed}[number] AS given ORDER BY number
    WITH number, given, COLLECT {{ {_of_each(text)} }} AS found
    RETURN {{found: found}} AS row"""


def _of_each(text: str) -> str:
    """The statement with its parameters read from the variable `given`, which all of a COLLECT sees but for a CALL."""
    agreed = _agreed(text)
    own = _PARAMETER.sub(lambda found: found[0] if found[1] in agreed else f"given.{found[1]}", text)
    return _CALL.sub("CALL (given, ", own.replace("given.who.", "given."))


@dataclass(slots=True)
class _Lane:
    """The reads of one kind: how many may go together, how many statements of them are under way, and who waits."""

    kind: Hashable
    together: int
    under_way: int = 0
    leaving: bool = False
    """Whether those who wait go at the end of this turn of the event loop."""
    waiting: deque[tuple[Read, asyncio.Future[Rows]]] = field(default_factory=deque)
    patience: asyncio.TimerHandle | None = None


class SharedReads:
    """Sends reads to the store, each alone or with others of its kind."""

    def __init__(
        self,
        alone: Callable[[Read], Awaitable[Rows]],
        together: Callable[[Sequence[Read]], Awaitable[Sequence[Rows | Exception]]],
    ) -> None:
        self._alone = alone
        self._together = together
        self._lanes: dict[Hashable, _Lane] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def read(self, read: Read) -> Rows:
        """The rows of a read, or its own error."""
        kind = read.kind
        lane = self._lanes.get(kind)
        if lane is None:
            lane = self._lanes[kind] = _Lane(kind, read.together)
        loop = asyncio.get_running_loop()
        waiting: asyncio.Future[Rows] = loop.create_future()
        lane.waiting.append((read, waiting))
        if not lane.under_way and not lane.leaving:
            lane.leaving = True
            loop.call_soon(self._leave, lane)
        elif lane.patience is None and not lane.leaving:
            lane.patience = loop.call_later(PATIENCE, self._lose_patience, lane)
        return await waiting

    def _leave(self, lane: _Lane) -> None:
        """Let those go who came in this turn of the event loop."""
        lane.leaving = False
        self._lose_patience(lane)

    def _came_back(self, lane: _Lane) -> None:
        lane.under_way -= 1
        if not lane.leaving:
            self._send(lane)

    def _lose_patience(self, lane: _Lane) -> None:
        """Open another way, where those that are under way take long."""
        lane.patience = None
        if lane.under_way < MOST_UNDER_WAY:
            self._send(lane)
        if lane.waiting:
            lane.patience = asyncio.get_running_loop().call_later(PATIENCE, self._lose_patience, lane)

    def _send(self, lane: _Lane) -> None:
        """Let those go who wait; whoever was cancelled meanwhile does not."""
        going: list[tuple[Read, asyncio.Future[Rows]]] = []
        while lane.waiting and len(going) < lane.together:
            read, waiting = lane.waiting.popleft()
            if not waiting.done():
                going.append((read, waiting))
        if going:
            lane.under_way += 1
            # In a context of its own: that of the request which came back is nothing to theirs.
            task = asyncio.get_running_loop().create_task(self._go(lane, going), context=Context())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        if lane.patience and not lane.waiting:
            lane.patience.cancel()
            lane.patience = None
        if not lane.under_way and not lane.leaving:
            self._lanes.pop(lane.kind, None)

    async def _go(self, lane: _Lane, going: Sequence[tuple[Read, asyncio.Future[Rows]]]) -> None:
        try:
            answers = await self._answers([read for read, _ in going])
        finally:
            self._came_back(lane)
        for (_, waiting), answer in zip(going, answers, strict=True):
            if waiting.done():
                continue
            if isinstance(answer, Exception):
                waiting.set_exception(answer)
            else:
                waiting.set_result(answer)

    async def _answers(self, reads: Sequence[Read]) -> Sequence[Rows | Exception]:
        if len(reads) == 1:
            return [await self._by_itself(reads[0])]
        try:
            return await self._together(reads)
        except Exception:  # noqa: BLE001 - it is of one of them, who is told, and the others are not
            return await asyncio.gather(*map(self._by_itself, reads))

    async def _by_itself(self, read: Read) -> Rows | Exception:
        try:
            return await self._alone(read)
        except Exception as error:  # noqa: BLE001 - whoever waits is told
            return error

"""Following the log of events: everything that somebody sees and a filter lets through, in order, and then what comes.

Whoever follows has a place in the log and nothing else: no queue grows while they are slow. What they may see is
decided when an event is handed over, by the same predicate as in the lists of events.
"""

import asyncio
import contextlib
from collections import Counter, deque
from collections.abc import AsyncGenerator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Final

from domain.access import Caller, Viewer
from domain.errors import NetworkError, RateLimitError, ValidationError
from domain.events import Event
from domain.filters import Condition
from graph import event_log, live_events
from graph.event_log import Logged
from graph.store import Store
from services.access import reach_of, viewer_of
from services.delivery_rights import DeliveryRights
from services.event_log import EventLog
from services.event_matching import groups_in, holds
from services.filters import EVENT_RULES, checked_by

BATCH: Final = 100
"""How many events are decided about together."""

FRESH_SECONDS: Final = 1.0
"""How old a decision may be though nobody's access was changed: grants and access tokens end by themselves."""

CHECK_SECONDS: Final = 30.0
"""How often it is seen to that a session or a key is in force while nothing happens."""

MOST: Final = 100
"""How many logs one person may follow at once, in one process."""

_WINDOW: Final = 20_000  # places that one statement looks at
_PAGE: Final = 500
_REST_SECONDS: Final = 0.5
_RETRY_SECONDS: Final = 5.0
_AHEAD: Final = "This cursor is ahead of the log, which was put back to an earlier state: begin again with eventCursor."


@dataclass(frozen=True, slots=True)
class Delivery:
    """An event, its place in the log, and who it is handed over to, as they are now."""

    position: int
    event: Event
    viewer: Viewer


@dataclass(frozen=True, slots=True)
class _Decided:
    """Events to hand over to a viewer, as was decided at that time (monotonic seconds), with that audit log."""

    viewer: Viewer
    events: Sequence[Logged]
    at: float
    entries: int


class LiveEvents:
    """What can be followed."""

    def __init__(self, store: Store, log: EventLog, rights: DeliveryRights, *, most: int = MOST) -> None:
        self._store = store
        self._log = log
        self._rights = rights
        self._most = most
        self._open: Counter[str] = Counter()

    @property
    def open(self) -> int:
        """How many follow the log in this process."""
        return self._open.total()

    @property
    def closed(self) -> bool:
        """Whether all of them were let go, as the server stops."""
        return self._log.closed

    async def head(self, caller: Caller) -> int:
        """The place of the latest event: who follows from there gets all that comes. AuthError for nobody."""
        viewer_of(caller)
        return await event_log.head(self._store)

    async def again(self, viewer: Viewer) -> Viewer:
        """Who somebody is by now who said it some time ago. AuthError where their session or key is not in force."""
        return (await self._rights.ask(viewer, ())).viewer

    def follow(self, caller: Caller, condition: Condition, after: int | None) -> AsyncGenerator[Delivery]:
        """What happens after a place in the log, or from now on, as far as a filter and the caller's rights go.

        It ends when the server stops. AuthError for nobody, and as soon as a session or a key is not in force any
        more; ValidationError of a filter that is not right; at its start ValidationError of a place that the log does
        not have yet, and RateLimitError where they follow too many.
        """
        viewer = viewer_of(caller)
        checked = checked_by(EVENT_RULES, condition)
        return self._follow(viewer, checked, self._log.position if after is None else after)

    async def _follow(self, viewer: Viewer, condition: Condition, position: int) -> AsyncGenerator[Delivery]:
        with self._counted(viewer.person_id):
            groups = groups_in(condition)
            if position > self._log.position and position > await event_log.head(self._store):
                raise ValidationError("after", _AHEAD)
            while not self._log.closed:
                try:
                    recent = self._log.since(position, BATCH)
                    if recent is None:
                        decided, end = await self._missed(viewer, condition, position)
                    elif recent:
                        decided, end = await self._decided(viewer, condition, groups, recent), recent[-1].position
                    else:
                        await self._log.moved(position, CHECK_SECONDS)
                        if self._log.position <= position and not self._log.closed:
                            viewer = await self.again(viewer)
                        continue
                    async with contextlib.aclosing(self._handed_over(decided, condition, groups)) as deliveries:
                        async for delivery in deliveries:
                            viewer, position = delivery.viewer, delivery.position
                            yield delivery
                    position = end
                except NetworkError:  # the store comes back, and nothing was passed over
                    await asyncio.sleep(_REST_SECONDS)

    async def _handed_over(
        self, decided: _Decided, condition: Condition, groups: frozenset[str]
    ) -> AsyncGenerator[Delivery]:
        pending, just_decided = deque(decided.events), True
        while pending and not self._log.closed:
            if not just_decided and not await self._holds(decided):
                decided = await self._decided(decided.viewer, condition, groups, pending)
                pending, just_decided = deque(decided.events), True
                continue
            each = pending.popleft()
            yield Delivery(each.position, each.event, decided.viewer)
            just_decided = False

    async def _holds(self, decided: _Decided) -> bool:
        return monotonic() - decided.at <= FRESH_SECONDS and await self._rights.holds(decided.entries)

    async def _decided(
        self, viewer: Viewer, condition: Condition, groups: frozenset[str], events: Iterable[Logged]
    ) -> _Decided:
        """Those of the events that the viewer sees now and the filter lets through."""
        if groups:
            candidates = list(events)
        else:
            events = list(events)
            candidates = [each for each in events if holds(condition, each.event)]
            if not candidates and not any(_concerns(each.event, viewer) for each in events):
                return _Decided(viewer, (), monotonic(), 0)
        at = monotonic()
        answer = await self._rights.ask(viewer, [each.event for each in candidates], groups)
        kept = [
            each
            for each in candidates
            if (within := answer.seen.get(each.event.id)) is not None and holds(condition, each.event, within)
        ]
        return _Decided(answer.viewer, kept, at, answer.entries)

    async def _missed(self, viewer: Viewer, condition: Condition, position: int) -> tuple[_Decided, int]:
        """The next events from the store, and the place up to which they are all."""
        at = monotonic()
        answer = await self._rights.ask(viewer, ())
        until, reach = min(self._log.position, position + _WINDOW), reach_of(Caller(answer.viewer))
        found = await live_events.after(self._store, reach, condition, (position, until), _PAGE)
        return _Decided(answer.viewer, found, at, answer.entries), found[-1].position if len(found) == _PAGE else until

    @contextlib.contextmanager
    def _counted(self, person_id: str) -> Iterator[None]:
        if self._open[person_id] >= self._most:
            raise RateLimitError(f"You follow {self._most} logs here already: end one of them first.", _RETRY_SECONDS)
        self._open[person_id] += 1
        try:
            yield
        finally:
            self._open[person_id] -= 1
            if not self._open[person_id]:
                del self._open[person_id]


def _concerns(event: Event, viewer: Viewer) -> bool:
    """Whether an event may end what its viewer came with, so that they must be asked about at once."""
    return bool({event.actor, event.target_id} & {viewer.person_id, viewer.key_id} - {None})

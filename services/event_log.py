"""The log of events as this process follows it: it gives places to new events and keeps the latest in memory.

However many follow the log here, it is read once for all of them. Whoever is further behind than what is kept reads the
store. The store is the truth: a wake-up that is lost costs time and nothing else.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from itertools import takewhile
from typing import Final

from domain.errors import NetworkError
from graph import event_log
from graph.event_log import Logged
from graph.store import Store

log = logging.getLogger("one.events")

KEPT: Final = 2_000
"""How many of the latest events are kept."""

POLL_SECONDS: Final = 1.0
"""How long the log rests when nobody wakes it."""

_PAGE: Final = 500
_ROUNDS_AT_START: Final = 20  # of event_log.AT_ONCE events; a start waits for no more of them


class EventLog:
    """The end of the log."""

    def __init__(self, store: Store, *, poll_seconds: float = POLL_SECONDS, kept: int = KEPT) -> None:
        self._store = store
        self._poll_seconds = poll_seconds
        self._recent: deque[Logged] = deque(maxlen=kept)
        self._from = 0  # all events after this place are kept
        self._woken = asyncio.Event()
        self._moved = asyncio.Event()
        self.position = 0
        """The place up to which everything is known here."""
        self.closed = False
        """Whether nobody is to follow it any more: the server stops."""
        self.announce: Callable[[], None] = lambda: None
        """Tells other processes that events got their places."""

    def wake(self) -> None:
        """Look for new events now."""
        self._woken.set()

    def close(self) -> None:
        """Let everybody who follows it go."""
        self.closed = True
        self._tell()

    async def start(self) -> None:
        """Begin at the end of the log, in which what was recorded before has its places, unless that is very much.

        NetworkError where the store cannot be reached.
        """
        for _ in range(_ROUNDS_AT_START):
            if not await event_log.number(self._store):
                break
        self.position = self._from = await event_log.head(self._store)
        self._recent.clear()

    async def run(self) -> None:
        """Follow the log for as long as the server runs; a failure is logged, and the next round may go better."""
        while True:
            self._woken.clear()
            try:
                await self.advance()
            except NetworkError as error:
                log.warning("the log of events cannot be read just now: %s", error)
            except Exception:  # without another round nobody would ever learn of anything again
                log.exception("the log of events could not be read")
            try:
                async with asyncio.timeout(self._poll_seconds):
                    await self._woken.wait()
            except TimeoutError:
                pass

    async def advance(self) -> None:
        """Give places to what waits for one, and read what is new."""
        numbered = False
        while await event_log.number(self._store):
            numbered = True
            await self._read()
        await self._read()
        if numbered:
            self.announce()

    async def _read(self) -> None:
        while page := await event_log.read(self._store, self.position, _PAGE):
            for each in page:
                if len(self._recent) == self._recent.maxlen:
                    self._from = self._recent[0].position
                self._recent.append(each)
            self.position = page[-1].position
            self._tell()

    def _tell(self) -> None:
        self._moved.set()
        self._moved = asyncio.Event()

    def since(self, position: int, limit: int) -> Sequence[Logged] | None:
        """The first events after a place; None where not all of them are kept, and the store has to be asked."""
        if position < self._from:
            return None
        newer = list(takewhile(lambda each: each.position > position, reversed(self._recent)))
        return newer[: -limit - 1 : -1]

    async def moved(self, position: int, seconds: float) -> None:
        """Wait until there may be something after a place, or for so long."""
        moved = self._moved
        if self.closed or self.position > position:
            return
        try:
            async with asyncio.timeout(seconds):
                await moved.wait()
        except TimeoutError:
            pass

"""Following the log of events for as long as the server runs, and waking up for what happens in other processes.

Redis only wakes: what it loses is found by looking once in a while, as it is where there is none.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Coroutine
from typing import Final, Protocol, cast

from redis.asyncio import Redis
from redis.exceptions import RedisError

from graph.store import Store
from services.event_log import EventLog

log = logging.getLogger("one.events")

CHANNEL: Final = "one:events"

_REST_SECONDS: Final = 1.0
_PATIENCE_SECONDS: Final = 2.0


class _Subscriber(Protocol):
    """What we use of redis-py's PubSub, whose own annotations leave it open."""

    async def subscribe(self, channel: str) -> None: ...

    def listen(self) -> AsyncIterator[object]: ...

    async def aclose(self) -> None: ...


@contextlib.asynccontextmanager
async def following(store: Store, redis_url: str | None, poll_seconds: float) -> AsyncIterator[EventLog]:
    """The log of the store's events, which goes on meanwhile; other processes are told by the Redis at that address."""
    events = EventLog(store, poll_seconds=poll_seconds)
    await events.start()
    store.announced = events.wake
    work: list[Coroutine[object, object, None]] = [events.run()]
    async with contextlib.AsyncExitStack() as stack:
        if redis_url is not None:
            redis = Redis.from_url(redis_url, socket_connect_timeout=_PATIENCE_SECONDS, health_check_interval=10)
            stack.push_async_callback(redis.aclose)
            numbered = asyncio.Event()
            events.announce = numbered.set
            work += [_announce(redis, numbered), _listen(redis, events)]
        tasks = [asyncio.create_task(each) for each in work]
        try:
            yield events
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def _announce(redis: Redis, numbered: asyncio.Event) -> None:
    """Tell other processes whenever events got their places here."""
    while True:
        await numbered.wait()
        numbered.clear()
        with contextlib.suppress(RedisError, OSError, TimeoutError):
            async with asyncio.timeout(_PATIENCE_SECONDS):
                await redis.publish(CHANNEL, "")


async def _listen(redis: Redis, events: EventLog) -> None:
    """Wake the log whenever another process says that there is something new."""
    told = False
    while True:
        subscriber = cast("_Subscriber", redis.pubsub())
        try:
            await subscriber.subscribe(CHANNEL)
            told = False
            async for _ in subscriber.listen():
                events.wake()
        except (RedisError, OSError) as error:
            if not told:
                log.warning("Redis cannot be reached, so that events of other servers come later: %s", error)
            told = True
        finally:
            with contextlib.suppress(RedisError, OSError):
                await subscriber.aclose()
        await asyncio.sleep(_REST_SECONDS)

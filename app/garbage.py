"""When the collector of garbage works: while nobody waits, as it holds the event loop for as long as it does.

What requests leave behind goes with each of them, so that there is little for it to find. Python would have it walk
through all that has lasted for a while, over and over, for 10 to 30 ms each time, in the middle of whatever goes on.
"""

import asyncio
import contextlib
import gc
import time
from collections.abc import AsyncIterator, Callable
from typing import Final

from app.workers import beside

YOUNG: Final = 2_000
"""How many more objects there are before the youngest are looked at, which takes a fraction of a millisecond."""

_MIDDLE: Final = 5
"""How many times that is done before those that have lasted since are looked at too."""

_NEVER: Final = 1_000_000
"""How many times that would be done before Python itself looked at the oldest."""

LOOK_SECONDS: Final = 0.5
"""How often it is looked whether nobody waits."""

PATIENCE_SECONDS: Final = 300.0
"""After how long the oldest are looked at although somebody waits: on a server that never rests."""


def settle() -> None:
    """Have what is there by now left alone, such as the schema: it stays, and is a lot."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, _MIDDLE, _NEVER)


@contextlib.asynccontextmanager
async def collecting(is_idle: Callable[[], bool]) -> AsyncIterator[None]:
    """Collect what has lasted, meanwhile, whenever there is some and nobody waits."""
    async with beside(_collect(is_idle)):
        yield


async def _collect(is_idle: Callable[[], bool]) -> None:
    last = time.monotonic()
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        _, _, lasting = gc.get_count()
        if lasting and (is_idle() or time.monotonic() - last > PATIENCE_SECONDS):
            gc.collect()
            last = time.monotonic()

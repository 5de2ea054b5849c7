"""More processes that serve the port of a server, for a machine with several processors.

The first process has the port, the local store and the demo world. It starts the others with its listening socket, of
which the kernel gives each connection to one that waits for one; another one takes the place of one that ends.
"""

import asyncio
import contextlib
import logging
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from socket import socket
from typing import Final

from app.settings import CHECKOUT, Settings, as_environment
from app.workers import beside

log = logging.getLogger("one.workers")

STOP_SECONDS: Final = 10
"""How long one may take to stop before it is killed."""

PAUSE_SECONDS: Final = 1
"""How long it takes until another one takes the place of one that ended: it may end as well."""


@contextlib.asynccontextmanager
async def serving_too(settings: Settings, listener: socket) -> AsyncIterator[None]:
    """Have all processes but this one serve meanwhile, as many as the settings say."""
    if settings.workers > 1 and settings.redis_url is None:
        log.warning("each of %s workers counts tries for itself: set ONE_REDIS_URL", settings.workers)
    async with AsyncExitStack() as stack:
        for number in range(2, settings.workers + 1):
            await stack.enter_async_context(beside(_kept_up(settings, listener, number)))
        yield


async def _kept_up(settings: Settings, listener: socket, number: int) -> None:
    """One of them, and another one whenever it ends."""
    while True:
        code = await _run(settings, listener)
        log.warning("worker %s ended with %s: another one takes its place", number, code)
        await asyncio.sleep(PAUSE_SECONDS)


async def _run(settings: Settings, listener: socket) -> int:
    """Run one of them until it ends; its exit code."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "app", "work", str(listener.fileno()),
        cwd=CHECKOUT,
        env=as_environment(settings),
        stdin=asyncio.subprocess.PIPE,  # which ends when we do, however that is
        pass_fds=[listener.fileno()],
    )  # fmt: skip
    try:
        return await process.wait()
    except asyncio.CancelledError:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), STOP_SECONDS)
        except TimeoutError:
            process.kill()
            await process.wait()
        raise

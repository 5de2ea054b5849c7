"""Work that goes on beside what a server does, for as long as that lasts."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Coroutine

from domain.errors import NetworkError


@contextlib.asynccontextmanager
async def beside(work: Coroutine[object, object, None]) -> AsyncIterator[None]:
    """Do the work meanwhile, and break it off in the end."""
    worker = asyncio.create_task(work)
    try:
        yield
    finally:
        worker.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await worker


def note_failure(log: logging.Logger, error: Exception, what: str, *about: object) -> None:
    """Log that some work failed: in one line where something is away, which may be back in the next round.

    The last place in the text `what` is for the error.
    """
    if isinstance(error, NetworkError):
        log.warning(what, *about, error)
    else:
        log.error(what, *about, error, exc_info=error)

"""Ending orders that were not paid in time for as long as the server runs. Several servers may do so side by side."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from typing import Final

from services.order_ending import Expiry

log = logging.getLogger("one.orders")

REST_SECONDS: Final = 5.0
"""How long the worker rests when nothing is due."""


@contextlib.asynccontextmanager
async def expiring(expiry: Expiry) -> AsyncIterator[None]:
    """End orders meanwhile."""
    worker = asyncio.create_task(_expire(expiry))
    try:
        yield
    finally:
        worker.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await worker


async def _expire(expiry: Expiry) -> None:
    while True:
        try:
            ended = await expiry()
        except Exception:  # the next round may go better, and without one no order would ever be ended again
            log.exception("orders could not be ended just now")
            ended = 0
        if not ended:
            await asyncio.sleep(REST_SECONDS)

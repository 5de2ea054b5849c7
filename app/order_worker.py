"""Ending orders that were not paid in time for as long as the server runs. Several servers may do so side by side."""

import asyncio
import logging
from contextlib import AbstractAsyncContextManager
from typing import Final

from app.workers import beside
from services.order_ending import Expiry

log = logging.getLogger("one.orders")

REST_SECONDS: Final = 5.0
"""How long the worker rests when nothing is due."""


def expiring(expiry: Expiry) -> AbstractAsyncContextManager[None]:
    """End orders meanwhile."""
    return beside(_expire(expiry))


async def _expire(expiry: Expiry) -> None:
    while True:
        try:
            ended = await expiry()
        except Exception:  # the next round may go better, and without one no order would ever be ended again
            log.exception("orders could not be ended just now")
            ended = 0
        if not ended:
            await asyncio.sleep(REST_SECONDS)

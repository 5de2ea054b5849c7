"""Ending orders that were not paid in time, and carts that were left, for as long as the server runs.

Several servers may do so side by side.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Final

from app.workers import beside, note_failure

log = logging.getLogger("one.orders")

REST_SECONDS: Final = 5.0
"""How long the worker rests when nothing is due."""


def expiring(*expiries: Callable[[], Awaitable[int]]) -> AbstractAsyncContextManager[None]:
    """End meanwhile what is due: each ends some, and answers how many."""
    return beside(_expire(expiries))


async def _expire(expiries: Sequence[Callable[[], Awaitable[int]]]) -> None:
    while True:
        ended = 0
        for expiry in expiries:
            try:
                ended += await expiry()
            except Exception as error:  # noqa: BLE001 - without another round no order would ever be ended again
                note_failure(log, error, "orders or carts could not be ended just now: %s")
        if not ended:
            await asyncio.sleep(REST_SECONDS)

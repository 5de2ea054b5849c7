"""Erasing bytes that no file needs for as long as the server runs. Several servers may do so side by side."""

import asyncio
import logging
from contextlib import AbstractAsyncContextManager
from typing import Final

from app.workers import beside, note_failure
from services.file_erasing import Erasing

log = logging.getLogger("one.files")

REST_SECONDS: Final = 30.0
"""How long the worker rests when nothing is due."""


def erasing(erase: Erasing) -> AbstractAsyncContextManager[None]:
    """Erase meanwhile."""
    return beside(_erase(erase))


async def _erase(erase: Erasing) -> None:
    while True:
        try:
            done = await erase()
        except Exception as error:  # noqa: BLE001 - without another round nothing would ever be erased again
            note_failure(log, error, "bytes could not be erased just now: %s")
            done = 0
        if not done:
            await asyncio.sleep(REST_SECONDS)

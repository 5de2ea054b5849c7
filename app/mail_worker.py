"""Sending what is in the outbox for as long as the server runs. Several servers may do so beside each other."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from time import monotonic
from typing import Final

from app.workers import beside, note_failure
from services.mail import Mails, Sender

log = logging.getLogger("one.mail")

REST_SECONDS: Final = 1.0
"""How long the worker rests when nothing is due."""

_FORGET_EVERY: Final = 3600.0  # seconds


@contextlib.asynccontextmanager
async def delivering(mails: Mails, sender: Sender | None, app_url: str) -> AsyncIterator[None]:
    """Send mails meanwhile, with links to pages below that address; without a sender they wait."""
    if sender is None:
        log.warning("Mails wait in the outbox: neither ONE_SMTP_HOST nor ONE_RESEND_KEY is set.")
        yield
        return
    async with beside(_deliver(mails, sender, app_url)):
        yield


async def _deliver(mails: Mails, sender: Sender, app_url: str) -> None:
    forget_at = monotonic()
    while True:
        try:
            tried = await mails.deliver(sender, app_url)
            if monotonic() >= forget_at:
                forget_at = monotonic() + _FORGET_EVERY
                await mails.forget()
        except Exception as error:  # noqa: BLE001 - without another round no mail would ever be sent again
            note_failure(log, error, "mails could not be delivered just now: %s")
            tried = 0
        if not tried:
            await asyncio.sleep(REST_SECONDS)

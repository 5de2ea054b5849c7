"""Sending events to webhooks for as long as the server runs. Several servers may do so beside each other."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from functools import partial
from time import monotonic
from typing import Final

from app.settings import Settings
from app.webhook_http import WebhookHttp
from app.workers import beside, note_failure
from domain.values import now
from graph.store import Store
from graph.webhooks import LockedEndpoint
from schema.cursors import Cursors, log_cursor
from services.event_log import EventLog
from services.sealing import SecretBox
from services.webhook_fan_out import WebhookFanOut
from services.webhook_sending import WebhookSender, WebhookSending, WebhookTimes

log = logging.getLogger("one.webhooks")

BESIDE_EACH_OTHER: Final = 16
"""To how many webhooks is sent at once: one that is slow holds back no other."""

REST_SECONDS: Final = 1.0
"""How long the worker rests when nothing is due."""

_FORGET_EVERY: Final = 600.0  # seconds


@contextlib.asynccontextmanager
async def telling_webhooks(
    settings: Settings, store: Store, events: EventLog, box: SecretBox, cursor_key: bytes
) -> AsyncIterator[None]:
    """Send to webhooks meanwhile what the log has for them; their secrets are in the box."""
    times = WebhookTimes(now, timedelta(hours=settings.webhook_pause_hours))
    sending = WebhookSending(store, times, box, partial(log_cursor, Cursors(cursor_key)))
    sender = WebhookHttp(loopback=settings.webhook_loopback, seconds=settings.webhook_seconds)
    async with contextlib.aclosing(sender), telling(WebhookFanOut(store, now, events), sending, sender, events):
        yield


def telling(
    fan_out: WebhookFanOut, sending: WebhookSending, sender: WebhookSender, events: EventLog
) -> AbstractAsyncContextManager[None]:
    """The same with what is given."""
    return beside(_tell(fan_out, sending, sender, events))


async def _tell(fan_out: WebhookFanOut, sending: WebhookSending, sender: WebhookSender, events: EventLog) -> None:
    """Take up and send in turns; what is being sent when the server stops is sent again by whoever comes next."""
    forget_at = monotonic()
    async with asyncio.TaskGroup() as group:
        busy: set[asyncio.Task[None]] = set()
        while True:
            position = events.position
            claimed = 0
            try:
                await fan_out.advance()
                found = await sending.claim(BESIDE_EACH_OTHER - len(busy)) if len(busy) < BESIDE_EACH_OTHER else []
                claimed = len(found)
                for each in found:
                    task = group.create_task(_serve(sending, each, sender))
                    busy.add(task)
                    task.add_done_callback(busy.discard)
                if monotonic() >= forget_at:
                    forget_at = monotonic() + _FORGET_EVERY
                    await sending.forget()
            except Exception as error:  # noqa: BLE001 - without another round no webhook would ever be told again
                note_failure(log, error, "webhooks could not be told just now: %s")
            if not claimed:
                await _something(events, position, busy)


async def _something(events: EventLog, position: int, busy: "set[asyncio.Task[None]]") -> None:
    """Wait until there may be something to do: the log goes on, a webhook is done with, or a while is over."""
    moved = asyncio.create_task(events.moved(position, REST_SECONDS))
    try:
        await asyncio.wait({moved, *busy}, timeout=REST_SECONDS, return_when=asyncio.FIRST_COMPLETED)
    finally:
        moved.cancel()


async def _serve(sending: WebhookSending, claimed: LockedEndpoint, sender: WebhookSender) -> None:
    try:
        await sending.serve(claimed, sender)
    except Exception as error:  # noqa: BLE001 - its lease ends, and then it is tried again
        note_failure(log, error, "the webhook %s could not be told: %s", claimed["endpoint"]["webhookId"])

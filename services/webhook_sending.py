"""Sending what is due to webhooks, and noting what became of it: taken, to be tried again, or given up.

At least once: whoever sends holds a lease on the webhook, and what they sent when they died is sent again under its id.
In the order of the log for each object: of those that wait, only the first is ever due.
"""

import asyncio
import logging
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from time import monotonic
from typing import Final, Protocol

from domain.values import Clock
from domain.webhooks import Answered, Attempt, Due, Outgoing
from graph import webhook_deliveries
from graph.store import Store
from graph.webhooks import EndpointRow, LockedEndpoint
from services.rights import SEES_BELOW
from services.sealing import SecretBox, SecretKeyError
from services.webhook_outcomes import Outcomes, Tried
from services.webhook_retries import FEW, PAUSE_AFTER
from services.webhook_signing import CursorOf, outgoing

log = logging.getLogger("one.webhooks")

LEASE: Final = timedelta(minutes=2)
"""How long whoever claimed a webhook has for what is due to it; every try ends long before."""

AT_ONCE: Final = 8
"""How many events, of as many objects, one webhook gets at a time."""

_FORGOTTEN_AT_ONCE: Final = 1_000


class WebhookSender(Protocol):
    """Sends requests to webhooks."""

    async def send(self, request: Outgoing) -> Answered:
        """Send one, and answer what came of it, whatever that is; bounded in time."""


@dataclass(frozen=True, slots=True)
class WebhookTimes:
    """The time, how long a webhook may fail before it is paused, and the chance in how long an event rests."""

    clock: Clock
    pause_after: timedelta = PAUSE_AFTER
    dice: Callable[[], float] = random.random


class WebhookSending:
    """Sends for as long as something is due. Several processes may do so beside each other."""

    def __init__(self, store: Store, times: WebhookTimes, box: SecretBox, cursor_of: CursorOf) -> None:
        self._store = store
        self._clock = times.clock
        self._box = box
        self._cursor_of = cursor_of
        self._outcomes = Outcomes(store, times.clock, times.pause_after, times.dice)

    async def claim(self, limit: int) -> list[LockedEndpoint]:
        """Some webhooks to which something is due, and which only we send to for as long as the lease lasts."""
        at = self._clock()
        return await webhook_deliveries.claim(self._store, at, at + LEASE, limit, SEES_BELOW)

    async def serve(self, claimed: LockedEndpoint, sender: WebhookSender) -> int:
        """Send what is due to a webhook that was claimed, and let go of it; how many events were tried."""
        endpoint = claimed["endpoint"]
        limit = 1 if endpoint["failures"] >= FEW else AT_ONCE
        due = await webhook_deliveries.take(self._store, claimed, self._clock(), limit)
        tried = await asyncio.gather(*(self._try(endpoint, each, sender) for each in due))
        await self._outcomes.note(endpoint, tried)
        return len(due)

    async def deliver(self, sender: WebhookSender, limit: int = AT_ONCE) -> int:
        """Send to some webhooks, beside each other, what is due to them; how many events were tried."""
        return sum(await asyncio.gather(*(self.serve(each, sender) for each in await self.claim(limit))))

    async def forget(self) -> None:
        """Erase deliveries that have been kept for long enough."""
        await webhook_deliveries.forget(self._store, self._clock(), _FORGOTTEN_AT_ONCE)

    async def _try(self, endpoint: EndpointRow, due: Due, sender: WebhookSender) -> Tried:
        if due.event is None or due.position is None:
            return Tried(due, None, None)
        at, began = self._clock(), monotonic()
        try:
            request = outgoing(self._box, endpoint, due.event, self._cursor_of(due.position), at)
            answered = await sender.send(request)
        except SecretKeyError:
            log.exception("the secret of the webhook %s cannot be used", endpoint["webhookId"])
            answered = Answered(None, "the secret of this webhook cannot be used here: rotate it")
        milliseconds = round((monotonic() - began) * 1_000)
        attempt = Attempt(at, milliseconds, answered.status, answered.error, answered.answer)
        return Tried(due, answered, attempt)

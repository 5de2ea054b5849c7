"""Pausing a webhook, letting it work again, and having it sent once more what it was sent before."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from domain.access import Caller
from domain.errors import ConflictError, ValidationError
from domain.events import EventType
from domain.things import Thing
from domain.values import Clock, to_micros
from domain.webhooks import WebhookPause, WebhookState
from graph import webhook_deliveries, webhook_fan_out, webhooks
from graph.store import Store, Transaction
from services import validation
from services.access import Action
from services.webhook_outcomes import paused
from services.webhooks import lock_working, rights_to, tell

_SLACK: Final = 120_000_000  # microseconds
"""How much later than its id says an event may come into the log: longer than a transaction may take."""

_LAST: Final = 2**48 - 1


@dataclass(frozen=True, slots=True)
class ReplayRange:
    """What to send once more: from one time until another, or what follows one place in the log, up to another."""

    from_time: datetime | None = None
    to_time: datetime | None = None
    after: int | None = None
    until: int | None = None


class WebhookControl:
    """What can be done to how webhooks work."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def pause(self, caller: Caller, identifier: str) -> Thing:
        """Send a webhook nothing for a while. ConflictError where that is so already."""
        rights = rights_to(caller, Action.PAUSE_WEBHOOK, identifier)
        at = self._clock()

        async def work(transaction: Transaction) -> Thing:
            webhook, endpoint = await lock_working(transaction, rights, identifier)
            if endpoint["state"] != WebhookState.ACTIVE:
                raise ConflictError("This webhook is paused already.", field="state")
            await webhooks.change(transaction, identifier, paused(WebhookPause.ASKED, at))
            await tell(transaction, caller, EventType.WEBHOOK_PAUSED, webhook, {"reason": WebhookPause.ASKED})
            return webhook

        return await self._store.write(work)

    async def resume(self, caller: Caller, identifier: str) -> Thing:
        """Let a webhook work again: what waits is tried at once, and then what happened meanwhile."""
        rights = rights_to(caller, Action.RESUME_WEBHOOK, identifier)
        at = self._clock()

        async def work(transaction: Transaction) -> Thing:
            webhook, endpoint = await lock_working(transaction, rights, identifier)
            if endpoint["state"] == WebhookState.ACTIVE:
                raise ConflictError("This webhook is not paused.", field="state")
            await webhook_deliveries.resume(transaction, identifier, at)
            again = {"state": WebhookState.ACTIVE.value, "pause": None, "pausedAt": None, "stale": True}
            await webhooks.change(transaction, identifier, {**again, "failures": 0, "failingSince": None})
            await tell(transaction, caller, EventType.WEBHOOK_RESUMED, webhook)
            return webhook

        return await self._store.write(work)

    async def replay(self, caller: Caller, identifier: str, wanted: ReplayRange) -> Thing:
        """Have what happened in a range sent once more, under the same ids, before what happens from now on.

        ConflictError where the webhook is paused, or another range is not taken up yet.
        """
        rights = rights_to(caller, Action.REPLAY_WEBHOOK, identifier)
        start, end = _checked(wanted)

        async def work(transaction: Transaction) -> Thing:
            webhook, endpoint = await lock_working(transaction, rights, identifier)
            if endpoint["state"] != WebhookState.ACTIVE:
                raise ConflictError("This webhook is paused: resume it first.", field="state")
            if endpoint["replayAfter"] is not None:
                raise ConflictError("Another replay of this webhook is on its way: wait until it is taken up.")
            after, until = wanted.after or 0, wanted.until
            if start is not None:
                last = self._clock() if end is None else end
                bounds = (_edge(to_micros(start) - _SLACK), _edge(to_micros(last) + _SLACK))
                after, until = await webhook_fan_out.places(transaction, *bounds)
            # What comes later is on its way anyhow.
            until = endpoint["position"] if until is None else min(until, endpoint["position"])
            replay = {
                "replayAfter": after,
                "replayUntil": until,
                "replayFrom": None if start is None else to_micros(start),
                "replayTo": None if end is None else to_micros(end),
                "stale": True,
            }
            await webhooks.change(transaction, identifier, replay)
            await tell(transaction, caller, EventType.WEBHOOK_REPLAYED, webhook, {"after": after, "until": until})
            return webhook

        return await self._store.write(work)


def _checked(wanted: ReplayRange) -> tuple[datetime | None, datetime | None]:
    """The times of a range, if it has any. ValidationError where it is none."""
    timed, placed = wanted.from_time is not None, wanted.after is not None
    if timed is placed or (wanted.to_time is not None and not timed) or (wanted.until is not None and not placed):
        raise ValidationError("from", "Give either from, and to where it ends, or after, and until where it ends.")
    if wanted.after is not None and wanted.until is not None and wanted.until < wanted.after:
        raise ValidationError("until", "until takes a cursor that comes after the one of after.")
    start = None if wanted.from_time is None else validation.moment("from", wanted.from_time)
    end = None if wanted.to_time is None else validation.moment("to", wanted.to_time)
    if start is not None and end is not None and end <= start:
        raise ValidationError("to", "to takes a time that comes after from.")
    return start, end


def _edge(micros: int) -> str:
    """Between the ids of events that were made before a time, and the others (RFC 9562 of a UUIDv7)."""
    return f"evt_{min(max(micros // 1_000, 0), _LAST):012x}"

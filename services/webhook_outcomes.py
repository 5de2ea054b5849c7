"""What became of events that were sent to a webhook, noted with its lock, and what that means for the webhook."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from domain.access import EVERYTHING
from domain.events import Event, EventType
from domain.mail import MailTemplate
from domain.values import Clock, from_micros, to_micros
from domain.webhooks import Answered, Attempt, Due, WebhookDeliveryState, WebhookPause, WebhookState
from graph import events, mail, people, things, webhook_deliveries, webhook_fan_out, webhooks
from graph.access import reach_parameters
from graph.store import Store, Transaction
from graph.webhook_deliveries import Settled
from graph.webhooks import EndpointRow, LockedEndpoint
from services.journal import system_event
from services.mail import new_mail
from services.rights import ADMINS, SEES_BELOW
from services.webhook_fan_out import MAX_WAITING
from services.webhook_retries import FEW, MAX_ATTEMPTS, rest_after

KEPT: Final = timedelta(days=30)
"""How long it is kept what became of an event."""

MAX_ATTEMPTS_KEPT: Final = 50

_GONE: Final = 410
_MOST_TOLD: Final = 20  # people who get a mail about one webhook
_HIDDEN: Final = "the event is no longer there, or not for this webhook to know"


@dataclass(frozen=True, slots=True)
class Tried:
    """A delivery and what was answered; None where its event was not sent, as nobody may tell of it any more."""

    due: Due
    answered: Answered | None
    attempt: Attempt | None


class Outcomes:
    """Notes them."""

    def __init__(self, store: Store, clock: Clock, pause_after: timedelta, dice: Callable[[], float]) -> None:
        self._store = store
        self._clock = clock
        self._pause_after = pause_after
        self._dice = dice

    async def note(self, endpoint: EndpointRow, tried: Sequence[Tried]) -> bool:
        """Note what became of some events, and let go of their webhook.

        False where somebody else has claimed it since, as the lease was over: they note what they see.
        """
        at = self._clock()

        async def work(transaction: Transaction) -> bool:
            locked = await webhooks.lock(transaction, endpoint["webhookId"], SEES_BELOW)
            if locked is None or locked["endpoint"]["claim"] != endpoint["claim"]:
                return False
            told: list[Event] = []
            settled = [self._settled(locked["endpoint"], each, at, told) for each in tried]
            await webhook_deliveries.settle(transaction, settled)
            over = {each["id"] for each in settled if "settledAt" in each["properties"]}
            await webhook_fan_out.release(
                transaction, [each.due.lane for each in tried if each.due.delivery.id in over], to_micros(at)
            )
            changes = await self._after(transaction, locked, tried, at, told)
            if locked["endpoint"]["full"] and locked["waiting"] - len(over) <= MAX_WAITING // 2:
                changes |= {"full": False, "stale": True}
            await webhooks.change(transaction, endpoint["webhookId"], changes)
            if told:
                await events.append(transaction, told)
            return True

        return await self._store.write(work)

    def _settled(self, endpoint: EndpointRow, tried: Tried, at: datetime, told: list[Event]) -> Settled:
        due, answered = tried.due, tried.answered
        attempts = [*due.delivery.attempts, *([] if tried.attempt is None else [tried.attempt])]
        kept = {"attempts": webhook_deliveries.attempts_json(attempts[-MAX_ATTEMPTS_KEPT:])}
        if answered is not None and answered.taken:
            return {"id": due.delivery.id, "properties": {**kept, **over(WebhookDeliveryState.DELIVERED, at)}}
        if answered is not None and due.since < MAX_ATTEMPTS:
            rest = rest_after(due.since, answered.retry_after, self._dice)
            return {"id": due.delivery.id, "properties": {**kept, "dueAt": to_micros(at + rest)}}
        error = _HIDDEN if answered is None else why(answered)
        told.append(
            system_event(
                EventType.WEBHOOK_FAILED,
                target_id=endpoint["webhookId"],
                group_id=endpoint["groupId"],
                properties={"delivery": due.delivery.id, "event": due.delivery.event_id, "error": error},
            )
        )
        return {"id": due.delivery.id, "properties": {**kept, **over(WebhookDeliveryState.FAILED, at)}}

    async def _after(
        self, transaction: Transaction, locked: LockedEndpoint, tried: Sequence[Tried], at: datetime, told: list[Event]
    ) -> dict[str, object]:
        """What changes for the webhook: whether it fails, since when, and whether it is paused for that."""
        endpoint = locked["endpoint"]
        answers = [each.answered for each in tried if each.answered is not None]
        changes: dict[str, object] = {"leasedUntil": None}
        if not answers or endpoint["state"] != WebhookState.ACTIVE:
            return changes
        if any(each.taken for each in answers):
            if endpoint["failures"] >= FEW:
                told.append(_of(endpoint, EventType.WEBHOOK_DELIVERED, {"failures": endpoint["failures"]}))
            changes |= {"failures": 0, "failingSince": None}
        else:
            since = endpoint["failingSince"] or to_micros(at)
            failures = endpoint["failures"] + len(answers)
            changes |= {"failures": failures, "failingSince": since}
            if failures >= FEW and at - from_micros(since) >= self._pause_after:
                changes |= await self._pause(transaction, endpoint, WebhookPause.FAILING, at, told)
        if any(each.status == _GONE for each in answers):
            changes |= await self._pause(transaction, endpoint, WebhookPause.GONE, at, told)
        return changes

    async def _pause(
        self, transaction: Transaction, endpoint: EndpointRow, reason: WebhookPause, at: datetime, told: list[Event]
    ) -> Mapping[str, object]:
        """Pause a webhook, and tell those who look after its group."""
        told.append(_of(endpoint, EventType.WEBHOOK_PAUSED, {"reason": reason}))
        given = {"ids": [endpoint["webhookId"]], **reach_parameters(EVERYTHING)}
        names = [row["name"] for row in await transaction.run(things.FETCH_THINGS, given)]
        admins = await webhooks.admins(transaction, endpoint["groupId"], ADMINS, _MOST_TOLD)
        values = {"name": "".join(names), "webhook": endpoint["webhookId"]}
        letters = [new_mail(MailTemplate.WEBHOOK_PAUSED, people.from_row(each), at, **values) for each in admins]
        await mail.add(transaction, letters)
        return paused(reason, at)


def paused(reason: WebhookPause, at: datetime) -> Mapping[str, object]:
    """What a webhook has that is paused."""
    return {"state": WebhookState.PAUSED.value, "pause": reason.value, "pausedAt": to_micros(at)}


def over(state: WebhookDeliveryState, at: datetime) -> Mapping[str, object]:
    """What a delivery has that is over."""
    return {"state": state.value, "dueAt": None, "settledAt": to_micros(at), "forgetAt": to_micros(at + KEPT)}


def why(answered: Answered) -> str:
    """Why an event was not taken."""
    return answered.error or f"it answered {answered.status}"


def _of(endpoint: EndpointRow, event_type: EventType, properties: Mapping[str, int | str]) -> Event:
    return system_event(
        event_type, target_id=endpoint["webhookId"], group_id=endpoint["groupId"], properties=dict(properties)
    )

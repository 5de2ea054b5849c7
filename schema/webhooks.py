"""Webhooks as clients see them."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, TypeAlias, cast

import strawberry

from domain.people import MemberRole
from domain.webhooks import WebhookStatus
from schema.context import Info
from schema.cursors import log_cursor
from schema.define import field, object_type
from schema.enums import CreationOrder
from schema.paging import Connection, listed, paged
from schema.properties import sequence, text
from schema.things import Thing
from schema.webhook_states import WebhookDeliveryState, WebhookPause, WebhookState
from services import webhook_reading

if TYPE_CHECKING:
    from schema.events import Event

InState: TypeAlias = Annotated[
    WebhookDeliveryState | None, strawberry.argument(description="Only those in this state; null: all.")
]


@object_type
class WebhookAttempt:
    """One try to send an event to a webhook."""

    at: datetime = strawberry.field(description="When it began.")
    milliseconds: int = strawberry.field(description="How long it took.")
    status: int | None = strawberry.field(description="The status code that was answered; null where none was.")
    error: str | None = strawberry.field(description="Why it failed, in words; null where the event was taken.")
    answer: str | None = strawberry.field(description="How the answer began: up to 500 bytes of its body.")


@object_type
class WebhookDelivery:
    """An event on its way to a webhook, or that was sent. It is kept for 30 days after that."""

    id: strawberry.ID = strawberry.field(description="Names it.")
    event_id: strawberry.ID = strawberry.field(description="The event, and the header `webhook-id` of every try.")
    state: WebhookDeliveryState = strawberry.field(description="How far it has come.")
    tried: int = strawberry.field(description="How often it was tried; one that goes on just now counts.")
    attempts: list[WebhookAttempt] = strawberry.field(description="The last 50 tries that ended, the earliest first.")
    due_at: datetime | None = strawberry.field(
        description="When it is tried next; null where it is over, or waits for an earlier event of the same object."
    )
    created_at: datetime = strawberry.field(description="When it was taken up.")
    settled_at: datetime | None = strawberry.field(description="When it was taken, or given up.")

    @field
    async def event(self, info: Info) -> Annotated["Event", strawberry.lazy("schema.events")] | None:
        """The event; null where you may not see it."""
        return cast("Event | None", await info.context.loaders.events.load(self.event_id))


@object_type
class Webhook(Thing):
    """An address of a partner that events are sent to. How it works is shown to administrators of its group alone."""

    @field
    def url(self) -> str | None:
        """The address."""
        return text(self, "url")

    @field
    def event_types(self) -> list[str]:
        """Which events are sent; none named is all."""
        return [str(name) for name in sequence(self, "eventTypes")]

    @field
    async def state(self, info: Info) -> WebhookState | None:
        """Whether events are sent; null where it has no secret, as after an import: `rotateWebhookSecret` gives one."""
        status = await _status(info, self)
        return None if status is None else status.state

    @field
    async def below(self, info: Info) -> bool | None:
        """Whether it gets what happens in the groups below its own too."""
        status = await _status(info, self)
        return None if status is None else status.below

    @field
    async def pause(self, info: Info) -> WebhookPause | None:
        """Why it is paused; null where it is not."""
        status = await _status(info, self)
        return None if status is None else status.pause

    @field
    async def paused_at(self, info: Info) -> datetime | None:
        """Since when it is paused."""
        status = await _status(info, self)
        return None if status is None else status.paused_at

    @field
    async def failing_since(self, info: Info) -> datetime | None:
        """Since when every try has failed; null where the last one did not."""
        status = await _status(info, self)
        return None if status is None else status.failing_since

    @field
    async def former_secret_until(self, info: Info) -> datetime | None:
        """Until when the secret before signs too."""
        status = await _status(info, self)
        return None if status is None else status.former_until

    @field
    async def waiting(self, info: Info) -> int | None:
        """How many events are on their way to it. The next ones stay in the log while there are a thousand."""
        status = await _status(info, self)
        return None if status is None else status.waiting

    @field
    async def cursor(self, info: Info) -> str | None:
        """Its place in the log of events: what happened up to there was taken up."""
        status = await _status(info, self)
        return None if status is None else log_cursor(info.context.cursors, status.position)

    @paged(CreationOrder.NEWEST_FIRST)
    async def deliveries(self, info: Info, state: InState = None) -> Connection[WebhookDelivery]:
        """The events that are on their way to it, or were sent in the last 30 days, each with every try."""
        role = await _role(info, self)
        return listed(webhook_reading.deliveries(info.context.caller, role, state), self.id)


async def _role(info: Info, webhook: Webhook) -> MemberRole | None:
    held = await info.context.loaders.roles.load(webhook.group_id)
    return None if held is None else held.by_membership


async def _status(info: Info, webhook: Webhook) -> WebhookStatus | None:
    if not webhook_reading.looks_after(info.context.caller, await _role(info, webhook)):
        return None
    return await info.context.loaders.webhook_statuses.load(webhook.id)

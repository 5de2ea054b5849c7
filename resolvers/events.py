"""Events: what can be asked, and followed."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated, cast

import strawberry

from schema.context import Info
from schema.cursors import log_cursor, log_place
from schema.define import field, object_type, subscription
from schema.enums import CreationOrder
from schema.events import Event, EventDelivery
from schema.filters import OfEvents, condition
from schema.paging import Connection, listed, paged
from services import events


@object_type
class EventQueries:
    """Questions about events."""

    @paged(CreationOrder.NEWEST_FIRST)
    def events(self, filter: OfEvents = None) -> Connection[Event]:  # noqa: A002
        """What happened where you may see it."""
        return listed(events.all_events(condition(filter)))

    @field
    async def event_cursor(self, info: Info) -> str:
        """Where the log of events ends now. Ask for it together with what you show, and subscribe after it."""
        return written(info, await info.context.services.live_events.head(info.context.caller))


After = Annotated[
    str | None,
    strawberry.argument(
        description="The `cursor` of the last delivery that you got, or `eventCursor`: everything since comes first. "
        "Without it you get what happens from now on. The header `Last-Event-ID` counts before it."
    ),
]


@object_type
class EventSubscriptions:
    """Events to follow."""

    @subscription
    async def events(
        self,
        info: Info,
        filter: OfEvents = None,  # noqa: A002
        after: After = None,
    ) -> AsyncGenerator[EventDelivery, None]:
        """What happens where you may see it, each event once and in order, from now on or after a cursor."""
        context = info.context
        cursor = context.cursor or after
        deliveries = context.services.live_events.follow(
            context.caller, condition(filter), None if cursor is None else place(info, cursor)
        )
        async with aclosing(deliveries):
            async for delivery in deliveries:
                context.renew(delivery.viewer)
                context.cursor = written(info, delivery.position)
                yield EventDelivery(cursor=context.cursor, event=cast("Event", delivery.event))


def written(info: Info, position: int) -> str:
    """The cursor of a place in the log of events."""
    return log_cursor(info.context.cursors, position)


def place(info: Info, cursor: str) -> int:
    """The place that a cursor names. ValidationError where it names none."""
    return log_place(info.context.cursors, "after", cursor)

"""What happens to orders, as clients follow it."""

from typing import cast

import strawberry

from domain.events import Event as DomainEvent
from schema.context import Info
from schema.define import field, object_type, one_of
from schema.events import Event
from schema.orders import Order


@one_of
class OrdersOf:
    """Which orders to follow: exactly one of these."""

    seller: strawberry.Maybe[strawberry.ID] = strawberry.field(
        description="The group that sells: the one that holds the orders."
    )
    customer: strawberry.Maybe[strawberry.ID] = strawberry.field(
        description="The person who buys, as the order names them now."
    )
    order: strawberry.Maybe[strawberry.ID] = strawberry.field(description="One order.")


@object_type
class OrderUpdate:
    """Something that happened to an order."""

    cursor: str = strawberry.field(
        description="Its place in the log of events: give that of the last one as `after` when you come back."
    )
    event: Event = strawberry.field(description="What happened.")

    @classmethod
    def of(cls, cursor: str, event: DomainEvent) -> "OrderUpdate":
        """The update that an event is."""
        return cls(cursor=cursor, event=cast("Event", event))

    @field
    async def order(self, info: Info) -> Order | None:
        """The order as it is now; null where it is gone."""
        return cast("Order | None", await info.context.loaders.things.load(str(self.event.target_id)))

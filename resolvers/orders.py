"""Orders to follow."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated

import strawberry

from resolvers.events import After, place, written
from schema.context import Info
from schema.define import object_type, subscription
from schema.order_updates import OrdersOf, OrderUpdate
from services.order_updates import OrdersWanted


@object_type
class OrderSubscriptions:
    """Orders to follow."""

    @subscription
    async def order_updates(
        self,
        info: Info,
        of: Annotated[OrdersOf, strawberry.argument(description="Whose orders, or which one.")],
        after: After = None,
    ) -> AsyncGenerator[OrderUpdate, None]:
        """What happens to orders that you see, each event once and in order, from now on or after a cursor."""
        context = info.context
        cursor = context.cursor or after
        wanted = OrdersWanted(
            None if of.seller is None else of.seller.value,
            None if of.customer is None else of.customer.value,
            None if of.order is None else of.order.value,
        )
        follow = context.services.order_updates.follow
        deliveries = follow(context.caller, wanted, None if cursor is None else place(info, cursor))
        async with aclosing(deliveries):
            async for delivery in deliveries:
                context.renew(delivery.viewer)
                context.cursor = written(info, delivery.position)
                yield OrderUpdate.of(context.cursor, delivery.event)

"""Following orders: the events of things that are orders, of a seller, of a customer or of one order."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Final

from domain.access import Caller
from domain.filters import All, Comparison, Condition, Operator
from domain.ids import NodeKind, thing_prefix
from services import validation
from services.live_events import Delivery, LiveEvents
from services.things import Things

_OF_ORDERS: Final = Comparison("targetPrefix", Operator.IS, thing_prefix("order"), "of")


@dataclass(frozen=True, slots=True)
class OrdersWanted:
    """Which orders to follow: those that the group `seller` holds, those of a customer, or one."""

    seller: str | None = None
    customer: str | None = None
    order: str | None = None


class OrderUpdates:
    """What can be followed of orders."""

    def __init__(self, live_events: LiveEvents, things: Things) -> None:
        self._live_events = live_events
        self._things = things

    async def follow(self, caller: Caller, wanted: OrdersWanted, after: int | None) -> AsyncGenerator[Delivery]:
        """What happens to orders that the caller sees, after a place in the log or from now on.

        It ends and fails as `LiveEvents.follow` does; ValidationError of an id that is none.
        """
        customer = wanted.customer and validation.identifier("of.customer", wanted.customer, NodeKind.PERSON)
        deliveries = self._live_events.follow(caller, _condition(wanted), after)
        async with aclosing(deliveries):
            async for delivery in deliveries:
                if customer is None or await self._is_of(delivery, customer):
                    yield delivery

    async def _is_of(self, delivery: Delivery, customer: str) -> bool:
        """Whether the order is the customer's, as it is now."""
        target = str(delivery.event.target_id)
        order = (await self._things.fetch(Caller(delivery.viewer), [target])).get(target)
        return order is not None and order.properties.get("customerId") == customer


def _condition(wanted: OrdersWanted) -> Condition:
    parts = [_OF_ORDERS]
    if wanted.seller is not None:
        parts.append(Comparison("groupId", Operator.IS, wanted.seller, "of.seller"))
    if wanted.order is not None:
        parts.append(Comparison("targetId", Operator.IS, wanted.order, "of.order"))
    return All(tuple(parts))

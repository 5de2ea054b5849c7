"""Subscriptions as clients see them: things, by a name that GraphQL has no other use for."""

from datetime import datetime
from typing import cast

from schema.context import Info
from schema.define import field, object_type
from schema.money import Money, stored_money
from schema.products import Product
from schema.properties import node, properties, text, time
from schema.things import Thing


@object_type
class ProductSubscription(Thing):
    """A product that is paid for again and again."""

    @field
    def state(self) -> str | None:
        """trial, active, past_due or ended."""
        return text(self, "state")

    @field
    def price(self) -> Money | None:
        """What each period costs."""
        return stored_money(properties(self).get("price"))

    @field
    def interval(self) -> str | None:
        """How long a period is: month or year."""
        return text(self, "interval")

    @field
    def started_at(self) -> datetime | None:
        """When it began."""
        return time(self, "startedAt")

    @field
    def ends_at(self) -> datetime | None:
        """When it ends, if it does."""
        return time(self, "endsAt")

    @field
    async def product(self, info: Info) -> Product | None:
        """What is subscribed to."""
        return cast("Product | None", await node(info, self, "productId"))

"""Carts as clients see them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import cast

import strawberry

from domain.values import JSON
from schema.context import Info
from schema.define import field, object_type
from schema.products import Product
from schema.properties import sequence, time
from schema.things import Thing


@object_type
class CartLine:
    """Something in a cart."""

    quantity: int = strawberry.field(description="How many.")
    product_id: strawberry.Private[str]

    @field
    async def product(self, info: Info) -> Product | None:
        """The product; null where you may not see it."""
        return cast("Product | None", await info.context.loaders.things.load(self.product_id))


@object_type
class Cart(Thing):
    """What somebody means to buy."""

    @field
    def lines(self) -> list[CartLine]:
        """What is in it."""
        lines = cast("Sequence[Mapping[str, JSON]]", sequence(self, "lines"))
        return [
            CartLine(quantity=cast("int", line["quantity"]), product_id=cast("str", line["productId"]))
            for line in lines
        ]

    @field
    def expires_at(self) -> datetime | None:
        """Until when it is kept."""
        return time(self, "expiresAt")

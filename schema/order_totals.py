"""Sums over orders as clients see them."""

from typing import cast

import strawberry

from domain import orders as domain
from schema.define import field, object_type
from schema.money import Money, money


@object_type
class OrderTotals:
    """Sums over orders of one currency."""

    orders: int = strawberry.field(description="How many orders.")
    lines: int = strawberry.field(description="How many lines they have together.")
    currency: strawberry.Private[str]

    @field
    def net(self) -> Money:
        """What all lines come to after their discounts, exact before any rounding."""
        totals = cast("domain.OrderTotals", self)
        return money(totals.net, totals.currency)

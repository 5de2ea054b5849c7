"""Sums over orders as clients see them."""

from decimal import Decimal
from typing import cast

import strawberry

from domain import orders as domain
from schema.context import Info
from schema.define import field, object_type
from schema.money import Money, money
from schema.order_states import OrderState
from schema.paging import ItemT, RowT
from services.lists import ROOT, AnyList, NodeList


@object_type
class OrderStateTotals:
    """Sums over the orders of one currency that are in one state."""

    state: OrderState = strawberry.field(description="The state.")
    orders: int = strawberry.field(description="How many orders.")
    net: Money = strawberry.field(
        description="What their lines come to after their discounts, exact before any rounding."
    )


@object_type
class OrderTotals:
    """Sums over orders of one currency."""

    orders: int = strawberry.field(description="How many orders.")
    lines: int = strawberry.field(description="How many lines they have together.")
    totals: strawberry.Private[domain.OrderTotals]

    @field
    def net(self) -> Money:
        """What all lines come to after their discounts, exact before any rounding."""
        return money(self.totals.net, self.totals.currency)

    @field
    def fees(self) -> Money:
        """What of the net the platform keeps, exact before any rounding."""
        return money(self.totals.fees, self.totals.currency)

    @field
    def refunded(self) -> Money:
        """What was given back."""
        return money(Decimal(self.totals.refunded), self.totals.currency)

    @field
    def by_state(self) -> list[OrderStateTotals]:
        """The same for each state that any of them is in, from `pending` on."""
        currency = self.totals.currency
        return [
            OrderStateTotals(state=each.state, orders=each.orders, net=money(each.net, currency))
            for each in self.totals.by_state
        ]


async def order_totals(info: Info, of: NodeList[RowT, ItemT], parent: str = ROOT) -> list[OrderTotals]:
    """What the orders of a list come to."""
    found = await info.context.loaders.order_totals(cast("AnyList", of)).load(parent)
    return [OrderTotals(orders=each.orders, lines=each.lines, totals=each) for each in found]

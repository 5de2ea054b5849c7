"""Which orders to list, as clients say it."""

from decimal import Decimal
from typing import Annotated, TypeAlias

import strawberry

from schema.define import input_type
from schema.filters import WHICH, TimeRange
from schema.order_states import OrderState
from services import order_lists


@input_type
class OrderTotalRange:
    """What orders cost with their freight, in one currency: at least one of the two amounts."""

    currency: str = strawberry.field(description="ISO 4217, such as `USD`, or a token such as `USDC`.")
    at_least: Decimal | None = strawberry.field(default=None, description="This or more, in whole units.")
    at_most: Decimal | None = strawberry.field(default=None, description="This or less, in whole units.")


@input_type
class OrderFilter:
    """Which orders to list: all that is said of them holds."""

    seller: strawberry.ID | None = strawberry.field(default=None, description="This group sells it itself.")
    in_subtree_of: strawberry.ID | None = strawberry.field(
        default=None, description="This group sells it, or one anywhere below, as far as they are yours."
    )
    customer: strawberry.ID | None = strawberry.field(default=None, description="This person or group bought it.")
    product: strawberry.ID | None = strawberry.field(default=None, description="It has a line of this product.")
    states: list[OrderState] | None = strawberry.field(default=None, description="It is in one of these states.")
    placed_at: TimeRange | None = strawberry.field(default=None, description="When it was placed.")
    total: OrderTotalRange | None = strawberry.field(default=None, description="What it costs with its freight.")

    def to_domain(self) -> order_lists.OrderFilter:
        """As the services take it."""
        total, placed = self.total, self.placed_at
        return order_lists.OrderFilter(
            seller=self.seller,
            in_subtree_of=self.in_subtree_of,
            customer=self.customer,
            product=self.product,
            states=self.states,
            placed_from=None if placed is None else placed.from_,
            placed_before=None if placed is None else placed.before,
            total=None if total is None else order_lists.TotalRange(total.currency, total.at_least, total.at_most),
        )


def wanted(given: OrderFilter | None) -> order_lists.OrderFilter | None:
    """What a filter says, where there is one."""
    return None if given is None else given.to_domain()


OfOrders: TypeAlias = Annotated[OrderFilter | None, strawberry.argument(description=WHICH)]

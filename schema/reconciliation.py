"""What does not fit of what a group sold, as clients see it."""

from typing import cast

import strawberry

from schema.context import Info
from schema.define import field, object_type
from schema.node import Node
from services.reconciliation import Discrepancy


@object_type
class OrderDiscrepancy:
    """Something of which orders, payments, stock, numbers and events do not tell the same."""

    rule: str = strawberry.field(
        description="The rule that it breaks, such as `order_payments`: the page about consistency has them."
    )
    detail: str = strawberry.field(description="What does not fit.")
    settled_by: str = strawberry.field(description="What would settle it.")
    about: strawberry.Private[str]

    @field
    async def node(self, info: Info) -> Node | None:
        """The order, the product or the group that it is about."""
        return cast("Node | None", await info.context.loaders.node(self.about))

    @classmethod
    def of(cls, found: Discrepancy) -> "OrderDiscrepancy":
        """As clients see it."""
        return cls(rule=found.rule, detail=found.detail, settled_by=found.settled_by, about=found.about)


@object_type
class OrderReconciliation:
    """What was found of some of the orders and products of a group: go on with `endCursor` until there is no more."""

    looked_at: int = strawberry.field(description="How many orders and products were looked at.")
    discrepancies: list[OrderDiscrepancy] = strawberry.field(description="What does not fit of them.")
    end_cursor: str | None = strawberry.field(description="Give it as `after` for the next ones; null after the last.")

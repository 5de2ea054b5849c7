"""Payments as clients see them."""

from typing import cast

from domain import order_states
from schema.context import Info
from schema.define import field, object_type
from schema.money import Money, stored_money
from schema.node import Node
from schema.order_states import PaymentState
from schema.orders import Order
from schema.properties import node, properties, text
from schema.things import Thing


@object_type
class Payment(Thing):
    """Money that moved, or is about to, for an order."""

    @field
    def amount(self) -> Money | None:
        """How much."""
        return stored_money(properties(self).get("amount"))

    @field
    def state(self) -> PaymentState:
        """How far it has come."""
        return order_states.PaymentState(str(properties(self)["state"]))

    @field
    def reason(self) -> str | None:
        """Why a refund was asked for."""
        return text(self, "reason")

    @field
    async def customer(self, info: Info) -> Node | None:
        """Who paid, or gets it back; null where you may not see them."""
        return await node(info, self, "customerId")

    @field
    def method(self) -> str | None:
        """How it was paid."""
        return text(self, "method")

    @field
    def reference(self) -> str | None:
        """What the payer or the bank calls it."""
        return text(self, "reference")

    @field
    async def order(self, info: Info) -> Order | None:
        """The order that it pays for."""
        return cast("Order | None", await node(info, self, "orderId"))

    @field
    async def refund_of(self, info: Info) -> "Payment | None":
        """The payment that this one gives back."""
        return cast("Payment | None", await node(info, self, "refundOf"))

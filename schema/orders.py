"""Orders as clients see them."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, cast

import strawberry

from domain import order_states
from domain import orders as domain
from domain.orders import order_lines, platform_fee, refunded, state_of, whole_amount
from schema.context import Info
from schema.define import field, object_type
from schema.enums import CreationOrder
from schema.money import Money, money, stored_money
from schema.node import Node
from schema.order_states import OrderState
from schema.paging import Connection, listed, paged
from schema.products import Product, ProductFile
from schema.properties import node, properties, text, time
from schema.receipts import Receipt, shown_receipt
from schema.things import Thing
from services.order_lists import payments_of_order

if TYPE_CHECKING:
    from schema.groups import Group
    from schema.payments import Payment


@object_type
class OrderLine:
    """One position of an order, as it was at the purchase."""

    name: str = strawberry.field(description="The product's name then.")
    quantity: int = strawberry.field(description="How many.")
    discount: Decimal = strawberry.field(description="The part of the price that was let off: `0.15` is 15 %.")
    line: strawberry.Private[domain.OrderLine]
    currency: strawberry.Private[str]

    @field
    def unit_price(self) -> Money:
        """The price of one, before the discount."""
        return money(Decimal(self.line.unit_price), self.currency)

    @field
    def net(self) -> Money:
        """The price of all after the discount, exact before any rounding."""
        return money(self.line.net, self.currency)

    @field
    def platform_fee(self) -> Money:
        """What of the net the platform keeps, by the share at the purchase; exact before any rounding."""
        return money(self.line.net * self.line.fee_share, self.currency)

    @field
    def receipt(self) -> Receipt | None:
        """What proves that the customer got it; null before that."""
        return None if self.line.receipt is None else shown_receipt(self.line.receipt)

    @field
    async def product(self, info: Info) -> Product | None:
        """The product as it is now; null where you may not see it."""
        return cast("Product | None", await info.context.loaders.things.load(self.line.product_id))

    @field
    async def files(self, info: Info) -> list[ProductFile]:
        """What the product delivers, whether it is on sale still or not: once the order is paid, to its buyer."""
        found = await info.context.loaders.delivered_files.load(self.line.product_id) or []
        return [ProductFile(stored=each) for each in found]


def order_line(line: domain.OrderLine, currency: str) -> OrderLine:
    """A line of an order in that currency."""
    return OrderLine(name=line.name, quantity=line.quantity, discount=line.discount, line=line, currency=currency)


@object_type
class ShippingAddress:
    """Where an order goes to."""

    name: str | None = strawberry.field(description="Who receives it.")
    street: str | None = strawberry.field(description="Street and number.")
    city: str | None = strawberry.field(description="The town or city.")
    region: str | None = strawberry.field(description="State, province or region.")
    postal_code: str | None = strawberry.field(description="The code that the post uses there.")
    country: str | None = strawberry.field(description="The country's name.")


@object_type
class Order(Thing):
    """A purchase. Its lines keep the name, the price and the seller as they were."""

    @field
    def number(self) -> str | None:
        """The seller's number for it."""
        return text(self, "number")

    @field
    def state(self) -> OrderState:
        """How far it has come."""
        return state_of(properties(self))

    @field
    def next_states(self) -> list[OrderState]:
        """What it may become from here; empty where it has ended."""
        return order_states.next_states(state_of(properties(self)))

    @field
    def lines(self) -> list[OrderLine]:
        """What was bought."""
        stored = properties(self)
        return [order_line(line, str(stored["currency"])) for line in order_lines(stored)]

    @field
    def net(self) -> Money | None:
        """What the lines come to after their discounts, exact before any rounding."""
        stored = properties(self)
        net = sum(line.net for line in order_lines(stored))
        return stored_money({"amount": str(net), "currency": stored["currency"]})

    @field
    def freight(self) -> Money | None:
        """What the shipping costs."""
        stored = properties(self)
        if "freight" not in stored:
            return None
        return stored_money({"amount": stored["freight"], "currency": stored["currency"]})

    @field
    def platform_fee(self) -> Money:
        """What of the net the platform keeps; the rest is the seller's. Exact before any rounding."""
        stored = properties(self)
        return money(platform_fee(stored), str(stored["currency"]))

    @field
    def refunded(self) -> Money:
        """What of the payment was given back until now."""
        stored = properties(self)
        return money(Decimal(refunded(stored)), str(stored["currency"]))

    @field
    def expires_at(self) -> datetime | None:
        """When it expires, or expired, unless it is paid before."""
        return time(self, "expiresAt")

    @field
    def paid_at(self) -> datetime | None:
        """When it was paid."""
        return time(self, "paidAt")

    @field
    def fulfilled_at(self) -> datetime | None:
        """When the last of its lines got its receipt."""
        return time(self, "fulfilledAt")

    @field
    def completed_at(self) -> datetime | None:
        """When it was completed."""
        return time(self, "completedAt")

    @field
    def ended_at(self) -> datetime | None:
        """When it was cancelled, expired, or given back as a whole."""
        return time(self, "endedAt")

    @field
    def placed_at(self) -> datetime | None:
        """When it was placed."""
        return time(self, "placedAt")

    @field
    def required_at(self) -> datetime | None:
        """By when the customer wants it."""
        return time(self, "requiredAt")

    @field
    def shipped_at(self) -> datetime | None:
        """When it was shipped."""
        return time(self, "shippedAt")

    @field
    def shipper(self) -> str | None:
        """Who ships it."""
        return text(self, "shipper")

    @field
    def ship_to(self) -> ShippingAddress | None:
        """Where it goes to."""
        address = properties(self).get("shipTo")
        if not isinstance(address, Mapping):
            return None
        part = {name: None if (value := address.get(name)) is None else str(value) for name in _ADDRESS}
        return ShippingAddress(
            name=part["name"],
            street=part["street"],
            city=part["city"],
            region=part["region"],
            postal_code=part["postalCode"],
            country=part["country"],
        )

    @field
    def total(self) -> Money:
        """What is paid for it: the net with the freight, rounded to the smallest unit, halves to the even one."""
        stored = properties(self)
        return money(Decimal(whole_amount(stored)), str(stored["currency"]))

    @field
    async def seller(self, info: Info) -> Annotated["Group", strawberry.lazy("schema.groups")] | None:
        """The group that sells it; null where you may not see that."""
        return cast("Group | None", await info.context.loaders.groups.load(self.group_id))

    @paged(CreationOrder.OLDEST_FIRST)
    def payments(self) -> Connection[Annotated["Payment", strawberry.lazy("schema.payments")]]:
        """What was paid for it, and what was asked to be given back or was: these have a `refundOf`."""
        return listed(payments_of_order(), self.id)

    @field
    async def customer(self, info: Info) -> Node | None:
        """The person or group that bought; null where you may not see it."""
        return await node(info, self, "customerId")


_ADDRESS = ("name", "street", "city", "region", "postalCode", "country")

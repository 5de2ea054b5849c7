"""Placing, cancelling, fulfilling and completing orders: inputs, and what each mutation answers."""

from collections.abc import Mapping
from typing import Annotated, TypeAlias

import strawberry

from schema.arguments import IDEMPOTENCY_KEY
from schema.define import input_type, object_type
from schema.errors import AuthError, ConflictError, ForbiddenError, NetworkError, NotFoundError, ValidationError
from schema.orders import Order
from schema.receipts import ReceiptInput
from services.fulfilment import Delivered, Fulfilment
from services.order_placing import NewOrder, WantedLine

ORDER_AFTER = "The order after the change."


@input_type
class OrderLineInput:
    """A product, and how many of it."""

    product_id: strawberry.ID = strawberry.field(description="The product.")
    quantity: int = strawberry.field(description="How many: 1 to 1,000,000.")

    def to_domain(self) -> WantedLine:
        """As the services take it."""
        return WantedLine(self.product_id, self.quantity)


@input_type
class ShippingAddressInput:
    """Where an order goes to."""

    name: str | None = strawberry.field(description="Who receives it.", default=None)
    street: str | None = strawberry.field(description="Street and number.", default=None)
    city: str | None = strawberry.field(description="The town or city.", default=None)
    region: str | None = strawberry.field(description="State, province or region.", default=None)
    postal_code: str | None = strawberry.field(description="The code that the post uses there.", default=None)
    country: str | None = strawberry.field(description="The country's name.", default=None)


def address(to: ShippingAddressInput | None) -> Mapping[str, str]:
    """The parts of an address that are known, as the services take them."""
    if to is None:
        return {}
    parts = {
        "name": to.name,
        "street": to.street,
        "city": to.city,
        "region": to.region,
        "postalCode": to.postal_code,
        "country": to.country,
    }
    return {name: value for name, value in parts.items() if value is not None}


@input_type
class PlaceOrderInput:
    """What to buy: published products of one group, priced in one currency."""

    lines: list[OrderLineInput] = strawberry.field(description="The products, each once: 1 to 50.")
    ship_to: ShippingAddressInput | None = strawberry.field(description="Where it goes to, if anywhere.", default=None)
    idempotency_key: str = strawberry.field(description=IDEMPOTENCY_KEY)

    def to_domain(self) -> NewOrder:
        """As the services take it."""
        return NewOrder([line.to_domain() for line in self.lines], address(self.ship_to))


@input_type
class CancelOrderInput:
    """An order to take back. It may be done by the buyer and by an owner of the group that sells."""

    order_id: strawberry.ID = strawberry.field(description="The order, which is `pending`.")
    idempotency_key: str | None = strawberry.field(description=IDEMPOTENCY_KEY, default=None)


@input_type
class FulfilLineInput:
    """A line of an order that the customer got."""

    product_id: strawberry.ID = strawberry.field(description="The product of the line.")
    receipt: ReceiptInput = strawberry.field(description="What proves it.")

    def to_domain(self) -> Delivered:
        """As the services take it."""
        return Delivered(self.product_id, self.receipt.to_domain())


@input_type
class FulfilOrderInput:
    """Lines of an order that were fulfilled."""

    order_id: strawberry.ID = strawberry.field(description="The order, which is `paid`.")
    lines: list[FulfilLineInput] = strawberry.field(description="Some or all of its lines that have no receipt yet.")
    idempotency_key: str | None = strawberry.field(description=IDEMPOTENCY_KEY, default=None)

    def to_domain(self) -> Fulfilment:
        """As the services take it."""
        return Fulfilment(self.order_id, [line.to_domain() for line in self.lines])


@input_type
class CompleteOrderInput:
    """An order that ended well."""

    order_id: strawberry.ID = strawberry.field(description="The order, which is `fulfilled`.")
    idempotency_key: str | None = strawberry.field(description=IDEMPOTENCY_KEY, default=None)


@object_type
class PlaceOrderSuccess:
    """The order is placed, and waits to be paid."""

    order: Order = strawberry.field(description="The order.")


@object_type
class CancelOrderSuccess:
    """The order is cancelled; what it took from the stock is back."""

    order: Order = strawberry.field(description=ORDER_AFTER)


@object_type
class FulfilOrderSuccess:
    """The lines have their receipts. With the last one the order is `fulfilled`."""

    order: Order = strawberry.field(description=ORDER_AFTER)


@object_type
class CompleteOrderSuccess:
    """The order is completed."""

    order: Order = strawberry.field(description=ORDER_AFTER)


PlaceOrderResult: TypeAlias = Annotated[
    PlaceOrderSuccess | AuthError | ForbiddenError | ValidationError | NotFoundError | ConflictError | NetworkError,
    strawberry.union("PlaceOrderResult", description="What placeOrder answers."),
]
CancelOrderResult: TypeAlias = Annotated[
    CancelOrderSuccess | AuthError | ForbiddenError | ValidationError | NotFoundError | ConflictError | NetworkError,
    strawberry.union("CancelOrderResult", description="What cancelOrder answers."),
]
FulfilOrderResult: TypeAlias = Annotated[
    FulfilOrderSuccess | AuthError | ForbiddenError | ValidationError | NotFoundError | ConflictError | NetworkError,
    strawberry.union("FulfilOrderResult", description="What fulfilOrder answers."),
]
CompleteOrderResult: TypeAlias = Annotated[
    CompleteOrderSuccess | AuthError | ForbiddenError | ValidationError | NotFoundError | ConflictError | NetworkError,
    strawberry.union("CompleteOrderResult", description="What completeOrder answers."),
]

"""Filling a cart, and buying what is in it: inputs, and what each mutation answers."""

from typing import Annotated, TypeAlias

import strawberry

from schema.arguments import IDEMPOTENCY_KEY
from schema.define import input_type, object_type
from schema.errors import (
    AuthError,
    ConflictError,
    ForbiddenError,
    NetworkError,
    NotFoundError,
    RateLimitError,
    ValidationError,
)
from schema.money import MoneyInput
from schema.order_changes import ShippingAddressInput, address
from schema.orders import Order
from schema.shopping_carts import ShoppingCart
from schema.sign_in_kinds import TokenDelivery
from services.checkout import Checkout

TOKEN = "The token of your cart, where you did not say who you are, and it is not a cookie."  # noqa: S105 - what is said of it


@input_type
class SetCartLineInput:
    """How many of a product to have in the cart, whatever there was."""

    product_id: strawberry.ID = strawberry.field(description="The product.")
    quantity: int = strawberry.field(description="How many: 1 to 1,000,000; 0 takes it out.")
    token: str | None = strawberry.field(description=TOKEN, default=None)
    delivery: TokenDelivery = strawberry.field(
        description="How the token of a cart that begins goes to you, where you did not say who you are.",
        default=TokenDelivery.BODY,
    )


@input_type
class ClearCartInput:
    """A cart to empty."""

    token: str | None = strawberry.field(description=TOKEN, default=None)


@input_type
class ClaimCartInput:
    """A cart that you filled before you said who you are."""

    token: str | None = strawberry.field(description="Its token, where it is not a cookie.", default=None)


@input_type
class CheckoutInput:
    """What you expect your cart to cost, and where it goes to."""

    expected_totals: list[MoneyInput] = strawberry.field(
        description="`ShoppingCart.totals` as you saw them: one amount for each currency."
    )
    ship_to: ShippingAddressInput | None = strawberry.field(description="Where it goes to, if anywhere.", default=None)
    idempotency_key: str = strawberry.field(description=IDEMPOTENCY_KEY)

    def to_domain(self) -> Checkout:
        """As the services take it."""
        return Checkout([each.to_domain() for each in self.expected_totals], address(self.ship_to))


@object_type
class SetCartLineSuccess:
    """So many are in the cart."""

    cart: ShoppingCart = strawberry.field(description="The cart after the change.")
    token: str | None = strawberry.field(
        description="The token of a cart that began, which is shown this once; null where there was one, where it went "
        "as a cookie, and where you said who you are."
    )


@object_type
class ClearCartSuccess:
    """There is nothing in the cart."""

    cart: ShoppingCart = strawberry.field(description="The cart, which is empty.")


@object_type
class ClaimCartSuccess:
    """What was in the other cart is in yours, and the other is no more."""

    cart: ShoppingCart = strawberry.field(description="Your cart after the change.")


@object_type
class CheckoutSuccess:
    """The orders are placed, and wait to be paid; the cart is empty."""

    orders: list[Order] = strawberry.field(description="One for each group that sells, and each currency.")


SetCartLineResult: TypeAlias = Annotated[
    SetCartLineSuccess | AuthError | ForbiddenError | ValidationError | ConflictError | RateLimitError | NetworkError,
    strawberry.union("SetCartLineResult", description="What setCartLine answers."),
]
ClearCartResult: TypeAlias = Annotated[
    ClearCartSuccess | AuthError | ForbiddenError | ValidationError | NetworkError,
    strawberry.union("ClearCartResult", description="What clearCart answers."),
]
ClaimCartResult: TypeAlias = Annotated[
    ClaimCartSuccess | AuthError | ForbiddenError | ValidationError | NotFoundError | NetworkError,
    strawberry.union("ClaimCartResult", description="What claimCart answers."),
]
CheckoutResult: TypeAlias = Annotated[
    CheckoutSuccess | AuthError | ForbiddenError | ValidationError | NotFoundError | ConflictError | NetworkError,
    strawberry.union("CheckoutResult", description="What checkout answers."),
]

"""Carts: what can be asked and done."""

from typing import Annotated, cast

import strawberry

from domain.carts import Cart
from domain.values import now
from resolvers.answers import answering
from schema.arguments import INPUT
from schema.cart_changes import (
    TOKEN,
    CheckoutInput,
    CheckoutResult,
    CheckoutSuccess,
    ClaimCartInput,
    ClaimCartResult,
    ClaimCartSuccess,
    ClearCartInput,
    ClearCartResult,
    ClearCartSuccess,
    SetCartLineInput,
    SetCartLineResult,
    SetCartLineSuccess,
)
from schema.context import Info
from schema.define import field, mutation, object_type
from schema.orders import Order
from schema.shopping_carts import ShoppingCart
from schema.sign_in_kinds import TokenDelivery


@object_type
class CartQueries:
    """Questions about carts."""

    @field
    async def cart(
        self, info: Info, token: Annotated[str | None, strawberry.argument(description=TOKEN)] = None
    ) -> ShoppingCart:
        """Your cart, which is empty where you put nothing into it. Nobody has to say who they are."""
        found = await info.context.services.carts.of(info.context.caller, _token(info, token))
        return ShoppingCart(cart=found or Cart([]))


@object_type
class CartMutations:
    """Filling carts, and buying what is in them."""

    @mutation
    @answering
    async def set_cart_line(self, info: Info, input: Annotated[SetCartLineInput, INPUT]) -> SetCartLineResult:  # noqa: A002
        """Have so many of a product in your cart. Nobody has to say who they are: a visitor gets a token for it."""
        if input.delivery is TokenDelivery.COOKIE:
            info.context.cookies.check()
        kept = await info.context.services.carts.set_line(
            info.context.caller, _token(info, input.token), input.product_id, input.quantity
        )
        token = kept.token
        if token is not None and input.delivery is TokenDelivery.COOKIE and kept.cart.expires_at is not None:
            info.context.cookies.set_cart(token, int((kept.cart.expires_at - now()).total_seconds()))
            token = None
        return SetCartLineSuccess(cart=ShoppingCart(cart=kept.cart), token=token)

    @mutation
    @answering
    async def clear_cart(self, info: Info, input: Annotated[ClearCartInput, INPUT]) -> ClearCartResult:  # noqa: A002
        """Have nothing in your cart."""
        await info.context.services.carts.clear(info.context.caller, _token(info, input.token))
        return ClearCartSuccess(cart=ShoppingCart(cart=Cart([])))

    @mutation
    @answering
    async def claim_cart(self, info: Info, input: Annotated[ClaimCartInput, INPUT]) -> ClaimCartResult:  # noqa: A002
        """Put what you had in a cart before you signed in into your own. Where both are cookies, signing in does it."""
        token = input.token if input.token is not None else info.context.cookies.cart_token
        cart = await info.context.services.carts.claim(info.context.caller, token)
        info.context.cookies.clear_cart()
        return ClaimCartSuccess(cart=ShoppingCart(cart=cart))

    @mutation
    @answering
    async def checkout(self, info: Info, input: Annotated[CheckoutInput, INPUT]) -> CheckoutResult:  # noqa: A002
        """Buy all that is in your cart: an order with each group that sells some of it, all of them or none."""
        placed = await info.context.services.orders.check_out(
            info.context.caller, input.to_domain(), input.idempotency_key
        )
        return CheckoutSuccess(orders=cast("list[Order]", placed))


def _token(info: Info, given: str | None) -> str | None:
    """The token of a visitor's cart; whoever said who they are has a cart without one."""
    return given if given is not None or info.context.caller.viewer is not None else info.context.cookies.cart_token

"""Carts: what somebody means to buy, be it a person or a visitor who holds a token, of which only the hash is kept.

Nobody else sees a cart. Nothing is taken from the stock for it, and prices are read anew whenever it is looked at.
"""

import logging
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from time import monotonic
from typing import Final

from domain.access import NOBODY, Caller, Reach
from domain.carts import Cart, CartLine, stands
from domain.errors import AppError, ConflictError, NotFoundError, ValidationError
from domain.events import EventType
from domain.ids import NodeKind
from domain.products import PRODUCT, left
from domain.things import Thing
from domain.values import JSON, Clock
from graph import carts, events, things
from graph.access import reach_parameters
from graph.carts import Holder
from graph.store import Store, Transaction
from services import validation
from services.access import Action, authorize, authorize_account, authorize_if_known, open_reach_of
from services.hashes import hash_of
from services.journal import event
from services.order_placing import MAX_LINES, MAX_QUANTITY
from services.people import lock_account
from services.rate_limits import Limited, RateLimits

log = logging.getLogger("one.carts")

TOKEN_PREFIX: Final = "onec_"  # noqa: S105 - what a token begins with
"""Every token of a visitor's cart starts so, so that a scanner for leaked secrets can tell what it found."""

_FORGOTTEN_AT_ONCE: Final = 1_000
_LOOKED_EVERY: Final = 60.0  # seconds between two looks for carts to end

_SECRET_BYTES: Final = 32


_THE_ONE: Final = "of this token"
_NONE: Final = CartLine("", 0, "", 0, "")


@dataclass(frozen=True, slots=True)
class KeptCart:
    """A cart after a change, with the token of a visitor whose cart began by it."""

    cart: Cart
    token: str | None = None


class Carts:
    """What can be asked and done about carts."""

    def __init__(self, store: Store, clock: Clock, limits: RateLimits, kept: timedelta) -> None:
        """A cart is kept so long after it was last changed."""
        self._store = store
        self._clock = clock
        self._limits = limits
        self._kept = kept

    async def of(self, caller: Caller, token: str | None) -> Cart | None:
        """The caller's own cart, or a visitor's whose token it is; None where there is none that is kept still."""
        holder = _holder(caller, token)
        return None if holder is None else await carts.fetch(self._store, holder, self._clock())

    async def set_line(self, caller: Caller, token: str | None, product_id: str, quantity: int) -> KeptCart:
        """Have so many of a product in the cart, and none for zero, whatever there was: to do it again changes nothing.

        ValidationError where it is not on sale or the cart is full, ConflictError where fewer are left. A visitor
        without a cart gets one with a token; RateLimitError where too many began in one place.
        """
        authorize_if_known(caller, Action.SET_CART_LINE)
        validation.identifier("productId", product_id, NodeKind.THING)
        if not 0 <= quantity <= MAX_QUANTITY:
            raise ValidationError("quantity", f"quantity takes 0 to {MAX_QUANTITY:,}.")
        holder, new_token = _holder(caller, token), None
        if holder is None or (holder.person_id is None and await self.of(caller, token) is None):
            if quantity == 0:
                return KeptCart(Cart([]))
            await self._limits.count(Limited.CART, caller)
            new_token = TOKEN_PREFIX + secrets.token_urlsafe(_SECRET_BYTES)
            holder = Holder(token_hash=hash_of(new_token))
        reach = open_reach_of(caller)

        async def work(transaction: Transaction, holder: Holder = holder) -> Cart:
            at = self._clock()
            if holder.person_id is not None:
                await lock_account(transaction, holder.person_id)
            cart = await carts.begin(transaction, holder, at)
            line = _NONE if quantity == 0 else await _wanted(transaction, reach, product_id, quantity)
            changed = cart.with_line(replace(line, product_id=product_id))
            if len(changed.lines) > MAX_LINES:
                raise ValidationError("productId", f"A cart takes {MAX_LINES} products: buy these first.")
            await _tell(transaction, caller, holder.person_id, {"product": product_id, "quantity": quantity})
            return await carts.save(transaction, holder, changed, at, at + self._kept)

        return KeptCart(await self._store.write(work), new_token)

    async def clear(self, caller: Caller, token: str | None) -> None:
        """Have nothing in the cart."""
        authorize_if_known(caller, Action.CLEAR_CART)
        holder = _holder(caller, token)

        async def work(transaction: Transaction) -> None:
            if holder is not None and await carts.lock(transaction, holder, self._clock()) is not None:
                await carts.delete(transaction, holder)
                await _tell(transaction, caller, holder.person_id, {})

        await self._store.write(work)

    async def claim(self, caller: Caller, token: str | None) -> Cart:
        """Put what is in a visitor's cart into the caller's own, and end it.

        What both have is added up, as far as it is left and one order takes. NotFoundError where there is no such cart,
        as when it was claimed before.
        """
        viewer = authorize(caller, Action.CLAIM_CART)
        authorize_account(viewer)
        if token is None:
            raise NotFoundError("cart", _THE_ONE)
        return await self._claim(caller, viewer.person_id, validation.name("token", token))

    async def claim_at_sign_in(self, caller: Caller, person_id: str, token: str) -> None:
        """The same for who just signed in; where it fails the visitor's cart stays, and the sign-in is good."""
        try:
            await self._claim(caller, person_id, token)
        except NotFoundError:
            pass  # it was claimed before, or its time was over
        except AppError as error:
            log.warning("a cart was not claimed: %s", error.message)

    async def _claim(self, caller: Caller, person_id: str, token: str) -> Cart:
        own, visitors = Holder(person_id=person_id), Holder(token_hash=hash_of(token))

        async def work(transaction: Transaction) -> Cart:
            at = self._clock()
            await lock_account(transaction, person_id)
            cart = await carts.begin(transaction, own, at)
            brought = await carts.lock(transaction, visitors, at)
            if brought is None:
                raise NotFoundError("cart", _THE_ONE)
            # What a visitor put there is on sale to everybody.
            products = await _products(transaction, NOBODY, [each.product_id for each in brought.lines])
            merged = cart
            for line in brought.lines:
                added = _added(merged, line, products.get(line.product_id))
                merged = added if len(added.lines) <= MAX_LINES else merged
            await carts.delete(transaction, visitors)
            await _tell(transaction, caller, person_id, {"claimed": len(brought.lines)})
            return await carts.save(transaction, own, merged, at, at + self._kept)

        return await self._store.write(work)


def _holder(caller: Caller, token: str | None) -> Holder | None:
    """Whose cart it is about: the caller's own, or else that of the token. ValidationError where it cannot be one.

    ForbiddenError to a key that is confined to some groups: a cart is its person's, as an account is.
    """
    of_token = None if token is None else Holder(token_hash=hash_of(validation.name("token", token)))
    if caller.viewer is None:
        return of_token
    authorize_account(caller.viewer)
    return Holder(person_id=caller.viewer.person_id)


async def _products(transaction: Transaction, reach: Reach, ids: Sequence[str]) -> dict[str, Thing]:
    rows = await transaction.run(things.FETCH_THINGS, {"ids": sorted(ids), **reach_parameters(reach)})
    return {row["id"]: things.from_row(row) for row in rows if row["type"] == PRODUCT}


async def _wanted(transaction: Transaction, reach: Reach, product_id: str, quantity: int) -> CartLine:
    product = (await _products(transaction, reach, [product_id])).get(product_id)
    now = stands(CartLine(product_id, quantity, "", 0, ""), product)
    if product is None or now.price is None:
        # The same where it is hidden, so that nobody learns what there is.
        raise ValidationError("productId", "productId takes a product that is on sale.")
    if now.left is not None and now.left < quantity:
        raise ConflictError(f"Of {product.name!r} {now.left} are left, and not {quantity}.", field="quantity")
    return CartLine(product_id, quantity, product.name, now.price, now.currency)


def _added(cart: Cart, line: CartLine, product: Thing | None) -> Cart:
    """The cart with what a line brings, added to what it has of the same, as far as that can be had."""
    own = next((each for each in cart.lines if each.product_id == line.product_id), None)
    there = MAX_QUANTITY if product is None else left(product)
    most = MAX_QUANTITY if there is None else min(there, MAX_QUANTITY)
    had = 0 if own is None else own.quantity
    quantity = max(had, min(had + line.quantity, most))
    return cart.with_line(replace(line, quantity=quantity or line.quantity))


async def _tell(transaction: Transaction, caller: Caller, person_id: str | None, details: dict[str, JSON]) -> None:
    """Record that a person's cart changed. A visitor is nobody to name, and anybody could fill the log."""
    if person_id is not None:
        what = EventType.CART_UPDATED
        told = event(caller, what, target_id=person_id, group_id=None, properties=details, actor=person_id)
        await events.append(transaction, [told])


class CartExpiry:
    """Ends carts that were not changed for long: now and then, as nothing depends on when."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._next = 0.0

    async def __call__(self) -> int:
        """End some that are due, if it is time to look for them, and answer how many."""
        if monotonic() < self._next:
            return 0
        ended = await carts.forget(self._store, self._clock(), _FORGOTTEN_AT_ONCE)
        self._next = 0.0 if ended else monotonic() + _LOOKED_EVERY
        return ended

"""All that can be done about orders, each once under its idempotency key."""

import asyncio
from typing import Final

from domain.access import Caller
from domain.things import Thing
from domain.values import Clock
from graph.store import Store
from services.changes import Changes
from services.checkout import CHECKOUT, Checkout, checking_out
from services.fulfilment import COMPLETE_ORDER, FULFIL_ORDER, Fulfilment, completing, fulfilling
from services.order_ending import CANCEL_ORDER, Expiry, cancelling
from services.order_payments import RECORD_PAYMENT, NewPayment, recording
from services.order_placing import PLACE_ORDER, NewOrder, placing
from services.orders import Terms
from services.refunds import APPROVE_REFUND, DECLINE_REFUND, REQUEST_REFUND, NewRefund, deciding, requesting

PLACED_AT_ONCE: Final = 32
"""How many orders a server places at a time: a crowd at one product leaves the store's connections to the others."""


class OrderChanges:
    """Changes orders, on the terms of the operator."""

    def __init__(self, store: Store, clock: Clock, changes: Changes, terms: Terms) -> None:
        self._clock = clock
        self._changes = changes
        self._terms = terms
        self._placing = asyncio.Semaphore(PLACED_AT_ONCE)
        self.expire = Expiry(store, clock)
        """Ends some orders whose time to be paid is over."""

    async def place(self, caller: Caller, new: NewOrder, key: str) -> Thing:
        """Buy something, and answer the order."""
        work = placing(caller, new, self._terms, self._clock)
        async with self._placing:
            return await self._changes.do_once(caller, PLACE_ORDER, key, new, work)

    async def check_out(self, caller: Caller, wanted: Checkout, key: str) -> list[Thing]:
        """Buy what is in the cart, and answer the orders."""
        work = checking_out(caller, wanted, self._terms, self._clock)
        async with self._placing:
            return await self._changes.do_once(caller, CHECKOUT, key, wanted, work)

    async def cancel(self, caller: Caller, order_id: str, key: str | None) -> Thing:
        """End an order that is not paid."""
        return await self._changes.do_once(caller, CANCEL_ORDER, key, order_id, cancelling(caller, order_id))

    async def record_payment(self, caller: Caller, new: NewPayment, key: str) -> Thing:
        """Note that an order was paid, and answer the payment."""
        return await self._changes.do_once(caller, RECORD_PAYMENT, key, new, recording(caller, new))

    async def fulfil(self, caller: Caller, new: Fulfilment, key: str | None) -> Thing:
        """Give lines of an order their receipts."""
        return await self._changes.do_once(caller, FULFIL_ORDER, key, new, fulfilling(caller, new))

    async def complete(self, caller: Caller, order_id: str, key: str | None) -> Thing:
        """End an order well."""
        return await self._changes.do_once(caller, COMPLETE_ORDER, key, order_id, completing(caller, order_id))

    async def request_refund(self, caller: Caller, new: NewRefund, key: str) -> Thing:
        """Ask for money back, and answer the refund."""
        return await self._changes.do_once(caller, REQUEST_REFUND, key, new, requesting(caller, new))

    async def decide_refund(self, caller: Caller, refund_id: str, key: str | None, *, approve: bool) -> Thing:
        """Approve or decline a refund, and answer it."""
        making = APPROVE_REFUND if approve else DECLINE_REFUND
        return await self._changes.do_once(caller, making, key, refund_id, deciding(caller, refund_id, approve=approve))

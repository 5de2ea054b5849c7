"""Orders that come to nothing: cancelled by who wants them no more, or expired unpaid. What they took comes back."""

import logging
from dataclasses import replace
from typing import Final

from domain.access import EVERYTHING, Caller
from domain.errors import AppError
from domain.events import EventType
from domain.order_states import OrderState, check_transition
from domain.orders import order_lines, state_of, unpaid_until
from domain.things import Thing
from domain.values import Clock, now, to_micros
from graph import orders
from graph.store import Store, Transaction
from services.access import Action
from services.idempotency import Making
from services.orders import check_id, lock_of_either, order_again, save
from services.rights import Rights
from services.work import Work

log = logging.getLogger("one.orders")

EXPIRED_AT_ONCE: Final = 100

_SYSTEM: Final = Caller(viewer=None)


def cancelling(caller: Caller, order_id: str) -> Work[Thing]:
    """End an order that is not paid, as its buyer or its seller. ConflictError where it is not pending any more."""
    rights = Rights.of(caller, Action.CANCEL_ORDER)
    check_id("orderId", order_id)

    async def work(transaction: Transaction) -> Thing:
        order = await lock_of_either(transaction, rights, order_id)
        return await _end(transaction, caller, order, OrderState.CANCELLED)

    return work


class Expiry:
    """Ends orders that were not paid in their time."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def __call__(self) -> int:
        """End some that are due, and answer how many: each in a transaction, by whichever server locks it first."""
        at = self._clock()
        ended = 0
        for order_id in await orders.unpaid(self._store, to_micros(at), EXPIRED_AT_ONCE):

            async def work(transaction: Transaction, order_id: str = order_id) -> bool:
                order = await orders.lock(transaction, EVERYTHING, order_id)
                until = None if order is None else unpaid_until(order.properties)
                if order is None or until is None or until > at:
                    return False
                await _end(transaction, _SYSTEM, order, OrderState.EXPIRED)
                return True

            try:
                ended += await self._store.write(work)
            except AppError as error:  # the others are due all the same
                log.warning("order %s was not ended: %s", order_id, error.message)
        return ended


async def _end(transaction: Transaction, caller: Caller, order: Thing, state: OrderState) -> Thing:
    check_transition(state_of(order.properties), state)
    await _return_stock(transaction, order)
    how = {"reason": state.value} if state is OrderState.EXPIRED else {}
    ended = {"state": state, "endedAt": now().isoformat()}
    return await save(transaction, caller, EventType.ORDER_CANCELLED, order, ended, **how)


async def _return_stock(transaction: Transaction, order: Thing) -> None:
    taken = {line.product_id: line.quantity for line in order_lines(order.properties) if line.stocked}
    if not taken:
        return
    products = await orders.lock_sold(transaction, taken)
    # One whose stock is not counted any more has nothing to come back to.
    counted = [each for each in products.values() if "stock" in each.properties]
    await orders.set_sold(transaction, [replace(each, sold=each.sold - taken[each.id]) for each in counted])


CANCEL_ORDER: Final[Making[Thing]] = Making("cancelOrder", lambda made: made.id, order_again)

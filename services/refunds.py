"""Refunds: asked for by the buyer or the seller, and approved or declined by the seller.

A refund is a payment of its own that points at the one it gives back: pending until it is decided, then confirmed or
failed. What was given back is decided under the lock of the order, so that it is never more than was paid.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final, cast

from domain.access import Caller
from domain.errors import ConflictError, NotFoundError, ValidationError
from domain.events import EventType
from domain.ids import NodeKind
from domain.mail import MailTemplate
from domain.money import Money
from domain.order_states import PAID_FOR, OrderState, PaymentState, check_transition
from domain.orders import order_lines, refunded, state_of
from domain.things import Thing
from domain.values import JSON, now
from graph import orders
from graph.store import Transaction
from services import validation
from services.access import Action
from services.idempotency import Making
from services.money import GivenMoney
from services.order_placing import WantedLine
from services.orders import (
    PAYMENT,
    check_id,
    create,
    in_use,
    in_words,
    lock_group_of,
    lock_of_either,
    new_purchase,
    order_again,
    save,
    tell_buyer,
)
from services.rights import Rights
from services.thing_changes import happened
from services.work import Work

MAX_PENDING: Final = 10
"""How many refunds of one order may wait for a decision."""

_TAKEN: Final = frozenset({PaymentState.CONFIRMED, PaymentState.FINALIZED, PaymentState.REFUNDED})


@dataclass(frozen=True, slots=True)
class NewRefund:
    """What to give back of an order: the whole that is left, an amount, or some of its lines."""

    order_id: str
    whole: bool | None = None
    amount: GivenMoney | None = None
    lines: Sequence[WantedLine] | None = None
    reason: str = ""


def requesting(caller: Caller, new: NewRefund) -> Work[Thing]:
    """Ask for money back, as the buyer or the seller of a paid order: a payment that waits for its approval."""
    rights = Rights.of(caller, Action.REQUEST_REFUND)
    check_id("orderId", new.order_id)
    reason = validation.text("reason", new.reason)
    given = None if new.amount is None else new.amount.checked("of.amount")
    if new.whole is False:
        raise ValidationError("of.whole", "of.whole takes true; for less, take amount or lines.")
    for index, line in enumerate(new.lines or ()):
        validation.identifier(f"of.lines.{index}.productId", line.product_id, NodeKind.THING)

    async def work(transaction: Transaction) -> Thing:
        order = await lock_of_either(transaction, rights, new.order_id)
        payments = await orders.lock_payments(transaction, order.id)
        paid = _paid(order, payments)
        if sum(each.properties["state"] == PaymentState.PENDING for each in payments) >= MAX_PENDING:
            raise ConflictError(f"{MAX_PENDING} refunds of this order wait for a decision already.", field="orderId")
        currency = str(order.properties["currency"])
        amount = _amount(order, given, new.lines, _left(order, paid))
        properties: dict[str, JSON] = {
            "orderId": order.id,
            "amount": {"amount": amount, "currency": currency},
            "state": PaymentState.PENDING,
            "refundOf": paid[0].id,
            "reason": reason,
        }
        if "customerId" in order.properties:
            properties["customerId"] = order.properties["customerId"]
        refund = new_purchase(PAYMENT, f"Refund of {order.name}"[: validation.MAX_NAME], order.group_id, properties)
        told = happened(caller, EventType.REFUND_REQUESTED, refund, {"order": order.id})
        await lock_group_of(transaction, order)
        await create(transaction, refund, told)
        return refund

    return work


def deciding(caller: Caller, refund_id: str, *, approve: bool) -> Work[Thing]:
    """Give back what was asked for, or decline it. It takes an owner of the group that sells.

    ConflictError where it was decided already, or where less than that is left of what was paid.
    """
    rights = Rights.of(caller, Action.APPROVE_REFUND if approve else Action.DECLINE_REFUND)
    check_id("refundId", refund_id, PAYMENT)

    async def work(transaction: Transaction) -> Thing:
        seen = await orders.fetch(transaction, rights.reach, refund_id)
        if seen is None or "refundOf" not in seen.properties:
            raise NotFoundError("refund", refund_id)
        await rights.require_thing(transaction, PAYMENT, seen.group_id)
        order = await orders.lock(transaction, rights.reach, str(seen.properties["orderId"]))
        if order is None:
            raise NotFoundError("refund", refund_id)
        in_use(order)
        payments = await orders.lock_payments(transaction, order.id)
        refund = in_use(next(each for each in payments if each.id == refund_id))
        if refund.properties["state"] != PaymentState.PENDING:
            raise ConflictError(f"This refund is {refund.properties['state']} already.", field="refundId")
        amount = _minor(refund)
        template = MailTemplate.ORDER_REFUNDED if approve else MailTemplate.REFUND_DECLINED
        words = in_words(amount, str(order.properties["currency"]))
        await tell_buyer(transaction, order, template, now(), amount=words)
        if not approve:
            failed = {"state": PaymentState.FAILED}
            return await save(transaction, caller, EventType.PAYMENT_FAILED, refund, failed, order=order.id)
        await _give_back(transaction, caller, order, _paid(order, payments), amount)
        done = {"state": PaymentState.CONFIRMED}
        return await save(transaction, caller, EventType.PAYMENT_REFUNDED, refund, done, order=order.id)

    return work


async def _give_back(
    transaction: Transaction, caller: Caller, order: Thing, paid: Sequence[Thing], amount: int
) -> None:
    left = _left(order, paid)
    if amount > left:
        words = in_words(left, str(order.properties["currency"]))
        raise ConflictError(f"Only {words} are left of what was paid.", field="refundId")
    changes: dict[str, JSON] = {"refunded": refunded(order.properties) + amount}
    whole = amount == left
    if whole:
        check_transition(state_of(order.properties), OrderState.REFUNDED)
        changes |= {"state": OrderState.REFUNDED, "endedAt": now().isoformat()}
        for each in paid:
            gone = {"state": PaymentState.REFUNDED}
            await save(transaction, caller, EventType.PAYMENT_REFUNDED, each, gone, order=order.id)
    await save(transaction, caller, EventType.ORDER_REFUNDED, order, changes, whole=whole)


def _paid(order: Thing, payments: Sequence[Thing]) -> list[Thing]:
    """What was paid for an order. ConflictError where there is nothing of it to give back."""
    state = state_of(order.properties)
    paid = [each for each in payments if "refundOf" not in each.properties and each.properties["state"] in _TAKEN]
    if state not in PAID_FOR:
        raise ConflictError(f"This order is {state}: there is nothing to give back.", field="state")
    if not paid:
        raise ConflictError("No payment of this order is recorded, which could be given back.", field="orderId")
    return paid


def _left(order: Thing, paid: Sequence[Thing]) -> int:
    return sum(_minor(each) for each in paid) - refunded(order.properties)


def _minor(payment: Thing) -> int:
    return int(cast("int", cast("Mapping[str, JSON]", payment.properties["amount"])["amount"]))


def _amount(order: Thing, given: Money | None, lines: Sequence[WantedLine] | None, left: int) -> int:
    currency = str(order.properties["currency"])
    if given is not None:
        field, amount = "of.amount", given.minor
        if given.currency != currency:
            raise ValidationError(field, f"This order was paid in {currency}.")
    elif lines is not None:
        field, amount = "of.lines", _cost(order, lines)
    else:
        field, amount = "of", Decimal(left)
    if not 0 < amount <= left:
        raise ValidationError(
            field, f"{in_words(left, currency)} are left of what was paid; a refund takes some of it."
        )
    return int(amount)


def _cost(order: Thing, wanted: Sequence[WantedLine]) -> Decimal:
    """What some of an order's lines cost, in whole minor units."""
    bought = {line.product_id: line for line in order_lines(order.properties)}
    total = Decimal(0)
    for index, each in enumerate(wanted):
        line = bought.pop(each.product_id, None)
        if line is None or not 1 <= each.quantity <= line.quantity:
            raise ValidationError(
                f"of.lines.{index}", f"of.lines.{index} takes a product of the order, as far as bought."
            )
        total += line.net / line.quantity * each.quantity
    return total.to_integral_value(ROUND_HALF_EVEN)


REQUEST_REFUND: Final[Making[Thing]] = Making("requestRefund", lambda made: made.id, order_again)
APPROVE_REFUND: Final[Making[Thing]] = Making("approveRefund", lambda made: made.id, order_again)
DECLINE_REFUND: Final[Making[Thing]] = Making("declineRefund", lambda made: made.id, order_again)

"""Recording that an order was paid elsewhere, as by a bank transfer. A chain that sees a payment does the same."""

from dataclasses import dataclass
from typing import Final

from domain.access import Caller
from domain.errors import ValidationError
from domain.events import EventType
from domain.order_states import OrderState, PaymentState, check_transition
from domain.orders import state_of, whole_amount
from domain.things import Thing
from domain.values import JSON, now
from graph.store import Transaction
from services import validation
from services.access import Action
from services.idempotency import Making
from services.money import GivenMoney
from services.orders import (
    PAYMENT,
    check_id,
    create,
    in_words,
    lock_group_of,
    lock_of_seller,
    new_purchase,
    order_again,
    save,
)
from services.rights import Rights
from services.thing_changes import happened
from services.work import Work


@dataclass(frozen=True, slots=True)
class NewPayment:
    """Money that came in for an order; `reference` is what the payer or the bank calls it."""

    order_id: str
    amount: GivenMoney
    method: str
    reference: str | None = None


def recording(caller: Caller, new: NewPayment) -> Work[Thing]:
    """Note that an order was paid in whole, and answer the payment. It takes an owner of the group that sells.

    ValidationError where it is not what the order costs; ConflictError where it is not pending any more.
    """
    rights = Rights.of(caller, Action.RECORD_PAYMENT)
    check_id("orderId", new.order_id)
    amount = new.amount.checked("amount")
    details: dict[str, JSON] = {"method": validation.name("method", new.method)}
    if new.reference is not None:
        details["reference"] = validation.text("reference", new.reference)

    async def work(transaction: Transaction) -> Thing:
        order = await lock_of_seller(transaction, rights, new.order_id)
        check_transition(state_of(order.properties), OrderState.PAID)
        due, currency = whole_amount(order.properties), str(order.properties["currency"])
        if amount.minor != due or amount.currency != currency:
            raise ValidationError("amount", f"This order costs {in_words(due, currency)}, which is paid at once.")
        properties: dict[str, JSON] = {
            "orderId": order.id,
            "amount": {"amount": due, "currency": currency},
            "state": PaymentState.CONFIRMED,
            **details,
        }
        if "customerId" in order.properties:
            properties["customerId"] = order.properties["customerId"]
        payment = new_purchase(PAYMENT, f"Payment of {order.name}"[: validation.MAX_NAME], order.group_id, properties)
        told = happened(caller, EventType.PAYMENT_CONFIRMED, payment, {"order": order.id})
        await lock_group_of(transaction, order)
        await create(transaction, payment, told)
        await save(
            transaction,
            caller,
            EventType.ORDER_PAID,
            order,
            {"state": OrderState.PAID, "paidAt": now().isoformat()},
            payment=payment.id,
        )
        return payment

    return work


RECORD_PAYMENT: Final[Making[Thing]] = Making("recordPayment", lambda made: made.id, order_again)

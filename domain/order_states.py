"""The states of orders and payments, and the one table of how an order comes from one into another."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from domain.errors import ConflictError


class OrderState(StrEnum):
    """How far an order has come."""

    PENDING = "pending"
    PAID = "paid"
    FULFILLED = "fulfilled"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    REFUNDED = "refunded"


class PaymentState(StrEnum):
    """How far a payment has come."""

    PENDING = "pending"
    CONFIRMED = "confirmed"
    FINALIZED = "finalized"
    FAILED = "failed"
    REFUNDED = "refunded"


@dataclass(frozen=True, slots=True)
class Transition:
    """A step that an order may take: by which mutation or else by whom, and what has to be so."""

    source: OrderState
    target: OrderState
    by: str
    when: str


def _refunded(source: OrderState) -> Transition:
    return Transition(source, OrderState.REFUNDED, "`approveRefund`", "all that was paid is given back")


TRANSITIONS: Final = (
    Transition(OrderState.PENDING, OrderState.PAID, "`recordPayment`", "the whole amount is paid"),
    Transition(OrderState.PENDING, OrderState.CANCELLED, "`cancelOrder`", "the buyer or the seller wants it no more"),
    Transition(OrderState.PENDING, OrderState.EXPIRED, "the server", "its time to be paid is over"),
    Transition(OrderState.PAID, OrderState.FULFILLED, "`fulfilOrder`", "every line has its receipt"),
    _refunded(OrderState.PAID),
    Transition(OrderState.FULFILLED, OrderState.COMPLETED, "`completeOrder`", "every line has its receipt"),
    _refunded(OrderState.FULFILLED),
    _refunded(OrderState.COMPLETED),
)
"""Every step that there is: what is not here is refused."""

PAID_FOR: Final = frozenset({OrderState.PAID, OrderState.FULFILLED, OrderState.COMPLETED})
"""States of an order for which money was taken that was not all given back."""

MOVED: Final = frozenset({PaymentState.CONFIRMED, PaymentState.FINALIZED, PaymentState.REFUNDED})
"""States of a payment whose money changed hands."""


def next_states(state: OrderState) -> list[OrderState]:
    """The states that an order in this one may come into."""
    return [each.target for each in TRANSITIONS if each.source is state]


def check_transition(state: OrderState, target: OrderState) -> None:
    """Refuse a step that is not in the table. ConflictError."""
    if target not in next_states(state):
        raise ConflictError(f"This order is {state}, and {_may_become(next_states(state))}.", field="state")


def _may_become(states: Iterable[OrderState]) -> str:
    found = [each.value for each in states]
    if not found:
        return "nothing can be done about it any more"
    return f"it can only become {' or '.join([', '.join(found[:-1]), found[-1]] if found[1:] else found)}"


def as_table() -> str:
    """The table in Markdown, as docs/orders.md prints it."""
    rows = [f"| `{each.source}` | `{each.target}` | {each.by} | {each.when} |" for each in TRANSITIONS]
    return "\n".join(("| from | to | by | when |", "| --- | --- | --- | --- |", *rows))

"""The states of orders and payments as clients see them, each with its description."""

from domain.order_states import OrderState, PaymentState
from schema.define import enum

__all__ = ["OrderState", "PaymentState"]

enum(
    OrderState,
    {
        OrderState.PENDING: "It waits to be paid; what it takes from the stock is kept for it.",
        OrderState.PAID: "All of it is paid.",
        OrderState.FULFILLED: "Every line of it has a receipt.",
        OrderState.COMPLETED: "It ended well.",
        OrderState.CANCELLED: "It was taken back before it was paid.",
        OrderState.EXPIRED: "It was not paid in its time.",
        OrderState.REFUNDED: "All that was paid was given back.",
    },
)
enum(
    PaymentState,
    {
        PaymentState.PENDING: "It is on its way; a refund waits for its approval.",
        PaymentState.CONFIRMED: "The money has come; that of a refund was given back.",
        PaymentState.FINALIZED: "It has come, and nothing can take it back any more.",
        PaymentState.FAILED: "It did not come; a refund was declined.",
        PaymentState.REFUNDED: "All of it was given back.",
    },
)

"""Payments and refunds of orders: inputs, and what each mutation answers."""

from typing import Annotated, TypeAlias

import strawberry

from schema.arguments import IDEMPOTENCY_KEY
from schema.define import input_type, object_type, one_of
from schema.errors import AuthError, ConflictError, ForbiddenError, NetworkError, NotFoundError, ValidationError
from schema.money import MoneyInput
from schema.order_changes import OrderLineInput
from schema.payments import Payment
from services.order_payments import NewPayment
from services.refunds import NewRefund


@input_type
class RecordPaymentInput:
    """Money that came in for an order, as by a bank transfer. It takes an owner of the group that sells."""

    order_id: strawberry.ID = strawberry.field(description="The order, which is `pending`.")
    amount: MoneyInput = strawberry.field(description="How much, which is all that the order costs.")
    method: str = strawberry.field(description="How it was paid, such as `bank transfer`.")
    reference: str | None = strawberry.field(description="What the payer or the bank calls it.", default=None)
    idempotency_key: str = strawberry.field(description=IDEMPOTENCY_KEY)

    def to_domain(self) -> NewPayment:
        """As the services take it."""
        return NewPayment(self.order_id, self.amount.to_domain(), self.method, self.reference)


@one_of
class RefundOf:
    """What to give back: exactly one of these."""

    whole: strawberry.Maybe[bool] = strawberry.field(description="All that is left of what was paid: `true`.")
    amount: strawberry.Maybe[MoneyInput] = strawberry.field(description="An amount.")
    lines: strawberry.Maybe[list[OrderLineInput]] = strawberry.field(
        description="What some of the products cost, after their discounts."
    )


@input_type
class RequestRefundInput:
    """Money of an order to get back. It may be asked for by the buyer and by an owner of the group that sells."""

    order_id: strawberry.ID = strawberry.field(description="The order, which is paid.")
    of: RefundOf = strawberry.field(description="What to give back.")
    reason: str = strawberry.field(description="Why, for whoever decides.", default="")
    idempotency_key: str = strawberry.field(description=IDEMPOTENCY_KEY)

    def to_domain(self) -> NewRefund:
        """As the services take it."""
        whole = None if self.of.whole is None else self.of.whole.value
        amount = None if self.of.amount is None else self.of.amount.value.to_domain()
        lines = None if self.of.lines is None else [line.to_domain() for line in self.of.lines.value]
        return NewRefund(self.order_id, whole, amount, lines, self.reason)


@input_type
class ApproveRefundInput:
    """A refund to give. It takes an owner of the group that sells."""

    refund_id: strawberry.ID = strawberry.field(description="The refund, which is `pending`.")
    idempotency_key: str | None = strawberry.field(description=IDEMPOTENCY_KEY, default=None)


@input_type
class DeclineRefundInput:
    """A refund not to give. It takes an owner of the group that sells."""

    refund_id: strawberry.ID = strawberry.field(description="The refund, which is `pending`.")
    idempotency_key: str | None = strawberry.field(description=IDEMPOTENCY_KEY, default=None)


@object_type
class RecordPaymentSuccess:
    """The order is paid."""

    payment: Payment = strawberry.field(description="The payment; its `order` is the order after the change.")


@object_type
class RequestRefundSuccess:
    """The refund waits for its approval."""

    refund: Payment = strawberry.field(description="The refund: a payment that is `pending`.")


@object_type
class ApproveRefundSuccess:
    """The money was given back."""

    refund: Payment = strawberry.field(description="The refund, which is `confirmed`.")


@object_type
class DeclineRefundSuccess:
    """The refund was declined, and the order is what it was."""

    refund: Payment = strawberry.field(description="The refund, which has `failed`.")


RecordPaymentResult: TypeAlias = Annotated[
    RecordPaymentSuccess | AuthError | ForbiddenError | ValidationError | NotFoundError | ConflictError | NetworkError,
    strawberry.union("RecordPaymentResult", description="What recordPayment answers."),
]
RequestRefundResult: TypeAlias = Annotated[
    RequestRefundSuccess | AuthError | ForbiddenError | ValidationError | NotFoundError | ConflictError | NetworkError,
    strawberry.union("RequestRefundResult", description="What requestRefund answers."),
]
ApproveRefundResult: TypeAlias = Annotated[
    ApproveRefundSuccess | AuthError | ForbiddenError | ValidationError | NotFoundError | ConflictError | NetworkError,
    strawberry.union("ApproveRefundResult", description="What approveRefund answers."),
]
DeclineRefundResult: TypeAlias = Annotated[
    DeclineRefundSuccess | AuthError | ForbiddenError | ValidationError | NotFoundError | ConflictError | NetworkError,
    strawberry.union("DeclineRefundResult", description="What declineRefund answers."),
]

"""Orders: what can be done, and what can be followed."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated, cast

import strawberry

from domain.ids import NodeKind
from resolvers.answers import answering
from resolvers.events import After, place, written
from schema.arguments import INPUT
from schema.context import Info
from schema.define import field, mutation, object_type, subscription
from schema.enums import CreationOrder
from schema.order_changes import (
    CancelOrderInput,
    CancelOrderResult,
    CancelOrderSuccess,
    CompleteOrderInput,
    CompleteOrderResult,
    CompleteOrderSuccess,
    FulfilOrderInput,
    FulfilOrderResult,
    FulfilOrderSuccess,
    PlaceOrderInput,
    PlaceOrderResult,
    PlaceOrderSuccess,
)
from schema.order_filters import OfOrders, wanted
from schema.order_payments import (
    ApproveRefundInput,
    ApproveRefundResult,
    ApproveRefundSuccess,
    DeclineRefundInput,
    DeclineRefundResult,
    DeclineRefundSuccess,
    RecordPaymentInput,
    RecordPaymentResult,
    RecordPaymentSuccess,
    RequestRefundInput,
    RequestRefundResult,
    RequestRefundSuccess,
)
from schema.order_totals import OrderTotals, order_totals
from schema.order_updates import OrdersOf, OrderUpdate
from schema.orders import Order
from schema.paging import After as AfterRow
from schema.paging import Connection, listed, paged
from schema.payments import Payment
from schema.reconciliation import OrderDiscrepancy, OrderReconciliation
from services.access import viewer_of
from services.order_lists import Scope, list_of
from services.order_updates import OrdersWanted
from services.validation import identifier


@object_type
class OrderQueries:
    """Questions about orders."""

    @paged(CreationOrder.NEWEST_FIRST)
    def orders(self, info: Info, filter: OfOrders = None) -> Connection[Order]:  # noqa: A002
        """The orders that you see: what your groups sell, and what you bought."""
        return listed(list_of(info.context.caller, wanted(filter), Scope.EVERYWHERE))

    @field
    async def order_totals(self, info: Info, filter: OfOrders = None) -> list[OrderTotals]:  # noqa: A002
        """Sums over the orders that you see, one for each currency."""
        return await order_totals(info, list_of(info.context.caller, wanted(filter), Scope.EVERYWHERE))

    @field
    async def order_reconciliation(
        self,
        info: Info,
        seller: Annotated[strawberry.ID, strawberry.argument(description="The group that sells.")],
        first: Annotated[int, strawberry.argument(description="How many to look at: 1 to 100.")] = 100,
        after: AfterRow = None,
    ) -> OrderReconciliation | None:
        """Whether orders, payments, stock, numbers and events of a group tell the same: its orders, then its products.

        For owners of the group and platform owners; null where you do not see the group.
        """
        loaders, cursors, scope = info.context.loaders, info.context.cursors, f"reconciliation of {seller}"
        identifier("seller", seller, NodeKind.GROUP)
        place = None if after is None else cursors.read("after", scope, after)
        viewer_of(info.context.caller)
        if await loaders.groups.load(seller) is None:
            return None
        held = await loaders.roles.load(seller)
        found = await info.context.services.reconciliation.of_group(
            info.context.caller, seller, None if held is None else held.role, first, place
        )
        return OrderReconciliation(
            looked_at=found.looked_at,
            discrepancies=[OrderDiscrepancy.of(each) for each in found.discrepancies],
            end_cursor=None if found.next is None else cursors.write(scope, found.next),
        )


@object_type
class OrderMutations:
    """The life of orders."""

    @mutation
    @answering
    async def place_order(
        self,
        info: Info,
        input: Annotated[PlaceOrderInput, INPUT],  # noqa: A002
    ) -> PlaceOrderResult:
        """Buy published products of one group, at the prices of now. They are kept for you until the order expires."""
        order = await info.context.services.orders.place(info.context.caller, input.to_domain(), input.idempotency_key)
        return PlaceOrderSuccess(order=cast("Order", order))

    @mutation
    @answering
    async def cancel_order(
        self,
        info: Info,
        input: Annotated[CancelOrderInput, INPUT],  # noqa: A002
    ) -> CancelOrderResult:
        """Take back an order that is not paid. What it took from the stock comes back."""
        order = await info.context.services.orders.cancel(info.context.caller, input.order_id, input.idempotency_key)
        return CancelOrderSuccess(order=cast("Order", order))

    @mutation
    @answering
    async def record_payment(
        self,
        info: Info,
        input: Annotated[RecordPaymentInput, INPUT],  # noqa: A002
    ) -> RecordPaymentResult:
        """Note that an order was paid elsewhere, in whole."""
        payment = await info.context.services.orders.record_payment(
            info.context.caller, input.to_domain(), input.idempotency_key
        )
        return RecordPaymentSuccess(payment=cast("Payment", payment))

    @mutation
    @answering
    async def fulfil_order(
        self,
        info: Info,
        input: Annotated[FulfilOrderInput, INPUT],  # noqa: A002
    ) -> FulfilOrderResult:
        """Give lines of a paid order their receipts, some at a time or all at once."""
        order = await info.context.services.orders.fulfil(info.context.caller, input.to_domain(), input.idempotency_key)
        return FulfilOrderSuccess(order=cast("Order", order))

    @mutation
    @answering
    async def complete_order(
        self,
        info: Info,
        input: Annotated[CompleteOrderInput, INPUT],  # noqa: A002
    ) -> CompleteOrderResult:
        """End an order well, of which every line has its receipt."""
        order = await info.context.services.orders.complete(info.context.caller, input.order_id, input.idempotency_key)
        return CompleteOrderSuccess(order=cast("Order", order))

    @mutation
    @answering
    async def request_refund(
        self,
        info: Info,
        input: Annotated[RequestRefundInput, INPUT],  # noqa: A002
    ) -> RequestRefundResult:
        """Ask for money back: a refund that waits for a decision of the seller."""
        refund = await info.context.services.orders.request_refund(
            info.context.caller, input.to_domain(), input.idempotency_key
        )
        return RequestRefundSuccess(refund=cast("Payment", refund))

    @mutation
    @answering
    async def approve_refund(
        self,
        info: Info,
        input: Annotated[ApproveRefundInput, INPUT],  # noqa: A002
    ) -> ApproveRefundResult:
        """Give a refund. Once all that was paid is given back, the order is `refunded`."""
        refund = await info.context.services.orders.decide_refund(
            info.context.caller, input.refund_id, input.idempotency_key, approve=True
        )
        return ApproveRefundSuccess(refund=cast("Payment", refund))

    @mutation
    @answering
    async def decline_refund(
        self,
        info: Info,
        input: Annotated[DeclineRefundInput, INPUT],  # noqa: A002
    ) -> DeclineRefundResult:
        """Decline a refund."""
        refund = await info.context.services.orders.decide_refund(
            info.context.caller, input.refund_id, input.idempotency_key, approve=False
        )
        return DeclineRefundSuccess(refund=cast("Payment", refund))


@object_type
class OrderSubscriptions:
    """Orders to follow."""

    @subscription
    async def order_updates(
        self,
        info: Info,
        of: Annotated[OrdersOf, strawberry.argument(description="Whose orders, or which one.")],
        after: After = None,
    ) -> AsyncGenerator[OrderUpdate, None]:
        """What happens to orders that you see, each event once and in order, from now on or after a cursor."""
        context = info.context
        cursor = context.cursor or after
        wanted = OrdersWanted(
            None if of.seller is None else of.seller.value,
            None if of.customer is None else of.customer.value,
            None if of.order is None else of.order.value,
        )
        follow = context.services.order_updates.follow
        deliveries = follow(context.caller, wanted, None if cursor is None else place(info, cursor))
        async with aclosing(deliveries):
            async for delivery in deliveries:
                context.renew(delivery.viewer)
                context.cursor = written(info, delivery.position)
                yield OrderUpdate.of(context.cursor, delivery.event)

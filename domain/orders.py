"""What an order's lines add up to, exactly."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import cast

from domain.order_states import OrderState
from domain.values import JSON

NET_SCALE = 10_000
"""Net amounts are stored in ten-thousandths of a minor unit, so that a discount of four digits leaves them whole."""


@dataclass(frozen=True, slots=True)
class OrderLine:
    """What was bought, at the price and under the name it had then; `unit_price` is in minor units.

    `fee_share` is the part of its net that the platform keeps, `stocked` whether it was taken from a counted stock, and
    `receipt` what proves that the customer got it.
    """

    product_id: str
    name: str
    seller_id: str | None
    unit_price: int
    quantity: int
    discount: Decimal
    fee_share: Decimal = Decimal(0)
    stocked: bool = False
    receipt: Mapping[str, JSON] | None = None

    @property
    def net(self) -> Decimal:
        """What the line costs after its discount, in minor units and before any rounding."""
        return self.unit_price * self.quantity * (1 - self.discount)


@dataclass(frozen=True, slots=True)
class StateTotals:
    """How many orders of one currency are in one state, and what their lines come to."""

    state: OrderState
    orders: int
    net: Decimal


@dataclass(frozen=True, slots=True)
class OrderTotals:
    """Sums over the orders of one currency, in minor units; `net` and `fees` are before any rounding."""

    currency: str
    orders: int
    lines: int
    net: Decimal
    fees: Decimal
    refunded: int
    by_state: Sequence[StateTotals]


def order_lines(properties: Mapping[str, JSON]) -> list[OrderLine]:
    """The lines of an order's properties, which have been validated."""
    return [
        OrderLine(
            product_id=str(line["productId"]),
            name=str(line["name"]),
            seller_id=None if (seller := line.get("sellerId")) is None else str(seller),
            unit_price=int(cast("int", line["unitPrice"])),
            quantity=int(cast("int", line["quantity"])),
            discount=Decimal(str(line.get("discount", "0"))),
            fee_share=Decimal(str(line.get("feeShare", "0"))),
            stocked=line.get("stocked") is True,
            receipt=cast("Mapping[str, JSON] | None", line.get("receipt")),
        )
        for line in cast("Sequence[Mapping[str, JSON]]", properties["lines"])
    ]


def state_of(properties: Mapping[str, JSON]) -> OrderState:
    """How far an order has come."""
    return OrderState(str(properties["state"]))


def whole_amount(properties: Mapping[str, JSON]) -> int:
    """What an order costs with its freight, in whole minor units: halves go to the even one."""
    net = sum((line.net for line in order_lines(properties)), Decimal(0))
    return int((net + int(cast("int", properties.get("freight", 0)))).to_integral_value(ROUND_HALF_EVEN))


def platform_fee(properties: Mapping[str, JSON]) -> Decimal:
    """What of an order's net the platform keeps, in minor units and before any rounding."""
    return sum((line.net * line.fee_share for line in order_lines(properties)), Decimal(0))


def refunded(properties: Mapping[str, JSON]) -> int:
    """What of an order was given back, in minor units."""
    return int(cast("int", properties.get("refunded", 0)))


def unpaid_until(properties: Mapping[str, JSON]) -> datetime | None:
    """When an order expires that is not paid; None where it does not."""
    until = properties.get("expiresAt")
    is_pending = properties.get("state") == OrderState.PENDING
    return datetime.fromisoformat(str(until)) if is_pending and until is not None else None

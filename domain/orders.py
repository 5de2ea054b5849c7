"""What an order's lines add up to, exactly."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import cast

from domain.values import JSON

NET_SCALE = 10_000
"""Net amounts are stored in ten-thousandths of a minor unit, so that a discount of four digits leaves them whole."""


@dataclass(frozen=True, slots=True)
class OrderLine:
    """What was bought, at the price and under the name it had then; `unit_price` is in minor units."""

    product_id: str
    name: str
    seller_id: str | None
    unit_price: int
    quantity: int
    discount: Decimal

    @property
    def net(self) -> Decimal:
        """What the line costs after its discount, in minor units and before any rounding."""
        return self.unit_price * self.quantity * (1 - self.discount)


@dataclass(frozen=True, slots=True)
class OrderTotals:
    """Sums over the orders of one currency; `net` is in minor units and before any rounding."""

    currency: str
    orders: int
    lines: int
    net: Decimal


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
        )
        for line in cast("Sequence[Mapping[str, JSON]]", properties["lines"])
    ]

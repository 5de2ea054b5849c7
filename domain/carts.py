"""What somebody means to buy, and how that stands now."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from domain.money import Money
from domain.products import left, price
from domain.things import Thing, ThingStatus
from domain.values import JSON


@dataclass(frozen=True, slots=True)
class CartLine:
    """A product and how many of it, with the name and the price that its holder saw when they set it.

    `price` is of one, in minor units of `currency`.
    """

    product_id: str
    quantity: int
    name: str
    price: int
    currency: str


@dataclass(frozen=True, slots=True)
class Cart:
    """What somebody means to buy, and until when that is kept."""

    lines: Sequence[CartLine]
    expires_at: datetime | None = None

    def with_line(self, line: CartLine) -> "Cart":
        """The cart with another line of that product, in the place of the one before; none of a quantity of zero."""
        kept = {each.product_id: each for each in self.lines} | {line.product_id: line}
        return Cart([each for each in kept.values() if each.quantity], self.expires_at)


class Availability(StrEnum):
    """Whether what is in a cart can be bought."""

    AVAILABLE = "available"
    TOO_FEW = "too_few"
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True, slots=True)
class LineNow:
    """A line of a cart, and how its product stands now: `price` is None where it is not on sale."""

    line: CartLine
    price: int | None
    currency: str
    left: int | None
    availability: Availability

    @property
    def changed(self) -> bool:
        """Whether one of them costs something else than its holder saw."""
        return self.price is not None and (self.price, self.currency) != (self.line.price, self.line.currency)

    @property
    def amount(self) -> int:
        """What the line costs now, in minor units; nothing where it is not on sale."""
        return (self.price or 0) * self.line.quantity

    def told(self) -> str:
        """What is different, in words."""
        if self.price is None:
            return f"{self.line.name!r} is not on sale any more"
        if self.availability is Availability.TOO_FEW:
            return f"of {self.line.name!r} {self.left} are left, and not {self.line.quantity}"
        now, then = Money(Decimal(self.price), self.currency), Money(Decimal(self.line.price), self.line.currency)
        return f"{self.line.name!r} costs {now.amount} {now.currency}, and not {then.amount} {then.currency}"


def stands(line: CartLine, product: Thing | None) -> LineNow:
    """How a line of a cart stands, given its product as the holder sees it."""
    if product is None or product.status is not ThingStatus.PUBLISHED:
        return LineNow(line, None, line.currency, None, Availability.UNAVAILABLE)
    amount, currency = price(product)
    there = left(product)
    enough = there is None or there >= line.quantity
    return LineNow(line, amount, currency, there, Availability.AVAILABLE if enough else Availability.TOO_FEW)


def differences(lines: Iterable[LineNow]) -> list[LineNow]:
    """Those that are not as their holder saw them, or cannot be bought."""
    return [each for each in lines if each.changed or each.availability is not Availability.AVAILABLE]


def amounts(lines: Iterable[LineNow]) -> Mapping[str, int]:
    """What lines cost now that are on sale, in minor units of each currency."""
    found: dict[str, int] = {}
    for each in lines:
        if each.price is not None:
            found[each.currency] = found.get(each.currency, 0) + each.amount
    return dict(sorted(found.items()))


def to_json(lines: Iterable[CartLine]) -> list[Mapping[str, JSON]]:
    """Lines as they are stored."""
    return [
        {
            "productId": each.product_id,
            "quantity": each.quantity,
            "name": each.name,
            "price": each.price,
            "currency": each.currency,
        }
        for each in lines
    ]

"""What a product costs, and how many of it are left."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, cast

from domain.things import Thing
from domain.values import JSON

PRODUCT: Final = "product"


def left(product: Thing) -> int | None:
    """How many of a product are left; None where they are not counted."""
    return left_of(product.properties, product.sold)


def left_of(properties: Mapping[str, JSON], sold: int) -> int | None:
    """The same of a product with these properties, of which so many were sold."""
    stock = properties.get("stock")
    # JSON Schema takes 3.0 for an integer too; an import may have counted fewer than were sold.
    return None if stock is None else max(0, int(cast("int", stock)) - sold)


@dataclass(frozen=True, slots=True)
class Offer:
    """What a product costs now, in minor units of the currency, whether that is less than usual, and if any is left."""

    price: int
    currency: str
    on_sale: bool
    in_stock: bool


def offer_of(properties: Mapping[str, JSON], sold: int) -> Offer:
    """The offer that a product is, of which so many were sold."""
    amount, currency = price_of(properties)
    usual, _ = _money(properties["price"])
    return Offer(amount, currency, amount < usual, left_of(properties, sold) != 0)


def price(product: Thing) -> tuple[int, str]:
    """What one costs now, in minor units of the currency: the sale price where that is less."""
    return price_of(product.properties)


def price_of(properties: Mapping[str, JSON]) -> tuple[int, str]:
    """The same of a product with these properties."""
    amount, currency = _money(properties["price"])
    sale = properties.get("salePrice")
    if sale is not None:
        reduced, of = _money(sale)
        amount = min(amount, reduced) if of == currency else amount
    return amount, currency


def _money(value: JSON) -> tuple[int, str]:
    given = cast("Mapping[str, JSON]", value)
    return int(cast("int", given["amount"])), str(given["currency"])


def shown(properties: Mapping[str, JSON]) -> list[str]:
    """The ids of the files that are a product's pictures, in order."""
    return [str(each["fileId"]) for each in cast("Sequence[Mapping[str, JSON]]", properties.get("images", ()))]


def delivered(properties: Mapping[str, JSON]) -> list[str]:
    """The ids of the files that a buyer gets, in order."""
    return [str(each) for each in cast("Sequence[JSON]", properties.get("files", ()))]

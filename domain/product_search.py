"""Looking for products of a group: what they have to be, in which order they come, and what is counted of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from domain.things import ThingStatus


class ProductOrder(StrEnum):
    """Which of the products comes first."""

    RELEVANCE = "relevance"
    NEWEST = "newest"
    PRICE_UP = "price_up"
    PRICE_DOWN = "price_down"
    NAME = "name"


IN_USE: Final = (ThingStatus.DRAFT, ThingStatus.ACTIVE, ThingStatus.PUBLISHED)
"""The states of products that are looked for where nothing is said of them."""


@dataclass(frozen=True, slots=True)
class ProductSearch:
    """What products have to be: all that is said of them holds.

    Prices are in minor units of the currency. `below` are those of the groups below too.
    """

    order: ProductOrder
    below: bool = False
    text: str | None = None
    categories: tuple[str, ...] | None = None
    labels: tuple[str, ...] = ()
    sellers: tuple[str, ...] | None = None
    currency: str | None = None
    at_least: int | None = None
    at_most: int | None = None
    in_stock: bool | None = None
    on_sale: bool | None = None
    statuses: tuple[ThingStatus, ...] = IN_USE


@dataclass(frozen=True, slots=True)
class ProductPlace:
    """A place in the order of products: a number or a text that they are sorted by, and the key of one."""

    currency: str
    number: float
    text: str
    key: str


@dataclass(frozen=True, slots=True)
class FacetCount:
    """How many products there are with a value."""

    value: str
    count: int


@dataclass(frozen=True, slots=True)
class PriceRange:
    """How many products cost at least so much, and less than so much, in minor units of a currency."""

    currency: str
    at_least: int
    below: int
    count: int


@dataclass(frozen=True, slots=True)
class ProductCounts:
    """How many products there are in all, with each category, and in each range of prices."""

    total: int
    categories: Sequence[FacetCount]
    prices: Sequence[PriceRange]

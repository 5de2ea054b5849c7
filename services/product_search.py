"""Looking for products of a group, with counts of all that are found."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal, TypeAlias

from domain.access import Caller
from domain.errors import ValidationError
from domain.ids import NodeKind
from domain.product_search import (
    IN_USE,
    FacetCount,
    PriceRange,
    ProductCounts,
    ProductOrder,
    ProductPlace,
    ProductSearch,
)
from domain.things import Thing, ThingStatus
from domain.words import runs
from graph import product_search
from graph.product_search import CubeRow
from graph.store import Store
from services import validation
from services.access import open_reach_of
from services.lists import MAX_PAGE
from services.money import GivenMoney
from services.search import MAX_SEARCH

__all__ = ["Facet", "ProductPage", "ProductPlace", "ProductSearch", "ProductSearching", "ProductWishes", "key_of"]

Facet: TypeAlias = Literal["label", "seller"]

_MAX_VALUES: Final = 100
_BOUNDS: Final = (1, 2, 5, 10)


@dataclass(frozen=True, slots=True)
class WantedPrice:
    """What a product may cost, in whole units of a currency."""

    currency: str
    at_least: Decimal | None
    at_most: Decimal | None


@dataclass(frozen=True, slots=True)
class ProductWishes:
    """What is asked of products, as it comes; None asks nothing."""

    categories: Sequence[str] | None = None
    labels: Sequence[str] | None = None
    seller_ids: Sequence[str] | None = None
    price: WantedPrice | None = None
    in_stock: bool | None = None
    on_sale: bool | None = None
    statuses: Sequence[ThingStatus] | None = None


@dataclass(frozen=True, slots=True)
class ProductPage:
    """Products in order, each with its place; `more` says that there are others after them."""

    items: Sequence[tuple[Thing, ProductPlace]]
    more: bool

    @property
    def keys(self) -> Sequence[str]:
        """The keys of their cursors."""
        return [key_of(place) for _, place in self.items]


def key_of(place: ProductPlace) -> str:
    """A place as the key of a cursor."""
    return f"{place.currency} {place.number.hex()} {place.key} {place.text}"


def place_of(key: str) -> ProductPlace:
    """The place that `key_of` wrote down."""
    currency, number, rest, text = key.split(" ", 3)
    return ProductPlace(currency, float.fromhex(number), text, rest)


class ProductSearching:
    """Does it."""

    def __init__(self, store: Store, scan_limit: int) -> None:
        self._store = store
        self._scan = scan_limit

    async def page(
        self, caller: Caller, search: ProductSearch, parents: Sequence[str], after: ProductPlace | None, limit: int
    ) -> Mapping[str, ProductPage]:
        """For each group that the caller sees the products after a place that they see.

        BroadFilterError where they are too many to be looked at.
        """
        if not 1 <= limit <= MAX_PAGE:
            raise ValidationError("first", f"first takes a number from 1 to {MAX_PAGE}.")
        found = await product_search.pages(
            self._store, open_reach_of(caller), search, parents, after=after, limit=limit + 1, scan=self._scan
        )
        return {parent: ProductPage(items[:limit], more=len(items) > limit) for parent, items in found.items()}

    async def counts(
        self, caller: Caller, search: ProductSearch, parents: Sequence[str]
    ) -> Mapping[str, ProductCounts]:
        """For each group how many products there are; by category and by price without regard to what of it is asked.

        So who chose one category sees how many the others have. BroadFilterError as above.
        """
        found = await product_search.cubes(self._store, open_reach_of(caller), search, parents, scan=self._scan)
        return {parent: _counted(search, rows) for parent, rows in found.items()}

    async def values(
        self, caller: Caller, search: ProductSearch, facet: Facet, parents: Sequence[str]
    ) -> Mapping[str, Sequence[FacetCount]]:
        """For each group the labels, or the groups that sell, with the most products. BroadFilterError as above."""
        return await product_search.values(self._store, open_reach_of(caller), search, facet, parents, scan=self._scan)


def search_for(text: str | None, wishes: ProductWishes, order: ProductOrder | None, *, below: bool) -> ProductSearch:
    """The search that is asked for. ValidationError where it cannot be."""
    if text is not None and (len(text) > MAX_SEARCH or not runs(text)):
        raise ValidationError("search", f"search takes words to look for, at most {MAX_SEARCH:,} characters.")
    if text is None and order is ProductOrder.RELEVANCE:
        raise ValidationError("order", "order takes relevance where search says what to look for.")
    at_least, at_most, currency = _prices(wishes.price)
    return ProductSearch(
        order=order or (ProductOrder.NEWEST if text is None else ProductOrder.RELEVANCE),
        below=below,
        text=text,
        categories=_few("filter.categories", wishes.categories),
        labels=tuple(
            validation.label(f"filter.labels.{index}", label)
            for index, label in enumerate(_few("filter.labels", wishes.labels) or ())
        ),
        sellers=_sellers(_few("filter.sellerIds", wishes.seller_ids)),
        currency=currency,
        at_least=at_least,
        at_most=at_most,
        in_stock=wishes.in_stock,
        on_sale=wishes.on_sale,
        statuses=tuple(wishes.statuses) if wishes.statuses is not None else IN_USE,
    )


def _few(field: str, values: Sequence[str] | None) -> tuple[str, ...] | None:
    if values is not None and len(values) > _MAX_VALUES:
        raise ValidationError(field, f"{field} takes at most {_MAX_VALUES} values.")
    return None if values is None else tuple(values)


def _sellers(ids: tuple[str, ...] | None) -> tuple[str, ...] | None:
    if ids is None:
        return None
    return tuple(
        validation.identifier(f"filter.sellerIds.{index}", each, NodeKind.GROUP, NodeKind.PERSON)
        for index, each in enumerate(ids)
    )


def _prices(price: WantedPrice | None) -> tuple[int | None, int | None, str | None]:
    if price is None:
        return None, None, None

    def minor(field: str, amount: Decimal | None) -> int | None:
        if amount is None:
            return None
        try:
            return int(GivenMoney(amount, price.currency).checked(field).minor)
        except ValidationError as error:
            raise ValidationError(field, f"{field} takes an amount of {price.currency[:5]!r}.") from error

    at_least, at_most = minor("filter.price.atLeast", price.at_least), minor("filter.price.atMost", price.at_most)
    return at_least, at_most, validation.name("filter.price.currency", price.currency)


def _counted(search: ProductSearch, rows: Iterable[CubeRow]) -> ProductCounts:
    total = 0
    categories: dict[str, int] = {}
    prices: dict[tuple[str, int, int], int] = {}
    for row in rows:
        wanted = search.categories is None or row["category"] in search.categories
        if row["priced"]:
            categories[row["category"]] = categories.get(row["category"], 0) + row["total"]
            total += row["total"] if wanted else 0
        if wanted:
            within = (row["currency"], *_range(row["digits"], row["first"]))
            prices[within] = prices.get(within, 0) + row["total"]
    by_count = sorted(categories.items(), key=lambda each: (-each[1], each[0]))
    return ProductCounts(
        total,
        [FacetCount(value, count) for value, count in by_count],
        [PriceRange(*within, count) for within, count in sorted(prices.items())],
    )


def _range(digits: int, first: int) -> tuple[int, int]:
    """The range of a price of so many digits that begins with this one: from 1, 2 or 5 times a power of ten on."""
    if first == 0:
        return 0, 1
    scale = 10 ** (digits - 1)
    lower = max(bound for bound in _BOUNDS if bound <= first)
    return lower * scale, _BOUNDS[_BOUNDS.index(lower) + 1] * scale

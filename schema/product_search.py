"""Products of a group as they are looked for: a Relay connection with counts of all that were found."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, TypeAlias, cast

import strawberry

from domain.product_search import FacetCount, ProductCounts, ProductOrder
from schema.context import Context, Info
from schema.define import enum, field, input_type, object_type
from schema.enums import ProductCategory, ThingStatus
from schema.money import Money, money
from schema.paging import PageInfo, Source
from schema.products import Product
from services.product_search import Facet, ProductPage, ProductSearch, ProductWishes, WantedPrice, key_of

if TYPE_CHECKING:
    from schema.groups import Group

enum(
    ProductOrder,
    {
        ProductOrder.RELEVANCE: "What fits the words of `search` best comes first.",
        ProductOrder.NEWEST: "The latest created comes first.",
        ProductOrder.PRICE_UP: "The cheapest comes first, one currency after the other.",
        ProductOrder.PRICE_DOWN: "The dearest comes first, one currency after the other.",
        ProductOrder.NAME: "By name, without regard to case and accents.",
    },
)


@input_type
class PriceFilter:
    """What a product may cost now: the sale price where that is less."""

    currency: str = strawberry.field(description="In this currency, such as `USD`.")
    at_least: Decimal | None = strawberry.field(description="At least so much, in whole units.", default=None)
    at_most: Decimal | None = strawberry.field(description="At most so much, in whole units.", default=None)


@input_type
class ProductFilter:
    """Which products to find: all that is said of them holds."""

    categories: list[ProductCategory] | None = strawberry.field(description="They are of one of these.", default=None)
    labels: list[str] | None = strawberry.field(
        description="They have all of these labels, each `category:value`.", default=None
    )
    seller_ids: list[strawberry.ID] | None = strawberry.field(
        description="They belong to one of these groups, or one of these people, whom you see, owns them.", default=None
    )
    price: PriceFilter | None = strawberry.field(description="They cost so much.", default=None)
    in_stock: bool | None = strawberry.field(description="Whether any are left; an unlimited number is.", default=None)
    on_sale: bool | None = strawberry.field(description="Whether they cost less than usual.", default=None)
    statuses: list[ThingStatus] | None = strawberry.field(
        description="They are in one of these states; null for all but archived. Who sees the group only because it is "
        "public finds what is published.",
        default=None,
    )

    def to_domain(self) -> ProductWishes:
        """As the services take it."""
        price = self.price
        return ProductWishes(
            categories=None if self.categories is None else [each.value for each in self.categories],
            labels=self.labels,
            seller_ids=self.seller_ids,
            price=None if price is None else WantedPrice(price.currency, price.at_least, price.at_most),
            in_stock=self.in_stock,
            on_sale=self.on_sale,
            statuses=self.statuses,
        )


@dataclass(frozen=True, slots=True)
class ProductSource:
    """Where a page of products came from."""

    context: Context
    search: ProductSearch
    parent: str
    page: ProductPage
    is_first: bool

    @property
    def scope(self) -> str:
        """What tells this search from others in a cursor."""
        return scope_of(self.search, self.parent)

    async def exists(self, *, before: bool) -> bool:
        """Whether there are products before the page, or after it."""
        return not self.is_first if before else self.page.more

    async def counts(self) -> ProductCounts:
        """How many there are."""
        found = await self.context.loaders.product_counts(self.search).load(self.parent)
        return found or ProductCounts(0, (), ())

    async def values(self, facet: Facet) -> Sequence[FacetCount]:
        """How many have each value of a facet."""
        return await self.context.loaders.product_values(self.search, facet).load(self.parent) or ()


def scope_of(search: ProductSearch, parent: str) -> str:
    """What tells a search from others in a cursor."""
    return f"products {parent} {search!r}"


@object_type
class ProductEdge:
    """One product of a page."""

    node: Product = strawberry.field(description="The product.")
    source: strawberry.Private[ProductSource]
    key: strawberry.Private[str]

    @field
    def cursor(self) -> str:
        """The place of this product in the search."""
        return self.source.context.cursors.write(self.source.scope, self.key)


@object_type
class CategoryCount:
    """How many products are of a category."""

    value: ProductCategory = strawberry.field(description="The category.")
    count: int = strawberry.field(description="How many.")


@object_type
class LabelCount:
    """How many products have a label."""

    value: str = strawberry.field(description="The label, `category:value`.")
    count: int = strawberry.field(description="How many.")


@object_type
class SellerCount:
    """How many products belong to a group."""

    count: int = strawberry.field(description="How many.")
    group_id: strawberry.Private[str]

    @field
    async def group(self, info: Info) -> Annotated["Group", strawberry.lazy("schema.groups")] | None:
        """The group that sells them."""
        return cast("Group | None", await info.context.loaders.groups.load(self.group_id))


@object_type
class PriceCount:
    """How many products cost so much now."""

    at_least: Money = strawberry.field(description="At least so much.")
    below: Money = strawberry.field(description="Less than so much.")
    count: int = strawberry.field(description="How many.")


@object_type
class ProductFacets:
    """Counts of all products that were found, whatever page is asked for."""

    source: strawberry.Private[ProductSource]

    @field
    async def categories(self) -> list[CategoryCount]:
        """How many are of each category, the most first, whichever the filter asks for."""
        counts = await self.source.counts()
        return [CategoryCount(value=ProductCategory(each.value), count=each.count) for each in counts.categories]

    @field
    async def prices(self) -> list[PriceCount]:
        """How many cost so much, the cheapest first, one currency after the other, whatever price the filter asks for.

        The ranges begin at 1, 2 and 5 times the powers of ten of the smallest unit.
        """
        return [
            PriceCount(
                at_least=money(Decimal(each.at_least), each.currency),
                below=money(Decimal(each.below), each.currency),
                count=each.count,
            )
            for each in (await self.source.counts()).prices
        ]

    @field
    async def labels(self) -> list[LabelCount]:
        """How many have each label, the most first: at most 50 labels."""
        return [LabelCount(value=each.value, count=each.count) for each in await self.source.values("label")]

    @field
    async def sellers(self) -> list[SellerCount]:
        """How many belong to each group, the most first: at most 50 groups."""
        return [SellerCount(group_id=each.value, count=each.count) for each in await self.source.values("seller")]


@object_type
class ProductConnection:
    """A page of products."""

    source: strawberry.Private[ProductSource]

    @field
    def edges(self) -> list[ProductEdge]:
        """The products of this page, each with its cursor."""
        return [
            ProductEdge(node=cast("Product", product), source=self.source, key=key_of(place))
            for product, place in self.source.page.items
        ]

    @field
    def nodes(self) -> list[Product]:
        """The products of this page, for those who need no cursor of each."""
        return [cast("Product", product) for product, _ in self.source.page.items]

    @field
    def page_info(self) -> PageInfo:
        """Where this page stands among the products."""
        return PageInfo(source=cast("Source", self.source))

    @field
    async def total_count(self) -> int:
        """How many were found in all, exactly. They are counted only when asked for."""
        return (await self.source.counts()).total

    @field
    def facets(self) -> ProductFacets:
        """Counts of all that were found, by what they are."""
        return ProductFacets(source=self.source)


Words: TypeAlias = Annotated[
    str | None,
    strawberry.argument(description="Words of their names, descriptions and labels, as `search` at the root has them."),
]
OfProducts: TypeAlias = Annotated[ProductFilter | None, strawberry.argument(description="Which products; null: all.")]
InProductOrder: TypeAlias = Annotated[
    ProductOrder | None,
    strawberry.argument(description="Which comes first; null for relevance where words are given, else the newest."),
]
HowManyProducts: TypeAlias = Annotated[int, strawberry.argument(description="How many to answer, 1 to 100.")]

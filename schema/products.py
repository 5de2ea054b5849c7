"""Products as clients see them."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import cast

import strawberry

from domain import products
from domain.people import Person
from domain.things import Thing as DomainThing
from domain.values import JSON
from schema.context import Info
from schema.define import field, object_type
from schema.enums import ProductCategory
from schema.files import FileLink, Minutes, link_to, url_of
from schema.money import Money, stored_money
from schema.node import Node
from schema.product_details import ProductDetails, shown_details
from schema.properties import properties, sequence, text
from schema.things import Thing


@object_type
class ProductImage:
    """A picture of a product."""

    alt: str | None = strawberry.field(description="What is on it, in words, for those who do not see it.")
    stored: strawberry.Private[DomainThing]

    @field
    def url(self) -> str | None:
        """Where to fetch it: by everybody, where the product is public."""
        return url_of(self.stored)

    @field
    def content_type(self) -> str:
        """Its media type, such as `image/png`."""
        return str(self.stored.properties["contentType"])

    @field
    def link(self, info: Info, minutes: Minutes = 60) -> FileLink | None:
        """A link that is good for a while, for whoever has it; null for a file that is elsewhere."""
        return link_to(info, self.stored, minutes)


@object_type
class ProductFile:
    """A file that a buyer of a product gets."""

    stored: strawberry.Private[DomainThing]

    @field
    def file_name(self) -> str:
        """Its name when it was uploaded."""
        return str(self.stored.properties["fileName"])

    @field
    def content_type(self) -> str:
        """Its media type, such as `application/pdf`."""
        return str(self.stored.properties["contentType"])

    @field
    def size(self) -> float:
        """How many bytes: a whole number."""
        return cast("float", self.stored.properties["size"])

    @field
    def url(self) -> str | None:
        """Where to fetch it, with an Authorization header."""
        return url_of(self.stored)

    @field
    def link(self, info: Info, minutes: Minutes = 60) -> FileLink | None:
        """A link that is good for a while, for whoever has it; null for a file that is elsewhere."""
        return link_to(info, self.stored, minutes)


@object_type
class RevenueShare:
    """Somebody who shares in what a product brings in."""

    share: Decimal = strawberry.field(description="The part that is theirs: `0.7` is 70 %.")
    holder_id: strawberry.Private[str]

    @field
    async def holder(self, info: Info) -> Node | None:
        """The person, the group or the thing."""
        return cast("Node | None", await info.context.loaders.node(self.holder_id))


async def delivered_files(info: Info, product: DomainThing) -> list[ProductFile]:
    """The files of a product that the viewer may have."""
    found = await info.context.loaders.product_files.load(product.id) or {}
    return [ProductFile(stored=found[each]) for each in products.delivered(product.properties) if each in found]


@object_type
class Product(Thing):
    """Something that can be bought."""

    @field
    def category(self) -> ProductCategory | None:
        """What sort of product it is."""
        category = text(self, "category")
        return None if category is None else ProductCategory(category)

    @field
    def slug(self) -> str | None:
        """Its name in addresses: no other product of its group has it. Null where an import gave it none."""
        return text(self, "slug")

    @field
    def details(self) -> ProductDetails | None:
        """What can be said of its category alone; null where nothing of that is said."""
        stored, category = properties(self).get("details"), text(self, "category")
        if category is None or not isinstance(stored, Mapping):
            return None
        return shown_details(category, stored)

    @field
    def description(self) -> str | None:
        """What it is."""
        return text(self, "description")

    @field
    def sku(self) -> str | None:
        """The seller's number for it."""
        return text(self, "sku")

    @field
    def price(self) -> Money | None:
        """What one costs."""
        return stored_money(properties(self).get("price"))

    @field
    def sale_price(self) -> Money | None:
        """What one costs for now, if less."""
        return stored_money(properties(self).get("salePrice"))

    @field
    def stock(self) -> int | None:
        """How many are left; null where it is unlimited. `properties.stock` counts those that were sold since too."""
        return products.left(cast("DomainThing", self))

    @field
    async def images(self, info: Info) -> list[ProductImage]:
        """Its pictures, in order. They are for whoever sees the product."""
        found = await info.context.loaders.product_files.load(str(self.id)) or {}
        return [
            ProductImage(stored=found[file_id], alt=cast("str | None", picture.get("alt")))
            for picture in cast("Sequence[Mapping[str, JSON]]", sequence(self, "images"))
            if (file_id := str(picture["fileId"])) in found
        ]

    @field
    async def files(self, info: Info) -> list[ProductFile]:
        """What a buyer gets, in order: of those files which you see, or all where you paid for the product."""
        return await delivered_files(info, cast("DomainThing", self))

    @field
    async def seller(self, info: Info) -> Node | None:
        """Who sells it: the person who owns it, where you see that, and else the group that it belongs to."""
        signed_in = info.context.caller.viewer is not None
        owner_id = await info.context.loaders.owners.load(self.id) if signed_in else None
        owner = None if owner_id is None else await info.context.loaders.node(owner_id)
        if isinstance(owner, Person):
            return cast("Node", owner)
        return cast("Node | None", await info.context.loaders.groups.load(self.group_id))

    @field
    async def revenue_shares(self, info: Info) -> list[RevenueShare]:
        """Who shares in what it brings in, as far as you see them: by connections of the type `owns`."""
        found = await info.context.loaders.revenue_shares.load(str(self.id)) or []
        return [RevenueShare(share=each.share, holder_id=each.holder_id) for each in found]

    @field
    def unit(self) -> str | None:
        """What one of it is, such as `10 boxes x 20 bags`."""
        return text(self, "unit")

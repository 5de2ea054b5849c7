"""Products as clients see them."""

from typing import cast

from domain import products
from domain.things import Thing as DomainThing
from schema.define import field, object_type
from schema.money import Money, stored_money
from schema.properties import properties, text
from schema.things import Thing


@object_type
class Product(Thing):
    """Something that can be bought."""

    @field
    def category(self) -> str | None:
        """Its category: course, template, membership, consultation, nft, api_access, service or physical."""
        return text(self, "category")

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
    def unit(self) -> str | None:
        """What one of it is, such as `10 boxes x 20 bags`."""
        return text(self, "unit")

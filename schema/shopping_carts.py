"""Carts as clients see them: what somebody means to buy, and how that stands now."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import cast

import strawberry

from domain import carts as domain
from domain.carts import Availability, LineNow, amounts, differences, stands
from domain.things import Thing as DomainThing
from schema.context import Info
from schema.define import enum, field, object_type
from schema.money import Money, money
from schema.products import Product

enum(
    Availability,
    {
        Availability.AVAILABLE: "As many as are wanted can be bought.",
        Availability.TOO_FEW: "Fewer are left than are wanted.",
        Availability.UNAVAILABLE: "It is not on sale any more.",
    },
)


@object_type
class ShoppingCartLine:
    """A product in a cart, at the price that you saw when you set it and at the price of now."""

    product: Product | None = strawberry.field(description="The product; null where it is not on sale any more.")
    now: strawberry.Private[LineNow]

    @field
    def product_id(self) -> strawberry.ID:
        """The id of the product, which stays also where it is gone."""
        return strawberry.ID(self.now.line.product_id)

    @field
    def name(self) -> str:
        """Its name when you set it."""
        return self.now.line.name

    @field
    def quantity(self) -> int:
        """How many."""
        return self.now.line.quantity

    @field
    def price_seen(self) -> Money:
        """What one cost when you set it."""
        return money(Decimal(self.now.line.price), self.now.line.currency)

    @field
    def unit_price(self) -> Money | None:
        """What one costs now; null where it is not on sale any more."""
        return None if self.now.price is None else money(Decimal(self.now.price), self.now.currency)

    @field
    def changed(self) -> bool:
        """Whether one costs something else now than you saw."""
        return self.now.changed

    @field
    def availability(self) -> Availability:
        """Whether it can be bought."""
        return self.now.availability

    @field
    def left(self) -> int | None:
        """How many are left; null where they are not counted, and where it is not on sale."""
        return self.now.left


@object_type
class ShoppingCart:
    """What you mean to buy. Nobody else sees it, and nothing is kept for it: prices and stock are those of now."""

    cart: strawberry.Private[domain.Cart]

    @field
    def count(self) -> int:
        """How many pieces are in it, as a badge shows them."""
        return sum(line.quantity for line in self.cart.lines)

    @field
    def expires_at(self) -> datetime | None:
        """Until when it is kept; null where it is empty."""
        return self.cart.expires_at

    @field
    async def lines(self, info: Info) -> list[ShoppingCartLine]:
        """What is in it, in the order in which it was put there."""
        return [_shown(now, product) for now, product in await self._now(info)]

    @field
    async def changes(self, info: Info) -> list[ShoppingCartLine]:
        """Those of the lines that cost something else than you saw, or cannot be bought as they are."""
        found = await self._now(info)
        changed = differences(now for now, _ in found)
        return [_shown(now, product) for now, product in found if now in changed]

    @field
    async def totals(self, info: Info) -> list[Money]:
        """What all that is on sale of it costs now, one amount for each currency: what `checkout` wants to be told."""
        found = amounts(now for now, _ in await self._now(info))
        return [money(Decimal(minor), currency) for currency, minor in found.items()]

    async def _now(self, info: Info) -> Sequence[tuple[LineNow, DomainThing | None]]:
        load = info.context.loaders.things.load
        products = await asyncio.gather(*(load(line.product_id) for line in self.cart.lines))
        return [(stands(line, product), product) for line, product in zip(self.cart.lines, products, strict=True)]


def _shown(now: LineNow, product: DomainThing | None) -> ShoppingCartLine:
    on_sale = None if now.price is None else product
    return ShoppingCartLine(product=cast("Product | None", on_sale), now=now)

"""Dataloaders: everything that a nested field reads, batched per tick into one statement a kind."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from typing import Generic, TypeVar, cast

from aiodataloader import DataLoader

from domain.access import Caller
from domain.ids import NodeKind, kind_of
from domain.pages import Page, Window
from domain.product_search import FacetCount, ProductCounts
from domain.standing import Standing, Subject
from domain.support import NOT_NEEDED, Support
from domain.things import Thing
from services.lists import AnyList
from services.node_permissions import Found, Question
from services.product_search import Facet, ProductPage, ProductPlace, ProductSearch
from services.products import ProductAddress
from services.services import Services

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")

MAX_BATCH = 1_000
"""How many keys one statement takes at the most."""


class KeyedLoader(Generic[K, T]):
    """Loads one thing for each key, and everything asked for in one tick together."""

    def __init__(self, fetch: Callable[[list[K]], Awaitable[Mapping[K, T]]], missing: T) -> None:
        async def batch(keys: list[K]) -> list[T]:
            found = await fetch(keys)
            return [found.get(key, missing) for key in keys]

        self._loader: DataLoader[K, T] = DataLoader(batch, max_batch_size=MAX_BATCH)

    async def load(self, key: K) -> T:
        """The value for a key; others who wait for it keep it when this caller is cancelled."""
        return await asyncio.shield(self._loader.load(key))


class Loader(KeyedLoader[str, T]):
    """One whose keys are ids."""


class Loaders:
    """The loaders of one operation."""

    def __init__(self, services: Services, caller: Caller) -> None:
        self._services = services
        self._caller = caller
        self._lists: dict[Hashable, object] = {}
        self.groups = self._by_id(services.groups.fetch)
        self.held_groups = self._by_id(services.groups.held)
        self.people = self._by_id(services.people.fetch)
        self.things = self._by_id(services.things.fetch)
        self.connections = self._by_id(services.connections.fetch)
        self.events = self._by_id(services.events.fetch)
        self.knowledge = self._by_id(services.knowledge.fetch)
        self._of_kind: Mapping[NodeKind, Loader[Found | None]] = cast(
            "Mapping[NodeKind, Loader[Found | None]]",
            {
                NodeKind.GROUP: self.groups,
                NodeKind.PERSON: self.people,
                NodeKind.THING: self.things,
                NodeKind.CONNECTION: self.connections,
                NodeKind.EVENT: self.events,
                NodeKind.KNOWLEDGE: self.knowledge,
            },
        )
        self.product_files = self._by_id(services.products.files)
        self.delivered_files = self._by_id(services.products.delivered)
        self.revenue_shares = self._by_id(services.revenue_shares.of)
        self.products_by_slug: KeyedLoader[ProductAddress, Thing | None] = KeyedLoader(self._by_slug, None)
        self.owners = self._by_id(services.connections.owners)
        self.ancestors = self._by_id(services.groups.ancestors)
        self.order_totals = self._by_id(services.things.order_totals)
        self.texts: Loader[str | None] = Loader(services.knowledge.texts, None)
        self.statistics = self._by_id(services.groups.statistics)
        self.subtree_statistics = self._by_id(services.groups.subtree_statistics)
        self.roles = self._by_id(services.permissions.roles)
        self.permissions: KeyedLoader[Question, bool] = KeyedLoader(self._decide, missing=False)
        self.supports = self._by_id(services.permissions.supports)
        self.standings: KeyedLoader[Subject, Standing | None] = KeyedLoader(services.access_lists.standings, None)
        self.supports_of: KeyedLoader[Subject, Support] = KeyedLoader(services.access_lists.supports, NOT_NEEDED)
        self.key_uses = self._by_id(services.keys.uses)
        self.account_keys = self._by_id(services.keys.of_accounts)
        self.webhook_statuses = self._by_id(services.webhook_reading.statuses)
        self.labels: Loader[list[str]] = Loader(services.things.labels, [])

    def _by_id(self, fetch: Callable[[Caller, list[str]], Awaitable[Mapping[str, T]]]) -> "Loader[T | None]":
        async def of_caller(ids: list[str]) -> Mapping[str, T | None]:
            return cast("Mapping[str, T | None]", await fetch(self._caller, ids))

        return Loader(of_caller, None)

    async def _decide(self, asked: list[Question]) -> Mapping[Question, bool]:
        return await self._services.node_permissions.decide(self._caller, asked)

    async def _by_slug(self, asked: list[ProductAddress]) -> Mapping[ProductAddress, Thing | None]:
        return {**await self._services.products.by_slug(self._caller, asked)}

    async def node(self, identifier: str) -> Found | None:
        """Whatever an id names."""
        kind = kind_of(identifier)
        return None if kind is None else await self._of_kind[kind].load(identifier)

    def pages(self, of: AnyList, window: Window) -> Loader[Page[object] | None]:
        """The loader of one window of one list, for any number of parents."""

        async def fetch(parents: list[str]) -> Mapping[str, Page[object] | None]:
            return {**await self._services.lists.pages(self._caller, of, parents, window)}

        return self._list((of, window), lambda: Loader(fetch, None))

    def totals(self, of: AnyList) -> Loader[int]:
        """The loader of the counts of one list, for any number of parents."""

        async def fetch(parents: list[str]) -> Mapping[str, int]:
            return await self._services.lists.totals(self._caller, of, parents)

        return self._list((of, None), lambda: Loader(fetch, 0))

    def product_pages(
        self, search: ProductSearch, after: ProductPlace | None, limit: int
    ) -> Loader[ProductPage | None]:
        """The loader of one page of a search for products, for any number of groups."""

        async def fetch(parents: list[str]) -> Mapping[str, ProductPage | None]:
            return {**await self._services.product_search.page(self._caller, search, parents, after, limit)}

        return self._list((search, after, limit), lambda: Loader(fetch, None))

    def product_counts(self, search: ProductSearch) -> Loader[ProductCounts | None]:
        """The loader of the counts of such a search, in whatever order."""

        async def fetch(parents: list[str]) -> Mapping[str, ProductCounts | None]:
            return {**await self._services.product_search.counts(self._caller, search, parents)}

        return self._list((search, None), lambda: Loader(fetch, None))

    def product_values(self, search: ProductSearch, facet: Facet) -> Loader[Sequence[FacetCount] | None]:
        """The loader of the counts by one facet."""

        async def fetch(parents: list[str]) -> Mapping[str, Sequence[FacetCount] | None]:
            return {**await self._services.product_search.values(self._caller, search, facet, parents)}

        return self._list((search, facet), lambda: Loader(fetch, None))

    def _list(self, key: Hashable, make: Callable[[], Loader[T]]) -> Loader[T]:
        return cast("Loader[T]", self._lists.setdefault(key, make()))

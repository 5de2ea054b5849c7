"""Dataloaders: everything that a nested field reads, batched per tick into one statement a kind."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from datetime import datetime
from functools import cached_property, partial
from typing import Generic, TypeVar, cast

from aiodataloader import DataLoader

from domain.access import Caller
from domain.connections import Connection
from domain.events import Event
from domain.groups import Group
from domain.ids import NodeKind, kind_of
from domain.knowledge import Knowledge
from domain.orders import OrderTotals
from domain.pages import Page, Window
from domain.people import Person
from domain.product_search import FacetCount, ProductCounts
from domain.standing import Standing, Subject
from domain.statistics import GroupStatistics
from domain.support import NOT_NEEDED, Support
from domain.things import Thing
from domain.webhooks import WebhookStatus
from services.lists import AnyList
from services.node_permissions import Found, Question
from services.product_search import Facet, ProductPage, ProductPlace, ProductSearch
from services.products import ProductAddress
from services.revenue_shares import RevenueShare
from services.services import Services

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")

MAX_BATCH = 1_000
"""How many keys one statement takes at the most."""


class KeyedLoader(Generic[K, T]):
    """Loads one thing for each key, and everything asked for in one tick together.

    It takes hardly anything until something is asked for: there is one of each for every operation.
    """

    __slots__ = ("_fetch", "_loader", "_missing")

    def __init__(self, fetch: Callable[[list[K]], Awaitable[Mapping[K, T]]], missing: T) -> None:
        self._fetch = fetch
        self._missing = missing
        self._loader: DataLoader[K, T] | None = None

    async def load(self, key: K) -> T:
        """The value for a key; others who wait for it keep it when this caller is cancelled."""
        loader = self._loader
        if loader is None:
            loader = self._loader = _batching(self._fetch, self._missing)
        found = loader.load(key)
        try:
            return await asyncio.shield(found)
        except asyncio.CancelledError:
            found.add_done_callback(_have_heard)  # where it fails, whoever is left is told, and else nobody has to be
            raise


class Loader(KeyedLoader[str, T]):
    """One whose keys are ids."""

    __slots__ = ()


def _have_heard(loaded: "asyncio.Future[T]") -> None:
    if not loaded.cancelled():
        loaded.exception()


def _batching(fetch: Callable[[list[K]], Awaitable[Mapping[K, T]]], missing: T) -> DataLoader[K, T]:
    async def batch(keys: list[K]) -> list[T]:
        found = await fetch(keys)
        return [found.get(key, missing) for key in keys]

    return DataLoader(batch, max_batch_size=MAX_BATCH)


class Loaders:
    """The loaders of one operation, each made when it is asked for: most operations take few of them.

    None of them leads back here: what many requests at once leave behind goes with each of them, and not all together
    when the collector of garbage comes for it, which would hold the event loop for a tenth of a second.
    """

    def __init__(self, services: Services, caller: Caller) -> None:
        self._services = services
        self._caller = caller
        self._lists: dict[Hashable, object] = {}

    def _by_id(self, fetch: Callable[[Caller, list[str]], Awaitable[Mapping[str, T]]]) -> "Loader[T | None]":
        return Loader(partial(fetch, self._caller), None)

    @cached_property
    def groups(self) -> Loader[Group | None]:
        """Groups."""
        return self._by_id(self._services.groups.fetch)

    @cached_property
    def held_groups(self) -> Loader[bool | None]:
        """Whether groups hold anything."""
        return self._by_id(self._services.groups.held)

    @cached_property
    def people(self) -> Loader[Person | None]:
        """People."""
        return self._by_id(self._services.people.fetch)

    @cached_property
    def things(self) -> Loader[Thing | None]:
        """Things."""
        return self._by_id(self._services.things.fetch)

    @cached_property
    def connections(self) -> Loader[Connection | None]:
        """Connections."""
        return self._by_id(self._services.connections.fetch)

    @cached_property
    def events(self) -> Loader[Event | None]:
        """Events."""
        return self._by_id(self._services.events.fetch)

    @cached_property
    def knowledge(self) -> Loader[Knowledge | None]:
        """Documents, chunks, vectors and labels."""
        return self._by_id(self._services.knowledge.fetch)

    @cached_property
    def product_files(self) -> Loader[Mapping[str, Thing] | None]:
        """The files of products that the viewer may have, by their ids."""
        return self._by_id(self._services.products.files)

    @cached_property
    def delivered_files(self) -> Loader[list[Thing] | None]:
        """The files that products deliver, where the viewer may have them."""
        return self._by_id(self._services.products.delivered)

    @cached_property
    def products_by_slug(self) -> KeyedLoader[ProductAddress, Thing | None]:
        """Products by their group and their slug."""
        services, caller = self._services.products, self._caller

        async def fetch(asked: list[ProductAddress]) -> Mapping[ProductAddress, Thing | None]:
            return {**await services.by_slug(caller, asked)}

        return KeyedLoader(fetch, None)

    @cached_property
    def revenue_shares(self) -> Loader[list[RevenueShare] | None]:
        """Who has which part of what products earn."""
        return self._by_id(self._services.revenue_shares.of)

    @cached_property
    def owners(self) -> Loader[str | None]:
        """The ids of who owns things."""
        return self._by_id(self._services.connections.owners)

    @cached_property
    def ancestors(self) -> Loader[list[Group] | None]:
        """The groups above groups."""
        return self._by_id(self._services.groups.ancestors)

    @cached_property
    def texts(self) -> Loader[str | None]:
        """The texts of documents."""
        return Loader(self._services.knowledge.texts, None)

    @cached_property
    def statistics(self) -> Loader[GroupStatistics | None]:
        """What groups hold."""
        return self._by_id(self._services.groups.statistics)

    @cached_property
    def subtree_statistics(self) -> Loader[GroupStatistics | None]:
        """The same with the groups below them."""
        return self._by_id(self._services.groups.subtree_statistics)

    @cached_property
    def roles(self) -> Loader[Standing | None]:
        """The viewer's standing in groups."""
        return self._by_id(self._services.permissions.roles)

    @cached_property
    def permissions(self) -> KeyedLoader[Question, bool]:
        """Whether the viewer may do things to objects."""
        return KeyedLoader(partial(self._services.node_permissions.decide, self._caller), missing=False)

    @cached_property
    def supports(self) -> Loader[Support | None]:
        """What a platform owner needs and has in groups."""
        return self._by_id(self._services.permissions.supports)

    @cached_property
    def standings(self) -> KeyedLoader[Subject, Standing | None]:
        """The standing of anybody in groups."""
        return KeyedLoader(self._services.access_lists.standings, None)

    @cached_property
    def supports_of(self) -> KeyedLoader[Subject, Support]:
        """What any platform owner needs and has in groups."""
        return KeyedLoader(self._services.access_lists.supports, NOT_NEEDED)

    @cached_property
    def key_uses(self) -> Loader[datetime | None]:
        """When keys were last used."""
        return self._by_id(self._services.keys.uses)

    @cached_property
    def account_keys(self) -> Loader[list[Thing] | None]:
        """The keys of service accounts."""
        return self._by_id(self._services.keys.of_accounts)

    @cached_property
    def webhook_statuses(self) -> Loader[WebhookStatus | None]:
        """How webhooks do."""
        return self._by_id(self._services.webhook_reading.statuses)

    @cached_property
    def labels(self) -> Loader[list[str]]:
        """The labels of things."""
        return Loader(self._services.things.labels, [])

    def _of_kind(self, kind: NodeKind) -> "Loader[Found | None]":
        found: object
        match kind:
            case NodeKind.GROUP:
                found = self.groups
            case NodeKind.PERSON:
                found = self.people
            case NodeKind.THING:
                found = self.things
            case NodeKind.CONNECTION:
                found = self.connections
            case NodeKind.EVENT:
                found = self.events
            case NodeKind.KNOWLEDGE:
                found = self.knowledge
        return cast("Loader[Found | None]", found)

    async def node(self, identifier: str) -> Found | None:
        """Whatever an id names."""
        kind = kind_of(identifier)
        return None if kind is None else await self._of_kind(kind).load(identifier)

    def pages(self, of: AnyList, window: Window) -> Loader[Page[object] | None]:
        """The loader of one window of one list, for any number of parents."""
        lists, caller = self._services.lists, self._caller

        async def fetch(parents: list[str]) -> Mapping[str, Page[object] | None]:
            return {**await lists.pages(caller, of, parents, window)}

        return self._list((of, window), lambda: Loader(fetch, None))

    def totals(self, of: AnyList) -> Loader[int]:
        """The loader of the counts of one list, for any number of parents."""
        lists, caller = self._services.lists, self._caller

        async def fetch(parents: list[str]) -> Mapping[str, int]:
            return await lists.totals(caller, of, parents)

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

    def order_totals(self, of: AnyList) -> Loader[list[OrderTotals]]:
        """The loader of what the orders of one list come to, for any number of parents."""
        lists, caller = self._services.lists, self._caller

        async def fetch(parents: list[str]) -> Mapping[str, list[OrderTotals]]:
            return await lists.order_totals(caller, of, parents)

        return self._list((of, "totals"), lambda: Loader(fetch, []))

    def _list(self, key: Hashable, make: Callable[[], Loader[T]]) -> Loader[T]:
        return cast("Loader[T]", self._lists.setdefault(key, make()))

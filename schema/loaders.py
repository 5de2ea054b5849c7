"""Dataloaders: everything that a nested field reads, batched per tick into one statement a kind."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Mapping
from functools import partial
from typing import Generic, TypeVar, cast

from aiodataloader import DataLoader

from domain.access import Caller
from domain.ids import NodeKind, kind_of
from domain.orders import OrderTotals
from domain.pages import Page, Window
from domain.standing import Standing, Subject
from domain.support import NOT_NEEDED, Support
from services.lists import AnyList
from services.node_permissions import Found, Question
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
        return await asyncio.shield(loader.load(key))


class Loader(KeyedLoader[str, T]):
    """One whose keys are ids."""

    __slots__ = ()


def _batching(fetch: Callable[[list[K]], Awaitable[Mapping[K, T]]], missing: T) -> DataLoader[K, T]:
    async def batch(keys: list[K]) -> list[T]:
        found = await fetch(keys)
        return [found.get(key, missing) for key in keys]

    return DataLoader(batch, max_batch_size=MAX_BATCH)


class Loaders:
    """The loaders of one operation.

    None of them leads back here: what many requests at once leave behind goes with each of them, and not all together
    when the collector of garbage comes for it, which would hold the event loop for a tenth of a second.
    """

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
        self.owners = self._by_id(services.connections.owners)
        self.ancestors = self._by_id(services.groups.ancestors)
        self.texts: Loader[str | None] = Loader(services.knowledge.texts, None)
        self.statistics = self._by_id(services.groups.statistics)
        self.subtree_statistics = self._by_id(services.groups.subtree_statistics)
        self.roles = self._by_id(services.permissions.roles)
        self.permissions: KeyedLoader[Question, bool] = KeyedLoader(
            partial(services.node_permissions.decide, caller), missing=False
        )
        self.supports = self._by_id(services.permissions.supports)
        self.standings: KeyedLoader[Subject, Standing | None] = KeyedLoader(services.access_lists.standings, None)
        self.supports_of: KeyedLoader[Subject, Support] = KeyedLoader(services.access_lists.supports, NOT_NEEDED)
        self.key_uses = self._by_id(services.keys.uses)
        self.account_keys = self._by_id(services.keys.of_accounts)
        self.webhook_statuses = self._by_id(services.webhook_reading.statuses)
        self.labels: Loader[list[str]] = Loader(services.things.labels, [])

    def _by_id(self, fetch: Callable[[Caller, list[str]], Awaitable[Mapping[str, T]]]) -> "Loader[T | None]":
        return Loader(partial(fetch, self._caller), None)

    async def node(self, identifier: str) -> Found | None:
        """Whatever an id names."""
        kind = kind_of(identifier)
        return None if kind is None else await self._of_kind[kind].load(identifier)

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

    def order_totals(self, of: AnyList) -> Loader[list[OrderTotals]]:
        """The loader of what the orders of one list come to, for any number of parents."""
        lists, caller = self._services.lists, self._caller

        async def fetch(parents: list[str]) -> Mapping[str, list[OrderTotals]]:
            return await lists.order_totals(caller, of, parents)

        return self._list((of, "totals"), lambda: Loader(fetch, []))

    def _list(self, key: Hashable, make: Callable[[], Loader[T]]) -> Loader[T]:
        return cast("Loader[T]", self._lists.setdefault(key, make()))

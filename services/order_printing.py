"""Printing the papers of orders for whoever sees the order."""

import asyncio
from typing import Final

from domain.access import EVERYTHING, Caller
from domain.errors import NotFoundError
from domain.ids import NodeKind, kind_of
from domain.pages import CreationOrder, Window
from domain.things import Thing
from graph import groups, orders, people
from graph.store import Store
from services.access import viewer_of
from services.order_papers import Paper, Papers, has, pdf
from services.orders import ORDER, check_id
from services.things import Things

MOST_PAYMENTS: Final = 100
"""How many payments and refunds a paper names at the most, the oldest first."""

PRINTED_AT_ONCE: Final = 2
"""How many papers a server lays out at a time: each takes a processor for some tenths of a second."""


class OrderPrinting:
    """Prints papers."""

    def __init__(self, store: Store, things: Things) -> None:
        self._store = store
        self._things = things
        self._printing = asyncio.Semaphore(PRINTED_AT_ONCE)

    async def print(self, caller: Caller, order_id: str, paper: Paper) -> bytes:
        """The PDF of an order that the caller sees. AuthError for nobody; NotFoundError where there is no such paper.

        It names who sells and who bought, whoever sees those.
        """
        viewer_of(caller)
        check_id("id", order_id)
        order = (await self._things.fetch(caller, [order_id])).get(order_id)
        if order is None or order.type != ORDER or not has(order, paper):
            raise NotFoundError(paper.value, order_id)
        papers = await self._papers(order)
        async with self._printing:
            return await asyncio.to_thread(pdf, papers, paper)

    async def _papers(self, order: Thing) -> Papers:
        window = Window(MOST_PAYMENTS, CreationOrder.OLDEST_FIRST)
        pages = await orders.PAYMENTS_OF_ORDER.pages(self._store, EVERYTHING, [order.id], window, filters={})
        seller = (await groups.fetch(self._store, EVERYTHING, [order.group_id])).get(order.group_id)
        buyer = await self._name_of(order.properties.get("customerId"))
        return Papers(order, "" if seller is None else seller.name, buyer, pages[order.id].items)

    async def _name_of(self, customer: object) -> str:
        identifier = str(customer)
        if kind_of(identifier) is NodeKind.PERSON:
            found = (await people.fetch(self._store, EVERYTHING, [identifier])).get(identifier)
            return "" if found is None else found.display_name
        if kind_of(identifier) is NodeKind.GROUP:
            group = (await groups.fetch(self._store, EVERYTHING, [identifier])).get(identifier)
            return "" if group is None else group.name
        return ""

"""Placed orders in the store: what is locked for them, their numbers, and what is sold.

The number of an order is the next of its seller's group: `(:OrderCounter)` holds the last, and changes in the
transaction that makes the order, so that none is left out and none is given twice.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, TypedDict

from domain.access import EVERYTHING, Reach
from domain.products import left
from domain.things import Thing
from graph.access import reach_parameters, thing_shown, thing_visible
from graph.listing import Listing, listing
from graph.store import Statement, Store, Transaction, lock_clauses, lock_what_stays
from graph.things import STOCK_COLUMN, THING, ThingRow, from_row


class SoldRow(TypedDict):
    """A product, and what changes of it when some of it are sold or come back."""

    id: str
    properties: Mapping[str, int | None]


LOCK_ORDER: Final[Statement[ThingRow]] = Statement(
    "lock_order",
    f"""
    MATCH (thing:Entity:Order {{id: $id}}) WHERE {thing_visible("thing")}
    {lock_what_stays("thing")}
    RETURN {THING} AS row""",
    meant="Eager: of the one order that it locks.",
)
FETCH_PURCHASE: Final[Statement[ThingRow]] = Statement(
    "fetch_purchase",
    f"""
    MATCH (thing:Entity:Thing {{id: $id}}) WHERE {thing_visible("thing")}
    RETURN {THING} AS row""",
)
LOCK_PAYMENTS: Final[Statement[ThingRow]] = Statement(
    "lock_payments",
    f"""
    MATCH (:Entity:Order {{id: $id}})<-[:MENTIONS]-(thing:Payment)
    WITH DISTINCT thing ORDER BY thing.id
    {lock_what_stays("thing")}
    RETURN {THING} AS row ORDER BY row.id""",
    meant="Eager on 5.26: of the few payments of one order.",
)
LOCK_PRODUCTS: Final[Statement[ThingRow]] = Statement(
    "lock_products",
    f"""
    UNWIND $ids AS id
    MATCH (thing:Entity:Product {{id: id}}) WHERE {thing_shown("thing")}
    {lock_what_stays("thing")}
    RETURN {THING} AS row""",
    meant="Eager: all are found before the first of them is locked, and stay in the order of their ids.",
)
SET_SOLD: Final[Statement[int]] = Statement(
    "set_sold",
    """
    UNWIND $rows AS row
    MATCH (thing:Entity:Product {id: row.id})
    SET thing += row.properties
    RETURN count(thing) AS row""",
    meant="Eager: all are found before the first of them changes.",
)
TAKE_NUMBER: Final[Statement[int]] = Statement(
    "take_number",
    f"""
    MATCH (group:Entity:Group {{id: $id}})
    {lock_what_stays("group")} AND group.status <> 'archived'
    MERGE (counter:OrderCounter {{groupId: group.id}})
    ON CREATE SET counter.last = 0
    {lock_clauses("counter")}
    SET counter.last = counter.last + 1
    RETURN counter.last AS row""",
    meant="Eager: of the one counter of the one group that it locks.",
)
PAYMENTS_OF_ORDER: Final[Listing[ThingRow, Thing]] = listing(
    "payments_of_order",
    match="MATCH (thing:Thing) WHERE thing.type = 'payment' AND thing.filter1 = parent",
    prefix=("thing.type", "thing.filter1"),
    key="thing.sortKey",
    where=(thing_visible("thing"),),
    project=THING,
    item=from_row,
)
LIST_UNPAID: Final[Statement[str]] = Statement(
    "list_unpaid",
    """
    MATCH (thing:Order) WHERE thing.expiresAt <= $at
    RETURN thing.id AS row ORDER BY thing.expiresAt LIMIT $limit""",
)


async def lock(transaction: Transaction, reach: Reach, identifier: str) -> Thing | None:
    """The order as it is now and stays until the transaction ends, where it is the viewer's to see."""
    rows = await transaction.run(LOCK_ORDER, {"id": identifier, **reach_parameters(reach)})
    return from_row(rows[0]) if rows else None


async def fetch(transaction: Transaction, reach: Reach, identifier: str) -> Thing | None:
    """The order or the payment of that id, where it is the viewer's to see."""
    rows = await transaction.run(FETCH_PURCHASE, {"id": identifier, **reach_parameters(reach)})
    return from_row(rows[0]) if rows else None


async def lock_payments(transaction: Transaction, order_id: str) -> list[Thing]:
    """All payments and refunds of an order that is locked, the oldest first."""
    rows = await transaction.run(LOCK_PAYMENTS, {"id": order_id})
    return [from_row(row) for row in rows]


async def lock_products(transaction: Transaction, reach: Reach, ids: Iterable[str]) -> dict[str, Thing]:
    """Those of the products that there are and that the viewer sees, until the transaction ends."""
    rows = await transaction.run(LOCK_PRODUCTS, {"ids": sorted(set(ids)), **reach_parameters(reach)})
    return {row["id"]: from_row(row) for row in rows}


async def lock_sold(transaction: Transaction, ids: Iterable[str]) -> dict[str, Thing]:
    """The products of an order, whoever sees them."""
    return await lock_products(transaction, EVERYTHING, ids)


def _sold_columns(product: Thing) -> Mapping[str, int | None]:
    remaining = left(product)
    return {"sold": product.sold or None, STOCK_COLUMN: remaining, "inStock": remaining != 0}


async def set_sold(transaction: Transaction, products: Sequence[Thing]) -> None:
    """Note how many were sold of products that are locked. It makes no version of them."""
    rows: list[SoldRow] = [{"id": each.id, "properties": _sold_columns(each)} for each in products]
    if rows:
        await transaction.run(SET_SOLD, {"rows": rows})


async def take_number(transaction: Transaction, group_id: str) -> int | None:
    """The next number of a group's orders; None where the group takes none. Whoever wants the next one waits."""
    rows = await transaction.run(TAKE_NUMBER, {"id": group_id})
    return rows[0] if rows else None


async def unpaid(store: Store, at: int, limit: int) -> list[str]:
    """Some orders whose time to be paid is over at `at` (microseconds), the longest first."""
    return await store.read(LIST_UNPAID, {"at": at, "limit": limit})

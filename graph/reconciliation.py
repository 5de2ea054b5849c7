"""What a reconciliation has to know of what a group sells: its orders as a check knows them, and its products."""

from typing import Final, TypedDict

from graph.bulk import StoredRow
from graph.checks.orders import COUNTERS, CounterFacts
from graph.checks.things import FACTS, ThingFacts
from graph.store import Statement, Store


class SoldFacts(TypedDict):
    """A product whose stock is counted.

    `taken` are the properties of all orders with a line of it that are not cancelled or expired, and `uncounted` says
    whether there was a version of it without a stock: what was sold before that is not counted any more.
    """

    id: str
    row: StoredRow
    taken: list[str]
    uncounted: bool


PAGE_OF_ORDERS: Final[Statement[ThingFacts]] = Statement(
    "page_reconciled_orders",
    f"""
    MATCH (node:Thing) WHERE node.groupId = $groupId AND node.type = 'order' AND node.sortKey > $after
    WITH node ORDER BY node.groupId, node.type, node.sortKey LIMIT $limit
    RETURN {FACTS} AS row""",
)
PAGE_OF_PRODUCTS: Final[Statement[SoldFacts]] = Statement(
    "page_reconciled_products",
    """
    MATCH (node:Thing) WHERE node.groupId = $groupId AND node.type = 'product' AND node.sortKey > $after
    WITH node ORDER BY node.groupId, node.type, node.sortKey LIMIT $limit
    RETURN {
        id: node.id,
        row: properties(node),
        taken: COLLECT {
            MATCH (node)<-[:MENTIONS]-(order:Order) WHERE NOT order.filter2 IN ['cancelled', 'expired']
            RETURN order.properties
        },
        uncounted: EXISTS {
            MATCH (version:ThingVersion) WHERE version.key > node.id + ' ' AND version.key < node.id + '!'
                AND NOT version.properties CONTAINS '"stock":'
        }
    } AS row""",
)


async def orders(store: Store, group_id: str, after: str, limit: int) -> list[ThingFacts]:
    """The next orders of a group, in order of their sort keys."""
    return await store.read(PAGE_OF_ORDERS, {"groupId": group_id, "after": after, "limit": limit})


async def products(store: Store, group_id: str, after: str, limit: int) -> list[SoldFacts]:
    """The next products of a group, in order of their sort keys."""
    return await store.read(PAGE_OF_PRODUCTS, {"groupId": group_id, "after": after, "limit": limit})


async def counter(store: Store, group_id: str) -> list[CounterFacts]:
    """The counter of a group's orders, where it gave a number."""
    return await COUNTERS.look_again(store, [group_id])

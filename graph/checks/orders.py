"""What a check has to know of the numbers of a group's orders."""

from typing import TypedDict

from graph.bulk import StoredRow
from graph.checks.subjects import Subject, subject
from graph.store import Statement, Transaction


class StoredCounter(TypedDict):
    """The last number that a group gave to an order."""

    groupId: str
    last: int


class CounterFacts(TypedDict):
    """A counter, by the id of its group, with how many orders have numbers of it and which is the highest."""

    id: str
    row: StoredRow
    groups: int
    total: int
    most: int | None


COUNTERS: Subject[CounterFacts] = subject(
    "order_counters",
    "(node:OrderCounter)",
    "node",
    """{
        id: node.groupId,
        row: properties(node),
        groups: COUNT { MATCH (:Entity:Group {id: node.groupId}) },
        total: COUNT { MATCH (order:Order) WHERE order.orderKey STARTS WITH node.groupId + ' ' },
        most: COLLECT {
            MATCH (order:Order) WHERE order.orderKey STARTS WITH node.groupId + ' '
            WITH toIntegerOrNull(split(order.orderKey, ' ')[1]) AS number WHERE number IS NOT NULL
            RETURN number ORDER BY number DESC LIMIT 1
        }[0]
    }""",
    key="groupId",
)
SET_COUNTER: Statement[bool] = Statement(
    "set_counter", "MATCH (node:OrderCounter {groupId: $id}) SET node += $properties RETURN true AS row"
)


async def change(transaction: Transaction, identifier: str, properties: StoredRow) -> None:
    """Give a counter other values."""
    await transaction.run(SET_COUNTER, {"id": identifier, "properties": properties})

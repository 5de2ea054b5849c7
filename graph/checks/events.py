"""What a check has to know of an event."""

from typing import TypedDict

from graph.bulk import StoredRow
from graph.checks.subjects import Subject, subject
from graph.event_log import LOG
from graph.store import STORE_CLOCK, Statement, Store, Transaction, lock_clauses


class EventFacts(TypedDict):
    """An event."""

    id: str
    labels: list[str]
    row: StoredRow


EVENTS: Subject[EventFacts] = subject(
    "events", "(node:Event)", "node", "{id: node.id, labels: labels(node), row: properties(node)}"
)
SET_EVENT: Statement[bool] = Statement(
    "set_event", "MATCH (node:Event {id: $id}) SET node += $properties RETURN true AS row"
)


WAIT_FOR_PLACE: Statement[bool] = Statement(
    "wait_for_place",
    f"""
    MATCH (node:Event {{id: $id}})
    SET node:Unsequenced, node.recordedAt = {STORE_CLOCK}
    REMOVE node.position
    RETURN true AS row""",
)
KEEP_PLACE: Statement[bool] = Statement(
    "keep_place", "MATCH (node:Event {id: $id}) REMOVE node:Unsequenced, node.recordedAt RETURN true AS row"
)


class PlacesRow(TypedDict):
    """How many events have a place in the log, and the last of the places."""

    total: int
    last: int | None


KEEP_LOG: Statement[bool] = Statement(
    "keep_event_log",
    f"MATCH (log:Setting {{name: $name}}) {lock_clauses('log')} RETURN true AS row",
)
COUNT_PLACES: Statement[PlacesRow] = Statement(
    "count_places",
    """
    MATCH (event:Event) WHERE event.position > 0
    RETURN {total: count(event), last: max(event.position)} AS row""",
)


async def wait_for_place(transaction: Transaction, identifier: str) -> None:
    """Have an event numbered with those that come next."""
    await transaction.run(WAIT_FOR_PLACE, {"id": identifier})


async def keep_place(transaction: Transaction, identifier: str) -> None:
    """Let an event have the place that it has."""
    await transaction.run(KEEP_PLACE, {"id": identifier})


async def empty_places(store: Store) -> int:
    """How many places of the log belong to no event."""

    async def work(transaction: Transaction) -> PlacesRow:
        await transaction.run(KEEP_LOG, {"name": LOG})
        return (await transaction.run(COUNT_PLACES, {}))[0]

    found = await store.write(work)
    return (found["last"] or 0) - found["total"]


async def change(transaction: Transaction, identifier: str, properties: StoredRow) -> None:
    """Give an event other values; what it tells of stays."""
    await transaction.run(SET_EVENT, {"id": identifier, "properties": properties})

"""Events in the store: `(:Event)` nodes that are only ever added, in the transaction that they describe."""

from collections.abc import Sequence
from typing import TypedDict

from domain.access import Reach
from domain.events import Event, EventType
from domain.values import from_micros, to_micros
from graph import chain
from graph.access import entity_visible, event_visible, reach_parameters
from graph.listing import Listing, listing
from graph.shared_reads import SMALL
from graph.store import STORE_CLOCK, Statement, Store, Transaction
from graph.values import from_json, to_json


class EventRow(TypedDict):
    """An event as the store keeps it; its id is its sort key."""

    id: str
    type: str
    actor: str
    groupId: str | None
    targetId: str | None
    at: int
    requestId: str | None
    traceId: str | None
    properties: str


def from_row(row: EventRow) -> Event:
    """The event that a row holds."""
    return Event(
        id=row["id"],
        type=EventType(row["type"]),
        actor=row["actor"],
        group_id=row["groupId"],
        target_id=row["targetId"],
        at=from_micros(row["at"]),
        request_id=row["requestId"],
        trace_id=row["traceId"],
        properties=from_json(row["properties"]),
    )


def to_row(event: Event) -> EventRow:
    """The row that holds an event."""
    return {
        "id": event.id,
        "type": event.type,
        "actor": event.actor,
        "groupId": event.group_id,
        "targetId": event.target_id,
        "at": to_micros(event.at),
        "requestId": event.request_id,
        "traceId": event.trace_id,
        "properties": to_json(event.properties),
    }


async def append(transaction: Transaction, events: Sequence[Event], *, happened: bool = True) -> None:
    """Record what the transaction does; what belongs in the audit log is chained as the last of it.

    Where it has not `happened` nothing is recorded, by the same statements, so that no time tells which it was.
    """
    plain = [
        {**to_row(event), **({} if event.customer_id is None else {"customerId": event.customer_id})}
        for event in events
        if event.audit is None
    ]
    if plain or not events:
        await transaction.run(APPEND_EVENTS, {"events": plain if happened else []})
    audited = [(to_row(event), event.audit) for event in events if event.audit is not None]
    transaction.announces |= happened
    chain.append(transaction, audited, happened=happened)


EVENT = f"event {{{', '.join(f'.{column}' for column in EventRow.__annotations__)}}}"

APPEND_EVENTS: Statement[int] = Statement(
    "append_events",
    f"""
    UNWIND $events AS row
    CREATE (event:Event:Unsequenced)
    SET event = row, event.recordedAt = {STORE_CLOCK}
    RETURN count(event) AS row""",
)
FETCH_EVENTS: Statement[EventRow] = Statement(
    "fetch_events",
    f"""
    UNWIND $ids AS id
    MATCH (event:Event {{id: id}}) WHERE {event_visible("event")}
    RETURN {EVENT} AS row""",
    together=SMALL,
)
_VISIBLE_PARENT = f"MATCH (owner:Entity {{id: parent}}) WHERE {entity_visible('owner')}"
ACCOUNT_ACTIVITY: Listing[EventRow, Event] = listing(
    "account_activity",
    parent=_VISIBLE_PARENT,
    match="MATCH (event:Event) WHERE event.targetId = parent",
    where=("event.type IN $types",),
    key="event.id",
    prefix=("event.targetId",),
    project=EVENT,
    item=from_row,
)


async def fetch(store: Store, reach: Reach, ids: Sequence[str]) -> dict[str, Event]:
    """Those of the events that there are and that the viewer may see."""
    rows = await store.read(FETCH_EVENTS, {"ids": ids, **reach_parameters(reach)})
    return {row["id"]: from_row(row) for row in rows}

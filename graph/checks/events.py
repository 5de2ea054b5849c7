"""What a check has to know of an event."""

from typing import TypedDict

from graph.bulk import StoredRow
from graph.checks.subjects import Subject, subject
from graph.store import Statement, Transaction


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


async def change(transaction: Transaction, identifier: str, properties: StoredRow) -> None:
    """Give an event other values; what it tells of stays."""
    await transaction.run(SET_EVENT, {"id": identifier, "properties": properties})

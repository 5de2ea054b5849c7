"""What a check has to know of a session."""

from typing import Final, TypedDict

from graph.bulk import StoredRow
from graph.checks.subjects import Subject, subject
from graph.store import Statement, Transaction


class SessionFacts(TypedDict):
    """A session, and whether its person is there."""

    id: str
    row: StoredRow
    person: bool


SESSIONS: Final[Subject[SessionFacts]] = subject(
    "sessions",
    "(node:Session)",
    "node",
    "{id: node.id, row: properties(node), person: EXISTS { MATCH (:Entity:Person {id: node.personId}) }}",
)
CHANGE_SESSION: Statement[bool] = Statement(
    "change_checked_session", "MATCH (node:Session {id: $id}) SET node += $properties RETURN true AS row"
)
DELETE_SESSION: Statement[bool] = Statement(
    "delete_checked_session", "MATCH (node:Session {id: $id}) DELETE node RETURN true AS row"
)


async def change(transaction: Transaction, identifier: str, properties: StoredRow) -> None:
    """Give a session other values; None takes one away."""
    await transaction.run(CHANGE_SESSION, {"id": identifier, "properties": properties})


async def delete(transaction: Transaction, identifier: str) -> None:
    """End a session."""
    await transaction.run(DELETE_SESSION, {"id": identifier})

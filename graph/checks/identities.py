"""What a check has to know of an account elsewhere."""

from typing import Final, TypedDict

from graph.bulk import StoredRow
from graph.checks.subjects import Subject, subject
from graph.store import Statement, Transaction


class IdentityFacts(TypedDict):
    """An account elsewhere, and whether its person is there."""

    id: str
    row: StoredRow
    person: bool


IDENTITIES: Final[Subject[IdentityFacts]] = subject(
    "identities",
    "(node:Identity)",
    "node",
    "{id: node.id, row: properties(node), person: EXISTS { MATCH (:Entity:Person {id: node.personId}) }}",
)
CHANGE_IDENTITY: Statement[bool] = Statement(
    "change_checked_identity", "MATCH (node:Identity {id: $id}) SET node += $properties RETURN true AS row"
)
DELETE_IDENTITY: Statement[bool] = Statement(
    "delete_checked_identity", "MATCH (node:Identity {id: $id}) DELETE node RETURN true AS row"
)


async def change(transaction: Transaction, identifier: str, properties: StoredRow) -> None:
    """Give an account elsewhere other values; None takes one away."""
    await transaction.run(CHANGE_IDENTITY, {"id": identifier, "properties": properties})


async def delete(transaction: Transaction, identifier: str) -> None:
    """Forget an account elsewhere."""
    await transaction.run(DELETE_IDENTITY, {"id": identifier})

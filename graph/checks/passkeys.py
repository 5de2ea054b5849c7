"""What a check has to know of a passkey."""

from typing import Final, TypedDict

from graph.bulk import StoredRow
from graph.checks.subjects import Subject, subject
from graph.store import Statement, Transaction


class PasskeyFacts(TypedDict):
    """A passkey, and whether its person is there."""

    id: str
    row: StoredRow
    person: bool


PASSKEYS: Final[Subject[PasskeyFacts]] = subject(
    "passkeys",
    "(node:Passkey)",
    "node",
    "{id: node.id, row: properties(node), person: EXISTS { MATCH (:Entity:Person {id: node.personId}) }}",
)
CHANGE_PASSKEY: Statement[bool] = Statement(
    "change_checked_passkey", "MATCH (node:Passkey {id: $id}) SET node += $properties RETURN true AS row"
)
DELETE_PASSKEY: Statement[bool] = Statement(
    "delete_checked_passkey", "MATCH (node:Passkey {id: $id}) DELETE node RETURN true AS row"
)


async def change(transaction: Transaction, identifier: str, properties: StoredRow) -> None:
    """Give a passkey other values; None takes one away."""
    await transaction.run(CHANGE_PASSKEY, {"id": identifier, "properties": properties})


async def delete(transaction: Transaction, identifier: str) -> None:
    """Forget a passkey."""
    await transaction.run(DELETE_PASSKEY, {"id": identifier})

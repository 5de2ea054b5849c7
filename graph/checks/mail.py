"""What a check has to know of a mail."""

from typing import Final, TypedDict

from graph.bulk import StoredRow
from graph.checks.subjects import Subject, subject
from graph.store import Statement, Transaction


class MailFacts(TypedDict):
    """A mail, and whether its person is there."""

    id: str
    row: StoredRow
    person: bool


MAILS: Final[Subject[MailFacts]] = subject(
    "mails",
    "(node:Mail)",
    "node",
    "{id: node.id, row: properties(node), person: EXISTS { MATCH (:Entity:Person {id: node.personId}) }}",
)
CHANGE_MAIL: Statement[bool] = Statement(
    "change_checked_mail", "MATCH (node:Mail {id: $id}) SET node += $properties RETURN true AS row"
)
DELETE_MAIL: Statement[bool] = Statement(
    "delete_checked_mail", "MATCH (node:Mail {id: $id}) DELETE node RETURN true AS row"
)


async def change(transaction: Transaction, identifier: str, properties: StoredRow) -> None:
    """Give a mail other values; None takes one away."""
    await transaction.run(CHANGE_MAIL, {"id": identifier, "properties": properties})


async def delete(transaction: Transaction, identifier: str) -> None:
    """Delete a mail."""
    await transaction.run(DELETE_MAIL, {"id": identifier})

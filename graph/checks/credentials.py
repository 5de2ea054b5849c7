"""What a check has to know of a password."""

from typing import Final, TypedDict

from graph.bulk import StoredRow
from graph.checks.subjects import Subject, subject
from graph.store import Statement, Transaction


class CredentialFacts(TypedDict):
    """A password, and whether its person is there; `id` is the person's."""

    id: str
    row: StoredRow
    person: bool


CREDENTIALS: Final[Subject[CredentialFacts]] = subject(
    "credentials",
    "(node:Credential)",
    "node",
    """{
        id: node.personId,
        row: properties(node),
        person: EXISTS { MATCH (:Entity:Person {id: node.personId}) }
    }""",
    key="personId",
)
CHANGE_CREDENTIAL: Statement[bool] = Statement(
    "change_checked_credential",
    "MATCH (node:Credential {personId: $id}) SET node += $properties RETURN true AS row",
)
DELETE_CREDENTIAL: Statement[bool] = Statement(
    "delete_checked_credential", "MATCH (node:Credential {personId: $id}) DELETE node RETURN true AS row"
)


async def change(transaction: Transaction, identifier: str, properties: StoredRow) -> None:
    """Give a password's node other values; None takes one away."""
    await transaction.run(CHANGE_CREDENTIAL, {"id": identifier, "properties": properties})


async def delete(transaction: Transaction, identifier: str) -> None:
    """Forget a password."""
    await transaction.run(DELETE_CREDENTIAL, {"id": identifier})

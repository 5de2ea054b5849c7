"""What a check has to know of a second factor."""

from typing import Final, TypedDict

from graph.bulk import StoredRow
from graph.checks.subjects import Subject, subject
from graph.store import Statement, Transaction


class SecondFactorFacts(TypedDict):
    """A second factor, and whether its person is there and has a passkey; `id` is the person's."""

    id: str
    row: StoredRow
    person: bool
    passkey: bool


SECOND_FACTORS: Final[Subject[SecondFactorFacts]] = subject(
    "second_factors",
    "(node:SecondFactor)",
    "node",
    """{
        id: node.personId,
        row: properties(node),
        person: EXISTS { MATCH (:Entity:Person {id: node.personId}) },
        passkey: EXISTS { MATCH (:Passkey {personId: node.personId}) }
    }""",
    key="personId",
)
CHANGE_FACTOR: Statement[bool] = Statement(
    "change_checked_factor", "MATCH (node:SecondFactor {personId: $id}) SET node += $properties RETURN true AS row"
)
DELETE_FACTOR: Statement[bool] = Statement(
    "delete_checked_factor", "MATCH (node:SecondFactor {personId: $id}) DELETE node RETURN true AS row"
)


async def change(transaction: Transaction, identifier: str, properties: StoredRow) -> None:
    """Give a second factor other values; None takes one away."""
    await transaction.run(CHANGE_FACTOR, {"id": identifier, "properties": properties})


async def delete(transaction: Transaction, identifier: str) -> None:
    """Forget a second factor."""
    await transaction.run(DELETE_FACTOR, {"id": identifier})

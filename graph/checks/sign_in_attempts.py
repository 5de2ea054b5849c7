"""What a check has to know of a sign-in at a provider that has begun."""

from typing import Final, TypedDict

from graph.bulk import StoredRow
from graph.checks.subjects import Subject, subject
from graph.store import Statement, Transaction


class SignInAttemptFacts(TypedDict):
    """A sign-in that has begun, by the hash of its state, and whether the person whom it is for is there."""

    id: str
    row: StoredRow
    person: bool


SIGN_IN_ATTEMPTS: Final[Subject[SignInAttemptFacts]] = subject(
    "sign_in_attempts",
    "(node:SignInAttempt)",
    "node",
    """{
        id: node.stateHash,
        row: properties(node),
        person: node.personId IS NULL OR EXISTS { MATCH (:Entity:Person {id: node.personId}) }
    }""",
    key="stateHash",
)
CHANGE_ATTEMPT: Statement[bool] = Statement(
    "change_checked_attempt",
    "MATCH (node:SignInAttempt {stateHash: $stateHash}) SET node += $properties RETURN true AS row",
)
DELETE_ATTEMPT: Statement[bool] = Statement(
    "delete_checked_attempt", "MATCH (node:SignInAttempt {stateHash: $stateHash}) DELETE node RETURN true AS row"
)


async def change(transaction: Transaction, state_hash: str, properties: StoredRow) -> None:
    """Give a sign-in that has begun other values; None takes one away."""
    await transaction.run(CHANGE_ATTEMPT, {"stateHash": state_hash, "properties": properties})


async def delete(transaction: Transaction, state_hash: str) -> None:
    """Make a sign-in that has begun good for nothing any more."""
    await transaction.run(DELETE_ATTEMPT, {"stateHash": state_hash})

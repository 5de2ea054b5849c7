"""What a check has to know of a challenge to be signed."""

from typing import Final, TypedDict

from graph.bulk import StoredRow
from graph.checks.subjects import Subject, subject
from graph.store import Statement, Transaction


class SignInChallengeFacts(TypedDict):
    """A challenge, by its hash, and whether the person whom it is for is there."""

    id: str
    row: StoredRow
    person: bool


SIGN_IN_CHALLENGES: Final[Subject[SignInChallengeFacts]] = subject(
    "sign_in_challenges",
    "(node:SignInChallenge)",
    "node",
    """{
        id: node.hash,
        row: properties(node),
        person: node.personId IS NULL OR EXISTS { MATCH (:Entity:Person {id: node.personId}) }
    }""",
    key="hash",
)
CHANGE_CHALLENGE: Statement[bool] = Statement(
    "change_checked_challenge",
    "MATCH (node:SignInChallenge {hash: $hash}) SET node += $properties RETURN true AS row",
)
DELETE_CHALLENGE: Statement[bool] = Statement(
    "delete_checked_challenge", "MATCH (node:SignInChallenge {hash: $hash}) DELETE node RETURN true AS row"
)


async def change(transaction: Transaction, challenge_hash: str, properties: StoredRow) -> None:
    """Give a challenge other values; None takes one away."""
    await transaction.run(CHANGE_CHALLENGE, {"hash": challenge_hash, "properties": properties})


async def delete(transaction: Transaction, challenge_hash: str) -> None:
    """Make a challenge good for nothing any more."""
    await transaction.run(DELETE_CHALLENGE, {"hash": challenge_hash})

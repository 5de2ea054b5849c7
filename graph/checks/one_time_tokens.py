"""What a check has to know of a link or a code that went out by mail."""

from typing import Final, TypedDict

from graph.bulk import StoredRow
from graph.checks.subjects import Subject, subject
from graph.store import Statement, Transaction


class OneTimeTokenFacts(TypedDict):
    """A link, by its key, and whether its person is there."""

    id: str
    row: StoredRow
    person: bool


ONE_TIME_TOKENS: Final[Subject[OneTimeTokenFacts]] = subject(
    "one_time_tokens",
    "(node:OneTimeToken)",
    "node",
    "{id: node.key, row: properties(node), person: EXISTS { MATCH (:Entity:Person {id: node.personId}) }}",
    key="key",
)
CHANGE_TOKEN: Statement[bool] = Statement(
    "change_checked_token", "MATCH (node:OneTimeToken {key: $key}) SET node += $properties RETURN true AS row"
)
DELETE_TOKEN: Statement[bool] = Statement(
    "delete_checked_token", "MATCH (node:OneTimeToken {key: $key}) DELETE node RETURN true AS row"
)


async def change(transaction: Transaction, key: str, properties: StoredRow) -> None:
    """Give a link other values; None takes one away."""
    await transaction.run(CHANGE_TOKEN, {"key": key, "properties": properties})


async def delete(transaction: Transaction, key: str) -> None:
    """Make a link good for nothing any more."""
    await transaction.run(DELETE_TOKEN, {"key": key})

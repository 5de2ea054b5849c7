"""What a check has to know of a cart."""

from typing import Final, TypedDict

from graph.bulk import StoredRow
from graph.checks.subjects import Subject, subject
from graph.store import Statement, Transaction


class CartFacts(TypedDict):
    """A cart, by its key, and whether the person whose it is is there."""

    id: str
    row: StoredRow
    person: bool


CARTS: Final[Subject[CartFacts]] = subject(
    "carts",
    "(node:ShoppingCart)",
    "node",
    """{
        id: node.key,
        row: properties(node),
        person: node.personId IS NULL OR EXISTS { MATCH (:Entity:Person {id: node.personId}) }
    }""",
    key="key",
)
CHANGE_CART: Statement[bool] = Statement(
    "change_checked_cart", "MATCH (node:ShoppingCart {key: $key}) SET node += $properties RETURN true AS row"
)
DELETE_CART: Statement[bool] = Statement(
    "delete_checked_cart", "MATCH (node:ShoppingCart {key: $key}) DELETE node RETURN true AS row"
)


async def change(transaction: Transaction, key: str, properties: StoredRow) -> None:
    """Give a cart other values; None takes one away."""
    await transaction.run(CHANGE_CART, {"key": key, "properties": properties})


async def delete(transaction: Transaction, key: str) -> None:
    """End a cart."""
    await transaction.run(DELETE_CART, {"key": key})

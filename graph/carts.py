"""Carts in the store: `(:ShoppingCart)` nodes, by the id of the person whose it is, or the hash of a visitor's token.

They are nothing that anybody else sees, and nothing that is kept: no thing of a group, with versions and an owner.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypedDict, cast

import orjson

from domain.carts import Cart, CartLine, to_json
from domain.values import from_micros, to_micros
from graph.store import Statement, Store, Transaction, lock_clauses, lock_what_stays


class CartRow(TypedDict):
    """A cart as the store keeps it; `personId` is its key too, where it is not a visitor's."""

    key: str
    personId: str | None
    lines: str
    createdAt: int
    updatedAt: int
    expiresAt: int


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose a cart is: a person, or whoever has the token of that hash."""

    person_id: str | None = None
    token_hash: str = ""

    @property
    def key(self) -> str:
        """The key of their cart."""
        return self.person_id or self.token_hash


_CART: Final = f"cart {{{', '.join(f'.{column}' for column in CartRow.__annotations__)}}}"

FETCH_CART: Final[Statement[CartRow]] = Statement(
    "fetch_cart", f"MATCH (cart:ShoppingCart {{key: $key}}) WHERE cart.expiresAt > $at RETURN {_CART} AS row"
)
LOCK_CART: Final[Statement[CartRow]] = Statement(
    "lock_cart",
    f"""
    MATCH (cart:ShoppingCart {{key: $key}})
    {lock_what_stays("cart", "expiresAt")}
    RETURN {_CART} AS row""",
    meant="Eager on 5.26: of the one cart that it locks.",
)
BEGIN_CART: Final[Statement[CartRow]] = Statement(
    "begin_cart",
    f"""
    MERGE (cart:ShoppingCart {{key: $key}})
    ON CREATE SET cart += $properties
    {lock_clauses("cart")}
    RETURN {_CART} AS row""",
    meant="Eager on 5.26: of the one cart that it locks.",
)
SAVE_CART: Final[Statement[bool]] = Statement(
    "save_cart", "MATCH (cart:ShoppingCart {key: $key}) SET cart += $properties RETURN true AS row"
)
DELETE_CART: Final[Statement[int]] = Statement(
    "delete_cart", "MATCH (cart:ShoppingCart {key: $key}) DELETE cart RETURN count(*) AS row"
)
FORGET_CARTS: Final[Statement[int]] = Statement(
    "forget_carts",
    """
    MATCH (cart:ShoppingCart) WHERE cart.expiresAt <= $at
    WITH cart LIMIT $limit
    DELETE cart
    RETURN count(*) AS row""",
)


def from_row(row: CartRow) -> Cart:
    """The cart that a row holds."""
    lines = cast("Sequence[Mapping[str, str | int]]", orjson.loads(row["lines"]))
    return Cart(
        [
            CartLine(
                product_id=str(line["productId"]),
                quantity=int(line["quantity"]),
                name=str(line["name"]),
                price=int(line["price"]),
                currency=str(line["currency"]),
            )
            for line in lines
        ],
        from_micros(row["expiresAt"]),
    )


async def fetch(store: Store, holder: Holder, at: datetime) -> Cart | None:
    """Somebody's cart, where they have one that is kept still."""
    rows = await store.read(FETCH_CART, {"key": holder.key, "at": to_micros(at)})
    return from_row(rows[0]) if rows else None


async def lock(transaction: Transaction, holder: Holder, at: datetime) -> Cart | None:
    """The same, until the transaction ends."""
    rows = await transaction.run(LOCK_CART, {"key": holder.key})
    return from_row(rows[0]) if rows and rows[0]["expiresAt"] > to_micros(at) else None


async def begin(transaction: Transaction, holder: Holder, at: datetime) -> Cart:
    """Somebody's cart, which is empty where they had none that is kept still, until the transaction ends."""
    micros = to_micros(at)
    properties = {
        "key": holder.key,
        "personId": holder.person_id,
        "lines": "[]",
        "createdAt": micros,
        "updatedAt": micros,
        "expiresAt": micros,
    }
    [row] = await transaction.run(BEGIN_CART, {"key": holder.key, "properties": properties})
    return from_row(row) if row["expiresAt"] > micros else Cart([])


async def save(transaction: Transaction, holder: Holder, cart: Cart, at: datetime, expires_at: datetime) -> Cart:
    """Write what is in a cart that is locked, and keep it until then."""
    properties = {
        "lines": orjson.dumps(to_json(cart.lines)).decode(),
        "updatedAt": to_micros(at),
        "expiresAt": to_micros(expires_at),
    }
    await transaction.run(SAVE_CART, {"key": holder.key, "properties": properties})
    return Cart(cart.lines, expires_at)


async def delete(transaction: Transaction, holder: Holder) -> None:
    """End a cart that is locked."""
    await transaction.run(DELETE_CART, {"key": holder.key})


async def forget(store: Store, at: datetime, limit: int) -> int:
    """End some carts whose time is over, and answer how many."""

    async def work(transaction: Transaction) -> int:
        [ended] = await transaction.run(FORGET_CARTS, {"at": to_micros(at), "limit": limit})
        return ended

    return await store.write(work)

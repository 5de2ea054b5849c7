"""What things that stay say of somebody who goes, in what they are now and in what they were.

It is taken out in place: a version of its own would keep what it has to be rid of.
"""

from collections.abc import Sequence
from typing import Final, TypedDict

from graph.store import Statement, Transaction, lock_what_stays


class KeptRow(TypedDict):
    """An order by its id, or a version of one by its key, and its properties as the store keeps them."""

    key: str
    properties: str


_VERSIONS: Final = """UNWIND $ids AS id
    MATCH (version:ThingVersion) WHERE version.key > id + ' ' AND version.key < id + '!'"""

LOCK_ORDERS_OF: Final[Statement[KeptRow]] = Statement(
    "lock_orders_of",
    f"""
    MATCH (thing:Thing) USING INDEX SEEK thing:Thing(customerId, sortKey)
    WHERE thing.customerId = $personId AND thing.sortKey > '' AND thing:Order
    WITH thing ORDER BY thing.id
    {lock_what_stays("thing")}
    RETURN {{key: thing.id, properties: thing.properties}} AS row""",
    meant="Eager on 5.26: all are found before the first of them is locked.",
)
FETCH_VERSIONS_OF: Final[Statement[KeptRow]] = Statement(
    "fetch_versions_of",
    f"""
    {_VERSIONS}
    RETURN {{key: version.key, properties: version.properties}} AS row""",
)
SET_ORDERS: Final[Statement[int]] = Statement(
    "set_orders",
    """
    UNWIND $rows AS row
    MATCH (thing:Entity:Order {id: row.key})
    SET thing.properties = row.properties
    RETURN count(thing) AS row""",
)
SET_VERSIONS: Final[Statement[int]] = Statement(
    "set_versions",
    """
    UNWIND $rows AS row
    MATCH (version:ThingVersion {key: row.key})
    SET version.properties = row.properties
    RETURN count(version) AS row""",
)
RENAME_VERSIONS: Final[Statement[int]] = Statement(
    "rename_versions",
    f"""
    {_VERSIONS}
    SET version.name = $name
    RETURN count(version) AS row""",
)


async def lock_orders(transaction: Transaction, person_id: str) -> list[KeptRow]:
    """The orders of a customer, until the transaction ends."""
    return await transaction.run(LOCK_ORDERS_OF, {"personId": person_id})


async def fetch_versions(transaction: Transaction, ids: Sequence[str]) -> list[KeptRow]:
    """What things were before they became what they are."""
    return await transaction.run(FETCH_VERSIONS_OF, {"ids": ids})


async def write(transaction: Transaction, orders: Sequence[KeptRow], versions: Sequence[KeptRow]) -> None:
    """Give orders that are locked, and versions of theirs, other properties."""
    await transaction.run(SET_ORDERS, {"rows": orders})
    await transaction.run(SET_VERSIONS, {"rows": versions})


async def rename_versions(transaction: Transaction, ids: Sequence[str], name: str) -> None:
    """Have things that are locked be called so in all that they were."""
    await transaction.run(RENAME_VERSIONS, {"ids": ids, "name": name})

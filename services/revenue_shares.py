"""Who shares in what a thing brings in: connections of the type `owns`, whose shares come to the whole at most."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from domain.access import Caller, Reach
from domain.connections import Connection
from domain.errors import ConflictError
from domain.values import JSON
from graph import locks, products
from graph.store import Store, Transaction
from graph.values import from_json
from services.access import reach_of

OWNS: Final = "owns"
SHARE: Final = "revenueShare"


@dataclass(frozen=True, slots=True)
class RevenueShare:
    """A person, a group or a thing that owns something, and the part of what it brings in that is theirs."""

    holder_id: str
    share: Decimal


def share_of(properties: Mapping[str, JSON]) -> Decimal:
    """The part that a connection gives; none where it says nothing of it."""
    return Decimal(str(properties.get(SHARE) or 0))


async def exceeding(transaction: Transaction, wanted: Sequence[Connection]) -> dict[str, ConflictError]:
    """By their ids, why some connections cannot be as they are wanted: more than the whole would be given away.

    What they lead to is locked. Each counts with those before it.
    """
    sharing = [each for each in wanted if each.type == OWNS and share_of(each.properties)]
    if not sharing:
        return {}
    ids = {each.id for each in sharing}
    given: dict[str, Decimal] = {}
    for row in await products.shares_of(transaction, {each.to_id for each in sharing}):
        if row["id"] not in ids:
            given[row["targetId"]] = given.get(row["targetId"], Decimal(0)) + share_of(from_json(row["properties"]))
    refused: dict[str, ConflictError] = {}
    for each in sharing:
        before, share = given.get(each.to_id, Decimal(0)), share_of(each.properties)
        if before + share > 1:
            refused[each.id] = ConflictError(
                f"Others have {before} of what this brings in, so that {max(1 - before, Decimal(0))} is left, "
                f"and not {share}.",
                field=f"properties.{SHARE}",
            )
        else:
            given[each.to_id] = before + share
    return refused


async def require_share(transaction: Transaction, reach: Reach, connection: Connection) -> None:
    """Lock what a connection leads to, if it owns it, and see that its share is left. ConflictError."""
    if connection.type != OWNS:
        return
    await locks.lock(transaction, reach, [connection.to_id])
    for error in (await exceeding(transaction, [connection])).values():
        raise error


class RevenueShares:
    """Tells them."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def of(self, caller: Caller, ids: Sequence[str]) -> Mapping[str, list[RevenueShare]]:
        """For each of the things who shares in it, as far as the caller sees that."""
        if caller.viewer is None:
            return {}
        found = await products.shares(self._store, reach_of(caller), ids)
        return {
            thing_id: [
                RevenueShare(row["holderId"], share)
                for row in rows
                if (share := share_of(from_json(row["properties"])))
            ]
            for thing_id, rows in found.items()
        }

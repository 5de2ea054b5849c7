"""Locking several nodes at once, always in the order of their ids, so that two who want the same do not deadlock."""

from collections.abc import Iterable
from typing import Final, TypedDict

from domain.access import Reach
from graph.access import entity_shown, reach_parameters
from graph.store import Statement, Transaction, lock_what_stays


class LockedRow(TypedDict):
    """A group, a person or a thing that is locked; `type` is a group's or a thing's, `groupId` a thing's.

    `kind` is a person's, where it is no human, and `role` their role on the platform.
    """

    id: str
    type: str | None
    status: str
    groupId: str | None
    kind: str | None
    role: str | None


LOCK_ENTITIES: Final[Statement[LockedRow]] = Statement(
    "lock_entities",
    f"""
    UNWIND $ids AS id
    MATCH (entity:Entity {{id: id}}) WHERE {entity_shown("entity")}
    {lock_what_stays("entity")}
    RETURN {{
        id: entity.id, type: entity.type, status: entity.status, groupId: entity.groupId, kind: entity.kind,
        role: entity.role
    }} AS row""",
    meant="Eager: all are found before the first of them is locked, and stay in the order of their ids.",
)
PEEK_ENTITIES: Final[Statement[LockedRow]] = Statement(
    "peek_entities",
    f"""
    UNWIND $ids AS id
    MATCH (entity:Entity {{id: id}}) WHERE {entity_shown("entity")}
    RETURN {{
        id: entity.id, type: entity.type, status: entity.status, groupId: entity.groupId, kind: entity.kind,
        role: entity.role
    }} AS row""",
)


async def lock(transaction: Transaction, reach: Reach, ids: Iterable[str]) -> dict[str, LockedRow]:
    """Those of the groups, people and things that there are and that the viewer may see, until the transaction ends."""
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    rows = await transaction.run(LOCK_ENTITIES, {"ids": wanted, **reach_parameters(reach)})
    return {row["id"]: row for row in rows}


async def peek(transaction: Transaction, reach: Reach, ids: Iterable[str]) -> dict[str, LockedRow]:
    """The same without locks: good enough to find out what has to be locked first."""
    rows = await transaction.run(PEEK_ENTITIES, {"ids": sorted(set(ids)), **reach_parameters(reach)})
    return {row["id"]: row for row in rows}

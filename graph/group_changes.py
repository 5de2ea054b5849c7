"""Changing groups in the store, and the shape of their tree."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, TypedDict

from domain.access import Reach
from domain.events import Event
from domain.groups import Group
from domain.values import to_micros
from graph.access import group_shown, reach_parameters
from graph.events import to_row as to_event_row
from graph.groups import GROUP, GroupRow, from_row, to_row
from graph.store import STORE_CLOCK, Statement, Transaction, lock_clauses, lock_what_stays

LOCK_GROUP: Statement[GroupRow] = Statement(
    "lock_group",
    f"""
    MATCH (group:Entity:Group {{id: $id}}) WHERE {group_shown("group")}
    {lock_what_stays("group")}
    RETURN {GROUP} AS row""",
    meant="Eager: of the one group that it locks.",
)
LOCK_GROUP_BY_SLUG: Statement[GroupRow] = Statement(
    "lock_group_by_slug",
    f"MATCH (group:Group {{slug: $slug}}) {lock_what_stays('group')} RETURN {GROUP} AS row",
    meant="Eager on 5.26: of the one group that it locks.",
)
LOCK_TREE: Statement[bool] = Statement(
    "lock_tree",
    f"MERGE (lock:Lock {{name: 'group_tree'}}) {lock_clauses('lock')} RETURN true AS row",
)
LOCK_SUBTREE: Statement[int] = Statement(
    "lock_subtree",
    f"""
    MATCH (:Entity:Group {{id: $id}})-[:PARENT_OF*0..]->(group:Group)
    WITH group ORDER BY group.id
    {lock_clauses("group")}
    RETURN count(group) AS row""",
    meant="Sort: the whole subtree is found before the first of it is locked, in order of their ids.",
)
IS_BELOW: Statement[bool] = Statement(
    "is_below",
    """
    MATCH (group:Entity:Group {id: $id})
    RETURN EXISTS { MATCH (group)<-[:PARENT_OF*0..]-(ancestor:Group) WHERE ancestor.id = $ancestorId } AS row""",
)
CREATE_GROUP: Statement[bool] = Statement(
    "create_group",
    """
    CREATE (group:Entity:Group)
    SET group = $properties
    WITH group
    OPTIONAL MATCH (parent:Entity:Group {id: $parentId})
    FOREACH (_ IN CASE WHEN parent IS NULL THEN [] ELSE [1] END |
        CREATE (parent)-[:PARENT_OF {childId: group.id}]->(group))
    RETURN true AS row""",
    meant="Eager: of the one group that it makes.",
)
SAVE_GROUP: Statement[bool] = Statement(
    "save_group",
    "MATCH (group:Entity:Group {id: $id}) SET group += $properties RETURN true AS row",
)
MOVE_GROUP: Statement[bool] = Statement(
    "move_group",
    """
    MATCH (group:Entity:Group {id: $id})
    OPTIONAL MATCH (:Group)-[edge:PARENT_OF]->(group)
    DELETE edge
    WITH group
    OPTIONAL MATCH (parent:Entity:Group {id: $parentId})
    FOREACH (_ IN CASE WHEN parent IS NULL THEN [] ELSE [1] END |
        CREATE (parent)-[:PARENT_OF {childId: group.id}]->(group))
    RETURN true AS row""",
    meant="Eager: the old edge has to be gone before the new one is made.",
)


class ContentsRow(TypedDict):
    """What a group still holds."""

    groups: int
    things: int


COUNT_CONTENTS: Statement[ContentsRow] = Statement(
    "count_contents",
    """
    MATCH (group:Entity:Group {id: $id})
    RETURN {
        groups: COUNT { (group)-[:PARENT_OF]->(child:Group) WHERE child.status <> 'archived' },
        things: COUNT { (group)<-[:IN_GROUP]-(thing:Thing) WHERE thing.status <> 'archived' }
    } AS row""",
)
LIST_GROUPS_IN_USE: Final[Statement[str]] = Statement(
    "list_groups_in_use",
    """
    MATCH (:Entity:Group {id: $id})-[:PARENT_OF*0..]->(group:Group)
    WHERE group.status <> 'archived'
    RETURN group.id AS row""",
)

LIST_BELOW: Final[Statement[str]] = Statement(
    "list_below", "MATCH (:Entity:Group {id: $id})-[:PARENT_OF*0..]->(group:Group) RETURN group.id AS row"
)


class GroupInUse(TypedDict):
    """A group to archive, and the id of the event that tells so."""

    id: str
    eventId: str


ARCHIVE_GROUPS: Final[Statement[int]] = Statement(
    "archive_groups",
    f"""
    UNWIND $rows AS row
    MATCH (group:Entity:Group {{id: row.id}})
    SET group.status = 'archived', group.archivedAt = $event.at, group.updatedAt = $event.at,
        group.version = group.version + 1
    CREATE (event:Event:Unsequenced)
    SET event = $event, event.recordedAt = {STORE_CLOCK}, event.id = row.eventId,
        event.targetId = group.id, event.groupId = group.id
    RETURN count(group) AS row""",
    meant="Eager: of the thousand groups that it archives at a time.",
)
DELETE_GROUP: Final[Statement[bool]] = Statement(
    "delete_group",
    """
    MATCH (group:Entity:Group {id: $id})
    CALL (group) { MATCH (group)<-[edge:PARENT_OF|MEMBER_OF]-(:Entity) DELETE edge }
    DELETE group
    RETURN true AS row""",
    meant="Eager: of the edges of the one group that it deletes.",
)


class MemberRow(TypedDict):
    """Somebody who is a member, and as what."""

    id: str
    role: str
    status: str


LIVE_MEMBERS: Final[Statement[MemberRow]] = Statement(
    "live_members",
    """
    MATCH (:Entity:Group {id: $id})<-[edge:MEMBER_OF]-(person:Person) WHERE edge.validTo IS NULL
    RETURN {id: person.id, role: edge.role, status: edge.status} AS row""",
)


async def lock(transaction: Transaction, reach: Reach, identifier: str) -> Group | None:
    """The group as it is now and stays until the transaction ends."""
    rows = await transaction.run(LOCK_GROUP, {"id": identifier, **reach_parameters(reach)})
    return from_row(rows[0]) if rows else None


async def lock_by_slug(transaction: Transaction, slug: str) -> Group | None:
    """The group with that slug (lower case), whoever may see it, as it is now and stays."""
    rows = await transaction.run(LOCK_GROUP_BY_SLUG, {"slug": slug})
    return from_row(rows[0]) if rows else None


async def lock_tree(transaction: Transaction) -> None:
    """Keep every other change of the tree's shape out until the transaction ends."""
    await transaction.run(LOCK_TREE, {})


async def lock_subtree(transaction: Transaction, identifier: str) -> None:
    """Lock a group and everything below it.

    A group created while we waited for a lock is found by looking again: its parent is locked by then, so that the
    second look differs from the first only by what was committed before.
    """
    locked, before = -1, -2
    while locked != before:
        before, locked = locked, (await transaction.run(LOCK_SUBTREE, {"id": identifier}))[0]


async def is_below(transaction: Transaction, identifier: str, ancestor_id: str) -> bool:
    """Whether a group is another one or somewhere below it."""
    return (await transaction.run(IS_BELOW, {"id": identifier, "ancestorId": ancestor_id}))[0]


async def create(transaction: Transaction, group: Group) -> None:
    """Add a group below its parent, which must be locked."""
    await transaction.run(CREATE_GROUP, {"properties": to_row(group), "parentId": group.parent_id})


async def save(transaction: Transaction, group: Group) -> None:
    """Write a group that is locked; its parent stays."""
    await transaction.run(SAVE_GROUP, {"id": group.id, "properties": to_row(group)})


async def move(transaction: Transaction, group: Group) -> None:
    """Write a group that is locked, and hang it below its parent."""
    await save(transaction, group)
    await transaction.run(MOVE_GROUP, {"id": group.id, "parentId": group.parent_id})


async def contents(transaction: Transaction, identifier: str) -> ContentsRow:
    """How many groups and things that are not archived a group holds itself."""
    return (await transaction.run(COUNT_CONTENTS, {"id": identifier}))[0]


async def below(transaction: Transaction, identifier: str) -> list[str]:
    """The ids of a group and of all below it."""
    return await transaction.run(LIST_BELOW, {"id": identifier})


async def in_use(transaction: Transaction, identifier: str) -> list[str]:
    """The ids of a group and of the groups below it, which must be locked, that are not archived."""
    return await transaction.run(LIST_GROUPS_IN_USE, {"id": identifier})


async def archive(transaction: Transaction, groups: Sequence[GroupInUse], event: Event, at: datetime) -> None:
    """Archive groups that are locked; `event` says what every one of their events says."""
    row = {**to_event_row(event), "id": None, "at": to_micros(at)}
    await transaction.run(ARCHIVE_GROUPS, {"rows": groups, "event": row})


async def members(transaction: Transaction, identifier: str) -> list[MemberRow]:
    """The people who are members of a group that is locked, as what they are that."""
    return await transaction.run(LIVE_MEMBERS, {"id": identifier})


async def delete(transaction: Transaction, identifier: str) -> None:
    """Erase a group that is locked, with its memberships. ConflictError, at the commit, where anything needs it."""
    await transaction.run(DELETE_GROUP, {"id": identifier})

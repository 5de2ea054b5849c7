"""Groups in the store: `(:Group)` nodes in a tree of `PARENT_OF` edges."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import TypedDict

from domain.access import Reach
from domain.groups import Group, GroupStatus, GroupType, JoinPolicy, Limits, Plan, Visibility
from domain.values import from_micros, to_micros
from graph.access import group_visible, reach_parameters
from graph.listing import Listing, listing
from graph.store import Statement, Store, Transaction, lock_clauses
from graph.values import from_json, optional_micros, optional_time, sort_key, to_json


class GroupRow(TypedDict):
    """A group as the store keeps it."""

    id: str
    slug: str
    name: str
    description: str | None
    type: str
    status: str
    visibility: str
    joinPolicy: str
    plan: str
    limitMembers: int | None
    limitStorageBytes: int | None
    limitApiCallsPerMonth: int | None
    metadata: str
    parentId: str | None
    createdAt: int
    updatedAt: int
    archivedAt: int | None
    version: int
    sortKey: str


class AncestorsRow(TypedDict):
    """The groups above one group, the nearest first."""

    id: str
    groups: list[GroupRow]


def from_row(row: GroupRow) -> Group:
    """The group that a row holds."""
    return Group(
        id=row["id"],
        slug=row["slug"],
        name=row["name"],
        description=row["description"],
        type=GroupType(row["type"]),
        status=GroupStatus(row["status"]),
        visibility=Visibility(row["visibility"]),
        join_policy=JoinPolicy(row["joinPolicy"]),
        plan=Plan(row["plan"]),
        limits=Limits(row["limitMembers"], row["limitStorageBytes"], row["limitApiCallsPerMonth"]),
        metadata=from_json(row["metadata"]),
        parent_id=row["parentId"],
        created_at=from_micros(row["createdAt"]),
        updated_at=from_micros(row["updatedAt"]),
        archived_at=optional_time(row["archivedAt"]),
        version=row["version"],
    )


def to_row(group: Group) -> GroupRow:
    """The row that holds a group."""
    return {
        "id": group.id,
        "slug": group.slug,
        "name": group.name,
        "description": group.description,
        "type": group.type,
        "status": group.status,
        "visibility": group.visibility,
        "joinPolicy": group.join_policy,
        "plan": group.plan,
        "limitMembers": group.limits.members,
        "limitStorageBytes": group.limits.storage_bytes,
        "limitApiCallsPerMonth": group.limits.api_calls_per_month,
        "metadata": to_json(group.metadata),
        "parentId": group.parent_id,
        "createdAt": to_micros(group.created_at),
        "updatedAt": to_micros(group.updated_at),
        "archivedAt": optional_micros(group.archived_at),
        "version": group.version,
        "sortKey": sort_key(group.created_at, group.id),
    }


GROUP = f"group {{{', '.join(f'.{column}' for column in GroupRow.__annotations__)}}}"
_VISIBLE_PARENT = f"MATCH (owner:Entity:Group {{id: parent}}) WHERE {group_visible('owner')}"
_FILTERS = ("($type IS NULL OR group.type = $type)", "($status IS NULL OR group.status = $status)")

FETCH_GROUPS: Statement[GroupRow] = Statement(
    "fetch_groups",
    f"""
    UNWIND $ids AS id
    MATCH (group:Entity:Group {{id: id}}) WHERE {group_visible("group")}
    RETURN {GROUP} AS row""",
)
FETCH_GROUP_BY_SLUG: Statement[GroupRow] = Statement(
    "fetch_group_by_slug",
    f"""
    MATCH (group:Group {{slug: $slug}}) WHERE {group_visible("group")}
    RETURN {GROUP} AS row""",
)
FETCH_ANCESTORS: Statement[AncestorsRow] = Statement(
    "fetch_ancestors",
    f"""
    UNWIND $ids AS id
    MATCH (below:Entity:Group {{id: id}}) WHERE {group_visible("below")}
    CALL (below) {{
        MATCH path = (below)<-[:PARENT_OF*1..]-(group:Group) WHERE {group_visible("group")}
        WITH group ORDER BY length(path)
        RETURN collect({GROUP}) AS groups
    }}
    RETURN {{id: id, groups: groups}} AS row""",
)
GROUPS: Listing[GroupRow, Group] = listing(
    "groups",
    match="MATCH (group:Group)",
    where=(*_FILTERS, group_visible("group")),
    key="group.sortKey",
    project=GROUP,
    item=from_row,
)
CHILDREN: Listing[GroupRow, Group] = listing(
    "children",
    parent=_VISIBLE_PARENT,
    match="MATCH (group:Group) WHERE group.parentId = parent",
    where=_FILTERS,
    key="group.sortKey",
    prefix=("group.parentId",),
    project=GROUP,
    item=from_row,
)
MAX_DEPTH = 16
"""How far down `descendants` can be limited to: the depth has to stand in the statement's text."""


@cache
def descendants(depth: int | None) -> Listing[GroupRow, Group]:
    """The groups below a group, down to `depth` levels (at most MAX_DEPTH) or to the leaves."""
    levels = "1.." if depth is None else f"1..{min(depth, MAX_DEPTH)}"
    return listing(
        "descendants",
        parent=_VISIBLE_PARENT,
        match=f"MATCH (owner)-[:PARENT_OF*{levels}]->(group:Group)",
        walk="group",
        where=_FILTERS,
        key="group.sortKey",
        project=GROUP,
        item=from_row,
    )


LOCK_GROUP: Statement[GroupRow] = Statement(
    "lock_group",
    f"""
    MATCH (group:Entity:Group {{id: $id}}) WHERE {group_visible("group")}
    {lock_clauses("group")}
    RETURN {GROUP} AS row""",
    meant="Eager: of the one group that it locks.",
)
LOCK_GROUP_BY_SLUG: Statement[GroupRow] = Statement(
    "lock_group_by_slug",
    f"MATCH (group:Group {{slug: $slug}}) {lock_clauses('group')} RETURN {GROUP} AS row",
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
ARCHIVE_SUBTREE: Statement[str] = Statement(
    "archive_subtree",
    """
    MATCH (:Entity:Group {id: $id})-[:PARENT_OF*0..]->(group:Group)
    WHERE group.status <> 'archived'
    SET group.status = 'archived', group.archivedAt = $at, group.updatedAt = $at, group.version = group.version + 1
    RETURN group.id AS row""",
    meant="Eager: the subtree has to be walked before its groups change.",
)


async def fetch(store: Store, reach: Reach, ids: Sequence[str]) -> dict[str, Group]:
    """Those of the groups that there are and that the viewer may see."""
    rows = await store.read(FETCH_GROUPS, {"ids": ids, **reach_parameters(reach)})
    return {row["id"]: from_row(row) for row in rows}


async def fetch_by_slug(store: Store, reach: Reach, slug: str) -> Group | None:
    """The group with that slug (lower case)."""
    rows = await store.read(FETCH_GROUP_BY_SLUG, {"slug": slug, **reach_parameters(reach)})
    return from_row(rows[0]) if rows else None


async def fetch_ancestors(store: Store, reach: Reach, ids: Sequence[str]) -> dict[str, list[Group]]:
    """For each group the ones above it that the viewer may see, the nearest first."""
    rows = await store.read(FETCH_ANCESTORS, {"ids": ids, **reach_parameters(reach)})
    return {row["id"]: [from_row(group) for group in row["groups"]] for row in rows}


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


async def archive_subtree(transaction: Transaction, identifier: str, at: datetime) -> list[str]:
    """Archive a group and everything below it, which must be locked; the ids of those that were not yet."""
    return await transaction.run(ARCHIVE_SUBTREE, {"id": identifier, "at": to_micros(at)})

"""Groups in the store: `(:Group)` nodes in a tree of `PARENT_OF` edges."""

from collections.abc import Sequence
from typing import TypedDict

from domain.access import Reach
from domain.groups import Group, GroupStatus, GroupType, JoinPolicy, Limits, Plan, Visibility
from domain.values import from_micros, to_micros
from domain.words import searchable
from graph.access import group_shown, group_visible, reach_parameters
from graph.shared_reads import SMALL
from graph.store import Statement, Store
from graph.values import from_json, optional_micros, optional_time, sort_key, to_json, whole


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


class StoredGroup(GroupRow):
    """A group with the words by which a search finds it."""

    nameWords: str
    textWords: str


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


def to_row(group: Group) -> StoredGroup:
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
        "nameWords": searchable(group.name, group.slug),
        "textWords": searchable(group.description),
    }


GROUP = f"group {{{', '.join(f'.{column}' for column in GroupRow.__annotations__)}}}"

FETCH_GROUPS: Statement[GroupRow] = Statement(
    "fetch_groups",
    f"""
    UNWIND $ids AS id
    MATCH (group:Entity:Group {{id: id}}) WHERE {group_shown("group")}
    RETURN {GROUP} AS row""",
    together=SMALL,
)
FETCH_HELD: Statement[str] = Statement(
    "fetch_held_groups",
    f"UNWIND $ids AS id MATCH (group:Entity:Group {{id: id}}) WHERE {group_visible('group')} RETURN id AS row",
    together=SMALL,
)
FETCH_GROUP_BY_SLUG: Statement[GroupRow] = Statement(
    "fetch_group_by_slug",
    f"""
    MATCH (group:Group {{slug: $slug}}) WHERE {group_shown("group")}
    RETURN {GROUP} AS row""",
    together=SMALL,
)
FETCH_ANCESTORS: Statement[AncestorsRow] = Statement(
    "fetch_ancestors",
    f"""
    UNWIND $ids AS id
    MATCH (below:Entity:Group {{id: id}}) WHERE {group_shown("below")}
    CALL (below) {{
        MATCH path = (below)<-[:PARENT_OF*1..]-(group:Group) WHERE {group_shown("group")}
        WITH group ORDER BY length(path)
        RETURN collect({GROUP}) AS groups
    }}
    RETURN {{id: id, groups: groups}} AS row""",
    together=SMALL,
)


async def fetch(store: Store, reach: Reach, ids: Sequence[str]) -> dict[str, Group]:
    """Those of the groups that there are and that the viewer may see."""
    rows = await store.read(FETCH_GROUPS, {"ids": ids, **reach_parameters(reach)})
    return {row["id"]: from_row(row) for row in whole(rows, from_row)}


async def held(store: Store, reach: Reach, ids: Sequence[str]) -> set[str]:
    """Those of the groups that the viewer sees as theirs, and not only as everybody does."""
    return set(ids) if reach.everything else set(await store.read(FETCH_HELD, {"ids": ids, **reach_parameters(reach)}))


async def fetch_by_slug(store: Store, reach: Reach, slug: str) -> Group | None:
    """The group with that slug (lower case)."""
    rows = await store.read(FETCH_GROUP_BY_SLUG, {"slug": slug, **reach_parameters(reach)})
    return from_row(rows[0]) if rows else None


async def fetch_ancestors(store: Store, reach: Reach, ids: Sequence[str]) -> dict[str, list[Group]]:
    """For each group the ones above it that the viewer may see, the nearest first."""
    rows = await store.read(FETCH_ANCESTORS, {"ids": ids, **reach_parameters(reach)})
    return {row["id"]: [from_row(group) for group in row["groups"]] for row in rows}

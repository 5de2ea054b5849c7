"""Groups that somebody wants to be a member of."""

from collections.abc import Iterable

from domain.access import Reach
from domain.connections import Connection
from domain.groups import Group
from graph import connections, groups
from graph.access import group_shown, reach_parameters
from graph.connections import CONNECTION, ConnectionRow
from graph.groups import GROUP, GroupRow
from graph.store import Statement, Transaction, lock_what_stays

_LIVE = "{liveKey: $personId + ' ' + $id}"
LOCK_GROUP_TO_JOIN: Statement[GroupRow] = Statement(
    "lock_group_to_join",
    f"""
    MATCH (group:Entity:Group {{id: $id}})
    WHERE {group_shown("group")} OR EXISTS {{ MATCH (:Person)-[:MEMBER_OF {_LIVE}]->(group) }}
    {lock_what_stays("group")}
    RETURN {GROUP} AS row""",
    meant="Eager: of the one group that it locks.",
)
LOCK_MEMBERSHIP: Statement[ConnectionRow] = Statement(
    "lock_membership",
    f"""
    MATCH (:Person)-[edge:MEMBER_OF {_LIVE}]->(:Group)
    {lock_what_stays("edge", "createdAt")} AND edge.validTo IS NULL
    RETURN {CONNECTION} AS row""",
    meant="Eager on 5.26: of the one connection that it locks.",
)
MEMBERSHIPS_IN_GROUPS: Statement[ConnectionRow] = Statement(
    "memberships_in_groups",
    f"""
    UNWIND $ids AS id
    MATCH (:Person)-[edge:MEMBER_OF {{liveKey: $personId + ' ' + id}}]->(:Group) WHERE edge.validTo IS NULL
    RETURN {CONNECTION} AS row""",
)


async def lock(transaction: Transaction, reach: Reach, group_id: str) -> Group | None:
    """A group that the viewer sees, or is to be a member of, as it stays until the transaction ends."""
    rows = await transaction.run(LOCK_GROUP_TO_JOIN, {"id": group_id, **reach_parameters(reach)})
    return groups.from_row(rows[0]) if rows else None


async def lock_membership(transaction: Transaction, person_id: str, group_id: str) -> Connection | None:
    """The live membership of a person in a group, in whatever state, as it stays until the transaction ends."""
    rows = await transaction.run(LOCK_MEMBERSHIP, {"id": group_id, "personId": person_id})
    return connections.from_row(rows[0]) if rows else None


async def memberships(transaction: Transaction, person_id: str, group_ids: Iterable[str]) -> dict[str, Connection]:
    """The live memberships of a person in those of the groups where they have one, without locks."""
    rows = await transaction.run(MEMBERSHIPS_IN_GROUPS, {"ids": sorted(set(group_ids)), "personId": person_id})
    return {row["toId"]: connections.from_row(row) for row in rows}

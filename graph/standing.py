"""What somebody is in groups: the memberships by which they may change what is there."""

from collections.abc import Iterable
from typing import TypedDict

from domain.people import MemberRole
from graph.store import Statement, Transaction


class StandingRow(TypedDict):
    """A role that counts in a group."""

    groupId: str
    role: str


class MembershipRow(TypedDict):
    """A group that a person is an active member of."""

    personId: str
    groupId: str


STANDING: Statement[StandingRow] = Statement(
    "standing",
    """
    UNWIND $ids AS id
    MATCH (group:Entity:Group {id: id})
    MATCH (group)<-[:PARENT_OF*0..]-(held:Group) WHERE $below OR held = group
    MATCH (:Person)-[membership:MEMBER_OF {liveKey: $personId + ' ' + held.id}]->(held)
    WHERE membership.status = 'active'
    RETURN {groupId: id, role: membership.role} AS row""",
)
GROUPS_OF_PEOPLE: Statement[MembershipRow] = Statement(
    "groups_of_people",
    """
    UNWIND $ids AS id
    MATCH (:Entity:Person {id: id})-[membership:MEMBER_OF]->(group:Group)
    WHERE membership.validTo IS NULL AND membership.status = 'active'
    RETURN {personId: id, groupId: group.id} AS row""",
)


async def roles(
    transaction: Transaction, person_id: str, group_ids: Iterable[str], *, below: bool
) -> dict[str, MemberRole]:
    """The highest role that the person has in each of the groups, or in one above it where it counts `below` too."""
    found: dict[str, MemberRole] = {}
    parameters = {"ids": sorted(set(group_ids)), "personId": person_id, "below": below}
    for row in await transaction.run(STANDING, parameters):
        role = MemberRole(row["role"])
        if row["groupId"] not in found or role.covers(found[row["groupId"]]):
            found[row["groupId"]] = role
    return found


async def groups_of(transaction: Transaction, person_ids: Iterable[str]) -> dict[str, set[str]]:
    """The groups that each of the people is an active member of."""
    found: dict[str, set[str]] = {}
    for row in await transaction.run(GROUPS_OF_PEOPLE, {"ids": sorted(set(person_ids))}):
        found.setdefault(row["personId"], set()).add(row["groupId"])
    return found

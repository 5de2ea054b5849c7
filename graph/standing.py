"""What somebody is in groups: the memberships by which they may change what is there."""

from collections.abc import Iterable
from typing import Final, TypedDict
from weakref import WeakKeyDictionary

from domain.people import MemberRole
from domain.standing import Standing, Subject
from graph.store import Statement, Store, Transaction


class StandingRow(TypedDict):
    """A role that counts in a group, and the group in which it is held."""

    groupId: str
    heldId: str
    role: str
    path: list[str]


class StandingOfRow(StandingRow):
    """The same of one of several people."""

    personId: str


class MembershipRow(TypedDict):
    """A group that a person is an active member of."""

    personId: str
    groupId: str


STANDING: Statement[StandingRow] = Statement(
    "standing",
    """
    UNWIND $ids AS id
    MATCH (group:Entity:Group {id: id})
    MATCH above = (group)<-[:PARENT_OF*0..]-(held:Group) WHERE $below OR held = group
    MATCH (:Person)-[membership:MEMBER_OF {liveKey: $personId + ' ' + held.id}]->(held)
    WHERE membership.status = 'active'
    RETURN {
        groupId: id, heldId: held.id, role: membership.role, path: [each IN reverse(nodes(above)) | each.id]
    } AS row""",
)
STANDINGS: Statement[StandingOfRow] = Statement(
    "standings",
    """
    UNWIND $pairs AS pair
    MATCH (person:Entity:Person {id: pair.personId})
    MATCH (group:Entity:Group {id: pair.groupId})
    MATCH above = (group)<-[:PARENT_OF*0..]-(held:Group) WHERE person.role IN $flowing OR held = group
    MATCH (:Person)-[membership:MEMBER_OF {liveKey: person.id + ' ' + held.id}]->(held)
    WHERE membership.status = 'active'
    RETURN {
        personId: person.id, groupId: group.id, heldId: held.id, role: membership.role,
        path: [each IN reverse(nodes(above)) | each.id]
    } AS row""",
    meant="CartesianProduct on 5.26: of one person with one group.",
)
GROUPS_OF_PEOPLE: Statement[MembershipRow] = Statement(
    "groups_of_people",
    """
    UNWIND $ids AS id
    MATCH (:Entity:Person {id: id})-[membership:MEMBER_OF]->(group:Group)
    WHERE membership.validTo IS NULL AND membership.status = 'active'
    RETURN {personId: id, groupId: group.id} AS row""",
)


_FOUND: Final[WeakKeyDictionary[Transaction, dict[tuple[str, str], Standing]]] = WeakKeyDictionary()
"""What each running transaction found, by person and group: the audit log tells by what right something was done."""


async def roles(
    transaction: Transaction, person_id: str, group_ids: Iterable[str], *, below: bool
) -> dict[str, MemberRole]:
    """The highest role that the person has in each of the groups, or in one above it where it counts `below` too."""
    best = _highest(await transaction.run(STANDING, _parameters(person_id, group_ids, below=below)))
    found = _FOUND.setdefault(transaction, {})
    found |= {(person_id, group_id): standing for group_id, standing in best.items()}
    return {group_id: standing.role for group_id, standing in best.items()}


def found_by(transaction: Transaction, person_id: str, group_id: str) -> Standing | None:
    """What the transaction found of this before it changed anything about it, if it asked."""
    return _FOUND.get(transaction, {}).get((person_id, group_id))


async def fetch(store: Store, person_id: str, group_ids: Iterable[str], *, below: bool) -> dict[str, Standing]:
    """The same outside of a transaction, with where it is held."""
    return _highest(await store.read(STANDING, _parameters(person_id, group_ids, below=below)))


async def of_subjects(store: Store, subjects: Iterable[Subject], flowing: Iterable[str]) -> dict[Subject, Standing]:
    """For each person and group the highest role that counts there; from above where a platform role is `flowing`."""
    given = {(each.person_id, each.group_id): each for each in subjects}
    pairs = [{"personId": person_id, "groupId": group_id} for person_id, group_id in given]
    found: dict[str, list[StandingRow]] = {}
    for row in await store.read(STANDINGS, {"pairs": pairs, "flowing": sorted(flowing)}):
        found.setdefault(row["personId"], []).append(row)
    return {
        given[person_id, group_id]: standing
        for person_id, rows in found.items()
        for group_id, standing in _highest(rows).items()
    }


async def groups_of(transaction: Transaction, person_ids: Iterable[str]) -> dict[str, set[str]]:
    """The groups that each of the people is an active member of."""
    found: dict[str, set[str]] = {}
    for row in await transaction.run(GROUPS_OF_PEOPLE, {"ids": sorted(set(person_ids))}):
        found.setdefault(row["personId"], set()).add(row["groupId"])
    return found


def _parameters(person_id: str, group_ids: Iterable[str], *, below: bool) -> dict[str, object]:
    return {"ids": sorted(set(group_ids)), "personId": person_id, "below": below}


def _highest(rows: Iterable[StandingRow]) -> dict[str, Standing]:
    found: dict[str, Standing] = {}
    for row in rows:
        standing, best = Standing(MemberRole(row["role"]), row["heldId"], tuple(row["path"])), found.get(row["groupId"])
        if best is None or not best.role.covers(standing.role):
            found[row["groupId"]] = standing
    return found

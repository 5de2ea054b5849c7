"""What somebody is in groups: the memberships and the grants by which they may change what is there."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final, TypedDict
from weakref import WeakKeyDictionary

from domain.people import MemberRole
from domain.standing import Standing, Subject
from domain.values import now, to_micros
from graph.store import Statement, Store, Transaction


class StandingRow(TypedDict):
    """A role that counts in a group, and the group in which it is held."""

    groupId: str
    heldId: str
    role: str
    path: list[str]
    grantId: str | None
    throughId: str | None


class StandingOfRow(StandingRow):
    """The same of one of several people."""

    personId: str


class MembershipRow(TypedDict):
    """A group that a person is an active member of, and their role there."""

    personId: str
    groupId: str
    role: str


STANDING: Statement[StandingRow] = Statement(
    "standing",
    """
    UNWIND $ids AS id
    MATCH (group:Entity:Group {id: id})
    MATCH above = (group)<-[:PARENT_OF*0..]-(held:Group)
    CALL (group, held) {
        MATCH (:Person)-[membership:MEMBER_OF {liveKey: $personId + ' ' + held.id}]->(held)
        WHERE membership.status = 'active' AND ($below OR held = group)
        RETURN membership.role AS role, null AS grantId, null AS throughId
        UNION ALL
        WITH * WHERE $grants
        MATCH (held)<-[granted:GRANTED]-(holder:Entity)
        WHERE granted.validTo IS NULL AND (granted.expiresAt IS NULL OR granted.expiresAt > $at)
            AND (granted.below OR held = group)
            AND (holder.id = $personId OR EXISTS {
                MATCH (:Person)-[through:MEMBER_OF {liveKey: $personId + ' ' + holder.id}]->(holder)
                WHERE through.status = 'active'
            })
        RETURN granted.role AS role, granted.id AS grantId,
            CASE WHEN holder:Group THEN holder.id END AS throughId
    }
    RETURN {
        groupId: id, heldId: held.id, role: role, path: [each IN reverse(nodes(above)) | each.id],
        grantId: grantId, throughId: throughId
    } AS row""",
)
STANDINGS: Statement[StandingOfRow] = Statement(
    "standings",
    """
    UNWIND $pairs AS pair
    MATCH (person:Entity:Person {id: pair.personId})
    MATCH (group:Entity:Group {id: pair.groupId})
    MATCH above = (group)<-[:PARENT_OF*0..]-(held:Group)
    CALL (person, group, held) {
        MATCH (:Person)-[membership:MEMBER_OF {liveKey: person.id + ' ' + held.id}]->(held)
        WHERE membership.status = 'active' AND (person.role IN $flowing OR held = group)
        RETURN membership.role AS role, null AS grantId, null AS throughId
        UNION ALL
        MATCH (held)<-[granted:GRANTED]-(holder:Entity)
        WHERE granted.validTo IS NULL AND (granted.expiresAt IS NULL OR granted.expiresAt > $at)
            AND (granted.below OR held = group) AND person.role IN $granting
            AND (holder = person OR EXISTS {
                MATCH (:Person)-[through:MEMBER_OF {liveKey: person.id + ' ' + holder.id}]->(holder)
                WHERE through.status = 'active'
            })
        RETURN granted.role AS role, granted.id AS grantId,
            CASE WHEN holder:Group THEN holder.id END AS throughId
    }
    RETURN {
        personId: person.id, groupId: group.id, heldId: held.id, role: role,
        path: [each IN reverse(nodes(above)) | each.id], grantId: grantId, throughId: throughId
    } AS row""",
    meant="CartesianProduct on 5.26: of one person with one group.",
)
GROUPS_OF_PEOPLE: Statement[MembershipRow] = Statement(
    "groups_of_people",
    """
    UNWIND $ids AS id
    MATCH (:Entity:Person {id: id})-[membership:MEMBER_OF]->(group:Group)
    WHERE membership.validTo IS NULL AND membership.status = 'active'
    RETURN {personId: id, groupId: group.id, role: membership.role} AS row""",
)


_FOUND: Final[WeakKeyDictionary[Transaction, dict[tuple[str, str], Standing]]] = WeakKeyDictionary()
"""What each running transaction found, by person and group: the audit log tells by what right something was done."""


async def roles(
    transaction: Transaction, person_id: str, group_ids: Iterable[str], *, below: bool, grants: bool
) -> dict[str, MemberRole]:
    """The highest role that the person has in each of the groups, or in one above it where it counts `below` too.

    What they were granted counts where `grants` do.
    """
    given = _parameters(person_id, group_ids, below=below, grants=grants)
    best = _highest(await transaction.run(STANDING, given))
    found = _FOUND.setdefault(transaction, {})
    found |= {(person_id, group_id): standing for group_id, standing in best.items()}
    return {group_id: standing.role for group_id, standing in best.items()}


def found_by(transaction: Transaction, person_id: str, group_id: str) -> Standing | None:
    """What the transaction found of this before it changed anything about it, if it asked."""
    return _FOUND.get(transaction, {}).get((person_id, group_id))


async def fetch(
    store: Store, person_id: str, group_ids: Iterable[str], *, below: bool, grants: bool
) -> dict[str, Standing]:
    """The same outside of a transaction, with where it is held."""
    return _highest(await store.read(STANDING, _parameters(person_id, group_ids, below=below, grants=grants)))


async def of_subjects(
    store: Store, subjects: Iterable[Subject], flowing: Iterable[str], granting: Iterable[str]
) -> dict[Subject, Standing]:
    """For each person and group the highest role that counts there.

    It counts from above where a platform role is `flowing`, and what was granted where it is `granting`.
    """
    given = {(each.person_id, each.group_id): each for each in subjects}
    pairs = [{"personId": person_id, "groupId": group_id} for person_id, group_id in given]
    found: dict[str, list[StandingRow]] = {}
    given_pairs = {"pairs": pairs, "flowing": sorted(flowing), "granting": sorted(granting), "at": to_micros(now())}
    for row in await store.read(STANDINGS, given_pairs):
        found.setdefault(row["personId"], []).append(row)
    return {
        given[person_id, group_id]: standing
        for person_id, rows in found.items()
        for group_id, standing in _highest(rows).items()
    }


async def groups_of(transaction: Transaction, person_ids: Iterable[str]) -> dict[str, dict[str, MemberRole]]:
    """The groups that each of the people is an active member of, and the role that they have in each."""
    found: dict[str, dict[str, MemberRole]] = {}
    for row in await transaction.run(GROUPS_OF_PEOPLE, {"ids": sorted(set(person_ids))}):
        found.setdefault(row["personId"], {})[row["groupId"]] = MemberRole(row["role"])
    return found


def _parameters(person_id: str, group_ids: Iterable[str], *, below: bool, grants: bool) -> dict[str, object]:
    at = to_micros(now())
    return {"ids": sorted(set(group_ids)), "personId": person_id, "below": below, "grants": grants, "at": at}


def _highest(rows: Iterable[StandingRow]) -> dict[str, Standing]:
    found: dict[str, Standing] = {}
    members: dict[str, MemberRole] = {}
    for row in rows:
        group_id, role, grant_id = row["groupId"], MemberRole(row["role"]), row["grantId"]
        if grant_id is None and not (group_id in members and members[group_id].covers(role)):
            members[group_id] = role
        best = found.get(group_id)
        # Of two that are equal the membership is named, which is there for longer.
        lasts = best is not None and best.role is role and best.grant_id is not None and grant_id is None
        if best is None or not best.role.covers(role) or lasts:
            found[group_id] = Standing(role, row["heldId"], tuple(row["path"]), grant_id, row["throughId"])
    return {group_id: replace(standing, by_membership=members.get(group_id)) for group_id, standing in found.items()}

"""Support access in the store: where a platform owner needs it, where they have it, and what there was of it.

A group is others' for a platform owner where it, or one above it, has an active owner who is no platform owner, and
that one is not owned by the platform owner too.
"""

from collections.abc import Iterable, Sequence
from typing import Final, TypedDict, cast
from weakref import WeakKeyDictionary

from domain.connections import Connection
from domain.people import Person, PlatformRole
from domain.support import NOT_NEEDED, Support, SupportAccess
from domain.values import from_micros, now, to_micros
from graph import connections, people
from graph.access import group_visible
from graph.connections import CONNECTION, ConnectionRow
from graph.listing import Listing, listing
from graph.people import PERSON, PersonRow
from graph.store import STORE_CLOCK, Statement, Store, Transaction, lock_clauses, lock_what_stays
from graph.values import from_json, optional_time


class SupportRow(TypedDict):
    """A group that others own, and support access that a platform owner has to it or to one above, if any."""

    personId: str
    groupId: str
    accessId: str | None
    path: list[str] | None


class AccessRow(TypedDict):
    """Support access as it is listed."""

    id: str
    personId: str
    personName: str
    groupId: str
    properties: str
    validFrom: int
    expiresAt: int
    validTo: int | None


class OwnerRow(TypedDict):
    """An owner of a group or of one above it, so far up."""

    person: PersonRow
    distance: int


_PLATFORM_OWNER: Final = PlatformRole.PLATFORM_OWNER.value
_OWNS: Final = "{0}.validTo IS NULL AND {0}.status = 'active' AND {0}.role = 'owner'"


def of_others(group: str, person_id: str) -> str:
    """Whether the group variable `group` is others' for the platform owner with that id."""
    return f"""EXISTS {{
            MATCH ({group})<-[:PARENT_OF*0..]-(kept:Group)<-[owning:MEMBER_OF]-(other:Person)
            WHERE {_OWNS.format("owning")} AND other.role <> '{_PLATFORM_OWNER}'
                AND NOT EXISTS {{
                    MATCH (kept)<-[own:MEMBER_OF {{liveKey: {person_id} + ' ' + kept.id}}]-(:Person)
                    WHERE {_OWNS.format("own")}
                }}
        }}"""


def _access(person_id: str) -> str:
    """The path `above` and the live `edge` of support access to the variable `group` or to a group above it."""
    return (
        "OPTIONAL MATCH above = (group)<-[:PARENT_OF*0..]-(:Group)"
        f"<-[edge:SUPPORTS]-(:Person {{id: {person_id}}}) WHERE edge.validTo IS NULL AND edge.expiresAt > $at"
    )


_PATH: Final = "CASE WHEN edge IS NOT NULL THEN [each IN reverse(nodes(above)[..-1]) | each.id] END"

SUPPORTED: Final[Statement[SupportRow]] = Statement(
    "supported",
    f"""
    UNWIND $pairs AS pair
    MATCH (group:Entity:Group {{id: pair.groupId}}) WHERE {of_others("group", "pair.personId")}
    {_access("pair.personId")}
    RETURN {{personId: pair.personId, groupId: group.id, accessId: edge.id, path: {_PATH}}} AS row""",
)
LOCK_SUPPORTED: Final[Statement[SupportRow]] = Statement(
    "lock_supported",
    f"""
    UNWIND $ids AS id
    MATCH (group:Entity:Group {{id: id}}) WHERE {of_others("group", "$personId")}
    {_access("$personId")}
    WITH group, edge, {_PATH} AS path ORDER BY edge.id
    {lock_clauses("edge")}
    WITH group, path, CASE WHEN edge.validTo IS NULL THEN edge.id END AS accessId
    RETURN {{personId: $personId, groupId: group.id, accessId: accessId, path: path}} AS row""",
    meant="Eager on 5.26: all is found before the first is locked, in the order of their ids.",
)
OWNERS: Final[Statement[OwnerRow]] = Statement(
    "owners_told_of_support",
    f"""
    MATCH (group:Entity:Group {{id: $groupId}})
    MATCH above = (group)<-[:PARENT_OF*0..]-(kept:Group)
    MATCH (kept)<-[owning:MEMBER_OF]-(person:Person)
    WHERE {_OWNS.format("owning")} AND person.status = 'active' AND person.role <> '{_PLATFORM_OWNER}'
    WITH person, min(length(above)) AS distance ORDER BY distance, person.id LIMIT $limit
    RETURN {{person: {PERSON}, distance: distance}} AS row""",
)
FIND_LIVE: Final[Statement[ConnectionRow]] = Statement(
    "find_support_access",
    f"""
    MATCH (:Person)-[edge:SUPPORTS {{liveKey: $personId + ' ' + $groupId}}]->(:Group)
    RETURN {CONNECTION} AS row""",
)
LOCK_ACCESS: Final[Statement[ConnectionRow]] = Statement(
    "lock_support_access",
    f"""
    MATCH (:Person)-[edge:SUPPORTS {{id: $id}}]->(:Group)
    {lock_what_stays("edge", "createdAt")}
    RETURN {CONNECTION} AS row""",
    meant="Eager on 5.26: of the one connection that it locks.",
)
FETCH_ACCESS: Final[Statement[AccessRow]] = Statement(
    "fetch_support_access",
    """
    MATCH (person:Person)-[edge:SUPPORTS {id: $id}]->(group:Group)
    RETURN edge {
        .id, .properties, .validFrom, .expiresAt, .validTo,
        personId: person.id, personName: person.displayName, groupId: group.id
    } AS row""",
)

_FOUND: Final[WeakKeyDictionary[Transaction, dict[tuple[str, str], Support]]] = WeakKeyDictionary()
"""What each running transaction found, by person and group; what it found in force is locked."""


async def lock(transaction: Transaction, person_id: str, group_ids: Iterable[str]) -> dict[str, Support]:
    """What a platform owner needs and has for each of the groups; what they have is kept until the transaction ends.

    What the transaction asked before it is not asked again. One that only reads keeps nothing.
    """
    found = _FOUND.setdefault(transaction, {})
    wanted = sorted(set(group_ids))
    missing = [each for each in wanted if (person_id, each) not in found]
    if missing:
        pairs = [(person_id, each) for each in missing]
        at = to_micros(now())
        if transaction.reads:
            rows = await transaction.run(SUPPORTED, {"pairs": _given(pairs), "at": at})
        else:
            rows = await transaction.run(LOCK_SUPPORTED, {"ids": missing, "personId": person_id, "at": at})
        found |= _nearest(pairs, rows)
    return {each: found[person_id, each] for each in wanted}


def found_by(transaction: Transaction, person_id: str, group_id: str) -> Support:
    """What the transaction found of this, if it asked."""
    return _FOUND.get(transaction, {}).get((person_id, group_id), NOT_NEEDED)


async def fetch(store: Store, wanted: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Support]:
    """The same outside of a transaction, for pairs of a platform owner and a group."""
    pairs = sorted(set(wanted))
    return _nearest(pairs, await store.read(SUPPORTED, {"pairs": _given(pairs), "at": to_micros(now())}))


async def owners_of(transaction: Transaction, group_id: str, most: int) -> list[Person]:
    """The owners of a group, or of the nearest above it that has any, but for platform owners."""
    rows = await transaction.run(OWNERS, {"groupId": group_id, "limit": most})
    return [people.from_row(row["person"]) for row in rows if row["distance"] == rows[0]["distance"]]


async def find_live(transaction: Transaction, person_id: str, group_id: str) -> Connection | None:
    """The support access of a person to a group that nobody ended, though its time may be over."""
    rows = await transaction.run(FIND_LIVE, {"personId": person_id, "groupId": group_id})
    return connections.from_row(rows[0]) if rows else None


async def lock_access(transaction: Transaction, identifier: str) -> Connection | None:
    """Support access as it is until the transaction ends, whoever sees its person."""
    rows = await transaction.run(LOCK_ACCESS, {"id": identifier})
    return connections.from_row(rows[0]) if rows else None


async def fetch_access(transaction: Transaction, identifier: str) -> SupportAccess:
    """Support access that there is, as it is told of."""
    [row] = await transaction.run(FETCH_ACCESS, {"id": identifier})
    return _told(row)


def _told(row: AccessRow) -> SupportAccess:
    return SupportAccess(
        id=row["id"],
        person_id=row["personId"],
        person_name=row["personName"],
        group_id=row["groupId"],
        reason=cast("str", from_json(row["properties"])["reason"]),
        began_at=from_micros(row["validFrom"]),
        expires_at=from_micros(row["expiresAt"]),
        ended_at=optional_time(row["validTo"]),
    )


ACCESSES: Final[Listing[AccessRow, SupportAccess]] = listing(
    "support_access",
    parent=f"MATCH (owner:Entity:Group {{id: parent}}) WHERE {group_visible('owner')}",
    match="""MATCH (owner)<-[:PARENT_OF*0..]-(group:Group)
                MATCH (group)<-[edge:SUPPORTS]-(:Person)""",
    walk="edge",
    key="edge.id",
    project="""edge {
                    .id, .properties, .validFrom, .expiresAt, .validTo,
                    personId: startNode(edge).id, personName: startNode(edge).displayName, groupId: endNode(edge).id
                }""",
    item=_told,
)
"""What covers a group now, or did: support access to it and to those above it."""


def covering(group: str, person_id: str) -> str:
    """The ids of the groups to which that platform owner has support access that covers it."""
    return f"""COLLECT {{
                    MATCH ({group})<-[:PARENT_OF*0..]-(helped:Group)
                    MATCH (helped)<-[help:SUPPORTS {{liveKey: {person_id} + ' ' + helped.id}}]-(:Person)
                    WHERE help.expiresAt > {STORE_CLOCK}
                    RETURN helped.id
                }}"""


def _given(pairs: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"personId": person_id, "groupId": group_id} for person_id, group_id in pairs]


def _nearest(pairs: Sequence[tuple[str, str]], rows: Iterable[SupportRow]) -> dict[tuple[str, str], Support]:
    found = dict.fromkeys(pairs, NOT_NEEDED)
    for row in rows:
        key, path = (row["personId"], row["groupId"]), tuple(row["path"] or ())
        known = found[key]
        if known.access_id is None or (row["accessId"] is not None and len(path) < len(known.path)):
            access_id = row["accessId"]
            found[key] = Support(needed=True, access_id=access_id, path=path if access_id is not None else ())
    return found

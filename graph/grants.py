"""Grants in the store: what people, and the members of groups, were given on groups and things."""

from collections.abc import Sequence
from typing import Final, TypedDict

from domain.access import Granted
from domain.connections import Connection
from domain.people import MemberRole
from domain.standing import Standing
from domain.values import now, to_micros
from graph import connections
from graph.connections import CONNECTION, ConnectionRow
from graph.store import Statement, Store, Transaction


class GrantedRow(TypedDict):
    """A grant that is in force, as it is loaded with its holder."""

    targetId: str
    role: str
    below: bool


class OnThingRow(TypedDict):
    """A role that somebody was given on a single thing, and the grant that gives it."""

    role: str
    grantId: str
    throughId: str | None


class HolderRow(TypedDict):
    """Who is to be given something: a person's role on the platform, and the live grant of the pair."""

    role: str | None
    grant: ConnectionRow | None


FETCH_HOLDER: Final[Statement[HolderRow]] = Statement(
    "fetch_grant_holder",
    f"""
    MATCH (holder:Entity {{id: $holderId}})
    OPTIONAL MATCH (:Entity)-[edge:GRANTED {{liveKey: $holderId + ' ' + $targetId}}]->(:Entity)
    RETURN {{
        role: CASE WHEN holder:Person THEN holder.role END,
        grant: CASE WHEN edge IS NOT NULL THEN {CONNECTION} END
    }} AS row""",
)
ROLES_ON_THING: Final[Statement[OnThingRow]] = Statement(
    "roles_on_thing",
    """
    MATCH (thing:Entity:Thing {id: $id})<-[granted:GRANTED]-(holder:Entity)
    WHERE granted.validTo IS NULL AND (granted.expiresAt IS NULL OR granted.expiresAt > $at)
        AND (holder.id = $personId OR EXISTS {
            MATCH (:Person)-[through:MEMBER_OF {liveKey: $personId + ' ' + holder.id}]->(holder)
            WHERE through.status = 'active'
        })
    RETURN {
        role: granted.role, grantId: granted.id, throughId: CASE WHEN holder:Group THEN holder.id END
    } AS row""",
)


class OfPersonRow(TypedDict):
    """A live grant or support access of a person, and the group that it is about."""

    grant: ConnectionRow
    groupId: str


GRANTS_OF_PERSON: Final[Statement[OfPersonRow]] = Statement(
    "grants_of_person",
    f"""
    MATCH (:Entity:Person {{id: $personId}})-[edge:GRANTED|SUPPORTS]->(target:Entity) WHERE edge.validTo IS NULL
    WITH edge, target ORDER BY edge.id
    RETURN {{grant: {CONNECTION}, groupId: coalesce(target.groupId, target.id)}} AS row""",
    meant="Sort: of the grants of one person.",
)


def granted_of(rows: Sequence[GrantedRow]) -> tuple[Granted, ...]:
    """The grants that rows hold."""
    return tuple(Granted(row["targetId"], MemberRole(row["role"]), row["below"]) for row in rows)


async def fetch_holder(
    transaction: Transaction, holder_id: str, target_id: str
) -> tuple[str | None, Connection | None]:
    """The role on the platform of whoever is to be given something, if it is a person, and what they were given."""
    [row] = await transaction.run(FETCH_HOLDER, {"holderId": holder_id, "targetId": target_id})
    grant = row["grant"]
    return row["role"], None if grant is None else connections.from_row(grant)


async def roles_on(transaction: Transaction, person_id: str, thing_id: str) -> list[MemberRole]:
    """The roles that somebody was given on a single thing, as it is now."""
    return [MemberRole(row["role"]) for row in await transaction.run(ROLES_ON_THING, _on(person_id, thing_id))]


async def fetch_on(store: Store, person_id: str, thing_id: str) -> list[Standing]:
    """The same outside of a transaction, with the grants that they rest on."""
    rows = await store.read(ROLES_ON_THING, _on(person_id, thing_id))
    return [Standing(MemberRole(row["role"]), thing_id, (), row["grantId"], row["throughId"]) for row in rows]


async def fetch_of(transaction: Transaction, person_id: str) -> list[tuple[Connection, str]]:
    """All that a person was given and that is not ended, support access too, each with the group that it is about."""
    rows = await transaction.run(GRANTS_OF_PERSON, {"personId": person_id})
    return [(connections.from_row(row["grant"]), row["groupId"]) for row in rows]


def _on(person_id: str, thing_id: str) -> dict[str, object]:
    return {"id": thing_id, "personId": person_id, "at": to_micros(now())}

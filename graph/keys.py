"""API keys in the store: `(:Thing:ApiKey)` nodes that a person owns, found by the hash of their secret."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypedDict

from domain.access import KeyScope, Reach, Viewer
from domain.people import PlatformRole
from domain.thing_types import THING_TYPES
from domain.things import Thing
from domain.values import JSON, from_micros, to_micros
from graph import thing_changes, things
from graph.access import reach_parameters
from graph.claims import Memory
from graph.grants import GrantedRow, granted_of
from graph.store import Statement, Store, Transaction, lock_what_stays
from graph.values import from_json


class ViewerRow(TypedDict):
    """The person behind a key, and when it was last used, or made (microseconds)."""

    keyId: str
    lastUsedAt: int
    properties: str
    personId: str
    role: str
    service: bool
    memberOf: list[str]
    granted: list[GrantedRow]


class UseRow(TypedDict):
    """When a key was last used, in microseconds, by whom, and the group that manages them, if one does."""

    id: str
    at: int
    holderId: str
    managedBy: str | None


class HolderOfRow(TypedDict):
    """Whose a key is, and the group that manages them, if one does."""

    id: str
    holderId: str
    managedBy: str | None


class KeyOfRow(TypedDict):
    """A key of one of several people."""

    personId: str
    key: things.ThingRow


@dataclass(frozen=True, slots=True)
class KeyInUse:
    """What a request has to know of the key that it brought."""

    viewer: Viewer
    properties: Mapping[str, JSON]
    last_used_at: datetime
    expires_at: datetime | None

    def has_expired(self, at: datetime) -> bool:
        """Whether it is not in force any more at that time."""
        return self.expires_at is not None and self.expires_at <= at


_VIEWER: Final = """<-[owns:OWNS]-(person:Person)
    WHERE key.status = 'active' AND owns.validTo IS NULL AND person.status = 'active'
    RETURN {
        keyId: key.id,
        lastUsedAt: coalesce(key.lastUsedAt, key.createdAt),
        properties: key.properties,
        personId: person.id,
        role: person.role,
        service: coalesce(person.kind = 'service', false),
        memberOf: COLLECT {
            MATCH (person)-[membership:MEMBER_OF]->(group:Group)
            WHERE membership.validTo IS NULL AND membership.status = 'active'
            RETURN group.id
        },
        granted: COLLECT {
            MATCH (person)-[step:MEMBER_OF*0..1]->(holder:Entity)
            WHERE all(hop IN step WHERE hop.validTo IS NULL AND hop.status = 'active')
            MATCH (holder)-[edge:GRANTED]->(target:Entity)
            WHERE edge.validTo IS NULL AND (edge.expiresAt IS NULL OR edge.expiresAt > $at)
            RETURN {targetId: target.id, role: edge.role, below: edge.below}
        }
    } AS row"""
AUTHENTICATE: Statement[ViewerRow] = Statement(
    "authenticate", f"MATCH (key:ApiKey {{secretHash: $secretHash}}){_VIEWER}"
)
CLAIM_KEY: Final = AUTHENTICATE.text.replace("$", "$who.")
"""The same of a key that is remembered."""

AUTHENTICATE_KEYS_AGAIN: Statement[ViewerRow] = Statement(
    "authenticate_keys_again", f"UNWIND $ids AS id MATCH (key:Entity:ApiKey {{id: id}}){_VIEWER}"
)
CONFINE: Statement[str] = Statement(
    "confine",
    """
    UNWIND $ids AS id
    MATCH (group:Entity:Group {id: id})
    CALL (group) {
        WITH group WHERE $everything RETURN group AS root
        UNION
        MATCH (group)<-[:PARENT_OF*0..]-(above:Group)
        WHERE above.id IN $roots AND (above.id IN $flowingRoots OR above = group)
        RETURN group AS root
        UNION
        UNWIND $roots AS own
        MATCH (below:Entity:Group {id: own}) WHERE EXISTS { (below)<-[:PARENT_OF*0..]-(group) } RETURN below AS root
    }
    RETURN DISTINCT root.id AS row""",
)
TOUCH_KEY: Statement[bool] = Statement(
    "touch_key", "MATCH (key:Entity:ApiKey {id: $id}) SET key.lastUsedAt = $at RETURN true AS row"
)
FETCH_USES: Statement[UseRow] = Statement(
    "fetch_key_uses",
    """
    UNWIND $ids AS id
    MATCH (key:Entity:ApiKey {id: id}) WHERE key.lastUsedAt IS NOT NULL
    MATCH (holder:Entity:Person {id: key.privateTo})
    RETURN {id: key.id, at: key.lastUsedAt, holderId: holder.id, managedBy: holder.managedBy} AS row""",
)
FETCH_HOLDERS: Statement[HolderOfRow] = Statement(
    "fetch_key_holders",
    """
    UNWIND $ids AS id
    MATCH (key:Entity:ApiKey {id: id})
    MATCH (holder:Entity:Person {id: key.privateTo})
    RETURN {id: key.id, holderId: holder.id, managedBy: holder.managedBy} AS row""",
)
LIST_KEYS: Statement[KeyOfRow] = Statement(
    "list_keys",
    f"""
    UNWIND $ids AS id
    MATCH (:Entity:Person {{id: id}})-[owns:OWNS]->(thing:ApiKey)
    WHERE owns.validTo IS NULL AND thing.status = 'active' AND thing.privateTo = id
    WITH id, thing ORDER BY thing.id DESC
    RETURN {{personId: id, key: {things.THING}}} AS row""",
)
LOCK_HOLDER: Statement[int] = Statement(
    "lock_key_holder",
    f"""
    MATCH (person:Entity:Person {{id: $personId}})
    {lock_what_stays("person", "email")}
    RETURN COUNT {{
        MATCH (person)-[owns:OWNS]->(key:ApiKey) WHERE owns.validTo IS NULL AND key.status = 'active'
    }} AS row""",
)
PROTECT_KEY: Statement[bool] = Statement(
    "protect_key",
    """
    MATCH (key:Entity:ApiKey {id: $id})
    SET key.secretHash = $secretHash, key.privateTo = $personId
    RETURN true AS row""",
)
LOCK_KEY: Statement[things.ThingRow] = Statement(
    "lock_key",
    f"""
    MATCH (thing:Entity:ApiKey {{id: $id}}) WHERE thing.privateTo = $personId
    {lock_what_stays("thing")}
    RETURN {things.THING} AS row""",
    meant="Eager on 5.26: of the one key that it locks.",
)
FETCH_HOME: Statement[str] = Statement(
    "fetch_home",
    """
    MATCH (:Entity:Person {id: $personId})-[membership:MEMBER_OF]->(group:Group)
    WHERE membership.validTo IS NULL AND membership.status = 'active' AND group.status = 'active'
    RETURN group.id AS row ORDER BY membership.id LIMIT 1""",
)


async def authenticate(
    store: Store, memory: Memory[ViewerRow, KeyInUse], secret_hash: str, at: datetime, since: datetime
) -> KeyInUse | None:
    """The key that has that hash, or None where there is none that is in force at that time.

    Where it was used after `since` it may be as remembered, to be confirmed by the first read of the request.
    """
    given = {"secretHash": secret_hash, "at": to_micros(at)}
    found = await memory.look_up(secret_hash, given, to_micros(since), lambda: store.read(AUTHENTICATE, given))
    return None if found is None or found.has_expired(at) else found


async def authenticate_again(store: Store, ids: Sequence[str], at: datetime) -> dict[str, KeyInUse]:
    """Those of the keys that are in force still."""
    rows = await store.read(AUTHENTICATE_KEYS_AGAIN, {"ids": list(ids), "at": to_micros(at)}, latest=True)
    return {row["keyId"]: found for row in rows if not (found := in_use(row)).has_expired(at)}


def in_use(row: ViewerRow) -> KeyInUse:
    """The key that a row holds, be it that it has expired."""
    properties = from_json(row["properties"])
    expires_at = properties.get("expiresAt")
    viewer = Viewer(
        person_id=row["personId"],
        role=PlatformRole(row["role"]),
        key_id=row["keyId"],
        scope=KeyScope(str(properties["scope"])),
        member_of=tuple(row["memberOf"]),
        granted=granted_of(row["granted"]),
        is_service=row["service"],
    )
    ends = datetime.fromisoformat(expires_at) if isinstance(expires_at, str) else None
    return KeyInUse(viewer, properties, from_micros(row["lastUsedAt"]), ends)


async def confine(store: Store, reach: Reach, group_ids: Sequence[str]) -> tuple[str, ...]:
    """The roots of what the reach has in common with those groups and what is below them."""
    given = {"ids": list(group_ids), **reach_parameters(reach)}
    return tuple(await store.read(CONFINE, given))


async def touch(store: Store, identifier: str, at: datetime) -> None:
    """Note that a key was used just now."""

    async def work(transaction: Transaction) -> None:
        await transaction.run(TOUCH_KEY, {"id": identifier, "at": to_micros(at)})

    await store.write(work)


async def fetch_uses(store: Store, ids: Sequence[str]) -> list[UseRow]:
    """When those of the keys were last used that ever were, and by whom."""
    return await store.read(FETCH_USES, {"ids": list(ids)})


async def holders(transaction: Transaction, ids: Iterable[str]) -> list[HolderOfRow]:
    """Whose the keys are."""
    return await transaction.run(FETCH_HOLDERS, {"ids": sorted(set(ids))})


async def fetch_live(store: Store, person_ids: Sequence[str]) -> dict[str, list[Thing]]:
    """For each of the people their keys that nobody revoked, the latest first, wherever they are kept."""
    found: dict[str, list[Thing]] = {each: [] for each in person_ids}
    for row in await store.read(LIST_KEYS, {"ids": list(person_ids)}):
        found[row["personId"]].append(things.from_row(row["key"]))
    return found


async def lock_holder(transaction: Transaction, person_id: str) -> int:
    """How many keys a person has that nobody revoked; until the transaction ends they get no other."""
    return (await transaction.run(LOCK_HOLDER, {"personId": person_id}))[0]


async def lock(transaction: Transaction, person_id: str, identifier: str) -> Thing | None:
    """A person's own key as it is now, and stays until the transaction ends; wherever it is kept."""
    rows = await transaction.run(LOCK_KEY, {"id": identifier, "personId": person_id})
    return things.from_row(rows[0]) if rows else None


async def save(transaction: Transaction, key: Thing, event_id: str) -> None:
    """Write a key that is locked."""
    await thing_changes.save(transaction, thing_changes.Written(key, THING_TYPES["api_key"], event_id))


async def fetch_home(store: Store, person_id: str) -> str | None:
    """The id of the first group that a person joined and is still in."""
    rows = await store.read(FETCH_HOME, {"personId": person_id})
    return rows[0] if rows else None


async def create(transaction: Transaction, key: Thing, event_id: str, person_id: str, secret_hash: str) -> None:
    """Add a key, visible to its person alone; the person's OWNS connection is made by the caller."""
    await thing_changes.create(transaction, [thing_changes.Written(key, THING_TYPES["api_key"], event_id)])
    await transaction.run(PROTECT_KEY, {"id": key.id, "secretHash": secret_hash, "personId": person_id})

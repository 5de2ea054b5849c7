"""API keys in the store: `(:Thing:ApiKey)` nodes that a person owns, found by the hash of their secret."""

from datetime import datetime
from typing import TypedDict

from domain.access import KeyScope, Viewer
from domain.people import PlatformRole
from domain.thing_types import THING_TYPES
from domain.things import Thing
from domain.values import now
from graph import thing_changes
from graph.store import Statement, Store, Transaction
from graph.values import from_json


class ViewerRow(TypedDict):
    """The person behind a key."""

    keyId: str
    properties: str
    personId: str
    role: str
    memberOf: list[str]


AUTHENTICATE: Statement[ViewerRow] = Statement(
    "authenticate",
    """
    MATCH (key:ApiKey {secretHash: $secretHash})<-[owns:OWNS]-(person:Person)
    WHERE key.status = 'active' AND owns.validTo IS NULL AND person.status = 'active'
    RETURN {
        keyId: key.id,
        properties: key.properties,
        personId: person.id,
        role: person.role,
        memberOf: COLLECT {
            MATCH (person)-[membership:MEMBER_OF]->(group:Group)
            WHERE membership.validTo IS NULL AND membership.status = 'active'
            RETURN group.id
        }
    } AS row""",
)
PROTECT_KEY: Statement[bool] = Statement(
    "protect_key",
    """
    MATCH (key:Entity:ApiKey {id: $id})
    SET key.secretHash = $secretHash, key.privateTo = $personId
    RETURN true AS row""",
)
FETCH_HOME: Statement[str] = Statement(
    "fetch_home",
    """
    MATCH (:Entity:Person {id: $personId})-[membership:MEMBER_OF]->(group:Group)
    WHERE membership.validTo IS NULL AND membership.status = 'active' AND group.status = 'active'
    RETURN group.id AS row ORDER BY membership.id LIMIT 1""",
)


async def authenticate(store: Store, secret_hash: str) -> Viewer | None:
    """The viewer whose key has that hash, or None where there is none that is in force."""
    rows = await store.read(AUTHENTICATE, {"secretHash": secret_hash})
    if not rows:
        return None
    row = rows[0]
    properties = from_json(row["properties"])
    expires_at = properties.get("expiresAt")
    if isinstance(expires_at, str) and datetime.fromisoformat(expires_at) <= now():
        return None
    return Viewer(
        person_id=row["personId"],
        role=PlatformRole(row["role"]),
        key_id=row["keyId"],
        scope=KeyScope(str(properties["scope"])),
        member_of=tuple(row["memberOf"]),
    )


async def fetch_home(store: Store, person_id: str) -> str | None:
    """The id of the first group that a person joined and is still in."""
    rows = await store.read(FETCH_HOME, {"personId": person_id})
    return rows[0] if rows else None


async def create(transaction: Transaction, key: Thing, event_id: str, person_id: str, secret_hash: str) -> None:
    """Add a key, visible to its person alone; the person's OWNS connection is made by the caller."""
    await thing_changes.create(transaction, [thing_changes.Written(key, THING_TYPES["api_key"], event_id)])
    await transaction.run(PROTECT_KEY, {"id": key.id, "secretHash": secret_hash, "personId": person_id})

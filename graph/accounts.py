"""All that there is of a person: reading it out, and erasing what is personal of it."""

from collections.abc import Sequence
from typing import Final

from domain.connections import Connection
from domain.events import Event
from domain.mail import Mail
from domain.people import Person, PersonStatus, PlatformRole
from domain.things import Thing
from graph import connections, events, mail, people, things
from graph.connections import CONNECTION, ConnectionRow
from graph.events import EVENT, EventRow
from graph.mail import MAIL, MailRow
from graph.mail_delivery import NOT_UNDELIVERABLE
from graph.store import Statement, Store, Transaction, lock_clauses

LOCK_PLATFORM_OWNERS: Statement[str] = Statement(
    "lock_platform_owners",
    f"""
    MATCH (person:Person) WHERE person.role = '{PlatformRole.PLATFORM_OWNER}' AND person.sortKey > ''
    WITH person ORDER BY person.role, person.sortKey
    {lock_clauses("person")} WITH person WHERE person.status = '{PersonStatus.ACTIVE}'
    RETURN person.id AS row""",
    meant="Eager on 5.26: of the few people who run the platform.",
)
FETCH_MEMBERSHIPS: Statement[ConnectionRow] = Statement(
    "fetch_memberships",
    f"""
    MATCH (:Entity:Person {{id: $personId}})-[edge:MEMBER_OF]->(:Group) WHERE edge.validTo IS NULL
    WITH edge ORDER BY endNode(edge).id
    RETURN {CONNECTION} AS row""",
    meant="Sort: of the memberships of one person.",
)
FETCH_KEYS: Statement[things.ThingRow] = Statement(
    "fetch_keys",
    f"""
    MATCH (:Entity:Person {{id: $personId}})-[:OWNS]->(thing:ApiKey) WHERE thing.privateTo = $personId
    WITH thing ORDER BY thing.id
    RETURN {things.THING} AS row""",
    meant="Sort: of the keys of one person.",
)
_ERASED: Final = ("Credential", "Identity", "Passkey", "SecondFactor", "Session", "Mail", "ShoppingCart")
"""What is of one person by its `personId`, and goes with them."""

ERASURES: Final[tuple[Statement[int], ...]] = tuple(
    Statement(
        f"erase_{label.lower()}",
        f"MATCH (node:{label} {{personId: $personId}}) DELETE node RETURN count(*) AS row",
    )
    for label in _ERASED
)
ERASE_TOKENS: Statement[int] = Statement(
    "erase_tokens",
    "UNWIND $ids AS key MATCH (node:OneTimeToken {key: key}) DELETE node RETURN count(*) AS row",
    meant="Eager: of the few links of one person.",
)
ANONYMIZE: Statement[bool] = Statement(
    "anonymize", "MATCH (person:Entity:Person {id: $id}) SET person += $properties RETURN true AS row"
)
ALL_CONNECTIONS: Statement[ConnectionRow] = Statement(
    "all_connections",
    f"""
    MATCH (:Entity:Person {{id: $personId}})-[edge]-(:Entity) WHERE edge.id IS NOT NULL AND edge.properties IS NOT NULL
    WITH DISTINCT edge ORDER BY edge.id LIMIT $limit
    RETURN {CONNECTION} AS row""",
)
ALL_MAILS: Statement[MailRow] = Statement(
    "all_mails",
    f"""
    MATCH (mail:Mail {{personId: $personId}})
    WITH mail ORDER BY mail.id DESC LIMIT $limit
    RETURN {MAIL} AS row""",
)
ALL_PURCHASES: Statement[things.ThingRow] = Statement(
    "all_purchases",
    f"""
    MATCH (thing:Thing) USING INDEX SEEK thing:Thing(customerId, sortKey)
    WHERE thing.customerId = $personId AND thing.sortKey > ''
    WITH thing ORDER BY thing.customerId DESC, thing.sortKey DESC LIMIT $limit
    RETURN {things.THING} AS row""",
)
EVENTS_ABOUT: Statement[EventRow] = Statement(
    "events_about",
    f"""
    MATCH (event:Event) WHERE event.targetId = $personId AND event.id > ''
    WITH event ORDER BY event.targetId DESC, event.id DESC LIMIT $limit
    RETURN {EVENT} AS row""",
)
EVENTS_BY: Statement[EventRow] = Statement(
    "events_by",
    f"""
    MATCH (event:Event) WHERE event.actor = $personId AND event.id > ''
    WITH event ORDER BY event.actor DESC, event.id DESC LIMIT $limit
    RETURN {EVENT} AS row""",
)
EVENTS_OF_PURCHASES: Statement[EventRow] = Statement(
    "events_of_purchases",
    f"""
    UNWIND $ids AS id
    MATCH (event:Event) WHERE event.targetId = id AND event.customerId = $personId AND event.id > ''
    WITH event LIMIT $limit
    RETURN {EVENT} AS row""",
)


async def lock_platform_owners(transaction: Transaction) -> list[str]:
    """The ids of those who run the platform, until the transaction ends."""
    return await transaction.run(LOCK_PLATFORM_OWNERS, {})


async def fetch_memberships(transaction: Transaction, person_id: str) -> list[Connection]:
    """The memberships of a person that have not ended, in order of the groups."""
    return [connections.from_row(row) for row in await transaction.run(FETCH_MEMBERSHIPS, {"personId": person_id})]


async def fetch_keys(transaction: Transaction, person_id: str) -> list[things.ThingRow]:
    """All keys that a person ever had."""
    return await transaction.run(FETCH_KEYS, {"personId": person_id})


async def all_keys(store: Store, person_id: str) -> list[Thing]:
    """The same, to read alone."""
    return [things.from_row(row) for row in await store.read(FETCH_KEYS, {"personId": person_id})]


async def all_purchases(store: Store, person_id: str, limit: int) -> list[Thing]:
    """What a person ordered and paid of late, the latest first."""
    rows = await store.read(ALL_PURCHASES, {"personId": person_id, "limit": limit})
    return [things.from_row(row) for row in rows]


async def erase(transaction: Transaction, person_id: str, token_kinds: list[str]) -> None:
    """Erase what somebody signs in with, where they are signed in, and what was sent to them."""
    for statement in ERASURES:
        await transaction.run(statement, {"personId": person_id})
    await transaction.run(ERASE_TOKENS, {"ids": [f"{kind} {person_id}" for kind in token_kinds]})


async def anonymize(transaction: Transaction, person: Person) -> None:
    """Write what is left of a person who is locked."""
    await transaction.run(ANONYMIZE, {"id": person.id, "properties": {**people.to_row(person), **NOT_UNDELIVERABLE}})


async def all_connections(store: Store, person_id: str, limit: int) -> list[Connection]:
    """How a person relates to others, and did."""
    rows = await store.read(ALL_CONNECTIONS, {"personId": person_id, "limit": limit})
    return [connections.from_row(row) for row in rows]


async def all_mails(store: Store, person_id: str, limit: int) -> list[Mail]:
    """What was sent to a person of late, the latest first."""
    return [mail.from_row(row) for row in await store.read(ALL_MAILS, {"personId": person_id, "limit": limit})]


async def all_events(store: Store, person_id: str, purchases: Sequence[str], limit: int) -> list[Event]:
    """What a person did, and what happened to their account and to their purchases; the latest first, some of each."""
    parameters = {"personId": person_id, "ids": purchases, "limit": limit}
    rows = {
        row["id"]: row
        for statement in (EVENTS_ABOUT, EVENTS_BY, EVENTS_OF_PURCHASES)
        for row in await store.read(statement, parameters)
    }
    return [events.from_row(rows[each]) for each in sorted(rows, reverse=True)]

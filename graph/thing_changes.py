"""Changing things in the store. Every change of one keeps the version that was before it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypedDict

from domain.access import Reach
from domain.events import Event, EventType
from domain.thing_types import ThingType
from domain.things import Thing
from domain.values import to_micros
from graph.access import reach_parameters, thing_shown
from graph.bulk import MOVE_THINGS
from graph.events import to_row as to_event_row
from graph.history import keep_clause, prior_items
from graph.store import STORE_CLOCK, Statement, Transaction, lock_clauses, lock_what_stays
from graph.things import THING, ThingRow, from_row, label_of, to_row

LOCK_THING: Final[Statement[ThingRow]] = Statement(
    "lock_thing",
    f"""
    MATCH (thing:Entity:Thing {{id: $id}}) WHERE {thing_shown("thing")}
    {lock_what_stays("thing")}
    RETURN {THING} AS row""",
    meant="Eager: of the one thing that it locks.",
)
CREATE_THINGS: Final[Statement[int]] = Statement(
    "create_things",
    """
    UNWIND $rows AS row
    MATCH (group:Entity:Group {id: row.groupId})
    CREATE (thing:Entity:Thing:$(row.label))-[:IN_GROUP {thingId: row.properties.id}]->(group)
    SET thing = row.properties, thing.labels = [], thing.eventId = row.eventId
    RETURN count(thing) AS row""",
    meant="Eager: the groups are found before things are made, which are entities too.",
)
SAVE_THING: Final[Statement[bool]] = Statement(
    "save_thing",
    f"""
    MATCH (thing:Entity:Thing {{id: $properties.id}})
    {keep_clause("thing", "$properties.updatedAt")}
    SET thing += $properties, thing.eventId = $eventId
    RETURN true AS row""",
    meant="Eager: of the one thing that it changes.",
)
DELETE_THING: Final[Statement[bool]] = Statement(
    "delete_thing",
    """
    MATCH (thing:Entity:Thing {id: $id})
    CALL (thing) { MATCH (thing)-[edge:IN_GROUP|MENTIONS]->(:Entity) DELETE edge }
    CALL (thing) { MATCH (thing)-[edge:HAS_KNOWLEDGE {role: 'label'}]->(:Knowledge) DELETE edge }
    CALL (thing) { MATCH (thing)-[:HAS_KNOWLEDGE]->(own:Knowledge) WHERE own.type <> 'label' DETACH DELETE own }
    CALL (thing) { MATCH (thing)-[edge]->(other:Entity) WHERE other = thing DELETE edge }
    CALL (thing) {
        MATCH (version:ThingVersion) WHERE version.key > thing.id + ' ' AND version.key < thing.id + '!'
        DELETE version
    }
    DELETE thing
    RETURN true AS row""",
    meant="Eager: of the edges and the versions of the one thing that it deletes.",
)


class ThingInUse(TypedDict):
    """A thing to archive with its group, and the id of the event that tells so; of a product that of another one."""

    id: str
    eventId: str
    alsoId: str | None


LIST_THINGS_IN_USE: Final[Statement[str]] = Statement(
    "list_things_in_use",
    """
    UNWIND $groupIds AS groupId
    MATCH (thing:Thing)
    WHERE thing.groupId = groupId AND thing.sortKey > '' AND thing.status <> 'archived'
    RETURN thing.id AS row""",
)
ARCHIVE_THINGS: Final[Statement[int]] = Statement(
    "archive_things",
    f"""
    UNWIND $rows AS row
    MATCH (thing:Entity:Thing {{id: row.id}})
    {lock_clauses("thing")}
    WITH row, thing WHERE thing.status <> 'archived'
    CREATE (event:Event:Unsequenced)
    SET {prior_items("thing")},
        event = $event, event.recordedAt = {STORE_CLOCK}, event.id = row.eventId,
        event.targetId = thing.id, event.groupId = thing.groupId,
        event.properties = $head + toString(thing.version + 1) + $tail,
        thing.status = 'archived', thing.archivedAt = $event.at, thing.updatedAt = $event.at,
        thing.version = thing.version + 1, thing.eventId = row.eventId
    FOREACH (id IN CASE WHEN row.alsoId IS NULL THEN [] ELSE [row.alsoId] END |
        CREATE (also:Event:Unsequenced)
        SET also = $event, also.recordedAt = {STORE_CLOCK}, also.id = id, also.type = $also,
            also.targetId = thing.id, also.groupId = thing.groupId,
            also.properties = $head + toString(thing.version) + $tail
    )
    RETURN count(thing) AS row""",
    meant="Eager: of the thousand things that it archives at a time.",
)


@dataclass(frozen=True, slots=True)
class Written:
    """A thing of that type as it is to be from now on, and the id of the event that tells so."""

    thing: Thing
    thing_type: ThingType
    event_id: str


async def lock(transaction: Transaction, reach: Reach, identifier: str) -> Thing | None:
    """The thing as it is now and stays until the transaction ends."""
    rows = await transaction.run(LOCK_THING, {"id": identifier, **reach_parameters(reach)})
    return from_row(rows[0]) if rows else None


async def create(transaction: Transaction, things: Sequence[Written]) -> None:
    """Add things to their groups, which must be locked."""
    rows = [
        {
            "groupId": each.thing.group_id,
            "label": label_of(each.thing.type),
            "properties": to_row(each.thing, each.thing_type),
            "eventId": each.event_id,
        }
        for each in things
    ]
    await transaction.run(CREATE_THINGS, {"rows": rows})


async def save(transaction: Transaction, written: Written) -> None:
    """Write a thing that is locked, and keep what it was; its type stays, and the edge to its group."""
    properties = to_row(written.thing, written.thing_type)
    await transaction.run(SAVE_THING, {"properties": properties, "eventId": written.event_id})


async def move(transaction: Transaction, thing: Thing) -> None:
    """Put a thing that is locked into the group that it names, which must be locked too."""
    await transaction.run(MOVE_THINGS, {"placements": [{"id": thing.id, "groupId": thing.group_id}]})


async def delete(transaction: Transaction, identifier: str) -> None:
    """Erase a thing that is locked, with all that describes it.

    ConflictError, at the commit, where anything depends on it.
    """
    await transaction.run(DELETE_THING, {"id": identifier})


async def in_use(transaction: Transaction, group_ids: Sequence[str]) -> list[str]:
    """The ids of the things in these groups that are not archived."""
    return await transaction.run(LIST_THINGS_IN_USE, {"groupIds": group_ids})


async def archive(transaction: Transaction, things: Sequence[ThingInUse], event: Event, at: datetime) -> None:
    """Archive things whose groups are locked; `event` says what every one of their events says beside its version.

    It is one statement, so that neither the store nor we hold more of it than it takes to write it.
    """
    row = to_event_row(event)
    version, rest = '{"version":', row["properties"].removeprefix("{")
    await transaction.run(
        ARCHIVE_THINGS,
        {
            "rows": things,
            "event": {**row, "id": None, "at": to_micros(at)},
            "head": version,
            "tail": rest if rest == "}" else f",{rest}",
            "also": EventType.PRODUCT_ARCHIVED,
        },
    )

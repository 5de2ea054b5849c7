"""A random world to filter, written straight into the store, and the rows that its lists answer without any filter."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import cast

from domain.access import Caller
from domain.connection_types import CONNECTION_TYPES
from domain.connections import Connection
from domain.events import Event, EventType
from domain.groups import Group, GroupStatus, GroupType
from domain.ids import KNOWLEDGE_PREFIX, new_id, thing_prefix
from domain.people import MemberStatus, Person, PersonKind, PersonStatus, PlatformRole
from domain.thing_types import THING_TYPES
from domain.things import Thing, ThingStatus
from domain.values import JSON
from graph import bulk, connections, events, groups, knowledge, people, things
from graph.store import Transaction
from services.connections import NewConnection, new_connection
from services.groups import NewGroup, new_group
from services.journal import event
from services.people import NewPerson, new_person
from tests.client import Api
from tests.worlds import World

BASE = datetime(2026, 1, 1, tzinfo=UTC)
LABELS = ("topic:ink", "topic:light", "level:basic", "level:deep")
WORDS = ("Lamp", "lantern", "Ink", "a Crane", "Post")
MEMBER_STATES: list[str] = [MemberStatus.PENDING, MemberStatus.ACTIVE, MemberStatus.ACTIVE, MemberStatus.INACTIVE]
TYPES = ("product", "cart", "blog_post", "video")
Row = Mapping[str, JSON]


def moment(chance: random.Random) -> datetime:
    """A time on one of forty days."""
    return BASE + timedelta(days=chance.randrange(40), microseconds=chance.randrange(10**6))


@dataclass
class Filled:
    """What a random world holds, and how its lists read it without any filter."""

    world: World
    chance: random.Random
    rows: dict[str, list[Row]]
    above: dict[str, set[str]]
    """For each group its own id and those of the groups above it."""

    def ids(self, noun: str) -> list[str]:
        """The ids of all rows of a list."""
        return [str(row["id"]) for row in self.rows[noun]]


def _groups(chance: random.Random) -> list[Group]:
    made: list[Group] = []
    for number in range(12):
        parent = chance.choice(made).id if number > 1 else None
        at = moment(chance)
        new = NewGroup(f"g{number}", f"{chance.choice(WORDS)} {number}", chance.choice(list(GroupType)), parent)
        made.append(
            replace(new_group(new), status=chance.choice(list(GroupStatus)), created_at=at, updated_at=moment(chance))
        )
    return made


def _people(chance: random.Random) -> list[Person]:
    made: list[Person] = []
    for number in range(12):
        name = f"{chance.choice(WORDS)} {number}"
        new = NewPerson(f"p{number}@one.example", f"p{number}", name, chance.choice(list(PlatformRole)))
        made.append(
            replace(
                new_person(new),
                status=chance.choice(list(PersonStatus)),
                kind=list(PersonKind)[number % 2],
                created_at=moment(chance),
            )
        )
    return made


def _properties(chance: random.Random, kind: str) -> Mapping[str, JSON]:
    if kind == "product":
        found: dict[str, JSON] = {"category": chance.choice(["physical", "course"])}
        if chance.random() < 0.7:
            found["stock"] = chance.randrange(5)
        return found | {"price": {"amount": chance.randrange(4) * 100, "currency": "USD"}}
    return {"expiresAt": moment(chance).isoformat()} if kind == "cart" else {}


def _things(chance: random.Random, places: list[Group]) -> list[Thing]:
    made: list[Thing] = []
    for number in range(70):
        kind = chance.choice(TYPES)
        made.append(
            Thing(
                id=new_id(thing_prefix(kind)),
                type=kind,
                name=f"{chance.choice(WORDS)} {number}",
                status=chance.choice(list(ThingStatus)),
                group_id=chance.choice(places).id,
                properties=_properties(chance, kind),
                created_at=moment(chance),
                updated_at=moment(chance),
                archived_at=None,
                version=1,
            )
        )
    return made


def _edge(chance: random.Random, kind: str, source: str, target: str, **properties: JSON) -> Connection:
    made = new_connection(NewConnection(kind, source, target, properties), CONNECTION_TYPES[kind], None)
    ended = moment(chance) if chance.random() < 0.3 else None
    start = min(moment(chance), ended) if ended else moment(chance)
    return replace(made, valid_from=start, valid_to=ended, created_at=start)


def _edges(chance: random.Random, persons: list[Person], places: list[Group], made: list[Thing]) -> list[Connection]:
    found = [_edge(chance, "owns", chance.choice(persons).id, each.id) for each in made if chance.random() < 0.4]
    pairs = {tuple(chance.sample([each.id for each in made], 2)) for _ in range(50)}
    found += [_edge(chance, chance.choice(["references", "part_of"]), one, other) for one, other in sorted(pairs)]
    for person in persons:
        for place in chance.sample(places, chance.randrange(4)):
            role = chance.choice(["viewer", "editor"])
            found.append(
                _edge(chance, "member_of", person.id, place.id, role=role, status=chance.choice(MEMBER_STATES))
            )
        found.append(_edge(chance, "following", person.id, chance.choice(places).id))
    return found


def _events(chance: random.Random, persons: list[Person], made: list[Thing]) -> list[Event]:
    kinds = [EventType.THING_CREATED, EventType.THING_UPDATED, EventType.PRODUCT_PUBLISHED]
    found: list[Event] = []
    for number in range(120):
        target, at = chance.choice(made), moment(chance)
        happened = event(Caller(None), chance.choice(kinds), target_id=target.id, group_id=target.group_id)
        # The first 48 bits of a UUIDv7 are its milliseconds: https://www.rfc-editor.org/rfc/rfc9562#section-5.7
        identifier = f"evt_{int(at.timestamp() * 1_000):012x}7{number:03x}8{chance.getrandbits(60):015x}"
        actor = chance.choice(["system", *(person.id for person in persons)])
        found.append(replace(happened, id=identifier, at=at, actor=actor))
    return found


async def fill(world: World, seed: int) -> Filled:
    """A world of everything, at random."""
    chance = random.Random(seed)
    places, persons = _groups(chance), _people(chance)
    made = _things(chance, places)
    joined = _edges(chance, persons, places, made)
    happened = _events(chance, persons, made)
    links: list[knowledge.LabelLink] = [
        {"thingId": thing.id, "label": label, "knowledgeId": new_id(KNOWLEDGE_PREFIX)}
        for thing in made
        for label in chance.sample(LABELS, chance.randrange(3))
    ]

    async def work(transaction: Transaction) -> None:
        await transaction.run(bulk.CREATE_GROUPS, {"rows": [groups.to_row(each) for each in places]})
        placements = [{"id": each.id, "groupId": each.parent_id} for each in places if each.parent_id]
        await transaction.run(bulk.PLACE_GROUPS, {"placements": placements})
        await transaction.run(bulk.CREATE_PEOPLE, {"rows": [people.to_row(each) for each in persons]})
        for kind in TYPES:
            rows = [things.to_row(each, THING_TYPES[kind]) for each in made if each.type == kind]
            await transaction.run(bulk.CREATE_THINGS, {"rows": rows, "label": things.label_of(kind)})
        for kind in sorted({each.type for each in joined}):
            edges = [
                {"fromId": each.from_id, "toId": each.to_id, "edge": connections.to_edge(each, CONNECTION_TYPES[kind])}
                for each in joined
                if each.type == kind
            ]
            statement = bulk.create_edges(CONNECTION_TYPES[kind].relationship)
            await transaction.run(statement, {"rows": edges, "sourceTypes": [], "targetTypes": []})
        await knowledge.add_labels(transaction, links, at=1)
        await events.append(transaction, happened)

    await world.store.write(work)
    rows = {noun: await read(world.api, noun, selection) for noun, selection in SELECTIONS.items()}
    above = {str(row["id"]): {str(row["id"]), *_ids(row["ancestors"])} for row in rows["groups"]}
    return Filled(world, chance, rows, above)


def _ids(of: JSON) -> set[str]:
    return {str(each["id"]) for each in cast("list[Mapping[str, JSON]]", of)}


SELECTIONS = {
    "events": "id type actor targetId at group { id }",
    "people": 'id kind role status displayName username createdAt connections(first: 50, filter: {type: "member_of"}) '
    "{ nodes { toId properties } }",
    "groups": "id slug name type status visibility createdAt updatedAt parent { id } ancestors { id }",
    "things": "id type name status properties createdAt updatedAt labels group { id } owner { id }",
}
"""What of the rows of each list its filters look at."""


async def read(api: Api, noun: str, selection: str, arguments: str = "") -> list[Row]:
    """All rows of a list, the oldest first."""
    found: list[Row] = []
    after: JSON = None
    while True:
        answer = await api.ask(
            f"query ($after: String) {{ rows: {noun}(first: 100, after: $after, order: oldest_first{arguments}) "
            f"{{ nodes {{ {selection} }} pageInfo {{ hasNextPage endCursor }} }} }}",
            after=after,
        )
        found += cast("list[Row]", answer.at("rows.nodes"))
        if not answer.at("rows.pageInfo.hasNextPage"):
            return found
        after = answer.at("rows.pageInfo.endCursor")

"""A small demo world for those who want to look around: nested groups, people of every role, things of many types.

It is written in one transaction, so that a server which is stopped meanwhile leaves an empty store and no half of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from domain.access import Caller, KeyScope
from domain.connection_types import CONNECTION_TYPES
from domain.connections import Connection
from domain.errors import ConflictError
from domain.events import Event, EventType
from domain.groups import Group
from domain.ids import KNOWLEDGE_PREFIX, new_id
from domain.people import Person, PlatformRole
from domain.thing_types import THING_TYPES
from domain.things import Thing
from domain.values import JSON, now, to_micros
from graph import connections, events, group_changes, knowledge, people, references, thing_changes
from graph.emptiness import is_empty
from graph.store import Store, Transaction
from services import demo_world
from services.connections import MEMBERSHIP, NewConnection, group_of, new_connection
from services.groups import new_group
from services.journal import AccessChange, account_of, event
from services.keys import KeyOfPerson, Keys
from services.people import new_person
from services.things import new_thing

_SYSTEM = Caller(viewer=None)


@dataclass(slots=True)
class World:
    """What is to be written, under construction; each object has a short name by which the others refer to it."""

    groups: dict[str, Group] = field(default_factory=dict)
    people: dict[str, Person] = field(default_factory=dict)
    things: dict[str, Thing] = field(default_factory=dict)
    connections: list[Connection] = field(default_factory=list)
    labels: list[knowledge.LabelLink] = field(default_factory=list)

    def id_of(self, name: str) -> str:
        """The id of the group, person or thing of that name."""
        return next(found[name].id for found in (self.groups, self.people, self.things) if name in found)

    def resolve(self, value: JSON) -> JSON:
        """The value with every `@name` in it replaced by the id of that name."""
        if isinstance(value, str):
            return self.id_of(value[1:]) if value.startswith("@") else value
        if isinstance(value, Mapping):
            return {key: self.resolve(item) for key, item in value.items()}
        if isinstance(value, tuple | list):
            return [self.resolve(item) for item in value]
        return value


async def seed(store: Store) -> list[KeyOfPerson]:
    """Write the demo world into an empty store and make a key for each account; nothing where there is anything.

    The platform owner's key comes first and is for writing, the others are for reading.
    """
    if not await is_empty(store):
        return []
    world = _build()
    try:
        await store.write(lambda transaction: _write(transaction, world))
    except ConflictError:  # another server on the same store was quicker
        return []
    keys = Keys(store)
    by_role = sorted(world.people.values(), key=lambda person: list(PlatformRole).index(person.role))
    return [
        await keys.create(_SYSTEM, person.email, _scope(person), name=f"{person.display_name}'s demo key")
        for person in by_role
    ]


def _scope(person: Person) -> KeyScope:
    return KeyScope.WRITE if person.role is PlatformRole.PLATFORM_OWNER else KeyScope.READ


def _build() -> World:
    world = World()
    for name, parent, new in demo_world.groups():
        world.groups[name] = new_group(demo_world.below(new, world.groups[parent].id if parent else None))
    for name, person in demo_world.people().items():
        world.people[name] = new_person(person)
    for name, group, thing, labels in demo_world.things():
        properties = {key: world.resolve(value) for key, value in thing.properties.items()}
        placed = demo_world.placed(thing, world.groups[group].id, properties)
        world.things[name] = new_thing(placed, THING_TYPES[placed.type], imported=True)
        world.labels.extend(
            {"thingId": world.things[name].id, "label": label, "knowledgeId": new_id(KNOWLEDGE_PREFIX)}
            for label in labels
        )
    for source, connection_type, target, details in demo_world.connections():
        joined = NewConnection(connection_type, world.id_of(source), world.id_of(target), details)
        world.connections.append(new_connection(joined, CONNECTION_TYPES[connection_type], created_by=None))
    return world


async def _write(transaction: Transaction, world: World) -> None:
    for group in world.groups.values():
        await group_changes.create(transaction, group)
    for person in world.people.values():
        await people.create(transaction, person)
    made = [(thing, THING_TYPES[thing.type], _created(thing)) for thing in world.things.values()]
    await thing_changes.create(
        transaction, [thing_changes.Written(thing, thing_type, told.id) for thing, thing_type, told in made]
    )
    await references.add(transaction, [references.mentions(thing, thing_type) for thing, thing_type, _ in made])
    await connections.create(transaction, *((each, CONNECTION_TYPES[each.type]) for each in world.connections))
    await knowledge.add_labels(transaction, world.labels, to_micros(now()))
    await events.append(transaction, [*_happened(world), *(told for _, _, told in made)])


def _created(thing: Thing) -> Event:
    properties: Mapping[str, JSON] = {"type": thing.type, "version": thing.version}
    return event(_SYSTEM, EventType.THING_CREATED, target_id=thing.id, group_id=thing.group_id, properties=properties)


def _happened(world: World) -> list[Event]:
    return [
        *(
            event(_SYSTEM, EventType.GROUP_CREATED, target_id=group.id, group_id=group.id)
            for group in world.groups.values()
        ),
        *(
            event(_SYSTEM, EventType.USER_REGISTERED, target_id=person.id, group_id=None, changes=account_of(person))
            for person in world.people.values()
        ),
        *(
            event(
                _SYSTEM,
                EventType.CONNECTION_CREATED,
                target_id=connection.id,
                group_id=group_of(connection),
                properties={"type": connection.type, "from": connection.from_id, "to": connection.to_id},
            )
            for connection in world.connections
        ),
        *(
            event(
                _SYSTEM,
                EventType.USER_JOINED_GROUP,
                target_id=connection.from_id,
                group_id=connection.to_id,
                properties={"role": connection.properties["role"]},
                changes=AccessChange(after={name: connection.properties.get(name) for name in ("role", "status")}),
            )
            for connection in world.connections
            if connection.type == MEMBERSHIP
        ),
    ]

"""Connections between people, groups and things: reading them, making them and ending them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from domain.access import Caller
from domain.connection_types import ConnectionType
from domain.connections import Connection, Direction
from domain.errors import ConflictError, NotFoundError, ValidationError
from domain.events import Event, EventType
from domain.ids import NodeKind, connection_prefix, kind_of, new_id
from domain.things import Thing
from domain.values import JSON, now
from graph import connections, events, groups
from graph.store import Store, Transaction
from graph.things import ThingRow
from services import validation
from services.access import Action, authorize, reach_of
from services.groups import lock_active
from services.journal import event
from services.lists import NodeList
from services.ontology import Ontology

ENTITIES = (NodeKind.PERSON, NodeKind.GROUP, NodeKind.THING)
MEMBERSHIP = "member_of"


@dataclass(frozen=True, slots=True)
class NewConnection:
    """A connection to make."""

    type: str
    from_id: str
    to_id: str
    properties: Mapping[str, JSON] = field(default_factory=dict)
    strength: float | None = None
    valid_from: datetime | None = None
    metadata: Mapping[str, JSON] = field(default_factory=dict)


def new_connection(new: NewConnection, connection_type: ConnectionType, created_by: str | None) -> Connection:
    """The connection of that type, once its input was found to be right; its ends are not looked at yet."""
    at = now()
    validation.identifier("fromId", new.from_id, *_in_order(connection_type.sources))
    validation.identifier("toId", new.to_id, *_in_order(connection_type.targets))
    if new.from_id == new.to_id and not connection_type.reflexive:
        raise ValidationError("toId", f"A connection of type {new.type} joins two different nodes.")
    properties = validation.properties("properties", connection_type.schema, new.properties)
    if new.type == MEMBERSHIP:
        properties = {"status": "active", **properties}
    return Connection(
        id=new_id(connection_prefix(new.type)),
        type=new.type,
        from_id=new.from_id,
        to_id=new.to_id,
        properties=properties,
        strength=None if new.strength is None else validation.fraction("strength", new.strength),
        valid_from=at if new.valid_from is None else validation.moment("validFrom", new.valid_from),
        valid_to=None,
        metadata=validation.json_object("metadata", new.metadata),
        created_at=at,
        created_by=created_by,
    )


class Connections:
    """What can be asked and done about connections."""

    def __init__(self, store: Store, ontology: Ontology) -> None:
        self._store = store
        self._ontology = ontology

    async def connections_of(
        self, types: Sequence[str] | None, direction: Direction, *, ended: bool
    ) -> NodeList[connections.ConnectionRow, Connection]:
        """An entity's connections."""
        relationships, names = await self._chosen(types)
        listing = connections.connections_of(direction, relationships)
        return NodeList(f"connections {direction}", listing, (("types", names), ("ended", ended)))

    async def related_things(self, types: Sequence[str] | None, direction: Direction) -> NodeList[ThingRow, Thing]:
        """The things at the other end of an entity's live connections."""
        relationships, names = await self._chosen(types)
        return NodeList(f"related {direction}", connections.related_to(direction, relationships), (("types", names),))

    async def _chosen(self, types: Sequence[str] | None) -> tuple[frozenset[str], tuple[str, ...] | None]:
        """The relationship types to follow, and the names of the types to keep: None for all."""
        if types is None:
            return connections.RELATIONSHIPS, None
        chosen = await self._ontology.connection_types("types", types)
        return frozenset(each.relationship for each in chosen), tuple(sorted({each.name for each in chosen}))

    async def fetch(self, caller: Caller, ids: Sequence[str]) -> dict[str, Connection]:
        """Those of the connections both of whose ends the caller may see."""
        return await connections.fetch(self._store, reach_of(caller), ids)

    async def owners(self, caller: Caller, thing_ids: Sequence[str]) -> dict[str, str]:
        """The id of the person or group that owns each thing."""
        return await connections.fetch_owners(self._store, reach_of(caller), thing_ids)

    async def connect(self, caller: Caller, new: NewConnection) -> Connection:
        """Make a connection. ConflictError where the pair has a live one and may have only one."""
        reach = authorize(caller, Action.CONNECT)
        connection_type = await self._ontology.connection_type("type", new.type)
        connection = new_connection(new, connection_type, reach.person_id)

        async def work(transaction: Transaction) -> Connection:
            seen = await connections.visible(transaction, reach, [connection.from_id, connection.to_id])
            _check_end("fromId", connection.from_id, seen, connection_type.source_types)
            _check_end("toId", connection.to_id, seen, connection_type.target_types)
            if connection.type == MEMBERSHIP:
                await lock_active(transaction, reach, "toId", connection.to_id)
            await connections.create(transaction, connection, connection_type)
            happened = _happened(caller, EventType.CONNECTION_CREATED, EventType.USER_JOINED_GROUP, connection)
            await events.append(transaction, happened)
            return connection

        return await self._store.write(work)

    async def disconnect(self, caller: Caller, connection_id: str) -> Connection:
        """End a connection; it is kept, with the time at which it ended."""
        reach = authorize(caller, Action.DISCONNECT)
        validation.identifier("id", connection_id, NodeKind.CONNECTION)

        async def work(transaction: Transaction) -> Connection:
            connection = await connections.lock(transaction, reach, connection_id)
            if connection is None:
                raise NotFoundError("connection", connection_id)
            if connection.valid_to is not None:
                raise ConflictError("This connection has ended already.", field="validTo")
            ended = replace(connection, valid_to=max(now(), connection.valid_from))
            connection_type = await self._ontology.connection_type("id", connection.type)
            await connections.save(transaction, ended, connection_type)
            if connection.type == MEMBERSHIP and connection.properties["role"] == "owner":
                # The group is locked so that of two owners who leave at once the second sees the first gone.
                await groups.lock(transaction, reach, connection.to_id)
                if await connections.count_owners(transaction, connection.to_id) == 0:
                    raise ConflictError("A group keeps at least one owner.", field="id")
            happened = _happened(caller, EventType.CONNECTION_ENDED, EventType.USER_REMOVED_FROM_GROUP, ended)
            await events.append(transaction, happened)
            return ended

        return await self._store.write(work)


def group_of(connection: Connection) -> str | None:
    """The group that it happens in: the one that it leads to, or else starts from, if either end is one."""
    ends = (connection.to_id, connection.from_id)
    return next((end for end in ends if kind_of(end) is NodeKind.GROUP), None)


def _check_end(field_name: str, end: str, seen: Mapping[str, str | None], allowed: frozenset[str]) -> None:
    """That a node is there, and a thing of a type that may stand here, where not every type may."""
    if end not in seen:
        raise NotFoundError(str(kind_of(end)), end)
    if allowed and kind_of(end) is NodeKind.THING and seen[end] not in allowed:
        wanted = " or ".join(sorted(allowed))
        raise ValidationError(field_name, f"{field_name} takes a thing of type {wanted}; this is a {seen[end]}.")


def _in_order(kinds: frozenset[NodeKind]) -> list[NodeKind]:
    return [kind for kind in ENTITIES if kind in kinds]


def _happened(caller: Caller, plain: EventType, of_member: EventType, connection: Connection) -> list[Event]:
    """A membership is an access change too, and told as such."""
    details: Mapping[str, JSON] = {"type": connection.type, "from": connection.from_id, "to": connection.to_id}
    group_id = group_of(connection)
    happened = [event(caller, plain, target_id=connection.id, group_id=group_id, properties=details)]
    if connection.type == MEMBERSHIP:
        role = {"role": connection.properties["role"]}
        happened.append(event(caller, of_member, target_id=connection.from_id, group_id=group_id, properties=role))
    return happened

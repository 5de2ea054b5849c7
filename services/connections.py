"""Connections between people, groups and things: reading them, and what a new one has to be."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from domain.access import Caller
from domain.changes import KEEP, Change
from domain.connection_types import CONNECTION_TYPES, ConnectionType
from domain.connections import Connection, Direction
from domain.errors import ValidationError
from domain.filters import Condition
from domain.ids import ENTITIES, NodeKind, connection_prefix, kind_of, new_id
from domain.things import Thing
from domain.values import JSON, now
from graph import connections
from graph.filters.connections import Scope
from graph.filters.connections import connections as filtered_connections
from graph.filters.related import Step, related
from graph.store import Store
from graph.things import ThingRow
from services import validation
from services.access import reach_of
from services.filters import Filters
from services.lists import NodeList
from services.ontology import Ontology

MEMBERSHIP = "member_of"
GRANT = "granted"
SUPPORT = "supports"
OWN_MUTATIONS: Mapping[str, str] = MappingProxyType(
    {
        GRANT: "Grants have their own mutations: grantAccess and revokeAccess.",
        SUPPORT: "Support access has its own mutations: beginSupportAccess and endSupportAccess.",
    }
)
"""What is made, changed and ended in no other way, by type."""


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


@dataclass(frozen=True, slots=True)
class ConnectionChanges:
    """What to change of a connection."""

    strength: Change[float | None] = KEEP
    properties: Change[Mapping[str, JSON]] = KEEP
    metadata: Change[Mapping[str, JSON]] = KEEP


def new_connection(new: NewConnection, connection_type: ConnectionType, created_by: str | None) -> Connection:
    """The connection of that type, once its input was found to be right; its ends are not looked at yet."""
    at = now()
    if new.type in OWN_MUTATIONS:
        raise ValidationError("type", OWN_MUTATIONS[new.type])
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


MAX_STEPS = 5
"""How many connections away the related things may be."""


@dataclass(frozen=True, slots=True)
class GivenStep:
    """A step of a path as a client gives it: `types` are names, None for all."""

    types: tuple[str, ...] | None = None
    direction: Direction = Direction.BOTH
    depth: int = 1


class Connections:
    """What can be asked about connections."""

    def __init__(self, store: Store, ontology: Ontology) -> None:
        self._store = store
        self._ontology = ontology
        self._filters = Filters(ontology)

    async def connections_of(self, condition: Condition) -> NodeList[connections.ConnectionRow, Connection]:
        """An entity's connections for which a filter holds."""
        return await self._listed("connections of", condition, Scope.NODE)

    async def connections_below(self, condition: Condition) -> NodeList[connections.ConnectionRow, Connection]:
        """The connections of a group, of those below it, and of the things in them, for which a filter holds."""
        return await self._listed("connections below", condition, Scope.SUBTREE)

    async def all_connections(self, condition: Condition) -> NodeList[connections.ConnectionRow, Connection]:
        """Every connection both of whose ends the caller may see and for which a filter holds.

        ValidationError where it does not say where to begin.
        """
        return await self._listed("connections", condition, Scope.EVERYWHERE)

    async def _listed(
        self, name: str, condition: Condition, scope: Scope
    ) -> NodeList[connections.ConnectionRow, Connection]:
        checked = await self._filters.connections(condition, of_a_node=scope is Scope.NODE)
        filtered = filtered_connections(checked, scope)
        if filtered is None:
            raise ValidationError("filter", "filter needs fromId, toId, between or one type at its top.")
        return NodeList.of(name, filtered, checked)

    async def related_things(
        self, steps: Sequence[GivenStep] | None, condition: Condition
    ) -> NodeList[ThingRow, Thing]:
        """The things to which steps along live connections lead from an entity, and for which a filter holds."""
        if steps is not None and not 1 <= len(steps) <= MAX_STEPS:
            raise ValidationError("path", f"path takes 1 to {MAX_STEPS} steps, or nothing for one of any type.")
        given = (GivenStep(),) if steps is None else steps
        path = tuple([await self._step(f"path.{index}", each) for index, each in enumerate(given)])
        if sum(step.depth for step in path) > MAX_STEPS:
            raise ValidationError("path", f"path takes at most {MAX_STEPS} steps in all, with the depth of each.")
        checked = await self._filters.things(condition)
        return NodeList.of(f"related {given}", related(path, checked), checked)

    async def _step(self, at: str, given: GivenStep) -> Step:
        if given.depth < 1:
            raise ValidationError(f"{at}.depth", f"{at}.depth takes 1 or more.")
        if given.types is None:
            return Step(given.direction, connections.RELATIONSHIPS, None, given.depth)
        chosen = await self._ontology.connection_types(f"{at}.types", given.types)
        names = None if all(each.name in CONNECTION_TYPES for each in chosen) else tuple(each.name for each in chosen)
        return Step(given.direction, frozenset(each.relationship for each in chosen), names, given.depth)

    async def fetch(self, caller: Caller, ids: Sequence[str]) -> dict[str, Connection]:
        """Those of the connections both of whose ends the caller may see."""
        return await connections.fetch(self._store, reach_of(caller), ids)

    async def owners(self, caller: Caller, thing_ids: Sequence[str]) -> dict[str, str]:
        """The id of the person or group that owns each thing."""
        return await connections.fetch_owners(self._store, reach_of(caller), thing_ids)


def group_of(connection: Connection) -> str | None:
    """The group that it happens in: the one that it leads to, or else starts from, if either end is one."""
    ends = (connection.to_id, connection.from_id)
    return next((end for end in ends if kind_of(end) is NodeKind.GROUP), None)


def _in_order(kinds: frozenset[NodeKind]) -> list[NodeKind]:
    return [kind for kind in ENTITIES if kind in kinds]

"""Types that an operator adds: what they may be called, and be like."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from domain.access import Caller, Reach
from domain.connection_types import CONNECTION_TYPES, Cardinality, ConnectionType
from domain.errors import ConflictError, NotFoundError, ValidationError
from domain.events import EventType
from domain.ids import ENTITIES, NodeKind
from domain.thing_types import THING_TYPES, ThingType
from domain.values import JSON, JSONObject
from graph import events, types
from graph.dump import LABELS
from graph.store import Transaction
from graph.things import label_of
from services import validation
from services.access import Action, authorize
from services.changes import Changes
from services.idempotency import Making
from services.journal import event
from services.json_schemas import filterable_paths, object_schema
from services.ontology import Ontology

MAX_TYPES: Final = 1_000
"""How many types of either sort may be registered."""

_NAME = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*")
_MAX_NAME: Final = 60
_ANY_OBJECT: Final[JSONObject] = {"type": "object"}


@dataclass(frozen=True, slots=True)
class NewThingType:
    """A thing type to register."""

    name: str
    description: str
    schema: JSONObject
    filterable: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class NewConnectionType:
    """A connection type to register; no source or target types stand for all."""

    name: str
    description: str
    sources: Sequence[NodeKind]
    targets: Sequence[NodeKind]
    source_types: Sequence[str] = ()
    target_types: Sequence[str] = ()
    schema: JSONObject = field(default_factory=lambda: _ANY_OBJECT)
    several: bool = False
    reflexive: bool = False
    directed: bool = True
    cardinality: Cardinality = Cardinality.MANY_TO_MANY


class TypeRegistration:
    """Adds types."""

    def __init__(self, changes: Changes, ontology: Ontology) -> None:
        self._changes = changes
        self._ontology = ontology

    async def register_thing_type(self, caller: Caller, new: NewThingType, key: str | None = None) -> ThingType:
        """Add a type of thing, once under a key. ConflictError where the name, or one too much like it, is taken."""
        authorize(caller, Action.REGISTER_TYPE)
        name = checked_name(new.name)
        if name in THING_TYPES or label_of(name) in LABELS:
            raise ConflictError(f"The name {name} is taken, or too much like one that is.", field="name")
        schema = object_schema("schema", new.schema)
        filterable = filterable_paths("filterable", schema, new.filterable)
        thing_type = ThingType(
            name=name,
            description=checked_description(new.description),
            schema=schema,
            built_in=False,
            creatable=True,
            filterable=filterable,
            filters_ready=len(filterable),
            registered=True,
        )
        if len((await self._ontology.catalogue()).thing_types) - len(THING_TYPES) >= MAX_TYPES:
            raise ConflictError(f"There are {MAX_TYPES:,} registered thing types already.")

        async def work(transaction: Transaction) -> ThingType:
            await types.create_thing_type(transaction, thing_type)
            await tell(transaction, caller, EventType.THING_TYPE_REGISTERED, {"name": name})
            return thing_type

        return await self._changes.do_once(caller, _REGISTER_THING_TYPE, key, new, work)

    async def register_connection_type(
        self, caller: Caller, new: NewConnectionType, key: str | None = None
    ) -> ConnectionType:
        """Add a type of connection, once under a key. ConflictError where the name is taken."""
        authorize(caller, Action.REGISTER_TYPE)
        name = checked_name(new.name)
        if name in CONNECTION_TYPES:
            raise ConflictError(f"The name {name} is taken.", field="name")
        connection_type = ConnectionType(
            name=name,
            sources=_kinds("sources", new.sources),
            targets=_kinds("targets", new.targets),
            description=checked_description(new.description),
            schema=object_schema("schema", new.schema),
            several=new.several,
            reflexive=new.reflexive,
            source_types=await self._thing_types("sourceTypes", new.source_types, new.sources),
            target_types=await self._thing_types("targetTypes", new.target_types, new.targets),
            directed=new.directed,
            cardinality=new.cardinality,
            registered=True,
        )
        _check_shape(connection_type)
        if len((await self._ontology.catalogue()).connection_types) - len(CONNECTION_TYPES) >= MAX_TYPES:
            raise ConflictError(f"There are {MAX_TYPES:,} registered connection types already.")

        async def work(transaction: Transaction) -> ConnectionType:
            await types.create_connection_type(transaction, connection_type)
            await tell(transaction, caller, EventType.CONNECTION_TYPE_REGISTERED, {"name": name})
            return connection_type

        return await self._changes.do_once(caller, _REGISTER_CONNECTION_TYPE, key, new, work)

    async def _thing_types(self, field_name: str, names: Sequence[str], kinds: Sequence[NodeKind]) -> frozenset[str]:
        if names and NodeKind.THING not in kinds:
            raise ValidationError(field_name, f"{field_name} says which things, and no thing may stand there.")
        found = [await self._ontology.thing_type(f"{field_name}.{index}", name) for index, name in enumerate(names)]
        return frozenset(each.name for each in found)


async def tell(transaction: Transaction, caller: Caller, event_type: EventType, properties: Mapping[str, JSON]) -> None:
    """Record what happened to a type."""
    happened = event(caller, event_type, target_id=None, group_id=None, properties=properties)
    await events.append(transaction, [happened])


async def _thing_type_again(transaction: Transaction, _reach: Reach, name: str) -> ThingType:
    found = await types.lock_thing_type(transaction, name)
    if found is None:
        raise NotFoundError("thing type", name)
    return found


async def _connection_type_again(transaction: Transaction, _reach: Reach, name: str) -> ConnectionType:
    found = await types.fetch_connection_type(transaction, name)
    if found is None:
        raise NotFoundError("connection type", name)
    return found


_REGISTER_THING_TYPE: Final[Making[ThingType]] = Making("registerThingType", lambda made: made.name, _thing_type_again)
_REGISTER_CONNECTION_TYPE: Final[Making[ConnectionType]] = Making(
    "registerConnectionType", lambda made: made.name, _connection_type_again
)


def checked_name(value: str) -> str:
    """The name of a type. ValidationError where it cannot be one."""
    if len(value) > _MAX_NAME or not _NAME.fullmatch(value):
        raise ValidationError(
            "name", f"name takes up to {_MAX_NAME} letters a-z and digits, in words that _ separates: travel_guide."
        )
    return value


def checked_description(value: str) -> str:
    """What a type is for. ValidationError where that says nothing."""
    text = validation.text("description", value).strip()
    if not text:
        raise ValidationError("description", "description says what the type is for.")
    return text


def _kinds(field_name: str, kinds: Sequence[NodeKind]) -> frozenset[NodeKind]:
    if not kinds or not set(kinds) <= set(ENTITIES):
        raise ValidationError(field_name, f"{field_name} takes one or more of {', '.join(ENTITIES)}.")
    return frozenset(kinds)


def _check_shape(connection_type: ConnectionType) -> None:
    if connection_type.several and connection_type.cardinality is not Cardinality.MANY_TO_MANY:
        raise ValidationError("several", "Several connections of a pair take the cardinality many_to_many.")
    if not connection_type.directed:
        if connection_type.cardinality is not Cardinality.MANY_TO_MANY:
            raise ValidationError("cardinality", "A type without a direction takes the cardinality many_to_many.")
        if (connection_type.sources, connection_type.source_types) != (
            connection_type.targets,
            connection_type.target_types,
        ):
            raise ValidationError("directed", "A type without a direction takes the same sources as targets.")

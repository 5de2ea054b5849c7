"""Types that an operator adds: registering them, and letting thing types evolve while things of them are written."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from domain.access import Caller
from domain.changes import KEEP, Change, changed
from domain.connection_types import CONNECTION_TYPES, Cardinality, ConnectionType
from domain.errors import ConflictError, Misfit, MisfitError, NotFoundError, ValidationError
from domain.events import EventType
from domain.filterable import filter_kind
from domain.ids import ENTITIES, NodeKind
from domain.thing_types import THING_TYPES, ThingType
from domain.values import JSON, JSONObject
from graph import events, types
from graph.dump import LABELS
from graph.store import Store, Transaction
from graph.things import label_of
from graph.values import from_json
from services import validation
from services.access import Action, authorize
from services.journal import changed_names, event
from services.json_schemas import filterable_paths, object_schema
from services.ontology import Ontology

MAX_TYPES: Final = 1_000
"""How many types of either sort may be registered."""
MAX_MISFITS: Final = 20
"""How many of the things that do not fit are named."""

_PAGE: Final = 1_000
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
class ThingTypeChanges:
    """What to change of a thing type."""

    description: Change[str] = KEEP
    schema: Change[JSONObject] = KEEP
    filterable: Change[Sequence[str]] = KEEP


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


class TypeChanges:
    """What can be done about types."""

    def __init__(self, store: Store, ontology: Ontology) -> None:
        self._store = store
        self._ontology = ontology

    async def register_thing_type(self, caller: Caller, new: NewThingType) -> ThingType:
        """Add a type of thing. ConflictError where the name, or one too much like it, is taken."""
        authorize(caller, Action.REGISTER_TYPE)
        name = _name(new.name)
        if name in THING_TYPES or label_of(name) in LABELS:
            raise ConflictError(f"The name {name} is taken, or too much like one that is.", field="name")
        schema = object_schema("schema", new.schema)
        filterable = filterable_paths("filterable", schema, new.filterable)
        thing_type = ThingType(
            name=name,
            description=_description(new.description),
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
            await self._tell(transaction, caller, EventType.THING_TYPE_REGISTERED, {"name": name})
            return thing_type

        return await self._store.write(work)

    async def register_connection_type(self, caller: Caller, new: NewConnectionType) -> ConnectionType:
        """Add a type of connection. ConflictError where the name is taken."""
        authorize(caller, Action.REGISTER_TYPE)
        name = _name(new.name)
        if name in CONNECTION_TYPES:
            raise ConflictError(f"The name {name} is taken.", field="name")
        connection_type = ConnectionType(
            name=name,
            sources=_kinds("sources", new.sources),
            targets=_kinds("targets", new.targets),
            description=_description(new.description),
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
            await self._tell(transaction, caller, EventType.CONNECTION_TYPE_REGISTERED, {"name": name})
            return connection_type

        return await self._store.write(work)

    async def evolve_thing_type(self, caller: Caller, name: str, version: int, changes: ThingTypeChanges) -> ThingType:
        """Change a registered thing type. MisfitError where things do not fit the new schema: it stays as it was.

        Things are written meanwhile, and have to fit both schemas. A property that becomes filterable is ready once
        all things were gone through; where that is broken off, asking for the same again goes on with it.
        """
        authorize(caller, Action.EVOLVE_TYPE)
        validation.version(version)
        _name(name)
        if name in THING_TYPES:
            raise ValidationError("name", f"{name} is a standard type, and stays as it is: register one of your own.")
        schema = changes.schema if changes.schema is KEEP else object_schema("schema", changes.schema)
        description = changes.description if changes.description is KEEP else _description(changes.description)

        async def announce(transaction: Transaction) -> ThingType:
            current = await _lock(transaction, name, version)
            wanted = replace(current, schema=changed(schema, current.schema))
            if changes.filterable is not KEEP:
                wanted = replace(wanted, filterable=filterable_paths("filterable", wanted.schema, changes.filterable))
            _check_filterable(current, wanted)
            await types.save_thing_type(transaction, replace(current, pending=wanted.schema))
            return wanted

        wanted = await self._store.write(announce)
        misfits, total = await self._misfits(wanted)

        async def settle(transaction: Transaction) -> ThingType:
            current = await _lock(transaction, name, version)
            if current.pending != wanted.schema:
                raise ConflictError("Somebody else evolves this type just now.", field="version")
            if total:
                await types.save_thing_type(transaction, replace(current, pending=None))
                return current
            evolved = replace(
                wanted,
                description=changed(description, current.description),
                filters_ready=current.filters_ready,
                pending=None,
                version=current.version + 1,
            )
            await types.save_thing_type(transaction, evolved)
            told: Mapping[str, JSON] = {
                "name": name,
                "version": evolved.version,
                "changed": changed_names(changes),
            }
            await self._tell(transaction, caller, EventType.THING_TYPE_EVOLVED, told)
            return evolved

        evolved = await self._store.write(settle)
        if total:
            raise MisfitError(misfits, total)
        return await fill_filters(self._store, evolved)

    async def _misfits(self, wanted: ThingType) -> tuple[list[Misfit], int]:
        misfits: list[Misfit] = []
        total = 0
        after = ""
        while page := await types.page_of_type(self._store, wanted.name, after, _PAGE):
            for row in page:
                try:
                    validation.properties("properties", wanted.schema, from_json(row["properties"]))
                except ValidationError as error:
                    total += 1
                    if len(misfits) < MAX_MISFITS:
                        misfits.append(Misfit(row["id"], error.field, error.message))
            after = page[-1]["sortKey"]
        return misfits, total

    async def _thing_types(self, field_name: str, names: Sequence[str], kinds: Sequence[NodeKind]) -> frozenset[str]:
        if names and NodeKind.THING not in kinds:
            raise ValidationError(field_name, f"{field_name} says which things, and no thing may stand there.")
        found = [await self._ontology.thing_type(f"{field_name}.{index}", name) for index, name in enumerate(names)]
        return frozenset(each.name for each in found)

    @staticmethod
    async def _tell(
        transaction: Transaction, caller: Caller, event_type: EventType, properties: Mapping[str, JSON]
    ) -> None:
        happened = event(caller, event_type, target_id=None, group_id=None, properties=properties)
        await events.append(transaction, [happened])


async def fill_filters(store: Store, thing_type: ThingType) -> ThingType:
    """Make all things of a registered type found by its filterable properties; the type, which says so then."""
    if thing_type.filters_ready == len(thing_type.filterable):
        return thing_type
    await fill_pages(store, thing_type)

    async def finish(transaction: Transaction) -> ThingType:
        current = await types.lock_thing_type(transaction, thing_type.name)
        if current is None or current.filterable != thing_type.filterable:
            raise ConflictError("Somebody else evolves this type just now.", field="version")
        ready = replace(current, filters_ready=len(current.filterable))
        await types.save_thing_type(transaction, ready)
        return ready

    return await store.write(finish)


async def fill_pages(store: Store, thing_type: ThingType) -> None:
    """Write the columns of filterable properties of all things of a type, a page at a time."""
    after: str | None = ""
    while after is not None:
        start: str = after

        async def fill(transaction: Transaction, start: str = start) -> str | None:
            return await types.fill_page_of_type(transaction, thing_type, start, _PAGE)

        after = await store.write(fill)


async def _lock(transaction: Transaction, name: str, version: int) -> ThingType:
    current = await types.lock_thing_type(transaction, name)
    if current is None:
        raise NotFoundError("thing type", name)
    if current.version != version:
        raise ConflictError(
            f"Somebody changed this type since you read it: it is at version {current.version}. Read it again.",
            field="version",
        )
    return current


def _check_filterable(current: ThingType, wanted: ThingType) -> None:
    """Columns are filled already: what is filterable stays so, in its place and as what it is."""
    if wanted.filterable[: len(current.filterable)] != current.filterable:
        kept = ", ".join(current.filterable)
        raise ValidationError("filterable", f"filterable begins with what it is now ({kept}); add to its end.")
    for path in current.filterable:
        if filter_kind(wanted.schema, path) is not filter_kind(current.schema, path):
            raise ValidationError("schema", f"{path} is filterable, and has to stay what it is in the schema.")


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


def _name(value: str) -> str:
    if len(value) > _MAX_NAME or not _NAME.fullmatch(value):
        raise ValidationError(
            "name", f"name takes up to {_MAX_NAME} letters a-z and digits, in words that _ separates: travel_guide."
        )
    return value


def _description(value: str) -> str:
    text = validation.text("description", value).strip()
    if not text:
        raise ValidationError("description", "description says what the type is for.")
    return text


def _kinds(field_name: str, kinds: Sequence[NodeKind]) -> frozenset[NodeKind]:
    if not kinds or not set(kinds) <= set(ENTITIES):
        raise ValidationError(field_name, f"{field_name} takes one or more of {', '.join(ENTITIES)}.")
    return frozenset(kinds)

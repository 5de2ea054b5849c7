"""The types of the ontology as clients see them."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, cast

import strawberry
from strawberry.scalars import JSON

from domain import filterable
from domain.values import JSONObject
from schema.define import field, object_type
from schema.enums import Cardinality, FilterKind, NodeKind
from schema.event_types import EventType
from schema.node import GENERIC_THING, THING_TYPE_NAMES

if TYPE_CHECKING:
    from domain.catalogue import Catalogue
    from domain.thing_types import ThingType as DomainThingType


@object_type
class PropertyDefinition:
    """A property that a type declares."""

    name: str = strawberry.field(description="Its name in `properties`.")
    types: list[str] = strawberry.field(
        description="The JSON types of its values: string, number, integer, boolean, object, array or null. "
        "Empty where the schema says more than that; read it there."
    )
    required: bool = strawberry.field(description="Whether it has to be there.")
    description: str | None = strawberry.field(description="What it is, where the schema says so.")


@object_type
class FilterableProperty:
    """A property by which things are found."""

    path: str = strawberry.field(description="Its path, such as `price.amount`.")
    kind: FilterKind = strawberry.field(description="What its values are.")
    ready: bool = strawberry.field(
        description="Whether all things can be found by it; false while those that there were are gone through."
    )


@object_type
class ThingType:
    """A type of thing: one of the standard catalogue, or one that an operator registered."""

    name: str = strawberry.field(description="Its name, as `type` of a thing has it.")
    description: str = strawberry.field(description="What it is for.")
    schema: JSON = strawberry.field(description="The JSON Schema (2020-12) of its properties.")
    creatable: bool = strawberry.field(description="Whether `createThing` makes things of it.")
    registered: bool = strawberry.field(description="Whether an operator registered it.")
    version: int = strawberry.field(description="Goes up when it evolves: give it back with `evolveThingType`.")

    @field
    def object_type(self) -> str:
        """The object type of this schema that shows its things."""
        return THING_TYPE_NAMES.get(self.name, GENERIC_THING)

    @field
    def fields(self) -> list[PropertyDefinition]:
        """The properties that its schema declares."""
        return _declared(cast("JSONObject", self.schema))

    @field
    def filterable(self) -> list[FilterableProperty]:
        """The properties by which its things are found."""
        source = cast("DomainThingType", self)
        return [
            FilterableProperty(
                path=path,
                kind=cast("FilterKind", filterable.filter_kind(source.schema, path)),
                ready=index < source.filters_ready,
            )
            for index, path in enumerate(source.filterable)
        ]


@object_type
class ConnectionType:
    """A type of connection: one of the standard catalogue, or one that an operator registered."""

    name: str = strawberry.field(description="Its name, as `type` of a connection has it.")
    description: str = strawberry.field(description="What it says of its two ends.")
    schema: JSON = strawberry.field(description="The JSON Schema (2020-12) of its properties.")
    several: bool = strawberry.field(description="Whether the same pair may have several live ones.")
    reflexive: bool = strawberry.field(description="Whether a node may be connected with itself.")
    directed: bool = strawberry.field(
        description="Whether it matters which end it starts from. Where it does not, read it in both directions."
    )
    cardinality: Cardinality = strawberry.field(description="How many live ones a source and a target may have.")
    registered: bool = strawberry.field(description="Whether an operator registered it.")
    sources: list[NodeKind] = strawberry.field(description="What it may start from.")
    targets: list[NodeKind] = strawberry.field(description="What it may lead to.")
    source_types: list[str] = strawberry.field(
        description="The types of the things that it may start from; empty for all."
    )
    target_types: list[str] = strawberry.field(
        description="The types of the things that it may lead to; empty for all."
    )

    @field
    def fields(self) -> list[PropertyDefinition]:
        """The properties that its schema declares."""
        return _declared(cast("JSONObject", self.schema))


@object_type
class EventTypeDescription:
    """A type of event."""

    name: EventType = strawberry.field(description="Its name, as `type` of an event has it.")
    description: str = strawberry.field(description="What it tells.")


@object_type
class Ontology:
    """All types that there are, on this server and every other of the same store."""

    @field
    def thing_types(self) -> list[ThingType]:
        """The types of things: first those of the standard catalogue, then those that were registered, by name."""
        return cast("list[ThingType]", list(cast("Catalogue", self).thing_types.values()))

    @field
    def connection_types(self) -> list[ConnectionType]:
        """The types of connections: first the standard ones, then those that were registered, by name."""
        return cast("list[ConnectionType]", list(cast("Catalogue", self).connection_types.values()))

    @field
    def event_types(self) -> list[EventTypeDescription]:
        """The types of events."""
        definition = EventType.__strawberry_definition__  # type: ignore[attr-defined] # schema.enums put it there
        return [
            EventTypeDescription(name=EventType(value.value), description=value.description)
            for value in definition.values
        ]


def _declared(schema: JSONObject) -> list[PropertyDefinition]:
    declared = schema.get("properties", {})
    required = cast("Sequence[str]", schema.get("required", ()))
    return [
        PropertyDefinition(
            name=name,
            types=_types(part),
            required=name in required,
            description=cast("str | None", part.get("description")),
        )
        for name, part in cast("Mapping[str, object]", declared).items()
        if isinstance(part, Mapping)
    ]


def _types(schema: JSONObject) -> list[str]:
    types = schema.get("type", ())
    return [types] if isinstance(types, str) else [str(each) for each in cast("Sequence[object]", types)]

"""What adds and changes types: inputs, and what each mutation answers."""

from typing import Annotated, TypeAlias, cast

import strawberry
from strawberry.scalars import JSON

from domain.changes import KEEP, Change
from domain.values import JSONObject
from schema.arguments import IDEMPOTENCY_KEY
from schema.define import input_type, object_type
from schema.enums import Cardinality, NodeKind
from schema.errors import (
    AuthError,
    ConflictError,
    ForbiddenError,
    MisfitError,
    NetworkError,
    NotFoundError,
    ValidationError,
)
from schema.given import required
from schema.ontology import ConnectionType, ThingType
from services.type_changes import ThingTypeChanges
from services.type_registration import NewConnectionType, NewThingType

_SCHEMA = (
    'The JSON Schema (2020-12) of its properties: `{"type": "object", "properties": …}`. It refers to its own '
    "`$defs` only, and its patterns have no look-around."
)


@input_type
class RegisterThingTypeInput:
    """A type of thing to add."""

    name: str = strawberry.field(description="Its name: words of a-z and 0-9 with `_` between them.")
    description: str = strawberry.field(description="What it is for.")
    schema: JSON = strawberry.field(description=_SCHEMA)
    filterable: list[str] = strawberry.field(
        description="Paths of properties by which things are to be found, such as `price.amount`; at most 8, "
        "each a string, a number or a boolean.",
        default_factory=list,
    )
    idempotency_key: str | None = strawberry.field(description=IDEMPOTENCY_KEY, default=None)

    def to_domain(self) -> NewThingType:
        """As the services take it."""
        return NewThingType(self.name, self.description, cast("JSONObject", self.schema), self.filterable)


@input_type
class EvolveThingTypeInput:
    """What to change of a registered thing type. What is left out stays."""

    name: str = strawberry.field(description="The type.")
    version: int = strawberry.field(description="The version that you read.")
    description: strawberry.Maybe[str | None] = strawberry.field(description="What it is for.")
    schema: strawberry.Maybe[JSON | None] = strawberry.field(description=_SCHEMA)
    filterable: strawberry.Maybe[list[str] | None] = strawberry.field(
        description="Paths of properties by which things are found: those that are so now, and further ones after them."
    )

    def to_domain(self) -> ThingTypeChanges:
        """As the services take it."""
        schema: Change[object] = required("schema", self.schema)
        return ThingTypeChanges(
            description=required("description", self.description),
            schema=KEEP if schema is KEEP else cast("JSONObject", schema),
            filterable=required("filterable", self.filterable),
        )


@input_type
class RegisterConnectionTypeInput:
    """A type of connection to add."""

    name: str = strawberry.field(description="Its name: words of a-z and 0-9 with `_` between them.")
    description: str = strawberry.field(description="What it says of its two ends.")
    sources: list[NodeKind] = strawberry.field(description="What it may start from: group, person, thing.")
    targets: list[NodeKind] = strawberry.field(description="What it may lead to: group, person, thing.")
    source_types: list[str] = strawberry.field(
        description="The types of the things that it may start from; empty for all.", default_factory=list
    )
    target_types: list[str] = strawberry.field(
        description="The types of the things that it may lead to; empty for all.", default_factory=list
    )
    schema: JSON | None = strawberry.field(description=f"{_SCHEMA} Null for any properties.", default=None)
    several: bool = strawberry.field(description="Whether the same pair may have several live ones.", default=False)
    reflexive: bool = strawberry.field(description="Whether a node may be connected with itself.", default=False)
    directed: bool = strawberry.field(
        description="Whether it matters which end it starts from. Where it does not, a pair has it once.", default=True
    )
    cardinality: Cardinality = strawberry.field(
        description="How many live ones a source and a target may have.", default=Cardinality.MANY_TO_MANY
    )
    idempotency_key: str | None = strawberry.field(description=IDEMPOTENCY_KEY, default=None)

    def to_domain(self) -> NewConnectionType:
        """As the services take it."""
        return NewConnectionType(
            name=self.name,
            description=self.description,
            sources=self.sources,
            targets=self.targets,
            source_types=self.source_types,
            target_types=self.target_types,
            schema={"type": "object"} if self.schema is None else cast("JSONObject", self.schema),
            several=self.several,
            reflexive=self.reflexive,
            directed=self.directed,
            cardinality=self.cardinality,
        )


@object_type
class RegisterThingTypeSuccess:
    """The type is there, on every server."""

    thing_type: ThingType = strawberry.field(description="The new type.")


@object_type
class EvolveThingTypeSuccess:
    """The type was changed, and all things of it fit."""

    thing_type: ThingType = strawberry.field(description="The type after the change.")


@object_type
class RegisterConnectionTypeSuccess:
    """The type is there, on every server."""

    connection_type: ConnectionType = strawberry.field(description="The new type.")


RegisterThingTypeResult: TypeAlias = Annotated[
    RegisterThingTypeSuccess | AuthError | ForbiddenError | ValidationError | ConflictError | NetworkError,
    strawberry.union("RegisterThingTypeResult", description="What registerThingType answers."),
]
EvolveThingTypeResult: TypeAlias = Annotated[
    EvolveThingTypeSuccess
    | AuthError
    | ForbiddenError
    | ValidationError
    | NotFoundError
    | ConflictError
    | MisfitError
    | NetworkError,
    strawberry.union("EvolveThingTypeResult", description="What evolveThingType answers."),
]
RegisterConnectionTypeResult: TypeAlias = Annotated[
    RegisterConnectionTypeSuccess | AuthError | ForbiddenError | ValidationError | ConflictError | NetworkError,
    strawberry.union("RegisterConnectionTypeResult", description="What registerConnectionType answers."),
]

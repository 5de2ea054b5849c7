"""What changes things: inputs, and what each mutation answers."""

from typing import Annotated, TypeAlias, cast

import strawberry
from strawberry.scalars import JSON

from domain.changes import KEEP, Change
from domain.values import JSONObject
from schema.define import input_type, object_type
from schema.enums import ThingStatus
from schema.errors import AuthError, ConflictError, ForbiddenError, NetworkError, NotFoundError, ValidationError
from schema.given import required
from schema.things import Thing
from services.things import NewThing, ThingChanges


@input_type
class CreateThingInput:
    """A thing to create."""

    group_id: strawberry.ID = strawberry.field(description="The group that it belongs to.")
    type: str = strawberry.field(description="Its thing type, such as `product` or `blog_post`.")
    name: str = strawberry.field(description="Its name: 1 to 200 characters.")
    status: ThingStatus = strawberry.field(description="How far along it is.", default=ThingStatus.DRAFT)
    properties: JSON | None = strawberry.field(
        description="Its properties, which have to fit the schema of its type. "
        "Money in them is `{amount, currency}` in integer minor units.",
        default=None,
    )

    def to_domain(self) -> NewThing:
        """As the services take it."""
        properties = {} if self.properties is None else cast("JSONObject", self.properties)
        return NewThing(self.group_id, self.type, self.name, self.status, properties)


@input_type
class UpdateThingInput:
    """What to change of a thing. What is left out stays."""

    id: strawberry.ID = strawberry.field(description="The thing.")
    version: int = strawberry.field(description="The version that you read.")
    name: strawberry.Maybe[str | None] = strawberry.field(description="A new name.")
    status: strawberry.Maybe[ThingStatus | None] = strawberry.field(description="How far along it is now.")
    properties: strawberry.Maybe[JSON | None] = strawberry.field(
        description="All its properties; they replace the old ones."
    )

    def to_domain(self) -> ThingChanges:
        """As the services take it."""
        properties: Change[object] = required("properties", self.properties)
        return ThingChanges(
            name=required("name", self.name),
            status=required("status", self.status),
            properties=KEEP if properties is KEEP else cast("JSONObject", properties),
        )


@input_type
class ArchiveThingInput:
    """A thing to take out of use. It stays readable."""

    id: strawberry.ID = strawberry.field(description="The thing.")
    version: int = strawberry.field(description="The version that you read.")


@object_type
class CreateThingSuccess:
    """The thing was created."""

    thing: Thing = strawberry.field(description="The new thing.")


@object_type
class UpdateThingSuccess:
    """The thing was changed."""

    thing: Thing = strawberry.field(description="The thing after the change.")


@object_type
class ArchiveThingSuccess:
    """The thing was archived."""

    thing: Thing = strawberry.field(description="The thing after that.")


CreateThingResult: TypeAlias = Annotated[
    CreateThingSuccess | AuthError | ForbiddenError | ValidationError | NotFoundError | ConflictError | NetworkError,
    strawberry.union("CreateThingResult", description="What createThing answers."),
]
UpdateThingResult: TypeAlias = Annotated[
    UpdateThingSuccess | AuthError | ForbiddenError | ValidationError | NotFoundError | ConflictError | NetworkError,
    strawberry.union("UpdateThingResult", description="What updateThing answers."),
]
ArchiveThingResult: TypeAlias = Annotated[
    ArchiveThingSuccess | AuthError | ForbiddenError | ValidationError | NotFoundError | ConflictError | NetworkError,
    strawberry.union("ArchiveThingResult", description="What archiveThing answers."),
]

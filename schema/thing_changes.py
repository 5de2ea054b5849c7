"""What changes things: inputs, and what each mutation answers."""

from typing import Annotated, TypeAlias, cast

import strawberry
from strawberry.scalars import JSON

from domain.changes import KEEP, Change
from domain.values import JSONObject
from schema.arguments import IDEMPOTENCY_KEY
from schema.define import input_type, object_type
from schema.enums import ThingStatus
from schema.errors import (
    AuthError,
    ConflictError,
    DependedOnError,
    ForbiddenError,
    NetworkError,
    NotFoundError,
    ValidationError,
)
from schema.given import required
from schema.things import Thing
from services import change_items as items
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
    idempotency_key: str | None = strawberry.field(description=IDEMPOTENCY_KEY, default=None)

    def to_domain(self) -> NewThing:
        """As the services take it."""
        properties = {} if self.properties is None else cast("JSONObject", self.properties)
        return NewThing(self.group_id, self.type, self.name, self.status, properties)

    def to_change(self) -> items.CreateThing:
        """As one of many changes."""
        return items.CreateThing(self.to_domain())


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

    def to_change(self) -> items.UpdateThing:
        """As one of many changes."""
        return items.UpdateThing(self.id, self.version, self.to_domain())


@input_type
class ArchiveThingInput:
    """A thing to take out of use. It stays readable."""

    id: strawberry.ID = strawberry.field(description="The thing.")
    version: int = strawberry.field(description="The version that you read.")

    def to_change(self) -> items.ArchiveThing:
        """As one of many changes."""
        return items.ArchiveThing(self.id, self.version)


@input_type
class RestoreThingInput:
    """An archived thing to put back into use. Its group has to be in use."""

    id: strawberry.ID = strawberry.field(description="The thing.")
    version: int = strawberry.field(description="The version that you read.")
    status: ThingStatus | None = strawberry.field(
        description="How far along it is then; null for what it was before it was archived.", default=None
    )

    def to_change(self) -> items.RestoreThing:
        """As one of many changes."""
        return items.RestoreThing(self.id, self.version, self.status)


@input_type
class MoveThingInput:
    """A thing to put into another group."""

    id: strawberry.ID = strawberry.field(description="The thing.")
    version: int = strawberry.field(description="The version that you read.")
    group_id: strawberry.ID = strawberry.field(description="The group that it is to belong to.")

    def to_change(self) -> items.MoveThing:
        """As one of many changes."""
        return items.MoveThing(self.id, self.version, self.group_id)


@input_type
class LabelThingInput:
    """A label to put on a thing. Where it is on it already, nothing changes."""

    id: strawberry.ID = strawberry.field(description="The thing.")
    label: str = strawberry.field(description="The label, `category:value`; the category is kept in lower case.")
    version: int | None = strawberry.field(
        description="The version that you read, where that matters to you.", default=None
    )

    def to_change(self) -> items.LabelThing:
        """As one of many changes."""
        return items.LabelThing(self.id, self.version, self.label, on=True)


@input_type
class UnlabelThingInput:
    """A label to take off a thing. Where it is not on it, nothing changes."""

    id: strawberry.ID = strawberry.field(description="The thing.")
    label: str = strawberry.field(description="The label, `category:value`.")
    version: int | None = strawberry.field(
        description="The version that you read, where that matters to you.", default=None
    )

    def to_change(self) -> items.LabelThing:
        """As one of many changes."""
        return items.LabelThing(self.id, self.version, self.label, on=False)


@input_type
class DeleteThingInput:
    """A thing to erase, with its versions. It is refused while anything depends on it."""

    id: strawberry.ID = strawberry.field(description="The thing.")
    version: int = strawberry.field(description="The version that you read.")

    def to_change(self) -> items.DeleteThing:
        """As one of many changes."""
        return items.DeleteThing(self.id, self.version)


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


@object_type
class RestoreThingSuccess:
    """The thing is in use again."""

    thing: Thing = strawberry.field(description="The thing after that.")


@object_type
class MoveThingSuccess:
    """The thing belongs to the other group."""

    thing: Thing = strawberry.field(description="The thing after that.")


@object_type
class LabelThingSuccess:
    """The thing has the label."""

    thing: Thing = strawberry.field(description="The thing after that.")


@object_type
class UnlabelThingSuccess:
    """The thing does not have the label."""

    thing: Thing = strawberry.field(description="The thing after that.")


@object_type
class DeleteThingSuccess:
    """The thing was erased."""

    id: strawberry.ID = strawberry.field(description="The id that it had.")


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
RestoreThingResult: TypeAlias = Annotated[
    RestoreThingSuccess | AuthError | ForbiddenError | ValidationError | NotFoundError | ConflictError | NetworkError,
    strawberry.union("RestoreThingResult", description="What restoreThing answers."),
]
MoveThingResult: TypeAlias = Annotated[
    MoveThingSuccess | AuthError | ForbiddenError | ValidationError | NotFoundError | ConflictError | NetworkError,
    strawberry.union("MoveThingResult", description="What moveThing answers."),
]
LabelThingResult: TypeAlias = Annotated[
    LabelThingSuccess | AuthError | ForbiddenError | ValidationError | NotFoundError | ConflictError | NetworkError,
    strawberry.union("LabelThingResult", description="What labelThing answers."),
]
UnlabelThingResult: TypeAlias = Annotated[
    UnlabelThingSuccess | AuthError | ForbiddenError | ValidationError | NotFoundError | ConflictError | NetworkError,
    strawberry.union("UnlabelThingResult", description="What unlabelThing answers."),
]
DeleteThingResult: TypeAlias = Annotated[
    DeleteThingSuccess
    | AuthError
    | ForbiddenError
    | ValidationError
    | NotFoundError
    | ConflictError
    | DependedOnError
    | NetworkError,
    strawberry.union("DeleteThingResult", description="What deleteThing answers."),
]

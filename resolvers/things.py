"""Things: what can be asked and done."""

from datetime import datetime
from typing import Annotated, cast

import strawberry

from resolvers.answers import answering
from schema.arguments import INPUT
from schema.context import Info
from schema.define import field, mutation, object_type
from schema.enums import CreationOrder
from schema.filters import OfThings, condition
from schema.paging import Connection, listed, paged
from schema.thing_changes import (
    ArchiveThingInput,
    ArchiveThingResult,
    ArchiveThingSuccess,
    CreateThingInput,
    CreateThingResult,
    CreateThingSuccess,
    DeleteThingInput,
    DeleteThingResult,
    DeleteThingSuccess,
    LabelThingInput,
    LabelThingResult,
    LabelThingSuccess,
    MoveThingInput,
    MoveThingResult,
    MoveThingSuccess,
    RestoreThingInput,
    RestoreThingResult,
    RestoreThingSuccess,
    UnlabelThingInput,
    UnlabelThingResult,
    UnlabelThingSuccess,
    UpdateThingInput,
    UpdateThingResult,
    UpdateThingSuccess,
)
from schema.thing_versions import ThingVersion
from schema.things import Thing


@object_type
class ThingQueries:
    """Questions about things."""

    @paged(CreationOrder.NEWEST_FIRST)
    async def things(self, info: Info, filter: OfThings = None) -> Connection[Thing]:  # noqa: A002
        """Every thing that you may see; those of a private type, such as `api_key`, only when asked for by it."""
        return listed(await info.context.services.things.all_things(condition(filter)))

    @paged(CreationOrder.NEWEST_FIRST, public=True)
    async def public_things(self, info: Info, filter: OfThings = None) -> Connection[Thing]:  # noqa: A002
        """Every published thing of a public group, but for those of types that are between a few, such as `order`.

        Nobody has to say who they are to ask.
        """
        return listed(await info.context.services.things.public_things(condition(filter)))

    @field
    async def thing_at(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="The thing.")],  # noqa: A002
        time: Annotated[datetime, strawberry.argument(description="A time, with an offset.")],
    ) -> ThingVersion | None:
        """How a thing was at a time; null where it was not there yet, and where there is none that you may see."""
        return cast("ThingVersion | None", await info.context.services.things.at(info.context.caller, id, time))


@object_type
class ThingMutations:
    """Changes of things."""

    @mutation
    @answering
    async def create_thing(self, info: Info, input: Annotated[CreateThingInput, INPUT]) -> CreateThingResult:  # noqa: A002
        """Create a thing of any type in a group."""
        changes, new = info.context.services.changes, input.to_domain()
        thing = await changes.create_thing(info.context.caller, new, input.idempotency_key)
        return CreateThingSuccess(thing=cast("Thing", thing))

    @mutation
    @answering
    async def update_thing(self, info: Info, input: Annotated[UpdateThingInput, INPUT]) -> UpdateThingResult:  # noqa: A002
        """Change some of a thing."""
        changes = info.context.services.changes
        work = changes.things.updating(info.context.caller, input.id, input.version, input.to_domain())
        return UpdateThingSuccess(thing=cast("Thing", await changes.do(work)))

    @mutation
    @answering
    async def archive_thing(self, info: Info, input: Annotated[ArchiveThingInput, INPUT]) -> ArchiveThingResult:  # noqa: A002
        """Take a thing out of use. It stays readable."""
        changes = info.context.services.changes
        work = changes.things.archiving(info.context.caller, input.id, input.version)
        return ArchiveThingSuccess(thing=cast("Thing", await changes.do(work)))

    @mutation
    @answering
    async def restore_thing(self, info: Info, input: Annotated[RestoreThingInput, INPUT]) -> RestoreThingResult:  # noqa: A002
        """Put an archived thing back into use."""
        changes = info.context.services.changes
        work = changes.things.restoring(info.context.caller, input.id, input.version, input.status)
        return RestoreThingSuccess(thing=cast("Thing", await changes.do(work)))

    @mutation
    @answering
    async def move_thing(self, info: Info, input: Annotated[MoveThingInput, INPUT]) -> MoveThingResult:  # noqa: A002
        """Put a thing into another group."""
        changes = info.context.services.changes
        work = changes.things.moving(info.context.caller, input.id, input.version, input.group_id)
        return MoveThingSuccess(thing=cast("Thing", await changes.do(work)))

    @mutation
    @answering
    async def label_thing(self, info: Info, input: Annotated[LabelThingInput, INPUT]) -> LabelThingResult:  # noqa: A002
        """Put a label on a thing."""
        changes = info.context.services.changes
        work = changes.things.labelling(info.context.caller, input.id, input.version, input.label, on=True)
        return LabelThingSuccess(thing=cast("Thing", await changes.do(work)))

    @mutation
    @answering
    async def unlabel_thing(self, info: Info, input: Annotated[UnlabelThingInput, INPUT]) -> UnlabelThingResult:  # noqa: A002
        """Take a label off a thing."""
        changes = info.context.services.changes
        work = changes.things.labelling(info.context.caller, input.id, input.version, input.label, on=False)
        return UnlabelThingSuccess(thing=cast("Thing", await changes.do(work)))

    @mutation
    @answering
    async def delete_thing(self, info: Info, input: Annotated[DeleteThingInput, INPUT]) -> DeleteThingResult:  # noqa: A002
        """Erase a thing on which nothing depends."""
        changes = info.context.services.changes
        work = changes.things.deleting(info.context.caller, input.id, input.version)
        return DeleteThingSuccess(id=strawberry.ID(await changes.do(work)))

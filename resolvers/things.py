"""Things: what can be asked and done."""

from typing import Annotated, cast

import strawberry

from domain.ids import NodeKind
from resolvers.answers import answering
from schema.arguments import INPUT, OfThingStatus, OfThingType
from schema.context import Info
from schema.define import mutation, object_type
from schema.enums import CreationOrder
from schema.paging import Connection, listed, paged
from schema.thing_changes import (
    ArchiveThingInput,
    ArchiveThingResult,
    ArchiveThingSuccess,
    CreateThingInput,
    CreateThingResult,
    CreateThingSuccess,
    UpdateThingInput,
    UpdateThingResult,
    UpdateThingSuccess,
)
from schema.things import Thing
from services.validation import identifier


@object_type
class ThingQueries:
    """Questions about things."""

    @paged(CreationOrder.NEWEST_FIRST)
    async def things(
        self,
        info: Info,
        group_id: Annotated[
            strawberry.ID | None, strawberry.argument(description="Only the things of this group itself.")
        ] = None,
        type: OfThingType = None,  # noqa: A002
        status: OfThingStatus = None,
    ) -> Connection[Thing]:
        """Every thing that you may see; those of a private type, such as `api_key`, only when asked for by it."""
        if group_id is None:
            return listed(await info.context.services.things.all_things(type, status))
        within = identifier("groupId", group_id, NodeKind.GROUP)
        return listed(await info.context.services.things.things_of_group(type, status), within)


@object_type
class ThingMutations:
    """Changes of things."""

    @mutation
    @answering
    async def create_thing(self, info: Info, input: Annotated[CreateThingInput, INPUT]) -> CreateThingResult:  # noqa: A002
        """Create a thing of any type in a group."""
        thing = await info.context.services.things.create(info.context.caller, input.to_domain())
        return CreateThingSuccess(thing=cast("Thing", thing))

    @mutation
    @answering
    async def update_thing(self, info: Info, input: Annotated[UpdateThingInput, INPUT]) -> UpdateThingResult:  # noqa: A002
        """Change some of a thing."""
        changes = input.to_domain()
        thing = await info.context.services.things.update(info.context.caller, input.id, input.version, changes)
        return UpdateThingSuccess(thing=cast("Thing", thing))

    @mutation
    @answering
    async def archive_thing(self, info: Info, input: Annotated[ArchiveThingInput, INPUT]) -> ArchiveThingResult:  # noqa: A002
        """Take a thing out of use. It stays readable."""
        thing = await info.context.services.things.archive(info.context.caller, input.id, input.version)
        return ArchiveThingSuccess(thing=cast("Thing", thing))

"""Groups: what can be asked and done."""

from typing import Annotated, cast

import strawberry

from resolvers.answers import answering
from schema.arguments import INPUT, OfGroupStatus, OfGroupType
from schema.context import Info
from schema.define import field, mutation, object_type
from schema.enums import CreationOrder
from schema.group_changes import (
    ArchiveGroupInput,
    ArchiveGroupResult,
    ArchiveGroupSuccess,
    CreateGroupInput,
    CreateGroupResult,
    CreateGroupSuccess,
    MoveGroupInput,
    MoveGroupResult,
    MoveGroupSuccess,
    UpdateGroupInput,
    UpdateGroupResult,
    UpdateGroupSuccess,
)
from schema.groups import Group
from schema.paging import Connection, listed, paged
from services import groups


@object_type
class GroupQueries:
    """Questions about groups."""

    @field
    async def group(
        self,
        info: Info,
        slug: Annotated[str, strawberry.argument(description="Its name in URLs; case does not matter.")],
    ) -> Group | None:
        """The group with this slug; null where there is none that you may see."""
        return cast("Group | None", await info.context.services.groups.by_slug(info.context.caller, slug))

    @paged(CreationOrder.OLDEST_FIRST)
    def groups(self, type: OfGroupType = None, status: OfGroupStatus = None) -> Connection[Group]:  # noqa: A002
        """Every group that you may see."""
        return listed(groups.all_groups(type, status))


@object_type
class GroupMutations:
    """Changes of groups."""

    @mutation
    @answering
    async def create_group(self, info: Info, input: Annotated[CreateGroupInput, INPUT]) -> CreateGroupResult:  # noqa: A002
        """Create a group, as a root or below another one."""
        group = await info.context.services.groups.create(info.context.caller, input.to_domain())
        return CreateGroupSuccess(group=cast("Group", group))

    @mutation
    @answering
    async def update_group(self, info: Info, input: Annotated[UpdateGroupInput, INPUT]) -> UpdateGroupResult:  # noqa: A002
        """Change some of a group."""
        changes = input.to_domain()
        group = await info.context.services.groups.update(info.context.caller, input.id, input.version, changes)
        return UpdateGroupSuccess(group=cast("Group", group))

    @mutation
    @answering
    async def move_group(self, info: Info, input: Annotated[MoveGroupInput, INPUT]) -> MoveGroupResult:  # noqa: A002
        """Hang a group, with everything below it, under another one."""
        parent_id = input.new_parent()
        group = await info.context.services.groups.move(info.context.caller, input.id, input.version, parent_id)
        return MoveGroupSuccess(group=cast("Group", group))

    @mutation
    @answering
    async def archive_group(self, info: Info, input: Annotated[ArchiveGroupInput, INPUT]) -> ArchiveGroupResult:  # noqa: A002
        """Take a group out of use."""
        group = await info.context.services.groups.archive(
            info.context.caller, input.id, input.version, with_contents=input.with_contents
        )
        return ArchiveGroupSuccess(group=cast("Group", group))

"""Groups: what can be asked and done."""

from typing import Annotated, cast

import strawberry

from resolvers.answers import answering
from schema.arguments import INPUT
from schema.context import Info
from schema.define import field, mutation, object_type
from schema.enums import CreationOrder
from schema.filters import OfGroups, condition
from schema.group_changes import (
    ArchiveGroupInput,
    ArchiveGroupResult,
    ArchiveGroupSuccess,
    CreateGroupInput,
    CreateGroupResult,
    CreateGroupSuccess,
    DeleteGroupInput,
    DeleteGroupResult,
    DeleteGroupSuccess,
    MoveGroupInput,
    MoveGroupResult,
    MoveGroupSuccess,
    RestoreGroupInput,
    RestoreGroupResult,
    RestoreGroupSuccess,
    UpdateGroupInput,
    UpdateGroupResult,
    UpdateGroupSuccess,
)
from schema.groups import Group
from schema.paging import Connection, listed, paged
from services import group_changes, groups


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
    def groups(self, filter: OfGroups = None) -> Connection[Group]:  # noqa: A002
        """Every group that you may see."""
        return listed(groups.all_groups(condition(filter)))

    @paged(CreationOrder.OLDEST_FIRST, public=True)
    def public_groups(self, filter: OfGroups = None) -> Connection[Group]:  # noqa: A002
        """Every group that is public and active. Nobody has to say who they are to ask."""
        return listed(groups.public_groups(condition(filter)))


@object_type
class GroupMutations:
    """Changes of groups."""

    @mutation
    @answering
    async def create_group(self, info: Info, input: Annotated[CreateGroupInput, INPUT]) -> CreateGroupResult:  # noqa: A002
        """Create a group, as a root or below another one."""
        changes, new = info.context.services.changes, input.to_domain()
        group = await changes.create_group(info.context.caller, new, input.idempotency_key)
        return CreateGroupSuccess(group=cast("Group", group))

    @mutation
    @answering
    async def update_group(self, info: Info, input: Annotated[UpdateGroupInput, INPUT]) -> UpdateGroupResult:  # noqa: A002
        """Change some of a group."""
        work = group_changes.updating(info.context.caller, input.id, input.version, input.to_domain())
        return UpdateGroupSuccess(group=cast("Group", await info.context.services.changes.do(work)))

    @mutation
    @answering
    async def move_group(self, info: Info, input: Annotated[MoveGroupInput, INPUT]) -> MoveGroupResult:  # noqa: A002
        """Hang a group, with everything below it, under another one."""
        work = group_changes.moving(info.context.caller, input.id, input.version, input.new_parent())
        return MoveGroupSuccess(group=cast("Group", await info.context.services.changes.do(work)))

    @mutation
    @answering
    async def archive_group(self, info: Info, input: Annotated[ArchiveGroupInput, INPUT]) -> ArchiveGroupResult:  # noqa: A002
        """Take a group out of use."""
        work = group_changes.archiving(info.context.caller, input.id, input.version, with_contents=input.with_contents)
        group = await info.context.services.changes.do(work, seconds=group_changes.ARCHIVING_SECONDS)
        return ArchiveGroupSuccess(group=cast("Group", group))

    @mutation
    @answering
    async def restore_group(self, info: Info, input: Annotated[RestoreGroupInput, INPUT]) -> RestoreGroupResult:  # noqa: A002
        """Put an archived group back into use."""
        work = group_changes.restoring(info.context.caller, input.id, input.version)
        return RestoreGroupSuccess(group=cast("Group", await info.context.services.changes.do(work)))

    @mutation
    @answering
    async def delete_group(self, info: Info, input: Annotated[DeleteGroupInput, INPUT]) -> DeleteGroupResult:  # noqa: A002
        """Erase a group that holds nothing."""
        work = group_changes.deleting(info.context.caller, input.id, input.version)
        return DeleteGroupSuccess(id=strawberry.ID(await info.context.services.changes.do(work)))

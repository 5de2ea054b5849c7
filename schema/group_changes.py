"""What changes groups: inputs, and what each mutation answers."""

from typing import Annotated, TypeAlias, cast

import strawberry
from strawberry.scalars import JSON

from domain.changes import KEEP, Change
from domain.errors import ValidationError as InvalidError
from domain.errors import ValidationError as InvalidInput
from domain.groups import Limits
from domain.values import JSONObject
from schema.arguments import IDEMPOTENCY_KEY
from schema.define import input_type, object_type
from schema.enums import GroupType, JoinPolicy, Plan, Visibility
from schema.errors import (
    AuthError,
    ConflictError,
    DependedOnError,
    ForbiddenError,
    NetworkError,
    NotFoundError,
    ValidationError,
)
from schema.given import given, required
from schema.groups import Group
from services.groups import GroupChanges, NewGroup


@input_type
class GroupLimitsInput:
    """What a group may use. Null is no limit."""

    members: int | None = strawberry.field(description="The most members.", default=None)
    storage_bytes: float | None = strawberry.field(description="The most bytes: a whole number.", default=None)
    api_calls_per_month: float | None = strawberry.field(
        description="The most API calls a month: a whole number.", default=None
    )

    def to_domain(self) -> Limits:
        """As the services take it."""
        return Limits(
            self.members,
            _whole("limits.storageBytes", self.storage_bytes),
            _whole("limits.apiCallsPerMonth", self.api_calls_per_month),
        )


def _whole(field: str, value: float | None) -> int | None:
    if value is None:
        return None
    if not value.is_integer():
        raise InvalidError(field, f"{field} takes a whole number.")
    return int(value)


@input_type
class CreateGroupInput:
    """A group to create."""

    slug: str = strawberry.field(description="Its unique name in URLs: a-z, 0-9 and hyphens; case does not matter.")
    name: str = strawberry.field(description="Its name for people: 1 to 200 characters.")
    type: GroupType = strawberry.field(description="What sort of community it is.")
    parent_id: strawberry.ID | None = strawberry.field(description="The group above; null for a root.", default=None)
    description: str | None = strawberry.field(description="What it is about.", default=None)
    visibility: Visibility = strawberry.field(description="Who may know of it.", default=Visibility.PRIVATE)
    join_policy: JoinPolicy = strawberry.field(
        description="How a person becomes a member.", default=JoinPolicy.INVITE_ONLY
    )
    plan: Plan = strawberry.field(description="What it pays for.", default=Plan.STARTER)
    limits: GroupLimitsInput | None = strawberry.field(description="What it may use.", default=None)
    metadata: JSON | None = strawberry.field(description="Free-form properties.", default=None)

    idempotency_key: str | None = strawberry.field(description=IDEMPOTENCY_KEY, default=None)

    def to_domain(self) -> NewGroup:
        """As the services take it."""
        return NewGroup(
            slug=self.slug,
            name=self.name,
            type=self.type,
            parent_id=self.parent_id,
            description=self.description,
            visibility=self.visibility,
            join_policy=self.join_policy,
            plan=self.plan,
            limits=Limits() if self.limits is None else self.limits.to_domain(),
            metadata={} if self.metadata is None else cast("JSONObject", self.metadata),
        )


@input_type
class UpdateGroupInput:
    """What to change of a group. What is left out stays; null clears what can be empty."""

    id: strawberry.ID = strawberry.field(description="The group.")
    version: int = strawberry.field(description="The version that you read.")
    slug: strawberry.Maybe[str | None] = strawberry.field(description="A new name in URLs.")
    name: strawberry.Maybe[str | None] = strawberry.field(description="A new name for people.")
    type: strawberry.Maybe[GroupType | None] = strawberry.field(description="What sort of community it is now.")
    description: strawberry.Maybe[str | None] = strawberry.field(description="What it is about; null for nothing.")
    visibility: strawberry.Maybe[Visibility | None] = strawberry.field(description="Who may know of it.")
    join_policy: strawberry.Maybe[JoinPolicy | None] = strawberry.field(description="How a person becomes a member.")
    plan: strawberry.Maybe[Plan | None] = strawberry.field(description="What it pays for.")
    limits: strawberry.Maybe[GroupLimitsInput | None] = strawberry.field(description="All its limits; null for none.")
    metadata: strawberry.Maybe[JSON | None] = strawberry.field(description="All its free-form properties.")

    def to_domain(self) -> GroupChanges:
        """As the services take it."""
        limits: Change[Limits] = KEEP
        if self.limits is not None:
            limits = Limits() if self.limits.value is None else self.limits.value.to_domain()
        metadata: Change[JSONObject] = KEEP
        if self.metadata is not None:
            metadata = {} if self.metadata.value is None else cast("JSONObject", self.metadata.value)
        return GroupChanges(
            slug=required("slug", self.slug),
            name=required("name", self.name),
            type=required("type", self.type),
            description=given(self.description),
            visibility=required("visibility", self.visibility),
            join_policy=required("joinPolicy", self.join_policy),
            plan=required("plan", self.plan),
            limits=limits,
            metadata=metadata,
        )


@input_type
class MoveGroupInput:
    """A group to hang under another one, with everything below it."""

    id: strawberry.ID = strawberry.field(description="The group.")
    version: int = strawberry.field(description="The version that you read.")
    parent_id: strawberry.Maybe[strawberry.ID | None] = strawberry.field(
        description="The new group above. It has to be given: null makes the group a root."
    )

    def new_parent(self) -> str | None:
        """The id of the new parent, or None for none."""
        if self.parent_id is None:
            raise InvalidInput("parentId", "Give parentId: the id of the new group above, or null to make it a root.")
        return self.parent_id.value


@input_type
class ArchiveGroupInput:
    """A group to take out of use."""

    id: strawberry.ID = strawberry.field(description="The group.")
    version: int = strawberry.field(description="The version that you read.")
    with_contents: bool = strawberry.field(
        description="Whether to archive every group below it and all their things too. "
        "Otherwise it is refused while any of them is not archived.",
        default=False,
    )


@input_type
class RestoreGroupInput:
    """An archived group to put back into use. What it holds stays archived."""

    id: strawberry.ID = strawberry.field(description="The group.")
    version: int = strawberry.field(description="The version that you read.")


@input_type
class DeleteGroupInput:
    """A group to erase. It is refused while it holds anything, or anything depends on it."""

    id: strawberry.ID = strawberry.field(description="The group.")
    version: int = strawberry.field(description="The version that you read.")


@object_type
class CreateGroupSuccess:
    """The group was created."""

    group: Group = strawberry.field(description="The new group.")


@object_type
class UpdateGroupSuccess:
    """The group was changed."""

    group: Group = strawberry.field(description="The group after the change.")


@object_type
class MoveGroupSuccess:
    """The group was moved."""

    group: Group = strawberry.field(description="The group in its new place.")


@object_type
class ArchiveGroupSuccess:
    """The group was archived."""

    group: Group = strawberry.field(description="The group after that.")


@object_type
class RestoreGroupSuccess:
    """The group is in use again."""

    group: Group = strawberry.field(description="The group after that.")


@object_type
class DeleteGroupSuccess:
    """The group was erased."""

    id: strawberry.ID = strawberry.field(description="The id that it had.")


CreateGroupResult: TypeAlias = Annotated[
    CreateGroupSuccess | AuthError | ForbiddenError | ValidationError | NotFoundError | ConflictError | NetworkError,
    strawberry.union("CreateGroupResult", description="What createGroup answers."),
]
UpdateGroupResult: TypeAlias = Annotated[
    UpdateGroupSuccess | AuthError | ForbiddenError | ValidationError | NotFoundError | ConflictError | NetworkError,
    strawberry.union("UpdateGroupResult", description="What updateGroup answers."),
]
MoveGroupResult: TypeAlias = Annotated[
    MoveGroupSuccess | AuthError | ForbiddenError | ValidationError | NotFoundError | ConflictError | NetworkError,
    strawberry.union("MoveGroupResult", description="What moveGroup answers."),
]
ArchiveGroupResult: TypeAlias = Annotated[
    ArchiveGroupSuccess | AuthError | ForbiddenError | ValidationError | NotFoundError | ConflictError | NetworkError,
    strawberry.union("ArchiveGroupResult", description="What archiveGroup answers."),
]
RestoreGroupResult: TypeAlias = Annotated[
    RestoreGroupSuccess | AuthError | ForbiddenError | ValidationError | NotFoundError | ConflictError | NetworkError,
    strawberry.union("RestoreGroupResult", description="What restoreGroup answers."),
]
DeleteGroupResult: TypeAlias = Annotated[
    DeleteGroupSuccess
    | AuthError
    | ForbiddenError
    | ValidationError
    | NotFoundError
    | ConflictError
    | DependedOnError
    | NetworkError,
    strawberry.union("DeleteGroupResult", description="What deleteGroup answers."),
]

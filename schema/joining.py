"""Becoming a member of a group, and leaving it: inputs, and what each mutation answers."""

from typing import Annotated, TypeAlias

import strawberry

from schema.define import input_type, object_type
from schema.enums import MemberStatus
from schema.errors import AuthError, ConflictError, ForbiddenError, NetworkError, NotFoundError, ValidationError
from schema.relationships import Relationship


@input_type
class JoinGroupInput:
    """A group to become a member of."""

    group_id: strawberry.ID = strawberry.field(description="The group.")


@input_type
class LeaveGroupInput:
    """A group to be a member of no longer."""

    group_id: strawberry.ID = strawberry.field(description="The group.")


@object_type
class JoinGroupSuccess:
    """You are a member of the group, or have asked to be one."""

    relationship: Relationship = strawberry.field(description="Your membership, of type `member_of`.")
    status: MemberStatus = strawberry.field(
        description="`active`, or `pending` where an administrator of the group decides."
    )


@object_type
class LeaveGroupSuccess:
    """You are a member no longer, nor do you wait to be one."""

    relationship: Relationship = strawberry.field(description="Your membership, which has ended.")


JoinGroupResult: TypeAlias = Annotated[
    JoinGroupSuccess | AuthError | ForbiddenError | ValidationError | NotFoundError | ConflictError | NetworkError,
    strawberry.union("JoinGroupResult", description="What joinGroup answers."),
]
LeaveGroupResult: TypeAlias = Annotated[
    LeaveGroupSuccess | AuthError | ForbiddenError | ValidationError | NotFoundError | ConflictError | NetworkError,
    strawberry.union("LeaveGroupResult", description="What leaveGroup answers."),
]

"""Handing a group over: input, and what the mutation answers."""

from typing import Annotated, TypeAlias

import strawberry

from schema.define import input_type, object_type
from schema.enums import MemberRole
from schema.errors import AuthError, ConflictError, ForbiddenError, NetworkError, NotFoundError, ValidationError
from schema.relationships import Relationship


@input_type
class TransferOwnershipInput:
    """A group to hand over to another of its members."""

    group_id: strawberry.ID = strawberry.field(description="The group.")
    to_person_id: strawberry.ID = strawberry.field(description="Who is to own it: an active member of it.")
    from_person_id: strawberry.ID | None = strawberry.field(
        description="The owner who hands it over; null for yourself.", default=None
    )
    former_role: MemberRole = strawberry.field(
        description="What they are afterwards: `admin`, `editor` or `viewer`.", default=MemberRole.ADMIN
    )


@object_type
class TransferOwnershipSuccess:
    """The group has another owner."""

    owner: Relationship = strawberry.field(description="The membership of the new owner.")
    former_owner: Relationship = strawberry.field(description="The membership of the one before.")


TransferOwnershipResult: TypeAlias = Annotated[
    TransferOwnershipSuccess
    | AuthError
    | ForbiddenError
    | ValidationError
    | NotFoundError
    | ConflictError
    | NetworkError,
    strawberry.union("TransferOwnershipResult", description="What transferOwnership answers."),
]

"""Explicit grants: inputs, and what each mutation answers."""

from datetime import datetime
from typing import Annotated, TypeAlias

import strawberry

from schema.arguments import IDEMPOTENCY_KEY
from schema.define import input_type, object_type
from schema.enums import MemberRole
from schema.errors import AuthError, ConflictError, ForbiddenError, NetworkError, NotFoundError, ValidationError
from schema.relationships import Relationship
from services.grants import NewGrant


@input_type
class GrantAccessInput:
    """A role to give on a group or a thing. Where the pair has a grant already, that one is changed to this."""

    to_person_id: strawberry.ID | None = strawberry.field(
        description="The person to give it to: an org_owner or an org_user. Either this or `toGroupId`.", default=None
    )
    to_group_id: strawberry.ID | None = strawberry.field(
        description="The group whose active members get it. Either this or `toPersonId`.", default=None
    )
    on_id: strawberry.ID = strawberry.field(description="The group or the thing that it is given on.")
    role: MemberRole = strawberry.field(description="`viewer`, `editor` or `admin`, and no more than you are there.")
    below: bool = strawberry.field(
        description="Whether it holds in the groups below that group too; for a thing there is nothing below.",
        default=False,
    )
    expires_at: datetime | None = strawberry.field(description="When it ends by itself; null for never.", default=None)
    idempotency_key: str | None = strawberry.field(description=IDEMPOTENCY_KEY, default=None)

    def to_domain(self) -> NewGrant:
        """As the services take it."""
        return NewGrant(
            self.to_person_id, self.to_group_id, self.on_id, self.role, below=self.below, expires_at=self.expires_at
        )


@input_type
class RevokeAccessInput:
    """A grant to end."""

    grant_id: strawberry.ID = strawberry.field(description="The grant: a connection of type `granted`.")


@object_type
class GrantAccessSuccess:
    """It is granted, from the next request on."""

    grant: Relationship = strawberry.field(description="The grant, as a connection of type `granted`.")


@object_type
class RevokeAccessSuccess:
    """It is granted no longer, from the next request on."""

    grant: Relationship = strawberry.field(description="The grant, which has ended.")


GrantAccessResult: TypeAlias = Annotated[
    GrantAccessSuccess | AuthError | ForbiddenError | ValidationError | NotFoundError | ConflictError | NetworkError,
    strawberry.union("GrantAccessResult", description="What grantAccess answers."),
]
RevokeAccessResult: TypeAlias = Annotated[
    RevokeAccessSuccess | AuthError | ForbiddenError | ValidationError | NotFoundError | ConflictError | NetworkError,
    strawberry.union("RevokeAccessResult", description="What revokeAccess answers."),
]

"""Support access as clients see it: what it is, inputs, and what each mutation answers."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, TypeAlias, cast

import strawberry

from domain.values import now
from schema.arguments import IDEMPOTENCY_KEY
from schema.context import Info
from schema.define import field, input_type, object_type
from schema.errors import (
    AuthError,
    ConflictError,
    ForbiddenError,
    NetworkError,
    NotFoundError,
    ReauthenticationError,
    ValidationError,
)
from services.support import NewSupport

if TYPE_CHECKING:
    from schema.groups import Group
    from schema.people import Person


@object_type
class SupportAccess:
    """A platform owner's leave to change what is in a group that others own, and in those below it, for a while."""

    id: strawberry.ID = strawberry.field(description="Names it: a connection of type `supports`.")
    person_id: strawberry.ID = strawberry.field(description="The platform owner.")
    person_name: str = strawberry.field(description="What the platform owner is called.")
    group_id: strawberry.ID = strawberry.field(description="The group at the top of what they may change.")
    reason: str = strawberry.field(description="Why, in their words.")
    began_at: datetime = strawberry.field(description="When it began.")
    expires_at: datetime = strawberry.field(description="When it ends, or ended, by itself.")
    ended_at: datetime | None = strawberry.field(description="When somebody ended it before that; else null.")

    @field
    def active(self) -> bool:
        """Whether it is in force."""
        return self.ended_at is None and self.expires_at > now()

    @field
    async def person(self, info: Info) -> Annotated["Person", strawberry.lazy("schema.people")] | None:
        """The platform owner; null where you do not see them."""
        return cast("Person | None", await info.context.loaders.people.load(self.person_id))

    @field
    async def group(self, info: Info) -> Annotated["Group", strawberry.lazy("schema.groups")] | None:
        """That group; null where it is one above that you do not see."""
        return cast("Group | None", await info.context.loaders.groups.load(self.group_id))


@input_type
class BeginSupportAccessInput:
    """Support access to begin."""

    group_id: strawberry.ID = strawberry.field(description="The group; it covers those below it too.")
    reason: str = strawberry.field(description="Why, for its owners to read: 10 to 500 characters.")
    minutes: int = strawberry.field(description="How long, from 1 to 480; then it ends by itself.", default=60)
    idempotency_key: str | None = strawberry.field(description=IDEMPOTENCY_KEY, default=None)

    def to_domain(self) -> NewSupport:
        """As the services take it."""
        return NewSupport(self.group_id, self.reason, self.minutes)


@input_type
class EndSupportAccessInput:
    """Support access to end."""

    support_id: strawberry.ID = strawberry.field(description="The support access: a connection of type `supports`.")


@object_type
class BeginSupportAccessSuccess:
    """It is in force, from the next request on."""

    support_access: SupportAccess = strawberry.field(description="The support access.")


@object_type
class EndSupportAccessSuccess:
    """It is over."""

    support_access: SupportAccess = strawberry.field(description="The support access, which has ended.")


BeginSupportAccessResult: TypeAlias = Annotated[
    BeginSupportAccessSuccess
    | AuthError
    | ForbiddenError
    | ReauthenticationError
    | ValidationError
    | NotFoundError
    | ConflictError
    | NetworkError,
    strawberry.union("BeginSupportAccessResult", description="What beginSupportAccess answers."),
]
EndSupportAccessResult: TypeAlias = Annotated[
    EndSupportAccessSuccess
    | AuthError
    | ForbiddenError
    | ValidationError
    | NotFoundError
    | ConflictError
    | NetworkError,
    strawberry.union("EndSupportAccessResult", description="What endSupportAccess answers."),
]

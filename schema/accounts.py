"""Deleting one's account: input, and what it answers."""

from typing import Annotated, TypeAlias

import strawberry

from schema.define import input_type, object_type
from schema.errors import (
    AuthError,
    ConflictError,
    ForbiddenError,
    NetworkError,
    ReauthenticationError,
    ValidationError,
)


@input_type
class DeleteAccountInput:
    """An account to delete for good."""

    username: str = strawberry.field(description="Your username, to confirm that it is your account.")


@object_type
class DeleteAccountSuccess:
    """The account is gone: nobody signs in to it, and nothing says whose it was. Nobody can bring it back."""

    id: strawberry.ID = strawberry.field(description="The id that it had, which orders and events still name.")
    memberships_ended: int = strawberry.field(description="How many groups you are no longer a member of.")
    keys_revoked: int = strawberry.field(description="How many of your API keys were taken out of use.")


DeleteAccountResult: TypeAlias = Annotated[
    DeleteAccountSuccess
    | AuthError
    | ForbiddenError
    | ReauthenticationError
    | ValidationError
    | ConflictError
    | NetworkError,
    strawberry.union("DeleteAccountResult", description="What deleteAccount answers."),
]

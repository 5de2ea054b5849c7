"""What somebody can sign in with, as clients see it, and what changes it."""

from datetime import datetime
from typing import Annotated, TypeAlias, cast

import strawberry

from domain import identities as domain
from schema.define import field, input_type, object_type
from schema.errors import (
    AuthError,
    ConflictError,
    ForbiddenError,
    NetworkError,
    NotFoundError,
    RateLimitError,
    ReauthenticationError,
    ValidationError,
)
from schema.sign_in import PASSWORD
from schema.sign_in_kinds import SignInMethodKind
from services.wallet_messages import checksummed


@object_type
class SignInMethod:
    """Something that you can sign in with. Only you see it."""

    kind: SignInMethodKind = strawberry.field(description="What it is.")
    id: strawberry.ID | None = strawberry.field(
        description="Names it in `unlinkProvider`, `removePasskey` or `unlinkWallet`; null for a password."
    )
    provider: str | None = strawberry.field(description="The name of the provider, where it is an account at one.")
    name: str | None = strawberry.field(description="What you call it, where it is a passkey.")
    created_at: datetime = strawberry.field(description="Since when; of a password, when it last changed.")
    last_used_at: datetime | None = strawberry.field(
        description="When you last signed in with it; null for a password, and for a passkey that was not used yet."
    )

    @field
    def address(self) -> str | None:
        """The address, where it is a wallet, with the capitals of its checksum (EIP-55)."""
        address = cast("domain.SignInMethod", self).address
        return None if address is None else checksummed(address)


@input_type
class UnlinkProviderInput:
    """An account at a provider that you no longer sign in with."""

    id: strawberry.ID = strawberry.field(description="One of `viewer.signInMethods`.")


@input_type
class SetPasswordInput:
    """A first password."""

    new_password: str = strawberry.field(description=PASSWORD)


@object_type
class UnlinkProviderSuccess:
    """Nobody signs in with that any more. Sessions go on."""

    id: strawberry.ID = strawberry.field(description="The id that it had.")


@object_type
class SetPasswordSuccess:
    """You have a password."""

    methods: list[SignInMethod] = strawberry.field(description="All that you can sign in with now.")


UnlinkProviderResult: TypeAlias = Annotated[
    UnlinkProviderSuccess
    | AuthError
    | ForbiddenError
    | ReauthenticationError
    | NotFoundError
    | ConflictError
    | NetworkError,
    strawberry.union("UnlinkProviderResult", description="What unlinkProvider answers."),
]
SetPasswordResult: TypeAlias = Annotated[
    SetPasswordSuccess
    | AuthError
    | ForbiddenError
    | ReauthenticationError
    | ValidationError
    | ConflictError
    | RateLimitError
    | NetworkError,
    strawberry.union("SetPasswordResult", description="What setPassword answers."),
]

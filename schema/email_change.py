"""What gives an account another e-mail address: inputs, and what each mutation answers."""

from typing import Annotated, TypeAlias

import strawberry

from schema.define import input_type, object_type
from schema.errors import (
    AuthError,
    ConflictError,
    ForbiddenError,
    NetworkError,
    RateLimitError,
    ReauthenticationError,
    ValidationError,
)


@input_type
class RequestEmailChangeInput:
    """Another e-mail address for your account."""

    email: str = strawberry.field(description="The new address; case does not matter.")


@input_type
class ConfirmEmailChangeInput:
    """What came by mail to the new address."""

    token: str = strawberry.field(description="The token of the link: `onet_…`.")


@object_type
class RequestEmailChangeSuccess:
    """A mail is under way to the new address. Nothing is changed before somebody follows its link."""

    email: str = strawberry.field(description="The new address, in lower case.")


@object_type
class ConfirmEmailChangeSuccess:
    """The account has the new address, which counts as proved. Its sessions are over, but the one in use."""

    email: str = strawberry.field(description="The address to sign in with from now on.")


RequestEmailChangeResult: TypeAlias = Annotated[
    RequestEmailChangeSuccess
    | AuthError
    | ForbiddenError
    | ReauthenticationError
    | ValidationError
    | RateLimitError
    | NetworkError,
    strawberry.union("RequestEmailChangeResult", description="What requestEmailChange answers."),
]
ConfirmEmailChangeResult: TypeAlias = Annotated[
    ConfirmEmailChangeSuccess | ValidationError | ConflictError | RateLimitError | NetworkError,
    strawberry.union("ConfirmEmailChangeResult", description="What confirmEmailChange answers."),
]

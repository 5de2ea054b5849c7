"""What somebody does with their own password: inputs, and what each mutation answers."""

from typing import Annotated, TypeAlias

import strawberry

from schema.define import input_type, object_type
from schema.errors import AuthError, ForbiddenError, NetworkError, RateLimitError, ValidationError
from schema.second_factors import SecondFactorProofInput
from schema.sessions import NEW_TOKENS, Session, SessionTokens
from schema.sign_in import PASSWORD

_SECOND = "A proof of your second factor, which it takes where you have one."


@input_type
class ChangePasswordInput:
    """Another password."""

    current_password: str = strawberry.field(description="The password until now.")
    new_password: str = strawberry.field(description=PASSWORD)
    second_factor: SecondFactorProofInput | None = strawberry.field(description=_SECOND, default=None)


@input_type
class ReauthenticateInput:
    """A proof of who you are, which sensitive changes ask for."""

    password: str = strawberry.field(description="Your password.")
    second_factor: SecondFactorProofInput | None = strawberry.field(description=_SECOND, default=None)


@object_type
class ChangePasswordSuccess:
    """The password is another one, and all of your other sessions are over."""

    session: Session = strawberry.field(description="The session in use, which goes on.")
    tokens: SessionTokens | None = strawberry.field(description=NEW_TOKENS)


@object_type
class ReauthenticateSuccess:
    """You proved who you are."""

    session: Session = strawberry.field(description="The session in use, which may make sensitive changes for a while.")
    tokens: SessionTokens | None = strawberry.field(description=NEW_TOKENS)


ChangePasswordResult: TypeAlias = Annotated[
    ChangePasswordSuccess | AuthError | ForbiddenError | ValidationError | RateLimitError | NetworkError,
    strawberry.union("ChangePasswordResult", description="What changePassword answers."),
]
ReauthenticateResult: TypeAlias = Annotated[
    ReauthenticateSuccess | AuthError | ForbiddenError | ValidationError | RateLimitError | NetworkError,
    strawberry.union("ReauthenticateResult", description="What reauthenticate answers."),
]

"""What signs people up and in: inputs, and what each mutation answers."""

from typing import Annotated, TypeAlias

import strawberry

from schema.define import input_type, object_type
from schema.errors import (
    AuthError,
    ConflictError,
    ForbiddenError,
    NetworkError,
    RateLimitError,
    ValidationError,
)
from schema.second_factors import SecondFactorRequired
from schema.sessions import Session, SessionTokens
from schema.sign_in_kinds import TokenDelivery
from services.sign_in import NewAccount

PASSWORD = "8 to 128 characters of any kind that nobody would guess."  # noqa: S105 - a description


@input_type
class SignUpInput:
    """An account to add."""

    email: str = strawberry.field(description="The e-mail address to sign in with; case does not matter.")
    username: str = strawberry.field(description="A unique name: 2 to 60 letters, digits, underscores, dots, hyphens.")
    display_name: str = strawberry.field(description="The name that others see: 1 to 200 characters.")
    password: str = strawberry.field(description=PASSWORD)
    locale: str | None = strawberry.field(
        description="Their language, as a BCP 47 tag: mails to them are in it, if there is a translation.", default=None
    )

    def to_domain(self) -> NewAccount:
        """As the services take it."""
        return NewAccount(self.email, self.username, self.display_name, self.password, self.locale)


@input_type
class SignInInput:
    """Somebody who says who they are."""

    email: str = strawberry.field(description="The e-mail address of the account; case does not matter.")
    password: str = strawberry.field(description="Its password.")
    delivery: TokenDelivery = strawberry.field(description="How the tokens come.", default=TokenDelivery.BODY)


@object_type
class SignUpSuccess:
    """There is an account with this e-mail address now, or there was one before: the answer is the same."""

    email: str = strawberry.field(description="The address, in lower case.")


@object_type
class SignInSuccess:
    """A session began."""

    session: Session = strawberry.field(description="The session.")
    tokens: SessionTokens | None = strawberry.field(description="Its tokens; null where they came as cookies.")


SignUpResult: TypeAlias = Annotated[
    SignUpSuccess | ValidationError | ConflictError | RateLimitError | NetworkError,
    strawberry.union("SignUpResult", description="What signUp answers."),
]
SignInResult: TypeAlias = Annotated[
    SignInSuccess | SecondFactorRequired | AuthError | ForbiddenError | ValidationError | RateLimitError | NetworkError,
    strawberry.union("SignInResult", description="What signIn answers."),
]

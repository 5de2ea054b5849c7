"""Signing in with an account at a provider: inputs, and what each mutation answers."""

from datetime import datetime
from typing import Annotated, TypeAlias

import strawberry

from schema.define import input_type, object_type
from schema.errors import (
    AuthError,
    ConflictError,
    ForbiddenError,
    NetworkError,
    NotFoundError,
    RateLimitError,
    ReauthenticationError,
)
from schema.second_factors import SecondFactorRequired
from schema.sessions import Session, SessionTokens
from schema.sign_in_kinds import TokenDelivery
from schema.sign_in_methods import SignInMethod
from services.providers import ProviderAnswer

_SECRET = "The secret that the beginning answered; null where the browser sends it as a cookie."  # noqa: S105 - a description


@object_type
class SignInProvider:
    """Where people may have an account that they can sign in with."""

    name: str = strawberry.field(description="What to give to `beginSignInWith`.")
    title: str = strawberry.field(description="What people call it.")


@input_type
class BeginSignInWithInput:
    """A provider to sign in with."""

    provider: str = strawberry.field(description="The name of one of `signInProviders`.")
    delivery: TokenDelivery = strawberry.field(
        description="How the secret comes that this browser has to keep.", default=TokenDelivery.BODY
    )


@input_type
class BeginLinkingWithInput:
    """A provider to sign in with from now on as well."""

    provider: str = strawberry.field(description="The name of one of `signInProviders`.")
    delivery: TokenDelivery = strawberry.field(
        description="How the secret comes that this browser has to keep.", default=TokenDelivery.BODY
    )


@input_type
class CompleteSignInWithInput:
    """What a provider sent back with the browser, as the parameters of the page's address."""

    state: str = strawberry.field(description="The parameter `state`.")
    code: str = strawberry.field(description="The parameter `code`.")
    iss: str | None = strawberry.field(description="The parameter `iss`, where there is one.", default=None)
    secret: str | None = strawberry.field(description=_SECRET, default=None)
    delivery: TokenDelivery = strawberry.field(description="How the tokens come.", default=TokenDelivery.BODY)

    def to_domain(self) -> ProviderAnswer:
        """As the services take it."""
        return ProviderAnswer(self.state, self.code, self.iss)


@input_type
class CompleteLinkingWithInput:
    """What a provider sent back with the browser, as the parameters of the page's address."""

    state: str = strawberry.field(description="The parameter `state`.")
    code: str = strawberry.field(description="The parameter `code`.")
    iss: str | None = strawberry.field(description="The parameter `iss`, where there is one.", default=None)
    secret: str | None = strawberry.field(description=_SECRET, default=None)

    def to_domain(self) -> ProviderAnswer:
        """As the services take it."""
        return ProviderAnswer(self.state, self.code, self.iss)


@object_type
class BeginSignInWithSuccess:
    """Send the browser to the provider now."""

    url: str = strawberry.field(description="Where to send it.")
    secret: str | None = strawberry.field(description="Keep it in this browser; null where it came as a cookie.")
    expires_at: datetime = strawberry.field(description="Until when the browser has to be back: ten minutes.")


@object_type
class BeginLinkingWithSuccess:
    """Send the browser to the provider now."""

    url: str = strawberry.field(description="Where to send it.")
    secret: str | None = strawberry.field(description="Keep it in this browser; null where it came as a cookie.")
    expires_at: datetime = strawberry.field(description="Until when the browser has to be back: ten minutes.")


@object_type
class CompleteSignInWithSuccess:
    """A session began, of a new account where there was none."""

    session: Session = strawberry.field(description="The session.")
    tokens: SessionTokens | None = strawberry.field(description="Its tokens; null where they came as cookies.")


@object_type
class CompleteLinkingWithSuccess:
    """You can sign in with that account from now on."""

    method: SignInMethod = strawberry.field(description="What you can sign in with.")


BeginSignInWithResult: TypeAlias = Annotated[
    BeginSignInWithSuccess | ForbiddenError | NotFoundError | RateLimitError | NetworkError,
    strawberry.union("BeginSignInWithResult", description="What beginSignInWith answers."),
]
CompleteSignInWithResult: TypeAlias = Annotated[
    CompleteSignInWithSuccess
    | SecondFactorRequired
    | AuthError
    | ForbiddenError
    | ConflictError
    | RateLimitError
    | NetworkError,
    strawberry.union("CompleteSignInWithResult", description="What completeSignInWith answers."),
]
BeginLinkingWithResult: TypeAlias = Annotated[
    BeginLinkingWithSuccess
    | AuthError
    | ForbiddenError
    | ReauthenticationError
    | NotFoundError
    | RateLimitError
    | NetworkError,
    strawberry.union("BeginLinkingWithResult", description="What beginLinkingWith answers."),
]
CompleteLinkingWithResult: TypeAlias = Annotated[
    CompleteLinkingWithSuccess | AuthError | ForbiddenError | ConflictError | RateLimitError | NetworkError,
    strawberry.union("CompleteLinkingWithResult", description="What completeLinkingWith answers."),
]

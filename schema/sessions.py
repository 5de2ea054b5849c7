"""Sessions as clients see them, and what changes them."""

from datetime import datetime
from typing import Annotated, TypeAlias

import strawberry

from domain.sessions import SignedIn
from domain.sessions import Tokens as TokensOfDomain
from schema.context import Info
from schema.define import field, input_type, object_type
from schema.errors import (
    AuthError,
    ConflictError,
    ForbiddenError,
    NetworkError,
    NotFoundError,
    RateLimitError,
    ReauthenticationError,
)
from schema.sign_in_kinds import TokenDelivery


@object_type
class Session:
    """One sign-in on one device. Only its person sees it."""

    id: strawberry.ID = strawberry.field(description="Names it in `revokeSession`.")
    user_agent: str | None = strawberry.field(description="What the browser or program said that it is.")
    address: str | None = strawberry.field(description="The network address that it was last used from.")
    created_at: datetime = strawberry.field(description="When it began.")
    authenticated_at: datetime = strawberry.field(description="When the person last proved in it who they are.")
    last_used_at: datetime = strawberry.field(description="When it was last used, to the minute.")
    expires_at: datetime = strawberry.field(description="When it ends unless it is refreshed before.")

    @field
    def current(self, info: Info) -> bool:
        """Whether it is the one that this request was sent in."""
        viewer = info.context.caller.viewer
        return viewer is not None and viewer.session is not None and viewer.session.id == self.id


@object_type
class SessionTokens:
    """The secrets of a session. They are shown this once."""

    access_token: str = strawberry.field(description="Send it with each request: `Authorization: Bearer ones_…`.")
    access_expires_at: datetime = strawberry.field(description="Until when the access token is good: ten minutes.")
    refresh_token: str = strawberry.field(description="Exchange it once for new tokens, with `refreshSession`.")
    refresh_expires_at: datetime = strawberry.field(
        description="Until when the refresh token is good: at most 30 days."
    )


NEW_TOKENS = "Its new tokens; those before are good for nothing any more. Null where they came as cookies."


@input_type
class RefreshSessionInput:
    """A session to go on with."""

    refresh_token: str | None = strawberry.field(
        description="Its refresh token; null where the browser sends it as a cookie, as which the new one comes too.",
        default=None,
    )


@input_type
class RevokeSessionInput:
    """A session to end."""

    id: strawberry.ID = strawberry.field(description="One of `viewer.sessions`.")


@input_type
class RevokeAllSessionsInput:
    """Which sessions to end."""

    keep_this: bool = strawberry.field(description="Whether the session in use goes on.", default=True)


@object_type
class RefreshSessionSuccess:
    """The session goes on, with new tokens; the old ones are good for nothing any more."""

    session: Session = strawberry.field(description="The session.")
    tokens: SessionTokens | None = strawberry.field(description="The new tokens; null where they came as cookies.")


@object_type
class SignOutSuccess:
    """The session is over."""

    session_id: strawberry.ID = strawberry.field(description="The id that it had.")


@object_type
class RevokeSessionSuccess:
    """The session is over."""

    session_id: strawberry.ID = strawberry.field(description="The id that it had.")


@object_type
class RevokeAllSessionsSuccess:
    """The sessions are over."""

    session_ids: list[strawberry.ID] = strawberry.field(description="The ids that they had.")


RefreshSessionResult: TypeAlias = Annotated[
    RefreshSessionSuccess | AuthError | ForbiddenError | ConflictError | RateLimitError | NetworkError,
    strawberry.union("RefreshSessionResult", description="What refreshSession answers."),
]
SignOutResult: TypeAlias = Annotated[
    SignOutSuccess | AuthError | ForbiddenError | NetworkError,
    strawberry.union("SignOutResult", description="What signOut answers."),
]
RevokeSessionResult: TypeAlias = Annotated[
    RevokeSessionSuccess | AuthError | ForbiddenError | ReauthenticationError | NotFoundError | NetworkError,
    strawberry.union("RevokeSessionResult", description="What revokeSession answers."),
]
RevokeAllSessionsResult: TypeAlias = Annotated[
    RevokeAllSessionsSuccess | AuthError | ForbiddenError | ReauthenticationError | NetworkError,
    strawberry.union("RevokeAllSessionsResult", description="What revokeAllSessions answers."),
]


def delivery_in_use(info: Info) -> TokenDelivery:
    """How the session in use came, and its new tokens go. ForbiddenError where they could not, as by a WebSocket."""
    if not info.context.cookies.carried:
        return TokenDelivery.BODY
    info.context.cookies.check()
    return TokenDelivery.COOKIE


async def delivered(info: Info, signed_in: SignedIn, delivery: TokenDelivery) -> SessionTokens | None:
    """The tokens as they go into the answer; None where they go as cookies.

    A cart that the browser had as a visitor's is its person's from then on.
    """
    if delivery is not TokenDelivery.COOKIE:
        return shown_tokens(signed_in.tokens)
    cookies, person_id = info.context.cookies, signed_in.session.person_id
    cookies.set(signed_in.tokens)
    if cookies.cart_token is not None:
        await info.context.services.carts.claim_at_sign_in(info.context.caller, person_id, cookies.cart_token)
        cookies.clear_cart()
    return None


def shown_tokens(tokens: TokensOfDomain) -> SessionTokens:
    """Tokens as clients see them."""
    return SessionTokens(
        access_token=tokens.access,
        access_expires_at=tokens.access_expires_at,
        refresh_token=tokens.refresh,
        refresh_expires_at=tokens.refresh_expires_at,
    )

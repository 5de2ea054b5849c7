"""Sessions: what can be done."""

from typing import Annotated, cast

import strawberry

from domain.errors import AuthError
from resolvers.answers import answering
from schema.arguments import INPUT
from schema.context import Info
from schema.define import mutation, object_type
from schema.sessions import (
    RefreshSessionInput,
    RefreshSessionResult,
    RefreshSessionSuccess,
    RevokeAllSessionsInput,
    RevokeAllSessionsResult,
    RevokeAllSessionsSuccess,
    RevokeSessionInput,
    RevokeSessionResult,
    RevokeSessionSuccess,
    Session,
    SignOutResult,
    SignOutSuccess,
    delivered,
)
from schema.sign_in_kinds import TokenDelivery


@object_type
class SessionMutations:
    """Changes of sessions."""

    @mutation
    @answering
    async def refresh_session(
        self,
        info: Info,
        input: Annotated[RefreshSessionInput, INPUT],  # noqa: A002
    ) -> RefreshSessionResult:
        """Go on with a session: exchange its refresh token for new tokens."""
        token, delivery = input.refresh_token, TokenDelivery.BODY
        if token is None:
            token, delivery = info.context.cookies.refresh_token, TokenDelivery.COOKIE
        if token is None:
            raise AuthError("There is no refresh token, neither in the input nor as a cookie: sign in.")
        signed_in = await info.context.services.sessions.refresh(info.context.caller, token)
        return RefreshSessionSuccess(
            session=cast("Session", signed_in.session), tokens=await delivered(info, signed_in, delivery)
        )

    @mutation
    @answering
    async def sign_out(self, info: Info) -> SignOutResult:
        """End the session in use, and have the browser forget its cookies."""
        info.context.cookies.clear()
        ended = await info.context.services.sessions.sign_out(info.context.caller)
        return SignOutSuccess(session_id=strawberry.ID(ended))

    @mutation
    @answering
    async def revoke_session(self, info: Info, input: Annotated[RevokeSessionInput, INPUT]) -> RevokeSessionResult:  # noqa: A002
        """End one of your sessions, at once and everywhere. You must have proved lately who you are."""
        ended = await info.context.services.sessions.revoke(info.context.caller, input.id)
        return RevokeSessionSuccess(session_id=strawberry.ID(ended))

    @mutation
    @answering
    async def revoke_all_sessions(
        self,
        info: Info,
        input: Annotated[RevokeAllSessionsInput, INPUT],  # noqa: A002
    ) -> RevokeAllSessionsResult:
        """End all of your sessions, at once and everywhere. You must have proved lately who you are."""
        ended = await info.context.services.sessions.revoke_all(info.context.caller, keep_this=input.keep_this)
        return RevokeAllSessionsSuccess(session_ids=[strawberry.ID(each) for each in ended])

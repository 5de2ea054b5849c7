"""Passkeys: what can be done."""

from typing import Annotated, cast

import strawberry
from strawberry.scalars import JSON

from domain import values
from resolvers.answers import answering
from schema.arguments import INPUT
from schema.context import Info
from schema.define import mutation, object_type
from schema.passkeys import (
    BeginPasskeyRegistrationResult,
    BeginPasskeyRegistrationSuccess,
    BeginPasskeySignInResult,
    BeginPasskeySignInSuccess,
    CompletePasskeyRegistrationInput,
    CompletePasskeyRegistrationResult,
    CompletePasskeyRegistrationSuccess,
    ReauthenticateWithPasskeyInput,
    ReauthenticateWithPasskeyResult,
    ReauthenticateWithPasskeySuccess,
    RemovePasskeyInput,
    RemovePasskeyResult,
    RemovePasskeySuccess,
    RenamePasskeyInput,
    RenamePasskeyResult,
    RenamePasskeySuccess,
    SignInWithPasskeyInput,
    SignInWithPasskeyResult,
    SignInWithPasskeySuccess,
)
from schema.sessions import Session, delivered, delivery_in_use
from schema.sign_in_kinds import TokenDelivery
from schema.sign_in_methods import SignInMethod


@object_type
class PasskeyMutations:
    """What people do who have a passkey, or want one."""

    @mutation
    @answering
    async def begin_passkey_registration(self, info: Info) -> BeginPasskeyRegistrationResult:
        """Begin to make a passkey to sign in with. You must have proved lately who you are."""
        begun = await info.context.services.passkeys.begin_registration(info.context.caller)
        return BeginPasskeyRegistrationSuccess(options=cast("JSON", begun.options), expires_at=begun.expires_at)

    @mutation
    @answering
    async def complete_passkey_registration(
        self,
        info: Info,
        input: Annotated[CompletePasskeyRegistrationInput, INPUT],  # noqa: A002
    ) -> CompletePasskeyRegistrationResult:
        """Sign in from now on with the passkey that the browser made as well."""
        service, credential = info.context.services.passkeys, cast("values.JSON", input.credential)
        method = await service.complete_registration(info.context.caller, credential, input.name)
        return CompletePasskeyRegistrationSuccess(method=cast("SignInMethod", method))

    @mutation
    @answering
    async def begin_passkey_sign_in(self, info: Info) -> BeginPasskeySignInResult:
        """Begin to sign in with a passkey, or to prove a second factor by one."""
        begun = await info.context.services.passkeys.begin_sign_in(info.context.caller)
        return BeginPasskeySignInSuccess(options=cast("JSON", begun.options), expires_at=begun.expires_at)

    @mutation
    @answering
    async def sign_in_with_passkey(
        self,
        info: Info,
        input: Annotated[SignInWithPasskeyInput, INPUT],  # noqa: A002
    ) -> SignInWithPasskeyResult:
        """Begin a session. A passkey is both factors, so that no other is asked for."""
        if input.delivery is TokenDelivery.COOKIE:
            info.context.cookies.check()
        service, credential = info.context.services.passkeys, cast("values.JSON", input.credential)
        signed_in = await service.sign_in(info.context.caller, credential)
        return SignInWithPasskeySuccess(
            session=cast("Session", signed_in.session), tokens=await delivered(info, signed_in, input.delivery)
        )

    @mutation
    @answering
    async def reauthenticate_with_passkey(
        self,
        info: Info,
        input: Annotated[ReauthenticateWithPasskeyInput, INPUT],  # noqa: A002
    ) -> ReauthenticateWithPasskeyResult:
        """Prove once more who you are, by a passkey, for sensitive changes within the next ten minutes.

        `beginPasskeySignIn` begins it. You get new tokens.
        """
        service, credential = info.context.services.passkeys, cast("values.JSON", input.credential)
        delivery = delivery_in_use(info)
        proven = await service.reauthenticate(info.context.caller, credential)
        return ReauthenticateWithPasskeySuccess(
            session=cast("Session", proven.session), tokens=await delivered(info, proven, delivery)
        )

    @mutation
    @answering
    async def rename_passkey(self, info: Info, input: Annotated[RenamePasskeyInput, INPUT]) -> RenamePasskeyResult:  # noqa: A002
        """Call one of your passkeys otherwise."""
        method = await info.context.services.passkeys.rename(info.context.caller, input.id, input.name)
        return RenamePasskeySuccess(method=cast("SignInMethod", method))

    @mutation
    @answering
    async def remove_passkey(self, info: Info, input: Annotated[RemovePasskeyInput, INPUT]) -> RemovePasskeyResult:  # noqa: A002
        """No longer sign in with a passkey, unless it is the last way that you have, or all of your second factor.

        You must have proved lately who you are.
        """
        gone = await info.context.services.passkeys.remove(info.context.caller, input.id)
        return RemovePasskeySuccess(id=strawberry.ID(gone))

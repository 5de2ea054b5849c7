"""Wallets: what can be done."""

from typing import Annotated, cast

import strawberry

from domain.second_factors import SecondFactorRequired
from resolvers.answers import answering
from schema.arguments import INPUT
from schema.context import Info
from schema.define import mutation, object_type
from schema.second_factors import shown_challenge
from schema.sessions import Session, delivered
from schema.sign_in_kinds import TokenDelivery
from schema.sign_in_methods import SignInMethod
from schema.wallets import (
    BeginLinkingWalletInput,
    BeginLinkingWalletResult,
    BeginLinkingWalletSuccess,
    BeginWalletSignInInput,
    BeginWalletSignInResult,
    BeginWalletSignInSuccess,
    CompleteLinkingWalletInput,
    CompleteLinkingWalletResult,
    CompleteLinkingWalletSuccess,
    SignInWithWalletInput,
    SignInWithWalletResult,
    SignInWithWalletSuccess,
    UnlinkWalletInput,
    UnlinkWalletResult,
    UnlinkWalletSuccess,
)


@object_type
class WalletMutations:
    """What people do who have a wallet."""

    @mutation
    @answering
    async def begin_wallet_sign_in(
        self,
        info: Info,
        input: Annotated[BeginWalletSignInInput, INPUT],  # noqa: A002
    ) -> BeginWalletSignInResult:
        """Begin to sign in with a wallet (EIP-4361)."""
        service = info.context.services.wallets
        begun = await service.begin(info.context.caller, input.address, input.chain_id, input.origin)
        return BeginWalletSignInSuccess(message=begun.message, expires_at=begun.expires_at)

    @mutation
    @answering
    async def sign_in_with_wallet(
        self,
        info: Info,
        input: Annotated[SignInWithWalletInput, INPUT],  # noqa: A002
    ) -> SignInWithWalletResult:
        """Begin a session, or be asked for a second factor, by what a wallet signed that is linked to an account."""
        if input.delivery is TokenDelivery.COOKIE:
            info.context.cookies.check()
        service = info.context.services.wallets
        signed_in = await service.sign_in(info.context.caller, input.message, input.signature)
        if isinstance(signed_in, SecondFactorRequired):
            return shown_challenge(signed_in)
        return SignInWithWalletSuccess(
            session=cast("Session", signed_in.session), tokens=await delivered(info, signed_in, input.delivery)
        )

    @mutation
    @answering
    async def begin_linking_wallet(
        self,
        info: Info,
        input: Annotated[BeginLinkingWalletInput, INPUT],  # noqa: A002
    ) -> BeginLinkingWalletResult:
        """Begin to link a wallet to your account. You must have proved lately who you are."""
        service = info.context.services.wallets
        begun = await service.begin_linking(info.context.caller, input.address, input.chain_id, input.origin)
        return BeginLinkingWalletSuccess(message=begun.message, expires_at=begun.expires_at)

    @mutation
    @answering
    async def complete_linking_wallet(
        self,
        info: Info,
        input: Annotated[CompleteLinkingWalletInput, INPUT],  # noqa: A002
    ) -> CompleteLinkingWalletResult:
        """Sign in from now on with the wallet that signed as well."""
        service = info.context.services.wallets
        method = await service.complete_linking(info.context.caller, input.message, input.signature)
        return CompleteLinkingWalletSuccess(method=cast("SignInMethod", method))

    @mutation
    @answering
    async def unlink_wallet(self, info: Info, input: Annotated[UnlinkWalletInput, INPUT]) -> UnlinkWalletResult:  # noqa: A002
        """No longer sign in with a wallet, unless it is the last way that you have.

        You must have proved lately who you are.
        """
        gone = await info.context.services.wallets.unlink(info.context.caller, input.id)
        return UnlinkWalletSuccess(id=strawberry.ID(gone))

"""Signing up and in."""

from typing import Annotated, cast

from domain.second_factors import SecondFactorRequired
from resolvers.answers import answering
from schema.arguments import INPUT
from schema.context import Info
from schema.define import mutation, object_type
from schema.second_factors import shown_challenge
from schema.sessions import Session, delivered
from schema.sign_in import (
    SignInInput,
    SignInResult,
    SignInSuccess,
    SignUpInput,
    SignUpResult,
    SignUpSuccess,
)
from schema.sign_in_kinds import TokenDelivery


@object_type
class SignInMutations:
    """What anybody may do."""

    @mutation
    @answering
    async def sign_up(self, info: Info, input: Annotated[SignUpInput, INPUT]) -> SignUpResult:  # noqa: A002
        """Add an account. The answer does not tell whether the e-mail address has one already."""
        email = await info.context.services.sign_in.sign_up(info.context.caller, input.to_domain())
        return SignUpSuccess(email=email)

    @mutation
    @answering
    async def sign_in(self, info: Info, input: Annotated[SignInInput, INPUT]) -> SignInResult:  # noqa: A002
        """Begin a session with an e-mail address and a password, or be asked for a second factor."""
        if input.delivery is TokenDelivery.COOKIE:
            info.context.cookies.check()
        signed_in = await info.context.services.sign_in.sign_in(info.context.caller, input.email, input.password)
        if isinstance(signed_in, SecondFactorRequired):
            return shown_challenge(signed_in)
        return SignInSuccess(
            session=cast("Session", signed_in.session), tokens=await delivered(info, signed_in, input.delivery)
        )

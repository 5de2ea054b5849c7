"""Signing in by mail."""

from typing import Annotated, cast

from domain.errors import ValidationError
from domain.second_factors import SecondFactorRequired
from resolvers.answers import answering
from schema.arguments import INPUT
from schema.context import Info
from schema.define import mutation, object_type
from schema.second_factors import shown_challenge
from schema.sessions import Session, delivered
from schema.sign_in_by_mail import (
    RequestSignInLinkInput,
    RequestSignInLinkResult,
    RequestSignInLinkSuccess,
    SignInByMailInput,
    SignInByMailResult,
    SignInByMailSuccess,
)
from schema.sign_in_kinds import TokenDelivery


@object_type
class SignInByMailMutations:
    """What anybody may do who reads the mail of an account."""

    @mutation
    @answering
    async def request_sign_in_link(
        self,
        info: Info,
        input: Annotated[RequestSignInLinkInput, INPUT],  # noqa: A002
    ) -> RequestSignInLinkResult:
        """Send a link and a code to sign in with. The answer does not tell whether one went out."""
        email = await info.context.services.sign_in_by_mail.request(info.context.caller, input.email)
        return RequestSignInLinkSuccess(email=email)

    @mutation
    @answering
    async def sign_in_by_mail(self, info: Info, input: Annotated[SignInByMailInput, INPUT]) -> SignInByMailResult:  # noqa: A002
        """Begin a session by what came by mail, which proves the address too, or be asked for a second factor."""
        if input.delivery is TokenDelivery.COOKIE:
            info.context.cookies.check()
        service, caller, proof = info.context.services.sign_in_by_mail, info.context.caller, input.proof
        if proof.token is not None:
            signed_in = await service.sign_in_by_link(caller, proof.token.value)
        elif proof.code is not None:
            signed_in = await service.sign_in_by_code(caller, proof.code.value.email, proof.code.value.code)
        else:
            raise ValidationError("proof", "Give either the token of the link or the code.")
        if isinstance(signed_in, SecondFactorRequired):
            return shown_challenge(signed_in)
        return SignInByMailSuccess(
            session=cast("Session", signed_in.session), tokens=await delivered(info, signed_in, input.delivery)
        )

"""Signing in with an account at a provider."""

from typing import Annotated, cast

from domain.second_factors import SecondFactorRequired
from resolvers.answers import answering
from schema.arguments import INPUT
from schema.context import Info
from schema.define import field, mutation, object_type
from schema.provider_sign_in import (
    BeginLinkingWithInput,
    BeginLinkingWithResult,
    BeginLinkingWithSuccess,
    BeginSignInWithInput,
    BeginSignInWithResult,
    BeginSignInWithSuccess,
    CompleteLinkingWithInput,
    CompleteLinkingWithResult,
    CompleteLinkingWithSuccess,
    CompleteSignInWithInput,
    CompleteSignInWithResult,
    CompleteSignInWithSuccess,
    SignInProvider,
)
from schema.second_factors import shown_challenge
from schema.sessions import Session, delivered
from schema.sign_in_kinds import TokenDelivery
from schema.sign_in_methods import SignInMethod
from services.provider_sign_in import BegunSignIn


@object_type
class ProviderSignInQueries:
    """Questions about providers."""

    @field
    def sign_in_providers(self, info: Info) -> list[SignInProvider]:
        """Where people may have an account that they can sign in with. Anybody may ask."""
        return cast("list[SignInProvider]", info.context.services.provider_sign_in.providers)


@object_type
class ProviderSignInMutations:
    """What people do who have an account elsewhere."""

    @mutation
    @answering
    async def begin_sign_in_with(
        self,
        info: Info,
        input: Annotated[BeginSignInWithInput, INPUT],  # noqa: A002
    ) -> BeginSignInWithResult:
        """Begin to sign in with an account at a provider. Where nobody has it yet here, it makes an account."""
        if input.delivery is TokenDelivery.COOKIE:
            info.context.cookies.check()
        begun = await info.context.services.provider_sign_in.begin(info.context.caller, input.provider)
        secret = _kept(info, begun, input.delivery)
        return BeginSignInWithSuccess(url=begun.url, secret=secret, expires_at=begun.expires_at)

    @mutation
    @answering
    async def complete_sign_in_with(
        self,
        info: Info,
        input: Annotated[CompleteSignInWithInput, INPUT],  # noqa: A002
    ) -> CompleteSignInWithResult:
        """Begin a session, or be asked for a second factor, once the browser is back from the provider."""
        if input.delivery is TokenDelivery.COOKIE:
            info.context.cookies.check()
        secret = _secret(info, input.secret)
        service = info.context.services.provider_sign_in
        signed_in = await service.complete(info.context.caller, input.to_domain(), secret)
        if isinstance(signed_in, SecondFactorRequired):
            return shown_challenge(signed_in)
        return CompleteSignInWithSuccess(
            session=cast("Session", signed_in.session), tokens=await delivered(info, signed_in, input.delivery)
        )

    @mutation
    @answering
    async def begin_linking_with(
        self,
        info: Info,
        input: Annotated[BeginLinkingWithInput, INPUT],  # noqa: A002
    ) -> BeginLinkingWithResult:
        """Begin to link an account at a provider to yours. You must have proved lately who you are."""
        if input.delivery is TokenDelivery.COOKIE:
            info.context.cookies.check()
        begun = await info.context.services.provider_sign_in.begin_linking(info.context.caller, input.provider)
        secret = _kept(info, begun, input.delivery)
        return BeginLinkingWithSuccess(url=begun.url, secret=secret, expires_at=begun.expires_at)

    @mutation
    @answering
    async def complete_linking_with(
        self,
        info: Info,
        input: Annotated[CompleteLinkingWithInput, INPUT],  # noqa: A002
    ) -> CompleteLinkingWithResult:
        """Sign in from now on with the account at the provider that the browser is back from as well."""
        service = info.context.services.provider_sign_in
        secret = _secret(info, input.secret)
        method = await service.complete_linking(info.context.caller, input.to_domain(), secret)
        return CompleteLinkingWithSuccess(method=cast("SignInMethod", method))


def _kept(info: Info, begun: BegunSignIn, delivery: TokenDelivery) -> str | None:
    """The secret as it goes into the answer; None where it goes as a cookie."""
    if delivery is TokenDelivery.COOKIE:
        info.context.cookies.set_attempt(begun.secret)
        return None
    return begun.secret


def _secret(info: Info, given: str | None) -> str:
    """The secret that the browser has kept; one that it has not fits nothing that began."""
    secret = given if given is not None else info.context.cookies.attempt_secret
    info.context.cookies.clear_attempt()
    return secret or ""

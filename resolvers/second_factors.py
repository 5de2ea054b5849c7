"""Second factors: what can be done."""

from typing import Annotated, cast

from resolvers.answers import answering
from schema.arguments import INPUT
from schema.context import Info
from schema.define import mutation, object_type
from schema.second_factors import (
    BeginTotpResult,
    BeginTotpSuccess,
    CompleteSecondFactorInput,
    CompleteSecondFactorResult,
    CompleteSecondFactorSuccess,
    ConfirmTotpInput,
    ConfirmTotpResult,
    ConfirmTotpSuccess,
    DisableTwoFactorInput,
    DisableTwoFactorResult,
    DisableTwoFactorSuccess,
    EnableTwoFactorResult,
    EnableTwoFactorSuccess,
    RegenerateRecoveryCodesInput,
    RegenerateRecoveryCodesResult,
    RegenerateRecoveryCodesSuccess,
    SecondFactor,
)
from schema.sessions import Session, delivered
from schema.sign_in_kinds import TokenDelivery


@object_type
class SecondFactorMutations:
    """What people do who have a second factor, or want one."""

    @mutation
    @answering
    async def complete_second_factor(
        self,
        info: Info,
        input: Annotated[CompleteSecondFactorInput, INPUT],  # noqa: A002
    ) -> CompleteSecondFactorResult:
        """Begin a session, where signing in asked for a second factor, or had you get one first."""
        if input.delivery is TokenDelivery.COOKIE:
            info.context.cookies.check()
        service = info.context.services.finishing_sign_in
        signed_in = await service.complete(info.context.caller, input.challenge, input.proof.to_domain())
        codes = signed_in.recovery_codes
        return CompleteSecondFactorSuccess(
            session=cast("Session", signed_in.session),
            tokens=await delivered(info, signed_in, input.delivery),
            recovery_codes=None if codes is None else list(codes),
        )

    @mutation
    @answering
    async def begin_totp(self, info: Info) -> BeginTotpResult:
        """Make a secret for an app that makes codes. You must have proved lately who you are."""
        begun = await info.context.services.second_factors.begin(info.context.caller)
        return BeginTotpSuccess(uri=begun.uri, secret=begun.secret, expires_at=begun.expires_at)

    @mutation
    @answering
    async def confirm_totp(self, info: Info, input: Annotated[ConfirmTotpInput, INPUT]) -> ConfirmTotpResult:  # noqa: A002
        """Turn the second factor on that you began, by a code of the app."""
        service, caller = info.context.services.second_factors, info.context.caller
        codes = await service.confirm(caller, input.code)
        return ConfirmTotpSuccess(
            recovery_codes=codes, second_factor=cast("SecondFactor", await service.of_viewer(caller))
        )

    @mutation
    @answering
    async def enable_two_factor(self, info: Info) -> EnableTwoFactorResult:
        """Have your passkeys be a second factor beside whatever else you sign in with.

        You must have proved lately who you are.
        """
        service, caller = info.context.services.second_factors, info.context.caller
        codes = await service.enable(caller)
        return EnableTwoFactorSuccess(
            recovery_codes=codes, second_factor=cast("SecondFactor", await service.of_viewer(caller))
        )

    @mutation
    @answering
    async def disable_two_factor(
        self,
        info: Info,
        input: Annotated[DisableTwoFactorInput, INPUT],  # noqa: A002
    ) -> DisableTwoFactorResult:
        """Turn your second factor off, by a last proof of it. You must have proved lately who you are."""
        service, caller = info.context.services.second_factors, info.context.caller
        await service.disable(caller, input.proof.to_domain())
        return DisableTwoFactorSuccess(second_factor=cast("SecondFactor", await service.of_viewer(caller)))

    @mutation
    @answering
    async def regenerate_recovery_codes(
        self,
        info: Info,
        input: Annotated[RegenerateRecoveryCodesInput, INPUT],  # noqa: A002
    ) -> RegenerateRecoveryCodesResult:
        """Take other recovery codes, by a proof of your second factor. You must have proved lately who you are."""
        service = info.context.services.second_factors
        codes = await service.regenerate(info.context.caller, input.proof.to_domain())
        return RegenerateRecoveryCodesSuccess(recovery_codes=codes)

"""Proving an e-mail address."""

from typing import Annotated

from domain.errors import ValidationError
from resolvers.answers import answering
from schema.arguments import INPUT
from schema.context import Info
from schema.define import mutation, object_type
from schema.email_verification import (
    RequestEmailVerificationInput,
    RequestEmailVerificationResult,
    RequestEmailVerificationSuccess,
    VerifyEmailInput,
    VerifyEmailResult,
    VerifyEmailSuccess,
)


@object_type
class EmailVerificationMutations:
    """What anybody can do about an address."""

    @mutation
    @answering
    async def request_email_verification(
        self,
        info: Info,
        input: Annotated[RequestEmailVerificationInput, INPUT],  # noqa: A002
    ) -> RequestEmailVerificationResult:
        """Send another link and another code that prove an address. The answer does not tell whether one went out."""
        email = await info.context.services.email_verification.request(info.context.caller, input.email)
        return RequestEmailVerificationSuccess(email=email)

    @mutation
    @answering
    async def verify_email(self, info: Info, input: Annotated[VerifyEmailInput, INPUT]) -> VerifyEmailResult:  # noqa: A002
        """Prove an address by what came there by mail."""
        service, caller = info.context.services.email_verification, info.context.caller
        if input.token is not None:
            person = await service.verify_by_link(caller, input.token.value)
        elif input.code is not None:
            person = await service.verify_by_code(caller, input.code.value.email, input.code.value.code)
        else:
            raise ValidationError("token", "Give either the token of the link or the code.")
        return VerifyEmailSuccess(email=person.email)

"""Another password for somebody who forgot theirs."""

from typing import Annotated

from resolvers.answers import answering
from schema.arguments import INPUT
from schema.context import Info
from schema.define import mutation, object_type
from schema.password_reset import (
    RequestPasswordResetInput,
    RequestPasswordResetResult,
    RequestPasswordResetSuccess,
    ResetPasswordInput,
    ResetPasswordResult,
    ResetPasswordSuccess,
)


@object_type
class PasswordResetMutations:
    """What anybody can do about a password that they forgot."""

    @mutation
    @answering
    async def request_password_reset(
        self,
        info: Info,
        input: Annotated[RequestPasswordResetInput, INPUT],  # noqa: A002
    ) -> RequestPasswordResetResult:
        """Send a link to choose another password. The answer does not tell whether one went out."""
        email = await info.context.services.password_reset.request(info.context.caller, input.email)
        return RequestPasswordResetSuccess(email=email)

    @mutation
    @answering
    async def reset_password(self, info: Info, input: Annotated[ResetPasswordInput, INPUT]) -> ResetPasswordResult:  # noqa: A002
        """Choose another password by the link that came by mail. It proves the address too, and ends all sessions."""
        service = info.context.services.password_reset
        person = await service.reset(info.context.caller, input.token, input.new_password)
        return ResetPasswordSuccess(email=person.email)

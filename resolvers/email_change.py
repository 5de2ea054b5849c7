"""Another e-mail address."""

from typing import Annotated

from resolvers.answers import answering
from schema.arguments import INPUT
from schema.context import Info
from schema.define import mutation, object_type
from schema.email_change import (
    ConfirmEmailChangeInput,
    ConfirmEmailChangeResult,
    ConfirmEmailChangeSuccess,
    RequestEmailChangeInput,
    RequestEmailChangeResult,
    RequestEmailChangeSuccess,
)


@object_type
class EmailChangeMutations:
    """What somebody can do about the address of their account."""

    @mutation
    @answering
    async def request_email_change(
        self,
        info: Info,
        input: Annotated[RequestEmailChangeInput, INPUT],  # noqa: A002
    ) -> RequestEmailChangeResult:
        """Send a link to another address for your account. You must have proved lately who you are."""
        email = await info.context.services.email_change.request(info.context.caller, input.email)
        return RequestEmailChangeSuccess(email=email)

    @mutation
    @answering
    async def confirm_email_change(
        self,
        info: Info,
        input: Annotated[ConfirmEmailChangeInput, INPUT],  # noqa: A002
    ) -> ConfirmEmailChangeResult:
        """Give an account the address that the link went to. All of its sessions end, but the one in use."""
        person = await info.context.services.email_change.confirm(info.context.caller, input.token)
        return ConfirmEmailChangeSuccess(email=person.email)

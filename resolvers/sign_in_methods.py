"""What somebody can sign in with: what can be done."""

from typing import Annotated, cast

import strawberry

from resolvers.answers import answering
from schema.arguments import INPUT
from schema.context import Info
from schema.define import mutation, object_type
from schema.sign_in_methods import (
    SetPasswordInput,
    SetPasswordResult,
    SetPasswordSuccess,
    SignInMethod,
    UnlinkProviderInput,
    UnlinkProviderResult,
    UnlinkProviderSuccess,
)


@object_type
class SignInMethodMutations:
    """Changes of what somebody can sign in with."""

    @mutation
    @answering
    async def unlink_provider(self, info: Info, input: Annotated[UnlinkProviderInput, INPUT]) -> UnlinkProviderResult:  # noqa: A002
        """No longer sign in with an account at a provider, unless it is the last way that you have.

        You must have proved lately who you are.
        """
        gone = await info.context.services.sign_in_methods.unlink(info.context.caller, input.id)
        return UnlinkProviderSuccess(id=strawberry.ID(gone))

    @mutation
    @answering
    async def set_password(self, info: Info, input: Annotated[SetPasswordInput, INPUT]) -> SetPasswordResult:  # noqa: A002
        """Take a first password, where you have none. You must have proved lately who you are."""
        service, caller = info.context.services.sign_in_methods, info.context.caller
        await service.set_password(caller, input.new_password)
        return SetPasswordSuccess(methods=cast("list[SignInMethod]", await service.of_viewer(caller)))

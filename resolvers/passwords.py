"""Passwords: what somebody can do with their own."""

from typing import Annotated, cast

from resolvers.answers import answering
from schema.arguments import INPUT
from schema.context import Info
from schema.define import mutation, object_type
from schema.passwords import (
    ChangePasswordInput,
    ChangePasswordResult,
    ChangePasswordSuccess,
    ReauthenticateInput,
    ReauthenticateResult,
    ReauthenticateSuccess,
)
from schema.sessions import Session, delivered, delivery_in_use


@object_type
class PasswordMutations:
    """Changes of passwords."""

    @mutation
    @answering
    async def change_password(self, info: Info, input: Annotated[ChangePasswordInput, INPUT]) -> ChangePasswordResult:  # noqa: A002
        """Take another password. All of your other sessions end, and the one in use gets new tokens."""
        service = info.context.services.passwords
        second = None if input.second_factor is None else input.second_factor.to_domain()
        delivery = delivery_in_use(info)
        kept = await service.change(info.context.caller, input.current_password, input.new_password, second)
        return ChangePasswordSuccess(
            session=cast("Session", kept.session), tokens=await delivered(info, kept, delivery)
        )

    @mutation
    @answering
    async def reauthenticate(self, info: Info, input: Annotated[ReauthenticateInput, INPUT]) -> ReauthenticateResult:  # noqa: A002
        """Prove once more who you are, for sensitive changes within the next ten minutes. You get new tokens."""
        second = None if input.second_factor is None else input.second_factor.to_domain()
        delivery = delivery_in_use(info)
        proven = await info.context.services.passwords.reauthenticate(info.context.caller, input.password, second)
        return ReauthenticateSuccess(
            session=cast("Session", proven.session), tokens=await delivered(info, proven, delivery)
        )

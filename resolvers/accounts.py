"""Accounts as a whole: what can be done."""

from typing import Annotated

import strawberry

from resolvers.answers import answering
from schema.accounts import DeleteAccountInput, DeleteAccountResult, DeleteAccountSuccess
from schema.arguments import INPUT
from schema.context import Info
from schema.define import mutation, object_type


@object_type
class AccountMutations:
    """What people do who want to be forgotten."""

    @mutation
    @answering
    async def delete_account(self, info: Info, input: Annotated[DeleteAccountInput, INPUT]) -> DeleteAccountResult:  # noqa: A002
        """Delete your account for good, with all that is personal in it. You must have proved lately who you are.

        Whoever is the last owner of a group, or runs the platform alone, hands that over first.
        """
        gone = await info.context.services.account_deletion.delete(info.context.caller, input.username)
        info.context.cookies.clear()
        return DeleteAccountSuccess(
            id=strawberry.ID(gone.person_id), memberships_ended=gone.memberships, keys_revoked=gone.keys
        )

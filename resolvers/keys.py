"""API keys: what somebody can do with their own."""

from datetime import timedelta
from typing import Annotated, cast

from resolvers.answers import answering
from schema.arguments import INPUT
from schema.context import Info
from schema.define import mutation, object_type
from schema.keys import (
    ApiKey,
    CreateApiKeyInput,
    CreateApiKeyResult,
    CreateApiKeySuccess,
    RevokeApiKeyInput,
    RevokeApiKeyResult,
    RevokeApiKeySuccess,
    RotateApiKeyInput,
    RotateApiKeyResult,
    RotateApiKeySuccess,
)
from services.new_keys import NewKey


@object_type
class KeyMutations:
    """Changes of API keys."""

    @mutation
    @answering
    async def create_api_key(self, info: Info, input: Annotated[CreateApiKeyInput, INPUT]) -> CreateApiKeyResult:  # noqa: A002
        """Make an API key for yourself, or for a service account. You must have proved lately who you are.

        For a service account it takes an administrator of the group that manages it, who has at least the account's
        role in each group that it is a member of: whoever has the key may do all that the account may.
        """
        new = NewKey(input.name, input.scope, input.expires_at, input.group_ids, input.actions)
        created = await info.context.services.keys.create_own(info.context.caller, new, input.service_account_id)
        return CreateApiKeySuccess(api_key=cast("ApiKey", created.key), secret=created.secret)

    @mutation
    @answering
    async def rotate_api_key(self, info: Info, input: Annotated[RotateApiKeyInput, INPUT]) -> RotateApiKeyResult:  # noqa: A002
        """Replace an API key by another that may do the same. You must have proved lately who you are.

        Of a service account it takes what making a key of it does.
        """
        rotated = await info.context.services.key_rotation.rotate(
            info.context.caller,
            input.id,
            timedelta(seconds=input.overlap_seconds),
            input.expires_at,
            input.service_account_id,
        )
        return RotateApiKeySuccess(
            api_key=cast("ApiKey", rotated.created.key),
            secret=rotated.created.secret,
            replaced=cast("ApiKey", rotated.replaced),
        )

    @mutation
    @answering
    async def revoke_api_key(self, info: Info, input: Annotated[RevokeApiKeyInput, INPUT]) -> RevokeApiKeyResult:  # noqa: A002
        """End an API key, at once and everywhere. You must have proved lately who you are.

        Of a service account it takes no more than an administrator of the group that manages it.
        """
        revoked = await info.context.services.key_rotation.revoke(
            info.context.caller, input.id, input.service_account_id
        )
        return RevokeApiKeySuccess(api_key=cast("ApiKey", revoked))

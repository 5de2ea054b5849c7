"""API keys as clients see them, and what changes them."""

import asyncio
from datetime import datetime
from typing import Annotated, TypeAlias, cast

import strawberry

from schema.actions import Action, KeyScope
from schema.context import Info
from schema.define import field, input_type, object_type
from schema.errors import (
    AuthError,
    ConflictError,
    ForbiddenError,
    NetworkError,
    NotFoundError,
    ReauthenticationError,
    ValidationError,
)
from schema.groups import Group
from schema.properties import properties, sequence, text, time
from schema.things import Thing


@object_type
class ApiKey(Thing):
    """A key that a program uses in a person's name. Only that person sees it, and its secret nobody does.

    A key of a service account is shown to those who manage that account, in its `apiKeys`.
    """

    @field
    def scope(self) -> str | None:
        """What it may be used for: read or write."""
        return text(self, "scope")

    @field
    def hint(self) -> str | None:
        """How its secret begins, to tell keys apart."""
        return text(self, "hint")

    @field
    def expires_at(self) -> datetime | None:
        """Until when it is valid; null where it does not expire."""
        return time(self, "expiresAt")

    @field
    async def last_used_at(self, info: Info) -> datetime | None:
        """When it was last used, to five minutes; null where it was not since it was made."""
        return await info.context.loaders.key_uses.load(self.id)

    @field
    async def groups(self, info: Info) -> list[Group] | None:
        """The groups to which it is confined, with those below them, of those that you see; null where to none."""
        if "groupIds" not in properties(self):
            return None
        load = info.context.loaders.groups.load
        found = await asyncio.gather(*(load(str(each)) for each in sequence(self, "groupIds")))
        return cast("list[Group]", [group for group in found if group is not None])

    @field
    def actions(self) -> list[Action] | None:
        """All that it may do; null where it is not confined to some actions."""
        return [Action(str(each)) for each in sequence(self, "actions")] if "actions" in properties(self) else None


OF_ACCOUNT = "The service account whose key it is, which you manage; null for one of your own."


@input_type
class CreateApiKeyInput:
    """A key for a program that is to act in your name, or in that of a service account."""

    name: str = strawberry.field(description="What to call it, so that you know it again.")
    scope: KeyScope = strawberry.field(description="What it may be used for.", default=KeyScope.READ)
    expires_at: datetime | None = strawberry.field(description="Until when it is good; null: for ever.", default=None)
    group_ids: list[strawberry.ID] | None = strawberry.field(
        description="Groups to which it is confined, with those below them: 1 to 100. Null: all that you reach.",
        default=None,
    )
    actions: list[Action] | None = strawberry.field(
        description="All that it may do, with the scope `write`. Null: all that you may.", default=None
    )
    service_account_id: strawberry.ID | None = strawberry.field(description=OF_ACCOUNT, default=None)


@input_type
class RotateApiKeyInput:
    """A key to replace by another one that may do the same."""

    id: strawberry.ID = strawberry.field(description="One of `viewer.apiKeys`, or of the account's `apiKeys`.")
    overlap_seconds: int = strawberry.field(
        description="For how long the old one is still good: 0 to 604800, a week.", default=86_400
    )
    expires_at: datetime | None = strawberry.field(
        description="Until when the new one is good; null: for as long as the old one was to be.", default=None
    )
    service_account_id: strawberry.ID | None = strawberry.field(description=OF_ACCOUNT, default=None)


@input_type
class RevokeApiKeyInput:
    """A key to take out of use."""

    id: strawberry.ID = strawberry.field(description="One of `viewer.apiKeys`, or of the account's `apiKeys`.")
    service_account_id: strawberry.ID | None = strawberry.field(description=OF_ACCOUNT, default=None)


@object_type
class CreateApiKeySuccess:
    """There is a new key."""

    api_key: ApiKey = strawberry.field(description="The key.")
    secret: str = strawberry.field(
        description="Send it with each request: `Authorization: Bearer one_…`. It is shown this once."
    )


@object_type
class RotateApiKeySuccess:
    """There is a new key, and the old one is good for a while."""

    api_key: ApiKey = strawberry.field(description="The new key.")
    secret: str = strawberry.field(description="The secret of the new key. It is shown this once.")
    replaced: ApiKey = strawberry.field(description="The old key, with the time at which it expires.")


@object_type
class RevokeApiKeySuccess:
    """The key is good for nothing any more."""

    api_key: ApiKey = strawberry.field(description="The key.")


CreateApiKeyResult: TypeAlias = Annotated[
    CreateApiKeySuccess
    | AuthError
    | ForbiddenError
    | ReauthenticationError
    | ValidationError
    | NotFoundError
    | ConflictError
    | NetworkError,
    strawberry.union("CreateApiKeyResult", description="What createApiKey answers."),
]
RotateApiKeyResult: TypeAlias = Annotated[
    RotateApiKeySuccess
    | AuthError
    | ForbiddenError
    | ReauthenticationError
    | ValidationError
    | NotFoundError
    | ConflictError
    | NetworkError,
    strawberry.union("RotateApiKeyResult", description="What rotateApiKey answers."),
]
RevokeApiKeyResult: TypeAlias = Annotated[
    RevokeApiKeySuccess
    | AuthError
    | ForbiddenError
    | ReauthenticationError
    | ValidationError
    | NotFoundError
    | NetworkError,
    strawberry.union("RevokeApiKeyResult", description="What revokeApiKey answers."),
]

"""The caller itself, as clients see it."""

import asyncio
from typing import cast

import strawberry

from schema.context import Info
from schema.define import field, object_type
from schema.enums import KeyScope
from schema.groups import Group
from schema.keys import ApiKey
from schema.people import Person


@object_type
class Viewer:
    """Who you are to the server."""

    scope: KeyScope = strawberry.field(description="What your API key may be used for.")
    person_id: strawberry.Private[str]
    key_id: strawberry.Private[str]
    member_of: strawberry.Private[tuple[str, ...]]

    @field
    async def person(self, info: Info) -> Person | None:
        """The person in whose name you act."""
        return cast("Person | None", await info.context.loaders.people.load(self.person_id))

    @field
    async def api_key(self, info: Info) -> ApiKey | None:
        """The key that you used."""
        return cast("ApiKey | None", await info.context.loaders.things.load(self.key_id))

    @field
    async def groups(self, info: Info) -> list[Group]:
        """The groups that you are an active member of, and from which you see what they and those below them hold."""
        loaders = info.context.loaders
        found = await asyncio.gather(*(loaders.groups.load(group_id) for group_id in self.member_of))
        return cast("list[Group]", [group for group in found if group is not None])

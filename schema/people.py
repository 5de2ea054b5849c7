"""People as clients see them."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, TypeAlias, cast

import strawberry
from strawberry.scalars import JSON

from schema.context import Info
from schema.define import field, object_type
from schema.enums import CreationOrder, PersonKind, PersonStatus, PlatformRole
from schema.filters import OfConnections, OfEvents, OfThings, Steps, condition, steps
from schema.node import Node
from schema.paging import Connection, listed, paged
from services import events

if TYPE_CHECKING:
    from schema.events import Event
    from schema.groups import Group
    from schema.keys import ApiKey
    from schema.relationships import Relationship
    from schema.things import Thing

Events: TypeAlias = Connection[Annotated["Event", strawberry.lazy("schema.events")]]
Relationships: TypeAlias = Connection[Annotated["Relationship", strawberry.lazy("schema.relationships")]]
Things: TypeAlias = Connection[Annotated["Thing", strawberry.lazy("schema.things")]]


@object_type
class Wallet:
    """A blockchain account of a person."""

    address: str = strawberry.field(description="Its address.")
    verified_at: datetime | None = strawberry.field(description="When a signature proved it; null while none has.")


@object_type
class Person(Node):
    """Somebody with an account, or a service account: a program of a partner, which a group manages."""

    kind: PersonKind = strawberry.field(description="Whether this is a human or a service account.")
    email: str = strawberry.field(
        description="The unique e-mail address, in lower case. That of a service account ends in `@service.invalid`, "
        "and nothing is ever sent there."
    )
    username: str = strawberry.field(description="The unique name to sign in with; a service account never does.")
    display_name: str = strawberry.field(description="The name that others see.")
    role: PlatformRole = strawberry.field(description="The role on the platform as a whole.")
    status: PersonStatus = strawberry.field(description="Whether the account may be used.")
    bio: str | None = strawberry.field(description="What they say of themselves.")
    avatar_url: str | None = strawberry.field(description="Where their picture is.")
    locale: str | None = strawberry.field(description="Their language, as a BCP 47 tag.")
    timezone: str | None = strawberry.field(description="Their time zone, as the IANA names it.")
    wallets: list[Wallet] = strawberry.field(description="Their blockchain accounts.")
    settings: JSON = strawberry.field(description="Their preferences.")
    email_verified_at: datetime | None = strawberry.field(
        description="When they proved that they read mail at their address; null while they have not."
    )
    created_at: datetime = strawberry.field(description="When they joined.")
    updated_at: datetime = strawberry.field(description="When their profile last changed.")
    version: int = strawberry.field(description="Goes up with every change.")
    managed_by: strawberry.Private[str | None]

    @field
    async def managing_group(self, info: Info) -> Annotated["Group", strawberry.lazy("schema.groups")] | None:
        """The group whose administrators manage this service account; null for a human, or where you do not see it."""
        if self.managed_by is None:
            return None
        return cast("Group | None", await info.context.loaders.groups.load(self.managed_by))

    @field
    async def api_keys(self, info: Info) -> list[Annotated["ApiKey", strawberry.lazy("schema.keys")]] | None:
        """The API keys of this service account that nobody revoked, the latest first, with their last use: at most 50.

        Null for who is no service account that you manage; your own keys are `viewer.apiKeys`.
        """
        return cast("list[ApiKey] | None", await info.context.loaders.account_keys.load(self.id))

    @paged(CreationOrder.OLDEST_FIRST)
    async def connections(self, info: Info, filter: OfConnections = None) -> Relationships:  # noqa: A002
        """How this person relates to others; memberships are those of type `member_of`."""
        return listed(await info.context.services.connections.connections_of(condition(filter)), self.id)

    @paged(CreationOrder.NEWEST_FIRST)
    async def related(self, info: Info, path: Steps = None, filter: OfThings = None) -> Things:  # noqa: A002
        """The things to which steps along live connections lead from this person, each once."""
        service = info.context.services.connections
        return listed(await service.related_things(steps(path), condition(filter)), self.id)

    @paged(CreationOrder.NEWEST_FIRST)
    def actions(self, filter: OfEvents = None) -> Events:  # noqa: A002
        """What this person did."""
        return listed(events.events_of_actor(condition(filter)), self.id)

    @paged(CreationOrder.NEWEST_FIRST)
    def events(self, filter: OfEvents = None) -> Events:  # noqa: A002
        """What happened to this person."""
        return listed(events.events_of_target(condition(filter)), self.id)

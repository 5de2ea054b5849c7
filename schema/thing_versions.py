"""Versions of things as clients see them."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, cast

import strawberry
from strawberry.scalars import JSON

from schema.context import Info
from schema.define import field, object_type
from schema.enums import ThingStatus
from schema.node import Node

if TYPE_CHECKING:
    from schema.events import Event
    from schema.groups import Group


@object_type
class ThingVersion:
    """How a thing was between two changes."""

    version: int = strawberry.field(description="Its number: 1 is how the thing was created.")
    name: str = strawberry.field(description="What it was called.")
    status: ThingStatus = strawberry.field(description="How far along it was.")
    properties: JSON = strawberry.field(description="The properties that it had.")
    labels: list[str] = strawberry.field(description="What it was labelled with, as `category:value`.")
    at: datetime = strawberry.field(description="Since when it was so.")
    until: datetime | None = strawberry.field(description="Until when; null for how it is now.")
    changed: list[str] = strawberry.field(
        description="What differs from the version before, such as `name`, `status`, `group`, `labels` or "
        "`properties.price`; empty for the first."
    )
    group_id: strawberry.Private[str]
    event_id: strawberry.Private[str | None]

    @field
    async def group(self, info: Info) -> Annotated["Group", strawberry.lazy("schema.groups")] | None:
        """The group that it belonged to; null where you may not see that."""
        return cast("Group | None", await info.context.loaders.groups.load(self.group_id))

    @field
    async def event(self, info: Info) -> Annotated["Event", strawberry.lazy("schema.events")] | None:
        """What made it so; null where that happened out of your sight, or before versions were kept."""
        if self.event_id is None:
            return None
        return cast("Event | None", await info.context.loaders.events.load(self.event_id))

    @field
    async def actor(self, info: Info) -> Node | None:
        """The person who made it so; null for the system, and where you may not see them."""
        if self.event_id is None:
            return None
        event = await info.context.loaders.events.load(self.event_id)
        return None if event is None else cast("Node | None", await info.context.loaders.node(event.actor))

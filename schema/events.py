"""Events as clients see them."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, cast

import strawberry
from strawberry.scalars import JSON

from schema.context import Info
from schema.define import field, object_type
from schema.event_types import EventType
from schema.node import Node

if TYPE_CHECKING:
    from schema.groups import Group


@object_type
class Event(Node):
    """Something that happened. Events are only ever added."""

    type: EventType = strawberry.field(description="What happened.")
    actor: str = strawberry.field(description="Who did it: the id of a person or an API key, or `system`.")
    at: datetime = strawberry.field(description="When.")
    target_id: strawberry.ID | None = strawberry.field(description="The id of what it happened to.")
    request_id: str | None = strawberry.field(description="The request that did it, as its response header named it.")
    properties: JSON = strawberry.field(description="More about it; no personal data beyond ids.")
    group_id: strawberry.Private[str | None]

    @field
    async def group(self, info: Info) -> Annotated["Group", strawberry.lazy("schema.groups")] | None:
        """The group that it happened in."""
        if self.group_id is None:
            return None
        return cast("Group | None", await info.context.loaders.groups.load(self.group_id))

    @field
    async def target(self, info: Info) -> Node | None:
        """What it happened to, as it is now; null where you may not see it."""
        if self.target_id is None:
            return None
        return cast("Node | None", await info.context.loaders.node(self.target_id))


@object_type
class EventDelivery:
    """An event that is handed over to whoever follows the log of events."""

    cursor: str = strawberry.field(
        description="Its place in the log: keep that of the last one, and give it as `after` when you come back."
    )
    event: Event = strawberry.field(description="What happened.")

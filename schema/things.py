"""Things as clients see them: what all have in common, and those whose type has no fields of its own."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, TypeAlias, cast

import strawberry
from strawberry.scalars import JSON

from schema.arguments import OfKnowledgeType
from schema.context import Info
from schema.define import field, interface, object_type
from schema.enums import CreationOrder, ThingStatus
from schema.filters import OfConnections, OfEvents, OfThings, Steps, condition, steps
from schema.node import Node
from schema.paging import Connection, listed, paged
from services import events
from services.knowledge import knowledge_of_thing
from services.things import history_of

if TYPE_CHECKING:
    from schema.events import Event
    from schema.groups import Group
    from schema.knowledge import Knowledge
    from schema.relationships import Relationship
    from schema.thing_versions import ThingVersion

Events: TypeAlias = Connection[Annotated["Event", strawberry.lazy("schema.events")]]
Descriptions: TypeAlias = Connection[Annotated["Knowledge", strawberry.lazy("schema.knowledge")]]
Relationships: TypeAlias = Connection[Annotated["Relationship", strawberry.lazy("schema.relationships")]]
Versions: TypeAlias = Connection[Annotated["ThingVersion", strawberry.lazy("schema.thing_versions")]]


@interface
class Thing(Node):
    """Anything that a group holds. Built-in types have fields of their own; the others are GenericThings."""

    type: str = strawberry.field(description="Its thing type, such as `product` or `blog_post`.")
    name: str = strawberry.field(description="Its name.")
    status: ThingStatus = strawberry.field(description="How far along it is.")
    properties: JSON = strawberry.field(
        description="Its properties as stored, validated against the schema of its type. "
        "Money in them is `{amount, currency}` in integer minor units."
    )
    created_at: datetime = strawberry.field(description="When it was created.")
    updated_at: datetime = strawberry.field(description="When it last changed.")
    archived_at: datetime | None = strawberry.field(description="When it was archived.")
    version: int = strawberry.field(description="Goes up with every change: give it back with yours.")
    group_id: strawberry.Private[str]

    @field
    async def group(self, info: Info) -> Annotated["Group", strawberry.lazy("schema.groups")] | None:
        """The group that it belongs to; null where you may not see that."""
        return cast("Group | None", await info.context.loaders.groups.load(self.group_id))

    @field
    async def owner(self, info: Info) -> Node | None:
        """The person or group that owns it; the first of several. All are its connections of type `owns`."""
        owner_id = await info.context.loaders.owners.load(self.id)
        return None if owner_id is None else cast("Node | None", await info.context.loaders.node(owner_id))

    @field
    async def labels(self, info: Info) -> list[str]:
        """What it is labelled with, as `category:value`."""
        return await info.context.loaders.labels.load(self.id)

    @paged(CreationOrder.OLDEST_FIRST)
    def knowledge(self, type: OfKnowledgeType = None) -> Descriptions:  # noqa: A002
        """What describes it: its labels, documents, their chunks, and vectors."""
        return listed(knowledge_of_thing(type), self.id)

    @paged(CreationOrder.OLDEST_FIRST)
    async def connections(self, info: Info, filter: OfConnections = None) -> Relationships:  # noqa: A002
        """How it relates to others."""
        return listed(await info.context.services.connections.connections_of(condition(filter)), self.id)

    @paged(CreationOrder.NEWEST_FIRST)
    async def related(
        self,
        info: Info,
        path: Steps = None,
        filter: OfThings = None,  # noqa: A002
    ) -> "Connection[Annotated[Thing, strawberry.lazy('schema.things')]]":
        """The things to which steps along live connections lead from it, each once, and not itself."""
        service = info.context.services.connections
        return listed(await service.related_things(steps(path), condition(filter)), self.id)

    @paged(CreationOrder.NEWEST_FIRST)
    def events(self, filter: OfEvents = None) -> Events:  # noqa: A002
        """What happened to it."""
        return listed(events.events_of_target(condition(filter)), self.id)

    @paged(CreationOrder.NEWEST_FIRST)
    def history(self) -> Versions:
        """Its versions, how it is now among them, each with who made it so and when."""
        return listed(history_of(), self.id)


@object_type
class GenericThing(Thing):
    """A thing of a type without fields of its own: see `type` and `properties`."""

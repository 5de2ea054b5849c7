"""Connections of the ontology as clients see them.

The type is called Relationship because Relay keeps names that end in Connection for the pages of lists.
"""

from datetime import datetime
from typing import cast

import strawberry
from strawberry.scalars import JSON

from schema.context import Info
from schema.define import field, object_type
from schema.node import Node


@object_type
class Relationship(Node):
    """A connection: how one node relates to another. It is live until it ends, and kept afterwards."""

    type: str = strawberry.field(description="Its connection type, such as `owns` or `member_of`.")
    from_id: strawberry.ID = strawberry.field(description="The id of the node that it starts from.")
    to_id: strawberry.ID = strawberry.field(description="The id of the node that it leads to.")
    properties: JSON = strawberry.field(description="What its type says of it, such as a `role` or a `revenueShare`.")
    strength: float | None = strawberry.field(description="How strong it is, from 0 to 1.")
    valid_from: datetime = strawberry.field(description="Since when it holds.")
    valid_to: datetime | None = strawberry.field(description="Until when it held; null while it is live.")
    metadata: JSON = strawberry.field(description="Free-form properties.")
    created_at: datetime = strawberry.field(description="When it was made.")

    @field
    async def source(self, info: Info) -> Node | None:
        """The node that it starts from."""
        return cast("Node | None", await info.context.loaders.node(self.from_id))

    @field
    async def target(self, info: Info) -> Node | None:
        """The node that it leads to."""
        return cast("Node | None", await info.context.loaders.node(self.to_id))

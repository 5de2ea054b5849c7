"""Anything by its id."""

import asyncio
from typing import Annotated, cast

import strawberry

from domain.errors import ValidationError
from domain.ids import NodeKind
from schema.context import Info
from schema.define import field, object_type
from schema.node import Node
from services.lists import MAX_PAGE
from services.validation import identifier

NODES = (NodeKind.GROUP, NodeKind.PERSON, NodeKind.THING, NodeKind.CONNECTION, NodeKind.EVENT, NodeKind.KNOWLEDGE)


@object_type
class NodeQueries:
    """Questions that take any id."""

    @field
    async def node(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="The id.")],  # noqa: A002
    ) -> Node | None:
        """Whatever has this id; null where there is nothing, or nothing that you may see.

        Nobody has to say who they are to ask for a group or a thing.
        """
        return cast("Node | None", await info.context.loaders.node(identifier("id", id, *NODES)))

    @field
    async def nodes(
        self,
        info: Info,
        ids: Annotated[list[strawberry.ID], strawberry.argument(description="Up to 100 ids.")],
    ) -> list[Node | None]:
        """What has these ids, in their order, with null for what there is not or you may not see.

        Nobody has to say who they are to ask for groups and things.
        """
        if len(ids) > MAX_PAGE:
            raise ValidationError("ids", f"ids takes at most {MAX_PAGE} ids.")
        wanted = [identifier(f"ids.{index}", each, *NODES) for index, each in enumerate(ids)]
        found = await asyncio.gather(*(info.context.loaders.node(each) for each in wanted))
        return cast("list[Node | None]", found)

"""This graph as a part of a larger one: the schema that a router of federated graphs asks, by the ids of its objects.

Whoever asks through a router is who its request says, and gets of an entity what `node` answers them.
"""

import asyncio
from collections.abc import Sequence
from functools import cache
from typing import Annotated

import strawberry
from strawberry.printer import print_schema

from domain.errors import ValidationError
from resolvers.nodes import NODES
from resolvers.operations import Schema
from resolvers.schema import Query, executable, schema
from schema.context import Info
from schema.define import field_as
from schema.federation import (
    MAX_ENTITIES,
    REPRESENTATION,
    Representation,
    Service,
    entities,
    named,
    subgraph_sdl,
)
from schema.node import object_type_name
from services.node_permissions import Found

OfRepresentations = Annotated[
    list[Representation], strawberry.argument(description=f"What to answer, up to {MAX_ENTITIES:,} objects.")
]


@strawberry.type(name="Query", description=Query.__doc__)
class SubgraphQuery(Query):
    """The same questions, and those of a router."""

    @field_as("_service")
    def service(self) -> Service:
        """This graph, as a router takes it in."""
        return Service(sdl=_sdl())

    @field_as("_entities", entities())
    async def entities(self, info: Info, representations: OfRepresentations) -> Sequence[object]:
        """The objects that a router names, in their order, as `node` answers them by their ids.

        Null for what there is not, what you may not see, and what is of another type. Each is refused by itself.
        """
        if len(representations) > MAX_ENTITIES:
            raise ValidationError("representations", f"representations takes at most {MAX_ENTITIES:,} objects.")
        asked = (_entity(info, at, each) for at, each in enumerate(representations))
        return await asyncio.gather(*asked, return_exceptions=True)


async def _entity(info: Info, at: int, representation: object) -> Found | None:
    type_name, identifier = named(at, representation, *NODES)
    found = await info.context.loaders.node(identifier)
    return found if object_type_name(found) == type_name else None


@cache
def _sdl() -> str:
    return subgraph_sdl(print_schema(schema))


@cache
def subgraph() -> Schema:
    """The schema of a server whose graph is a part of a larger one."""
    _sdl()  # it takes a moment, in which a server answers nothing else
    return executable(SubgraphQuery, {Representation: REPRESENTATION})

"""A peer: Strawberry as it comes, with its caches of parsed and validated documents and a dataloader a kind.

The part of our schema that the benchmark asks for, without permissions: `python -m benchmarks.edge.stock`.
"""

from collections.abc import Mapping, Sequence
from typing import Final, Generic, TypeAlias, TypeVar, cast
from uuid import uuid4

import strawberry
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.dataloader import DataLoader
from strawberry.extensions import ParserCache, ValidationCache

from benchmarks.edge.peer import CREATE, Driven, Row, serve

NodeT = TypeVar("NodeT")
Below: TypeAlias = tuple[str, int]
"""A group, and how many of the first rows below it."""

_NODES: Final = """
    UNWIND $ids AS id MATCH (node:Entity {id: id})
    RETURN node {.id, .name, .type, .status, labels: labels(node)} AS row"""
_PAGE: Final = """
    MATCH (thing:Thing) WHERE thing.sortKey > $after
    RETURN thing {.id, .name, .type, .status} AS row ORDER BY thing.sortKey LIMIT $first"""
_BELOW: Final = """
    UNWIND $parents AS parent
    CALL (parent) {{
        MATCH (node:{label}) WHERE node.{parent} = parent AND node.sortKey > ''
        WITH node ORDER BY node.{parent}, node.sortKey LIMIT $first
        RETURN collect(node {{{columns}}}) AS rows
    }}
    RETURN {{parent: parent, rows: rows}} AS row"""
_CHILDREN: Final = _BELOW.format(label="Group", parent="parentId", columns=".id, .name")
_THINGS: Final = _BELOW.format(label="Thing", parent="groupId", columns=".id, .name, .type, .status")


class Context:
    """The dataloaders of one operation."""

    def __init__(self, store: Driven) -> None:
        self.store = store
        self.nodes: DataLoader[str, Row | None] = DataLoader(self._nodes)
        self.children: DataLoader[Below, Sequence[Row]] = DataLoader(self._children)
        self.things: DataLoader[Below, Sequence[Row]] = DataLoader(self._things)

    async def _nodes(self, ids: list[str]) -> list[Row | None]:
        found = {row["id"]: row for row in await self.store.read(_NODES, ids=ids)}
        return [found.get(each) for each in ids]

    async def _children(self, asked: list[Below]) -> list[Sequence[Row]]:
        return await self._below(_CHILDREN, asked)

    async def _things(self, asked: list[Below]) -> list[Sequence[Row]]:
        return await self._below(_THINGS, asked)

    async def _below(self, text: str, asked: list[Below]) -> list[Sequence[Row]]:
        """Rows below groups, of all of which as many are wanted as one field says."""
        parents = [parent for parent, _ in asked]
        rows = await self.store.read(text, parents=parents, first=max(first for _, first in asked))
        found: Mapping[object, object] = {row["parent"]: row["rows"] for row in rows}
        return [found[parent] for parent in parents]  # type: ignore[misc] # as the statement answers


Info: TypeAlias = strawberry.Info[Context, None]


@strawberry.type
class Page(Generic[NodeT]):
    """Some rows."""

    nodes: list[NodeT]


@strawberry.interface
class Node:
    """What has an id."""

    id: strawberry.ID


@strawberry.type
class Thing(Node):
    """A thing."""

    name: str
    type: str
    status: str


def _thing(row: Row) -> Thing:
    found = cast("Mapping[str, str]", row)  # as the statements answer
    return Thing(id=strawberry.ID(found["id"]), name=found["name"], type=found["type"], status=found["status"])


@strawberry.type
class Group(Node):
    """A group."""

    name: str

    @strawberry.field
    async def children(self, info: Info, first: int) -> Page["Group"]:
        """The groups right below."""
        rows = await info.context.children.load((self.id, first))
        return Page(nodes=[_group(row) for row in rows])

    @strawberry.field
    async def things(self, info: Info, first: int) -> Page[Thing]:
        """What it holds."""
        rows = await info.context.things.load((self.id, first))
        return Page(nodes=[_thing(row) for row in rows])


def _group(row: Row) -> Group:
    found = cast("Mapping[str, str]", row)  # as the statements answer
    return Group(id=strawberry.ID(found["id"]), name=found["name"])


@strawberry.type
class Query:
    """What can be asked."""

    @strawberry.field
    async def node(self, info: Info, id: strawberry.ID) -> Node | None:  # noqa: A002 - as GraphQL has it
        """Whatever has this id."""
        row = await info.context.nodes.load(id)
        if row is None:
            return None
        return _group(row) if "Group" in cast("list[str]", row["labels"]) else _thing(row)

    @strawberry.field
    async def things(self, info: Info, first: int, after: str) -> Page[Thing]:
        """All things, in order."""
        rows = await info.context.store.read(_PAGE, first=first, after=after)
        return Page(nodes=[_thing(row) for row in rows])


@strawberry.type
class Mutation:
    """What can be changed."""

    @strawberry.mutation
    async def create_thing(self, info: Info, group_id: strawberry.ID, type: str, name: str, status: str) -> Thing:  # noqa: A002 - see above
        """Create a thing."""
        thing = Thing(id=strawberry.ID(str(uuid4())), name=name, type=type, status=status)
        await info.context.store.write(CREATE, groupId=group_id, id=thing.id, type=type, name=name, status=status)
        return thing


class View(GraphQL[Context, None]):
    """The schema over HTTP."""

    def __init__(self, store: Driven) -> None:
        schema = strawberry.Schema(Query, Mutation, types=[Group, Thing], extensions=[ParserCache, ValidationCache])
        super().__init__(schema)
        self._store = store

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Context:  # noqa: ARG002 - as Strawberry calls it
        """Dataloaders of this request."""
        return Context(self._store)


def app(store: Driven) -> ASGIApp:
    """All of it."""
    return View(store)


if __name__ == "__main__":
    serve(app)

"""A peer: a Starlette handler a question, which runs one statement and answers its map as orjson writes it.

It does what no server over this driver does without, a request at a time: `python -m benchmarks.edge.bare`.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final
from uuid import uuid4

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from benchmarks.edge.peer import CREATE, Driven, serve

_THINGS: Final = """{nodes: COLLECT {
        MATCH (thing:Thing) WHERE thing.groupId = group.id AND thing.sortKey > ''
        WITH thing ORDER BY thing.groupId, thing.sortKey LIMIT 10
        RETURN thing {.id, .name, .status}
    }}"""

READS: Final[Mapping[str, str]] = {
    "point": "MATCH (thing:Entity:Thing {id: $id}) RETURN thing {.id, .name, .status} AS row",
    "rows": """
    MATCH (thing:Thing) WHERE thing.sortKey > $after
    WITH thing ORDER BY thing.sortKey LIMIT 50
    RETURN {nodes: collect(thing {.id, .name, .type, .status})} AS row""",
    "nested": f"""
    MATCH (area:Entity:Group {{id: $id}})
    RETURN area {{.id, .name, children: {{nodes: COLLECT {{
        MATCH (group:Group) WHERE group.parentId = area.id AND group.sortKey > ''
        WITH group ORDER BY group.parentId, group.sortKey LIMIT 50
        RETURN group {{.id, .name, things: {_THINGS}}}
    }}}}}} AS row""",
    "three": f"""
    MATCH (top:Entity:Group {{id: $id}})
    RETURN top {{.id, .name, children: {{nodes: COLLECT {{
        MATCH (area:Group) WHERE area.parentId = top.id AND area.sortKey > ''
        WITH area ORDER BY area.parentId, area.sortKey LIMIT 5
        RETURN area {{.id, .name, children: {{nodes: COLLECT {{
            MATCH (group:Group) WHERE group.parentId = area.id AND group.sortKey > ''
            WITH group ORDER BY group.parentId, group.sortKey LIMIT 5
            RETURN group {{.id, .name, things: {_THINGS}}}
        }}}}}}
    }}}}}} AS row""",
}


def app(store: Driven) -> ASGIApp:
    """A path for each question, to which its variables are posted."""

    def reading(text: str) -> Callable[[Request], Awaitable[Response]]:
        async def read(request: Request) -> Response:
            rows = await store.read(text, **orjson.loads(await request.body()))
            return _answer({"answer": rows[0]})

        return read

    async def create(request: Request) -> Response:
        given = orjson.loads(await request.body())
        rows = await store.write(CREATE, id=str(uuid4()), **given)
        return _answer({"answer": rows[0]})

    routes = [Route(f"/{name}", reading(text), methods=["POST"]) for name, text in READS.items()]
    return Starlette(routes=[*routes, Route("/mutation", create, methods=["POST"])])


def _answer(data: object) -> Response:
    return Response(orjson.dumps({"data": data}), media_type="application/json")


if __name__ == "__main__":
    serve(app)

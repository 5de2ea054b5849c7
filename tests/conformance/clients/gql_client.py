"""gql against a server: `python gql_client.py URL SECRET GROUP` prints what it created, followed and read.

It runs in an environment of its own, in which there is nothing of ours.
"""

import asyncio
import json
import sys
from collections.abc import AsyncIterator

from gql import Client, gql
from gql.transport.httpx import HTTPXAsyncTransport
from gql.transport.websockets import WebsocketsTransport

CURSOR = "{ eventCursor }"
FOLLOW = "subscription Follow($after: String!) { events(after: $after) { cursor event { type targetId } } }"
CREATE = """mutation Create($input: CreateThingInput!) {
  createThing(input: $input) {
    __typename
    ... on CreateThingSuccess { thing { id name } }
    ... on AppError { message }
  }
}"""
READ = "query Read($id: ID!) { node(id: $id) { id ... on Thing { name group { slug } } } }"


async def main(url: str, secret: str, group: str) -> None:
    authorization = {"Authorization": f"Bearer {secret}"}
    http = HTTPXAsyncTransport(url=url, headers=authorization)
    socket = WebsocketsTransport(url=url.replace("http", "ws"), init_payload=authorization)
    async with (
        Client(transport=http, fetch_schema_from_transport=True) as session,
        Client(transport=socket) as live,
    ):
        cursor = (await session.execute(gql(CURSOR)))["eventCursor"]
        followed = asyncio.create_task(_first(live.subscribe(gql(FOLLOW), variable_values={"after": cursor})))
        given = {"groupId": group, "type": "blog_post", "name": "Written by gql"}
        changed = await session.execute(gql(CREATE), variable_values={"input": given})
        created = changed["createThing"]["thing"]
        read = (await session.execute(gql(READ), variable_values={"id": created["id"]}))["node"]
        told = {"created": created, "followed": (await followed)["events"]["event"], "read": read}
        sys.stdout.write(json.dumps(told))


async def _first(answers: AsyncIterator[dict[str, dict[str, object]]]) -> dict[str, dict[str, object]]:
    async for answer in answers:
        return answer
    raise AssertionError("the subscription ended")


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))

"""Clients of subscriptions, as browsers and partners run them: over WebSocket and over server-sent events."""

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from dataclasses import dataclass
from typing import cast

import httpx2
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from domain.values import JSON, JSONObject

FOLLOW = """subscription ($filter: EventFilter, $after: String) {
    events(filter: $filter, after: $after) { cursor event { id type targetId properties group { slug } } }
}"""
PROTOCOL = Subprotocol("graphql-transport-ws")

Delivered = Mapping[str, JSON]


@dataclass
class Socket:
    """A connection that speaks graphql-transport-ws."""

    connection: ClientConnection

    async def send(self, **message: JSON) -> None:
        """Send a message."""
        await self.connection.send(json.dumps(message))

    async def receive(self, within: float = 20) -> Mapping[str, JSON]:
        """The next message."""
        return cast("Mapping[str, JSON]", json.loads(await asyncio.wait_for(self.connection.recv(), within)))

    async def subscribe(self, name: str = "1", query: str = FOLLOW, **variables: JSON) -> None:
        """Start an operation."""
        await self.start(name, query=query, variables=variables)

    async def start(self, name: str, **payload: JSON) -> None:
        """Start whatever the payload asks."""
        await self.send(id=name, type="subscribe", payload=payload)

    async def next(self, within: float = 20) -> Mapping[str, JSON]:
        """The result that the next message carries."""
        message = await self.receive(within)
        assert message["type"] == "next", message
        return cast("Mapping[str, JSON]", message["payload"])

    async def delivery(self, within: float = 20) -> Delivered:
        """The next event with its cursor."""
        result = await self.next(within)
        assert "errors" not in result, result
        return cast("Mapping[str, Delivered]", result["data"])["events"]

    async def error(self) -> Mapping[str, JSON]:
        """The error of the next result."""
        result = await self.next()
        return cast("list[Mapping[str, JSON]]", result["errors"])[0]


@contextlib.asynccontextmanager
async def opened(
    url: str, secret: str | None = None, *, headers: Mapping[str, str] | None = None, origin: str | None = None
) -> AsyncIterator[Socket]:
    """A connection in the name of whoever has the secret, which has just been acknowledged."""
    payload: JSONObject = {} if secret is None else {"Authorization": f"Bearer {secret}"}
    async with raw(url, headers=headers, origin=origin) as socket:
        await socket.send(type="connection_init", payload=payload)
        assert (await socket.receive())["type"] == "connection_ack"
        yield socket


@contextlib.asynccontextmanager
async def raw(
    url: str, *, headers: Mapping[str, str] | None = None, origin: str | None = None
) -> AsyncIterator[Socket]:
    """A connection over which nothing was said yet."""
    address = f"ws{url.removeprefix('http')}/graphql"
    given = {**(headers or {}), **({} if origin is None else {"Origin": origin})}
    async with connect(
        address,
        subprotocols=[PROTOCOL],
        additional_headers=given,
        proxy=None,
        compression=None,
        max_queue=1,
        open_timeout=30,
    ) as connection:
        yield Socket(connection)


@dataclass(frozen=True)
class SentEvent:
    """One server-sent event; a comment has the event `:`."""

    event: str
    data: str
    id: str | None


async def sent_events(response: httpx2.Response) -> AsyncGenerator[SentEvent]:
    """The events of a stream, and its comments."""
    fields: dict[str, str] = {}
    async for line in response.aiter_lines():
        if line.startswith(":"):
            yield SentEvent(":", line[1:].strip(), None)
        elif line:
            name, _, value = line.partition(":")
            fields[name] = value.strip()
        elif fields.keys() - {"retry"}:
            yield SentEvent(fields.get("event", ""), fields.get("data", ""), fields.get("id"))
            fields = {}

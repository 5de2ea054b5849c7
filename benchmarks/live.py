"""Live updates: from a mutation to those who follow, what a follower costs, and how fast one comes from far behind.

The followers run in this process, on the processors that the server and its store use.
"""

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Final, cast

import httpx2
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from app.local_store.sharing import running_store
from benchmarks.figures import Figure, milliseconds
from benchmarks.servers import Running, serving
from benchmarks.viewers import add_viewer
from domain.access import KeyScope
from domain.events import SYSTEM_ACTOR, Event, EventType
from domain.ids import new_id
from domain.people import PlatformRole
from domain.values import now
from graph import event_log, events
from graph.store import Store, Transaction

BEHIND: Final = 100_000
IDLE: Final = 500
CHANGES: Final = 100
QUIET: Final = 5.0
"""How long (seconds) the server is left alone before something of it is measured."""

_FOLLOW: Final = """subscription ($after: String, $filter: EventFilter) {
    events(after: $after, filter: $filter) { cursor event { id type targetId } } }"""
_WRITE: Final = """mutation ($input: CreateThingInput!) { createThing(input: $input) {
    __typename ... on CreateThingSuccess { thing { id } } } }"""


async def measure(folder: Path) -> list[Figure]:
    """All of it, at a server of its own."""
    data = folder / "live"
    async with serving("--data", str(data)) as running:
        address = running_store(data)
        if address is None:
            raise SystemExit("the server's store cannot be found")
        store = await Store.open(address.uri, address.user, address.password)
        secrets = [
            await add_viewer(store, f"live{n}", PlatformRole.PLATFORM_OWNER, "aurora", KeyScope.WRITE)
            for n in range(10)
        ]
        await asyncio.sleep(QUIET)  # the server finds out by itself what was written beside it
        figures = [each for followers in (1, 100) for each in await _deliveries(running, secrets, followers)]
        figures += [await _idle(running, secrets), await _catching_up(running, store, secrets[0])]
        await store.close()
    return figures


@contextlib.asynccontextmanager
async def _following(running: Running, secret: str, **variables: object) -> AsyncIterator[ClientConnection]:
    """A connection with one subscription."""
    url = f"ws{running.url.removeprefix('http')}/graphql"
    async with connect(url, subprotocols=[Subprotocol("graphql-transport-ws")], proxy=None, compression=None) as client:
        hello = {"type": "connection_init", "payload": {"Authorization": f"Bearer {secret}"}}
        await client.send(json.dumps(hello))
        await client.recv()
        payload = {"query": _FOLLOW, "variables": variables}
        await client.send(json.dumps({"id": "1", "type": "subscribe", "payload": payload}))
        yield client


async def _deliveries(running: Running, secrets: Sequence[str], followers: int) -> list[Figure]:
    """How long it takes from sending a mutation until it answers, and until each follower has its event."""
    answered: list[float] = []
    delivered: list[float] = []
    wanted = {"type": "thing_created"}
    async with contextlib.AsyncExitStack() as stack:
        clients = [
            await stack.enter_async_context(_following(running, secrets[n % len(secrets)], filter=wanted))
            for n in range(followers)
        ]
        headers = {"Authorization": f"Bearer {secrets[0]}"}
        http = await stack.enter_async_context(httpx2.AsyncClient(base_url=running.url, headers=headers, timeout=60))
        found = await http.post("/graphql", json={"query": "{ groups(first: 1) { nodes { id } } }"})
        group = found.json()["data"]["groups"]["nodes"][0]["id"]
        await asyncio.sleep(QUIET)

        async def arrival(client: ClientConnection, start: float) -> float:
            await client.recv()
            return time.perf_counter() - start

        for number in range(CHANGES):
            start = time.perf_counter()
            arrivals = [asyncio.create_task(arrival(client, start)) for client in clients]
            given = {"groupId": group, "type": "blog_post", "name": f"{number}"}
            await http.post("/graphql", json={"query": _WRITE, "variables": {"input": given}})
            answered.append(time.perf_counter() - start)
            delivered += await asyncio.gather(*arrivals)
    name = f"from a mutation to {followers:,} who follow"
    return [Figure(name, milliseconds(delivered), f"it answers at {milliseconds(answered)}")]


async def _idle(running: Running, secrets: Sequence[str]) -> Figure:
    """What a follower takes of the server's memory while nothing happens."""
    before = running.resident()["server"]
    async with contextlib.AsyncExitStack() as stack:
        for n in range(IDLE):
            await stack.enter_async_context(_following(running, secrets[n % len(secrets)]))
        await asyncio.sleep(QUIET)
        each = (running.resident()["server"] - before) / IDLE / 1024
    return Figure(f"memory of each of {IDLE:,} who follow", f"{each:,.0f} KiB", "a WebSocket each; at most 40 KB")


async def _catching_up(running: Running, store: Store, secret: str) -> Figure:
    """How fast somebody gets what they missed."""
    headers = {"Authorization": f"Bearer {secret}"}
    async with httpx2.AsyncClient(base_url=running.url, headers=headers, timeout=60) as http:
        cursor = (await http.post("/graphql", json={"query": "{ eventCursor }"})).json()["data"]["eventCursor"]
    for _ in range(BEHIND // 1_000):
        await store.write(_record)
    while await event_log.number(store):
        pass
    await asyncio.sleep(QUIET)
    start = time.perf_counter()
    async with _following(running, secret, after=cursor) as client:
        for _ in range(BEHIND):
            message = cast("dict[str, object]", json.loads(await client.recv()))
            assert message["type"] == "next", message
    seconds = time.perf_counter() - start
    return Figure(f"{BEHIND:,} events that somebody missed", f"{BEHIND / seconds:,.0f} a second", f"{seconds:.1f} s")


async def _record(transaction: Transaction) -> None:
    def happened() -> Event:
        made = new_id("evt")
        return Event(made, EventType.THING_UPDATED, SYSTEM_ACTOR, None, None, now(), None, None, {"version": 2})

    await events.append(transaction, [happened() for _ in range(1_000)])

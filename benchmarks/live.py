"""Live updates and orders: from a mutation to those who follow, what a follower costs, how fast one catches up.

The followers and the buyers run in this process, on the processors that the servers and their store use.
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
from tests.e2e.redis_server import RedisServer

BEHIND: Final = 100_000
IDLE: Final = 500
MANY: Final = 5_000
EACH: Final = 90
"""How many logs one person follows in these measurements: a server allows them 100."""

AT_ONCE: Final = 50
"""How many who follow open their connections at once."""

CHANGES: Final = 100
BUYERS: Final = 50
ORDERS: Final = 1_000
QUIET: Final = 5.0
"""How long (seconds) the server is left alone before something of it is measured."""

_FOLLOW: Final = """subscription ($after: String, $filter: EventFilter) {
    events(after: $after, filter: $filter) { cursor event { id type targetId } } }"""
_WRITE: Final = """mutation ($input: CreateThingInput!) { createThing(input: $input) {
    __typename ... on CreateThingSuccess { thing { id } } } }"""
_ORDER: Final = "mutation ($input: PlaceOrderInput!) { placeOrder(input: $input) { __typename } }"


async def measure(folder: Path) -> AsyncIterator[Figure]:
    """All of it, at a server of its own and, where there is a Redis that wakes them, at two."""
    data = folder / "live"
    async with _redis(folder) as settings, serving("--data", str(data), settings=settings) as running:
        address = running_store(data)
        if address is None:
            raise SystemExit("the server's store cannot be found")
        store = await Store.open(address.uri, address.user, address.password)
        secrets = [
            await add_viewer(store, f"live{n}", PlatformRole.PLATFORM_OWNER, "aurora", KeyScope.WRITE)
            for n in range(MANY // EACH)
        ]
        writer = await add_viewer(store, "writer", PlatformRole.ORG_OWNER, "live", KeyScope.WRITE)
        await asyncio.sleep(QUIET)  # the server finds out by itself what was written beside it
        yield await _deliveries([running], writer, secrets, 1)
        yield await _idle(running, secrets)  # before many have left memory behind that others then take
        for followers in (100, MANY):
            yield await _deliveries([running], writer, secrets, followers)
        if settings:
            given = {**settings, "ONE_STORE_USER": address.user, "ONE_STORE_PASSWORD": address.password}
            async with serving("--data", str(folder / "second"), "--store", address.uri, settings=given) as second:
                for followers in (2, 100, MANY):
                    yield await _deliveries([running, second], writer, secrets, followers)
        yield await _ordering(running, store, writer)
        yield await _catching_up(running, store, secrets[0])
        await store.close()


@contextlib.asynccontextmanager
async def _redis(folder: Path) -> AsyncIterator[dict[str, str]]:
    """The settings of servers that a Redis wakes; none where this machine has no Redis."""
    if not RedisServer.is_there():
        yield {}
        return
    redis = RedisServer.at_free_port(folder)
    await redis.start()
    try:
        yield {"ONE_REDIS_URL": redis.url}
    finally:
        await redis.stop()


@contextlib.asynccontextmanager
async def _following(running: Running, secret: str, **variables: object) -> AsyncIterator[ClientConnection]:
    """A connection with one subscription."""
    url = f"ws{running.url.removeprefix('http')}/graphql"
    protocols = [Subprotocol("graphql-transport-ws")]
    async with connect(url, subprotocols=protocols, proxy=None, compression=None, open_timeout=60) as client:
        hello = {"type": "connection_init", "payload": {"Authorization": f"Bearer {secret}"}}
        await client.send(json.dumps(hello))
        await client.recv()
        payload = {"query": _FOLLOW, "variables": variables}
        await client.send(json.dumps({"id": "1", "type": "subscribe", "payload": payload}))
        yield client


async def _deliveries(servers: Sequence[Running], writer: str, secrets: Sequence[str], followers: int) -> Figure:
    """How long it takes from the answer to a mutation at the first server until each follower, at any, has its event.

    The answer comes after the commit; an event that is there before it has taken no time.
    """
    answered: list[float] = []
    delivered: list[float] = []
    changes = CHANGES if followers < MANY else CHANGES // 10
    async with contextlib.AsyncExitStack() as stack:

        async def opened(number: int) -> ClientConnection:
            server, secret = servers[number % len(servers)], secrets[number % len(secrets)]
            return await stack.enter_async_context(_following(server, secret, filter={"type": "thing_created"}))

        clients: list[ClientConnection] = []
        for first in range(0, followers, AT_ONCE):
            clients += await asyncio.gather(*map(opened, range(first, min(followers, first + AT_ONCE))))
        http = await stack.enter_async_context(_http(servers[0], writer))
        group = await _group(http)
        await asyncio.sleep(QUIET)

        async def arrival(client: ClientConnection) -> float:
            await client.recv()
            return time.perf_counter()

        for number in range(changes):
            arrivals = [asyncio.create_task(arrival(client)) for client in clients]
            given = {"groupId": group, "type": "blog_post", "name": f"{number}"}
            start = time.perf_counter()
            made = await http.post("/graphql", json={"query": _WRITE, "variables": {"input": given}})
            answer = time.perf_counter()
            assert "thing" in made.json()["data"]["createThing"], made.json()
            answered.append(answer - start)
            delivered += [max(0.0, each - answer) for each in await asyncio.gather(*arrivals)]
    name = f"from the answer to a mutation to {followers:,} who follow"
    where = "one server" if len(servers) == 1 else f"{len(servers)} servers, written at the first"
    return Figure(
        f"{name}, {where}", milliseconds(delivered), f"{changes} mutations, answered: {milliseconds(answered)}"
    )


def _http(running: Running, secret: str) -> httpx2.AsyncClient:
    headers = {"Authorization": f"Bearer {secret}"}
    return httpx2.AsyncClient(base_url=running.url, headers=headers, timeout=60)


async def _group(http: httpx2.AsyncClient) -> str:
    """The group of whoever writes, who owns it."""
    found = await http.post("/graphql", json={"query": "{ groups(first: 1) { nodes { id } } }"})
    return str(found.json()["data"]["groups"]["nodes"][0]["id"])


async def _ordering(running: Running, store: Store, writer: str) -> Figure:
    """How many orders buyers place who go on with the next as soon as they have one."""
    async with contextlib.AsyncExitStack() as stack:
        http = await stack.enter_async_context(_http(running, writer))
        group = await _group(http)
        buyers = [
            await add_viewer(store, f"buyer{n}", PlatformRole.ORG_USER, "live", KeyScope.WRITE) for n in range(BUYERS)
        ]
        price = {"category": "physical", "price": {"amount": 500, "currency": "EUR"}}
        made = {"groupId": group, "type": "product", "name": "Pen", "status": "published", "properties": price}
        answer = await http.post("/graphql", json={"query": _WRITE, "variables": {"input": made}})
        product = answer.json()["data"]["createThing"]["thing"]["id"]
        clients = [await stack.enter_async_context(_http(running, each)) for each in buyers]
        taken: list[float] = []

        async def buying(client: httpx2.AsyncClient, orders: int) -> None:
            for _ in range(orders):
                given = {"lines": [{"productId": product, "quantity": 1}], "idempotencyKey": new_id("evt")}
                start = time.perf_counter()
                answer = await client.post("/graphql", json={"query": _ORDER, "variables": {"input": given}})
                taken.append(time.perf_counter() - start)
                placed = answer.json()
                assert placed["data"]["placeOrder"]["__typename"] == "PlaceOrderSuccess", placed

        await asyncio.gather(*(buying(each, 1) for each in clients))  # plans the statements
        taken.clear()
        start = time.perf_counter()
        await asyncio.gather(*(buying(each, ORDERS // BUYERS) for each in clients))
        rate = len(taken) / (time.perf_counter() - start)
    return Figure(f"orders of {BUYERS} buyers at once", f"{rate:,.0f} a second", f"{ORDERS:,}; {milliseconds(taken)}")


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
    async with _http(running, secret) as http:
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

"""Orders followed with npm graphql-ws and graphql-sse, while the server and its Neo4j are killed again and again."""

import asyncio
import contextlib
import json
import os
import random
import signal
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final, TypeAlias, cast

import httpx2
import psutil
import pytest

from app.local_store.address import StoreAddress
from app.local_store.instance import LocalStore
from app.local_store.ports import free_port
from domain.access import KeyScope
from domain.people import MemberRole, PlatformRole
from domain.values import JSON, JSONObject
from graph import event_log
from graph.migrate import read_migrations, up
from graph.store import Statement, Store
from tests.client import Api
from tests.conformance.programs import FOLDER, INSTALLING
from tests.e2e.servers import Served, start
from tests.worlds import World

NIGHTLY: Final = bool(os.environ.get("TESTS_NIGHTLY"))
EVENTS: Final = 10_000 if NIGHTLY else 300
"""How many there are at least, of orders."""

KILLS: Final = 18 if NIGHTLY else 3
"""How often something is killed at least."""

WRITERS: Final = 8
EVERY: Final = 5
"""How many deliveries a follower takes before it acknowledges their last cursor."""

pytestmark = [pytest.mark.slow, pytest.mark.once, pytest.mark.timeout(5_400 if NIGHTLY else INSTALLING)]

FOLLOW_ORDERS: Final = """subscription ($of: OrdersOf!, $after: String) {
    orderUpdates(of: $of, after: $after) { cursor event { id } order { id state } }
}"""
FOLLOW_EVENTS: Final = """subscription ($filter: EventFilter, $after: String) {
    events(filter: $filter, after: $after) { cursor event { id } }
}"""


Told: TypeAlias = dict[str, str]
"""A line that a follower prints."""

LOGGED: Statement[Mapping[str, str]] = Statement(
    "logged_orders",
    """
    MATCH (event:Event) WHERE event.position > 0 AND event.targetId STARTS WITH 'ord_'
    MATCH (order:Thing {id: event.targetId})
    WITH event, order ORDER BY event.position
    RETURN {id: event.id, type: event.type, order: order.id, properties: order.properties} AS row""",
)


class Site:
    """A server at a port that stays, over a Neo4j that is started again by itself, and what is done to both."""

    def __init__(self, address: StoreAddress, folder: Path) -> None:
        self.address = address
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.killed: dict[str, int] = {"server": 0, "store": 0, "both": 0}
        self.log: list[str] = []
        self._served: Served | None = None
        self._reading: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Start the server as whoever keeps it running would: again, until the store is there."""
        settings = {"ONE_STORE_USER": self.address.user, "ONE_STORE_PASSWORD": self.address.password}
        arguments = ["--port", str(self.port), "--store", self.address.uri, "--data", str(self.folder), "--no-demo"]
        while True:
            try:
                self._served = await start(*arguments, settings=settings)
            except AssertionError:  # it said why it cannot
                await asyncio.sleep(0.2)
            else:
                break
        self._reading = asyncio.create_task(self._read(self._served))

    async def _read(self, served: Served) -> None:
        assert served.process.stdout is not None
        async for line in served.process.stdout:
            self.log.append(line.decode().rstrip())

    async def kill(self, what: str) -> None:
        """Kill one of them or both, and answer once the server is there again."""
        self.killed[what] += 1
        if what != "server":
            [java] = [each for each in psutil.Process().children(recursive=True) if self._is_store(each)]
            java.kill()
        if what != "store":
            await self.stop(signal.SIGKILL)
            await self.start()

    async def stop(self, number: signal.Signals = signal.SIGINT) -> None:
        """End the server, if it runs."""
        served, self._served = self._served, None
        if served is not None and self._reading is not None:
            await served.stop(number)
            await self._reading

    def _is_store(self, process: psutil.Process) -> bool:
        with contextlib.suppress(psutil.NoSuchProcess):
            return process.name() == "java" and any(str(self.folder) in each for each in process.cmdline())
        return False


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    """One that serves."""
    async with LocalStore(tmp_path / "store", owner="tests", short_lived=True) as address:
        store = await Store.open(address.uri, address.user, address.password)
        await up(store, read_migrations())
        await store.close()
        made = Site(address, tmp_path)
        await made.start()
        yield made
        await made.stop()


@dataclass
class Shop:
    """Orders that people place and a seller carries on, each step with a key of its own until it is answered."""

    seller: Api
    group: str
    buyers: Sequence[tuple[Api, str, str]]
    """Each with their id and the product that they buy."""

    chance: random.Random = field(default_factory=lambda: random.Random(57))
    done: list[tuple[str, str]] = field(default_factory=list)
    """The steps that were answered: the order, and the type of its event."""

    steps: int = 0
    tries: int = 0
    """How often one of the steps was asked for."""

    def has_done(self, steps: int) -> bool:
        """Whether so many steps were answered."""
        return len(self.done) >= steps

    async def write(self, writer: int) -> None:
        """An order from its beginning to one of its ends."""
        buyer, _, product = self.buyers[writer]
        placed = await self._step(
            buyer, "placeOrder", {"lines": [{"productId": product, "quantity": 1}]}, "order { id }"
        )
        order = str(cast("Mapping[str, JSON]", placed["order"])["id"])
        self.done.append((order, "order_created"))
        if self.chance.random() < 0.2:
            await self._step(buyer, "cancelOrder", {"orderId": order})
            self.done.append((order, "order_cancelled"))
            return
        paid: JSONObject = {"amount": {"amount": "5.00", "currency": "EUR"}, "method": "cash"}
        await self._step(self.seller, "recordPayment", {"orderId": order, **paid})
        self.done.append((order, "order_paid"))
        receipt: JSON = {"shipment": {"carrier": "Post", "tracking": order}}
        lines: JSON = [{"productId": product, "receipt": receipt}]
        await self._step(self.seller, "fulfilOrder", {"orderId": order, "lines": lines})
        self.done.append((order, "order_fulfilled"))
        await self._step(self.seller, "completeOrder", {"orderId": order})
        self.done.append((order, "order_completed"))

    async def _step(self, api: Api, name: str, given: JSONObject, answer: str = "") -> Mapping[str, JSON]:
        self.steps += 1
        key = f"step-{self.steps}"
        title = name[0].upper() + name[1:]
        mutation = f"""mutation ($input: {title}Input!) {{ step: {name}(input: $input) {{
            __typename ... on {title}Success {{ {answer or "__typename"} }} ... on AppError {{ message }}
        }} }}"""
        while True:
            self.tries += 1
            try:
                answered = await api.ask(mutation, input={**given, "idempotencyKey": key})
            except httpx2.TransportError:
                pass  # nobody knows whether it was done
            else:
                if "errors" not in answered.body:
                    step = cast("Mapping[str, JSON]", answered.at("step"))
                    if step["__typename"] == f"{title}Success":
                        return step
                    assert step["__typename"] == "NetworkError", step
                else:
                    assert answered.codes in (["UNAVAILABLE"], ["DEADLINE_EXCEEDED"]), answered.body
            await asyncio.sleep(0.2)


async def opened(site: Site, http: httpx2.AsyncClient) -> tuple[Shop, str, str]:
    """A shop with a buyer for each writer; the secret of who sees everything, and the cursor at which all begins."""
    store = await Store.open(site.address.uri, site.address.user, site.address.password)
    world = await World.create(store, Api(http))
    await world.group("lobby")
    group = await world.group("shop", visibility="public")
    role, scope = PlatformRole.ORG_USER, KeyScope.WRITE
    seller = await world.member("sally", "shop", role=role, scope=scope, member_role=MemberRole.OWNER)
    buyers = []
    for number in range(WRITERS):
        buyer = await world.member(f"b{number}", "lobby", role=PlatformRole.CUSTOMER, scope=scope)
        person = str((await buyer.ask("{ viewer { person { id } } }")).at("viewer.person.id"))
        properties: JSON = {"category": "physical", "price": {"amount": 500, "currency": "EUR"}}
        product = await world.thing(f"P{number}", group, "product", status="published", properties=properties)
        buyers.append((buyer, person, product))
    begin = str((await seller.ask("{ eventCursor }")).at("eventCursor"))
    await store.close()
    return Shop(seller, group, buyers), str(world.api.secret), begin


@contextlib.asynccontextmanager
async def following(node: str, url: str, followers: Sequence[JSONObject]) -> AsyncIterator[dict[str, list[Told]]]:
    """What each follower says, as it comes."""
    told: dict[str, list[Told]] = {str(each["name"]): [] for each in followers}
    process = await asyncio.create_subprocess_exec(
        node, "follow.mjs", f"{url}/graphql", json.dumps(followers), cwd=FOLDER, stdout=asyncio.subprocess.PIPE
    )

    async def read() -> None:
        assert process.stdout is not None
        async for line in process.stdout:
            said: Told = json.loads(line)
            told[said["name"]].append(said)

    reading = asyncio.create_task(read())
    try:
        yield told
    finally:
        process.kill()
        await process.wait()
        await reading


def last_of(said: Sequence[Told]) -> str | None:
    """The event that was delivered last."""
    return next((each["id"] for each in reversed(said) if "id" in each), None)


def check(said: Sequence[Told], begin: str, expected: Sequence[str]) -> int:
    """See that what came after each acknowledged cursor was what the log has there, and answer how much came twice."""
    places = {begin: 0}  # of each cursor: how many events there are up to it
    reached = at = twice = 0
    for each in said:
        if "after" in each:
            at = places[each["after"]]
            assert reached - at < EVERY
        elif "id" in each:
            assert each["id"] == expected[at], (each, at)
            twice += at < reached
            at += 1
            assert places.setdefault(each["cursor"], at) == at
            reached = max(reached, at)
    assert reached == len(expected), said[-9:]
    return twice


async def test_followers_miss_nothing_and_get_all_in_order_whatever_is_killed(node: str, site: Site) -> None:
    """Also what a follower had not acknowledged comes again, and nothing else does."""
    chance = random.Random()
    async with httpx2.AsyncClient(base_url=site.url, timeout=30) as http:
        shop, everybody, begin = await opened(site, http)
        buyer, person, _ = shop.buyers[0]
        types: JSON = [f"order_{each}" for each in ("created", "paid", "fulfilled", "completed", "cancelled")]
        of_seller: JSONObject = {"of": {"seller": shop.group}}
        of_buyer: JSONObject = {"of": {"customer": person}}
        of_types: JSONObject = {"filter": {"types": types}}
        followers: list[JSONObject] = [
            {"name": f"{who} over {over}", "over": over, "secret": api, "field": name, "query": query,
             "variables": variables, "after": begin, "every": EVERY}
            for over in ("socket", "stream", "single stream")
            for who, api, name, query, variables in (
                ("seller", shop.seller.secret, "orderUpdates", FOLLOW_ORDERS, of_seller),
                ("buyer", buyer.secret, "orderUpdates", FOLLOW_ORDERS, of_buyer),
                ("operator", everybody, "events", FOLLOW_EVENTS, of_types),
            )
        ]  # fmt: skip
        enough = asyncio.Event()

        async def writing(writer: int) -> None:
            while not enough.is_set():
                await shop.write(writer)

        async def killing() -> None:
            while sum(site.killed.values()) < KILLS or len(shop.done) < EVENTS:
                goal = len(shop.done) + chance.randint(1, 2 * EVENTS // KILLS)
                await until(partial(shop.has_done, goal))
                fewest = min(site.killed.values())
                await site.kill(chance.choice([what for what, times in site.killed.items() if times == fewest]))
            enough.set()

        async with following(node, site.url, followers) as told:
            async with asyncio.TaskGroup() as group:
                for writer in range(WRITERS):
                    group.create_task(writing(writer))
                group.create_task(killing())
            rows = await logged(site)
            mine = [row["id"] for row in rows if json.loads(row["properties"])["customerId"] == person]
            expected = {name: mine if "buyer" in name else [row["id"] for row in rows] for name in told}
            with contextlib.suppress(TimeoutError):  # what is missing then is told below
                async with asyncio.timeout(120):
                    await until(lambda: all(last_of(told[name]) == expected[name][-1] for name in told))
    assert sorted((row["order"], row["type"]) for row in rows) == sorted(shop.done), "each step was done once"
    assert len(rows) >= EVENTS
    twice = {name: check(said, begin, expected[name]) for name, said in told.items()}
    failed = {name: [each["failed"] for each in said if "failed" in each] for name, said in told.items()}
    assert all(failed.values()), "each was interrupted"
    sys.stdout.write(f"\n{len(rows)} events of orders, {shop.tries - shop.steps} steps tried again; {site.killed}\n")
    for name, times in twice.items():
        all_ = f"{len(expected[name])} events, interrupted {len(failed[name])} times, {times} came twice"
        sys.stdout.write(f"{name}: {all_}: {sorted(set(map(str, failed[name])))}\n")
    errors = [each for each in site.log if '"level": "error"' in each and '"logger": "one.' in each]
    assert [each for each in errors if "The store cannot be reached" not in each] == []


async def until(holds: Callable[[], bool]) -> None:
    """Wait until something holds."""
    while True:
        if holds():
            return
        await asyncio.sleep(0.05)


async def logged(site: Site) -> Sequence[Mapping[str, str]]:
    """The events of orders, once all have their places."""
    store = await Store.open(site.address.uri, site.address.user, site.address.password)
    await event_log.settle(store)
    while await event_log.number(store):
        pass
    rows = await store.read(LOGGED, {})
    await store.close()
    return rows

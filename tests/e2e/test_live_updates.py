"""Subscriptions on real servers: nothing missing, nothing twice, in order, whatever is killed in between."""

import asyncio
import contextlib
import json
import random
import signal
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import cast

import httpx2
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from domain.values import JSON, JSONObject
from graph.store import Statement, Store
from tests.accounts import Accounts
from tests.client import Api
from tests.e2e.followers import FOLLOW, Delivered, opened, raw, sent_events
from tests.e2e.redis_server import RedisServer
from tests.e2e.servers import Served, serving, two

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

LOGGED: Statement[str] = Statement(
    "logged",
    """MATCH (event:Event) WHERE event.position > 0 AND event.type IN ['thing_created', 'thing_updated']
    RETURN event.id AS row ORDER BY event.position""",
)
THINGS: JSON = {"types": ["thing_created", "thing_updated"]}


@contextlib.asynccontextmanager
async def api_of(served: Served, account: int = 0) -> AsyncIterator[Api]:
    """The API of a server as one of its demo accounts sees it."""
    async with httpx2.AsyncClient(base_url=served.url, timeout=60) as http:
        yield Api(http, served.accounts[account].secret)


async def home_of(api: Api) -> str:
    """A group that there is."""
    return str((await api.ask("{ groups(first: 1) { nodes { id } } }")).at("groups.nodes.0.id"))


async def write(api: Api, group: str, name: str, times: int = 1) -> None:
    """Create a thing, and change it so many times less one."""
    given: dict[str, JSON] = {"groupId": group, "type": "blog_post", "name": name}
    answer = await api.change("createThing", given, "thing { id version }")
    thing = cast("dict[str, JSON]", answer["thing"])
    for version in range(1, times):
        changed = await api.change(
            "updateThing", {"id": thing["id"], "version": version, "name": f"{name} {version}"}, "thing { version }"
        )
        assert "thing" in changed, changed


def versions(got: Sequence[Delivered]) -> dict[str, list[int]]:
    """The versions of each thing in the order in which they were told."""
    found: dict[str, list[int]] = {}
    for each in got:
        event = cast("dict[str, JSON]", each["event"])
        version = cast("dict[str, int]", event["properties"]).get("version", 1)
        found.setdefault(str(event["targetId"]), []).append(version)
    return found


def ids(got: Sequence[Delivered]) -> list[str]:
    """The ids of the events that were told."""
    return [str(cast("dict[str, JSON]", each["event"])["id"]) for each in got]


async def by_socket(url: str, secret: str, cursor: str, most: int) -> AsyncIterator[Delivered]:
    """What comes after a cursor over WebSocket, until the connection is torn down after so many."""
    async with opened(url, secret) as socket:
        await socket.subscribe(filter=THINGS, after=cursor)
        for _ in range(most):
            yield await socket.delivery()
        socket.connection.transport.abort()


async def by_stream(url: str, secret: str, cursor: str, most: int) -> AsyncIterator[Delivered]:
    """The same as server-sent events, with the cursor as a browser gives it back."""
    headers = {"Authorization": f"Bearer {secret}", "Accept": "text/event-stream", "Last-Event-ID": cursor}
    body = {"query": FOLLOW, "variables": {"filter": THINGS}}
    async with (
        httpx2.AsyncClient(base_url=url, timeout=30) as http,
        http.stream("POST", "/graphql", headers=headers, json=body) as response,
    ):
        told = 0
        async for each in sent_events(response):
            if each.event == "next":
                delivery = cast("Delivered", json.loads(each.data)["data"]["events"])
                assert each.id == delivery["cursor"]
                yield delivery
                told += 1
                if told == most:
                    return


async def test_whoever_comes_back_gets_everything_once_and_in_order(served: Served, store: Store) -> None:
    """Eight writers at once, and followers over both protocols that hang up at random and go on after their cursor."""
    writers, things, times = 8, 4, 5
    total = writers * things * times
    chance = random.Random(39)
    async with api_of(served) as api:
        group = await home_of(api)
        begin = str((await api.ask("{ eventCursor }")).at("eventCursor"))

        async def writing(writer: int) -> None:
            for number in range(things):
                await write(api, group, f"w{writer} {number}", times)

        async def following(follow: Callable[[str, str, str, int], AsyncIterator[Delivered]]) -> list[Delivered]:
            got: list[Delivered] = []
            while len(got) < total:
                cursor = str(got[-1]["cursor"]) if got else begin
                some = follow(served.url, str(api.secret), cursor, min(chance.randint(1, 40), total - len(got)))
                got.extend([each async for each in some])
            return got

        followers = asyncio.gather(following(by_socket), following(by_stream))
        await asyncio.gather(*(writing(writer) for writer in range(writers)))
        first, second = await followers
    expected = (await store.read(LOGGED, {}))[-total:]
    assert ids(first) == expected
    assert ids(second) == expected
    assert set(map(tuple, versions(first).values())) == {tuple(range(1, times + 1))}


async def test_a_server_that_stops_lets_its_followers_go_and_the_next_one_goes_on(
    served: Served, store_address: tuple[str, str, str], tmp_path: Path
) -> None:
    uri, user, password = store_address
    settings = {"ONE_STORE_USER": user, "ONE_STORE_PASSWORD": password}
    secret = served.accounts[0].secret
    async with api_of(served) as api, opened(served.url, secret) as socket:
        group = await home_of(api)
        await socket.subscribe(filter=THINGS)
        headers = {"Authorization": f"Bearer {secret}", "Accept": "text/event-stream"}
        body = {"query": FOLLOW, "variables": {"filter": THINGS}}
        async with api.http.stream("POST", "/graphql", headers=headers, json=body) as response:
            events = sent_events(response)
            assert (await anext(events)).event == ":"
            await asyncio.sleep(0.5)
            await write(api, group, "before")
            told = await socket.delivery()
            assert (await anext(events)).event == "next"
            assert await served.stop(signal.SIGTERM, within=10) == 0
            assert [each async for each in events if each.event != ":"] == []  # it does not say that it is complete
        with pytest.raises(ConnectionClosed) as closed:
            await socket.receive()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1001
    async with serving("--store", uri, "--data", str(tmp_path), settings=settings) as again:
        async with httpx2.AsyncClient(base_url=again.url, timeout=60) as http:
            await write(Api(http, secret), group, "after")
        async with opened(again.url, secret) as socket:
            await socket.subscribe(filter=THINGS, after=told["cursor"])
            missed = await socket.delivery()
            assert ids([missed]) != ids([told])
            with pytest.raises(TimeoutError):
                await socket.receive(within=0.5)


async def test_a_session_that_ends_ends_its_subscriptions(served: Served, store: Store) -> None:
    async with httpx2.AsyncClient(base_url=served.url, timeout=60) as http:
        eve = await Accounts(store, http).join("eve")
        async with opened(served.url, eve.access) as socket:
            await socket.subscribe(filter={"type": "product_archived"})
            await asyncio.sleep(0.5)
            assert (await eve.api.ask("mutation { signOut { __typename } }")).status == 200
            error = await socket.error()
            assert cast("dict[str, JSON]", error["extensions"])["code"] == "UNAUTHENTICATED"
            assert await socket.receive() == {"id": "1", "type": "complete"}
            await socket.subscribe("2")  # nor does it begin another one
            with pytest.raises(ConnectionClosed) as closed:
                await socket.receive()
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 4403


async def test_a_client_that_does_not_read_is_cut_off_and_goes_on_after_its_last_cursor(
    store: Store, store_address: tuple[str, str, str], tmp_path: Path
) -> None:
    uri, user, password = store_address
    settings = {"ONE_STORE_USER": user, "ONE_STORE_PASSWORD": password, "ONE_PATIENCE_SECONDS": "1"}
    async with serving("--store", uri, "--data", str(tmp_path), settings=settings) as served, api_of(served) as api:
        cursor = str((await api.ask("{ eventCursor }")).at("eventCursor"))
        group = await home_of(api)
        texts = [
            {"createThing": {"groupId": group, "type": "blog_post", "name": f"t{number}"}} for number in range(100)
        ]
        for _ in range(3):
            answer = await api.change("applyChanges", {"changes": cast("JSON", texts)})
            assert answer["__typename"] == "ApplyChangesSuccess", answer
        wide = " ".join(f"a{number}: properties" for number in range(90))
        big = f"""subscription ($after: String) {{ events(after: $after, filter: {{ type: thing_created }}) {{
            cursor event {{ id {wide} }} }} }}"""
        got: list[Delivered] = []
        async with opened(served.url, str(api.secret)) as socket:
            for name in range(40):  # together far more than what the sockets of both sides hold
                await socket.subscribe(str(name), big, after=cursor)
            await asyncio.sleep(4)
            assert (await api.ask("{ __typename }")).status == 200
            with contextlib.suppress(ConnectionClosed):
                while len(got) < 300:
                    message = await socket.receive()
                    if message["id"] == "0" and message["type"] == "next":
                        payload = cast("dict[str, dict[str, Delivered]]", message["payload"])
                        got.append(payload["data"]["events"])
        assert len(got) < 300
        async with opened(served.url, str(api.secret)) as socket:
            await socket.subscribe(filter={"type": "thing_created"}, after=got[-1]["cursor"] if got else cursor)
            while len(got) < 300:
                got.append(await socket.delivery())
        assert (await store.read(LOGGED, {}))[-300:] == ids(got)


async def tells(first: Served, second: Served, names: Sequence[str], after: str | None = None) -> str:
    """See that what is written through the one server is told by the other, and answer the last cursor."""
    async with api_of(first) as api, opened(second.url, first.accounts[0].secret) as socket:
        group = await home_of(api)
        cursor = after or str((await api.ask("{ eventCursor }")).at("eventCursor"))
        await socket.subscribe(filter=THINGS, after=cursor)
        for name in names:
            await write(api, group, name)
            cursor = str((await socket.delivery())["cursor"])
    return cursor


@pytest.mark.usefixtures("store")
async def test_two_servers_tell_of_each_other_without_redis(
    store_address: tuple[str, str, str], tmp_path: Path
) -> None:
    async with two(store_address, tmp_path) as (first, second):
        await tells(first, second, ["a", "b", "c"])


@pytest.mark.usefixtures("store")
async def test_two_servers_wake_each_other_by_redis_and_lose_nothing_with_it(
    store_address: tuple[str, str, str], tmp_path: Path, redis: RedisServer
) -> None:
    async with two(store_address, tmp_path, ONE_REDIS_URL=redis.url, ONE_POLL_SECONDS="10000") as (first, second):
        cursor = await tells(first, second, ["a", "b", "c"])  # nobody looks by themselves
    async with two(store_address, tmp_path, ONE_REDIS_URL=redis.url, ONE_POLL_SECONDS="1") as (first, second):
        first.accounts[:] = first.accounts or second.accounts
        await redis.stop()
        await tells(first, second, ["d", "e"], cursor)
        await redis.start()
        await tells(first, second, ["f"])


async def refused(url: str, secret: str) -> int:
    """The code with which a connection is closed that somebody opens with that secret."""
    async with raw(url) as socket:
        await socket.send(type="connection_init", payload={"Authorization": f"Bearer {secret}"})
        with pytest.raises(ConnectionClosed) as closed:
            await socket.receive()
    assert closed.value.rcvd is not None
    return closed.value.rcvd.code


async def test_what_is_said_wrong_over_a_socket_is_answered_with_the_code_of_the_protocol(served: Served) -> None:
    secret = served.accounts[0].secret
    assert await refused(served.url, "one_nothing") == 4403
    for text, code in (("{", 4400), ("7", 4400), ('{"type": "what"}', 4400), ('{"type": "subscribe"}', 4400)):
        async with raw(served.url) as socket:
            await socket.connection.send(text)
            with pytest.raises(ConnectionClosed) as closed:
                await socket.receive()
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == code, text
    async with raw(served.url) as socket:
        await socket.subscribe()  # before it said who it is
        with pytest.raises(ConnectionClosed) as closed:
            await socket.receive()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4401
    async with opened(served.url, secret) as socket:
        await socket.send(id="1", type="subscribe", payload=["x"])
        with pytest.raises(ConnectionClosed) as closed:
            await socket.receive()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4400


async def test_a_socket_answers_pings_and_runs_queries_in_the_name_of_who_opened_it(served: Served) -> None:
    async with opened(served.url, served.accounts[0].secret) as socket:
        await socket.send(type="ping")
        assert await socket.receive() == {"type": "pong"}
        await socket.subscribe("q", "{ viewer { person { role } } }")
        assert (await socket.next())["data"] == {"viewer": {"person": {"role": "platform_owner"}}}
        assert await socket.receive() == {"id": "q", "type": "complete"}
    async with opened(served.url) as socket:
        await socket.subscribe()
        error = await socket.error()
        assert cast("dict[str, JSON]", error["extensions"])["code"] == "UNAUTHENTICATED"


async def test_limits_hold_for_subscriptions_as_for_everything(served: Served) -> None:
    async with opened(served.url, served.accounts[0].secret) as socket:
        deep = "slug"
        for _ in range(13):
            deep = f"parent {{ {deep} }}"
        await socket.subscribe("1", f"subscription {{ events {{ event {{ group {{ {deep} }} }} }} }}")
        message = await socket.receive()
        assert message["type"] == "error"
        [error] = cast("list[dict[str, dict[str, JSON]]]", message["payload"])
        assert error["extensions"]["code"] == "LIMIT_EXCEEDED"
        await socket.subscribe("2", after="nonsense")
        error = cast("dict[str, dict[str, JSON]]", await socket.error())
        assert (error["extensions"]["code"], error["extensions"]["field"]) == ("VALIDATION", "after")
        assert (await socket.receive())["type"] == "complete"
        for number in range(51):
            await socket.subscribe(f"n{number}")
        assert await socket.receive() == {
            "id": "n50",
            "type": "error",
            "payload": [{"message": "Subscription limit reached"}],
        }
    async with opened(served.url, served.accounts[0].secret) as socket:
        await socket.subscribe("big", "#" * 1_000_001)
        with pytest.raises(ConnectionClosed) as closed:
            await socket.receive()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1009


async def test_pages_of_other_origins_open_no_socket_and_cookies_count_with_the_own_one(
    served: Served, store: Store
) -> None:
    with pytest.raises(InvalidStatus) as answer:
        async with raw(served.url, origin="https://evil.example"):
            pass
    assert answer.value.response.status_code == 403
    async with httpx2.AsyncClient(base_url=served.url, timeout=60) as http:
        access = (await Accounts(store, http).join("eve")).access
    cookie = {"Cookie": f"__Host-one-access={access}"}
    async with opened(served.url, headers=cookie, origin=served.url) as socket:
        await socket.subscribe("q", "{ viewer { person { username } } }")
        assert (await socket.next())["data"] == {"viewer": {"person": {"username": "eve"}}}
    async with raw(served.url, headers=cookie) as socket:  # no browser: it would send its origin
        await socket.send(type="connection_init")
        with pytest.raises(ConnectionClosed) as closed:
            await socket.receive()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4403


@pytest.mark.usefixtures("store")
async def test_a_stream_shows_that_it_is_alive_and_a_query_over_one_is_complete(
    store_address: tuple[str, str, str], tmp_path: Path
) -> None:
    uri, user, password = store_address
    settings = {"ONE_STORE_USER": user, "ONE_STORE_PASSWORD": password, "ONE_HEARTBEAT_SECONDS": "0.2"}
    async with serving("--store", uri, "--data", str(tmp_path), settings=settings) as served:
        headers = {"Authorization": f"Bearer {served.accounts[0].secret}", "Accept": "text/event-stream"}
        async with httpx2.AsyncClient(base_url=served.url, timeout=60, headers=headers) as http:
            async with http.stream("POST", "/graphql", json={"query": FOLLOW}) as response:
                assert response.headers["content-type"] == "text/event-stream"
                assert response.headers["x-accel-buffering"] == "no"
                events = sent_events(response)
                assert [(await anext(events)).event for _ in range(4)] == [":"] * 4
            async with http.stream("GET", "/graphql", params={"query": "{ __typename }"}) as response:
                told = [each async for each in sent_events(response) if each.event != ":"]
            assert [(each.event, each.data) for each in told] == [
                ("next", '{"data":{"__typename":"Query"}}'),
                ("complete", ""),
            ]
            plain = await http.post("/graphql", json={"query": FOLLOW}, headers={"Accept": "application/json"})
            assert plain.json()["errors"][0]["message"].startswith("A subscription has no end")


ORDERS = """subscription ($of: OrdersOf!, $after: String) {
    orderUpdates(of: $of, after: $after) { cursor event { id type targetId } order { id state version } }
}"""


async def test_orders_are_followed_by_seller_by_customer_and_one_by_one(served: Served) -> None:
    async with api_of(served) as api:
        begin = str((await api.ask("{ eventCursor }")).at("eventCursor"))
        answer = await api.ask(
            """{
                viewer { person { id } }
                groups(first: 2) { nodes { id } }
                things(first: 1, filter: { type: "order" }) { nodes { id group { id } } }
            }"""
        )
        [known] = cast("list[dict[str, JSON]]", answer.at("things.nodes"))
        shop = cast("dict[str, JSON]", known["group"])["id"]
        elsewhere = next(each for each in answer.each("groups.nodes", "id") if each != shop)
        properties: JSON = {"category": "course", "price": {"amount": 500, "currency": "EUR"}}
        product: JSONObject = {
            "groupId": elsewhere, "type": "product", "name": "Mug", "status": "published", "properties": properties
        }  # fmt: skip
        made = await api.change("createThing", product, "thing { id }")
        line: JSON = {"productId": cast("dict[str, JSON]", made["thing"])["id"], "quantity": 1}
        placed = await api.change("placeOrder", {"lines": [line], "idempotencyKey": "one"}, "order { id }")
        orders = [str(known["id"]), str(cast("dict[str, JSON]", placed["order"])["id"])]
        labelled = await api.change("labelThing", {"id": orders[0], "label": "topic:a"}, "thing { version }")
        assert "thing" in labelled, labelled
        assert "order" in await api.change("cancelOrder", {"orderId": orders[1]}, "order { version }")
        wanted: list[tuple[JSON, str, list[str]]] = [
            ({"seller": shop}, orders[0], ["thing_labelled"]),
            ({"customer": answer.at("viewer.person.id")}, orders[1], ["order_created", "order_cancelled"]),
            ({"order": orders[0]}, orders[0], ["thing_labelled"]),
        ]
        for of, order, types in wanted:
            async with opened(served.url, str(api.secret)) as socket:
                await socket.subscribe("1", ORDERS, of=of, after=begin)
                for type_ in types:
                    result = await socket.next()
                    update = cast("dict[str, dict[str, dict[str, JSON]]]", result["data"])["orderUpdates"]
                    assert (update["event"]["type"], update["order"]["id"]) == (type_, order), of
                with pytest.raises(TimeoutError):
                    await socket.receive(within=0.5)


async def test_whoever_hangs_up_is_forgotten(served: Served) -> None:
    """More often than one person may follow at once, by both protocols."""
    secret = served.accounts[0].secret
    headers = {"Authorization": f"Bearer {secret}", "Accept": "text/event-stream"}
    async with httpx2.AsyncClient(base_url=served.url, timeout=60, headers=headers) as http:
        for _ in range(60):
            async with opened(served.url, secret) as socket:
                await socket.subscribe()
                socket.connection.transport.abort()
            async with http.stream("POST", "/graphql", json={"query": FOLLOW}) as response:
                assert (await anext(sent_events(response))).event == ":"
        async with opened(served.url, secret) as socket, api_of(served) as api:
            await socket.subscribe()
            await asyncio.sleep(0.5)
            await write(api, await home_of(api), "last")
            assert cast("dict[str, JSON]", (await socket.delivery())["event"])["type"] == "thing_created"

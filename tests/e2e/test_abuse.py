"""The published ways of wearing a GraphQL server out, against a real one.

Each is refused in bounded memory, and meanwhile the server answers whoever means well.
"""

import asyncio
import contextlib
import gzip
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Final, cast
from urllib.parse import urlsplit

import httpx2
import psutil
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from app.connections import HEAD_BYTES, HEAD_SECONDS
from app.subscriptions import LiveLimits
from domain.values import JSON
from graph.store import Statement, Store, Transaction, lock_clauses
from tests.conftest import wipe
from tests.e2e.followers import PROTOCOL, opened, raw
from tests.e2e.servers import Served, serving, unheard

pytestmark = [pytest.mark.slow, pytest.mark.once]

MIB: Final = 1024 * 1024
SOCKETS: Final = 20
OF_ONE: Final = 3
SECONDS: Final = 2
WELL_MEANT: Final = "{ publicGroups(first: 1) { nodes { slug } } }"


@pytest.fixture(scope="module")
async def abused(
    migrated_store: Store, store_address: tuple[str, str, str], tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Served]:
    """A server of the demo world that is stricter than one is by default."""
    uri, user, password = store_address
    settings = {
        "ONE_STORE_USER": user,
        "ONE_STORE_PASSWORD": password,
        "ONE_MAX_SOCKETS": str(SOCKETS),
        "ONE_MAX_OPERATIONS_OF_ONE": str(OF_ONE),
        "ONE_OPERATION_SECONDS": str(SECONDS),
    }
    await wipe(migrated_store)
    folder = tmp_path_factory.mktemp("abused")
    async with serving("--store", uri, "--data", str(folder), settings=settings) as server, unheard(server):
        yield server


@contextlib.asynccontextmanager
async def bounded(served: Served, mebibytes: int = 48) -> AsyncIterator[httpx2.AsyncClient]:
    """A client; what it does must not make the server grow by more than that, nor keep it from answering."""
    process = psutil.Process(served.process.pid)
    async with httpx2.AsyncClient(base_url=served.url, timeout=60) as http:
        await means_well(http)
        before = process.memory_info().rss
        yield http
        await means_well(http)
        grown = process.memory_info().rss - before
        assert grown < mebibytes * MIB, f"{grown / MIB:.0f} MiB"


async def means_well(http: httpx2.AsyncClient) -> None:
    """Ask what anybody may, and be answered."""
    response = await http.post("/graphql", json={"query": WELL_MEANT})
    assert response.json() == {"data": {"publicGroups": {"nodes": [{"slug": "aurora-shop"}]}}}, response.text


def query(text: str, **variables: JSON) -> str:
    """The body of a request."""
    return json.dumps({"query": text, "variables": variables})


def spread(times: int) -> str:
    """Fragments of which each spreads the next one twice."""
    fragments = " ".join(f"fragment f{n} on Group {{ ...f{n + 1} ...f{n + 1} }}" for n in range(times))
    return f'{{ group(slug: "a") {{ ...f0 }} }} {fragments} fragment f{times} on Group {{ id }}'


INTROSPECTED: Final = "fields { type { " * 12 + "name" + " } }" * 12
OVERLOADS: Final[Mapping[str, tuple[str, set[str]]]] = {
    "deep": (query('{ group(slug: "a") ' + "{ parent " * 20_000 + "{ id }" + " }" * 20_000), {"BAD_REQUEST"}),
    "wide": (query('{ group(slug: "a") { ' + "id " * 100_000 + "} }"), {"BAD_REQUEST"}),
    "wide within the tokens": (query('{ group(slug: "a") { ' + "id " * 4_000 + "} }"), {"LIMIT_EXCEEDED"}),
    "aliases": (query("{ " + " ".join(f"a{n}: viewer {{ scope }}" for n in range(700)) + " }"), {"LIMIT_EXCEEDED"}),
    "directives": (query("{ viewer { scope " + "@include(if: true) " * 700 + "} }"), {"LIMIT_EXCEEDED"}),
    "directives that there are not": (query("{ viewer { scope " + "@a " * 2_000 + "} }"), {"LIMIT_EXCEEDED"}),
    "fragments": (query(spread(60)), {"LIMIT_EXCEEDED"}),
    "fragments in a circle": (
        query('{ group(slug: "a") { ...a } } fragment a on Group { ...b } fragment b on Group { ...a }'),
        {"BAD_REQUEST"},
    ),
    "a batch": (json.dumps([{"query": WELL_MEANT}] * 5_000), {"BAD_REQUEST"}),
    "a huge page": (query("{ publicGroups(first: 2000000000) { nodes { id } } }"), {"VALIDATION"}),
    "pages in pages": (
        query(
            "query ($n: Int!) { publicGroups(first: $n) { nodes { things(first: $n) { nodes { "
            "connections(first: $n) { nodes { id } } } } } } }",
            n=100,
        ),
        {"LIMIT_EXCEEDED"},
    ),
    "a huge list of ids": (query("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=["a"] * 90_000),
        {"LIMIT_EXCEEDED"}),
    "variables in variables": (query(WELL_MEANT)[:-1] + ', "x": ' + "[" * 400_000 + "]" * 400_000 + "}",
        {"BAD_REQUEST"}),
    "a number without an end": (query(f"{{ publicGroups(first: {'9' * 900_000}) {{ nodes {{ id }} }} }}"),
        {"BAD_REQUEST"}),
    "the schema of the schema": (query("{ __schema { types { " + INTROSPECTED + " } } }"), {"BAD_REQUEST"}),
    "errors without an end": (query("{ " + " ".join(f"x{n}" for n in range(90)) + " }"), {"BAD_REQUEST"}),
}  # fmt: skip


@pytest.mark.parametrize("attack", OVERLOADS)
async def test_an_operation_made_to_overload_is_refused(abused: Served, attack: str) -> None:
    body, codes = OVERLOADS[attack]
    async with bounded(abused) as http:
        for _ in range(5):
            answers = await asyncio.gather(*(http.post("/graphql", content=body, headers=JSON_BODY) for _ in range(2)))
            for answer in answers:
                told = cast("Sequence[Mapping[str, Mapping[str, str]]]", answer.json()["errors"])
                assert {each["extensions"]["code"] for each in told} == codes, answer.text[:500]
                assert len(answer.content) < 50_000


JSON_BODY: Final = {"Content-Type": "application/json"}


async def test_a_stream_of_documents_of_which_none_comes_again_fills_nothing(abused: Served) -> None:
    async with bounded(abused, 96) as http:
        for number in range(1_000):
            padding = " ".join(f"a{each}_{number}: slug" for each in range(60))
            answer = await http.post(
                "/graphql", json={"query": f"{{ publicGroups(first: 1) {{ nodes {{ {padding} }} }} }}"}
            )
            assert "errors" not in answer.json(), answer.text


@pytest.mark.parametrize("encoding", ["gzip", "deflate, gzip", "br"])
async def test_a_body_that_would_have_to_be_inflated_is_not(abused: Served, encoding: str) -> None:
    bomb = gzip.compress(b" " * 200 * MIB)
    async with bounded(abused, 16) as http:
        answer = await http.post("/graphql", content=bomb, headers={**JSON_BODY, "Content-Encoding": encoding})
        assert answer.status_code == 415
        assert answer.headers["Accept-Encoding"] == "identity"
        assert answer.json()["errors"][0]["extensions"] == {"code": "BAD_REQUEST"}


async def test_nothing_is_inflated_over_a_socket_either(abused: Served) -> None:
    address = f"ws{abused.url.removeprefix('http')}/graphql"
    async with connect(address, subprotocols=[PROTOCOL], compression="deflate", proxy=None) as socket:
        assert socket.response is not None
        assert "Sec-WebSocket-Extensions" not in socket.response.headers


async def test_one_address_opens_so_many_sockets_and_those_that_say_nothing_are_closed(abused: Served) -> None:
    async with bounded(abused) as http, contextlib.AsyncExitStack() as stack:
        sockets = [await stack.enter_async_context(raw(abused.url)) for _ in range(SOCKETS)]
        with pytest.raises(InvalidStatus) as refused:
            await stack.enter_async_context(raw(abused.url))
        assert refused.value.response.status_code == 429
        await means_well(http)
        for each in sockets:
            with pytest.raises(ConnectionClosed) as closed:
                await each.receive(within=LiveLimits().init_seconds + 10)
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 4408
        async with opened(abused.url):
            pass


async def test_one_person_opens_so_many_sockets_and_others_open_theirs(abused: Served) -> None:
    mine, others = (account.secret for account in abused.accounts[:2])
    async with contextlib.AsyncExitStack() as stack:
        for _ in range(SOCKETS):
            await stack.enter_async_context(opened(abused.url, mine))
        async with raw(abused.url) as socket:
            await socket.send(type="connection_init", payload={"Authorization": f"Bearer {mine}"})
            with pytest.raises(ConnectionClosed) as closed:
                await socket.receive()
            assert closed.value.rcvd is not None
            assert (closed.value.rcvd.code, "close one of them" in closed.value.rcvd.reason) == (1013, True)
        await stack.enter_async_context(opened(abused.url, others))
    async with opened(abused.url, mine):
        pass


async def test_a_flood_of_messages_holds_up_nobody_else(abused: Served) -> None:
    async with bounded(abused) as http, opened(abused.url, abused.accounts[0].secret) as socket:
        for number in range(2_000):
            await socket.subscribe(f"q{number}", WELL_MEANT)
            if not number % 200:
                await means_well(http)
        ended = 0
        while ended < 2_000:
            ended += (await socket.receive())["type"] in {"complete", "error"}


HOLD: Final[Statement[str]] = Statement(
    "hold", f"MATCH (group:Group {{slug: 'aurora'}}) {lock_clauses('group')} RETURN group.id AS row"
)
RENAME: Final = """mutation ($id: ID!) {
    updateGroup(input: {id: $id, version: 1, name: "Renamed"}) { __typename }
}"""


async def test_operations_over_a_socket_are_limited_as_those_by_request_are(
    abused: Served, migrated_store: Store
) -> None:
    locked: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    over = asyncio.Event()

    async def work(transaction: Transaction) -> None:
        locked.set_result((await transaction.run(HOLD, {}))[0])
        await over.wait()

    holding = asyncio.create_task(migrated_store.write(work))
    try:
        group = await locked
        async with opened(abused.url, abused.accounts[0].secret) as socket:
            for number in range(OF_ONE + 1):
                await socket.subscribe(str(number), RENAME, id=group)
            codes: dict[JSON, JSON] = {}
            while len(codes) < OF_ONE + 1:
                message = await socket.receive()
                if message["type"] != "complete":
                    codes[message["id"]] = code_of(message)
        told = sorted(map(str, codes.values()))
        assert told == ["DEADLINE_EXCEEDED"] * OF_ONE + ["RATE_LIMITED"]
    finally:
        over.set()
        await holding


def code_of(message: Mapping[str, JSON]) -> JSON:
    """The code of the one error in a message, be it a result or why there is none."""
    payload = message["payload"]
    errors = payload if isinstance(payload, list) else cast("Mapping[str, JSON]", payload)["errors"]
    [error] = cast("Sequence[Mapping[str, Mapping[str, JSON]]]", errors)
    return error["extensions"]["code"]


async def test_a_head_that_does_not_end_is_not_waited_for(abused: Served) -> None:
    place = urlsplit(abused.url)
    whole = b"GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n"
    begun = (
        b"",
        b"GET /graphql HTTP/1.1\r\nHost: a\r\nX-Slow: a",
        b"POST /graph",
        b"\r\n",
        whole + b"\r\n",
        whole + b"G",
    )
    async with bounded(abused) as http:
        streams = [await asyncio.open_connection(place.hostname, place.port) for _ in range(30)]
        for number, (_, writer) in enumerate(streams):
            writer.write(begun[number % len(begun)])
        await means_well(http)
        for reader, writer in streams:
            answered = await asyncio.wait_for(reader.read(), HEAD_SECONDS + 10)
            assert answered == b"" or answered.startswith(b"HTTP/1.1 200")
            writer.close()


async def test_a_head_that_is_too_long_is_not_read(abused: Served) -> None:
    place = urlsplit(abused.url)
    async with bounded(abused, 16) as http:
        reader, writer = await asyncio.open_connection(place.hostname, place.port)
        writer.write(b"GET /graphql HTTP/1.1\r\nHost: a\r\n")
        with contextlib.suppress(ConnectionError):
            for number in range(40 * MIB // 4_096):
                writer.write(b"X-%d: %s\r\n" % (number, b"a" * 4_096))
                await writer.drain()
        with contextlib.suppress(ConnectionError):  # it does not read what it has closed on
            assert (await reader.read()).startswith(b"HTTP/1.1 431")
        writer.close()
        headers = {f"X-{number}": "a" * 1_000 for number in range(HEAD_BYTES // 1_000 - 2)}
        assert (await http.post("/graphql", json={"query": WELL_MEANT}, headers=headers)).status_code == 200

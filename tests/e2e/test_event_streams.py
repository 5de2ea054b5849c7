"""Many operations over one stream of server-sent events: the single connection mode of graphql-sse, edge by edge."""

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import httpx2
import pytest

from app.event_streams import MOST, TOKEN
from domain.access import Caller
from domain.trusted_documents import CheckedDocument
from domain.values import JSON, now
from graph.store import Store
from services.trusted_documents import push
from tests.accounts import Accounts
from tests.e2e.followers import FOLLOW, SentEvent, sent_events
from tests.e2e.servers import Served, serving, two
from tests.e2e.test_live_updates import THINGS, api_of, home_of, write

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

NAME = "{ viewer { person { role } } }"


@dataclass
class Client:
    """Somebody with a stream."""

    http: httpx2.AsyncClient
    token: str

    async def begin(self, name: JSON, query: str = FOLLOW, **variables: JSON) -> httpx2.Response:
        """Begin an operation."""
        body = {"query": query, "variables": variables, "extensions": {"operationId": name}}
        return await self.http.post("/graphql", json=body, headers={TOKEN: self.token})

    async def stop(self, name: str) -> httpx2.Response:
        """Stop one."""
        return await self.http.delete("/graphql", params={"operationId": name}, headers={TOKEN: self.token})

    @contextlib.asynccontextmanager
    async def opened(self) -> AsyncIterator[AsyncGenerator[SentEvent]]:
        """The stream, whose first heartbeat has come."""
        headers = {TOKEN: self.token, "Accept": "text/event-stream"}
        async with self.http.stream("GET", "/graphql", headers=headers) as response:
            assert response.status_code == 200
            assert response.headers["content-type"] == "text/event-stream"
            events = sent_events(response)
            assert (await anext(events)).event == ":"
            yield events


@contextlib.asynccontextmanager
async def client_of(served: Served, secret: str | None = None) -> AsyncIterator[Client]:
    """Whoever has the secret, with a stream that is reserved."""
    headers = {"Authorization": f"Bearer {secret or served.accounts[0].secret}"}
    async with httpx2.AsyncClient(base_url=served.url, timeout=30, headers=headers) as http:
        yield Client(http, await reserved(http))


async def reserved(http: httpx2.AsyncClient) -> str:
    """The token of a new reservation."""
    response = await http.put("/graphql")
    assert (response.status_code, response.headers["cache-control"]) == (201, "no-store"), response.text
    return response.text


async def told(events: AsyncGenerator[SentEvent]) -> tuple[str, str, JSON]:
    """The next event but for heartbeats: what it is, of which operation, and its payload."""
    while (each := await asyncio.wait_for(anext(events), 20)).event == ":":
        pass
    data = cast("Mapping[str, JSON]", json.loads(each.data))
    assert each.id is None, "there is no cursor of all operations"
    return each.event, str(data["id"]), data.get("payload")


def code_of(response: httpx2.Response) -> tuple[int, str]:
    """The status of a refusal, and its code."""
    return response.status_code, str(response.json()["errors"][0]["extensions"]["code"])


async def test_operations_answer_over_one_stream_each_under_its_id(served: Served) -> None:
    async with client_of(served) as client, api_of(served) as api:
        group = await home_of(api)
        assert (await client.begin("early", NAME)).status_code == 202  # before the stream is open
        async with client.opened() as events:
            role = {"data": {"viewer": {"person": {"role": "platform_owner"}}}}
            assert await told(events) == ("next", "early", role)
            assert await told(events) == ("complete", "early", None)
            response = await client.begin("a", filter=THINGS)
            assert (response.status_code, response.content) == (202, b"")
            assert (await client.begin("b", filter=THINGS)).status_code == 202
            await asyncio.sleep(0.5)
            await write(api, group, "first")
            both = [await told(events) for _ in "ab"]
            assert sorted(each[1] for each in both) == ["a", "b"]
            assert both[0][2] == both[1][2]
            assert (await client.stop("a")).status_code == 200
            await write(api, group, "second")
            assert (await told(events))[:2] == ("next", "b")
            assert (await client.begin("a", NAME)).status_code == 202  # the id is free again
            assert [(await told(events))[:2] for _ in "ab"] == [("next", "a"), ("complete", "a")]
            assert (await client.stop("nothing")).status_code == 200


async def test_a_trusted_document_is_begun_by_its_id(served: Served, store: Store) -> None:
    await push(store, Caller(None), now, [CheckedDocument("who", NAME, "")])
    async with client_of(served) as client, client.opened() as events:
        headers, operation = {TOKEN: client.token}, {"extensions": {"operationId": "a"}}
        begun = await client.http.post("/graphql", json={"documentId": "who", **operation}, headers=headers)
        assert begun.status_code == 202
        assert await told(events) == ("next", "a", {"data": {"viewer": {"person": {"role": "platform_owner"}}}})
        assert await told(events) == ("complete", "a", None)
        unknown = await client.http.post("/graphql", json={"documentId": "none", **operation}, headers=headers)
        assert code_of(unknown) == (400, "DOCUMENT_UNKNOWN")


async def test_what_goes_wrong_is_answered_as_the_protocol_says(served: Served) -> None:
    async with client_of(served) as client:
        unknown = Client(client.http, "elsewhere.token")
        other = Client(client.http, f"{client.token[:-1]}{'a' if client.token[-1] != 'a' else 'b'}")
        for nobody in (unknown, other):
            assert code_of(await nobody.begin("a")) == (404, "NOT_FOUND")
            assert code_of(await nobody.stop("a")) == (404, "NOT_FOUND")
            assert code_of(await client.http.get("/graphql", headers={TOKEN: nobody.token})) == (404, "NOT_FOUND")
        message = (await unknown.begin("a")).json()["errors"][0]["message"]
        assert message.startswith("This stream was reserved at another server")
        for wrong in (None, 7, "", "x" * 201):
            assert code_of(await client.begin(wrong)) == (400, "BAD_REQUEST"), wrong
        assert code_of(await client.begin("a", "{ nothing }")) == (400, "BAD_REQUEST")
        assert code_of(await client.begin("a", "{")) == (400, "BAD_REQUEST")
        assert code_of(await client.http.post("/graphql", data={"query": NAME}, headers={TOKEN: client.token})) == (
            415,
            "BAD_REQUEST",
        )
        assert code_of(await client.http.delete("/graphql", params={"operationId": "a"})) == (400, "BAD_REQUEST")
        assert (await client.http.patch("/graphql", headers={TOKEN: client.token})).status_code == 405
        assert (await client.begin("a")).status_code == 202
        assert code_of(await client.begin("a")) == (409, "CONFLICT")
        async with client.opened() as events:
            second = await client.http.get("/graphql", params={"token": client.token})
            assert code_of(second) == (409, "CONFLICT")
            assert (await client.begin("late", FOLLOW, after="nonsense")).status_code == 202
            event, name, payload = await told(events)
            assert (event, name) == ("next", "late")
            errors = cast("Mapping[str, list[Mapping[str, Mapping[str, JSON]]]]", payload)["errors"]
            assert errors[0]["extensions"]["code"] == "VALIDATION"
            assert await told(events) == ("complete", "late", None)
            for number in range(49):
                assert (await client.begin(f"n{number}")).status_code == 202
            full = await client.begin("n49")
            assert (code_of(full), full.headers["retry-after"]) == ((429, "RATE_LIMITED"), "5")
            await client.stop("n0")
            assert (await client.begin("n49")).status_code == 202
        await gone(client)


async def gone(client: Client) -> None:
    """See that the server has forgotten a stream."""
    async with asyncio.timeout(20):
        while True:
            if (await client.stop("a")).status_code == 404:
                return
            await asyncio.sleep(0.05)


async def test_a_stream_is_for_the_person_who_reserved_it(served: Served) -> None:
    async with (
        client_of(served) as client,
        client_of(served, served.accounts[1].secret) as other,
        httpx2.AsyncClient(base_url=served.url, timeout=30) as http,
    ):
        stranger, nobody = Client(other.http, client.token), Client(http, client.token)
        assert code_of(await stranger.begin("a")) == (404, "NOT_FOUND")
        assert code_of(await stranger.stop("a")) == (404, "NOT_FOUND")
        assert code_of(await nobody.begin("a")) == (401, "UNAUTHENTICATED")
        assert code_of(await nobody.stop("a")) == (401, "UNAUTHENTICATED")
        assert code_of(await http.put("/graphql")) == (401, "UNAUTHENTICATED")
        async with nobody.opened():  # an EventSource can send nothing but the token
            pass


async def test_whoever_hangs_up_is_forgotten_with_all_that_they_followed(served: Served) -> None:
    """More often than one person may have streams, and follow logs, at once."""
    for _ in range(6):
        async with client_of(served) as client:
            async with client.opened() as events:
                for number in range(30):
                    assert (await client.begin(f"n{number}")).status_code == 202
            await events.aclose()
            await gone(client)
    async with client_of(served) as client, client.opened() as events, api_of(served) as api:
        assert (await client.begin("a", filter=THINGS)).status_code == 202
        await asyncio.sleep(0.5)
        await write(api, await home_of(api), "last")
        assert (await told(events))[:2] == ("next", "a")


async def test_nobody_reserves_too_many_streams(served: Served) -> None:
    async with client_of(served) as client:
        for _ in range(MOST - 1):
            await reserved(client.http)
        full = await client.http.put("/graphql")
        assert (code_of(full), full.headers["retry-after"]) == ((429, "RATE_LIMITED"), "5")
        async with client_of(served, served.accounts[1].secret) as another, another.opened():
            pass  # others have their own
        await asyncio.sleep(10.5)  # what nobody opened is gone
        assert code_of(await client.begin("a")) == (404, "NOT_FOUND")
        await reserved(client.http)


async def test_a_session_that_ends_ends_what_goes_over_a_stream(served: Served, store: Store) -> None:
    async with httpx2.AsyncClient(base_url=served.url, timeout=60) as http:
        eve = await Accounts(store, http).join("eve")
        async with client_of(served, eve.access) as client, client_of(served, eve.access) as unopened:
            async with client.opened() as events:
                assert (await client.begin("a", filter={"type": "product_archived"})).status_code == 202
                await asyncio.sleep(0.5)
                assert (await eve.api.ask("mutation { signOut { __typename } }")).status == 200
                event, name, payload = await told(events)
                assert (event, name) == ("next", "a")
                errors = cast("Mapping[str, list[Mapping[str, Mapping[str, JSON]]]]", payload)["errors"]
                assert errors[0]["extensions"]["code"] == "UNAUTHENTICATED"
                assert await told(events) == ("complete", "a", None)
                assert code_of(await client.begin("b")) == (401, "UNAUTHENTICATED")
            late = await http.get("/graphql", headers={TOKEN: unopened.token})
            assert code_of(late) == (401, "UNAUTHENTICATED")


async def test_cookies_count_from_the_own_origin_alone_and_none_is_set_over_a_stream(
    served: Served, store: Store
) -> None:
    async with httpx2.AsyncClient(base_url=served.url, timeout=60) as http:
        access = (await Accounts(store, http).join("eve")).access
    cookie = {"Cookie": f"__Host-one-access={access}"}
    async with httpx2.AsyncClient(base_url=served.url, timeout=30, headers=cookie) as http:
        assert code_of(await http.put("/graphql")) == (403, "FORBIDDEN")
        assert code_of(await http.put("/graphql", headers={"Origin": "https://evil.example"})) == (403, "FORBIDDEN")
        http.headers["Origin"] = served.url
        client = Client(http, await reserved(http))
        async with client.opened() as events:
            assert (await client.begin("q", "{ viewer { person { username } } }")).status_code == 202
            assert (await told(events))[2] == {"data": {"viewer": {"person": {"username": "eve"}}}}
            assert (await told(events))[0] == "complete"
            signing_in = """mutation { signIn(input: {
                email: "eve@one.example", password: "violet anchor 94 meadow", delivery: cookie
            }) { __typename ... on AppError { message } } }"""
            assert (await client.begin("s", signing_in)).status_code == 202
            answer = cast("Mapping[str, Mapping[str, Mapping[str, str]]]", (await told(events))[2])
            assert answer["data"]["signIn"]["message"].startswith("No cookies can be set here")
            http.headers["Origin"] = "https://evil.example"
            assert code_of(await client.begin("x", NAME)) == (403, "FORBIDDEN")
            assert code_of(await client.stop("s")) == (403, "FORBIDDEN")


async def test_a_server_that_stops_ends_its_streams_without_completing_anything(served: Served) -> None:
    async with client_of(served) as client, client.opened() as events:
        assert (await client.begin("a")).status_code == 202
        await asyncio.sleep(0.5)
        assert await served.stop(within=10) == 0
        assert [each async for each in events if each.event != ":"] == []


@pytest.mark.usefixtures("store")
async def test_a_stream_lives_in_the_server_that_reserved_it(
    store_address: tuple[str, str, str], tmp_path: Path
) -> None:
    async with (
        two(store_address, tmp_path) as (first, second),
        client_of(first, (first.accounts or second.accounts)[0].secret) as here,
    ):
        headers = here.http.headers
        async with httpx2.AsyncClient(base_url=second.url, timeout=30, headers=headers) as http:
            there = Client(http, here.token)
            for response in (await there.begin("a"), await there.stop("a")):
                assert code_of(response) == (404, "NOT_FOUND")
                assert response.json()["errors"][0]["message"].startswith("This stream was reserved at another server")
        async with here.opened():
            pass


@pytest.mark.usefixtures("store")
async def test_a_client_that_does_not_read_is_cut_off(store_address: tuple[str, str, str], tmp_path: Path) -> None:
    uri, user, password = store_address
    settings = {"ONE_STORE_USER": user, "ONE_STORE_PASSWORD": password, "ONE_PATIENCE_SECONDS": "1"}
    async with serving("--store", uri, "--data", str(tmp_path), settings=settings) as served, api_of(served) as api:
        cursor = str((await api.ask("{ eventCursor }")).at("eventCursor"))
        group = await home_of(api)
        changes: JSON = [
            {"createThing": {"groupId": group, "type": "blog_post", "name": f"t{number}"}} for number in range(100)
        ]
        for _ in range(3):
            assert (await api.change("applyChanges", {"changes": changes}))["__typename"] == "ApplyChangesSuccess"
        wide = " ".join(f"a{number}: properties" for number in range(90))
        big = f"subscription ($after: String) {{ events(after: $after) {{ cursor event {{ id {wide} }} }} }}"
        async with client_of(served) as client, client.opened():
            for number in range(40):  # together far more than what the sockets of both sides hold
                assert (await client.begin(f"n{number}", big, after=cursor)).status_code == 202
            await gone(client)
            assert (await api.ask("{ __typename }")).status == 200

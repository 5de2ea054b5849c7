"""An operator registers what a front end was built with, and servers run that and nothing else."""

import contextlib
import hashlib
import json
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import httpx2
import pytest
from websockets.exceptions import ConnectionClosed

from domain.values import JSON, JSONObject
from graph.store import Store
from tests.client import Answer
from tests.commands import one
from tests.e2e.followers import Socket, opened
from tests.e2e.servers import Served, serving

pytestmark = [pytest.mark.slow, pytest.mark.once, pytest.mark.timeout(300)]

VIEWER = "query Viewer { viewer { person { displayName } } }"
GROUP = "query Group($slug: String!) { group(slug: $slug) { name } }"
FOLLOW = "subscription Follow { events { event { type } } }"
ADA = {"viewer": {"person": {"displayName": "Ada Operator"}}}


@contextlib.asynccontextmanager
async def trusting(address: tuple[str, str, str], folder: Path) -> AsyncIterator[Served]:
    uri, user, password = address
    settings = {"ONE_STORE_USER": user, "ONE_STORE_PASSWORD": password, "ONE_DOCUMENTS": "trusted"}
    async with serving("--store", uri, "--data", str(folder), settings=settings) as server:
        yield server


def manifest(folder: Path, content: JSON) -> str:
    file = folder / "manifest.json"
    file.write_text(json.dumps(content))
    return str(file)


async def asked(http: httpx2.AsyncClient, body: JSONObject) -> Answer:
    response = await http.post("/graphql", json=body)
    return Answer(response.status_code, response.json(), response.headers)


async def said(socket: Socket, **payload: JSON) -> JSON:
    """What an operation that ends by itself answers: its data, or the code of its error."""
    await socket.start("1", **payload)
    message = await socket.receive()
    if message["type"] == "error":
        answer: Mapping[str, JSON] = {"errors": message["payload"]}
        return Answer(200, answer, {}).codes[0]
    assert message["type"] == "next", message
    assert (await socket.receive())["type"] == "complete"
    return message["payload"]


async def test_what_is_pushed_is_run_by_get_and_post_and_over_websocket_and_nothing_else_is(
    store: Store, store_address: tuple[str, str, str], tmp_path: Path
) -> None:
    del store  # it is empty
    async with trusting(store_address, tmp_path) as server:
        secret = server.accounts[0].secret
        headers = {"Authorization": f"Bearer {secret}"}
        async with httpx2.AsyncClient(base_url=server.url, headers=headers, timeout=60) as http:
            assert (await asked(http, {"documentId": "viewer"})).codes == ["DOCUMENT_UNKNOWN"]
            file = manifest(tmp_path, {"viewer": VIEWER, "group": GROUP, "follow": FOLLOW})
            pushed = await one(store_address, "documents", "push", file)
            assert pushed[:2] == (0, "3 documents were registered, 0 were already.\n")

            assert (await asked(http, {"documentId": "viewer"})).data == ADA
            given = {"documentId": "group", "variables": '{"slug": "aurora"}', "operationName": "Group"}
            assert (await http.get("/graphql", params=given)).json() == {"data": {"group": {"name": "Aurora"}}}
            assert (await asked(http, {"query": VIEWER})).codes == ["DOCUMENT_REQUIRED"]
            introspection = await http.get("/graphql", params={"query": "{ __schema { queryType { name } } }"})
            assert introspection.json()["errors"][0]["extensions"]["code"] == "DOCUMENT_REQUIRED"
            page = await http.get("/graphql", headers={"Accept": "text/html"})
            assert "runs trusted documents only" in page.text

        async with opened(server.url, secret) as socket:
            assert await said(socket, documentId="viewer") == {"data": ADA}
            by_slug = await said(socket, documentId="group", variables={"slug": "aurora"})
            assert by_slug == {"data": {"group": {"name": "Aurora"}}}
            assert await said(socket, extensions={"persistedQuery": {"version": 1, "sha256Hash": "viewer"}}) == {
                "data": ADA
            }
            assert await said(socket, query=VIEWER) == "DOCUMENT_REQUIRED"
            assert await said(socket, documentId="none") == "DOCUMENT_UNKNOWN"
            await socket.start("2", documentId="follow")
            again = await one(store_address, "documents", "push", manifest(tmp_path, {"viewer": VIEWER, "new": GROUP}))
            assert again[:2] == (0, "1 documents were registered, 1 were already.\n")
            delivered = await socket.delivery()
            assert delivered == {"event": {"type": "documents_registered"}}


async def test_a_socket_over_which_nothing_is_asked_or_nonsense_is_closed(served: Served) -> None:
    nonsense: list[JSONObject] = [{}, {"documentId": 7}, {"documentId": None}, {"extensions": {"persistedQuery": "x"}}]
    for payload in nonsense:
        async with opened(served.url, served.accounts[0].secret) as socket:
            await socket.start("1", **payload)
            with pytest.raises(ConnectionClosed) as closed:
                await socket.receive()
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 4400


async def test_a_hash_is_known_over_a_websocket_once_its_text_came(served: Served) -> None:
    extensions: JSON = {"persistedQuery": {"version": 1, "sha256Hash": hashlib.sha256(VIEWER.encode()).hexdigest()}}
    async with opened(served.url, served.accounts[0].secret) as socket:
        assert await said(socket, extensions=extensions) == "PERSISTED_QUERY_NOT_FOUND"
        assert await said(socket, query=VIEWER, extensions=extensions) == {"data": ADA}
        assert await said(socket, extensions=extensions) == {"data": ADA}


async def test_the_commands_register_all_or_nothing_and_name_what_is_wrong(
    store: Store, store_address: tuple[str, str, str], tmp_path: Path
) -> None:
    del store  # it is empty
    operations: list[JSON] = [
        {"id": "a1", "name": "Viewer", "type": "query", "body": VIEWER},
        {"id": "b2", "name": "Group", "type": "query", "body": GROUP.replace("name", "nothing")},
    ]
    form: JSONObject = {"format": "apollo-persisted-query-manifest", "version": 1}
    file = manifest(tmp_path, {**form, "operations": operations})
    code, out, error = await one(store_address, "documents", "push", file)
    assert (code, out) == (1, "")
    assert error.startswith("b2 (Group): Cannot query field 'nothing' on type 'Group'.")
    assert await one(store_address, "documents", "list") == (0, "", "")

    file = manifest(tmp_path, {**form, "operations": operations[:1]})
    assert (await one(store_address, "documents", "push", file))[0] == 0
    code, out, error = await one(store_address, "documents", "push", manifest(tmp_path, {"a1": GROUP, "c3": GROUP}))
    assert (code, out) == (1, "")
    assert "An id stands for one text for ever" in error
    assert "'a1'" in error
    code, out, _ = await one(store_address, "documents", "list")
    [line] = out.splitlines()
    assert line.split()[0] == "a1"
    assert line.split()[2:] == [str(len(VIEWER)), "Viewer"]

    code, _, error = await one(store_address, "documents", "forget", "a1", "c3")
    assert (code, "'c3'" in error) == (1, True)
    assert await one(store_address, "documents", "forget", "a1") == (0, "1 documents were forgotten.\n", "")
    assert await one(store_address, "documents", "list") == (0, "", "")
    code, _, error = await one(store_address, "documents", "push", str(tmp_path / "none.json"))
    assert (code, "Cannot read" in error) == (1, True)

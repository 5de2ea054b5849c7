"""In which form an operation is answered: as the client says that it takes it, where it takes several."""

from collections.abc import Mapping

import httpx2
import pytest

from domain.access import Caller
from domain.trusted_documents import CheckedDocument
from domain.values import now
from services.trusted_documents import push
from tests.worlds import World

pytestmark = pytest.mark.slow

STREAM = "text/event-stream"
URQL = (
    "application/graphql-response+json, application/graphql+json, application/json, text/event-stream, multipart/mixed"
)
RESPONSE_JSON = "application/graphql-response+json; charset=utf-8"
WRONG_CURSOR = 'subscription Follow { events(after: "x") { cursor } }'
"""Ends at once."""

NAMES = 'query Names { node(id: "subscription") { id } }'


async def _ask(world: World, accept: str, method: str, question: Mapping[str, str]) -> httpx2.Response:
    headers = {"Authorization": world.api.authorization, "Accept": accept}
    http = world.api.http
    if method == "GET":
        return await http.get("/graphql", params=question, headers=headers)
    return await http.post("/graphql", json=question, headers=headers)


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("accept", [URQL, "text/event-stream, application/graphql-response+json;q=0.9"])
async def test_a_query_is_no_stream_for_who_takes_json_too(shared_world: World, accept: str, method: str) -> None:
    answer = await _ask(shared_world, accept, method, {"query": "{ viewer { scope } }"})
    assert answer.headers["content-type"] == RESPONSE_JSON
    assert answer.json() == {"data": {"viewer": {"scope": "write"}}}
    wrong = await _ask(shared_world, accept, method, {"query": "{ nothing }"})
    assert (wrong.status_code, wrong.headers["content-type"]) == (400, RESPONSE_JSON)


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_query_is_a_stream_for_who_takes_nothing_else(shared_world: World, method: str) -> None:
    answer = await _ask(shared_world, STREAM, method, {"query": "{ viewer { scope } }"})
    assert answer.headers["content-type"] == STREAM
    assert 'data: {"data":{"viewer":{"scope":"write"}}}' in answer.text


@pytest.mark.parametrize("accept", [STREAM, URQL])
async def test_a_subscription_is_a_stream_for_who_takes_one(shared_world: World, accept: str) -> None:
    question = {"query": f"{WRONG_CURSOR} {NAMES}", "operationName": "Follow"}
    answer = await _ask(shared_world, accept, "POST", question)
    assert answer.headers["content-type"] == STREAM
    assert '"field":"after"' in answer.text


async def test_what_is_asked_for_by_name_beside_a_subscription_is_no_stream(shared_world: World) -> None:
    question = {"query": f"{WRONG_CURSOR} {NAMES}", "operationName": "Names"}
    answer = await _ask(shared_world, URQL, "POST", question)
    assert answer.headers["content-type"] == RESPONSE_JSON
    assert answer.json()["errors"][0]["extensions"]["field"] == "id"


@pytest.mark.parametrize(
    "query", ["subscription {", "subscription " + "{ a" * 3_000, "subscription { events { cursor } }" * 1_000]
)
async def test_what_cannot_be_told_to_be_a_subscription_is_refused_in_json(shared_world: World, query: str) -> None:
    answer = await _ask(shared_world, URQL, "POST", {"query": query})
    assert (answer.status_code, answer.headers["content-type"]) == (400, RESPONSE_JSON)
    assert "data" not in answer.json()


@pytest.mark.parametrize("accept", [STREAM, URQL])
async def test_a_trusted_subscription_is_a_stream_for_who_takes_one(world: World, accept: str) -> None:
    await push(world.store, Caller(None), now, [CheckedDocument("follow", WRONG_CURSOR, "Follow")])
    answer = await _ask(world, accept, "POST", {"documentId": "follow"})
    assert answer.headers["content-type"] == STREAM
    assert '"field":"after"' in answer.text


@pytest.mark.parametrize("asked", ["names", "none"])
async def test_a_trusted_query_and_an_unknown_id_are_no_stream_for_who_takes_json(
    world: World, statements: list[str], asked: str
) -> None:
    await push(world.store, Caller(None), now, [CheckedDocument("names", NAMES, "Names")])
    answer = await _ask(world, URQL, "POST", {"documentId": asked})
    assert answer.headers["content-type"] == RESPONSE_JSON
    assert (
        answer.json()["errors"][0]["extensions"]["code"] == {"names": "VALIDATION", "none": "DOCUMENT_UNKNOWN"}[asked]
    )
    assert statements.count("fetch_trusted_document") == 1

"""Trusted documents: what is registered is run by its id, whichever way it comes; in trusted mode nothing else is."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import cast

import httpx2
import pytest
from strawberry import Schema

from domain.access import Caller
from domain.errors import ConflictError, NotFoundError
from domain.trusted_documents import CheckedDocument, DocumentPolicy, Pushed
from domain.values import JSON, JSONObject, now
from execution.executor import CompiledExecution
from execution.schema import compiled
from graph.store import Store
from resolvers.limits import DOCUMENTS
from services import trusted_documents
from services.kept_texts import KeptTexts
from services.trusted_documents import TrustedDocuments, push
from tests.client import Answer, Api
from tests.conftest import served
from tests.worlds import World

pytestmark = pytest.mark.slow

OPERATOR = Caller(None)
TRUSTED = DocumentPolicy(only_trusted=True)

BY_SLUG = "query BySlug($slug: String!) { group(slug: $slug) { name } }"
TWO = 'query First { group(slug: "home") { name } } query Second { group(slug: "home") { slug } }'
RENAME = "mutation Rename($input: UpdateGroupInput!) { updateGroup(input: $input) { __typename } }"
FOLLOW = "subscription Follow { events { cursor } }"


def documents(**texts: str) -> list[CheckedDocument]:
    return [CheckedDocument(name, text, "") for name, text in texts.items()]


async def pushed(store: Store, **texts: str) -> Pushed:
    return await push(store, OPERATOR, now, documents(**texts))


async def post(api: Api, **body: JSON) -> Answer:
    response = await api.http.post("/graphql", json=body, headers={"Authorization": api.authorization})
    return Answer(response.status_code, response.json(), response.headers)


async def get(api: Api, **parameters: str) -> Answer:
    response = await api.http.get("/graphql", params=parameters, headers={"Authorization": api.authorization})
    return Answer(response.status_code, response.json(), response.headers)


@asynccontextmanager
async def only_trusted(world: World) -> AsyncIterator[Api]:
    async with served(world.store, documents=TRUSTED) as http:
        yield Api(http, world.api.secret)


async def test_a_document_is_run_by_its_id_with_variables(world: World) -> None:
    await pushed(world.store, one=BY_SLUG)
    answer = await post(world.api, documentId="one", variables={"slug": "home"})
    assert answer.data == {"group": {"name": "home"}}
    again = await get(world.api, documentId="one", variables='{"slug": "home"}')
    assert again.data == answer.data


async def test_the_operation_of_a_document_is_chosen_by_its_name(world: World) -> None:
    await pushed(world.store, two=TWO)
    assert (await post(world.api, documentId="two", operationName="Second")).data == {"group": {"slug": "home"}}
    assert (await get(world.api, documentId="two", operationName="First")).data == {"group": {"name": "home"}}
    assert (await post(world.api, documentId="two")).codes == ["BAD_REQUEST"]


async def test_a_document_is_run_in_the_name_of_whoever_asks(world: World) -> None:
    await pushed(world.store, one=BY_SLUG)
    nobody = await post(Api(world.api.http), documentId="one", variables={"slug": "home"})
    assert nobody.codes == ["UNAUTHENTICATED"]


async def test_a_document_that_changes_something_is_not_run_by_a_get(world: World) -> None:
    await pushed(world.store, change=RENAME)
    given: JSONObject = {"id": world.home, "version": 1, "name": "Changed"}
    refused = await get(world.api, documentId="change", variables=json.dumps({"input": given}))
    assert refused.status == 400
    assert (await world.api.ask('{ group(slug: "home") { name } }')).at("group.name") == "home"
    done = await post(world.api, documentId="change", variables={"input": given})
    assert done.data == {"updateGroup": {"__typename": "UpdateGroupSuccess"}}


@pytest.mark.parametrize("unknown", ["none", "", "with space", "x" * 257, "ünknown", "\u0000"])
async def test_an_id_that_there_is_not_is_told_by_a_code(world: World, unknown: str) -> None:
    answer = await post(world.api, documentId=unknown)
    assert (answer.status, answer.codes) == (200, ["DOCUMENT_UNKNOWN"])
    assert "data" not in answer.body
    strict = await world.api.http.post(
        "/graphql", json={"documentId": unknown}, headers={"Accept": "application/graphql-response+json"}
    )
    assert strict.status_code == 400


@pytest.mark.parametrize("wrong", [7, True, {}, ["one"]])
async def test_an_id_that_is_no_string_is_refused(world: World, wrong: JSON) -> None:
    answer = await post(world.api, documentId=wrong)
    assert (answer.status, answer.codes) == (400, ["BAD_REQUEST"])


async def test_a_text_and_an_id_contradict_each_other(world: World) -> None:
    await pushed(world.store, one=BY_SLUG)
    answer = await post(world.api, documentId="one", query="{ viewer { scope } }")
    assert answer.codes == ["VALIDATION"]
    assert (await post(world.api, documentId=None, query="{ viewer { scope } }")).data


async def test_a_document_is_read_once_and_an_id_that_there_is_not_with_each_request(
    world: World, statements: Sequence[str]
) -> None:
    await pushed(world.store, one="{ __typename }")
    for _ in range(3):
        await post(world.api, documentId="one")
    assert statements.count("fetch_trusted_document") == 1
    for _ in range(3):
        await post(world.api, documentId="none")
    assert statements.count("fetch_trusted_document") == 4
    await post(world.api, documentId="x" * 257)
    assert statements.count("fetch_trusted_document") == 4


async def test_what_is_kept_is_bounded_and_looked_at_again_after_a_while(store: Store) -> None:
    seconds = 0.0
    kept = KeptTexts(most=2, characters=30, seconds=60, clock=lambda: seconds)
    known = TrustedDocuments(store, kept)
    await pushed(store, a="{ a }", b="{ b }", c="{ c }", long="{ " + "long " * 20 + "}")
    for name in ("a", "b", "c", "long", "none"):
        await known.text(name)
    assert kept.size == (2, 10)
    await trusted_documents.forget(store, OPERATOR, ["c"])
    assert await known.text("c") == "{ c }"
    seconds = 60.0
    assert await known.text("c") is None
    assert kept.size == (1, 5)


async def test_a_trusted_document_is_compiled_at_first_sight(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    text = 'query AtOnce { group(slug: "home") { name slug id } }'
    await pushed(world.store, one=text)
    made: list[Schema] = []

    def compiling(schema: Schema, *, cancel: bool) -> Schema:
        made.append(compiled(schema, cancel=cancel))
        return made[-1]

    monkeypatch.setattr("app.asgi.compiled", compiling)
    async with served(world.store) as http:
        api, kind = Api(http, world.api.secret), made[0].execution_context_class
        assert kind is not None
        plans = cast("type[CompiledExecution]", kind).plans
        await api.ask(text.replace("AtOnce", "AtSecondSight"))
        assert plans.size[2] == 0
        await post(api, documentId="one")
        assert plans.size[2] == 4


async def test_pushing_again_changes_nothing(store: Store) -> None:
    assert await pushed(store, a="{ a }", b="{ b }") == Pushed(2, 0)
    before = [each async for each in trusted_documents.listed(store)]
    assert await pushed(store, b="{ b }", a="{ a }") == Pushed(0, 2)
    assert [each async for each in trusted_documents.listed(store)] == before
    assert await pushed(store, b="{ b }", c="{ c }") == Pushed(1, 1)


async def test_an_id_never_stands_for_another_text_and_then_nothing_is_registered(store: Store) -> None:
    await pushed(store, a="{ a }")
    with pytest.raises(ConflictError, match="'a'"):
        await pushed(store, a="{ other }", b="{ b }")
    assert [each.id async for each in trusted_documents.listed(store)] == ["a"]
    assert await TrustedDocuments(store).text("a") == "{ a }"


async def test_forgetting_is_of_all_or_of_none(store: Store) -> None:
    await pushed(store, a="{ a }", b="{ b }")
    with pytest.raises(NotFoundError):
        await trusted_documents.forget(store, OPERATOR, ["a", "none"])
    assert await trusted_documents.forget(store, OPERATOR, ["b", "a", "a"]) == 2
    assert [each.id async for each in trusted_documents.listed(store)] == []


async def test_what_is_registered_and_forgotten_is_an_event(world: World) -> None:
    await pushed(world.store, a="{ a }", b="{ b }")
    await pushed(world.store, a="{ a }")
    await trusted_documents.forget(world.store, OPERATOR, ["a"])
    answer = await world.api.ask(
        """{ events(first: 9, filter: {types: [documents_registered, documents_forgotten]}) {
            nodes { type properties }
        } }"""
    )
    assert answer.at("events.nodes") == [
        {"type": "documents_forgotten", "properties": {"count": 1, "documents": ["a"]}},
        {"type": "documents_registered", "properties": {"count": 2, "documents": ["a", "b"]}},
    ]


async def test_in_trusted_mode_nothing_else_is_run(world: World) -> None:
    await pushed(world.store, one=BY_SLUG)
    async with only_trusted(world) as api:
        answer = await post(api, documentId="one", variables={"slug": "home"})
        assert answer.data == {"group": {"name": "home"}}
        bodies: list[JSONObject] = [
            {"query": BY_SLUG, "variables": {"slug": "home"}},
            {"query": "{ __schema { queryType { name } } }"},
            {"query": "not GraphQL"},
            {"query": ""},
            {},
            {"query": BY_SLUG, "extensions": {"persistedQuery": {"version": 1, "sha256Hash": "one"}}},
        ]
        for body in bodies:
            refused = await post(api, **body)
            assert refused.codes == ["DOCUMENT_REQUIRED"], body
        assert (await get(api, query="{ __typename }")).codes == ["DOCUMENT_REQUIRED"]
        assert (await post(api, documentId="none")).codes == ["DOCUMENT_UNKNOWN"]


async def test_in_trusted_mode_a_text_that_runs_elsewhere_is_refused_all_the_same(world: World) -> None:
    """What another server of this process let through once runs straight away there, and not here."""
    text = "{ viewer { scope } }"
    for _ in range(2):
        assert (await world.api.ask(text)).data
    assert DOCUMENTS.size[0]
    async with only_trusted(world) as api:
        assert (await api.ask(text)).codes == ["DOCUMENT_REQUIRED"]


async def test_the_ids_of_apollos_manifests_come_as_hashes(world: World) -> None:
    await pushed(world.store, one=BY_SLUG)
    hashed: JSON = {"persistedQuery": {"version": 1, "sha256Hash": "one"}}
    none: JSON = {"persistedQuery": {"version": 1, "sha256Hash": "none"}}
    async with only_trusted(world) as api:
        for each in (api, world.api):
            answer = await post(each, extensions=hashed, variables={"slug": "home"})
            assert answer.data == {"group": {"name": "home"}}
            again = await get(each, extensions=json.dumps(hashed), variables='{"slug": "home"}')
            assert again.data == answer.data
        assert (await post(api, extensions=none)).codes == ["DOCUMENT_UNKNOWN"]


async def test_a_stream_of_events_begins_by_an_id(world: World) -> None:
    await pushed(world.store, one=BY_SLUG)
    async with only_trusted(world) as api:
        for body, expected in (
            ({"documentId": "one", "variables": {"slug": "home"}}, {"data": {"group": {"name": "home"}}}),
            ({"documentId": "none"}, "DOCUMENT_UNKNOWN"),
            ({"query": FOLLOW}, "DOCUMENT_REQUIRED"),
        ):
            [result] = await streamed(api, cast("JSONObject", body))
            code = cast("dict[str, list[dict[str, dict[str, JSON]]]]", result).get("errors")
            assert (code[0]["extensions"]["code"] if code else result) == expected


async def streamed(api: Api, body: JSONObject) -> list[JSON]:
    headers = {"Authorization": api.authorization, "Accept": "text/event-stream"}
    response: httpx2.Response = await api.http.post("/graphql", json=body, headers=headers)
    assert response.headers["content-type"].startswith("text/event-stream")
    lines = response.text.splitlines()
    return [json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: {")]


async def test_a_browser_is_told_that_trusted_documents_run_alone(world: World) -> None:
    page = {"Accept": "text/html"}
    async with only_trusted(world) as api:
        asked = await api.http.get("/graphql", params={"documentId": "none"}, headers=page)
        assert asked.json()["errors"][0]["extensions"]["code"] == "DOCUMENT_UNKNOWN"

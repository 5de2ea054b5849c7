"""Automatic persisted queries: a hash first, the text with it where it is not known, then the hash."""

import hashlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from domain.trusted_documents import DocumentPolicy
from domain.values import JSON, JSONObject
from services.kept_texts import KeptTexts
from tests.client import Answer, Api
from tests.conftest import served
from tests.worlds import World

pytestmark = pytest.mark.slow

TEXT = "query BySlug($slug: String!) { group(slug: $slug) { name } }"
HOME = {"group": {"name": "home"}}


def hash_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def hashed(text: str = TEXT, version: JSON = 1) -> JSONObject:
    return {"persistedQuery": {"version": version, "sha256Hash": hash_of(text)}}


async def post(api: Api, **body: JSON) -> Answer:
    given: JSONObject = {"variables": {"slug": "home"}, **body}
    response = await api.http.post("/graphql", json=given, headers={"Authorization": api.authorization})
    return Answer(response.status_code, response.json(), response.headers)


async def get(api: Api, extensions: JSONObject, **parameters: str) -> Answer:
    given = {"extensions": json.dumps(extensions), "variables": '{"slug": "home"}', **parameters}
    response = await api.http.get("/graphql", params=given, headers={"Authorization": api.authorization})
    return Answer(response.status_code, response.json(), response.headers)


@asynccontextmanager
async def without_them(world: World) -> AsyncIterator[Api]:
    async with served(world.store, documents=DocumentPolicy(automatic=False)) as http:
        yield Api(http, world.api.secret)


async def test_a_hash_stands_for_the_text_that_came_with_it(world: World) -> None:
    first = await post(world.api, extensions=hashed())
    assert (first.status, first.codes) == (200, ["PERSISTED_QUERY_NOT_FOUND"])
    assert first.errors[0]["message"] == "PersistedQueryNotFound"
    assert (await post(world.api, query=TEXT, extensions=hashed())).data == HOME
    assert (await post(world.api, extensions=hashed())).data == HOME
    assert (await get(world.api, hashed())).data == HOME


async def test_a_get_registers_as_well(world: World) -> None:
    assert (await get(world.api, hashed())).codes == ["PERSISTED_QUERY_NOT_FOUND"]
    assert (await get(world.api, hashed(), query=TEXT)).data == HOME
    assert (await get(world.api, hashed())).data == HOME


async def test_what_is_known_by_its_hash_is_run_in_the_name_of_whoever_asks(world: World) -> None:
    assert (await post(world.api, query=TEXT, extensions=hashed())).data == HOME
    assert (await post(Api(world.api.http), extensions=hashed())).codes == ["UNAUTHENTICATED"]


async def test_a_mutation_is_not_run_by_a_get(world: World) -> None:
    text = f'mutation {{ updateGroup(input: {{id: "{world.home}", version: 1, name: "New"}}) {{ __typename }} }}'
    assert (await get(world.api, hashed(text), query=text)).status == 400
    assert (await get(world.api, hashed(text))).status == 400
    assert (await post(world.api, query=TEXT)).data == HOME


@pytest.mark.parametrize("wrong", [hash_of("{ other }"), hash_of(TEXT).upper(), "x", ""])
async def test_a_hash_of_another_text_is_refused_and_registers_nothing(world: World, wrong: str) -> None:
    extensions: JSON = {"persistedQuery": {"version": 1, "sha256Hash": wrong}}
    refused = await post(world.api, query=TEXT, extensions=extensions)
    assert refused.codes == ["VALIDATION"]
    assert "data" not in refused.body
    assert (await post(world.api, extensions=extensions)).codes == ["PERSISTED_QUERY_NOT_FOUND"]
    assert (await post(world.api, extensions=hashed())).codes == ["PERSISTED_QUERY_NOT_FOUND"]


@pytest.mark.parametrize(
    "wrong",
    ["x", [], 1, {}, {"version": 1}, {"version": 2, "sha256Hash": hash_of(TEXT)}, {"version": 1, "sha256Hash": 7}],
)
async def test_what_is_not_of_the_protocol_is_refused(world: World, wrong: JSON) -> None:
    answer = await post(world.api, query=TEXT, extensions={"persistedQuery": wrong})
    assert (answer.status, answer.codes) == (400, ["BAD_REQUEST"])


async def test_other_extensions_are_nothing_to_us(world: World) -> None:
    assert (await post(world.api, query=TEXT, extensions={"more": 1, "persistedQuery": None})).data == HOME
    assert (await post(world.api, query=TEXT, extensions=None)).data == HOME


async def test_where_they_are_off_clients_are_told_to_send_texts(world: World) -> None:
    async with without_them(world) as api:
        for _ in range(2):
            refused = await post(api, extensions=hashed())
            assert refused.codes == ["PERSISTED_QUERY_NOT_SUPPORTED"]
            assert refused.errors[0]["message"] == "PersistedQueryNotSupported"
            assert (await post(api, query=TEXT, extensions=hashed())).data == HOME


async def test_no_server_knows_what_another_was_told(world: World) -> None:
    assert (await post(world.api, query=TEXT, extensions=hashed())).data == HOME
    async with served(world.store) as http:
        other = Api(http, world.api.secret)
        assert (await post(other, extensions=hashed())).codes == ["PERSISTED_QUERY_NOT_FOUND"]


def test_what_strangers_register_is_bounded_in_number_and_in_characters() -> None:
    kept = KeptTexts(most=3, characters=100)
    for number in range(50):
        kept.put(f"short {number}", "x" * 10)
    assert kept.size == (3, 30)
    for number in range(50):
        kept.put(f"long {number}", "x" * 45)
    assert kept.size == (2, 90)
    kept.put("longer than all", "x" * 101)
    assert kept.get("longer than all") is None
    kept.put("long 49", "x")
    assert kept.size == (2, 46)


def test_what_was_used_last_is_kept() -> None:
    kept = KeptTexts(most=2, characters=100)
    kept.put("a", "A")
    kept.put("b", "B")
    assert kept.get("a") == "A"
    kept.put("c", "C")
    assert [kept.get(each) for each in "abc"] == ["A", None, "C"]

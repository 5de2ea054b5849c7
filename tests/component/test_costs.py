"""Points over HTTP: told to who asks for them, refused before anything runs, and given back where less was answered."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Final, cast

import pytest

from app.load import LoadLimits
from domain.values import JSON
from schema.limits import Limits
from services.budgets import BudgetLimits
from tests.client import Api
from tests.conftest import served
from tests.worlds import World

pytestmark = [pytest.mark.slow, pytest.mark.once]

PAGE: Final = "query ($n: Int!) { groups(first: $n) { nodes { id } } }"
BROKEN: Final = 'query ($n: Int!) { groups(first: $n) { nodes { id } } node(id: "x") { id } }'
HEADERS: Final = {"GraphQL-Cost": "include"}


@asynccontextmanager
async def serving(world: World, *, points: int, cost: int = 50_000) -> AsyncIterator[Api]:
    """A server at which a caller has so many points, of which hardly any comes back while a test runs."""
    load, limits = LoadLimits(seconds=120, budget=BudgetLimits(points, per_second=1)), Limits(cost=cost)
    async with served(world.store, load=load, limits=limits) as http:
        yield Api(http, world.api.secret)


async def cost_of(api: Api, query: str, n: int) -> Mapping[str, JSON]:
    """What the server says that a page of so many rows costs."""
    headers = {**HEADERS, "Authorization": api.authorization}
    response = await api.http.post("/graphql", json={"query": query, "variables": {"n": n}}, headers=headers)
    return cast("Mapping[str, JSON]", response.json()["extensions"]["cost"])


async def test_who_asks_for_it_is_told_what_it_costs_the_first_time_and_later(shared_world: World) -> None:
    async with serving(shared_world, points=1_000) as api:
        for spent in (2, 4):  # one group is there, of fifty asked for
            throttle = {"maximum": 1_000, "available": 1_000 - spent, "restoreRate": 1}
            told = await cost_of(api, PAGE, 50)
            left = cast("dict[str, int]", told["throttleStatus"])
            assert {**told, "throttleStatus": {**left, "available": throttle["available"]}} == {
                "requested": 51, "actual": 2, "throttleStatus": throttle,
            }  # fmt: skip
            assert throttle["available"] <= left["available"] <= throttle["available"] + 60
        assert "extensions" not in (await api.ask(PAGE, n=50)).body


async def test_what_may_cost_too_much_does_not_run(shared_world: World, statements: list[str]) -> None:
    async with serving(shared_world, points=1_000, cost=20) as api:
        for _ in range(2):
            assert (await api.ask(PAGE, n=19)).data
            statements.clear()
            answer = await api.ask(PAGE, n=20)
            assert answer.errors[0]["extensions"] == {
                "code": "LIMIT_EXCEEDED", "limit": "cost", "allowed": 20, "actual": 21
            }  # fmt: skip
            assert "data" not in answer.body
            assert statements == []


async def test_who_has_spent_all_waits_and_others_do_not(shared_world: World, statements: list[str]) -> None:
    async with serving(shared_world, points=60) as api:
        # What was requested stays spent where there were errors.
        assert "errors" in (await api.ask(BROKEN, n=50)).body
        statements.clear()
        for _ in range(2):
            answer = await api.ask(PAGE, n=50)
            [error] = answer.errors
            extensions = cast("Mapping[str, JSON]", error["extensions"])
            assert answer.status == 429
            assert extensions["code"] == "RATE_LIMITED"
            assert 1 <= cast("int", extensions["retryAfter"]) <= 43
            assert answer.headers["Retry-After"] == str(extensions["retryAfter"])
            assert statements == []
        assert (await api.ask(PAGE, n=2)).data
        another = await shared_world.member("another", "home")
        assert (await Api(api.http, another.secret).ask(PAGE, n=50)).data


async def test_what_a_page_does_not_have_is_given_back(shared_world: World) -> None:
    async with serving(shared_world, points=75) as api:
        for _ in range(10):
            assert (await api.ask(PAGE, n=50)).data


async def test_a_query_over_a_stream_gets_back_what_it_did_not_need(shared_world: World) -> None:
    async with serving(shared_world, points=75) as api:
        headers = {"Authorization": api.authorization, "Accept": "text/event-stream"}
        for _ in range(10):
            answer = await api.http.post("/graphql", json={"query": PAGE, "variables": {"n": 50}}, headers=headers)
            assert '"nodes"' in answer.text, answer.text

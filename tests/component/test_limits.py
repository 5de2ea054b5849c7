"""Limits: an operation that is too large is told so before it runs, and is told quickly."""

import time

import pytest
from graphql import get_introspection_query

from schema.limits import Limits
from tests.client import Answer, Api
from tests.conftest import served
from tests.worlds import World

pytestmark = [pytest.mark.slow, pytest.mark.once]


def nested(levels: int) -> str:
    """A query that many levels deep."""
    inner = "id"
    for _ in range(levels - 2):
        inner = f"parent {{ {inner} }}"
    return f'{{ group(slug: "home") {{ {inner} }} }}'


SPREAD_TWICE = " ".join(f"fragment f{n} on Group {{ ...f{n + 1} ...f{n + 1} }}" for n in range(40))
BOMB = f'{{ group(slug: "home") {{ ...f0 }} }} {SPREAD_TWICE} fragment f40 on Group {{ id }}'

TOO_LARGE = {
    "depth": (nested(16), 16, 15),
    "fields": ('{ group(slug: "home") { ' + "id " * 1_000 + "} }", 1_001, 1_000),
    "aliases": ('{ group(slug: "home") { ' + " ".join(f"a{n}: id" for n in range(101)) + " } }", 101, 100),
    "directives": ('{ group(slug: "home") { id ' + "@include(if: true) " * 51 + "} }", 51, 50),
    "rootFields": ("{ " + " ".join(["viewer { scope }"] * 101) + " }", 101, 100),
}


async def asked(world: World, query: str) -> Answer:
    began = time.monotonic()
    answer = await world.api.ask(query)
    assert time.monotonic() - began < 5
    return answer


@pytest.mark.parametrize("limit", TOO_LARGE)
async def test_an_operation_that_is_too_large_is_told_by_how_much(shared_world: World, limit: str) -> None:
    query, actual, allowed = TOO_LARGE[limit]
    answer = await asked(shared_world, query)
    [error] = answer.errors
    assert error["extensions"] == {"code": "LIMIT_EXCEEDED", "limit": limit, "allowed": allowed, "actual": actual}
    assert "data" not in answer.body


async def test_as_much_as_is_allowed_is_answered(shared_world: World) -> None:
    assert (await asked(shared_world, nested(15))).data


async def test_fragments_are_counted_where_they_are_spread(shared_world: World) -> None:
    deep = 'query { group(slug: "home") { ...a } } fragment a on Group { parent { ...b } } fragment b on Group '
    answer = await asked(shared_world, deep + nested(15).removeprefix('{ group(slug: "home") ').removesuffix(" }"))
    assert answer.errors[0]["extensions"] == {
        "code": "LIMIT_EXCEEDED", "limit": "depth", "allowed": 15, "actual": 16
    }  # fmt: skip


async def test_fragments_that_spread_each_other_twice_are_refused_at_once(shared_world: World) -> None:
    answer = await asked(shared_world, BOMB)
    assert answer.codes == ["LIMIT_EXCEEDED"]


async def test_fragments_in_a_circle_are_refused(shared_world: World) -> None:
    circle = '{ group(slug: "home") { ...a } } fragment a on Group { ...b } fragment b on Group { ...a id }'
    assert set((await asked(shared_world, circle)).codes) == {"BAD_REQUEST"}


async def test_a_text_of_too_many_tokens_is_not_read_to_its_end(shared_world: World) -> None:
    answer = await asked(shared_world, '{ group(slug: "home") { ' + "id " * 200_000 + "} }")
    assert answer.codes == ["BAD_REQUEST"]
    assert "tokens" in str(answer.errors[0]["message"])


async def test_the_schema_can_be_asked_for_in_full(shared_world: World) -> None:
    query = get_introspection_query(input_value_deprecation=True)
    assert "__schema" in (await asked(shared_world, query)).data


async def test_where_the_schema_is_nobodys_business_it_is_not_told_and_no_error_suggests_a_name(world: World) -> None:
    async with served(world.store, limits=Limits(introspection=False)) as http:
        api = Api(http, world.api.secret)
        for query in (get_introspection_query(), '{ __type(name: "Group") { fields { name } } }'):
            answer = await api.ask(query)
            assert {str(code) for code in answer.codes} == {"BAD_REQUEST"}
            assert "data" not in answer.body
        for wrong in (
            "{ viewr { scope } }",
            '{ things(first: 1, filter: {typ: "x"}) { totalCount } }',
            "{ viewer { scop } }",
        ):
            assert "Did you mean" in str((await world.api.ask(wrong)).errors)
            assert "Did you mean" not in str((await api.ask(wrong)).errors)
        assert (await api.ask("{ __typename viewer { __typename } }")).at("viewer.__typename") == "Viewer"


async def test_every_response_says_what_browsers_may_do_with_it(api: Api) -> None:
    answer = await api.ask("{ __typename }")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Security-Policy"] == "frame-ancestors 'none'"
    assert "Strict-Transport-Security" not in answer.headers
    secure = await api.http.post("https://testserver/graphql", json={"query": "{ __typename }"})
    assert secure.headers["Strict-Transport-Security"] == "max-age=31536000"

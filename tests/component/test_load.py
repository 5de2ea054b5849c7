"""What a server takes on at a time, and for how long: the rest is told so at once, and stops in the store too."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Final, cast

import pytest

from app.load import LoadLimits
from domain.access import KeyScope
from domain.errors import DeadlineError
from domain.people import PlatformRole
from domain.values import JSON
from graph import deadlines
from graph.store import Statement, Store, Transaction, lock_clauses
from tests.client import Answer, Api
from tests.conftest import served
from tests.worlds import World

pytestmark = [pytest.mark.slow]

HOLD: Final[Statement[bool]] = Statement(
    "hold", f"MATCH (group:Group {{id: $id}}) {lock_clauses('group')} RETURN true AS row"
)
LONG: Final[Statement[int]] = Statement(
    "long", "UNWIND range(1, 1000000) AS x UNWIND range(1, 1000000) AS y WITH x WHERE x < 0 RETURN count(x) AS row"
)
UNDER_WAY: Final[Statement[str]] = Statement(
    "under_way",
    "SHOW TRANSACTIONS YIELD currentQuery WHERE NOT currentQuery STARTS WITH 'SHOW' RETURN currentQuery AS row",
    alone=True,
)
RENAME: Final = """mutation ($id: ID!) {
    updateGroup(input: {id: $id, version: 1, name: "Renamed"}) {
        __typename
    }
}"""


@asynccontextmanager
async def held(store: Store, group: str) -> AsyncIterator[None]:
    """A group that somebody changes for as long as it takes."""
    locked, over = asyncio.Event(), asyncio.Event()

    async def work(transaction: Transaction) -> None:
        await transaction.run(HOLD, {"id": group})
        locked.set()
        await over.wait()

    holding = asyncio.create_task(store.write(work))
    await locked.wait()
    try:
        yield
    finally:
        over.set()
        await holding


@asynccontextmanager
async def serving(world: World, limits: LoadLimits) -> AsyncIterator[Api]:
    """Another server over the same store, which takes on no more than that, asked by the platform owner."""
    async with served(world.store, load=limits) as http:
        yield Api(http, world.api.secret)


RENAMED: Final = ["ConflictError", "ConflictError", "UpdateGroupSuccess"]
"""What three who rename a group at once are told: of one version there is one next."""


async def told(renaming: list[asyncio.Task[Answer]]) -> list[str]:
    return sorted(str(answer.at("updateGroup.__typename")) for answer in await asyncio.gather(*renaming))


async def rename(api: Api, group: str) -> Answer:
    return await api.ask(RENAME, id=group)


async def until(store: Store, most: int) -> int:
    """How much the store works at, once that is so much or it had ten seconds for it."""
    for _ in range(100):
        if len([each for each in await store.read(UNDER_WAY, {}) if each]) == most:
            break
        await asyncio.sleep(0.1)
    return len([each for each in await store.read(UNDER_WAY, {}) if each])


async def test_what_takes_too_long_is_stopped_and_the_store_stops_too(world: World) -> None:
    group = await world.group("slow")
    async with serving(world, LoadLimits(seconds=1)) as api, held(world.store, group):
        answer = await rename(api, group)
        assert answer.status == 504
        assert answer.codes == ["DEADLINE_EXCEEDED"]
        assert await until(world.store, 0) == 0  # whoever holds the group says nothing
    after = await world.api.ask("query ($id: ID!) { node(id: $id) { ... on Group { name } } }", id=group)
    assert after.at("node.name") == "slow"


async def test_a_statement_ends_where_the_time_of_its_operation_does(store: Store) -> None:
    with deadlines.within(0.5), pytest.raises(DeadlineError):
        await store.read(LONG, {})
    assert await until(store, 0) == 0


async def test_of_one_caller_as_many_run_as_may_and_of_others_too(world: World) -> None:
    group = await world.group("slow")
    other = await world.member("other", "home", role=PlatformRole.ORG_OWNER, scope=KeyScope.READ)
    async with serving(world, LoadLimits(of_one=3)) as api:
        async with held(world.store, group):
            renaming = [asyncio.create_task(rename(api, group)) for _ in range(3)]
            await until(world.store, 3)
            refused = await api.ask("{ viewer { scope } }")
            others = await Api(api.http, other.secret).ask("{ viewer { scope } }")
        assert refused.status == 429
        assert cast("Mapping[str, JSON]", refused.errors[0]["extensions"]) == {"code": "RATE_LIMITED", "retryAfter": 1}
        assert refused.headers["Retry-After"] == "1"
        assert others.data == {"viewer": {"scope": "read"}}
        assert await told(renaming) == RENAMED
        assert (await api.ask("{ viewer { scope } }")).data == {"viewer": {"scope": "write"}}


async def test_a_server_that_has_as_much_to_do_as_it_may_says_so_at_once_and_goes_on(world: World) -> None:
    group = await world.group("slow")
    async with serving(world, LoadLimits(operations=3)) as api:
        async with held(world.store, group):
            renaming = [asyncio.create_task(rename(api, group)) for _ in range(3)]
            await until(world.store, 3)
            refused = await asyncio.gather(*(rename(api, group) for _ in range(30)))
        assert {answer.status for answer in refused} == {503}
        assert {str(answer.codes) for answer in refused} == {"['OVERLOADED']"}
        assert await told(renaming) == RENAMED

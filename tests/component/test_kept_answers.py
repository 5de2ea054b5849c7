"""Answers are kept until something changes, and nobody is ever answered what is not so any more, or not theirs."""

import asyncio
import gc
import random
from functools import partial
from typing import Final

import pytest
from graphql import DocumentNode

from domain.people import PlatformRole
from graph.store import Statement, Store, Transaction
from services.kept_answers import KeptAnswers, Key
from tests.accounts import Accounts
from tests.client import Api
from tests.conftest import served
from tests.worlds import World, new_thing

pytestmark = [pytest.mark.slow]

NAME: Final = "query ($id: ID!) { node(id: $id) { ... on Thing { name } } }"
PAGE: Final = "{ things(first: 5, order: oldest_first) { totalCount nodes { id name group { slug } } } }"
RENAME: Final = """mutation ($id: ID!, $version: Int!, $name: String!) {
    updateThing(input: {id: $id, version: $version, name: $name}) {
        ... on UpdateThingSuccess { thing { name version } } ... on AppError { message } } }"""
BY_HAND: Final[Statement[int]] = Statement(
    "rename_by_hand", "MATCH (thing:Thing {id: $id}) SET thing.name = $name RETURN 1 AS row"
)


async def named(world: World, name: str = "Film") -> str:
    """A new thing of that name."""
    group = await world.group(f"house-{random.getrandbits(40):x}")
    return (await world.make(film=new_thing(group, "video", name)))["film"]


async def warmed(api: Api, query: str, **variables: str) -> None:
    """Have it kept: the first time an operation runs it is checked, and a process does not know the store yet."""
    for _ in range(3):
        await api.ask(query, **variables)


async def test_an_answer_is_given_again_after_one_look_whether_anything_changed(
    world: World, all_statements: list[str]
) -> None:
    film = await named(world)
    await warmed(world.api, NAME, id=film)
    all_statements.clear()
    assert (await world.api.ask(NAME, id=film)).at("node.name") == "Film"
    assert all_statements == ["confirm"]


async def test_all_who_ask_at_once_share_that_look(world: World, all_statements: list[str]) -> None:
    films = [await named(world, f"Film {number}") for number in range(5)]
    for film in films:
        await warmed(world.api, NAME, id=film)
    all_statements.clear()
    answers = await asyncio.gather(*(world.api.ask(NAME, id=film) for film in films * 10))
    assert [answer.at("node.name") for answer in answers] == [f"Film {number}" for number in range(5)] * 10
    assert set(all_statements) == {"confirm"}
    assert len(all_statements) < 10


@pytest.mark.parametrize("query", [NAME, PAGE], ids=["a node", "a page"])
async def test_whoever_changes_something_is_seen_by_the_next_request(world: World, store: Store, query: str) -> None:
    film = await named(world)
    variables = {"id": film} if query is NAME else {}
    async with served(store) as http:
        elsewhere = Api(http, world.api.secret)
        for turn in range(4):
            await warmed(world.api, query, **variables)
            name = f"Film {turn}"
            if turn % 2:
                changed = await elsewhere.ask(RENAME, id=film, version=1 + turn // 2, name=name)
                assert changed.at("updateThing.thing.name") == name
            else:  # whatever program it is, and whether it records an event or not
                await store.write(partial(Transaction.run, statement=BY_HAND, parameters={"id": film, "name": name}))
            assert name in str((await world.api.ask(query, **variables)).data)


async def test_no_reader_is_behind_what_was_acknowledged_while_many_write(world: World, store: Store) -> None:
    films = [await named(world, "0") for _ in range(3)]
    acknowledged = dict.fromkeys(films, 0)
    over = asyncio.Event()

    async def write(api: Api, film: str, dice: random.Random) -> None:
        for number in range(1, 25):
            changed = await api.ask(RENAME, id=film, version=number, name=str(number))
            assert changed.at("updateThing.thing.name") == str(number)
            acknowledged[film] = number
            await asyncio.sleep(dice.choice([0, 0.01, 0.05]))

    async def read(api: Api, dice: random.Random) -> int:
        kept = 0
        while not over.is_set():
            film = dice.choice(films)
            least = acknowledged[film]
            told = int(str((await api.ask(NAME, id=film)).at("node.name")))
            assert told >= least
            kept += 1
            await asyncio.sleep(0)
        return kept

    async with served(store) as one, served(store) as two:
        apis = [Api(http, world.api.secret) for http in (one, two)]
        readers = [asyncio.create_task(read(api, random.Random(n))) for n, api in enumerate(apis * 4)]
        writers = [write(apis[1], film, random.Random(n)) for n, film in enumerate(films)]
        await asyncio.gather(*writers)
        over.set()
        assert min(await asyncio.gather(*readers)) > 20
    assert [int(str((await world.api.ask(NAME, id=film)).at("node.name"))) for film in films] == [24] * 3


async def test_what_one_may_see_is_given_to_nobody_else(world: World, all_statements: list[str]) -> None:
    film = await named(world)
    await world.group("beside")
    reader = await world.member("reader", "beside", role=PlatformRole.ORG_USER)
    nobody = world.api.as_holder_of(None)
    for _ in range(4):
        assert (await world.api.ask(NAME, id=film)).at("node.name") == "Film"
        assert (await reader.ask(NAME, id=film)).data == {"node": None}
        assert (await nobody.ask(NAME, id=film)).data == {"node": None}
    all_statements.clear()
    for api in (world.api, reader, nobody):
        await api.ask(NAME, id=film)
    assert all_statements == ["confirm"] * 3


async def test_who_is_signed_out_is_answered_nothing_that_was_kept(accounts: Accounts, store: Store) -> None:
    ann = await accounts.join("ann")
    query = "{ groups(first: 5) { nodes { slug } } }"
    await warmed(ann.api, query)
    async with served(store) as http:
        await Accounts(store, http).api.as_holder_of(ann.access).ask("mutation { signOut { __typename } }")
    assert (await ann.api.ask(query)).status == 401


@pytest.mark.parametrize(
    "query",
    [
        "query ($id: ID!) { node(id: $id) { viewerCan(action: update_thing) } }",
        "query ($id: ID!) { node(id: $id) { ... on Thing { events(first: 1) { nodes { type } } } } }",
        "query ($id: ID!) { node(id: $id) { id } viewer { person { username } } }",
    ],
    ids=["what one may do", "what happened", "who one is"],
)
async def test_what_depends_on_more_than_the_store_is_asked_each_time(
    world: World, all_statements: list[str], query: str
) -> None:
    film = await named(world)
    await warmed(world.api, query, id=film)
    all_statements.clear()
    await world.api.ask(query, id=film)
    assert all_statements != ["confirm"]


async def test_an_answer_with_an_error_is_not_kept(world: World, all_statements: list[str]) -> None:
    query = '{ group(slug: "nowhere") { id } node(id: "nothing") { id } }'
    await warmed(world.api, query)
    all_statements.clear()
    answer = await world.api.ask(query)
    assert answer.errors
    assert all_statements != ["confirm"]


async def test_what_it_costs_is_told_of_an_answer_that_was_kept(world: World) -> None:
    headers = {"Authorization": world.api.authorization, "GraphQL-Cost": "1"}
    await named(world)
    told = [await world.api.http.post("/graphql", json={"query": PAGE}, headers=headers) for _ in range(4)]
    costs = [each.json()["extensions"]["cost"]["actual"] for each in told]
    assert costs == [costs[0]] * 4
    assert costs[0] > 1


async def test_the_metrics_tell_how_often_answers_were_given_again(world: World) -> None:
    film = await named(world)
    await warmed(world.api, NAME, id=film)
    before = await metrics(world)
    await world.api.ask(NAME, id=film)
    after = await metrics(world)
    assert after['one_kept_answers_total{result="given"}'] == before['one_kept_answers_total{result="given"}'] + 1
    assert after["one_kept_answers_bytes"] > 0
    assert after["process_resident_memory_bytes"] > 0


async def metrics(world: World) -> dict[str, float]:
    """What a collector of metrics reads."""
    text = (await world.api.http.get("/metrics")).text
    return {
        name: float(value)
        for name, _, value in (line.rpartition(" ") for line in text.splitlines() if not line.startswith("#"))
    }


async def test_no_more_is_kept_than_there_is_room_for(store: Store) -> None:
    await store.version_now()
    kept = KeptAnswers(store, limit=10_000)
    keys = [Key("an operation", b"%d" % number, None) for number in range(50)]
    for key in keys:
        kept.keep(key, b"x" * 500, 1, store.version)
        assert kept.size <= 10_000
    assert await kept.find(keys[-1]) is not None
    assert await kept.find(keys[0]) is None
    large = Key("a large one", b"", None)
    kept.keep(large, b"x" * 9_500, 1, store.version)
    assert await kept.find(large) is None
    assert (kept.given, kept.unknown, kept.outdated) == (1, 2, 0)


async def test_answers_keep_no_documents(world: World) -> None:
    film = await named(world)
    for number in range(100):
        await warmed(world.api, NAME.replace("query", f"query Number{number}"), id=film)
    for number in range(510):  # as many others as make a process forget these
        await world.api.ask(f"{{ a{number}: __typename }}")
    assert (await metrics(world))["one_kept_answers_bytes"] > 100 * 800
    gc.collect()
    documents = [each for each in gc.get_objects() if isinstance(each, DocumentNode)]
    assert not [each for each in documents if each.loc and "query Number" in each.loc.source.body]

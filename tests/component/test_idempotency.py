"""Idempotency keys: a request that comes again is answered by what it made the first time."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import cast

import pytest

from domain.values import JSON, JSONObject, now, to_micros
from graph import idempotency
from graph.store import Statement, Transaction
from services.idempotency import KEPT
from tests.refusals import conflict, invalid, not_found, refused
from tests.worlds import World, new_connection, new_group, new_thing

pytestmark = pytest.mark.slow

AGE: Statement[int] = Statement(
    "age", "MATCH (memo:Idempotency) WHERE memo.key ENDS WITH $key SET memo.at = $at RETURN count(memo) AS row"
)


async def age(world: World, key: str, days: int) -> None:
    """Make a key look as if it had been used days ago."""

    async def work(transaction: Transaction) -> None:
        at = to_micros(now() - timedelta(days=days))
        assert await transaction.run(AGE, {"key": key, "at": at}) == [1]

    await world.store.write(work)


async def creations(world: World) -> list[tuple[str, JSONObject, str]]:
    at = await world.make(one=new_thing(world.home, "video", "1"), two=new_thing(world.home, "video", "2"))
    slug = f"keyed-{at['one'][-8:]}"
    return [
        (*new_thing(world.home, "video", "Keyed"), "thing"),
        (*new_group(slug), "group"),
        (*new_connection("transacted", at["one"], at["two"], variant="tried"), "relationship"),
    ]


def made(answer: Mapping[str, JSON], what: str) -> dict[str, JSON]:
    assert what in answer, answer
    return cast("dict[str, JSON]", answer[what])


async def test_the_same_request_again_answers_what_it_made(shared_world: World) -> None:
    world = shared_world
    for field, given, what in await creations(world):
        keyed: JSONObject = {**given, "idempotencyKey": f"again {field}"}
        first = made(await world.api.change(field, keyed, f"{what} {{ id }}"), what)
        before = await world.count()
        again = made(await world.api.change(field, keyed, f"{what} {{ id }}"), what)
        assert again == first
        assert await world.count() == before
    thing = new_thing(world.home, "video", "Keyed")[1]
    ids = [
        made(await world.api.change("createThing", {**thing, "idempotencyKey": key}, "thing { id }"), "thing")["id"]
        for key in ("one key", "another key")
    ]
    assert ids[0] != ids[1]


async def test_a_type_is_registered_once_under_a_key(shared_world: World) -> None:
    world = shared_world
    thing: JSONObject = {"name": "keyed_guide", "description": "Of a place.", "schema": {"type": "object"}}
    edge: JSONObject = {"name": "keyed_bond", "description": "A bond.", "sources": ["person"], "targets": ["thing"]}
    for field, given, what in (
        ("registerThingType", thing, "thingType"),
        ("registerConnectionType", edge, "connectionType"),
    ):
        keyed: JSONObject = {**given, "idempotencyKey": f"type {field}"}
        assert made(await world.api.change(field, keyed, f"{what} {{ name }}"), what) == {"name": given["name"]}
        before = await world.count()
        assert made(await world.api.change(field, keyed, f"{what} {{ name }}"), what) == {"name": given["name"]}
        assert await world.count() == before
        other = await refused(world, field, {**keyed, "description": "Another."})
        assert other == conflict("idempotencyKey")


async def test_what_was_made_is_answered_as_it_is_now(shared_world: World) -> None:
    world = shared_world
    given: JSONObject = {**new_thing(world.home, "video", "Early")[1], "idempotencyKey": "now"}
    thing = made(await world.api.change("createThing", given, "thing { id }"), "thing")["id"]
    await world.api.change("updateThing", {"id": thing, "version": 1, "name": "Late"})
    again = made(await world.api.change("createThing", given, "thing { id name version }"), "thing")
    assert again == {"id": thing, "name": "Late", "version": 2}
    await world.api.change("deleteThing", {"id": thing, "version": 2})
    assert await refused(world, "createThing", given) == not_found("thing", str(thing))


async def test_the_same_key_with_another_input_is_a_conflict(shared_world: World) -> None:
    world = shared_world
    for field, given, _ in await creations(world):
        keyed: JSONObject = {**given, "idempotencyKey": f"other {field}"}
        await world.api.change(field, keyed)
        other: JSONObject = {"name": "Another"} if "name" in given else {"metadata": {"a": 1}}
        assert await refused(world, field, {**keyed, **other}) == conflict("idempotencyKey")


async def test_a_try_that_failed_is_not_frozen(shared_world: World) -> None:
    world = shared_world
    shut = await world.group("shut-keys")
    await world.api.change("archiveGroup", {"id": shut, "version": 1})
    given: JSONObject = {**new_thing(shut, "video", "V")[1], "idempotencyKey": "frozen"}
    assert await refused(world, "createThing", given) == conflict("groupId")
    await world.api.change("restoreGroup", {"id": shut, "version": 2})
    assert (await world.api.change("createThing", given))["__typename"] == "CreateThingSuccess"


async def test_the_same_request_many_times_at_once_is_done_once(shared_world: World) -> None:
    world = shared_world
    for field, given, what in await creations(world):
        before = await world.count()
        keyed: JSONObject = {**given, "idempotencyKey": f"crowd {field}"}
        answers = await asyncio.gather(*(world.api.change(field, keyed, f"{what} {{ id }}") for _ in range(10)))
        assert len({str(made(each, what)["id"]) for each in answers}) == 1
        after = await world.count()
        assert after["Event"] == before["Event"] + 1
        assert after["Idempotency"] == before.get("Idempotency", 0) + 1


async def test_a_key_is_forgotten_after_seven_days(shared_world: World) -> None:
    world = shared_world
    given: JSONObject = {**new_thing(world.home, "video", "Weekly")[1], "idempotencyKey": "weekly"}
    first = made(await world.api.change("createThing", given, "thing { id }"), "thing")["id"]
    await age(world, " weekly", 6)
    assert made(await world.api.change("createThing", given, "thing { id }"), "thing")["id"] == first
    await age(world, " weekly", 8)
    renamed: JSONObject = {**given, "name": "Another"}
    second = made(await world.api.change("createThing", renamed, "thing { id }"), "thing")["id"]
    assert second != first
    assert made(await world.api.change("createThing", renamed, "thing { id }"), "thing")["id"] == second


async def test_old_keys_are_deleted_some_at_a_time(shared_world: World) -> None:
    world = shared_world
    for n in range(3):
        given: JSONObject = {**new_thing(world.home, "video", "Old")[1], "idempotencyKey": f"old {n}"}
        await world.api.change("createThing", given)
        await age(world, f"old {n}", 8)
    before = (await world.count())["Idempotency"]
    cutoff = to_micros(now() - KEPT)
    assert [await idempotency.forget(world.store, cutoff, 2) for _ in range(3)] == [2, 1, 0]
    assert (await world.count())["Idempotency"] == before - 3


async def test_a_key_is_one_persons_for_one_mutation(shared_world: World) -> None:
    world = shared_world
    await world.api.change("createThing", {**new_thing(world.home, "video", "V")[1], "idempotencyKey": "mine"})
    answer = await world.api.change("createGroup", {**new_group("mine")[1], "idempotencyKey": "mine"})
    assert answer["__typename"] == "CreateGroupSuccess"


@pytest.mark.parametrize("key", ["", "k" * 201, "a\nb", "a\x00"])
async def test_what_is_no_key_is_refused(shared_world: World, key: str) -> None:
    given: JSONObject = {**new_thing(shared_world.home, "video", "V")[1], "idempotencyKey": key}
    assert await refused(shared_world, "createThing", given) == invalid("idempotencyKey")

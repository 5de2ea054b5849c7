"""Many changes in one request: together or each on its own, in few statements."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from typing import cast

import pytest

from domain.ids import new_id
from domain.values import JSON, JSONObject
from tests.client import Answer
from tests.refusals import invalid
from tests.worlds import World, new_connection, new_group, new_thing

pytestmark = pytest.mark.slow

APPLY = """mutation ($input: ApplyChangesInput!) { applyChanges(input: $input) {
    __typename
    ... on ApplyChangesSuccess { results {
        __typename
        ... on CreateThingSuccess { thing { id name version } }
        ... on UpdateThingSuccess { thing { id name version } }
        ... on ArchiveThingSuccess { thing { id status } }
        ... on RestoreThingSuccess { thing { id status } }
        ... on MoveThingSuccess { thing { id group { id } } }
        ... on LabelThingSuccess { thing { id labels } }
        ... on UnlabelThingSuccess { thing { id labels } }
        ... on DeleteThingSuccess { id }
        ... on ConnectSuccess { relationship { id strength } }
        ... on UpdateConnectionSuccess { relationship { id strength } }
        ... on DisconnectSuccess { relationship { id validTo } }
        ... on ValidationError { field }
        ... on ConflictError { conflict: field }
        ... on NotFoundError { resource }
    } }
    ... on ItemError { index error {
        __typename ... on ValidationError { field } ... on ConflictError { conflict: field }
    } }
    ... on ValidationError { field }
    ... on ConflictError { conflict: field }
} }"""
PRODUCT: JSONObject = {"category": "course", "price": {"amount": 100, "currency": "USD"}}


def as_item(change: tuple[str, JSONObject]) -> JSONObject:
    field, given = change
    return {field: given}


async def apply(world: World, changes: list[JSONObject], **more: JSON) -> Answer:
    return await world.api.ask(APPLY, input={"changes": changes, **more})


def results(answer: Answer) -> list[dict[str, JSON]]:
    assert answer.at("applyChanges.__typename") == "ApplyChangesSuccess", answer.data
    return cast("list[dict[str, JSON]]", answer.at("applyChanges.results"))


def video(world: World, name: str) -> JSONObject:
    return as_item(new_thing(world.home, "video", name))


async def test_every_kind_of_change_can_be_one_of_many(shared_world: World) -> None:
    world = shared_world
    at = await world.make(
        group=new_group("many-kinds"),
        **{name: new_thing(world.home, "video", name) for name in ("a", "b", "c", "d")},
    )
    joined = await world.connect("references", at["a"], at["b"])
    await world.api.change("archiveThing", {"id": at["d"], "version": 1})
    found = results(
        await apply(
            world,
            [
                video(world, "New"),
                {"updateThing": {"id": at["a"], "version": 1, "name": "A"}},
                {"moveThing": {"id": at["a"], "version": 2, "groupId": at["group"]}},
                {"labelThing": {"id": at["a"], "label": "n:1"}},
                {"unlabelThing": {"id": at["a"], "label": "n:1"}},
                {"archiveThing": {"id": at["a"], "version": 5}},
                {"restoreThing": {"id": at["d"], "version": 2}},
                {"deleteThing": {"id": at["c"], "version": 1}},
                as_item(new_connection("part_of", at["b"], at["d"])),
                {"updateConnection": {"id": joined, "strength": 0.5}},
                {"disconnect": {"id": joined}},
            ],
        )
    )
    assert [each["__typename"] for each in found] == [
        *("CreateThingSuccess", "UpdateThingSuccess", "MoveThingSuccess", "LabelThingSuccess", "UnlabelThingSuccess"),
        *("ArchiveThingSuccess", "RestoreThingSuccess", "DeleteThingSuccess", "ConnectSuccess"),
        *("UpdateConnectionSuccess", "DisconnectSuccess"),
    ]
    assert found[7]["id"] == at["c"]
    assert cast("Mapping[str, JSON]", found[2]["thing"])["group"] == {"id": at["group"]}


@pytest.mark.parametrize(
    ("broken", "error"),
    [
        ({"updateThing": {"id": new_id("thg"), "version": 1}}, {"__typename": "NotFoundError"}),
        (
            {"createThing": {"groupId": new_id("grp"), "type": "video", "name": "V"}},
            {"__typename": "NotFoundError"},
        ),
        (
            {"createThing": {"groupId": new_id("grp"), "type": "unicorn", "name": "V"}},
            {"__typename": "ValidationError", "field": "type"},
        ),
    ],
)
async def test_together_one_that_fails_undoes_all_and_is_named(
    shared_world: World, broken: JSONObject, error: JSONObject
) -> None:
    world = shared_world
    before = await world.count()
    answer = await apply(world, [video(world, "1"), video(world, "2"), broken, video(world, "3")])
    assert answer.at("applyChanges") == {"__typename": "ItemError", "index": 2, "error": error}
    assert await world.count() == before


async def test_each_on_its_own_the_others_are_done(shared_world: World) -> None:
    world = shared_world
    at = await world.make(one=new_thing(world.home, "video", "1"), two=new_thing(world.home, "video", "2"))
    pair = as_item(new_connection("references", at["one"], at["two"]))
    before = await world.count()
    found = results(
        await apply(
            world,
            [
                video(world, "1"),
                {"createThing": {"groupId": new_id("grp"), "type": "video", "name": "V"}},
                {"createThing": {"groupId": world.home, "type": "video", "name": ""}},
                video(world, "2"),
                {"updateThing": {"id": at["one"], "version": 9, "name": "X"}},
                pair,
                pair,
                as_item(new_connection("part_of", at["one"], new_id("thg"))),
                {"deleteThing": {"id": at["one"], "version": 1}},
            ],
            mode="each",
        )
    )
    assert [(each["__typename"], each.get("field", each.get("conflict"))) for each in found] == [
        ("CreateThingSuccess", None),
        ("NotFoundError", None),
        ("ValidationError", "name"),
        ("CreateThingSuccess", None),
        ("ConflictError", "version"),
        ("ConnectSuccess", None),
        ("ConflictError", "toId"),
        ("NotFoundError", None),
        ("DependedOnError", None),
    ]
    after = await world.count()
    assert (after["Thing"], after["Event"]) == (before["Thing"] + 2 * 2, before["Event"] + 3)  # each with its version


async def test_a_thousand_things_and_connections_take_a_few_statements(
    shared_world: World, statements: list[str]
) -> None:
    world = shared_world
    lamp = await world.thing("Lamp", type_="product", properties=PRODUCT)
    lines: JSON = [{"productId": lamp, "quantity": 1}]
    many: list[JSONObject] = [
        as_item(new_thing(world.home, "cart", f"C{n}", lines=lines)) if n % 2 else video(world, f"V{n}")
        for n in range(1000)
    ]
    statements.clear()
    made = results(await apply(world, many, mode="each"))
    assert Counter(each["__typename"] for each in made) == {"CreateThingSuccess": 1000}
    few = {"lock_entities": 1, "lock_supported": 1, "create_things": 1, "add_mentions": 1, "append_events": 1}
    assert Counter(statements) == few
    ids = [str(cast("Mapping[str, JSON]", each["thing"])["id"]) for each in made]
    statements.clear()
    joined = await apply(world, [as_item(new_connection("references", each, lamp)) for each in ids])
    assert len({str(each["relationship"]) for each in results(joined)}) == 1000
    assert Counter(statements) == {
        "lock_entities": 1,
        "lock_supported": 1,
        "taken_keys": 1,
        "create_connections": 1,
        "append_events": 1,
    }


async def test_together_under_a_key_it_is_done_once(shared_world: World) -> None:
    world = shared_world
    gone = await world.thing("Gone")
    changes: list[JSONObject] = [video(world, "1"), {"deleteThing": {"id": gone, "version": 1}}, video(world, "2")]
    before = await world.count()
    answers = await asyncio.gather(*(apply(world, changes, idempotencyKey="together") for _ in range(6)))
    first = results(answers[0])
    assert all(results(each) == first for each in answers)
    after = await world.count()
    assert (after["Thing"], after["Event"]) == (before["Thing"] + 2, before["Event"] + 3)  # each with its version
    other = await apply(world, changes[:1], idempotencyKey="together")
    assert other.at("applyChanges") == {"__typename": "ConflictError", "conflict": "idempotencyKey"}


async def test_each_under_a_key_what_failed_is_tried_again_and_nothing_else(shared_world: World) -> None:
    world = shared_world
    shut = await world.group("shut-bulk")
    await world.api.change("archiveGroup", {"id": shut, "version": 1})
    changes: list[JSONObject] = [video(world, "1"), as_item(new_thing(shut, "video", "2")), video(world, "3")]
    first = results(await apply(world, changes, mode="each", idempotencyKey="each"))
    assert [each["__typename"] for each in first] == ["CreateThingSuccess", "ConflictError", "CreateThingSuccess"]
    await world.api.change("restoreGroup", {"id": shut, "version": 2})
    before = await world.count()
    second = results(await apply(world, changes, mode="each", idempotencyKey="each"))
    assert [second[0], second[2]] == [first[0], first[2]]
    assert second[1]["__typename"] == "CreateThingSuccess"
    assert (await world.count())["Event"] == before["Event"] + 1
    assert results(await apply(world, changes, mode="each", idempotencyKey="each")) == second
    other = await apply(world, changes, idempotencyKey="each")
    assert other.at("applyChanges") == {"__typename": "ConflictError", "conflict": "idempotencyKey"}


@pytest.mark.parametrize("number", [0, 1001])
async def test_one_to_a_thousand_changes_are_taken(shared_world: World, number: int) -> None:
    before = await shared_world.count()
    answer = await apply(shared_world, [video(shared_world, "V")] * number)
    assert answer.at("applyChanges") == invalid("changes")
    assert await shared_world.count() == before


@pytest.mark.parametrize(
    "change", [{}, {"disconnect": None}, {"disconnect": {"id": "x"}, "archiveThing": {"id": "x", "version": 1}}]
)
async def test_a_change_is_exactly_one(shared_world: World, change: JSONObject) -> None:
    answer = await apply(shared_world, [change])
    assert answer.codes == ["BAD_REQUEST"]


async def test_one_of_many_has_no_key_of_its_own(shared_world: World) -> None:
    given = {**new_thing(shared_world.home, "video", "V")[1], "idempotencyKey": "own"}
    answer = await apply(shared_world, [video(shared_world, "V"), {"createThing": given}])
    assert answer.at("applyChanges") == invalid("changes.1.idempotencyKey")

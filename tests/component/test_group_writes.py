"""Restoring and deleting groups."""

import asyncio
from collections import Counter
from typing import cast

import pytest

from domain.values import JSON, JSONObject
from tests.refusals import conflict, not_found, refused
from tests.worlds import World, new_connection, new_group, new_thing

pytestmark = pytest.mark.slow

TIME = "2026-01-01T00:00:00Z"
PRODUCT: JSONObject = {"category": "course", "price": {"amount": 1, "currency": "USD"}}


async def kinds(world: World, group: str, version: int = 1) -> dict[str, JSON]:
    """What stands in the way of deleting a group: how many of each kind, once it was shown that nothing is written."""
    before = await world.count()
    answer = await world.api.ask(
        "mutation ($input: DeleteGroupInput!) { deleteGroup(input: $input) { __typename "
        "... on DependedOnError { dependents { kind total } } } }",
        input={"id": group, "version": version},
    )
    assert await world.count() == before
    assert answer.at("deleteGroup.__typename") == "DependedOnError"
    return {
        str(each["kind"]): each["total"] for each in cast("list[dict[str, JSON]]", answer.at("deleteGroup.dependents"))
    }


async def test_a_restored_group_takes_things_again_and_what_it_holds_stays_archived(shared_world: World) -> None:
    world = shared_world
    at = await world.make(group=new_group("restored"))
    at |= await world.make(below=new_group("restored-below", at["group"]), thing=new_thing(at["group"], "video", "V"))
    await world.api.change("archiveGroup", {"id": at["group"], "version": 1, "withContents": True})
    assert await refused(world, "restoreGroup", {"id": at["group"], "version": 1}) == conflict("version")
    assert await refused(world, "restoreGroup", {"id": at["below"], "version": 2}) == conflict("status")
    journal = await world.journal()
    answer = await world.api.change(
        "restoreGroup", {"id": at["group"], "version": 2}, "group { status archivedAt version }"
    )
    assert answer["group"] == {"status": "active", "archivedAt": None, "version": 3}
    assert await journal.read() == [("group_restored", at["group"], at["group"], {})]
    read = await world.api.ask(
        "query ($below: ID!, $thing: ID!) { below: node(id: $below) { ... on Group { state: status } } "
        "thing: node(id: $thing) { ... on Thing { status } } }",
        below=at["below"],
        thing=at["thing"],
    )
    assert read.data == {"below": {"state": "archived"}, "thing": {"status": "archived"}}
    await world.thing("New", at["group"])
    assert await refused(world, "restoreGroup", {"id": at["group"], "version": 3}) == conflict("status")


async def test_an_empty_group_is_deleted_with_its_last_member(shared_world: World) -> None:
    world = shared_world
    before = await world.count()
    group = await world.group("fleeting")
    await world.connect("member_of", world.owner.id, group, {"role": "owner"})
    past = await world.connect("member_of", world.owner.id, await world.group("kept"), {"role": "editor"})
    await world.api.change("disconnect", {"id": past})
    journal = await world.journal()
    answer = await world.api.change("deleteGroup", {"id": group, "version": 1}, "id")
    assert answer == {"__typename": "DeleteGroupSuccess", "id": group}
    assert await journal.read() == [
        ("user_removed_from_group", world.owner.id, None, {}),
        ("group_deleted", group, None, {"slug": "fleeting"}),
    ]
    after = await world.count()
    assert (after["Group"], after["MEMBER_OF"]) == (before["Group"] + 2, before["MEMBER_OF"] + 2)
    assert await refused(world, "deleteGroup", {"id": group, "version": 1}) == not_found("group", group)
    assert await world.group("fleeting") != group


async def test_a_group_that_holds_anything_is_not_deleted(shared_world: World) -> None:
    world = shared_world
    at = await world.make(group=new_group("holding"), thing=new_thing(world.home, "video", "V"))
    at |= await world.make(below=new_group("holding-below", at["group"]), inside=new_thing(at["group"], "video", "V"))
    await world.make(
        owned=new_connection("owns", at["group"], at["thing"]),
        named=new_thing(world.home, "order", "O", number="1", state="paid", currency="USD", placedAt=TIME, lines=[
            {"productId": await world.thing("P", type_="product", properties=PRODUCT), "name": "P",
             "unitPrice": 1, "quantity": 1, "sellerId": at["group"]}
        ]),
    )  # fmt: skip
    for name in ("first", "second"):
        await world.member(f"holding-{name}", "holding")
    # Each member brought an API key, which is a thing of the group.
    assert await kinds(world, at["group"]) == {"group": 1, "thing": 3, "connection": 1, "member": 2, "mention": 1}
    assert await refused(world, "deleteGroup", {"id": at["group"], "version": 2}) == conflict("version")


async def test_a_group_is_deleted_or_filled_but_never_both(shared_world: World) -> None:
    world = shared_world
    for attempt in range(8):
        group = await world.group(f"raced-{attempt}")
        changes = [
            world.api.change(*new_thing(group, "video", "V")),
            world.api.change(*new_group(f"raced-below-{attempt}", group)),
            world.api.change(*new_connection("member_of", world.owner.id, group, role="owner")),
        ]
        changes.insert(attempt % 4, world.api.change("deleteGroup", {"id": group, "version": 1}))
        found = Counter(each["__typename"] for each in await asyncio.gather(*changes))
        assert set(found) <= {
            *("CreateThingSuccess", "CreateGroupSuccess", "ConnectSuccess", "DeleteGroupSuccess"),
            *("NotFoundError", "DependedOnError"),
        }
        if found["DeleteGroupSuccess"]:
            assert found["CreateThingSuccess"] == found["CreateGroupSuccess"] == 0
        read = await world.api.ask("query ($id: ID!) { node(id: $id) { id } }", id=group)
        assert (read.at("node") is None) is bool(found["DeleteGroupSuccess"])

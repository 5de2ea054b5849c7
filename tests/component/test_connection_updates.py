"""Changing connections, and what they may not join."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from typing import cast

import pytest

from domain.people import MemberRole
from domain.values import JSON, JSONObject
from tests.refusals import conflict, invalid, refused
from tests.worlds import World, new_connection, new_group, new_thing

pytestmark = pytest.mark.slow

ALL = "relationship { id strength properties metadata validTo }"


def of(answer: Mapping[str, JSON]) -> dict[str, JSON]:
    assert "relationship" in answer, answer
    return cast("dict[str, JSON]", answer["relationship"])


async def test_a_change_says_of_each_value_whether_it_stays_goes_or_is_another(shared_world: World) -> None:
    world = shared_world
    thing = await world.thing("T")
    new = {**new_connection("owns", world.home, thing, revenueShare=0.5)[1], "strength": 0.5, "metadata": {"a": 1}}
    made = of(await world.api.change("connect", new, ALL))
    connection = str(made["id"])
    journal = await world.journal()
    kept = of(await world.api.change("updateConnection", {"id": connection}, ALL))
    assert kept == made
    changed = of(await world.api.change("updateConnection", {"id": connection, "strength": 1, "metadata": None}, ALL))
    assert changed == {**made, "strength": 1.0, "metadata": {}}
    given: JSONObject = {"id": connection, "strength": None, "properties": {"revenueShare": 0.25}}
    changed = of(await world.api.change("updateConnection", given, ALL))
    assert changed == {**made, "strength": None, "metadata": {}, "properties": {"revenueShare": 0.25}}
    told = {"type": "owns", "from": world.home, "to": thing}
    assert [each[3] for each in await journal.read()] == [
        {**told, "changed": []},
        {**told, "changed": ["strength", "metadata"]},
        {**told, "changed": ["strength", "properties"]},
    ]


async def test_a_change_is_held_to_the_rules_of_its_type(shared_world: World) -> None:
    world = shared_world
    connection = await world.connect("owns", world.home, await world.thing("T"))
    given: JSONObject = {"id": connection}
    assert await refused(world, "updateConnection", {**given, "strength": 1.5}) == invalid("strength")
    assert await refused(world, "updateConnection", {**given, "properties": {"share": 1}}) == invalid("properties")
    assert await refused(world, "updateConnection", {**given, "metadata": []}) == invalid("metadata")
    assert await refused(world, "updateConnection", {"id": world.home}) == invalid("id")
    await world.api.change("disconnect", given)
    assert await refused(world, "updateConnection", {**given, "strength": 1}) == conflict("validTo")


async def test_another_role_is_told_and_a_group_keeps_its_last_owner(shared_world: World) -> None:
    world = shared_world
    group = await world.group("roles")
    membership = await world.connect("member_of", world.owner.id, group, {"role": "owner"})
    for properties in ({"role": "editor"}, {"role": "owner", "status": "inactive"}):
        given: JSONObject = {"id": membership, "properties": properties}
        assert await refused(world, "updateConnection", given) == conflict("id")
    await world.member("second", "roles", member_role=MemberRole.OWNER)
    journal = await world.journal()
    given = {"id": membership, "properties": {"role": "editor"}}
    changed = of(await world.api.change("updateConnection", given, ALL))
    assert changed["properties"] == {"role": "editor", "status": "active"}
    told = {"type": "member_of", "from": world.owner.id, "to": group, "changed": ["properties"]}
    assert await journal.read() == [
        ("connection_updated", membership, group, told),
        ("member_role_changed", world.owner.id, group, {"from": "owner", "to": "editor"}),
    ]


async def test_of_two_owners_who_step_down_at_once_one_stays(shared_world: World) -> None:
    world = shared_world
    await world.member("stepper", "home")
    people = (await world.api.ask("{ people(first: 9) { nodes { id } } }")).each("people.nodes", "id")
    for attempt in range(4):
        group = await world.group(f"stepped-{attempt}")
        at = await world.make(
            **{f"p{n}": new_connection("member_of", str(each), group, role="owner") for n, each in enumerate(people)}
        )
        stepping: list[JSONObject] = [{"id": each, "properties": {"role": "viewer"}} for each in at.values()]
        answers = await asyncio.gather(*(world.api.change("updateConnection", each) for each in stepping))
        assert Counter(each["__typename"] for each in answers) == {
            "UpdateConnectionSuccess": len(people) - 1,
            "ConflictError": 1,
        }


@pytest.mark.parametrize(("end", "field"), [("one", "fromId"), ("two", "toId")])
async def test_nothing_new_is_connected_with_what_is_archived(shared_world: World, end: str, field: str) -> None:
    world = shared_world
    at = await world.make(one=new_thing(world.home, "video", "1"), two=new_thing(world.home, "video", "2"))
    await world.api.change("archiveThing", {"id": at[end], "version": 1})
    assert await refused(world, *new_connection("references", at["one"], at["two"])) == conflict(field)
    await world.api.change("restoreThing", {"id": at[end], "version": 2})
    await world.connect("references", at["one"], at["two"])


async def test_nothing_is_connected_with_a_group_that_is_archived(shared_world: World) -> None:
    world = shared_world
    at = await world.make(shut=new_group("shut-connections"), thing=new_thing(world.home, "video", "V"))
    await world.api.change("archiveGroup", {"id": at["shut"], "version": 1})
    assert await refused(world, *new_connection("published_to", at["thing"], at["shut"])) == conflict("toId")


async def test_what_is_archived_and_connected_at_once_ends_in_one_of_the_two_orders(shared_world: World) -> None:
    world = shared_world
    for attempt in range(6):
        at = await world.make(one=new_thing(world.home, "video", "1"), two=new_thing(world.home, "video", "2"))
        changes = [
            world.api.change(*new_connection("references", at["one"], at["two"])),
            world.api.change("archiveThing", {"id": at["two"], "version": 1}),
        ]
        connected, archived = await asyncio.gather(*(changes if attempt % 2 else changes[::-1]))
        if not attempt % 2:
            connected, archived = archived, connected
        assert archived["__typename"] == "ArchiveThingSuccess"
        assert connected.get("conflict", "toId") == "toId"

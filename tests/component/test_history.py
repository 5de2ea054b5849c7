"""History: what a thing was, who changed it and when."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import cast

import pytest

from domain.access import KeyScope
from domain.ids import new_id
from domain.values import JSON, JSONObject
from graph.store import Store
from services.exporting import export_store
from services.restoring import import_export
from tests.client import Answer
from tests.component.shop import Shop, everything, thing_id
from tests.conftest import wipe
from tests.worlds import World, new_group

pytestmark = pytest.mark.slow

HISTORY = """query ($id: ID!, $first: Int = 50, $after: String, $order: CreationOrder = newest_first) {
    node(id: $id) { ... on Thing { history(first: $first, after: $after, order: $order) {
        nodes { version name status properties labels at until changed group { slug }
            event { type properties } actor { id } }
        pageInfo { hasNextPage endCursor } totalCount
    } } }
}"""
AT = "query ($id: ID!, $time: DateTime!) { thingAt(id: $id, time: $time) { version name status group { slug } } }"


async def history(world: World, thing: str, **more: JSON) -> list[dict[str, JSON]]:
    answer = await world.api.ask(HISTORY, id=thing, **more)
    return cast("list[dict[str, JSON]]", answer.at("node.history.nodes"))


async def lived(world: World) -> str:
    """A thing with six versions."""
    other = f"lived-{new_id('grp')[-8:]}"
    group = await world.group(other)
    thing = await world.thing("One", type_="podcast", status="active", properties={"a": 1, "b": [1]})
    changes: list[tuple[str, JSONObject]] = [
        ("updateThing", {"name": "Two", "properties": {"a": 2, "b": [1], "c": None}}),
        ("moveThing", {"groupId": group}),
        ("labelThing", {"label": "topic:x"}),
        ("archiveThing", {}),
        ("restoreThing", {}),
    ]
    for field, given in changes:
        read = await world.api.ask("query ($id: ID!) { node(id: $id) { ... on Thing { version } } }", id=thing)
        answer = await world.api.change(field, {"id": thing, "version": read.at("node.version"), **given})
        assert str(answer["__typename"]).endswith("Success"), answer
    return thing


async def test_every_change_leaves_the_version_before_it(shared_world: World) -> None:
    world = shared_world
    thing = await lived(world)
    versions = await history(world, thing)
    assert [(each["version"], each["name"], each["status"], each["labels"], each["changed"]) for each in versions] == [
        (6, "Two", "active", ["topic:x"], ["status"]),
        (5, "Two", "archived", ["topic:x"], ["status"]),
        (4, "Two", "active", ["topic:x"], ["labels"]),
        (3, "Two", "active", [], ["group"]),
        (2, "Two", "active", [], ["name", "properties.a", "properties.c"]),
        (1, "One", "active", [], []),
    ]
    assert [cast("Mapping[str, JSON]", each["event"])["type"] for each in versions] == [
        *("thing_restored", "thing_archived", "thing_labelled", "thing_moved", "thing_updated", "thing_created"),
    ]
    for each in versions:
        event = cast("Mapping[str, Mapping[str, JSON]]", each["event"])
        assert event["properties"]["version"] == each["version"]
        assert each["actor"] == {"id": world.owner.id}
    assert versions[-1]["properties"] == {"a": 1, "b": [1]}
    assert versions[0]["until"] is None
    assert [each["until"] for each in versions[1:]] == [each["at"] for each in versions[:-1]]
    assert versions == (await history(world, thing, order="oldest_first"))[::-1]


async def test_pages_of_a_history_have_no_gap_and_no_repetition(shared_world: World) -> None:
    world = shared_world
    thing = await lived(world)
    for order in ("newest_first", "oldest_first"):
        seen: list[JSON] = []
        after: JSON = None
        while True:
            answer = await world.api.ask(HISTORY, id=thing, first=2, after=after, order=order)
            seen += answer.each("node.history.nodes", "version")
            assert answer.at("node.history.totalCount") == 6
            after = answer.at("node.history.pageInfo.endCursor")
            if not answer.at("node.history.pageInfo.hasNextPage"):
                break
        assert seen == (list(range(6, 0, -1)) if order == "newest_first" else list(range(1, 7)))
    backwards = await world.api.ask(
        "query ($id: ID!) { node(id: $id) { ... on Thing { history(last: 2) { nodes { version } "
        "pageInfo { hasPreviousPage } } } } }",
        id=thing,
    )
    assert backwards.each("node.history.nodes", "version") == [2, 1]
    assert backwards.at("node.history.pageInfo.hasPreviousPage") is True


async def test_a_thing_is_shown_as_it_was_at_any_time(shared_world: World) -> None:
    world = shared_world
    thing = await lived(world)
    versions = await history(world, thing)
    for each in versions:
        answer = await world.api.ask(AT, id=thing, time=each["at"])
        found = cast("Mapping[str, JSON]", answer.at("thingAt"))
        assert (found["version"], found["name"], found["group"]) == (each["version"], each["name"], each["group"])
    first = datetime.fromisoformat(str(versions[-1]["at"]))
    assert (await world.api.ask(AT, id=thing, time=first.replace(year=2020).isoformat())).at("thingAt") is None
    assert (await world.api.ask(AT, id=thing, time="2999-01-01T00:00:00Z")).at("thingAt.version") == 6
    assert (await world.api.ask(AT, id=new_id("thg"), time="2999-01-01T00:00:00Z")).at("thingAt") is None
    assert (await world.api.ask(AT, id=world.home, time="2999-01-01T00:00:00Z")).codes == ["VALIDATION"]


async def test_a_history_is_for_those_who_see_the_thing(shared_world: World) -> None:
    world = shared_world
    at = await world.make(seen=new_group("seen"), hidden=new_group("hidden"))
    reader = await world.member("historian", "seen", scope=KeyScope.READ)
    thing = await world.thing("T", at["hidden"])
    now = "2999-01-01T00:00:00Z"
    assert (await reader.ask(HISTORY, id=thing)).at("node") is None
    assert (await reader.ask(AT, id=thing, time=now)).at("thingAt") is None
    await world.api.change("moveThing", {"id": thing, "version": 1, "groupId": at["seen"]})
    answer: Answer = await reader.ask(HISTORY, id=thing)
    versions = cast("list[dict[str, JSON]]", answer.at("node.history.nodes"))
    # The first version was in a group out of their sight, and so was the event that made it.
    assert [(each["version"], each["group"], each["event"] is None, each["actor"]) for each in versions] == [
        (2, {"slug": "seen"}, False, None),
        (1, None, True, None),
    ]
    assert (await reader.ask(AT, id=thing, time=now)).at("thingAt.version") == 2


async def test_what_is_archived_with_its_group_has_a_version_too(shared_world: World) -> None:
    world = shared_world
    top = await world.group("archived-top")
    below = await world.group("archived-below", top)
    things = [await world.thing(f"T{n}", below, status="published") for n in range(3)]
    await world.api.change("archiveGroup", {"id": top, "version": 1, "withContents": True})
    for thing in things:
        found = await history(world, thing)
        assert [(each["version"], each["status"]) for each in found] == [(2, "archived"), (1, "published")]
        assert [each["changed"] for each in found] == [["status"], []]
        told = [cast("Mapping[str, JSON]", each["event"])["type"] for each in found]
        assert told == ["thing_archived", "thing_created"]
        assert found[1]["until"] == found[0]["at"]
        for each in found:
            answer = await world.api.ask(AT, id=thing, time=each["at"])
            assert answer.at("thingAt.status") == each["status"]
        paged = await history(world, thing, first=1) + await history(world, thing, first=1, order="oldest_first")
        assert paged == found
    count = "query ($id: ID!) { node(id: $id) { ... on Thing { history(first: 1) { totalCount } } } }"
    assert (await world.api.ask(count, id=things[0])).at("node.history.totalCount") == 2
    before = await history(world, things[0])
    for group in (top, below):
        await world.api.change("restoreGroup", {"id": group, "version": 2})
    await world.api.change("restoreThing", {"id": things[0], "version": 2})
    after = await history(world, things[0])
    assert [(each["version"], each["status"]) for each in after] == [
        (3, "published"),
        (2, "archived"),
        (1, "published"),
    ]
    assert [{**each, "until": None} for each in after[1:]] == [{**each, "until": None} for each in before]
    assert (await world.api.ask(count, id=things[0])).at("node.history.totalCount") == 3
    await world.api.change("deleteThing", {"id": things[0], "version": 3})


async def test_histories_of_many_things_take_as_many_statements_as_of_one(
    shared_world: World, statements: list[str]
) -> None:
    world = shared_world
    for _ in range(8):
        await lived(world)
    query = """query ($first: Int!) { things(first: $first, filter: {type: "podcast"}) { nodes { history(first: 10) {
        nodes { version changed group { slug } event { type } actor { id } } totalCount pageInfo { hasNextPage }
    } } } }"""
    counted: list[Counter[str]] = []
    for first in (2, 8):
        statements.clear()
        assert (await world.api.ask(query, first=first)).data
        counted.append(Counter(statements))
    assert counted[0] == counted[1]
    assert counted[0]["list_history"] == 1


async def test_an_import_that_changes_things_keeps_their_versions(store: Store, world: World, tmp_path: Path) -> None:
    shop = Shop(store, tmp_path)
    await shop.run()
    shop.replace("products.csv", "a,2,Apple,published,1.50", "a,1,Green apple,archived,1.75")
    await shop.run()
    found = await history(world, thing_id("a"))
    assert [(each["version"], each["name"], each["status"], each["changed"]) for each in found] == [
        (2, "Green apple", "archived", ["name", "status", "group", "properties.price"]),
        (1, "Apple", "published", []),
    ]
    assert [cast("Mapping[str, JSON]", each["event"])["type"] for each in found] == ["thing_archived", "thing_created"]
    assert [each["actor"] for each in found] == [None, None]


async def test_an_export_carries_versions_mentions_and_keys(store: Store, world: World, tmp_path: Path) -> None:
    thing = await lived(world)
    product = await world.thing(
        "P", type_="product", properties={"category": "course", "price": {"amount": 1, "currency": "USD"}}
    )
    lines: JSON = [{"productId": product, "quantity": 1}]
    given: dict[str, JSON] = {"groupId": world.home, "type": "cart", "name": "C", "properties": {"lines": lines}}
    await world.api.change("createThing", {**given, "idempotencyKey": "exported"})
    counted = await world.count()
    assert {"ThingVersion", "MENTIONS", "Idempotency"} <= counted.keys()
    before, shown = await everything(store), await history(world, thing)
    path = tmp_path / "export.jsonl"
    await export_store(store, path)
    await wipe(store)
    assert (await import_export(store, path)).refused_total == 0
    assert await everything(store) == before
    assert await history(world, thing) == shown

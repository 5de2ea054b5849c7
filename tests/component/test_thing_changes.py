"""Changing things: what succeeds is recorded with its events, what cannot be writes nothing and says why."""

from collections.abc import Mapping
from typing import cast

import pytest

from domain.ids import new_id
from domain.values import JSON, JSONObject
from tests.refusals import conflict, invalid, not_found, refused
from tests.worlds import World

ALL = "thing { id __typename type name status properties version archivedAt group { id } }"
PRICE: JSONObject = {"category": "course", "price": {"amount": 100, "currency": "USD"}}


def of(answer: Mapping[str, JSON]) -> dict[str, JSON]:
    assert "thing" in answer, answer
    return cast("dict[str, JSON]", answer["thing"])


async def test_a_thing_is_created_as_a_draft_unless_said_otherwise(shared_world: World) -> None:
    world, journal = shared_world, await shared_world.journal()
    given: dict[str, JSON] = {"groupId": world.home, "type": "podcast", "name": " Café "}
    created = of(await world.api.change("createThing", given, ALL))
    thing = created.pop("id")
    assert created == {
        "__typename": "GenericThing",
        "type": "podcast",
        "name": "Café",
        "status": "draft",
        "properties": {},
        "version": 1,
        "archivedAt": None,
        "group": {"id": world.home},
    }
    assert await journal.read() == [("thing_created", thing, world.home, {"type": "podcast", "version": 1})]


@pytest.mark.parametrize("status", ["draft", "active", "published"])
async def test_a_thing_is_created_in_any_state_of_use(shared_world: World, status: str) -> None:
    given: JSONObject = {
        "groupId": shared_world.home,
        "type": "product",
        "name": "P",
        "status": status,
        "properties": {**PRICE, "slug": status},
    }
    created = of(await shared_world.api.change("createThing", given, ALL))
    assert (created["__typename"], created["status"], created["properties"]) == ("Product", status, given["properties"])
    read = await shared_world.api.ask(
        f"query ($id: ID!) {{ node(id: $id) {{ ... on Thing {ALL.removeprefix('thing')} }} }}", id=created["id"]
    )
    assert read.at("node") == created


async def test_an_update_changes_what_is_given_and_keeps_the_rest(shared_world: World) -> None:
    world = shared_world
    thing = await world.thing("Before", properties={"a": 1})
    journal = await world.journal()
    named = of(await world.api.change("updateThing", {"id": thing, "version": 1, "name": "After"}, ALL))
    assert (named["name"], named["status"], named["properties"], named["version"]) == ("After", "draft", {"a": 1}, 2)
    given: JSONObject = {"id": thing, "version": 2, "status": "published", "properties": {"b": [True]}}
    changed = of(await world.api.change("updateThing", given, ALL))
    assert changed == {**named, "status": "published", "properties": {"b": [True]}, "version": 3}
    assert await journal.read() == [
        ("thing_updated", thing, world.home, {"changed": ["name"], "version": 2}),
        ("thing_updated", thing, world.home, {"changed": ["status", "properties"], "version": 3}),
    ]


@pytest.mark.parametrize("field", ["name", "status", "properties"])
async def test_null_is_refused_for_what_cannot_be_empty(shared_world: World, field: str) -> None:
    thing = await shared_world.thing("Full")
    given: JSONObject = {"id": thing, "version": 1, field: None}
    assert await refused(shared_world, "updateThing", given) == invalid(field)


@pytest.mark.slow
async def test_the_totals_of_an_order_follow_its_lines(shared_world: World) -> None:
    world = shared_world
    group = await world.group("orders")
    order: dict[str, JSON] = {"number": "1", "state": "paid", "currency": "USD", "placedAt": "2026-01-01T00:00:00Z"}
    lamp = await world.thing("Lamp", type_="product", properties=PRICE)
    line: dict[str, JSON] = {"productId": lamp, "name": "Lamp", "unitPrice": 1000, "quantity": 1}
    order = {**order, "currency": "EUR", "lines": [line, {**line, "discount": "0.3333"}]}
    await world.thing("Order", group, "order", properties=order)
    answer = await world.api.ask(
        'query { group(slug: "orders") { orderTotals { orders lines net { amount currency } } } }'
    )
    assert answer.at("group.orderTotals") == [{"orders": 1, "lines": 2, "net": {"amount": "16.667", "currency": "EUR"}}]


@pytest.mark.slow
async def test_an_archived_thing_stays_readable_and_as_it_is(shared_world: World) -> None:
    world = shared_world
    thing = await world.thing("Old")
    journal = await world.journal()
    archived = of(await world.api.change("archiveThing", {"id": thing, "version": 1}, ALL))
    assert (archived["status"], archived["version"]) == ("archived", 2)
    assert archived["archivedAt"] is not None
    assert await journal.read() == [("thing_archived", thing, world.home, {"version": 2})]
    assert await refused(world, "archiveThing", {"id": thing, "version": 2}) == conflict("status")
    assert await refused(world, "updateThing", {"id": thing, "version": 2, "name": "New"}) == conflict("status")
    read = await world.api.ask(
        f"query ($id: ID!) {{ node(id: $id) {{ ... on Thing {ALL.removeprefix('thing')} }} }}", id=thing
    )
    assert read.at("node") == archived


async def test_a_thing_is_not_archived_in_passing(shared_world: World) -> None:
    thing = await shared_world.thing("Kept")
    new: JSONObject = {"groupId": shared_world.home, "type": "video", "name": "V", "status": "archived"}
    assert await refused(shared_world, "createThing", new) == invalid("status")
    given: JSONObject = {"id": thing, "version": 1, "status": "archived"}
    assert await refused(shared_world, "updateThing", given) == invalid("status")


@pytest.mark.slow
@pytest.mark.parametrize("field", ["updateThing", "archiveThing"])
async def test_a_stale_version_is_a_conflict(shared_world: World, field: str) -> None:
    world = shared_world
    thing = await world.thing("Old")
    of(await world.api.change("updateThing", {"id": thing, "version": 1, "name": "Newer"}, ALL))
    for version in (1, 3):
        assert await refused(world, field, {"id": thing, "version": version}) == conflict("version")
    assert await refused(world, field, {"id": thing, "version": 0}) == invalid("version")
    answer = await world.api.ask("query ($id: ID!) { node(id: $id) { ... on Thing { name version } } }", id=thing)
    assert answer.at("node") == {"name": "Newer", "version": 2}


@pytest.mark.slow
@pytest.mark.parametrize("field", ["updateThing", "archiveThing"])
async def test_an_id_that_is_unknown_or_of_another_kind_is_refused(shared_world: World, field: str) -> None:
    unknown = new_id("thg")
    assert await refused(shared_world, field, {"id": unknown, "version": 1}) == not_found("thing", unknown)
    assert await refused(shared_world, field, {"id": shared_world.home, "version": 1}) == invalid("id")


@pytest.mark.slow
async def test_a_group_that_cannot_take_a_thing_is_refused(shared_world: World) -> None:
    world, unknown = shared_world, new_id("grp")
    shut = await world.group("shut-to-things")
    await world.api.change("archiveGroup", {"id": shut, "version": 1})
    new: JSONObject = {"type": "video", "name": "V"}
    assert await refused(world, "createThing", {**new, "groupId": unknown}) == not_found("group", unknown)
    assert await refused(world, "createThing", {**new, "groupId": world.owner.id}) == invalid("groupId")
    assert await refused(world, "createThing", {**new, "groupId": shut}) == conflict("groupId")


@pytest.mark.parametrize("type_", ["unicorn", "", "Product", "api_key", "__proto__"])
async def test_a_type_that_cannot_be_created_is_refused(shared_world: World, type_: str) -> None:
    given: JSONObject = {"groupId": shared_world.home, "type": type_, "name": "X"}
    assert await refused(shared_world, "createThing", given) == invalid("type")


@pytest.mark.parametrize(
    ("properties", "named"),
    [
        ({}, "properties"),
        ({"category": "course"}, "properties"),
        ({**PRICE, "category": "car"}, "properties.category"),
        ({**PRICE, "colour": "red"}, "properties"),
        ({**PRICE, "price": {"amount": 1.5, "currency": "USD"}}, "properties.price.amount"),
        ({**PRICE, "price": {"amount": -1, "currency": "USD"}}, "properties.price.amount"),
        ({**PRICE, "price": {"amount": 1, "currency": "usd"}}, "properties.price.currency"),
        ({**PRICE, "price": {"amount": 2**53, "currency": "USD"}}, "properties.price.amount"),
        ({**PRICE, "stock": True}, "properties.stock"),
        ({**PRICE, "sku": "a\x00"}, "properties.sku"),
        ([], "properties"),
        ("text", "properties"),
    ],
)
async def test_a_property_that_breaks_its_schema_is_named(shared_world: World, properties: JSON, named: str) -> None:
    given: JSONObject = {"groupId": shared_world.home, "type": "product", "name": "P", "properties": properties}
    assert await refused(shared_world, "createThing", given) == invalid(named)


async def test_an_update_is_held_to_the_schema_of_the_type(shared_world: World) -> None:
    product = await shared_world.thing("P", type_="product", properties=PRICE)
    given: JSONObject = {"id": product, "version": 1, "properties": {"category": "course"}}
    assert await refused(shared_world, "updateThing", given) == invalid("properties")
    line: JSONObject = {"productId": f"prd_{'0' * 32}", "quantity": -1}
    cart: JSONObject = {
        "groupId": shared_world.home, "type": "cart", "name": "C", "properties": {"lines": [line]}
    }  # fmt: skip
    assert await refused(shared_world, "createThing", cart) == invalid("properties.lines.0.quantity")


@pytest.mark.parametrize("name", ["", " ", "a" * 201, "a\nb", "a\x00b", "\x1b[31m"])
async def test_a_name_that_cannot_be_is_refused(shared_world: World, name: str) -> None:
    given: JSONObject = {"groupId": shared_world.home, "type": "video", "name": name}
    assert await refused(shared_world, "createThing", given) == invalid("name")

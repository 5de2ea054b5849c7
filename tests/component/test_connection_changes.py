"""Connecting and disconnecting: what succeeds is recorded with its events, what cannot be writes nothing."""

from collections.abc import Mapping
from typing import cast

import pytest

from domain.connection_types import CONNECTION_TYPES
from domain.ids import NodeKind, connection_prefix, new_id
from domain.values import JSON, JSONObject
from tests.refusals import conflict, invalid, not_found, refused
from tests.worlds import World, new_connection, new_group, new_thing

pytestmark = pytest.mark.slow

ALL = (
    "relationship { id type fromId toId properties strength metadata validFrom validTo createdAt "
    "source { id } target { id } }"
)


def of(answer: Mapping[str, JSON]) -> dict[str, JSON]:
    assert "relationship" in answer, answer
    return cast("dict[str, JSON]", answer["relationship"])


def given(type_: str, source: str, target: str, **properties: JSON) -> dict[str, JSON]:
    return dict(new_connection(type_, source, target, **properties)[1])


async def two_things(world: World) -> tuple[str, str]:
    at = await world.make(one=new_thing(world.home, "video", "One"), two=new_thing(world.home, "video", "Two"))
    return at["one"], at["two"]


async def test_a_connection_is_made_with_what_is_usual(shared_world: World) -> None:
    one, two = await two_things(shared_world)
    journal = await shared_world.journal()
    made = of(await shared_world.api.change("connect", {"type": "part_of", "fromId": one, "toId": two}, ALL))
    connection = made.pop("id")
    assert made.pop("validFrom") == made.pop("createdAt")
    assert made == {
        "type": "part_of",
        "fromId": one,
        "toId": two,
        "properties": {},
        "strength": None,
        "metadata": {},
        "validTo": None,
        "source": {"id": one},
        "target": {"id": two},
    }
    assert await journal.read() == [
        ("connection_created", connection, None, {"type": "part_of", "from": one, "to": two})
    ]


async def test_a_connection_is_made_with_all_that_can_be_said_and_read_back(shared_world: World) -> None:
    _, thing = await two_things(shared_world)
    more: JSONObject = {"strength": 0.25, "metadata": {"why": ["x"]}, "validFrom": "2020-02-29T12:00:00+02:00"}
    new = given("owns", shared_world.home, thing, revenueShare=1)
    made = of(await shared_world.api.change("connect", {**new, **more}, ALL))
    assert (made["strength"], made["metadata"], made["properties"]) == (0.25, {"why": ["x"]}, {"revenueShare": 1})
    read = await shared_world.api.ask(
        f"query ($id: ID!) {{ node(id: $id) {{ ... on Relationship {ALL.removeprefix('relationship')} }} }}",
        id=made["id"],
    )
    assert read.at("node") == made
    assert made["validFrom"] == "2020-02-29T10:00:00+00:00"


async def test_an_ended_connection_is_kept_with_its_end(shared_world: World) -> None:
    one, two = await two_things(shared_world)
    made = of(await shared_world.api.change("connect", given("references", one, two), ALL))
    journal = await shared_world.journal()
    ended = of(await shared_world.api.change("disconnect", {"id": made["id"]}, ALL))
    assert ended["validTo"] is not None
    assert {**ended, "validTo": None} == made
    assert await journal.read() == [
        ("connection_ended", made["id"], None, {"type": "references", "from": one, "to": two})
    ]
    assert await refused(shared_world, "disconnect", {"id": made["id"]}) == conflict("validTo")


async def test_a_pair_has_one_live_connection_of_a_type_and_another_once_that_has_ended(shared_world: World) -> None:
    one, two = await two_things(shared_world)
    new = given("references", one, two)
    first = of(await shared_world.api.change("connect", new, ALL))
    assert await refused(shared_world, "connect", new) == conflict("toId")
    of(await shared_world.api.change("connect", given("references", two, one), ALL))
    of(await shared_world.api.change("connect", given("part_of", one, two), ALL))
    of(await shared_world.api.change("disconnect", {"id": first["id"]}, ALL))
    assert of(await shared_world.api.change("connect", new, ALL))["id"] != first["id"]


@pytest.mark.parametrize("type_", [name for name, kind in CONNECTION_TYPES.items() if kind.several])
async def test_a_type_that_allows_several_takes_a_second(shared_world: World, type_: str) -> None:
    sources = CONNECTION_TYPES[type_].sources
    _, thing = await two_things(shared_world)
    source = shared_world.owner.id if NodeKind.PERSON in sources else shared_world.home
    details: dict[str, JSON] = {"variant": "some"} if "required" in CONNECTION_TYPES[type_].schema else {}
    at = await shared_world.make(
        first=new_connection(type_, source, thing, **details), second=new_connection(type_, source, thing, **details)
    )
    assert at["first"] != at["second"]


@pytest.mark.parametrize("type_", [name for name in CONNECTION_TYPES if name not in {"granted", "supports"}])
async def test_a_connection_joins_two_different_nodes_of_the_kinds_that_its_type_says(
    shared_world: World, type_: str
) -> None:
    kind = CONNECTION_TYPES[type_]
    ids = {
        NodeKind.PERSON: shared_world.owner.id,
        NodeKind.GROUP: shared_world.home,
        NodeKind.THING: new_id("thg"),
        NodeKind.EVENT: new_id("evt"),
    }
    for wrong in set(ids) - kind.sources:
        answer = await shared_world.api.change("connect", given(type_, ids[wrong], new_id("thg")))
        assert (answer["__typename"], answer["field"]) == ("ValidationError", "fromId")
    source = ids[next(iter(kind.sources))]
    for wrong in set(ids) - kind.targets:
        answer = await shared_world.api.change("connect", given(type_, source, ids[wrong]))
        assert (answer["__typename"], answer["field"]) == ("ValidationError", "toId")
    for both in kind.sources & kind.targets:
        answer = await shared_world.api.change("connect", given(type_, ids[both], ids[both]))
        expected = "properties" if kind.reflexive else "toId"
        assert (answer["__typename"], answer["field"]) == ("ValidationError", expected)


async def test_a_type_that_allows_it_connects_a_node_with_itself(shared_world: World) -> None:
    one, _ = await two_things(shared_world)
    made = of(await shared_world.api.change("connect", given("notified", one, one, variant="reminder"), ALL))
    assert made["source"] == made["target"] == {"id": one}
    answer = await shared_world.api.ask(
        "query ($id: ID!) { node(id: $id) { ... on Thing "
        "{ connections(first: 9) { nodes { id } totalCount } related(first: 9) { nodes { id } totalCount } } } }",
        id=one,
    )
    assert answer.at("node") == {
        "connections": {"nodes": [{"id": made["id"]}], "totalCount": 1},
        "related": {"nodes": [], "totalCount": 0},  # it is no other thing
    }


async def test_an_end_that_is_not_there_is_not_found(shared_world: World) -> None:
    one, _ = await two_things(shared_world)
    unknown = new_id("thg")
    assert await refused(shared_world, "connect", given("part_of", one, unknown)) == not_found("thing", unknown)
    assert await refused(shared_world, "connect", given("part_of", unknown, one)) == not_found("thing", unknown)


@pytest.mark.parametrize("type_", ["unicorn", "", "OWNS", "owns|MEMBER_OF", "a`b"])
async def test_an_unknown_type_is_refused(shared_world: World, type_: str) -> None:
    new = given(type_, shared_world.owner.id, shared_world.home)
    assert await refused(shared_world, "connect", new) == invalid("type")


@pytest.mark.parametrize(
    ("type_", "more", "named"),
    [
        ("owns", {"properties": {"revenueShare": 1.1}}, "properties.revenueShare"),
        ("owns", {"properties": {"other": 1}}, "properties"),
        ("owns", {"properties": []}, "properties"),
        ("owns", {"metadata": []}, "metadata"),
        ("owns", {"strength": -0.1}, "strength"),
        ("owns", {"strength": 1.1}, "strength"),
        ("owns", {"validFrom": "2020-01-01T00:00:00"}, "validFrom"),
        ("owns", {"validFrom": "0001-01-01T00:00:00+14:00"}, "validFrom"),
        ("holds_tokens", {"properties": {"balance": "-1"}}, "properties.balance"),
        ("transacted", {"properties": {}}, "properties"),
        ("transacted", {"properties": {"variant": "Not this"}}, "properties.variant"),
    ],
)
async def test_a_value_that_is_not_right_is_named(
    shared_world: World, type_: str, more: JSONObject, named: str
) -> None:
    _, thing = await two_things(shared_world)
    new = {**given(type_, shared_world.owner.id, thing), **more}
    assert await refused(shared_world, "connect", new) == invalid(named)


@pytest.mark.parametrize("type_", ["owns", "nonsense"])
async def test_a_connection_that_is_not_there_is_not_found(shared_world: World, type_: str) -> None:
    identifier = new_id(connection_prefix(type_))
    assert await refused(shared_world, "disconnect", {"id": identifier}) == not_found("connection", identifier)
    assert await refused(shared_world, "disconnect", {"id": shared_world.home}) == invalid("id")


async def test_a_membership_is_told_as_an_access_change_too(shared_world: World) -> None:
    world = shared_world
    group = await world.group("club")
    journal, person = await world.journal(), world.owner.id
    new = given("member_of", person, group, role="editor")
    made = of(await world.api.change("connect", new, ALL))
    assert made["properties"] == {"role": "editor", "status": "active"}
    of(await world.api.change("disconnect", {"id": made["id"]}, ALL))
    details = {"type": "member_of", "from": person, "to": group}
    assert await journal.read() == [
        ("connection_created", made["id"], group, details),
        ("user_joined_group", person, group, {"role": "editor"}),
        ("connection_ended", made["id"], group, details),
        ("user_removed_from_group", person, group, {"role": "editor"}),
    ]


async def test_nobody_joins_an_archived_group(shared_world: World) -> None:
    group = await shared_world.group("closed-club")
    await shared_world.api.change("archiveGroup", {"id": group, "version": 1})
    new = given("member_of", shared_world.owner.id, group, role="viewer")
    assert await refused(shared_world, "connect", new) == conflict("toId")


async def test_what_is_archived_is_connected_to_nothing_new_until_it_is_restored(shared_world: World) -> None:
    world = shared_world
    one, two = await two_things(world)
    made = of(await world.api.change("connect", given("references", one, two), ALL))
    await world.api.change("archiveThing", {"id": two, "version": 1})
    assert await refused(world, "connect", given("part_of", one, two)) == conflict("toId")
    assert await refused(world, "connect", given("part_of", two, one)) == conflict("fromId")

    of(await world.api.change("disconnect", {"id": made["id"]}, ALL))
    await world.api.change("restoreThing", {"id": two, "version": 2})
    of(await world.api.change("connect", given("references", one, two), ALL))


@pytest.mark.parametrize("properties", [{}, {"role": "king"}, {"role": "owner", "status": "gone"}])
async def test_a_membership_has_a_role_and_a_state(shared_world: World, properties: JSONObject) -> None:
    new = {**given("member_of", shared_world.owner.id, shared_world.home), "properties": properties}
    answer = await refused(shared_world, "connect", new)
    assert answer["__typename"] == "ValidationError"
    assert str(answer["field"]).startswith("properties")


async def test_a_group_keeps_its_last_owner(shared_world: World) -> None:
    world = shared_world
    await world.member("second", "home")
    at = await world.make(group=new_group("owned"))
    people = await world.api.ask("{ people(first: 9) { nodes { id } } }")
    first, second = (str(each) for each in people.each("people.nodes", "id"))
    at |= await world.make(
        one=new_connection("member_of", first, at["group"], role="owner"),
        two=new_connection("member_of", second, at["group"], role="owner", status="pending"),
    )
    assert await refused(world, "disconnect", {"id": at["one"]}) == conflict("id")
    of(await world.api.change("disconnect", {"id": at["two"]}, ALL))
    at |= await world.make(two=new_connection("member_of", second, at["group"], role="owner"))
    of(await world.api.change("disconnect", {"id": at["one"]}, ALL))
    assert await refused(world, "disconnect", {"id": at["two"]}) == conflict("id")

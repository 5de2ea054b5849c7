"""Changing groups: what succeeds is recorded with its events, what cannot be writes nothing and says why."""

from collections.abc import Mapping
from typing import cast

import pytest

from domain.ids import new_id
from domain.values import JSON, JSONObject
from tests.refusals import conflict, invalid, not_found, refused
from tests.worlds import World, new_group, new_thing

pytestmark = pytest.mark.slow

ALL = (
    "group { id slug name description type status visibility joinPolicy plan metadata version archivedAt "
    "limits { members storageBytes apiCallsPerMonth } parent { id } }"
)


def of(answer: Mapping[str, JSON]) -> dict[str, JSON]:
    assert "group" in answer, answer
    return cast("dict[str, JSON]", answer["group"])


async def test_a_root_is_created_with_what_is_usual(shared_world: World) -> None:
    world, journal = shared_world, await shared_world.journal()
    created = of(await world.api.change("createGroup", {"slug": " ROOT-1 ", "name": " Root ", "type": "dao"}, ALL))
    root = created.pop("id")
    assert created == {
        "slug": "root-1",
        "name": "Root",
        "description": None,
        "type": "dao",
        "status": "active",
        "visibility": "private",
        "joinPolicy": "invite_only",
        "plan": "starter",
        "metadata": {},
        "version": 1,
        "archivedAt": None,
        "limits": {"members": None, "storageBytes": None, "apiCallsPerMonth": None},
        "parent": None,
    }
    assert await journal.read() == [("group_created", root, root, {})]


async def test_a_child_is_created_with_all_that_can_be_said_and_read_back(shared_world: World) -> None:
    parent = await shared_world.group("parent-of-all")
    given: dict[str, JSON] = {
        "slug": "child-of-all",
        "name": "Child",
        "description": "Two\nlines",
        "type": "government",
        "visibility": "public",
        "joinPolicy": "approval_required",
        "plan": "enterprise",
        "metadata": {"deep": [{"er": 1.5}]},
        "limits": {"members": 5, "storageBytes": 6e12, "apiCallsPerMonth": 0},
    }
    created = of(await shared_world.api.change("createGroup", {**given, "parentId": parent}, ALL))
    read = await shared_world.api.ask(f'{{ group(slug: "child-of-all") {ALL.removeprefix("group")} }}')
    assert read.at("group") == created
    expected = {**given, "status": "active", "version": 1, "archivedAt": None, "parent": {"id": parent}}
    assert created == {**expected, "id": created["id"]}


async def test_an_update_changes_what_is_given_and_keeps_the_rest(shared_world: World) -> None:
    world = shared_world
    group = await world.group("kept", description="About", metadata={"a": 1}, limits={"members": 3})
    before = of(await world.api.change("updateGroup", {"id": group, "version": 1}, ALL))
    journal = await world.journal()
    given: JSONObject = {"id": group, "version": 2, "name": "New", "joinPolicy": "open"}
    assert of(await world.api.change("updateGroup", given, ALL)) == {
        **before,
        "name": "New",
        "joinPolicy": "open",
        "version": 3,
    }
    assert await journal.read() == [("group_updated", group, group, {"changed": ["name", "joinPolicy"]})]


async def test_null_clears_what_can_be_empty(shared_world: World) -> None:
    world = shared_world
    group = await world.group("cleared", description="About", metadata={"a": 1}, limits={"members": 3})
    given: JSONObject = {"id": group, "version": 1, "description": None, "metadata": None, "limits": None}
    cleared = of(await world.api.change("updateGroup", given, ALL))
    assert (cleared["description"], cleared["metadata"]) == (None, {})
    assert cleared["limits"] == {"members": None, "storageBytes": None, "apiCallsPerMonth": None}


@pytest.mark.parametrize("field", ["slug", "name", "type", "visibility", "joinPolicy", "plan"])
async def test_null_is_refused_for_what_cannot_be_empty(shared_world: World, field: str) -> None:
    given: JSONObject = {"id": shared_world.home, "version": 1, field: None}
    answer = await shared_world.api.ask(
        "mutation ($input: UpdateGroupInput!) { updateGroup(input: $input) { ... on ValidationError { field } } }",
        input=given,
    )
    assert answer.at("updateGroup.field") == field


async def test_a_slug_can_change_and_its_old_one_is_free_again(shared_world: World) -> None:
    group = await shared_world.group("before")
    changed = of(await shared_world.api.change("updateGroup", {"id": group, "version": 1, "slug": "After"}, ALL))
    assert changed["slug"] == "after"
    await shared_world.group("before")


async def test_a_move_takes_everything_below_along(shared_world: World) -> None:
    world = shared_world
    at = await world.make(one=new_group("move-one"), two=new_group("move-two"))
    at |= await world.make(moved=new_group("moved", at["one"]))
    at |= await world.make(below=new_group("moved-below", at["moved"]))
    journal = await world.journal()
    given: JSONObject = {"id": at["moved"], "version": 1, "parentId": at["two"]}
    moved = of(await world.api.change("moveGroup", given, ALL))
    assert (moved["parent"], moved["version"]) == ({"id": at["two"]}, 2)
    details = {"from": at["one"], "to": at["two"]}
    assert await journal.read() == [("group_moved", at["moved"], at["moved"], details)]
    answer = await world.api.ask(
        "query ($one: ID!, $two: ID!, $below: ID!) { one: node(id: $one) { ...down } two: node(id: $two) { ...down } "
        "below: node(id: $below) { ... on Group { ancestors { id } } } } "
        "fragment down on Group { descendants(first: 9) { nodes { id } } children(first: 9) { nodes { id } } }",
        {name: at[name] for name in ("one", "two", "below")},
    )
    assert answer.each("below.ancestors", "id") == [at["moved"], at["two"]]
    assert answer.each("two.descendants.nodes", "id") == [at["moved"], at["below"]]
    assert answer.each("two.children.nodes", "id") == [at["moved"]]
    assert answer.each("one.descendants.nodes", "id") == answer.each("one.children.nodes", "id") == []


async def test_a_group_becomes_a_root_and_a_child_again(shared_world: World) -> None:
    world = shared_world
    parent = await world.group("root-again")
    group = await world.group("child-again", parent)
    root = of(await world.api.change("moveGroup", {"id": group, "version": 1, "parentId": None}, ALL))
    assert root["parent"] is None
    child = of(await world.api.change("moveGroup", {"id": group, "version": 2, "parentId": parent}, ALL))
    assert child["parent"] == {"id": parent}


async def test_an_empty_group_is_archived_and_stays_readable(shared_world: World) -> None:
    group = await shared_world.group("empty")
    journal = await shared_world.journal()
    archived = of(await shared_world.api.change("archiveGroup", {"id": group, "version": 1}, ALL))
    assert (archived["status"], archived["version"]) == ("archived", 2)
    assert archived["archivedAt"] is not None
    assert await journal.read() == [("group_archived", group, group, {})]
    read = await shared_world.api.ask(f'{{ group(slug: "empty") {ALL.removeprefix("group")} }}')
    assert read.at("group") == archived


async def test_a_group_that_holds_something_is_archived_only_with_its_contents(shared_world: World) -> None:
    world = shared_world
    top = await world.group("full")
    at = await world.make(below=new_group("full-below", top), thing=new_thing(top, "video", "V"))
    at |= await world.make(leaf=new_thing(at["below"], "video", "Leaf"), gone=new_thing(at["below"], "video", "Gone"))
    await world.api.change("archiveThing", {"id": at["gone"], "version": 1})
    assert await refused(world, "archiveGroup", {"id": top, "version": 1}) == conflict("withContents")
    journal = await world.journal()
    archived = of(await world.api.change("archiveGroup", {"id": top, "version": 1, "withContents": True}, ALL))
    assert archived["status"] == "archived"
    assert sorted(await journal.read(), key=str) == sorted(
        [
            ("group_archived", top, top, {}),
            ("group_archived", at["below"], at["below"], {}),
            ("thing_archived", at["thing"], top, {"version": 2}),
            ("thing_archived", at["leaf"], at["below"], {"version": 2}),
        ],
        key=str,
    )
    answer = await world.api.ask(
        "query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Group { at: status version } "
        "... on Thing { status version archivedAt } } }",
        ids=[at["below"], at["thing"], at["leaf"], at["gone"]],
    )
    below, *things = cast("list[dict[str, JSON]]", answer.at("nodes"))
    assert below == {"at": "archived", "version": 2}
    assert [(each["status"], each["version"]) for each in things] == [("archived", 2)] * 3
    assert all(each["archivedAt"] for each in things)


async def test_a_group_whose_contents_are_archived_is_archived_alone(shared_world: World) -> None:
    world = shared_world
    top = await world.group("emptied")
    at = await world.make(below=new_group("emptied-below", top), thing=new_thing(top, "video", "V"))
    await world.api.change("archiveThing", {"id": at["thing"], "version": 1})
    await world.api.change("archiveGroup", {"id": at["below"], "version": 1})
    journal = await world.journal()
    of(await world.api.change("archiveGroup", {"id": top, "version": 1}, ALL))
    assert await journal.read() == [("group_archived", top, top, {})]


async def test_nothing_is_put_into_an_archived_group(shared_world: World) -> None:
    world = shared_world
    at = await world.make(shut=new_group("shut"), open=new_group("still-open"))
    await world.api.change("archiveGroup", {"id": at["shut"], "version": 1})
    below = {"slug": "below-shut", "name": "B", "type": "dao", "parentId": at["shut"]}
    assert await refused(world, "createGroup", below) == conflict("parentId")
    move: JSONObject = {"id": at["open"], "version": 1, "parentId": at["shut"]}
    assert await refused(world, "moveGroup", move) == conflict("parentId")
    again: JSONObject = {"id": at["shut"], "version": 2}
    assert await refused(world, "archiveGroup", again) == conflict("status")


async def test_a_slug_that_is_taken_in_another_case_is_a_conflict(shared_world: World) -> None:
    world = shared_world
    other = await world.group("not-taken")
    await world.group("taken")
    given: JSONObject = {"slug": "TAKEN", "name": "T", "type": "dao"}
    assert await refused(world, "createGroup", given) == conflict("slug")
    assert await refused(world, "updateGroup", {"id": other, "version": 1, "slug": "Taken"}) == conflict("slug")


@pytest.mark.parametrize("field", ["updateGroup", "moveGroup", "archiveGroup"])
async def test_a_stale_version_is_a_conflict(shared_world: World, field: str) -> None:
    world = shared_world
    group = await world.group(f"stale-{field.lower()}")
    await world.api.change("updateGroup", {"id": group, "version": 1, "name": "Newer"})
    more: JSONObject = {"parentId": None} if field == "moveGroup" else {}
    for version in (1, 3):
        given: JSONObject = {"id": group, "version": version, **more}
        assert await refused(world, field, given) == conflict("version")
    assert await refused(world, field, {"id": group, "version": 0, **more}) == invalid("version")
    answer = await world.api.ask("query ($id: ID!) { node(id: $id) { ... on Group { name version } } }", id=group)
    assert answer.at("node") == {"name": "Newer", "version": 2}


@pytest.mark.parametrize("field", ["updateGroup", "moveGroup", "archiveGroup"])
async def test_an_id_that_is_unknown_or_of_another_kind_is_refused(shared_world: World, field: str) -> None:
    more: JSONObject = {"parentId": None} if field == "moveGroup" else {}
    unknown = new_id("grp")
    given: JSONObject = {"id": unknown, "version": 1, **more}
    assert await refused(shared_world, field, given) == not_found("group", unknown)
    given = {"id": shared_world.owner.id, "version": 1, **more}
    assert await refused(shared_world, field, given) == invalid("id")


async def test_a_parent_that_is_unknown_or_of_another_kind_is_refused(shared_world: World) -> None:
    world = shared_world
    group, unknown = await world.group("orphan"), new_id("grp")
    new: JSONObject = {"slug": "orphan-2", "name": "O", "type": "dao"}
    moved: JSONObject = {"id": group, "version": 1}
    for field, given in (("createGroup", new), ("moveGroup", moved)):
        assert await refused(world, field, {**given, "parentId": unknown}) == not_found("group", unknown)
        assert await refused(world, field, {**given, "parentId": world.owner.id}) == invalid("parentId")


async def test_a_group_is_never_moved_below_itself(shared_world: World) -> None:
    world = shared_world
    top = await world.group("cycle-top")
    middle = await world.group("cycle-middle", top)
    leaf = await world.group("cycle-leaf", middle)
    for parent in (top, middle, leaf):
        assert await refused(world, "moveGroup", {"id": top, "version": 1, "parentId": parent}) == invalid("parentId")
    assert of(await world.api.change("moveGroup", {"id": leaf, "version": 1, "parentId": top}, ALL))["version"] == 2


@pytest.mark.parametrize(
    ("field", "value", "named"),
    [
        ("slug", "", "slug"),
        ("slug", "two words", "slug"),
        ("slug", "-edge", "slug"),
        ("slug", "é", "slug"),
        ("slug", "a" * 201, "slug"),
        ("name", "  ", "name"),
        ("name", "a" * 201, "name"),
        ("name", "two\nlines", "name"),
        ("description", "a" * 10_001, "description"),
        ("description", "nul\x00", "description"),
        ("metadata", [], "metadata"),
        ("metadata", "", "metadata"),
        ("metadata", {"a": {"b": "\x07"}}, "metadata.a.b"),
        ("metadata", {"a": [1, 2**53]}, "metadata.a.1"),
        ("metadata", {"a": "x" * 65_536}, "metadata"),
        ("limits", {"members": -1}, "limits.members"),
        ("limits", {"storageBytes": -1}, "limits.storageBytes"),
        ("limits", {"apiCallsPerMonth": 1.5}, "limits.apiCallsPerMonth"),
        ("limits", {"storageBytes": 1e16}, "limits.storageBytes"),
    ],
)
async def test_a_value_that_is_not_right_is_named(shared_world: World, field: str, value: JSON, named: str) -> None:
    given: dict[str, JSON] = {"slug": "wrong", "name": "Wrong", "type": "dao", field: value}
    assert await refused(shared_world, "createGroup", given) == invalid(named)
    given = {"id": shared_world.home, "version": 1, field: value}
    assert await refused(shared_world, "updateGroup", given) == invalid(named)

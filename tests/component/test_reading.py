"""Reading: whatever there is can be found by its id, by its place and by what it is connected with."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import pytest

from domain.ids import KNOWLEDGE_PREFIX, new_id
from domain.values import JSON
from graph import knowledge
from tests.client import Answer
from tests.worlds import Change, World, new_connection, new_group, new_thing

pytestmark = pytest.mark.slow

KINDS = "... on Group { slug } ... on Person { username } ... on Thing { name } ... on Relationship { type }"
ORDER = {"state": "paid", "placedAt": "2026-03-02T09:30:00+00:00"}


@dataclass(frozen=True)
class Town:
    """A world that is read and never changed, and the ids of what is in it."""

    world: World
    ids: Mapping[str, str]

    async def ask(self, query: str, **names: str) -> Answer:
        """Ask with variables of type ID that stand for names here."""
        declared = f"query ({', '.join(f'${name}: ID!' for name in names)})" if names else ""
        return await self.world.api.ask(f"{declared} {query}", {name: self.ids[of] for name, of in names.items()})

    async def of(self, name: str, selection: str) -> Answer:
        """Ask for something of one node, which the answer calls `node`."""
        kind = {"grp": "Group", "per": "Person"}.get(self.ids[name][:3], "Thing")
        return await self.ask(f"{{ node(id: $id) {{ ... on {kind} {{ {selection} }} }} }}", id=name)


def order(group_id: str, lamp: str, number: str, currency: str, **line: JSON) -> Change:
    lines: list[JSON] = [{"productId": lamp, "name": "Lamp", **line}]
    return new_thing(group_id, "order", number, "active", number=number, currency=currency, lines=lines, **ORDER)


@pytest.fixture(scope="module")
async def town(shared_world: World) -> Town:
    world, at = shared_world, {"owner": shared_world.owner.id, "home": shared_world.home}
    at |= await world.make(city=new_group("city"), abroad=new_group("abroad"))
    at |= await world.make(north=new_group("north", at["city"]), south=new_group("south", at["city"]))
    at |= await world.make(dock=new_group("dock", at["north"]), mill=new_group("mill", at["north"]))
    north, dock = at["north"], at["dock"]
    at |= await world.make(
        post=new_thing(north, "blog_post", "Post", "published"),
        draft=new_thing(north, "blog_post", "Draft", "draft"),
        lamp=new_thing(
            north, "product", "Lamp", "active", category="physical", price={"amount": 1000, "currency": "USD"}
        ),
        crane=new_thing(dock, "blog_post", "Crane", "draft"),
    )
    lamp = at["lamp"]
    at |= await world.make(
        first=order(north, lamp, "1", "USD", unitPrice=1000, quantity=2, discount="0.1"),
        second=order(dock, lamp, "2", "USD", unitPrice=333, quantity=3, discount="0.25"),
        third=order(dock, lamp, "3", "EUR", unitPrice=500, quantity=1),
    )
    owner, post = at["owner"], at["post"]
    at |= await world.make(
        owns=new_connection("owns", owner, post, revenueShare=0.5),
        authored=new_connection("authored", owner, post),
        references=new_connection("references", post, lamp),
        past=new_connection("references", post, at["crane"]),
        part=new_connection("part_of", lamp, post),
        published=new_connection("published_to", post, north),
    )
    await world.api.change("disconnect", {"id": at["past"]})
    await world.api.change("archiveGroup", {"id": at["south"], "version": 1})
    await world.store.write(
        lambda transaction: knowledge.add_labels(
            transaction,
            [
                {"thingId": post, "label": label, "knowledgeId": new_id(KNOWLEDGE_PREFIX)}
                for label in ("topic:stories", "mood:calm")
            ],
            at=1,
        )
    )
    events = await world.api.ask(
        "query ($id: ID!) { events(first: 1, filter: {targetId: $id}) { nodes { id } } }", id=post
    )
    return Town(world, {**at, "event": str(events.at("events.nodes.0.id")), "unknown": new_id("thg")})


async def test_node_answers_whatever_has_the_id(town: Town) -> None:
    names = ("north", "owner", "post", "lamp", "references", "event", "unknown")
    answer = await town.world.api.ask(
        f"query ($ids: [ID!]!) {{ nodes(ids: $ids) {{ __typename {KINDS} }} }}", ids=[town.ids[name] for name in names]
    )
    assert answer.at("nodes") == [
        {"__typename": "Group", "slug": "north"},
        {"__typename": "Person", "username": "owner"},
        {"__typename": "GenericThing", "name": "Post"},
        {"__typename": "Product", "name": "Lamp"},
        {"__typename": "Relationship", "type": "references"},
        {"__typename": "Event"},
        None,
    ]
    for name, expected in zip(names, cast("list[JSON]", answer.at("nodes")), strict=True):
        alone = await town.ask(f"{{ node(id: $id) {{ __typename {KINDS} }} }}", id=name)
        assert alone.at("node") == expected


@pytest.mark.parametrize("prefix", ["grp", "per", "thg", "prd", "con_owns", "con_nonsense", "evt"])
async def test_an_id_that_nothing_has_answers_null(town: Town, prefix: str) -> None:
    answer = await town.world.api.ask("query ($id: ID!) { node(id: $id) { id } }", id=new_id(prefix))
    assert answer.data == {"node": None}


@pytest.mark.parametrize(
    "malformed", ["", "7", "grp_1", "xyz_" + "0" * 32, "GRP_" + "0" * 32, "grp_" + "0" * 32 + "\n"]
)
async def test_what_is_not_an_id_is_refused_with_its_place(town: Town, malformed: str) -> None:
    one = await town.world.api.ask("query ($id: ID!) { node(id: $id) { id } }", id=malformed)
    assert one.errors[0]["extensions"] == {"code": "VALIDATION", "field": "id"}
    several = await town.world.api.ask(
        "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=[town.ids["north"], malformed]
    )
    assert several.errors[0]["extensions"] == {"code": "VALIDATION", "field": "ids.1"}


async def test_nodes_takes_at_most_a_hundred_ids_and_the_same_one_twice(town: Town) -> None:
    query = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    answer = await town.world.api.ask(query, ids=[town.ids["post"]] * 100)
    assert answer.each("nodes", "id") == [town.ids["post"]] * 100
    answer = await town.world.api.ask(query, ids=[town.ids["post"]] * 101)
    assert answer.errors[0]["extensions"] == {"code": "VALIDATION", "field": "ids"}
    assert (await town.world.api.ask(query, ids=[])).data == {"nodes": []}


async def test_a_group_is_found_by_its_slug_in_any_case(town: Town) -> None:
    answer = await town.ask('{ group(slug: " NoRTH ") { id slug } none: group(slug: "nowhere") { id } }')
    assert answer.data == {"group": {"id": town.ids["north"], "slug": "north"}, "none": None}


async def test_a_group_shows_all_that_was_said_of_it(town: Town) -> None:
    answer = await town.of(
        "south", "name description type status visibility joinPolicy plan metadata version limits { members }"
    )
    assert answer.at("node") == {
        "name": "South",
        "description": None,
        "type": "business",
        "status": "archived",
        "visibility": "private",
        "joinPolicy": "invite_only",
        "plan": "starter",
        "metadata": {},
        "version": 2,
        "limits": {"members": None},
    }


async def test_a_tree_is_read_upwards_and_downwards(town: Town) -> None:
    answer = await town.of(
        "city",
        "parent { name } ancestors { name } "
        "children(first: 9) { nodes { name } totalCount } "
        "active: children(first: 9, filter: {status: active}) { nodes { name } } "
        "descendants(first: 9) { nodes { name } totalCount } "
        "one: descendants(first: 9, depth: 1) { nodes { name } totalCount } "
        "two: descendants(first: 9, depth: 2, filter: {status: active}) { nodes { name } } "
        "daos: descendants(first: 9, filter: {type: dao}) { nodes { name } }",
    )
    assert (answer.at("node.parent"), answer.at("node.ancestors")) == (None, [])
    assert answer.each("node.children.nodes") == ["North", "South"]
    assert answer.at("node.children.totalCount") == 2
    assert answer.each("node.active.nodes") == ["North"]
    assert answer.each("node.descendants.nodes") == ["North", "South", "Dock", "Mill"]
    assert answer.at("node.descendants.totalCount") == 4
    assert answer.each("node.one.nodes") == ["North", "South"]
    assert answer.at("node.one.totalCount") == 2
    assert answer.each("node.two.nodes") == ["North", "Dock", "Mill"]
    assert answer.each("node.daos.nodes") == []
    answer = await town.of("mill", "parent { name } ancestors { name }")
    assert answer.at("node.parent.name") == "North"
    assert answer.each("node.ancestors") == ["North", "City"]


@pytest.mark.parametrize("depth", [0, -1, 17])
async def test_a_depth_that_cannot_be_is_refused(town: Town, depth: int) -> None:
    answer = await town.of("city", f"descendants(first: 1, depth: {depth}) {{ nodes {{ name }} }}")
    assert answer.errors[0]["extensions"] == {"code": "VALIDATION", "field": "depth"}


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ('type: "blog_post"', ["Crane", "Draft", "Post"]),
        ('type: "blog_post", status: draft', ["Crane", "Draft"]),
        ('type: "product"', ["Lamp"]),
        ("status: published", ["Post"]),
        ("groupId: $north", ["1", "Lamp", "Draft", "Post"]),
        ("groupId: $north, status: draft", ["Draft"]),
        ('groupId: $north, type: "blog_post"', ["Draft", "Post"]),
        ('groupId: $north, type: "blog_post", status: archived', []),
        ('type: "order"', ["3", "2", "1"]),
    ],
)
async def test_things_are_found_by_group_type_and_status(town: Town, arguments: str, expected: list[str]) -> None:
    listed = f"things(first: 100, filter: {{ {arguments} }}) {{ nodes {{ name }} totalCount }}"
    query = f'{{ {listed} group(slug: "x") {{ id }} }}'
    names = {"north": "north"} if "$north" in arguments else {}
    answer = await town.ask(query, **names)
    assert answer.each("things.nodes") == expected
    assert answer.at("things.totalCount") == len(expected)
    if names:
        nested = await town.of(
            "north",
            f"things(first: 9, filter: {{ {arguments.replace('groupId: $north', '')} }}) {{ nodes {{ name }} }}",
        )
        assert nested.each("node.things.nodes") == expected


async def test_things_of_a_type_that_is_not_there_are_refused(town: Town) -> None:
    answer = await town.ask('{ things(first: 1, filter: {type: "unicorn"}) { totalCount } }')
    assert answer.errors[0]["extensions"] == {"code": "VALIDATION", "field": "filter.type"}


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("", ["authored", "owns", "part_of", "published_to", "references"]),
        ("direction: outgoing", ["published_to", "references"]),
        ("direction: incoming", ["authored", "owns", "part_of"]),
        ('types: ["references", "owns"]', ["owns", "references"]),
        ('types: ["references"], includeEnded: true', ["references", "references"]),
        ('types: ["references"], direction: incoming', []),
        ("direction: outgoing, includeEnded: true", ["published_to", "references", "references"]),
        ("not: { or: [{ direction: incoming }, { includeEnded: false }] }", ["references"]),
    ],
)
async def test_connections_are_found_by_type_and_direction(town: Town, arguments: str, expected: list[str]) -> None:
    answer = await town.of(
        "post", f"connections(first: 20, filter: {{ {arguments} }}) {{ nodes {{ type }} totalCount }}"
    )
    assert answer.each("node.connections.nodes", "type") == expected
    assert answer.at("node.connections.totalCount") == len(expected)


async def test_a_connection_shows_its_ends_and_what_was_said_of_it(town: Town) -> None:
    answer = await town.ask(
        "{ owns: node(id: $owns) { ...all } past: node(id: $past) { ...all } } fragment all on Relationship "
        "{ fromId toId properties strength metadata validFrom validTo createdAt "
        "source { ... on Person { username } ... on Thing { name } } target { ... on Thing { name } } }",
        owns="owns",
        past="past",
    )
    owns, past = cast("dict[str, JSON]", answer.at("owns")), cast("dict[str, JSON]", answer.at("past"))
    assert owns["validFrom"] == owns.pop("createdAt")
    assert str(past["validFrom"]) < str(past["validTo"])
    del owns["validFrom"]
    assert owns == {
        "fromId": town.ids["owner"],
        "toId": town.ids["post"],
        "properties": {"revenueShare": 0.5},
        "strength": None,
        "metadata": {},
        "validTo": None,
        "source": {"username": "owner"},
        "target": {"name": "Post"},
    }


@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        ("post", "", ["Lamp"]),  # which two connections lead to
        ("post", "direction: incoming", ["Lamp"]),
        ("post", 'types: ["owns"]', []),
        ("lamp", 'types: ["part_of"], direction: outgoing', ["Post"]),
        ("owner", 'types: ["authored", "part_of"], direction: outgoing', ["Post"]),
        ("crane", "", []),  # the connection to it has ended
    ],
)
async def test_related_things_are_met_once_each(town: Town, name: str, arguments: str, expected: list[str]) -> None:
    path = f", path: [{{ {arguments} }}]" if arguments else ""
    answer = await town.of(name, f"related(first: 9{path}) {{ nodes {{ name }} totalCount }}")
    assert answer.each("node.related.nodes") == expected
    assert answer.at("node.related.totalCount") == len(expected)


@pytest.mark.parametrize(("types", "field"), [("[]", "filter.types"), ('["owns", "unicorn"]', "filter.types.1")])
async def test_connection_types_that_are_not_there_are_refused(town: Town, types: str, field: str) -> None:
    answer = await town.of("post", f"connections(first: 1, filter: {{types: {types}}}) {{ totalCount }}")
    assert answer.errors[0]["extensions"] == {"code": "VALIDATION", "field": field}


async def test_members_of_a_group_are_its_people(town: Town) -> None:
    answer = await town.of(
        "home",
        "people(first: 9) { nodes { username } } "
        "none: people(first: 9, filter: {role: customer}) { nodes { username } }",
    )
    assert answer.each("node.people.nodes", "username") == ["owner"]
    assert answer.each("node.none.nodes", "username") == []
    everybody = await town.ask(
        "{ people(first: 9, filter: {role: platform_owner}) { nodes { username displayName role } } }"
    )
    expected = {"username": "owner", "displayName": "Owner", "role": "platform_owner"}
    assert everybody.at("people.nodes") == [expected]


async def test_events_are_found_by_group_target_actor_and_type(town: Town) -> None:
    fields = "nodes { type actor targetId group { slug } target { __typename } } totalCount"
    answer = await town.ask(
        f"{{ target: events(first: 9, filter: {{targetId: $post}}) {{ {fields} }} "
        f"south: events(first: 9, filter: {{groupId: $south}}) {{ {fields} }} "
        f"archived: events(first: 9, filter: {{type: group_archived}}) {{ {fields} }} "
        f"node(id: $owner) {{ ... on Person {{ actions(first: 2, order: oldest_first) {{ {fields} }} "
        f"events(first: 9) {{ {fields} }} }} }} }}",
        post="post",
        south="south",
        owner="owner",
    )
    assert answer.at("target.nodes") == [
        {
            "type": "thing_created",
            "actor": town.ids["owner"],
            "targetId": town.ids["post"],
            "group": {"slug": "north"},
            "target": {"__typename": "GenericThing"},
        }
    ]
    assert answer.each("south.nodes", "type") == ["group_archived", "group_created"]
    assert answer.each("archived.nodes", "targetId") == [town.ids["south"]]
    assert answer.each("node.actions.nodes", "targetId") == [town.ids["city"], town.ids["abroad"]]
    assert answer.each("node.events.nodes", "type") == ["api_key_created", "user_joined_group", "user_registered"]
    assert answer.at("node.events.nodes.0.actor") == "system"


async def test_events_in_a_group_want_the_id_of_one(town: Town) -> None:
    answer = await town.ask("{ events(first: 1, filter: {groupId: $id}) { totalCount } }", id="post")
    assert answer.errors[0]["extensions"] == {"code": "VALIDATION", "field": "filter.groupId"}


async def test_a_thing_shows_its_group_owner_and_labels(town: Town) -> None:
    answer = await town.of("post", "group { slug } owner { ... on Person { username } } labels")
    assert answer.at("node") == {
        "group": {"slug": "north"},
        "owner": {"username": "owner"},
        "labels": ["mood:calm", "topic:stories"],
    }
    answer = await town.of("lamp", "owner { id } labels")
    assert answer.at("node") == {"owner": None, "labels": []}


async def test_order_totals_add_up_a_subtree_exactly_by_currency(town: Town) -> None:
    totals = "orderTotals { orders lines net { amount currency } }"
    answer = await town.of("north", totals)
    assert answer.at("node.orderTotals") == [
        {"orders": 1, "lines": 1, "net": {"amount": "5.00", "currency": "EUR"}},
        {"orders": 2, "lines": 2, "net": {"amount": "25.4925", "currency": "USD"}},
    ]
    assert (await town.of("city", totals)).at("node.orderTotals") == answer.at("node.orderTotals")
    assert (await town.of("mill", totals)).at("node.orderTotals") == []


async def test_the_viewer_is_the_holder_of_the_key(town: Town) -> None:
    answer = await town.ask("{ viewer { scope person { username } groups { slug } apiKey { ownerName: name } } }")
    assert answer.at("viewer") == {
        "scope": "write",
        "person": {"username": "owner"},
        "groups": [{"slug": "home"}],
        "apiKey": {"ownerName": "API key"},
    }
    nobody = await town.world.api.as_holder_of(None).ask("{ viewer { scope } }")
    assert nobody.data == {"viewer": None}

"""What is public: everybody reads it, whoever they are, and nothing beside it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import pytest

from domain.access import Caller, KeyScope
from domain.people import PlatformRole
from domain.values import JSON, JSONObject
from services.keys import Keys
from tests.client import Api
from tests.worlds import World, new_connection, new_group, new_thing

pytestmark = [pytest.mark.slow, pytest.mark.once]

PRICE: JSON = {"amount": 500, "currency": "USD"}
VIEWERS = ("nobody", "stranger", "customer")

LISTS = """query ($shop: ID!, $org: ID!) {
  publicGroups(first: 9) { nodes { slug } totalCount }
  publicGroupsOfType: publicGroups(first: 9, filter: {type: business}) { nodes { slug } totalCount }
  publicThings(first: 9) { nodes { name } totalCount }
  publicThingsOfType: publicThings(first: 9, filter: {type: "product"}) { nodes { name } totalCount }
  publicThingsOfGroup: publicThings(first: 9, filter: {groupId: $shop}) { nodes { name } totalCount }
  publicThingsBelow: publicThings(first: 9, filter: {inSubtreeOf: $shop}) { nodes { name } totalCount }
  publicThingsBelowHidden: publicThings(first: 9, filter: {inSubtreeOf: $org}) { nodes { name } totalCount }
  publicThingsLabelled: publicThings(first: 9, filter: {label: "topic:x"}) { nodes { name } totalCount }
  publicThingsDrafts: publicThings(first: 9, filter: {status: draft}) { nodes { name } totalCount }
  publicThingsOfCategory: publicThings(first: 9, filter: {
    type: "product", properties: [{name: "category", equals: "course"}]
  }) { nodes { name } totalCount }
  publicThingsByPrice: publicThings(first: 9, filter: {
    type: "product", properties: [{name: "price.amount", atLeast: 1}]
  }) { nodes { name } totalCount }
  publicThingsByText: publicThings(first: 9, filter: {type: "product", text: "needle"}) { nodes { name } totalCount }
  publicOrders: publicThings(first: 9, filter: {type: "order"}) { totalCount }
  search(text: "needle", first: 9, public: true) { nodes { ... on Thing { name } ... on Group { slug } } totalCount }
}"""
AT_THE_SHOP = """query ($slug: String!) { group(slug: $slug) {
  slug name plan limits { members } metadata viewerRole viewerPermissions
  parent { slug }
  ancestors { slug }
  children(first: 9) { nodes { slug } totalCount }
  things(first: 9) { nodes { name } totalCount }
  products: things(first: 9, filter: {type: "product"}) { nodes { name } totalCount }
  orders: things(first: 9, filter: {type: "order"}) { totalCount }
} }"""
INSIDE = """query ($id: ID!, $thing: ID!) {
  group: node(id: $id) { ... on Group {
    people(first: 9) { totalCount }
    events(first: 9) { totalCount }
    connections(first: 9) { totalCount }
    labels(first: 9) { totalCount }
    descendants(first: 9) { totalCount }
    everything: things(first: 9, includeDescendants: true) { totalCount }
    statistics { thingTotal }
    orderTotals { orders }
  } }
  thing: node(id: $thing) { ... on Thing {
    labels
    history(first: 9) { totalCount }
    events(first: 9) { totalCount }
    connections(first: 9) { totalCount }
    related(first: 9) { totalCount }
    knowledge(first: 9) { totalCount }
  } }
}"""


@dataclass(frozen=True)
class Street:
    """A public shop in a private organization, with what it sells and what is nobody's business."""

    world: World
    ids: Mapping[str, str]
    viewers: Mapping[str, Api]


@pytest.fixture(scope="module")
async def street(shared_world: World) -> Street:
    world = shared_world
    at = await world.make(org=new_group("org"), elsewhere=new_group("elsewhere"))
    at |= await world.make(shop=new_group("shop", at["org"], visibility="public", metadata={"secret": "needle"}))
    at |= await world.make(
        window=new_group("window", at["shop"], visibility="public"),
        backroom=new_group("backroom", at["shop"]),
        closed=new_group("closed", at["org"], visibility="public"),
    )
    line: JSON = {"productId": "", "name": "L", "unitPrice": 1, "quantity": 1}
    placed = "2026-01-01T00:00:00Z"
    product: JSONObject = {"category": "course", "price": PRICE}
    at |= await world.make(
        sold=new_thing(at["shop"], "product", "needle sold", "published", **product),
        draft=new_thing(at["shop"], "product", "needle draft", "draft", **product),
        post=new_thing(at["window"], "blog_post", "needle post", "published"),
        stored=new_thing(at["backroom"], "product", "needle stored", "published", **product),
        inOrg=new_thing(at["org"], "product", "needle org", "published", **product),
        shut=new_thing(at["closed"], "product", "needle shut", "published", **product),
    )
    lines: list[JSON] = [{**cast("Mapping[str, JSON]", line), "productId": at["sold"]}]
    order: JSONObject = {"number": "1", "state": "paid", "currency": "USD", "placedAt": placed, "lines": lines}
    at |= await world.make(
        order=new_thing(at["shop"], "order", "needle order", "published", **order),
        part=new_connection("references", at["sold"], at["post"]),
    )
    for name in ("sold", "draft"):
        await world.api.change("labelThing", {"id": at[name], "label": "topic:x"})
    await world.api.change("addDocument", {"thingId": at["sold"], "role": "summary", "text": "What only members read."})
    await world.api.change("archiveGroup", {"id": at["closed"], "version": 1, "withContents": True})
    viewers = {
        "nobody": world.api.as_holder_of(None),
        "stranger": await world.member("stranger", "elsewhere", role=PlatformRole.ORG_USER, scope=KeyScope.WRITE),
        "customer": await world.member("customer", "shop", role=PlatformRole.CUSTOMER, scope=KeyScope.WRITE),
    }
    return Street(world, at, viewers)


def listed(answer: Mapping[str, JSON]) -> dict[str, list[str]]:
    """The names in each list, in alphabetical order, given that its count says as much."""
    found = {}
    for name, value in answer.items():
        shown = cast("Mapping[str, JSON]", value)
        nodes = cast("list[Mapping[str, str]]", shown.get("nodes", []))
        assert shown["totalCount"] == len(nodes), name
        found[name] = sorted(node.get("name") or node["slug"] for node in nodes)
    return found


@pytest.mark.parametrize("viewer", [*VIEWERS, "owner"])
async def test_the_same_is_public_for_everybody(street: Street, viewer: str) -> None:
    api = street.viewers.get(viewer, street.world.api)
    answer = await api.ask(LISTS, {name: street.ids[name] for name in ("shop", "org")})
    sold, all_of_it = ["needle sold"], ["needle post", "needle sold"]
    below_org = all_of_it if viewer == "owner" else []
    assert listed(answer.data) == {
        "publicGroups": ["shop", "window"],
        "publicGroupsOfType": ["shop", "window"],
        "publicThings": all_of_it,
        "publicThingsOfType": sold,
        "publicThingsOfGroup": sold,
        "publicThingsBelow": all_of_it,
        "publicThingsBelowHidden": below_org,
        "publicThingsLabelled": sold,
        "publicThingsDrafts": [],
        "publicThingsOfCategory": sold,
        "publicThingsByPrice": sold,
        "publicThingsByText": sold,
        "publicOrders": [],
        "search": all_of_it,
    }


@pytest.mark.parametrize("viewer", VIEWERS)
async def test_who_comes_to_a_public_group_sees_what_is_published_there(street: Street, viewer: str) -> None:
    answer = await street.viewers[viewer].ask(AT_THE_SHOP, slug="shop")
    assert answer.at("group") == {
        "slug": "shop",
        "name": "Shop",
        "plan": None,
        "limits": None,
        "metadata": None,
        "viewerRole": "viewer" if viewer == "customer" else None,
        "viewerPermissions": ["leave_group"] if viewer == "customer" else [],
        "parent": None,
        "ancestors": [],
        "children": {"nodes": [{"slug": "window"}], "totalCount": 1},
        "things": {"nodes": [{"name": "needle sold"}], "totalCount": 1},
        "products": {"nodes": [{"name": "needle sold"}], "totalCount": 1},
        "orders": {"totalCount": 0},
    }


async def test_a_member_sees_all_of_it_there_as_before(street: Street) -> None:
    member = await street.world.member("member", "shop", role=PlatformRole.ORG_USER)
    answer = await member.ask(AT_THE_SHOP, slug="shop")
    group = cast("Mapping[str, JSON]", answer.at("group"))
    assert (group["plan"], group["limits"], group["metadata"]) == ("starter", {"members": None}, {"secret": "needle"})
    assert answer.at("group.things.totalCount") == 3
    assert answer.at("group.orders.totalCount") == 1
    assert answer.each("group.children.nodes", "slug") == ["window"]
    own = await member.ask('{ groups(first: 9) { totalCount } search(text: "needle", first: 9) { totalCount } }')
    assert own.data == {"groups": {"totalCount": 1}, "search": {"totalCount": 3}}


@pytest.mark.parametrize("viewer", VIEWERS)
@pytest.mark.parametrize("name", ["org", "backroom", "closed", "draft", "stored", "inOrg", "shut", "order", "part"])
async def test_nothing_else_is_public(street: Street, viewer: str, name: str) -> None:
    answer = await street.viewers[viewer].ask("query ($id: ID!) { node(id: $id) { id } }", id=street.ids[name])
    if viewer == "nobody" and name == "part":
        assert answer.codes == ["UNAUTHENTICATED"]  # connections are not asked for by nobody
    else:
        assert answer.data == {"node": None}


@pytest.mark.parametrize("viewer", ["stranger", "customer"])
async def test_what_lies_behind_stays_behind(street: Street, viewer: str) -> None:
    answer = await street.viewers[viewer].ask(INSIDE, id=street.ids["shop"], thing=street.ids["sold"])
    group = cast("Mapping[str, JSON]", answer.at("group"))
    none: JSON = {"totalCount": 0}
    assert group == {
        **dict.fromkeys(("people", "events", "connections", "labels", "descendants", "everything"), none),
        "statistics": None,
        "orderTotals": [],
    }
    assert answer.at("thing") == {
        "labels": ["topic:x"],
        **dict.fromkeys(("history", "events", "connections", "related", "knowledge"), none),
    }


async def test_nobody_has_to_sign_in_for_more(street: Street) -> None:
    query = "query ($id: ID!) { node(id: $id) { ... on Group { slug people(first: 9) { totalCount } } } }"
    answer = await street.viewers["nobody"].ask(query, id=street.ids["shop"])
    assert answer.codes == ["UNAUTHENTICATED"]


@pytest.mark.parametrize("viewer", ["stranger", "customer"])
async def test_who_sees_it_so_changes_nothing(street: Street, viewer: str) -> None:
    world, at, api = street.world, street.ids, street.viewers[viewer]
    before = await world.count()
    answers = [
        await api.change("updateThing", {"id": at["sold"], "version": 1, "name": "Mine"}),
        await api.change("updateGroup", {"id": at["shop"], "version": 1, "name": "Mine"}),
        await api.change("createThing", {"groupId": at["shop"], "type": "video", "name": "Mine"}),
        await api.change("archiveThing", {"id": at["sold"], "version": 1}),
    ]
    assert [answer["__typename"] for answer in answers] == ["ForbiddenError"] * 4
    person = str((await api.ask("{ viewer { person { id } } }")).at("viewer.person.id"))
    given: JSONObject = {"type": "following", "fromId": person, "toId": at["sold"]}
    assert (await api.change("connect", given))["__typename"] in {"NotFoundError", "ForbiddenError"}
    assert await world.count() == before


async def test_a_key_that_is_confined_stays_where_it_is(street: Street) -> None:
    world, at = street.world, street.ids
    created = await Keys(world.store).create(Caller(None), "owner@one.example", KeyScope.READ)
    given: JSONObject = {
        "id": created.key.id,
        "version": 1,
        "properties": {**created.key.properties, "groupIds": [at["elsewhere"]]},
    }
    await world.api.change("updateThing", given)
    api = world.api.as_holder_of(created.secret)
    query = "query ($id: ID!) { publicThings(first: 9) { totalCount } node(id: $id) { id } }"
    assert (await api.ask(query, id=at["sold"])).data == {"publicThings": {"totalCount": 0}, "node": None}


async def test_what_is_withdrawn_between_two_pages_is_gone(street: Street) -> None:
    world, nobody = street.world, street.viewers["nobody"]
    made = await world.make(fair=new_group("fair", visibility="public"))
    for name in ("one", "two", "three"):
        made |= await world.make(**{name: new_thing(made["fair"], "blog_post", name, "published")})
    query = """query ($after: String, $fair: ID!) {
        publicThings(first: 1, after: $after, filter: {groupId: $fair}) { nodes { name } pageInfo { endCursor } }
    }"""
    first = await nobody.ask(query, fair=made["fair"])
    assert first.each("publicThings.nodes") == ["three"]
    await world.api.change("updateThing", {"id": made["two"], "version": 1, "status": "draft"})
    after = first.at("publicThings.pageInfo.endCursor")
    assert (await nobody.ask(query, fair=made["fair"], after=after)).each("publicThings.nodes") == ["one"]
    await world.api.change("updateGroup", {"id": made["fair"], "version": 1, "visibility": "private"})
    assert (await nobody.ask(query, fair=made["fair"])).each("publicThings.nodes") == []

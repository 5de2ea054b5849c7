"""Connection types of one's own: what they join, and what they refuse."""

import pytest

from domain.connection_types import REGISTERED_RELATIONSHIP
from domain.values import JSON, JSONObject
from tests.component.registered_types import connection_type, register
from tests.refusals import conflict, invalid, refused
from tests.worlds import World, new_thing

pytestmark = pytest.mark.slow


async def test_a_registered_type_joins_what_it_says(world: World) -> None:
    kinds: JSONObject = connection_type(
        "cites", sources=["thing"], targets=["thing", "group"], targetTypes=["product"], sourceTypes=["blog_post"]
    )
    await register(world, **kinds)
    price: dict[str, JSON] = {"category": "course", "price": {"amount": 1, "currency": "EUR"}}
    at = await world.make(
        post=new_thing(world.home, "blog_post", "Post"),
        course=new_thing(world.home, "product", "Course", "draft", **price),
        video=new_thing(world.home, "video", "Video"),
    )
    found = await world.connect("cites", at["post"], at["course"], {"why": "it helps"})
    assert found.startswith("con_cites_")
    await world.connect("cites", at["post"], world.home)
    for source, target, field in (
        (at["post"], at["video"], "toId"),
        (at["video"], at["course"], "fromId"),
        (world.owner.id, at["course"], "fromId"),
        (at["post"], world.owner.id, "toId"),
        (at["post"], at["post"], "toId"),
    ):
        given: JSONObject = {"type": "cites", "fromId": source, "toId": target}
        assert await refused(world, "connect", given) == invalid(field)
    again: JSONObject = {"type": "cites", "fromId": at["post"], "toId": at["course"]}
    assert await refused(world, "connect", again) == conflict("toId")
    answer = await world.api.ask(
        """query ($id: ID!, $post: ID!) { node(id: $id) { ... on Relationship { type properties } }
        post: node(id: $post) { ... on Thing {
            all: connections(first: 9) { nodes { type } }
            some: connections(first: 9, filter: {types: ["cites"]}) { nodes { type toId } }
            none: connections(first: 9, filter: {types: ["owns", "cites"], direction: incoming}) { nodes { type } }
            related(first: 9, path: [{types: ["cites"]}]) { nodes { name } }
        } } }""",
        id=found,
        post=at["post"],
    )
    assert answer.at("node") == {"type": "cites", "properties": {"why": "it helps"}}
    assert answer.each("post.all.nodes", "type") == ["cites", "cites"]
    assert sorted(answer.each("post.some.nodes", "toId"), key=str) == sorted([at["course"], world.home])
    assert answer.each("post.none.nodes", "type") == []
    assert answer.each("post.related.nodes") == ["Course"]
    ended = await world.api.change("disconnect", {"id": found}, "relationship { validTo }")
    assert ended["__typename"] == "DisconnectSuccess"
    await world.connect("cites", at["post"], at["course"])


async def test_types_of_the_same_relationship_are_told_apart(world: World) -> None:
    for name in ("likes", "knows"):
        await register(world, **connection_type(name, targets=["thing"]))
    video = await world.thing("Video", type_="video")
    await world.connect("likes", world.owner.id, video)
    await world.connect("knows", world.owner.id, video)
    answer = await world.api.ask(
        """query ($id: ID!) { node(id: $id) { ... on Thing {
            connections(first: 9, filter: {types: ["likes"], direction: incoming}) { totalCount nodes { type } }
            other: connections(first: 9, filter: {types: ["owns"], direction: incoming}) { totalCount }
        } } }""",
        id=video,
    )
    assert answer.at("node.connections") == {"totalCount": 1, "nodes": [{"type": "likes"}]}
    assert answer.at("node.other.totalCount") == 0


@pytest.mark.parametrize(
    ("cardinality", "second", "field"),
    [
        ("one_to_one", ("a", "y"), "fromId"),
        ("one_to_one", ("b", "x"), "toId"),
        ("many_to_one", ("a", "y"), "fromId"),
        ("one_to_many", ("b", "x"), "toId"),
    ],
)
async def test_the_store_itself_keeps_the_cardinality(
    world: World, cardinality: str, second: tuple[str, str], field: str
) -> None:
    name = f"{cardinality}_{field.lower()}"
    await register(world, **connection_type(name, sources=["thing"], targets=["thing"], cardinality=cardinality))
    at = await world.make(**{each: new_thing(world.home, "video", each) for each in "abxy"})
    first = await world.connect(name, at["a"], at["x"])
    given: JSONObject = {"type": name, "fromId": at[second[0]], "toId": at[second[1]]}
    assert await refused(world, "connect", given) == conflict(field)
    assert (await world.api.change("disconnect", {"id": first}))["__typename"] == "DisconnectSuccess"
    await world.connect(name, at[second[0]], at[second[1]])


async def test_a_pair_has_one_without_a_direction_once(world: World) -> None:
    await register(world, **connection_type("married_to", sources=["thing"], targets=["thing"], directed=False))
    at = await world.make(a=new_thing(world.home, "video", "A"), b=new_thing(world.home, "video", "B"))
    await world.connect("married_to", at["a"], at["b"])
    back: JSONObject = {"type": "married_to", "fromId": at["b"], "toId": at["a"]}
    assert await refused(world, "connect", back) == conflict("toId")


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"sources": []}, "sources"),
        ({"targets": ["event"]}, "targets"),
        ({"sourceTypes": ["product"]}, "sourceTypes"),
        ({"targets": ["thing"], "targetTypes": ["nothing"]}, "targetTypes.0"),
        ({"several": True, "cardinality": "one_to_one"}, "several"),
        ({"directed": False, "cardinality": "one_to_one"}, "cardinality"),
        ({"directed": False, "targets": ["thing"]}, "directed"),
        ({"schema": {"type": "array"}}, "schema.type"),
        ({"description": " "}, "description"),
    ],
)
async def test_a_shape_that_contradicts_itself_is_refused(world: World, more: JSONObject, field: str) -> None:
    given = connection_type("crooked", **more)
    assert await refused(world, "registerConnectionType", given) == invalid(field)


async def test_no_name_becomes_a_relationship_type(world: World) -> None:
    await register(world, **connection_type("shouts_at", targets=["thing"]))
    video = await world.thing("Video", type_="video")
    await world.connect("shouts_at", world.owner.id, video)
    kinds = set(await world.count())
    assert REGISTERED_RELATIONSHIP in kinds
    assert "SHOUTS_AT" not in kinds

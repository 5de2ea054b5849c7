"""What is similar: the nearest first, with its score, within what was asked for, for the caller to see."""

import math
import random
from collections.abc import Mapping
from typing import cast

import pytest

from domain.errors import StoreError
from domain.values import JSON, JSONObject
from graph import vectors
from graph.store import Statement, Transaction
from graph.vectors import fix_dimension, has_index, make_index
from tests.component.vectors import document, with_dimension
from tests.worlds import World

pytestmark = pytest.mark.slow

ASK = """query (
    $to: SimilarToInput!, $first: Int! = 10, $groupId: ID, $inSubtreeOf: ID, $type: String, $label: String
) {
    similarTo(
        to: $to, first: $first, groupId: $groupId, inSubtreeOf: $inSubtreeOf, type: $type, label: $label
    ) { score knowledge { type text } thing { name } }
}"""


async def names(world: World, to: JSONObject, **more: JSON) -> list[JSON]:
    """The names of the things of what is near, the nearest first."""
    answer = await world.api.ask(ASK, to=to, **more)
    rows = cast("list[Mapping[str, Mapping[str, JSON]]]", answer.at("similarTo"))
    return [row["thing"]["name"] for row in rows]


@pytest.fixture
async def pets(world: World) -> World:
    """Five things in a tree of groups, near to the first axis in the order of their names."""
    await with_dimension(world)
    below = await world.group("below", world.home)
    deep = await world.group("deep", below)
    beside = await world.group("beside")
    for name, group, type_, vector in (
        ("a", world.home, "blog_post", [1, 0, 0]),
        ("b", below, "video", [1, 0.1, 0]),
        ("c", deep, "blog_post", [1, 0.2, 0]),
        ("d", beside, "video", [1, 0.3, 0]),
        ("e", below, "blog_post", [-1, 0, 0]),
    ):
        thing = await world.thing(name, group, type_)
        await document(world, thing, vector)
        if name in "bd":
            await world.api.change("labelThing", {"id": thing, "label": "topic:x"})
    return world


async def ids(world: World, kind: str, key: str) -> dict[str, str]:
    answer = await world.api.ask(f"{{ {kind}(first: 20) {{ nodes {{ id {key} }} }} }}")
    nodes = cast("list[Mapping[str, str]]", answer.at(f"{kind}.nodes"))
    return {each[key]: each["id"] for each in nodes}


async def test_the_nearest_come_first_with_exact_scores(pets: World) -> None:
    answer = await pets.api.ask(ASK, to={"vector": [2, 0, 0]}, first=5)
    rows = cast("list[Mapping[str, JSON]]", answer.at("similarTo"))
    assert [cast("Mapping[str, JSON]", row["thing"])["name"] for row in rows] == ["a", "b", "c", "d", "e"]
    expected = [(1 + x / math.hypot(x, y)) / 2 for x, y in ((1, 0), (1, 0.1), (1, 0.2), (1, 0.3), (-1, 0))]
    assert [row["score"] for row in rows] == pytest.approx(expected, abs=1e-6)
    assert rows[0]["knowledge"] == {"type": "chunk", "text": "word0"}


async def test_filters_narrow_to_a_group_a_subtree_a_type_and_a_label(pets: World) -> None:
    near: JSONObject = {"vector": [1, 0, 0]}
    groups = await ids(pets, "groups", "slug")
    below, beside = groups["below"], groups["beside"]
    assert await names(pets, near, groupId=below) == ["b", "e"]
    assert await names(pets, near, inSubtreeOf=below) == ["b", "c", "e"]
    assert await names(pets, near, inSubtreeOf=pets.home) == ["a", "b", "c", "e"]
    assert await names(pets, near, type="video") == ["b", "d"]
    assert await names(pets, near, label="topic:x") == ["b", "d"]
    assert await names(pets, near, label="topic:x", inSubtreeOf=pets.home) == ["b"]
    assert await names(pets, near, groupId=below, type="video") == ["b"]
    assert await names(pets, near, groupId=beside, type="blog_post") == []
    assert await names(pets, near, label="topic:none") == []
    assert await names(pets, near, first=2) == ["a", "b"]


async def test_a_thing_is_near_to_others_and_not_to_itself(pets: World) -> None:
    things = await ids(pets, "things", "name")
    assert await names(pets, {"thingId": things["b"]}, first=3) == ["c", "a", "d"]
    assert await names(pets, {"thingId": things["b"]}, type="video") == ["d"]


async def test_several_documents_of_a_thing_say_where_it_is(pets: World) -> None:
    thing = await pets.thing("middle")
    await document(pets, thing, [0, 1, 0], [0, 0, 1])
    other = await pets.thing("there")
    await document(pets, other, [0, 1, 1])
    answer = await pets.api.ask(ASK, to={"thingId": thing}, first=1)
    assert answer.at("similarTo.0.thing.name") == "there"
    assert answer.at("similarTo.0.score") == pytest.approx(1, abs=1e-6)


async def test_what_is_archived_or_not_embedded_or_gone_is_not_near(pets: World) -> None:
    things = await ids(pets, "things", "name")
    await pets.api.change("archiveThing", {"id": things["a"], "version": 1})
    await pets.api.change("deleteThing", {"id": things["c"], "version": 1})
    await pets.api.change("addDocument", {"thingId": things["e"], "text": "Nobody embedded this."})
    assert await names(pets, {"vector": [1, 0, 0]}) == ["b", "d", "e"]
    await pets.api.change("restoreThing", {"id": things["a"], "version": 2})
    assert await names(pets, {"vector": [1, 0, 0]}) == ["a", "b", "d", "e"]


async def test_a_moved_thing_is_found_where_it_is(pets: World) -> None:
    things, groups = await ids(pets, "things", "name"), await ids(pets, "groups", "slug")
    await pets.api.change("moveThing", {"id": things["a"], "version": 1, "groupId": groups["beside"]})
    assert await names(pets, {"vector": [1, 0, 0]}, groupId=groups["beside"]) == ["a", "d"]


async def test_everybody_finds_what_they_may_see(pets: World) -> None:
    member = await pets.member("mia", "below")
    things, groups = await ids(pets, "things", "name"), await ids(pets, "groups", "slug")
    world = World(pets.store, member, pets.owner, pets.home)
    near: JSONObject = {"vector": [1, 0, 0]}
    assert await names(world, near) == ["b", "c", "e"]
    assert await names(world, near, inSubtreeOf=pets.home) == []
    assert await names(world, near, groupId=groups["beside"]) == []
    assert await names(world, near, label="topic:x") == ["b"]
    assert await names(world, near, type="blog_post") == ["c", "e"]
    assert (await member.ask(ASK, to={"thingId": things["a"]})).codes == ["VALIDATION"]
    answer = await member.ask("{ knowledge(first: 20, type: document) { totalCount nodes { thing { name } } } }")
    assert answer.at("knowledge.totalCount") == 3
    labels = await member.ask("{ labels(first: 5) { totalCount nodes { label count } } }")
    assert labels.at("labels") == {"totalCount": 1, "nodes": [{"label": "topic:x", "count": 1}]}
    owners = await pets.api.ask("{ knowledge(first: 20, type: document) { nodes { id thing { name } } } }")
    for row in cast("list[Mapping[str, Mapping[str, str]]]", owners.at("knowledge.nodes")):
        seen = await member.ask("query ($id: ID!) { node(id: $id) { id } }", id=cast("str", row["id"]))
        assert (seen.at("node") is not None) is (row["thing"]["name"] in "bce")


async def test_nobody_finds_anything_without_a_key(pets: World) -> None:
    anonymous = pets.api.as_holder_of(None)
    assert (await anonymous.ask(ASK, to={"vector": [1, 0, 0]})).codes == ["UNAUTHENTICATED"]
    assert (await anonymous.ask("{ embeddingStatus { pending } }")).codes == ["UNAUTHENTICATED"]


@pytest.mark.parametrize(
    ("to", "more", "code"),
    [
        ({"vector": [1, 0]}, {}, "VALIDATION"),
        ({"vector": []}, {}, "VALIDATION"),
        ({"vector": [0, 0, 0]}, {}, "VALIDATION"),
        ({"vector": [1, 0, 0]}, {"first": 0}, "VALIDATION"),
        ({"vector": [1, 0, 0]}, {"first": 101}, "VALIDATION"),
        ({"vector": [1, 0, 0]}, {"groupId": "x"}, "VALIDATION"),
        ({"vector": [1, 0, 0]}, {"inSubtreeOf": "x"}, "VALIDATION"),
        ({"vector": [1, 0, 0]}, {"type": "nonsense"}, "VALIDATION"),
        ({"vector": [1, 0, 0]}, {"label": "nonsense"}, "VALIDATION"),
        ({"thingId": "x"}, {}, "VALIDATION"),
        ({"thingId": "thg_" + "0" * 32}, {}, "VALIDATION"),
        ({"text": "cats"}, {}, "VALIDATION"),
        ({"text": " "}, {}, "VALIDATION"),
        ({"text": "a\u0000"}, {}, "VALIDATION"),
        ({}, {}, "BAD_REQUEST"),
        ({"text": None}, {}, "BAD_REQUEST"),
        ({"text": "a", "vector": [1, 0, 0]}, {}, "BAD_REQUEST"),
    ],
)
async def test_a_bad_question_is_refused(pets: World, to: JSONObject, more: JSONObject, code: str) -> None:
    assert (await pets.api.ask(ASK, {"to": to, **more})).codes == [code]


async def test_the_dimension_of_a_store_is_chosen_once(world: World) -> None:
    assert await fix_dimension(world.store, None) is None
    assert await fix_dimension(world.store, 4) == 4
    assert await fix_dimension(world.store, None) == 4
    assert await has_index(world.store, 4)
    with pytest.raises(StoreError, match="have 4 dimensions, and ONE_EMBEDDING_DIMENSION says 3"):
        await fix_dimension(world.store, 3)
    assert await has_index(world.store, 4)


def drawn(generator: random.Random, dimension: int) -> list[float]:
    return [generator.gauss(0, 1) for _ in range(dimension)]


async def test_filters_find_what_comparing_everything_finds(
    world: World, statements: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the bounds small, so that every way of looking is gone through."""
    monkeypatch.setattr(vectors, "FEW", 5)
    monkeypatch.setattr(vectors, "LOOK_AT_LEAST", 10)
    monkeypatch.setattr(vectors, "LOOK_FOR_EACH", 1)
    monkeypatch.setattr(vectors, "HEADROOM", 1)
    await with_dimension(world, 8)
    generator = random.Random(7)
    rare, common = await world.group("rare", world.home), await world.group("common", world.home)
    far = await world.thing("far", rare)
    near = await world.thing("near", common)
    query = [1.0, *[0.0] * 7]
    # What is rare lies on the other side: the index meets it last.
    spots = {
        far: [[-5.0, *drawn(generator, 7)] for _ in range(12)],
        near: [[5.0, *drawn(generator, 7)] for _ in range(300)],
    }
    for thing, some in spots.items():
        await document(world, thing, *some)

    def exact(some: list[list[float]]) -> list[float]:
        return sorted(((1 + each[0] / math.hypot(*each)) / 2 for each in some), reverse=True)[:10]

    for more, wanted in (({"groupId": rare}, spots[far]), ({"groupId": common}, spots[near]), ({}, spots[near])):
        statements.clear()
        answer = await world.api.ask(ASK, to={"vector": cast("JSON", query)}, **more)
        scores = cast("list[float]", answer.each("similarTo", "score"))
        nearest = {round(score, 5) for score in scores} & {round(score, 5) for score in exact(wanted)}
        assert len(scores) == 10
        assert len(nearest) >= 9  # an index that is asked for so few may miss one
        found = [name for name in statements if name.startswith("nearest")]
        assert (
            found
            == {
                rare: ["nearest_in_group", *["nearest_by_index"] * 3, "nearest_in_group"],
                common: ["nearest_in_group", "nearest_by_index"],
                None: ["nearest_by_index"],
            }[more.get("groupId")]
        )


async def test_little_is_compared_in_one_round_trip(pets: World, statements: list[str]) -> None:
    await names(pets, {"vector": [1, 0, 0]}, type="video")
    statements.clear()
    assert await names(pets, {"vector": [1, 0, 0]}, type="video") == ["b", "d"]
    assert statements == ["nearest_of_type"]


async def test_an_index_of_another_dimension_is_made_anew(pets: World) -> None:
    await make_index(pets.store, 5)
    assert await fix_dimension(pets.store, None) == 3
    assert await names(pets, {"vector": [1, 0, 0]}) == ["a", "b", "c", "d", "e"]


async def test_a_vector_that_somebody_spoilt_keeps_nobody_from_the_others(pets: World) -> None:
    spoil: Statement[int] = Statement(
        "spoil", "MATCH (n:Knowledge) WHERE n.position = 0 WITH n LIMIT 1 SET n.embedding = [1.0] RETURN 1 AS row"
    )

    async def work(transaction: Transaction) -> None:
        await transaction.run(spoil, {})

    await pets.store.write(work)
    for more in ({}, {"inSubtreeOf": pets.home}, {"type": "video"}):
        assert await names(pets, {"vector": [1, 0, 0]}, **more)

"""Restoring, moving, labelling and deleting things, and the nodes that their properties name."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from typing import cast

import pytest

from domain.ids import new_id
from domain.values import JSON, JSONObject
from graph.store import Statement, Transaction
from tests.refusals import conflict, invalid, not_found, refused
from tests.worlds import World, new_connection, new_group, new_thing

pytestmark = pytest.mark.slow

ALL = "thing { id status version archivedAt labels group { id } }"
PRODUCT: JSONObject = {"category": "course", "price": {"amount": 100, "currency": "USD"}}
DEPENDENTS = "... on DependedOnError { dependents { kind total ids } }"
PLAIN_DELETE: Statement[bool] = Statement(
    "plain_delete",
    "MATCH (node:Entity {id: $id}) OPTIONAL MATCH (node)-[edge:IN_GROUP]->() DELETE edge, node RETURN true AS row",
)
LABELS_KEPT: Statement[Mapping[str, JSON]] = Statement(
    "labels_kept",
    """
    MATCH (thing:Entity:Thing {id: $id})
    RETURN {
        labels: thing.labels,
        edges: COLLECT {
            MATCH (thing)-[edge:HAS_KNOWLEDGE]->(knowledge:Knowledge)
            WHERE edge.sortKey = thing.sortKey AND edge.label = knowledge.label
            RETURN edge.label AS label ORDER BY label
        }
    } AS row""",
)
MENTIONED: Statement[str] = Statement(
    "mentioned", "MATCH (:Entity {id: $id})-[:MENTIONS]->(named:Entity) RETURN named.id AS row ORDER BY named.id"
)
NODES_OF: Statement[int] = Statement(
    "nodes_of", "MATCH (n:ThingVersion) WHERE n.key STARTS WITH $id RETURN count(n) AS row"
)


def of(answer: Mapping[str, JSON]) -> dict[str, JSON]:
    assert "thing" in answer, answer
    return cast("dict[str, JSON]", answer["thing"])


async def mentioned(world: World, thing: str) -> list[str]:
    return await world.store.read(MENTIONED, {"id": thing})


@pytest.mark.parametrize("status", ["draft", "active", "published"])
async def test_a_restored_thing_is_what_it_was_before(shared_world: World, status: str) -> None:
    world = shared_world
    thing = await world.thing("T", status=status)
    of(await world.api.change("archiveThing", {"id": thing, "version": 1}, ALL))
    journal = await world.journal()
    restored = of(await world.api.change("restoreThing", {"id": thing, "version": 2}, ALL))
    assert (restored["status"], restored["version"], restored["archivedAt"]) == (status, 3, None)
    assert await journal.read() == [("thing_restored", thing, world.home, {"status": status, "version": 3})]


async def test_a_thing_is_restored_to_the_status_that_is_asked_for(shared_world: World) -> None:
    world = shared_world
    thing = await world.thing("T", status="published")
    assert await refused(world, "restoreThing", {"id": thing, "version": 1}) == conflict("status")
    await world.api.change("archiveThing", {"id": thing, "version": 1})
    given: JSONObject = {"id": thing, "version": 2, "status": "archived"}
    assert await refused(world, "restoreThing", given) == invalid("status")
    assert await refused(world, "restoreThing", {"id": thing, "version": 1}) == conflict("version")
    restored = of(await world.api.change("restoreThing", {**given, "status": "draft"}, ALL))
    assert restored["status"] == "draft"


async def test_a_thing_in_an_archived_group_waits_for_its_group(shared_world: World) -> None:
    world = shared_world
    at = await world.make(group=new_group("waiting"))
    at |= await world.make(thing=new_thing(at["group"], "video", "V", "active"))
    await world.api.change("archiveGroup", {"id": at["group"], "version": 1, "withContents": True})
    assert await refused(world, "restoreThing", {"id": at["thing"], "version": 2}) == conflict("groupId")
    await world.api.change("restoreGroup", {"id": at["group"], "version": 2})
    restored = of(await world.api.change("restoreThing", {"id": at["thing"], "version": 2}, ALL))
    assert restored["status"] == "active"


async def test_a_key_that_was_taken_back_is_not_given_out_again(shared_world: World) -> None:
    world = shared_world
    key = str((await world.api.ask("{ viewer { apiKey { id } } }")).at("viewer.apiKey.id"))
    other = await world.member("keyholder", "home")
    theirs = str((await other.ask("{ viewer { apiKey { id } } }")).at("viewer.apiKey.id"))
    await world.api.change("archiveThing", {"id": theirs, "version": 1})
    assert await refused(world, "restoreThing", {"id": theirs, "version": 2}) == conflict("id")
    assert key != theirs


async def test_a_moved_thing_is_in_its_new_group_alone(shared_world: World) -> None:
    world = shared_world
    at = await world.make(one=new_group("move-from"), two=new_group("move-to"))
    thing = await world.thing("T", at["one"])
    journal = await world.journal()
    moved = of(await world.api.change("moveThing", {"id": thing, "version": 1, "groupId": at["two"]}, ALL))
    assert (moved["group"], moved["version"]) == ({"id": at["two"]}, 2)
    told = {"from": at["one"], "to": at["two"], "version": 2}
    assert await journal.read() == [("thing_moved", thing, at["two"], told)]
    answer = await world.api.ask(
        "query ($one: ID!, $two: ID!) { one: things(first: 9, filter: {groupId: $one}) { nodes { id } } "
        "two: things(first: 9, filter: {groupId: $two}) { nodes { id } } }",
        one=at["one"],
        two=at["two"],
    )
    assert (answer.each("one.nodes", "id"), answer.each("two.nodes", "id")) == ([], [thing])


async def test_a_thing_is_not_moved_where_it_cannot_be(shared_world: World) -> None:
    world, unknown = shared_world, new_id("grp")
    shut = await world.group("shut-to-moves")
    await world.api.change("archiveGroup", {"id": shut, "version": 1})
    thing, archived = await world.thing("T"), await world.thing("A")
    await world.api.change("archiveThing", {"id": archived, "version": 1})
    given: JSONObject = {"id": thing, "version": 1}
    assert await refused(world, "moveThing", {**given, "groupId": shut}) == conflict("groupId")
    assert await refused(world, "moveThing", {**given, "groupId": world.home}) == conflict("groupId")
    assert await refused(world, "moveThing", {**given, "groupId": unknown}) == not_found("group", unknown)
    assert await refused(world, "moveThing", {**given, "groupId": thing}) == invalid("groupId")
    assert await refused(world, "moveThing", {**given, "version": 7, "groupId": shut}) == conflict("version")
    other = await world.group("open-to-moves")
    assert await refused(world, "moveThing", {"id": archived, "version": 2, "groupId": other}) == conflict("status")


async def test_labels_are_kept_in_one_form_wherever_they_are(shared_world: World) -> None:
    world = shared_world
    thing = await world.thing("T")
    journal = await world.journal()
    given: JSONObject = {"id": thing, "label": " Topic : Cafe\u0301 "}
    labelled = of(await world.api.change("labelThing", given, ALL))
    assert (labelled["labels"], labelled["version"]) == (["topic:Café"], 2)
    again = of(await world.api.change("labelThing", given, ALL))
    assert again == labelled
    of(await world.api.change("labelThing", {"id": thing, "label": "level:one", "version": 2}, ALL))
    row = (await world.store.read(LABELS_KEPT, {"id": thing}))[0]
    assert row == {"labels": ["level:one", "topic:Café"], "edges": ["level:one", "topic:Café"]}
    gone = of(await world.api.change("unlabelThing", given, ALL))
    assert (gone["labels"], gone["version"]) == (["level:one"], 4)
    assert of(await world.api.change("unlabelThing", given, ALL)) == gone
    row = (await world.store.read(LABELS_KEPT, {"id": thing}))[0]
    assert row == {"labels": ["level:one"], "edges": ["level:one"]}
    assert await journal.read() == [
        ("thing_labelled", thing, world.home, {"label": "topic:Café", "version": 2}),
        ("thing_labelled", thing, world.home, {"label": "level:one", "version": 3}),
        ("thing_unlabelled", thing, world.home, {"label": "topic:Café", "version": 4}),
    ]


@pytest.mark.parametrize("label", ["", "topic", ":x", "topic:", "topic:a\x00b", "topic:" + "x" * 200, "a\nb:c"])
@pytest.mark.parametrize("field", ["labelThing", "unlabelThing"])
async def test_what_is_no_label_is_refused(shared_world: World, field: str, label: str) -> None:
    thing = await shared_world.thing("T")
    assert await refused(shared_world, field, {"id": thing, "label": label}) == invalid("label")


async def test_a_label_is_put_on_by_many_at_once_and_once(shared_world: World) -> None:
    world, thing = shared_world, await shared_world.thing("T")
    answers = await asyncio.gather(
        *(world.api.change("labelThing", {"id": thing, "label": f"n:{n % 3}"}) for n in range(12))
    )
    assert Counter(answer["__typename"] for answer in answers) == {"LabelThingSuccess": 12}
    row = (await world.store.read(LABELS_KEPT, {"id": thing}))[0]
    assert row == {"labels": ["n:0", "n:1", "n:2"], "edges": ["n:0", "n:1", "n:2"]}
    read = await world.api.ask("query ($id: ID!) { node(id: $id) { ... on Thing { version } } }", id=thing)
    assert read.at("node.version") == 4


async def test_a_deleted_thing_leaves_its_events_and_nothing_else(shared_world: World) -> None:
    world = shared_world
    before = await world.count()
    thing = await world.thing("T")
    await world.api.change("updateThing", {"id": thing, "version": 1, "name": "U"})
    await world.api.change("labelThing", {"id": thing, "label": "topic:gone"})
    assert await world.store.read(NODES_OF, {"id": thing}) == [2]
    journal = await world.journal()
    answer = await world.api.change("deleteThing", {"id": thing, "version": 3}, "id")
    assert answer == {"__typename": "DeleteThingSuccess", "id": thing}
    assert await journal.read() == [("thing_deleted", thing, world.home, {"type": "blog_post", "version": 3})]
    after = await world.count()
    told = {"Event": 0, "Unsequenced": 0, "Knowledge": 0}
    assert {**after, **told} == {**before, **told}
    assert after["Event"] == before["Event"] + 4
    read = await world.api.ask("query ($id: ID!) { node(id: $id) { id } }", id=thing)
    assert read.at("node") is None
    assert await refused(world, "deleteThing", {"id": thing, "version": 3}) == not_found("thing", thing)


async def test_a_thing_that_something_depends_on_is_not_deleted(shared_world: World) -> None:
    world = shared_world
    at = await world.make(
        lamp=new_thing(world.home, "product", "Lamp", "draft", **PRODUCT),
        post=new_thing(world.home, "blog_post", "Post"),
    )
    lines: JSON = [{"productId": at["lamp"], "quantity": 1}]
    at |= await world.make(
        cart=new_thing(world.home, "cart", "Cart", lines=lines),
        live=new_connection("references", at["post"], at["lamp"]),
        ended=new_connection("part_of", at["lamp"], at["post"]),
    )
    await world.api.change("disconnect", {"id": at["ended"]})
    before = await world.count()
    answer = await world.api.ask(
        f"mutation ($input: DeleteThingInput!) {{ deleteThing(input: $input) {{ __typename {DEPENDENTS} }} }}",
        input={"id": at["lamp"], "version": 1},
    )
    assert await world.count() == before
    found = cast("dict[str, JSON]", answer.at("deleteThing"))
    assert found["__typename"] == "DependedOnError"
    kinds = {str(each["kind"]): each for each in cast("list[dict[str, JSON]]", found["dependents"])}
    assert kinds.keys() == {"connection", "mention"}
    assert (kinds["connection"]["total"], kinds["mention"]["total"]) == (2, 1)
    assert sorted(cast("list[str]", kinds["connection"]["ids"])) == sorted([at["live"], at["ended"]])
    assert kinds["mention"]["ids"] == [at["cart"]]


async def test_many_dependents_are_counted_and_some_of_them_told(shared_world: World) -> None:
    world = shared_world
    thing = await world.thing("Popular")
    fans = await world.make(**{f"f{n}": new_thing(world.home, "video", f"F{n}") for n in range(25)})
    await world.make(**{name: new_connection("references", each, thing) for name, each in fans.items()})
    answer = await world.api.ask(
        f"mutation ($input: DeleteThingInput!) {{ deleteThing(input: $input) {{ {DEPENDENTS} }} }}",
        input={"id": thing, "version": 1},
    )
    [dependents] = cast("list[dict[str, JSON]]", answer.at("deleteThing.dependents"))
    assert (dependents["total"], len(cast("list[str]", dependents["ids"]))) == (25, 20)


async def test_what_properties_name_has_to_be_there(shared_world: World) -> None:
    world = shared_world
    missing, cart = new_id("prd"), {"groupId": world.home, "type": "cart", "name": "C"}
    lines: list[JSON] = [{"productId": missing, "quantity": 1}]
    assert await refused(world, "createThing", {**cart, "properties": {"lines": lines}}) == not_found("thing", missing)
    invitation: JSONObject = {"groupId": world.home, "type": "invitation", "name": "I"}
    given: JSONObject = {"role": "viewer", "state": "pending", "invitedBy": new_id("evt")}
    assert await refused(world, "createThing", {**invitation, "properties": given}) == invalid("properties.invitedBy")
    at = await world.make(
        one=new_thing(world.home, "product", "One", "draft", **PRODUCT),
        two=new_thing(world.home, "product", "Two", "draft", **PRODUCT),
    )
    twice: JSON = [{"productId": at["one"], "quantity": n} for n in (1, 2)]
    thing = await world.thing("C", type_="cart", properties={"lines": twice})
    assert await mentioned(world, thing) == [at["one"]]
    update: dict[str, JSON] = {"id": thing, "version": 1}
    assert await refused(world, "updateThing", {**update, "properties": {"lines": lines}}) == not_found(
        "thing", missing
    )
    both: JSON = [{"productId": each, "quantity": 1} for each in (at["one"], at["two"])]
    await world.api.change("updateThing", {**update, "properties": {"lines": both}})
    assert await mentioned(world, thing) == sorted([at["one"], at["two"]])
    other: JSON = [{"productId": at["two"], "quantity": 1}]
    await world.api.change("updateThing", {**update, "version": 2, "properties": {"lines": other}})
    assert await mentioned(world, thing) == [at["two"]]
    assert (await world.api.change("deleteThing", {"id": at["one"], "version": 1}))["__typename"] == (
        "DeleteThingSuccess"
    )


async def test_the_store_itself_deletes_nothing_that_is_named(shared_world: World) -> None:
    world = shared_world
    lamp = await world.thing("Lamp", type_="product", properties=PRODUCT)
    await world.thing("C", type_="cart", properties={"lines": [{"productId": lamp, "quantity": 1}]})
    before = await world.count()

    async def work(transaction: Transaction) -> None:
        await transaction.run(PLAIN_DELETE, {"id": lamp})

    with pytest.raises(Exception, match="clashes with what is stored"):
        await world.store.write(work)
    assert await world.count() == before


async def test_a_thing_is_deleted_or_named_but_never_both(shared_world: World) -> None:
    world = shared_world
    for attempt in range(8):
        lamp = await world.thing("Lamp", type_="product", properties=PRODUCT)
        post = await world.thing("Post")
        cart: JSONObject = {
            "groupId": world.home,
            "type": "cart",
            "name": "C",
            "properties": {"lines": [{"productId": lamp, "quantity": 1}]},
        }
        changes = [
            world.api.change("createThing", cart),
            world.api.change(*new_connection("references", post, lamp)),
            world.api.change("updateThing", {"id": lamp, "version": 1, "name": "L"}),
        ]
        changes.insert(attempt % 4, world.api.change("deleteThing", {"id": lamp, "version": 1}))
        found = Counter(answer["__typename"] for answer in await asyncio.gather(*changes))
        assert set(found) <= {
            *("CreateThingSuccess", "ConnectSuccess", "UpdateThingSuccess", "DeleteThingSuccess"),
            *("NotFoundError", "ConflictError", "DependedOnError"),
        }
        if found["DeleteThingSuccess"]:
            assert found["CreateThingSuccess"] == found["ConnectSuccess"] == found["UpdateThingSuccess"] == 0


async def test_lists_bear_that_what_they_show_is_deleted_meanwhile(shared_world: World) -> None:
    world = shared_world
    group = await world.group("vanishing")
    ids = [await world.thing(f"T{n}", group) for n in range(30)]

    async def look() -> None:
        for _ in range(15):
            answer = await world.api.ask(
                "query ($id: ID!, $ids: [ID!]!) { things(first: 100, filter: {groupId: $id}) { nodes { id name status "
                "group { slug } labels } totalCount } nodes(ids: $ids) { id } }",
                id=group,
                ids=ids,
            )
            assert answer.status == 200
            assert "errors" not in answer.body, answer.body

    deletes = (world.api.change("deleteThing", {"id": each, "version": 1}) for each in ids)
    found = await asyncio.gather(look(), look(), *deletes)
    assert {str(each["__typename"]) for each in found if each is not None} == {"DeleteThingSuccess"}

"""Search: what is found, in which order, by whom."""

from typing import cast

import pytest

from domain.ids import new_id
from domain.people import PlatformRole
from domain.values import JSON
from graph.store import Statement, Transaction
from services.filling import fill_words
from tests.client import Api
from tests.worlds import World

pytestmark = pytest.mark.slow

SEARCH = """
query (
  $text: String!, $first: Int! = 100, $after: String, $kinds: [NodeKind!],
  $type: String, $groupId: ID, $inSubtreeOf: ID, $label: String, $status: ThingStatus
) {
  search(
    text: $text, first: $first, after: $after, kinds: $kinds,
    type: $type, groupId: $groupId, inSubtreeOf: $inSubtreeOf, label: $label, status: $status
  ) {
    edges { cursor score node { id ... on Group { slug } ... on Person { username } ... on Thing { name } } }
    nodes { ... on Thing { name } }
    pageInfo { hasNextPage hasPreviousPage endCursor }
  }
}
"""


async def search(api: Api, text: str, **more: JSON) -> list[str]:
    """The names of what is found, in order."""
    answer = await api.ask(SEARCH, text=text, **more)
    edges = answer.at("search.edges")
    assert isinstance(edges, list)
    found = []
    for edge in edges:
        assert isinstance(edge, dict)
        node = edge["node"]
        assert isinstance(node, dict)
        found.append(str(node.get("name") or node.get("slug") or node.get("username")))
    return found


async def test_a_name_is_found_by_its_words_their_beginnings_and_near_misses(world: World) -> None:
    await world.thing("Advanced Woodworking")
    for text in ("woodworking", "WOODWORKING", "wood", "advanced wood", "wood adv", "woodwroking", "wodworking"):
        assert await search(world.api, text) == ["Advanced Woodworking"], text
    for text in ("working", "woodworking basics", "wd"):
        assert await search(world.api, text) == [], text


async def test_a_better_fit_comes_first_and_equal_ones_by_id(world: World) -> None:
    await world.thing("Fruit of autumn", properties={"description": "About apples"})
    labelled = await world.thing("Fruit of winter")
    await world.api.change("labelThing", {"id": labelled, "label": "fruit:apples"})
    await world.thing("Applesauce")
    first, second = await world.thing("Apples"), await world.thing("Apples")
    answer = await world.api.ask(SEARCH, text="apples")
    ids = [answer.at(f"search.edges.{number}.node.id") for number in (0, 1)]
    assert ids == sorted((first, second))
    names = await search(world.api, "apples")
    assert names[:2] == ["Apples", "Apples"]
    assert sorted(names[2:]) == ["Applesauce", "Fruit of autumn", "Fruit of winter"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Zoë Straße", "zoe strasse"),
        ("Ёжик", "ежик"),
        ("Καλημέρα κόσμε", "καλημερα"),
        ("北京大学", "大学"),
        ("東京タワー", "タワー"),
        ("서울대학교", "서울"),
        ("हिन्दी भाषा", "हिन्दी"),
        ("مُحَمَّد", "محمد"),
        ("ภาษาไทย", "ไทย"),
        ("İstanbul", "istanbul"),
        ("my_file.txt", "file"),
        ("AND OR NOT", "not"),
        ("😀 smile", "😀"),
        ("C++ (and C#)", "c++"),
    ],
)
async def test_names_in_every_script_are_found(world: World, name: str, text: str) -> None:
    await world.thing(name)
    assert await search(world.api, text, kinds=["thing"]) == [name]


async def test_people_and_groups_are_found_but_nobody_by_an_address(world: World) -> None:
    await world.group("red-house", name="Casa", description="Painted brightly")
    await world.member("ann.lee", "red-house")
    for text in ("red", "casa", "painted"):
        assert await search(world.api, text) == ["red-house"], text
    assert await search(world.api, "lee") == ["ann.lee"]
    assert await search(world.api, "one.example") == []
    assert await search(world.api, "casa", kinds=["person", "thing"]) == []
    assert await search(world.api, "casa", kinds=["group"]) == ["red-house"]
    assert await search(world.api, "lee", kinds=["person"]) == ["ann.lee"]


async def test_what_changes_is_found_as_it_is_at_once(world: World) -> None:
    thing = await world.thing("Before", properties={"description": "early"})
    assert await search(world.api, "early") == ["Before"]
    given: dict[str, JSON] = {"id": thing, "version": 1, "name": "Later", "properties": {"description": "evening"}}
    await world.api.change("updateThing", given)
    assert await search(world.api, "before") == await search(world.api, "early") == []
    assert await search(world.api, "later") == await search(world.api, "evening") == ["Later"]
    await world.api.change("labelThing", {"id": thing, "label": "Colour:Deep Blue"})
    assert await search(world.api, "deep", label="colour:Deep Blue") == ["Later"]
    await world.api.change("unlabelThing", {"id": thing, "label": "Colour:Deep Blue"})
    assert await search(world.api, "deep") == []
    await world.api.change("deleteThing", {"id": thing, "version": 4})
    assert await search(world.api, "later") == []


async def test_a_rare_type_group_or_state_is_found_among_many_with_the_same_word(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("graph.search.STEPS", (1_100,))
    await crowd(world, 1_300)
    other = await world.group("other")
    await world.thing("crowd crowd crowd of others and many more words beside it", other, "video", status="active")
    for filters in ({"type": "video"}, {"groupId": other}, {"status": "active"}):
        narrow: dict[str, JSON] = {**filters}
        assert len(await search(world.api, "crowd", **narrow)) == 1
    answer = await world.api.ask('{ search(text: "crowd", first: 1) { totalCount } }')
    assert answer.at("search.totalCount") == 1_000


async def test_what_few_groups_hold_is_found_behind_any_number_of_better_hits(
    world: World, statements: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("graph.search.STEPS", (500,))
    await crowd(world, 600)
    mine = await world.group("mine")
    await world.thing("crowd of mine and many more words beside it", await world.group("below", mine))
    me = await world.member("me", "mine")
    statements.clear()
    assert await search(me, "crowd") == ["crowd of mine and many more words beside it"]
    answer = await me.ask('{ search(text: "crowd", first: 1) { totalCount } }')
    assert answer.at("search.totalCount") == 1
    assert statements == ["search", "search", "count_hits"]


async def test_what_many_groups_hold_is_found_at_the_second_step(
    world: World, statements: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("graph.search.STEPS", (500, 600))
    await crowd(world, 700)
    mine = await world.group("mine")
    await world.thing("crowd of mine and many more words beside it", mine)
    me = await world.member("me", "mine")
    await widen(world, mine, 300)
    statements.clear()
    assert await search(me, "crowd") == ["crowd of mine and many more words beside it"]
    assert statements == ["search", "search"]


@pytest.mark.parametrize("groups", [50, 300, 1_100])
async def test_however_many_groups_a_viewer_sees_they_find_the_same(world: World, groups: int) -> None:
    mine = await world.group("mine")
    await widen(world, mine, groups)
    below = await world.group("needle-below", mine)
    me = await world.member("needle.me", "mine")
    await world.member("needle.other", "needle-below")
    await world.member("needle.stranger", "home")
    leaver = await world.member("needle.leaver", "needle-below")
    at = "viewer.person.connections.nodes.0.id"
    membership = (await leaver.ask("{ viewer { person { connections(first: 1) { nodes { id } } } } }")).at(at)
    await world.api.change("disconnect", {"id": membership})
    await world.thing("needle", below)
    await world.thing("needle elsewhere")
    found = {"needle-below", "needle", "needle.me", "needle.other"}
    people_and_groups = await search(me, "needle", kinds=["group", "person"])
    assert {*people_and_groups, *await search(me, "needle", type="blog_post")} == found


async def test_a_subtree_is_searched_as_it_is_now(world: World) -> None:
    left, right = await world.group("left"), await world.group("right")
    below = await world.group("below", left)
    await world.thing("leaf of left", left)
    await world.thing("leaf of below", below)
    await world.thing("leaf of right", right)
    me = await world.member("me", "right")
    assert sorted(await search(world.api, "leaf", inSubtreeOf=left)) == ["leaf of below", "leaf of left"]
    assert await search(world.api, "leaf", inSubtreeOf=below) == ["leaf of below"]
    assert await search(world.api, "leaf", inSubtreeOf=left, groupId=right) == []
    assert await search(me, "leaf", inSubtreeOf=left) == await search(me, "leaf", inSubtreeOf=world.home) == []
    await world.api.change("moveGroup", {"id": below, "version": 1, "parentId": right})
    assert await search(world.api, "leaf", inSubtreeOf=left) == ["leaf of left"]
    assert sorted(await search(me, "leaf", inSubtreeOf=right)) == ["leaf of below", "leaf of right"]


async def test_as_many_groups_as_a_query_takes_narrow_it_and_more_are_tested(world: World) -> None:
    top = await world.group("top")
    await world.thing("needle", top)
    await world.thing("needle elsewhere")
    long = " ".join(f"misspelt{chr(97 + number)}" for number in range(26))
    for size in (900, 200):
        await widen(world, top, size)
        assert await search(world.api, "needle", inSubtreeOf=top) == ["needle"]
        assert await search(world.api, long, inSubtreeOf=top) == []


async def widen(world: World, top: str, size: int) -> None:
    """More groups below one, as if they had been there long."""
    make: Statement[int] = Statement(
        "widen",
        """
        MATCH (top:Group {id: $top})
        UNWIND $rows AS row
        CREATE (group:Entity:Group)<-[:PARENT_OF {childId: row}]-(top)
        SET group = top {.*, id: row, slug: row, sortKey: row}
        RETURN count(*) AS row""",
    )

    async def work(transaction: Transaction) -> None:
        await transaction.run(make, {"top": top, "rows": [new_id("grp") for _ in range(size)]})

    await world.store.write(work)


async def test_a_search_looks_further_until_it_found_what_is_there_or_says_that_it_stops(
    world: World, statements: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(9):
        await world.member(f"ann{number}", "home")
    await world.group("mine")
    me = await world.member("ann-with-a-long-name-of-many-words", "mine")
    found = ["ann-with-a-long-name-of-many-words"]
    statements.clear()
    monkeypatch.setattr("graph.search.STEPS", (4, 8, 16))
    assert await search(me, "ann", kinds=["person"]) == found
    assert statements == ["search", "search", "search"]
    monkeypatch.setattr("graph.search.STEPS", (4, 8))
    for query in ("nodes { id }", "totalCount"):
        answer = await me.ask(f'{{ search(text: "ann", first: 1, kinds: [person]) {{ {query} }} }}')
        assert answer.errors[0]["extensions"] == {"code": "TOO_BROAD"}
        message = "No index finds these rows among more than 8: "
        assert (
            answer.errors[0]["message"] == f"{message}add groupId, inSubtreeOf, type, status or kinds, or a rarer word."
        )


REINDEX: Statement[int] = Statement(
    "reindex", "MATCH (n:Person {username: $name}) SET n.nameWords = $words RETURN 1 AS row"
)


async def test_no_page_loses_equals_that_a_step_cut_off(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    await world.group("mine")
    for number in range(9):
        await world.member(f"ann{number}", "mine" if number % 2 else "home")
    me = await world.member("me", "mine")
    for number in reversed(range(9)):  # the index has them in another order than their ids

        async def work(transaction: Transaction, name: str = f"ann{number}") -> None:
            await transaction.run(REINDEX, {"name": name, "words": ""})
            await transaction.run(REINDEX, {"name": name, "words": "ann"})

        await world.store.write(work)
    monkeypatch.setattr("graph.search.STEPS", (4, 6, 100))
    seen: list[JSON] = []
    after: JSON = None
    while True:
        answer = await me.ask(SEARCH, {"text": "ann", "first": 1, "after": after, "kinds": ["person"]})
        seen += answer.each("search.edges", "node")
        if not answer.at("search.pageInfo.hasNextPage"):
            break
        after = answer.at("search.pageInfo.endCursor")
    assert [cast("dict[str, JSON]", each)["username"] for each in seen] == ["ann1", "ann3", "ann5", "ann7"]


async def crowd(world: World, size: int) -> None:
    """Things of one word, as if they had been there long."""
    make: Statement[int] = Statement(
        "make_crowd",
        """
        MATCH (group:Group {id: $id}), (one:Thing {id: $one})
        UNWIND range(1, $size) AS n
        CREATE (thing:Entity:Thing:BlogPost)-[:IN_GROUP]->(group)
        SET thing += one {.*, id: one.id + n, sortKey: one.sortKey + n}
        RETURN count(*) AS row""",
    )
    one = await world.thing("crowd")

    async def work(transaction: Transaction) -> None:
        await transaction.run(make, {"id": world.home, "one": one, "size": size})

    await world.store.write(work)


async def test_a_viewer_finds_what_they_may_see_and_no_more(world: World) -> None:
    mine, theirs = await world.group("mine"), await world.group("theirs")
    await world.thing("Secret of mine", mine)
    await world.thing("Secret of theirs", theirs)
    me = await world.member("me", "mine")
    await world.member("you", "theirs")
    assert await search(me, "secret") == ["Secret of mine"]
    assert await search(me, "mine") == ["mine", "Secret of mine"]
    assert await search(me, "theirs") == await search(me, "you") == []
    assert await search(me, "secret", groupId=theirs) == []
    assert (await world.api.as_holder_of(None).ask(SEARCH, text="secret")).codes == ["UNAUTHENTICATED"]


async def test_a_key_is_found_by_its_owner_alone(world: World) -> None:
    me = await world.member("me", "home")
    own = await search(me, "key", type="api_key")
    assert own == await search(me, "key") != []
    assert len(await search(world.api, "key")) == 1


async def test_pages_meet_every_hit_once_in_one_round_trip_each(world: World, statements: list[str]) -> None:
    for number in range(7):
        await world.thing(f"page {number}")
    whole = await search(world.api, "page")
    statements.clear()
    met: list[JSON] = []
    after: JSON = None
    more: JSON = True
    while more:
        answer = await world.api.ask(SEARCH, text="page", first=3, after=after)
        met += answer.each("search.nodes")
        assert answer.at("search.pageInfo.hasPreviousPage") is (after is not None)
        after, more = answer.at("search.pageInfo.endCursor"), answer.at("search.pageInfo.hasNextPage")
    assert met == whole
    assert len(met) == 7
    assert statements == ["search"] * 3
    other = await world.api.ask(SEARCH, text="other", after=after)
    assert other.errors[0]["extensions"] == {"code": "VALIDATION", "field": "after"}


@pytest.mark.parametrize(
    "text",
    [
        '+ - && || ! ( ) { } [ ] ^ " ~ * ? : \\ / x',
        "name:secret OR id:*",
        '"unclosed x',
        "[a TO z] {1 TO 2}",
        "AND",
        "x\x00y",
        "x" * 1_000,
        "word " * 200,
        " ".join(f"misspelt{chr(97 + number)}" for number in range(26)),
        "*:*z",
    ],
)
async def test_nothing_in_a_text_is_a_command(world: World, text: str) -> None:
    await world.thing("Secret")
    assert await search(world.api, text) == []


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ({"text": ""}, "text"),
        ({"text": " \t\u3000"}, "text"),
        ({"text": "!?*"}, "text"),
        ({"text": "\x00"}, "text"),
        ({"text": "x" * 10_000}, "text"),
        ({"text": "x", "first": 0}, "first"),
        ({"text": "x", "first": 101}, "first"),
        ({"text": "x", "after": "nonsense"}, "after"),
        ({"text": "x", "kinds": ["event"]}, "kinds"),
        ({"text": "x", "type": "no_such"}, "type"),
        ({"text": "x", "groupId": "nonsense"}, "groupId"),
        ({"text": "x", "inSubtreeOf": "nonsense"}, "inSubtreeOf"),
        ({"text": "x", "label": "nonsense"}, "label"),
    ],
)
async def test_a_search_that_cannot_be_is_refused_with_the_argument_to_mend(
    world: World, arguments: dict[str, JSON], field: str
) -> None:
    answer = await world.api.ask(SEARCH, arguments)
    assert answer.errors[0]["extensions"] == {"code": "VALIDATION", "field": field}


async def test_an_older_store_is_filled(world: World) -> None:
    await world.thing("Old", properties={"description": "ancient"})
    forget: Statement[int] = Statement(
        "forget", "MATCH (node:Entity) REMOVE node.nameWords, node.textWords, node.labelWords RETURN count(*) AS row"
    )

    async def work(transaction: Transaction) -> None:
        await transaction.run(forget, {})

    await world.store.write(work)
    assert await search(world.api, "old") == []
    await fill_words(world.store)
    assert await search(world.api, "old") == await search(world.api, "ancient") == ["Old"]
    assert await search(world.api, "home") == ["home"]
    assert await search(world.api, "owner", kinds=["person"]) == ["owner"]


async def test_what_somebody_bought_is_found_by_them_wherever_it_is(world: World) -> None:
    shop, other = await world.group("shop"), await world.group("other")
    below = await world.group("below", shop)
    price: JSON = {"amount": 100, "currency": "USD"}
    product = await world.thing("P", shop, "product", properties={"category": "course", "price": price})
    apis = {
        "carl": await world.member("carl", "other", role=PlatformRole.CUSTOMER),
        "uma": await world.member("uma", "shop", role=PlatformRole.ORG_USER),
        "olga": await world.member("olga", "other", role=PlatformRole.ORG_OWNER),
    }
    line: JSON = {"productId": product, "name": "P", "unitPrice": 100, "quantity": 1}
    for number, (name, api) in enumerate(apis.items()):
        buyer = (await api.ask("{ viewer { person { id } } }")).at("viewer.person.id")
        for place, group in (("here", shop), ("below", below)):
            given: dict[str, JSON] = {
                "number": f"{number}", "state": "paid", "currency": "USD", "placedAt": "2026-01-01T00:00:00Z",
                "customerId": buyer, "lines": [line],
            }  # fmt: skip
            await world.thing(f"Needle {name} {place}", group, "order", properties=given)
    await world.thing("Needle video", other, "video")
    lists = """query ($group: ID!) {
      things(first: 100) { nodes { name } }
      below: things(first: 100, filter: {inSubtreeOf: $group}) { nodes { name } }
      here: things(first: 100, filter: {groupId: $group}) { nodes { name } }
    }"""
    for name, api in apis.items():
        answer = await api.ask(lists, group=shop)
        expected = {
            key: sorted(str(each) for each in answer.each(f"{key}.nodes") if str(each).startswith("Needle"))
            for key in ("things", "below", "here")
        }
        assert len([each for each in expected["things"] if name in each]) == 2
        assert sorted(await search(api, "needle")) == expected["things"], name
        assert sorted(await search(api, "needle", inSubtreeOf=shop)) == expected["below"], name
        assert sorted(await search(api, "needle", groupId=shop)) == expected["here"], name
        counted = await api.ask('{ search(text: "needle", first: 1) { totalCount } }')
        assert counted.at("search.totalCount") == len(expected["things"])


async def test_a_key_is_found_by_its_person_after_they_left_its_group(world: World) -> None:
    await world.group("team")
    api = await world.member("ann", "team")
    [edge] = (
        await api.ask(
            '{ viewer { person { connections(first: 9, filter: {types: ["member_of"]}) { nodes { id } } } } }'
        )
    ).each("viewer.person.connections.nodes", "id")
    await world.api.change("disconnect", {"id": edge})
    names = (await api.ask('{ things(first: 9, filter: {type: "api_key"}) { nodes { name } } }')).each("things.nodes")
    assert names == ["API key"] == await search(api, "key")

"""Filters: they let through what they say, in the order of the list, and are refused where nothing serves them."""

from typing import cast

import pytest

from domain.values import JSON, JSONObject
from graph.store import Store
from tests.client import Api
from tests.component.filter_oracle import EDGE_TYPES, draw, draw_start, holds, row_at, said
from tests.component.filter_world import Filled, Row, fill, read
from tests.conftest import served
from tests.worlds import World

pytestmark = pytest.mark.slow

FILTERS = {
    "things": "ThingFilter",
    "groups": "GroupFilter",
    "people": "PersonFilter",
    "events": "EventFilter",
    "connections": "RelationshipFilter",
}


@pytest.fixture(scope="module")
async def filled(shared_world: World) -> Filled:
    return await fill(shared_world, seed=21)


async def page(api: Api, noun: str, wanted: JSONObject, arguments: str = "first: 100") -> tuple[list[str], JSON, JSON]:
    """The ids of a page, how many rows there are in all, and the cursor to go on from."""
    answer = await api.ask(
        f"query ($filter: {FILTERS[noun]}) {{ rows: {noun}(filter: $filter, {arguments}) "
        "{ totalCount nodes { id } pageInfo { hasNextPage endCursor } } }",
        filter=wanted,
    )
    ids = [str(each) for each in answer.each("rows.nodes", "id")]
    more = answer.at("rows.pageInfo.endCursor") if answer.at("rows.pageInfo.hasNextPage") else None
    return ids, answer.at("rows.totalCount"), more


@pytest.mark.timeout(300)
@pytest.mark.parametrize("noun", ["things", "groups", "people", "events"])
async def test_a_random_filter_lets_through_what_it_says(filled: Filled, noun: str) -> None:
    met = 0
    for number in range(8):  # the store takes a second to plan each
        wanted = draw(filled, noun)
        expected = [str(row["id"]) for row in filled.rows[noun] if holds(filled, noun, wanted, row)]
        met += bool(expected)
        order = "newest_first" if number % 2 else "oldest_first"
        ids, total, _ = await page(filled.world.api, noun, wanted, f"first: 100, order: {order}")
        in_order = expected[::-1] if number % 2 else expected
        assert (ids, total) == (in_order[:100], len(expected)), wanted
    assert met > 1


@pytest.mark.timeout(300)
async def test_a_random_filter_of_connections_lets_through_what_it_says(filled: Filled) -> None:
    """Of what two nodes, or one, or a type have to do with each other, as far as it is live, was, or either."""
    every = [row for kind in EDGE_TYPES for row in await edges(filled, f'{{ type: "{kind}", includeEnded: true }}')]
    filled.rows["connections"] = every
    met = 0
    for number in range(8):
        start = draw_start(filled)
        wanted: JSONObject = {"and": [start, draw(filled, "connections", 2)]}
        spoken = {"liveAt", "includeEnded"}
        asked: JSONObject = wanted if said(wanted) & spoken else {**wanted, "includeEnded": False}
        expected = [str(row["id"]) for row in every if holds(filled, "connections", asked, row)]
        met += bool(expected)
        order = "newest_first" if number % 2 else "oldest_first"
        ids, total, _ = await page(filled.world.api, "connections", wanted, f"first: 100, order: {order}")
        in_order = sorted(expected, reverse=bool(number % 2))
        assert (ids, total) == (in_order[:100], len(expected)), wanted
    assert met > 1


async def edges(filled: Filled, wanted: str) -> list[Row]:
    """All connections that a filter lets through."""
    selection = "id type fromId toId properties validFrom validTo createdAt"
    return await read(filled.world.api, "connections", selection, f", filter: {wanted}")


@pytest.mark.parametrize(
    ("noun", "wanted"),
    [
        ("things", {}),
        ("things", {"type": "product", "properties": [{"name": "stock", "atMost": 2}]}),
        ("things", {"not": {"status": "draft"}}),
        ("people", {"not": {"role": "customer"}}),
        ("events", {}),
        ("events", {"type": "thing_created"}),
        ("connections", {"type": "references", "includeEnded": True}),
    ],
)
async def test_a_group_lists_what_is_in_it_and_below(
    filled: Filled, migrated_store: Store, noun: str, wanted: JSONObject
) -> None:
    """In either way: merged from few groups, and among everything where the subtree has more rows than are merged."""
    filled.rows["connections"] = await edges(filled, '{ type: "references", includeEnded: true }')
    top = max(filled.above, key=lambda each: sum(each in above for above in filled.above.values()))
    below = {"things": "group.id", "events": "group.id"}
    homes = {str(row["id"]): str(row_at(row, "group.id")) for row in filled.rows["things"]}

    def inside(row: Row) -> bool:
        if noun in below:
            return top in filled.above.get(str(row_at(row, below[noun])), set())
        if noun == "people":
            return holds(filled, "people", {"inSubtreeOf": top}, row)
        return any(top in filled.above[homes[str(row[end])]] for end in ("fromId", "toId"))

    expected = [str(row["id"]) for row in filled.rows[noun] if inside(row) and holds(filled, noun, wanted, row)]
    assert len(expected) > 1
    query = f"""query ($id: ID!, $f: {FILTERS[noun]}, $first: Int!) {{ node(id: $id) {{ ... on Group {{
        rows: {noun}(first: $first, filter: $f, includeDescendants: true, order: oldest_first) {{
            totalCount nodes {{ id }} }} }} }} }}"""
    answer = await filled.world.api.ask(query, id=top, f=wanted, first=100)
    assert answer.each("node.rows.nodes", "id") == expected[:100]
    assert answer.at("node.rows.totalCount") == len(expected)
    async with served(migrated_store, scan_limit=40) as client:
        api = Api(client, filled.world.api.secret)
        answer = await api.ask(query.replace("totalCount", ""), id=top, f=wanted, first=2)
        assert answer.each("node.rows.nodes", "id") == expected[:2]


@pytest.mark.parametrize("role", ["viewer", "editor", "owner"])
async def test_people_are_found_by_their_role_in_a_group_or_below_it(filled: Filled, role: str) -> None:
    top = max(filled.above, key=lambda each: sum(each in above for above in filled.above.values()))

    def found(wanted: str, *, below: bool = False, negated: bool = False) -> list[str]:
        """Those who have the role in the group itself, or also in one below."""
        return [
            str(row["id"])
            for row in filled.rows["people"]
            if negated
            != any(
                (row_at(edge, "properties.role"), row_at(edge, "properties.status")) == (role, "active")
                and (wanted in filled.above[str(edge["toId"])] if below else wanted == edge["toId"])
                for edge in cast("list[Row]", row_at(row, "connections.nodes"))
            )
        ]

    query = """query ($id: ID!, $f: PersonFilter, $below: Boolean!) { node(id: $id) { ... on Group {
        people(first: 100, filter: $f, includeDescendants: $below, order: oldest_first) { nodes { id } } } } }"""
    met = 0
    for group in filled.ids("groups"):
        given: JSONObject = {"groupId": group, "memberRole": role}
        here, below = found(group), found(group, below=True)
        everywhere = "first: 100, order: oldest_first"
        ids, total, _ = await page(filled.world.api, "people", given, everywhere)
        assert (ids, total) == (here, len(here))
        ids, _, _ = await page(filled.world.api, "people", {"inSubtreeOf": group, "memberRole": role}, everywhere)
        assert ids == below
        for deep, expected in ((False, here), (True, below)):
            answer = await filled.world.api.ask(query, id=group, f={"memberRole": role}, below=deep)
            assert answer.each("node.people.nodes", "id") == expected
        met += len(here)
    assert met
    ids, _, _ = await page(filled.world.api, "people", {"not": {"inSubtreeOf": top, "memberRole": role}})
    assert sorted(ids) == sorted(found(top, below=True, negated=True))
    answer = await filled.world.api.ask(query, id=top, f={"or": [{"memberRole": role}]}, below=True)
    assert answer.each("node.people.nodes", "id") == found(top, below=True)


@pytest.mark.parametrize("wanted", ["memberRole: owner", 'or: [{ groupId: "grp_0" }, { memberRole: owner }]'])
async def test_a_role_of_a_member_needs_its_group_beside_it(filled: Filled, wanted: str) -> None:
    wanted = wanted.replace("grp_0", filled.ids("groups")[0])
    answer = await filled.world.api.ask(f"{{ people(first: 1, filter: {{ {wanted} }}) {{ totalCount }} }}")
    field = "filter.or.1.memberRole" if "or:" in wanted else "filter.memberRole"
    assert answer.errors[0]["extensions"] == {"code": "VALIDATION", "field": field}


async def test_a_group_counts_what_it_lists(filled: Filled) -> None:
    fields = """{ nodes { id
        things(first: 1, includeDescendants: $below) { totalCount }
        people(first: 1, includeDescendants: $below) { totalCount }
        events(first: 1, includeDescendants: $below) { totalCount }
        statistics(includeDescendants: $below) { groups people events thingTotal things { type status total } }
    } }"""
    for below in (True, False):
        query = f"query ($below: Boolean!) {{ groups(first: 100) {fields} }}"
        answer = await filled.world.api.ask(query, below=below)
        for row in cast("list[Row]", answer.at("groups.nodes")):
            counted = cast("Row", row["statistics"])
            for noun, name in (("things", "thingTotal"), ("people", "people"), ("events", "events")):
                assert row_at(row, f"{noun}.totalCount") == counted[name], (noun, row)
            assert counted["groups"] == (
                sum(str(row["id"]) in above for above in filled.above.values()) if below else 1
            )
            assert (
                sum(cast("int", each["total"]) for each in cast("list[Row]", counted["things"]))
                == counted["thingTotal"]
            )


async def test_a_group_is_a_descendant_of_those_above_it(filled: Filled) -> None:
    ids = filled.ids("groups")
    for above in ids[:4]:
        query = "query ($id: ID!) { groups(first: 100, order: oldest_first) { nodes { isDescendantOf(id: $id) } } }"
        answer = await filled.world.api.ask(query, id=above)
        expected = [above in filled.above[each] and above != each for each in ids]
        assert answer.each("groups.nodes", "isDescendantOf") == expected
    answer = await filled.world.api.ask('{ groups(first: 1) { nodes { isDescendantOf(id: "nonsense") } } }')
    assert answer.errors[0]["extensions"] == {"code": "VALIDATION", "field": "id"}


async def test_the_connections_of_nowhere_in_particular_are_refused(filled: Filled) -> None:
    for wanted in ("{}", '{ types: ["owns", "references"] }', '{ or: [{ type: "owns" }] }', "{ includeEnded: true }"):
        answer = await filled.world.api.ask(f"{{ connections(first: 1, filter: {wanted}) {{ totalCount }} }}")
        assert answer.errors[0]["extensions"] == {"code": "VALIDATION", "field": "filter"}


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        ({"type": "owns", "direction": "outgoing"}, "filter.direction"),
        ({"between": ["thg_00000000000070008000000000000000"]}, "filter.between"),
        ({"between": ["thg_00000000000070008000000000000000"] * 2}, "filter.between"),
        ({"type": "unicorn"}, "filter.type"),
        ({"fromId": "con_owns_00000000000070008000000000000000"}, "filter.fromId"),
    ],
)
async def test_a_filter_of_connections_that_cannot_be_is_refused(
    filled: Filled, wanted: JSONObject, field: str
) -> None:
    query = "query ($f: RelationshipFilter) { connections(first: 1, filter: $f) { totalCount } }"
    answer = await filled.world.api.ask(query, f=wanted)
    assert answer.errors[0]["extensions"] == {"code": "VALIDATION", "field": field}


async def test_pages_of_a_filtered_list_meet_every_row_once(filled: Filled) -> None:
    wanted: JSONObject = {"or": [{"type": "product"}, {"status": "draft"}]}
    expected = [str(row["id"]) for row in filled.rows["things"] if holds(filled, "things", wanted, row)]
    met: list[str] = []
    after: JSON = ""
    while after is not None:
        given = f"first: 3, order: oldest_first{f', after: {chr(34)}{after}{chr(34)}' if after else ''}"
        ids, _, after = await page(filled.world.api, "things", wanted, given)
        met += ids
    assert met == expected
    assert len(met) > 6


async def test_a_cursor_of_another_filter_is_refused(filled: Filled) -> None:
    _, _, cursor = await page(filled.world.api, "things", {"types": ["product", "video"]}, "first: 1")
    query = f'query ($filter: ThingFilter) {{ things(first: 1, after: "{cursor}", filter: $filter) {{ totalCount }} }}'
    others: list[JSON] = [{"types": ["video", "product"]}, {"not": {"types": ["product", "video"]}}, {}, None]
    for wanted in others:
        answer = await filled.world.api.ask(query, filter=wanted)
        assert answer.errors[0]["extensions"] == {"code": "VALIDATION", "field": "after"}
    assert (await filled.world.api.ask(query, filter={"types": ["product", "video"]})).data


def nested(depth: int) -> JSONObject:
    return {"status": "draft"} if depth == 1 else {"not": nested(depth - 1)}


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        ({"type": "unicorn"}, "filter.type"),
        ({"types": ["product", "unicorn"]}, "filter.types.1"),
        ({"types": []}, "filter.types"),
        ({"or": []}, "filter.or"),
        ({"and": []}, "filter.and"),
        ({"ids": ["nonsense"]}, "filter.ids.0"),
        ({"not": {"groupId": "thg_00000000000070008000000000000000"}}, "filter.not.groupId"),
        ({"or": [{}, {"ownerId": "x"}]}, "filter.or.1.ownerId"),
        ({"label": "no colon"}, "filter.label"),
        ({"text": ""}, "filter.text"),
        ({"createdAt": {"from": "2026-01-01T00:00:00"}}, "filter.createdAt.from"),
        ({"properties": [{"name": "stock", "equals": 1}]}, "filter.properties.0"),
        ({"types": ["product"], "properties": [{"name": "stock", "equals": 1}]}, "filter.properties.0"),
        ({"type": "product", "properties": [{"name": "title", "equals": 1}]}, "filter.properties.0.name"),
        ({"type": "product", "properties": [{"name": "stock"}]}, "filter.properties.0"),
        ({"type": "product", "properties": [{"name": "stock", "equals": "1"}]}, "filter.properties.0.equals"),
        ({"type": "product", "properties": [{"name": "stock", "equals": [1]}]}, "filter.properties.0.equals"),
        ({"type": "product", "properties": [{"name": "stock", "oneOf": [1, True]}]}, "filter.properties.0.oneOf.1"),
        ({"type": "product", "properties": [{"name": "stock", "above": 2**53}]}, "filter.properties.0.above"),
        ({"type": "cart", "properties": [{"name": "expiresAt", "above": "soon"}]}, "filter.properties.0.above"),
        ({"type": "product", "or": [{"properties": [{"name": "nope", "equals": 1}]}]}, "filter.or.0.properties.0.name"),
        ({"or": [{"status": "draft"}] * 51}, "filter.or.50.status"),
        ({"ids": ["thg_00000000000070008000000000000000"] * 101}, "filter.ids"),
        (nested(6), "filter"),
    ],
)
async def test_a_filter_that_cannot_be_is_refused_at_its_place(filled: Filled, wanted: JSONObject, field: str) -> None:
    answer = await filled.world.api.ask(
        "query ($f: ThingFilter) { things(first: 1, filter: $f) { totalCount } }", f=wanted
    )
    assert answer.errors[0]["extensions"] == {"code": "VALIDATION", "field": field}


async def test_the_deepest_and_the_longest_filter_that_may_be_is_answered(filled: Filled) -> None:
    await page(filled.world.api, "things", nested(5))
    await page(filled.world.api, "things", {"or": [{"status": "draft"}] * 50})


async def test_a_filter_that_no_index_serves_is_refused_above_a_size(filled: Filled, migrated_store: Store) -> None:
    """Of seventy things at most thirty are looked at."""
    query = "query ($f: ThingFilter, $first: Int!) { things(first: $first, filter: $f) { nodes { id } } }"
    async with served(migrated_store, scan_limit=30) as client:
        api = Api(client, cast("str", filled.world.api.secret))
        found = await api.ask(query, f={"status": "draft"}, first=2)
        assert len(cast("list[JSON]", found.at("things.nodes"))) == 2
        nothing: list[JSONObject] = [{"text": "nothing"}, {"status": "draft", "not": {"status": "draft"}}]
        for wanted in nothing:
            answer = await api.ask(query, f=wanted, first=2)
            assert answer.codes == ["TOO_BROAD"]
            assert "filter.type" in str(answer.errors[0]["message"])
        assert (await api.ask(query, f={"text": "nothing", "label": LABEL}, first=2)).at("things.nodes") == []
        assert len(cast("list[JSON]", (await api.ask(query, first=60)).at("things.nodes"))) == 60
        total = "query ($f: ThingFilter) { things(first: 1, filter: $f) { totalCount } }"
        assert (await api.ask(total, f={"status": "draft"})).codes == ["TOO_BROAD"]
        assert (await api.ask(total)).at("things.totalCount") == 70
        assert (await api.ask(total, f={"label": LABEL, "status": "draft"})).data


async def test_a_range_of_a_property_is_found_by_its_index_or_in_the_order_of_its_type(
    filled: Filled, migrated_store: Store
) -> None:
    """A range that holds few things is read whatever its type holds; one that holds many, as far as a page needs."""
    carts = [row for row in filled.rows["things"] if row["type"] == "cart"]
    assert len(carts) > 10
    times = sorted(str(row_at(row, "properties.expiresAt")) for row in carts)
    query = """query ($f: ThingFilter, $first: Int!, $order: CreationOrder) {
        things(first: $first, filter: $f, order: $order) { nodes { id } } }"""
    total = "query ($f: ThingFilter) { things(first: 1, filter: $f) { totalCount } }"

    def given(*bounds: JSONObject, **more: JSON) -> JSONObject:
        return {"type": "cart", "properties": [{"name": "expiresAt", **each} for each in bounds], **more}

    async with served(migrated_store, scan_limit=10) as client:
        api = Api(client, filled.world.api.secret)
        for row in carts:
            one = given(
                {"atLeast": row_at(row, "properties.expiresAt")}, {"atMost": row_at(row, "properties.expiresAt")}
            )
            assert (await api.ask(query, f=one, first=2)).each("things.nodes", "id") == [row["id"]]
            assert (await api.ask(total, f=one)).at("things.totalCount") == 1
        most = given({"above": times[0]})
        expected = [str(row["id"]) for row in carts if row_at(row, "properties.expiresAt") != times[0]]
        for order, ids in (("oldest_first", expected), ("newest_first", expected[::-1])):
            found = await api.ask(query, f=most, first=3, order=order)
            assert found.each("things.nodes", "id") == ids[:3]
        assert (await api.ask(total, f=most)).codes == ["TOO_BROAD"]
        refused = await api.ask(query, f=given({"above": times[0]}, text="nothing"), first=3)
        assert refused.codes == ["TOO_BROAD"]
        assert "narrow the range in filter.properties" in str(refused.errors[0]["message"])


LABEL = "topic:ink"


async def test_a_filtered_list_is_one_statement_and_its_total_another(filled: Filled, statements: list[str]) -> None:
    for wanted in ({"or": [{"type": "product"}, {"label": LABEL}]}, {"text": "zebra"}):
        statements.clear()
        await page(filled.world.api, "things", cast("JSONObject", wanted))
        assert statements == ["list_things", "count_things"]


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ([{"types": ["references"], "direction": "outgoing"}], {}),
        ([{"types": ["references", "part_of"], "depth": 3}], {"not": {"status": "draft"}}),
        ([{"types": ["owns"], "direction": "incoming"}, {"types": ["owns"], "direction": "outgoing"}], {}),
    ],
)
async def test_a_path_of_connections_leads_to_things(filled: Filled, path: list[JSON], wanted: JSONObject) -> None:
    live = [row for kind in ("references", "part_of", "owns") for row in await edges(filled, f'{{ type: "{kind}" }}')]
    answer = await filled.world.api.ask(
        """query ($path: [PathStep!], $f: ThingFilter) { things(first: 10, order: oldest_first) { nodes { id
        related(first: 100, path: $path, filter: $f, order: oldest_first) { totalCount nodes { id } } } } }""",
        path=path,
        f=wanted,
    )
    met = 0
    for start in cast("list[Row]", answer.at("things.nodes")):
        ends = {str(start["id"])}
        for step in cast("list[Row]", path):
            ends = steps_from(ends, step, live)
        ends.discard(str(start["id"]))
        rows = [row for row in filled.rows["things"] if row["id"] in ends and holds(filled, "things", wanted, row)]
        found = cast("list[Row]", row_at(start, "related.nodes"))
        assert [each["id"] for each in found] == [row["id"] for row in rows]
        assert row_at(start, "related.totalCount") == len(rows)
        met += len(rows)
    assert met


def steps_from(starts: set[str], step: Row, live: list[Row]) -> set[str]:
    """What one step leads to, as often as it may be done."""
    kept = [edge for edge in live if edge["type"] in cast("list[JSON]", step["types"])]
    out = [(str(edge["fromId"]), str(edge["toId"])) for edge in kept if step.get("direction") != "incoming"]
    out += [(str(edge["toId"]), str(edge["fromId"])) for edge in kept if step.get("direction") != "outgoing"]
    level, reached = starts, set[str]()
    for _ in range(cast("int", step.get("depth", 1))):
        level = {there for here, there in out if here in level}
        reached |= level
    return reached


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ([], "path"),
        ([{}] * 6, "path"),
        ([{"depth": 3}, {"depth": 3}], "path"),
        ([{"depth": 0}], "path.0.depth"),
        ([{}, {"types": ["unicorn"]}], "path.1.types"),
        ([{"types": []}], "path.0.types"),
    ],
)
async def test_a_path_that_cannot_be_is_refused(filled: Filled, path: list[JSON], field: str) -> None:
    query = "query ($p: [PathStep!]) { things(first: 1) { nodes { related(first: 1, path: $p) { totalCount } } } }"
    answer = await filled.world.api.ask(query, p=path)
    assert answer.errors[0]["extensions"] == {"code": "VALIDATION", "field": field}

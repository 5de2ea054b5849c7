"""Pages: cursors never lie, and every row that was there throughout is met exactly once."""

import pytest

from domain.values import JSON
from tests.worlds import World

pytestmark = pytest.mark.slow

PAGE = """
query ($groupId: ID, $first: Int, $after: String, $last: Int, $before: String, $order: CreationOrder! = oldest_first) {
  things(first: $first, after: $after, last: $last, before: $before, order: $order, filter: {groupId: $groupId}) {
    totalCount
    nodes { name }
    edges { cursor }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}
"""


@pytest.fixture
async def seven(world: World) -> World:
    for number in range(7):
        await world.thing(f"t{number}")
    return world


async def page(world: World, **arguments: JSON) -> tuple[str, dict[str, JSON]]:
    answer = await world.api.ask(PAGE, groupId=world.home, **arguments)
    things = answer.at("things.nodes")
    assert isinstance(things, list)
    info = answer.at("things.pageInfo")
    assert isinstance(info, dict)
    return " ".join(str(node["name"]) for node in things if isinstance(node, dict)), info


@pytest.mark.parametrize(
    ("order", "expected"),
    [("oldest_first", "t0 t1 t2 t3 t4 t5 t6"), ("newest_first", "t6 t5 t4 t3 t2 t1 t0")],
)
async def test_walking_forwards_meets_every_row_once_in_order(seven: World, order: str, expected: str) -> None:
    met: list[str] = []
    after: JSON = None
    more: JSON = True
    while more:
        names, info = await page(seven, first=2, after=after, order=order)
        met.append(names)
        after, more = info["endCursor"], info["hasNextPage"]
    assert " ".join(filter(None, met)) == expected


async def test_walking_backwards_meets_every_row_once_and_each_page_is_in_list_order(seven: World) -> None:
    met: list[str] = []
    before: JSON = None
    more: JSON = True
    while more:
        names, info = await page(seven, last=3, before=before)
        met.append(names)
        before, more = info["startCursor"], info["hasPreviousPage"]
    assert " ".join(filter(None, reversed(met))) == "t0 t1 t2 t3 t4 t5 t6"


async def test_page_info_tells_both_sides_truly(seven: World) -> None:
    _, first = await page(seven, first=3)
    assert (first["hasPreviousPage"], first["hasNextPage"]) == (False, True)
    _, middle = await page(seven, first=3, after=first["endCursor"])
    assert (middle["hasPreviousPage"], middle["hasNextPage"]) == (True, True)
    _, last = await page(seven, first=3, after=middle["endCursor"])
    assert (last["hasPreviousPage"], last["hasNextPage"]) == (True, False)
    names, beyond = await page(seven, first=3, after=last["endCursor"])
    assert names == ""
    assert (beyond["hasPreviousPage"], beyond["hasNextPage"]) == (True, False)
    assert (beyond["startCursor"], beyond["endCursor"]) == (None, None)


async def test_a_row_that_was_archived_or_created_between_two_pages_moves_no_other(seven: World) -> None:
    names, info = await page(seven, first=4)
    assert names == "t0 t1 t2 t3"
    await seven.thing("t7")
    rest, _ = await page(seven, first=100, after=info["endCursor"])
    assert rest == "t4 t5 t6 t7"


async def test_a_total_is_counted_only_when_asked_for(seven: World, statements: list[str]) -> None:
    await seven.api.ask("{ things(first: 2) { nodes { name } } }")
    assert statements == ["list_things"]
    statements.clear()
    answer = await seven.api.ask("{ things(first: 2) { totalCount } }")
    assert answer.at("things.totalCount") == 7
    assert statements == ["list_things", "count_things"]


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ({}, "first"),
        ({"first": 0}, "first"),
        ({"first": 101}, "first"),
        ({"last": -1}, "last"),
        ({"first": 1, "last": 1}, "first"),
        ({"first": 1, "after": "nonsense"}, "after"),
        ({"first": 1, "after": ""}, "after"),
        ({"last": 1, "before": "AAAAAAAAAAAAAAAAAAAAAAAA"}, "before"),
        ({"first": 1, "after": "é\x00"}, "after"),
    ],
)
async def test_a_page_that_cannot_be_is_refused_with_the_argument_to_mend(
    world: World, arguments: dict[str, JSON], field: str
) -> None:
    answer = await world.api.ask(PAGE, groupId=world.home, **arguments)
    assert answer.status == 200
    assert answer.errors[0]["extensions"] == {"code": "VALIDATION", "field": field}


async def test_a_cursor_of_another_list_or_another_order_is_refused(seven: World) -> None:
    _, info = await page(seven, first=3)
    foreign: list[dict[str, JSON]] = [
        {"groupId": None, "order": "oldest_first"},
        {"groupId": seven.home, "order": "newest_first"},
        {"groupId": await seven.group("other"), "order": "oldest_first"},
    ]
    for arguments in foreign:
        answer = await seven.api.ask(PAGE, {**arguments, "first": 3, "after": info["endCursor"]})
        assert answer.errors[0]["extensions"] == {"code": "VALIDATION", "field": "after"}

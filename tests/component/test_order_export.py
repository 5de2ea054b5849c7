"""Orders as files: what is in them, whose orders, and that a spreadsheet takes nothing in them for a formula."""

import csv
import io
import json
from collections.abc import AsyncIterator, Mapping
from typing import cast

import httpx2
import pytest

from domain.access import Caller, KeyScope
from domain.errors import AuthError
from domain.values import JSON, JSONObject, now
from graph.store import Store
from services import lists
from services.keys import Keys
from services.order_export import COLUMNS, ExportFormat
from services.order_lists import OrderFilter
from services.rate_limits import RateLimits
from services.services import Services
from tests.client import Api
from tests.component.market import Market, made, opened

pytestmark = [pytest.mark.slow, pytest.mark.once]


@pytest.fixture(scope="module")
async def market(migrated_store: Store) -> AsyncIterator[Market]:
    """One shop for all tests of this module."""
    async with opened(migrated_store) as shop:
        yield shop


async def get(by: Api, path: str, **parameters: str | list[str]) -> httpx2.Response:
    """A file as somebody downloads it."""
    headers = {"Authorization": by.authorization} if by.authorization else {}
    return await by.http.get(f"/exports/{path}", params=parameters, headers=headers)


async def rows(by: Api, **parameters: str | list[str]) -> list[dict[str, str]]:
    """The rows of a CSV file."""
    response = await get(by, "orders.csv", **parameters)
    assert response.status_code == 200, response.text
    return list(csv.DictReader(io.StringIO(response.text, newline="")))


async def sold(market: Market, name: str, group: str | None = None, **properties: JSON) -> str:
    """An order of another system."""
    line: JSONObject = {
        "productId": await market.product(name, group=group),
        "name": name,
        "unitPrice": 1_000,
        "quantity": 3,
        "discount": "0.3333",
        "feeShare": "0.05",
    }
    given: JSONObject = {
        "number": "=1+1",
        "state": "paid",
        "currency": "USD",
        "lines": [line],
        "placedAt": "2026-03-02T10:30:00+01:00",
        "freight": 250,
        **properties,
    }
    return await market.world.thing("Order", group or market.group, "order", properties=given)


async def test_a_row_for_each_line_and_an_object_for_each_order_say_the_same_exactly(market: Market) -> None:
    carl = await market.buyer("carl")
    mug, pen = await market.product("Mug", 1_600), await market.product("@Pen, \"big\", 'blue'", 300)
    order = made(await market.place(carl, {mug: 2, pen: 1}, shipTo={"name": "+Carl", "city": "Trier"}), "order")
    other = await sold(market, "Lamp")
    response = await get(market.seller, "orders.csv", seller=market.group)
    assert response.headers["content-type"].startswith("text/csv; charset=utf-8")
    assert response.headers["content-disposition"] == 'attachment; filename="orders.csv"'
    assert response.headers["cache-control"] == "private, no-store"
    assert response.text.startswith(",".join(COLUMNS) + "\r\n")
    first, second, third = await rows(market.seller, seller=market.group)
    assert (first["orderId"], second["orderId"], third["orderId"]) == (order["id"], order["id"], other)
    assert [first["product"], second["product"]] == ["Mug", "'@Pen, \"big\", 'blue'"]
    assert (first["shipTo.name"], first["shipTo.city"], third["shipTo.city"]) == ("'+Carl", "Trier", "")
    assert first["placedAt"].endswith("+00:00")
    assert {name: value for name, value in third.items() if value and not name.endswith("Id")} == {
        "number": "'=1+1",
        "state": "paid",
        "placedAt": "2026-03-02T09:30:00+00:00",
        "currency": "USD",
        "total": "22.50",
        "freight": "2.50",
        "refunded": "0.00",
        "product": "Lamp",
        "quantity": "3",
        "unitPrice": "10.00",
        "discount": "0.3333",
        "net": "20.001",
        "platformFee": "1.00005",
    }
    lines = (await get(market.seller, "orders.jsonl", seller=market.group)).text.splitlines()
    objects = [cast("dict[str, JSON]", json.loads(line)) for line in lines]
    assert [each["orderId"] for each in objects] == [order["id"], other]
    assert objects[0]["shipTo"] == {"name": "+Carl", "city": "Trier"}
    assert [each["product"] for each in cast("list[dict[str, JSON]]", objects[0]["lines"])][1].startswith("@Pen")  # type: ignore[union-attr] # a name
    assert (objects[1]["total"], objects[1]["paidAt"], objects[1]["number"]) == ("22.50", None, "=1+1")


async def test_an_export_has_what_the_list_has_for_whoever_asks(market: Market) -> None:
    dora, nobody = await market.buyer("dora"), market.world.api.as_holder_of(None)
    stall = await market.world.group("stall")
    mug = await market.product("Cup", 1_600)
    own = made(await market.place(dora, {mug: 1}), "order")
    hidden = await sold(market, "Hidden", stall, state="completed", placedAt="2025-01-01T00:00:00Z")
    listed = """query ($filter: OrderFilter) {
        orders(first: 100, order: oldest_first, filter: $filter) { nodes { id } }
    }"""
    asked: list[tuple[Mapping[str, str | list[str]], JSONObject]] = [
        ({}, {}),
        ({"seller": stall}, {"seller": stall}),
        ({"inSubtreeOf": market.group}, {"inSubtreeOf": market.group}),
        ({"state": ["completed", "pending"]}, {"states": ["completed", "pending"]}),
        ({"product": mug}, {"product": mug}),
        ({"placedBefore": "2025-06-01T00:00:00Z"}, {"placedAt": {"before": "2025-06-01T00:00:00Z"}}),
        (
            {"currency": "USD", "totalAtLeast": "16", "totalAtMost": "17"},
            {"total": {"currency": "USD", "atLeast": "16", "atMost": "17"}},
        ),
    ]
    for by in (market.world.api, market.seller, dora):
        for parameters, wanted in asked:
            ids = [
                each["id"]
                for each in cast("list[dict[str, JSON]]", (await by.ask(listed, filter=wanted)).at("orders.nodes"))
            ]
            found = [each["orderId"] for each in await rows(by, **parameters)]
            assert list(dict.fromkeys(found)) == ids, parameters
    assert {each["orderId"] for each in await rows(dora)} == {own["id"]}
    assert hidden in {each["orderId"] for each in await rows(market.world.api)}
    for path in ("orders.csv", "orders.jsonl"):
        refused = await get(nobody, path)
        assert (refused.status_code, refused.json()["errors"][0]["extensions"]["code"]) == (401, "UNAUTHENTICATED")
        wrong = await get(nobody.as_holder_of("one_wrong"), path)
        assert wrong.status_code == 401


@pytest.mark.parametrize(
    "parameters",
    [
        {"sellers": "x"},
        {"seller": "x"},
        {"state": "lost"},
        {"placedFrom": "yesterday"},
        {"placedFrom": "2026-01-01T00:00:00"},
        {"totalAtLeast": "5"},
        {"currency": "USD"},
        {"currency": "USD", "totalAtLeast": "much"},
        {"currency": "USD", "totalAtLeast": "0.001"},
        {"customer": ["per_1", "per_2"]},
    ],
)
async def test_a_parameter_that_is_not_right_is_refused_before_the_file_begins(
    market: Market, parameters: Mapping[str, str | list[str]]
) -> None:
    response = await get(market.seller, "orders.csv", **parameters)
    assert (response.status_code, response.json()["errors"][0]["extensions"]["code"]) == (400, "VALIDATION")


async def test_an_export_is_read_a_page_at_a_time_and_has_each_order_once(
    market: Market, monkeypatch: pytest.MonkeyPatch, statements: list[str]
) -> None:
    stall = await market.world.group("long")
    made_there = [await sold(market, f"Thing {number}", stall) for number in range(5)]
    monkeypatch.setattr(lists, "ALL_AT_ONCE", 2)
    statements.clear()
    assert [each["orderId"] for each in await rows(market.world.api, seller=stall)] == made_there
    assert statements.count("list_orders") == 3


async def test_an_export_ends_where_whoever_asked_may_no_more(market: Market, monkeypatch: pytest.MonkeyPatch) -> None:
    stall, store = await market.world.group("ending"), market.world.store
    for number in range(3):
        await sold(market, f"Part {number}", stall)
    monkeypatch.setattr(lists, "ALL_AT_ONCE", 1)
    services = Services.of(store, now, RateLimits(None))
    created = await Keys(store).create(Caller(None), market.world.owner.email, KeyScope.READ)
    caller = Caller(await services.keys.authenticate(created.secret))
    parts = services.order_export.write(caller, OrderFilter(seller=stall), ExportFormat.JSON_LINES)
    assert [len((await anext(parts)).splitlines()) for _ in range(2)] == [0, 1]
    archived = await market.world.api.change("archiveThing", {"id": created.key.id, "version": 1}, "thing { status }")
    assert "thing" in archived
    with pytest.raises(AuthError):
        await anext(parts)


async def test_other_methods_are_refused(market: Market) -> None:
    headers = {"Authorization": market.seller.authorization}
    assert (await market.seller.http.delete("/exports/orders.csv", headers=headers)).status_code == 405
    posted = await market.seller.http.post("/exports/orders.csv", headers=headers, json={})
    assert posted.status_code == 200

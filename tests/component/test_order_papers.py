"""Invoices and receipts: what is printed on them, for whom, and that the same order gives the same bytes."""

import io
from collections.abc import AsyncIterator

import httpx2
import pytest
from pypdf import PdfReader

from domain.values import JSON, JSONObject
from graph.store import Store
from tests.client import Api
from tests.component.market import SHIPMENT, Market, made, opened, usd

pytestmark = [pytest.mark.slow, pytest.mark.once]


@pytest.fixture(scope="module")
async def market(migrated_store: Store) -> AsyncIterator[Market]:
    """One shop for all tests of this module."""
    async with opened(migrated_store) as shop:
        yield shop


async def get(by: Api, order: JSON, paper: str) -> httpx2.Response:
    """A paper as somebody downloads it."""
    headers = {"Authorization": by.authorization} if by.authorization else {}
    return await by.http.get(f"/orders/{order}/{paper}.pdf", headers=headers)


async def read(by: Api, order: JSON, paper: str) -> list[str]:
    """The lines of text of a paper."""
    response = await get(by, order, paper)
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "application/pdf"
    assert response.headers["cache-control"] == "private, no-store"
    assert (await get(by, order, paper)).content == response.content
    pages = PdfReader(io.BytesIO(response.content)).pages
    return [line.strip() for page in pages for line in page.extract_text().splitlines()]


async def paths(by: Api, order: JSON) -> JSON:
    """Where an order says that its papers are."""
    answer = await by.ask("query ($id: ID!) { node(id: $id) { ... on Order { invoicePath receiptPath } } }", id=order)
    return answer.at("node")


async def test_an_invoice_and_a_receipt_say_what_was_bought_paid_and_given_back(market: Market) -> None:
    carl = await market.buyer("carl")
    mug = await market.product("Tasse für Ωmega и Чай", 1_234)
    order = made(await market.place(carl, {mug: 3}, shipTo={"name": "Carl Č.", "city": "Łódź"}), "order")["id"]
    assert await paths(carl, order) == {"invoicePath": f"/orders/{order}/invoice.pdf", "receiptPath": None}
    owed = await read(carl, order, "invoice")
    assert owed[0] == "Invoice 1"
    for line in ("Seller: shop", "Buyer: Carl", f"Order: {order}", "Ship to: Carl Č., Łódź", "Total 37.02 USD"):
        assert line in owed, owed
    assert "Tasse für Ωmega и Чай 3 12.34 USD 37.02 USD" in " ".join(owed)
    assert any(line.startswith("To be paid until ") for line in owed)
    assert (await get(carl, order, "receipt")).status_code == 404
    made(await market.pay(order, "37.02"), "payment")
    made(await market.fulfil(order, {mug: SHIPMENT}), "order")
    refund = made(await market.refund(carl, order, {"amount": usd("7.02")}), "refund")["id"]
    assert not any("Given back" in line for line in await read(carl, order, "receipt"))
    made(await market.decide(refund), "refund")
    assert await paths(carl, order) == {
        "invoicePath": f"/orders/{order}/invoice.pdf",
        "receiptPath": f"/orders/{order}/receipt.pdf",
    }
    got = await read(carl, order, "receipt")
    assert got[0] == "Receipt 1"
    assert any(line.startswith("Received on ") and line.endswith(": 37.02 USD by bank transfer") for line in got)
    assert any(line.startswith("Given back on ") and line.endswith(": 7.02 USD") for line in got)
    assert "Given back in all: 7.02 USD. Left: 30.00 USD." in got
    assert "1.85" not in " ".join(got), "the fee of the platform is nothing that its buyer pays"
    assert await read(market.seller, order, "receipt") == got


async def test_sums_are_exact_with_discounts_freight_and_many_lines(market: Market) -> None:
    products = [await market.product(f"Part {number}") for number in range(60)]
    lines: JSON = [
        {"productId": each, "name": f"Part {number}", "unitPrice": 999, "quantity": 1, "discount": "0.3333"}
        for number, each in enumerate(products)
    ]
    properties: JSONObject = {
        "number": "A-7",
        "state": "completed",
        "currency": "USD",
        "lines": lines,
        "placedAt": "2026-03-02T23:30:00-01:00",
        "freight": 500,
    }
    order = await market.world.thing("Old", market.group, "order", properties=properties)
    text = await read(market.world.api, order, "invoice")
    assert text[0] == "Invoice A-7"
    assert "Placed: 2026-03-03" in text
    assert {"Net 399.61998 USD", "Freight 5.00 USD", "Total 404.62 USD"} <= set(text), text[-12:]
    assert sum("33.33 %" in line for line in text) == 60
    assert text.count("Product Quantity Unit price Discount Amount") >= 2, "heads come again on each page"


async def test_papers_are_for_whoever_sees_the_order_and_for_orders_that_have_them(market: Market) -> None:
    dora, eve = await market.buyer("dora"), await market.buyer("eve")
    pen = await market.product("Pen", 300)
    order = (await market.ordered(dora, **{pen: 1}))["id"]
    for by, status in ((dora, 200), (market.seller, 200), (market.world.api, 200), (eve, 404)):
        assert (await get(by, order, "invoice")).status_code == status
    nobody = market.world.api.as_holder_of(None)
    assert (await get(nobody, order, "invoice")).status_code == 401
    assert (await get(nobody.as_holder_of("one_wrong"), order, "invoice")).status_code == 401
    missing, wrong = await get(dora, "ord_" + "0" * 32, "invoice"), await get(dora, pen, "invoice")
    assert (missing.status_code, wrong.status_code) == (404, 404)
    assert (await get(dora, "x", "invoice")).status_code == 400
    assert "order" in await dora.change("cancelOrder", {"orderId": order}, "order { id }")
    assert await paths(dora, order) == {"invoicePath": None, "receiptPath": None}
    assert (await get(dora, order, "invoice")).status_code == 404

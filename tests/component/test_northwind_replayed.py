"""Northwind's orders once more, placed, paid, sent and completed through the API: they come to what they came to."""

import asyncio
import csv
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Final, cast

import pytest

from domain.values import JSON
from graph.store import Store
from tests.component.market import ORDER, PAYMENT, SHIPMENT, Market, made, opened, reconcile

pytestmark = [pytest.mark.slow, pytest.mark.once, pytest.mark.timeout(900)]

CURRENCY: Final = "USDC"
"""Of six decimals: a price less 15 in a hundred is a fraction of a cent."""

AT_ONCE: Final = 8
TOTALS: Final = "orderTotals { orders lines net { amount currency } byState { state orders } }"


@dataclass
class Sold:
    """An order as Northwind sold it: its customer, whether it was sent, and of each product the price and how many."""

    customer: str
    sent: bool
    lines: dict[str, tuple[Decimal, int]] = field(default_factory=dict)

    @property
    def net(self) -> Decimal:
        """What it came to."""
        return sum((price * quantity for price, quantity in self.lines.values()), Decimal(0))


def rows(path: Path) -> Iterator[dict[str, str]]:
    """The rows of a file."""
    with path.open(newline="") as file:
        yield from csv.DictReader(file)


def sold(northwind: Path) -> Mapping[str, Sold]:
    """All orders, with prices less their discounts. A comma in an unquoted address moves none of these columns."""
    orders = {
        row["orderID"]: Sold(row["customerID"], row["shippedDate"] not in {"", "NULL"})
        for row in rows(northwind / "orders.csv")
    }
    for row in rows(northwind / "order-details.csv"):
        price = Decimal(row["unitPrice"]) * (1 - Decimal(row["discount"]))
        orders[row["orderID"]].lines[row["productID"]] = (price, int(row["quantity"]))
    return orders


@pytest.fixture
async def market(store: Store) -> AsyncIterator[Market]:
    """A shop in an empty store."""
    async with opened(store) as market:
        yield market


async def test_the_830_orders_of_northwind_end_in_the_same_totals(market: Market, northwind: Path) -> None:
    orders, products = sold(northwind), dict[tuple[str, Decimal], str]()
    for key in sorted({(product, price) for each in orders.values() for product, (price, _) in each.lines.items()}):
        # The API sells a product at one price: at another it is another one.
        product = await market.seller.change(
            "createProduct",
            {
                "groupId": market.group,
                "name": f"Product {key[0]} at {key[1].normalize():f}",
                "category": "physical",
                "price": {"amount": f"{key[1]:f}", "currency": CURRENCY},
                "status": "published",
            },
            "product { id }",
        )
        products[key] = str(made(product, "product")["id"])
    buyers = {name: await market.buyer(name.lower()) for name in sorted({each.customer for each in orders.values()})}
    limit = asyncio.Semaphore(AT_ONCE)

    async def replay(each: Sold) -> None:
        async with limit:
            wanted = {products[product, price]: quantity for product, (price, quantity) in each.lines.items()}
            order = made(await market.place(buyers[each.customer], wanted), "order")["id"]
            paid = {"amount": f"{each.net:f}", "currency": CURRENCY}
            payment: dict[str, JSON] = {"orderId": order, "amount": paid, "method": "cash"}
            payment["idempotencyKey"] = market.key()
            made(await market.seller.change("recordPayment", payment, PAYMENT), "payment")
            if each.sent:
                made(await market.fulfil(order, dict.fromkeys(wanted, SHIPMENT)), "order")
                made(await market.seller.change("completeOrder", {"orderId": order}, ORDER), "order")

    async with asyncio.TaskGroup() as tasks:
        for each in orders.values():
            tasks.create_task(replay(each))

    answer = await market.seller.ask(
        f"query ($id: ID!) {{ node(id: $id) {{ ... on Group {{ {TOTALS} }} }} }}", id=market.group
    )
    [totals] = cast("list[Mapping[str, JSON]]", answer.at("node.orderTotals"))
    assert (totals["orders"], totals["lines"]) == (830, 2_155)
    assert came_to(totals) == Decimal("1265793.0395")
    sent = sum(each.sent for each in orders.values())
    by_state = {str(each["state"]): each["orders"] for each in cast("list[Mapping[str, JSON]]", totals["byState"])}
    assert {state: number for state, number in by_state.items() if number} == {"completed": sent, "paid": 830 - sent}
    assert sent == 809

    of_customers: defaultdict[str, Decimal] = defaultdict(Decimal)
    for each in orders.values():
        of_customers[each.customer] += each.net
    for name, buyer in buyers.items():
        [mine] = cast(
            "list[Mapping[str, JSON]]", (await buyer.ask(f"{{ viewer {{ {TOTALS} }} }}")).at("viewer.orderTotals")
        )
        assert came_to(mine) == of_customers[name]
    assert await reconcile(market.seller, market.group) == (830 + len(products), [])


def came_to(totals: Mapping[str, JSON]) -> Decimal:
    """The amount of totals, which are in the one currency."""
    net = cast("Mapping[str, str]", totals["net"])
    assert net["currency"] == CURRENCY
    return Decimal(net["amount"])

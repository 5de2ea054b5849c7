"""Orders by many at once: nothing is sold twice, no number is left out, and of two decisions one counts."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping

import pytest

from domain.people import PlatformRole
from domain.values import JSON
from graph.store import Statement, Store
from services.order_ending import Expiry
from tests.client import Api
from tests.component.market import ORDER, Market, made, opened

pytestmark = [pytest.mark.slow, pytest.mark.once]

PLACED: Statement[Mapping[str, JSON]] = Statement(
    "placed",
    """
    MATCH (group:Group {id: $group})<-[:IN_GROUP]-(order:Order)
    OPTIONAL MATCH (counter:OrderCounter {groupId: group.id})
    WITH counter.last AS last, order ORDER BY toInteger(split(order.orderKey, ' ')[1])
    WITH last, collect(toInteger(split(order.orderKey, ' ')[1])) AS keys
    RETURN {last: last, keys: keys} AS row""",
)
COUNT: Statement[Mapping[str, JSON]] = Statement(
    "count_of_orders",
    """
    RETURN {
        orders: COUNT { MATCH (:Order) }, mails: COUNT { MATCH (:Mail) },
        events: COUNT { MATCH (:Event {type: 'order_created'}) }
    } AS row""",
)


@pytest.fixture(scope="module")
async def market(migrated_store: Store) -> AsyncIterator[Market]:
    """One shop for all tests of this module."""
    async with opened(migrated_store) as shop:
        yield shop


async def crowd(market: Market, people: int) -> list[Api]:
    """So many who buy, two of them customers and members in turn."""
    roles = [PlatformRole.CUSTOMER, PlatformRole.ORG_USER]
    names = [(f"buyer-{number}", roles[number % 2]) for number in range(people)]
    few = [names[first : first + 8] for first in range(0, people, 8)]
    return [api for some in few for api in await asyncio.gather(*(market.buyer(*each) for each in some))]


async def counted(market: Market, group: str) -> Mapping[str, JSON]:
    [row] = await market.world.store.read(PLACED, {"group": group})
    return row


@pytest.mark.parametrize(("people", "items"), [(50, 5), pytest.param(200, 20, marks=pytest.mark.once)])
async def test_many_buyers_of_the_last_items_get_exactly_these(market: Market, people: int, items: int) -> None:
    group = await market.world.group(f"stall-{people}", visibility="public")
    last = await market.product("Last", group=group, stock=items)
    plenty = await market.product("Plenty", group=group)
    buyers = await crowd(market, people)
    answers = await asyncio.gather(*(market.place(buyer, {last: 1, plenty: 1}) for buyer in buyers))
    found = Counter(answer.get("conflict", answer["__typename"]) for answer in answers)
    assert found == {"PlaceOrderSuccess": items, "lines.0.quantity": people - items}
    messages = {answer["message"] for answer in answers if "message" in answer}
    assert messages == {"Of 'Last' 0 are left, and not 1."}
    numbers = [int(str(made(answer, "order")["number"])) for answer in answers if "order" in answer]
    assert sorted(numbers) == list(range(1, items + 1)), "no number is left out by those who got nothing"
    assert await counted(market, group) == {"last": items, "keys": sorted(numbers)}
    assert await market.stock(last) == 0


async def test_fifty_of_the_same_request_make_one_order(market: Market) -> None:
    carl = await market.buyer("carl")
    cup = await market.product("Cup", stock=60)
    [before] = await market.world.store.read(COUNT, {})
    answers = await asyncio.gather(*(market.place(carl, {cup: 1}, "once") for _ in range(50)))
    assert len({str(made(answer, "order")["id"]) for answer in answers}) == 1
    [after] = await market.world.store.read(COUNT, {})
    assert after == {name: int(str(value)) + 1 for name, value in before.items()}
    assert await market.stock(cup) == 59


async def test_orders_of_the_same_products_in_any_order_of_lines_all_come_through(market: Market) -> None:
    products = [await market.product(f"P{number}", stock=100) for number in range(4)]
    buyers = await crowd(market, 12)
    turned = [products[number % 4 :] + products[: number % 4] for number in range(12)]
    answers = await asyncio.gather(
        *(market.place(buyer, dict.fromkeys(each, 2)) for buyer, each in zip(buyers, turned, strict=True))
    )
    assert Counter(answer["__typename"] for answer in answers) == {"PlaceOrderSuccess": 12}
    assert [await market.stock(product) for product in products] == [76] * 4


async def test_of_payment_cancellation_and_expiry_at_once_one_counts(market: Market) -> None:
    carl = await market.buyer("carl")
    pen = await market.product("Pen", 100, stock=30)
    orders = [(await market.ordered(carl, **{pen: 1}))["id"] for _ in range(10)]
    market.clock.forward(hours=25)
    looking = [asyncio.create_task(Expiry(market.world.store, market.clock)()) for _ in range(2)]
    changes = await asyncio.gather(
        *(market.pay(order, "1") for order in orders),
        *(carl.change("cancelOrder", {"orderId": order}, ORDER) for order in orders),
        *(market.seller.change("cancelOrder", {"orderId": order}, ORDER) for order in orders),
    )
    await asyncio.gather(*looking)
    market.clock.ahead *= 0
    outcomes = Counter(answer.get("conflict", answer["__typename"]) for answer in changes)
    paid, cancelled = outcomes["RecordPaymentSuccess"], outcomes["CancelOrderSuccess"]
    assert outcomes["state"] == len(changes) - paid - cancelled, "everybody else is told that it is too late"
    states = Counter([(await market.show(order))["state"] for order in orders])
    assert (states["paid"], states["cancelled"]) == (paid, cancelled)
    assert states["expired"] == len(orders) - paid - cancelled
    assert await market.stock(pen) == 30 - paid


async def test_of_two_refunds_that_are_approved_at_once_no_more_than_was_paid_is_given_back(market: Market) -> None:
    carl = await market.buyer("carl")
    pan = await market.product("Pan", 1_000)
    order = (await market.ordered(carl, **{pan: 1}))["id"]
    await market.pay(order, "10")
    parts = [
        made(await market.refund(carl, order, {"amount": {"amount": "4", "currency": "USD"}}), "refund")["id"]
        for _ in range(4)
    ]
    answers = await asyncio.gather(*(market.decide(part) for part in parts for _ in range(2)))
    found = Counter(answer.get("conflict", answer["__typename"]) for answer in answers)
    assert found == {"ApproveRefundSuccess": 2, "refundId": 6}
    shown = await market.show(order)
    assert (shown["state"], shown["refunded"]) == ("paid", {"amount": "8.00", "currency": "USD"})


async def test_a_sale_and_an_editor_of_the_same_product_lose_nothing_of_each_other(market: Market) -> None:
    properties: dict[str, JSON] = {"category": "physical", "price": {"amount": 100, "currency": "USD"}, "stock": 40}
    pot = await market.product("Pot", 100, stock=40)
    buyers = await crowd(market, 10)

    async def edit() -> int:
        done = 0
        for number in range(5):
            change: dict[str, JSON] = {
                "id": pot,
                "version": number + 1,
                "properties": {**properties, "sku": f"{number}"},
            }
            answer = await market.world.api.change("updateThing", change)
            done += answer["__typename"] == "UpdateThingSuccess"
        return done

    answers, edited = await asyncio.gather(
        asyncio.gather(*(market.place(buyer, {pot: 1}) for buyer in buyers * 2)), edit()
    )
    assert edited == 5, "no sale spoils the version that an editor read"
    assert Counter(answer["__typename"] for answer in answers) == {"PlaceOrderSuccess": 20}
    assert await market.stock(pot) == 20
    assert (await market.show(pot))["version"] == 6

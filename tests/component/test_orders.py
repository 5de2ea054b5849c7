"""The life of an order through its mutations: who may do what to it, what follows, and what is refused."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing, suppress
from typing import cast

import pytest

from domain.access import Caller, KeyScope
from domain.events import EventType
from domain.order_states import OrderState, next_states
from domain.people import MemberRole, PlatformRole
from domain.values import JSON, JSONObject
from graph.store import Statement, Store
from services.event_log import EventLog
from services.order_ending import Expiry
from services.order_updates import OrdersWanted
from services.rate_limits import RateLimits
from services.services import Services
from tests.client import Api
from tests.component.market import SHIPMENT, Market, made, opened, usd
from tests.worlds import new_thing

pytestmark = [pytest.mark.slow, pytest.mark.once]

ROWS: Statement[Mapping[str, JSON]] = Statement(
    "rows_of_orders",
    """
    MATCH (thing:Thing) WHERE thing.id = $id
    RETURN thing {.customerId, .orderKey, .expiresAt, .sold, .filter5} AS row""",
)


@pytest.fixture(scope="module")
async def market(migrated_store: Store) -> AsyncIterator[Market]:
    """One shop for all tests of this module."""
    async with opened(migrated_store) as shop:
        yield shop


async def stored(market: Market, identifier: JSON) -> Mapping[str, JSON]:
    [row] = await market.world.store.read(ROWS, {"id": identifier})
    return row


async def happened(market: Market, cursor: JSON) -> list[tuple[JSON, JSON, JSON]]:
    """Of each event since then its type, its target and its properties without the key."""
    answer = await market.world.api.ask(
        """query ($after: String) {
            events(first: 100, order: oldest_first, after: $after) { nodes { type targetId properties } }
        }""",
        after=cursor,
    )
    found = cast("list[dict[str, JSON]]", answer.at("events.nodes"))
    return [
        (
            each["type"],
            each["targetId"],
            {name: value for name, value in cast("JSONObject", each["properties"]).items() if name != "apiKey"},
        )
        for each in found
    ]


async def test_an_order_goes_from_its_placing_to_its_refund_in_parts(market: Market) -> None:
    carl = await market.buyer("carl")
    mug = await market.product("Mug", 1_600, stock=5, salePrice={"amount": 1_250, "currency": "USD"})
    course = await market.product("Course", 10_000, salePrice={"amount": 12_000, "currency": "USD"}, category="course")
    cursor = (await market.world.journal()).cursor
    answer = await market.place(
        carl,
        {mug: 2, course: 1},
        shipTo={"name": "Carl", "city": "Trier"},
        answer="""order {
            id name status number state nextStates expiresAt placedAt group { slug } net { amount currency }
            platformFee { amount } shipTo { name city street } customer { id }
            lines { name quantity unitPrice { amount } net { amount } platformFee { amount } product { name } receipt {
                ... on ShipmentReceipt { tracking }
            } }
        }""",
    )
    order = made(answer, "order")
    order_id, expires = order.pop("id"), order.pop("expiresAt")
    assert str(expires) > str(order.pop("placedAt"))
    assert order == {
        "name": "Order 1",
        "status": "active",
        "number": "1",
        "state": "pending",
        "nextStates": ["paid", "cancelled", "expired"],
        "group": {"slug": "shop"} if order["group"] else None,
        "net": usd("125.00"),
        "platformFee": {"amount": "6.25"},
        "shipTo": {"name": "Carl", "city": "Trier", "street": None},
        "customer": order["customer"],
        "lines": [
            {
                "name": "Mug",
                "quantity": 2,
                "unitPrice": {"amount": "12.50"},
                "net": {"amount": "25.00"},
                "platformFee": {"amount": "1.25"},
                "product": {"name": "Mug"},
                "receipt": None,
            },
            {
                "name": "Course",
                "quantity": 1,
                "unitPrice": {"amount": "100.00"},
                "net": {"amount": "100.00"},
                "platformFee": {"amount": "5.00"},
                "product": {"name": "Course"},
                "receipt": None,
            },
        ],
    }
    buyer_id = cast("JSONObject", order["customer"])["id"]
    assert (await stored(market, order_id))["customerId"] == buyer_id
    assert await market.stock(mug) == 3
    assert await market.stock(course) is None
    # What was bought stays what it was, whatever becomes of the product.
    given: JSONObject = {"id": mug, "version": 1, "name": "Cup"}
    assert (await market.world.api.change("updateThing", given))["__typename"] == "UpdateThingSuccess"

    assert await refused(market, market.pay(order_id, "124.99")) == {"__typename": "ValidationError", "field": "amount"}
    assert await refused(market, market.pay(order_id, "125", by=carl)) == {"__typename": "ForbiddenError"}
    paid = made(await market.pay(order_id, "125.00"), "payment")
    assert (paid["state"], paid["order"]) == (
        "confirmed",
        {"id": order_id, "state": "paid", "nextStates": ["fulfilled", "refunded"]},
    )
    assert await stored(market, paid["id"]) == {
        "customerId": buyer_id,
        "orderKey": None,
        "expiresAt": None,
        "sold": None,
        "filter5": None,
    }

    assert await refused(market, market.fulfil(order_id, {mug: SHIPMENT}, carl)) == {"__typename": "ForbiddenError"}
    over: JSONObject = {"download": {"url": "https://one.example/course", "expiresAt": "2026-01-01T00:00:00Z"}}
    wrong = {"__typename": "ValidationError", "field": "lines.0.receipt.download.expiresAt"}
    assert await refused(market, market.fulfil(order_id, {course: over})) == wrong
    sent = made(await market.fulfil(order_id, {mug: SHIPMENT}), "order")
    assert sent["state"] == "paid"
    again = {"__typename": "ConflictError", "conflict": "lines"}
    assert await refused(market, market.fulfil(order_id, {mug: SHIPMENT})) == again
    link: JSONObject = {"download": {"url": "https://one.example/course", "expiresAt": "2099-01-01T00:00:00Z"}}
    assert made(await market.fulfil(order_id, {course: link}), "order")["state"] == "fulfilled"
    receipts = await market.world.api.ask(
        """query ($id: ID!) { node(id: $id) { ... on Order { lines { receipt {
            __typename ... on ShipmentReceipt { carrier tracking } ... on DownloadReceipt { url }
        } } } } }""",
        id=order_id,
    )
    assert receipts.each("node.lines", "receipt") == [
        {"__typename": "ShipmentReceipt", "carrier": "Post", "tracking": "T-1"},
        {"__typename": "DownloadReceipt", "url": "https://one.example/course"},
    ]
    answer = await market.seller.change("completeOrder", {"orderId": order_id}, "order { state nextStates }")
    assert made(answer, "order") == {"state": "completed", "nextStates": ["refunded"]}

    part, rest, whole = await given_back(market, carl, order_id, mug, paid)
    events = [each for each in await happened(market, cursor) if each[0] != "access_denied"]
    assert [(type_, target) for type_, target, _ in events] == [
        ("order_created", order_id),
        ("thing_updated", mug),
        ("payment_confirmed", paid["id"]),
        ("order_paid", order_id),
        ("order_fulfilled", order_id),
        ("order_fulfilled", order_id),
        ("order_completed", order_id),
        ("refund_requested", part),
        ("refund_requested", rest),
        ("order_refunded", order_id),
        ("payment_refunded", part),
        ("payment_failed", rest),
        ("refund_requested", whole),
        ("payment_refunded", paid["id"]),
        ("order_refunded", order_id),
        ("payment_refunded", whole),
    ]
    assert events[0][2] == {"number": "1", "version": 1}
    assert events[4][2] == {"products": [mug], "whole": False, "version": 3}
    await market.letters.deliver()
    mails = [mail for mail in market.letters.sent if mail.address == "carl@one.example"]
    assert [mail.subject for mail in mails] == [
        "Your order 1",
        "Your order 1 was delivered",
        "Your order 1 was delivered",
        "A refund for your order 1",
        "No refund for your order 1",
        "A refund for your order 1",
    ]
    assert "2 x Mug, 12.50 USD\n1 x Course, 100.00 USD\n" in mails[0].text
    assert "125.00 USD" in mails[0].html
    history = cast("JSONObject", (await market.show(order_id))["history"])
    assert history["totalCount"] == 7, "each step keeps the version before it"


async def given_back(
    market: Market, carl: Api, order_id: JSON, mug: str, paid: Mapping[str, JSON]
) -> tuple[JSON, JSON, JSON]:
    """Give an order back in parts: the ids of the refunds, of which the second was declined."""
    too_much = {"__typename": "ValidationError", "field": "of.amount"}
    assert await refused(market, market.refund(carl, order_id, {"amount": usd("125.01")})) == too_much
    part = made(await market.refund(carl, order_id, {"lines": [{"productId": mug, "quantity": 1}]}), "refund")
    assert (part["state"], part["amount"]) == ("pending", {"amount": "12.50"})
    rest = made(await market.refund(carl, order_id, {"amount": usd("120")}), "refund")
    assert await refused(market, market.decide(part["id"], by=carl)) == {"__typename": "ForbiddenError"}
    approved = made(await market.decide(part["id"]), "refund")
    assert approved["order"] == {"id": order_id, "state": "completed", "refunded": {"amount": "12.50"}}
    decided = {"__typename": "ConflictError", "conflict": "refundId"}
    assert await refused(market, market.decide(part["id"])) == decided
    assert await refused(market, market.decide(rest["id"])) == decided, "less is left than it asks for"
    assert made(await market.decide(rest["id"], "decline"), "refund")["state"] == "failed"
    whole = made(await market.refund(carl, order_id, {"whole": True}), "refund")
    approved = made(await market.decide(whole["id"]), "refund")
    assert (approved["amount"], approved["order"], approved["refundOf"]) == (
        {"amount": "112.50"},
        {"id": order_id, "state": "refunded", "refunded": {"amount": "125.00"}},
        {"id": paid["id"], "state": "refunded"},
    )
    ended = {"__typename": "ConflictError", "conflict": "state"}
    assert await refused(market, market.refund(carl, order_id, {"whole": True})) == ended
    return part["id"], rest["id"], whole["id"]


async def refused(market: Market, change: object) -> dict[str, JSON]:
    """What a mutation answered that must write nothing, without its message."""
    before = await market.world.count()
    answer = dict(await cast("asyncio.Future[Mapping[str, JSON]]", change))
    assert await market.world.count() == before
    assert answer.pop("message"), answer
    return answer


async def test_what_cannot_be_bought_names_its_line_and_takes_nothing(market: Market) -> None:
    carl = await market.buyer("carl")
    lamp = await market.product("Lamp", 100, stock=3)
    draft = await market.product("Draft", status="draft")
    euro = await market.product("Euro", currency="EUR")
    hidden = await market.product("Hidden", group=market.world.home)
    other = await market.product("Other", group=await market.world.group("other", visibility="public"))
    lost = lamp[:-4] + "0000"

    async def placing(*lines: tuple[str, int], by: Api = carl) -> dict[str, JSON]:
        wanted: JSON = [{"productId": product, "quantity": quantity} for product, quantity in lines]
        given: JSONObject = {"lines": wanted, "idempotencyKey": market.key()}
        return await refused(market, by.change("placeOrder", given, "order { id }"))

    def invalid(field: str) -> dict[str, JSON]:
        return {"__typename": "ValidationError", "field": field}

    missing = await carl.change(
        "placeOrder", {"lines": [{"productId": lost, "quantity": 1}], "idempotencyKey": market.key()}
    )
    unseen = await carl.change(
        "placeOrder", {"lines": [{"productId": hidden, "quantity": 1}], "idempotencyKey": market.key()}
    )
    assert missing == unseen, "nobody learns what there is"
    assert await placing((lamp, 1), (lost, 1)) == invalid("lines.1.productId")
    assert await placing((draft, 1)) == invalid("lines.0.productId")
    assert await placing((draft, 1), by=market.seller) == invalid("lines.0.productId")
    assert await placing((lamp, 1), (other, 1)) == invalid("lines.1.productId")
    assert await placing((lamp, 1), (euro, 1)) == invalid("lines.1.productId")
    assert await placing((lamp, 1), (lamp, 1)) == invalid("lines.1.productId")
    assert await placing((lamp, 0)) == invalid("lines.0.quantity")
    assert await placing() == invalid("lines")
    assert await placing((lamp, 4)) == {"__typename": "ConflictError", "conflict": "lines.0.quantity"}
    answer = await market.place(carl, {lamp: 4})
    assert answer["message"] == "Of 'Lamp' 3 are left, and not 4."
    assert await market.stock(lamp) == 3
    # A member of a hidden group buys what it publishes, and somebody who said nothing of themselves buys nothing.
    hall = await market.world.group("hall")
    inside = await market.product("Inside", group=hall)
    mia = await market.world.member("mia", "hall", role=PlatformRole.ORG_USER, scope=KeyScope.WRITE)
    assert made(await market.place(mia, {inside: 1}), "order")["number"] == "1"
    nobody = market.world.api.as_holder_of(None)
    assert await refused(market, market.place(nobody, {lamp: 1})) == {"__typename": "AuthError"}


async def test_selling_makes_no_version_and_an_editor_overwrites_no_sale(market: Market) -> None:
    carl = await market.buyer("carl")
    given: JSONObject = {"category": "physical", "price": {"amount": 100, "currency": "USD"}, "stock": 10}
    [box] = (await market.world.make(box=new_thing(market.group, "product", "Box", "published", **given))).values()
    pending = await market.ordered(carl, **{box: 4})
    assert await market.stock(box) == 6

    async def update(version: int, **properties: JSON) -> Mapping[str, JSON]:
        change: JSONObject = {"id": box, "version": version, "properties": {**given, **properties}}
        return await market.world.api.change("updateThing", change, "thing { ... on Product { stock } }")

    # The editor read the product before the sale, and gives back the stock that they read.
    assert made(await update(1, description="Square."), "thing") == {"stock": 6}
    assert made(await update(2, stock=12), "thing") == {"stock": 8}, "two were added"
    assert await refused(market, update(3, stock=3)) == {"__typename": "ConflictError", "conflict": "properties.stock"}
    found = await market.world.api.ask(
        """query ($group: ID!) {
            things(first: 9, filter: {
                groupId: $group, type: "product", properties: [{name: "stock", equals: 8}]
            }) { nodes { id } }
        }""",
        group=market.group,
    )
    assert found.each("things.nodes", "id") == [box]
    shown = await market.show(box)
    assert (shown["version"], cast("JSONObject", shown["history"])["totalCount"]) == (3, 3)
    cancelled = await carl.change("cancelOrder", {"orderId": pending["id"]}, "order { state nextStates }")
    assert made(cancelled, "order") == {"state": "cancelled", "nextStates": []}
    assert await market.stock(box) == 12
    # What is not counted any more takes nothing back, and counts anew from what it is told.
    pending = await market.ordered(carl, **{box: 5})
    unlimited: JSONObject = {name: value for name, value in given.items() if name != "stock"}
    change: JSONObject = {"id": box, "version": 3, "properties": unlimited}
    await market.world.api.change("updateThing", change)
    assert await stored(market, box) == {
        **dict.fromkeys(("customerId", "orderKey", "expiresAt")),
        "sold": None,
        "filter5": None,
    }
    await carl.change("cancelOrder", {"orderId": pending["id"]})
    assert await market.stock(box) is None
    assert made(await update(4, stock=2), "thing") == {"stock": 2}


async def test_an_order_that_is_not_paid_in_time_expires_once_whatever_looks_for_it(market: Market) -> None:
    carl = await market.buyer("carl")
    jar = await market.product("Jar", 100, stock=9)
    orders = [await market.ordered(carl, **{jar: 1}) for _ in range(4)]
    paid = orders.pop()
    assert "payment" in await market.pay(paid["id"], "1")
    expiry = Expiry(market.world.store, market.clock)
    assert await expiry() == 0
    market.clock.forward(hours=25)
    cursor = (await market.world.journal()).cursor
    ended = await asyncio.gather(*(Expiry(market.world.store, market.clock)() for _ in range(4)))
    assert sum(ended) >= 3
    assert await expiry() == 0
    assert [(await market.show(each["id"]))["state"] for each in (*orders, paid)] == [*["expired"] * 3, "paid"]
    assert await market.stock(jar) == 8
    events = await happened(market, cursor)
    of_these = [each for each in events if each[1] in {order["id"] for order in orders}]
    expected = [("order_cancelled", order["id"], {"reason": "expired", "version": 2}) for order in orders]
    assert sorted(map(str, of_these)) == sorted(map(str, expected))
    too_late = {"__typename": "ConflictError", "conflict": "state"}
    assert await refused(market, market.pay(orders[0]["id"], "1")) == too_late
    market.clock.ahead *= 0


async def step(market: Market, carl: Api, pen: str, order: JSON, target: OrderState) -> Mapping[str, JSON]:
    match target:
        case OrderState.PAID:
            return await market.pay(order, "1")
        case OrderState.FULFILLED:
            return await market.fulfil(order, {pen: SHIPMENT})
        case OrderState.COMPLETED:
            return await market.seller.change("completeOrder", {"orderId": order})
        case OrderState.CANCELLED:
            return await carl.change("cancelOrder", {"orderId": order})
        case OrderState.EXPIRED:
            return await market.expire()
        case _:
            asked = await market.refund(carl, order, {"whole": True})
            return await market.decide(made(asked, "refund")["id"]) if "refund" in asked else asked


async def test_every_step_that_is_not_in_the_table_is_refused_and_writes_nothing(market: Market) -> None:
    carl = await market.buyer("carl")
    pen = await market.product("Pen", 100)

    ways: Mapping[OrderState, tuple[OrderState, ...]] = {
        OrderState.PENDING: (),
        OrderState.CANCELLED: (OrderState.CANCELLED,),
        OrderState.EXPIRED: (OrderState.EXPIRED,),
        OrderState.PAID: (OrderState.PAID,),
        OrderState.FULFILLED: (OrderState.PAID, OrderState.FULFILLED),
        OrderState.COMPLETED: (OrderState.PAID, OrderState.FULFILLED, OrderState.COMPLETED),
        OrderState.REFUNDED: (OrderState.PAID, OrderState.REFUNDED),
    }
    assert set(ways) == set(OrderState)
    for state, way in ways.items():
        order = (await market.ordered(carl, **{pen: 1}))["id"]
        for target in way:
            assert "message" not in await step(market, carl, pen, order, target), (state, target)
        assert (await market.show(order))["state"] == state
        for target in set(OrderState) - set(next_states(state)) - {OrderState.PENDING}:
            answer = await refused(market, step(market, carl, pen, order, target))
            assert answer == {"__typename": "ConflictError", "conflict": "state"}, (state, target)
        assert (await market.show(order))["state"] == state
        if state is OrderState.PENDING:
            await carl.change("cancelOrder", {"orderId": order})


async def test_whoever_is_neither_buyer_nor_owner_changes_nothing(market: Market) -> None:
    carl, dora = await market.buyer("carl"), await market.buyer("dora", PlatformRole.ORG_USER)
    editor = await market.world.member(
        "edith", "shop", role=PlatformRole.ORG_USER, scope=KeyScope.WRITE, member_role=MemberRole.ADMIN
    )
    pot = await market.product("Pot", 100, stock=1)
    order = (await market.ordered(carl, **{pot: 1}))["id"]
    unseen = {"__typename": "NotFoundError", "resource": "order", "id": order}
    forbidden = {"__typename": "ForbiddenError"}
    for by, expected in ((dora, unseen), (editor, forbidden)):
        for change in (
            by.change("cancelOrder", {"orderId": order}),
            market.pay(order, "1", by=by),
            market.fulfil(order, {pot: SHIPMENT}, by),
            by.change("completeOrder", {"orderId": order}),
            market.refund(by, order, {"whole": True}),
        ):
            assert await refused(market, change) == expected
    assert "payment" in await market.pay(order, "1")
    refund = made(await market.refund(market.seller, order, {"whole": True}), "refund")["id"]
    for by, expected in ((dora, {**unseen, "resource": "refund", "id": refund}), (editor, forbidden)):
        for verdict in ("approve", "decline"):
            assert await refused(market, market.decide(refund, verdict, by)) == expected


async def test_a_key_answers_what_it_made_and_keeps_no_failure(market: Market) -> None:
    carl = await market.buyer("carl")
    cap = await market.product("Cap", 100, stock=2)
    key = market.key()
    assert (await market.place(carl, {cap: 3}, key))["__typename"] == "ConflictError"
    order = made(await market.place(carl, {cap: 2}, key), "order")
    assert made(await market.place(carl, {cap: 2}, key), "order") == order
    other = {"__typename": "ConflictError", "conflict": "idempotencyKey"}
    assert await refused(market, market.place(carl, {cap: 1}, key)) == other
    assert await market.stock(cap) == 0
    paid = made(await market.pay(order["id"], "2", key), "payment")
    assert made(await market.pay(order["id"], "2", key), "payment") == paid
    assert await refused(market, market.pay(order["id"], "1", key)) == other
    refund = made(await market.refund(carl, order["id"], {"whole": True}, key), "refund")
    assert made(await market.refund(carl, order["id"], {"whole": True}, key), "refund") == refund
    given: JSONObject = {"refundId": refund["id"], "idempotencyKey": key}
    approved = await market.seller.change("approveRefund", given, "refund { state }")
    assert await market.seller.change("approveRefund", given, "refund { state }") == approved


SEEN = """query ($order: ID!, $payment: ID!) {
  order: node(id: $order) { ... on Order { number state history(first: 9) { totalCount } } }
  payment: node(id: $payment) { ... on Payment { state order { number } } }
  things(first: 9) { nodes { id } totalCount }
  viewer { orders(first: 9) { nodes { number } totalCount } }
  events(first: 20, order: oldest_first, filter: { targetId: $order }) { nodes { type } totalCount }
}"""


async def test_what_somebody_bought_is_theirs_to_see_and_nobody_elses_who_is_no_seller(market: Market) -> None:
    mug = await market.product("Own mug", 1_000)
    ann, bob = await market.buyer("ann"), await market.buyer("bob", PlatformRole.ORG_USER)
    before = cast(
        "int", (await ann.ask("{ viewer { orders(first: 1) { totalCount } } }")).at("viewer.orders.totalCount")
    )
    order = await market.ordered(ann, **{mug: 1})
    paid = made(await market.pay(order["id"], "10.00"), "payment")
    answer = await ann.ask(SEEN, order=order["id"], payment=paid["id"])
    assert answer.at("order") == {"number": order["number"], "state": "paid", "history": {"totalCount": 2}}
    assert answer.at("payment") == {"state": "confirmed", "order": {"number": order["number"]}}
    assert {order["id"], paid["id"]} <= set(answer.each("things.nodes", "id"))
    assert answer.at("viewer.orders.totalCount") == before + 1
    assert answer.at("viewer.orders.nodes.0.number") == order["number"]
    assert answer.each("events.nodes", "type") == ["order_created", "order_paid"]
    assert answer.at("events.totalCount") == 2
    hidden = await bob.ask(SEEN, order=order["id"], payment=paid["id"])
    assert (hidden.at("order"), hidden.at("payment"), hidden.at("events.totalCount")) == (None, None, 0)
    assert order["number"] not in hidden.each("viewer.orders.nodes", "number")
    readers = await market.seller.ask(
        "query ($id: ID!) { whoCanAccess(objectId: $id, first: 20) { nodes { reason person { username } } } }",
        id=order["id"],
    )
    assert "oneself" in readers.each("whoCanAccess.nodes", "reason")


async def test_a_buyer_follows_their_order_whoever_takes_the_next_step(market: Market) -> None:
    mug = await market.product("Followed mug", 1_000)
    ann, bob = await market.buyer("ann"), await market.buyer("bob", PlatformRole.ORG_USER)
    order = await market.ordered(ann, **{mug: 1})
    log = EventLog(market.world.store)
    services = Services.of(market.world.store, market.clock, RateLimits(None), log=log)
    await log.advance()
    wanted = OrdersWanted(order=str(order["id"]))
    callers = [Caller(await services.keys.authenticate(str(api.secret))) for api in (ann, bob)]
    async with (
        aclosing(services.order_updates.follow(callers[0], wanted, log.position)) as hers,
        aclosing(services.order_updates.follow(callers[1], wanted, log.position)) as his,
    ):
        next_of_his = asyncio.ensure_future(anext(his))
        await market.pay(order["id"], "10.00")
        await log.advance()
        assert (await asyncio.wait_for(anext(hers), 20)).event.type is EventType.ORDER_PAID
        await asyncio.sleep(0.2)
        assert not next_of_his.done()
        next_of_his.cancel()
        with suppress(asyncio.CancelledError):
            await next_of_his

"""Reconciliation: what does not fit is found and named, and no crash between two steps leaves anything of that."""

from collections.abc import AsyncIterator, Mapping
from typing import cast

import pytest

from domain.access import KeyScope
from domain.people import MemberRole, PlatformRole
from domain.values import JSON, JSONObject
from graph.store import Statement, Store, Transaction
from services.order_ending import Expiry
from tests.client import Answer, Api
from tests.component.crashes import Crash, Fault
from tests.component.market import RECONCILE, SHIPMENT, Market, made, opened, reconcile, usd

pytestmark = [pytest.mark.slow, pytest.mark.once, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
async def market(migrated_store: Store) -> AsyncIterator[Market]:
    """One shop for all tests of this module."""
    async with opened(migrated_store) as shop:
        yield shop


async def trade(market: Market, name: str) -> dict[str, str]:
    """An order that is fulfilled and of which a part was given back, one that is paid, and one that was cancelled."""
    buyer = await market.buyer(f"buyer of {name}".replace(" ", "-"))
    mug = await market.product(f"Mug of {name}", 1_000, stock=50)
    whole = str((await market.ordered(buyer, **{mug: 3}))["id"])
    payment = made(await market.pay(whole, "30.00"), "payment")["id"]
    made(await market.fulfil(whole, {mug: SHIPMENT}), "order")
    refund = made(await market.refund(buyer, whole, {"amount": usd("4.00")}), "refund")["id"]
    made(await market.decide(refund), "refund")
    paid = str((await market.ordered(buyer, **{mug: 2}))["id"])
    made(await market.pay(paid, "20.00"), "payment")
    gone = str((await market.ordered(buyer, **{mug: 1}))["id"])
    made(await buyer.change("cancelOrder", {"orderId": gone}, "order { id }"), "order")
    return {"mug": mug, "whole": whole, "payment": str(payment), "refund": str(refund), "paid": paid, "gone": gone}


KEEP: Statement[Mapping[str, JSON]] = Statement(
    "keep", "MATCH (n) WHERE n.id IN $ids OR n.targetId IN $ids RETURN {id: n.id, row: properties(n)} AS row"
)
PUT_BACK: Statement[int] = Statement(
    "put_back", "UNWIND $rows AS row MATCH (n {id: row.id}) SET n = row.row RETURN count(n) AS row"
)
_NODE = "MATCH (n:Entity {id: $id}) "
_EVENT = "MATCH (n:Event) WHERE n.targetId = $id "
BREAKS: list[tuple[str, str, set[str]]] = [
    ("whole", _NODE + "SET n.properties = replace(n.properties, '\"serial\":', '\"serial\":9')", {"order_number"}),
    ("gone", _NODE + "SET n.orderKey = n.groupId + ' 999'", {"order_counter"}),
    ("payment", _NODE + "SET n.properties = replace(n.properties, '\"confirmed\"', '\"failed\"')", {"order_payments"}),
    ("refund", _NODE + "SET n.properties = replace(n.properties, '\"confirmed\"', '\"pending\"')", {"order_payments"}),
    ("refund", _NODE + "SET n.properties = replace(n.properties, '400', '300')", {"order_payments"}),
    (
        "paid",
        _NODE + "SET n.properties = replace(n.properties, '\"paid\"', '\"pending\"')",
        {"order_payments"},
    ),
    (
        "paid",
        _NODE + "SET n.properties = replace(n.properties, '\"paid\"', '\"fulfilled\"')",
        {"order_receipts", "order_events"},
    ),
    ("whole", _EVENT + "AND n.type = 'order_fulfilled' SET n.type = 'thing_updated'", {"order_events"}),
    ("gone", _EVENT + "AND n.type = 'order_cancelled' SET n.type = 'thing_updated'", {"order_events"}),
    ("mug", _NODE + "SET n.sold = n.sold + 1", {"product_sold"}),
    ("mug", _NODE + "SET n.sold = n.sold - 1", {"product_sold"}),
    (
        "gone",
        _NODE + "SET n.filter2 = 'pending', n.properties = replace(n.properties, '\"cancelled\"', '\"pending\"')",
        {"product_sold"},
    ),
]


async def test_each_kind_of_discrepancy_is_found_with_what_would_settle_it(market: Market) -> None:
    at, store = await trade(market, "breaks"), market.world.store
    assert (await reconcile(market.seller, market.group))[1] == []
    for name, text, rules in BREAKS:
        change: Statement[int] = Statement("break", f"{text} RETURN count(n) AS row")
        kept = await store.read(KEEP, {"ids": list(at.values())})

        async def damage(transaction: Transaction, change: Statement[int] = change, name: str = name) -> list[int]:
            return await transaction.run(change, {"id": at[name]})

        assert await store.write(damage) == [1], text
        _, found = await reconcile(market.seller, market.group)
        assert {str(each["rule"]) for each in found} == rules, (text, found)
        assert all(each["detail"] and each["settledBy"] and each["node"] for each in found)
        expected = {"payment": "whole", "refund": "whole"}.get(name, name)
        about = {str(cast("Mapping[str, JSON]", each["node"])["id"]) for each in found}
        assert about == {
            market.group if rules == {"order_counter"} else at["mug"] if rules == {"product_sold"} else at[expected]
        }

        async def mend(transaction: Transaction, kept: list[Mapping[str, JSON]] = kept) -> None:
            await transaction.run(PUT_BACK, {"rows": kept})

        await store.write(mend)
        assert (await reconcile(market.seller, market.group))[1] == []


async def test_a_page_looks_at_as_many_as_were_asked_for_and_at_each_once(
    market: Market, statements: list[str]
) -> None:
    await trade(market, "pages")
    total, _ = await reconcile(market.seller, market.group)
    listed = await market.seller.ask(
        "query ($id: ID!) { orders(first: 1, filter: { seller: $id }) { totalCount } }", id=market.group
    )
    assert total > cast("int", listed.at("orders.totalCount"))
    assert (await reconcile(market.seller, market.group, 2))[0] == total
    statements.clear()
    await market.seller.ask(RECONCILE, seller=market.group, first=1)
    one = list(statements)
    statements.clear()
    await market.seller.ask(RECONCILE, seller=market.group, first=100)
    assert statements == one
    assert "page_reconciled_orders" in one


async def test_a_product_that_was_not_counted_for_a_while_is_no_discrepancy(market: Market) -> None:
    mug = await market.product("Recounted", 100, stock=9)
    order = (await market.ordered(await market.buyer("recounter"), **{mug: 2}))["id"]
    free: JSONObject = {"category": "physical", "price": {"amount": 100, "currency": "USD"}}
    for version, properties in ((1, free), (2, {**free, "stock": 5})):
        given: JSONObject = {"id": mug, "version": version, "properties": properties}
        assert "thing" in await market.world.api.change("updateThing", given, "thing { id }")
    assert (await reconcile(market.seller, market.group))[1] == []
    assert await market.seller.change("cancelOrder", {"orderId": order}, "order { id }")
    assert (await reconcile(market.seller, market.group))[1] == []


async def test_owners_of_the_group_reconcile_and_nobody_else(market: Market) -> None:
    hidden = await market.world.group("hidden")
    admin = await market.world.member(
        "adam", "shop", role=PlatformRole.ORG_USER, scope=KeyScope.READ, member_role=MemberRole.ADMIN
    )

    async def code(by: Api, seller: str, first: int = 5) -> JSON:
        answer: Answer = await by.ask(RECONCILE, seller=seller, first=first)
        return answer.codes[0] if "errors" in answer.body else bool(answer.at("orderReconciliation"))

    shop = market.group
    assert await code(market.seller, shop) is True
    assert await code(market.world.api, shop) is True
    assert await code(admin, shop) == "FORBIDDEN"
    assert await code(await market.buyer("curious"), shop) == "FORBIDDEN"
    assert await code(market.seller, hidden) is False
    assert await code(market.world.api.as_holder_of(None), shop) == "UNAUTHENTICATED"
    assert await code(market.seller, shop, 0) == await code(market.seller, shop, 101) == "VALIDATION"
    assert await code(market.seller, "x") == "VALIDATION"


async def sent(by: Api, field: str, given: JSONObject) -> Mapping[str, JSON] | None:
    """What a mutation answered; None where the server died."""
    name = field[0].upper() + field[1:]
    what = {
        "checkout": "orders { id }",
        "setCartLine": "cart { count }",
        "recordPayment": "payment { id }",
        "requestRefund": "refund { id }",
        "approveRefund": "refund { id }",
    }.get(field, "order { id }")
    answer = await by.ask(
        f"""mutation ($input: {name}Input!) {{ answer: {field}(input: $input) {{
            __typename ... on {name}Success {{ {what} }} ... on AppError {{ message }}
        }} }}""",
        input=given,
    )
    return None if "errors" in answer.body else cast("Mapping[str, JSON]", answer.at("answer"))


async def test_a_crash_between_any_two_steps_leaves_nothing_and_the_request_then_succeeds_once(
    market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    stall = await market.world.group("stall", visibility="public")
    buyer, world = await market.buyer("survivor"), market.world
    mug, lamp = await market.product("Sturdy mug", 1_000, stock=20), await market.product("Lamp", 500, group=stall)
    fault = Fault(monkeypatch)

    async def survive(by: Api, field: str, given: JSONObject) -> Mapping[str, JSON]:
        """Send it, dying at each step in turn and sending it again, and then once more."""
        number = 0
        while True:
            number += 1
            before = await world.count()
            fault.arm(number)
            answer = await sent(by, field, given)
            fault.arm(0)
            if answer is not None:
                break
            assert await world.count() == before, (field, number)
            for group in (market.group, stall):
                assert (await reconcile(world.api, group))[1] == [], (field, number)
        assert number > 3
        assert answer["__typename"] == f"{field[0].upper()}{field[1:]}Success", answer
        if "idempotencyKey" not in given:
            return answer
        fault.arm(0, lose_answer=True)
        assert await sent(by, field, given) is None
        assert await sent(by, field, given) == answer
        return answer

    for product, quantity in ((mug, 2), (lamp, 1)):
        await survive(buyer, "setCartLine", {"productId": product, "quantity": quantity})
    given: JSONObject = {"expectedTotals": [usd("25.00")], "idempotencyKey": "crash-checkout"}
    orders = cast("list[dict[str, str]]", (await survive(buyer, "checkout", given))["orders"])
    assert (len(orders), await market.stock(mug)) == (2, 18)
    found = await world.api.ask(
        "query ($id: ID!) { orders(first: 9, filter: { product: $id }) { nodes { id } } }", id=mug
    )
    [mine] = [str(each) for each in found.each("orders.nodes", "id")]
    key: JSONObject = {"idempotencyKey": "crash"}
    line: JSON = {"productId": mug, "quantity": 1}
    placed = cast("dict[str, str]", (await survive(buyer, "placeOrder", {"lines": [line], **key}))["order"])
    await survive(buyer, "cancelOrder", {"orderId": placed["id"], **key})
    assert await market.stock(mug) == 18
    paying: JSONObject = {"orderId": mine, "amount": usd("20.00"), "method": "cash", **key}
    await survive(market.seller, "recordPayment", paying)
    fulfilled: JSON = [{"productId": mug, "receipt": SHIPMENT}]
    await survive(market.seller, "fulfilOrder", {"orderId": mine, "lines": fulfilled, **key})
    await survive(market.seller, "completeOrder", {"orderId": mine, **key})
    asking: JSONObject = {"orderId": mine, "of": {"whole": True}, "reason": "R", **key}
    refund = cast("dict[str, str]", (await survive(buyer, "requestRefund", asking))["refund"])
    await survive(market.seller, "approveRefund", {"refundId": refund["id"], **key})
    assert (await market.show(mine))["state"] == "refunded"
    await expire_with_crashes(market, fault, buyer, mug)


async def expire_with_crashes(market: Market, fault: Fault, buyer: Api, mug: str) -> None:
    """An order that is due is ended by the round that does not die, once."""
    order, left = (await market.ordered(buyer, **{mug: 4}))["id"], await market.stock(mug)
    market.clock.forward(hours=25)
    try:
        ended, number = 0, 0
        while not ended:
            number += 1
            fault.arm(number)
            try:
                ended = await Expiry(market.world.store, market.clock)()
            except Crash:
                fault.arm(0)
                assert (await reconcile(market.world.api, market.group))[1] == []
        fault.arm(0)
        assert number > 3
        assert await Expiry(market.world.store, market.clock)() == 0
    finally:
        market.clock.ahead *= 0
    assert (await market.show(order))["state"] == "expired"
    assert await market.stock(mug) == cast("int", left) + 4

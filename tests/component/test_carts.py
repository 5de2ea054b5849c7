"""Carts: what is put into them, whose they are, what changed since, and that what is in them is bought once."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from typing import cast

import pytest

from domain.people import PlatformRole
from domain.values import JSON, JSONObject
from graph.store import Statement, Store
from services.carts import CartExpiry
from tests.client import Api
from tests.component.market import Market, made, opened, usd

pytestmark = [pytest.mark.slow, pytest.mark.once]

CART = """cart {
    count expiresAt totals { amount currency }
    lines { productId name quantity changed availability left priceSeen { amount } unitPrice { amount } product { id } }
    changes { productId }
}"""
SHORT = "cart { count lines { productId quantity } }"
CARTS: Statement[Mapping[str, JSON]] = Statement(
    "all_carts", "MATCH (cart:ShoppingCart) RETURN properties(cart) AS row ORDER BY row.key"
)


@pytest.fixture(scope="module")
async def market(migrated_store: Store) -> AsyncIterator[Market]:
    """One shop for all tests of this module."""
    async with opened(migrated_store) as shop:
        yield shop


async def put(
    by: Api, product: str, quantity: int, answer: str = SHORT, token: JSON = None, **more: JSON
) -> Mapping[str, JSON]:
    """What setting a line answers."""
    given: JSONObject = {"productId": product, "quantity": quantity, "token": token, **more}
    return await by.change("setCartLine", given, f"token {answer}")


async def cart_of(by: Api, token: JSON = None, answer: str = CART) -> dict[str, JSON]:
    """A cart as its holder sees it."""
    found = await by.ask(
        f"query ($token: String) {{ {answer.replace('cart {', 'cart(token: $token) {', 1)} }}", token=token
    )
    return cast("dict[str, JSON]", found.at("cart"))


async def quantities(by: Api, token: JSON = None) -> dict[JSON, JSON]:
    """How many of each product are in a cart."""
    cart = await cart_of(by, token, SHORT)
    return {line["productId"]: line["quantity"] for line in cast("list[dict[str, JSON]]", cart["lines"])}


async def check_out(by: Api, key: str, *totals: JSONObject, **more: JSON) -> Mapping[str, JSON]:
    """What buying it answers."""
    given: JSONObject = {"expectedTotals": list(totals), "idempotencyKey": key, **more}
    answer = (
        "orders { id number state net { amount currency } seller { slug } lines { name quantity } shipTo { city } }"
    )
    return await by.change("checkout", given, answer)


async def stored(market: Market) -> list[Mapping[str, JSON]]:
    return await market.world.store.read(CARTS, {})


async def test_a_line_is_set_to_a_quantity_however_often_that_comes(market: Market) -> None:
    carl = await market.buyer("carl")
    mug = await market.product("Mug", 1_600, stock=5, salePrice={"amount": 1_250, "currency": "USD"})
    pen = await market.product("Pen", 300)
    assert await cart_of(carl) == {"count": 0, "expiresAt": None, "totals": [], "lines": [], "changes": []}
    for _ in range(2):
        assert await put(carl, mug, 2) == {
            "__typename": "SetCartLineSuccess",
            "token": None,
            "cart": {"count": 2, "lines": [{"productId": mug, "quantity": 2}]},
        }
    await put(carl, pen, 7)
    await put(carl, mug, 4)
    cart = await cart_of(carl)
    assert cart.pop("expiresAt")
    assert cart == {
        "count": 11,
        "totals": [usd("71.00")],
        "lines": [
            {
                "productId": product,
                "name": name,
                "quantity": quantity,
                "changed": False,
                "availability": "available",
                "left": left,
                "priceSeen": {"amount": price},
                "unitPrice": {"amount": price},
                "product": {"id": product},
            }
            for product, name, quantity, left, price in ((mug, "Mug", 4, 5, "12.50"), (pen, "Pen", 7, None, "3.00"))
        ],
        "changes": [],
    }
    assert await market.stock(mug) == 5  # nothing is kept for a cart
    for _ in range(2):
        made(await put(carl, mug, 0), "cart")
        assert await quantities(carl) == {pen: 7}
    made(await carl.change("clearCart", {}, SHORT), "cart")
    assert await quantities(carl) == {}
    assert str((await carl.ask("{ viewer { person { id } } }")).at("viewer.person.id")) not in str(await stored(market))


async def test_what_cannot_be_bought_does_not_get_into_a_cart(market: Market) -> None:
    dora = await market.buyer("dora")
    few = await market.product("Few", stock=2)
    draft = await market.product("Draft", status="draft")
    secret = await market.product("Hidden", group=market.world.home)
    post = await market.world.thing("Post", market.group, status="published")
    before = await market.world.journal()
    for product, quantity, error in (
        (few, 3, {"__typename": "ConflictError", "conflict": "quantity", "message": "Of 'Few' 2 are left, and not 3."}),
        *(
            (each, 1, {"__typename": "ValidationError", "field": "productId"})
            for each in (draft, secret, post, "thg_x", few[:-1] + ("0" if few[-1] != "0" else "1"))
        ),
        (few, -1, {"__typename": "ValidationError", "field": "quantity"}),
        (few, 1_000_001, {"__typename": "ValidationError", "field": "quantity"}),
    ):
        answer = await put(dora, product, quantity)
        assert {**answer, **error} == answer, product
    assert await market.world.journal() == before
    assert await quantities(dora) == {}


async def test_a_cart_takes_as_many_products_as_an_order(market: Market) -> None:
    full = await market.buyer("full")
    products = await asyncio.gather(*(market.product(f"Part {number}") for number in range(51)))
    for product in products[:50]:
        made(await put(full, product, 1), "cart")
    answer = await put(full, products[50], 1)
    assert (answer["__typename"], answer["field"]) == ("ValidationError", "productId")
    assert len(await quantities(full)) == 50
    made(await put(full, products[3], 9), "cart")


async def test_a_visitor_holds_a_cart_by_a_token_of_which_the_hash_is_kept(market: Market) -> None:
    nobody = market.world.api.as_holder_of(None)
    mug = await market.product("Mug of visitors", 500)
    token = (await put(nobody, mug, 2))["token"]
    assert str(token).startswith("onec_")
    assert len(str(token)) == 48
    assert (await put(nobody, mug, 3, token=token))["token"] is None
    assert await quantities(nobody, token) == {mug: 3}
    assert await quantities(nobody, f"{token}x") == {}
    assert await quantities(nobody) == {}
    assert str(token) not in str(await stored(market))
    other = (await put(nobody, mug, 1, token="onec_of_nobody"))["token"]
    assert other not in {None, token}
    # Whoever says who they are has their own, whatever token they send.
    eve = await market.buyer("eve")
    assert await quantities(eve, token) == {}
    made(await put(eve, mug, 1, token=token), "cart")
    assert (await quantities(nobody, token), await quantities(eve)) == ({mug: 3}, {mug: 1})
    made(await nobody.change("clearCart", {"token": token}, SHORT), "cart")
    assert await quantities(nobody, token) == {}
    assert (await check_out(nobody, "a", usd("5.00")))["__typename"] == "AuthError"


async def test_a_visitors_cart_is_claimed_once_and_added_up_as_far_as_there_is(market: Market) -> None:
    nobody, fay = market.world.api.as_holder_of(None), await market.buyer("fay")
    few, many, new = (
        await market.product("Few of both", stock=5),
        await market.product("Many of both"),
        await market.product("New to her"),
    )
    for product, quantity in ((few, 4), (many, 2)):
        await put(fay, product, quantity)
    token = (await put(nobody, few, 3))["token"]
    for product, quantity in ((many, 5), (new, 1)):
        await put(nobody, product, quantity, token=token)
    answers = await asyncio.gather(*(fay.change("claimCart", {"token": token}, SHORT) for _ in range(10)))
    assert Counter(str(each["__typename"]) for each in answers) == {"ClaimCartSuccess": 1, "NotFoundError": 9}
    assert await quantities(fay) == {few: 5, many: 7, new: 1}
    assert await quantities(nobody, token) == {}
    assert (await nobody.change("claimCart", {"token": token}, SHORT))["__typename"] == "AuthError"


async def test_a_change_is_reported_and_refused_until_it_was_seen(market: Market) -> None:
    gus = await market.buyer("gus")
    mug, pen = await market.product("Dear mug", 1_000, stock=3), await market.product("Lost pen", 200)
    for product, quantity in ((mug, 2), (pen, 1)):
        await put(gus, product, quantity)
    dearer: JSONObject = {"category": "physical", "price": {"amount": 1_100, "currency": "USD"}, "stock": 3}
    changed = await market.world.api.change(
        "updateThing", {"id": mug, "version": 1, "properties": dearer}, "thing { id }"
    )
    assert "thing" in changed
    cart = await cart_of(gus)
    assert (cart["totals"], cart["changes"]) == ([usd("24.00")], [{"productId": mug}])
    [line, _] = cast("list[dict[str, JSON]]", cart["lines"])
    assert (line["changed"], line["priceSeen"], line["unitPrice"]) == (True, {"amount": "10.00"}, {"amount": "11.00"})
    before = await market.world.journal()
    assert await check_out(gus, "gus-1", usd("22.00")) == {
        "__typename": "ConflictError",
        "conflict": "expectedTotals",
        "message": "Your cart is not as you saw it: 'Dear mug' costs 11.00 USD, and not 10.00 USD. "
        "What is on sale of it costs 24.00 USD.",
    }
    await market.world.api.change("archiveThing", {"id": pen, "version": 1}, "thing { id }")
    cart = await cart_of(gus)
    assert cart["totals"] == [usd("22.00")]
    gone = cast("list[dict[str, JSON]]", cart["lines"])[1]
    assert (gone["availability"], gone["unitPrice"], gone["product"], gone["name"]) == (
        "unavailable",
        None,
        None,
        "Lost pen",
    )
    answer = await check_out(gus, "gus-2", usd("22.00"))
    assert "'Lost pen' is not on sale any more" in str(answer["message"])
    await put(gus, pen, 0)
    hal = await market.buyer("hal")
    await market.ordered(hal, **{mug: 2})
    answer = await check_out(gus, "gus-3", usd("22.00"))
    assert "of 'Dear mug' 1 are left, and not 2" in str(answer["message"])
    assert await quantities(gus) == {mug: 2}
    await put(gus, mug, 1)
    placed = made_orders(await check_out(gus, "gus-4", usd("11.00")))
    assert [each["net"] for each in placed] == [usd("11.00")]
    assert (await market.stock(mug), await quantities(gus)) == (0, {})
    assert before.cursor


def made_orders(answer: Mapping[str, JSON]) -> list[dict[str, JSON]]:
    """The orders of a checkout that succeeded."""
    assert "orders" in answer, answer
    return cast("list[dict[str, JSON]]", answer["orders"])


async def test_a_cart_of_several_sellers_and_currencies_becomes_an_order_for_each(market: Market) -> None:
    ida = await market.buyer("ida")
    stall = await market.world.group("stall", visibility="public")
    mug, yen = await market.product("Own mug", 1_000, stock=9), await market.product("Fan", 500, currency="JPY")
    lamp = await market.product("Lamp", 700, group=stall)
    for product, quantity in ((mug, 2), (yen, 1), (lamp, 3)):
        await put(ida, product, quantity)
    cart = await cart_of(ida)
    assert cart["totals"] == [{"amount": "500", "currency": "JPY"}, usd("41.00")]
    assert (await check_out(ida, "ida-0", usd("41.00")))["__typename"] == "ConflictError"
    assert (await check_out(ida, "ida-0", usd("41.00"), usd("41.00")))["__typename"] == "ValidationError"
    totals = ({"amount": "500", "currency": "JPY"}, usd("41.00"))
    placed = made_orders(await check_out(ida, "ida-1", *totals, shipTo={"city": "Trier"}))
    found = sorted((str(each["seller"]), str(each["net"]), str(each["lines"])) for each in placed)
    shop, other = str({"slug": "shop"}), str({"slug": "stall"})
    assert found == [
        (shop, str({"amount": "20.00", "currency": "USD"}), str([{"name": "Own mug", "quantity": 2}])),
        (shop, str({"amount": "500", "currency": "JPY"}), str([{"name": "Fan", "quantity": 1}])),
        (other, str({"amount": "21.00", "currency": "USD"}), str([{"name": "Lamp", "quantity": 3}])),
    ]
    assert {str(each["shipTo"]) for each in placed} == {str({"city": "Trier"})}
    again = made_orders(await check_out(ida, "ida-1", *totals, shipTo={"city": "Trier"}))
    assert [each["id"] for each in again] == [each["id"] for each in placed]
    answer = await check_out(ida, "ida-1", *totals)
    assert (answer["__typename"], answer["conflict"]) == ("ConflictError", "idempotencyKey")
    answer = await check_out(ida, "ida-2", *totals)
    assert (answer["conflict"], answer["message"]) == ("cart", "There is nothing in your cart.")
    assert await market.stock(mug) == 7


async def test_where_one_order_cannot_be_placed_none_is(market: Market) -> None:
    jon = await market.buyer("jon")
    closing = await market.world.group("closing", visibility="public")
    mug, last = await market.product("Kept mug", 1_000, stock=4), await market.product("Last", 100, group=closing)
    for product in (mug, last):
        await put(jon, product, 1)
    await market.world.api.change("archiveGroup", {"id": closing, "version": 1, "withContents": True}, "group { id }")
    answer = await check_out(jon, "jon-1", usd("11.00"))
    assert answer["__typename"] == "ConflictError"
    assert (await market.stock(mug), await quantities(jon)) == (4, {mug: 1, last: 1})


async def test_a_cart_is_bought_once_however_many_try(market: Market) -> None:
    kim = await market.buyer("kim")
    mug = await market.product("Wanted mug", 1_000, stock=50)
    await put(kim, mug, 2)
    same = await asyncio.gather(*(check_out(kim, "kim-1", usd("20.00")) for _ in range(8)))
    assert len({str(made_orders(each)[0]["id"]) for each in same}) == 1
    await put(kim, mug, 3)
    others = await asyncio.gather(*(check_out(kim, f"kim-{number}", usd("30.00")) for number in range(2, 10)))
    assert Counter(str(each["__typename"]) for each in others) == {"CheckoutSuccess": 1, "ConflictError": 7}
    assert await market.stock(mug) == 45


async def test_the_last_piece_in_two_carts_is_sold_once(market: Market) -> None:
    names = [f"rival{number}" for number in range(6)]
    rivals = [await market.buyer(name) for name in names]
    last, common = await market.product("Last piece", 100, stock=1), await market.product("Common", 100, stock=100)
    for rival in rivals:
        for product in (last, common):
            await put(rival, product, 1)
    answers = await asyncio.gather(*(check_out(each, market.key(), usd("2.00")) for each in rivals))
    assert Counter(str(each["__typename"]) for each in answers) == {"CheckoutSuccess": 1, "ConflictError": 5}
    assert (await market.stock(last), await market.stock(common)) == (0, 99)


async def test_a_cart_that_nobody_touches_ends(market: Market) -> None:
    lea, nobody = await market.buyer("lea"), market.world.api.as_holder_of(None)
    pen = await market.product("Old pen", 100)
    await put(lea, pen, 1)
    token = (await put(nobody, pen, 2))["token"]
    market.clock.forward(days=29)
    await put(lea, pen, 3)
    market.clock.forward(days=2)
    try:
        assert (await quantities(lea), await quantities(nobody, token)) == ({pen: 3}, {})
        assert (await put(nobody, pen, 1, token=token))["token"] not in {None, token}
        before = len(await stored(market))
        assert await CartExpiry(market.world.store, market.clock)() >= 1
        assert 0 < len(await stored(market)) < before
        assert await quantities(lea) == {pen: 3}
        market.clock.forward(days=31)
        assert await quantities(lea) == {}
        made(await put(lea, pen, 5), "cart")  # before anybody ended it
        assert await quantities(lea) == {pen: 5}
    finally:
        market.clock.ahead *= 0


async def test_nobody_else_sees_a_cart_wherever_they_look(market: Market) -> None:
    mia = await market.buyer("mia")
    pen = await market.product("Secret wish", 100)
    await put(mia, pen, 1)
    for asker in (market.world.api, market.seller, await market.buyer("noa")):
        assert await quantities(asker) == {}
        answer = await asker.ask('{ things(first: 10, filter: { type: "cart" }) { totalCount } }')
        assert answer.at("things.totalCount") == 0
    asked = "events(first: 50, filter: { type: cart_updated, actor: $mia }) { nodes { properties } }"
    query = f"query ($mia: String) {{ {asked} }}"
    person = (await mia.ask("{ viewer { person { id } } }")).at("viewer.person.id")
    own = (await mia.ask(query, mia=person)).at("events.nodes")
    details = [cast("dict[str, JSON]", each["properties"]) for each in cast("list[dict[str, JSON]]", own)]
    assert [(each["product"], each["quantity"]) for each in details] == [(pen, 1)]
    for asker in (market.seller, await market.buyer("noa")):
        assert (await asker.ask(query, mia=person)).at("events.nodes") == []


async def test_a_badge_takes_one_round_trip_and_a_cart_two(market: Market, statements: list[str]) -> None:
    oda = await market.buyer("oda")
    products = [await market.product(f"Ware {number}") for number in range(20)]
    counts = []
    for some in (products[:1], products):
        for product in some:
            await put(oda, product, 1)
        statements.clear()
        await cart_of(oda, answer="cart { count }")
        assert statements == ["fetch_cart"]
        statements.clear()
        assert cast("int", (await cart_of(oda))["count"]) == len(some)
        counts.append(list(statements))
    assert counts == [["fetch_cart", "fetch_things"]] * 2


async def test_a_key_for_reading_fills_no_cart(market: Market) -> None:
    pen = await market.product("Only seen", 100)
    reader = await market.world.member("reader", "lobby", role=PlatformRole.CUSTOMER)
    before = await stored(market)
    assert (await put(reader, pen, 1))["__typename"] == "ForbiddenError"
    assert (await reader.change("clearCart", {}))["__typename"] == "ForbiddenError"
    assert await stored(market) == before

"""A cart in a browser: the token is a cookie that scripts cannot read, and signing in makes the cart one's own."""

from collections.abc import Mapping
from http.cookies import SimpleCookie
from typing import cast

import pytest

from domain.values import JSON
from graph.store import Statement
from tests.accounts import PASSWORD, Accounts
from tests.client import Api
from tests.worlds import World

pytestmark = [pytest.mark.slow, pytest.mark.once]

OWN_ORIGIN = "http://testserver"
ALL: Statement[str] = Statement("all_cart_keys", "MATCH (cart:ShoppingCart) RETURN cart.key AS row")
SET = """mutation {{ setCartLine(input: {{ productId: "{0}", quantity: {1}, delivery: cookie }}) {{
    __typename ... on SetCartLineSuccess {{ token cart {{ count }} }}
}} }}"""
SIGN_IN = f"""mutation {{ signIn(input: {{ email: "ann@one.example", password: "{PASSWORD}", delivery: cookie }}) {{
    __typename
}} }}"""
CART = "{ cart { count lines { productId quantity } } }"


class Browser:
    """A browser, which keeps cookies."""

    def __init__(self, accounts: Accounts) -> None:
        self._http = accounts.http
        self.cookies: dict[str, str] = {}

    async def post(self, query: str, origin: str = OWN_ORIGIN) -> tuple[int, Mapping[str, JSON]]:
        """The status and the body that a page of that origin gets."""
        self._http.cookies.clear()
        sent = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()), "Origin": origin}
        response = await self._http.post("/graphql", json={"query": query}, headers=sent)
        for header in response.headers.get_list("set-cookie"):
            assert {"HttpOnly", "Secure", "SameSite=lax"} <= {part.strip() for part in header.split(";")[1:]}
            for name, morsel in SimpleCookie(header).items():
                self.cookies[name] = morsel.value
                if morsel["max-age"] == "0":
                    del self.cookies[name]
        return response.status_code, cast("Mapping[str, JSON]", response.json())

    async def ask(self, query: str) -> Mapping[str, JSON]:
        """The data that a page of the server's own gets."""
        _, body = await self.post(query)
        return cast("Mapping[str, JSON]", body["data"])


async def product(accounts: Accounts, name: str) -> str:
    """A product of a public shop, whose world is made with the first."""
    world = await World.create(accounts.store, Api(accounts.http))
    shop = await world.group("shop", visibility="public")
    properties: Mapping[str, JSON] = {"category": "physical", "price": {"amount": 100, "currency": "USD"}}
    return await world.thing(name, shop, "product", status="published", properties=properties)


async def test_signing_in_makes_the_cart_of_a_browser_ones_own(accounts: Accounts) -> None:
    mug = await product(accounts, "Mug")
    await accounts.sign_up("ann")
    at_home, shop_window = Browser(accounts), Browser(accounts)
    await at_home.ask(SIGN_IN)
    assert await at_home.ask(SET.format(mug, 1)) == {
        "setCartLine": {"__typename": "SetCartLineSuccess", "token": None, "cart": {"count": 1}}
    }
    answer = await shop_window.ask(SET.format(mug, 2))
    assert answer == {"setCartLine": {"__typename": "SetCartLineSuccess", "token": None, "cart": {"count": 2}}}
    assert set(shop_window.cookies) == {"__Host-one-cart"}
    await shop_window.ask(SET.format(mug, 3))
    assert await shop_window.ask(CART) == {"cart": {"count": 3, "lines": [{"productId": mug, "quantity": 3}]}}
    assert await Browser(accounts).ask(CART) == {"cart": {"count": 0, "lines": []}}
    token = shop_window.cookies["__Host-one-cart"]
    assert await shop_window.ask(SIGN_IN) == {"signIn": {"__typename": "SignInSuccess"}}
    assert "__Host-one-cart" not in shop_window.cookies
    for browser in (shop_window, at_home):
        assert await browser.ask(CART) == {"cart": {"count": 4, "lines": [{"productId": mug, "quantity": 4}]}}
    shop_window.cookies["__Host-one-cart"] = token  # as of another tab, a moment later
    assert await shop_window.ask(SIGN_IN) == {"signIn": {"__typename": "SignInSuccess"}}
    assert await at_home.ask(CART) == {"cart": {"count": 4, "lines": [{"productId": mug, "quantity": 4}]}}
    assert len(await accounts.store.read(ALL, {})) == 1


async def test_the_cookie_of_a_cart_counts_for_no_foreign_page(accounts: Accounts) -> None:
    mug = await product(accounts, "Mug")
    browser = Browser(accounts)
    await browser.ask(SET.format(mug, 1))
    for query in (CART, SET.format(mug, 2), "mutation { clearCart(input: {}) { __typename } }"):
        status, body = await browser.post(query, "https://evil.example")
        assert "ForbiddenError" in str(body) or "FORBIDDEN" in str(body), (status, body)
    assert await browser.ask(CART) == {"cart": {"count": 1, "lines": [{"productId": mug, "quantity": 1}]}}


async def test_a_cart_goes_with_its_account(accounts: Accounts) -> None:
    mug = await product(accounts, "Mug")
    await accounts.sign_up("ann")
    browser = Browser(accounts)
    await browser.ask(SIGN_IN)
    await browser.ask(SET.format(mug, 1))
    assert len(await accounts.store.read(ALL, {})) == 1
    deleted = await browser.ask('mutation { deleteAccount(input: { username: "ann" }) { __typename } }')
    assert deleted == {"deleteAccount": {"__typename": "DeleteAccountSuccess"}}
    assert await accounts.store.read(ALL, {}) == []

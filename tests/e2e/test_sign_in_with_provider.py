"""A real server and an OpenID provider that it reaches over HTTP: who is let in, and what its logs say of that."""

import base64
import json
from collections.abc import AsyncIterator, Mapping
from urllib.parse import parse_qs, quote_plus, urlsplit

import httpx2
import pytest

from domain.values import JSON
from graph.store import Statement, Store
from tests.accounts import Accounts, SignedIn
from tests.e2e.logs import LOUD, logs_of, told
from tests.e2e.servers import Served, serving
from tests.provider import CLIENT, SECRET, FakeProvider, running_provider
from tests.visits import Visit, begin, complete, link, methods, sign_in, visit

pytestmark = [pytest.mark.slow, pytest.mark.once]

APP = "https://app.one.example"
EVERY_VALUE: Statement[Mapping[str, object]] = Statement("every_value", "MATCH (n) RETURN properties(n) AS row")


@pytest.fixture
async def provider() -> AsyncIterator[FakeProvider]:
    async with running_provider() as running:
        running.person = {"sub": "1", "email": "Nia@one.example", "email_verified": True, "name": "Nia One"}
        yield running


@pytest.fixture
async def guests_server(store_address: tuple[str, str, str], provider: FakeProvider) -> AsyncIterator[Served]:
    """A server whose operator named that provider, and one that nobody reaches."""
    client: dict[str, JSON] = {"client_id": CLIENT, "client_secret": SECRET}
    providers: list[JSON] = [
        {"name": "acme", "title": "Acme", "issuer": provider.issuer, **client},
        {"name": "gone", "issuer": "http://127.0.0.1:9", **client},
    ]
    settings = {
        "ONE_STORE_USER": store_address[1],
        "ONE_STORE_PASSWORD": store_address[2],
        "ONE_APP_URL": APP,
        "ONE_SIGN_IN_PROVIDERS": json.dumps(providers),
        **LOUD,
    }
    async with serving("--store", store_address[0], "--no-demo", settings=settings) as served:
        yield served


async def who(someone: SignedIn) -> tuple[JSON, JSON]:
    """The username and the address of whoever is signed in."""
    answer = await someone.api.ask("{ viewer { person { username email } } }")
    return answer.at("viewer.person.username"), answer.at("viewer.person.email")


async def is_refused(guests: Accounts, back: Visit) -> bool:
    return (await complete(guests, back))["__typename"] == "AuthError"


def of_the_client() -> list[str]:
    """Its secret, in each form in which it goes to the provider."""
    pair = f"{quote_plus(CLIENT)}:{quote_plus(SECRET)}"
    return [SECRET, quote_plus(SECRET), base64.b64encode(pair.encode()).decode()]


def asked(url: str) -> Mapping[str, str]:
    return {name: value for name, [value] in parse_qs(urlsplit(url).query).items()}


async def test_who_has_an_account_at_a_provider_is_let_in_and_no_secret_of_it_is_kept_or_logged(
    store: Store, guests_server: Served, provider: FakeProvider
) -> None:
    secrets = of_the_client()
    async with httpx2.AsyncClient(base_url=guests_server.url) as http:
        guests = Accounts(store, http)
        answer = await guests.api.ask("{ signInProviders { name title } }")
        assert answer.at("signInProviders") == [{"name": "acme", "title": "Acme"}, {"name": "gone", "title": "gone"}]

        begun = await begin(guests.api, "beginSignInWith")
        url = str(begun["url"])
        assert url.startswith(f"{provider.issuer}/authorize?")
        query = asked(url)
        assert (query["response_type"], query["code_challenge_method"]) == ("code", "S256")
        assert query["redirect_uri"] == f"{APP}/sign-in/acme"
        back = Visit(await provider.visit(url), str(begun["secret"]))
        secrets += [back.secret, query["state"], query["nonce"]]
        nia = guests.signed_in(await complete(guests, back))
        assert await who(nia) == ("nia", "nia@one.example")
        assert provider.asked == ["/.well-known/openid-configuration", "/token", "/jwks"]
        assert await is_refused(guests, back)  # once only
        again = await sign_in(guests, provider)
        assert await who(again) == ("nia", "nia@one.example")

        mine, other = await visit(guests.api, provider), await visit(guests.api, provider)
        assert await is_refused(guests, Visit({**mine.back, "state": other.back["state"]}, mine.secret))
        assert await is_refused(guests, Visit({**mine.back, "code": other.back["code"]}, mine.secret))  # PKCE
        provider.claims = {"nonce": "x"}
        assert await is_refused(guests, await visit(guests.api, provider))
        provider.claims, provider.tampered = {}, True
        assert await is_refused(guests, await visit(guests.api, provider))
        provider.tampered = False
        assert (await begin(guests.api, "beginSignInWith", "gone"))["__typename"] == "NetworkError"

        ann = await guests.join("ann")
        provider.person = {"sub": "2", "email": "ann@one.example", "email_verified": True}
        assert (await complete(guests, await visit(guests.api, provider)))["__typename"] == "ConflictError"
        assert (await link(ann, provider))["__typename"] == "CompleteLinkingWithSuccess"
        assert await methods(ann) == [("password", None), ("provider", "acme")]
        assert await who(await sign_in(guests, provider)) == ("ann", "ann@one.example")
        secrets += [mine.secret, other.secret]
    # Each code, state, nonce, verifier, ID token and access token of all these sign-ins, as the provider knows them.
    secrets += provider.seen
    assert len(provider.seen) >= 40
    assert {query["state"], query["nonce"], back.back["code"], provider.access_token} <= set(secrets)
    kept = " ".join(str(value) for row in await store.read(EVERY_VALUE, {}) for value in row.values())
    assert "nia@one.example" in kept
    assert told(kept, secrets) == []
    logged = await logs_of(guests_server, requests=20)
    assert told(logged, [*secrets, "nia@one.example", "ann@one.example"]) == []

"""Signing in with an account at a provider: who is believed, who is not, and whose account it is."""

import asyncio
from collections.abc import Mapping
from http.cookies import SimpleCookie
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc.jwk import ECKey

from domain.values import JSON
from graph.store import Statement
from tests.accounts import Accounts, is_out
from tests.component.conftest import ALLOWED_ORIGIN
from tests.provider import FakeProvider, rsa_key
from tests.visits import Visit, begin, complete, sign_in, visit

pytestmark = [pytest.mark.slow, pytest.mark.once]

COUNT: Statement[Mapping[str, int]] = Statement(
    "count_accounts",
    """
    RETURN {
        people: COUNT { (:Person) }, identities: COUNT { (:Identity) },
        sessions: COUNT { (:Session) }, attempts: COUNT { (:SignInAttempt) }
    } AS row""",
)
EVERY_VALUE: Statement[Mapping[str, object]] = Statement("every_value", "MATCH (n) RETURN properties(n) AS row")
TOLD: Statement[str] = Statement("told", "MATCH (n:Event) RETURN n.type AS row ORDER BY n.id")
NOBODY: Mapping[str, int] = {"people": 0, "identities": 0, "sessions": 0, "attempts": 0}


async def counted(guests: Accounts) -> Mapping[str, int]:
    return (await guests.store.read(COUNT, {}))[0]


async def test_who_comes_first_gets_an_account_and_the_same_one_the_next_time(
    guests: Accounts, provider: FakeProvider
) -> None:
    nia = await sign_in(guests, provider)
    seen = await nia.api.ask("{ viewer { person { id email username displayName role emailVerifiedAt } } }")
    person = seen.at("viewer.person")
    assert isinstance(person, dict)
    assert (person["email"], person["displayName"], person["role"]) == ("nia@one.example", "Nia One", "customer")
    assert (person["username"], bool(person["emailVerifiedAt"])) == ("nia", True)
    # Another address and another name there change nothing here.
    provider.person |= {"email": "other@one.example", "name": "Other"}
    again = await sign_in(guests, provider)
    assert (await again.api.ask("{ viewer { person { id email } } }")).at("viewer.person.id") == person["id"]
    assert await counted(guests) == {"people": 1, "identities": 1, "sessions": 2, "attempts": 0}
    assert await guests.store.read(TOLD, {}) == ["user_registered", "provider_linked", "user_login", "user_login"]


async def test_the_providers_are_told_and_what_a_browser_is_sent_with_is_as_the_standards_say(
    guests: Accounts, provider: FakeProvider
) -> None:
    answer = await guests.api.ask("{ signInProviders { name title } }")
    assert answer.at("signInProviders") == [
        {"name": "acme", "title": "Acme"},
        {"name": "github", "title": "github"},
    ]
    begun = await begin(guests.api, "beginSignInWith")
    query = {name: value for name, [value] in parse_qs(urlsplit(str(begun["url"])).query).items()}
    assert (query["response_type"], query["code_challenge_method"]) == ("code", "S256")
    assert query["redirect_uri"] == "https://app.one.example/sign-in/acme"
    assert query["scope"] == "openid email profile"
    assert min(len(query[name]) for name in ("state", "nonce", "code_challenge")) == 43
    stored = " ".join(str(value) for row in await guests.store.read(EVERY_VALUE, {}) for value in row.values())
    secrets = [str(begun["secret"]), *(query[name] for name in ("state", "nonce", "code_challenge"))]
    assert not [secret for secret in secrets if secret in stored]
    assert (await begin(guests.api, "beginSignInWith", "nobody"))["__typename"] == "NotFoundError"
    provider.down = True
    async_answer = await begin(guests.api, "beginSignInWith")
    assert async_answer["__typename"] == "BeginSignInWithSuccess"  # the discovery document is kept


async def test_who_comes_back_is_believed_once(guests: Accounts, provider: FakeProvider) -> None:
    back = await visit(guests.api, provider)
    answers = await asyncio.gather(*(complete(guests, back) for _ in range(4)))
    kinds = sorted(str(answer["__typename"]) for answer in answers)
    assert kinds == ["AuthError"] * 3 + ["CompleteSignInWithSuccess"]
    assert (await complete(guests, back))["__typename"] == "AuthError"
    assert provider.asked.count("/token") == 1


async def test_who_comes_back_late_or_in_another_browser_or_with_something_else_is_not_believed(
    guests: Accounts, provider: FakeProvider
) -> None:
    mine, other = await visit(guests.api, provider), await visit(guests.api, provider)
    for wrong in (
        Visit(mine.back, other.secret),
        Visit(mine.back, ""),
        Visit({**mine.back, "state": other.back["state"]}, mine.secret),
        Visit({**mine.back, "state": "x"}, mine.secret),
    ):
        assert (await complete(guests, wrong))["__typename"] == "AuthError"
    assert provider.asked.count("/token") == 0
    # The code of another sign-in does not fit the verifier of this one.
    stolen = Visit({**mine.back, "code": other.back["code"]}, mine.secret)
    assert (await complete(guests, stolen))["__typename"] == "AuthError"
    late = await visit(guests.api, provider)
    guests.clock.forward(minutes=10)
    assert (await complete(guests, late))["__typename"] == "AuthError"
    assert {**await counted(guests), "attempts": 0} == NOBODY


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://evil.example"},
        {"aud": "another client"},
        {"aud": []},
        {"aud": ["one client", "another client"]},
        {"aud": ["one client", "another client"], "azp": "another client"},
        {"azp": "another client"},
        {"nonce": "x"},
        {"nonce": None},
        {"sub": ""},
        {"sub": None},
        {"sub": "x" * 256},
        {"exp": None},
        {"iat": None},
        {"exp": 1},
        {"nbf": 4_000_000_000},
        {"iat": 4_000_000_000},
    ],
    ids=str,
)
async def test_a_token_that_says_something_else_than_it_should_is_not_believed(
    guests: Accounts, provider: FakeProvider, claims: dict[str, JSON]
) -> None:
    provider.claims = claims
    assert (await complete(guests, await visit(guests.api, provider)))["__typename"] == "AuthError"
    assert await counted(guests) == NOBODY


@pytest.mark.parametrize(
    ("skew", "name"), [(-55, "CompleteSignInWithSuccess"), (-70, "AuthError"), (55, "CompleteSignInWithSuccess")]
)
async def test_clocks_may_differ_by_a_minute(guests: Accounts, provider: FakeProvider, skew: int, name: str) -> None:
    at = int(guests.clock().timestamp())
    provider.claims = {"exp": at + skew, "iat": at + skew} if skew < 0 else {"iat": at + skew, "nbf": at + skew}
    assert (await complete(guests, await visit(guests.api, provider)))["__typename"] == name


async def test_a_token_of_several_audiences_that_is_for_us_is_believed(
    guests: Accounts, provider: FakeProvider
) -> None:
    provider.claims = {"aud": ["one client", "another client"], "azp": "one client"}
    await sign_in(guests, provider)


async def test_a_signature_by_somebody_else_or_by_nothing_but_a_secret_is_not_believed(
    guests: Accounts, provider: FakeProvider
) -> None:
    await sign_in(guests, provider)
    provider.tampered = True
    assert (await complete(guests, await visit(guests.api, provider)))["__typename"] == "AuthError"
    provider.tampered = False
    # A key that the provider does not publish, under the name of one that it does.
    impostor = type(rsa_key("second")).import_key({**rsa_key("second").as_dict(private=True), "kid": "first"})
    provider.signs_with = impostor
    assert (await complete(guests, await visit(guests.api, provider)))["__typename"] == "AuthError"
    # A public key taken as if it were a shared secret.
    provider.signs_with, provider.secret = rsa_key("first"), rsa_key("first").as_pem(private=False)
    assert (await complete(guests, await visit(guests.api, provider)))["__typename"] == "AuthError"
    assert (await counted(guests))["sessions"] == 1


async def test_keys_are_kept_and_others_are_believed_once_the_provider_has_them(
    guests: Accounts, provider: FakeProvider
) -> None:
    await sign_in(guests, provider)
    await sign_in(guests, provider)
    assert provider.asked.count("/jwks") == 1
    assert provider.asked.count("/.well-known/openid-configuration") == 1
    provider.keys, provider.signs_with = [rsa_key("second")], rsa_key("second")
    await sign_in(guests, provider)
    assert provider.asked.count("/jwks") == 2
    elliptic = ECKey.generate_key("P-256", {"kid": "third"})
    provider.keys, provider.signs_with, provider.algorithm = [rsa_key("second"), elliptic], elliptic, "ES256"
    await sign_in(guests, provider)
    provider.signs_with, provider.algorithm = rsa_key("first"), "RS256"  # which it has withdrawn
    assert (await complete(guests, await visit(guests.api, provider)))["__typename"] == "AuthError"


async def test_another_issuer_that_sends_the_browser_back_is_not_believed(
    guests: Accounts, provider: FakeProvider
) -> None:
    back = await visit(guests.api, provider)
    assert (await complete(guests, back, iss="https://evil.example"))["__typename"] == "AuthError"
    back = await visit(guests.api, provider)
    assert (await complete(guests, back, iss=None))["__typename"] == "CompleteSignInWithSuccess"
    assert provider.asked.count("/token") == 1


async def test_a_provider_that_says_who_it_is_has_to(guests: Accounts, provider: FakeProvider) -> None:
    provider.metadata = {"authorization_response_iss_parameter_supported": True}
    back = await visit(guests.api, provider)
    assert (await complete(guests, back, iss=None))["__typename"] == "AuthError"
    await sign_in(guests, provider)


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "https://evil.example"},
        {"jwks_uri": None},
        {"token_endpoint": "http://one.example/token"},
        {"jwks_uri": "http://192.0.2.1/jwks"},
        {"token_endpoint": "file:///etc/passwd"},
    ],
    ids=str,
)
async def test_a_provider_whose_document_is_wrong_is_of_no_use(
    guests: Accounts, provider: FakeProvider, metadata: dict[str, JSON]
) -> None:
    provider.metadata = metadata
    begun = await begin(guests.api, "beginSignInWith")
    if "url" in begun:
        back = Visit(await provider.visit(str(begun["url"])), str(begun["secret"]))
        begun = await complete(guests, back)
    assert begun["__typename"] == "NetworkError"
    assert {**await counted(guests), "attempts": 0} == NOBODY


async def test_a_provider_that_is_down_is_told_so(guests: Accounts, provider: FakeProvider) -> None:
    provider.down = True
    assert (await begin(guests.api, "beginSignInWith"))["__typename"] == "NetworkError"
    assert await counted(guests) == NOBODY


@pytest.mark.parametrize("person", [{"email_verified": False}, {"email_verified": None}, {"email": "no address"}])
async def test_an_address_that_nobody_proved_makes_no_account(
    guests: Accounts, provider: FakeProvider, person: dict[str, JSON]
) -> None:
    provider.claims = person
    assert (await complete(guests, await visit(guests.api, provider)))["__typename"] == "AuthError"
    assert await counted(guests) == NOBODY


async def test_an_address_may_be_asked_for_apart_of_the_same_person_only(
    guests: Accounts, provider: FakeProvider
) -> None:
    provider.claims = {"email": None, "email_verified": None}
    provider.userinfo = {**provider.person, "sub": "somebody else"}
    assert (await complete(guests, await visit(guests.api, provider)))["__typename"] == "AuthError"
    provider.userinfo = {**provider.person}
    nia = await sign_in(guests, provider)
    assert (await nia.api.ask("{ viewer { person { email } } }")).at("viewer.person.email") == "nia@one.example"


@pytest.mark.parametrize("proved", [True, False])
async def test_an_address_that_an_account_has_is_never_joined_to_it(
    guests: Accounts, provider: FakeProvider, proved: bool
) -> None:
    await (guests.sign_up("nia") if proved else guests.try_to_sign_up("nia"))
    answer = await complete(guests, await visit(guests.api, provider))
    assert (answer["__typename"], answer["conflict"]) == ("ConflictError", "email")
    assert "link" in str(answer["message"])
    assert await counted(guests) == {"people": 1, "identities": 0, "sessions": 0, "attempts": 0}


async def test_of_two_who_come_first_at_once_both_get_the_one_account(guests: Accounts, provider: FakeProvider) -> None:
    visits = [await visit(guests.api, provider) for _ in range(3)]
    answers = await asyncio.gather(*(complete(guests, back) for back in visits))
    assert [answer["__typename"] for answer in answers] == ["CompleteSignInWithSuccess"] * 3
    assert await counted(guests) == {"people": 1, "identities": 1, "sessions": 3, "attempts": 0}


async def test_a_username_that_is_taken_becomes_another_one(guests: Accounts, provider: FakeProvider) -> None:
    await guests.sign_up("octo_cat")
    nia = await sign_in(guests, provider, "github")
    username = str((await nia.api.ask("{ viewer { person { username } } }")).at("viewer.person.username"))
    assert username.startswith("octo_cat-")


async def test_somebody_suspended_or_gone_is_not_let_in(guests: Accounts, provider: FakeProvider) -> None:
    nia = await sign_in(guests, provider)
    await guests.set_status("nia", "suspended")
    assert (await complete(guests, await visit(guests.api, provider)))["__typename"] == "AuthError"
    await guests.run(Statement("erase", "MATCH (n:Person) DETACH DELETE n RETURN 1 AS row"))
    assert (await complete(guests, await visit(guests.api, provider)))["__typename"] == "AuthError"
    assert await is_out(nia.api)


class TestGitHub:
    async def test_is_asked_who_somebody_is(self, guests: Accounts, provider: FakeProvider) -> None:
        nia = await sign_in(guests, provider, "github")
        seen = await nia.api.ask("{ viewer { person { email username displayName } } }")
        assert seen.at("viewer.person") == {
            "email": "nia@one.example",
            "username": "octo_cat",
            "displayName": "octo_cat",
        }
        await sign_in(guests, provider, "github")
        assert (await counted(guests))["people"] == 1

    async def test_is_not_believed_with_a_code_of_another_sign_in_or_an_address_that_nobody_proved(
        self, guests: Accounts, provider: FakeProvider
    ) -> None:
        mine = await visit(guests.api, provider, name="github")
        other = await visit(guests.api, provider, name="github")
        stolen = Visit({**mine.back, "code": other.back["code"]}, mine.secret)
        assert (await complete(guests, stolen))["__typename"] == "AuthError"
        provider.person["email_verified"] = False
        back = await visit(guests.api, provider, name="github")
        assert (await complete(guests, back))["__typename"] == "AuthError"
        assert {**await counted(guests), "attempts": 0} == NOBODY


BEGIN = 'mutation { beginSignInWith(input: {provider: "acme", delivery: cookie}) {'
BEGIN += " ... on BeginSignInWithSuccess { url secret } } }"
COMPLETE = """mutation ($state: String!, $code: String!) {
    completeSignInWith(input: {state: $state, code: $code, delivery: cookie}) { __typename } }"""


async def test_a_browser_keeps_the_secret_as_a_cookie(guests: Accounts, provider: FakeProvider) -> None:
    async def post(query: str, variables: Mapping[str, str], cookie: str) -> tuple[JSON, dict[str, str]]:
        guests.http.cookies.clear()
        headers = {"Origin": ALLOWED_ORIGIN, **({"Cookie": cookie} if cookie else {})}
        body = {"query": query, "variables": variables}
        response = await guests.http.post("/graphql", json=body, headers=headers)
        cookies: dict[str, str] = {}
        for header in response.headers.get_list("set-cookie"):
            assert "HttpOnly" in header
            assert "Secure" in header
            cookies |= {name: morsel.value for name, morsel in SimpleCookie(header).items()}
        return next(iter(response.json()["data"].values())), cookies

    begun, cookies = await post(BEGIN, {}, "")
    assert isinstance(begun, dict)
    assert begun["secret"] is None
    [(name, secret)] = cookies.items()
    assert name == "__Host-one-attempt"
    back = await provider.visit(str(begun["url"]))
    given = {"state": back["state"], "code": back["code"]}
    answer, _ = await post(COMPLETE, given, "")
    assert answer == {"__typename": "AuthError"}
    answer, cookies = await post(COMPLETE, given, f"{name}={secret}")
    assert answer == {"__typename": "CompleteSignInWithSuccess"}
    assert cookies[name] == ""
    assert set(cookies) == {name, "__Host-one-access", "__Host-one-refresh"}

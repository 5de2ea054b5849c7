"""Sessions by cookies: what a browser keeps and sends, and from which pages that counts."""

import asyncio
from collections.abc import Callable, Mapping
from http.cookies import SimpleCookie
from typing import cast

import pytest

from domain.values import JSON
from tests.accounts import PASSWORD, SESSION, Accounts, is_out
from tests.component.conftest import ALLOWED_ORIGIN
from tests.snapshots import Snapshot

pytestmark = [pytest.mark.slow, pytest.mark.once]

OWN_ORIGIN = "http://testserver"

SIGN_IN = f"""mutation {{ signIn(input: {{
    email: "ann@one.example", password: "{PASSWORD}", delivery: cookie
}}) {{ __typename ... on SignInSuccess {{ {SESSION} }} }} }}"""
REAUTHENTICATE = f"""mutation {{ reauthenticate(input: {{ password: "{PASSWORD}" }}) {{
    __typename ... on ReauthenticateSuccess {{ {SESSION} }} }} }}"""
REFRESH = f"mutation {{ refreshSession(input: {{}}) {{ __typename ... on RefreshSessionSuccess {{ {SESSION} }} }} }}"


async def post(
    accounts: Accounts, query: str, cookies: Mapping[str, str], **headers: str
) -> tuple[int, Mapping[str, JSON], dict[str, str]]:
    """The status, the body and the cookies that a browser's request gets."""
    sent = {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items()), **headers}
    accounts.http.cookies.clear()
    response = await accounts.http.post(
        "/graphql", json={"query": query}, headers={k.encode(): v.encode() for k, v in sent.items() if v}
    )
    set_cookies = response.headers.get_list("set-cookie")
    kept: dict[str, str] = {}
    for header in set_cookies:
        attributes = {part.strip().partition("=")[0]: part.partition("=")[2] for part in header.split(";")[1:]}
        assert attributes.keys() - {"expires"} == {"HttpOnly", "Max-Age", "Path", "SameSite", "Secure"}
        assert (attributes["Path"], attributes["SameSite"]) == ("/", "lax")
        kept |= {name: morsel.value for name, morsel in SimpleCookie(header).items()}
    return response.status_code, response.json(), kept


async def test_cookies_carry_a_session_through_a_browser(accounts: Accounts) -> None:
    await accounts.sign_up("ann")
    _, body, cookies = await post(accounts, SIGN_IN, {}, Origin=OWN_ORIGIN)
    signed_in = cast("Mapping[str, Mapping[str, JSON]]", body["data"])["signIn"]
    assert (signed_in["__typename"], signed_in["tokens"]) == ("SignInSuccess", None)
    assert set(cookies) == {"__Host-one-access", "__Host-one-refresh"}
    for origin in (OWN_ORIGIN, ALLOWED_ORIGIN):
        _, body, _ = await post(accounts, "{ viewer { person { username } } }", cookies, Origin=origin)
        assert body["data"] == {"viewer": {"person": {"username": "ann"}}}
    _, body, renewed = await post(accounts, REFRESH, cookies, Origin=OWN_ORIGIN)
    assert cast("Mapping[str, Mapping[str, JSON]]", body["data"])["refreshSession"]["tokens"] is None
    assert set(renewed) == set(cookies)
    assert not set(renewed.values()) & set(cookies.values())
    # Who proves again who they are gets other cookies, and the refresh goes on with those.
    _, body, proved = await post(accounts, REAUTHENTICATE, renewed, Origin=OWN_ORIGIN)
    assert cast("Mapping[str, Mapping[str, JSON]]", body["data"])["reauthenticate"]["tokens"] is None
    assert (set(proved), set(proved.values()) & set(renewed.values())) == (set(cookies), set())
    _, _, renewed = await post(accounts, REFRESH, proved, Origin=OWN_ORIGIN)
    # The old one is nobody's now, and the browser may still sign in.
    _, body, _ = await post(accounts, "{ viewer { scope } }", cookies, Origin=OWN_ORIGIN)
    assert body["data"] == {"viewer": None}
    _, _, emptied = await post(accounts, "mutation { signOut { __typename } }", renewed, Origin=OWN_ORIGIN)
    assert emptied == {"__Host-one-access": "", "__Host-one-refresh": ""}
    _, body, _ = await post(accounts, "{ viewer { scope } }", renewed, Origin=OWN_ORIGIN)
    assert body["data"] == {"viewer": None}


WHO_BY_COOKIE = "{ viewer { person { username } } }"
NOBODY = {"viewer": None}


async def by_cookie(accounts: Accounts, name: str = "ann") -> dict[str, str]:
    """The cookies of somebody new."""
    await accounts.sign_up(name)
    _, _, cookies = await post(accounts, SIGN_IN, {}, Origin=OWN_ORIGIN)
    return cookies


async def refreshed(accounts: Accounts, cookies: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """What refreshing by cookies answers, and the new ones."""
    _, body, renewed = await post(accounts, REFRESH, cookies, Origin=OWN_ORIGIN)
    answer = cast("Mapping[str, Mapping[str, JSON]]", body["data"])["refreshSession"]
    return str(answer["__typename"]), renewed


@pytest.mark.parametrize(
    "tamper",
    [
        lambda value: f"{value[:9]}{'A' if value[9] != 'A' else 'B'}{value[10:]}",
        lambda value: value[:-1],
        lambda value: f"{value}A",
        lambda value: value.swapcase(),
        lambda value: value[:5] + "".join(chr(ord(each) + 0xFEE0) for each in value[5:9]) + value[9:],
        lambda value: value[:5] + "A" * (len(value) - 5),
        lambda _: "",
    ],
    ids=["another_letter", "too_short", "too_long", "other_case", "other_script", "of_no_account", "empty"],
)
async def test_cookies_that_say_something_else_are_nobodys_and_end_nothing(
    accounts: Accounts, tamper: Callable[[str], str]
) -> None:
    cookies = await by_cookie(accounts)
    other = {name: tamper(value) for name, value in cookies.items()}
    before = await Snapshot.take(accounts.store)
    status, body, _ = await post(accounts, WHO_BY_COOKIE, other, Origin=OWN_ORIGIN)
    assert (status, body["data"]) == (200, NOBODY)
    assert (await refreshed(accounts, other))[0] in {"AuthError", "ValidationError"}
    assert await Snapshot.take(accounts.store) == before
    _, body, _ = await post(accounts, WHO_BY_COOKIE, cookies, Origin=OWN_ORIGIN)
    assert body["data"] == {"viewer": {"person": {"username": "ann"}}}


async def test_cookies_of_somebody_suspended_or_gone_are_nobodys_at_once(accounts: Accounts) -> None:
    cookies = await by_cookie(accounts)
    await accounts.set_status("ann", "suspended")
    _, body, _ = await post(accounts, WHO_BY_COOKIE, cookies, Origin=OWN_ORIGIN)
    assert body["data"] == NOBODY
    assert (await refreshed(accounts, cookies))[0] == "AuthError"
    await accounts.set_status("ann", "active")
    delete = 'mutation { deleteAccount(input: { username: "ann" }) { __typename } }'
    _, body, _ = await post(accounts, delete, cookies, Origin=OWN_ORIGIN)
    assert body["data"] == {"deleteAccount": {"__typename": "DeleteAccountSuccess"}}
    _, body, _ = await post(accounts, WHO_BY_COOKIE, cookies, Origin=OWN_ORIGIN)
    assert body["data"] == NOBODY
    assert (await refreshed(accounts, cookies))[0] == "AuthError"


async def test_of_two_refreshes_by_the_same_cookies_at_once_one_gets_new_ones(accounts: Accounts) -> None:
    cookies = await by_cookie(accounts)
    answers = await asyncio.gather(*(refreshed(accounts, cookies) for _ in range(2)))
    assert sorted(kind for kind, _ in answers) == ["ConflictError", "RefreshSessionSuccess"]
    [renewed] = [cookies for kind, cookies in answers if kind == "RefreshSessionSuccess"]
    _, body, _ = await post(accounts, WHO_BY_COOKIE, renewed, Origin=OWN_ORIGIN)
    assert body["data"] == {"viewer": {"person": {"username": "ann"}}}


async def test_an_access_token_is_good_for_many_requests_at_once_until_it_is_used_up_for_all(
    accounts: Accounts,
) -> None:
    ann = await accounts.join("ann")
    assert not any(await asyncio.gather(*(is_out(ann.api) for _ in range(20))))
    renewing = asyncio.create_task(accounts.refresh(ann.refresh))
    await asyncio.gather(*(is_out(ann.api) for _ in range(20)))
    accounts.signed_in(await renewing)
    assert await is_out(ann.api)


async def test_a_password_is_good_however_old_it_is(accounts: Accounts) -> None:
    await accounts.sign_up("ann")
    accounts.clock.forward(days=4_000)
    ann = await accounts.sign_in("ann")
    assert not await is_out(ann.api)
    assert (await accounts.try_to_sign_in("ann", f"{PASSWORD}!"))["__typename"] == "AuthError"


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "", "https://testserver", "http://testserver:81"])
async def test_cookies_from_another_origin_do_not_count(accounts: Accounts, origin: str) -> None:
    await accounts.sign_up("ann")
    _, _, cookies = await post(accounts, SIGN_IN, {}, Origin=OWN_ORIGIN)
    status, body, _ = await post(accounts, "{ viewer { scope } }", cookies, Origin=origin)
    assert status == 403
    assert "data" not in body
    _, body, refused = await post(accounts, SIGN_IN, {}, Origin=origin)
    assert cast("Mapping[str, Mapping[str, JSON]]", body["data"])["signIn"]["__typename"] == "ForbiddenError"
    assert refused == {}


async def test_cookies_do_not_count_in_a_form_or_in_a_link(accounts: Accounts) -> None:
    await accounts.sign_up("ann")
    _, _, cookies = await post(accounts, SIGN_IN, {}, Origin=OWN_ORIGIN)
    headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items()), "Origin": OWN_ORIGIN}
    accounts.http.cookies.clear()
    link = await accounts.http.get("/graphql", params={"query": "{ viewer { scope } }"}, headers=headers)
    form = await accounts.http.post(
        "/graphql", content=b'{"query": "{ viewer { scope } }"}', headers={**headers, "Content-Type": "text/plain"}
    )
    assert link.status_code == 403
    assert form.status_code in {400, 403, 415}
    assert "data" not in form.json()


async def test_a_page_of_an_allowed_origin_is_told_so_and_no_other(accounts: Accounts) -> None:
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
    for origin, allowed in ((ALLOWED_ORIGIN, ALLOWED_ORIGIN), ("https://evil.example", None)):
        response = await accounts.http.options("/graphql", headers={**asked, "Origin": origin})
        assert response.headers.get("access-control-allow-origin") == allowed


@pytest.mark.parametrize("name", ["Authorization", "Consistency-Token", "Last-Event-ID", "X-Request-ID"])
async def test_a_page_of_an_allowed_origin_may_send_what_the_server_reads(accounts: Accounts, name: str) -> None:
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": name}
    response = await accounts.http.options("/graphql", headers={**asked, "Origin": ALLOWED_ORIGIN})
    assert response.status_code == 200


async def test_a_page_of_an_allowed_origin_may_read_what_it_is_to_send_back(accounts: Accounts) -> None:
    response = await accounts.http.get("/graphql", params={"query": "{ x }"}, headers={"Origin": ALLOWED_ORIGIN})
    assert response.headers["access-control-expose-headers"] == "Consistency-Token, X-Request-Id"

"""Sessions: how long tokens are good for, what ends them, and what an older token is good for."""

import asyncio
import json
from collections.abc import Callable, Mapping
from http.cookies import SimpleCookie
from typing import cast

import pytest

from domain.access import Caller
from domain.errors import NotFoundError
from domain.sessions import MAX_SESSIONS
from domain.values import JSON
from graph.store import Statement
from services.session_ending import end_all_sessions, end_sessions_of
from tests.accounts import PASSWORD, SESSION, WHO, Accounts, is_out
from tests.authenticator import challenged, complete, enrol
from tests.component.conftest import ALLOWED_ORIGIN
from tests.snapshots import Snapshot

pytestmark = [pytest.mark.slow, pytest.mark.once]

OWN_ORIGIN = "http://testserver"

EVERY_VALUE: Statement[Mapping[str, object]] = Statement("every_value", "MATCH (n) RETURN properties(n) AS row")
AUDITED: Statement[str] = Statement(
    "audited",
    """
    MATCH (n:Event {type: 'session_revoked', actor: 'system'}) WHERE n.auditKey IS NOT NULL
    RETURN n.properties AS row""",
)
EVERY_SESSION: Statement[Mapping[str, str]] = Statement("every_session", "MATCH (n:Session) RETURN n {.id} AS row")


async def test_a_session_says_who_asks_and_an_access_token_costs_one_statement(
    accounts: Accounts, all_statements: list[str]
) -> None:
    ann = await accounts.join("ann")
    all_statements.clear()
    answer = await ann.api.ask("{ viewer { scope } }")
    assert answer.data == {"viewer": {"scope": "write"}}
    assert all_statements == ["authenticate_session"]
    answer = await ann.api.ask(WHO)
    [session] = cast("list[Mapping[str, JSON]]", answer.at("viewer.sessions"))
    assert answer.at("viewer.person.username") == "ann"
    assert answer.at("viewer.apiKey") is None
    assert (session["id"], session["current"], session["address"]) == (ann.session, True, "127.0.0.1")
    assert "httpx" in str(session["userAgent"])


async def test_tokens_can_be_told_by_their_beginning_and_are_stored_as_hashes_only(accounts: Accounts) -> None:
    ann = await accounts.join("ann")
    assert ann.access.startswith("ones_")
    assert ann.refresh.startswith("oner_")
    rows = await accounts.store.read(EVERY_VALUE, {})
    stored = " ".join(str(value) for row in rows for value in row.values())
    secrets = (PASSWORD, ann.access, ann.refresh, ann.access[5:], ann.refresh[5:37], ann.refresh[37:])
    assert not [secret for secret in secrets if secret in stored]


async def test_an_access_token_is_good_for_ten_minutes_and_a_session_for_thirty_days_of_silence(
    accounts: Accounts,
) -> None:
    ann = await accounts.join("ann")
    accounts.clock.forward(minutes=9, seconds=55)
    assert not await is_out(ann.api)
    accounts.clock.forward(seconds=10)
    assert await is_out(ann.api)
    accounts.clock.forward(days=29)
    again = accounts.signed_in(await accounts.refresh(ann.refresh))
    assert not await is_out(again.api)
    accounts.clock.forward(days=30, seconds=1)
    assert (await accounts.refresh(again.refresh))["__typename"] == "AuthError"


async def test_a_refresh_answers_new_tokens_and_uses_up_the_old_ones(accounts: Accounts) -> None:
    ann = await accounts.join("ann")
    again = accounts.signed_in(await accounts.refresh(ann.refresh))
    assert again.session == ann.session
    assert {again.access, again.refresh}.isdisjoint({ann.access, ann.refresh})
    assert await is_out(ann.api)
    assert not await is_out(again.api)


async def test_an_older_refresh_token_ends_the_session_of_whoever_has_a_newer_one(accounts: Accounts) -> None:
    ann, other = await accounts.join("ann"), await accounts.sign_in("ann")
    again = accounts.signed_in(await accounts.refresh(ann.refresh))
    accounts.clock.forward(seconds=11)
    assert (await accounts.refresh(ann.refresh))["__typename"] == "AuthError"
    assert await is_out(again.api)
    assert (await accounts.refresh(again.refresh))["__typename"] == "AuthError"
    assert not await is_out(other.api)


async def test_the_token_before_the_last_ends_the_session_at_once(accounts: Accounts) -> None:
    ann = await accounts.join("ann")
    second = accounts.signed_in(await accounts.refresh(ann.refresh))
    third = accounts.signed_in(await accounts.refresh(second.refresh))
    assert (await accounts.refresh(ann.refresh))["__typename"] == "AuthError"
    assert await is_out(third.api)


async def test_of_two_refreshes_at_once_one_gets_tokens_and_the_session_goes_on(accounts: Accounts) -> None:
    ann = await accounts.join("ann")
    answers = await asyncio.gather(*(accounts.refresh(ann.refresh) for _ in range(5)))
    kinds = sorted(str(answer["__typename"]) for answer in answers)
    assert kinds == ["ConflictError"] * 4 + ["RefreshSessionSuccess"]
    [won] = [answer for answer in answers if "tokens" in answer]
    assert not await is_out(accounts.signed_in(won).api)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda token: token[:0],
        lambda token: token[:-1],
        lambda token: f"{token}A",
        lambda token: f"one_{token[5:]}",
        lambda token: token[:5] + "A" * 32 + token[37:],
        lambda token: f"{token[:-1]}é",
    ],
)
async def test_a_tampered_refresh_token_is_refused_and_ends_nothing(accounts: Accounts, spoil: object) -> None:
    ann = await accounts.join("ann")
    spoilt = spoil(ann.refresh)  # type: ignore[operator] # one of the functions above
    assert (await accounts.refresh(spoilt))["__typename"] == "AuthError"
    assert not await is_out(ann.api)


async def test_a_tampered_access_token_is_refused(accounts: Accounts) -> None:
    ann = await accounts.join("ann")
    for token in (ann.access[:-1], f"{ann.access}A", "ones_", "ones_" + "A" * 43, ann.refresh):
        assert await is_out(accounts.api.as_holder_of(token))


async def test_signing_out_ends_this_session_and_no_other(accounts: Accounts) -> None:
    ann, other = await accounts.join("ann"), await accounts.sign_in("ann")
    answer = await ann.api.ask("mutation { signOut { ... on SignOutSuccess { sessionId } } }")
    assert answer.at("signOut.sessionId") == ann.session
    assert await is_out(ann.api)
    assert (await accounts.refresh(ann.refresh))["__typename"] == "AuthError"
    assert not await is_out(other.api)


async def test_a_person_ends_their_own_sessions_with_the_next_request_and_nobody_elses(accounts: Accounts) -> None:
    ann, other = await accounts.join("ann"), await accounts.sign_in("ann")
    ben = await accounts.join("ben")
    answer = await ann.api.change("revokeSession", {"id": ben.session})
    assert (answer["__typename"], answer["resource"], answer["id"]) == ("NotFoundError", "session", ben.session)
    assert not await is_out(ben.api)
    assert (await ann.api.change("revokeSession", {"id": other.session}, "sessionId"))["sessionId"] == other.session
    assert await is_out(other.api)
    assert (await accounts.refresh(other.refresh))["__typename"] == "AuthError"
    assert (await ann.api.ask(WHO)).each("viewer.sessions", "id") == [ann.session]


@pytest.mark.parametrize("keep", [True, False])
async def test_all_sessions_end_at_once_but_the_one_to_keep(accounts: Accounts, keep: bool) -> None:
    ann = await accounts.join("ann")
    others = [await accounts.sign_in("ann") for _ in range(2)]
    ended = await ann.api.change("revokeAllSessions", {"keepThis": keep}, "sessionIds")
    expected = {other.session for other in others} | (set() if keep else {ann.session})
    assert set(cast("list[str]", ended["sessionIds"])) == expected
    assert [await is_out(each.api) for each in others] == [True, True]
    assert await is_out(ann.api) is not keep


async def test_ending_sessions_takes_a_proof_within_the_last_ten_minutes(accounts: Accounts) -> None:
    ann = await accounts.join("ann")
    accounts.clock.forward(minutes=9)
    ann = accounts.signed_in(await accounts.refresh(ann.refresh))
    accounts.clock.forward(minutes=2)
    for field, given in (("revokeSession", {"id": ann.session}), ("revokeAllSessions", {"keepThis": False})):
        assert (await ann.api.change(field, given))["__typename"] == "ReauthenticationError"
    assert not await is_out(ann.api)
    wrong = await ann.api.change("reauthenticate", {"password": "another one"})
    assert (wrong["__typename"], wrong["field"]) == ("ValidationError", "password")
    assert (await ann.api.change("revokeSession", {"id": ann.session}))["__typename"] == "ReauthenticationError"
    proof = accounts.signed_in(await ann.api.change("reauthenticate", {"password": PASSWORD}, SESSION))
    assert proof.session == ann.session
    # Whoever has the tokens of before has nothing, and ends nothing.
    assert {proof.access, proof.refresh}.isdisjoint({ann.access, ann.refresh})
    assert await is_out(ann.api)
    assert (await accounts.refresh(ann.refresh))["__typename"] == "AuthError"
    ann = proof
    assert (await ann.api.change("revokeSession", {"id": ann.session}))["__typename"] == "RevokeSessionSuccess"
    assert await is_out(ann.api)


async def test_a_suspended_person_is_out_with_the_next_request_and_cannot_refresh(accounts: Accounts) -> None:
    ann = await accounts.join("ann")
    await accounts.set_status("ann", "suspended")
    assert await is_out(ann.api)
    assert (await accounts.refresh(ann.refresh))["__typename"] == "AuthError"
    await accounts.set_status("ann", "active")
    assert not await is_out(ann.api)


async def test_the_last_use_is_written_once_a_minute(accounts: Accounts, all_statements: list[str]) -> None:
    ann = await accounts.join("ann")
    all_statements.clear()
    for _ in range(3):
        await ann.api.ask("{ viewer { scope } }")
    accounts.clock.forward(seconds=61)
    for _ in range(3):
        await ann.api.ask("{ viewer { scope } }")
    assert sum(each in {"authenticate_session", "confirm"} for each in all_statements) == 6
    assert all_statements.count("touch_session") == 1


async def test_a_person_has_a_bounded_number_of_sessions(accounts: Accounts, monkeypatch: pytest.MonkeyPatch) -> None:
    assert MAX_SESSIONS == 50
    monkeypatch.setattr("services.sessions.MAX_SESSIONS", 2)
    ann = await accounts.join("ann")
    others = [await accounts.sign_in("ann") for _ in range(2)]
    assert await is_out(ann.api)
    assert [await is_out(each.api) for each in others] == [False, False]


async def ended_by_operators(accounts: Accounts) -> list[str]:
    """The sessions that operators ended, as the audit log has them."""
    found = [json.loads(each) for each in await accounts.store.read(AUDITED, {})]
    assert {each["reason"] for each in found} == {"operator"}
    return sorted(each["revoked"] for each in found)


async def test_an_operator_ends_the_sessions_of_one_person_with_the_next_request(accounts: Accounts) -> None:
    who, ben = await enrol(accounts, "ann"), await accounts.join("ben")
    challenge = await challenged(accounts, "ann")
    before = await Snapshot.take(accounts.store)
    with pytest.raises(NotFoundError):
        await end_sessions_of(accounts.store, Caller(None), "nobody@one.example")
    assert await Snapshot.take(accounts.store) == before
    assert await end_sessions_of(accounts.store, Caller(None), " Ann@one.example") == 1
    assert await is_out(who.api.api)
    assert (await accounts.refresh(who.api.refresh))["__typename"] == "AuthError"
    assert (await complete(accounts, challenge, who.app.next()))["__typename"] == "AuthError"
    assert not await is_out(ben.api)
    assert await end_sessions_of(accounts.store, Caller(None), "ann@one.example") == 0
    assert await ended_by_operators(accounts) == [who.api.session]


async def test_an_operator_ends_all_sessions_that_there_are_and_none_that_begin_later(
    accounts: Accounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.session_ending.AT_ONCE", 2)
    people = [await accounts.join(name) for name in ("ann", "ben", "cleo")]
    people += [await accounts.sign_in("ann") for _ in range(2)]
    at = accounts.clock()
    accounts.clock.forward(seconds=1)
    later = await accounts.sign_in("ann")
    # Two operators at once end each session once.
    totals = await asyncio.gather(*(end_all_sessions(accounts.store, Caller(None), lambda: at) for _ in range(2)))
    assert sum(totals) == 5
    assert [await is_out(each.api) for each in people] == [True] * 5
    assert not await is_out(later.api)
    assert await ended_by_operators(accounts) == sorted(each.session for each in people)


async def test_a_session_that_expired_is_forgotten(accounts: Accounts) -> None:
    await accounts.join("ann")
    accounts.clock.forward(days=31)
    ben = await accounts.join("ben")
    accounts.signed_in(await accounts.refresh(ben.refresh))
    assert [row["id"] for row in await accounts.store.read(EVERY_SESSION, {})] == [ben.session]


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

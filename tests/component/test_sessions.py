"""Sessions: how long tokens are good for, what ends them, and what an older token is good for."""

import asyncio
import json
from collections.abc import Mapping
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
from tests.snapshots import Snapshot

pytestmark = [pytest.mark.slow, pytest.mark.once]

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

"""Another e-mail address: taken by whoever reads the mail there, told to the one before."""

import asyncio
from collections.abc import Mapping

import pytest

from domain.values import JSON, JSONObject
from graph.store import Statement
from tests.accounts import PASSWORD, Accounts, SignedIn, is_out
from tests.letters import Letters

pytestmark = [pytest.mark.slow, pytest.mark.once]

ADDRESSES: Statement[str] = Statement("addresses", "MATCH (n:Person) RETURN n.email AS row ORDER BY row")
LINKS: Statement[int] = Statement("links", "MATCH (n:OneTimeToken {kind: 'change_email'}) RETURN count(n) AS row")


async def ask(someone: SignedIn, name: str) -> Mapping[str, JSON]:
    return await someone.api.change("requestEmailChange", {"email": f"{name}@one.example"}, "email")


async def confirm(accounts: Accounts, token: str) -> Mapping[str, JSON]:
    return await accounts.api.change("confirmEmailChange", {"token": token}, "email")


async def test_an_address_is_changed_by_the_link_that_went_there_and_all_other_sessions_end(
    accounts: Accounts, letters: Letters
) -> None:
    ann, other = await accounts.join("ann"), await accounts.sign_in("ann")
    assert await ask(ann, "Nia") == {"__typename": "RequestEmailChangeSuccess", "email": "nia@one.example"}
    token = await letters.token("nia")
    assert await accounts.store.read(ADDRESSES, {}) == ["ann@one.example"]
    answer = await ann.api.change("confirmEmailChange", {"token": token}, "email")
    assert answer == {"__typename": "ConfirmEmailChangeSuccess", "email": "nia@one.example"}
    seen = await ann.api.ask("{ viewer { person { email emailVerifiedAt version } } }")
    assert seen.at("viewer.person.email") == "nia@one.example"
    assert seen.at("viewer.person.version") == 2
    assert await is_out(other.api)
    assert "another e-mail address" in (await letters.last("ann")).text
    assert (await accounts.try_to_sign_in("ann"))["__typename"] == "AuthError"
    await accounts.sign_in("nia")
    assert (await confirm(accounts, token))["__typename"] == "ValidationError"
    activity = await ann.api.ask("{ viewer { accountActivity(first: 20) { nodes { type } } } }")
    assert {"email_changed", "email_change_requested"} <= {*activity.each("viewer.accountActivity.nodes", "type")}


async def test_it_takes_a_proof_of_late(accounts: Accounts, letters: Letters) -> None:
    ann = await accounts.join("ann")
    await letters.deliver()
    before = len(letters.sent)
    accounts.clock.forward(minutes=11)
    ann = accounts.signed_in(await accounts.refresh(ann.refresh))
    assert (await ask(ann, "nia"))["__typename"] == "ReauthenticationError"
    assert (await accounts.api.change("requestEmailChange", {"email": "nia@one.example"}))["__typename"] == "AuthError"
    await letters.deliver()
    assert len(letters.sent) == before


async def test_a_link_from_another_browser_ends_all_sessions(accounts: Accounts, letters: Letters) -> None:
    ann, ben = await accounts.join("ann"), await accounts.join("ben")
    await ask(ann, "nia")
    answer = await ben.api.change("confirmEmailChange", {"token": await letters.token("nia")}, "email")
    assert answer["__typename"] == "ConfirmEmailChangeSuccess"
    assert await is_out(ann.api)
    assert not await is_out(ben.api)


async def test_an_address_of_another_account_is_not_told_and_not_taken(
    accounts: Accounts, letters: Letters, statements: list[str]
) -> None:
    ann, _ = await accounts.join("ann"), await accounts.join("ben")
    ran = []
    for name in ("nia", "ben"):
        statements.clear()
        assert (await ask(ann, name))["__typename"] == "RequestEmailChangeSuccess"
        ran.append(list(statements))
    assert ran[0] == ran[1]
    assert "You have an account already" in (await letters.last("ben")).text
    answer = await ann.api.change("requestEmailChange", {"email": "ANN@one.example"})
    assert (answer["__typename"], answer["field"]) == ("ValidationError", "email")
    assert await accounts.store.read(ADDRESSES, {}) == ["ann@one.example", "ben@one.example"]


async def test_of_two_accounts_that_take_one_address_at_once_one_gets_it(accounts: Accounts, letters: Letters) -> None:
    tokens = []
    for name in ("ann", "ben"):
        await ask(await accounts.join(name), "nia")
        tokens.append(await letters.token("nia"))
    answers = await asyncio.gather(*(confirm(accounts, token) for token in tokens))
    assert sorted(str(answer["__typename"]) for answer in answers) == ["ConfirmEmailChangeSuccess", "ConflictError"]
    assert len(await accounts.store.read(ADDRESSES, {})) == 2
    assert await accounts.store.read(LINKS, {}) == [1]  # what was refused used nothing up


async def test_another_password_withdraws_what_was_asked_for_with_the_old_one(
    accounts: Accounts, letters: Letters
) -> None:
    ann = await accounts.join("ann")
    await ask(ann, "thief")
    token = await letters.token("thief")
    given: JSONObject = {"currentPassword": PASSWORD, "newPassword": "copper lantern 58 harbour"}
    assert (await ann.api.change("changePassword", given))["__typename"] == "ChangePasswordSuccess"
    assert (await confirm(accounts, token))["__typename"] == "ValidationError"
    assert await accounts.store.read(ADDRESSES, {}) == ["ann@one.example"]


async def test_whoever_ends_all_sessions_withdraws_what_was_asked_for_in_one(
    accounts: Accounts, letters: Letters
) -> None:
    ann = await accounts.join("ann")
    await ask(ann, "thief")
    token = await letters.token("thief")
    assert (await ann.api.change("revokeAllSessions", {}))["__typename"] == "RevokeAllSessionsSuccess"
    assert (await confirm(accounts, token))["__typename"] == "ValidationError"
    assert await accounts.store.read(ADDRESSES, {}) == ["ann@one.example"]


async def test_a_link_that_is_not_valid_changes_nothing(accounts: Accounts, letters: Letters) -> None:
    ann = await accounts.join("ann")
    await accounts.api.change("requestSignInLink", {"email": "ann@one.example"})
    of_another_kind = await letters.token("ann")
    await ask(ann, "first")
    replaced = await letters.token("first")
    await ask(ann, "nia")
    token = await letters.token("nia")
    for wrong in (token[:-1], "", of_another_kind, replaced):
        assert (await confirm(accounts, wrong))["__typename"] == "ValidationError"
    await accounts.set_status("ann", "suspended")
    assert (await confirm(accounts, token))["__typename"] == "ValidationError"
    await accounts.set_status("ann", "active")
    accounts.clock.forward(minutes=61)
    assert (await confirm(accounts, token))["__typename"] == "ValidationError"
    assert await accounts.store.read(ADDRESSES, {}) == ["ann@one.example"]

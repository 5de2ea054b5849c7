"""Signing in by a link or a code that came by mail: once, for ten minutes, and for whoever reads the mail."""

import asyncio
from collections.abc import Mapping

import pytest

from domain.values import JSON
from graph.store import Statement
from tests.accounts import PASSWORD, SESSION, Accounts, is_out
from tests.letters import Letters

pytestmark = [pytest.mark.slow, pytest.mark.once]

CREDENTIALS: Statement[int] = Statement("credentials", "RETURN COUNT { (:Credential) } AS row")
TOLD: Statement[str] = Statement("told", "MATCH (n:Event) WHERE n.actor <> 'system' RETURN n.type AS row ORDER BY n.id")


async def ask(accounts: Accounts, name: str) -> Mapping[str, JSON]:
    return await accounts.api.change("requestSignInLink", {"email": f"{name}@one.example"}, "email")


async def by_link(accounts: Accounts, token: str) -> Mapping[str, JSON]:
    return await accounts.api.change("signInByMail", {"proof": {"token": token}}, SESSION)


async def by_code(accounts: Accounts, name: str, code: str) -> Mapping[str, JSON]:
    proof: JSON = {"code": {"email": f"{name}@one.example", "code": code}}
    return await accounts.api.change("signInByMail", {"proof": proof}, SESSION)


def is_refused(answer: Mapping[str, JSON], field: str = "token") -> bool:
    return (answer["__typename"], answer.get("field")) == ("ValidationError", field)


async def test_who_follows_the_link_is_signed_in_once(accounts: Accounts, letters: Letters) -> None:
    await accounts.sign_up("ann")
    assert await ask(accounts, "ANN") == {"__typename": "RequestSignInLinkSuccess", "email": "ann@one.example"}
    token = await letters.token("ann")
    ann = accounts.signed_in(await by_link(accounts, token))
    assert (await ann.api.ask("{ viewer { person { username } } }")).at("viewer.person.username") == "ann"
    assert is_refused(await by_link(accounts, token))
    assert await accounts.store.read(TOLD, {}) == ["user_registered", "user_login"]
    await accounts.sign_in("ann")  # the password is good still


async def test_a_code_is_good_once_and_five_may_be_tried_an_hour(accounts: Accounts, letters: Letters) -> None:
    await accounts.sign_up("ann")
    await ask(accounts, "ann")
    token, code = await letters.token("ann"), await letters.code("ann")
    assert not await is_out(accounts.signed_in(await by_code(accounts, "ann", code)).api)
    assert is_refused(await by_code(accounts, "ann", code), "code")
    assert is_refused(await by_link(accounts, token))
    accounts.clock.forward(minutes=2)
    await ask(accounts, "ann")
    code = await letters.code("ann")
    wrong = [f"{number:06}" for number in range(9) if f"{number:06}" != code]
    await asyncio.gather(*(by_code(accounts, "ann", each) for each in wrong))
    assert is_refused(await by_code(accounts, "ann", code), "code")


async def test_of_many_who_use_one_link_at_once_one_is_signed_in(accounts: Accounts, letters: Letters) -> None:
    await accounts.sign_up("ann")
    await ask(accounts, "ann")
    token = await letters.token("ann")
    answers = await asyncio.gather(*(by_link(accounts, token) for _ in range(5)))
    assert sorted(str(answer["__typename"]) for answer in answers) == [
        "SignInByMailSuccess",
        *["ValidationError"] * 4,
    ]


async def test_a_link_that_is_tampered_with_late_of_another_kind_or_of_somebody_suspended_is_refused(
    accounts: Accounts, letters: Letters
) -> None:
    await accounts.sign_up("ann")
    await ask(accounts, "ann")
    token, code = await letters.token("ann"), await letters.code("ann")
    for wrong in (token[:-1], f"{token}x", "", "onet_"):
        assert is_refused(await by_link(accounts, wrong))
    # A link to sign in proves no address and gives no password, nor the other way round.
    assert is_refused(await accounts.api.change("verifyEmail", {"token": token}))
    assert is_refused(await accounts.api.change("resetPassword", {"token": token, "newPassword": PASSWORD}))
    await accounts.api.change("requestPasswordReset", {"email": "ann@one.example"})
    assert is_refused(await by_link(accounts, await letters.token("ann")))
    await accounts.set_status("ann", "suspended")
    assert is_refused(await by_link(accounts, token))
    assert is_refused(await by_code(accounts, "ann", code), "code")
    await accounts.set_status("ann", "active")
    accounts.clock.forward(minutes=2)
    await ask(accounts, "ann")
    token, code = await letters.token("ann"), await letters.code("ann")
    accounts.clock.forward(minutes=10)
    assert is_refused(await by_link(accounts, token))
    assert is_refused(await by_code(accounts, "ann", code), "code")


async def test_asking_for_a_link_answers_and_does_the_same_for_an_unknown_address(
    accounts: Accounts, letters: Letters, statements: list[str]
) -> None:
    await accounts.sign_up("ann")
    await accounts.sign_up("sue")
    await accounts.set_status("sue", "suspended")
    await letters.deliver()
    before, ran = len(letters.sent), []
    for name in ("ann", "nobody", "sue", "ann"):
        statements.clear()
        assert (await ask(accounts, name))["__typename"] == "RequestSignInLinkSuccess"
        ran.append(list(statements))
    assert ran[0] == ran[1] == ran[2] == ran[3] == ["fetch_address", "issue_tokens", "add_mails", "append_events"]
    await letters.deliver()
    assert [message.address for message in letters.sent[before:]] == ["ann@one.example"]  # and one a minute


async def test_who_proves_an_address_first_by_signing_in_leaves_no_password_of_whoever_signed_up(
    accounts: Accounts, letters: Letters
) -> None:
    await accounts.try_to_sign_up("ann")  # by somebody who does not read her mail
    await letters.deliver()
    await ask(accounts, "ann")
    ann = accounts.signed_in(await by_link(accounts, await letters.token("ann")))
    assert (await ann.api.ask("{ viewer { person { emailVerifiedAt } } }")).at("viewer.person.emailVerifiedAt")
    assert await accounts.store.read(CREDENTIALS, {}) == [0]
    assert (await accounts.try_to_sign_in("ann"))["__typename"] == "AuthError"
    assert await accounts.store.read(TOLD, {}) == ["user_registered", "email_verified", "user_login"]

"""Signing up and in: what is taken, what is told to whom, and that nobody learns who has an account."""

import asyncio
import unicodedata
from collections.abc import Mapping
from threading import Thread, current_thread

import pytest
from pwdlib.hashers.argon2 import Argon2Hasher

from domain.values import JSON, JSONObject
from graph.store import Statement, Transaction
from services import passwords
from tests.accounts import PASSWORD, SESSION, Accounts, is_out

pytestmark = [pytest.mark.slow, pytest.mark.once]

COUNT: Statement[Mapping[str, int]] = Statement(
    "count_accounts",
    """
    RETURN {
        people: COUNT { (:Person) }, credentials: COUNT { (:Credential) },
        sessions: COUNT { (:Session) }, events: COUNT { (:Event) }
    } AS row""",
)
KEEP_HASH: Statement[str] = Statement(
    "keep_hash", "MATCH (credential:Credential) SET credential.passwordHash = $hash RETURN credential.personId AS row"
)
READ_HASH: Statement[str] = Statement("read_hash", "MATCH (n:Credential) RETURN n.passwordHash AS row")
TOLD: Statement[str] = Statement("told", "MATCH (event:Event) RETURN event.type AS row ORDER BY event.id")


async def counted(accounts: Accounts) -> Mapping[str, int]:
    return (await accounts.store.read(COUNT, {}))[0]


async def test_who_signs_up_can_sign_in_as_a_customer_and_sees_themselves(accounts: Accounts) -> None:
    answer = await accounts.sign_up("Ann")
    assert answer == {"__typename": "SignUpSuccess", "email": "ann@one.example"}
    ann = await accounts.sign_in("ANN")
    seen = await ann.api.ask("{ viewer { person { email username displayName role status } groups { id } } }")
    assert seen.at("viewer") == {
        "person": {
            "email": "ann@one.example",
            "username": "Ann",
            "displayName": "Ann",
            "role": "customer",
            "status": "active",
        },
        "groups": [],
    }
    assert await accounts.store.read(TOLD, {}) == ["user_registered", "email_verification_sent", "user_login"]


async def test_signing_up_with_an_address_that_has_an_account_answers_and_does_the_same(
    accounts: Accounts, statements: list[str]
) -> None:
    answers, ran = [], []
    for name in ("ann", "other"):
        given: dict[str, JSON] = {
            "email": "ann@one.example",
            "username": name,
            "displayName": name,
            "password": PASSWORD,
        }
        statements.clear()
        answers.append(await accounts.api.change("signUp", given, "email"))
        ran.append(list(statements))
    assert answers[0] == answers[1] == {"__typename": "SignUpSuccess", "email": "ann@one.example"}
    made = ["find_taken", "create_accounts", "issue_tokens", "add_mails"]
    assert ran[0] == ran[1] == [*made, "append_events", "lock_audit_head", "append_audited_events"]
    assert await counted(accounts) == {"people": 1, "credentials": 1, "sessions": 0, "events": 2}


async def test_of_two_who_sign_up_at_once_with_one_address_one_gets_it_and_both_the_same_answer(
    accounts: Accounts,
) -> None:
    given: dict[str, JSON] = {"email": "ann@one.example", "displayName": "Ann", "password": PASSWORD}
    answers = await asyncio.gather(
        *(accounts.api.change("signUp", {**given, "username": f"ann{number}"}, "email") for number in range(4))
    )
    assert [answer["__typename"] for answer in answers] == ["SignUpSuccess"] * 4
    assert await counted(accounts) == {"people": 1, "credentials": 1, "sessions": 0, "events": 2}


async def test_a_username_is_taken_whatever_its_case(accounts: Accounts) -> None:
    await accounts.sign_up("ann")
    given: dict[str, JSON] = {"email": "b@one.example", "username": "ANN", "displayName": "B", "password": PASSWORD}
    answer = await accounts.api.change("signUp", given)
    assert (answer["__typename"], answer["conflict"]) == ("ConflictError", "username")
    # Also where the address has an account, so that this tells nothing about it.
    answer = await accounts.api.change("signUp", {**given, "email": "ann@one.example"})
    assert (answer["__typename"], answer["conflict"]) == ("ConflictError", "username")
    assert (await counted(accounts))["people"] == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", "ann"),
        ("username", "a"),
        ("displayName", " "),
        ("password", "x7#Kq!2"),
        ("password", "p" * 129),
        ("password", "password1234"),
        ("password", "anne-marie"),
        ("password", "qwertyuiop"),
        ("password", "violet\x00anchor 94 meadow"),
    ],
)
async def test_what_cannot_be_an_account_is_refused_and_writes_nothing(
    accounts: Accounts, statements: list[str], field: str, value: str
) -> None:
    given: dict[str, JSON] = {
        "email": "anne-marie@one.example",
        "username": "anne-marie",
        "displayName": "Anne",
        "password": PASSWORD,
    }
    answer = await accounts.api.change("signUp", {**given, field: value})
    assert (answer["__typename"], answer["field"]) == ("ValidationError", field)
    assert value not in str(answer["message"]) or len(value) == 1
    assert statements == []


@pytest.mark.parametrize("password", [PASSWORD, "Ünïcödé wörter 7 hoch", "xxxk9#fQ2!zR7", "contraseña añeja 58 día"])
async def test_a_password_may_be_of_anything_and_is_the_same_in_either_form_of_unicode(
    accounts: Accounts, password: str
) -> None:
    await accounts.sign_up("ann", unicodedata.normalize("NFD", password))
    assert "tokens" in await accounts.try_to_sign_in("ann", unicodedata.normalize("NFC", password))


async def test_a_wrong_password_an_unknown_address_and_a_suspended_account_look_the_same(
    accounts: Accounts, statements: list[str]
) -> None:
    await accounts.sign_up("ann")
    await accounts.sign_up("sue")
    await accounts.set_status("sue", "suspended")
    answers, ran = [], []
    for name, password in (("ann", "wrong one 7"), ("nobody", PASSWORD), ("sue", PASSWORD)):
        statements.clear()
        answers.append(await accounts.try_to_sign_in(name, password))
        ran.append(list(statements))
    assert answers[0]["__typename"] == "AuthError"
    assert answers[0] == answers[1] == answers[2]
    assert ran[0] == ran[1] == ran[2] == ["fetch_account", "append_events"]


async def test_a_password_is_hashed_for_unknown_addresses_too(
    accounts: Accounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    await accounts.sign_up("ann")
    hashed: list[str] = []
    verify = passwords.HASHING.verify_and_update

    def counting(password: str, stored: str) -> tuple[bool, str | None]:
        hashed.append(stored[:30])
        return verify(password, stored)

    monkeypatch.setattr(passwords.HASHING, "verify_and_update", counting)
    for name in ("ann", "nobody"):
        await accounts.try_to_sign_in(name, "wrong one 7")
    assert len(hashed) == 2
    assert hashed[0] == hashed[1]  # the same algorithm at the same cost


async def test_somebody_without_a_password_cannot_sign_in(accounts: Accounts) -> None:
    await accounts.sign_up("ann")

    async def work(transaction: Transaction) -> None:
        await transaction.run(FORGET, {})

    await accounts.store.write(work)
    for password in (PASSWORD, "", "None"):
        assert (await accounts.try_to_sign_in("ann", password))["__typename"] == "AuthError"


FORGET: Statement[bool] = Statement("forget", "MATCH (n:Credential) DELETE n RETURN true AS row")


async def test_a_hash_of_older_settings_is_made_anew_by_signing_in(accounts: Accounts) -> None:
    await accounts.sign_up("ann")
    older = Argon2Hasher(time_cost=1, memory_cost=1024, parallelism=1).hash(PASSWORD)

    async def work(transaction: Transaction) -> None:
        await transaction.run(KEEP_HASH, {"hash": older})

    await accounts.store.write(work)
    assert (await accounts.try_to_sign_in("ann", "wrong one 7"))["__typename"] == "AuthError"
    assert await accounts.store.read(READ_HASH, {}) == [older]
    await accounts.sign_in("ann")
    [better] = await accounts.store.read(READ_HASH, {})
    assert better != older
    assert better.startswith("$argon2id$v=19$m=65536,t=3,p=1$")
    assert not await is_out((await accounts.sign_in("ann")).api)


async def test_many_who_sign_in_at_once_are_all_let_in_and_hashed_beside_the_event_loop(
    accounts: Accounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    await accounts.sign_up("ann")
    verify, threads = Argon2Hasher.verify, list[Thread]()

    def watched(hasher: Argon2Hasher, password: str | bytes, stored: str | bytes) -> bool:
        threads.append(current_thread())
        return verify(hasher, password, stored)

    monkeypatch.setattr(Argon2Hasher, "verify", watched)
    answers = await asyncio.gather(*(accounts.try_to_sign_in("ann") for _ in range(20)))
    assert [answer["__typename"] for answer in answers] == ["SignInSuccess"] * 20
    assert len(threads) == 20
    assert current_thread() not in threads


async def test_who_comes_when_too_many_wait_is_told_when_to_come_again(
    accounts: Accounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    await accounts.sign_up("ann")
    monkeypatch.setattr(passwords, "_MOST_WAITING", 0)
    answer = await accounts.try_to_sign_in("ann")
    assert (answer["__typename"], answer["retryAfter"]) == ("RateLimitError", 1)


async def test_a_person_sees_what_happened_to_their_account_and_nobody_elses(accounts: Accounts) -> None:
    ann, ben = await accounts.join("ann"), await accounts.join("ben")
    await accounts.try_to_sign_in("ann", "wrong one 7")
    given: JSONObject = {"currentPassword": PASSWORD, "newPassword": "copper lantern 58 harbour"}
    ann = accounts.signed_in(await ann.api.change("changePassword", given, SESSION))
    other = await accounts.sign_in("ann", "copper lantern 58 harbour")
    await other.api.ask("mutation { signOut { __typename } }")
    answer = await ann.api.ask(ACTIVITY)
    assert answer.each("viewer.accountActivity.nodes", "type") == [
        "user_logout",
        "user_login",
        "password_changed",
        "user_login_failed",
        "user_login",
        "email_verification_sent",
        "user_registered",
    ]
    assert answer.at("viewer.accountActivity.totalCount") == 7
    assert {str(event) for event in answer.each("viewer.accountActivity.nodes", "targetId")} == {
        answer.at("viewer.person.id")
    }
    told = str(answer.at("viewer.accountActivity.nodes"))
    assert not [word for word in ("@one.example", "127.0.0.1", "httpx", "Ann") if word in told]
    assert (await ben.api.ask(ACTIVITY)).at("viewer.accountActivity.totalCount") == 3


ACTIVITY = """{ viewer { person { id } accountActivity(first: 50) {
    nodes { type targetId actor properties } totalCount
} } }"""

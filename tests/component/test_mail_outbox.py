"""The outbox, and what its mails are for: proving an address, and another password."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import pytest

from domain.mail import Message
from domain.people import MemberRole, PlatformRole
from domain.values import JSON
from graph.store import Statement
from services.mail import LEASE, MAX_ATTEMPTS, Mails
from services.people import NewPerson
from services.registration import register
from tests.accounts import PASSWORD, Accounts, is_out
from tests.letters import APP, Letters, refused
from tests.worlds import World

pytestmark = [pytest.mark.slow, pytest.mark.once]

NEW = "copper lantern 58 harbour"
MAILS: Statement[Mapping[str, JSON]] = Statement(
    "mails", "MATCH (n:Mail) RETURN n {.template, .status, .values, .attempts} AS row ORDER BY n.id"
)
BOUNCED: Statement[int] = Statement("bounced", "MATCH (n:Mail {id: $id}) SET n.delivery = 'bounced' RETURN 1 AS row")
LINKS: Statement[int] = Statement("links", "MATCH (n:OneTimeToken) RETURN count(n) AS row")
TOLD: Statement[str] = Statement(
    "told", "MATCH (n:Event) WHERE n.type STARTS WITH 'email_' RETURN n.type AS row ORDER BY n.id"
)


async def verify(accounts: Accounts, token: str) -> Mapping[str, JSON]:
    return await accounts.api.change("verifyEmail", {"token": token}, "email")


async def verify_by_code(accounts: Accounts, name: str, code: str) -> Mapping[str, JSON]:
    given: dict[str, JSON] = {"code": {"email": f"{name}@one.example", "code": code}}
    return await accounts.api.change("verifyEmail", given, "email")


async def ask_for_reset(accounts: Accounts, name: str) -> Mapping[str, JSON]:
    return await accounts.api.change("requestPasswordReset", {"email": f"{name}@one.example"}, "email")


async def reset(accounts: Accounts, token: str, new: str = NEW) -> Mapping[str, JSON]:
    return await accounts.api.change("resetPassword", {"token": token, "newPassword": new}, "email")


def is_refused(answer: Mapping[str, JSON], field: str = "token") -> bool:
    return (answer["__typename"], answer.get("field")) == ("ValidationError", field)


async def test_an_address_is_proved_by_the_link_that_went_there_and_only_then_one_can_sign_in(
    accounts: Accounts, letters: Letters
) -> None:
    await accounts.try_to_sign_up("ann")
    before, wrong = await accounts.try_to_sign_in("ann"), await accounts.try_to_sign_in("ann", "wrong one 7")
    assert before["__typename"] == "AuthError"
    assert before == wrong
    token = await letters.token("ann")
    assert await verify(accounts, token) == {"__typename": "VerifyEmailSuccess", "email": "ann@one.example"}
    ann = await accounts.sign_in("ann")
    assert (await ann.api.ask("{ viewer { person { emailVerifiedAt } } }")).at("viewer.person.emailVerifiedAt")
    assert is_refused(await verify(accounts, token))
    assert await accounts.store.read(TOLD, {}) == ["email_verification_sent", "email_sent", "email_verified"]


async def test_an_address_is_proved_by_the_code_once(accounts: Accounts, letters: Letters) -> None:
    await accounts.try_to_sign_up("ann")
    token, code = await letters.token("ann"), await letters.code("ann")
    assert (await verify_by_code(accounts, "ann", code))["__typename"] == "VerifyEmailSuccess"
    assert is_refused(await verify_by_code(accounts, "ann", code), "code")
    assert is_refused(await verify(accounts, token))
    await accounts.sign_in("ann")


async def test_five_codes_may_be_tried_an_hour_however_often_one_is_sent(accounts: Accounts, letters: Letters) -> None:
    await accounts.try_to_sign_up("ann")
    code = await letters.code("ann")
    wrong = "000000" if code != "000000" else "111111"
    for _ in range(5):
        assert is_refused(await verify_by_code(accounts, "ann", wrong), "code")
    assert is_refused(await verify_by_code(accounts, "ann", code), "code")
    accounts.clock.forward(minutes=2)
    await accounts.api.change("requestEmailVerification", {"email": "ann@one.example"})
    assert is_refused(await verify_by_code(accounts, "ann", await letters.code("ann")), "code")
    accounts.clock.forward(minutes=59)
    await accounts.api.change("requestEmailVerification", {"email": "ann@one.example"})
    answer = await verify_by_code(accounts, "ann", await letters.code("ann"))
    assert answer["__typename"] == "VerifyEmailSuccess"


async def test_of_codes_that_are_tried_at_once_no_more_than_five_count(accounts: Accounts, letters: Letters) -> None:
    await accounts.try_to_sign_up("ann")
    code = await letters.code("ann")
    wrong = [f"{number:06}" for number in range(20) if f"{number:06}" != code]
    await asyncio.gather(*(verify_by_code(accounts, "ann", each) for each in wrong))
    assert is_refused(await verify_by_code(accounts, "ann", code), "code")


async def test_a_code_for_an_unknown_address_answers_and_does_the_same(
    accounts: Accounts, statements: list[str]
) -> None:
    await accounts.try_to_sign_up("ann")
    answers, ran = [], []
    for name in ("ann", "nobody"):
        statements.clear()
        answers.append(await verify_by_code(accounts, name, "abcdef"))
        ran.append(list(statements))
    assert answers[0] == answers[1]
    assert ran[0] == ran[1] == ["lock_token_by_email", "count_attempts"]


@pytest.mark.parametrize("field", ["requestEmailVerification", "requestPasswordReset"])
async def test_asking_for_a_mail_answers_and_does_the_same_for_an_unknown_address(
    accounts: Accounts, statements: list[str], field: str
) -> None:
    await accounts.try_to_sign_up("ann")
    accounts.clock.forward(minutes=2)
    answers, ran = [], []
    for name in ("ann", "nobody"):
        statements.clear()
        answer = await accounts.api.change(field, {"email": f"{name}@one.example"}, "email")
        answers.append({**answer, "email": ""})
        ran.append(list(statements))
    assert answers[0] == answers[1]
    assert ran[0] == ran[1] == ["fetch_address", "issue_tokens", "add_mails", "append_events"]
    assert len(await accounts.store.read(MAILS, {})) == 2


async def test_one_mail_of_a_kind_goes_to_somebody_in_a_minute(accounts: Accounts, letters: Letters) -> None:
    await accounts.sign_up("ann")
    for _ in range(3):
        await ask_for_reset(accounts, "ann")
    assert await letters.deliver() == 2
    accounts.clock.forward(seconds=61)
    await ask_for_reset(accounts, "ann")
    assert await letters.deliver() == 1


async def test_signing_up_again_tells_the_one_who_has_the_account_and_gives_no_link(
    accounts: Accounts, letters: Letters
) -> None:
    await accounts.sign_up("ann")
    given: dict[str, JSON] = {"email": "ann@one.example", "username": "eve", "displayName": "<b>", "password": PASSWORD}
    await accounts.api.change("signUp", given)
    message = await letters.last("ann")
    assert "already" in message.subject
    assert "token" not in message.text + message.html


async def test_another_password_by_the_link_proves_the_address_and_ends_all_sessions(
    accounts: Accounts, letters: Letters
) -> None:
    ann = await accounts.join("ann")
    assert await ask_for_reset(accounts, "ann") == {
        "__typename": "RequestPasswordResetSuccess",
        "email": "ann@one.example",
    }
    token = await letters.token("ann")
    for weak in ("password1234", "ann@one.example2026"):
        assert is_refused(await reset(accounts, token, weak), "newPassword")
    assert await reset(accounts, token) == {"__typename": "ResetPasswordSuccess", "email": "ann@one.example"}
    assert await is_out(ann.api)
    assert (await accounts.refresh(ann.refresh))["__typename"] == "AuthError"
    assert (await accounts.try_to_sign_in("ann"))["__typename"] == "AuthError"
    await accounts.sign_in("ann", NEW)
    assert is_refused(await reset(accounts, token, "another lantern 58 harbour"))
    assert "changed" in (await letters.last("ann")).subject


async def test_somebody_whom_an_operator_added_chooses_a_password_by_mail(accounts: Accounts, letters: Letters) -> None:
    new = NewPerson("nora@one.example", "nora", "Nora", PlatformRole.ORG_USER)
    await register(accounts.store, new, "shop", MemberRole.VIEWER)
    await ask_for_reset(accounts, "nora")
    await reset(accounts, await letters.token("nora"))
    nora = await accounts.sign_in("nora", NEW)
    assert (await nora.api.ask("{ viewer { groups { slug } } }")).each("viewer.groups", "slug") == ["shop"]


async def test_of_two_who_use_one_link_at_once_one_succeeds(accounts: Accounts, letters: Letters) -> None:
    await accounts.sign_up("ann")
    await ask_for_reset(accounts, "ann")
    token = await letters.token("ann")
    passwords = [f"{NEW} {number}" for number in range(4)]
    answers = await asyncio.gather(*(reset(accounts, token, each) for each in passwords))
    won = [each for each, answer in zip(passwords, answers, strict=True) if "email" in answer]
    assert len(won) == 1
    assert sum(is_refused(answer) for answer in answers) == 3
    await accounts.sign_in("ann", won[0])


@pytest.mark.parametrize("way", ["expired", "replaced", "tampered", "other kind", "suspended"])
async def test_a_link_that_is_not_valid_changes_nothing(accounts: Accounts, letters: Letters, way: str) -> None:
    await accounts.sign_up("ann")
    other = await letters.token("ann")
    if way == "suspended":
        await accounts.set_status("ann", "suspended")
    await ask_for_reset(accounts, "ann")
    token = await letters.token("ann")
    if way == "suspended":
        assert token == other  # there was no further mail
    elif way == "expired":
        accounts.clock.forward(hours=1)
    elif way == "replaced":
        accounts.clock.forward(minutes=2)
        await ask_for_reset(accounts, "ann")
    elif way == "tampered":
        token = token[:-1] + ("A" if token[-1] != "A" else "B")
    else:
        token = other
    assert is_refused(await reset(accounts, token))
    await accounts.set_status("ann", "active")
    await accounts.sign_in("ann")


async def test_nothing_is_sent_for_what_did_not_commit(accounts: Accounts, letters: Letters) -> None:
    await accounts.sign_up("ann")
    await letters.deliver()
    given: dict[str, JSON] = {"email": "b@one.example", "username": "ann", "displayName": "B", "password": PASSWORD}
    assert (await accounts.api.change("signUp", given))["__typename"] == "ConflictError"
    assert await letters.deliver() == 0


async def test_workers_beside_each_other_send_each_mail_once_and_forget_what_was_in_it(
    accounts: Accounts, letters: Letters
) -> None:
    names = [f"ann{number}" for number in range(8)]
    for name in names:
        await accounts.try_to_sign_up(name)
    await asyncio.gather(*(letters.deliver() for _ in range(4)))
    assert sorted(message.address for message in letters.sent) == sorted(f"{name}@one.example" for name in names)
    assert len({message.key for message in letters.sent}) == 8
    rows = await accounts.store.read(MAILS, {})
    assert {(row["status"], row["values"]) for row in rows} == {("sent", "{}")}


async def test_a_worker_that_died_leaves_its_mail_to_the_next_under_the_same_key(
    accounts: Accounts, letters: Letters
) -> None:
    await accounts.try_to_sign_up("ann")
    letters.refusal = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        await letters.deliver()
    letters.refusal = None
    assert await letters.deliver() == 0
    accounts.clock.ahead += LEASE
    assert await letters.deliver() == 1
    [row] = await accounts.store.read(MAILS, {})
    assert (row["status"], row["attempts"]) == ("sent", 2)


@dataclass
class DiesOnceItWasTaken:
    """A sender whose process dies after the mail server took a mail, and before anybody noted that."""

    letters: Letters

    async def send(self, message: Message) -> None:
        await self.letters.send(message)
        raise KeyboardInterrupt


async def test_a_worker_that_died_once_its_mail_was_taken_has_it_sent_once_more_under_the_same_key(
    accounts: Accounts, letters: Letters
) -> None:
    await accounts.try_to_sign_up("ann")
    with pytest.raises(KeyboardInterrupt):
        await Mails(accounts.store, accounts.clock).deliver(DiesOnceItWasTaken(letters), APP)
    assert await letters.deliver() == 0
    for again in (1, 0):
        accounts.clock.ahead += LEASE
        assert await letters.deliver() == again
    first, second = letters.sent
    assert first == second
    assert first.key


async def test_a_mail_that_is_not_taken_rests_longer_each_time_and_is_given_up(
    accounts: Accounts, letters: Letters
) -> None:
    await accounts.try_to_sign_up("ann")
    letters.refusal = refused()
    rests = [30, 120, 480, 1920, 7680, 30720, 86400]
    for rest in rests:
        assert await letters.deliver() == 1
        accounts.clock.forward(seconds=rest - 5)
        assert await letters.deliver() == 0
        accounts.clock.forward(seconds=10)
    assert await letters.deliver() == 1
    [row] = await accounts.store.read(MAILS, {})
    assert (row["status"], row["attempts"]) == ("dead", MAX_ATTEMPTS)
    accounts.clock.ahead += timedelta(days=9)
    assert await letters.deliver() == 0


async def test_a_dead_mail_is_shown_to_operators_who_may_have_it_tried_again(
    accounts: Accounts, letters: Letters
) -> None:
    world = await World.create(accounts.store, accounts.api)
    ann = await accounts.join("ann")
    letters.refusal = refused(final=True)
    assert await letters.deliver() == 1
    query = "{ deadMails { id template status attempts error delivery } }"
    answer = await world.api.ask(query)
    [dead] = answer.each("deadMails", "id")
    assert answer.at("deadMails.0.delivery") is None
    await accounts.run(BOUNCED, id=str(dead))
    assert (await world.api.ask(query)).at("deadMails.0.delivery") == "bounced"
    assert answer.at("deadMails.0.error") == "the mail server answered 451"
    assert (await ann.api.ask(query)).codes == ["FORBIDDEN"]
    assert (await ann.api.change("replayMail", {"id": dead}))["__typename"] == "ForbiddenError"
    letters.refusal = None
    assert await letters.deliver() == 0
    assert await world.api.change("replayMail", {"id": dead}, "mail { status attempts }") == {
        "__typename": "ReplayMailSuccess",
        "mail": {"status": "pending", "attempts": 0},
    }
    assert await letters.deliver() == 1
    assert (await world.api.ask(query)).data == {"deadMails": []}
    gone = await world.api.change("replayMail", {"id": dead})
    assert (gone["__typename"], gone["id"]) == ("NotFoundError", dead)


async def test_mails_that_were_sent_are_forgotten_after_a_month_and_links_after_a_day(
    accounts: Accounts, letters: Letters
) -> None:
    await accounts.try_to_sign_up("ann")
    await letters.deliver()
    await Mails(accounts.store, accounts.clock).forget()
    assert len(await accounts.store.read(MAILS, {})) == 1
    assert await accounts.store.read(LINKS, {}) == [1]
    accounts.clock.forward(hours=26)
    await Mails(accounts.store, accounts.clock).forget()
    assert len(await accounts.store.read(MAILS, {})) == 1
    assert await accounts.store.read(LINKS, {}) == [0]
    accounts.clock.forward(days=30)
    await Mails(accounts.store, accounts.clock).forget()
    assert await accounts.store.read(MAILS, {}) == []


async def test_what_stands_in_a_mail_leads_to_the_pages_of_the_application(
    accounts: Accounts, letters: Letters
) -> None:
    await accounts.try_to_sign_up("ann")
    message = await letters.last("ann")
    assert f"{APP}/verify-email#token=onet_" in message.text
    assert message.subject == "Your address for ONE"
    assert "\n" not in message.subject

"""Second factors: turning one on and off, and that nobody gets in without it who has one."""

import asyncio
from collections.abc import Mapping
from typing import cast

import pytest

from domain.access import Caller
from domain.values import JSON
from graph.store import Statement
from services.rate_limits import RateLimits
from services.sealing import SecretBox
from services.sessions import begin as begin_session
from tests.accounts import PASSWORD, SESSION, Accounts, SignedIn, TurnedClock, is_out
from tests.authenticator import (
    Enrolled,
    StandingClock,
    begin,
    challenged,
    complete,
    confirm,
    enrol,
    standing,
)
from tests.conftest import served
from tests.letters import Letters
from tests.provider import FakeProvider
from tests.visits import complete as complete_visit
from tests.visits import link, visit
from tests.visits import sign_in as sign_in_with
from tests.worlds import World

pytestmark = [pytest.mark.slow, pytest.mark.once]

SESSIONS: Statement[int] = Statement("count_sessions", "RETURN COUNT { (:Session) } AS row")
FACTORS: Statement[int] = Statement("count_factors", "RETURN COUNT { (:SecondFactor) } AS row")
STORED: Statement[Mapping[str, object]] = Statement("stored", "MATCH (n) RETURN properties(n) AS row")
TOLD: Statement[str] = Statement(
    "told", "MATCH (n:Event) WHERE n.type <> 'email_sent' RETURN n.type AS row ORDER BY n.id"
)


@pytest.fixture
def clock() -> TurnedClock:
    """The clock of the server, which stands: no code expires while a test looks at it."""
    return StandingClock()


def kind(answer: Mapping[str, JSON]) -> str:
    return str(answer["__typename"])


def is_wrong(answer: Mapping[str, JSON], field: str = "proof.code") -> bool:
    return (kind(answer), answer.get("field")) == ("ValidationError", field)


async def disable(who: Enrolled, **proof: JSON) -> Mapping[str, JSON]:
    return await who.api.api.change("disableTwoFactor", {"proof": proof}, "secondFactor { enabled enabledAt }")


async def regenerate(who: Enrolled, **proof: JSON) -> Mapping[str, JSON]:
    return await who.api.api.change("regenerateRecoveryCodes", {"proof": proof}, "recoveryCodes")


async def test_a_second_factor_is_on_once_a_code_of_the_app_was_given(accounts: Accounts) -> None:
    ann = await accounts.join("ann")
    assert await standing(ann) == {"enabled": False, "recoveryCodesLeft": 0}
    begun = await begin(ann)
    assert await standing(ann) == {"enabled": False, "recoveryCodesLeft": 0}
    await accounts.sign_in("ann")  # what is only begun is asked for by nothing
    who = await enrol(accounts, "ann", ann)  # which replaces what was begun
    assert (who.app.label, who.app.parameters["issuer"]) == ("ONE:ann@one.example", "ONE")
    assert who.app.parameters["secret"] != begun["secret"]
    assert len(set(who.recovery)) == 10
    assert await standing(ann) == {"enabled": True, "recoveryCodesLeft": 10}
    assert kind(await begin(ann)) == "ConflictError"
    assert kind(await confirm(ann, who.app.next())) == "ConflictError"
    assert await standing(ann) == {"enabled": True, "recoveryCodesLeft": 10}
    told = await Letters(accounts.store, accounts.clock).last("ann")
    assert "asks for a code of your app" in told.text


async def test_a_wrong_or_a_late_first_code_turns_nothing_on(accounts: Accounts) -> None:
    ann = await accounts.join("ann")
    assert kind(await confirm(ann, "123456")) == "ConflictError"
    who = await enrol(accounts, "ben")
    begun = await begin(ann)
    app = type(who.app)(str(begun["uri"]), accounts.clock)
    for wrong in (
        app.wrong(),
        app.code(2),
        app.code(-2),
        "12345",
        "abcdef",
        "",
        "\uff11\uff12\uff13\uff14\uff15\uff16",
    ):
        assert is_wrong(await confirm(ann, wrong), "code")
    accounts.clock.forward(minutes=31)
    ann = accounts.signed_in(await accounts.refresh(ann.refresh))
    assert kind(await confirm(ann, app.code())) == "ConflictError"
    assert kind(await begin(ann)) == "ReauthenticationError"
    assert await standing(ann) == {"enabled": False, "recoveryCodesLeft": 0}
    await accounts.sign_in("ann")


async def test_the_store_holds_neither_the_secret_nor_the_recovery_codes(accounts: Accounts) -> None:
    who = await enrol(accounts, "ann")
    challenge = await challenged(accounts, "ann")
    stored = repr(await accounts.store.read(STORED, {}))
    codes = [code.replace("-", "") for code in who.recovery]
    for secret in (who.app.parameters["secret"], *who.recovery, *codes, challenge):
        assert secret not in stored
        assert secret.lower() not in stored


async def test_signing_in_takes_the_second_factor_and_no_session_begins_before(accounts: Accounts) -> None:
    who = await enrol(accounts, "ann")
    before = await accounts.store.read(SESSIONS, {})
    answer = await accounts.try_to_sign_in("ann")
    assert (kind(answer), answer["methods"]) == ("SecondFactorRequired", ["totp", "recovery_code"])
    assert "tokens" not in answer
    assert await accounts.store.read(SESSIONS, {}) == before
    challenge = str(answer["challenge"])
    # The challenge is good for nothing else.
    assert is_wrong(await accounts.api.change("signInByMail", {"proof": {"token": challenge}}), "token")
    assert is_wrong(await accounts.api.change("resetPassword", {"token": challenge, "newPassword": PASSWORD}), "token")
    assert (await accounts.api.as_holder_of(challenge).ask("{ viewer { scope } }")).status == 401
    ann = accounts.signed_in(await complete(accounts, challenge, who.app.next()))
    assert (await ann.api.ask("{ viewer { person { username } } }")).at("viewer.person.username") == "ann"
    assert kind(await complete(accounts, challenge, who.app.next())) == "AuthError"
    activity = await ann.api.ask("{ viewer { accountActivity(first: 5) { nodes { type } } } }")
    types = activity.each("viewer.accountActivity.nodes", "type")
    assert types[:4] == ["user_login", "second_factor_required", "two_factor_enabled", "user_login"]


async def test_a_code_is_good_one_time_step_before_and_after(accounts: Accounts) -> None:
    who = await enrol(accounts, "ann")
    for steps, is_good in ((-1, True), (1, True), (-2, False), (2, False)):
        accounts.clock.forward(minutes=5)
        answer = await complete(accounts, await challenged(accounts, "ann"), who.app.code(steps))
        assert (kind(answer) == "CompleteSecondFactorSuccess") is is_good, steps
        assert is_good or is_wrong(answer)


async def test_a_code_is_good_once_and_none_before_it_afterwards(accounts: Accounts) -> None:
    who = await enrol(accounts, "ann")
    # The code that turned it on is used up too.
    assert is_wrong(await complete(accounts, await challenged(accounts, "ann"), who.app.code()))
    code = who.app.next()
    accounts.signed_in(await complete(accounts, await challenged(accounts, "ann"), code))
    for used in (code, who.app.code(-1)):
        assert is_wrong(await complete(accounts, await challenged(accounts, "ann"), used))
    ahead = who.app.code(1)
    accounts.signed_in(await complete(accounts, await challenged(accounts, "ann"), ahead))
    accounts.clock.forward(seconds=30)
    assert is_wrong(await complete(accounts, await challenged(accounts, "ann"), ahead))


async def test_the_same_code_twice_at_once_is_one_session(accounts: Accounts) -> None:
    who = await enrol(accounts, "ann")
    [before] = await accounts.store.read(SESSIONS, {})
    for round_ in range(1, 4):
        challenge, code = await challenged(accounts, "ann"), who.app.next()
        answers = await asyncio.gather(*(complete(accounts, challenge, code) for _ in range(4)))
        assert sorted(map(kind, answers)) == ["AuthError"] * 3 + ["CompleteSecondFactorSuccess"]
        assert await accounts.store.read(SESSIONS, {}) == [before + round_]


async def test_of_two_sign_ins_at_once_one_challenge_is_good_and_one_code_one_session(accounts: Accounts) -> None:
    who = await enrol(accounts, "ann")
    [before] = await accounts.store.read(SESSIONS, {})
    both = await asyncio.gather(*(challenged(accounts, "ann") for _ in range(2)))
    code = who.app.next()
    answers = await asyncio.gather(*(complete(accounts, each, code) for each in both))
    assert sorted(map(kind, answers)) == ["AuthError", "CompleteSecondFactorSuccess"]
    assert await accounts.store.read(SESSIONS, {}) == [before + 1]


async def test_a_recovery_code_is_good_once_also_for_two_at_once(accounts: Accounts) -> None:
    who = await enrol(accounts, "ann")
    letters = Letters(accounts.store, accounts.clock)
    await letters.deliver()
    challenge, code = await challenged(accounts, "ann"), who.recovery[0]
    answers = await asyncio.gather(*(complete(accounts, challenge, recovery=code) for _ in range(4)))
    assert sorted(map(kind, answers)) == ["AuthError"] * 3 + ["CompleteSecondFactorSuccess"]
    assert await standing(who.api) == {"enabled": True, "recoveryCodesLeft": 9}
    assert "9 of them are left" in (await letters.last("ann")).text
    challenge = await challenged(accounts, "ann")
    assert is_wrong(await complete(accounts, challenge, recovery=code), "proof.recoveryCode")
    assert is_wrong(await complete(accounts, challenge, recovery="no"), "proof.recoveryCode")
    as_typed = who.recovery[1].upper().replace("-", " ")
    accounts.signed_in(await complete(accounts, challenge, recovery=as_typed))
    # One code for two purposes at once is used up by one of them.
    challenge, code = await challenged(accounts, "ann"), who.recovery[2]
    ended, off = await asyncio.gather(complete(accounts, challenge, recovery=code), regenerate(who, recoveryCode=code))
    assert sorted((is_wrong(ended, "proof.recoveryCode"), is_wrong(off, "proof.recoveryCode"))) == [False, True]
    assert (await accounts.store.read(TOLD, {})).count("recovery_code_used") == 3


async def test_every_way_in_takes_the_second_factor(guests: Accounts, provider: FakeProvider) -> None:
    nia = await sign_in_with(guests, provider)  # whoever is new has none
    await nia.api.change("setPassword", {"newPassword": PASSWORD})
    who = await enrol(guests, "nia", nia)
    letters, [before] = Letters(guests.store, guests.clock), await guests.store.read(SESSIONS, {})

    async def by_mail(with_code: bool) -> Mapping[str, JSON]:
        guests.clock.forward(minutes=2)
        await guests.api.change("requestSignInLink", {"email": "nia@one.example"})
        code: JSON = {"code": {"email": "nia@one.example", "code": await letters.code("nia")}}
        proof = code if with_code else {"token": await letters.token("nia")}
        return await guests.api.change("signInByMail", {"proof": proof}, SESSION)

    async def by_provider() -> Mapping[str, JSON]:
        return await complete_visit(guests, await visit(guests.api, provider))

    ways = (lambda: guests.try_to_sign_in("nia"), lambda: by_mail(True), lambda: by_mail(False), by_provider)
    for number, way in enumerate(ways):
        answer = await way()
        assert (kind(answer), "tokens" in answer) == ("SecondFactorRequired", False)
        assert await guests.store.read(SESSIONS, {}) == [before + number]
        guests.signed_in(await complete(guests, str(answer["challenge"]), who.app.next()))


async def test_another_password_by_mail_leaves_the_second_factor_on(accounts: Accounts, letters: Letters) -> None:
    who = await enrol(accounts, "ann")
    challenge = await challenged(accounts, "ann")
    await letters.deliver()
    await accounts.api.change("requestPasswordReset", {"email": "ann@one.example"})
    given: Mapping[str, JSON] = {"token": await letters.token("ann"), "newPassword": f"{PASSWORD} 2"}
    assert await accounts.api.change("resetPassword", given, "email") == {
        "__typename": "ResetPasswordSuccess",
        "email": "ann@one.example",
    }
    assert await accounts.store.read(SESSIONS, {}) == [0]
    assert kind(await complete(accounts, challenge, who.app.next())) == "AuthError"
    answer = await accounts.try_to_sign_in("ann", f"{PASSWORD} 2")
    accounts.signed_in(await complete(accounts, str(answer["challenge"]), who.app.next()))


async def test_a_challenge_ends_with_its_time_and_with_what_it_stands_on(
    guests: Accounts, provider: FakeProvider
) -> None:
    who = await enrol(guests, "ann")
    assert kind(await link(who.api, provider)) == "CompleteLinkingWithSuccess"

    async def is_over(challenge: str) -> bool:
        before = await guests.store.read(SESSIONS, {})
        assert kind(await complete(guests, challenge, who.app.next())) == "AuthError"
        assert kind(await complete(guests, challenge, recovery=who.recovery[0])) == "AuthError"
        return await guests.store.read(SESSIONS, {}) == before

    challenge = await challenged(guests, "ann")
    for wrong in (challenge[:-1], f"{challenge}x", "", "onet_"):
        assert await is_over(wrong)
    replaced, challenge = challenge, await challenged(guests, "ann")
    assert await is_over(replaced)
    guests.clock.forward(minutes=5)
    assert await is_over(challenge)
    challenge = await challenged(guests, "ann")
    await guests.set_status("ann", "suspended")
    assert await is_over(challenge)
    await guests.set_status("ann", "active")
    assert await is_over(challenge)  # used up by that
    challenge = await challenged(guests, "ann")
    ann = guests.signed_in(await complete(guests, challenge, who.app.next()))
    challenge = await challenged(guests, "ann")
    given: Mapping[str, JSON] = {
        "currentPassword": PASSWORD,
        "newPassword": f"{PASSWORD} 2",
        "secondFactor": {"code": who.app.next()},
    }
    ann = guests.signed_in(await ann.api.change("changePassword", given, SESSION))
    assert await is_over(challenge)
    answer = await complete_visit(guests, await visit(guests.api, provider))
    ways = await ann.api.ask("{ viewer { signInMethods { id } } }")
    [identity] = [each for each in ways.each("viewer.signInMethods", "id") if each]
    assert kind(await ann.api.change("unlinkProvider", {"id": identity})) == "UnlinkProviderSuccess"
    assert await is_over(str(answer["challenge"]))
    challenge = str((await guests.try_to_sign_in("ann", f"{PASSWORD} 2"))["challenge"])
    assert kind(await ann.api.change("revokeAllSessions", {})) == "RevokeAllSessionsSuccess"
    assert await is_over(challenge)
    assert await standing(ann) == {"enabled": True, "recoveryCodesLeft": 10}


async def test_a_challenge_is_of_one_person(accounts: Accounts) -> None:
    ann, ben = await enrol(accounts, "ann"), await enrol(accounts, "ben")
    challenge = await challenged(accounts, "ann")
    assert is_wrong(await complete(accounts, challenge, ben.app.next()))
    assert is_wrong(await complete(accounts, challenge, recovery=ben.recovery[0]), "proof.recoveryCode")
    session = accounts.signed_in(await complete(accounts, challenge, ann.app.next()))
    assert (await session.api.ask("{ viewer { person { username } } }")).at("viewer.person.username") == "ann"


async def test_five_wrong_codes_end_a_challenge_and_more_of_them_make_codes_wait(accounts: Accounts) -> None:
    who = await enrol(accounts, "ann")
    challenge = await challenged(accounts, "ann")
    # Many at once are counted one by one.
    answers = await asyncio.gather(*(complete(accounts, challenge, who.app.wrong()) for _ in range(9)))
    assert sorted(map(kind, answers)) == ["AuthError"] * 4 + ["ValidationError"] * 5
    assert kind(await complete(accounts, challenge, who.app.next())) == "AuthError"
    accounts.clock.forward(seconds=-30)
    for rest in (30, 60, 120, 240, 480, 960, 1920, 3600, 3600):
        challenge = await challenged(accounts, "ann")
        code = who.app.code(1)
        refused = await complete(accounts, challenge, code)
        assert (kind(refused), refused["retryAfter"]) == ("RateLimitError", rest)
        accounts.clock.forward(seconds=rest - 1)
        challenge = await challenged(accounts, "ann")
        assert kind(await complete(accounts, challenge, who.app.code())) == "RateLimitError"
        accounts.clock.forward(seconds=1)
        assert is_wrong(await complete(accounts, challenge, who.app.wrong()))
    # Nobody is locked out by that: recovery codes cannot be guessed, and one of them ends the wait.
    accounts.signed_in(await complete(accounts, challenge, recovery=who.recovery[0]))
    accounts.signed_in(await complete(accounts, await challenged(accounts, "ann"), who.app.next()))


async def test_codes_are_limited_for_an_address_and_for_an_account_there(accounts: Accounts) -> None:
    limits = RateLimits.at(None)
    async with served(accounts.store, clock=accounts.clock, rate_limits=limits) as http:
        who = await enrol(accounts, "ann")
        few = Accounts(accounts.store, http, accounts.clock)
        challenge = await challenged(accounts, "ann")
        # Whoever guesses challenges is counted by the address, and never gets as far as an account.
        for _ in range(5):
            assert kind(await complete(few, "onet_x", "123456")) == "AuthError"
        for _ in range(4):
            assert is_wrong(await complete(few, challenge, who.app.wrong()))
        accounts.signed_in(await complete(few, challenge, who.app.next()))
        challenge = await challenged(accounts, "ann")
        assert kind(await complete(few, challenge, who.app.next())) == "RateLimitError"
        accounts.signed_in(await complete(accounts, challenge, who.app.code()))


async def test_turning_it_off_takes_a_session_of_late_and_a_proof(accounts: Accounts, letters: Letters) -> None:
    who = await enrol(accounts, "ann")
    assert is_wrong(await disable(who, code=who.app.wrong()))
    assert is_wrong(await disable(who, code=who.app.code()))  # it turned it on
    assert is_wrong(await disable(who, recoveryCode="aaaa-aaaa-aaaa-aaaa"), "proof.recoveryCode")
    assert (await standing(who.api)) == {"enabled": True, "recoveryCodesLeft": 10}
    challenge = await challenged(accounts, "ann")
    await letters.deliver()
    answer = await disable(who, code=who.app.next())
    assert answer["secondFactor"] == {"enabled": False, "enabledAt": None}
    assert "asks for no code any more" in (await letters.last("ann")).text
    assert await accounts.store.read(FACTORS, {}) == [0]
    assert kind(await complete(accounts, challenge, who.app.next())) == "AuthError"
    assert kind(await disable(who, code=who.app.next())) == "ConflictError"
    assert kind(await regenerate(who, code=who.app.next())) == "ConflictError"
    ann = await accounts.sign_in("ann")
    again = await enrol(accounts, "ann", ann)
    challenge = await challenged(accounts, "ann")
    assert is_wrong(await complete(accounts, challenge, recovery=who.recovery[0]), "proof.recoveryCode")
    accounts.clock.forward(minutes=11)
    late = Enrolled("ann", again.app, again.recovery, accounts.signed_in(await accounts.refresh(ann.refresh)))
    assert kind(await disable(late, code=again.app.next())) == "ReauthenticationError"
    assert kind(await regenerate(late, code=again.app.next())) == "ReauthenticationError"
    assert await standing(late.api) == {"enabled": True, "recoveryCodesLeft": 10}
    told = await accounts.store.read(TOLD, {})
    assert (told.count("two_factor_enabled"), told.count("two_factor_disabled")) == (2, 1)


async def test_other_recovery_codes_make_those_before_useless(accounts: Accounts) -> None:
    who = await enrol(accounts, "ann")
    challenge = await challenged(accounts, "ann")
    assert is_wrong(await regenerate(who, code=who.app.wrong()))
    others = cast("list[str]", (await regenerate(who, recoveryCode=who.recovery[0]))["recoveryCodes"])
    assert len(set(others) | set(who.recovery)) == 20
    assert await standing(who.api) == {"enabled": True, "recoveryCodesLeft": 10}
    assert is_wrong(await complete(accounts, challenge, recovery=who.recovery[1]), "proof.recoveryCode")
    accounts.signed_in(await complete(accounts, challenge, recovery=others[0]))


async def test_a_password_alone_is_no_proof_in_a_session_either(accounts: Accounts) -> None:
    who = await enrol(accounts, "ann")
    accounts.clock.forward(minutes=11)
    ann = accounts.signed_in(await accounts.refresh(who.api.refresh))

    async def reauthenticate(**more: JSON) -> Mapping[str, JSON]:
        return await ann.api.change("reauthenticate", {"password": PASSWORD, **more}, SESSION)

    new: Mapping[str, JSON] = {"currentPassword": PASSWORD, "newPassword": f"{PASSWORD} 2"}
    for answer in (await reauthenticate(), await ann.api.change("changePassword", new)):
        assert is_wrong(answer, "secondFactor")
    wrong: JSON = {"code": who.app.wrong()}
    assert is_wrong(await reauthenticate(secondFactor=wrong), "secondFactor.code")
    assert is_wrong(await ann.api.change("changePassword", {**new, "secondFactor": wrong}), "secondFactor.code")
    assert kind(await ann.api.change("revokeAllSessions", {})) == "ReauthenticationError"
    code = who.app.next()
    ann = accounts.signed_in(await reauthenticate(secondFactor={"code": code}))
    assert is_wrong(await reauthenticate(secondFactor={"code": code}), "secondFactor.code")
    assert kind(await ann.api.change("revokeAllSessions", {})) == "RevokeAllSessionsSuccess"


async def test_two_who_turn_it_on_at_once_have_one_second_factor(accounts: Accounts) -> None:
    ann = await accounts.join("ann")
    begun = await asyncio.gather(*(begin(ann) for _ in range(3)))
    assert {kind(each) for each in begun} == {"BeginTotpSuccess"}
    assert await accounts.store.read(FACTORS, {}) == [1]
    last = await enrol(accounts, "ann", ann)
    accounts.clock.forward(minutes=1)
    # A beginning beside the confirmation leaves one that is on, or one that can be confirmed; never none.
    ben = await accounts.join("ben")
    app = type(last.app)(str((await begin(ben))["uri"]), accounts.clock)
    confirmed, again = await asyncio.gather(confirm(ben, app.code()), begin(ben))
    if kind(confirmed) == "ConfirmTotpSuccess":
        assert kind(again) == "ConflictError"
    else:
        assert (is_wrong(confirmed, "code"), kind(again)) == (True, "BeginTotpSuccess")


async def test_an_api_key_is_not_affected_and_changes_nothing_of_it(accounts: Accounts, world: World) -> None:
    began = await accounts.store.write(
        lambda transaction: begin_session(transaction, Caller(None), world.owner.id, accounts.clock())
    )
    access, refresh = began.tokens.access, began.tokens.refresh
    await enrol(accounts, "owner", SignedIn(accounts.api.as_holder_of(access), began.session.id, access, refresh))
    api = world.api
    assert (await api.ask("{ viewer { secondFactor { enabled } } }")).at("viewer.secondFactor.enabled") is True
    assert kind(await begin(SignedIn(api, "", "", ""))) == "ForbiddenError"
    proof: JSON = {"proof": {"code": "123456"}}
    assert kind(await api.change("disableTwoFactor", cast("Mapping[str, JSON]", proof))) == "ForbiddenError"


async def test_without_a_key_nobody_gets_a_second_factor_and_is_told_why(accounts: Accounts) -> None:
    async with served(accounts.store, clock=accounts.clock, box=SecretBox()) as http:
        bare = Accounts(accounts.store, http, accounts.clock)
        ann = await bare.join("ann")
        answer = await begin(ann)
        assert (kind(answer), "ONE_SECRET_KEYS" in str(answer["message"])) == ("ConflictError", True)
        assert await accounts.store.read(FACTORS, {}) == [0]
        who = await enrol(accounts, "ben")
        challenge = await challenged(bare, "ben")
        # What cannot be decrypted lets nobody in, and is no wrong code.
        failed = await bare.api.ask(
            """mutation ($challenge: String!, $code: String!) {
                completeSecondFactor(input: {challenge: $challenge, proof: {code: $code}}) { __typename } }""",
            challenge=challenge,
            code=who.app.next(),
        )
        assert failed.codes == ["INTERNAL"]
        assert not any(word in str(failed.body) for word in ("key", "decrypt", who.app.parameters["secret"]))
        assert not await is_out(who.api.api)
        accounts.signed_in(await complete(bare, challenge, recovery=who.recovery[0]))

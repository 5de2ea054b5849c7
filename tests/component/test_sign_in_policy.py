"""What an operator asks of whoever signs in: how long sessions last, a second factor, and words that weigh nothing."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import cast

import pytest

from app.provider_settings import ProviderSettings
from app.providers import signing_in
from domain.people import PlatformRole
from domain.sign_in_policy import SignInPolicy
from domain.values import JSON
from graph.store import Statement
from services.sessions import Sessions
from tests.accounts import PASSWORD, SESSION, Accounts, SignedIn, TurnedClock, is_out
from tests.authenticator import Authenticator, Enrolled, StandingClock, challenged, complete, enrol, standing
from tests.conftest import UNLIMITED, served
from tests.letters import APP, Letters
from tests.passkey_device import equip, options
from tests.passkey_device import sign_in as sign_in_with_passkey
from tests.provider import CLIENT, SECRET, FakeProvider
from tests.snapshots import Snapshot
from tests.visits import complete as complete_visit
from tests.visits import link, visit
from tests.wallets import link as link_wallet
from tests.wallets import message_for, new, signed
from tests.wallets import sign_in as sign_in_with_wallet

pytestmark = [pytest.mark.slow, pytest.mark.once]

EVERYBODY = SignInPolicy(second_factor_of=frozenset(PlatformRole))
STAFF = SignInPolicy(second_factor_of=frozenset({PlatformRole.PLATFORM_OWNER}))
CHALLENGE = "... on SecondFactorRequired { challenge methods expiresAt setup { uri secret } }"
CODES = f"{SESSION} recoveryCodes"

SESSIONS: Statement[int] = Statement("count_sessions", "RETURN COUNT { (:Session) } AS row")
FACTORS: Statement[int] = Statement(
    "count_factors", "RETURN COUNT { MATCH (n:SecondFactor) WHERE n.enabledAt IS NOT NULL } AS row"
)
PROMOTE: Statement[int] = Statement("promote", "MATCH (n:Person {email: $email}) SET n.role = $role RETURN 1 AS row")
TOLD: Statement[str] = Statement(
    "told", "MATCH (n:Event) WHERE n.type <> 'email_sent' RETURN n.type AS row ORDER BY n.id"
)


@pytest.fixture
def clock() -> TurnedClock:
    """The clock of the server, which stands: no code expires while a test looks at it."""
    return StandingClock()


@asynccontextmanager
async def strict(accounts: Accounts, policy: SignInPolicy) -> AsyncIterator[Accounts]:
    """The same store behind a server that asks for more."""
    async with served(accounts.store, clock=accounts.clock, policy=policy) as http:
        yield Accounts(accounts.store, http, accounts.clock)


def kind(answer: Mapping[str, JSON]) -> str:
    return str(answer["__typename"])


def is_wrong(answer: Mapping[str, JSON], field: str) -> bool:
    return (kind(answer), answer.get("field")) == ("ValidationError", field)


async def asked(accounts: Accounts, name: str, mutation: str = "signIn", **given: JSON) -> Mapping[str, JSON]:
    """What signing in answers, with what there is to set up."""
    given = given or {"email": f"{name}@one.example", "password": PASSWORD}
    query = f"""mutation ($input: {mutation[0].upper()}{mutation[1:]}Input!) {{ answer: {mutation}(input: $input) {{
        __typename ... on AppError {{ message }} {CHALLENGE} }} }}"""
    return cast("Mapping[str, JSON]", (await accounts.api.ask(query, input=given)).at("answer"))


def app_of(accounts: Accounts, answer: Mapping[str, JSON]) -> Authenticator:
    """The app that somebody sets up by what signing in answered."""
    assert (kind(answer), answer["methods"]) == ("SecondFactorRequired", ["totp"])
    return Authenticator(str(cast("Mapping[str, JSON]", answer["setup"])["uri"]), accounts.clock)


async def finish(accounts: Accounts, challenge: JSON, code: str) -> Mapping[str, JSON]:
    """What ending a sign-in answers."""
    given: Mapping[str, JSON] = {"challenge": challenge, "proof": {"code": code}}
    return await accounts.api.change("completeSecondFactor", given, CODES)


async def set_up(accounts: Accounts, name: str, answer: Mapping[str, JSON]) -> Enrolled:
    """Somebody who got a second factor when they signed in."""
    app = app_of(accounts, answer)
    done = await finish(accounts, answer["challenge"], app.next())
    assert kind(done) == "CompleteSecondFactorSuccess", done
    return Enrolled(name, app, cast("list[str]", done["recoveryCodes"]), accounts.signed_in(done))


async def ends(someone: SignedIn) -> timedelta:
    """How long the session of somebody lasts from its beginning, if nothing is done."""
    answer = await someone.api.ask("{ viewer { sessions { createdAt expiresAt } } }")
    [session] = cast("list[Mapping[str, str]]", answer.at("viewer.sessions"))
    return datetime.fromisoformat(session["expiresAt"]) - datetime.fromisoformat(session["createdAt"])


async def test_a_session_ends_thirty_days_after_it_began_however_it_is_used(accounts: Accounts) -> None:
    ann = await accounts.join("ann")
    for _ in range(2):
        accounts.clock.forward(days=14)
        ann = accounts.signed_in(await accounts.refresh(ann.refresh))
        assert await ends(ann) == timedelta(days=30)
    accounts.clock.forward(days=1, hours=23, minutes=55)
    answer = await accounts.api.change(
        "refreshSession", {"refreshToken": ann.refresh}, f"{SESSION} tokens {{ accessExpiresAt refreshExpiresAt }}"
    )
    tokens, last = cast("Mapping[str, str]", answer["tokens"]), accounts.clock() + timedelta(minutes=5)
    assert {datetime.fromisoformat(tokens[name]) for name in ("accessExpiresAt", "refreshExpiresAt")} == {last}
    ann = accounts.signed_in(answer)
    assert not await is_out(ann.api)
    accounts.clock.forward(minutes=5)
    assert await is_out(ann.api)
    assert kind(await accounts.refresh(ann.refresh)) == "AuthError"


async def test_a_shorter_life_of_sessions_counts_for_those_that_began_before(accounts: Accounts) -> None:
    ann = await accounts.join("ann")
    accounts.clock.forward(days=3)
    async with strict(accounts, SignInPolicy(longest_session=timedelta(days=3))) as shorter:
        assert kind(await shorter.refresh(ann.refresh)) == "AuthError"
        ben = await shorter.join("ben")
        assert await ends(ben) == timedelta(days=3)
    assert kind(await accounts.refresh(ann.refresh)) == "RefreshSessionSuccess"


async def test_who_has_no_second_factor_gets_one_before_a_session_begins(accounts: Accounts, letters: Letters) -> None:
    async with strict(accounts, EVERYBODY) as here:
        await here.sign_up("ann")
        answer = await asked(here, "ann")
        app, challenge = app_of(here, answer), str(answer["challenge"])
        assert await accounts.store.read(SESSIONS, {}) == [0]
        # What it answers is no right to anything else.
        assert (await here.api.as_holder_of(challenge).ask("{ viewer { scope } }")).status == 401
        assert is_wrong(await here.api.change("signInByMail", {"proof": {"token": challenge}}), "token")
        given: Mapping[str, JSON] = {"token": challenge, "newPassword": f"{PASSWORD} 2"}
        assert is_wrong(await here.api.change("resetPassword", given), "token")
        assert kind(await complete(here, challenge, recovery="aaaa-aaaa-aaaa-aaaa")) == "ValidationError"
        assert is_wrong(await finish(here, challenge, app.wrong()), "proof.code")
        assert await accounts.store.read(FACTORS, {}) == [0]
        who = await set_up(here, "ann", answer)
        assert len(set(who.recovery)) == 10
        assert "asks for a code of your app" in (await letters.last("ann")).text
        seen = await who.api.api.ask("{ viewer { secondFactor { enabled required recoveryCodesLeft } } }")
        assert seen.at("viewer.secondFactor") == {"enabled": True, "required": True, "recoveryCodesLeft": 10}
        told = await accounts.store.read(TOLD, {})
        assert told[-3:] == ["second_factor_required", "two_factor_enabled", "user_login"]
        assert kind(await finish(here, challenge, app.next())) == "AuthError"
        # From then on it is asked for as any other, and stays.
        answer = await asked(here, "ann")
        assert (answer["methods"], answer["setup"]) == (["totp", "recovery_code"], None)
        done = await finish(here, answer["challenge"], app.next())
        assert (kind(done), done["recoveryCodes"]) == ("CompleteSecondFactorSuccess", None)
        refused = await who.api.api.change("disableTwoFactor", {"proof": {"recoveryCode": who.recovery[0]}})
        assert kind(refused) == "ConflictError"
        assert await standing(who.api) == {"enabled": True, "recoveryCodesLeft": 10}


async def test_every_way_in_has_who_has_no_second_factor_get_one(
    accounts: Accounts, letters: Letters, provider: FakeProvider
) -> None:
    common = {"issuer": provider.issuer, "client_id": CLIENT, "client_secret": SECRET}
    settings = [ProviderSettings.model_validate({**common, "name": "acme", "title": "Acme"})]
    async with signing_in(settings, APP) as providers:
        async with served(accounts.store, clock=accounts.clock, providers=providers) as http:
            lenient = Accounts(accounts.store, http, accounts.clock)
            ann, wallet = await lenient.join("ann"), new()
            assert kind(await link(ann, provider)) == "CompleteLinkingWithSuccess"
            assert kind(await link_wallet(ann, wallet)) == "CompleteLinkingWalletSuccess"
            await letters.deliver()
        async with served(accounts.store, clock=accounts.clock, providers=providers, policy=EVERYBODY) as http:
            here = Accounts(accounts.store, http, accounts.clock)
            [before] = await accounts.store.read(SESSIONS, {})
            found = [kind(await asked(here, "ann"))]
            await here.api.change("requestSignInLink", {"email": "ann@one.example"})
            by_link: JSON = {"token": await letters.token("ann")}
            found.append(kind(await asked(here, "ann", "signInByMail", proof=by_link)))
            accounts.clock.forward(minutes=2)
            await here.api.change("requestSignInLink", {"email": "ann@one.example"})
            by_code: JSON = {"code": {"email": "ann@one.example", "code": await letters.code("ann")}}
            found.append(kind(await asked(here, "ann", "signInByMail", proof=by_code)))
            found.append(kind(await complete_visit(here, await visit(here.api, provider))))
            message = await message_for(here.api, wallet.address)
            found.append(kind(await sign_in_with_wallet(here, message, signed(wallet, message))))
            assert found == ["SecondFactorRequired"] * 5
            # Whoever is new at a provider gets an account, and no session without it.
            provider.person = {"sub": "7", "email": "new@one.example", "email_verified": True}
            back = await visit(here.api, provider)
            answer = await asked(here, "new", "completeSignInWith", **back.given)
            assert await accounts.store.read(SESSIONS, {}) == [before]
            who = await set_up(here, "new", answer)
            assert not await is_out(who.api.api)


async def test_whoever_has_a_passkey_has_a_second_factor(accounts: Accounts) -> None:
    ann = await accounts.join("ann")
    device, _ = await equip(ann)
    async with strict(accounts, EVERYBODY) as here:
        here.signed_in(await sign_in_with_passkey(here, device.sign(await options(here.api))))
        # A password alone gets no app of somebody else in beside it.
        answer = await asked(here, "ann")
        assert (kind(answer), answer["methods"], answer["setup"]) == ("SecondFactorRequired", ["passkey"], None)
        challenge = str(answer["challenge"])
        other, _ = await equip(await accounts.join("ben"))
        [before] = await accounts.store.read(SESSIONS, {})
        for wrong in (other.sign(await options(here.api)), device.sign(await options(here.api), verified=False)):
            given: Mapping[str, JSON] = {"challenge": challenge, "proof": {"passkey": wrong}}
            assert is_wrong(await here.api.change("completeSecondFactor", given, CODES), "proof.passkey")
        assert await accounts.store.read(SESSIONS, {}) == [before]
        right: JSON = device.sign(await options(here.api))
        given = {"challenge": challenge, "proof": {"passkey": right}}
        done = await here.api.change("completeSecondFactor", given, CODES)
        assert (kind(done), done["recoveryCodes"]) == ("CompleteSecondFactorSuccess", None)
        challenge = str((await asked(here, "ann"))["challenge"])
        assert kind(await complete(here, challenge, "123456")) == "AuthError"
        assert await accounts.store.read(FACTORS, {}) == [0]


async def test_a_setup_is_good_once_for_half_an_hour_and_for_who_may_sign_in_still(accounts: Accounts) -> None:
    async with strict(accounts, EVERYBODY) as here:
        await here.sign_up("ann")
        first, second = await asked(here, "ann"), await asked(here, "ann")
        assert kind(await finish(here, first["challenge"], app_of(here, first).next())) == "AuthError"  # replaced
        tries = [finish(here, second["challenge"], app_of(here, first).wrong()) for _ in range(7)]
        kinds = sorted(map(kind, await asyncio.gather(*tries)))
        assert kinds == ["AuthError"] * 2 + ["ValidationError"] * 5
        assert kind(await finish(here, second["challenge"], app_of(here, second).next())) == "AuthError"
        late = await asked(here, "ann")
        accounts.clock.forward(minutes=30)
        assert kind(await finish(here, late["challenge"], app_of(here, late).next())) == "AuthError"
        for spoil in (lambda text: text[:-1], lambda text: f"{text}x"):
            answer = await asked(here, "ann")
            assert kind(await finish(here, spoil(str(answer["challenge"])), app_of(here, answer).next())) == "AuthError"
        answer = await asked(here, "ann")
        await accounts.set_status("ann", "suspended")
        assert kind(await finish(here, answer["challenge"], app_of(here, answer).next())) == "AuthError"
        await accounts.set_status("ann", "active")
        assert (await accounts.store.read(SESSIONS, {}), await accounts.store.read(FACTORS, {})) == ([0], [0])
        answer = await asked(here, "ann")
        code = app_of(here, answer).next()
        answers = await asyncio.gather(*(finish(here, answer["challenge"], code) for _ in range(4)))
        assert sorted(map(kind, answers)) == ["AuthError"] * 3 + ["CompleteSecondFactorSuccess"]
        assert (await accounts.store.read(SESSIONS, {}), await accounts.store.read(FACTORS, {})) == ([1], [1])


async def test_of_two_who_sign_in_at_once_one_sets_up(accounts: Accounts) -> None:
    async with strict(accounts, EVERYBODY) as here:
        await here.sign_up("ann")
        both = await asyncio.gather(*(asked(here, "ann") for _ in range(2)))
        codes = [app_of(here, each).code() for each in both]
        answers = await asyncio.gather(
            *(finish(here, each["challenge"], code) for each, code in zip(both, codes, strict=True))
        )
        assert sorted(map(kind, answers)) == ["AuthError", "CompleteSecondFactorSuccess"]
        assert await accounts.store.read(FACTORS, {}) == [1]


async def test_a_second_factor_that_is_turned_on_meanwhile_is_the_one_that_counts(accounts: Accounts) -> None:
    ann = await accounts.join("ann")
    async with strict(accounts, EVERYBODY) as here:
        answer = await asked(here, "ann")
        who = await enrol(accounts, "ann", ann)
        assert kind(await finish(here, answer["challenge"], app_of(here, answer).next())) == "AuthError"
        assert kind(await finish(here, (await asked(here, "ann"))["challenge"], who.app.next())) == (
            "CompleteSecondFactorSuccess"
        )


async def test_a_setup_is_nobodys_once_the_account_is_deleted(accounts: Accounts) -> None:
    ann = await accounts.join("ann")
    async with strict(accounts, EVERYBODY) as here:
        answer = await asked(here, "ann")
        assert kind(await ann.api.change("deleteAccount", {"username": "ann"})) == "DeleteAccountSuccess"
        assert kind(await finish(here, answer["challenge"], app_of(here, answer).next())) == "AuthError"
        assert (await accounts.store.read(SESSIONS, {}), await accounts.store.read(FACTORS, {})) == ([0], [0])


async def test_only_the_roles_that_were_named_need_one(accounts: Accounts) -> None:
    await accounts.sign_up("ann")
    ben = await accounts.join("ben")
    await accounts.run(PROMOTE, email="ann@one.example", role=PlatformRole.PLATFORM_OWNER)
    async with strict(accounts, STAFF) as here:
        assert (await asked(here, "ann"))["setup"] is not None
        assert kind(await asked(here, "ben")) == "SignInSuccess"
        ann = (await set_up(here, "ann", await asked(here, "ann"))).api
        required = "{ viewer { secondFactor { enabled required } } }"
        for someone, expected in ((ann, True), (ben, False)):
            seen = await here.api.as_holder_of(someone.access).ask(required)
            assert seen.at("viewer.secondFactor") == {"enabled": expected, "required": expected}
        who = await enrol(here, "ben", ben)
        assert kind(await who.api.api.change("disableTwoFactor", {"proof": {"recoveryCode": who.recovery[0]}})) == (
            "DisableTwoFactorSuccess"
        )


async def test_a_session_of_before_is_good_for_nothing_once_a_second_factor_is_required(accounts: Accounts) -> None:
    ann, ben = await accounts.join("ann"), await accounts.join("ben")
    device, _ = await equip(ben)
    by_password, by_passkey = (
        ben,
        accounts.signed_in(await sign_in_with_passkey(accounts, device.sign(await options(accounts.api)))),
    )
    who = await enrol(accounts, "cleo")
    by_both = accounts.signed_in(await complete(accounts, await challenged(accounts, "cleo"), who.app.next()))
    async with strict(accounts, EVERYBODY) as here:
        for someone, is_over in (
            (ann, True),
            (by_password, True),  # a passkey that was made, and not signed in with
            (by_passkey, False),
            (who.api, True),  # in which the second factor was turned on
            (by_both, False),
        ):
            assert await is_out(here.api.as_holder_of(someone.access)) is is_over
        # It lets nobody bring an app of their own in, either.
        before = await Snapshot.take(accounts.store)
        refused = await here.api.as_holder_of(ann.access).ask("mutation { beginTotp { __typename } }")
        assert (refused.status, refused.codes) == (401, ["UNAUTHENTICATED"])
        assert await Snapshot.take(accounts.store) == before
    # Where it is required of nobody any more, what was not refreshed meanwhile goes on.
    assert not await is_out(ann.api)
    async with strict(accounts, EVERYBODY) as here:
        assert kind(await here.refresh(ann.refresh)) == "AuthError"
        again = here.signed_in(await here.refresh(by_both.refresh))
        assert not await is_out(again.api)
        # Whoever signs in gets a second factor first, and sees why the session before ended.
        ann = (await set_up(here, "ann", await asked(here, "ann"))).api
        seen = await ann.api.ask("{ viewer { accountActivity(first: 9) { nodes { type properties } } } }")
        nodes = cast("list[Mapping[str, Mapping[str, JSON]]]", seen.at("viewer.accountActivity.nodes"))
        [ended] = [each["properties"] for each in nodes if str(each["type"]) == "session_revoked"]
        assert ended["reason"] == "second_factor_required"
    assert await accounts.store.read(SESSIONS, {}) == [5]


async def test_a_session_is_good_for_nothing_once_its_person_gets_a_role_that_needs_a_second_factor(
    accounts: Accounts,
) -> None:
    async with strict(accounts, STAFF) as here:
        ann = await here.join("ann")
        assert not await is_out(ann.api)
        await accounts.run(PROMOTE, email="ann@one.example", role=PlatformRole.PLATFORM_OWNER)
        assert await is_out(ann.api)
        assert kind(await here.refresh(ann.refresh)) == "AuthError"
        assert await accounts.store.read(SESSIONS, {}) == [0]


async def test_what_is_followed_ends_once_its_person_needs_a_second_factor(accounts: Accounts) -> None:
    ann = await accounts.join("ann")
    for policy, found in ((SignInPolicy(), {ann.session}), (EVERYBODY, set())):
        sessions = Sessions(accounts.store, accounts.clock, UNLIMITED, policy)
        assert set(await sessions.authenticate_again([ann.session])) == found


async def test_no_password_may_lean_on_words_of_the_organization(accounts: Accounts, letters: Letters) -> None:
    leaning = "Zephyrine!2026"
    async with strict(accounts, SignInPolicy(words=("umbrella", "Zephyrine"))) as here:
        refused = await here.try_to_sign_up("ann", leaning)
        assert is_wrong(refused, "password")
        assert "easily guessed" in str(refused["message"])
        ann = await here.join("ann")
        change: Mapping[str, JSON] = {"currentPassword": PASSWORD, "newPassword": leaning}
        assert is_wrong(await ann.api.change("changePassword", change), "newPassword")
        await letters.deliver()
        await here.api.change("requestPasswordReset", {"email": "ann@one.example"})
        given: Mapping[str, JSON] = {"token": await letters.token("ann"), "newPassword": leaning}
        assert is_wrong(await here.api.change("resetPassword", given), "newPassword")
        assert kind(await here.try_to_sign_in("ann")) == "SignInSuccess"
    assert kind(await accounts.try_to_sign_up("ben", leaning)) == "SignUpSuccess"

"""Every way in at the edges that all of them share: an account that is gone, and letters of other scripts."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import pytest

from domain.mail import MailTemplate
from domain.values import JSON
from graph.store import Statement
from tests.accounts import PASSWORD, SESSION, Accounts, TurnedClock, is_out
from tests.authenticator import StandingClock, challenged, complete, enrol
from tests.letters import Letters
from tests.passkey_device import equip, options
from tests.passkey_device import sign_in as sign_in_with_passkey
from tests.provider import FakeProvider
from tests.snapshots import Snapshot
from tests.visits import complete as complete_visit
from tests.visits import link, visit
from tests.visits import sign_in as sign_in_with
from tests.wallets import linked, message_for, signed
from tests.wallets import sign_in as sign_in_with_wallet

pytestmark = [pytest.mark.slow, pytest.mark.once]

STANDING: Statement[str] = Statement(
    "standing",
    """
    MATCH (person:Person)
    RETURN person.status + ' ' + toString(COUNT { (:Session {personId: person.id}) }) AS row ORDER BY row""",
)
MAILED: Statement[Mapping[str, JSON]] = Statement("mailed", "MATCH (n:Mail) RETURN n {.template, .locale} AS row")

Way = Callable[[], Awaitable[Mapping[str, JSON]]]


@pytest.fixture
def clock() -> TurnedClock:
    """The clock of the server, which stands: no code expires while a test looks at it."""
    return StandingClock()


def kind(answer: Mapping[str, JSON]) -> str:
    return str(answer["__typename"])


async def by_mail(accounts: Accounts, proof: JSON) -> Mapping[str, JSON]:
    return await accounts.api.change("signInByMail", {"proof": proof}, SESSION)


async def test_what_was_begun_before_an_account_was_deleted_lets_nobody_in(
    guests: Accounts, provider: FakeProvider
) -> None:
    who = await enrol(guests, "ann")
    ann, letters = who.api, Letters(guests.store, guests.clock)
    device, _ = await equip(ann)
    wallet, _ = await linked(ann)
    assert kind(await link(ann, provider)) == "CompleteLinkingWithSuccess"
    await letters.deliver()
    api, address = guests.api, "ann@one.example"
    await api.change("requestSignInLink", {"email": address})
    token, code = await letters.token("ann"), await letters.code("ann")
    await api.change("requestPasswordReset", {"email": address})
    reset = await letters.token("ann")
    await ann.api.change("requestEmailChange", {"email": "other@one.example"})
    change = await letters.token("other")
    back = await visit(api, provider)
    credential = device.sign(await options(api))
    message = await message_for(api, wallet.address)
    challenge = await challenged(guests, "ann")
    assert kind(await ann.api.change("deleteAccount", {"username": "ann"})) == "DeleteAccountSuccess"
    before = await Snapshot.take(guests.store)

    provider.person["email_verified"] = False
    by_code: JSON = {"code": {"email": address, "code": code}}
    ways: list[tuple[str, Way]] = [
        ("AuthError", lambda: guests.try_to_sign_in("ann")),
        ("ValidationError", lambda: by_mail(guests, {"token": token})),
        ("ValidationError", lambda: by_mail(guests, by_code)),
        ("ValidationError", lambda: api.change("resetPassword", {"token": reset, "newPassword": PASSWORD})),
        ("ValidationError", lambda: api.change("confirmEmailChange", {"token": change})),
        ("AuthError", lambda: complete(guests, challenge, who.app.next())),
        ("AuthError", lambda: complete(guests, challenge, recovery=who.recovery[0])),
        ("AuthError", lambda: guests.refresh(ann.refresh)),
    ]
    for expected, way in ways:
        assert kind(await way()) == expected
    assert await is_out(ann.api)
    assert await Snapshot.take(guests.store) == before
    # These use up what was begun, and let nobody in either.
    assert kind(await sign_in_with_passkey(guests, credential)) == "AuthError"
    assert kind(await sign_in_with_wallet(guests, message, signed(wallet, message))) == "AuthError"
    assert kind(await complete_visit(guests, back)) == "AuthError"
    # Nor does what is begun afterwards.
    assert kind(await sign_in_with_passkey(guests, device.sign(await options(api)))) == "AuthError"
    message = await message_for(api, wallet.address)
    assert kind(await sign_in_with_wallet(guests, message, signed(wallet, message))) == "AuthError"
    sent = len(letters.sent)
    for mutation in ("requestSignInLink", "requestPasswordReset"):
        await api.change(mutation, {"email": address})
    await letters.deliver()
    assert len(letters.sent) == sent
    assert await guests.store.read(STANDING, {}) == ["deleted 0"]
    # Whoever comes from a provider is new here: nothing leads to the account that was.
    provider.person |= {"email": address, "email_verified": True}
    again = await sign_in_with(guests, provider)
    seen = await again.api.ask("{ viewer { person { email } signInMethods { kind } secondFactor { enabled } } }")
    assert seen.at("viewer.signInMethods") == [{"kind": "provider"}]
    assert seen.at("viewer.secondFactor.enabled") is False
    assert await guests.store.read(STANDING, {}) == ["active 1", "deleted 0"]


async def test_an_account_that_is_deleted_beside_a_sign_in_leaves_no_session(accounts: Accounts) -> None:
    for name in ("ann", "ben", "cleo"):
        someone = await accounts.join(name)
        accounts.clock.forward(minutes=1)
        await accounts.api.change("requestSignInLink", {"email": f"{name}@one.example"})
        token = await Letters(accounts.store, accounts.clock).token(name)
        await asyncio.gather(
            someone.api.change("deleteAccount", {"username": name}),
            accounts.try_to_sign_in(name),
            by_mail(accounts, {"token": token}),
        )
    assert await accounts.store.read(STANDING, {}) == ["deleted 0"] * 3


OF_OTHERS = {
    MailTemplate.ORDER_PLACED,
    MailTemplate.ORDER_FULFILLED,
    MailTemplate.ORDER_REFUNDED,
    MailTemplate.REFUND_DECLINED,
    MailTemplate.WEBHOOK_PAUSED,
    MailTemplate.SUPPORT_ACCESS_BEGAN,
}
"""What no account is about."""


async def test_mails_are_in_the_language_of_whoever_they_are_for(accounts: Accounts, letters: Letters) -> None:
    new: dict[str, JSON] = {"email": "ann@one.example", "username": "ann", "displayName": "Ann", "password": PASSWORD}
    refused = await accounts.api.change("signUp", {**new, "locale": "Deutsch, bitte"})
    assert (kind(refused), refused["field"]) == ("ValidationError", "locale")
    assert await accounts.store.read(STANDING, {}) == []
    await accounts.api.change("signUp", {**new, "locale": "DE-at"})
    token = await letters.token("ann")
    assert "Deine Adresse für ONE" in (await letters.last("ann")).subject
    await accounts.api.change("verifyEmail", {"token": token})
    await accounts.api.change("signUp", {**new, "username": "anna", "locale": "en"})  # by somebody else
    assert "Du hast schon ein Konto" in (await letters.last("ann")).subject
    await accounts.api.change("requestSignInLink", {"email": "ann@one.example"})
    ann = accounts.signed_in(await by_mail(accounts, {"token": await letters.token("ann")}))
    assert (await ann.api.ask("{ viewer { person { locale } } }")).at("viewer.person.locale") == "de-AT"
    who = await enrol(accounts, "ann", ann)
    await equip(ann)
    await accounts.api.change("requestPasswordReset", {"email": "ann@one.example"})
    given: dict[str, JSON] = {"token": await letters.token("ann"), "newPassword": f"{PASSWORD} 2"}
    assert kind(await accounts.api.change("resetPassword", given)) == "ResetPasswordSuccess"
    challenge = str((await accounts.try_to_sign_in("ann", f"{PASSWORD} 2"))["challenge"])
    ann = accounts.signed_in(await complete(accounts, challenge, recovery=who.recovery[0]))
    await ann.api.change("disableTwoFactor", {"proof": {"recoveryCode": who.recovery[1]}})
    await ann.api.change("requestEmailChange", {"email": "nia@one.example"})
    assert kind(await accounts.api.change("confirmEmailChange", {"token": await letters.token("nia")})) == (
        "ConfirmEmailChangeSuccess"
    )
    await letters.deliver()
    mailed = await accounts.store.read(MAILED, {})
    assert {each["template"] for each in mailed} == set(MailTemplate) - OF_OTHERS
    assert {each["locale"] for each in mailed} == {"de-AT"}
    assert all(message.text.startswith("Hallo,") for message in letters.sent)
    ben = await accounts.join("ben")
    assert (await letters.last("ben")).text.startswith("Hello,")
    for locale, chosen, greeting in (("DE", "de", "Hallo,"), (None, None, "Hello,"), ("pt-br", "pt-BR", "Hello,")):
        accounts.clock.forward(minutes=2)
        answer = await ben.api.change("setLocale", {"locale": locale}, "person { locale }")
        assert answer == {"__typename": "SetLocaleSuccess", "person": {"locale": chosen}}
        await accounts.api.change("requestSignInLink", {"email": "ben@one.example"})
        assert (await letters.last("ben")).text.startswith(greeting)
    before = await Snapshot.take(accounts.store)
    refused = await ben.api.change("setLocale", {"locale": "d"})
    assert (kind(refused), refused["field"]) == ("ValidationError", "locale")
    assert kind(await accounts.api.change("setLocale", {"locale": "de"})) == "AuthError"
    assert await Snapshot.take(accounts.store) == before


async def test_who_comes_from_a_provider_gets_mails_in_the_language_that_it_says(
    guests: Accounts, provider: FakeProvider
) -> None:
    letters = Letters(guests.store, guests.clock)
    said: list[tuple[JSON, str]] = [("de_DE", "Hallo,"), ("tr", "Hello,"), ({"a": 1}, "Hello,"), ("x" * 99, "Hello,")]
    for number, (locale, greeting) in enumerate(said):
        provider.person = {"sub": f"{number}", "email": f"n{number}@one.example", "email_verified": True}
        provider.person["locale"] = locale
        await sign_in_with(guests, provider)
        await guests.api.change("requestSignInLink", {"email": f"n{number}@one.example"})
        assert (await letters.last(f"n{number}")).text.startswith(greeting)


@pytest.mark.parametrize(
    ("theirs", "others"),
    [
        # A dotless i, one with a dot above, and a Cyrillic one are none of the Latin i.
        ("irem@one.example", ["\u0131rem@one.example", "\u0130rem@one.example", "\u0456rem@one.example"]),
        # A name of a domain in Unicode and in ASCII are two addresses, each proved by itself.
        ("ann@b\u00fccher.example", ["ann@xn--bcher-kva.example", "ann@bucher.example", "ann@buecher.example"]),
        ("ma\u00dfe@one.example", ["masse@one.example"]),
    ],
)
async def test_an_address_that_looks_like_another_is_somebody_elses(
    accounts: Accounts, letters: Letters, theirs: str, others: list[str]
) -> None:
    new: dict[str, JSON] = {"username": "victim", "displayName": "Victim", "password": PASSWORD}
    assert (await accounts.api.change("signUp", {**new, "email": theirs}, "email"))["email"] == theirs
    await letters.deliver()
    verify = letters.sent[-1].text.split("#token=")[1].split()[0]
    assert kind(await accounts.api.change("verifyEmail", {"token": verify})) == "VerifyEmailSuccess"
    for other in others:
        refused = await accounts.api.change("signIn", {"email": other, "password": PASSWORD}, SESSION)
        assert kind(refused) == "AuthError"
        for mutation in ("requestSignInLink", "requestPasswordReset"):
            assert kind(await accounts.api.change(mutation, {"email": other})).endswith("Success")
    sent = len(letters.sent)
    await letters.deliver()
    assert len(letters.sent) == sent
    # In capitals, in another form of Unicode and with spaces around it, it is the same; "I" is an i in any country.
    decomposed = "".join({"\u00fc": "u\u0308"}.get(each, each) for each in theirs)
    same = [theirs.upper().replace("SSE", "\u00dfE") if "\u00df" in theirs else theirs.upper(), f" {decomposed} "]
    for each in same:
        answer = await accounts.api.change("signIn", {"email": each, "password": PASSWORD}, SESSION)
        assert kind(answer) == "SignInSuccess", each
    # Whoever signs up with one that looks like it is asked to prove that one, there.
    for number, other in enumerate(others):
        await accounts.api.change("signUp", {**new, "username": f"other{number}", "email": other}, "email")
        await letters.deliver()
        assert letters.sent[-1].address not in {theirs, theirs.upper()}


async def test_letters_of_other_scripts_prove_nothing(guests: Accounts, provider: FakeProvider) -> None:
    """Whoever reads digits, names of accounts elsewhere and wallets more kindly than they are lets others in."""
    who = await enrol(guests, "ann")
    letters = Letters(guests.store, guests.clock)
    wide = str.maketrans("0123456789", "\uff10\uff11\uff12\uff13\uff14\uff15\uff16\uff17\uff18\uff19")
    challenge = await challenged(guests, "ann")
    assert kind(await complete(guests, challenge, who.app.next().translate(wide))) == "ValidationError"
    wider = "".join(chr(ord(each) + 0xFEE0) if each.isalnum() else each for each in who.recovery[0])
    assert kind(await complete(guests, challenge, recovery=wider)) == "ValidationError"
    await letters.deliver()
    await guests.api.change("requestSignInLink", {"email": "ann@one.example"})
    code = await letters.code("ann")
    by_code: JSON = {"code": {"email": "ann@one.example", "code": code.translate(wide)}}
    assert kind(await by_mail(guests, by_code)) == "ValidationError"
    # A provider's names for people are compared to the letter: these are three.
    for subject in ("\u00e9mil", "e\u0301mil", "\u00c9mil"):
        provider.person |= {"sub": subject, "email": f"{len(subject)}{ord(subject[0])}@one.example"}
        await sign_in_with(guests, provider)
    people = [row for row in await guests.store.read(STANDING, {}) if row == "active 1"]
    assert len(people) == 4
    ann = guests.signed_in(await complete(guests, await challenged(guests, "ann"), who.app.next()))
    wallet, _ = await linked(ann)
    for address in (wallet.address.translate(wide), wallet.address.replace("0x", "0\u0445", 1)):
        given: dict[str, JSON] = {"address": address, "chainId": 1}
        assert kind(await guests.api.change("beginWalletSignIn", given)) == "ValidationError"
    message = await message_for(guests.api, wallet.address)
    looks_alike = message.replace("a", "\u0430", 1)
    assert kind(await sign_in_with_wallet(guests, looks_alike, signed(wallet, looks_alike))) in {
        "ValidationError",
        "AuthError",
    }

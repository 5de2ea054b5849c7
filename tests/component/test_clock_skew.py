"""Two servers over one store whose clocks differ: what one of them gave the other takes, and no more than that."""

from collections.abc import AsyncIterator, Mapping
from datetime import timedelta

import pytest

from domain.values import JSON
from graph.store import Store
from tests.accounts import SESSION, Accounts, TurnedClock, is_out
from tests.authenticator import StandingClock, challenged, complete, enrol
from tests.component.conftest import ALLOWED_ORIGIN
from tests.component.test_session_cookies import OWN_ORIGIN, REFRESH, SIGN_IN, post
from tests.conftest import served
from tests.letters import Letters
from tests.passkey_device import equip, options
from tests.passkey_device import sign_in as sign_in_with_passkey

pytestmark = [pytest.mark.slow, pytest.mark.once]


@pytest.fixture
def clock() -> TurnedClock:
    """The clock of the first server, which stands."""
    return StandingClock()


@pytest.fixture(params=[60, -60], ids=["ahead", "behind"])
async def other(request: pytest.FixtureRequest, store: Store, accounts: Accounts) -> AsyncIterator[Accounts]:
    """A second server over the same store, whose clock is a minute ahead of the first one's or behind it."""
    assert isinstance(accounts.clock, StandingClock)
    clock = StandingClock(timedelta(seconds=request.param), accounts.clock.start)
    async with served(store, clock=clock, origins={ALLOWED_ORIGIN}) as http:
        yield Accounts(store, http, clock)


def kind(answer: Mapping[str, JSON]) -> str:
    return str(answer["__typename"])


async def test_tokens_are_good_on_a_server_whose_clock_differs(accounts: Accounts, other: Accounts) -> None:
    ann = await accounts.join("ann")
    assert not await is_out(other.api.as_holder_of(ann.access))
    there = other.signed_in(await other.refresh(ann.refresh))
    assert await is_out(ann.api)
    here = accounts.signed_in(await accounts.refresh(there.refresh))
    assert not await is_out(other.api.as_holder_of(here.access))
    # A token is over by the clock of whoever is asked, and comes back nowhere once it was replaced.
    accounts.clock.forward(minutes=11)
    assert await is_out(here.api)
    again = accounts.signed_in(await accounts.refresh(here.refresh))
    assert not await is_out(other.api.as_holder_of(again.access))
    assert kind(await other.refresh(ann.refresh)) == "AuthError"
    assert await is_out(again.api), "an older token ends the session, whichever server it is tried at"


async def test_cookies_are_good_on_a_server_whose_clock_differs(accounts: Accounts, other: Accounts) -> None:
    await accounts.sign_up("ann")
    _, _, cookies = await post(accounts, SIGN_IN, {}, Origin=OWN_ORIGIN)
    _, body, _ = await post(other, "{ viewer { person { username } } }", cookies, Origin=OWN_ORIGIN)
    assert body["data"] == {"viewer": {"person": {"username": "ann"}}}
    _, body, renewed = await post(other, REFRESH, cookies, Origin=OWN_ORIGIN)
    assert "RefreshSessionSuccess" in str(body["data"])
    _, body, _ = await post(accounts, "{ viewer { person { username } } }", renewed, Origin=OWN_ORIGIN)
    assert body["data"] == {"viewer": {"person": {"username": "ann"}}}


async def test_a_password_and_a_mail_are_good_on_a_server_whose_clock_differs(
    accounts: Accounts, letters: Letters, other: Accounts
) -> None:
    await accounts.sign_up("ann")
    assert not await is_out((await other.sign_in("ann")).api)
    ask: JSON = "ann@one.example"
    await accounts.api.change("requestSignInLink", {"email": ask})
    code = await letters.code("ann")
    by_code: JSON = {"code": {"email": ask, "code": code}}
    assert "tokens" in await other.api.change("signInByMail", {"proof": by_code}, SESSION)
    assert kind(await accounts.api.change("signInByMail", {"proof": by_code})) == "ValidationError"
    accounts.clock.forward(minutes=3)
    other.clock.forward(minutes=3)
    await accounts.api.change("requestSignInLink", {"email": ask})
    by_link: JSON = {"token": await letters.token("ann")}
    accounts.clock.forward(minutes=8)
    other.clock.forward(minutes=8)
    assert "tokens" in await other.api.change("signInByMail", {"proof": by_link}, SESSION)
    assert kind(await accounts.api.change("signInByMail", {"proof": by_link})) == "ValidationError"
    accounts.clock.forward(minutes=3)
    other.clock.forward(minutes=3)
    await accounts.api.change("requestSignInLink", {"email": ask})
    late: JSON = {"token": await letters.token("ann")}
    accounts.clock.forward(minutes=12)
    other.clock.forward(minutes=12)
    for each in (accounts, other):
        assert kind(await each.api.change("signInByMail", {"proof": late})) == "ValidationError"


async def test_a_passkey_and_a_recovery_code_are_good_on_a_server_whose_clock_differs(
    accounts: Accounts, other: Accounts
) -> None:
    who = await enrol(accounts, "ann")
    device, _ = await equip(who.api)
    other.clock.forward(minutes=1)  # as the first server's was, when the app was set up
    assert "tokens" in await sign_in_with_passkey(other, device.sign(await options(accounts.api)))
    challenge = await challenged(accounts, "ann")
    assert "tokens" in await complete(other, challenge, recovery=who.recovery[0])
    challenge = await challenged(other, "ann")
    assert kind(await complete(accounts, challenge, recovery=who.recovery[0])) == "ValidationError"
    accounts.clock.forward(days=2_000)
    other.clock.forward(days=2_000)
    challenge = await challenged(accounts, "ann")
    assert "tokens" in await complete(other, challenge, recovery=who.recovery[1]), "no recovery code grows old"

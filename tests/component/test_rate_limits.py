"""Rate limits: how often somebody may try, and that nobody is locked out by the tries of others."""

import asyncio
from collections.abc import AsyncIterator
from types import SimpleNamespace

import pytest

from domain.access import Caller, KeyScope
from domain.errors import RateLimitError
from domain.values import JSONObject
from graph.store import Store
from services.rate_limits import BY_ACCOUNT, BY_ADDRESS, Limited, RateLimits
from tests.accounts import PASSWORD, Accounts, TurnedClock
from tests.client import Api
from tests.conftest import served
from tests.worlds import World

pytestmark = [pytest.mark.slow, pytest.mark.once]


class Watch:
    """The seconds that tries are counted by, which pass when the test says so: a slow machine tries no less often."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.5

    def time(self) -> float:
        return self.now


@pytest.fixture(autouse=True)
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    """`limits` takes no clock, and asks the module `time`."""
    watch = Watch()
    for module in ("limits.aio.storage.memory", "limits.aio.strategies", "services.rate_limits"):
        monkeypatch.setattr(f"{module}.time", SimpleNamespace(time=watch.time))
    return watch


@pytest.fixture
async def limited(store: Store) -> AsyncIterator[Accounts]:
    """A server that counts."""
    clock = TurnedClock()
    async with served(store, clock=clock, rate_limits=RateLimits.at(None)) as http:
        yield Accounts(store, http, clock)


def caller(address: str | None) -> Caller:
    return Caller(None, address=address)


async def tries(limits: RateLimits, what: Limited, address: str | None, account: str | None = None) -> int:
    """How many are taken in a row, before one is refused."""
    taken = 0
    refused: RateLimitError | None = None
    while refused is None:
        try:
            await limits.count(what, caller(address), account)
            taken += 1
        except RateLimitError as error:
            refused = error
    assert 1 <= refused.retry_after <= 86_400
    return taken


async def test_guessing_a_password_is_stopped_and_says_when_to_go_on(limited: Accounts, statements: list[str]) -> None:
    await limited.sign_up("ann")
    for _ in range(5):
        assert (await limited.try_to_sign_in("ann", "wrong one 7"))["__typename"] == "AuthError"
    statements.clear()
    answer = await limited.try_to_sign_in("ann", PASSWORD)
    assert answer["__typename"] == "RateLimitError"
    assert 1 <= float(str(answer["retryAfter"])) <= 120
    assert statements == []


async def test_an_unknown_address_is_limited_just_so(limited: Accounts) -> None:
    kinds = [(await limited.try_to_sign_in("nobody"))["__typename"] for _ in range(6)]
    assert kinds == ["AuthError"] * 5 + ["RateLimitError"]


async def test_tries_at_once_count_one_by_one(limited: Accounts) -> None:
    await limited.sign_up("ann")
    answers = await asyncio.gather(*(limited.try_to_sign_in("ann", "wrong one 7") for _ in range(12)))
    kinds = sorted(str(answer["__typename"]) for answer in answers)
    assert kinds == ["AuthError"] * 5 + ["RateLimitError"] * 7


async def test_a_session_is_limited_in_guessing_its_own_password(limited: Accounts) -> None:
    ann = await limited.join("ann")
    for _ in range(5):
        assert (await ann.api.change("reauthenticate", {"password": "x"}))["__typename"] == "ValidationError"
    given = {"currentPassword": PASSWORD, "newPassword": "copper lantern 58 harbour"}
    assert (await ann.api.change("reauthenticate", {"password": PASSWORD}))["__typename"] == "RateLimitError"
    assert (await ann.api.change("changePassword", given))["__typename"] == "RateLimitError"


async def test_asking_for_mails_is_limited(limited: Accounts) -> None:
    for field in ("requestPasswordReset", "requestEmailVerification"):
        kinds = [
            str((await limited.api.change(field, {"email": f"{field}@one.example"}))["__typename"]) for _ in range(4)
        ]
        assert kinds[-2:] == [f"R{field[1:]}Success", "RateLimitError"]


async def test_tries_from_elsewhere_keep_nobody_from_their_account() -> None:
    limits = RateLimits.at(None)
    assert await tries(limits, Limited.SIGN_IN, "192.0.2.1", "ann@one.example") == 5
    await limits.count(Limited.SIGN_IN, caller("192.0.2.2"), "ann@one.example")
    await limits.count(Limited.SIGN_IN, caller("192.0.2.1"), "ben@one.example")


async def test_who_waits_as_long_as_was_said_may_try_again(watch: Watch) -> None:
    limits = RateLimits.at(None)
    await tries(limits, Limited.SIGN_IN, "192.0.2.1", "ann@one.example")
    with pytest.raises(RateLimitError) as refused:
        await limits.count(Limited.SIGN_IN, caller("192.0.2.1"), "ann@one.example")
    watch.now += refused.value.retry_after
    await limits.count(Limited.SIGN_IN, caller("192.0.2.1"), "ann@one.example")


async def test_many_accounts_from_one_address_are_limited_too() -> None:
    limits = RateLimits.at(None)
    for number in range(60):
        await limits.count(Limited.SIGN_IN, caller("192.0.2.1"), f"{number}@one.example")
    with pytest.raises(RateLimitError):
        await limits.count(Limited.SIGN_IN, caller("192.0.2.1"), "61@one.example")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8:0:1::1", "2001:db8:0:1:ffff::2", True),
        ("2001:db8:0:1::1", "2001:db8:0:2::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        (None, "not an address", True),
    ],
)
async def test_an_address_is_what_one_household_has(one: str | None, other: str, same: bool) -> None:
    limits = RateLimits.at(None)
    assert await tries(limits, Limited.PROOF, one) == 30
    assert await tries(limits, Limited.PROOF, other) == (0 if same else 30)


@pytest.mark.parametrize("what", Limited)
async def test_everything_that_is_counted_has_a_limit(what: Limited) -> None:
    assert await tries(RateLimits.at(None), what, "192.0.2.1") == int(BY_ADDRESS[what].split("/")[0])
    if what in BY_ACCOUNT:
        assert await tries(RateLimits.at(None), what, "192.0.2.1", "ann") == int(BY_ACCOUNT[what].split("/")[0])


async def test_while_a_redis_cannot_be_reached_a_server_counts_its_own_and_keeps_nobody_else_out() -> None:
    limits = RateLimits.at("redis://127.0.0.1:1/0")
    assert await tries(limits, Limited.SIGN_IN, "192.0.2.1", "ann@one.example") == 5
    assert await tries(limits, Limited.SIGN_IN, "192.0.2.2", "ann@one.example") == 5


async def test_a_flood_of_denials_leaves_a_few_entries_and_its_size(world: World, watch: Watch) -> None:
    guest = await world.member("guest", "home", scope=KeyScope.WRITE)
    thing: JSONObject = {"id": await world.thing("Poster"), "version": 1}
    async with served(world.store, rate_limits=RateLimits.at(None)) as http:
        flooding = Api(http, guest.secret)
        for _ in range(25):
            assert (await flooding.change("archiveThing", thing))["__typename"] == "ForbiddenError"
        assert await world.denials() == 10
        await flooding.change("deleteThing", thing)  # is counted by itself
        assert await world.denials() == 11
        watch.now += 121
        await flooding.change("archiveThing", thing)
        await flooding.change("archiveThing", thing)
    told = await world.api.ask(
        "{ auditLog(first: 100, order: oldest_first, filter: {allowed: false}) { nodes { leftOut } } }"
    )
    assert told.each("auditLog.nodes", "leftOut") == [0] * 11 + [15, 0]

"""What tests of accounts stand on."""

from collections.abc import AsyncIterator

import pytest

from app.provider_settings import ProviderSettings
from app.providers import signing_in
from graph.store import Store
from tests.accounts import Accounts, TurnedClock
from tests.conftest import served
from tests.letters import APP, Letters
from tests.provider import CLIENT, SECRET, FakeProvider, running_provider

ALLOWED_ORIGIN = "https://app.one.example"


@pytest.fixture
def clock() -> TurnedClock:
    """The clock of the server."""
    return TurnedClock()


@pytest.fixture
async def accounts(store: Store, clock: TurnedClock) -> AsyncIterator[Accounts]:
    """A server that knows nobody yet, and whose clock can be put forward."""
    async with served(store, clock=clock, origins={ALLOWED_ORIGIN}) as http:
        yield Accounts(store, http, clock)


@pytest.fixture
def letters(accounts: Accounts) -> Letters:
    """The mails of that server."""
    return Letters(accounts.store, accounts.clock)


@pytest.fixture(scope="module")
async def one_provider() -> AsyncIterator[FakeProvider]:
    """A provider for all tests of a module."""
    async with running_provider() as provider:
        yield provider


@pytest.fixture
def provider(one_provider: FakeProvider, clock: TurnedClock) -> FakeProvider:
    """That provider as it is at first, at the server's time."""
    fresh = FakeProvider(one_provider.issuer)
    vars(one_provider).update(vars(fresh))
    one_provider.clock = clock
    one_provider.person = {"sub": "24400320", "email": "Nia@one.example", "email_verified": True, "name": "Nia One"}
    return one_provider


@pytest.fixture
async def guests(store: Store, clock: TurnedClock, provider: FakeProvider) -> AsyncIterator[Accounts]:
    """A server where people may sign in with accounts at that provider, which speaks as GitHub does as well."""
    common = {"issuer": provider.issuer, "client_id": CLIENT, "client_secret": SECRET}
    settings = [
        ProviderSettings.model_validate({**common, "name": "acme", "title": "Acme"}),
        ProviderSettings.model_validate({**common, "name": "github", "kind": "github"}),
    ]
    async with (
        signing_in(settings, APP) as providers,
        served(store, clock=clock, origins={ALLOWED_ORIGIN}, providers=providers) as http,
    ):
        yield Accounts(store, http, clock)

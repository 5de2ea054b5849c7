"""What tests of accounts stand on."""

from collections.abc import AsyncIterator

import pytest

from graph.store import Store
from tests.accounts import Accounts, TurnedClock
from tests.conftest import served
from tests.letters import Letters

ALLOWED_ORIGIN = "https://app.one.example"


@pytest.fixture
async def accounts(store: Store) -> AsyncIterator[Accounts]:
    """A server that knows nobody yet, and whose clock can be put forward."""
    clock = TurnedClock()
    async with served(store, clock=clock, origins={ALLOWED_ORIGIN}) as http:
        yield Accounts(store, http, clock)


@pytest.fixture
def letters(accounts: Accounts) -> Letters:
    """The mails of that server."""
    return Letters(accounts.store, accounts.clock)

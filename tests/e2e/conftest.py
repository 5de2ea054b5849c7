"""A real server over the tests' store."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from graph.emptiness import is_empty
from graph.store import Store
from tests.conftest import missing
from tests.e2e.redis_server import RedisServer
from tests.e2e.servers import Served, serving


@pytest.fixture
async def served(store: Store, store_address: tuple[str, str, str], tmp_path: Path) -> AsyncIterator[Served]:
    """A server in a process of its own that has filled the tests' empty store with the demo world."""
    assert await is_empty(store)
    uri, user, password = store_address
    settings = {"ONE_STORE_USER": user, "ONE_STORE_PASSWORD": password}
    async with serving("--store", uri, "--data", str(tmp_path), settings=settings) as server:
        yield server


@pytest.fixture
async def redis(tmp_path: Path) -> AsyncIterator[RedisServer]:
    """A Redis of the test's own."""
    if not RedisServer.is_there():
        missing("no redis-server: install the package of that name")
    server = RedisServer.at_free_port(tmp_path)
    await server.start()
    yield server
    await server.stop()

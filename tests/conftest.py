"""What tests stand on: a real Neo4j of their own (one a worker, wiped between tests), and the application over it."""

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NoReturn

import httpx2
import pytest

from app.asgi import create_app
from app.explorer import Explorer
from app.local_store.address import StoreAddress
from app.local_store.instance import LocalStore
from app.local_store.releases import DEFAULT_RELEASE, LTS_RELEASE
from domain.errors import StoreError
from graph.migrate import read_migrations, up
from graph.store import Statement, Store, Transaction
from tests.client import Api
from tests.worlds import World

CHECKOUT = Path(__file__).parent.parent


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add our options."""
    parser.addoption(
        "--store", help="A Neo4j that is running and may be wiped; credentials in ONE_STORE_USER, ONE_STORE_PASSWORD."
    )


def missing(reason: str) -> NoReturn:
    """Skip for want of something outside; where every leg is required, fail."""
    if os.environ.get("TESTS_REQUIRE_LEGS"):
        pytest.fail(f"a required leg did not run: {reason}")
    pytest.skip(reason)


@pytest.fixture(scope="session")
def northwind() -> Path:
    """The folder of the Northwind files."""
    folder = os.environ.get("TESTS_NORTHWIND")
    if folder is None or not (Path(folder) / "orders.csv").exists():
        missing("no Northwind files: set TESTS_NORTHWIND to their folder")
    return Path(folder)


@pytest.fixture(scope="session")
async def store_address(
    pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[tuple[str, str, str]]:
    """Where a Neo4j answers: address, user, password."""
    given: str | None = pytestconfig.getoption("--store")
    if given is not None:
        yield given, os.environ.get("ONE_STORE_USER", "neo4j"), os.environ.get("ONE_STORE_PASSWORD", "")
        return
    release = LTS_RELEASE if os.environ.get("TESTS_RELEASE") == "lts" else DEFAULT_RELEASE
    java_home = os.environ.get("TESTS_JAVA_HOME")
    local = LocalStore(
        tmp_path_factory.mktemp("store"),
        owner="tests",
        release=release,
        java_home=Path(java_home) if java_home else None,
        short_lived=True,
    )
    try:
        address: StoreAddress = await local.__aenter__()
    except StoreError as error:
        missing(str(error))
    try:
        yield address.uri, address.user, address.password
    finally:
        await local.__aexit__(None, None, None)


@pytest.fixture(scope="session")
async def migrated_store(store_address: tuple[str, str, str]) -> AsyncIterator[Store]:
    """A migrated store, in whatever state the last test left it."""
    store = await Store.open(*store_address)
    await up(store, read_migrations())
    yield store
    await store.close()


@pytest.fixture
async def store(migrated_store: Store) -> Store:
    """A migrated store that holds nothing."""
    await wipe(migrated_store)
    return migrated_store


WIPE: Statement[int] = Statement(
    "wipe", "MATCH (n) WHERE NOT n:Migration WITH n LIMIT 10000 DETACH DELETE n RETURN count(*) AS row"
)


async def wipe(store: Store) -> None:
    """Delete everything but the record of the migrations."""

    async def work(transaction: Transaction) -> int:
        return (await transaction.run(WIPE, {}))[0]

    while await store.write(work):
        pass


@pytest.fixture
def statements(migrated_store: Store) -> Iterator[list[str]]:
    """The names of the statements that run meanwhile: one for each round trip. Name it after the world."""
    names: list[str] = []
    migrated_store.observe = names.append
    yield names
    migrated_store.observe = lambda _name: None


@asynccontextmanager
async def served(store: Store) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of the application over a store, in this process."""
    explorer = Explorer(CHECKOUT / "explorer", enabled=False)
    app = create_app(store, b"a key for cursors in tests", explorer, body_limit=1_000_000)
    transport = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://testserver") as client:
        yield client


@pytest.fixture
async def http(store: Store) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of the application over the store, in this process."""
    async with served(store) as client:
        yield client


@pytest.fixture
def api(http: httpx2.AsyncClient) -> Api:
    """The API, as nobody."""
    return Api(http)


@pytest.fixture
async def world(store: Store, api: Api) -> World:
    """A platform owner who may write, in an organization of their own."""
    return await World.create(store, api)


@pytest.fixture(scope="module")
async def shared_world(migrated_store: Store) -> AsyncIterator[World]:
    """A world for all tests of a module that bear each other's traces; none of them may use what wipes the store."""
    await wipe(migrated_store)
    async with served(migrated_store) as client:
        yield await World.create(migrated_store, Api(client))

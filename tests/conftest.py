"""What tests stand on: a real Neo4j of their own (one a worker, wiped between tests), and the application over it."""

import asyncio
import contextlib
import os
import re
import tempfile
import threading
from collections.abc import AsyncIterator, Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NoReturn

import httpx2
import pytest

from app.explorer import Explorer
from app.file_contents import ObjectContents
from app.load import LoadLimits
from app.local_store.address import StoreAddress
from app.local_store.releases import DEFAULT_RELEASE, LTS_RELEASE
from domain.errors import StoreError
from domain.files import UPLOAD_LIMIT
from domain.sign_in_policy import LENIENT, SignInPolicy
from domain.trusted_documents import DocumentPolicy
from domain.values import Clock, now
from graph.migrate import read_migrations, up
from graph.store import Statement, Store, Transaction
from schema.limits import Limits
from services.embedding import Embedder
from services.files import FileContents
from services.lists import SCAN_LIMIT
from services.providers import Provider
from services.rate_limits import RateLimits
from services.sealing import SecretBox
from services.services import ANY_DOCUMENT, NO_CHAINS
from services.wallet_proofs import Chains
from tests.client import Api
from tests.stores import store_of_tests
from tests.worlds import World

CHECKOUT = Path(__file__).parent.parent


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add our options."""
    parser.addoption(
        "--store", help="A Neo4j that is running and may be wiped; credentials in ONE_STORE_USER, ONE_STORE_PASSWORD."
    )


DEFAULT_SUITE = "not slow"
_ALL_SLOW = re.compile(r"^pytestmark = .*\bpytest\.mark\.slow\b", re.MULTILINE)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out, unread, the files all of whose tests are slow where none of those is to run: there are many."""
    if config.getoption("markexpr") != DEFAULT_SUITE or collection_path.suffix != ".py":
        return None
    return True if _ALL_SLOW.search(collection_path.read_text(encoding="utf-8")) else None


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


class StartedStore:
    """A Neo4j that starts, and is migrated, in a thread of its own, while the tests are still being collected."""

    def __init__(self, *, short_lived: bool) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="one-tests-")
        release = LTS_RELEASE if os.environ.get("TESTS_RELEASE") == "lts" else DEFAULT_RELEASE
        java_home = os.environ.get("TESTS_JAVA_HOME")
        self._local = store_of_tests(
            Path(self._folder.name), release, Path(java_home) if java_home else None, short_lived=short_lived
        )
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._starting = asyncio.run_coroutine_threadsafe(self._start(), self._loop)

    async def _start(self) -> tuple[str, str, str]:
        address: StoreAddress = await self._local.__aenter__()
        login = (address.uri, address.user, address.password)
        store = await Store.open(*login)
        await up(store, read_migrations())
        await store.close()
        return login

    async def address(self) -> tuple[str, str, str]:
        """Its address, user and password, once it answers. StoreError where it cannot start."""
        return await asyncio.wrap_future(self._starting)

    def stop(self) -> None:
        """Stop it, be it while it starts."""
        with contextlib.suppress(StoreError):
            self._starting.result()
            asyncio.run_coroutine_threadsafe(self._local.__aexit__(None, None, None), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self._folder.cleanup()


STARTED = pytest.StashKey[StartedStore]()


def _started(config: pytest.Config) -> StartedStore:
    return StartedStore(short_lived=config.getoption("markexpr") == DEFAULT_SUITE)


def pytest_configure(config: pytest.Config) -> None:
    """Start the store early where all tests are to run, some of which will want it."""
    controls_others = config.getoption("numprocesses", None) and not hasattr(config, "workerinput")
    all_of_them = config.args_source is pytest.Config.ArgsSource.TESTPATHS and not config.getoption("collectonly")
    if all_of_them and not controls_others and config.getoption("--store") is None:
        config.stash[STARTED] = _started(config)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave nothing running."""
    if STARTED in config.stash:
        config.stash[STARTED].stop()


@pytest.fixture(scope="session")
async def store_address(pytestconfig: pytest.Config) -> tuple[str, str, str]:
    """Where a Neo4j answers: address, user, password."""
    given: str | None = pytestconfig.getoption("--store")
    if given is not None:
        return given, os.environ.get("ONE_STORE_USER", "neo4j"), os.environ.get("ONE_STORE_PASSWORD", "")
    if STARTED not in pytestconfig.stash:
        pytestconfig.stash[STARTED] = _started(pytestconfig)
    try:
        return await pytestconfig.stash[STARTED].address()
    except StoreError as error:
        missing(str(error))


@pytest.fixture(scope="session")
async def migrated_store(store_address: tuple[str, str, str]) -> AsyncIterator[Store]:
    """A migrated store, in whatever state the last test left it."""
    # A busy machine takes its time for the first plan of a statement.
    store = await Store.open(*store_address, timeout=120)
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


WHO_ASKS = {"authenticate", "authenticate_session", "confirm"}


@pytest.fixture
def statements(migrated_store: Store) -> Iterator[list[str]]:
    """The names of the statements that run meanwhile: one for each round trip. Name it after the world.

    Without those that say nothing but who asks: there is one where a process does not remember it, as in test_claims.
    """
    names: list[str] = []
    migrated_store.observe = lambda name: None if name in WHO_ASKS else names.append(name)
    yield names
    migrated_store.observe = lambda _name: None


@pytest.fixture
def all_statements(migrated_store: Store) -> Iterator[list[str]]:
    """The same with those."""
    names: list[str] = []
    migrated_store.observe = names.append
    yield names
    migrated_store.observe = lambda _name: None


UNLIMITED = RateLimits(None)
CURSOR_KEY = b"a key for cursors in tests"
ANY_LOAD = LoadLimits(seconds=120)  # as the store has for a statement: a plan may take long on a busy machine
LIMITS = Limits()
BOX = SecretBox([bytes(range(32))])


@asynccontextmanager
async def served(
    store: Store,
    *,
    embedder: Embedder | None = None,
    scan_limit: int = SCAN_LIMIT,
    clock: Clock = now,
    origins: AbstractSet[str] = frozenset(),
    rate_limits: RateLimits = UNLIMITED,
    providers: Sequence[Provider] = (),
    box: SecretBox = BOX,
    chains: Chains = NO_CHAINS,
    local_webhooks: bool = False,
    policy: SignInPolicy = LENIENT,
    files: FileContents | None = None,
    upload_limit: int = UPLOAD_LIMIT,
    documents: DocumentPolicy = ANY_DOCUMENT,
    load: LoadLimits = ANY_LOAD,
    limits: Limits = LIMITS,
    federation: bool = False,
) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of the application over a store, in this process."""
    from app.asgi import create_app  # noqa: PLC0415 - it takes seconds, in which the store starts already

    explorer = Explorer(CHECKOUT / "explorer", enabled=False)
    folder = tempfile.TemporaryDirectory()
    app = create_app(
        store,
        CURSOR_KEY,
        explorer,
        body_limit=1_000_000,
        embedder=embedder,
        scan_limit=scan_limit,
        clock=clock,
        origins=origins,
        rate_limits=rate_limits,
        providers=providers,
        box=box,
        chains=chains,
        local_webhooks=local_webhooks,
        policy=policy,
        files=files or ObjectContents.at(Path(folder.name).as_uri()),
        upload_limit=upload_limit,
        documents=documents,
        load=load,
        limits=limits,
        federation=federation,
    )
    transport = httpx2.ASGITransport(app)
    with folder:
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

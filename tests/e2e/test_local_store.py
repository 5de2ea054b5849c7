"""The local store with a real Neo4j: what holds when it starts, stops, dies and is shared."""

import asyncio
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import psutil
import pytest
from neo4j import AsyncDriver, AsyncGraphDatabase
from neo4j.exceptions import AuthError

from app.local_store import instance
from app.local_store.address import StoreAddress
from app.local_store.aot import AotCache
from app.local_store.errors import StoreInUseError, StoreUnavailableError
from app.local_store.home import Memory
from app.local_store.instance import LocalStore, Step, no_progress, provide
from app.local_store.jars import JarCache, read_lock
from app.local_store.java import find_java
from app.local_store.releases import DEFAULT_RELEASE
from app.local_store.sharing import running_store
from domain.errors import StoreError

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

ROOT = Path(__file__).resolve().parents[2]
STOP_LIMIT_SECONDS = 5
OWN = """
import asyncio, pathlib, sys
from app.local_store.instance import LocalStore

async def main():
    async with LocalStore(pathlib.Path(sys.argv[1]), owner="the test's child", short_lived=True) as address:
        print(address.port, flush=True)
        await asyncio.sleep(120)

try:
    asyncio.run(main())
except KeyboardInterrupt:
    pass
"""


@pytest.fixture(scope="module", autouse=True)
async def jars() -> None:
    try:
        await provide(DEFAULT_RELEASE, None, os.environ.get("ONE_MAVEN_MIRROR"), no_progress)
    except StoreUnavailableError as error:
        if os.environ.get("TESTS_REQUIRE_LEGS"):
            raise
        pytest.skip(str(error))


@pytest.fixture(scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[Path, StoreAddress]]:
    data = tmp_path_factory.mktemp("running")
    async with store(data) as address:
        yield data, address


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "data"
    left = processes(tmp_path)
    for process in left:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    assert left == []


def processes(folder: Path) -> list[psutil.Process]:
    """List the guards and Javas whose command line names the folder."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if any(part.startswith((f"@{folder}/", f"{folder}/")) for part in process.cmdline()):
                found.append(process)
    return found


def java_of(data: Path) -> psutil.Process:
    (java,) = [process for process in processes(data) if process.name() == "java"]
    return java


def store(data: Path) -> LocalStore:
    return LocalStore(data, owner="a test", short_lived=True)


def connect(address: StoreAddress) -> AsyncDriver:
    return AsyncGraphDatabase.driver(address.uri, auth=(address.user, address.password))


async def answer(address: StoreAddress, query: str) -> list[object]:
    async with connect(address) as driver:
        records, _, _ = await driver.execute_query(query)
        return [record[0] for record in records]


async def soon(condition: Callable[[], bool], within: float) -> bool:
    end = time.monotonic() + within
    while time.monotonic() < end:
        if condition():
            return True
        await asyncio.sleep(0.05)
    return False


def own(data: Path) -> subprocess.Popen[str]:
    """Start a process that owns the folder's store, in a session (and so a terminal's foreground) of its own."""
    return subprocess.Popen(
        [sys.executable, "-c", OWN, str(data)], cwd=ROOT, stdout=subprocess.PIPE, text=True, start_new_session=True
    )


def port_of(owner: subprocess.Popen[str]) -> int:
    assert owner.stdout is not None
    return int(owner.stdout.readline())


async def test_it_answers_its_credentials_alone(running: tuple[Path, StoreAddress]) -> None:
    _, address = running
    assert await answer(address, "RETURN 1") == [1]
    with pytest.raises(AuthError):
        await answer(StoreAddress(address.port, address.user, "a guess at it"), "RETURN 1")


def test_it_listens_on_loopback_with_bolt_alone(running: tuple[Path, StoreAddress]) -> None:
    data, address = running
    listening = [
        connection.laddr for connection in java_of(data).net_connections() if connection.status == psutil.CONN_LISTEN
    ]
    assert [(end.ip.removeprefix("::ffff:"), end.port) for end in listening] == [("127.0.0.1", address.port)]


def test_its_password_shows_in_no_command_line_or_environment(running: tuple[Path, StoreAddress]) -> None:
    data, address = running
    (guard,) = [process for process in processes(data) if process.name() != "java"]
    for process in (guard, java_of(data)):
        assert address.password not in " ".join([*process.cmdline(), *process.environ().values()])


async def test_a_second_owner_is_told_whose_it_is(running: tuple[Path, StoreAddress]) -> None:
    data, address = running
    with pytest.raises(StoreInUseError, match=rf"belongs to process {os.getpid()} \(a test, since 20"):
        async with store(data):
            pytest.fail("two owners")
    assert running_store(data) == address
    assert await answer(address, "RETURN 1") == [1]


@pytest.mark.parametrize("victim", ["java", "python"])
async def test_whatever_is_killed_it_comes_back_at_the_same_address_with_its_data(
    running: tuple[Path, StoreAddress], victim: str
) -> None:
    data, address = running
    await answer(address, f"CREATE (:Survivor {{of: '{victim}'}})")
    before = java_of(data)
    (target,) = [process for process in processes(data) if process.name().startswith(victim)]
    target.kill()
    assert await soon(lambda: not before.is_running(), 5)

    def back() -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", address.port), 1):
            return True
        return False

    assert await soon(back, 60)
    assert await answer(address, f"MATCH (s:Survivor {{of: '{victim}'}}) RETURN count(s)") == [1]
    assert java_of(data) != before


async def test_a_stop_amid_work_is_quick_and_leaves_the_data_and_no_process(data: Path) -> None:
    steps: list[tuple[Step, int, int]] = []

    def note(step: Step, done: int, total: int) -> None:
        steps.append((step, done, total))

    async with contextlib.AsyncExitStack() as still_connected:
        async with LocalStore(data, owner="a test", short_lived=True, progress=note) as address:
            driver = await still_connected.enter_async_context(connect(address))
            await driver.execute_query("CREATE (:Kept {id: 'k1'})")
            work = asyncio.create_task(driver.execute_query("UNWIND range(1, 4000000000) AS i RETURN max(i)"))
            await asyncio.sleep(0.5)
            assert not work.done()
            began = time.monotonic()
        assert time.monotonic() - began < STOP_LIMIT_SECONDS
        assert processes(data) == []
        assert running_store(data) is None
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
    total = len(read_lock(DEFAULT_RELEASE.lock))
    assert [step for step in steps if step[0] is Step.FETCH][-1] == (Step.FETCH, total, total)
    assert steps[-2:] == [(Step.START, 0, 1), (Step.START, 1, 1)]

    async with store(data) as address:
        assert await answer(address, "MATCH (k:Kept) RETURN k.id") == ["k1"]


async def test_neo4j_is_gone_after_its_owner_was_killed_and_the_next_owner_gets_the_data(data: Path) -> None:
    with own(data) as owner:
        port_of(owner)
        address = running_store(data)
        assert address is not None
        await answer(address, "CREATE (:Kept {id: 'k1'})")
        java = java_of(data)
        owner.kill()
        owner.wait()
    assert running_store(data) is None
    async with store(data) as address:
        assert not java.is_running()
        assert await answer(address, "MATCH (k:Kept) RETURN k.id") == ["k1"]


async def test_ctrl_c_of_the_owner_is_quick_and_leaves_no_process(data: Path) -> None:
    with own(data) as owner:
        port_of(owner)
        began = time.monotonic()
        os.killpg(owner.pid, signal.SIGINT)
        await asyncio.to_thread(owner.wait, 20)
    assert time.monotonic() - began < STOP_LIMIT_SECONDS
    assert owner.returncode == 0
    assert processes(data) == []


async def test_of_two_that_start_at_once_exactly_one_owns_the_store(data: Path) -> None:
    gate = asyncio.Event()
    owners: list[StoreAddress] = []

    async def start() -> str:
        try:
            async with store(data) as address:
                owners.append(address)
                await gate.wait()
        except StoreInUseError as error:
            return str(error)
        return ""

    starts = [asyncio.create_task(start()) for _ in range(2)]
    done, _ = await asyncio.wait(starts, return_when=asyncio.FIRST_COMPLETED)
    assert f"process {os.getpid()} (a test" in done.pop().result()
    assert await soon(lambda: bool(owners), 60)
    assert [running_store(data)] == owners
    gate.set()
    await asyncio.gather(*starts)


async def test_a_stolen_port_is_told_in_one_line_and_nothing_is_left(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as thief:
        thief.bind(("127.0.0.1", 0))
        monkeypatch.setattr(instance, "free_port", lambda: thief.getsockname()[1])
        with pytest.raises(
            StoreError, match=r"does not start: .*Address already in use.* See .*console\.log"
        ) as caught:
            async with store(data):
                pytest.fail("started")
    assert "\n" not in str(caught.value)
    assert processes(data) == []
    assert running_store(data) is None


async def test_a_java_that_refuses_its_options_is_told_in_one_line(data: Path) -> None:
    with pytest.raises(StoreError, match=r"does not start: .*[Hh]eap"):
        async with LocalStore(data, owner="a test", memory=Memory(initial_heap=128, max_heap=64)):
            pytest.fail("started")


@pytest.mark.parametrize("database", ["neo4j", "system"])
async def test_a_damaged_store_is_told_in_one_line_instead_of_hanging(data: Path, database: str) -> None:
    async with store(data):
        pass
    for file in (data / "neo4j" / "data" / "transactions" / database).iterdir():
        file.write_bytes(os.urandom(4096))
    with pytest.raises(StoreError, match=r"a database cannot be opened .*See ") as caught:
        async with store(data):
            pytest.fail("started")
    assert "\n" not in str(caught.value)


async def test_an_unusable_data_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match=r"data folder .*file/data cannot be used: Not a directory"):
        async with store(tmp_path / "file" / "data"):
            pytest.fail("started")


@pytest.fixture(scope="module")
async def cache_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache folder of its own in which a start-up cache was made, by two at once."""
    folder = tmp_path_factory.mktemp("cache") / "one"
    java = find_java(DEFAULT_RELEASE)
    found = JarCache().fetch(read_lock(DEFAULT_RELEASE.lock), lambda _done, _total: None)
    both = [AotCache(java, found, folder).create(DEFAULT_RELEASE) for _ in range(2)]
    await asyncio.gather(*both)
    assert len([path for path in folder.iterdir() if path.suffix == ".aot"]) == 1
    assert processes(folder) == []
    return folder.parent


def arguments_of(data: Path) -> str:
    return (data / "neo4j" / "conf" / "java.args").read_text()


async def test_a_start_up_cache_is_used(data: Path, cache_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache_home))
    async with store(data):
        assert f"-XX:AOTCache={cache_home}/one/neo4j-" in arguments_of(data)
    assert "An error has occurred while processing the AOT cache" not in (data / "neo4j" / "console.log").read_text()


@pytest.mark.parametrize("hurt", ["a byte", "the rest"])
async def test_a_damaged_start_up_cache_is_removed_and_does_not_stop_a_start(
    data: Path, cache_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hurt: str
) -> None:
    shutil.copytree(cache_home, tmp_path / "cache")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (cache,) = (tmp_path / "cache" / "one").glob("*.aot")
    whole = cache.read_bytes()
    half = len(whole) // 2
    cache.write_bytes(whole[:half] + (b"?" + whole[half + 1 :] if hurt == "a byte" else b""))
    async with store(data) as address:
        assert await answer(address, "RETURN 1") == [1]
        assert "AOTCache=" not in arguments_of(data)
        assert not cache.exists()

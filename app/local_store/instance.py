import asyncio
import contextlib
import functools
import logging
from collections.abc import Callable, Sequence
from enum import Enum
from pathlib import Path
from types import TracebackType

from app.local_store.address import StoreAddress
from app.local_store.aot import AotCache
from app.local_store.errors import StoreEndedError
from app.local_store.home import USER, Home, Memory
from app.local_store.jars import JarCache, read_lock
from app.local_store.java import Java, find_java
from app.local_store.ports import free_port
from app.local_store.releases import DEFAULT_RELEASE, Release
from app.local_store.server import Server
from app.local_store.sharing import Claim
from domain.errors import StoreError

STOP_SECONDS = 2.5
FIRST_BACKOFF_SECONDS = 0.2
LONGEST_BACKOFF_SECONDS = 10.0

log = logging.getLogger("one.store")


class Step(Enum):
    """What a start is at; FETCH counts jars, START goes from 0 to 1."""

    FETCH = "fetch"
    START = "start"


Progress = Callable[[Step, int, int], None]


def no_progress(step: Step, done: int, total: int) -> None:
    """Show nothing."""


class LocalStore:
    """A Neo4j Community of our own on loopback, fetched, started, kept running and stopped.

    An async context manager that yields the address once the store answers a query. While it is open, Neo4j is
    started again (same port, same password) if it dies, and it ends when this process does, however it does.

    `owner` is how others are told whose store it is. `java_home` and `mirror` override where Java and the jars come
    from. `short_lived` is for a run of a minute, a command or a test: it halves what the start costs, and the speed
    that a long run would reach. `java_options` are told to Java as they are. `progress` may be called from another
    thread. Raises StoreError or one of its kinds with one line that says what to do.
    """

    def __init__(
        self,
        data: Path,
        *,
        owner: str,
        release: Release = DEFAULT_RELEASE,
        java_home: Path | None = None,
        mirror: str | None = None,
        memory: Memory | None = None,
        short_lived: bool = False,
        java_options: Sequence[str] = (),
        progress: Progress = no_progress,
    ) -> None:
        self._data = data.absolute()
        self._home = Home(self._data / "neo4j")
        self._owner = owner
        self._release = release
        self._java_home = java_home
        self._mirror = mirror
        self._memory = memory or Memory()
        # The optimising compiler costs a start half of its processor time and pays only over minutes.
        self._options = [*java_options, *(["-XX:TieredStopAtLevel=1"] if short_lived else [])]
        self._trains = not short_lived
        self._progress = progress
        self._open = contextlib.AsyncExitStack()

    async def __aenter__(self) -> StoreAddress:
        async with contextlib.AsyncExitStack() as opening:
            try:
                claim = Claim.take(self._data, self._owner)
                opening.callback(claim.release)
                self._home.admit(self._release)
                java, jars = await provide(self._release, self._java_home, self._mirror, self._progress)
                address = await self._start(java, jars, opening)
                claim.publish(address)
            except OSError as error:
                raise StoreError(f"The data folder {self._data} cannot be used: {error.strerror or error}.") from error
            self._open = opening.pop_all()
        return address

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._open.aclose()

    async def _start(self, java: Java, jars: list[Path], opening: contextlib.AsyncExitStack) -> StoreAddress:
        self._progress(Step.START, 0, 1)
        cache = AotCache(java, jars) if java.has_aot_cache else None
        found = await asyncio.to_thread(cache.find) if cache else None
        address = StoreAddress(free_port(), USER, self._home.password())
        self._home.configure(self._release, address.port, self._memory)
        options = [*self._options, *([f"-XX:AOTCache={found}"] if found else [])]
        command = self._home.command(self._release, java, jars, self._memory, options)
        try:
            server = await Server.start(self._home, command, address, grace_seconds=STOP_SECONDS)
        except StoreEndedError:
            if found is None:
                raise
            # Either the cache killed Java, and it starts without one, or the second try tells what is really wrong.
            command = self._home.command(self._release, java, jars, self._memory, self._options)
            server = await Server.start(self._home, command, address, grace_seconds=STOP_SECONDS)
            found.unlink(missing_ok=True)
        keeper = _Keeper(self._home, command, address, server)
        opening.push_async_callback(keeper.stop)
        if cache and not found and self._trains:
            training = asyncio.create_task(cache.create(self._release))
            opening.push_async_callback(_cancel, training)
        self._progress(Step.START, 1, 1)
        return address


async def provide(
    release: Release, java_home: Path | None, mirror: str | None, progress: Progress
) -> tuple[Java, list[Path]]:
    """Find a Java for the release and fetch its jars; raises StoreError or one of its kinds."""
    cache = JarCache(mirror)
    try:
        java = await asyncio.to_thread(find_java, release, java_home)
        report = functools.partial(progress, Step.FETCH)
        return java, await asyncio.to_thread(cache.fetch, read_lock(release.lock), report)
    finally:
        cache.cancel()


async def prepare(
    release: Release = DEFAULT_RELEASE, *, mirror: str | None = None, progress: Progress = no_progress
) -> None:
    """Do ahead of time what a first start would: fetch the jars and make the start-up cache (about 20 s)."""
    java, jars = await provide(release, None, mirror, progress)
    if java.has_aot_cache:
        await AotCache(java, jars).create(release)


class _Keeper:
    """Starts Neo4j again, at the same port with the same password, whenever it has died."""

    def __init__(self, home: Home, command: list[str], address: StoreAddress, server: Server) -> None:
        self._home = home
        self._command = command
        self._address = address
        self._server = server
        self._task = asyncio.create_task(self._keep())

    async def stop(self) -> None:
        await _cancel(self._task)
        await self._server.process.stop()

    async def _keep(self) -> None:
        while True:
            status = await self._server.process.wait()
            log.warning("Neo4j ended unexpectedly (status %d); starting it again", status)
            self._server = await self._again()
            log.warning("Neo4j is back")

    async def _again(self) -> Server:
        backoff = FIRST_BACKOFF_SECONDS
        while True:
            await asyncio.sleep(backoff)
            backoff = min(2 * backoff, LONGEST_BACKOFF_SECONDS)
            try:
                return await Server.start(self._home, self._command, self._address, grace_seconds=STOP_SECONDS)
            except (StoreError, OSError) as error:
                log.error("%s Trying again in %.1f s", error, backoff)  # noqa: TRY400 - the line says it all


async def _cancel(task: asyncio.Task[None]) -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task

"""Real servers in processes of their own, as a user starts them."""

import asyncio
import contextlib
import os
import re
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]
START_SECONDS = 90

_SERVES = re.compile(r"ONE serves (http://\S+)/graphql")
_ACCOUNT = re.compile(r"^\s+(\w+)\s+(\S+@\S+)\s+Authorization: Bearer (\S+)$")


@dataclass(frozen=True)
class Account:
    """A demo account as the server printed it."""

    role: str
    email: str
    secret: str


@dataclass
class Served:
    """A server that answers."""

    process: asyncio.subprocess.Process
    url: str
    accounts: list[Account] = field(default_factory=list)
    printed: list[str] = field(default_factory=list)

    async def stop(self, number: signal.Signals = signal.SIGINT, within: float = 10) -> int:
        """Send a signal, and answer the exit code."""
        self.process.send_signal(number)
        return await asyncio.wait_for(self.process.wait(), within)


def environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """Ours, without the settings and switches of the tests themselves."""
    return {name: value for name, value in os.environ.items() if not name.startswith("ONE_")} | dict(more or {})


async def start(*arguments: str, settings: Mapping[str, str] | None = None) -> Served:
    """Start `serve` on a free port and wait until it says that it serves."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "app", "serve", "--port", "0", *arguments,
        cwd=CHECKOUT,
        env=environment(settings),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    served = Served(process, "")
    try:
        async with asyncio.timeout(START_SECONDS):
            await _read_until_it_serves(served)
    except BaseException:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        raise
    return served


async def _read_until_it_serves(served: Served) -> None:
    assert served.process.stdout is not None
    while not served.url:
        line = (await served.process.stdout.readline()).decode().rstrip()
        assert line or not served.process.stdout.at_eof(), "\n".join(served.printed)
        served.printed.append(line)
        if account := _ACCOUNT.match(line):
            served.accounts.append(Account(*account.groups()))
        if serves := _SERVES.match(line):
            served.url = serves[1]


@contextlib.asynccontextmanager
async def serving(*arguments: str, settings: Mapping[str, str] | None = None) -> AsyncIterator[Served]:
    """A server for as long as the context lasts."""
    served = await start(*arguments, settings=settings)
    try:
        yield served
    finally:
        if served.process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                served.process.send_signal(signal.SIGINT)
            try:
                await asyncio.wait_for(served.process.wait(), 10)
            except TimeoutError:
                served.process.kill()
                await served.process.wait()


@contextlib.asynccontextmanager
async def unheard(served: Served) -> AsyncIterator[None]:
    """Read all that a server logs meanwhile: it would wait for that once the pipe is full."""

    async def read() -> None:
        assert served.process.stdout is not None
        async for _ in served.process.stdout:
            pass

    reading = asyncio.create_task(read())
    try:
        yield
    finally:
        reading.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await reading


@contextlib.asynccontextmanager
async def two(address: tuple[str, str, str], folder: Path, **settings: str) -> AsyncIterator[tuple[Served, Served]]:
    """Two servers over one store."""
    uri, user, password = address
    given = {"ONE_STORE_USER": user, "ONE_STORE_PASSWORD": password, **settings}
    async with (
        serving("--store", uri, "--data", str(folder), settings=given) as first,
        serving("--store", uri, "--data", str(folder), settings=given) as second,
    ):
        yield first, second

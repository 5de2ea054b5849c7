"""Servers in processes of their own, over one store."""

import asyncio
import hashlib
import os
import re
import shutil
import signal
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil

from app.local_store.address import StoreAddress

_CHECKOUT: Final = Path(__file__).parents[2]
_NPM: Final = Path(__file__).with_name("neo4j_graphql")
_SERVES: Final = re.compile(r"serves http://127\.0\.0\.1:(\d+)")
_PLENTY: Final = 1_000_000_000
_START_SECONDS: Final = 90
_STOP_SECONDS: Final = 10
_INSTALL_SECONDS: Final = 300


@dataclass(frozen=True)
class Server:
    """A process that serves at a port of this machine."""

    process: psutil.Process
    port: int

    def processor(self) -> float:
        """How many seconds of the processor it has taken."""
        times = self.process.cpu_times()
        return times.user + times.system


@asynccontextmanager
async def ours(address: StoreAddress, folder: Path, *, keeps: bool = True) -> AsyncIterator[Server]:
    """Our own, as `scripts/serve` runs it, but for the store and the page; or one that keeps no answers."""
    settings = {
        "ONE_STORE_USER": address.user,
        "ONE_STORE_PASSWORD": address.password,
        "ONE_EXPLORER": "false",
        "ONE_POINTS": f"{_PLENTY}",  # one caller asks for what thousands may
        "ONE_POINTS_PER_SECOND": f"{_PLENTY}",
        **({} if keeps else {"ONE_KEPT_BYTES": "0"}),
    }
    name = "ours" if keeps else "fresh"
    serve = ("-m", "app", "serve", "--port", "0", "--no-demo")
    command = [sys.executable, *serve, "--store", address.uri, "--data", str(folder / name)]
    async with _serving(command, settings, folder / f"{name}.log") as server:
        yield server


@asynccontextmanager
async def python_peer(name: str, address: StoreAddress, folder: Path) -> AsyncIterator[Server]:
    """The module of that name in this package."""
    command = [sys.executable, "-m", f"{__package__}.{name}"]
    async with _serving(command, _login(address), folder / f"{name}.log") as server:
        yield server


@asynccontextmanager
async def neo4j_graphql(address: StoreAddress, folder: Path) -> AsyncIterator[Server]:
    """@neo4j/graphql, of the release in its lock, which is installed at first."""
    command = [await _node(), str(_NPM / "server.mjs")]
    async with _serving(command, _login(address) | {"NODE_ENV": "production"}, folder / "npm.log") as server:
        yield server


def _login(address: StoreAddress) -> dict[str, str]:
    return {"STORE_URI": address.uri, "STORE_USER": address.user, "STORE_PASSWORD": address.password}


async def _node() -> str:
    """A Node.js that finds the packages. SystemExit where there is none."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        raise SystemExit("this takes Node.js with npm")
    note = _NPM / "node_modules" / ".installed"
    wanted = hashlib.sha256((_NPM / "package-lock.json").read_bytes()).hexdigest()
    if not note.is_file() or note.read_text() != wanted:
        install = await asyncio.create_subprocess_exec(npm, "ci", "--ignore-scripts", "--no-audit", cwd=_NPM)
        if await asyncio.wait_for(install.wait(), _INSTALL_SECONDS):
            raise SystemExit("the npm packages could not be installed")
        note.write_text(wanted)
    return node


@asynccontextmanager
async def _serving(command: Sequence[str], settings: Mapping[str, str], log: Path) -> AsyncIterator[Server]:
    """A process that says on its output where it serves, until the context ends."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ONE_")}
    with log.open("wb") as errors:
        process = await asyncio.create_subprocess_exec(
            *command,
            cwd=_CHECKOUT,
            env=environment | dict(settings),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=errors,
        )
    try:
        async with asyncio.timeout(_START_SECONDS):
            port = await _port(process, log)
        yield Server(psutil.Process(process.pid), port)
    finally:
        await _stop(process)


async def _port(process: asyncio.subprocess.Process, log: Path) -> int:
    while process.stdout is not None and (line := (await process.stdout.readline()).decode()):
        if serves := _SERVES.search(line):
            return int(serves[1])
    raise SystemExit(f"a server ended before it served: see {log}")


async def _stop(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    process.send_signal(signal.SIGINT)
    try:
        await asyncio.wait_for(process.wait(), _STOP_SECONDS)
    except TimeoutError:
        process.kill()
        await process.wait()

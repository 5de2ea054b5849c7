"""A real `serve` process, and how much memory it and its store take."""

import asyncio
import contextlib
import os
import re
import signal
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx2
import psutil

CHECKOUT = Path(__file__).parents[1]
_SERVES = re.compile(r"ONE serves (http://\S+)/graphql")


@dataclass(frozen=True)
class Running:
    """A server that answers."""

    process: asyncio.subprocess.Process
    url: str

    def resident(self) -> dict[str, int]:
        """Bytes of memory by process name: of the server itself, and of Neo4j."""
        server = psutil.Process(self.process.pid)
        sizes = {"server": server.memory_info().rss}
        for child in server.children(recursive=True):
            sizes[child.name()] = sizes.get(child.name(), 0) + child.memory_info().rss
        return sizes


@contextlib.asynccontextmanager
async def serving(*arguments: str, settings: Mapping[str, str] | None = None) -> AsyncIterator[Running]:
    """A server on a free port, for as long as the context lasts, with settings of its environment."""
    running = await _start(arguments, settings or {})
    try:
        yield running
    finally:
        running.process.send_signal(signal.SIGINT)
        await running.process.wait()


async def _start(arguments: Sequence[str], settings: Mapping[str, str]) -> Running:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ONE_")}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "app", "serve", "--port", "0", *arguments,
        cwd=CHECKOUT,
        env=environment | {"ONE_EXPLORER": "false", "ONE_LOG_LEVEL": "warning", **settings},
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    while line := (await process.stdout.readline()).decode():
        if serves := _SERVES.search(line):
            return Running(process, serves[1])
    raise SystemExit(f"the server ended with {await process.wait()} before it served")


async def first_answer(running: Running) -> None:
    """Wait for the answer to a first query."""
    async with httpx2.AsyncClient(timeout=60) as client:
        answer = await client.post(f"{running.url}/graphql", json={"query": "{ __typename }"})
    answer.raise_for_status()

"""Several processes behind one port: all answer, one that dies is replaced, and none outlives the server."""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Final

import httpx2
import psutil
import pytest

from tests.e2e.servers import Served, serving, unheard

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("store")]

WORKERS: Final = 3
WITHIN_SECONDS: Final = 45
QUERY: Final = {"query": "{ publicGroups(first: 1) { nodes { slug } } }"}


@pytest.fixture
async def served(store_address: tuple[str, str, str], tmp_path: Path) -> AsyncIterator[Served]:
    uri, user, password = store_address
    settings = {"ONE_STORE_USER": user, "ONE_STORE_PASSWORD": password}
    arguments = ("--store", uri, "--data", str(tmp_path), "--workers", f"{WORKERS}", "--no-demo")
    async with serving(*arguments, settings=settings) as server, unheard(server):
        yield server


def is_gone(process: psutil.Process) -> bool:
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def others(served: Served) -> list[psutil.Process]:
    """The processes that serve beside the first."""
    children = psutil.Process(served.process.pid).children()
    return [each for each in children if not is_gone(each) and "work" in each.cmdline()]


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(WITHIN_SECONDS):
        while not holds():  # noqa: ASYNC110 - other processes tell of nothing
            await asyncio.sleep(0.1)


async def answering(served: Served) -> set[str]:
    """Which processes answer, by when they were started; each request comes over a connection of its own."""
    found: set[str] = set()
    async with asyncio.timeout(WITHIN_SECONDS):
        while len(found) < WORKERS:
            async with httpx2.AsyncClient(timeout=30) as client:
                answer = await client.post(f"{served.url}/graphql", json=QUERY)
                assert "errors" not in answer.json()
                lines = (await client.get(f"{served.url}/metrics")).text.splitlines()
            found |= {line for line in lines if line.startswith("process_start_time_seconds ")}
    return found


async def test_all_answer_at_one_port_and_one_that_dies_is_replaced(served: Served) -> None:
    before = await answering(served)
    killed = others(served)[0]
    killed.kill()
    await until(lambda: len(others(served)) == WORKERS - 1 and killed.pid not in {each.pid for each in others(served)})
    assert await answering(served) - before


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL], ids=["told to stop", "killed"])
async def test_none_outlives_the_server(served: Served, number: signal.Signals) -> None:
    await answering(served)
    workers = others(served)
    assert len(workers) == WORKERS - 1
    served.process.send_signal(number)
    code = await asyncio.wait_for(served.process.wait(), 15)
    assert code == (0 if number is signal.SIGINT else -signal.SIGKILL)
    await until(lambda: all(map(is_gone, workers)))

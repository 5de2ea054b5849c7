"""Signing in: what it costs, and for how long it holds the event loop at a time, in which others wait.

The application runs in this process, over the store of a server that does nothing else; the provider runs in a thread
of its own, and the clock is put forward between the rounds.
"""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from app.garbage import settle
from app.local_store.sharing import running_store
from app.provider_settings import ProviderSettings
from app.providers import signing_in
from benchmarks.figures import Figure, milliseconds
from benchmarks.held import Held
from benchmarks.servers import serving
from benchmarks.ways_in import ONE_FACTOR, TWO_FACTORS, Crowd, Way
from graph.store import Store
from tests.accounts import Accounts, TurnedClock
from tests.conftest import served
from tests.letters import APP, Letters
from tests.provider import CLIENT, SECRET, FakeProvider, running_provider

TOGETHER: Final = 50
ROUNDS: Final = 4
ASKED: Final = 300
GOAL: Final = 0.020
"""Seconds for which a sign-in may hold the event loop."""

_WHO = "{ viewer { scope } }"


async def measure(folder: Path) -> list[Figure]:
    """Sign-ins one by one and together, and what a session costs a request."""
    data = folder / "sign-ins"
    async with serving("--data", str(data), "--no-demo"), _provider() as provider:
        address = running_store(data)
        if address is None:
            raise SystemExit("the server's store cannot be found")
        store = await Store.open(address.uri, address.user, address.password)
        clock = TurnedClock()
        provider.clock = clock
        acme = {"name": "acme", "issuer": provider.issuer, "client_id": CLIENT, "client_secret": SECRET}
        async with (
            signing_in([ProviderSettings.model_validate(acme)], APP) as providers,
            served(store, clock=clock, providers=providers) as http,
        ):
            accounts = Accounts(store, http, clock)
            figures = await _measured(Crowd(accounts, Letters(store, clock), provider))
        await store.close()
    return figures


@asynccontextmanager
async def _provider() -> AsyncIterator[FakeProvider]:
    """A provider whose own work is in no figure."""
    started: asyncio.Future[FakeProvider] = asyncio.get_running_loop().create_future()
    here, over = asyncio.get_running_loop(), threading.Event()

    async def run() -> None:
        async with running_provider() as provider:
            here.call_soon_threadsafe(started.set_result, provider)
            await asyncio.to_thread(over.wait)

    thread = threading.Thread(target=lambda: asyncio.run(run()), daemon=True)
    thread.start()
    try:
        yield await started
    finally:
        over.set()
        await asyncio.to_thread(thread.join)


async def _measured(crowd: Crowd) -> list[Figure]:
    await crowd.gather(TOGETHER)
    name = crowd.people[0].name
    alone = await _times(10, lambda: crowd.accounts.sign_in(name))
    settle()  # as a server does that has started
    held = [await _held(crowd, *way) for way in ONE_FACTOR.items()]
    token = (await crowd.accounts.sign_in(name)).access
    nobody = await _times(ASKED, lambda: crowd.accounts.api.ask(_WHO))
    somebody = await _times(ASKED, lambda: crowd.accounts.api.as_holder_of(token).ask(_WHO))
    await crowd.turn_on_second_factors()
    held += [await _held(crowd, *way) for way in TWO_FACTORS.items()]
    return [
        Figure("signing in with a password", milliseconds(alone), "argon2id with 64 MiB"),
        *held,
        Figure("a request of nobody", milliseconds(nobody), "no statement"),
        Figure("the same in a session", milliseconds(somebody), "one statement, which is what an end at once takes"),
    ]


async def _held(crowd: Crowd, name: str, way: Way) -> Figure:
    """For how long the loop was held while all of them signed in that way, several times over."""
    held = Held()
    for _ in range(ROUNDS):
        crowd.accounts.clock.forward(minutes=1)  # a mail may be asked for again
        await way(crowd, held)
    late = sum(each > GOAL for each in held.clock)
    return Figure(
        f"{TOGETHER} at once with {name}: the longest hold of the loop",
        f"{max(held.processor) * 1000:.1f} ms of the processor, {max(held.clock) * 1000:.1f} ms of the clock",
        f"at most {GOAL * 1000:.0f} ms; {late} of {len(held.clock):,} callbacks took longer by the clock; "
        f"{held.seconds / ROUNDS:.1f} s for all of them",
    )


async def _times(number: int, work: Callable[[], Awaitable[object]]) -> list[float]:
    found = []
    for _ in range(number):
        began = time.perf_counter()
        await work()
        found.append(time.perf_counter() - began)
    return found

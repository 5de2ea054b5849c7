"""Signing in: what it costs, and for how long it holds the event loop at a time, in which others wait.

The application runs in this process, over the store of a server that does nothing else.
"""

import asyncio
import time
from asyncio import Handle
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import httpx2

from app.asgi import create_app
from app.explorer import Explorer
from app.local_store.sharing import running_store
from app.server import settle
from benchmarks.figures import Figure, milliseconds
from benchmarks.servers import serving
from graph.store import Statement, Store, Transaction
from services.rate_limits import RateLimits

TOGETHER: Final = 50
ROUNDS: Final = 4
ASKED: Final = 300
GOAL: Final = 20.0
"""Milliseconds for which a sign-in may hold the event loop."""

_EMAIL, _PASSWORD = "ann@bench.example", "violet anchor 94 meadow"
_SIGN_UP = f"""mutation {{ signUp(input: {{
    email: "{_EMAIL}", username: "ann", displayName: "Ann", password: "{_PASSWORD}" }}) {{ __typename }} }}"""
_SIGN_IN = f"""mutation {{ signIn(input: {{ email: "{_EMAIL}", password: "{_PASSWORD}" }}) {{
    ... on SignInSuccess {{ tokens {{ accessToken }} }} }} }}"""
_WHO = "{ viewer { scope } }"
_VERIFY: Statement[int] = Statement(
    "verify", "MATCH (person:Person {email: $email}) SET person.emailVerifiedAt = 1 RETURN 1 AS row"
)


@dataclass
class Held:
    """For how long single callbacks held the loop, in seconds: of the clock, and of the processor for its thread."""

    clock: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)


@contextmanager
def watching() -> Iterator[Held]:
    """Time every callback of event loops meanwhile."""
    held, run = Held(), Handle._run  # noqa: SLF001 - the loop tells of slow callbacks in its log alone

    def timed(handle: Handle) -> None:
        wall, thread = time.perf_counter(), time.thread_time()
        run(handle)
        held.clock.append(time.perf_counter() - wall)
        held.processor.append(time.thread_time() - thread)

    Handle._run = timed  # type: ignore[method-assign, assignment] # noqa: SLF001 - see above
    try:
        yield held
    finally:
        Handle._run = run  # type: ignore[method-assign] # noqa: SLF001 - see above


async def measure(folder: Path) -> list[Figure]:
    """Sign-ins one by one and together, and what a session costs a request."""
    data = folder / "sign-ins"
    async with serving("--data", str(data), "--no-demo"):
        address = running_store(data)
        if address is None:
            raise SystemExit("the server's store cannot be found")
        store = await Store.open(address.uri, address.user, address.password)
        explorer = Explorer(Path(__file__).parents[1] / "explorer", enabled=False)
        app = create_app(store, b"0" * 32, explorer, body_limit=1_000_000, rate_limits=RateLimits(None))
        async with httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app), base_url="http://bench", timeout=120
        ) as http:
            figures = await _measured(store, http)
        await store.close()
    return figures


async def _measured(store: Store, http: httpx2.AsyncClient) -> list[Figure]:
    async def ask(query: str, token: str | None = None) -> dict[str, dict[str, dict[str, str]]]:
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        response = await http.post("/graphql", json={"query": query}, headers=headers)
        answer: dict[str, dict[str, dict[str, str]]] = response.json()["data"]
        return answer

    async def verify(transaction: Transaction) -> None:
        await transaction.run(_VERIFY, {"email": _EMAIL})

    await ask(_SIGN_UP)
    await store.write(verify)
    alone = await _times(10, lambda: ask(_SIGN_IN))
    settle()  # as a server does that has started
    held, together = Held(), list[float]()
    for _ in range(ROUNDS):
        with watching() as found:
            began = time.perf_counter()
            await asyncio.gather(*(ask(_SIGN_IN) for _ in range(TOGETHER)))
            together.append(time.perf_counter() - began)
        held.clock += found.clock
        held.processor += found.processor
    token = (await ask(_SIGN_IN))["signIn"]["tokens"]["accessToken"]
    nobody = await _times(ASKED, lambda: ask(_WHO))
    somebody = await _times(ASKED, lambda: ask(_WHO, token))
    longest = f"{max(held.processor) * 1000:.1f} ms"
    beside = f"of the processor; {max(held.clock) * 1000:.1f} ms of the clock; at most {GOAL:.0f} ms"
    return [
        Figure("signing in with a password", milliseconds(alone), "argon2id with 64 MiB"),
        Figure(f"{TOGETHER} who sign in at once", f"{min(together):.1f} s for all of them", "two hash at a time"),
        Figure("the longest that any of it held the event loop", longest, beside),
        Figure("a request of nobody", milliseconds(nobody), "no statement"),
        Figure("the same in a session", milliseconds(somebody), "one statement, which is what an end at once takes"),
    ]


async def _times(number: int, work: Callable[[], Awaitable[object]]) -> list[float]:
    found = []
    for _ in range(number):
        began = time.perf_counter()
        await work()
        found.append(time.perf_counter() - began)
    return found

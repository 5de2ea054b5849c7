"""Whether the memory of a server stays what it is while it is asked all sorts of things for a long time."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from itertools import count
from pathlib import Path
from random import Random
from typing import Final, cast

import httpx2
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from app.local_store.sharing import running_store
from benchmarks.figures import Figure, mebibytes
from benchmarks.servers import Running, serving
from benchmarks.viewers import add_viewer
from domain.access import KeyScope
from domain.people import PlatformRole
from graph.store import Store

ASKING: Final = 8
"""How many ask at a time, each one thing after the other."""

PAUSE: Final = 0.25
"""Seconds between an answer and the next question of the same, so that other things can be measured meanwhile."""

_PAGE: Final = "query ($first: Int!) { publicThings(first: $first) { totalCount nodes { id name group { name } } } }"
_NESTED: Final = """{ publicGroups(first: 5) { nodes { slug things(first: 5) { nodes { id name labels } } } } }"""
_CREATE: Final = """mutation ($input: CreateThingInput!) { createThing(input: $input) {
    ... on CreateThingSuccess { thing { id version } } ... on AppError { message } } }"""
_SIGN_UP: Final = """mutation ($input: SignUpInput!) { signUp(input: $input) {
    ... on SignUpSuccess { __typename } ... on AppError { message } } }"""
_FOLLOW: Final = "subscription { events { cursor event { id } } }"


async def measure(folder: Path, minutes: int) -> AsyncIterator[Figure]:
    """The memory of the server minute by minute; the first tenth is what it warms up in."""
    data = folder / "soak"
    async with serving("--data", str(data)) as running:
        address = running_store(data)
        if address is None:
            raise SystemExit("the server's store cannot be found")
        store = await Store.open(address.uri, address.user, address.password)
        secret = await add_viewer(store, "soak", PlatformRole.ORG_OWNER, "soak", KeyScope.WRITE)
        await store.close()
        async with httpx2.AsyncClient(base_url=running.url, timeout=60) as http:
            crowd = _Crowd(http, running, secret, await _home(http, secret))
            asking = [asyncio.create_task(crowd.ask(Random(number))) for number in range(ASKING)]
            try:
                async for figure in _watched(running, crowd, minutes):
                    yield figure
            finally:
                for each in asking:
                    each.cancel()
                await asyncio.gather(*asking, return_exceptions=True)


async def _watched(running: Running, crowd: "_Crowd", minutes: int) -> AsyncIterator[Figure]:
    sizes: list[int] = []
    for minute in range(1, minutes + 1):
        before = crowd.asked
        await asyncio.sleep(60)
        crowd.check()
        resident = running.resident()
        sizes.append(resident["server"])
        beside = f"{crowd.asked - before:,} operations; Neo4j {mebibytes(resident.get('java', 0))}"
        yield Figure(f"resident memory of the server after {minute} min", mebibytes(sizes[-1]), beside)
    settled = sizes[len(sizes) // 10 :]
    half = len(settled) // 2
    if half:
        grown = _middle(settled[half:]) / _middle(settled[:half])
        yield Figure("the second half beside the first", f"{grown:.3f} times", f"{crowd.asked:,} operations in all")


def _middle(sizes: Sequence[int]) -> int:
    return sorted(sizes)[len(sizes) // 2]


async def _home(http: httpx2.AsyncClient, secret: str) -> str:
    """The group of who has the key."""
    query = {"query": '{ group(slug: "soak") { id } }'}
    answer = await http.post("/graphql", json=query, headers={"Authorization": f"Bearer {secret}"})
    return str(answer.json()["data"]["group"]["id"])


class _Crowd:
    """Those who ask, each of whom asks something else each time."""

    def __init__(self, http: httpx2.AsyncClient, running: Running, secret: str, home: str) -> None:
        self._http = http
        self._socket = f"ws{running.url.removeprefix('http')}/graphql"
        self._bearer = {"Authorization": f"Bearer {secret}"}
        self._home = home
        self._numbers = count()
        self._failed: BaseException | None = None
        self.asked = 0
        self._ways: list[Callable[[Random], Awaitable[None]]] = [
            *[self._page] * 6,
            *[self._nested] * 3,
            self._unique,
            self._wrong,
            self._create,
            self._get,
            self._follow,
            self._sign_up,
        ]

    async def ask(self, dice: Random) -> None:
        """Ask, one thing after the other, until cancelled or something is wrong."""
        try:
            while True:
                await dice.choice(self._ways)(dice)
                self.asked += 1
                await asyncio.sleep(PAUSE)
        except Exception as error:  # noqa: BLE001 - whoever watches is told
            self._failed = error

    def check(self) -> None:
        """SystemExit where something was wrong."""
        if self._failed is not None:
            raise SystemExit(f"something was answered wrongly: {self._failed!r}")

    async def _post(self, query: str, *, right: bool = True, known: bool = True, **variables: object) -> None:
        body = {"query": query, "variables": variables}
        answer = await self._http.post("/graphql", json=body, headers=self._bearer if known else {})
        told = cast("dict[str, object]", answer.json())
        if ("errors" not in told) is not right:
            raise ValueError(f"{query}: {str(told)[:500]}")

    async def _page(self, dice: Random) -> None:
        await self._post(_PAGE, known=dice.random() < 0.5, first=dice.randint(1, 50))

    async def _nested(self, dice: Random) -> None:
        await self._post(_NESTED, known=dice.random() < 0.5)

    async def _unique(self, _dice: Random) -> None:
        await self._post(f"{{ a{next(self._numbers)}: publicThings(first: 3) {{ nodes {{ id name }} }} }}")

    async def _wrong(self, _dice: Random) -> None:
        await self._post(f"{{ nothing{next(self._numbers)} }}", right=False)

    async def _create(self, _dice: Random) -> None:
        name = f"Thing {next(self._numbers)}"
        await self._post(_CREATE, input={"groupId": self._home, "type": "video", "name": name, "status": "published"})

    async def _get(self, _dice: Random) -> None:
        answer = await self._http.get("/graphql", params={"query": _NESTED}, headers={"Accept": "application/json"})
        answer.raise_for_status()

    async def _sign_up(self, _dice: Random) -> None:
        number = next(self._numbers)
        given = {
            "email": f"soak{number}@bench.example",
            "username": f"soak{number}",
            "displayName": "Soak",
            "password": f"a long phrase of {number} words",
        }
        await self._post(_SIGN_UP, known=False, input=given)

    async def _follow(self, _dice: Random) -> None:
        async with connect(self._socket, subprotocols=[Subprotocol("graphql-transport-ws")], proxy=None) as client:
            await client.send(json.dumps({"type": "connection_init", "payload": self._bearer}))
            await client.recv()
            await client.send(json.dumps({"id": "1", "type": "subscribe", "payload": {"query": _FOLLOW}}))
            until = time.monotonic() + 2
            while (left := until - time.monotonic()) > 0:
                try:
                    await asyncio.wait_for(client.recv(), left)
                except TimeoutError:
                    break

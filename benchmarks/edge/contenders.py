"""Who competes, and that all give the same answers."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final, Literal, TypedDict, cast

import httpx2
import orjson

from app.local_store.address import StoreAddress
from app.local_store.instance import LocalStore
from benchmarks.edge import questions, servers
from benchmarks.edge.questions import Data, plain
from benchmarks.edge.servers import Server
from benchmarks.edge.world import EVERY, TOP, World, make
from benchmarks.viewers import add_viewer
from domain.access import KeyScope
from domain.people import MemberRole, PlatformRole
from graph.migrate import read_migrations, up
from graph.store import Store

OURS: Final = "ONE"
NOBODY: Final = "ONE, as nobody"
FRESH: Final = "ONE, keeping no answers"
NEO4J_GRAPHQL: Final = "@neo4j/graphql on Apollo Server"
STOCK: Final = "Strawberry, with its caches and dataloaders"
BARE: Final = "a bare handler"


_COMPARED: Final = 10


class _PageInfo(TypedDict):
    endCursor: str
    hasNextPage: bool


class _Paged(TypedDict):
    page: Mapping[Literal["pageInfo"], _PageInfo]


@dataclass(frozen=True)
class Contender:
    """A server, how it is asked and about what. One that is `bare` takes no text but the variables."""

    name: str
    server: Server
    texts: Mapping[str, str]
    about: Mapping[str, Sequence[Data]]
    headers: Mapping[str, str]
    bare: bool = False

    def path(self, question: str) -> str:
        """Where a question is posted to."""
        return f"/{question}" if self.bare else "/graphql"

    def bodies(self, question: str) -> list[str]:
        """What is posted there, in turn."""
        text = self.texts[question]
        about = self.about[question]
        return [orjson.dumps(each if self.bare else {"query": text, "variables": each}).decode() for each in about]


@asynccontextmanager
async def prepared(folder: Path) -> AsyncIterator[tuple[StoreAddress, World, Mapping[str, str]]]:
    """A store with the world in it, and the headers of an editor of all of it."""
    async with LocalStore(folder / "store", owner="scripts/bench") as address:
        store = await Store.open(address.uri, address.user, address.password)
        try:
            await up(store, read_migrations())
            world = await make(store, folder)
            owner = PlatformRole.ORG_OWNER
            secret = await add_viewer(store, "editor", owner, TOP, KeyScope.WRITE, member=MemberRole.EDITOR)
        finally:
            await store.close()
        yield address, world, {"Authorization": f"Bearer {secret}"}


@asynccontextmanager
async def competing(folder: Path) -> AsyncIterator[Sequence[Contender]]:
    """All of them, over a store and a world of their own. SystemExit where their answers are not equal."""
    async with AsyncExitStack() as stack:
        address, world, bearer = await stack.enter_async_context(prepared(folder))
        own, fresh, npm, stock, bare = [
            await stack.enter_async_context(each)
            for each in (
                servers.ours(address, folder),
                servers.ours(address, folder, keeps=False),
                servers.neo4j_graphql(address, folder),
                servers.python_peer("stock", address, folder),
                servers.python_peer("bare", address, folder),
            )
        ]
        client = await stack.enter_async_context(httpx2.AsyncClient(timeout=60))
        about = questions.variables(world, world.keys)
        paged = [
            questions.variables(world, await cursors(client, own, bearer, "things")),
            questions.variables(world, await cursors(client, own, {}, "publicThings")),
        ]
        everybody = [
            Contender(OURS, own, questions.OURS, paged[0], bearer),
            Contender(NOBODY, own, questions.PUBLIC, paged[1], {}),
            Contender(FRESH, fresh, questions.OURS, paged[0], bearer),
            Contender(NEO4J_GRAPHQL, npm, questions.NEO4J_GRAPHQL, about, {}),
            Contender(STOCK, stock, questions.STOCK, about, {}),
            Contender(BARE, bare, questions.BARE, about, {}, bare=True),
        ]
        for question in questions.QUESTIONS:
            await _agree(client, [each for each in everybody if question in each.texts], question)
        yield everybody


async def _agree(client: httpx2.AsyncClient, contenders: Sequence[Contender], question: str) -> None:
    """Ask some of a question, and stop where one answers otherwise than the first."""
    bodies = [each.bodies(question) for each in contenders]
    for asked in islice(zip(*bodies, strict=True), _COMPARED):
        answers = [
            plain(await _answer(client, each.server, each.path(question), body, each.headers))
            for each, body in zip(contenders, asked, strict=True)
        ]
        for contender, answer in zip(contenders, answers, strict=True):
            if answer != answers[0] or not answer:
                raise SystemExit(f"{contender.name} answers {question} by {answer}, and the first by {answers[0]}")


async def cursors(client: httpx2.AsyncClient, server: Server, headers: Mapping[str, str], name: str) -> list[str]:
    """What pages of our list come after: the places that the keys of the world are of."""
    query = f"""query ($after: String) {{
        page: {name}(first: {EVERY}, after: $after, order: oldest_first) {{
            pageInfo {{ endCursor hasNextPage }} }} }}"""
    found: list[str] = []
    while True:
        body = orjson.dumps({"query": query, "variables": {"after": found[-1] if found else None}})
        data = cast("_Paged", await _answer(client, server, "/graphql", body.decode(), headers))
        info = data["page"]["pageInfo"]
        if not info["hasNextPage"]:
            return found
        found.append(info["endCursor"])


async def _answer(
    client: httpx2.AsyncClient, server: Server, path: str, body: str, headers: Mapping[str, str]
) -> object:
    """The data of one answer. SystemExit where something is wrong."""
    url = f"http://127.0.0.1:{server.port}{path}"
    answer = await client.post(url, content=body, headers={"Content-Type": "application/json", **headers})
    told = orjson.loads(answer.content)
    if answer.status_code != 200 or "errors" in told:
        raise SystemExit(f"{body}\n{told}")
    return told["data"]

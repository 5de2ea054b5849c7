"""How long questions take over HTTP, one after the other on one connection, in the generated world."""

import time
from collections.abc import Mapping
from typing import cast

import httpx2

from benchmarks.figures import Figure, milliseconds

SAMPLES = 300
PAGE = 50
DEEP = 1_000

POINT = "query ($id: ID!) { node(id: $id) { ... on Thing { id name status } } }"
LIST = """query ($first: Int!, $after: String) {
  things(first: $first, after: $after, order: oldest_first) { nodes { id name type status } pageInfo { endCursor } }
}"""
NESTED = """{
  groups(first: 5) { nodes { name children(first: 5) { nodes { name things(first: 10) { nodes { name } } } } } }
}"""

Variables = Mapping[str, object]


class Reader:
    """Asks the same question many times."""

    def __init__(self, client: httpx2.AsyncClient) -> None:
        self._client = client

    async def ask(self, query: str, variables: Variables) -> dict[str, object]:
        """The data of one answer."""
        answer = (await self._client.post("/graphql", json={"query": query, "variables": variables})).json()
        if "errors" in answer:
            raise SystemExit(str(answer["errors"]))
        return cast("dict[str, object]", answer["data"])

    async def seconds(self, query: str, variables: Variables) -> list[float]:
        """How long each of many answers took, after a few that do not count."""
        taken = []
        for number in range(SAMPLES + 20):
            began = time.perf_counter()
            await self.ask(query, variables)
            if number >= 20:
                taken.append(time.perf_counter() - began)
        return taken

    async def cursor_after(self, rows: int) -> str:
        """The cursor of the row that so many rows come before."""
        after = None
        for _ in range(rows // 100):
            page = cast("dict[str, dict[str, dict[str, str]]]", await self.ask(LIST, {"first": 100, "after": after}))
            after = page["things"]["pageInfo"]["endCursor"]
        assert after is not None
        return after


async def measure(url: str, secret: str, viewer: str) -> list[Figure]:
    """Point read, first and deep page, and three levels, as that viewer."""
    headers = {"Authorization": f"Bearer {secret}"}
    async with httpx2.AsyncClient(base_url=url, headers=headers, timeout=60) as client:
        reader = Reader(client)
        page = await reader.ask("{ things(first: 1) { nodes { id } } }", {})
        node = cast("dict[str, dict[str, list[dict[str, str]]]]", page)["things"]["nodes"][0]["id"]
        deep = await reader.cursor_after(PAGE * DEEP)
        first_page = await reader.seconds(LIST, {"first": PAGE})
        deep_page = await reader.seconds(LIST, {"first": PAGE, "after": deep})
        ratio = sorted(deep_page)[SAMPLES // 2] / sorted(first_page)[SAMPLES // 2]
        return [
            Figure(f"point read, as {viewer}", milliseconds(await reader.seconds(POINT, {"id": node}))),
            Figure(f"first page of {PAGE}, as {viewer}", milliseconds(first_page)),
            Figure(
                f"page {DEEP:,} of {PAGE}, as {viewer}",
                milliseconds(deep_page),
                f"{ratio:.2f} times the first; at most 1.3",
            ),
            Figure(f"three levels (5, 5, 10), as {viewer}", milliseconds(await reader.seconds(NESTED, {}))),
        ]

"""The application in this process, as a benchmark asks it."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast

import httpx2

from app.asgi import create_app
from app.explorer import Explorer
from graph.store import Store
from services.rate_limits import RateLimits

EXPLORER = Path(__file__).parents[1] / "explorer"


class Asker:
    """Asks questions in the name of whoever has the `secret`."""

    def __init__(self, client: httpx2.AsyncClient, secret: str) -> None:
        self._client = client
        self.secret = secret

    async def ask(self, query: str, **variables: object) -> Mapping[str, object]:
        """The data of one answer, in which nothing may be wrong."""
        headers = {"Authorization": f"Bearer {self.secret}"}
        body = {"query": query, "variables": variables}
        answer = (await self._client.post("/graphql", json=body, headers=headers)).json()
        if "errors" in answer:
            raise SystemExit(f"{query}\n{answer['errors']}")
        return cast("Mapping[str, object]", answer["data"])


@asynccontextmanager
async def asking(store: Store, secret: str = "") -> AsyncIterator[Asker]:
    """The application over a store, asked with an API key."""
    app = create_app(
        store,
        b"a key for cursors of one run",
        Explorer(EXPLORER, enabled=False),
        body_limit=1_000_000,
        rate_limits=RateLimits(None),
    )
    transport = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://bench", timeout=300) as client:
        yield Asker(client, secret)

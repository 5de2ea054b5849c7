"""An OpenAI-compatible server of embeddings on loopback, which can be told to fail in every way that one does."""

import asyncio
import contextlib
import hashlib
import random
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

DIMENSION = 16
KEY = "a key that nobody may see"


def embedded(text: str) -> list[float]:
    """A vector for a text: near to those of texts with the same words."""
    total = [0.0] * DIMENSION
    for word in text.lower().replace(".", " ").split():
        generator = random.Random(hashlib.sha256(word.encode()).digest())
        total = [one + generator.gauss(0, 1) for one in total]
    return total


@dataclass
class Embeddings:
    """What the server does, and what it was asked."""

    url: str = ""
    failures: list[str] = field(default_factory=list)
    """What the next answers are, one each: a status, `hang`, `short`, `few`, `zeros`, `text`, `redirect`."""
    waits: dict[str, str] = field(default_factory=dict)
    """The Retry-After of a status."""
    poison: str = ""
    """A word for which a text is refused, and all that come with it."""
    asked: list[list[str]] = field(default_factory=list)
    authorizations: set[str | None] = field(default_factory=set)
    delay: float = 0
    """How many seconds an answer takes."""
    began: threading.Event = field(default_factory=threading.Event)
    """Set once something was asked."""

    async def __call__(self, request: Request) -> Response:
        """Answer one request."""
        body = await request.json()
        texts: list[str] = body["input"]
        self.asked.append(texts)
        self.began.set()
        self.authorizations.add(request.headers.get("Authorization"))
        failure = self.failures.pop(0) if self.failures else ""
        if self.delay:
            await asyncio.sleep(self.delay)
        if failure.isdigit():
            headers = {"Retry-After": self.waits[failure]} if failure in self.waits else {}
            return JSONResponse({"error": {"message": f"no, {KEY}"}}, int(failure), headers)
        if self.poison and any(self.poison in text for text in texts):
            return JSONResponse({"error": {"message": "a bad text"}}, 400)
        data = [{"index": index, "embedding": embedded(text)} for index, text in enumerate(texts)]
        match failure:
            case "hang":
                await asyncio.sleep(30)
            case "short":
                data = [{**each, "embedding": [1.0]} for each in data]
            case "zeros":
                data = [{**each, "embedding": [0.0] * DIMENSION} for each in data]
            case "few":
                data = data[1:]
            case "text":
                return Response("not JSON at all")
            case "redirect":
                return Response(status_code=307, headers={"Location": "/elsewhere"})
        return JSONResponse({"data": data[::-1], "model": body["model"]})


@contextmanager
def embedding_server() -> Iterator[Embeddings]:
    """The server in a thread of its own."""
    embeddings = Embeddings()

    @contextlib.asynccontextmanager
    async def nothing(_app: Starlette) -> AsyncIterator[None]:
        yield

    app = Starlette(routes=[Route("/v1/embeddings", embeddings.__call__, methods=["POST"])], lifespan=nothing)
    config = uvicorn.Config(app, port=0, log_config=None, lifespan="off", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    embeddings.url = f"http://127.0.0.1:{port}/v1"
    yield embeddings
    server.force_exit = server.should_exit = True
    thread.join()

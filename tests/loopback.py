"""An application on a free port of 127.0.0.1, in this process."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

import uvicorn
from starlette.types import ASGIApp

from app.server import Server, bound_socket


@contextlib.asynccontextmanager
async def on_loopback(made: Callable[[str], ASGIApp]) -> AsyncIterator[str]:
    """Serve what is made for the address that it has, for as long as the context lasts."""
    with bound_socket("127.0.0.1", 0) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        started = asyncio.Event()

        async def tell() -> None:
            started.set()

        async def stopping() -> None:
            """Nothing stays open here."""

        config = uvicorn.Config(
            made(url), log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=0
        )
        server = Server(config, tell, stopping)
        running = asyncio.create_task(server.serve(sockets=[listener]))
        await started.wait()
        try:
            yield url
        finally:
            server.should_exit = True
            with contextlib.suppress(asyncio.CancelledError):
                await running

"""Dataloaders: what becomes of loads whose operation is given up."""

import asyncio
import gc
from collections.abc import Mapping

from domain.errors import AuthError
from schema.loaders import Loader


async def test_a_load_that_fails_after_it_was_given_up_is_nobodys_error() -> None:
    begun, over = asyncio.Event(), asyncio.Event()
    told: list[Mapping[str, object]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: told.append(context))

    async def fetch(_ids: list[str]) -> Mapping[str, str]:
        begun.set()
        await over.wait()
        raise AuthError("Who you are changed meanwhile.")

    loader = Loader[str | None](fetch, None)
    waiting = asyncio.ensure_future(loader.load("a"))
    await begun.wait()
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    over.set()
    await asyncio.sleep(0.01)
    del loader, waiting
    gc.collect()
    await asyncio.sleep(0)
    asyncio.get_running_loop().set_exception_handler(None)
    assert told == []

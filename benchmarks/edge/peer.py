"""What peers in Python have in common: the driver, and a server that lasts as long as its standard input is open."""

import asyncio
import os
import socket
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Final, cast

import uvicorn
import uvloop
from neo4j import AsyncDriver, AsyncGraphDatabase, AsyncManagedTransaction
from starlette.types import ASGIApp

Row = Mapping[str, object]

CREATE: Final = """
    MATCH (group:Entity:Group {id: $groupId})
    CREATE (thing:Entity:Thing {id: $id, type: $type, name: $name, status: $status})-[:IN_GROUP]->(group)
    RETURN thing {.name, .status} AS row"""


class Driven:
    """A store, of which each statement has one column and takes one round trip."""

    def __init__(self, driver: AsyncDriver) -> None:
        self._driver = driver

    async def read(self, text: str, **parameters: object) -> Sequence[Row]:
        """The rows of a statement that reads."""
        async with self._driver.session(default_access_mode="READ") as session:
            return cast("Sequence[Row]", await (await session.run(text, parameters)).value())

    async def write(self, text: str, **parameters: object) -> Sequence[Row]:
        """The rows of one that writes."""
        async with self._driver.session() as session:

            async def work(transaction: AsyncManagedTransaction) -> Sequence[Row]:
                return cast("Sequence[Row]", await (await transaction.run(text, parameters)).value())

            return await session.execute_write(work)


def serve(make: Callable[[Driven], ASGIApp]) -> None:
    """Serve an application over the store that the environment names."""
    listener = socket.create_server(("127.0.0.1", 0))
    uvloop.run(_serve(make, listener))


async def _serve(make: Callable[[Driven], ASGIApp], listener: socket.socket) -> None:
    login = (os.environ["STORE_USER"], os.environ["STORE_PASSWORD"])
    async with AsyncGraphDatabase.driver(
        os.environ["STORE_URI"], auth=login, notifications_min_severity="OFF", telemetry_disabled=True
    ) as driver:
        config = uvicorn.Config(make(Driven(driver)), log_level="warning", access_log=False, lifespan="off")
        server = uvicorn.Server(config)
        asyncio.get_running_loop().add_reader(sys.stdin, setattr, server, "should_exit", True)
        print(f"serves http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
        await server.serve([listener])

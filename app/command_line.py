"""What the commands share: the options that say which store, and opening it for one piece of work."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from app.logs import configure_logs
from app.settings import Settings, load_settings
from app.stores import opened_store
from domain.access import Caller
from graph.store import Store

OPERATOR = Caller(viewer=None)

DataOption = Annotated[Path | None, typer.Option("--data", help="The folder of the local store.")]
StoreOption = Annotated[
    str | None, typer.Option("--store", help="A Neo4j of your own: neo4j://… or bolt://…; see ONE_STORE_PASSWORD.")
]

console = Console(stderr=True)


def settings_of(**given: object) -> Settings:
    """The settings, where those of a command go before the others; logs are as they say from now on."""
    settings = load_settings(**given)
    configure_logs(settings.log_format, settings.log_level)
    return settings


def with_store(settings: Settings, owner: str, work: Callable[[Store], Awaitable[None]]) -> None:
    """Do something with the store that the settings say, which a server may be using meanwhile."""

    async def run() -> None:
        async with opened_store(settings, owner=owner, console=console, share=True) as store:
            await work(store)

    asyncio.run(run())

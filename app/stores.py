"""Which store to work with: the one that the settings name, the one that is running, or one of our own."""

import contextlib
from collections.abc import AsyncIterator

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from app.local_store.address import StoreAddress
from app.local_store.instance import LocalStore, Step
from app.local_store.sharing import running_store
from app.settings import Settings
from domain.errors import StoreError
from graph.store import Store

_LABELS = {Step.FETCH: "Fetching Neo4j", Step.START: "Starting Neo4j"}


@contextlib.asynccontextmanager
async def opened_store(
    settings: Settings, *, owner: str, console: Console, share: bool = False
) -> AsyncIterator[Store]:
    """A connection to the store. StoreError, in one line, where there is none to be had.

    With `share`, a local store that another process runs is used instead of refused.
    """
    async with contextlib.AsyncExitStack() as stack:
        if settings.store is not None:
            password = settings.store_password
            if password is None:
                raise StoreError("Set ONE_STORE_PASSWORD (and ONE_STORE_USER, if it is not neo4j) to use --store.")
            address = (settings.store, settings.store_user, password.get_secret_value())
        else:
            local = running_store(settings.data) if share else None
            if local is None:
                local = await stack.enter_async_context(_local_store(settings, owner, console))
            address = (local.uri, local.user, local.password)
        store = await Store.open(*address, database=settings.store_database, timeout=settings.store_timeout)
        stack.push_async_callback(store.close)
        yield store


@contextlib.asynccontextmanager
async def _local_store(settings: Settings, owner: str, console: Console) -> AsyncIterator[StoreAddress]:
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    progress = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
    tasks = {step: progress.add_task(label, total=None, visible=False) for step, label in _LABELS.items()}
    told: set[Step] = set()

    def show(step: Step, done: int, total: int) -> None:
        progress.update(tasks[step], completed=done, total=total, visible=done < total)
        if not console.is_terminal and done < total and step not in told:
            told.add(step)
            console.print(f"{_LABELS[step]} …")

    local = LocalStore(
        settings.data, owner=owner, java_home=settings.java_home, mirror=settings.maven_mirror, progress=show
    )
    async with contextlib.AsyncExitStack() as stack:
        with progress:
            address = await stack.enter_async_context(local)
        yield address

"""A world and a larger one, each in a store of its own that is kept, and every question asked in both."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from uuid import uuid4

from app.local_store.instance import LocalStore
from benchmarks import moves, questions
from benchmarks.figures import Figure
from benchmarks.questions import World
from benchmarks.viewers import add_viewer
from benchmarks.world import MAPPING, write_world
from domain.access import KeyScope
from domain.people import PlatformRole
from graph.migrate import read_migrations, up
from graph.store import Store
from services.importing.mapping import read_mapping
from services.importing.run import import_folder


async def measure(sizes: tuple[int, int], worlds: Path) -> str:
    """The table of growth from the first size to the second; a world that was made in `worlds` before is used again."""
    async with AsyncExitStack() as both:
        opened = [await both.enter_async_context(_world(size, worlds / str(size))) for size in sizes]
        small, large = await questions.measure(opened)
    return questions.table(sizes, small, large)


async def measure_moves(worlds: Path) -> list[Figure]:
    """How long moves take in a tree of its own."""
    folder = worlds / "tree"
    async with LocalStore(folder / "data", owner="scripts/bench") as address:
        store = await Store.open(address.uri, address.user, address.password)
        await up(store, read_migrations())
        if not (folder / "made").exists():
            await moves.make_tree(store, folder)
            (folder / "made").touch()
        secret = await add_viewer(store, f"owner{uuid4().hex}", PlatformRole.PLATFORM_OWNER, "bench", KeyScope.WRITE)
        figures = await moves.measure(store, secret)
        await store.close()
        return figures


@asynccontextmanager
async def _world(things: int, folder: Path) -> AsyncIterator[World]:
    async with LocalStore(folder / "data", owner="scripts/bench") as address:
        store = await Store.open(address.uri, address.user, address.password)
        await up(store, read_migrations())
        made = folder / "made"
        if not made.exists():
            world = folder / "world"
            world.mkdir(exist_ok=True)
            write_world(world, things)
            report = await import_folder(store, read_mapping(MAPPING), world)
            if report.refused_total:
                raise SystemExit(f"{report.refused_total} rows were refused: {report.refused[:3]}")
            made.touch()
        await store.define(["CALL db.prepareForReplanning(300)"])
        secret = await add_viewer(store, f"owner{uuid4().hex}", PlatformRole.PLATFORM_OWNER, "bench")
        async with questions.opened(store, secret) as opened:
            yield opened
        await store.close()

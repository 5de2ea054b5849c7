"""`scripts/bench`: measure, and print a table in Markdown."""

import argparse
import asyncio
import tempfile
from pathlib import Path

from app.local_store.sharing import running_store
from benchmarks import (
    access,
    checks,
    execution,
    growth,
    imports,
    live,
    reads,
    recall,
    search,
    shop,
    sign_ins,
    soak,
    starts,
)
from benchmarks.edge import measure as edge
from benchmarks.edge import parts
from benchmarks.edge.questions import QUESTIONS
from benchmarks.figures import Figure, mebibytes, show, show_head
from benchmarks.servers import Running, serving
from benchmarks.viewers import add_viewer
from benchmarks.world import MAPPING, write_world
from domain.people import PlatformRole
from graph.store import Store
from services.importing.mapping import read_mapping

CHECKOUT = Path(__file__).parents[1]
VECTORS = 50_000
NORTHWIND_MAPPING = CHECKOUT / "docs" / "import" / "northwind.yaml"


async def main(things: int, northwind: Path | None) -> None:
    """Everything, one after the other, so that nothing competes with what is measured."""
    show_head()
    show(*await execution.measure())
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        show(*await starts.measure(folder))
        world = folder / "world"
        world.mkdir()
        write_world(world, things)
        data = folder / "data"
        async with serving("--data", str(data), "--no-demo") as running:
            await _measure_world(running, data, world, folder, things, northwind)


async def _measure_world(  # noqa: PLR0917 - a bench has many parts
    running: Running, data: Path, world: Path, scratch: Path, things: int, northwind: Path | None
) -> None:
    address = running_store(data)
    if address is None:
        raise SystemExit("the server's store cannot be found")
    login = (address.uri, address.user, address.password)
    if northwind is not None:
        mapping = read_mapping(NORTHWIND_MAPPING)
        show(await imports.measure(login, "Northwind", mapping, northwind, scratch, rounds=5))
    what = f"{things:,} things, {things // 50:,} groups, {things * 3:,} connections"
    show(await imports.measure(login, what, read_mapping(MAPPING), world, scratch, rounds=2))
    show(await checks.measure(login, what))
    store = await Store.open(*login)
    owner = await add_viewer(store, "owner", PlatformRole.PLATFORM_OWNER, "bench")
    member = await add_viewer(store, "member", PlatformRole.ORG_OWNER, "world-0")
    await store.close()
    show(*await reads.measure(running.url, owner, "a platform owner"))
    show(*await reads.measure(running.url, member, "a member of the root group"))
    show(*await search.measure(running.url, owner, "a platform owner"))
    show(*await search.measure(running.url, member, "a member of the root group"))
    show(_memory(running.resident()))
    show(*await recall.measure(login, VECTORS))


def _memory(resident: dict[str, int]) -> Figure:
    total = sum(resident.values())
    parts = ", ".join(f"{name} {mebibytes(size)}" for name, size in resident.items())
    return Figure("resident memory afterwards", mebibytes(total), f"{parts}; at most 1,500 MiB")


async def grow(sizes: tuple[int, int], worlds: Path) -> None:
    """Moves in a large tree, and every question in a world and in a larger one."""
    show_head()
    show(*await growth.measure_moves(worlds))
    print(f"\n{await growth.measure(sizes, worlds)}")


async def follow() -> None:
    """Live updates."""
    show_head()
    with tempfile.TemporaryDirectory() as name:
        async for figure in live.measure(Path(name)):
            show(figure)


async def sign_in() -> None:
    """Signing in."""
    show_head()
    with tempfile.TemporaryDirectory() as name:
        show(*await sign_ins.measure(Path(name)))


async def last(minutes: int) -> None:
    """A long time."""
    show_head()
    with tempfile.TemporaryDirectory() as name:
        async for figure in soak.measure(Path(name), minutes):
            show(figure)


async def sell(products: int) -> None:
    """Looking for products."""
    show_head()
    with tempfile.TemporaryDirectory() as name:
        show(*await shop.measure(Path(name), products))


async def compete(plan: edge.Plan) -> None:
    """Our server beside others."""
    with tempfile.TemporaryDirectory() as name:
        await edge.measure(Path(name), plan)


async def take_apart() -> None:
    """What an answer of ours takes."""
    show_head()
    with tempfile.TemporaryDirectory() as name:
        async for figure in parts.measure(Path(name)):
            show(figure)


async def permit(worlds: Path, things: int) -> None:
    """What permissions cost."""
    show_head()
    show(*await access.measure(worlds, things))


parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
parser.add_argument("--things", type=int, default=100_000, help="how large a world to generate")
parser.add_argument("--northwind", type=Path, help="the folder of the Northwind files")
parser.add_argument("--grow-to", type=int, help="ask every question in that world and in one of this size instead")
parser.add_argument(
    "--worlds", type=Path, default=Path("worlds"), help="where the worlds of --grow-to and --access are kept"
)
parser.add_argument("--live", action="store_true", help="measure live updates and orders instead")
parser.add_argument("--sign-in", action="store_true", help="measure signing in instead")
parser.add_argument("--shop", action="store_true", help="measure looking for as many products instead")
parser.add_argument("--access", action="store_true", help="measure what permissions cost instead")
parser.add_argument("--soak", type=int, metavar="MINUTES", help="measure the memory of a server for so long instead")
parser.add_argument("--edge", action="store_true", help="measure our server beside others under load instead")
parser.add_argument("--edge-parts", action="store_true", help="measure what an answer takes by its size instead")
parser.add_argument("--ask", nargs="+", choices=tuple(QUESTIONS), default=tuple(QUESTIONS), help="of --edge: what")
parser.add_argument("--connections", type=int, nargs="+", default=(16, 64), help="of --edge: how many at once")
parser.add_argument("--rounds", type=int, default=7, help="of --edge: how many turns each has")
parser.add_argument("--seconds", type=float, default=2, help="of --edge: how long a turn takes")
arguments = parser.parse_args()
if arguments.edge:
    asyncio.run(compete(edge.Plan(arguments.ask, arguments.connections, arguments.rounds, arguments.seconds)))
elif arguments.edge_parts:
    asyncio.run(take_apart())
elif arguments.live:
    asyncio.run(follow())
elif arguments.soak is not None:
    asyncio.run(last(arguments.soak))
elif arguments.shop:
    asyncio.run(sell(arguments.things))
elif arguments.sign_in:
    asyncio.run(sign_in())
elif arguments.access:
    asyncio.run(permit(arguments.worlds, arguments.things))
elif arguments.grow_to is None:
    asyncio.run(main(arguments.things, arguments.northwind))
else:
    asyncio.run(grow((arguments.things, arguments.grow_to), arguments.worlds))

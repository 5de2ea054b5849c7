"""How long the check of the whole store takes, and how much memory, in a process of its own."""

import asyncio
import json
import os
import sys
import time
from pathlib import Path

import psutil

from benchmarks.figures import Figure, mebibytes
from graph.store import Store
from services.checking import RULES, Checking
from services.ontology import Ontology

CHECKOUT = Path(__file__).parents[1]


async def measure(address: tuple[str, str, str], what: str) -> Figure:
    """One check of what the store holds, in which nothing may be wrong."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.checks", *address[:2],
        cwd=CHECKOUT,
        env={**os.environ, "BENCH_PASSWORD": address[2]},
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, _ = await process.communicate()
    if process.returncode:
        raise SystemExit("the check did not come to its end")
    found = json.loads(out)
    if found["violations"]:
        raise SystemExit(f"{found['violations']} violations in what was imported")
    memory = f"{mebibytes(found['peak'])} at most, {mebibytes(found['before'])} before it"
    return Figure(
        f"check of {what} by {len(RULES)} rules", f"{found['seconds']:.1f} s", f"memory of its process: {memory}"
    )


async def _check(uri: str, user: str, password: str) -> dict[str, float]:
    store = await Store.open(uri, user, password)
    before = _resident()
    sizes = [before]
    began = time.perf_counter()
    sampling = asyncio.create_task(_sample(sizes))
    found = [case async for case in Checking(store, Ontology(store)).cases()]
    seconds = time.perf_counter() - began
    sampling.cancel()
    await store.close()
    return {"seconds": seconds, "violations": len(found), "before": before, "peak": max(sizes)}


async def _sample(sizes: list[int]) -> None:
    # The kernel's own maximum would begin with that of the process which started this one.
    while True:
        await asyncio.sleep(0.05)
        sizes.append(_resident())


def _resident() -> int:
    return psutil.Process().memory_info().rss


if __name__ == "__main__":
    print(json.dumps(asyncio.run(_check(sys.argv[1], sys.argv[2], os.environ["BENCH_PASSWORD"]))))
